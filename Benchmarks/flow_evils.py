#!/usr/bin/env python3
"""What can a flow do to others? Evil flows, one after another, on one server.

Each begins on a connection of its own, while another client sends PING, and the flow of another session is
called until it answers. Verdicts: the server lives, the other session's flow has answered with its value
within 2 seconds, and the p99 of PING is at most 1.5 times that of a quiet server; for flows that hold the
server, in mode sync and in `atomic`, the longest PING is at most FLOWS_ATOMIC_LIMIT and a tenth. Flows that
send the server one command after the other are clients: they may be in the way of others as much as an
ordinary client that does so, which is measured in the same rounds. Quiet and evil rounds alternate, and
medians of their p99s are compared. Server and client of PING share a processor, the ordinary client has the
last one, and Python is where the system puts it.
"""

import argparse
import dataclasses
import os
import pathlib
import statistics
import subprocess
import threading
import time

import redis

import load
from flow_server import FlowServer, add_flow_arguments, is_soon, pairs, registrations
from server import ROOT

RATIO, ANSWER_SECONDS, HELD_RATIO = 1.5, 2.0, 1.1
LIMIT_MILLISECONDS = 200
BEGIN_SECONDS = 0.05
HOLDING = ("sync", "atomic")
GOOD = "GB('CommandReader').map(lambda words: execute('INCR', words[1])).register(trigger='good')"
SETUP = """
import asyncio, ctypes, hashlib, itertools, os, re, signal, sys, threading, time
def deep():
    return deep()
class Evil:
    def __del__(self):
        raise ValueError('evil')
def raising():
    while True:
        Evil()
def spin():
    while True:
        pass
def commands():
    while True:
        execute('INCR', 'evil')
def large_commands():
    while True:
        execute('SET', 'evil', 'x' * (8 << 20))
def allocate():
    held = []
    while True:
        held.append(bytearray(1 << 20))
def fork():
    while True:
        try:
            if os.fork() == 0:
                os._exit(0)
        except OSError:
            pass
def talk():
    while True:
        print('x' * 1000)
def shout():
    while True:
        os.write(2, b'x' * 65536)
def record():
    while True:
        log('x' * 1000)
def register():
    for number in itertools.count():
        GB('CommandReader').register(trigger=f'evil {number}')
def run():
    while True:
        GB('PythonReader').run(lambda: iter(range(10)))
def threads():
    while True:
        threading.Thread(target=time.sleep, args=(1e6,), daemon=True).start()
def spinning_threads():
    for _ in range(64):
        threading.Thread(target=spin, daemon=True).start()
    spin()
def descriptors():
    held = []
    while True:
        held.append(os.open('/dev/null', os.O_RDONLY))
def recursion():
    sys.setrecursionlimit(10**9)
    deep()
def results():
    return ['x' * (1 << 20)] * 1000
def futures():
    async def never():
        await createFuture()
    while True:
        runCoroutine(never())
def swallow():
    while True:
        try:
            spin()
        except BaseException:
            pass
async def gather():
    while True:
        await asyncio.gather(*(executeAsync('INCR', 'evil') for _ in range(64)))
async def tasks():
    while True:
        asyncio.ensure_future(asyncio.sleep(1e6))
        await asyncio.sleep(0)
"""
# What a step evaluates, by a name.
ACTS = {
    "spins": "spin()",
    "sleeps": "time.sleep(1e6)",
    "sits in C with the lock": "sum(range(10**12))",
    "sits in C without the lock": "hashlib.pbkdf2_hmac('sha256', b'x', b'x', 2**31 - 1)",
    "sits in a regular expression": "re.match('(a*)*b', 'a' * 100)",
    "calls execute for ever": "commands()",
    "calls execute with much": "large_commands()",
    "allocates without end": "allocate()",
    "crashes": "ctypes.string_at(0)",
    "writes to address 0": "ctypes.memset(0, 0, 1)",
    "aborts": "os.abort()",
    "forks": "fork()",
    "exits at once": "os._exit(0)",
    "exits": "sys.exit()",
    "kills itself": "os.kill(os.getpid(), signal.SIGKILL)",
    "stops itself": "os.kill(os.getpid(), signal.SIGSTOP)",
    "prints for ever": "talk()",
    "fills the standard error": "shout()",
    "logs for ever": "record()",
    "registers for ever": "register()",
    "runs flows for ever": "run()",
    "raises in __del__": "raising()",
    "recurses": "recursion()",
    "starts threads for ever": "threads()",
    "starts threads that spin": "spinning_threads()",
    "opens files for ever": "descriptors()",
    "has large results": "results()",
    "makes futures for ever": "futures()",
    "catches everything": "swallow()",
    "closes all descriptors": "os.closerange(3, 10000)",
}
COROUTINES = {"gathers for ever": "await gather()", "makes tasks for ever": "await tasks()",
              "spins in a coroutine": "spin()", "sleeps in a coroutine": "time.sleep(1e6)",
              "sits in C in a coroutine": "sum(range(10**12))", "exits in a coroutine": "sys.exit()",
              "calls execute in a coroutine": "commands()"}
# They send the server commands, or have it do as much, without a pause.
CLIENTS = ("calls execute for ever", "calls execute with much", "registers for ever", "runs flows for ever",
           "gathers for ever", "calls execute in a coroutine")
HOLDERS = ("spins", "sleeps", "sits in C with the lock", "calls execute for ever", "allocates without end",
           "crashes", "exits at once", "forks", "prints for ever", "starts threads for ever", "stops itself")


@dataclasses.dataclass(frozen=True)
class Evil:
    """A flow, and what registers it."""

    name: str
    mode: str
    source: str


def evils():
    found = []
    for name, act in ACTS.items():
        found.append(Evil(name, "async", registered(f"def evil(words):\n    return {act}")))
    for name, act in COROUTINES.items():
        found.append(Evil(name, "coroutine", registered(f"async def evil(words):\n    return {act}")))
    for name in HOLDERS:
        found.append(Evil(name, "sync", registered(f"def evil(words):\n    return {ACTS[name]}", "sync")))
        held = f"def evil(words):\n    with atomic():\n        return {ACTS[name]}"
        found.append(Evil(name, "atomic", registered(held)))
    return found


def registered(function, mode="async"):
    return f"{SETUP}{function}\nGB('CommandReader').map(evil).register(trigger='evil', mode='{mode}')"


def send_evil(server, answers):
    """Calls the evil flow; of what it answers, if it ever does, only a lost connection is of interest."""
    try:
        with server.connect() as connection:
            answers.append(connection.call("RG.TRIGGER", "evil"))
    except (redis.exceptions.ResponseError, redis.exceptions.TimeoutError) as error:
        answers.append(error)
    except (redis.exceptions.ConnectionError, OSError) as error:
        answers.append(f"LOST {error}")


def answer_time(server, number):
    """Seconds until the other session's flow has answered with its value; errors until then are taken."""
    began = time.monotonic()
    with server.connect() as connection:
        while time.monotonic() - began < 60:
            try:
                connection.call("SET", "good", number)
                if connection.call("RG.TRIGGER", "good", "good") == [str(number + 1).encode()]:
                    return time.monotonic() - began
                raise SystemExit("NOT MET: the other flow gave a wrong value")
            except redis.exceptions.ResponseError:
                time.sleep(0.01)
    return time.monotonic() - began


def clear(connection):
    """Ends the evil flow and removes its session; the process may be about to end."""
    def is_clear():
        try:
            for execution in map(pairs, connection.call("RG.DUMPEXECUTIONS")):
                call_well(connection, "RG.ABORTEXECUTION", execution["executionId"])
            names = [pairs(entry)["ID"] for entry in connection.call("RG.PYDUMPSESSIONS")]
            if b"evil" in names:
                call_well(connection, "RG.PYEXECUTE", "pass", "REPLACE_WITH", "evil")
                return False
            return True
        except redis.exceptions.ResponseError:
            return False
    return is_soon(is_clear)


def call_well(connection, *words):
    try:
        connection.call(*words)
    except redis.exceptions.ResponseError:
        pass


class Meter:
    """Measures how PING is answered, alone and beside an ordinary client that never stops."""

    def __init__(self, server, client, tools, seconds):
        self.server, self.client, self.tools, self.seconds = server, client, tools, seconds

    def __call__(self):
        return load.measure_load(
            self.tools, self.server, self.client, 1, self.seconds, load.encode("PING"), b"+PONG\r\n",
            is_apart=False)

    def beside_client(self):
        request, reply = self.server.folder / "other.request", self.server.folder / "other.reply"
        request.write_bytes(load.encode("SET", "evil", 1))
        reply.write_bytes(b"+OK\r\n")
        command = ["taskset", "-c", load.cores()[-1], self.tools / "load", self.server.socket, 1,
                   self.seconds + 0.2, request, reply]
        with subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL):
            time.sleep(0.1)
            return self()


@dataclasses.dataclass(frozen=True)
class Run:
    """Seconds until others were answered, and how PING was: alone, beside a client, beside the evil flow."""

    seconds: float
    quiet: load.Measurement | None
    client: load.Measurement | None
    beside: load.Measurement | None


class Trial:
    """All evils on one server. Without a `meter` nothing is measured but what is right."""

    def __init__(self, server, meter=None):
        self.server, self.meter = server, meter
        self.faults, self.number = [], 0

    def fault(self, evil, text):
        self.faults.append(f"{evil.name} ({evil.mode}): {text}")

    def run(self, evil):
        """One evil flow from its registration to its end; None if it could not be registered."""
        self.number += 1
        quiet = self.meter() if self.meter else None
        client = self.meter.beside_client() if self.meter and evil.name in CLIENTS else None
        with self.server.connect() as connection:
            if not self.register(connection, evil):
                return None
            answers, seconds = [], []
            attack = threading.Thread(target=self.attack, args=(answers, seconds), daemon=True)
            attack.start()
            beside = self.meter() if self.meter else None
            attack.join()
            # Whoever comes while it is at it is served, too.
            seconds.append(answer_time(self.server, self.number * 100 + 50))
            if not clear(connection):
                self.fault(evil, "its session could not be removed")
            if not is_soon(lambda: len(answers) > 0):
                self.fault(evil, "its client was not answered")
        if answers and str(answers[0]).startswith("LOST"):
            self.fault(evil, f"its client was not answered: {answers}")
        if self.server.process.poll() is not None:
            raise SystemExit(f"NOT MET: {evil.name} has ended the server")
        return Run(max(seconds), quiet, client, beside)

    def attack(self, answers, seconds):
        """Calls the evil flow, then the good one."""
        time.sleep(BEGIN_SECONDS)
        threading.Thread(target=send_evil, args=(self.server, answers), daemon=True).start()
        time.sleep(BEGIN_SECONDS)
        seconds.append(answer_time(self.server, self.number * 100))

    def register(self, connection, evil):
        answer = []

        def is_registered():
            try:
                answer[:] = [connection.call("RG.PYEXECUTE", evil.source, "ID", "evil", "UPGRADE")]
            except redis.exceptions.ResponseError as error:
                answer[:] = [error]
            return answer == [b"OK"]
        if not is_soon(is_registered):
            self.fault(evil, f"it could not be registered: {answer}")
        return answer == [b"OK"]


def describe(evil, runs):
    """The line of one evil flow, and whether its figures are met."""
    seconds = max(run.seconds for run in runs)
    quiet = statistics.median(run.quiet.p99 for run in runs)
    beside = statistics.median(run.beside.p99 for run in runs)
    longest = statistics.median(run.beside.maximum for run in runs) / 1000
    line = (f"{evil.name + ' (' + evil.mode + ')':44} others after {seconds:6.3f} s; "
            f"PING p99 {beside:7.1f} us, quiet {quiet:5.1f} = {beside / quiet:5.2f}; "
            f"longest {longest:6.1f} ms")
    is_fast = beside <= RATIO * quiet
    if evil.mode in HOLDING:
        is_fast = longest <= HELD_RATIO * LIMIT_MILLISECONDS
    if evil.name in CLIENTS and not is_fast:
        client = statistics.median(run.client.p99 for run in runs)
        line += f"; beside a client {client:.1f}"
        is_fast = beside <= RATIO * client
    is_met = seconds <= ANSWER_SECONDS and is_fast
    return f"{'met    ' if is_met else 'NOT MET'} {line}", is_met


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add_flow_arguments(parser)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1, help="of PING; default: %(default)s")
    parser.add_argument("--only", help="flows whose names contain this")
    parser.add_argument("--mode", help="only this mode: async, coroutine, sync or atomic")
    parser.add_argument(
        "--tools", type=pathlib.Path, default=ROOT / ".build/release",
        help="the folder of `load`; make bench builds it")
    options = parser.parse_args()
    chosen = [evil for evil in evils() if (options.only or "") in evil.name
              and options.mode in (None, evil.mode)]
    all_met = True
    words = ("FLOWS_ATOMIC_LIMIT", LIMIT_MILLISECONDS)
    server = FlowServer(options, words=words)
    with server, server.client() as client, server.connect() as connection:
        connection.call("RG.PYEXECUTE", GOOD, "ID", "good")

        print(f"{len(os.sched_getaffinity(0))} processors; load {os.getloadavg()}")
        trial = Trial(server, Meter(server, client, options.tools, options.seconds))
        for evil in chosen:
            runs = [run for _ in range(options.rounds) if (run := trial.run(evil))]
            line, is_met = describe(evil, runs) if runs else (f"NOT MET {evil.name}", False)
            all_met = all_met and is_met
            print(line, flush=True)
        if [name for name in registrations(connection).values() if name[1]["args"]["trigger"] != b"good"]:
            trial.faults.append("registrations are left")
        for fault in trial.faults:
            print(f"NOT MET: {fault}")
    raise SystemExit(0 if all_met and not trial.faults else 1)


if __name__ == "__main__":
    main()
