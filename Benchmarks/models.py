"""ONNX models made on the fly whose answers are exact: each gives its input times a whole number."""

import numpy
from onnx import TensorProto, helper, numpy_helper


def serialized(nodes, weights, width):
    """The bytes of a model with one FLOAT input `x` and one output `y`, both [rows, width]."""
    shape = ["rows", width]
    graph = helper.make_graph(
        nodes, "times",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(values, name) for name, values in weights])
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 13)])
    return model.SerializeToString()


def small(factor, width):
    """y = x * factor: as little work as a model can have."""
    node = helper.make_node("Mul", ["x", "factor"], ["y"])
    return serialized([node], [("factor", numpy.array(factor, numpy.float32))], width)


def large(factor, width, layers):
    """y = x * factor through `layers` full matrices: 4 * layers * width * width bytes of weights."""
    nodes, weights = [], []
    for layer in range(layers):
        scale = factor if layer == 0 else 1
        weights.append((f"w{layer}", numpy.eye(width, dtype=numpy.float32) * numpy.float32(scale)))
        before = "x" if layer == 0 else f"h{layer}"
        after = "y" if layer == layers - 1 else f"h{layer + 1}"
        nodes.append(helper.make_node("MatMul", [before, f"w{layer}"], [after]))
    return serialized(nodes, weights, width)
