"""Models as exporters of several ages write them, and models that no runtime here accepts."""

import numpy
from onnx import TensorProto, helper

from .building import checked, constant, model, tensor, value

FLOAT = TensorProto.FLOAT

# The newest standard operators that ONNX Runtime 1.32 declares as released.
NEWEST_OPSET = 26


def scaled(opset, ir):
    """y = relu(x * factor + offset) for FLOAT [2], with the weights as initializers."""
    nodes = [
        helper.make_node("Mul", ["x", "factor"], ["scaled"]),
        helper.make_node("Add", ["scaled", "offset"], ["moved"]),
        helper.make_node("Relu", ["moved"], ["y"]),
    ]
    weights = [
        tensor("factor", numpy.array([2, 3], numpy.float32)),
        tensor("offset", numpy.array([-1, 1], numpy.float32)),
    ]
    inputs = [value("x", FLOAT, [2])]
    if ir <= 3:
        # Up to IR version 3 an initializer had to be listed as a graph input as well.
        inputs += [value("factor", FLOAT, [2]), value("offset", FLOAT, [2])]
    return model(nodes, inputs, [value("y", FLOAT, [2])], weights, opset=opset, ir=ir)


def unknown_operator():
    """A model with an operator that nobody defines."""
    node = helper.make_node("Frobnicate", ["x"], ["y"], domain="example.unknown")
    return model(
        [node], [value("x", FLOAT, [2])], [value("y", FLOAT, [2])], domains=[("example.unknown", 1)])


def unknown_standard_operator():
    """A model with an operator that the standard domain does not have."""
    node = helper.make_node("Frobnicate", ["x"], ["y"])
    return model([node], [value("x", FLOAT, [2])], [value("y", FLOAT, [2])])


def line_breaks_in_operator():
    """A model whose unknown operator has line breaks in its name, and so has the runtime's error text."""
    node = helper.make_node("Frob\r\n+OK\r\nnicate", ["x"], ["y"])
    return model([node], [value("x", FLOAT, [2])], [value("y", FLOAT, [2])])


def future_opset():
    """A model that asks for a version of the standard operators that does not exist."""
    return scaled(opset=999, ir=8)


def future_ir():
    """A model in a version of the format that does not exist."""
    return scaled(opset=17, ir=999)


def no_graph():
    """A model without a graph."""
    built = scaled(opset=17, ir=8)
    built.ClearField("graph")
    return built


def dangling_input():
    """A model whose node reads a value that nobody gives."""
    node = helper.make_node("Add", ["x", "missing"], ["y"])
    return model([node], [value("x", FLOAT, [2])], [value("y", FLOAT, [2])])


def short_weights():
    """A model whose weights have fewer bytes than their shape asks for."""
    built = scaled(opset=17, ir=8)
    built.graph.initializer[0].raw_data = b"\x00\x00\x00\x40"
    return built


def endless_shape():
    """A model that makes a tensor of 2^40 elements when it runs, with x [1] as what to fill it with."""
    nodes = [
        constant("size", numpy.array([1 << 20, 1 << 20], numpy.int64)),
        helper.make_node("Expand", ["x", "size"], ["y"]),
    ]
    return checked(model(nodes, [value("x", FLOAT, [1])], [value("y", FLOAT, [1 << 20, 1 << 20])]))


MODELS = {
    "initializers_as_inputs_ir3": lambda: checked(scaled(opset=7, ir=3)),
    "opset_7": lambda: checked(scaled(opset=7, ir=3)),
    "opset_9": lambda: checked(scaled(opset=9, ir=4)),
    "opset_11": lambda: checked(scaled(opset=11, ir=6)),
    "opset_13": lambda: checked(scaled(opset=13, ir=7)),
    "opset_21": lambda: checked(scaled(opset=21, ir=10)),
    "opset_newest": lambda: checked(scaled(opset=NEWEST_OPSET, ir=12)),
    "unknown_operator": unknown_operator,
    "unknown_standard_operator": unknown_standard_operator,
    "line_breaks_in_operator": line_breaks_in_operator,
    "future_opset": future_opset,
    "future_ir": future_ir,
    "no_graph": no_graph,
    "dangling_input": dangling_input,
    "short_weights": short_weights,
    "endless_shape": endless_shape,
}
