"""Which processors threads of this process may use.

Short work is fastest on the server's own processor, since waking another one takes longer than a step; long
work there would delay the server, and much work is done sooner beside it. So threads begin near the server,
and go away from it when a step turns out to be long, or when many messages come at once. Where the system
does not allow that, threads stay where they are.
"""

import os

from ._core import guard_note, guard_set_far


class Placement:
    """The processors for short and for long work: sets, or None for no difference."""

    def __init__(self):
        self._all = os.sched_getaffinity(0)
        self.near = self.far = None

    def set(self, processor):
        """`processor` is the number of the one on which the server's thread runs."""
        self.near = {processor}
        self.far = (self._all - self.near) or None
        guard_set_far(tuple(self.far or ()))

    def leave(self):
        """Brings the calling thread away from the server: it began where the one is that has made it."""
        self._move(0, self.far)

    def move(self, thread, is_far):
        """Brings a thread that lives as long as the process near to the server or away from it.

        `thread` is the system's number.
        """
        # In this order whoever is near is known to be.
        if not is_far:
            guard_note(thread, True)
        self._move(thread, self.far if is_far else self.near)
        if is_far:
            guard_note(thread, False)

    def _move(self, thread, processors):
        if processors is None:
            return
        try:
            os.sched_setaffinity(thread, processors)
        except OSError:
            pass
