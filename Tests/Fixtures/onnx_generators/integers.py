"""Divisions of integers, some of which have no result."""

from onnx import TensorProto, helper

from .building import checked, model, value

TYPES = {"int32": TensorProto.INT32, "int64": TensorProto.INT64}


def divided(element_type, operator, **attributes):
    """y = an operator of a and b, of any shapes that fit."""
    node = helper.make_node(operator, ["a", "b"], ["y"], **attributes)
    inputs = [value("a", element_type, ["n"]), value("b", element_type, ["m"])]
    return checked(model([node], inputs, [value("y", element_type, ["k"])]))


MODELS = {}
for name, code in TYPES.items():
    MODELS[f"divide_{name}"] = lambda code=code: divided(code, "Div")
    MODELS[f"modulo_{name}"] = lambda code=code: divided(code, "Mod")
    MODELS[f"remainder_{name}"] = lambda code=code: divided(code, "Mod", fmod=1)
