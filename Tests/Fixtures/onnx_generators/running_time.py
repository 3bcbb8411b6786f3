"""Models whose running or building time is chosen: for what happens meanwhile, never for measuring."""

import numpy
from onnx import TensorProto, helper, numpy_helper

from .building import checked, constant, model, value

FLOAT = TensorProto.FLOAT
INT64 = TensorProto.INT64
BOOL = TensorProto.BOOL


def loop_body(nodes, element_type, shape):
    """A Loop's body that never stops by itself and carries one value, from `state` to `next`."""
    inputs = [
        value("iteration", INT64, []), value("going", BOOL, []), value("state", element_type, shape)]
    outputs = [value("still_going", BOOL, []), value("next", element_type, shape)]
    again = helper.make_node("Identity", ["going"], ["still_going"])
    return helper.make_graph([again, *nodes], "body", inputs, outputs)


def counted_loop(body, start_nodes, end_nodes, output):
    """A model that repeats the body `count` times, a value of INT64 [1], from the value `start` to `end`."""
    nodes = [
        constant("no_axes", numpy.array([], numpy.int64)),
        helper.make_node("Reshape", ["count", "no_axes"], ["trips"]),
        *start_nodes,
        helper.make_node("Loop", ["trips", "", "start"], ["end"], body=body),
        *end_nodes,
    ]
    return checked(model(nodes, [value("count", INT64, [1])], [output]))


def spin():
    """total = count, reached one by one: runs for as long as the given count asks for."""
    body = loop_body(
        [constant("one", numpy.array([1], numpy.int64)), helper.make_node("Add", ["state", "one"], ["next"])],
        INT64, [1])
    start = [constant("start", numpy.array([0], numpy.int64))]
    end = [helper.make_node("Identity", ["end"], ["total"])]
    return counted_loop(body, start, end, value("total", INT64, [1]))


def slow():
    """mean = 1/256 by `count` products of 256 x 256 matrices."""
    body = loop_body([helper.make_node("MatMul", ["state", "start"], ["next"])], FLOAT, [256, 256])
    start = [
        constant("size", numpy.array([256, 256], numpy.int64)),
        helper.make_node(
            "ConstantOfShape", ["size"], ["start"],
            value=helper.make_tensor("element", FLOAT, [1], [1 / 256])),
    ]
    flat = constant("flat", numpy.array([1], numpy.int64))
    end = [
        helper.make_node("ReduceMean", ["end"], ["average"], keepdims=0), flat,
        helper.make_node("Reshape", ["average", "flat"], ["mean"]),
    ]
    return counted_loop(body, start, end, value("mean", FLOAT, [1]))


def half():
    return numpy_helper.from_array(numpy.array([0.5], numpy.float32))


def long_operator():
    """chosen = count: one operator compares `count` equal boxes with each other and keeps all of them.

    The time grows with the square of the count, the memory with the count: a million take hours and 100 MB,
    and no runtime looks up meanwhile.
    """
    nodes = [
        constant("one", numpy.array([1], numpy.int64)),
        constant("four", numpy.array([4], numpy.int64)),
        helper.make_node("Concat", ["one", "count", "four"], ["size of boxes"], axis=0),
        helper.make_node("Concat", ["one", "one", "count"], ["size of scores"], axis=0),
        helper.make_node("ConstantOfShape", ["size of boxes"], ["boxes"], value=half()),
        helper.make_node("ConstantOfShape", ["size of scores"], ["scores"], value=half()),
        constant("threshold", numpy.array([1], numpy.float32)),
        helper.make_node("NonMaxSuppression", ["boxes", "scores", "count", "threshold"], ["places"]),
        helper.make_node("Shape", ["places"], ["chosen"], start=0, end=1),
    ]
    return checked(model(nodes, [value("count", INT64, [1])], [value("chosen", INT64, [1])]))


def long_build():
    """y = x + 1, where the 1 is made by an operator that takes hours and is run when the session is built.

    It is the mean of two million numbers at each of two million places.
    """
    nodes = [
        constant("size", numpy.array([1, 1, 4_000_000], numpy.int64)),
        helper.make_node("ConstantOfShape", ["size"], ["numbers"], value=half()),
        helper.make_node("AveragePool", ["numbers"], ["means"], kernel_shape=[2_000_000]),
        helper.make_node("ReduceMax", ["means"], ["half"], keepdims=0),
        helper.make_node("Add", ["half", "half"], ["one"]),
        helper.make_node("Add", ["x", "one"], ["y"]),
    ]
    return checked(model(nodes, [value("x", FLOAT, [2])], [value("y", FLOAT, [2])]))


def slow_build(products):
    """y = x + 1, where the 1 takes products of constant matrices that the runtime folds when it builds.

    A small file whose session takes long to build: each product is of 2048 x 2048 matrices.
    """
    nodes = [
        constant("size", numpy.array([2048, 2048], numpy.int64)),
        helper.make_node(
            "ConstantOfShape", ["size"], ["product0"],
            value=helper.make_tensor("element", FLOAT, [1], [1 / 2048])),
    ]
    for index in range(products):
        nodes.append(helper.make_node("MatMul", [f"product{index}", "product0"], [f"product{index + 1}"]))
    nodes += [
        helper.make_node("ReduceSum", [f"product{products}"], ["sum"], keepdims=0),
        constant("side", numpy.float32(2048)),
        helper.make_node("Div", ["sum", "side"], ["one"]),
        helper.make_node("Add", ["x", "one"], ["y"]),
    ]
    return checked(model(nodes, [value("x", FLOAT, [2])], [value("y", FLOAT, [2])]))


MODELS = {
    "spin": spin,
    "slow": slow,
    "long_operator": long_operator,
    "long_build": long_build,
    "slow_build": lambda: slow_build(6),
}
