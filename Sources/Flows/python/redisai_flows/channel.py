"""The connection to the server: who reads, who waits, who is woken.

One thread at a time reads. It is the thread that has a reason to: a worker without work, or one that waits
for the answer to a call of its own. So a job is done by the thread that has read it, and an answer is taken
by the thread that waits for it, without waking another one: on a busy machine that wake-up costs more than
most steps.

The reader keeps its role while it does a job. If the job is long, the lookout (`workers`) takes the role away
and gives it to another thread, so that no step can keep messages from being read. A worker without work that
reads an answer for another one leaves it the role: most who have asked once will ask again.
"""

import collections
import threading

from . import wire
from .errors import GearsError, ServerGone
from .shields import shield
from .values import text

_READ_SIZE = 256 * 1024
# Messages that could wait for others are sent when there are so many, or when one has so many bytes.
_POSTED_LIMIT = 32
_LARGE_MESSAGE = 16 * 1024
# Numbers in one message of what was released.
_RELEASED_LIMIT = 100_000


class Call:
    """A question to the server that somebody waits for."""

    __slots__ = ("failed", "value", "is_done", "on_done", "thread", "_woken")

    def __init__(self, on_done=None):
        self.failed = False
        self.value = None
        self.is_done = False
        # Called by the reader instead of waking a thread; it must not wait.
        self.on_done = on_done
        # Ident of the thread that sleeps until it is answered.
        self.thread = None
        self._woken = None

    def result(self):
        """The answer; raises `GearsError` with the server's text if it is an error."""
        if self.failed:
            raise GearsError(str(text(self.value)))
        return self.value

    def _sleep(self):
        self._woken.acquire()

    def _wake(self):
        self._woken.release()


class Channel:
    """One end of the socket pair.

    `dispatch(message)` gets every message that is no answer, on the reader's thread, and must not wait.
    """

    def __init__(self, sock):
        self.socket = sock
        self.dispatch = None
        # Whether there is work that another thread could do.
        self.has_work = lambda: False
        # Called when a thread waits for the server: others may do what has come meanwhile.
        self.on_wait = lambda: None
        # Called when something was read.
        self.on_read = lambda: None
        # Who may read when a caller that was reading has its answer: gets the role, or returns False.
        self.find_reader = lambda: False
        # Called with what makes it impossible to go on: the server has gone, or messages would be lost.
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
        self._answered = []          # calls that are answered, whose threads are still to be woken
        # Idents of threads that read again when they have done what they do, and so may keep the role.
        self.keepers = set()
        self._calls = {}
        self._next_call = 0
        self._released = collections.deque()
        # Counts what the reader has read, so that the lookout sees whether it is stuck.
        self.turn = 0

    # Sending

    def send(self, *message):
        """Sends one message; any thread."""
        self._send(wire.encoded(message))

    def _send(self, data):
        with shield():
            if self._released:
                data = self._release_message() + data
            self._send_bytes(data)

    def post(self, *message):
        """Sends a message soon, together with others: before this thread reads, waits, or loses the role.

        So the server wakes once for all that was done with what was read at once. A thread that is not the
        reader sends at once. The message holds only what `values` makes.
        """
        data = wire.encoded_plain(message)
        with shield():
            with self._lock:
                is_reader = self._reader == threading.get_ident()
                if is_reader:
                    self._posted.append(data)
            if not is_reader:
                self._send_bytes(data)
            elif len(self._posted) >= _POSTED_LIMIT or len(data) >= _LARGE_MESSAGE:
                self.flush()

    def flush(self):
        """Sends what was posted, and tells what was released."""
        if self._released:
            self._send_bytes(self._release_message())
        elif self._posted:
            self._send_bytes(b"")

    def _send_bytes(self, data):
        try:
            with self._send_lock:
                if self._posted:
                    # The reader may be posting: what is taken is taken one by one.
                    posted = [self._posted.popleft() for _ in range(len(self._posted))]
                    data = b"".join(posted) + data
                self.socket.sendall(data)
        except OSError as error:
            self.on_end(ServerGone())
            raise ServerGone from error

    def release(self, number):
        """Notes that nobody holds the server's tensor or region any more; told with the next message."""
        self._released.append(number)

    def _release_message(self):
        """Tells all of it, in as many messages as keep each within the server's limit."""
        messages = []
        numbers = []
        while self._released:
            try:
                numbers.append(self._released.popleft())
            except IndexError:
                break
            if len(numbers) == _RELEASED_LIMIT:
                messages.append(wire.encoded((wire.RELEASE, 0, numbers)))
                numbers = []
        if numbers:
            messages.append(wire.encoded((wire.RELEASE, 0, numbers)))
        return b"".join(messages)

    # Calls

    def start(self, asker, operation, *arguments, on_done=None, encoded=wire.encoded):
        """Sends a question in the name of the session or execution with number `asker`; a `Call`.

        `encoded` is the function of `wire` that writes it.
        """
        call = Call(on_done)
        with self._lock:
            self._next_call += 1
            number = self._next_call
            self._calls[number] = call
        try:
            self._send(encoded((wire.CALL, number, asker, operation, *arguments)))
        except BaseException:
            with self._lock:
                self._calls.pop(number, None)
            raise
        return call

    def ask(self, asker, operation, *arguments, encoded=wire.encoded):
        """Sends a question and waits for the answer. Raises `GearsError` with the server's text."""
        with shield():
            call = self.start(asker, operation, *arguments, encoded=encoded)
            if not call.is_done:
                self._wait(call)
        return call.result()

    def _wait(self, call):
        """Returns when the call is answered; reads meanwhile if nobody else does."""
        me = threading.get_ident()
        while not call.is_done:
            self.on_wait()
            with self._lock:
                if call.is_done:
                    break
                if self._reader is None:
                    self._reader = me
                is_mine = self._reader == me
                if not is_mine:
                    if call._woken is None:
                        call._woken = threading.Lock()
                        call._woken.acquire()
                        call.thread = me
                    self._waiting.append(call)
            if is_mine:
                self.read()
            else:
                call._sleep()
        if self._reader == me and me not in self.keepers:
            self.leave_role()

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
        self.flush()
        self._call_reader()
        return stuck

    def is_busy(self):
        """Whether the reader does something else than waiting for messages."""
        return self._reader is not None and not self._is_reading

    def _call_reader(self):
        """Wakes somebody to read: one who waits for an answer, or else a worker."""
        with self._lock:
            call = self._waiting.pop() if self._waiting else None
        if call is not None:
            call._wake()
        else:
            self.find_reader()

    def read(self, is_idle=False):
        """Reads once, waiting if there is nothing, and hands out what came; the reader only.

        Returns the number of messages; 0 if this thread is not the reader any more: between taking the role
        and this call it may have waited for so long that the lookout gave the role away, and two must never
        read. A reader that `is_idle` but for reading may have left the role to another thread afterwards.
        """
        with self._lock:
            if self._reader != threading.get_ident():
                return 0
            self.turn += 1
            self._is_reading = True
        try:
            count = self._read_and_hand_out()
        except BaseException as error:
            # Who waits for what was not handed out would wait for ever.
            self.on_end(error)
            raise
        self._is_reading = False
        if self._answered:
            if is_idle and not self.has_work():
                self._leave_role_to(self._answered[-1].thread)
            self._wake_answered()
        self.on_read()
        return count

    def _leave_role_to(self, thread):
        self.flush()
        with self._lock:
            if self._reader == threading.get_ident() and thread in self.keepers:
                self._reader = thread

    def _wake_answered(self):
        answered, self._answered = self._answered, []
        for call in answered:
            call._wake()

    def _read_and_hand_out(self):
        self.flush()
        try:
            count = self.socket.recv_into(self._buffer)
        except OSError as error:
            raise ServerGone from error
        if not count:
            raise ServerGone
        messages = self._incoming.feed(bytes(self._view[:count]))
        for message in messages:
            if message[0] == wire.REPLY:
                self._answer(message)
            else:
                self.dispatch(message)
        return len(messages)

    def _answer(self, message):
        _, number, failed, value = message
        with self._lock:
            call = self._calls.pop(number, None)
            if call is None:
                return
            call.failed, call.value, call.is_done = failed, value, True
            sleeps = call in self._waiting
            if sleeps:
                self._waiting.remove(call)
        if call.on_done is not None:
            call.on_done(call)
        elif sleeps:
            self._answered.append(call)
