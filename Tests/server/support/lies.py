"""Payloads that lie: each has one thing wrong, with a checksum that is right.

In these lists an integer stands for a number's field and bytes for a string's.
"""

import struct

from . import rdb
from .models import model_bytes

FLOATS = struct.pack("<4f", 1, 2, 3, 4)
HUGE = [2**31, 2**32, 2**62, 2**63 - 1, 2**63, 2**64 - 1]
FLOAT, STRING = [2, 32], [7, 8]


def tensor(*content):
    """A tensor payload in encoding version 4."""
    return rdb.TENSOR, 4, [("u" if isinstance(item, int) else "s", item) for item in content]


def tensors():
    """Tensor payloads, each with the name of its lie."""
    yield "no fields", tensor()
    yield "code unknown", tensor(9, 32, 1, 1, b"1234")
    yield "code beyond 32 bits", tensor(2 | 1 << 32, 32, 1, 1, b"1234")
    yield "bits unknown", tensor(2, 24, 1, 1, b"123")
    yield "bits none", tensor(0, 0, 1, 1, b"")
    yield "bits for a BOOL", tensor(6, 32, 1, 1, b"\0\0\0\0")
    for value in HUGE:
        yield f"rank {value}", tensor(*FLOAT, value, 1, b"1234")
        yield f"dimension {value}", tensor(*FLOAT, 1, value, b"1234")
        yield f"dimensions {value}", tensor(*FLOAT, 2, value, value, b"")
        yield f"string dimension {value}", tensor(*STRING, 1, value, b"a\0")
    yield "two dimensions below 0", tensor(*FLOAT, 2, 2**64 - 1, 2**64 - 1, b"1234")
    yield "product 2^64", tensor(*FLOAT, 2, 2**32, 2**32, b"")
    yield "data short", tensor(*FLOAT, 1, 2, b"1234567")
    yield "data long", tensor(*FLOAT, 1, 2, b"123456789")
    yield "data none", tensor(*FLOAT, 1, 2, b"")
    yield "rank above the dimensions", tensor(*FLOAT, 3, 1, b"1234")
    yield "number for text", tensor(*FLOAT, 1, 1, 5)
    yield "text for a number", tensor(*FLOAT, b"1", 1, b"1234")
    yield "more fields", tensor(*FLOAT, 1, 1, b"1234", 1)
    yield "version 5", (rdb.TENSOR, 5, rdb.tensor_fields("FLOAT", [2, 2], FLOATS))
    yield "version 1023", (rdb.TENSOR, 1023, rdb.tensor_fields("FLOAT", [2, 2], FLOATS))
    yield from string_tensors()
    yield from old_tensors()


def string_tensors():
    """STRING tensors whose offsets and strings do not belong together."""
    pair = [*STRING, 1, 2]
    yield "strings without offsets", tensor(*pair, b"a\0b\0")
    yield "one offset missing", tensor(*pair, b"a\0b\0", 0)
    yield "offset beyond the data", tensor(*pair, b"a\0b\0", 0, 4)
    yield "offset far beyond", tensor(*pair, b"a\0b\0", 0, 2**63)
    yield "offsets backwards", tensor(*pair, b"a\0b\0", 2, 0)
    yield "strings without an end", tensor(*pair, b"a\0bc", 0, 2)
    yield "strings too few", tensor(*pair, b"a\0", 0, 0)
    yield "strings of no bytes", tensor(*pair, b"", 0, 0)


def old_tensors():
    """Tensors of encoding versions 0 and 1."""
    good = rdb.old_tensor_fields("FLOAT", [2, 2], FLOATS)
    places = {2: "bits", 3: "code", 4: "lanes", 5: "rank", 6: "first dimension"}
    for place, name in places.items():
        for value in (77, 2**63, 2**64 - 1):
            fields = [*good[:place], ("u", value), *good[place + 1:]]
            yield f"old {name} {value}", (rdb.TENSOR, 1, fields)
    beyond = rdb.old_tensor_fields("FLOAT", [2, 2], FLOATS, byte_offset=2**40)
    yield "old offset beyond", (rdb.TENSOR, 1, beyond)
    yield "old data short", (rdb.TENSOR, 0, rdb.old_tensor_fields("FLOAT", [2, 2], FLOATS[:-1]))


def models():
    """Model payloads, each with the name of its lie."""
    good = rdb.model_fields(model_bytes("mul_2x2"), ["a", "b"], ["mul"], tag="t")
    places = {0: "backend", 6: "input count", 9: "output count", 11: "length", 12: "chunk count"}
    for place, name in places.items():
        for value in (4, 99, *HUGE):
            yield f"{name} {value}", (rdb.MODEL, 4, [*good[:place], ("u", value), *good[place + 1:]])
    yield "no fields", (rdb.MODEL, 4, [])
    yield "device without an end", (rdb.MODEL, 4, [good[0], ("s", b"CPU"), *good[2:]])
    yield "device empty", (rdb.MODEL, 4, [good[0], ("s", b""), *good[2:]])
    yield "no chunks", (rdb.MODEL, 4, [*good[:12], ("u", 0)])
    yield "more fields", (rdb.MODEL, 4, [*good, ("u", 1)])
    yield "version 5", (rdb.MODEL, 5, good)
    yield "version 1023", (rdb.MODEL, 1023, good)
