"""Threads that run steps, and the lookout that keeps a long step from holding up everything else."""

import collections
import threading

from .alarm import Alarm
from .errors import FlowAborted
from .placement import Crowd
from .shields import shield

# How many threads may run steps at once; more work waits.
THREAD_LIMIT = 64
# How many more there are for urgent work, for which the server's thread waits: one, and those of flows that
# were given up. One more may read meanwhile.
URGENT_LIMIT = 8
# How often the lookout looks while there is work, in seconds. A step that takes longer, up to twice as long,
# loses the reader's role.
LOOKOUT_INTERVAL = 0.005

class Lane:
    """What waits to be run for one session, and how many threads work for it."""

    __slots__ = ("jobs", "limit", "running", "is_listed", "is_urgent")

    def __init__(self, limit, is_urgent=False):
        self.jobs = collections.deque()
        # How many threads may work for the session at once; others are for other sessions.
        self.limit = limit
        self.running = 0
        self.is_listed = False
        # Its work comes before all other.
        self.is_urgent = is_urgent


class _Worker:
    """A thread that runs jobs."""

    __slots__ = ("bed", "native_id", "place")

    def __init__(self):
        self.bed = threading.Lock()
        self.bed.acquire()
        self.native_id = threading.get_native_id()
        # The processors that it was brought to.
        self.place = None


class Pool:
    """Runs jobs, functions without arguments, on threads of which one reads messages.

    Sessions take turns. Nobody is woken for a job that the reader has read: it does the job itself, and only
    if it has to wait, or takes long, another thread goes on.
    """

    def __init__(self, channel, placement, on_end, thread_limit=THREAD_LIMIT):
        """`on_end(error)` is called when a thread cannot go on: the server has gone, or we are wrong."""
        self._channel = channel
        self._placement = placement
        self._on_end = on_end
        self._limit = thread_limit
        # Threads that run what is not urgent.
        self._busy = 0
        self._lock = threading.Lock()
        self._ready = collections.deque()
        self._idle = []
        self._workers = {}
        self._alarm = Alarm()
        self._is_armed = False
        self._crowd = Crowd()
        channel.on_end = on_end
        channel.has_work = self._has_work
        channel.on_wait = self._help
        channel.on_read = self._arm
        channel.find_reader = self._wake
        threading.Thread(target=self._look_out, name="flows/lookout", daemon=True).start()

    def submit(self, lane, job):
        """Has `job` run on some thread; one is woken if the caller will not get to it itself."""
        with shield():
            lane.jobs.append(job)
            # Whoever takes it from the list looks for more of its jobs.
            if not lane.is_listed:
                with self._lock:
                    self._list(lane)
            if not self._channel.is_reader():
                self._help()

    def start(self):
        """Makes the first thread, which reads."""
        self._wake()

    def _list(self, lane):
        if lane.jobs and not lane.is_listed and lane.running < lane.limit:
            lane.is_listed = True
            if lane.is_urgent:
                self._ready.appendleft(lane)
            else:
                self._ready.append(lane)

    def _next(self):
        """The job whose turn it is and its lane, or None."""
        with self._lock:
            if not self._has_work():
                return None
            lane = self._ready.popleft()
            lane.is_listed = False
            job = lane.jobs.popleft()
            lane.running += 1
            self._busy += not lane.is_urgent
            if lane.jobs:
                self._list(lane)
            return job, lane

    def _has_work(self):
        """Whether one more thread could do something."""
        ready = self._ready
        return bool(ready) and (self._busy < self._limit or _is_urgent(ready))

    def _help(self):
        """Wakes a thread if there is work."""
        if self._has_work():
            self._wake()

    def _wake(self):
        """Wakes or makes a worker; whether there is one."""
        with self._lock:
            if self._idle:
                self._idle.pop().bed.release()
                return True
            if len(self._workers) > self._limit + URGENT_LIMIT:
                return False
            thread = threading.Thread(target=self._work, daemon=True)
            thread.name = f"flows/{len(self._workers)}"
            # Known before it runs, so that the limit holds; the ident replaces this at once.
            self._workers[thread] = None
        thread.start()
        return True

    def _work(self):
        me = _Worker()
        with self._lock:
            del self._workers[threading.current_thread()]
            self._workers[threading.get_ident()] = me
            self._channel.keepers.add(threading.get_ident())
        try:
            while True:
                self._turn(me)
        except BaseException as error:
            self._on_end(error)

    def _turn(self, me):
        is_reader = self._channel.take_role()
        found = self._next() if self._ready else None
        if found is not None:
            job, lane = found
            if is_reader:
                # Also if it has read nothing since it became the reader.
                self._channel.turn += 1
                if not self._is_armed:
                    self._arm()
            try:
                job()
            except FlowAborted:
                # It came after the end of what was to be aborted.
                pass
            finally:
                with self._lock:
                    self._busy -= not lane.is_urgent
                    lane.running -= 1
                    if lane.jobs:
                        self._list(lane)
        elif is_reader:
            self._move(me, self._placement.far if self._crowd.is_there else self._placement.near)
            self._crowd.add(self._channel.read(is_idle=True))
        else:
            with self._lock:
                if self._has_work() or not self._channel.has_reader():
                    return
                self._idle.append(me)
            me.bed.acquire()

    # Places

    def _move(self, worker, place):
        if worker.place is not place:
            worker.place = place
            self._placement.move(worker.native_id, place)

    # The lookout

    def _arm(self):
        if not self._is_armed:
            self._is_armed = True
            self._alarm.set(LOOKOUT_INTERVAL)

    def _look_out(self):
        try:
            self._look_again_and_again()
        except BaseException as error:
            self._on_end(error)

    def _look_again_and_again(self):
        seen = -1
        while True:
            self._alarm.wait()
            self._is_armed = False
            turn = self._channel.turn
            if not self._channel.is_busy():
                seen = -1
                continue
            if turn == seen:
                stuck = self._workers.get(self._channel.take_away_role(turn))
                if stuck is not None:
                    self._move(stuck, self._placement.far)
            seen = turn
            self._arm()


def _is_urgent(ready):
    """Whether the first of these lanes is; other threads may take it away meanwhile."""
    try:
        return ready[0].is_urgent
    except IndexError:
        return False
