"""Sends a case to a server and reads all replies."""

import selectors
import socket

from support.wire import bulk, encoded

from .replies import Replies, WrongReply

# Far beyond every limit that a server of these runs has: what takes longer never ends.
HANG_SECONDS = 60
CHUNK = 1 << 18


class Trouble(Exception):
    """What went wrong with a case: `kind` in a word, and the rest in a sentence."""

    def __init__(self, kind, text):
        super().__init__(text)
        self.kind = kind


class Connection:
    """One connection with what it has still to send and the replies that it waits for."""

    def __init__(self, path, stream, mark):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(str(path))
        self.socket.setblocking(False)
        self.mark = bulk(mark)
        # A case may leave a transaction open, in which the mark would only be queued.
        end = [["DISCARD"], ["ECHO", mark]]
        commands = ([["HELLO", 3]] if stream.protocol == 3 else []) + stream.commands + end
        self.expected = len(commands)
        self.unsent = memoryview(b"".join(map(encoded, commands)))
        self.replies = Replies()

    @property
    def is_done(self):
        return self.replies.count >= self.expected

    def write(self):
        try:
            self.unsent = self.unsent[self.socket.send(self.unsent[:CHUNK]):]
        except BlockingIOError:
            pass

    def read(self):
        try:
            content = self.socket.recv(CHUNK)
        except BlockingIOError:
            return
        if not content:
            raise ConnectionError("the server closed the connection")
        self.replies.feed(content)

    def check(self):
        """The mark is the last reply: no command had none, and none had two."""
        if self.replies.count > self.expected or self.replies.last != self.mark:
            raise Trouble("replies", f"{self.replies.count} replies to {self.expected} commands, "
                          f"the last is {self.replies.last[:80]!r}")


def send(path, case, seconds=HANG_SECONDS):
    """Sends a case to a server and waits for all replies, for as long as some come within the time.

    Raises Trouble: "hang" if they do not come, "replies" if they are wrong; ConnectionError if the server
    is gone.
    """
    mark = f"end of {case.name}".encode()
    connections = [Connection(path, stream, mark) for stream in case.streams]
    try:
        exchange(connections, seconds)
        for connection in connections:
            connection.check()
    except WrongReply as error:
        raise Trouble("replies", str(error)) from error
    finally:
        for connection in connections:
            connection.socket.close()


def exchange(connections, seconds):
    """Sends and reads on all connections at the same time."""
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(
                connection.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, connection)
        waiting = set(connections)
        while waiting:
            ready = selector.select(seconds)
            if not ready:
                left = [connection.expected - connection.replies.count for connection in waiting]
                raise Trouble("hang", f"nothing came for {seconds} s, replies are missing: {left}")
            for key, events in ready:
                connection = key.data
                if events & selectors.EVENT_WRITE:
                    connection.write()
                    if not connection.unsent:
                        selector.modify(connection.socket, selectors.EVENT_READ, connection)
                if events & selectors.EVENT_READ:
                    connection.read()
                if connection.is_done:
                    selector.unregister(connection.socket)
                    waiting.discard(connection)
