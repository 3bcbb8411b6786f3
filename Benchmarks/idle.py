#!/usr/bin/env python3
"""Does an idle server with the module and stored models use more processor time than one without?

Both servers run side by side, and nobody talks to them. The time is cut into windows; what counts as
measurable is what the windows of the plain server differ by among themselves. The module's own threads must
not run at all; what is left is the server's, which ten times a second walks the memory arenas of all threads
that have allocated.
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


def use(client, devices):
    """Stores a model on each device and runs it, so that its threads exist and its library is loaded."""
    client.execute_command("AI.TENSORSET", "x", "FLOAT", 1, WIDTH)
    for number in range(devices):
        key, device = f"model{number}", f"CPU:{number}" if number else "CPU"
        client.execute_command("AI.MODELSTORE", key, "ONNX", device, "BLOB", models.small(3, WIDTH))
        for _ in range(100):
            client.execute_command("AI.MODELEXECUTE", key, "INPUTS", 1, "x", "OUTPUTS", 1, "y")


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
    nanoseconds, switches = 0, 0
    for thread, (name, now, count) in sorted(own.items()):
        was = first.get(thread, (name, 0, 0))
        nanoseconds += now - was[1]
        switches += count - was[2]
    print(f"  the module's own {len(own)} threads: {nanoseconds / 1e3:.0f} us, {switches} context switches")
    return switches


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add_arguments(parser)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--threads", type=int, default=1, help="workers per device; default: %(default)s")
    parser.add_argument("--devices", type=int, default=1, help="CPU, CPU:1, ...; default: %(default)s")
    options = parser.parse_args()
    words = ("THREADS_PER_QUEUE", str(options.threads))
    with Server(options.server) as plain, Server.from_options(options, module_arguments=words) as module:
        with module.client() as client:
            use(client, options.devices)
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
        switches = show_threads(servers, first)
    own = [microseconds for microseconds, _ in windows["plain"]]
    extra = statistics.median(
        with_module - without for (with_module, _), without in zip(windows["module"], own))
    share = extra / (options.seconds / WINDOWS) / 1e6
    spread = max(own) - min(own)
    is_met = extra <= spread and switches == 0
    print(f"{'met' if is_met else 'NOT MET'}: the module adds {share:.3%} of a core, {extra:.0f} us to a "
          f"window; the plain server's own windows differ by {spread:.0f} us; the module's threads ran "
          f"{switches} times")
    raise SystemExit(0 if is_met else 1)


if __name__ == "__main__":
    main()
