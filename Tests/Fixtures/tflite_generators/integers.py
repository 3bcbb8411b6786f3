"""Divisions of integers, some of which have no result."""

from ai_edge_litert import schema_py_generated as schema

from .building import Graph, Node, OPERATORS, TYPES, Value, model

OPERATIONS = {
    "divide": (OPERATORS.DIV, schema.DivOptionsT, 1),
    "floor_divide": (OPERATORS.FLOOR_DIV, schema.FloorDivOptionsT, 2),
    "modulo": (OPERATORS.FLOOR_MOD, schema.FloorModOptionsT, 1),
}


def divided(name, element_type):
    """y = an operator of a and b, INT32 or INT64 [rows]."""
    code, options, version = OPERATIONS[name]
    values = [Value(value, element_type, [-1]) for value in ("a", "b", "y")]
    return model([Graph(values, [Node(code, ["a", "b"], ["y"], version, options())], ["a", "b"], ["y"])])


MODELS = {
    "divide_int32": lambda: divided("divide", TYPES.INT32),
    "floor_divide_int32": lambda: divided("floor_divide", TYPES.INT32),
    "modulo_int32": lambda: divided("modulo", TYPES.INT32),
    "modulo_int64": lambda: divided("modulo", TYPES.INT64),
}
