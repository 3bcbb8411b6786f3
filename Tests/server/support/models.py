"""Fixture models, and short forms of the commands that store, feed and run them."""

import numpy

from . import paths

# Element types by their names on the wire, with the numpy type of the same bytes. BFLOAT16 is two bytes raw.
NUMPY_TYPES = {
    "FLOAT": numpy.dtype("<f4"),
    "DOUBLE": numpy.dtype("<f8"),
    "FLOAT16": numpy.dtype("<f2"),
    "BFLOAT16": numpy.dtype("<u2"),
    "INT8": numpy.dtype("i1"),
    "INT16": numpy.dtype("<i2"),
    "INT32": numpy.dtype("<i4"),
    "INT64": numpy.dtype("<i8"),
    "UINT8": numpy.dtype("u1"),
    "UINT16": numpy.dtype("<u2"),
    "UINT32": numpy.dtype("<u4"),
    "UINT64": numpy.dtype("<u8"),
    "BOOL": numpy.dtype("?"),
}


def model_bytes(name):
    """The bytes of a fixture; `.onnx` is understood."""
    return (paths.MODELS / (name if "." in name else name + ".onnx")).read_bytes()


def store(client, key, name, *options, device="CPU"):
    """Stores a fixture at a key; options are the words between device and BLOB."""
    reply = client.execute_command("AI.MODELSTORE", key, "ONNX", device, *options, "BLOB", model_bytes(name))
    assert reply == b"OK"


def execution(key, inputs, outputs, *rest):
    """The words of an AI.MODELEXECUTE."""
    return ["AI.MODELEXECUTE", key, "INPUTS", len(inputs), *inputs, "OUTPUTS", len(outputs), *outputs, *rest]


def execute(client, key, inputs, outputs, *rest):
    """Runs a model; the reply must be OK."""
    assert client.execute_command(*execution(key, inputs, outputs, *rest)) == b"OK"


def set_tensor(client, key, element_type, content):
    """Stores an array as a tensor of the named type, by its bytes."""
    held = numpy.asarray(content, dtype=NUMPY_TYPES[element_type])
    reply = client.execute_command(
        "AI.TENSORSET", key, element_type, *held.shape, "BLOB", held.tobytes())
    assert reply == b"OK"


def get_tensor(client, key):
    """A numeric tensor as an array."""
    _, element_type, _, shape, _, blob = client.execute_command("AI.TENSORGET", key, "META", "BLOB")
    return numpy.frombuffer(blob, dtype=NUMPY_TYPES[element_type.decode()]).reshape(shape)


def floats(client, key, *numbers):
    """Stores FLOAT numbers as a tensor of one dimension."""
    set_tensor(client, key, "FLOAT", numbers)


def prepare_product(client, model="m", a="a", b="b"):
    """Stores the 2 x 2 product and its two inputs; its output is [[2, 6], [12, 20]]."""
    store(client, model, "mul_2x2")
    set_tensor(client, a, "FLOAT", [[1, 2], [3, 4]])
    set_tensor(client, b, "FLOAT", [[2, 3], [4, 5]])


PRODUCT = [[2, 6], [12, 20]]
