"""Small models over which ONNX Runtime 1.32 never ends or ends the process, and their harmless neighbours."""

import numpy
import onnx
from onnx import TensorProto, helper

from .building import model, tensor, value

FLOAT = TensorProto.FLOAT
OPSETS = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]


def functions(count, calls, last=("", "Neg")):
    """`count` functions, each of which calls the next so many times, and the last an operator."""
    made = []
    for index in range(count):
        domain, name = ("own", f"f{index - 1}") if index else last
        names = ["x", *(f"t{call}" for call in range(calls))]
        nodes = [
            helper.make_node(name, [names[call]], [names[call + 1]], domain=domain)
            for call in range(calls)]
        made.append(helper.make_function("own", f"f{index}", ["x"], [names[-1]], nodes, OPSETS))
    return made


def calling(nodes, made):
    """A model of nodes from x to y that call functions."""
    return model(
        nodes, [value("x", FLOAT, [2, 2])], [value("y", FLOAT, None)], domains=[("own", 1)], functions=made)


def called(made, name):
    return calling([helper.make_node(name, ["x"], ["y"], domain="own")], made)


def doubling():
    """Thirty functions that each call the next twice: 2^30 nodes."""
    return called(functions(30, 2), "f29")


def doubling_in_branches():
    """The same, with each call inside the branch of an If."""
    made = functions(30, 2)
    for function in made[1:]:
        for node in function.node:
            call = onnx.NodeProto()
            call.CopyFrom(node)
            inner, outer = f"{call.output[0]}_in", call.output[0]
            call.output[0] = inner
            branch = helper.make_graph([call], "branch", [], [value(inner, FLOAT, None)])
            node.CopyFrom(helper.make_node("If", ["yes"], [outer], then_branch=branch, else_branch=branch))
        yes = helper.make_node("Constant", [], ["yes"], value=tensor("v", numpy.array(True)))
        function.node.insert(0, yes)
    return called(made, "f29")


def overflow():
    """Counted in 64 bits it is none again: 256^8 = 2^64."""
    return called(functions(9, 256), "f8")


def recursion():
    return called(functions(3, 1, last=("own", "f2")), "f2")


def deep_calls():
    """Calls within calls, one each time."""
    return called(functions(150, 1), "f149")


def useful_functions():
    """Harmless: four functions that make 256 nodes."""
    return called(functions(4, 4), "f3")


def einsum(equation, inputs=2):
    nodes = [helper.make_node("Einsum", ["x"] * inputs, ["y"], equation=equation)]
    return model(nodes, [value("x", FLOAT, [2, 2])], [value("y", FLOAT, None)])


def einsum_in_function():
    """The equation comes to the function from its call."""
    node = helper.make_node("Einsum", ["x", "x"], ["y"])
    node.attribute.append(onnx.AttributeProto(
        name="equation", ref_attr_name="how", type=onnx.AttributeProto.STRING))
    function = helper.make_function("own", "f", ["x"], ["y"], [node], OPSETS, attributes=["how"])
    return calling([helper.make_node("f", ["x"], ["y"], domain="own", how="a|b")], [function])


def one(operation, inputs=1, domain="", initializers=(), opset=17, **attributes):
    """A model of one operator on x, a FLOAT [2, 2]; `y` is its output."""
    names = ["x"] * inputs + [name.name for name in initializers]
    nodes = [helper.make_node(operation, names, ["y"], domain=domain, **attributes)]
    domains = [(domain, 1)] if domain else []
    return model(
        nodes, [value("x", FLOAT, [2, 2])], [value("y", FLOAT, None)], initializers, opset=opset,
        domains=domains)


def gather_before_the_first():
    return one("GatherND", initializers=[tensor("i", numpy.array([1]))], batch_dims=-3)


ML = "ai.onnx.ml"
OWN = "com.microsoft"
BYTES = numpy.ones([2, 2], numpy.uint8)
FLOATS = numpy.ones([2, 2], numpy.float32)


def with_inputs(operation, names, constants, domain="", opset=17, **attributes):
    """A model of one operator with inputs of these names: constants, and x, which is FLOAT [2, 2]."""
    nodes = [helper.make_node(operation, names, ["y"], domain=domain, **attributes)]
    return model(
        nodes, [value("x", FLOAT, [2, 2])], [value("y", FLOAT, None)],
        [tensor(name, content) for name, content in constants.items()], opset=opset,
        domains=[(domain, 1)] if domain else [])


def table_of_many_scales():
    names = ["c", "q", "s", "z", "q", "s", "z", "s", "z"]
    constants = {"c": BYTES.astype(bool), "q": BYTES, "s": FLOATS, "z": BYTES}
    return with_inputs("QLinearWhere", names, constants, OWN)


def dynamic_product(weights, scale=numpy.float32(1)):
    return with_inputs("DynamicQuantizeMatMul", ["x", "w", "s"], {"w": weights, "s": scale}, OWN)


def weights_from_a_client():
    return with_inputs("MatMulIntegerToFloat", ["a", "x", "s", "s"], {"a": BYTES, "s": numpy.float32(1)}, OWN)


def scale_from_a_client():
    return with_inputs(
        "MatMulIntegerToFloat", ["b", "b", "x", "s"], {"b": BYTES, "s": numpy.float32(1)}, OWN)


def product_of_what_was_made():
    """As exporters make it: the scale of the other factor comes out of another operator."""
    made = with_inputs(
        "MatMulIntegerToFloat", ["q", "b", "r", "s", "z"], {"b": BYTES, "s": FLOATS[0]}, OWN)
    made.graph.node.insert(0, helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "r", "z"]))
    return made


def reverse_before_the_first():
    return with_inputs("ReverseSequence", ["x", "n"], {"n": numpy.array([1, 2])}, time_axis=-3)

REFUSED = {
    "doubling": doubling,
    "doubling_in_branches": doubling_in_branches,
    "overflow": overflow,
    "recursion": recursion,
    "deep_calls": deep_calls,
    "einsum_bar": lambda: einsum("a|b"),
    "einsum_minus": lambda: einsum("ij-,jk"),
    "einsum_dots": lambda: einsum(".i,i.."),
    "einsum_in_function": einsum_in_function,
    "features_below_zero": lambda: one("FeatureVectorizer", 2, ML, inputdimensions=[2, -1]),
    "features_for_others": lambda: one("FeatureVectorizer", 2, ML, inputdimensions=[2, 2, 2]),
    "features_without_end": lambda: one("FeatureVectorizer", 2, ML, inputdimensions=[2, 2**62]),
    "gather_before_the_first": gather_before_the_first,
    "normal_without_deviation": lambda: one("RandomNormalLike", scale=0.0),
    "uniform_backwards_both": lambda: one("RandomUniformLike", low=2.0, high=1.0),
    "reverse_before_the_first": reverse_before_the_first,
    "reverse_of_one_dimension": lambda: with_inputs(
        "ReverseSequence", ["c", "n"], {"c": FLOATS[0], "n": numpy.array([1])}),
    "unique_of_no_rows": lambda: with_inputs("Unique", ["c"], {"c": numpy.zeros([2, 0])}, axis=0),
    "axis_left_out": lambda: with_inputs("DFT", ["x", "n", ""], {"n": numpy.array(2)}, opset=20),
    "bias_left_out": lambda: with_inputs("LayerNormalization", ["x", "s", ""], {"s": FLOATS[0]}),
    "zero_point_missing": lambda: with_inputs(
        "QLinearSigmoid", ["q", "s", "z", "s"], {"q": BYTES, "s": FLOATS[0, 0], "z": BYTES[0, 0]}, OWN),
    "table_of_many_scales": table_of_many_scales,
    "weights_of_one_dimension": lambda: dynamic_product(BYTES[0]),
    "weights_from_a_client": weights_from_a_client,
    # The product would need more rows than it has; more columns; and none.
    "scale_of_rows": lambda: dynamic_product(BYTES, numpy.ones([8, 2], numpy.float32)),
    "scale_of_columns": lambda: dynamic_product(BYTES[:, :1], numpy.ones([8], numpy.float32)),
    "scale_of_none": lambda: dynamic_product(BYTES, numpy.ones([0], numpy.float32)),
    "scale_from_a_client": scale_from_a_client,
    "inverse": lambda: one("Inverse", domain=OWN),
    "uniform_backwards": lambda: one("RandomUniformLike", low=2.0),
}
HARMLESS = {
    "functions": useful_functions,
    "einsum": lambda: einsum("...i j, jK -> ...iK"),
    "features": lambda: one("FeatureVectorizer", 2, ML, inputdimensions=[2, 2]),
    "uniform": lambda: one("RandomUniformLike", low=-1.0, high=-1.0),
    "normalization": lambda: with_inputs(
        "LayerNormalization", ["x", "s", "s"], {"s": FLOATS[0]}),
    "dynamic_product": lambda: dynamic_product(BYTES),
    "dynamic_product_of_columns": lambda: dynamic_product(BYTES, FLOATS[0]),
    "dynamic_product_of_rows": lambda: dynamic_product(BYTES, FLOATS[:1]),
    "product_of_what_was_made": product_of_what_was_made,
}
