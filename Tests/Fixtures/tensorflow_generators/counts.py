"""Graphs that say counts and sizes which are not there: TensorFlow 2.21 takes all memory, or ends."""

from tensorflow.core.framework import graph_pb2, types_pb2

from .reaching_out import FLOAT, node

INT32 = types_pb2.DT_INT32


def constant(holder, name, element_type, shape, content):
    """A constant by the bytes of its elements."""
    made = holder.add(name=name, op="Const")
    made.attr["dtype"].type = element_type
    tensor = made.attr["value"].tensor
    tensor.dtype = element_type
    for size in shape:
        tensor.tensor_shape.dim.add(size=size)
    tensor.tensor_content = content


def begun(*constants):
    """A graph with the input x and constants: each has a name, a type, a shape and bytes."""
    made = graph_pb2.GraphDef()
    node(made.node, "x", "Placeholder", dtype=FLOAT)
    for each in constants:
        constant(made.node, *each)
    return made


ZERO = ("zero", INT32, [], bytes(4))


def counted(operation, count, *inputs, **types):
    made = begun(ZERO)
    node(made.node, "y", operation, *inputs, N=count, **types)
    return made


def concat_of_many():
    return counted("Concat", 100_000_000, "zero", "x", "x", T=FLOAT)


def stitch_of_many():
    return counted("DynamicStitch", 100_000_000, "zero", "zero", "x", "x", T=FLOAT)


def pack_of_none():
    return counted("Pack", -1, "x", "x", T=FLOAT)


def sum_of_one_more():
    return counted("AddN", 3, "x", "x", T=FLOAT)


def split_without_end():
    made = begun(ZERO)
    node(made.node, "y", "Split", "zero", "x", num_split=100_000_000, T=FLOAT)
    return made


def unpack_without_end():
    made = begun()
    node(made.node, "y", "Unpack", "x", num=100_000_000, T=FLOAT)
    return made


def types_of_more():
    """IdentityN lists three types for two inputs."""
    made = begun()
    node(made.node, "y", "IdentityN", "x", "x", T=[FLOAT, FLOAT, FLOAT])
    return made


def convolution(operation, strides, paddings=()):
    sizes = ("sizes", INT32, [4], b"".join(number.to_bytes(4, "little") for number in (1, 2, 2, 1)))
    made = begun(sizes)
    inputs = ["x", "sizes", "x"] if operation == "Conv2DBackpropFilter" else ["sizes", "x", "x"]
    y = node(made.node, "y", operation, *inputs, T=FLOAT, padding="EXPLICIT" if paddings else "VALID",
             data_format="NHWC")
    y.attr["strides"].list.i.extend(strides)
    y.attr["explicit_paddings"].list.i.extend(paddings)
    return made


def filter_strides_below_zero():
    return convolution("Conv2DBackpropFilter", [1, -1, 3, 1])


def input_strides_of_none():
    return convolution("Conv2DBackpropInput", [1, 0, 0, 1])


def paddings_below_zero():
    return convolution("Conv2DBackpropInput", [1, 1, 1, 1], [0, 0, -(2**31), 3, 1, 1, 0, 0])


def count_in_function():
    made = begun()
    function = made.library.function.add()
    function.signature.name = "many"
    function.signature.input_arg.add(name="a", type=FLOAT)
    function.signature.output_arg.add(name="b", type=FLOAT)
    node(function.node_def, "sum", "AddN", "a", "a", N=100_000_000, T=FLOAT)
    function.ret["b"] = "sum:sum:0"
    y = node(made.node, "y", "PartitionedCall", "x", Tin=[FLOAT], Tout=[FLOAT])
    y.attr["f"].func.name = "many"
    return made


GRAPHS = {
    "concat_of_many": concat_of_many, "stitch_of_many": stitch_of_many, "pack_of_none": pack_of_none,
    "sum_of_one_more": sum_of_one_more, "split_without_end": split_without_end,
    "unpack_without_end": unpack_without_end, "types_of_more": types_of_more,
    "filter_strides_below_zero": filter_strides_below_zero,
    "input_strides_of_none": input_strides_of_none, "paddings_below_zero": paddings_below_zero,
    "sum_in_function": count_in_function,
}


def all_graphs():
    """All of them by their names."""
    return {name: build() for name, build in GRAPHS.items()}
