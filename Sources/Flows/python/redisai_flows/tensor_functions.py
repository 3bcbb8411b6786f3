"""The functions of `redisAI` for tensors."""

import struct

from . import calling
from .calling import arguments, ask
from .errors import GearsError
from .tensors import (
    FLOATING, NO_TENSOR, TYPES, WRONG_LENGTH, PyTensor, element_count, from_answer, made_empty, made_here)

NO_KEY_NAME = "key name argument must be a string"


def _type(value):
    if not isinstance(value, str):
        raise GearsError("type argument must be a string")
    return value.upper()


def _dims(value):
    dims = calling.items(value, "dims argument must be iterable")
    if not all(isinstance(dimension, int) for dimension in dims):
        raise GearsError("dims arguments must be long")
    return tuple(map(int, dims))


def _width(type):
    """Bytes of an element. Raises `GearsError` for types that have none."""
    width = TYPES.get(type, (None,))[0]
    if width is None:
        raise GearsError(NO_TENSOR)
    return width


@arguments(3)
def createTensorFromValues(type, dims, values):  # noqa: N802 - the original's name
    """A tensor of numbers in row-major order: floats for floating types, integers for the others."""
    type, dims = _type(type), _dims(dims)
    numbers = calling.items(values, "values argument must be iterable")
    wanted = float if type in FLOATING else (int, float)
    if not all(isinstance(number, wanted) for number in numbers):
        raise GearsError("values arguments must be double")
    _width(type)
    if len(numbers) != element_count(dims):
        raise GearsError(WRONG_LENGTH)
    try:
        return made_here(calling.service(), type, dims, _packed(type, numbers))
    except (struct.error, OverflowError, ValueError):
        raise GearsError(NO_TENSOR) from None


def _packed(type, numbers):
    if type == "BFLOAT16":
        return b"".join(_bfloat16(number) for number in numbers)
    if type not in FLOATING:
        numbers = [int(number) for number in numbers]
    return struct.pack(f"<{len(numbers)}{TYPES[type][1]}", *numbers)


def _bfloat16(number):
    """The nearest number of BFLOAT16, ties to even."""
    bits, = struct.unpack("<I", struct.pack("<f", number))
    if number != number:
        return b"\xc0\x7f"
    return struct.pack("<H", (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16)


@arguments(3)
def createTensorFromBlob(type, dims, blob):  # noqa: N802
    """A tensor with a copy of a buffer's bytes."""
    type, dims = _type(type), _dims(dims)
    try:
        view = memoryview(blob)
    except TypeError:
        raise GearsError("blob argument must be bytes, byte array or a buffer") from None
    if not view.c_contiguous:
        raise GearsError("Error getting buffer info.")
    if type not in TYPES:
        raise GearsError(NO_TENSOR)
    count = element_count(dims)
    if type != "STRING" and view.nbytes != count * _width(type):
        raise GearsError(WRONG_LENGTH)
    return made_here(calling.service(), type, dims, view.cast("B") if view.nbytes else b"")


@arguments(2)
def createEmptyTensor(type, dims):  # noqa: N802
    """A tensor of zeros, to be written through `tensorAsArray` without a copy."""
    type, dims = _type(type), _dims(dims)
    return made_empty(calling.service(), type, dims, element_count(dims) * _width(type))


def _key(key):
    return calling.text(key, NO_KEY_NAME)


def _tensor(value):
    if not isinstance(value, PyTensor):
        raise GearsError("Given argument is not of type PyTensor")
    return value


@arguments(2)
def setTensorInKey(key, tensor):  # noqa: N802
    """Stores a tensor at a key, which must be free or hold a tensor."""
    _set([(_key(key), _tensor(tensor).reference)])


@arguments(1, name="msetTensorInKeyspace")
def msetTensorsInKeyspace(tensors):  # noqa: N802
    """Stores all tensors of a dict, by their keys, or none."""
    if not isinstance(tensors, dict):
        raise GearsError("Given argument is not of type PyDict")
    _set([(_key(key), _tensor(tensor).reference) for key, tensor in tensors.items()])


def _set(pairs):
    who = calling.asker()
    if who.session.is_restoring(who):
        who.session.note_skipped()
        return
    ask("tensor.set", pairs)


@arguments(1)
def getTensorFromKey(key):  # noqa: N802
    """The tensor at a key."""
    calling.check_text(key, NO_KEY_NAME)
    who = calling.asker()
    return PyTensor(who.session.service, *who.session.tensors.find(who, key))


@arguments(1, name="getTensorsFromKeyspace")
def mgetTensorsFromKeyspace(keys):  # noqa: N802
    """The tensors at keys: a list."""
    return _get([_key(key) for key in calling.items(keys, "keys argument must be iterable")])


def _get(keys):
    found = calling.service()
    return ask("tensor.get", keys, take=lambda answers: [from_answer(found, answer) for answer in answers])


@arguments(1)
def tensorToFlatList(tensor):  # noqa: N802
    """The elements in row-major order: a list of floats or integers."""
    return _tensor(tensor).elements()


@arguments(1)
def tensorGetDataAsBlob(tensor):  # noqa: N802
    """A copy of the elements' bytes: a bytearray."""
    return bytearray(_tensor(tensor).data())


@arguments(1)
def tensorGetDims(tensor):  # noqa: N802
    """The dimensions: a tuple."""
    return _tensor(tensor).dims


@arguments(1)
def tensorAsArray(tensor):  # noqa: N802
    """The elements as a numpy array without a copy; one of a tensor of the server can only be read."""
    import numpy
    return numpy.asarray(_tensor(tensor))
