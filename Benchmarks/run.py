#!/usr/bin/env python3
"""Measures the module beside what it can be compared with: the vendors' own runs, PING, SET and GET.

All in one run, on one machine, in turn: each round measures every case once, every second round in reverse
order, and each figure is the median of the rounds. Writes a table to the terminal and
build/bench/results.{json,md,svg}. Start it with `make bench`; `--quick` takes half a minute.
"""

import argparse
import dataclasses
import pathlib

import redis

import load
import picture
import report
from runtimes import LITERT, ONNX, TENSORFLOW, TORCH, Runtime
from server import ROOT, Server, add_arguments

MODELS = ROOT / "Tests/Fixtures/models"
SIZES = {"16 B": 16, "4 KiB": 4096, "600 KiB": 600 * 1024}
OK = b"+OK\r\n"

# A model's first runs go to a worker thread until its speed is known; they are not what is measured here.
WARM_UP_RUNS = 300


@dataclasses.dataclass(frozen=True)
class Case:
    """One line of the table. Without connections it is a floor: a model that runs without a server."""

    name: str
    connections: int = 0
    request: bytes = b""
    reply: bytes = b""
    model: "Model | None" = None

    @property
    def key(self):
        return report.key(self.name, self.connections)


@dataclasses.dataclass(frozen=True)
class Model:
    """A fixture: its file, the shapes of its inputs, and the names that TensorFlow wants to be told."""

    name: str
    runtime: Runtime
    file: str
    shapes: tuple
    input_names: tuple = ()
    output_names: tuple = ()
    connections: tuple = (1,)

    @property
    def tensors(self):
        """Inputs and outputs as the program `floor` wants them."""
        shapes = ["x".join(map(str, shape)) for shape in self.shapes]
        if not self.input_names:
            return shapes
        named = [f"{name}={shape}" for name, shape in zip(self.input_names, shapes)]
        return named + [f"={name}" for name in self.output_names]

    def store(self, client):
        """Stores the model and its inputs and runs it until it is warm. Returns the words of that request."""
        names = ()
        if self.input_names:
            names = ("INPUTS", len(self.input_names), *self.input_names,
                     "OUTPUTS", len(self.output_names), *self.output_names)
        client.execute_command(
            "AI.MODELSTORE", self.name, self.runtime.backend, "CPU", *names, "BLOB",
            (MODELS / self.file).read_bytes())
        inputs = []
        for index, shape in enumerate(self.shapes):
            count = shape[0] * shape[1]
            inputs.append(f"{self.name}:in{index}")
            values = [0.25 + 0.5 * (position % 7) / 7 for position in range(count)]
            client.execute_command("AI.TENSORSET", inputs[-1], "FLOAT", *shape, "VALUES", *values)
        output = f"{self.name}:out"
        command = "AI.MODELEXECUTE", self.name, "INPUTS", len(inputs), *inputs, "OUTPUTS", 1, output
        for _ in range(WARM_UP_RUNS):
            client.execute_command(*command)
        return command


PAIR = ((2, 2), (2, 2))
FIXTURES = (
    Model("mul", ONNX, "mul_2x2.onnx", PAIR, connections=report.CONNECTIONS),
    Model("classifier", ONNX, "classifier_30_64_32_2.onnx", ((1, 30),), connections=report.CONNECTIONS),
    Model("mul TF", TENSORFLOW, "tensorflow/mul.pb", PAIR, ("a", "b"), ("c",)),
    Model("mul TFLITE", LITERT, "tflite/mul_2x2.tflite", PAIR),
    Model("mul TORCH", TORCH, "torch/mul_2x2.pt", PAIR),
)


def cases(client):
    """All cases, those to be compared with each other side by side. Fills the keyspace for them."""
    made = []
    requests = {}
    for model in FIXTURES:
        requests[model.name] = load.encode(*model.store(client))
        made.append(Case(report.floor(model.name), model=model))
    for connections in report.CONNECTIONS:
        made.append(Case(report.PING, connections, load.encode("PING"), b"+PONG\r\n"))
        for model in FIXTURES:
            if connections in model.connections:
                made.append(Case(report.execute(model.name), connections, requests[model.name], OK))
    for label, size in SIZES.items():
        payload = bytes(index % 128 for index in range(size))
        set_tensor = load.encode("AI.TENSORSET", "t" + label, "FLOAT", size // 4, "BLOB", payload)
        get_tensor = load.encode("AI.TENSORGET", "t" + label, "BLOB")
        for connections in report.TENSOR_CONNECTIONS:
            made.append(Case(f"SET {label}", connections, load.encode("SET", "s" + label, payload), OK))
            made.append(Case(f"AI.TENSORSET {label}", connections, set_tensor, OK))
            made.append(Case(
                f"GET {label}", connections, load.encode("GET", "s" + label), load.bulk(payload)))
            made.append(Case(f"AI.TENSORGET {label}", connections, get_tensor, load.bulk(payload)))
        client.set("s" + label, payload)
        client.execute_command("AI.TENSORSET", "t" + label, "FLOAT", size // 4, "BLOB", payload)
    return made


def measure(case, server, client, options):
    """Returns the measurement, and the runtime's version if the case knows it."""
    if case.model is not None:
        return load.measure_floor(
            options.tools, case.model.runtime, options.backends, MODELS / case.model.file,
            case.model.tensors, options.seconds)
    # With one connection the client and the server never have work at the same time.
    is_apart = not options.together and case.connections > 1
    done = load.measure_load(
        options.tools, server, client, case.connections, options.seconds, case.request, case.reply, is_apart)
    return done, None


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add_arguments(parser)
    parser.add_argument("--quick", action="store_true", help="3 short rounds: a first impression only")
    parser.add_argument(
        "--together", action="store_true",
        help="above 1 connection, too, the client shares the server's core, which is steadier and counts\n"
        "the client's own work into requests/s; by default it has a core for itself and never sleeps")
    parser.add_argument("--rounds", type=int, help="default: 7, with --quick 3")
    parser.add_argument("--seconds", type=float, help="per case and round; default: 1, with --quick 0.2")
    parser.add_argument(
        "--tools", type=pathlib.Path, default=ROOT / ".build/release",
        help="the folder of `floor` and `load`")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "build/bench")
    options = parser.parse_args()
    options.rounds = options.rounds or (3 if options.quick else 7)
    options.seconds = options.seconds or (0.2 if options.quick else 1.0)
    return options


def main():
    options = parse_options()
    with Server.from_options(options) as server, server.client() as client:
        results = report.Results(report.machine(client))
        try:
            lines = cases(client)
            for number in range(options.rounds):
                print(f"round {number + 1} of {options.rounds}: {len(lines)} cases", flush=True)
                for case in lines if number % 2 == 0 else reversed(lines):
                    done, runtime = measure(case, server, client, options)
                    results.add(case.key, done)
                    if runtime is not None:
                        results.machine[case.model.runtime.title] = runtime
        except redis.exceptions.ConnectionError as error:
            raise SystemExit(f"the server is gone: {error}; its log ends with:\n{server.log_tail()}")
        results.machine["rounds"] = f"{options.rounds} of {options.seconds} s per case"
        results.machine["client"] = (
            "shares the server's core" if options.together else "has a core of its own above 1 connection")
        results.finish([case.key for case in lines])
    report.write(results, options.output)
    picture.draw(results, options.output / "results.svg")
    print(f"\nwritten: results.json, results.md and results.svg in {options.output}")


if __name__ == "__main__":
    main()
