#!/usr/bin/env python3
"""Mixed load from 16 clients while models are overwritten and deleted; every reply is checked.

Each model answers with its input times one of a few whole numbers, so an answer is right exactly when it is
the input times one of them, whichever version was at the key. Errors that must be possible (a model that
another client just deleted) are counted as explained; any other error, wrong answer or lost connection is
not. The verdict asks for none of these, and for memory that is flat after the first tenth of the time.
"""

import argparse
import collections
import functools
import statistics
import threading
import time

import redis

from server import Server, add_arguments
from soak_client import MODELS, Client, store

CLIENTS = 16
SAMPLES = 60
GROWTH_SHARE, GROWTH_BYTES = 0.05, 8 << 20


class Tally:
    """What all clients have seen so far."""

    def __init__(self):
        self.lock = threading.Lock()
        self.actions = collections.Counter()
        self.explained = collections.Counter()
        self.unexplained = collections.Counter()

    def add(self, action, explained, unexplained):
        with self.lock:
            self.actions[action] += 1
            self.explained.update(explained)
            self.unexplained.update(unexplained)

    def line(self):
        with self.lock:
            return (f"{self.actions.total()} actions, {self.explained.total()} explained errors, "
                    f"{self.unexplained.total()} not explained")


def drive(server, make, stop, tally):
    """One client, made of its connection, until `stop`; what it cannot go on after is not explained."""
    with server.client() as connection:
        client = make(connection)
        while not stop.is_set():
            try:
                tally.add(*client.act())
            except redis.exceptions.RedisError as error:
                tally.add("lost", [], [f"{type(error).__name__}: {error}"])
                return


def sample(client):
    memory = client.info("memory")
    return memory["used_memory"], memory["used_memory_rss"]


def watch(client, seconds, tally):
    """Prints memory and counts at each step; returns (used_memory, rss) of each."""
    step = seconds / SAMPLES
    began = time.monotonic()
    samples = []
    for index in range(1, SAMPLES + 1):
        time.sleep(max(began + index * step - time.monotonic(), 0))
        used, resident = sample(client)
        samples.append((used, resident))
        print(f"{index * step:6.0f} s: used_memory {used / 2**20:7.1f} MiB, RSS {resident / 2**20:7.1f} MiB; "
              f"{tally.line()}", flush=True)
    return samples


def growth_verdict(name, values):
    """Compares the second tenth of the time with the last one."""
    tenth = SAMPLES // 10
    early, late = statistics.mean(values[tenth:2 * tenth]), statistics.mean(values[-tenth:])
    is_flat = late - early <= max(early * GROWTH_SHARE, GROWTH_BYTES)
    print(f"{'met' if is_flat else 'NOT MET'}: {name} {early / 2**20:.1f} MiB in the second tenth, "
          f"{late / 2**20:.1f} MiB in the last (at most {GROWTH_SHARE:.0%} or {GROWTH_BYTES >> 20} MiB more)")
    return is_flat


def report(server, samples, tally):
    """Prints what was counted and the verdicts; True if all are met."""
    print("actions: " + ", ".join(f"{name} {count}" for name, count in tally.actions.most_common()))
    for title, counted in (("explained", tally.explained), ("NOT EXPLAINED", tally.unexplained)):
        for text, count in counted.most_common(20):
            print(f"{title}: {count} x {text}")
    is_clean = not tally.unexplained
    print(f"{'met' if is_clean else 'NOT MET'}: {tally.unexplained.total()} errors are not explained")
    if not is_clean:
        print(f"the server's log ends with:\n{server.log_tail()}")
    is_flat = [
        growth_verdict("used_memory", [used for used, _ in samples]),
        growth_verdict("RSS", [resident for _, resident in samples])]
    return is_clean and all(is_flat)


def soak(server, client, minutes, makers):
    """Lets the clients, one for each function that makes one, work for so long; True if all is met."""
    tally, stop = Tally(), threading.Event()
    clients = [threading.Thread(target=drive, args=(server, make, stop, tally)) for make in makers]
    for thread in clients:
        thread.start()
    try:
        samples = watch(client, minutes * 60, tally)
    except redis.exceptions.ConnectionError as error:
        raise SystemExit(f"the server is gone: {error}; its log ends with:\n{server.log_tail()}")
    finally:
        stop.set()
        for thread in clients:
            thread.join()
    return report(server, samples, tally)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add_arguments(parser)
    parser.add_argument("--minutes", type=float, default=10)
    options = parser.parse_args()
    with Server.from_options(options) as server, server.client() as client:
        for model in MODELS:
            store(client, model, model.factors[0])
        makers = [functools.partial(Client, number=number) for number in range(CLIENTS)]
        is_met = soak(server, client, options.minutes, makers)
    raise SystemExit(0 if is_met else 1)


if __name__ == "__main__":
    main()
