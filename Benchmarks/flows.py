"""How fast are AI flows, beside PING and AI.MODELEXECUTE on the same server?

One server with flows. In each round: PING and an empty trigger from 1 and from 50 connections; `execute` from
one flow, one by one and 64 awaited together; a flow of asyncio. Each figure is the median of the rounds.
"""

import argparse
import pathlib
import statistics
import sys

import load
from server import ROOT, Server, add_arguments

SCRIPT = """
import asyncio, time
GB('CommandReader').map(lambda words: 'a').register(trigger='empty')
async def wait(words):
    return 'a'
GB('CommandReader').map(wait).register(trigger='coroutine')
def each(words):
    begin = time.perf_counter()
    for _ in range(1000):
        execute('PING')
    return (time.perf_counter() - begin) * 1000
GB('CommandReader').map(each).register(trigger='execute')
async def gathered(words):
    begin = time.perf_counter()
    for _ in range(50):
        await asyncio.gather(*(executeAsync('PING') for _ in range(64)))
    return (time.perf_counter() - begin) * 1e6 / 50 / 64
GB('CommandReader').map(gathered).register(trigger='gathered')
"""
PONG = b"+PONG\r\n"
ANSWER = b"*1\r\n$1\r\na\r\n"
MANY = 50
# What is wanted: microseconds beyond PING, parts of PING's rate, microseconds of a call.
BEYOND_PING, PART_OF_PING, EACH, TOGETHER = 45, 0.4, 25, 6


def measure(options, server, client):
    """One round's figures by their names."""
    figures = {}
    for name, request, reply in (
            ("PING", load.encode("PING"), PONG), ("trigger", load.encode("RG.TRIGGER", "empty"), ANSWER),
            ("coroutine", load.encode("RG.TRIGGER", "coroutine"), ANSWER)):
        one = load.measure_load(
            options.tools, server, client, 1, options.seconds, request, reply, is_apart=False)
        many = load.measure_load(
            options.tools, server, client, MANY, options.seconds, request, reply, is_apart=False)
        figures[f"{name} p50 (us)"] = one.p50
        figures[f"{name} c{MANY} (1/s)"] = many.per_second
    figures["execute (us)"] = float(client.execute_command("RG.TRIGGER", "execute")[0])
    figures["gathered (us)"] = float(client.execute_command("RG.TRIGGER", "gathered")[0])
    return figures


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.5, help="per measurement; default: %(default)s")
    parser.add_argument("--python", default="/usr/bin/python3", help="of the flows; default: %(default)s")
    parser.add_argument(
        "--tools", type=pathlib.Path, default=ROOT / ".build/release",
        help="the folder of `load`; make bench builds it")
    options = parser.parse_args()
    server = Server.from_options(options, module_arguments=("FLOWS", "yes", "FLOWS_PYTHON", options.python))
    with server, server.client() as client:
        client.execute_command("RG.PYEXECUTE", SCRIPT)
        # Python has its caches filled, and its threads have found their processors.
        measure(options, server, client)
        rounds = [measure(options, server, client) for _ in range(options.rounds)]
    median = {name: statistics.median(figures[name] for figures in rounds) for name in rounds[0]}
    for name, figure in median.items():
        print(f"{name:24} {figure:10.1f}")
    beyond = median["trigger p50 (us)"] - median["PING p50 (us)"]
    part = median[f"trigger c{MANY} (1/s)"] / median[f"PING c{MANY} (1/s)"]
    is_met = (beyond <= BEYOND_PING and part >= PART_OF_PING and median["execute (us)"] <= EACH
              and median["gathered (us)"] <= TOGETHER)
    print(f"{'MET' if is_met else 'NOT MET'}: an empty trigger takes {beyond:.1f} us more than PING (wanted:"
          f" {BEYOND_PING}) and has {part:.2f} of its rate at {MANY} connections ({PART_OF_PING});"
          f" {median['execute (us)']:.1f} us for a call ({EACH}), {median['gathered (us)']:.1f} for each of"
          f" 64 ({TOGETHER})")
    sys.exit(0 if is_met else 1)


if __name__ == "__main__":
    main()
