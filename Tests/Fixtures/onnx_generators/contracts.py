"""Models of operators that take dimensions for granted, whose input x says nothing of its shape.

Over inputs of too few dimensions ONNX Runtime 1.32 would end the process.
"""

import numpy
from onnx import TensorProto, helper

from .building import model, tensor, value


def on_any_shape(nodes, constants=(), opset=17, gives=TensorProto.FLOAT):
    """A model of nodes from x, a FLOAT of any shape, to y."""
    return model(
        nodes, [value("x", TensorProto.FLOAT, None)], [value("y", gives, None)],
        [tensor(name, content) for name, content in dict(constants).items()], opset=opset)


def one(operation, names, constants=(), opset=17, gives=TensorProto.FLOAT, **attributes):
    return on_any_shape([helper.make_node(operation, names, ["y"], **attributes)], constants, opset, gives)


def in_branch():
    """The operator is in the branch of an If, whose executor is another."""
    node = helper.make_node("GridSample", ["x", "x"], ["z"])
    branch = helper.make_graph([node], "branch", [], [value("z", TensorProto.FLOAT, None)])
    return on_any_shape(
        [helper.make_node("If", ["yes"], ["y"], then_branch=branch, else_branch=branch)],
        {"yes": numpy.array(True)})


def none_unique():
    """Of rows without columns that come out of another operator, the first is taken."""
    nodes = [
        helper.make_node("Slice", ["x", "from", "to", "axis"], ["empty"]),
        helper.make_node("Unique", ["empty"], ["y"], axis=0)]
    return on_any_shape(nodes, {
        "from": numpy.array([0]), "to": numpy.array([0]), "axis": numpy.array([-1])})


MODELS = {
    "fourier": lambda: one("DFT", ["x"], opset=20),
    "fourier_frames": lambda: one("STFT", ["x", "n"], {"n": numpy.array(2)}),
    "grid": lambda: one("GridSample", ["x", "x"]),
    "grid_in_branch": in_branch,
    "draws": lambda: one("Multinomial", ["x"], gives=TensorProto.INT32),
    "regions": lambda: one("MaxRoiPool", ["x", "x"], pooled_shape=[1, 1]),
    "reversed": lambda: one("ReverseSequence", ["x", "n"], {"n": numpy.array([1])}),
    "unique": none_unique,
}
