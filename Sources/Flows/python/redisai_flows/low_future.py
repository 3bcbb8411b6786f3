"""Futures that a step returns, for the execution to be continued by anybody."""

import threading

from .errors import GearsError
from .shields import shield


class LowFuture:
    """What `gearsFuture()` returns: a step returns it, and somebody continues the execution with it later."""

    def __init__(self, execution):
        self._execution = execution
        self._lock = threading.Lock()
        self._is_awaited = False
        self._outcome = None

    def continueRun(self, value):  # noqa: N802 - the original's name
        """Continues the step with a value; any thread."""
        self._continue(value, None)

    def continueFailed(self, error):  # noqa: N802
        """Has the step fail with an error, an exception or a text; any thread."""
        self._continue(None, error)

    def _continue(self, value, error):
        # What is raised to end the caller must not end what it continues.
        with shield():
            with self._lock:
                if self._outcome is not None:
                    raise GearsError("Can not continue with the same future twice")
                self._outcome = (value, error)
                is_awaited = self._is_awaited
            if is_awaited:
                self._execution.resume(value, error)

    def await_outcome(self):
        """The step has returned it: whether the outcome is still to come."""
        with self._lock:
            self._is_awaited = self._outcome is None
            return self._is_awaited

    @property
    def outcome(self):
        return self._outcome
