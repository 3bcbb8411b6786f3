"""The kinds of cases. Each module gives:

    UNIT          what is counted, in a word
    FULL          how many of them `make fuzz` tries
    SHORT         how many CI does
    case(seed, number) -> Case    the same for the same two numbers, always
    count(case)   how many of them are in a case
"""

import importlib

NAMES = ["commands", "restore", "onnx_operators", "damaged_models"]


def kind(name):
    """The module of a kind."""
    return importlib.import_module(f"kinds.{name}")
