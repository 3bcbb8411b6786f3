"""One pass of records through the steps of a flow."""

import types

from . import wire
from ._core import Pass
from .asking import Asker
from .errors import FlowAborted, GearsError, ServerGone, callback_text, coroutine_text
from .low_future import LowFuture
from .steps import DROPPED, Spread

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


class Execution(Pass, Asker):
    """Runs records through steps: on one thread at a time, and on none while it waits for a coroutine.

    `Pass`, in C, has what all executions do, and calls the methods of this class for the rest.
    """

    _future = None
    _errors_left_out = 0

    # What steps may ask

    @property
    def holds_command(self):
        return bool(self.flags & HOLDS_COMMAND)

    @property
    def is_hook(self):
        return bool(self.flags & IS_HOOK)

    def allows_async(self):
        return self.in_step() and bool(self.flags & MAY_BLOCK)

    def make_low_future(self):
        """A `LowFuture` for the step that runs; raises `GearsError` if it cannot wait for one."""
        if not self.in_step():
            raise GearsError("Future object can only be created inside certain execution steps")
        if not self.flags & MAY_BLOCK:
            raise GearsError("Creating async record is not allowed")
        if self.low_future is not None:
            raise GearsError("Can not create async record twice on the same step")
        if self.plan.steps[self.at].refuses_coroutine:
            raise GearsError("Step does not support async")
        self.low_future = LowFuture(self)
        return self.low_future

    def stop_before(self, step):
        """No record goes through the steps up to this one any more."""
        self.floor = max(self.floor, self.plan.steps.index(step) + 1)

    def fail(self, error):
        """Notes what a callback has raised."""
        self._note(callback_text(error, self.session.settings.has_traceback))

    def _note(self, text):
        if len(self.errors) < ERROR_LIMIT:
            self.errors.append(text[:ERROR_LENGTH])
            return
        self._errors_left_out += 1
        self.errors[ERROR_LIMIT:ERROR_LIMIT + 1] = [f"{self._errors_left_out} more errors are left out"]

    # Going on

    def resume(self, value, error):
        """Goes on with what a coroutine, or whoever had a `LowFuture`, has brought; any thread."""
        if self.is_aborted:
            return
        index = self.waits_at[0]
        is_last = index + 1 >= self.plan.builtin_from and not self.stack and (
            self.source is None or self.source.is_at_end())
        if is_last and (value is None or type(value) in _PLAIN):
            # Nothing is left that could take long, or that is code of the flow.
            self.go_on(value, error)
        else:
            self.session.submit(lambda: self.go_on(value, error))

    def _take_outcome(self, value, error):
        (index, record), self.waits_at = self.waits_at, None
        if error is not None:
            self._note(coroutine_text(error))
        else:
            self._pass_on(index, record, value)

    def _pass_on(self, index, record, result):
        """Puts what a step has brought, late, before the next one."""
        try:
            result = self._settled(index, record, result)
        except (FlowAborted, ServerGone):
            raise
        except BaseException as error:
            return self.fail(error)
        if result is not DROPPED:
            self.stack.append((index + 1, result))

    def _settled(self, index, record, result):
        """What goes on to the next step, or DROPPED: also if records wait for that now."""
        # This looks at what the flow has brought, and may raise what that raises.
        result = self.plan.steps[index].settle(self, self.states[index], record, result)
        if type(result) is not Spread:
            return result
        self.stack.extend((index + 1, item) for item in reversed(result))
        return DROPPED

    def _has_more(self):
        """Takes more records of the reader; False if there are none, or none are wanted."""
        if self.floor:
            return False
        try:
            records = self.source.next()
        except (FlowAborted, ServerGone):
            raise
        except BaseException as error:
            self.fail(error)
            return False
        if records is None:
            return False
        self.stack = [(0, record) for record in reversed(records)]
        return True

    def _finish_step(self):
        """Brings what the next step that keeps records has kept on its way; False if none is left."""
        index = self.plan.keeper_from(self.floor)
        if index is None:
            return False
        self.floor = index + 1
        kept = list(self.plan.steps[index].finish(self, self.states[index]))
        self.stack = [(index + 1, record) for record in reversed(kept)]
        return True

    def _step(self, record):
        """What the step that runs makes of a record, if that is more than what its function returns."""
        index = self.at
        result = self.plan.steps[index].call(self, self.states[index], record)
        if type(result) in _AWAITED:
            return result
        result = self._settled(index, record, result)
        if type(result) in _AWAITED:
            # It is a record itself, and nothing that the step waits for.
            self.stack.append((index + 1, result))
            return DROPPED
        return result

    def _accept(self, record, awaited):
        """Checks that the step may wait for what its callback has returned; that."""
        refusal = self.plan.steps[self.at].refuses_coroutine
        if type(awaited) is LowFuture:
            if awaited is not self.low_future:
                raise GearsError("Future object can only be created inside certain execution steps")
        elif refusal or not self.flags & MAY_BLOCK:
            awaited.close()
            raise GearsError(refusal or "Creating async record is not allowed")
        self.waits_at = (self.at, record)
        return awaited

    def _failed(self, error):
        """A step has raised an error."""
        self.waits_at = self.low_future = None
        self.fail(error)

    def _wait(self, awaited):
        """Lets go of the thread until `awaited` has an outcome."""
        self.low_future = None
        if self.is_sync:
            # The server's thread need not wait for us any more.
            self.is_sync = False
            self.session.send(wire.PARKED, self.number)
        if type(awaited) is LowFuture:
            if not awaited.await_outcome():
                value, error = awaited.outcome
                self.session.submit(lambda: self.go_on(value, error))
            return
        self.session.loop.start(awaited, self, self.resume)

    # The end

    def await_end(self, future):
        """Has a future of the loop get the results and errors: a list of both."""
        self._future = future
        self.is_awaited = True

    def _tell_future(self):
        self.session.loop.settle(self._future, [self.results, self.errors])

    @staticmethod
    def _untold(error):
        """The text of what kept the results from being told: they are too large, or raise when looked at."""
        if isinstance(error, wire.MessageTooLong):
            return f"a result is too large: {error}"
        return callback_text(error, False)
