"""Messages between the server and this process.

A message is its length in bytes (4, little-endian, without themselves) and a tuple `(kind, number, ...)` in
version 2 of the `marshal` format, which both sides write and read quickly. Of that format only these types
travel:

| code | type |
|---|---|
| `N` `T` `F` | None, True, False |
| `i` | an integer of 32 bits |
| `l` | an integer of 64 bits at most, in digits of 15 bits |
| `g` | a double |
| `s` `u` | bytes; text in UTF-8 |
| `(` `[` `{` | a tuple, a list, a dict |

What the server sends is trusted: nobody else holds the other end. What it gets is not.
"""

import marshal
import struct

MARSHAL_VERSION = 2

# What the server reads of one message: bytes, values, levels of values within others, itself among them.
# Longer results travel in pieces; longer arguments of `execute` are an error.
MESSAGE_LIMIT = 64 * 1024 * 1024
VALUE_LIMIT = 1_000_000
DEPTH_LIMIT = 32
# The size from which results travel in pieces, in bytes.
PIECE_SIZE = 1024 * 1024

# From the server. The second field of each message is a number; after it:
HELLO = 1          # 0, settings: dict
PING = 2           # any number, which PONG returns
SCRIPT = 3         # session's number, its description: dict (see `sessions.Session`)
START = 4          # execution's number, its description: see `executions`
REPLY = 5          # call's number, whether it failed, value or error text
ABORT = 6          # execution's number
DROP = 7           # session's number: its registrations are gone, what runs may finish
SETTINGS = 8       # 0, settings that changed: dict
PLACE = 9          # 0, number of the processor on which the server's thread runs
FORGET = 10        # registration's number: it sees no more events

# To the server.
READY = 1          # 0, what this process is: dict
PONG = 2           # the number of PING
SCRIPTED = 3       # session's number, error text or None
RESULTS = 4        # execution's number, a piece of its results: list
DONE = 5           # execution's number, status, milliseconds, the last results: list, errors: list
CALL = 6           # call's number, number of who asks, operation: str, arguments
LOG = 7            # 0, level, text
RELEASE = 8        # 0, numbers of tensors and regions that nobody here holds any more: list
PARKED = 9         # execution's number: it goes on without the server's thread
ARM = 10           # registration's number: it may see events; those of a script may when it has ended well

_LENGTH = struct.Struct("<I")

# What the types above look like. A Python that writes them in another way cannot be used.
_SAMPLE = (1, 1 << 40, None, True, 0.5, b"a", "\xe9", [2], {"k": 3})
_SAMPLE_BYTES = bytes.fromhex(
    "2809000000" "6901000000" "6c03000000000000000004" "4e" "54" "67000000000000e03f" "730100000061"
    "7502000000c3a9" "5b01000000" "6902000000" "7b" "75010000006b" "6903000000" "30")


def check_format():
    """Raises `RuntimeError` if this Python's `marshal` does not write what the server reads."""
    if marshal.dumps(_SAMPLE, MARSHAL_VERSION) != _SAMPLE_BYTES:
        raise RuntimeError("this Python writes version 2 of marshal in another way than Python 3.11")


# Types of which all values travel; the last two are written as bytes.
_LEAVES = frozenset((type(None), bool, float, bytes, bytearray, memoryview))
_SMALLEST, _LARGEST = -(1 << 63), (1 << 63) - 1


class MessageTooLong(ValueError):
    """A message would have more than `MESSAGE_LIMIT` bytes or `VALUE_LIMIT` values."""


def encoded(message):
    """The bytes of a message, with its length.

    Raises `MessageTooLong`, or `ValueError` if the message holds what the server would not read. It ends a
    process that sends it such a thing, so nothing of the kind leaves here, whoever made it.
    """
    return _framed(marshal.dumps(message, MARSHAL_VERSION), message)


def encoded_plain(message):
    """The same for a message that holds only what travels, as all that `values` makes does.

    A short one is not looked through, which takes longer than to write it.
    """
    body = marshal.dumps(message, MARSHAL_VERSION)
    # Each value takes a byte or more.
    if len(body) < VALUE_LIMIT:
        return _LENGTH.pack(len(body)) + body
    return _framed(body, message)


def _framed(body, message):
    if len(body) > MESSAGE_LIMIT:
        raise MessageTooLong(f"a message of {len(body)} bytes is too long, {MESSAGE_LIMIT} is the limit")
    if _count(message, 1) >= VALUE_LIMIT:
        raise MessageTooLong(f"a message may have {VALUE_LIMIT} values at most")
    return _LENGTH.pack(len(body)) + body


def _count(values, depth):
    """How many values lie in these, which lie in others. Raises `ValueError` if one does not travel."""
    if depth > DEPTH_LIMIT:
        raise ValueError(f"there are at most {DEPTH_LIMIT} levels of values within others")
    count = len(values)
    # Long lists are mostly of bytes; those cost a few nanoseconds each.
    if _LEAVES.issuperset(map(type, values)):
        return count
    for value in values:
        kind = type(value)
        if kind is int:
            if not _SMALLEST <= value <= _LARGEST:
                raise ValueError("integers have at most 64 bits")
        elif kind is str:
            if not value.isascii():
                # `marshal` would write surrogates.
                value.encode()
        elif kind is list or kind is tuple:
            count += _count(value, depth + 1)
        elif kind is dict:
            count += _count(value.keys(), depth + 1) + _count(value.values(), depth + 1)
        elif kind not in _LEAVES:
            raise ValueError(f"values of type {kind.__name__} do not travel")
    return count


class Incoming:
    """Cuts a stream of bytes into messages."""

    def __init__(self):
        self._rest = bytearray()

    def feed(self, view):
        """The messages that `view`, a memoryview of any length, completes: a list of tuples.

        Nothing of the view is kept.
        """
        if self._rest:
            self._rest += view
            if self.missing:
                return []
            view = memoryview(self._rest)
            self._rest = bytearray()
        messages = []
        start, end = 0, len(view)
        length_at, loads = _LENGTH.unpack_from, marshal.loads
        while (body := start + 4) <= end:
            following = body + length_at(view, start)[0]
            if following > end:
                break
            messages.append(loads(view[body:following]))
            start = following
        if start < end:
            self._rest = bytearray(view[start:])
        return messages

    @property
    def missing(self):
        """How many bytes the message that has begun lacks, as far as is known; 0 if none has."""
        if len(self._rest) < 4:
            return 4 - len(self._rest) if self._rest else 0
        return max(0, _LENGTH.unpack_from(self._rest)[0] + 4 - len(self._rest))
