"""Models of plain numeric operators: the everyday cases, scalars and shapes known only at run time."""

import numpy
from onnx import TensorProto, helper

from .building import checked, constant, model, tensor, value

FLOAT = TensorProto.FLOAT


def mul_2x2():
    """mul = a * b, element by element, for two FLOAT [2, 2] inputs."""
    node = helper.make_node("Mul", ["a", "b"], ["mul"])
    inputs = [value("a", FLOAT, [2, 2]), value("b", FLOAT, [2, 2])]
    return checked(model([node], inputs, [value("mul", FLOAT, [2, 2])], opset=13, ir=7))


def sum_difference():
    """Two outputs, `sum` = a + b and `difference` = a - b, for FLOAT [rows, 2] inputs of any row count."""
    nodes = [
        helper.make_node("Add", ["a", "b"], ["sum"]),
        helper.make_node("Sub", ["a", "b"], ["difference"]),
    ]
    inputs = [value("a", FLOAT, ["rows", 2]), value("b", FLOAT, ["rows", 2])]
    outputs = [value("sum", FLOAT, ["rows", 2]), value("difference", FLOAT, ["rows", 2])]
    return checked(model(nodes, inputs, outputs))


def five_lanes():
    """Five outputs y0 to y4, each the input x0 to x4 of the same number plus 1, all FLOAT [1]."""
    numbers = range(5)
    nodes = [helper.make_node("Add", [f"x{number}", "one"], [f"y{number}"]) for number in numbers]
    inputs = [value(f"x{number}", FLOAT, [1]) for number in numbers]
    outputs = [value(f"y{number}", FLOAT, [1]) for number in numbers]
    return checked(model(nodes, inputs, outputs, [tensor("one", numpy.array([1], numpy.float32))]))


def add_constant(amount):
    """y = x + amount for FLOAT [2]: models that differ in one number, to tell an old version from a new."""
    node = helper.make_node("Add", ["x", "amount"], ["y"])
    amounts = [tensor("amount", numpy.full([2], amount, numpy.float32))]
    return checked(model([node], [value("x", FLOAT, [2])], [value("y", FLOAT, [2])], amounts))


def mul_pairs():
    """y = a * b for FLOAT [2]: takes what two models that add a constant give."""
    node = helper.make_node("Mul", ["a", "b"], ["y"])
    inputs = [value("a", FLOAT, [2]), value("b", FLOAT, [2])]
    return checked(model([node], inputs, [value("y", FLOAT, [2])]))


def classifier():
    """A 30-64-32-2 classifier: Gemm and Relu twice, Gemm and Softmax; [batch, 30] to [batch, 2]."""
    random = numpy.random.default_rng(30_64_32_2)
    nodes, weights, current = [], [], "features"
    sizes = [30, 64, 32, 2]
    for layer, (inner, outer) in enumerate(zip(sizes, sizes[1:])):
        last = layer == len(sizes) - 2
        matrix = random.standard_normal([inner, outer]).astype(numpy.float32) / numpy.sqrt(inner)
        weights.append(tensor(f"weight{layer}", matrix.astype(numpy.float32)))
        weights.append(tensor(f"bias{layer}", random.standard_normal(outer).astype(numpy.float32)))
        made = f"dense{layer}"
        nodes.append(helper.make_node("Gemm", [current, f"weight{layer}", f"bias{layer}"], [made]))
        current = "probabilities" if last else f"active{layer}"
        nodes.append(helper.make_node("Softmax" if last else "Relu", [made], [current]))
    inputs = [value("features", FLOAT, ["batch", 30])]
    return checked(model(nodes, inputs, [value("probabilities", FLOAT, ["batch", 2])], weights))


def wide_layer():
    """y = x * weight with 160 KiB of FLOAT weights: a model that is nearly all weights."""
    random = numpy.random.default_rng(160)
    weights = [tensor("weight", random.standard_normal([160, 256]).astype(numpy.float32))]
    node = helper.make_node("MatMul", ["x", "weight"], ["y"])
    inputs = [value("x", FLOAT, ["rows", 160])]
    return checked(model([node], inputs, [value("y", FLOAT, ["rows", 256])], weights))


def scalar_double():
    """y = 2 * x for a FLOAT scalar: rank 0 on both sides."""
    nodes = [constant("two", numpy.float32(2)), helper.make_node("Mul", ["x", "two"], ["y"])]
    return checked(model(nodes, [value("x", FLOAT, [])], [value("y", FLOAT, [])]))


def rows_filter():
    """The rows of x [rows, 2] whose first element is above 0: possibly none, so an output with 0 rows."""
    nodes = [
        constant("zero", numpy.float32(0)),
        constant("column", numpy.array([0], numpy.int64)),
        helper.make_node("Gather", ["x", "column"], ["first"], axis=1),
        helper.make_node("Greater", ["first", "zero"], ["above"]),
        constant("flat", numpy.array([-1], numpy.int64)),
        helper.make_node("Reshape", ["above", "flat"], ["keep"]),
        helper.make_node("Compress", ["x", "keep"], ["kept"], axis=0),
    ]
    return checked(model(nodes, [value("x", FLOAT, ["rows", 2])], [value("kept", FLOAT, ["kept_rows", 2])]))


def shrinks_batch():
    """y = mean over the rows of x [rows, 2], kept as one row: a batch in, a single row out."""
    node = helper.make_node("ReduceMean", ["x"], ["y"], axes=[0], keepdims=1)
    return checked(model([node], [value("x", FLOAT, ["rows", 2])], [value("y", FLOAT, [1, 2])], opset=13))


MODELS = {
    "mul_2x2": mul_2x2,
    "sum_difference": sum_difference,
    "five_lanes": five_lanes,
    "add_1": lambda: add_constant(1),
    "add_100": lambda: add_constant(100),
    "mul_pairs": mul_pairs,
    "classifier_30_64_32_2": classifier,
    "wide_layer": wide_layer,
    "scalar_double": scalar_double,
    "rows_filter": rows_filter,
    "shrinks_batch": shrinks_batch,
}
