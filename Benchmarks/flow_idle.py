#!/usr/bin/env python3
"""Do an idle server with ten registered flows, and its Python process, use processor time?

One server has flows, another one does not; nobody talks to them. Readers of every kind are registered, with
streams that have had entries, and each has run once, so that all threads exist. Python must not have run at
all: not a tick of processor time, no voluntary context switch. The server may have used one tick (10 ms) more
than the one without flows.
"""

import argparse
import os
import pathlib
import time

from flow_server import FlowServer, add_flow_arguments, is_soon, registrations
from server import Server

SETTLE_SECONDS = 3
MOST_TICKS = 1
FLOWS = """
def command(name, function, **more):
    GB('CommandReader').map(function).register(trigger=name, **more)
async def later(words):
    return await executeAsync('INCR', 'commands')
def both(words):
    with atomic():
        return execute('INCR', 'commands')
command('plain', lambda words: execute('INCR', 'commands'))
command('in order', lambda words: execute('INCR', 'commands'), inorder=True)
command('sync', lambda words: execute('INCR', 'commands'), mode='sync')
command('later', later)
command('atomic', both)
GB('KeysReader').foreach(lambda r: execute('INCR', 'keys')).register('key:*')
GB('KeysReader').foreach(lambda r: execute('INCR', 'keys')).register('key:*', mode='sync', eventTypes=['set'])
GB('StreamReader').foreach(lambda r: execute('INCR', 'entries')).register('one')
GB('StreamReader').foreach(lambda r: execute('INCR', 'entries')).register('few', batch=2, duration=1000)
GB('StreamReader').foreach(lambda r: execute('INCR', 'entries')).register(
    'kept', trimStream=False, onFailedPolicy='retry')
"""
TRIGGERS = ("plain", "in order", "sync", "later", "atomic")
STREAMS = ("one", "few", "kept")


def use(connection):
    """Registers the flows and has each run once; raises SystemExit if one does not."""
    connection.call("RG.PYEXECUTE", FLOWS)
    for trigger in TRIGGERS:
        connection.call("RG.TRIGGER", trigger)
    connection.call("SET", "key:1", 1)
    for stream in STREAMS:
        connection.call("XADD", stream, "*", "a", 1)
    expected = [b"%d" % len(TRIGGERS), b"2", b"%d" % len(STREAMS)]
    if not is_soon(lambda: connection.call("MGET", "commands", "keys", "entries") == expected):
        raise SystemExit(f"NOT MET: {connection.call('MGET', 'commands', 'keys', 'entries')} have run")
    return len(registrations(connection))


def ticks(process):
    """Processor time of all threads of a process, in ticks of the system."""
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def switches(process):
    """How often threads of a process went to sleep, and the nanoseconds that they have run."""
    count = nanoseconds = 0
    for task in pathlib.Path(f"/proc/{process}/task").iterdir():
        status = dict(line.split(":", 1) for line in (task / "status").read_text().splitlines())
        count += int(status["voluntary_ctxt_switches"])
        nanoseconds += int((task / "schedstat").read_text().split()[0])
    return count, nanoseconds


def measure(processes, seconds):
    """For each process: ticks, voluntary context switches and microseconds in that time."""
    before = [(ticks(process), *switches(process)) for process in processes]
    time.sleep(seconds)
    after = [(ticks(process), *switches(process)) for process in processes]
    return [
        (now[0] - then[0], now[1] - then[1], (now[2] - then[2]) / 1000) for then, now in zip(before, after)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add_flow_arguments(parser)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    without = Server.from_options(options)
    with without, FlowServer(options) as server:
        with server.connect() as connection:
            count = use(connection)
        time.sleep(SETTLE_SECONDS)
        python = server.python()
        figures = measure((without.process.pid, server.process.pid, python), options.seconds)
        is_same = server.python() == python
    hertz = os.sysconf("SC_CLK_TCK")
    for name, (used, slept, microseconds) in zip(("without", "server", "Python"), figures):
        print(f"{name:8} {used:3} ticks of {1000 // hertz} ms, {slept:6} voluntary context switches, "
              f"{microseconds:9.0f} us in {options.seconds:.0f} s")
    (plain, _, _), (own, _, _), (python_ticks, python_switches, _) = figures
    is_met = is_same and own - plain <= MOST_TICKS and python_ticks == python_switches == 0
    print(f"{'met' if is_met else 'NOT MET'}: with {count} registrations the server has used {own - plain} "
          f"ticks more than without flows, Python {python_ticks} and woke {python_switches} times")
    raise SystemExit(0 if is_met else 1)


if __name__ == "__main__":
    main()
