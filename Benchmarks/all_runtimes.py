#!/usr/bin/env python3
"""All runtimes in one server, each under load from clients of its own; every value of every reply is checked.

Each runtime has the same model, sum and difference of two tensors, once by itself and once with BATCHSIZE, so
that requests of several clients share runs, and two workers run them at once. One request in some has a shape
that does not fit and must be refused without harm to the others. The verdict asks for right values throughout
and for memory that is flat after the first tenth of the time.
"""

import argparse
import functools
import pathlib
import random

import numpy
import redis

from runtimes import LITERT, ONNX, TENSORFLOW, TORCH
from server import ROOT, Server, add_arguments
from soak import soak

MODELS = ROOT / "Tests/Fixtures/models"
FILES = {ONNX: "sum_difference.onnx", TENSORFLOW: "tensorflow/sum_difference.pb",
         LITERT: "tflite/sum_difference.tflite", TORCH: "torch/sum_difference.pt"}
NAMES = ("INPUTS", 2, "a", "b", "OUTPUTS", 2, "sum", "difference")
CLIENTS_PER_RUNTIME = 4
BATCH_SIZE = 16
LARGEST_ROWS = 8
WIDTH = 2


def store(client, runtime):
    """Stores the runtime's model by itself and with batches."""
    names = NAMES if runtime is TENSORFLOW else ()
    blob = pathlib.Path(MODELS / FILES[runtime]).read_bytes()
    for key, batch in (("alone", ()), ("batched", ("BATCHSIZE", BATCH_SIZE))):
        client.execute_command(
            "AI.MODELSTORE", f"{runtime.backend}:{key}", runtime.backend, "CPU", *batch, *names, "BLOB", blob)


class Client:
    """Sends the models of one runtime random numbers; `act` is as `soak` wants it."""

    def __init__(self, connection, runtime, number):
        self.connection, self.runtime = connection, runtime
        self.random = random.Random(f"{runtime.backend}{number}")
        self.numbers = numpy.random.default_rng(self.random.randrange(1 << 32))

    def act(self):
        key = self.random.choice(("alone", "batched"))
        fits = self.random.random() > 0.05
        rows = self.random.randint(1, LARGEST_ROWS)
        a, b = (
            self.numbers.integers(-1000, 1000, (rows, WIDTH)).astype(numpy.float32) for _ in range(2))
        given = b if fits else b[:, :1]
        ran, *blobs = self.run(f"{self.runtime.backend}:{key}", a, given)
        name = f"{self.runtime.backend} {key}{'' if fits else ', refused'}"
        if not fits:
            refused = isinstance(ran, redis.exceptions.ResponseError)
            return name, [], [] if refused else [f"{name}: a shape that does not fit ran"]
        expected = [(a + b).tobytes(), (a - b).tobytes()]
        return name, [], [] if [ran, *blobs] == [b"OK", *expected] else [f"{name}: {ran}, wrong values"]

    def run(self, key, a, b):
        return self.connection.execute_command(
            "AI.DAGEXECUTE_RO", "ROUTING", key,
            "|>", "AI.TENSORSET", "a", "FLOAT", *a.shape, "BLOB", a.tobytes(),
            "|>", "AI.TENSORSET", "b", "FLOAT", *b.shape, "BLOB", b.tobytes(),
            "|>", "AI.MODELEXECUTE", key, "INPUTS", 2, "a", "b", "OUTPUTS", 2, "sum", "difference",
            "|>", "AI.TENSORGET", "sum", "BLOB", "|>", "AI.TENSORGET", "difference", "BLOB")[2:]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add_arguments(parser)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument(
        "--workers-only", action="store_true", help="no run on the server's own thread, however short")
    options = parser.parse_args()
    words = ("THREADS_PER_QUEUE", "2", *(("INLINE_RUN_BUDGET", "0") if options.workers_only else ()))
    server = Server.from_options(options, module_arguments=words)
    with server, server.client() as client:
        for runtime in FILES:
            store(client, runtime)
        makers = [
            functools.partial(Client, runtime=runtime, number=number)
            for runtime in FILES for number in range(CLIENTS_PER_RUNTIME)]
        is_met = soak(server, client, options.minutes, makers)
    raise SystemExit(0 if is_met else 1)


if __name__ == "__main__":
    main()
