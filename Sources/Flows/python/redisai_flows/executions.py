"""One pass of records through the steps of a flow."""

import threading
import time
import types

from . import wire
from .asking import Asker, current
from .errors import FlowAborted, GearsError, ServerGone, callback_text, coroutine_text
from .low_future import LowFuture
from .shields import shield
from .sources import NOTHING
from .steps import DROPPED, Spread
from .values import error_bytes, in_pieces

CREATED, RUNNING, DONE, ABORTED = "created", "running", "done", "aborted"

# How an execution was started: the bits of START's flags.
IS_SYNC = 1              # the server's thread waits
MAY_BLOCK = 2            # whoever has caused it may wait in the background
HOLDS_COMMAND = 4        # a command is held whose reply may be overridden
IS_HOOK = 8              # it stands before a command that `call_next` goes on with
TELLS_RESULTS = 16       # the server wants the results

# More errors of one execution are only counted; longer texts, in characters, are cut.
ERROR_LIMIT = 1000
ERROR_LENGTH = 16 * 1024

# What a step's callback may return for the execution to go on later.
_AWAITED = frozenset((types.CoroutineType, LowFuture))
# Types whose text is made by Python itself.
_PLAIN = (str, int, float, bool, bytes)


class Execution(Asker):
    """Runs records through steps: on one thread at a time, and on none while it waits for a coroutine.

    `plan` is a `Plan`. `source` has `next()`: a list of records, or None when there are no more; `records`
    come before them. `on_end(execution)` is called once, on the thread on which it ended.
    """

    # What most executions never change.
    status = CREATED
    started_at = None
    future = None
    _errors_left_out = 0
    # Steps before this one get nothing more, and at the end all before it have been finished.
    _floor = 0
    _waits_at = None          # (index, record) of the step whose coroutine runs
    _low_future = None        # made by the step that runs
    _thread = None            # ident of the thread that runs a step, and its shield
    _shield = None
    _is_aborted = False

    def __init__(self, session, number, plan, flags, source=NOTHING, records=(), on_end=None):
        self.session = session
        self.number = number
        self.errors = []
        self.results = []
        self._flags = flags
        if flags & IS_SYNC:
            self.is_sync = True
        self._plan = plan
        self._steps = plan.steps
        self._states = plan.new_states()
        self._source = source
        self._on_end = on_end
        # Records that wait for a step: (its index, record); the last one is next.
        self._stack = [(0, record) for record in reversed(records)]
        self._lock = threading.Lock()

    # What steps may ask

    @property
    def holds_command(self):
        return bool(self._flags & HOLDS_COMMAND)

    @property
    def is_hook(self):
        return bool(self._flags & IS_HOOK)

    def in_step(self):
        """Whether the caller runs within a step of this execution, and not in a coroutine of it."""
        return self._thread == threading.get_ident()

    def allows_async(self):
        return self.in_step() and bool(self._flags & MAY_BLOCK)

    def make_low_future(self):
        """A `LowFuture` for the step that runs; raises `GearsError` if it cannot wait for one."""
        if not self.in_step():
            raise GearsError("Future object can only be created inside certain execution steps")
        if not self._flags & MAY_BLOCK:
            raise GearsError("Creating async record is not allowed")
        if self._low_future is not None:
            raise GearsError("Can not create async record twice on the same step")
        if self._step.refuses_coroutine:
            raise GearsError("Step does not support async")
        self._low_future = LowFuture(self)
        return self._low_future

    def stop_before(self, step):
        """No record goes through the steps up to this one any more."""
        self._floor = max(self._floor, self._steps.index(step) + 1)

    def fail(self, error):
        """Notes what a callback has raised."""
        self._note(callback_text(error, self.session.settings.has_traceback))

    def _note(self, text):
        if len(self.errors) < ERROR_LIMIT:
            self.errors.append(text[:ERROR_LENGTH])
        else:
            self._errors_left_out += 1

    # Running

    def run(self):
        """Begins; a job of a worker."""
        self.started_at = time.monotonic_ns()
        self._advance()

    def resume(self, value, error):
        """Goes on with what a coroutine, or whoever had a `LowFuture`, has brought; any thread."""
        if self._is_aborted:
            return
        index = self._waits_at[0]
        is_last = index + 1 >= self._plan.builtin_from and not self._stack and self._source.is_at_end()
        if is_last and (value is None or type(value) in _PLAIN):
            # Nothing is left that could take long, or that is code of the flow.
            self._advance((value, error))
        else:
            self.session.submit(lambda: self._advance((value, error)))

    def _advance(self, outcome=None):
        """Works until the end, or until a step has to wait."""
        awaited = None
        try:
            with self._lock:
                if self._is_aborted:
                    return
                self.status = RUNNING
                self._thread = threading.get_ident()
                self._shield = shield()
            token = current.set(self)
            try:
                if outcome is not None:
                    self._take_outcome(*outcome)
                awaited = self._work()
            finally:
                current.reset(token)
                self._leave_thread(awaited)
        except FlowAborted:
            self._leave_thread(None)
        if self._is_aborted:
            # What was raised to end this execution must not come to another one.
            shield().clear()
            self._end_aborted()
            self._close()
        elif awaited is None:
            self._tell_end()
            self._close()
        else:
            self._wait(awaited)

    def _leave_thread(self, awaited):
        """No step runs any more; that is the end if nothing is waited for."""
        with self._lock:
            self._thread = None
            if awaited is None and not self._is_aborted:
                self.is_over = True
                self.status = DONE

    def _take_outcome(self, value, error):
        (index, record), self._waits_at = self._waits_at, None
        if error is not None:
            self._note(coroutine_text(error))
        else:
            self._pass_on(index, record, value)

    def _work(self):
        """What a step waits for, or None at the end."""
        while True:
            while self._stack:
                index, record = self._stack.pop()
                if index >= self._floor:
                    awaited = self._through(index, record)
                    if awaited is not None:
                        return awaited
            if self._source is not NOTHING and self._has_more():
                continue
            if not (self._plan.keepers and self._finish_step()):
                return None

    def _has_more(self):
        """Takes more records of the reader; False if there are none, or none are wanted."""
        if self._floor:
            return False
        try:
            records = self._source.next()
        except (FlowAborted, ServerGone):
            raise
        except BaseException as error:
            self.fail(error)
            return False
        if records is None:
            return False
        self._stack = [(0, record) for record in reversed(records)]
        return True

    def _finish_step(self):
        """Brings what the next step that keeps records has kept on its way; False if none is left."""
        index = self._plan.keeper_from(self._floor)
        if index is None:
            return False
        self._floor = index + 1
        kept = list(self._steps[index].finish(self, self._states[index]))
        self._stack = [(index + 1, record) for record in reversed(kept)]
        return True

    def _through(self, index, record):
        """Takes a record through the steps from `index` on; what it waits for, or None."""
        steps, states = self._steps, self._states
        if index:
            steps, states = steps[index:], states[index:]
        for step, state in zip(steps, states):
            self._step = step
            try:
                result = step.function(record) if step.is_plain else step.call(self, state, record)
                if type(result) in _AWAITED:
                    self._waits_at = (self._steps.index(step), record)
                    return self._accept(step, result)
                if self._low_future is not None:
                    self._low_future = None
                if step.settles:
                    # This looks at what the flow has brought, and may raise what that raises.
                    result = step.settle(self, state, record, result)
            except (FlowAborted, ServerGone):
                raise
            except BaseException as error:
                self._waits_at = self._low_future = None
                self.fail(error)
                return None
            if step.settles:
                if result is DROPPED:
                    return None
                if type(result) is Spread:
                    following = self._steps.index(step) + 1
                    self._stack.extend((following, item) for item in reversed(result))
                    return None
            record = result
        self.results.append(record)
        return None

    def _accept(self, step, awaited):
        """Checks that the step may wait for what its callback has returned."""
        if type(awaited) is LowFuture:
            if awaited is not self._low_future:
                raise GearsError("Future object can only be created inside certain execution steps")
            return awaited
        if step.refuses_coroutine or not self._flags & MAY_BLOCK:
            awaited.close()
            raise GearsError(step.refuses_coroutine or "Creating async record is not allowed")
        return awaited

    def _pass_on(self, index, record, result):
        """Puts what a step has brought, late, before the next one."""
        step = self._steps[index]
        try:
            result = step.settle(self, self._states[index], record, result)
        except (FlowAborted, ServerGone):
            raise
        except BaseException as error:
            return self.fail(error)
        if type(result) is Spread:
            self._stack.extend((index + 1, item) for item in reversed(result))
        elif result is not DROPPED:
            self._stack.append((index + 1, result))

    def _wait(self, awaited):
        """Lets go of the thread until `awaited` has an outcome."""
        self._low_future = None
        if self.is_sync:
            # The server's thread need not wait for us any more.
            self.is_sync = False
            self.session.send(wire.PARKED, self.number)
        if type(awaited) is LowFuture:
            if not awaited.await_outcome():
                value, error = awaited.outcome
                self.session.submit(lambda: self._advance((value, error)))
            return
        self.session.loop.start(awaited, self, self.resume)

    # The end

    def abort(self):
        """Ends it at once; any thread. A step that runs meets `FlowAborted`, once a call into C returns."""
        with self._lock:
            if self._is_aborted or self.is_over:
                return
            self._is_aborted = True
            is_running = self._thread is not None
            if is_running:
                self._shield.raise_here(FlowAborted)
        self._end_aborted()
        if not is_running:
            self._close()

    def _end_aborted(self):
        """Tells the abort, once: both who aborts it and the thread that it leaves may be here."""
        with self._lock:
            if self.is_over:
                return
            self.is_over = True
            self.status = ABORTED
        self.errors.append("execution aborted")
        self._tell_end()

    def _tell_end(self):
        """Tells whoever waits for it."""
        # Who awaits it may tell the server what that makes of it, so the server hears of this end first.
        self._tell()
        if self.future is not None:
            self.session.loop.settle(self.future, [self.results, self.errors])

    def _close(self):
        """Nothing runs for it any more: the thread that it leaves is here, or who aborts it if it waits."""
        if self._on_end is not None:
            self._on_end(self)

    def milliseconds(self):
        """How long it has run, waiting included."""
        return 0 if self.started_at is None else (time.monotonic_ns() - self.started_at) // 1_000_000

    def _tell(self):
        """Tells the server the end, and the results if it wants them."""
        errors = [error_bytes(text) for text in self.errors] if self.errors else []
        if self._errors_left_out:
            errors.append(b"%d more errors are left out" % self._errors_left_out)
        channel, milliseconds = self.session.channel, self.milliseconds()
        try:
            is_wanted = self._flags & TELLS_RESULTS and self.status == DONE
            pieces = in_pieces(self.results if is_wanted else [])
            last = pieces.pop()
            for piece in pieces:
                channel.post(wire.RESULTS, self.number, piece)
            channel.post(wire.DONE, self.number, self.status, milliseconds, last, errors)
        except Exception as error:
            # A result that raises when it is looked at.
            text = (f"a result is too large: {error}" if isinstance(error, wire.MessageTooLong)
                    else callback_text(error, False))
            channel.post(wire.DONE, self.number, self.status, milliseconds, [], [error_bytes(text)])
        if self.is_sync:
            # The server's thread waits for it.
            channel.flush()
