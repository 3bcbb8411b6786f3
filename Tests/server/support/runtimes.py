"""The same model for each runtime: sum and difference of two tensors."""

import numpy

from . import paths
from .models import execute, get_tensor, set_tensor

FILES = {
    "ONNX": "sum_difference.onnx", "TF": "tensorflow/sum_difference.pb",
    "TFLITE": "tflite/sum_difference.tflite", "TORCH": "torch/sum_difference.pt"}
NAMES = {"TF": ["INPUTS", 2, "a", "b", "OUTPUTS", 2, "sum", "difference"]}
RUNS = 20


def store_all(client, kinds=FILES):
    """Stores the model of each kind at a key of that name."""
    for kind in kinds:
        blob = (paths.MODELS / FILES[kind]).read_bytes()
        words = ["AI.MODELSTORE", kind, kind, "CPU", *NAMES.get(kind, []), "BLOB", blob]
        assert client.execute_command(*words) == b"OK"


def run_all(client, kinds=FILES, prefix=""):
    """Runs each model, on a worker and on the server's thread, and looks at every value."""
    a_key, b_key, sum_key, difference_key = (prefix + key for key in ("a", "b", "sum", "difference"))
    for kind in kinds:
        for rows in range(1, RUNS + 1):
            a, b = (numpy.random.default_rng([rows, seed]).random((rows, 2), "float32") for seed in (1, 2))
            set_tensor(client, a_key, "FLOAT", a)
            set_tensor(client, b_key, "FLOAT", b)
            execute(client, kind, [a_key, b_key], [sum_key, difference_key])
            assert (get_tensor(client, sum_key) == a + b).all()
            assert (get_tensor(client, difference_key) == a - b).all()
