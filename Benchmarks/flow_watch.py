"""Memory and descriptors of a server with flows and of its Python process, over the time of a run."""

import os
import pathlib
import threading

import redis

# Name, the growth that is allowed at least, and the unit that is shown.
FIGURES = (
    ("server's allocated memory", 8 << 20, 1 << 20),
    ("server's RSS", 8 << 20, 1 << 20),
    ("server's descriptors", 16, 1),
    ("Python's RSS", 8 << 20, 1 << 20),
    ("Python's descriptors", 16, 1),
)


class Watch:
    """Looks at memory and descriptors of both processes, now and then."""

    def __init__(self, server, seconds):
        self.server, self.seconds = server, seconds
        self.python = server.python()
        self.samples = []
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        while not self.stop.wait(self.seconds / 60):
            try:
                figures = [
                    figure for process in (self.server.process.pid, self.python)
                    for figure in (resident(process), len(os.listdir(f"/proc/{process}/fd")))]
                self.samples.append([self.allocated(), *figures])
            except (OSError, redis.exceptions.ConnectionError):
                return

    def allocated(self):
        """Bytes that the server has allocated, with the module's, which used_memory lacks; needs jemalloc."""
        with self.server.client() as client:
            return client.info("memory")["allocator_allocated"]

    def verdicts(self):
        """Compares the second tenth of the time with the last one."""
        if len(self.samples) < 20 or self.server.python() != self.python:
            print("NOT MET: there was one Python process for all the time")
            return False
        return all([self.is_flat(index) for index in range(len(FIGURES))])

    def is_flat(self, index):
        """Whether one of the figures has not grown; what comes and goes with clients and replicas may."""
        name, most, unit = FIGURES[index]
        figures = [sample[index] for sample in self.samples]
        part = len(figures) // 10
        early, late = (sorted(some)[len(some) // 2] for some in (figures[part:2 * part], figures[-part:]))
        is_flat = late - early <= max(most, early * 0.05)
        print(f"{'met' if is_flat else 'NOT MET'}: {name} {early / unit:.1f} in the second tenth, "
              f"{late / unit:.1f} in the last")
        return is_flat


def resident(process):
    """Bytes of memory that a process has."""
    return int(pathlib.Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
