"""Threads that run steps, and the lookout that keeps a long step from holding up everything else."""

import collections
import threading

from .alarm import Alarm
from .beds import Bed
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


class _Worker(Bed):
    """A thread that runs jobs."""

    __slots__ = ("ident", "native_id", "place")

    def __init__(self):
        super().__init__()
        self.ident = self.native_id = None
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
        self._worker_count = 0
        self._alarm = Alarm()
        self._is_armed = False
        self._crowd = Crowd()
        channel.on_end = on_end
        channel.jobs = self._ready
        channel.has_work = self._has_work
        channel.has_urgent_work = self._has_urgent_work
        channel.on_read = self._arm
        channel.find_worker = self._find
        threading.Thread(target=self._look_out, name="flows/lookout", daemon=True).start()

    def submit(self, lane, job):
        """Has `job` run on some thread; one is woken if the caller will not get to it itself."""
        with shield():
            self.keep(lane, job)
            if not self._channel.is_reader():
                self._help()

    def keep(self, lane, job):
        """Has `job` run; for the reader, which will look for work when it has read."""
        lane.jobs.append(job)
        # Whoever takes it from the list looks for more of its jobs.
        if not lane.is_listed:
            with self._lock:
                self._list(lane)

    def start(self):
        """Makes the first thread, which reads."""
        worker = self._find()
        if worker is None:
            raise RuntimeError("the system starts no thread")
        worker.wake()

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

    def _following(self, lane):
        """Ends a job of this lane; the lane's next one if nobody else can go on, or None."""
        with self._lock:
            channel = self._channel
            if lane.is_listed and len(self._ready) == 1 and not (channel.has_answered() or channel.is_due):
                # As if the lane was left and taken again.
                lane.is_listed = False
                job = lane.jobs.popleft()
                if lane.jobs:
                    lane.is_listed = True
                else:
                    self._ready.clear()
                return job
            self._busy -= not lane.is_urgent
            lane.running -= 1
            if lane.jobs:
                self._list(lane)
            return None

    def _has_work(self):
        """Whether one more thread could do something."""
        ready = self._ready
        return bool(ready) and (self._busy < self._limit or self._has_urgent_work())

    def _has_urgent_work(self):
        try:
            return self._ready[0].is_urgent
        except IndexError:
            # Other threads take jobs meanwhile.
            return False

    def _help(self):
        """Wakes a thread if there is work."""
        if self._has_work():
            worker = self._find()
            if worker is not None:
                worker.wake()

    def _find(self):
        """A worker that sleeps, for the caller to wake; a new one if all work; None if those are enough."""
        with self._lock:
            if self._idle:
                return self._idle.pop()
            if self._worker_count > self._limit + URGENT_LIMIT:
                return None
            number = self._worker_count
            self._worker_count += 1
        worker = _Worker()
        thread = threading.Thread(target=self._work, args=(worker,), name=f"flows/{number}", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            # The system has none; those that there are go on.
            with self._lock:
                self._worker_count -= 1
            return None
        worker.ident, worker.native_id = thread.ident, thread.native_id
        with self._lock:
            self._workers[worker.ident] = worker
            self._channel.keepers.add(worker.ident)
        return worker

    def _work(self, me):
        me.sleep()
        try:
            while True:
                self._turn(me)
        except BaseException as error:
            self._on_end(error)

    def _turn(self, me):
        channel = self._channel
        is_reader = channel.take_role()
        if is_reader and channel.is_due:
            channel.read(waits=False)
        if (is_reader and channel.has_answered() and not self._has_urgent_work()
                and channel.leave_role_to_answered()):
            # That thread sees to all that is to be done.
            with self._lock:
                self._idle.append(me)
            return me.sleep()
        found = self._next() if self._ready else None
        if found is not None:
            job, lane = found
            if not is_reader:
                # Nobody else may be there for the next one.
                self._help()
            while job is not None:
                if is_reader:
                    # Also if it has read nothing since it became the reader.
                    channel.turn += 1
                    if not self._is_armed:
                        self._arm()
                try:
                    job()
                except FlowAborted:
                    # It came after the end of what was to be aborted.
                    shield().clear()
                job = self._following(lane)
                is_reader = channel.take_role()
        elif is_reader:
            if channel.has_answered():
                # There was urgent work, which another thread has taken.
                return
            self._move(me, self._placement.far if self._crowd.is_there else self._placement.near)
            self._crowd.add(channel.read())
        else:
            with self._lock:
                if self._has_work() or not channel.has_reader():
                    return
                self._idle.append(me)
            me.sleep()

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
        seen = reads = -1
        while True:
            self._alarm.wait()
            self._is_armed = False
            turn = self._channel.turn
            if not self._channel.is_busy():
                seen = reads = -1
                continue
            # Many short steps, too, must not keep messages from being read.
            if self._channel.reads == reads:
                self._channel.is_due = True
            reads = self._channel.reads
            if turn == seen:
                stuck = self._workers.get(self._channel.take_away_role(turn))
                if stuck is not None:
                    self._move(stuck, self._placement.far)
            seen = turn
            self._arm()
