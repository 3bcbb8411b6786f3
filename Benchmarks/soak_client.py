"""One client of the soak test: what it may do, and what it takes for right."""

import dataclasses
import functools
import random

import numpy
import redis

import models

LARGEST_TENSOR = 16384
LARGEST_BATCH = 4

NO_MODEL = "model key is empty"
NO_TENSOR = "tensor key is empty or in a different shard"


@dataclasses.dataclass(frozen=True)
class Model:
    """A key at which models come and go; all of them multiply, each by one of the factors."""

    key: str
    width: int
    layers: int  # 0: one multiplication; else so many full matrices
    factors: tuple = (2, 3, 5)


# The first two are quick enough to run at once, the others are work for a worker thread.
MODELS = (Model("m0", 8, 0), Model("m1", 64, 0), Model("m2", 256, 2), Model("m3", 512, 4))


@functools.cache
def model_bytes(model, factor):
    if model.layers == 0:
        return models.small(factor, model.width)
    return models.large(factor, model.width, model.layers)


def store(client, model, factor):
    blob = model_bytes(model, factor)
    return client.execute_command("AI.MODELSTORE", model.key, "ONNX", "CPU", "TAG", factor, "BLOB", blob)


class Client:
    """Does one action at a time and judges every reply.

    `act` returns the action's name, the explained errors and those that are not explained.
    """

    def __init__(self, connection, number):
        self.connection = connection
        self.random = random.Random(number)
        self.own = f"client{number}"
        self.explained, self.unexplained = [], []
        self.actions = {
            self.execute: 50, self.round_trip: 20, self.overwrite: 8, self.delete_model: 2, self.meta: 6,
            self.delete_tensor: 5, self.refused_shape: 5, self.missing_input: 4}

    def act(self):
        self.explained, self.unexplained = [], []
        action, = self.random.choices(list(self.actions), self.actions.values())
        action()
        return action.__name__, self.explained, self.unexplained

    def send(self, *commands):
        """The replies of commands sent together; an error stands in its place."""
        pipeline = self.connection.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)
        return pipeline.execute(raise_on_error=False)

    def expect(self, what, reply, *right, errors=()):
        """Judges a reply: True if it is one of the right ones; an error of the list is explained."""
        if isinstance(reply, redis.exceptions.ResponseError):
            kept = self.explained if str(reply) in errors else self.unexplained
            kept.append(f"{what}: {reply}")
            return False
        if reply not in right:
            self.unexplained.append(f"{what}: wrong reply {str(reply)[:200]}")
            return False
        return True

    def numbers(self, *shape):
        """Whole numbers, so that products are exact."""
        count = int(numpy.prod(shape))
        values = [self.random.randint(1, 1000) for _ in range(min(count, 64))]
        return numpy.resize(numpy.array(values, numpy.float32), shape)

    def execute(self):
        model = self.random.choice(MODELS)
        x = self.numbers(self.random.randint(1, LARGEST_BATCH), model.width)
        put, run, y = self.send(
            ("AI.TENSORSET", self.own + "x", "FLOAT", *x.shape, "BLOB", x.tobytes()),
            ("AI.MODELEXECUTE", model.key, "INPUTS", 1, self.own + "x", "OUTPUTS", 1, self.own + "y"),
            ("AI.TENSORGET", self.own + "y", "BLOB"))
        self.expect("tensorset", put, b"OK")
        if self.expect("modelexecute", run, b"OK", errors=(NO_MODEL,)):
            self.expect("result", y, *((x * factor).tobytes() for factor in model.factors))

    def round_trip(self):
        x = self.numbers(self.random.randint(1, LARGEST_TENSOR))
        put, got = self.send(
            ("AI.TENSORSET", self.own + "t", "FLOAT", len(x), "BLOB", x.tobytes()),
            ("AI.TENSORGET", self.own + "t", "BLOB"))
        self.expect("tensorset", put, b"OK")
        self.expect("tensorget", got, x.tobytes())

    def overwrite(self):
        model = self.random.choice(MODELS)
        try:
            reply = store(self.connection, model, self.random.choice(model.factors))
        except redis.exceptions.ResponseError as error:
            reply = error
        self.expect("modelstore", reply, b"OK")

    def delete_model(self):
        model = self.random.choice(MODELS)
        if self.random.random() < 0.5:
            reply, = self.send(("AI.MODELDEL", model.key))
            self.expect("modeldel", reply, b"OK", errors=(NO_MODEL,))
        else:
            reply, = self.send((self.random.choice(("DEL", "UNLINK")), model.key))
            self.expect("del", reply, 0, 1)

    def meta(self):
        model = self.random.choice(MODELS)
        reply, = self.send(("AI.MODELGET", model.key, "META"))
        right = ([
            b"backend", b"ONNX", b"device", b"CPU", b"tag", str(factor).encode(), b"batchsize", 0,
            b"minbatchsize", 0, b"inputs", [b"x"], b"outputs", [b"y"], b"minbatchtimeout", 0]
            for factor in model.factors)
        self.expect("modelget", reply, *right, errors=(NO_MODEL,))

    def delete_tensor(self):
        deleted, got = self.send(("DEL", self.own + "t"), ("AI.TENSORGET", self.own + "t", "BLOB"))
        self.expect("del", deleted, 0, 1)
        self.expect("tensorget after del", got, errors=(NO_TENSOR,))

    def refused_shape(self):
        """One byte less than the shape asks for."""
        reply, = self.send(("AI.TENSORSET", self.own + "bad", "FLOAT", 2, 2, "BLOB", bytes(15)))
        self.expect(
            "short blob", reply, errors=("data length does not match tensor shape and type",))

    def missing_input(self):
        model = self.random.choice(MODELS)
        reply, = self.send(
            ("AI.MODELEXECUTE", model.key, "INPUTS", 1, self.own + "none", "OUTPUTS", 1, self.own + "y"))
        self.expect("missing input", reply, errors=(NO_MODEL, NO_TENSOR))
