"""The event loop that all coroutines of all sessions share, and futures that belong to it."""

import asyncio
import collections
import collections.abc
import concurrent.futures
import contextvars
import selectors
import threading
import time

from .asking import current
from .errors import GearsError, LoopHeld
from .shields import shield

# A coroutine that does not let go of the loop for so long gets `LoopHeld`, in seconds.
LONGEST_HOLD = 1.0
# The loop's thread leaves the server's processor when so many turns, less those that were short, have taken
# longer than so many seconds; it comes back when as many were short, or when it has slept for so long.
_LONG_TURN, _MANY_TURNS, _LONG_SLEEP = 0.0001, 200, 0.01


class EventLoop:
    """asyncio's loop on a thread of its own.

    Steps do not run here, so only coroutines pay for the way to this thread; those of asyncio's libraries
    work. As the threads of steps do, it stays near the server while its work is short; see `placement`.
    """

    def __init__(self, channel, placement, on_end):
        """`on_end(error)` is called when something that others wait for could not be done."""
        self._channel = channel
        self._move = placement.move
        self._on_end = on_end
        # None if that is to be found out.
        self._is_far = None
        # The turn that the lookout has seen, and the one that it has found long.
        self._seen = self._long_turn = None
        self._turns = _Turns()
        self.loop = asyncio.SelectorEventLoop(self._turns)
        self.loop.set_task_factory(self._make_task)
        self.loop.set_default_executor(concurrent.futures.ThreadPoolExecutor(
            thread_name_prefix="asyncio", initializer=placement.leave))
        # When the step of a coroutine that runs now has begun.
        self._step_began = None
        self._due = collections.deque()
        self._is_called = False
        self._asked_at = None
        self._shield = None
        self._thread = threading.Thread(target=self._run, name="flows/loop", daemon=True)
        self._thread.start()

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self._shield = shield()
        # Only steps of coroutines may be ended from outside, not what asyncio and this file do between them.
        with self._shield:
            while True:
                try:
                    self.loop.run_forever()
                except LoopHeld:
                    # It came when the coroutine had just let go.
                    pass
                except BaseException as error:
                    # asyncio lets SystemExit and KeyboardInterrupt of a coroutine through, after telling its
                    # task.
                    if isinstance(error, Exception):
                        raise

    def _make_task(self, loop, coroutine, **words):
        """Every task of the loop, those too that coroutines make."""
        context = words.get("context")
        asker = current.get() if context is None else context.get(current)
        return asyncio.Task(_Guarded(coroutine, asker, self), loop=loop, **words)

    def is_here(self):
        """Whether the caller runs on the loop's thread."""
        return threading.get_ident() == self._thread.ident

    def call(self, function, *arguments):
        """Calls a function on the loop's thread, soon; any thread. Many calls wake it once."""
        with shield():
            self._due.append((contextvars.copy_context(), function, arguments))
            if not self._is_called:
                self._is_called = True
                try:
                    self.loop.call_soon_threadsafe(self._call_due)
                except BaseException:
                    # There may be no room on the stack.
                    self._is_called = False
                    raise

    def _call_due(self):
        try:
            # Whoever held the loop has let go of it.
            self._shield.clear()
            with self._shield:
                self._is_called = False
                self._place(
                    self._channel.is_crowded or self._channel.long_count > 0 or self._turns.are_long
                    or self._turns.number == self._long_turn)
                while self._due:
                    context, function, arguments = self._due.popleft()
                    context.run(function, *arguments)
        except LoopHeld:
            self.loop.call_soon(self._call_due)
        except BaseException as error:
            self._on_end(error)

    def start(self, coroutine, asker, on_end):
        """Runs a coroutine for `asker`; `on_end(value, error)` is called on the loop's thread."""
        context = contextvars.copy_context()
        context.run(current.set, asker)
        self.call(self._start, coroutine, asker, on_end, context)

    def _start(self, coroutine, asker, on_end, context):
        task = self.loop.create_task(coroutine, context=context)
        # The loop itself keeps no task alive.
        _running.add(task)
        task.add_done_callback(lambda task: self._ended(task, on_end))

    def _ended(self, task, on_end):
        _running.discard(task)
        try:
            if task.cancelled():
                on_end(None, asyncio.CancelledError("the coroutine was cancelled"))
            elif task.exception() is not None:
                on_end(None, task.exception())
            else:
                on_end(task.result(), None)
        except BaseException as error:
            self._on_end(error)

    def future(self):
        """A new future of the loop; any thread."""
        return GearsFuture(loop=self.loop)

    def settle(self, future, value, error=None):
        """Ends a future with a value or an error, unless it has ended; any thread."""
        if self.is_here():
            _settle(future, value, error)
        else:
            self.call(_settle, future, value, error)

    # Where the thread runs

    def place_anew(self):
        """The places have changed."""
        self._is_far = None

    def _place(self, is_far):
        if self._is_far is not is_far:
            self._is_far = is_far
            self._move(self._thread.native_id, is_far)

    def look_out(self):
        """Whether the loop works, and may turn out to work for long: then its thread leaves the server's."""
        turn = self._turns.number
        if turn is None or turn == self._long_turn:
            return False
        if turn == self._seen:
            self._long_turn = turn
            self._move(self._thread.native_id, True)
            # Whatever the thread does about it itself meanwhile, it looks anew.
            self._is_far = None
        self._seen = turn
        return True

    # Whether coroutines let go of the loop

    def look(self):
        """For how many milliseconds a coroutine has been holding the loop; any thread, again and again.

        Beyond `LONGEST_HOLD` that coroutine gets `LoopHeld`. A call into C does not see it before it returns,
        and a function that asyncio calls by itself, as when a future ends, not at all.
        """
        asked_at, now = self._asked_at, time.monotonic()
        if asked_at is None:
            self._asked_at = now
            self.call(self._answer)
            return 0
        began = self._step_began
        # Many that are quick hold it together; none of them is to blame.
        if began is not None and now - began > LONGEST_HOLD:
            self._shield.raise_here(LoopHeld, lambda: self._step_began is began)
        return int((now - asked_at) * 1000)

    def run_step(self, step, *arguments):
        """Runs a step of a coroutine, on the loop's thread: it may be ended from outside."""
        if self._step_began is not None or not self.is_here():
            # One that nobody holds any more is closed where Python collects it.
            return step(*arguments)
        mine = self._shield
        mine.clear()
        self._step_began = time.monotonic()
        try:
            if not self._channel.is_armed:
                self._channel.is_armed = True
                self._channel.arm()
            return mine.lowered(step, *arguments)
        finally:
            self._step_began = None
            mine.clear()

    def _answer(self):
        self._asked_at = None
        self._shield.clear()


class _Turns(selectors.DefaultSelector):
    """The loop's selector; sees how long the loop works before it sleeps again."""

    def __init__(self):
        super().__init__()
        # Of the turn that is under way; None while the loop sleeps.
        self.number = 0
        self.are_long = False
        self._last_number = 0
        self._woke_at = time.monotonic()
        self._count = 0

    def select(self, timeout=None):
        if timeout == 0:
            return super().select(0)
        slept_at = time.monotonic()
        is_long = slept_at - self._woke_at > _LONG_TURN
        self._count = min(self._count + 1, _MANY_TURNS) if is_long else max(self._count - 1, 0)
        if self._count in (0, _MANY_TURNS):
            self.are_long = self._count > 0
        self.number = None
        try:
            return super().select(timeout)
        finally:
            self._woke_at = time.monotonic()
            self._last_number += 1
            self.number = self._last_number
            if self._woke_at - slept_at > _LONG_SLEEP:
                self._count, self.are_long = 0, False


class GearsFuture(asyncio.Future):
    """A future of the event loop; its callbacks run for the session that has added them."""

    __slots__ = ()


# Tasks that run.
_running = set()


def _settle(future, value, error):
    if future.done():
        return
    if error is None:
        future.set_result(value)
    else:
        future.set_exception(error)
        # Nobody may be waiting; that is no reason for a line in the log.
        future.exception()


class _Guarded(collections.abc.Coroutine):
    """A coroutine whose steps may be ended, and which cannot wait while its asker holds the server."""

    def __init__(self, coroutine, asker, loop):
        self._coroutine = coroutine
        self._asker = asker
        self._loop = loop

    def send(self, value):
        return self._go_on(self._coroutine.send, value)

    def throw(self, *error):
        return self._go_on(self._coroutine.throw, *error)

    def close(self):
        self._coroutine.close()

    def __await__(self):
        return self._coroutine.__await__()

    def _go_on(self, step, *arguments):
        awaited = self._loop.run_step(step, *arguments)
        while self._asker is not None and self._asker.is_atomic_here():
            awaited = self._loop.run_step(
                self._coroutine.throw, GearsError("await is not allow inside atomic block"))
        return awaited
