"""The connection to the server: who reads, who waits, who is woken.

One thread at a time has the role of the reader. It keeps it while it does a job, and reads when there is
nothing else to do: so a job is done by the thread that has read it, and an answer is taken by the thread that
waits for it, without waking another one. On a busy machine that wake-up costs more than most steps.

A reader that has to wait for an answer gives the role to a thread that can go on: one whose answer is there,
or a worker for the next job. Its question is sent when nobody can go on any more. So however many flows wait
for the server, one of them works, none wakes another one but to let it work, and many questions travel
together.

That is right for short steps. If one is long, the lookout (`workers`) takes the role away, so that no step
can keep messages from being read, and for a while nothing waits for others (`_is_hurried`): questions are
sent at once, and all who can go on are woken.
"""

import collections
import itertools
import socket
import threading
import time

from . import wire
from .asking import current
from .calls import Call
from .errors import ServerGone
from .releases import Releases
from .shields import shield

_READ_SIZE = 256 * 1024
# Messages that could wait for others are sent when there are so many, or when one has so many bytes.
_POSTED_LIMIT = 32
_LARGE_MESSAGE = 16 * 1024
# How long nothing waits for others once a step has been long, in seconds.
_HURRY = 1.0


class Channel:
    """One end of the socket pair.

    `dispatch(message)` gets every message that is no answer, on the reader's thread, and must not wait.
    """

    def __init__(self, sock):
        self.socket = sock
        self.dispatch = None
        # True if jobs wait; whether another thread could do one; whether the server's thread waits for one.
        self.jobs = ()
        self.has_work = lambda: False
        self.has_urgent_work = lambda: False
        # A worker that sleeps, with `ident` and `wake()`; None if there are enough that do not.
        self.find_worker = lambda: None
        # Called when something was read.
        self.on_read = lambda: None
        # Called with what ends the process: the server has gone, or messages would be lost.
        self.on_end = lambda error: None
        self._incoming = wire.Incoming()
        # To allocate so much for each read would take longer than to read.
        self._buffer = bytearray(_READ_SIZE)
        self._view = memoryview(self._buffer)
        self._send_lock = threading.Lock()
        # Messages that the reader has not sent yet, in order.
        self._posted = collections.deque()
        self._lock = threading.Lock()
        self._reader = None          # ident of the thread that has the role
        self._is_reading = False     # whether that thread is in `read`
        self._waiting = []           # calls whose threads sleep until they are answered or may read
        self._answered = collections.deque()    # those that are answered, whose threads still sleep
        self._hurried_until = 0.0
        # Idents of threads that read again when they have done what they do, and so may keep the role.
        self.keepers = set()
        self._calls = {}
        self._numbers = itertools.count(1)
        # Of the server's tensors and regions that nobody here holds any more: told with the next message.
        self._released = Releases()
        self.release = self._released.add
        # Counts what the reader does, so that the lookout sees whether it is stuck.
        self.turn = 0
        # Counts reads; set by the lookout when there should be one before the next step.
        self.reads = 0
        self.is_due = False

    # Sending

    def send(self, *message):
        """Sends one message; any thread."""
        self._send(wire.encoded(message))

    def _send(self, data):
        with shield():
            if self._released:
                data = self._released.take() + data
            self._send_bytes(data)

    def post(self, *message):
        """Sends a message soon, together with others: before this thread reads, waits, or loses the role.

        So the server wakes once for all that was done with what was read at once. A thread that is not the
        reader sends at once. The message holds only what `values` makes.
        """
        self._post(wire.encoded_plain(message))

    def _post(self, data):
        if self._released:
            data = self._released.take() + data
        me = threading.get_ident()
        if self._reader != me:
            with shield():
                self._send_bytes(data)
            return
        posted = self._posted
        posted.append(data)
        # Whoever takes the role away sends what was posted before that, so this looks again.
        if self._reader != me or len(posted) >= _POSTED_LIMIT or len(data) >= _LARGE_MESSAGE:
            with shield():
                self.flush()

    def flush(self):
        """Sends what was posted, and tells what was released."""
        if self._released:
            self._send_bytes(self._released.take())
        elif self._posted:
            self._send_bytes(b"")

    def _send_bytes(self, data):
        try:
            with self._send_lock:
                if len(self._posted) == 1:
                    data = self._posted.popleft() + data
                elif self._posted:
                    # The reader may be posting: what is taken is taken one by one.
                    posted = [self._posted.popleft() for _ in range(len(self._posted))]
                    data = b"".join(posted) + data
                self.socket.sendall(data)
        except OSError as error:
            self.on_end(ServerGone())
            raise ServerGone from error

    # Calls

    def start(self, asker, operation, *arguments, on_done=None, encoded=wire.encoded):
        """Sends a question in the name of the session or execution with number `asker`; a `Call`.

        `encoded` is the function of `wire` that writes it.
        """
        call = Call()
        call.on_done = on_done
        self._ask(call, self._send, encoded, asker, operation, arguments)
        return call

    def ask(self, asker, operation, *arguments, encoded=wire.encoded, is_held=False):
        """Sends a question and waits for the answer. Raises `GearsError` with the server's text.

        `is_held`: the server's thread waits for the caller, though the caller is not marked so.
        """
        call = Call()
        who = current.get()
        call.is_held = is_held or who is not None and (who.is_sync or who.is_atomic)
        with shield():
            is_hurried = call.is_held or self._is_hurried()
            self._ask(call, self._send if is_hurried else self._post, encoded, asker, operation, arguments)
            self._wait(call, is_hurried)
        return call.result()

    def _ask(self, call, send, encoded, asker, operation, arguments):
        number = next(self._numbers)
        self._calls[number] = call
        try:
            send(encoded((wire.CALL, number, asker, operation, *arguments)))
        except BaseException:
            self._calls.pop(number, None)
            raise

    def _is_hurried(self):
        return self._hurried_until > 0.0 and time.monotonic() < self._hurried_until

    def _wait(self, call, is_hurried):
        """Returns when the call is answered.

        Somebody else works meanwhile if there is work: with the role if this thread has it, which reads
        itself only if nobody can go on. One that `is_hurried` keeps the role.
        """
        me = threading.get_ident()
        while not call.is_done:
            if self._reader != me or self._answered or self.jobs:
                self._let_work(call, me, is_hurried)
            else:
                self.read(is_hurried)
        if self._reader == me and (me not in self.keepers or self.jobs and self.has_urgent_work()):
            self.leave_role()

    def _let_work(self, call, me, is_hurried):
        """Has others work, and then waits for the answer, or reads once."""
        call.thread = me
        if self.is_due and self._reader == me:
            self.read(is_hurried, waits=False)
        goes_on = self._answered and self._reader == me and not is_hurried and not self.has_urgent_work()
        worker = self.find_worker() if not goes_on and self.has_work() else None
        with self._lock:
            following = self._give_role(call, worker, is_hurried) if not call.is_done else None
            sleeps = self._reader != me and not call.is_done
            if sleeps:
                call.make_bed()
                self._waiting.append(call)
        if worker is not None:
            worker.wake()
        if following is not None:
            following.wake()
        if sleeps:
            call.sleep()
        elif not call.is_done:
            if is_hurried:
                self._wake_answered()
                # What has come since the look at the work, before the role came here.
                if worker is None and self.has_work() and (worker := self.find_worker()) is not None:
                    worker.wake()
            self.read(is_hurried)

    def _give_role(self, call, worker, is_hurried):
        """Takes the role if nobody has it, and gives it away if somebody can go on; whose call is answered.

        Who holds the server takes it from anybody who does not read. The lock is held.
        """
        me = call.thread
        if self._reader is None or call.is_held and not self._is_reading:
            self._reader = me
            self.turn += 1
        if self._reader != me or is_hurried:
            return None
        if worker is not None:
            self._reader = worker.ident
            self.turn += 1
        elif self._answered:
            return self._role_to_answered()
        return None

    def _role_to_answered(self):
        """Gives the role to the thread of the first call that is answered; the call. The lock is held."""
        following = self._answered.popleft()
        self._reader = following.thread
        # The thread has as much time as one that has just read.
        self.turn += 1
        return following

    # Reading

    def take_role(self):
        """Makes this thread the reader if nobody is; whether it is one now."""
        me = threading.get_ident()
        if self._reader is not None:
            return self._reader == me
        with self._lock:
            if self._reader is None:
                self._reader = me
            return self._reader == me

    def is_reader(self):
        return self._reader == threading.get_ident()

    def has_reader(self):
        return self._reader is not None

    def has_answered(self):
        """Whether threads sleep whose answers are there."""
        return bool(self._answered)

    def leave_role_to_answered(self):
        """Wakes the thread of the first call that is answered and gives it the role; whether there is one."""
        with self._lock:
            if self._reader != threading.get_ident() or not self._answered:
                return False
            following = self._role_to_answered()
        following.wake()
        return True

    def leave_role(self):
        """This thread reads no more: wakes who waits for an answer, or a worker, to read."""
        with self._lock:
            if self._reader != threading.get_ident():
                return
            self._reader = None
        self.flush()
        self._call_reader()

    def take_away_role(self, turn):
        """Ends the role of a reader that has read nothing since `turn`; its ident, or None if it has."""
        with self._lock:
            if self._reader is None or self._is_reading or self.turn != turn:
                return None
            stuck, self._reader = self._reader, None
            self._hurried_until = time.monotonic() + _HURRY
        self.flush()
        self._call_reader()
        self._wake_answered()
        return stuck

    def is_busy(self):
        """Whether nobody waits for messages."""
        return not self._is_reading

    def _call_reader(self):
        """Nobody has the role: wakes one who has an answer, or waits for one, or a worker."""
        is_urgent = bool(self.jobs) and self.has_urgent_work()
        worker = self.find_worker() if is_urgent else None
        with self._lock:
            if worker is not None:
                call = None
            elif self._answered:
                call = self._answered.popleft()
                if self._reader is None:
                    self._reader = call.thread
                    self.turn += 1
            else:
                call = self._waiting.pop() if self._waiting else None
        if call is not None:
            call.wake()
        elif worker is not None or (worker := self.find_worker()) is not None:
            worker.wake()

    def read(self, is_hurried=False, waits=True):
        """Reads once, waiting if there is nothing and it `waits`, and hands out what came; the reader only.

        Returns the number of messages; 0 if this thread is not the reader any more: between taking the role
        and this call it may have waited for so long that the lookout gave the role away, and two must never
        read. Threads whose answers came are woken at once if it `is_hurried`; else they get the role, one
        after the other.
        """
        with self._lock:
            if self._reader != threading.get_ident():
                return 0
            self.turn += 1
            self._is_reading = True
        self.reads += 1
        self.is_due = False
        try:
            count = self._read_and_hand_out(0 if waits else socket.MSG_DONTWAIT)
        except BaseException as error:
            # Who waits for what was not handed out would wait for ever.
            self.on_end(error)
            raise
        self._is_reading = False
        if self._answered and (is_hurried or self._is_hurried()):
            self._wake_answered()
        self.on_read()
        return count

    def _wake_answered(self):
        with self._lock:
            answered, self._answered = self._answered, collections.deque()
        for call in answered:
            call.wake()

    def _read_and_hand_out(self, flags):
        if self._posted or self._released:
            self.flush()
        try:
            count = self.socket.recv_into(self._buffer, 0, flags)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise ServerGone from error
        if not count:
            raise ServerGone
        messages = self._incoming.feed(self._view[:count])
        for message in messages:
            if message[0] == wire.REPLY:
                self._answer(message)
            else:
                self.dispatch(message)
        return len(messages)

    def _answer(self, message):
        _, number, failed, value = message
        call = self._calls.pop(number, None)
        if call is None:
            return
        call.failed, call.value = failed, value
        call.is_done = True
        if call.thread is not None:
            self._let_go_on(call)
        elif call.on_done is not None:
            call.on_done(call)

    def _let_go_on(self, call):
        """A call is answered whose thread may sleep."""
        with self._lock:
            if call not in self._waiting:
                return
            self._waiting.remove(call)
            if call.thread in self.keepers and not call.is_held:
                self._answered.append(call)
                return
        # The server waits for this thread, or it would only give the role back.
        call.wake()
