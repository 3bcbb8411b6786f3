"""Tensors as flows see them."""

import ctypes
import struct

from .asking import is_holding
from .errors import GearsError
from .channel import Held
from .regions import SHARED_FROM, Lent

# For each type: bytes of an element, the code of `struct`, the name of numpy's type; None for bytes of any
# length.
TYPES = {
    "FLOAT": (4, "f", "<f4"), "DOUBLE": (8, "d", "<f8"),
    "FLOAT16": (2, "e", "<f2"), "BFLOAT16": (2, "H", None),
    "INT8": (1, "b", "|i1"), "INT16": (2, "h", "<i2"), "INT32": (4, "i", "<i4"), "INT64": (8, "q", "<i8"),
    "UINT8": (1, "B", "|u1"), "UINT16": (2, "H", "<u2"), "UINT32": (4, "I", "<u4"), "UINT64": (8, "Q", "<u8"),
    "BOOL": (1, "?", "|b1"), "STRING": (None, None, None)}
FLOATING = ("FLOAT", "DOUBLE", "FLOAT16", "BFLOAT16")

_LARGEST_DIMENSION = (1 << 63) - 1
NO_TENSOR = "Failed creating tensor, make sure you put the right data type."
WRONG_LENGTH = "ERR data length does not match tensor shape and type"


class PyTensor:
    """A tensor of the server, or one that was made here and that the server copies when it gets it.

    Row-major; `dims` is a tuple. `numpy.asarray(tensor)` shows the elements without a copy.
    """

    __slots__ = ("_service", "type", "dims", "_held", "_data", "__weakref__")

    def __init__(self, service, type, dims, held=None, data=None):
        self._service = service
        # In capitals, as in TYPES.
        self.type = type
        self.dims = dims
        # Why the server keeps it; None if it was made here.
        self._held = held
        # bytes, something `Lent`, a view of a region of the server; or None if nobody has looked yet.
        self._data = data

    def __repr__(self):
        return f"<PyTensor {self.type} {list(self.dims)}>"

    @property
    def reference(self):
        """How it stands in a message: its number, (type, dims, bytes), or (type, dims, region, length)."""
        if self._held is not None:
            return self._held.number
        if type(self._data) is Lent:
            return (self.type, self.dims, self._data.number, self._data.byte_count)
        return (self.type, self.dims, self._data)

    def data(self):
        """The elements' bytes: bytes or a memoryview, valid as long as the tensor."""
        if self._data is None:
            asked = self._service.channel.ask(None, is_holding(), 0, "tensor.data", self._held.number)
            self._data = asked if type(asked) is bytes else self._service.regions.theirs(*asked)
        return self._data.view if type(self._data) is Lent else self._data

    def elements(self):
        """The elements as a flat list of numbers. Raises `GearsError` for texts."""
        _, code, _ = TYPES[self.type]
        if code is None:
            raise GearsError("Failed converting tensor to flat list")
        data = self.data()
        if self.type == "BFLOAT16":
            widened = b"".join(b"\0\0" + data[at:at + 2] for at in range(0, len(data), 2))
            return list(struct.unpack(f"<{len(data) // 2}f", widened))
        if self.type == "BOOL":
            code = "B"
        return list(struct.unpack(f"<{len(data) // TYPES[self.type][0]}{code}", data))

    @property
    def __array_interface__(self):
        """What numpy reads; numpy then keeps this tensor as long as the array or a view of it."""
        import numpy
        name = TYPES[self.type][2]
        if name is None:
            raise AttributeError(f"numpy has no type for {self.type}")
        data = self.data()
        flat = numpy.frombuffer(data, dtype="u1")
        address = flat.__array_interface__["data"][0]
        is_read_only = not flat.flags.writeable
        return {"version": 3, "shape": self.dims, "typestr": name, "data": (address, is_read_only)}


def element_count(dims):
    """The product of `dims`. Raises `GearsError` for negative ones, and for what has more than 64 bits."""
    count = 1
    for dimension in dims:
        if not 0 <= dimension <= _LARGEST_DIMENSION:
            raise GearsError(NO_TENSOR)
        count *= dimension
    return count


def made_here(service, type, dims, data):
    """A tensor with a copy of `data`, a bytes-like object; large ones in shared memory."""
    if len(data) < SHARED_FROM:
        return PyTensor(service, type, dims, data=bytes(data))
    try:
        block = service.regions.lend(len(data))
    except BlockingIOError:
        return PyTensor(service, type, dims, data=bytes(data))
    block.view[:] = data
    return PyTensor(service, type, dims, data=block)


def made_empty(service, type, dims, byte_count):
    """A tensor of zeros in shared memory, to be written through numpy."""
    try:
        block = service.regions.lend(max(1, byte_count))
    except BlockingIOError:
        return PyTensor(service, type, dims, data=bytearray(byte_count))
    block.byte_count = byte_count
    if byte_count:
        ctypes.memset(ctypes.addressof(ctypes.c_char.from_buffer(block.memory)), 0, byte_count)
    return PyTensor(service, type, dims, data=block)


def from_answer(service, answer):
    """A tensor of the server from (number, type, dims); None for an output that is not a tensor."""
    if answer is None:
        return None
    number, type, dims = answer
    return PyTensor(service, type, dims, Held(service.channel, number))
