"""Runs that last until the test lets them go on: what has to wait, to overlap or to come late does so surely.

A gate is a script whose runs wait until somebody subscribes to a channel. Nothing is written for that, so
gates open on replicas as well. While writes are paused scripts may not ask: what waits at a gate then fails.
"""

import contextlib
import itertools
import select

from . import patience
from .wire import OK

SOURCE = """
def wait(tensors: List[Tensor], keys: List[str], args: List[str]):
    redis.execute("PUBLISH", args[0] + " reached", "")
    while int(str(redis.asList(redis.execute("PUBSUB", "NUMSUB", args[0]))[1])) == 0:
        # Leaves the server to others between two questions.
        for step in range(2000):
            pass
    return torch.ones([1])
"""
NUMBERS = itertools.count()


class Gate:
    """A place where runs wait: one for each `hold`, and one for each command made of `words`.

    It is closed at first, and stays open once it was opened, at the end of a `with` statement at the latest.
    """

    def __init__(self, server, device="CPU", database=0):
        self.server = server
        self.database = database
        # No other gate has the name, whose subscriber the server may not have missed yet.
        self.name = f"gate {next(NUMBERS)} on {device}"
        self.stack = contextlib.ExitStack()
        self.held = []
        words = ["AI.SCRIPTSTORE", self.name, device, "ENTRY_POINTS", 1, "wait", "SOURCE", SOURCE]
        assert self.connection().call(*words) == OK
        self.arrivals = self.connection()
        self.arrivals.call("SUBSCRIBE", f"{self.name} reached")
        self.is_open = False

    def connection(self):
        """A connection of the gate's own, in its database."""
        made = self.stack.enter_context(self.server.wire())
        assert self.database == 0 or made.call("SELECT", self.database) == OK
        return made

    def words(self, *rest, output=None):
        """The words of a run that waits at the gate; its output, if it is to have one, is the number 1."""
        outputs = [] if output is None else ["OUTPUTS", 1, output]
        return ["AI.SCRIPTEXECUTE", self.name, "wait", "INPUTS", 0, "ARGS", 1, self.name, *outputs, *rest]

    def reached(self, count=1):
        """Returns when so many more runs are under way and wait."""
        for _ in range(count):
            assert self.arrivals.receive().startswith(b"*3\r\n$7\r\nmessage")

    def hold(self):
        """Takes a worker of the device: returns when a run is under way that waits."""
        connection = self.connection()
        connection.send(*self.words())
        self.held.append(connection)
        answered, _, _ = select.select([connection.socket, self.arrivals.socket], [], [], patience.SECONDS)
        assert connection.socket not in answered, connection.receive()
        self.reached()

    def line_up(self, connection, *words):
        """Sends a command that waits behind a held run; returns when the server has taken it."""
        if not self.held:
            self.hold()
        connection.send(*words)
        self.server.read_all()

    def open(self, reply=OK):
        """Lets all runs go on, now and later; those that were held must be answered so."""
        if not self.is_open:
            # It stays for runs that ask later.
            self.server.kept.append(self.server.wire())
            self.server.kept[-1].call("SUBSCRIBE", self.name)
            self.is_open = True
        held, self.held = self.held, []
        for connection in held:
            assert connection.receive().startswith(reply)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        with self.stack:
            if kind is None:
                self.open()
