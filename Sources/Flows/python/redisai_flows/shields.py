"""Raising an exception in another thread, but never while that is in code that must not be left half done."""

import ctypes
import threading

_local = threading.local()


def shield():
    """The shield of the calling thread."""
    try:
        return _local.shield
    except AttributeError:
        _local.shield = made = Shield()
        return made


class Shield:
    """`with shield():` puts off what `raise_here` of another thread raises, until the end of the block.

    Python raises such an exception between any two steps of the thread. In the middle of handing out messages
    that would lose them for everybody.

    Entering and leaving take no lock: threads change, and exceptions come, only at calls and loops, and
    between looking at the depth and changing it there is neither.
    """

    __slots__ = ("_ident", "_lock", "_depth", "_error")

    def __init__(self):
        self._ident = threading.get_ident()
        self._lock = threading.Lock()
        self._depth = 0
        self._error = None

    def __enter__(self):
        if self._error is None or self._depth:
            self._depth += 1
        else:
            self._refuse()

    def __exit__(self, kind, error, trace):
        self._depth -= 1
        if self._error is not None and not self._depth:
            raise self._error

    def lowered(self, function, *arguments):
        """Calls a function, on a thread that is always shielded; there, what `raise_here` raises comes."""
        depth = self._depth
        try:
            self._depth = 0
            return function(*arguments)
        finally:
            # Nothing comes before this: it is no call.
            self._depth = depth

    def _refuse(self):
        """The exception is on its way, or was caught: it is raised here, where nothing has begun."""
        with self._lock:
            self._set(None)
            raise self._error

    def raise_here(self, error, is_right=lambda: True):
        """Raises a class of exception in the shield's thread, soon; again at each block, until `clear`.

        Not if `is_right()` is false, which is asked at the last moment.
        """
        with self._lock:
            if self._error is None and is_right():
                self._error = error
                if self._depth == 0:
                    self._set(error)

    def clear(self):
        """What was raised, or still is to be, is over; on the shield's thread."""
        if self._error is None:
            return
        with self._lock:
            self._error = None
            self._set(None)

    def _set(self, error):
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(self._ident), None if error is None else ctypes.py_object(error))
