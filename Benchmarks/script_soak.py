#!/usr/bin/env python3
"""16 clients run scripts that call Redis and models, while the server saves, rewrites, and gets replicas.

Every value is checked: counters that scripts increment, tensors that models of all runtimes make within
scripts, and errors that must be errors. Meanwhile BGSAVE, BGREWRITEAOF and CONFIG SET are sent in turn, and a
replica comes, must become equal, and goes. The verdict asks for right values, for a server that always
answers, and for memory that is flat after the first tenth of the time.
"""

import argparse
import functools
import random
import threading
import time

import numpy
import redis

from all_runtimes import FILES, store
from server import Server, add_arguments
from soak import soak

CLIENTS = 16
WIDTH = 2
EQUAL_WITHIN_SECONDS = 60
SOURCE = """
def count(tensors: List[Tensor], keys: List[str], args: List[str]):
    value = redis.execute("INCRBY", keys[0], args[0])
    return torch.tensor(int(str(value)))

def around(tensors: List[Tensor], keys: List[str], args: List[str]):
    made = redisAI.model_execute(keys[0], [tensors[0] * 2, tensors[1]], 2)
    redis.execute("SET", keys[1], args[0])
    return made[0] + 1, made[1] - 1

def listed(tensors: List[Tensor], keys: List[str], args: List[str]):
    redis.execute("DEL", keys[0])
    for arg in args:
        redis.execute("RPUSH", keys[0], arg)
    values = redis.asList(redis.execute("LRANGE", keys[0], "0", "-1"))
    return torch.tensor([int(str(value)) for value in values])

def wrong(tensors: List[Tensor], keys: List[str], args: List[str]):
    redis.execute("SET", keys[0], "text")
    redis.execute("LPUSH", keys[0], "more")
"""
NAMES = ("count", "around", "listed", "wrong")


class Client:
    """One client with keys of its own; `act` is as `soak` wants it."""

    def __init__(self, connection, number):
        self.connection = connection
        self.random = random.Random(number)
        self.numbers = numpy.random.default_rng(number)
        self.own = f"client{number}"
        self.total = int(connection.get(f"{self.own}:count") or 0)
        self.actions = (self.count, self.around, self.listed, self.wrong)

    def act(self):
        action = self.random.choice(self.actions)
        return action.__name__, [], action()

    def call(self, function, *words):
        return self.connection.execute_command("AI.SCRIPTEXECUTE", "script", function, *words)

    def tensor(self, name):
        *_, shape, _, blob = self.connection.execute_command("AI.TENSORGET", name, "META", "BLOB")
        return shape, blob

    def count(self):
        step = self.random.randint(1, 100)
        self.total += step
        key, output = f"{self.own}:count", f"{self.own}:y"
        self.call("count", "KEYS", 1, key, "ARGS", 1, step, "OUTPUTS", 1, output)
        shape, blob = self.tensor(output)
        found = int(numpy.frombuffer(blob, "i8")[0])
        return [] if (shape, found) == ([], self.total) else [f"count: {found} is not {self.total}"]

    def around(self):
        backend = self.random.choice([runtime.backend for runtime in FILES])
        rows = self.random.randint(1, 6)
        a, b = (self.numbers.integers(-99, 99, (rows, WIDTH)).astype("f4") for _ in range(2))
        for name, content in (("a", a), ("b", b)):
            self.connection.execute_command(
                "AI.TENSORSET", f"{self.own}:{name}", "FLOAT", *content.shape, "BLOB", content.tobytes())
        self.call("around", "KEYS", 2, f"{backend}:alone", f"{self.own}:text",
                  "INPUTS", 2, f"{self.own}:a", f"{self.own}:b", "ARGS", 1, backend,
                  "OUTPUTS", 2, f"{self.own}:s", f"{self.own}:d")
        found = [self.tensor(f"{self.own}:{name}")[1] for name in "sd"]
        expected = [(2 * a + b + 1).tobytes(), (2 * a - b - 1).tobytes()]
        is_right = found == expected and self.connection.get(f"{self.own}:text") == backend.encode()
        return [] if is_right else [f"around {backend}: wrong values"]

    def listed(self):
        values = [self.random.randint(-10**12, 10**12) for _ in range(self.random.randint(1, 8))]
        self.call("listed", "KEYS", 1, f"{self.own}:list", "ARGS", len(values), *values,
                  "OUTPUTS", 1, f"{self.own}:l")
        found = numpy.frombuffer(self.tensor(f"{self.own}:l")[1], "i8").tolist()
        return [] if found == values else ["listed: wrong values"]

    def wrong(self):
        try:
            self.call("wrong", "KEYS", 1, f"{self.own}:wrong")
        except redis.exceptions.ResponseError as error:
            return [] if "WRONGTYPE" in str(error) else [f"wrong: {error}"]
        return ["wrong: a failing script answered OK"]


class Disturbance:
    """Saves, rewrites, settings and replicas, one after the other, until told to stop."""

    def __init__(self, server, options):
        self.server, self.options = server, options
        self.stop = threading.Event()
        self.rounds, self.problems = 0, []

    def run(self):
        with self.server.client() as client:
            while not self.stop.is_set():
                for step in (self.save, self.rewrite, self.configure, self.replicate):
                    try:
                        step(client)
                    except redis.exceptions.RedisError as error:
                        self.problems.append(f"{step.__name__}: {type(error).__name__}: {error}")
                        return
                self.rounds += 1

    def save(self, client):
        client.bgsave(schedule=True)
        time.sleep(1)

    def rewrite(self, client):
        client.bgrewriteaof()
        time.sleep(1)

    def configure(self, client):
        for threads in ("yes", "no"):
            client.config_set("lazyfree-lazy-expire", threads)
            client.config_set("ai.model_execution_timeout", 5000 if threads == "yes" else 6000)

    def replicate(self, client):
        port = client.config_get("port")["port"]
        with Server.from_options(self.options) as replica, replica.client() as other:
            other.execute_command("REPLICAOF", "127.0.0.1", port)
            deadline = time.monotonic() + EQUAL_WITHIN_SECONDS
            while not self.is_equal(client, other):
                if time.monotonic() > deadline:
                    self.problems.append("a replica did not become equal")
                    return
                time.sleep(0.05)

    @staticmethod
    def is_equal(client, other):
        """Whether the replica has as many keys, and a value that a script has written lately."""
        if other.info("replication")["master_link_status"] != "up":
            return False
        mark = str(time.monotonic())
        client.execute_command(
            "AI.SCRIPTEXECUTE", "script", "around", "KEYS", 2, "ONNX:alone", "mark",
            "INPUTS", 2, "one", "one", "ARGS", 1, mark, "OUTPUTS", 2, "mark:s", "mark:d")
        client.execute_command("WAIT", 1, 5000)
        return other.get("mark") == mark.encode() and other.dbsize() == client.dbsize()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add_arguments(parser)
    parser.add_argument("--minutes", type=float, default=10)
    options = parser.parse_args()
    server = Server.from_options(options, module_arguments=("THREADS_PER_QUEUE", "4"))
    server.listen()
    with server, server.client() as client:
        client.config_set("appendonly", "yes")
        for runtime in FILES:
            store(client, runtime)
        client.execute_command(
            "AI.SCRIPTSTORE", "script", "CPU", "ENTRY_POINTS", len(NAMES), *NAMES, "SOURCE", SOURCE)
        client.execute_command("AI.TENSORSET", "one", "FLOAT", 1, WIDTH, "VALUES", 1, 1)
        disturbance = Disturbance(server, options)
        thread = threading.Thread(target=disturbance.run)
        thread.start()
        makers = [functools.partial(Client, number=number) for number in range(CLIENTS)]
        try:
            is_met = soak(server, client, options.minutes, makers)
        finally:
            disturbance.stop.set()
            thread.join()
    print(f"{disturbance.rounds} times all of BGSAVE, BGREWRITEAOF, CONFIG SET, a replica that came and went")
    for problem in disturbance.problems:
        print(f"NOT MET: {problem}")
    raise SystemExit(0 if is_met and disturbance.rounds and not disturbance.problems else 1)


if __name__ == "__main__":
    main()
