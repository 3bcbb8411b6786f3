"""The threads that run steps, and the lookout that keeps a long step from holding up everything else."""

import itertools
import threading

from ._core import guard_call, guard_start, guard_took_away
from .alarm import Alarm

# How many threads may run steps at once; more work waits.
THREAD_LIMIT = 64
# How many more there are for urgent work, for which the server's thread waits: one, and those of flows that
# were given up. One more may read meanwhile.
URGENT_LIMIT = 8
# How often the lookout looks while there is work, in seconds. A step that takes longer, up to twice as long,
# loses the reader's role.
LOOKOUT_INTERVAL = 0.005


class Workers:
    """Makes the threads of a channel when it asks for them, and looks whether one holds up the others.

    The channel gives them their work: sessions take turns. Nobody is woken for a job that the reader has
    read: it does the job itself, and only if it has to wait, or takes long, another thread goes on.
    """

    def __init__(self, channel, placement, loop, on_end):
        """`on_end(error)` is called when a thread cannot go on: the server has gone, or we are wrong."""
        self._channel = channel
        self._loop = loop
        self._placement = placement
        self._on_end = on_end
        self._numbers = itertools.count()
        self._alarm = Alarm()
        channel.on_end = on_end
        channel.make_worker = self._make
        channel.move = placement.move
        channel.arm = self._arm

    def start(self):
        """Makes the lookout, the guard and the first thread, which reads."""
        guard_start(self._channel)
        threading.Thread(target=self._look_out, name="flows/lookout", daemon=True).start()
        self._channel.begin()

    def _make(self, worker):
        """Starts a thread. Raises `RuntimeError` if the system has none."""
        name = f"flows/{next(self._numbers)}"
        threading.Thread(target=self._channel.work, args=(worker,), name=name, daemon=True).start()

    # The lookout

    def _arm(self):
        self._alarm.set(LOOKOUT_INTERVAL)
        guard_call()

    def _look_out(self):
        try:
            self._look_again_and_again()
        except BaseException as error:
            self._on_end(error)

    def _look_again_and_again(self):
        channel = self._channel
        seen = reads = -1
        while True:
            self._alarm.wait()
            channel.is_armed = False
            turn = channel.turn
            if guard_took_away():
                channel.place_anew()
                self._loop.place_anew()
            # Both are to look.
            is_at_work = self._loop.look_out() | channel.look()
            if channel.is_busy():
                # Many short steps, too, must not keep messages from being read.
                if channel.reads == reads:
                    channel.is_due = True
                reads = channel.reads
                if turn == seen:
                    channel.take_away_role(turn)
                seen = turn
            else:
                seen = reads = -1
                if not is_at_work:
                    continue
            channel.is_armed = True
            self._arm()
