#!/usr/bin/env python3
"""Does one who runs and stores what never ends keep others from running and storing?

Two models that take hours to build and eight runs that do not stop at their limit are sent at the same time,
with the limits that a server has by default and as many workers. Meanwhile others store a small model,
execute another one on the same device and send PING. The verdict: a model is stored within 10 seconds, an
execution is answered within a second of the limit of runs, and all eight clients are answered.
"""

import argparse
import socket
import sys
import threading
import time

import numpy
import redis

from server import ROOT, Server, add_arguments

MODELS = ROOT / "Tests/Fixtures/models"
LIMIT_SECONDS = 5.0
STORE_WITHIN, ANSWER_WITHIN = 10.0, LIMIT_SECONDS + 1
STUCK_RUNS, STUCK_BUILDS = 8, 2
PINGS = 500


def encoded(*words):
    """A command as clients send it."""
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        word = word if isinstance(word, bytes) else str(word).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(word), word))
    return b"".join(parts)


def model_bytes(name):
    return (MODELS / f"{name}.onnx").read_bytes()


class Request(threading.Thread):
    """A command of a client of its own, and when it was answered with what."""

    def __init__(self, path, *words):
        super().__init__(daemon=True)
        self.path, self.words = path, words
        self.seconds = self.reply = None
        self.start()

    def run(self):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.path))
            began = time.perf_counter()
            connection.sendall(encoded(*self.words))
            self.reply = connection.recv(1000)
            self.seconds = time.perf_counter() - began


def store(key, name):
    return ("AI.MODELSTORE", key, "ONNX", "CPU", "BLOB", model_bytes(name))


def measure(server, client):
    """The requests of those who are stuck, of one who executes, and of one who stores; and waits for PONG."""
    client.execute_command(*store("stuck", "long_operator"))
    client.execute_command(*store("usual", "add_1"))
    hours = numpy.array([1_000_000], numpy.int64)
    client.execute_command("AI.TENSORSET", "hours", "INT64", 1, "BLOB", hours.tobytes())
    client.execute_command("AI.TENSORSET", "x", "FLOAT", 2, "VALUES", 1, 2)
    runs = [
        Request(server.socket, "AI.MODELEXECUTE", "stuck", "INPUTS", 1, "hours", "OUTPUTS", 1, "y")
        for _ in range(STUCK_RUNS)]
    builds = [Request(server.socket, *store("long", "long_build")) for _ in range(STUCK_BUILDS)]
    while client.info("clients")["blocked_clients"] < STUCK_RUNS + STUCK_BUILDS:
        time.sleep(0.01)
    executed = Request(server.socket, "AI.MODELEXECUTE", "usual", "INPUTS", 1, "x", "OUTPUTS", 1, "z")
    stored = Request(server.socket, *store("new", "add_1"))
    waits = []
    while executed.is_alive() or stored.is_alive() or len(waits) < PINGS:
        began = time.perf_counter()
        client.ping()
        waits.append(time.perf_counter() - began)
        time.sleep(0.01)
    for request in runs:
        request.join(60)
    return runs, builds, executed, stored, waits


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser)
    options = parser.parse_args()
    words = ("THREADS_PER_QUEUE", str(STUCK_RUNS), "INLINE_RUN_BUDGET", "0")
    with Server.from_options(options, module_arguments=words) as server:
        with redis.Redis(unix_socket_path=str(server.socket), protocol=2) as client:
            runs, builds, executed, stored, waits = measure(server, client)
            under_way = sum(build.is_alive() for build in builds)
    answered = [run.seconds for run in runs if run.seconds is not None]
    waits.sort()
    longest = max(answered, default=0)
    print(f"stuck runs: {len(answered)} of {len(runs)} answered, after {longest:.2f} s at most")
    print(f"endless builds: {under_way} of {len(builds)} still under way")
    print(f"another model on the device: {executed.reply!r} after {executed.seconds:.2f} s")
    print(f"a new model: {stored.reply!r} after {stored.seconds:.2f} s")
    print(f"PING: p50 {waits[len(waits) // 2] * 1000:.2f} ms, longest {waits[-1] * 1000:.1f} ms")
    good = (
        len(answered) == len(runs) and executed.reply == stored.reply == b"+OK\r\n"
        and executed.seconds <= ANSWER_WITHIN and stored.seconds <= STORE_WITHIN)
    print("good" if good else "NOT good")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
