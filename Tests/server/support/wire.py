"""A connection that hands out replies as the bytes that came, for tests that pin the protocol itself."""

import socket

from . import patience


class Wire:
    """One connection to a server; every reply is the exact bytes of one whole reply."""

    def __init__(self, path, protocol=2):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(patience.SECONDS)
        self.socket.connect(str(path))
        self.stream = self.socket.makefile("rb")
        if protocol != 2:
            self.call("HELLO", protocol)

    def call(self, *words):
        """Sends one command and returns its reply."""
        self.send(*words)
        return self.receive()

    def send(self, *words):
        """Sends one command without waiting for its reply."""
        self.socket.sendall(encoded(words))

    def receive(self):
        """The next reply, as bytes, with everything nested in it."""
        line = self.stream.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the server closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind in b"$!=":
            return line + (self.stream.read(int(rest) + 2) if int(rest) >= 0 else b"")
        if kind in b"*~>":
            return line + b"".join(self.receive() for _ in range(max(int(rest), 0)))
        if kind == b"%":
            return line + b"".join(self.receive() for _ in range(2 * int(rest)))
        return line

    def nothing_more_came(self):
        """Whether the next reply is that of the command sent now: no reply was left over."""
        return self.call("ECHO", "nothing more") == b"$12\r\nnothing more\r\n"

    def close(self):
        self.stream.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def encoded(words):
    """A command as an array of bulk strings."""
    parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


def bulk(content):
    """The bytes of one bulk string in a reply."""
    content = content if isinstance(content, bytes) else content.encode()
    return b"$%d\r\n%s\r\n" % (len(content), content)


def array(*elements):
    """The bytes of an array whose elements are given as bytes of replies."""
    return b"*%d\r\n" % len(elements) + b"".join(elements)


def integer(number):
    """The bytes of an integer reply."""
    return b":%d\r\n" % number


def error(text):
    """The bytes of an error reply."""
    return b"-" + text.encode() + b"\r\n"


OK = b"+OK\r\n"
