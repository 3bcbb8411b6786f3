"""Requests of many clients that wait together, and how many rows their runs had."""

import contextlib

import numpy

from .gates import Gate
from .models import execution, get_tensor, set_tensor, store
from .servers import wait_until
from .wire import OK


class Waiting:
    """Requests of many clients, sent one after the other, that wait in the server."""

    def __init__(self, server):
        self.server = server
        self.stack = contextlib.ExitStack()
        self.connections = []
        self.blocked = 0

    def send(self, *words):
        """Sends a command on a connection of its own, and waits until the server has taken it."""
        self.post(*words)
        self.blocked += 1
        wait_until(
            lambda: self.server.field("clients", "blocked_clients") == str(self.blocked), what="the request")

    def post(self, *words):
        """Sends a command on a connection of its own."""
        connection = self.stack.enter_context(self.server.wire())
        connection.send(*words)
        self.connections.append(connection)

    def replies(self):
        return [connection.receive() for connection in self.connections]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stack.close()


class BehindABusyWorker(Waiting):
    """The same while the only worker is busy until it is asked for replies: all wait when it looks."""

    def __enter__(self):
        self.gate = self.stack.enter_context(Gate(self.server))
        self.gate.hold()
        self.blocked = 1
        return self

    def replies(self):
        self.gate.open()
        return super().replies()


def prepare(client, *options, rows, width=2, model="m"):
    """Stores `rows_of_run`, and as many inputs x0, x1, ... as `rows` has numbers, with so many rows each."""
    store(client, model, "rows_of_run", *options)
    for number, count in enumerate(rows):
        set_tensor(client, f"x{number}", "FLOAT", numpy.zeros([count, width]))


def requests(count, model="m", first=0):
    """The executions of a model with one input and output on x0, x1, ... into y0, y1, ..."""
    return [execution(model, [f"x{number}"], [f"y{number}"]) for number in range(first, first + count)]


def rows_of_runs(client, count):
    """How many rows the runs had that gave y0, y1, ...; an output names one number, however many rows."""
    told = [get_tensor(client, f"y{number}").flatten().tolist() for number in range(count)]
    assert all(len(set(rows)) == 1 for rows in told), told
    return [rows[0] for rows in told]


def stacked(server, commands):
    """Sends all commands while the worker is busy; each must be answered with OK."""
    with BehindABusyWorker(server) as waiting:
        for words in commands:
            waiting.send(*words)
        assert waiting.replies() == [OK] * len(commands)


def information(client, key):
    """What AI.INFO tells of a model."""
    reply = client.execute_command("AI.INFO", key)
    return {name.decode(): content for name, content in zip(reply[::2], reply[1::2])}
