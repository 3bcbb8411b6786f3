"""Small calculations: names, signatures, shapes and what a run does with rows."""

import numpy
from ai_edge_litert import schema_py_generated as schema

from .building import (
    Graph, Node, OPERATORS, Signature, TYPES, Value, add, constant, model, multiply, signature_of, subtract,
)


def sum_difference():
    """sum = a + b and difference = a - b for FLOAT [rows, 2]."""
    values = [Value(name, shape=[-1, 2]) for name in ("a", "b", "sum", "difference")]
    nodes = [add(["a", "b"], "sum"), subtract(["a", "b"], "difference")]
    return model([Graph(values, nodes, ["a", "b"], ["sum", "difference"])])


def scalar_double():
    """y = x + x for a FLOAT scalar."""
    values = [Value("x", shape=[]), Value("y", shape=[])]
    return model([Graph(values, [add(["x", "x"], "y")], ["x"], ["y"])])


def mul_2x2():
    """y = a * b for FLOAT [2, 2]."""
    values = [Value(name, shape=[2, 2]) for name in ("a", "b", "y")]
    return model([Graph(values, [multiply(["a", "b"], "y")], ["a", "b"], ["y"])])


def self_test():
    """y = a * b for FLOAT [2], as small as it can be: what the backend runs when it opens the library."""
    values = [Value(name, shape=[2]) for name in ("a", "b", "y")]

    def change(packed):
        packed.description = None
        packed.subgraphs[0].name = None

    return model([Graph(values, [multiply(["a", "b"], "y")], ["a", "b"], ["y"])], [], change)


def double_graph(shape, name="main"):
    """y = x + x."""
    values = [Value("x", shape=shape), Value("y", shape=shape)]
    return Graph(values, [add(["x", "x"], "y")], ["x"], ["y"], name)


def fixed_row():
    """y = x + x for FLOAT [1, 2], written as a shape that never changes."""
    return model([double_graph([1, 2])])


def add_weights(number):
    """y = x + number for FLOAT [rows, 2]; the weights are a FLOAT [2]."""
    weights = constant("weights", numpy.full([2], number, numpy.float32), TYPES.FLOAT32)
    values = [Value("x", shape=[-1, 2]), weights, Value("y", shape=[-1, 2])]
    return model([Graph(values, [add(["x", "weights"], "y")], ["x"], ["y"])])


def without_signature():
    """y = x + x for FLOAT [rows, 2], from before models had signatures."""
    return model([double_graph([-1, 2])], [])


def several_signatures():
    """The first signature, `twice`, is the second subgraph; the other one, `square`, is the first."""
    values = [Value("left", shape=[-1, 2]), Value("result", shape=[-1, 2])]
    square = Graph(values, [multiply(["left", "left"], "result")], ["left"], ["result"], "square")
    twice = double_graph([-1, 2], "twice")
    signatures = [
        Signature("twice", [("twice_in", "x")], [("twice_out", "y")], 1),
        Signature("square", [("square_in", "left")], [("square_out", "result")], 0),
    ]
    return model([square, twice], signatures)


def renamed():
    """quotient = top / bottom: the subgraph takes the bottom first, the signature names the top first."""
    values = [Value(name, shape=[-1]) for name in ("tensor_b", "tensor_t", "tensor_q")]
    node = Node(OPERATORS.DIV, ["tensor_t", "tensor_b"], ["tensor_q"], 1, schema.DivOptionsT())
    graph = Graph(values, [node], ["tensor_b", "tensor_t"], ["tensor_q"])
    names = [("top", "tensor_t"), ("bottom", "tensor_b")]
    return model([graph], [Signature("serving_default", names, [("quotient", "tensor_q")])])


def shrinks_batch():
    """y [1, 2] is the sum of the rows of x [rows, 2]."""
    axes = constant("axes", numpy.array([0], numpy.int32), TYPES.INT32)
    options = schema.ReducerOptionsT()
    options.keepDims = True
    values = [Value("x", shape=[-1, 2]), axes, Value("y", shape=[1, 2])]
    node = Node(OPERATORS.SUM, ["x", "axes"], ["y"], 1, options)
    return model([Graph(values, [node], ["x"], ["y"])])


def matrix():
    """y = x * weights for FLOAT [rows, 3], weights INT [3, 2]: 1 2, 3 4, 5 6."""
    weights = constant("weights", numpy.array([[1, 3, 5], [2, 4, 6]], numpy.float32), TYPES.FLOAT32)
    values = [Value("x", shape=[-1, 3]), weights, Value("y", shape=[-1, 2])]
    options = schema.FullyConnectedOptionsT()
    node = Node(OPERATORS.FULLY_CONNECTED, ["x", "weights", ""], ["y"], 1, options)
    return model([Graph(values, [node], ["x"], ["y"])])


def count():
    """total = count, reached by counting one by one, for INT64 [1]."""
    def number(name, type=TYPES.INT64):
        return Value(name, type, [1])

    options = schema.WhileOptionsT()
    options.condSubgraphIndex = 1
    options.bodySubgraphIndex = 2
    zero = constant("zero", numpy.array([0], numpy.int64), TYPES.INT64)
    one = constant("one", numpy.array([1], numpy.int64), TYPES.INT64)
    loop = Node(OPERATORS.WHILE, ["zero", "count"], ["total", "end"], 1, options)
    main = Graph([number("count"), zero, number("total"), number("end")], [loop], ["count"], ["total"])
    less = Node(OPERATORS.LESS, ["now", "count"], ["goes_on"], 1, schema.LessOptionsT())
    condition = Graph(
        [number("now"), number("count"), number("goes_on", TYPES.BOOL)], [less], ["now", "count"],
        ["goes_on"], "condition")
    body = Graph(
        [number("now"), number("count"), one, number("next")], [add(["now", "one"], "next", 4)],
        ["now", "count"], ["next", "count"], "body")
    return model([main, condition, body], [signature_of(main)])


MODELS = {
    make.__name__: make
    for make in (
        sum_difference, scalar_double, mul_2x2, self_test, fixed_row, without_signature, several_signatures,
        renamed, shrinks_batch, matrix, count,
    )
}
MODELS |= {"add_1": lambda: add_weights(1), "add_100": lambda: add_weights(100)}
