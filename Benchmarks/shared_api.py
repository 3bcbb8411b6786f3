#!/usr/bin/env python3
"""Are runs that another module starts faster than those that clients ask for, and do they leave nothing?

First, in turn on one server: AI.MODELEXECUTE of the small classifier from 16 connections, and
RedisAI_ModelRunAsync of the same from the module in Examples/shared-api, 16 under way at any time. Verdict:
the median of the ratios is at least 1.5, since no sockets are in the way.

Then 16 threads of that module run a model, a script and a DAG for some minutes. Verdict: all values are
right, AI.INFO counts each run, and the server's memory is the same in the second half as in the first.
"""

import argparse
import json
import pathlib
import shutil
import statistics
import subprocess
import threading
import time

import load
from server import ROOT, Server, add_arguments

EXAMPLE = ROOT / "Examples" / "shared-api"
FIXTURES = ROOT / "Tests" / "Fixtures" / "models"
IN_FLIGHT = 16
THREADS = 16
RATIO_WANTED = 1.5
# Runs of the model and the script in a round of one thread; see Examples/shared-api/threads.c.
MODEL_RUNS, SCRIPT_RUNS = 3, 2
ROUNDS_PER_CALL = 500
# Of the mean of the resident memory: what two halves of a run may differ by.
FLAT = 0.01
SAMPLE_SECONDS = 0.5
SCRIPT = """
def bar(tensors: List[Tensor], keys: List[str], args: List[str]):
    return tensors[0] + tensors[1]
"""


def build(folder):
    """The example as a module, built with the public header alone."""
    compiler = shutil.which("clang") or shutil.which("cc")
    library = folder / "example.so"
    subprocess.run(
        [compiler, "-O2", "-shared", "-fPIC", "-pthread", "-I", str(ROOT / "build" / "include"),
         "-o", str(library), *map(str, sorted(EXAMPLE.glob("*.c")))], check=True)
    library.chmod(0o755)
    return library


def by_command(options, server):
    """Executions per second."""
    files = []
    request = load.encode("AI.MODELEXECUTE", "classifier", "INPUTS", 1, "x", "OUTPUTS", 1, "y")
    for kind, content in (("request", request), ("reply", b"+OK\r\n")):
        files.append(server.folder / kind)
        files[-1].write_bytes(content)
    command = [options.tools / "load", server.socket, IN_FLIGHT, options.seconds, *files]
    done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)["per_second"]


def by_module(options, client, runs):
    """Runs per second, and how many take as long as a measurement of the other kind."""
    microseconds = client.execute_command("RAI_llapi.rate", "classifier", IN_FLIGHT, runs)
    per_second = 1e6 * runs / microseconds
    return per_second, max(1000, int(per_second * options.seconds))


def compare(options, server, client):
    """The median of the ratios."""
    client.execute_command(
        "AI.MODELSTORE", "classifier", "ONNX", "CPU", "BLOB",
        (FIXTURES / "classifier_30_64_32_2.onnx").read_bytes())
    client.execute_command("AI.TENSORSET", "x", "FLOAT", 1, 30)
    _, runs = by_module(options, client, 20_000)
    ratios = []
    print(f"{'AI.MODELEXECUTE/s':>20}{'ModelRunAsync/s':>18}{'ratio':>8}")
    for number in range(options.rounds):
        if number % 2 == 0:
            asked = by_command(options, server)
            started, _ = by_module(options, client, runs)
        else:
            started, _ = by_module(options, client, runs)
            asked = by_command(options, server)
        ratios.append(started / asked)
        print(f"{asked:20.0f}{started:18.0f}{ratios[-1]:8.2f}", flush=True)
    return statistics.median(ratios)


def counts(client, key):
    words = client.execute_command("AI.INFO", key)
    report = dict(zip(words[::2], words[1::2]))
    return report[b"calls"], report[b"errors"]


class Memory(threading.Thread):
    """Looks at the resident memory of a process until it is stopped; in MiB."""

    def __init__(self, process):
        super().__init__(daemon=True)
        self.path = pathlib.Path(f"/proc/{process.pid}/status")
        self.samples = []
        self.stops = threading.Event()

    def run(self):
        while not self.stops.wait(SAMPLE_SECONDS):
            line = next(line for line in self.path.read_text().splitlines() if line.startswith("VmRSS"))
            self.samples.append(int(line.split()[1]) / 1024)

    def halves(self):
        """The means of both, without the first tenth."""
        kept = self.samples[len(self.samples) // 10:]
        middle = len(kept) // 2
        return statistics.mean(kept[:middle]), statistics.mean(kept[middle:])


def stress(options, server, client):
    """Whether all was right."""
    client.execute_command(
        "AI.MODELSTORE", "m{1}", "ONNX", "CPU", "BLOB", (FIXTURES / "mul_2x2.onnx").read_bytes())
    client.execute_command(
        "AI.SCRIPTSTORE", "myscript{1}", "CPU", "ENTRY_POINTS", 1, "bar", "SOURCE", SCRIPT)
    memory = Memory(server.process)
    memory.start()
    end = time.monotonic() + 60 * options.minutes
    rounds = 0
    while time.monotonic() < end:
        reply = client.execute_command("RAI_llapi.threads", THREADS, ROUNDS_PER_CALL)
        if reply != b"threads success":
            raise SystemExit(f"wrong: {reply}")
        rounds += THREADS * ROUNDS_PER_CALL
    memory.stops.set()
    memory.join()
    first, last = memory.halves()
    model, script = counts(client, "m{1}"), counts(client, "myscript{1}")
    are_exact = model == (MODEL_RUNS * rounds, 0) and script == (SCRIPT_RUNS * rounds, 0)
    print(f"{rounds} rounds of {THREADS} threads; calls and errors of the model {model}, of the script"
          f" {script}; resident memory {first:.1f} and {last:.1f} MiB")
    return are_exact and last <= first * (1 + FLAT)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2, help="per measurement; default: %(default)s")
    parser.add_argument("--minutes", type=float, default=5, help="of the threads; default: %(default)s")
    parser.add_argument(
        "--tools", type=pathlib.Path, default=ROOT / ".build/release",
        help="the folder of `load`; make bench builds it")
    options = parser.parse_args()
    server = Server.from_options(options, module_arguments=("INTRA_OP_PARALLELISM", "1"))
    server.command += ["--loadmodule", str(build(server.folder))]
    with server, server.client() as client:
        ratio = compare(options, server, client)
        is_right = stress(options, server, client)
    is_met = ratio >= RATIO_WANTED and is_right
    print(f"{'MET' if is_met else 'NOT MET'}: {ratio:.2f} times as many runs as commands (wanted"
          f" {RATIO_WANTED}); values, counts and memory are {'right' if is_right else 'NOT right'}")
    raise SystemExit(0 if is_met else 1)


if __name__ == "__main__":
    main()
