"""TFLite models with damaged bytes: refused, or run, but never a harm to the server."""

import random

import numpy
import pytest

from support.clients import refusal
from support.models import NUMPY_TYPES, execution, set_tensor
from support.patience import runs_may_be_stopped
from support.tflite import tflite_bytes

COUNT = 1000
SHAPES = {
    "sum_difference": ("FLOAT", [3, 2]),
    "count": ("INT64", [1]),
    "matrix": ("FLOAT", [3, 3]),
    "quantized_int8": ("INT8", [3, 2]),
    "several_signatures": ("FLOAT", [3, 2]),
    "identity_float": ("FLOAT", [3]),
    "reshaped": ("FLOAT", [3, 2, 3]),
    "places": ("BOOL", [3]),
    "counted": ("INT32", []),
    "chosen_boxes": ("FLOAT", [3, 4]),
    "given_shape_int32": ("INT32", [2]),
    "places_in_a_long_graph": ("FLOAT", [4]),
    "measured_beside_others": ("FLOAT", [4]),
    "measured_twice": ("FLOAT", [4]),
}


def stored(client, blob):
    """The error text of storing these bytes as the model `m`, or None."""
    return refusal(client, "AI.MODELSTORE", "m", "TFLITE", "CPU", "BLOB", blob)


def mutated(whole, source):
    """The bytes with one to four of them changed: any value, one bit, or a limit."""
    damaged = bytearray(whole)
    for _ in range(source.randint(1, 4)):
        place = source.randrange(len(damaged))
        action = source.randrange(3)
        if action == 0:
            damaged[place] = source.randrange(256)
        elif action == 1:
            damaged[place] ^= 1 << source.randrange(8)
        else:
            damaged[place] = source.choice([0, 1, 0x7F, 0x80, 0xFF])
    return bytes(damaged)


# Of models whose inputs are not all alike; the others take `x` for each.
INPUTS = {
    "chosen_boxes": [("FLOAT", [3, 4]), ("FLOAT", [3]), ("INT32", [])],
    "places_in_a_long_graph": [("BOOL", [300]), ("FLOAT", [4])],
    "measured_beside_others": [("FLOAT", [4]), ("INT32", [2])],
    "measured_twice": [("FLOAT", [4]), ("INT32", [2])],
    "given_shape_int32": [("INT32", [4]), ("INT32", [2])],
}


def run_whatever_it_takes(client, name):
    """Runs a damaged model with as many inputs and outputs as it says it has."""
    reply = client.execute_command("AI.MODELGET", "m", "META")
    outputs = [f"out{index}" for index in range(len(reply[13]))]
    inputs = ["x"] * len(reply[11])
    for index in range(min(len(inputs), len(INPUTS.get(name, [])))):
        inputs[index] = f"in{index}"
    refusal(client, *execution("m", inputs, outputs))


def set_inputs(client, name):
    """Sets what the undamaged model takes."""
    element_type, shape = SHAPES[name]
    set_tensor(client, "x", element_type, numpy.ones(shape, NUMPY_TYPES[element_type]))
    for index, (element_type, shape) in enumerate(INPUTS.get(name, [])):
        value = 2 if element_type == "INT32" else 1
        set_tensor(client, f"in{index}", element_type, numpy.full(shape, value, NUMPY_TYPES[element_type]))


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_a_damaged_model_is_refused_or_runs_but_never_harms_the_server(client, server, name):
    set_inputs(client, name)
    whole = tflite_bytes(name)
    assert stored(client, whole) is None
    run_whatever_it_takes(client, name)
    assert client.exists("out0")
    source = random.Random(name)
    with runs_may_be_stopped(client):
        for number in range(COUNT):
            damaged = mutated(whole, source)
            try:
                if stored(client, damaged) is None:
                    run_whatever_it_takes(client, name)
            except OSError:
                pytest.fail(f"the server ended on damage number {number}: {damaged.hex()}")
    assert server.alive()


def test_a_model_cut_anywhere_never_harms_the_server(client):
    whole = tflite_bytes("count")
    for size in range(len(whole)):
        stored(client, whole[:size])
    assert stored(client, whole) is None


@pytest.mark.parametrize("mark", [b"", b"TFL3"])
def test_random_bytes_are_refused(client, mark):
    source = random.Random(len(mark))
    for _ in range(COUNT):
        blob = source.randbytes(source.randint(4, 400))
        assert stored(client, blob[:4] + mark + blob[4:]) is not None
