"""Models whose outputs have shapes that are known only during a run."""

import numpy
from ai_edge_litert import schema_py_generated as schema

from .building import Graph, Node, OPERATORS, TYPES, Signature, Value, add, constant, model


def numbers(name, *content):
    """Weights of INT32."""
    return constant(name, numpy.array(content, numpy.int32), TYPES.INT32)


def scalar(name, content):
    """A weight of INT32 without dimensions."""
    return constant(name, numpy.array(content, numpy.int32), TYPES.INT32)


def reshaped_parts(source, target, width, element_type):
    """The values and nodes of target [rows, width] = source [rows, ...], as Keras writes it."""
    shape_options = schema.ShapeOptionsT()
    shape_options.outType = TYPES.INT32
    slice_options = schema.StridedSliceOptionsT()
    slice_options.shrinkAxisMask = 1
    pack_options = schema.PackOptionsT()
    pack_options.valuesCount = 2
    prefix = f"{target}_"
    values = [
        numbers(prefix + "begin", 0), numbers(prefix + "end", 1), numbers(prefix + "step", 1),
        scalar(prefix + "width", width), Value(prefix + "all", TYPES.INT32, [2]),
        Value(prefix + "rows", TYPES.INT32, []), Value(prefix + "shape", TYPES.INT32, [2]),
        Value(target, element_type, [-1, width]),
    ]
    nodes = [
        Node(OPERATORS.SHAPE, [source], [prefix + "all"], 1, shape_options),
        Node(OPERATORS.STRIDED_SLICE,
             [prefix + "all", prefix + "begin", prefix + "end", prefix + "step"], [prefix + "rows"], 1,
             slice_options),
        Node(OPERATORS.PACK, [prefix + "rows", prefix + "width"], [prefix + "shape"], 1, pack_options),
        Node(OPERATORS.RESHAPE, [source, prefix + "shape"], [target], 1, schema.ReshapeOptionsT()),
    ]
    return values, nodes


def reshaped():
    """y [rows, 6] and twice [rows, 6] for x [rows, 2, 3]: x and 2 * x, by a shape that is computed."""
    values, nodes = reshaped_parts("x", "y", 6, TYPES.FLOAT32)
    more, further = reshaped_parts("sum", "twice", 6, TYPES.FLOAT32)
    values = [Value("x", shape=[-1, 2, 3]), Value("sum", shape=[-1, 2, 3])] + values + more
    return model([Graph(values, [add(["x", "x"], "sum")] + nodes + further, ["x"], ["y", "twice"])])


def given_shape(element_type, rank=2, scale=None, zero_point=0):
    """y = x [n] with the shape `shape`, which is an input as well."""
    values = [
        Value("x", element_type, [-1], None, scale, zero_point), Value("shape", TYPES.INT32, [rank]),
        Value("y", element_type, [-1] * rank, None, scale, zero_point),
    ]
    node = Node(OPERATORS.RESHAPE, ["x", "shape"], ["y"], 1, schema.ReshapeOptionsT())
    return model([Graph(values, [node], ["x", "shape"], ["y"])])


def places_in_a_long_graph():
    """sums [4] = 64 * f, and behind that y [n, 1]: the places at which x is true, as INT32.

    The sums become one piece before the model runs, so that the numbers of its operators are others than
    in the file.
    """
    values = [Value("x", TYPES.BOOL, [-1]), Value("f", shape=[4])]
    nodes = []
    names = ["f"] + [f"sum{index}" for index in range(5)] + ["sums"]
    for source, target in zip(names, names[1:]):
        values.append(Value(target, shape=[4]))
        nodes.append(add([source, source], target))
    options = schema.CastOptionsT()
    options.inDataType = TYPES.INT64
    options.outDataType = TYPES.INT32
    values += [Value("places", TYPES.INT64, [-1, 1]), Value("y", TYPES.INT32, [-1, 1])]
    nodes += [
        Node(OPERATORS.WHERE, ["x"], ["places"], 1, schema.WhereOptionsT()),
        Node(OPERATORS.CAST, ["places"], ["y"], 1, options),
    ]
    return model([Graph(values, nodes, ["x", "f"], ["sums", "y"])])


def counted():
    """y = 0, 1, ... below `limit`, an INT32 without dimensions."""
    values = [
        scalar("start", 0), scalar("step", 1), Value("limit", TYPES.INT32, []), Value("y", TYPES.INT32, [-1])]
    node = Node(OPERATORS.RANGE, ["start", "limit", "step"], ["y"], 1, schema.RangeOptionsT())
    return model([Graph(values, [node], ["limit"], ["y"])])


def chosen_boxes():
    """`chosen` [3] and `count` []: NON_MAX_SUPPRESSION_V4 of boxes [n, 4] and scores [n], at most `most`."""
    options = schema.NonMaxSuppressionV4OptionsT()
    values = [
        Value("boxes", shape=[-1, 4]), Value("scores", shape=[-1]), Value("most", TYPES.INT32, []),
        constant("overlap", numpy.array(0.5, numpy.float32), TYPES.FLOAT32),
        constant("least", numpy.array(0.1, numpy.float32), TYPES.FLOAT32),
        Value("chosen", TYPES.INT32, [-1]), Value("count", TYPES.INT32, []),
    ]
    node = Node(
        OPERATORS.NON_MAX_SUPPRESSION_V4, ["boxes", "scores", "most", "overlap", "least"],
        ["chosen", "count"], 1, options)
    return model([Graph(values, [node], ["boxes", "scores", "most"], ["chosen", "count"])])


def shape_of_input():
    """y = the shape of x [rows, 2, 3], as INT32."""
    options = schema.ShapeOptionsT()
    options.outType = TYPES.INT32
    values = [Value("x", shape=[-1, 2, 3]), Value("y", TYPES.INT32, [3])]
    return model([Graph(values, [Node(OPERATORS.SHAPE, ["x"], ["y"], 1, options)], ["x"], ["y"])])


def measured_beside_others():
    """All kinds of outputs in a graph with a shape that is known only then; without signatures.

    The input x [n] itself, a weight `c` [2], y = x with the shape `shape`, and `z` = x + x.
    """
    weights = constant("c", numpy.array([5, 6], numpy.float32), TYPES.FLOAT32)
    values = [
        Value("x", shape=[-1]), Value("shape", TYPES.INT32, [2]), weights, Value("y", shape=[-1, -1]),
        Value("z", shape=[-1])]
    nodes = [
        Node(OPERATORS.RESHAPE, ["x", "shape"], ["y"], 1, schema.ReshapeOptionsT()), add(["x", "x"], "z")]
    return model([Graph(values, nodes, ["x", "shape"], ["x", "c", "y", "z"])], [])


def measured_twice():
    """y and again y for x [n] with the shape `shape`, in the second graph, under other names."""
    other = Graph(
        [Value("a", shape=[2]), Value("b", shape=[2])], [add(["a", "a"], "b")], ["a"], ["b"], "other")
    values = [Value("x", shape=[-1]), Value("shape", TYPES.INT32, [2]), Value("y", shape=[-1, -1])]
    node = Node(OPERATORS.RESHAPE, ["x", "shape"], ["y"], 1, schema.ReshapeOptionsT())
    graph = Graph(values, [node], ["x", "shape"], ["y", "y"])
    named = [Signature("first", [("in", "x"), ("wanted", "shape")], [("one", "y"), ("two", "y")], 1),
             Signature("second", [("a", "a")], [("b", "b")], 0),
             Signature("third", [("x", "x"), ("shape", "shape")], [("p", "y"), ("q", "y")], 1)]
    return model([other, graph], named)


def wrong_rank():
    """Declares y [-1] for what a shape of two dimensions makes of x."""
    values = [Value("x", shape=[-1]), Value("shape", TYPES.INT32, [2]), Value("y", shape=[-1])]
    node = Node(OPERATORS.RESHAPE, ["x", "shape"], ["y"], 1, schema.ReshapeOptionsT())
    return model([Graph(values, [node], ["x", "shape"], ["y"])])


def not_a_scalar():
    """Declares y [] for what a shape of two dimensions makes of x [1]."""
    values = [Value("x", shape=[1]), Value("shape", TYPES.INT32, [2]), Value("y", shape=[])]
    node = Node(OPERATORS.RESHAPE, ["x", "shape"], ["y"], 1, schema.ReshapeOptionsT())
    return model([Graph(values, [node], ["x", "shape"], ["y"])])


def random_rows():
    """y [n, 1]: which of 1000 random numbers are above a half: another number in each run."""
    random_options = schema.RandomOptionsT()
    values = [
        numbers("size", 1000), Value("random", shape=[1000]), Value("x", shape=[1]),
        Value("is_above", TYPES.BOOL, [1000]), Value("y", TYPES.INT64, [-1, 1])]
    nodes = [
        Node(OPERATORS.RANDOM_UNIFORM, ["size"], ["random"], 1, random_options),
        Node(OPERATORS.GREATER, ["random", "x"], ["is_above"], 1, schema.GreaterOptionsT()),
        Node(OPERATORS.WHERE, ["is_above"], ["y"], 1, schema.WhereOptionsT())]
    return model([Graph(values, nodes, ["x"], ["y"])])


def measured_and_used():
    """The graph with the shape that is known only then is also the start of another one."""
    values = [Value("x", shape=[-1]), Value("shape", TYPES.INT32, [2]), Value("y", shape=[-1, -1])]
    node = Node(OPERATORS.RESHAPE, ["x", "shape"], ["y"], 1, schema.ReshapeOptionsT())
    options = schema.CallOnceOptionsT()
    options.initSubgraphIndex = 0
    other = Graph(
        [Value("a", shape=[2]), Value("b", shape=[2])],
        [Node(OPERATORS.CALL_ONCE, [], [], 1, options), add(["a", "a"], "b")], ["a"], ["b"], "other")
    return model([Graph(values, [node], ["x", "shape"], ["y"]), other])


def measured_beside_far_weights():
    """Weights that are found by how far they lie from the beginning of the file."""
    def change(packed):
        packed.buffers[1].data = None
        packed.buffers[1].offset = 64
        packed.buffers[1].size = 8

    weights = constant("c", numpy.zeros([2], numpy.float32), TYPES.FLOAT32)
    values = [Value("x", shape=[-1]), Value("shape", TYPES.INT32, [2]), weights, Value("y", shape=[-1, 2]),
              Value("z", shape=[-1, 2])]
    nodes = [
        Node(OPERATORS.RESHAPE, ["x", "shape"], ["y"], 1, schema.ReshapeOptionsT()), add(["y", "c"], "z")]
    return model([Graph(values, nodes, ["x", "shape"], ["z"])], None, change)


GIVEN_SHAPES = {
    "float": TYPES.FLOAT32, "double": TYPES.FLOAT64, "float16": TYPES.FLOAT16, "bfloat16": TYPES.BFLOAT16,
    "int8": TYPES.INT8, "int16": TYPES.INT16, "int32": TYPES.INT32, "int64": TYPES.INT64,
    "uint8": TYPES.UINT8, "uint16": TYPES.UINT16, "uint32": TYPES.UINT32, "uint64": TYPES.UINT64,
    "bool": TYPES.BOOL,
}
MODELS = {
    make.__name__: make
    for make in (
        reshaped, places_in_a_long_graph, counted, chosen_boxes, shape_of_input, measured_beside_others,
        measured_twice, measured_and_used, measured_beside_far_weights, wrong_rank, not_a_scalar,
        random_rows,
    )
}
MODELS |= {
    f"given_shape_{name}": (lambda code=code: given_shape(code)) for name, code in GIVEN_SHAPES.items()}
MODELS["given_shape_quantized"] = lambda: given_shape(TYPES.INT8, 2, 0.5, -10)
