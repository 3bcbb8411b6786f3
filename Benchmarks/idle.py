#!/usr/bin/env python3
"""Does an idle server with the module and a stored model use more processor time than one without?

Both servers run side by side, and nobody talks to them. The time is cut into windows; what counts as
measurable is what the windows of the plain server differ by among themselves.
"""

import argparse
import pathlib
import statistics
import time

import models
from server import Server, add_arguments

WINDOWS = 6
WIDTH = 8


def threads(server):
    """For each thread of the server: its name, its processor time in nanoseconds, its context switches."""
    found = {}
    for thread in server.threads():
        folder = pathlib.Path(f"/proc/{server.process.pid}/task/{thread}")
        status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
        switches = int(status["voluntary_ctxt_switches"]) + int(status["nonvoluntary_ctxt_switches"])
        nanoseconds = int((folder / "schedstat").read_text().split()[0])
        found[thread] = ((folder / "comm").read_text().strip(), nanoseconds, switches)
    return found


def difference(before, after):
    """Processor time in microseconds and context switches between two readings, of all threads."""
    nanoseconds = sum(now[1] - before.get(thread, now)[1] for thread, now in after.items())
    switches = sum(now[2] - before.get(thread, now)[2] for thread, now in after.items())
    return nanoseconds / 1e3, switches


def use(client):
    """Stores a model and runs it, so that its threads exist and its library is loaded."""
    client.execute_command("AI.MODELSTORE", "model", "ONNX", "CPU", "BLOB", models.small(3, WIDTH))
    client.execute_command("AI.TENSORSET", "x", "FLOAT", 1, WIDTH)
    for _ in range(100):
        client.execute_command("AI.MODELEXECUTE", "model", "INPUTS", 1, "x", "OUTPUTS", 1, "y")


def watch(servers, seconds):
    """The differences of each window, by server."""
    windows = {name: [] for name in servers}
    before = {name: threads(server) for name, server in servers.items()}
    for _ in range(WINDOWS):
        time.sleep(seconds / WINDOWS)
        for name, server in servers.items():
            after = threads(server)
            windows[name].append(difference(before[name], after))
            before[name] = after
    return windows


def show_threads(servers, first):
    """The module's own threads: those whose name the plain server has not."""
    known = {name for name, _, _ in threads(servers["plain"]).values()}
    last = threads(servers["module"])
    own = {thread: reading for thread, reading in last.items() if reading[0] not in known}
    for thread, (name, nanoseconds, switches) in sorted(own.items()):
        was = first.get(thread, (name, 0, 0))
        print(f"  thread {name}: {(nanoseconds - was[1]) / 1e3:.0f} us, {switches - was[2]} context switches")
    if not own:
        print("  no thread has a name that the plain server's threads have not")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add_arguments(parser)
    parser.add_argument("--seconds", type=float, default=30)
    options = parser.parse_args()
    with Server(options.server) as plain, Server.from_options(options) as module:
        with module.client() as client:
            use(client)
        time.sleep(2)
        servers = {"plain": plain, "module": module}
        first = threads(module)
        windows = watch(servers, options.seconds)
        for name, measured in windows.items():
            times = [microseconds for microseconds, _ in measured]
            share = sum(times) / options.seconds / 1e4
            print(f"{name:6}: {sum(times):8.0f} us in {options.seconds:.0f} s = {share:.3f} % of a core, "
                  f"{sum(switches for _, switches in measured)} context switches; windows "
                  f"{' '.join(f'{value:.0f}' for value in times)} us")
        show_threads(servers, first)
    own = [microseconds for microseconds, _ in windows["plain"]]
    extra = statistics.median(
        with_module - without for (with_module, _), without in zip(windows["module"], own))
    spread = max(own) - min(own)
    is_met = extra <= spread
    print(f"{'met' if is_met else 'NOT MET'}: the module adds {extra:.0f} us to a window of "
          f"{options.seconds / WINDOWS:.0f} s; the plain server's own windows differ by {spread:.0f} us")
    raise SystemExit(0 if is_met else 1)


if __name__ == "__main__":
    main()
