"""Attributes of ONNX operators."""

import onnx
from onnx import AttributeProto

from frame.values import number, real

from .onnx_tensors import ELEMENT_TYPES, WIRE_TYPES, initializer, some_shape

# What the operators' descriptions do not say in words.
WORDS = {
    "auto_pad": ["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"],
    "mode": ["constant", "reflect", "edge", "wrap", "nearest", "linear", "cubic", "bilinear", "avg", "max",
             "DCR", "CRD", "fan_in", "average"],
    "activations": ["Relu", "Tanh", "Sigmoid", "Affine", "LeakyRelu", "Elu", "Softplus", "HardSigmoid"],
    "reduction": ["none", "add", "mul", "min", "max", "sum", "mean"],
    "direction": ["forward", "reverse", "bidirectional", "LEFT", "RIGHT"],
    "nodes_modes": ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_EQ", "BRANCH_NEQ", "LEAF"],
    "cast_to": ["TO_FLOAT", "TO_STRING", "TO_INT64"], "map_form": ["DENSE", "SPARSE"],
    "norm": ["MAX", "L1", "L2"], "kernel_type": ["LINEAR", "POLY", "RBF", "SIGMOID"],
    "post_transform": ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"],
    "activation": ["Relu", "Tanh", "Clip", "HardSigmoid", "gelu", "silu", "relu"],
}
OTHER_WORDS = ["", "none", "a", "b", "one", "\0", "x" * 100, "1"]
EQUATION = "ijkab,ijk->. ABzZ"
INTEGERS = [-2, -1, -1, 0, 0, 1, 1, 1, 2, 2, 3, 4, 8]


def attribute(name, kind, words, rank, length, source):
    """One attribute of a kind, or None where there is none of it."""
    if not hasattr(AttributeProto, kind):
        return None
    made = AttributeProto(name=name, type=getattr(AttributeProto, kind))
    if kind == "INT":
        made.i = bounded(integer(name, source))
    elif kind == "FLOAT":
        made.f = real(source)
    elif kind == "STRING":
        made.s = text(name, words, source).encode()
    elif kind == "INTS":
        made.ints.extend(bounded(value) for value in integers(name, rank, length, source))
    elif kind == "FLOATS":
        made.floats.extend(real(source) for _ in range(size(rank, length, source)))
    elif kind == "STRINGS":
        made.strings.extend(
            text(name, words, source).encode() for _ in range(size(rank, length, source)))
    elif kind == "TENSOR":
        shape = source.choice([[], [1], [length], some_shape(source)])
        made.t.CopyFrom(initializer("t", source.choice(list(WIRE_TYPES)), shape, source))
    elif kind == "GRAPH":
        made.g.CopyFrom(body(source))
    else:
        return None
    return made


def integer(name, source):
    if name in ("to", "dtype", "saturate", "output_dtype", "round_mode") and source.random() < 0.9:
        return source.choice(list(ELEMENT_TYPES.values()))
    return source.choice(INTEGERS) if source.random() < 0.75 else number(source)


def bounded(value):
    return max(min(value, 2**63 - 1), -2**63)


def size(rank, length, source):
    """The length of a list: the same for all lists of an operator, or of its rank, or any."""
    if source.random() < 0.6:
        return length
    return source.choice([rank, max(rank - 2, 0), 2 * max(rank - 2, 0), 2 * rank, 1, source.randint(0, 10)])


def integers(name, rank, length, source):
    spatial = max(rank - 2, 0)
    if name in ("kernel_shape", "strides", "dilations", "output_padding", "output_shape"):
        count = spatial if source.random() < 0.85 else size(rank, length, source)
        return [mostly([1, 1, 2, 3], source) for _ in range(count)]
    if name == "pads":
        count = 2 * (spatial if source.random() < 0.6 else rank)
        return [mostly([0, 0, 1, 2], source) for _ in range(count)]
    if name in ("perm", "axes") and source.random() < 0.7:
        return source.sample(range(rank), source.choice([rank, source.randint(0, rank)]))
    return [integer(name, source) for _ in range(size(rank, length, source))]


def mostly(usual, source):
    return source.choice(usual) if source.random() < 0.9 else number(source)


def text(name, words, source):
    if name == "equation":
        if source.random() < 0.5:
            return source.choice(["ij,jk->ik", "ii->i", "...ij->...ji", "i,i->", "ij->", "bij,bjk", "i->ii"])
        return "".join(source.choice(EQUATION) for _ in range(source.randint(0, 12)))
    known = WORDS.get(name, []) + words
    if known and source.random() < 0.92:
        return source.choice(known)
    return source.choice(OTHER_WORDS)


def body(source):
    """A graph inside an operator: gives back what it takes, or constants."""
    graph = onnx.GraphProto(name="body")
    inputs = source.randint(0, 4)
    for index in range(inputs):
        graph.input.add(name=f"b{index}").type.tensor_type.elem_type = source.choice([1, 1, 7, 9, 6])
    for index in range(source.randint(1, 4)):
        name = f"c{index}"
        if inputs and source.random() < 0.7:
            graph.node.append(onnx.NodeProto(
                op_type=source.choice(["Identity", "Identity", "Neg", "Not", "Relu", "Shape"]),
                input=[f"b{source.randrange(inputs)}"], output=[name]))
        else:
            constant = graph.node.add(op_type="Constant", output=[name])
            value = constant.attribute.add(name="value", type=AttributeProto.TENSOR)
            element = source.choice(["tensor(float)", "tensor(int64)", "tensor(bool)"])
            value.t.CopyFrom(initializer("v", element, source.choice([[], [1], some_shape(source)]), source))
        graph.output.add(name=name)
    return graph


