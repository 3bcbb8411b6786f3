"""Products of quantized factors from x, FLOAT [1, 2], to y; the shapes of their scales differ."""

import numpy
from onnx import TensorProto, helper

from .building import model, tensor, value


def product(nodes, constants):
    return model(
        nodes, [value("x", TensorProto.FLOAT, ["rows", 2])], [value("y", TensorProto.FLOAT, None)],
        [tensor(name, numpy.asarray(content)) for name, content in constants.items()])


def integers(columns, scale, between=()):
    """Weights of 1, as tools write what is quantized in each run; `between` may change the product."""
    nodes = [
        helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "r", "z"]),
        helper.make_node("MatMulInteger", ["q", "w", "z"], ["i"]),
        helper.make_node("Cast", ["i"], ["f"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["r", "s"], ["rs"]),
        *between,
        helper.make_node("Mul", ["t" if between else "f", "rs"], ["y"])]
    return product(
        nodes, {"w": numpy.ones([2, columns], numpy.uint8), "s": numpy.array(scale, numpy.float32)})


def dequantized(shape, scale, axis, is_transposed=False):
    """Weights of 1, as tools write what is quantized beforehand."""
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "one"], ["q"]),
        helper.make_node("DequantizeLinear", ["q", "one"], ["d"]),
        helper.make_node("DequantizeLinear", ["w", "s"], ["v"], axis=axis),
        *([helper.make_node("Transpose", ["v"], ["t"], perm=[1, 0])] if is_transposed else []),
        helper.make_node("MatMul", ["d", "t" if is_transposed else "v"], ["y"])]
    return product(
        nodes, {"one": numpy.float32(1), "w": numpy.ones(shape, numpy.uint8),
                "s": numpy.array(scale, numpy.float32)})


def same(name, result):
    return helper.make_node("Identity", [name], [result])


MODELS = {
    "integers_number": lambda: integers(2, 2),
    "integers_columns": lambda: integers(2, [1, 2]),
    "integers_rows": lambda: integers(1, [[1], [2], [3]]),
    "integers_rows_renamed": lambda: integers(1, [[1], [2], [3]], [same("f", "t")]),
    "integers_vector": lambda: integers(1, [1, 2, 3]),
    "dequantized_number": lambda: dequantized([2, 2], 2, 0),
    "dequantized_columns": lambda: dequantized([2, 2], [1, 2], 1),
    "dequantized_rows": lambda: dequantized([2, 2], [1, 2], 0),
    "dequantized_rows_of_one": lambda: dequantized([2, 1], [1, 2], 0),
    "dequantized_transposed": lambda: dequantized([2, 2], [1, 2], 0, is_transposed=True),
    "dequantized_transposed_rows": lambda: dequantized([1, 2], [1, 2], 1, is_transposed=True),
}
