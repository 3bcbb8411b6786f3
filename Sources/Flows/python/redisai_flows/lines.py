"""How many lines a session may send to the server's log."""

import time

# In a second. The server writes fewer; this keeps a flow that never stops from keeping the server busy.
MOST = 1000


class Lines:
    """Counts the lines of a second. `clock` gives seconds."""

    def __init__(self, clock=time.monotonic):
        self._clock = clock
        self._begin = None
        self._count = 0
        self._left_out = 0

    def take(self):
        """None if there were too many already; else how many were left out since the last one."""
        now = self._clock()
        if self._begin is None or now - self._begin >= 1:
            self._begin, self._count = now, 0
        self._count += 1
        if self._count > MOST:
            self._left_out += 1
            return None
        left_out, self._left_out = self._left_out, 0
        return left_out
