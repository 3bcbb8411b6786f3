#!/usr/bin/env python3
"""How long does a large model hold up other clients while it is stored?

A 256 MiB ONNX model is stored at a key whose old, small model another client goes on executing, while a
third client sends PING. The longest wait for a PONG is compared with the longest wait while SET sends the
same bytes. Both are done in turn, several times, on one server; the verdict compares the medians.
"""

import argparse
import dataclasses
import multiprocessing
import socket
import statistics
import time

import numpy
import redis

import load
import models
from server import Server, add_arguments

WIDTH, LAYERS = 2048, 16
OLD_FACTOR, NEW_FACTOR = 3, 5
LIMIT = 2.0
PING_PAUSE_SECONDS = 0.0002
EXECUTE_PAUSE_SECONDS = 0.001
MARGIN_SECONDS = 0.3
REPLY_LIMIT_SECONDS = 120
EXECUTE = ("AI.MODELEXECUTE", "model", "INPUTS", 1, "x", "OUTPUTS", 1, "y")


@dataclasses.dataclass(frozen=True)
class Window:
    """What happened while one value was stored; milliseconds."""

    gap: float
    pings: int
    duration: float
    old_answers: int
    new_answers: int


def connect(path):
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(REPLY_LIMIT_SECONDS)
    connection.connect(str(path))
    return connection


def ping_until(stop, path, result):
    """Sends PING after PING; puts the longest wait in seconds and the number of waits into `result`."""
    longest = count = 0
    with connect(path) as connection:
        while not stop.is_set():
            began = time.perf_counter()
            connection.sendall(b"*1\r\n$4\r\nPING\r\n")
            reply = connection.recv(100)
            longest = max(longest, time.perf_counter() - began)
            if reply != b"+PONG\r\n":
                raise RuntimeError(f"PING was answered with {reply!r}")
            count += 1
            time.sleep(PING_PAUSE_SECONDS)
    result.put((longest, count))


def execute_until(stop, path, result):
    """Executes the model at the key; counts the old and the new model's answers. None may be wrong."""
    counts = {OLD_FACTOR: 0, NEW_FACTOR: 0}
    with redis.Redis(unix_socket_path=str(path), protocol=2) as client:
        x = numpy.frombuffer(client.execute_command("AI.TENSORGET", "x", "BLOB"), numpy.float32)
        while not stop.is_set():
            pipeline = client.pipeline(transaction=False)
            pipeline.execute_command(*EXECUTE)
            pipeline.execute_command("AI.TENSORGET", "y", "BLOB")
            y = numpy.frombuffer(pipeline.execute()[1], numpy.float32)
            factor = int(y[1] / x[1])
            if factor not in counts or not numpy.array_equal(y, x * factor):
                raise RuntimeError("the model gave a wrong answer")
            counts[factor] += 1
            time.sleep(EXECUTE_PAUSE_SECONDS)
    result.put(counts)


def start(target, stop, server):
    result = multiprocessing.SimpleQueue()
    process = multiprocessing.Process(target=target, args=(stop, server.socket, result), daemon=True)
    process.start()
    return process, result


def finish(process, result):
    """The result of a process; a process that failed has said why on the terminal."""
    process.join(REPLY_LIMIT_SECONDS)
    if process.exitcode != 0:
        raise SystemExit("one of the clients failed")
    return result.get()


def measure(server, client, request):
    """Sends one large request while the other two clients go on."""
    client.execute_command("AI.MODELSTORE", "model", "ONNX", "CPU", "BLOB", models.small(OLD_FACTOR, WIDTH))
    client.unlink("string")
    stop = multiprocessing.Event()
    pinging, executing = start(ping_until, stop, server), start(execute_until, stop, server)
    with connect(server.socket) as connection:
        time.sleep(MARGIN_SECONDS)
        began = time.perf_counter()
        connection.sendall(request)
        reply = connection.recv(1000)
        duration = time.perf_counter() - began
        time.sleep(MARGIN_SECONDS)
    stop.set()
    gap, pings = finish(*pinging)
    answers = finish(*executing)
    if reply != b"+OK\r\n":
        raise SystemExit(f"the server answered {reply!r}")
    return Window(gap * 1e3, pings, duration * 1e3, answers[OLD_FACTOR], answers[NEW_FACTOR])


def show(name, window):
    print(
        f"{name:14} longest wait {window.gap:8.2f} ms of {window.pings:5} PINGs; took {window.duration:7.0f} "
        f"ms; answers of the old model {window.old_answers:4}, of the new {window.new_answers:3}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add_arguments(parser)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--layers", type=int, default=LAYERS, help="16 MiB each (default: %(default)s)")
    options = parser.parse_args()
    model = models.large(NEW_FACTOR, WIDTH, options.layers)
    print(f"model and string: {len(model) / 2**20:.0f} MiB")
    requests = {
        "SET": load.encode("SET", "string", model),
        "AI.MODELSTORE": load.encode("AI.MODELSTORE", "model", "ONNX", "CPU", "BLOB", model)}
    gaps = {name: [] for name in requests}
    with Server.from_options(options) as server, server.client() as client:
        values = numpy.arange(1, WIDTH + 1, dtype=numpy.float32)
        client.execute_command("AI.TENSORSET", "x", "FLOAT", 1, WIDTH, "BLOB", values.tobytes())
        for _ in range(options.repeats):
            for name, request in requests.items():
                window = measure(server, client, request)
                show(name, window)
                gaps[name].append(window.gap)
                if name == "AI.MODELSTORE" and (window.old_answers == 0 or window.new_answers == 0):
                    raise SystemExit("the old model did not answer before the swap, or the new one after it")
    median = {name: statistics.median(values) for name, values in gaps.items()}
    ratio = median["AI.MODELSTORE"] / median["SET"]
    for name, values in gaps.items():
        print(f"{name}: median of the longest waits {median[name]:.2f} ms, highest {max(values):.2f} ms")
    is_met = ratio <= LIMIT
    print(f"{'met' if is_met else 'NOT MET'}: AI.MODELSTORE holds up others {ratio:.2f} times as long as SET "
          f"(at most {LIMIT})")
    raise SystemExit(0 if is_met else 1)


if __name__ == "__main__":
    main()
