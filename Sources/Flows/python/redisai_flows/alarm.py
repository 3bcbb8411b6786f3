"""A timer that one thread sets and another waits for, without waking anybody when it is set."""

import ctypes
import os
import struct

_CLOCK_MONOTONIC = 1
_CLOSE_ON_EXEC = 0o2000000


class Alarm:
    """A timer of the kernel (`timerfd`). Python has it since 3.13; before, the C library is called."""

    def __init__(self):
        if hasattr(os, "timerfd_create"):
            self._fd = os.timerfd_create(_CLOCK_MONOTONIC, flags=_CLOSE_ON_EXEC)
            self._set = lambda seconds: os.timerfd_settime(self._fd, initial=seconds)
            return
        library = ctypes.CDLL(None, use_errno=True)
        self._fd = library.timerfd_create(_CLOCK_MONOTONIC, _CLOSE_ON_EXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        function = library.timerfd_settime
        self._set = lambda seconds: function(self._fd, 0, _timer_value(seconds), None)

    def set(self, seconds):
        """Lets `wait` return after so many seconds from now, more than 0."""
        self._set(seconds)

    def wait(self):
        """Sleeps until the time that was set has come."""
        os.read(self._fd, 8)


def _timer_value(seconds):
    """`struct itimerspec` of a timer that rings once."""
    whole, part = divmod(int(seconds * 1e9), 1_000_000_000)
    return struct.pack("qqqq", 0, 0, whole, part)
