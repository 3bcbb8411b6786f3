"""Graphs over which TensorFlow 2.21 ends the process, most found by changing files at random."""

from tensorflow.core.framework import graph_pb2, types_pb2

from . import graphs, reaching_out


def first_constant(nodes):
    return next(one for one in nodes if one.op == "Const")


def constant_without_value():
    """In a function, where nobody looks before it is optimised."""
    made = graphs.graph(graphs.count_in_function)
    del first_constant(made.library.function[0].node_def).attr["value"]
    return made


def constant_of_another_type():
    made = graphs.graph(graphs.rows_filter)
    constant = next(one for one in made.node if one.name == "mask/strided_slice/stack")
    constant.attr["value"].tensor.dtype = types_pb2.DT_FLOAT
    return made


def constant_below_zero():
    made = graphs.graph(graphs.count_in_function)
    constants = [one for function in made.library.function for one in function.node_def if one.op == "Const"]
    for constant in constants:
        constant.attr["value"].tensor.tensor_shape.dim.add(size=-1)
    return made


def constant_without_end():
    """One value that stands for 2^50."""
    made = graphs.graph(graphs.dense)
    tensor = first_constant(made.node).attr["value"].tensor
    del tensor.tensor_shape.dim[:]
    tensor.tensor_shape.dim.add(size=1 << 50)
    tensor.tensor_content = b""
    tensor.float_val.append(1)
    return made


def merge_of_three():
    """A loop that is entered from two places."""
    made = graphs.graph(graphs.count_in_frames)
    merge = next(one for one in made.node if one.op == "Merge")
    merge.input.insert(0, merge.input[0])
    merge.attr["N"].i = 3
    return made


def exit_without_loop():
    """An Exit where an Enter should be."""
    made = graphs.graph(graphs.count_in_frames)
    enter = next(one for one in made.node if one.name == "while/Enter_1")
    enter.op = "Exit"
    return made


def spectrum_of_no_length():
    """Made part by part, since TensorFlow's own functions look at the length first."""
    made = graph_pb2.GraphDef()
    made.versions.producer = 2000
    made.node.add(name="x", op="Placeholder").attr["dtype"].type = types_pb2.DT_FLOAT
    length = made.node.add(name="n", op="Const").attr
    length["dtype"].type = length["value"].tensor.dtype = types_pb2.DT_INT32
    length["value"].tensor.tensor_shape.dim.add(size=1)
    length["value"].tensor.int_val.append(0)
    spectrum = made.node.add(name="s", op="RFFT", input=["x", "n"]).attr
    spectrum["Treal"].type, spectrum["Tcomplex"].type = types_pb2.DT_FLOAT, types_pb2.DT_COMPLEX64
    absolute = made.node.add(name="y", op="ComplexAbs", input=["s"]).attr
    absolute["T"].type, absolute["Tout"].type = types_pb2.DT_COMPLEX64, types_pb2.DT_FLOAT
    return made


GRAPHS = {
    "constant_without_value": constant_without_value, "constant_of_another_type": constant_of_another_type,
    "constant_below_zero": constant_below_zero, "constant_without_end": constant_without_end,
    "merge_of_three": merge_of_three, "exit_without_loop": exit_without_loop,
    "recursion": reaching_out.recursion, "spectrum_of_no_length": spectrum_of_no_length,
}


def all_graphs():
    """All of them by their names."""
    return {name: build() for name, build in GRAPHS.items()}
