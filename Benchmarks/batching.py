#!/usr/bin/env python3
"""Do requests of many clients share runs as well as the runtime could do it?

64 connections send one row each to a model with BATCHSIZE 32. The rows per second are compared with those
of the runtime's own Run, without a server and on one thread, at the batch size that the requests reached.
Then the same for a tiny model with and without BATCHSIZE. All in turn, several times, on one server.
"""

import argparse
import pathlib
import statistics
import tempfile

import load
import models
from runtimes import ONNX
from server import ROOT, Server, add_arguments

WIDTH, LAYERS = 512, 64
CONNECTIONS = 64
BATCH_SIZE = 32
SHARE_WANTED = 0.85
OK = b"+OK\r\n"


def words(reply):
    """A flat list of names and values as a dictionary, nested ones as well."""
    return {name.decode(): value for name, value in zip(reply[::2], reply[1::2])}


def batch_size(client, key):
    """Rows per run since the statistics were reset."""
    return float(words(words(client.execute_command("AI.STATS", key))["batch"])["rows_mean"])


def store(client, key, model, batch):
    client.execute_command(
        "AI.MODELSTORE", key, "ONNX", "CPU", *(["BATCHSIZE", batch] if batch else []), "BLOB", model)
    client.execute_command("AI.TENSORSET", key + ":x", "FLOAT", 1, WIDTH, "VALUES", *([0.5] * WIDTH))
    command = "AI.MODELEXECUTE", key, "INPUTS", 1, key + ":x", "OUTPUTS", 1, key + ":y"
    for _ in range(20):
        client.execute_command(*command)
    return load.encode(*command)


def measure(options, server, client, key, request):
    """Rows per second, and rows per run."""
    client.execute_command("AI.INFO", key, "RESETSTAT")
    done = load.measure_load(
        options.tools, server, client, CONNECTIONS, options.seconds, request, OK, is_apart=False)
    return done.per_second, batch_size(client, key)


def heavy(options, server, client, folder, file):
    request = store(client, "heavy", file.read_bytes(), BATCH_SIZE)
    # The worker and the server's own thread are what is measured: each may have a core.
    shares = []
    print(f"{'server rows/s':>15}{'rows a run':>12}{'Run rows/s':>12}{'us a row':>10}{'share':>8}")
    for _ in range(options.rounds):
        server.keep_on(set(load.cores()))
        client.execute_command("AI.INFO", "heavy", "RESETSTAT")
        rate, size = measure_free(options, server, client, "heavy", request)
        rows = max(1, round(size))
        floor, _ = load.measure_floor(
            options.tools, ONNX, options.backends, file, (f"{rows}x{WIDTH}",), options.seconds)
        floor_rate = floor.per_second * rows
        shares.append(rate / floor_rate)
        print(
            f"{rate:15.0f}{size:12.1f}{floor_rate:12.0f}{1e6 / floor_rate:10.0f}{shares[-1]:8.2f}",
            flush=True)
    return statistics.median(shares)


def measure_free(options, server, client, key, request):
    """As `measure`, with the server and the client on any core."""
    request_file, reply_file = server.folder / "request", server.folder / "reply"
    request_file.write_bytes(request)
    reply_file.write_bytes(OK)
    command = [options.tools / "load", server.socket, CONNECTIONS, options.seconds, request_file, reply_file]
    figures = load.run_tool(command, ",".join(map(str, load.cores())))
    return figures["per_second"], batch_size(client, key)


def tiny(options, server, client):
    off = store(client, "off", models.small(2, WIDTH), 0)
    on = store(client, "on", models.small(2, WIDTH), BATCH_SIZE)
    ratios = []
    print(f"\n{'off, rows/s':>15}{'on, rows/s':>12}{'ratio':>8}")
    for number in range(options.rounds):
        pair = {}
        for key, request in (("off", off), ("on", on)) if number % 2 == 0 else (("on", on), ("off", off)):
            pair[key], _ = measure(options, server, client, key, request)
        ratios.append(pair["on"] / pair["off"])
        print(f"{pair['off']:15.0f}{pair['on']:12.0f}{ratios[-1]:8.2f}", flush=True)
    return statistics.median(ratios)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2, help="per measurement; default: %(default)s")
    parser.add_argument(
        "--tools", type=pathlib.Path, default=ROOT / ".build/release",
        help="the folder of `floor` and `load`; make bench builds them")
    options = parser.parse_args()
    server = Server.from_options(options, module_arguments=("INTRA_OP_PARALLELISM", "1"))
    with server, server.client() as client, tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "heavy.onnx"
        file.write_bytes(models.large(1, WIDTH, LAYERS))
        share = heavy(options, server, client, folder, file)
        ratio = tiny(options, server, client)
    isMet = share >= SHARE_WANTED and ratio >= 0.97
    print(
        f"\n{'MET' if isMet else 'NOT MET'}: {share:.2f} of the runtime's own rows/s (wanted {SHARE_WANTED});"
        f" a tiny model reaches {ratio:.2f} of its rate without BATCHSIZE (wanted 1, 0.03 is noise)")
    raise SystemExit(0 if isMet else 1)


if __name__ == "__main__":
    main()
