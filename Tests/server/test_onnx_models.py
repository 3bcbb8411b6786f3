"""ONNX models of all kinds: shapes, element types, outputs that are not tensors, and of every age."""

import struct

import numpy
import pytest

from support.clients import refusal
from support.models import (
    NUMPY_TYPES, execute, execution, floats, get_tensor, model_bytes, set_tensor, store)
from support.texts import NO_TENSOR
from support.wire import OK, bulk


def values(client, key):
    return client.execute_command("AI.TENSORGET", key, "VALUES")


def shape(client, key):
    return client.execute_command("AI.TENSORGET", key, "META")[3]


def stored(client, blob, key="m"):
    """The error text of storing these bytes as a model, or None."""
    return refusal(client, "AI.MODELSTORE", key, "ONNX", "CPU", "BLOB", blob)


# Shapes

def test_a_scalar_goes_in_and_comes_out(client):
    store(client, "m", "scalar_double")
    client.execute_command("AI.TENSORSET", "x", "FLOAT", "VALUES", 21)
    execute(client, "m", ["x"], ["y"])
    assert client.execute_command("AI.TENSORGET", "y", "META", "VALUES") == [
        b"dtype", b"FLOAT", b"shape", [], b"values", [b"42"]]


def test_an_output_may_have_no_rows(client):
    store(client, "m", "rows_filter")
    set_tensor(client, "x", "FLOAT", [[-1, 2], [-3, 4]])
    execute(client, "m", ["x"], ["y"])
    assert client.execute_command("AI.TENSORGET", "y", "META", "VALUES") == [
        b"dtype", b"FLOAT", b"shape", [0, 2], b"values", []]
    assert client.execute_command("AI.TENSORGET", "y", "BLOB") == b""


def test_a_tensor_without_rows_goes_in(client):
    store(client, "filter", "rows_filter")
    store(client, "m", "sum_difference")
    set_tensor(client, "x", "FLOAT", [[-1, 2]])
    execute(client, "filter", ["x"], ["none"])
    execute(client, "m", ["none", "none"], ["y", "z"])
    assert shape(client, "y") == [0, 2]


@pytest.mark.parametrize("options", [[], ["BATCHSIZE", 4]])
def test_a_model_for_batches_runs_an_empty_one(client, options):
    store(client, "filter", "rows_filter")
    set_tensor(client, "x", "FLOAT", [[-1, 2]])
    execute(client, "filter", ["x"], ["none"])
    store(client, "m", "sum_difference", *options)
    execute(client, "m", ["none", "none"], ["y", "z"])
    assert shape(client, "y") == shape(client, "z") == [0, 2]


def test_only_the_rows_that_are_kept_come_out(client):
    store(client, "m", "rows_filter")
    set_tensor(client, "x", "FLOAT", [[1, 2], [-3, 4], [5, 6]])
    execute(client, "m", ["x"], ["y"])
    assert get_tensor(client, "y").tolist() == [[1, 2], [5, 6]]


@pytest.mark.parametrize("rows", [1, 2, 7, 64])
def test_a_model_takes_any_number_of_rows(client, rows):
    store(client, "m", "classifier_30_64_32_2")
    set_tensor(client, "x", "FLOAT", numpy.zeros([rows, 30]))
    execute(client, "m", ["x"], ["y"])
    # The runtime's own answer for zeros, made with the same version of it from Python.
    assert numpy.allclose(get_tensor(client, "y"), [[0.01392384, 0.9860762]] * rows, atol=1e-6)


MISMATCHES = [
    ("mul_2x2", "FLOAT", [[1, 2], [3, 4], [5, 6]],
     "Got invalid dimensions for input: a for the following indices  index: 0 Got: 3 Expected: 2 "
     " Please fix either the inputs/outputs or the model."),
    ("mul_2x2", "FLOAT", [1, 2],
     "Invalid rank for input: a Got: 1 Expected: 2 Please fix either the inputs/outputs or the model."),
    ("mul_2x2", "DOUBLE", [[1, 2], [3, 4]],
     "Unexpected input data type. Actual: (tensor(double)) , expected: (tensor(float))"),
    ("mul_2x2", "FLOAT", 1,
     "Invalid rank for input: a Got: 0 Expected: 2 Please fix either the inputs/outputs or the model."),
]


@pytest.mark.parametrize("name, element_type, given, text", MISMATCHES)
def test_an_input_that_does_not_fit_is_refused_in_the_runtimes_words(
        client, wire, name, element_type, given, text):
    store(client, "m", name)
    set_tensor(client, "a", element_type, given)
    set_tensor(client, "b", "FLOAT", [[1, 2], [3, 4]])
    reply = wire.call(*execution("m", ["a", "b"], ["y"]))
    assert text in reply.decode()
    assert reply.startswith(b"-") and reply.count(b"\n") == 1
    assert wire.nothing_more_came()
    assert client.exists("y") == 0


def test_strings_for_numbers_are_refused(client):
    store(client, "m", "mul_2x2")
    client.execute_command("AI.TENSORSET", "s", "STRING", 2, 2)
    text = refusal(client, *execution("m", ["s", "s"], ["y"]))
    assert "Unexpected input data type" in text
    store(client, "n", "identity_string")
    floats(client, "x", 1)
    assert "Unexpected input data type" in refusal(client, *execution("n", ["x"], ["y"]))


def test_an_output_that_no_memory_holds_is_refused(client):
    store(client, "m", "endless_shape")
    floats(client, "x", 1)
    assert refusal(client, *execution("m", ["x"], ["y"])) is not None
    assert client.exists("y") == 0


# Element types

@pytest.mark.parametrize("name", sorted(NUMPY_TYPES))
def test_every_element_type_passes_through_unchanged(client, name):
    size = NUMPY_TYPES[name].itemsize
    content = b"\0\1" * 128 if name == "BOOL" else bytes(range(256)) * size
    store(client, "m", f"identity_{name.lower()}")
    client.execute_command("AI.TENSORSET", "x", name, 256, "BLOB", content)
    execute(client, "m", ["x"], ["y"])
    assert client.execute_command("AI.TENSORGET", "y") == [
        b"dtype", name.encode(), b"shape", [256], b"blob", content]


def test_halves_come_out(client):
    store(client, "m", "float16_out")
    floats(client, "x", 1, 0.1, 65504, 1e6, -0.0)
    execute(client, "m", ["x"], ["y"])
    assert client.execute_command("AI.TENSORGET", "y", "META") == [b"dtype", b"FLOAT16", b"shape", [5]]
    assert client.execute_command("AI.TENSORGET", "y", "BLOB") == struct.pack(
        "<5e", 1, 0.1, 65504, float("inf"), -0.0)
    assert values(client, "y") == [b"1", b"0.0999755859375", b"65504", b"inf", b"-0"]


def test_brain_floats_come_out(client):
    store(client, "m", "bfloat16_out")
    floats(client, "x", 1, -2.5, 0.1)
    execute(client, "m", ["x"], ["y"])
    assert client.execute_command("AI.TENSORGET", "y", "META") == [b"dtype", b"BFLOAT16", b"shape", [3]]
    assert client.execute_command("AI.TENSORGET", "y", "BLOB") == struct.pack("<3H", 0x3F80, 0xC020, 0x3DCD)
    assert [float(text) for text in values(client, "y")] == [1, -2.5, 0.10009765625]


def test_an_output_of_a_type_without_a_name_is_one_error(client, wire):
    if stored(client, model_bytes("float8_out")) is None:
        floats(client, "x", 1, 2)
        assert wire.call(*execution("m", ["x"], ["y"])).startswith(b"-")
        assert wire.nothing_more_came()
    assert client.exists("y") == 0


def test_strings_pass_through_unchanged(client):
    given = [b"", b"word", "Größe".encode(), b"\xff\xfe", b"x" * 10_000, b""]
    store(client, "m", "identity_string")
    client.execute_command("AI.TENSORSET", "x", "STRING", len(given), "VALUES", *given)
    execute(client, "m", ["x"], ["y"])
    assert values(client, "y") == given
    assert client.execute_command("AI.TENSORGET", "y", "BLOB") == b"".join(text + b"\0" for text in given)


def test_strings_are_worked_on(client):
    store(client, "m", "string_concat")
    client.execute_command("AI.TENSORSET", "a", "STRING", 3, "VALUES", "one", "", "")
    client.execute_command("AI.TENSORSET", "b", "STRING", 3, "VALUES", "-two", "three", "")
    execute(client, "m", ["a", "b"], ["y"])
    assert values(client, "y") == [b"one-two", b"three", b""]


def test_batched_strings_come_out_in_their_requests(server, client):
    store(client, "m", "string_concat", "BATCHSIZE", 4, "MINBATCHSIZE", 4)
    client.execute_command("AI.TENSORSET", "a", "STRING", 2, "VALUES", "a", "")
    client.execute_command("AI.TENSORSET", "b", "STRING", 2, "VALUES", "bbb", "bb")
    with server.wire() as first, server.wire() as second:
        first.send(*execution("m", ["a", "b"], ["y"]))
        second.send(*execution("m", ["b", "a"], ["z"]))
        assert first.receive() == second.receive() == OK
    assert values(client, "y") == [b"abbb", b"bb"]
    assert values(client, "z") == [b"bbba", b"bb"]


# Outputs and inputs that are not tensors

@pytest.fixture
def zipmap(client):
    """The classifier at `m` that gives labels and maps, with two rows to classify at `x`."""
    store(client, "m", "zipmap_classifier")
    set_tensor(client, "x", "FLOAT", [[0, 0, 9], [8, 0, 0]])


def test_a_map_output_is_left_out_and_the_label_is_stored(client, wire, zipmap):
    assert wire.call(*execution("m", ["x"], ["label", "scores"])) == OK
    assert wire.nothing_more_came()
    assert values(client, "label") == [30, 10]
    assert refusal(client, "AI.TENSORGET", "scores") == NO_TENSOR


def test_a_map_output_deletes_the_tensor_of_an_earlier_run(client, zipmap):
    floats(client, "scores", 1, 2)
    execute(client, "m", ["x"], ["label", "scores"])
    assert client.exists("scores") == 0
    assert values(client, "label") == [30, 10]


def test_a_sequence_output_is_left_out(client):
    store(client, "m", "sequence_output")
    set_tensor(client, "x", "FLOAT", [[1, 2], [3, 4]])
    execute(client, "m", ["x"], ["parts", "same"])
    assert client.exists("parts") == 0
    assert get_tensor(client, "same").tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("name, inputs", [("sequence_input", ["x"]), ("optional_output", ["x"])])
def test_other_kinds_of_values_never_harm_the_server(client, wire, name, inputs):
    floats(client, "x", 1, 2)
    if stored(client, model_bytes(name)) is None:
        outputs = ["y"] if name == "sequence_input" else ["y", "z"]
        assert wire.call(*execution("m", inputs, outputs))[:1] in (b"-", b"+")
        assert wire.nothing_more_came()


def test_a_sequence_input_is_never_run(client):
    floats(client, "x", 1, 2)
    if stored(client, model_bytes("sequence_input")) is None:
        assert refusal(client, *execution("m", ["x"], ["y"])) is not None
    assert client.exists("y") == 0


# Models of every age

@pytest.mark.parametrize(
    "name",
    ["initializers_as_inputs_ir3", "opset_7", "opset_9", "opset_11", "opset_13", "opset_21", "opset_newest"])
def test_a_model_of_any_age_runs(client, wire, name):
    store(client, "m", name)
    floats(client, "x", 3, -1)
    execute(client, "m", ["x"], ["y"])
    assert get_tensor(client, "y").tolist() == [5, 0]
    meta = wire.call("AI.MODELGET", "m", "META")
    assert bulk("inputs") + b"*1\r\n" + bulk("x") + bulk("outputs") + b"*1\r\n" + bulk("y") in meta


REFUSED = [
    ("no_graph", "No graph was found in the protobuf."),
    ("unknown_operator", "Frobnicate"),
    ("unknown_standard_operator", "Frobnicate"),
    ("line_breaks_in_operator", "Frob  +OK  nicate"),
    ("future_opset", "999"),
    ("future_ir", "999"),
    ("dangling_input", "missing"),
    ("short_weights", ""),
]


@pytest.mark.parametrize("name, part", REFUSED)
def test_a_model_that_does_not_load_is_refused_in_one_line(client, wire, name, part):
    reply = wire.call("AI.MODELSTORE", "m", "ONNX", "CPU", "BLOB", model_bytes(name))
    assert reply.startswith(b"-") and reply.count(b"\n") == 1 and part in reply.decode()
    assert wire.nothing_more_came()
    assert client.exists("m") == 0


# The runtime and the rest of the machine

def test_the_runtime_leaves_nothing_in_the_home_folder(server, client):
    store(client, "m", "mul_2x2")
    assert list((server.folder / "home").rglob("*")) == []
