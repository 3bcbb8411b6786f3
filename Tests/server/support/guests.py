"""Programs that stand where Python should be and speak to the server as no Python of ours would."""

import pathlib
import sys

# Of what reads messages without the core of the Python side.
READER = pathlib.Path(__file__).resolve().parents[2] / "flows"

# They are scripts, which a sandbox does not run.
WORDS = ("FLOWS", "yes", "FLOWS_SANDBOX", "none")

PROLOGUE = """#!{python}
import os, socket, struct, sys, threading
sys.path += [os.environ["PYTHONPATH"], {reader!r}]
from incoming import Incoming
from redisai_flows import wire
server = socket.socket(fileno=int(sys.argv[-2]))
side = socket.socket(fileno=int(sys.argv[-1]))
incoming = Incoming()
READY = (wire.READY, 0, {{"protocol": 1, "pid": os.getpid(), "python": b"3.11"}})

def send(*message):
    server.sendall(wire.encoded(message))

def read():
    # The next messages of the server; ends with the connection.
    data = server.recv(1 << 16)
    if not data:
        sys.exit()
    return incoming.feed(data)

def serve(on_script=None, on_start=None):
    # Goes on for ever, and answers as a Python would whose scripts register the trigger `t`.
    asked = 0
    while True:
        for kind, number, *rest in read():
            if kind == wire.SCRIPT:
                (on_script or registered)(number)
            elif kind == wire.START:
                (on_start or done)(number)
            elif kind == wire.PING:
                send(wire.PONG, number, 0)

def registered(number):
    send(wire.CALL, 1, number, "register",
         {{"reader": "CommandReader", "mode": "async", "trigger": "t", "inorder": False, "desc": None,
           "steps": []}})
    send(wire.SCRIPTED, number, None)

def done(number):
    send(wire.DONE, number, "done", 1, [b"result"], [])
"""


def make(folder, body):
    """The path of such a program."""
    path = folder / "guest"
    path.write_text(PROLOGUE.format(python=sys.executable, reader=str(READER)) + body + "\n")
    path.chmod(0o755)
    return str(path)
