"""Which processors threads of this process may use.

Short work is fastest on the server's own processor, since waking another one takes longer than a step; long
work there would delay the server. So threads begin near the server, and one whose work turns out to be long
is sent away. Where the system does not allow that, threads stay where they are.
"""

import os


class Placement:
    """The processors for short and for long work; all of them until the server says something else."""

    def __init__(self):
        self._near = self._far = None

    def set(self, near, far):
        """`near` and `far` are lists of processors' numbers; an empty one means no difference."""
        self._near = set(near) or None
        self._far = set(far) or None

    def near(self, native_id):
        """Brings a thread, by the system's number, to the server."""
        self._move(native_id, self._near)

    def far(self, native_id):
        """Sends a thread away from the server."""
        self._move(native_id, self._far)

    @staticmethod
    def _move(native_id, processors):
        if processors is None:
            return
        try:
            os.sched_setaffinity(native_id, processors)
        except OSError:
            pass
