#!/usr/bin/env python3
"""Does an idle server with the module and stored models use more processor time than one without?

Several servers of both kinds run side by side, and nobody talks to them. Servers without the module differ
among themselves, by where their memory and their threads happen to lie: what the module adds counts as
measurable if it is more than twice the standard deviation of those, so that a server with it could be told
from one without. The module's own threads must not run at all; what is left is the server's, which ten times
a second walks the arenas of its memory allocator, of which each thread that allocates can need one more.
"""

import argparse
import contextlib
import pathlib
import statistics
import time

import models
from server import Server, add_arguments

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


def show_threads(server, plain, first):
    """The module's own threads: those whose name a plain server has not. Returns how often they ran."""
    known = {name for name, _, _ in threads(plain).values()}
    own = {thread: now for thread, now in threads(server).items() if now[0] not in known}
    microseconds, switches = difference(first, own)
    print(f"          {len(own)} threads of the module: {microseconds:.0f} us, {switches} context switches")
    return switches


def measure(plain, with_module, seconds):
    """Microseconds of processor time a second of each server, and the runs of the module's threads."""
    servers = [*plain, *with_module]
    first = [threads(server) for server in servers]
    time.sleep(seconds)
    used, runs = [], 0
    for server, before in zip(servers, first):
        microseconds, switches = difference(before, threads(server))
        used.append(microseconds / seconds)
        name = "plain" if server in plain else "module"
        print(f"{name:6}: {used[-1]:8.0f} us/s = {used[-1] / 1e4:.3f} % of a core, "
              f"{switches / seconds:.1f} context switches/s")
        if server in with_module:
            runs += show_threads(server, plain[0], before)
    return used[:len(plain)], used[len(plain):], runs


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add_arguments(parser)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--servers", type=int, default=8, help="of each kind; default: %(default)s")
    parser.add_argument("--threads", type=int, default=1, help="workers per device; default: %(default)s")
    parser.add_argument("--devices", type=int, default=1, help="CPU, CPU:1, ...; default: %(default)s")
    options = parser.parse_args()
    if options.servers < 2:
        parser.error("--servers must be at least 2, so that they can differ")
    words = ("THREADS_PER_QUEUE", str(options.threads))
    plain, with_module = [], []
    with contextlib.ExitStack() as stack:
        # In turn, so that neither kind has the better places.
        for _ in range(options.servers):
            plain.append(stack.enter_context(Server(options.server)))
            with_module.append(stack.enter_context(Server.from_options(options, module_arguments=words)))
        for server in with_module:
            with server.client() as client:
                use(client, options.devices)
        time.sleep(2)
        without, with_it, runs = measure(plain, with_module, options.seconds)
    added = statistics.mean(with_it) - statistics.mean(without)
    bound = 2 * statistics.stdev(without)
    is_met = added <= bound and runs == 0
    print(f"{'met' if is_met else 'NOT MET'}: the module adds {added:.0f} us/s = {added / 1e4:.3f} % of a "
          f"core to {statistics.mean(without):.0f} us/s; twice the deviation of servers without it is "
          f"{bound:.0f} us/s; the module's threads ran {runs} times")
    raise SystemExit(0 if is_met else 1)


if __name__ == "__main__":
    main()
