"""Models that show with whom a request shared its run, and what happens when a joined run fails."""

import numpy
from onnx import TensorProto, helper

from .building import checked, constant, model, tensor, value
from .running_time import loop_body

FLOAT = TensorProto.FLOAT
INT64 = TensorProto.INT64


def rows_of_run():
    """y, INT64 [rows, 1], holds for each row of x, FLOAT [rows, width], how many rows its run had."""
    nodes = [
        helper.make_node("Shape", ["x"], ["shape"]),
        constant("first", numpy.array([0], numpy.int64)),
        helper.make_node("Gather", ["shape", "first"], ["count"]),
        constant("one", numpy.array([1], numpy.int64)),
        helper.make_node("Concat", ["count", "one"], ["target"], axis=0),
        helper.make_node("Expand", ["count", "target"], ["y"]),
    ]
    inputs = [value("x", FLOAT, ["rows", "width"])]
    return checked(model(nodes, inputs, [value("y", INT64, ["rows", 1])]))


def one_row_only():
    """y = x for x, FLOAT [rows, 2], but a run of more than one row fails: y is reshaped to [1, 2]."""
    nodes = [
        constant("row", numpy.array([1, 2], numpy.int64)),
        helper.make_node("Reshape", ["x", "row"], ["y"]),
    ]
    return checked(model(nodes, [value("x", FLOAT, ["rows", 2])], [value("y", FLOAT, [1, 2])]))


def table_lookup():
    """y, FLOAT [rows], is 10, 20, 30 or 40 for an index of 0 to 3; another index fails the whole run."""
    node = helper.make_node("Gather", ["table", "index"], ["y"])
    table = tensor("table", numpy.array([10, 20, 30, 40], numpy.float32))
    return checked(
        model([node], [value("index", INT64, ["rows"])], [value("y", FLOAT, ["rows"])], [table]))


def slow_rows(products):
    """y = x + 1 for x, FLOAT [rows, 2], by products of 128 x 128 matrices, as many for any number of rows.

    Each product of the constant matrix with itself is itself again; its first element is 1/128.
    """
    body = loop_body([helper.make_node("MatMul", ["state", "matrix"], ["next"])], FLOAT, [128, 128])
    nodes = [
        constant("size", numpy.array([128, 128], numpy.int64)),
        helper.make_node(
            "ConstantOfShape", ["size"], ["matrix"],
            value=helper.make_tensor("element", FLOAT, [1], [1 / 128])),
        constant("zero", numpy.float32(0)),
        constant("trips", numpy.int64(products)),
        # The way begins at the input, so that no product can be computed beforehand.
        helper.make_node("ReduceSum", ["x"], ["sum"], keepdims=0),
        helper.make_node("Mul", ["sum", "zero"], ["nothing"]),
        helper.make_node("Add", ["matrix", "nothing"], ["start"]),
        helper.make_node("Loop", ["trips", "", "start"], ["end"], body=body),
        helper.make_node("ReduceSum", ["end"], ["total"], keepdims=0),
        constant("side", numpy.float32(128)),
        helper.make_node("Div", ["total", "side"], ["one"]),
        helper.make_node("Add", ["x", "one"], ["y"]),
    ]
    return checked(model(nodes, [value("x", FLOAT, ["rows", 2])], [value("y", FLOAT, ["rows", 2])]))


MODELS = {
    "rows_of_run": rows_of_run,
    "one_row_only": one_row_only,
    "table_lookup": table_lookup,
    "slow_rows": lambda: slow_rows(40),
}
