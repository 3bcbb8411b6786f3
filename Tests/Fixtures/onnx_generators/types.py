"""Models of every element type, and of outputs that are not tensors."""

import numpy
from onnx import TensorProto, helper

from .building import checked, constant, model, value

FLOAT = TensorProto.FLOAT
INT64 = TensorProto.INT64
STRING = TensorProto.STRING

# The names that clients use, with the vendor's codes.
ELEMENT_TYPES = {
    "float": TensorProto.FLOAT,
    "double": TensorProto.DOUBLE,
    "float16": TensorProto.FLOAT16,
    "bfloat16": TensorProto.BFLOAT16,
    "int8": TensorProto.INT8,
    "int16": TensorProto.INT16,
    "int32": TensorProto.INT32,
    "int64": TensorProto.INT64,
    "uint8": TensorProto.UINT8,
    "uint16": TensorProto.UINT16,
    "uint32": TensorProto.UINT32,
    "uint64": TensorProto.UINT64,
    "bool": TensorProto.BOOL,
    "string": TensorProto.STRING,
}


def identity(element_type):
    """y = x for one element type and any shape of rank 1."""
    node = helper.make_node("Identity", ["x"], ["y"])
    return checked(model([node], [value("x", element_type, ["n"])], [value("y", element_type, ["n"])]))


def cast(element_type, opset=17, ir=8):
    """y = x as another type, for FLOAT [n]."""
    node = helper.make_node("Cast", ["x"], ["y"], to=element_type)
    inputs = [value("x", FLOAT, ["n"])]
    return checked(model([node], inputs, [value("y", element_type, ["n"])], opset=opset, ir=ir))


def string_concat():
    """y = a followed by b, element by element, for STRING [n] inputs."""
    node = helper.make_node("StringConcat", ["a", "b"], ["y"])
    inputs = [value("a", STRING, ["n"]), value("b", STRING, ["n"])]
    return checked(model([node], inputs, [value("y", STRING, ["n"])], opset=20, ir=9))


def linear_classifier(outputs):
    """The nodes and the input of a classifier of FLOAT [rows, 3] into labels 10, 20 and 30.

    The highest of the three features gives the label. `outputs` names its label and its scores.
    """
    node = helper.make_node(
        "LinearClassifier", ["features"], outputs, domain="ai.onnx.ml",
        classlabels_ints=[10, 20, 30], coefficients=[1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0],
        intercepts=[0.0, 0.0, 0.0], multi_class=0, post_transform="SOFTMAX")
    return node, value("features", FLOAT, ["rows", 3])


def zipmap_classifier():
    """A classifier as scikit-learn converters write it: `label` is a tensor, `scores` a sequence of maps."""
    node, features = linear_classifier(["label", "raw"])
    zipped = helper.make_node(
        "ZipMap", ["raw"], ["scores"], domain="ai.onnx.ml", classlabels_int64s=[10, 20, 30])
    map_type = helper.make_map_type_proto(INT64, helper.make_tensor_type_proto(FLOAT, None))
    scores = helper.make_value_info("scores", helper.make_sequence_type_proto(map_type))
    outputs = [value("label", INT64, ["rows"]), scores]
    return checked(model([node, zipped], [features], outputs, opset=13, ir=7, domains=[("ai.onnx.ml", 1)]))


def sequence_output():
    """`parts` is a sequence of the rows of x [rows, 2]; `same` is x itself."""
    nodes = [
        helper.make_node("SplitToSequence", ["x"], ["parts"], axis=0, keepdims=0),
        helper.make_node("Identity", ["x"], ["same"]),
    ]
    parts = helper.make_tensor_sequence_value_info("parts", FLOAT, None)
    return checked(model(nodes, [value("x", FLOAT, ["rows", 2])], [parts, value("same", FLOAT, ["rows", 2])]))


def sequence_input():
    """y = the first element of the sequence `parts`: no tensor command can give such an input."""
    nodes = [
        constant("first", numpy.int64(0)),
        helper.make_node("SequenceAt", ["parts", "first"], ["y"]),
    ]
    parts = helper.make_tensor_sequence_value_info("parts", FLOAT, ["n"])
    return checked(model(nodes, [parts], [value("y", FLOAT, ["n"])]))


def optional_output():
    """`perhaps` is an optional tensor that holds x [2]; `same` is x itself."""
    nodes = [
        helper.make_node("Optional", ["x"], ["perhaps"]),
        helper.make_node("Identity", ["x"], ["same"]),
    ]
    inner = helper.make_tensor_type_proto(FLOAT, [2])
    perhaps = helper.make_value_info("perhaps", helper.make_optional_type_proto(inner))
    return checked(model(nodes, [value("x", FLOAT, [2])], [perhaps, value("same", FLOAT, [2])], opset=16))


MODELS = {f"identity_{name}": (lambda code=code: identity(code)) for name, code in ELEMENT_TYPES.items()}
MODELS |= {
    "float16_out": lambda: cast(TensorProto.FLOAT16),
    "bfloat16_out": lambda: cast(TensorProto.BFLOAT16),
    "float8_out": lambda: cast(TensorProto.FLOAT8E4M3FN, opset=19, ir=9),
    "string_concat": string_concat,
    "zipmap_classifier": zipmap_classifier,
    "sequence_output": sequence_output,
    "sequence_input": sequence_input,
    "optional_output": optional_output,
}
