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

    def leave(self):
        """Brings the calling thread away from the server: it began where the one is that has made it."""
        self.move(0, True)

    def move(self, thread, is_far):
        """Brings a thread, by the system's number, near to the server or away from it."""
        processors = self.far if is_far else self.near
        if processors is None:
            return
        try:
            os.sched_setaffinity(thread, processors)
        except OSError:
            pass
