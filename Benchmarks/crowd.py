#!/usr/bin/env python3
"""How long does a PING wait while 64 connections execute a model of about 15 microseconds?

The same load on two servers in turn: one with runs on its own thread, as far as INLINE_RUN_BUDGET lets
them, and one that queues all runs. Another client sends PING after PING. Verdict: the median of its waits is
at most twice as long on the first server, and that one serves no fewer requests. Then the same with one
connection, which has to be faster without the queue. The figures are medians of the rounds; ratios are taken
within one.
"""

import argparse
import contextlib
import dataclasses
import json
import pathlib
import statistics
import subprocess

import load
import models
from server import ROOT, Server, add_arguments

WIDTH = 64
CONNECTIONS = 64
WARM_UP_RUNS = 300
RUN_MICROSECONDS = 15
WAIT_WANTED = 2.0
NOISE = 0.03
OK, PONG = b"+OK\r\n", b"+PONG\r\n"


@dataclasses.dataclass(frozen=True)
class Window:
    """Requests per second, and what the PINGs beside them waited in microseconds."""

    per_second: float
    p50: float
    p99: float


def run_microseconds(client, key):
    """What a run takes by the server's own statistics."""
    report = client.execute_command("AI.INFO", key)
    words = dict(zip(report[::2], report[1::2]))
    return words[b"duration"] / words[b"calls"]


def store(client):
    """Stores a model with as many layers as it takes for the wanted time; returns its request."""
    client.execute_command("AI.TENSORSET", "x", "FLOAT", 1, WIDTH, "VALUES", *([0.5] * WIDTH))
    command = "AI.MODELEXECUTE", "model", "INPUTS", 1, "x", "OUTPUTS", 1, "y"
    layers = 2
    while True:
        model = models.large(1, WIDTH, layers)
        client.execute_command("AI.MODELSTORE", "model", "ONNX", "CPU", "BLOB", model)
        for _ in range(WARM_UP_RUNS):
            client.execute_command(*command)
        client.execute_command("AI.INFO", "model", "RESETSTAT")
        for _ in range(WARM_UP_RUNS):
            client.execute_command(*command)
        took = run_microseconds(client, "model")
        if took >= RUN_MICROSECONDS:
            return model, layers, took
        layers += 1


def start(options, server, name, connections, request, reply):
    """Starts `load`; it ends by itself."""
    files = []
    for kind, content in (("request", request), ("reply", reply)):
        files.append(server.folder / f"{kind}-{name}")
        files[-1].write_bytes(content)
    command = [options.tools / "load", server.socket, connections, options.seconds, *files]
    return subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)


def figures(process):
    output, _ = process.communicate()
    if process.returncode != 0:
        raise SystemExit("a client failed")
    return json.loads(output)


def measure(options, server, connections, request):
    crowd = start(options, server, "model", connections, request, OK)
    pings = figures(start(options, server, "ping", 1, load.encode("PING"), PONG))
    return Window(figures(crowd)["per_second"], pings["p50_ns"] / 1e3, pings["p99_ns"] / 1e3)


def compare(options, servers, connections, request):
    """Medians over the rounds: of the ratios of the waits and of the rates, both first server by last."""
    waits, rates = [], []
    print(f"\n{connections} connections\n{'server':>10}{'requests/s':>12}{'PING p50 us':>13}{'p99 us':>9}")
    for number in range(options.rounds):
        windows = {}
        for name in servers if number % 2 == 0 else reversed(servers):
            windows[name] = measure(options, servers[name], connections, request)
            print(f"{name:>10}{windows[name].per_second:12.0f}{windows[name].p50:13.1f}"
                  f"{windows[name].p99:9.1f}", flush=True)
        waits.append(windows["inline"].p50 / windows["queued"].p50)
        rates.append(windows["inline"].per_second / windows["queued"].per_second)
    return statistics.median(waits), statistics.median(rates)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2, help="per measurement; default: %(default)s")
    parser.add_argument(
        "--tools", type=pathlib.Path, default=ROOT / ".build/release",
        help="the folder of `load`; make bench builds it")
    options = parser.parse_args()
    command = "AI.MODELEXECUTE", "model", "INPUTS", 1, "x", "OUTPUTS", 1, "y"
    request = load.encode(*command)
    with contextlib.ExitStack() as stack:
        servers = {}
        for name, words in (("inline", ()), ("queued", ("INLINE_RUN_BUDGET", "0"))):
            servers[name] = stack.enter_context(Server.from_options(
                options, module_arguments=("INTRA_OP_PARALLELISM", "1", *words)))
        with servers["inline"].client() as client, servers["queued"].client() as other:
            model, layers, took = store(client)
            print(f"a model of {layers} layers takes {took:.1f} us")
            other.execute_command("AI.MODELSTORE", "model", "ONNX", "CPU", "BLOB", model)
            other.execute_command("AI.TENSORSET", "x", "FLOAT", 1, WIDTH, "VALUES", *([0.5] * WIDTH))
            wait, rate = compare(options, servers, CONNECTIONS, request)
            _, alone = compare(options, servers, 1, request)
    is_met = wait <= WAIT_WANTED and rate >= 1 - NOISE and alone > 1
    print(
        f"\n{'MET' if is_met else 'NOT MET'}: among {CONNECTIONS} connections a PING waits {wait:.2f} times"
        f" as long as if all runs were queued (at most {WAIT_WANTED:g}), and {rate:.2f} times as many"
        f" requests are served (wanted 1, {NOISE} is noise); one connection alone: {alone:.2f} times as many")
    raise SystemExit(0 if is_met else 1)


if __name__ == "__main__":
    main()
