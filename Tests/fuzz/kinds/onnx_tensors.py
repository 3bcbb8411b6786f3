"""Shapes, types and elements for ONNX models."""

import math

import numpy
import onnx

from frame.values import number, real

# Elements of a tensor; more says nothing new.
MOST_ELEMENTS = 4096
SIZES = [1, 1, 2, 2, 3, 4, 4, 5, 7, 8, 16, 17, 33, 64]

# Types as operators name them, as the format numbers them, and as commands name them.
ELEMENT_TYPES = {
    f"tensor({name.lower()})": number for name, number in onnx.TensorProto.DataType.items()
    if name != "UNDEFINED"
}
WIRE_TYPES = {
    "tensor(float)": "FLOAT", "tensor(double)": "DOUBLE", "tensor(float16)": "FLOAT16",
    "tensor(bfloat16)": "BFLOAT16", "tensor(int8)": "INT8", "tensor(int16)": "INT16",
    "tensor(int32)": "INT32", "tensor(int64)": "INT64", "tensor(uint8)": "UINT8",
    "tensor(uint16)": "UINT16", "tensor(uint32)": "UINT32", "tensor(uint64)": "UINT64",
    "tensor(bool)": "BOOL", "tensor(string)": "STRING",
}
NUMPY_TYPES = {
    "tensor(float)": numpy.float32, "tensor(double)": numpy.float64, "tensor(float16)": numpy.float16,
    "tensor(int8)": numpy.int8, "tensor(int16)": numpy.int16, "tensor(int32)": numpy.int32,
    "tensor(int64)": numpy.int64, "tensor(uint8)": numpy.uint8, "tensor(uint16)": numpy.uint16,
    "tensor(uint32)": numpy.uint32, "tensor(uint64)": numpy.uint64, "tensor(bool)": numpy.bool_,
}
STRINGS = [b"", b"a", b"b", b"one", b"1", b"-1", b"1e400", b"\xff", b"a b  c", b"x" * 40, b"%s", b"[a-z]+"]
# Bits of the types that share bytes.
BITS = {"tensor(uint4)": 4, "tensor(int4)": 4, "tensor(float4e2m1)": 4, "tensor(uint2)": 2, "tensor(int2)": 2}
WIDTHS = {"tensor(bfloat16)": 2, "tensor(complex64)": 8, "tensor(complex128)": 16}


def some_shape(source):
    rank = source.choice([0, 1, 1, 2, 2, 3, 3, 4, 4, 4, 5, 6])
    return bounded([source.choice(SIZES) if source.random() < 0.95 else 0 for _ in range(rank)])


def shape_near(shape, source):
    """A shape that has something to do with another."""
    shape = list(shape)
    action = source.randrange(8)
    if action == 0:
        return some_shape(source)
    if action == 1:
        return shape[::-1]
    if action == 2:
        return shape[1:]
    if action == 3:
        return shape[-1:]
    if action == 4:
        return shape[1:2]
    if action == 5 and len(shape) > 2:
        # As the weights of a convolution.
        return bounded([source.choice(SIZES), shape[1], *(source.choice([1, 2, 3]) for _ in shape[2:])])
    if action == 6 and shape:
        shape[source.randrange(len(shape))] = source.choice(SIZES)
        return bounded(shape)
    return bounded([*shape, source.choice(SIZES)])


def bounded(shape):
    """The shape with its largest dimensions cut until it has few elements, even if those of 0 were 1."""
    shape = list(shape)
    while math.prod(max(size, 1) for size in shape) > MOST_ELEMENTS:
        largest = max(range(len(shape)), key=shape.__getitem__)
        shape[largest] = shape[largest] // 2
    return shape


def elements(element, shape, source):
    """Values of a tensor: an array, or a list of bytes for strings."""
    size = math.prod(shape)
    if element == "tensor(string)":
        return [source.choice(STRINGS) for _ in range(size)]
    kind = NUMPY_TYPES.get(element)
    if kind is None:
        # Any bits do for types that numpy has not.
        return numpy.frombuffer(source.randbytes(packed_size(element, size)), numpy.uint8)
    if numpy.issubdtype(kind, numpy.floating):
        some = [real(source) for _ in range(8)]
        with numpy.errstate(all="ignore"):
            return numpy.resize(numpy.array(some).astype(kind), size)
    if kind is numpy.bool_:
        return numpy.resize(numpy.array([source.random() < 0.5 for _ in range(8)]), size)
    limits = numpy.iinfo(kind)
    odd = source.random() < 0.3
    some = [number(source) if odd else source.randint(-1, 6) for _ in range(8)]
    some = [min(max(value, limits.min), limits.max) for value in some]
    return numpy.resize(numpy.array(some, kind), size)


def packed_size(element, size):
    if element in BITS:
        return -(-size * BITS[element] // 8)
    return size * WIDTHS.get(element, 1)


def initializer(name, element, shape, source):
    """A tensor in a model; now and then its bytes are not as many as its shape says."""
    tensor = onnx.TensorProto(name=name, data_type=ELEMENT_TYPES[element], dims=shape)
    content = elements(element, shape, source)
    if element == "tensor(string)":
        tensor.string_data.extend(content)
        return tensor
    tensor.raw_data = numpy.ascontiguousarray(content).tobytes()
    if source.random() < 0.02:
        tensor.raw_data = tensor.raw_data[:source.randint(0, len(tensor.raw_data))]
    if source.random() < 0.01 and shape:
        tensor.dims[source.randrange(len(shape))] = source.choice([-1, 0, 2**31, 2**62, 2**63 - 1])
    return tensor
