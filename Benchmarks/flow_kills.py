#!/usr/bin/env python3
"""What do flows keep when the server, or the Python process, is killed at any moment?

Servers with `appendfsync always` are under load of triggers of all modes, of registrations, and of entries of
streams, while BGSAVE and BGREWRITEAOF come and go. Again and again the server (`--victim server`) or the
Python process (`--victim python`) is killed, milliseconds to seconds after its start, and now and then just
after the server has forked. Every registration that was acknowledged must be back, as it was, and answer;
every trigger must be answered, with a right value or an error that tells why, or its connection is closed
because the server has ended; every entry must be processed at least once.
"""

import argparse
import collections
import contextlib
import random
import threading
import time

import redis

import flow_load
from flow_server import FlowServer, add_flow_arguments, end

ROUNDS = 200
LOST = (redis.exceptions.ConnectionError, OSError)


class Lane:
    """One server, its load, and who kills it."""

    def __init__(self, options, number):
        self.victim, self.number = options.victim, number
        self.random = random.Random(f"{options.seed} {number}")
        settings = ["--appendonly", "yes", "--appendfsync", "always", "--repl-diskless-sync-delay", "0",
                    "--aof-use-rdb-preamble", "no" if number % 2 else "yes"]
        # A flow of mode sync is not hurried where several servers share a processor.
        self.server = FlowServer(options, words=("FLOWS_ATOMIC_LIMIT", 2000), settings=settings)
        self.load = flow_load.Load(self.server, self.random, ends=self.victim == "server")
        self.moments = collections.Counter()

    def run(self, rounds):
        """Kills so often, then looks whether everything is there; returns what is wrong."""
        self.server.launch()
        try:
            self.load.start()
            for _ in range(rounds):
                if self.load.faults:
                    break
                self.kill()
            self.load.finish()
            if self.server.process.poll() is not None:
                self.load.fault("the server has ended by itself")
        finally:
            if self.load.faults:
                print(f"server {self.number} at its first fault:\n{self.load.state}", flush=True)
            self.server.stop()
        return self.load.faults

    def kill(self):
        """Kills the victim once, after a while of any length."""
        process = self.server.process.pid if self.victim == "server" else self.next_python()
        if process is None:
            return
        self.wait(process)
        if self.victim == "server":
            self.server.kill()
            self.server.launch()
        else:
            end(process)

    def next_python(self):
        deadline = time.monotonic() + flow_load.LIMIT_SECONDS
        while time.monotonic() < deadline:
            process = self.server.python()
            if process is not None and process != getattr(self, "last", None):
                self.last = process
                return process
            time.sleep(0.0005)
        self.load.fault("no Python process has come")
        return None

    def wait(self, process):
        """Waits for so long after the start as this round asks for."""
        kind = self.random.choices(("at its start", "early", "late", "forked"), (3, 3, 3, 3))[0]
        self.moments[kind] += 1
        if kind == "at its start":
            return time.sleep(self.random.uniform(0, 0.3))
        if kind == "early":
            return time.sleep(10 ** self.random.uniform(-1.5, 0.3))
        if kind == "late":
            return time.sleep(self.random.uniform(0.5, 3))
        time.sleep(self.random.uniform(0.3, 1.5))
        with contextlib.suppress(redis.exceptions.RedisError, OSError), self.server.connect() as connection:
            connection.call(*self.random.choice((("BGREWRITEAOF",), ("BGSAVE",))))
        return time.sleep(self.random.choice((0, 0.001, 0.005, 0.02, 0.05)) * self.random.random())

    def say(self):
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.moments.items())
        print(f"server {self.number}: killed {kinds}; {self.load.line()}", flush=True)


def kill(options):
    """All rounds, on several servers at the same time; returns what is wrong."""
    lanes = [Lane(options, number) for number in range(options.servers)]
    faults = []

    def work(lane, rounds):
        try:
            faults.extend(lane.run(rounds))
        except Exception as error:  # A thread's exception is a fault of the run, too.
            faults.append(f"{type(error).__name__}: {error}")

    threads = [
        threading.Thread(target=work, args=(lane, len(range(lane.number, options.rounds, options.servers))))
        for lane in lanes]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(30)
            if options.is_told:
                print(f"{sum(sum(lane.moments.values()) for lane in lanes)} kills", flush=True)
    for lane in lanes:
        lane.say()
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add_flow_arguments(parser)
    parser.add_argument("--victim", choices=("server", "python"), required=True)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of all servers; default: %(default)s")
    parser.add_argument("--servers", type=int, default=2, help="at the same time; default: %(default)s")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.is_told = True
    faults = kill(options)
    for fault in faults:
        print(f"NOT MET: {fault}")
    if not faults:
        print(f"met: {options.rounds} times the {options.victim} was killed, and nothing was lost")
    raise SystemExit(1 if faults else 0)


if __name__ == "__main__":
    main()
