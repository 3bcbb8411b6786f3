"""Small models and scripts that other kinds of cases begin with."""

import functools

from support import paths

# By the word of their runtime: name of the file, names of inputs and outputs, and the inputs' tensors.
MODELS = {
    "ONNX": [
        ("mul_2x2.onnx", ["a", "b"], ["mul"], ["square", "square"]),
        ("rows_filter.onnx", ["x"], ["y"], ["square"]),
        ("spin.onnx", ["count"], ["total"], ["whole"]),
        ("string_concat.onnx", ["a", "b"], ["c"], ["words", "words"]),
        ("zipmap_classifier.onnx", ["x"], ["label", "probabilities"], ["square"]),
        ("identity_float16.onnx", ["x"], ["y"], ["half"]),
    ],
    "TF": [
        ("tensorflow/mul.pb", ["a", "b"], ["c"], ["square", "square"]),
        ("tensorflow/count.pb", ["count"], ["total"], ["whole"]),
        ("tensorflow/string_concat.pb", ["a", "b"], ["joined"], ["words", "words"]),
        ("tensorflow/parts.pb", ["x"], ["halves", "halves:1"], ["square"]),
    ],
    "TFLITE": [
        ("tflite/mul_2x2.tflite", ["a", "b"], ["c"], ["square", "square"]),
        ("tflite/sum_difference.tflite", ["a", "b"], ["c", "d"], ["square", "square"]),
        ("tflite/shape_of_input.tflite", ["x"], ["y"], ["square"]),
    ],
    "TORCH": [
        ("torch/mul_2x2.pt", ["a", "b"], ["c"], ["square", "square"]),
        ("torch/counts_runs.pt", ["x"], ["y"], ["square"]),
        ("torch/identity_float.pt", ["x"], ["y"], ["square"]),
    ],
}

SCRIPT = """def f(tensors: List[Tensor], keys: List[str], args: List[str]):
    return tensors
def added(tensors: List[Tensor], keys: List[str], args: List[str]):
    return tensors[0] + tensors[1]
def asked(tensors: List[Tensor], keys: List[str], args: List[str]):
    redis.execute("SET", keys[0], args[0])
    return int(str(redis.execute("STRLEN", keys[0])))
def model(tensors: List[Tensor], keys: List[str], args: List[str]):
    return redisAI.model_execute(keys[0], tensors, 1)
def spin(tensors: List[Tensor], keys: List[str], args: List[str]):
    i = 0
    while i >= 0:
        i += 1
    return tensors
"""
FUNCTIONS = ["f", "added", "asked", "model", "spin"]

# Commands that store the tensors that the models take.
TENSORS = {
    "square": ["AI.TENSORSET", "square", "FLOAT", 2, 2, "VALUES", 1, 2, 3, 4],
    "whole": ["AI.TENSORSET", "whole", "INT64", 1, "VALUES", 3],
    "words": ["AI.TENSORSET", "words", "STRING", 2, "VALUES", "one", ""],
    "half": ["AI.TENSORSET", "half", "FLOAT16", 2, "BLOB", b"\0\x3c\0\x3c"],
}


@functools.cache
def model_bytes(name):
    return (paths.MODELS / name).read_bytes()


def first_commands():
    """A model of each runtime, which opens its library."""
    for backend, models in MODELS.items():
        file, inputs, outputs, _ = models[0]
        names = ["INPUTS", len(inputs), *inputs, "OUTPUTS", len(outputs), *outputs] if backend == "TF" else []
        yield ["AI.MODELSTORE", "first", backend, "CPU", *names, "BLOB", model_bytes(file)]
