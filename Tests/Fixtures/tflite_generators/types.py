"""Models of every element type."""

import numpy
from ai_edge_litert import schema_py_generated as schema

from .building import Graph, Node, OPERATORS, TYPES, Value, add, constant, model

# The names that clients use, with the format's numbers.
ELEMENT_TYPES = {
    "float": TYPES.FLOAT32,
    "double": TYPES.FLOAT64,
    "float16": TYPES.FLOAT16,
    "bfloat16": TYPES.BFLOAT16,
    "int8": TYPES.INT8,
    "int16": TYPES.INT16,
    "int32": TYPES.INT32,
    "int64": TYPES.INT64,
    "uint8": TYPES.UINT8,
    "uint16": TYPES.UINT16,
    "uint32": TYPES.UINT32,
    "uint64": TYPES.UINT64,
    "bool": TYPES.BOOL,
    "string": TYPES.STRING,
    "complex64": TYPES.COMPLEX64,
}


def identity(element_type):
    """y = x for one element type and any shape of rank 1."""
    shape = constant("shape", numpy.array([-1], numpy.int32), TYPES.INT32)
    node = Node(OPERATORS.RESHAPE, ["x", "shape"], ["y"], 1, schema.ReshapeOptionsT())
    values = [Value("x", element_type, [-1]), shape, Value("y", element_type, [-1])]
    return model([Graph(values, [node], ["x"], ["y"])])


def quantized(element_type, zero_point):
    """y = a + b for quantised [rows, 2]: all have scale 0.5, so the numbers add up beside the zero point."""
    names = ["a", "b", "y"]
    values = [Value(name, element_type, [-1, 2], None, 0.5, zero_point) for name in names]
    return model([Graph(values, [add(["a", "b"], "y", 2)], ["a", "b"], ["y"])])


MODELS = {f"identity_{name}": (lambda code=code: identity(code)) for name, code in ELEMENT_TYPES.items()}
MODELS |= {
    "quantized_int8": lambda: quantized(TYPES.INT8, -10),
    "quantized_uint8": lambda: quantized(TYPES.UINT8, 128),
}
