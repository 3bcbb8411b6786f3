#!/usr/bin/env python3
"""Writes the ONNX models of the backend's own tests into `models/backend` beside this file.

They are corner cases of the runtime's interface: outputs that no node computes, shapes that are not what the
model declares, values that are no tensors, weights that the runtime does not rearrange. Run after a change:

    python3 -m venv /tmp/models && /tmp/models/bin/pip install onnx==1.23.2
    /tmp/models/bin/python Tests/Fixtures/make_backend_models.py
"""

import pathlib
import sys

import numpy
from onnx import TensorProto, helper

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from onnx_generators.building import constant, model, tensor, value  # noqa: E402

FLOAT = TensorProto.FLOAT
INT64 = TensorProto.INT64
BOOL = TensorProto.BOOL
STRING = TensorProto.STRING


def passed_through():
    """The output is the input itself; `y` is computed."""
    node = helper.make_node("Add", ["x", "x"], ["y"])
    return model([node], [value("x", FLOAT, [4])], [value("x", FLOAT, [4]), value("y", FLOAT, [4])])


def listed_twice():
    """The same value is two outputs."""
    node = helper.make_node("Add", ["x", "x"], ["y"])
    return model([node], [value("x", FLOAT, [4])], [value("y", FLOAT, [4]), value("y", FLOAT, [4])])


def weight_as_output():
    """`c` is a weight, `y` = x + c."""
    node = helper.make_node("Add", ["x", "c"], ["y"])
    weights = [tensor("c", numpy.array([5, 6, 7, 8], numpy.float32))]
    return model([node], [value("x", FLOAT, [4])], [value("c", FLOAT, [4]), value("y", FLOAT, [4])], weights)


def constant_only():
    """No inputs; y is [5, 6]."""
    return model([constant("y", numpy.array([5, 6], numpy.float32))], [], [value("y", FLOAT, [2])])


def wrong_fixed_shape():
    """Declares y [4], but it has twice the elements of x [n]."""
    node = helper.make_node("Concat", ["x", "x"], ["y"], axis=0)
    return model([node], [value("x", FLOAT, ["n"])], [value("y", FLOAT, [4])])


def wrong_named_shape():
    """Declares y [n] for x [n], but y keeps only the elements above 0."""
    nodes = [
        constant("zero", numpy.float32(0)),
        helper.make_node("Greater", ["x", "zero"], ["above"]),
        helper.make_node("Compress", ["x", "above"], ["y"], axis=0),
    ]
    return model(nodes, [value("x", FLOAT, ["n"])], [value("y", FLOAT, ["n"])])


def huge_declared_shape():
    """Declares y with 2^58 bytes, but it has as many elements as x [n]."""
    nodes = [
        constant("one", numpy.array([1], numpy.int64)),
        helper.make_node("Tile", ["x", "one"], ["y"]),
    ]
    return model(nodes, [value("x", FLOAT, ["n"])], [value("y", FLOAT, [1 << 56])])


def empty_optional():
    """`nothing` is an optional tensor without a value; `same` is x itself."""
    inner = helper.make_tensor_type_proto(FLOAT, [4])
    nodes = [
        helper.make_node("Optional", [], ["nothing"], type=inner),
        helper.make_node("Identity", ["x"], ["same"]),
    ]
    nothing = helper.make_value_info("nothing", helper.make_optional_type_proto(inner))
    return model(nodes, [value("x", FLOAT, [4])], [nothing, value("same", FLOAT, [4])], opset=18)


def nul_in_string():
    """y is a string with a NUL byte before its end."""
    node = helper.make_node("Constant", [], ["y"], value_strings=[b"a\0b", b"c"])
    return model([node], [], [value("y", STRING, [2])])


def table_lookup():
    """Rows of a table of 16 KiB: weights that the runtime takes as they are."""
    table = tensor("table", numpy.arange(16 * 256, dtype=numpy.float32).reshape(16, 256))
    node = helper.make_node("Gather", ["table", "x"], ["y"])
    return model([node], [value("x", INT64, ["n"])], [value("y", FLOAT, ["n", 256])], [table])


def negation():
    """y = not x for BOOL [n]."""
    node = helper.make_node("Not", ["x"], ["y"])
    return model([node], [value("x", BOOL, ["n"])], [value("y", BOOL, ["n"])])


MODELS = (
    passed_through, listed_twice, weight_as_output, constant_only, wrong_fixed_shape, wrong_named_shape,
    huge_declared_shape, empty_optional, nul_in_string, table_lookup, negation,
)


def main():
    folder = HERE / "models" / "backend"
    folder.mkdir(parents=True, exist_ok=True)
    for make in MODELS:
        payload = make().SerializeToString(deterministic=True)
        (folder / f"{make.__name__}.onnx").write_bytes(payload)
        print(f"{len(payload):8} models/backend/{make.__name__}.onnx")


if __name__ == "__main__":
    main()
