#!/usr/bin/env python3
"""50 clients, half of which leave in the middle of their requests: nothing leaks, no reply is lost.

They run three models that give their input times a whole number: one short enough to run at once, one that
joins requests, one whose requests wait for each other. Requests are single executions and DAGs, with and
without keys, some with a deadline. Clients that stay check every reply; one that does not come within a
minute is lost. At the end the queues must be empty, no client blocked, and memory flat.
"""

import argparse
import collections
import random
import threading
import time

import numpy
import redis

import models
from server import Server, add_arguments
from soak import growth_verdict

CLIENTS = 50
SAMPLES = 60
REPLY_LIMIT_SECONDS = 60
# Key: the factor, the width, the layers (0: as little work as there is), words for batching.
MODELS = {
    "short": (2, 8, 0, ()),
    "joined": (3, 512, 4, ("BATCHSIZE", 8)),
    "awaited": (5, 64, 0, ("BATCHSIZE", 8, "MINBATCHSIZE", 3, "MINBATCHTIMEOUT", 20)),
}


class Client(threading.Thread):
    """Sends requests until `stop`; one of two leaves before its reply may have come."""

    def __init__(self, server, number, stop, tally):
        super().__init__(daemon=True)
        self.server, self.number, self.stop, self.tally = server, number, stop, tally
        self.random = random.Random(number)
        self.leaves = number % 2 == 0

    def connect(self):
        connection = redis.UnixDomainSocketConnection(
            path=str(self.server.socket), socket_timeout=REPLY_LIMIT_SECONDS, protocol=2)
        connection.connect()
        return connection

    def run(self):
        try:
            while not self.stop.is_set():
                connection = self.connect()
                self.leave(connection) if self.leaves else self.stay(connection)
                connection.disconnect()
        except Exception as error:  # Whatever ends a client is what the verdict is about.
            self.tally[f"LOST {type(error).__name__}: {error}"] += 1

    def request(self):
        """The words, and the reply for those who wait for it."""
        key = self.random.choice(list(MODELS))
        factor, width, layers, _ = MODELS[key]
        value = self.random.randint(1, 1000)
        row = numpy.full(width, value, numpy.float32).tobytes()
        result = numpy.full(width, value * factor, numpy.float32).tobytes()
        output = f"client{self.number}"
        run = ("|>", "AI.TENSORSET", "x", "FLOAT", 1, width, "BLOB", row,
               "|>", "AI.MODELEXECUTE", key, "INPUTS", 1, "x", "OUTPUTS", 1, output,
               "|>", "AI.TENSORGET", output, "BLOB")
        limit = ("TIMEOUT", self.random.randint(1, 30)) if self.random.random() < 0.2 else ()
        start = ("AI.DAGEXECUTE_RO", "ROUTING", "r")
        if self.random.random() < 0.5:
            start = ("AI.DAGEXECUTE", "PERSIST", 1, output)
        return (*start, *limit, *run), [b"OK", b"OK", result]

    def leave(self, connection):
        for _ in range(self.random.randint(1, 5)):
            words, _ = self.request()
            connection.send_command(*words)
        time.sleep(self.random.random() * 0.005)
        self.tally["left"] += 1

    def stay(self, connection):
        for _ in range(20):
            words, expected = self.request()
            connection.send_command(*words)
            reply = connection.read_response()
            if reply == b"TIMEDOUT" and "TIMEOUT" in words:
                self.tally["timed out"] += 1
            elif reply == expected:
                self.tally["answered"] += 1
            else:
                self.tally[f"WRONG {words[0]}: {reply!r:.100}"] += 1


def store(client):
    for key, (factor, width, layers, batching) in MODELS.items():
        model = models.large(factor, width, layers) if layers else models.small(factor, width)
        client.execute_command("AI.MODELSTORE", key, "ONNX", "CPU", *batching, "BLOB", model)


def queue(client):
    """Workers that run something, and requests that wait."""
    fields = client.execute_command("AI.STATS")[3][0]
    named = dict(zip(fields[::2], fields[1::2]))
    return named[b"busy_workers"], named[b"waiting"]


def is_quiet(client):
    """Whether nothing waits any more, within a minute."""
    for _ in range(600):
        if queue(client) == (0, 0) and client.info("clients")["blocked_clients"] == 0:
            return True
        time.sleep(0.1)
    return False


def watch(client, seconds, tally):
    """Prints memory and counts at each step; returns (used_memory, rss) of each."""
    step, began, samples = seconds / SAMPLES, time.monotonic(), []
    for index in range(1, SAMPLES + 1):
        time.sleep(max(began + index * step - time.monotonic(), 0))
        memory = client.info("memory")
        samples.append((memory["used_memory"], memory["used_memory_rss"]))
        print(f"{index * step:6.0f} s: used_memory {samples[-1][0] / 2**20:7.1f} MiB, "
              f"RSS {samples[-1][1] / 2**20:7.1f} MiB; {dict(tally)}", flush=True)
    return samples


def verdict(is_met, text):
    print(f"{'met' if is_met else 'NOT MET'}: {text}")
    return is_met


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser)
    parser.add_argument("--minutes", type=float, default=5)
    options = parser.parse_args()
    tally = collections.Counter()
    with Server.from_options(options) as server, server.client() as client:
        store(client)
        stop = threading.Event()
        clients = [Client(server, number, stop, tally) for number in range(CLIENTS)]
        for thread in clients:
            thread.start()
        samples = watch(client, options.minutes * 60, tally)
        stop.set()
        for thread in clients:
            thread.join(2 * REPLY_LIMIT_SECONDS)
        bad = {what: count for what, count in tally.items() if what.startswith(("LOST", "WRONG"))}
        print(f"{tally['answered']} right replies, {tally['timed out']} timed out, {tally['left']} times a "
              "client left")
        is_met = [
            verdict(not bad, f"lost or wrong: {bad or 'none'}"),
            verdict(not any(thread.is_alive() for thread in clients), "every client has had its replies"),
            verdict(is_quiet(client), "the queue is empty and no client is blocked"),
            growth_verdict("used_memory", [used for used, _ in samples]),
            growth_verdict("RSS", [resident for _, resident in samples])]
    raise SystemExit(0 if all(is_met) else 1)


if __name__ == "__main__":
    main()
