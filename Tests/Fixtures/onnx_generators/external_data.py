"""Models that try to read the server's own `dump.rdb`, one for each place where a tensor can hide.

Each holds a tensor whose 16 bytes are to come from offset 0 of that file. Where the runtime would accept the
model, the output `y` is the input `x` followed by these bytes, so a refusal that is missing shows the file.
"""

import numpy
from onnx import TensorProto, TrainingInfoProto, helper

from . import external_wire
from .building import constant, model, tensor, value

UINT8 = TensorProto.UINT8
INT64 = TensorProto.INT64
BOOL = TensorProto.BOOL

SECRET_BYTES = 16


def external(name="secret", element_type=UINT8, shape=(SECRET_BYTES,), location="dump.rdb"):
    """A tensor whose bytes lie in a file."""
    made = TensorProto(name=name, data_type=element_type, dims=shape, data_location=TensorProto.EXTERNAL)
    for key, text in (("location", location), ("offset", "0"), ("length", str(SECRET_BYTES))):
        made.external_data.add(key=key, value=text)
    return made


def reader(nodes=(), initializers=(), **options):
    """A model whose output is x [n] followed by the value named `secret`, which the given parts define."""
    joined = helper.make_node("Concat", ["x", "secret"], ["y"], axis=0)
    inputs = [value("x", UINT8, ["n"])]
    return model([*nodes, joined], inputs, [value("y", UINT8, ["m"])], initializers, **options)


def secret_constant(**attribute):
    """A Constant node that gives `secret`."""
    return helper.make_node("Constant", [], ["secret"], **attribute)


def sparse(outside):
    """A sparse tensor of 16 elements; `outside` says whether its values or its indices lie in the file."""
    values = tensor("secret", numpy.array([7, 7], numpy.uint8))
    indices = tensor("secret_indices", numpy.array([0, 1], numpy.int64))
    if outside == "values":
        values = external()
        indices = tensor("secret_indices", numpy.arange(SECRET_BYTES, dtype=numpy.int64))
    else:
        indices = external("secret_indices", INT64, [2])
    return helper.make_sparse_tensor(values, indices, [SECRET_BYTES])


def sparse_initializer(outside):
    built = reader()
    built.graph.sparse_initializer.append(sparse(outside))
    return built


def branch(nodes=(), initializers=()):
    """A subgraph that gives `inner` as its only output."""
    return helper.make_graph(
        [*nodes, helper.make_node("Identity", ["inner"], ["given"])], "branch", [],
        [value("given", UINT8, [SECRET_BYTES])], list(initializers))


def choosing(chosen):
    """Nodes that give `secret` through the then-branch of an If."""
    other = branch([constant("inner", numpy.zeros(SECRET_BYTES, numpy.uint8))])
    return [
        constant("yes", numpy.bool_(True)),
        helper.make_node("If", ["yes"], ["secret"], then_branch=chosen, else_branch=other),
    ]


def in_if_initializer():
    return reader(choosing(branch(initializers=[external("inner")])))


def in_if_constant():
    node = helper.make_node("Constant", [], ["inner"], value=external("inner"))
    return reader(choosing(branch([node])))


def in_if_sparse_initializer():
    chosen = branch()
    held = sparse("values")
    held.values.name = "inner"
    chosen.sparse_initializer.append(held)
    return reader(choosing(chosen))


def looping(nodes=(), initializers=()):
    """Nodes that give `secret` as the value that a Loop of one round carries out of its body."""
    inputs = [value("round", INT64, []), value("going", BOOL, []), value("before", UINT8, [SECRET_BYTES])]
    outputs = [value("still", BOOL, []), value("after", UINT8, [SECRET_BYTES])]
    body = helper.make_graph(
        [*nodes, helper.make_node("Identity", ["going"], ["still"]),
         helper.make_node("Identity", ["inner"], ["after"])],
        "body", inputs, outputs, list(initializers))
    return [
        constant("rounds", numpy.int64(1)),
        constant("start", numpy.zeros(SECRET_BYTES, numpy.uint8)),
        helper.make_node("Loop", ["rounds", "", "start"], ["secret"], body=body),
    ]


def in_loop_initializer():
    return reader(looping(initializers=[external("inner")]))


def in_if_within_loop():
    chosen = branch(initializers=[external("inner")])
    other = branch([constant("inner", numpy.zeros(SECRET_BYTES, numpy.uint8))])
    inner_if = helper.make_node("If", ["going"], ["chosen"], then_branch=chosen, else_branch=other)
    return reader(looping([inner_if, helper.make_node("Identity", ["chosen"], ["inner"])]))


def calling(function):
    """A model that gets `secret` from a call of the function `example.functions.Secret`."""
    call = helper.make_node("Secret", [], ["secret"], domain="example.functions")
    return reader([call], domains=[("example.functions", 1)], functions=[function], ir=9)


def function(nodes, **options):
    return helper.make_function(
        "example.functions", "Secret", [], ["given"], nodes, [helper.make_opsetid("", 17)], **options)


def in_function_constant():
    return calling(function([helper.make_node("Constant", [], ["given"], value=external("given"))]))


def in_function_if():
    chosen = branch(initializers=[external("inner")])
    other = branch([constant("inner", numpy.zeros(SECRET_BYTES, numpy.uint8))])
    node = helper.make_node("If", ["yes"], ["given"], then_branch=chosen, else_branch=other)
    return calling(function([constant("yes", numpy.bool_(True)), node]))


def in_function_default():
    """The tensor is the default value of a function's attribute."""
    node = helper.make_node("Constant", [], ["given"])
    node.attribute.add(name="value", ref_attr_name="held", type=helper.onnx.AttributeProto.TENSOR)
    default = helper.make_attribute("held", external("held"))
    return calling(function([node], attribute_protos=[default]))


def with_stray_attribute(name, held):
    """A model that computes y from x alone; a node carries one more attribute that holds the tensor."""
    node = helper.make_node("Identity", ["x"], ["y"])
    node.attribute.append(helper.make_attribute(name, held))
    return model([node], [value("x", UINT8, ["n"])], [value("y", UINT8, ["n"])])


def in_training(part):
    """The tensor lies in a graph that is for training only."""
    built = reader([secret_constant(value=tensor("secret", numpy.zeros(SECRET_BYTES, numpy.uint8)))])
    graph = helper.make_graph([], "training", [], [], [external("unused")])
    information = TrainingInfoProto()
    getattr(information, part).CopyFrom(graph)
    built.training_info.append(information)
    return built


def unused_initializer():
    node = helper.make_node("Identity", ["x"], ["y"])
    return model([node], [value("x", UINT8, ["n"])], [value("y", UINT8, ["n"])], [external("unused")])


def initializer_as_input():
    built = reader(initializers=[external()], opset=7, ir=3)
    built.graph.input.append(value("secret", UINT8, [SECRET_BYTES]))
    return built


def place_without_flag():
    """The file is named, but the tensor says that its bytes are inside."""
    held = external()
    held.ClearField("data_location")
    held.raw_data = bytes(SECRET_BYTES)
    return reader(initializers=[held])


def flag_without_place():
    """The tensor says that its bytes are outside, but names no file."""
    held = external()
    held.ClearField("external_data")
    return reader(initializers=[held])


def located(location):
    return reader(initializers=[external(location=location)])


MODELS = {
    "initializer": lambda: reader(initializers=[external()]),
    "second_initializer": lambda: reader(
        initializers=[tensor("unused", numpy.zeros(4, numpy.float32)), external()]),
    "unused_initializer": unused_initializer,
    "initializer_as_input": initializer_as_input,
    "constant_value": lambda: reader([secret_constant(value=external())]),
    "constant_sparse_values": lambda: reader([secret_constant(sparse_value=sparse("values"))]),
    "constant_sparse_indices": lambda: reader([secret_constant(sparse_value=sparse("indices"))]),
    "sparse_initializer_values": lambda: sparse_initializer("values"),
    "sparse_initializer_indices": lambda: sparse_initializer("indices"),
    "if_initializer": in_if_initializer,
    "if_constant": in_if_constant,
    "if_sparse_initializer": in_if_sparse_initializer,
    "loop_initializer": in_loop_initializer,
    "if_within_loop_initializer": in_if_within_loop,
    "function_constant": in_function_constant,
    "function_if_initializer": in_function_if,
    "function_attribute_default": in_function_default,
    "tensors_attribute": lambda: with_stray_attribute("stray", [external()]),
    "sparse_tensors_attribute": lambda: with_stray_attribute("stray", [sparse("values")]),
    "graphs_attribute": lambda: with_stray_attribute(
        "stray", [branch(initializers=[external("inner")])]),
    "training_initialization": lambda: in_training("initialization"),
    "training_algorithm": lambda: in_training("algorithm"),
    "place_without_flag": place_without_flag,
    "flag_without_place": flag_without_place,
    "absolute_path": lambda: located("/etc/passwd"),
    "parent_folder": lambda: located("../dump.rdb"),
    "current_folder": lambda: located("./dump.rdb"),
    "memory_address_marker": lambda: located("*/_ORT_MEM_ADDR_/*"),
}


def payloads():
    """Each hiding place's name and the bytes of its model."""
    for name, make in MODELS.items():
        yield name, make().SerializeToString(deterministic=True)
    yield from external_wire.payloads(reader(), external())
