#!/usr/bin/env python3
"""Tells servers what their Python process and their master would not say of flows. See README.md.

    flow_cases.py records  [--seed N] [--count N]    what is kept of sessions, changed, as a master sends it
    flow_cases.py messages [--seed N] [--count N]    messages of the Python process, changed
"""

import argparse
import marshal
import pathlib
import random
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "server")]

from support import guests  # noqa: E402
from support.clients import refusal  # noqa: E402
from support.masters import FakeMaster  # noqa: E402
from support.servers import RedisServer, wait_until  # noqa: E402

from frame.values import BOUNDARIES, flipped  # noqa: E402

# Records that one master sends, scripts that one server is asked to run, messages that each brings.
RECORDS_AT_ONCE = 200
SCRIPTS_AT_ONCE = 6
MESSAGES_AT_ONCE = 40

REGISTRATION = {
    "reader": "CommandReader", "mode": "async", "trigger": b"t", "inorder": False, "desc": None, "steps": []}
KEYS = REGISTRATION | {"reader": "KeysReader", "prefix": b"*", "eventTypes": None, "keyTypes": None,
                       "readValue": True}
STREAM = REGISTRATION | {
    "reader": "StreamReader", "prefix": b"*", "batch": 1, "duration": 0, "trimStream": True,
    "onFailedPolicy": "continue", "retryInterval": 1}
RUN = {"reader": "PythonReader", "mode": "async", "desc": None, "steps": []}
CALLS = [
    ("execute", [b"PING"]), ("executeMany", [[b"PING"], [b"SET", b"k", b"v"]]),
    ("executeRest", 2),
    ("register", REGISTRATION), ("register", KEYS), ("register", STREAM), ("run", RUN),
    ("read", "KeysReader", {"pattern": b"*", "count": 10}, None), ("atomic",), ("unatomic",),
    ("next", [b"a"]), ("override", b"a"), ("tensor.get", [b"t"]),
    ("tensor.set", [(b"t", ("FLOAT", [2], bytes(8)))]), ("tensor.data", 1),
    ("model.find", b"m"), ("script.find", b"s", b"f"), ("model.run", 1, [b"a"], [1], [b"o"]),
    ("model.start", 1, [b"a"], [("FLOAT", [1], bytes(4))], 1), ("script.run", 1, b"f", [1], 1),
    ("dag.model", b"m", [b"a"], [b"b"]), ("dag.script", b"s", b"f"),
    ("dag.check", b"|> AI.TENSORGET a"), ("dag.run", [[b"AI.TENSORGET", b"a"]]),
]
BROKEN = ["SCRIPTED", "RESULTS", "DONE", "LOG", "RELEASE", "PARKED", "ARM", "PONG", "CALL"]


def changed(value, source, chance=0.15):
    """A value with some of its parts replaced by what belongs elsewhere."""
    if source.random() < chance:
        return source.choice([
            None, True, 0, -1, 1.5, b"", b"\0\xff", "", "text", [], (), {}, [None], {"reader": 1},
            source.choice(BOUNDARIES), -source.choice(BOUNDARIES), b"a" * 1000, [value, value], (value,)])
    if isinstance(value, dict):
        return {key: changed(item, source, chance) for key, item in value.items() if source.random() > 0.05}
    if isinstance(value, (list, tuple)):
        parts = [changed(item, source, chance) for item in value if source.random() > 0.03]
        return type(value)(parts)
    return value


def record(source):
    """What is kept of a session, as bytes, mostly changed."""
    registrations = [
        (b"%d-%d" % (source.randrange(3), number), number + 1, number,
         source.choice([REGISTRATION, KEYS, STREAM]))
        for number in range(source.randrange(4))]
    database = source.choice([0, 0, 3, 99])
    whole = (1, b"s%d" % source.randrange(5), b"pass", None, None, database, ([], registrations))
    data = marshal.dumps(changed(whole, source, source.choice([0, 0.02, 0.1])), 2)
    if source.random() < 0.3:
        data = flipped(data, source)
    return data[:source.randrange(len(data) + 1)] if source.random() < 0.1 else data


def messages(seed, number):
    """What a Python says when it is asked to run a script, whose number stands as ("session",).

    Each is the name of a kind, then its values, so that this needs no module of the other side.
    """
    source = random.Random(f"messages {seed} {number}")
    found = []
    for index in range(MESSAGES_AT_ONCE):
        operation, *arguments = source.choice(CALLS)
        chance = source.choice([0, 0.1, 0.3])
        arguments = [changed(argument, source, chance) for argument in arguments]
        found.append(("CALL", index + 1, ("session",), operation, *arguments))
        if source.random() < 0.01:
            found.append((source.choice(BROKEN), source.choice([0, 1, -1, *BOUNDARIES]),
                          *(changed(part, source, 0.4) for part in ("done", 1, [b"a"], []))))
    return found


LIAR = """
sys.path[:0] = {paths!r}
import flow_cases
def script(number):
    global rounds
    rounds += 1
    for kind, first, *rest in flow_cases.messages({seed}, rounds + {number} * 1000):
        rest = [number if part == ("session",) else part for part in rest]
        try:
            send(getattr(wire, kind), first, *rest)
        except (ValueError, OverflowError):
            pass
    send(wire.SCRIPTED, number, None)
rounds = 0
send(*READY)
serve(script)
"""


def send_records(seed, count):
    """Has a server follow masters that send such records. Returns how many; raises if that does harm."""
    source = random.Random(f"records {seed}")
    server = RedisServer(words=("FLOWS", "yes"), tcp=True).start()
    try:
        client = server.client()
        done = 0
        while done < count:
            sent = [("AI._FLOWSESSION", record(source)) for _ in range(RECORDS_AT_ONCE)]
            with FakeMaster(*sent, ("SET", "end", done)) as master:
                client.execute_command("REPLICAOF", "127.0.0.1", master.port)
                end = str(done).encode()
                wait_until(lambda end=end: client.get("end") == end, what="the last command of a master")
                client.execute_command("RG.DUMPREGISTRATIONS")
                client.execute_command("RG.PYDUMPSESSIONS", "VERBOSE")
                client.execute_command("REPLICAOF", "NO", "ONE")
            done += len(sent)
        client.execute_command("DEBUG", "RELOAD")
        return done
    finally:
        server.stop()
        trouble = server.trouble()
        server.remove()
        if trouble:
            raise AssertionError(f"records, seed {seed}: {trouble}")


def send_messages(seed, count):
    """Has servers hear such messages. Returns how many; raises if that does harm."""
    done = number = 0
    while done < count:
        number += 1
        with tempfile.TemporaryDirectory() as folder:
            paths = [str(HERE), str(HERE.parent / "server")]
            program = guests.make(pathlib.Path(folder), LIAR.format(paths=paths, seed=seed, number=number))
            server = RedisServer(words=(*guests.WORDS, "FLOWS_PYTHON", program)).start()
            try:
                client = server.client()
                for _ in range(SCRIPTS_AT_ONCE):
                    # What the script runs may never end.
                    refusal(client, "RG.PYEXECUTE", "pass", "UNBLOCKING")
                    refusal(client, "RG.TRIGGER", "t")
                    client.ping()
                    done += MESSAGES_AT_ONCE
                client.execute_command("RG.DUMPREGISTRATIONS")
            finally:
                server.stop()
                trouble = server.trouble()
                server.remove()
                if trouble:
                    raise AssertionError(f"messages, seed {seed}, server {number}: {trouble}")
    return done


KINDS = {"records": send_records, "messages": send_messages}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--seed", type=int, default=random.randrange(1, 1 << 31))
    parser.add_argument("--count", type=int, default=20_000)
    arguments = parser.parse_args()
    print(f"{arguments.kind}, seed {arguments.seed}: ", end="", flush=True)
    print(KINDS[arguments.kind](arguments.seed, arguments.count), "without harm", flush=True)


if __name__ == "__main__":
    main()
