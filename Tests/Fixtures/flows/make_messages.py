"""Writes messages.json: messages of flows as bytes, for the tests of both sides.

    python Tests/Fixtures/flows/make_messages.py
"""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "Sources" / "Flows" / "python"))

from redisai_flows import wire  # noqa: E402

TENSOR = ("FLOAT", (2,), b"\0\0\x80\x3f\0\0\0\x40")

FROM_SERVER = {
    "hello": (wire.HELLO, 0, {"PythonAttemptTraceback": 1, "nodeId": None}),
    "ping": (wire.PING, 7),
    "script": (wire.SCRIPT, 1, {
        "id": b"mine", "source": b"x = 1", "restore": False, "requirements": [b"numpy>=1"]}),
    "start a trigger": (wire.START, 2, 3, 18, [[b"trigger", b"a\0b", b"\xff"]]),
    "start with keys": (wire.START, 2, 3, 2, [
        (b"k", b"hset", b"hash", {b"f": b"v"}), (b"k", b"del", b"empty", None)]),
    "start with entries": (wire.START, 2, 3, 0, [(b"s", b"1-0", [b"f", b"v"])]),
    "a reply": (wire.REPLY, 9, False, [1, -(1 << 40), (1 << 63) - 1, -(1 << 63), None, b"bulk", [0.5]]),
    "an error": (wire.REPLY, 9, True, b"ERR no"),
    "abort": (wire.ABORT, 2),
    "drop": (wire.DROP, 1),
    "forget": (wire.FORGET, 3),
    "place": (wire.PLACE, 0, [0], [1, 2, 3]),
}

FROM_PYTHON = {
    "ready": (wire.READY, 0, {"protocol": 1, "pid": 12345, "python": b"3.11.2"}),
    "pong": (wire.PONG, 7, 0),
    "scripted": (wire.SCRIPTED, 1, None),
    "scripted with an error": (wire.SCRIPTED, 1, b"['Traceback ...']"),
    "execute": (wire.CALL, 9, 2, "execute", [b"SET", b"a", b"\0\xff"]),
    "execute many": (wire.CALL, 9, 2, "executeMany", [[b"PING"], [b"INCR", b"a"]]),
    "register": (wire.CALL, 9, 1, "register", {
        "mode": "async", "trigger": "t", "inorder": False, "reader": "CommandReader", "desc": None,
        "steps": [("map", b"f"), ("collect", b"collect")]}),
    "read on": (wire.CALL, 9, 2, "read", "KeysReader", {
        "pattern": "*", "noScan": False, "readValue": True}, 17),
    "set tensors": (wire.CALL, 9, 2, "tensor.set", [
        (b"a", 5), (b"b", TENSOR), (b"c", ("UINT8", (9,), -1, 9))]),
    "run a model": (wire.CALL, 9, 2, "model.run", 6, [b"a"], [5], [b"out"]),
    "results": (wire.RESULTS, 2, [b"a", 1, [b"nested"], ("+", b"OK"), ("-", b"ERR no")]),
    "done": (wire.DONE, 2, "done", 15, [b"last"], [b"an error"]),
    "parked": (wire.PARKED, 2),
    "arm": (wire.ARM, 3),
    "log": (wire.LOG, 0, "notice", "h\xe9".encode()),
    "release": (wire.RELEASE, 0, [5, 6, -1]),
}


def lines():
    """The messages: who sends it, its name, what Python shows of it, its bytes in hexadecimal digits."""
    return [{"from": sender, "name": name, "value": repr(message), "bytes": wire.encoded(message).hex()}
            for sender, messages in (("server", FROM_SERVER), ("python", FROM_PYTHON))
            for name, message in messages.items()]


if __name__ == "__main__":
    (HERE / "messages.json").write_text(json.dumps(lines(), indent=1) + "\n")
