"""How fast are AI flows, beside PING and AI.MODELEXECUTE on the same server?

One server with flows. In each round: PING and an empty trigger from 1 and from 50 connections; `execute`
from one flow, one by one and 64 awaited together; a flow of asyncio; a flow that runs a small classifier on a
stored tensor, and AI.MODELEXECUTE of the same, from 16 connections; a flow that stores a copy of a tensor of
600 KiB.
Each figure is the median of the rounds. `--placement no` shows what the server's choice of processors saves.
"""

import argparse
import pathlib
import statistics
import sys

import load
import run
from server import ROOT, Server, add_arguments

SCRIPT = """
import asyncio, time
import redisAI
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
def classify(words):
    runner = redisAI.createModelRunner('classifier')
    redisAI.modelRunnerAddInput(runner, 'x', redisAI.getTensorFromKey('classifier:in0'))
    redisAI.modelRunnerAddOutput(runner, 'y')
    redisAI.modelRunnerRun(runner)
    return 'a'
GB('CommandReader').map(classify).register(trigger='classify')
def copy(words):
    read = redisAI.getTensorFromKey('large')
    made = redisAI.createEmptyTensor('FLOAT', redisAI.tensorGetDims(read))
    # The one copy, from the server's memory into memory that the server reads.
    memoryview(made.data()).cast('B')[:] = read.data()
    redisAI.setTensorInKey('copied', made)
    return 'a'
GB('CommandReader').map(copy).register(trigger='copy')
"""
PONG = b"+PONG\r\n"
ANSWER = b"*1\r\n$1\r\na\r\n"
CLASSIFY = "RG.TRIGGER", "classify"
MANY = 50
SOME = 16
LARGE = 600 * 1024
# What is wanted: microseconds beyond PING, part of PING's rate, microseconds of a call, part of a model's
# rate.
BEYOND_PING, PART_OF_PING, EACH, TOGETHER, PART_OF_MODEL = 45, 0.4, 25, 6, 0.3


def prepare(client):
    """Stores what the flows need, and the flows. Returns the words that run the classifier without a flow."""
    classifier = next(model for model in run.FIXTURES if model.name == "classifier")
    words = classifier.store(client)
    payload = bytes(range(256)) * (LARGE // 256)
    client.execute_command("AI.TENSORSET", "large", "FLOAT", LARGE // 4, "BLOB", payload)
    client.execute_command("RG.PYEXECUTE", SCRIPT)
    client.execute_command("RG.TRIGGER", "copy")
    if client.execute_command("AI.TENSORGET", "copied", "BLOB") != payload:
        raise SystemExit("the flow's copy of a tensor differs")
    return words


def measure(options, server, client, model):
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
    for name, words, reply in (("AI.MODELEXECUTE", model, b"+OK\r\n"), ("classify", CLASSIFY, ANSWER)):
        some = load.measure_load(
            options.tools, server, client, SOME, options.seconds, load.encode(*words), reply, is_apart=False)
        figures[f"{name} c{SOME} (1/s)"] = some.per_second
    copy = load.encode("RG.TRIGGER", "copy")
    one = load.measure_load(options.tools, server, client, 1, options.seconds, copy, ANSWER, is_apart=False)
    figures["copy of 600 KiB p50 (us)"] = one.p50
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
    parser.add_argument("--placement", choices=("yes", "no"), default="yes", help="default: %(default)s")
    parser.add_argument("--report", action="store_true", help="end with 0 whatever the figures are")
    parser.add_argument(
        "--tools", type=pathlib.Path, default=ROOT / ".build/release",
        help="the folder of `load`; make bench builds it")
    options = parser.parse_args()
    server = Server.from_options(options, module_arguments=(
        "FLOWS", "yes", "FLOWS_PYTHON", options.python, "FLOWS_PLACEMENT", options.placement))
    with server, server.client() as client:
        model = prepare(client)
        # Python has its caches filled, and its threads have found their processors.
        measure(options, server, client, model)
        rounds = [measure(options, server, client, model) for _ in range(options.rounds)]
    median = {name: statistics.median(figures[name] for figures in rounds) for name in rounds[0]}
    for name, figure in median.items():
        print(f"{name:24} {figure:10.1f}")
    beyond = median["trigger p50 (us)"] - median["PING p50 (us)"]
    part = median[f"trigger c{MANY} (1/s)"] / median[f"PING c{MANY} (1/s)"]
    of_model = median[f"classify c{SOME} (1/s)"] / median[f"AI.MODELEXECUTE c{SOME} (1/s)"]
    is_met = (beyond <= BEYOND_PING and part >= PART_OF_PING and median["execute (us)"] <= EACH
              and median["gathered (us)"] <= TOGETHER and of_model >= PART_OF_MODEL)
    print(f"{'MET' if is_met else 'NOT MET'}: an empty trigger takes {beyond:.1f} us more than PING (wanted:"
          f" {BEYOND_PING}) and has {part:.2f} of its rate at {MANY} connections ({PART_OF_PING});"
          f" {median['execute (us)']:.1f} us for a call ({EACH}), {median['gathered (us)']:.1f} for each of"
          f" 64 ({TOGETHER}); a flow runs the classifier {of_model:.2f} times as often as AI.MODELEXECUTE at"
          f" {SOME} connections ({PART_OF_MODEL})")
    sys.exit(0 if is_met or options.report else 1)


if __name__ == "__main__":
    main()
