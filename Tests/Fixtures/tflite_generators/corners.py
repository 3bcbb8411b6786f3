"""Corner cases of the runtime's interface, and models that want what they must not have."""

import numpy
from ai_edge_litert import schema_py_generated as schema

from .building import Graph, Node, OPERATORS, TYPES, Value, add, constant, model


def passed_through():
    """The output is the input itself; `y` is computed."""
    values = [Value("x", shape=[4]), Value("y", shape=[4])]
    return model([Graph(values, [add(["x", "x"], "y")], ["x"], ["x", "y"])], [])


def listed_twice():
    """The same tensor is two outputs."""
    values = [Value("x", shape=[4]), Value("y", shape=[4])]
    return model([Graph(values, [add(["x", "x"], "y")], ["x"], ["y", "y"])], [])


def weight_as_output():
    """`c` is a weight, `y` = x + c."""
    weights = constant("c", numpy.array([5, 6, 7, 8], numpy.float32), TYPES.FLOAT32)
    values = [Value("x", shape=[4]), weights, Value("y", shape=[4])]
    return model([Graph(values, [add(["x", "c"], "y")], ["x"], ["c", "y"])], [])


def constant_only():
    """No inputs; y is [5, 6] + [5, 6]."""
    weights = constant("c", numpy.array([5, 6], numpy.float32), TYPES.FLOAT32)
    return model([Graph([weights, Value("y", shape=[2])], [add(["c", "c"], "y")], [], ["y"])], [])


def unused_input():
    """y = x + x; `z` is an input that nothing reads."""
    values = [Value("x", shape=[-1]), Value("z", shape=[-1]), Value("y", shape=[-1])]
    return model([Graph(values, [add(["x", "x"], "y")], ["x", "z"], ["y"])])


def places():
    """y [n, 1] are the places at which x, BOOL [m], is true: how many is known only afterwards."""
    values = [Value("x", TYPES.BOOL, [-1]), Value("y", TYPES.INT64, [-1, 1])]
    node = Node(OPERATORS.WHERE, ["x"], ["y"], 1, schema.WhereOptionsT())
    return model([Graph(values, [node], ["x"], ["y"])])


def wrong_declared_shape():
    """Declares y [4] for x [3], but it has as many elements as x."""
    values = [Value("x", shape=[3]), Value("y", shape=[4])]
    return model([Graph(values, [add(["x", "x"], "y")], ["x"], ["y"])])


def nine_dimensions():
    """y = x + x with more dimensions than the interface can tell."""
    values = [Value("x", shape=[1] * 9), Value("y", shape=[1] * 9)]
    return model([Graph(values, [add(["x", "x"], "y")], ["x"], ["y"])])


def huge():
    """y = x + x with 2^60 bytes."""
    values = [Value("x", shape=[1 << 29, 1 << 29]), Value("y", shape=[1 << 29, 1 << 29])]
    return model([Graph(values, [add(["x", "x"], "y")], ["x"], ["y"])])


def unknown_operator():
    """An operator that no runtime has."""
    node = Node(OPERATORS.CUSTOM, ["x"], ["y"], 1, None, "NobodysOperator")
    return model([Graph([Value("x", shape=[2]), Value("y", shape=[2])], [node], ["x"], ["y"])])


def without_graph():
    """No subgraph."""
    graph = Graph([Value("x", shape=[2])], [], ["x"], ["x"])
    return model([graph], [], lambda packed: setattr(packed, "subgraphs", []))


def split_says_more():
    """Splits x into two, and says that they are a hundred."""
    axis = constant("axis", numpy.array([1], numpy.int32), TYPES.INT32)
    options = schema.SplitOptionsT()
    options.numSplits = 100
    node = Node(OPERATORS.SPLIT, ["axis", "x"], ["y", "z"], 1, options)
    values = [axis, Value("x", shape=[1, 4]), Value("y", shape=[1, 2]), Value("z", shape=[1, 2])]
    return model([Graph(values, [node], ["x"], ["y", "z"])])


def stride_of_zero():
    """A transposed convolution with steps of no length."""
    size = constant("size", numpy.array([1, 4, 4, 1], numpy.int32), TYPES.INT32)
    weights = constant("weights", numpy.ones([1, 2, 2, 1], numpy.float32), TYPES.FLOAT32)
    node = Node(OPERATORS.TRANSPOSE_CONV, ["size", "weights", "x"], ["y"], 1, schema.TransposeConvOptionsT())
    values = [size, weights, Value("x", shape=[1, 2, 2, 1]), Value("y", shape=[1, 4, 4, 1])]
    return model([Graph(values, [node], ["x"], ["y"])])


def mixed_types():
    """A sum of quantised numbers that is to be BOOL."""
    values = [Value("x", TYPES.INT8, [2], None, 0.5), Value("y", TYPES.BOOL, [2])]
    return model([Graph(values, [add(["x", "x"], "y", 2)], ["x"], ["y"])])


def without_scales():
    """A sum of INT8 that stand for nothing."""
    values = [Value("x", TYPES.INT8, [2]), Value("y", TYPES.INT8, [2])]
    return model([Graph(values, [add(["x", "x"], "y", 2)], ["x"], ["y"])])


def nothing_computed():
    """No operator computes y, so it would be what the memory held before."""
    return model([Graph([Value("x", shape=[4]), Value("y", shape=[4])], [], ["x"], ["y"])])


def endless_subgraphs():
    """A loop whose body is the graph with the loop."""
    options = schema.WhileOptionsT()
    options.condSubgraphIndex = 0
    options.bodySubgraphIndex = 0
    node = Node(OPERATORS.WHILE, ["x"], ["y"], 1, options)
    graph = Graph([Value("x", TYPES.BOOL, [1]), Value("y", TYPES.BOOL, [1])], [node], ["x"], ["y"])
    return model([graph])


def outside(path):
    """Weights that are to come from a file."""
    def change(packed):
        group = schema.ExternalBufferGroupT()
        group.name = path
        entry = schema.ExternalBufferT()
        entry.id = 1
        entry.group = 0
        entry.offset = 0
        entry.length = 16
        entry.packing = "unpacked"
        packed.externalBufferGroups = [group]
        packed.externalBuffers = [entry]
        packed.subgraphs[0].tensors[1].externalBuffer = 1

    values = [Value("x", shape=[4]), Value("c", shape=[4]), Value("y", shape=[4])]
    return model([Graph(values, [add(["x", "c"], "y")], ["x"], ["y"])], None, change)


def beyond_the_end():
    """Weights that begin where the file has ended long before."""
    def change(packed):
        packed.buffers[1].data = None
        packed.buffers[1].offset = 1 << 40
        packed.buffers[1].size = 16

    weights = constant("c", numpy.zeros([4], numpy.float32), TYPES.FLOAT32)
    values = [Value("x", shape=[4]), weights, Value("y", shape=[4])]
    return model([Graph(values, [add(["x", "c"], "y")], ["x"], ["y"])], None, change)


MODELS = {
    make.__name__: make
    for make in (
        passed_through, listed_twice, weight_as_output, constant_only, unused_input, places,
        wrong_declared_shape, nine_dimensions, huge, unknown_operator, without_graph, nothing_computed,
        endless_subgraphs, beyond_the_end, split_says_more, stride_of_zero, mixed_types, without_scales,
    )
}
MODELS |= {
    "outside_absolute": lambda: outside("/etc/hostname"),
    "outside_relative": lambda: outside("weights.bin"),
}
