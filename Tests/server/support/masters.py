"""A master that sends its replica what no server would, for tests of what a replica believes."""

import socket
import threading

from .wire import encoded

EMPTY_RDB = b"REDIS0009\xff" + bytes(8)


class FakeMaster:
    """Listens on a free port of 127.0.0.1; each replica gets an empty data set, then the given commands."""

    def __init__(self, *commands):
        self.stream = b"".join(encoded(words) for words in commands)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()

    def serve(self):
        """Takes one replica after the other."""
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as requests:
                self.answer(connection, requests)

    def answer(self, connection, requests):
        """Says yes to whatever a replica asks for, until it asks for the data."""
        while line := requests.readline():
            # While it loads, a replica says that it is there.
            if line == b"\n":
                continue
            words = []
            for _ in range(int(line[1:])):
                length = int(requests.readline()[1:])
                words.append(requests.read(length + 2)[:-2].upper())
            if words[0] == b"PSYNC":
                header = b"+FULLRESYNC %s 0\r\n$%d\r\n" % (b"0" * 40, len(EMPTY_RDB))
                connection.sendall(header + EMPTY_RDB + self.stream)
            elif words[0] != b"REPLCONF" or words[1] != b"ACK":
                connection.sendall(b"+PONG\r\n" if words[0] == b"PING" else b"+OK\r\n")
