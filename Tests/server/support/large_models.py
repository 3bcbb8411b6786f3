"""Models that are made when a test needs them: large ones, and one of a size that a test chooses."""

import numpy
from onnx import TensorProto, helper
from onnx_generators.arithmetic import FLOAT
from onnx_generators.building import model, tensor, value

SIDE = 2048


def dense(mebibytes):
    """The bytes of a model of 2048 x 2048 layers with Relu whose weights take the given memory."""
    count = mebibytes * 1024 * 1024 // (4 * SIDE * SIDE)
    # Each layer has bytes of its own, as in a real model; the numbers need not be independent.
    matrix = numpy.random.default_rng(mebibytes).random([SIDE, SIDE], numpy.float32) / SIDE
    nodes, weights, current = [], [], "x"
    for layer in range(count):
        weights.append(tensor(f"weight{layer}", numpy.roll(matrix, layer, axis=0)))
        nodes.append(helper.make_node("MatMul", [current, f"weight{layer}"], [f"product{layer}"]))
        current = "y" if layer == count - 1 else f"layer{layer}"
        nodes.append(helper.make_node("Relu", [f"product{layer}"], [current]))
    inputs = [value("x", FLOAT, ["rows", SIDE])]
    return model(nodes, inputs, [value("y", FLOAT, ["rows", SIDE])], weights).SerializeToString()


def single_layer(inputs, outputs):
    """The bytes of a model of one layer with Relu; a run needs room for the product of all rows."""
    weight = tensor("weight", numpy.random.default_rng(inputs).random([inputs, outputs], numpy.float32))
    nodes = [
        helper.make_node("MatMul", ["x", "weight"], ["product"]),
        helper.make_node("Relu", ["product"], ["y"]),
    ]
    ends = [value("x", FLOAT, ["rows", inputs])], [value("y", FLOAT, ["rows", outputs])]
    return model(nodes, *ends, [weight]).SerializeToString()


def store_products(client, key, rows):
    """Stores a model whose time follows from the rows of its input `x`, which is stored as well.

    It multiplies them by eight matrices of 1024 x 1024: 17 million operations a row.
    """
    weight = tensor("weight", numpy.eye(1024, dtype=numpy.float32))
    names = ["x", *[f"product{step}" for step in range(7)], "y"]
    nodes = [helper.make_node("MatMul", [before, "weight"], [after])
             for before, after in zip(names, names[1:])]
    ends = [value("x", FLOAT, ["rows", 1024])], [value("y", FLOAT, ["rows", 1024])]
    blob = model(nodes, *ends, [weight]).SerializeToString()
    assert client.execute_command("AI.MODELSTORE", key, "ONNX", "CPU", "BLOB", blob) == b"OK"
    client.execute_command("AI.TENSORSET", "x", "FLOAT", rows, 1024)


def lookup(mebibytes):
    """The bytes of a model that looks rows up in a table of FLOAT of the given memory."""
    table = tensor("table", numpy.zeros([mebibytes * 1024, 256], numpy.float32))
    nodes = [helper.make_node("Gather", ["table", "row"], ["y"])]
    ends = [value("row", TensorProto.INT64, ["rows"])], [value("y", FLOAT, ["rows", 256])]
    return model(nodes, *ends, [table]).SerializeToString()
