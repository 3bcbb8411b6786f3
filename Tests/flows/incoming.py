"""Messages as Python's own `marshal` reads and writes them; what the core does in C is compared with it."""

import marshal
import struct

_LENGTH = struct.Struct("<I")


def framed(message):
    """A message's bytes, with its length."""
    body = marshal.dumps(message, 2)
    return _LENGTH.pack(len(body)) + body


class Incoming:
    """Cuts a stream of bytes into messages, which `loads` reads."""

    def __init__(self, loads=marshal.loads):
        self._loads = loads
        self._rest = bytearray()

    def feed(self, data):
        """The messages that `data`, of any length, completes: a list of tuples."""
        self._rest += data
        messages = []
        while len(self._rest) >= 4:
            end = 4 + _LENGTH.unpack_from(self._rest)[0]
            if len(self._rest) < end:
                break
            messages.append(self._loads(bytes(self._rest[4:end])))
            del self._rest[:end]
        return messages
