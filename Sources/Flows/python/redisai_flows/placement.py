"""Which processors threads of this process may use.

Short work is fastest on the server's own processor, since waking another one takes longer than a step; long
work there would delay the server, and much work is done sooner beside it. So threads begin near the server,
and go away from it when a step turns out to be long, or when many messages come at once. Where the system
does not allow that, threads stay where they are.
"""

import os


class Placement:
    """The processors for short and for long work: sets, or None for no difference."""

    def __init__(self):
        self._all = os.sched_getaffinity(0)
        self.near = self.far = None

    def set(self, processor):
        """`processor` is the number of the one on which the server's thread runs."""
        self.near = {processor}
        self.far = (self._all - self.near) or None

    @staticmethod
    def move(native_id, processors):
        """Brings a thread, by the system's number, to one of these sets."""
        if processors is None:
            return
        try:
            os.sched_setaffinity(native_id, processors)
        except OSError:
            pass


class Crowd:
    """Whether so much comes at once that it is better done beside the server than by turns with it."""

    # So many in one read are many, and so many are few.
    MANY, FEW = 32, 8
    # What so many reads have said, less those that said the other, counts.
    PATIENCE = 32

    def __init__(self):
        self.is_there = False
        self._count = 0

    def add(self, messages):
        """One read has brought so many."""
        if messages >= self.MANY:
            if self._count < self.PATIENCE:
                self._count += 1
                self.is_there = self.is_there or self._count == self.PATIENCE
        elif messages < self.FEW and self._count:
            self._count -= 1
            self.is_there = self.is_there and self._count > 0
