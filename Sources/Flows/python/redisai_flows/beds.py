"""Where threads sleep."""

import threading


class Bed:
    """One thread sleeps until another one wakes it, which may come first."""

    __slots__ = ("_lock",)

    def __init__(self):
        self._lock = threading.Lock()
        self._lock.acquire()

    def sleep(self):
        self._lock.acquire()

    def wake(self):
        self._lock.release()
