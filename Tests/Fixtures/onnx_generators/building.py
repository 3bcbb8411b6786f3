"""Short forms of the `onnx` helper API that all families use."""

import numpy
import onnx
from onnx import helper, numpy_helper

PRODUCER = "redisai-fixtures"


def tensor(name, array):
    """A constant tensor with the given name, from a numpy array."""
    return numpy_helper.from_array(numpy.asarray(array), name)


def value(name, element_type, shape):
    """A tensor input or output; a dimension may be a number, a symbolic name or None."""
    return helper.make_tensor_value_info(name, element_type, shape)


def constant(name, array):
    """A Constant node that gives the array under the given name."""
    return helper.make_node("Constant", [], [name], value=tensor(name + "_value", array))


def model(nodes, inputs, outputs, initializers=(), opset=17, ir=8, domains=(), functions=()):
    """A model with one graph.

    `domains` lists (domain, version) pairs beside the standard operators.
    The result is not checked: some fixtures are wrong on purpose.
    """
    graph = helper.make_graph(list(nodes), "graph", list(inputs), list(outputs), list(initializers))
    opsets = [helper.make_opsetid("", opset)]
    opsets += [helper.make_opsetid(domain, version) for domain, version in domains]
    return helper.make_model(
        graph, opset_imports=opsets, ir_version=ir, producer_name=PRODUCER, functions=list(functions))


def checked(built):
    """The same model, after `onnx` has found nothing wrong with it."""
    onnx.checker.check_model(built)
    return built
