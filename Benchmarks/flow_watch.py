"""Memory and descriptors of a server with flows and of its Python process, over the time of a run."""

import os
import pathlib
import threading


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
                self.samples.append([
                    figure for process in (self.server.process.pid, self.python)
                    for figure in (resident(process), len(os.listdir(f"/proc/{process}/fd")))])
            except OSError:
                return

    def verdicts(self):
        """Compares the second tenth of the time with the last one."""
        if len(self.samples) < 20 or self.server.python() != self.python:
            print("NOT MET: there was one Python process for all the time")
            return False
        part = len(self.samples) // 10
        is_met = True
        for index, (name, most) in enumerate((
                ("server's RSS", 8 << 20), ("server's descriptors", 16), ("Python's RSS", 8 << 20),
                ("Python's descriptors", 16))):
            figures = [sample[index] for sample in self.samples]
            early, late = (sorted(some)[len(some) // 2] for some in (figures[part:2 * part], figures[-part:]))
            # What comes and goes with clients and replicas is no growth.
            is_flat = late - early <= max(most, early * 0.05)
            is_met = is_met and is_flat
            unit = 2**20 if most > 1000 else 1
            print(f"{'met' if is_flat else 'NOT MET'}: {name} {early / unit:.1f} in the second tenth, "
                  f"{late / unit:.1f} in the last")
        return is_met


def resident(process):
    """Bytes of memory that a process has."""
    return int(pathlib.Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
