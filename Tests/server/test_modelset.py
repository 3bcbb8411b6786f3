"""AI.MODELSET, the older spelling of AI.MODELSTORE: where its grammar differs, and what it stores."""

import pytest

from support.clients import refusal
from support.models import PRODUCT, execute, get_tensor, model_bytes, prepare_product
from support.texts import MINIMUM_ABOVE_BATCH, NO_GPU, WRONG_TYPE, arity

NO_BLOB = "ERR Insufficient arguments, missing model BLOB"
INVALID_DEVICE = "ERR Invalid DEVICE"


@pytest.mark.parametrize("words", [[], ["k"], ["k", "ONNX"]])
def test_too_few_words_name_the_command_in_capitals(client, words):
    assert refusal(client, "ai.modelset", *words) == arity("AI.MODELSET")


REFUSED = [
    (["NOSUCH", "CPU", "BLOB", "x"], "ERR unsupported backend"),
    (["ONNX", "CPU"], NO_BLOB),
    (["ONNX", "CPU", "BLOB"], NO_BLOB),
    (["ONNX", "CPU", "TAG", "t"], NO_BLOB),
    (["ONNX", "CPU", "NOSUCH", "x"], NO_BLOB),
    (["ONNX", "CPU:1234567", "BLOB", "x"], INVALID_DEVICE),
    *[(["ONNX", word, "BLOB", "x"], INVALID_DEVICE) for word in (
        "INPUTS", "OUTPUTS", "TAG", "BATCHSIZE", "MINBATCHSIZE", "MINBATCHTIMEOUT", "BLOB", "blob")],
    (["ONNX", "CPU", "BATCHSIZE", "many", "BLOB", "x"], "ERR Invalid argument for BATCHSIZE"),
    (["ONNX", "CPU", "BATCHSIZE", -1, "BLOB", "x"], "ERR Invalid argument for BATCHSIZE"),
    (["ONNX", "CPU", "BATCHSIZE", 2, "MINBATCHSIZE", "few", "BLOB", "x"],
     "ERR Invalid argument for MINBATCHSIZE"),
    (["ONNX", "CPU", "BATCHSIZE", 2, "MINBATCHSIZE", 3, "BLOB", "x"], MINIMUM_ABOVE_BATCH),
    (["ONNX", "CPU", "BATCHSIZE", 2, "MINBATCHSIZE", 2, "MINBATCHTIMEOUT", "soon", "BLOB", "x"],
     "ERR Invalid argument for MINBATCHTIMEOUT"),
    *[(["ONNX", "CPU", "MINBATCHSIZE", value, "BLOB", "x"], "ERR MINBATCHSIZE specified without BATCHSIZE")
      for value in (2, 0, "few")],
    (["ONNX", "CPU", "BATCHSIZE", 0, "MINBATCHSIZE", 0, "BLOB", "x"],
     "ERR MINBATCHSIZE specified without BATCHSIZE"),
    *[(["ONNX", "CPU", "MINBATCHTIMEOUT", value, "BLOB", "x"],
       "ERR MINBATCHTIMEOUT specified without BATCHSIZE") for value in (2, 0, "soon")],
    *[(["ONNX", "CPU", "BATCHSIZE", 2, "MINBATCHTIMEOUT", value, "BLOB", "x"],
       "ERR MINBATCHTIMEOUT specified without MINBATCHSIZE") for value in (2, 0, "soon")],
    (["TFLITE", "CPU", "BATCHSIZE", 2, "BLOB", "x"],
     "ERR Auto-batching not supported by the TFLITE backend"),
    (["TF", "CPU", "BLOB", "x"], "ERR Insufficient arguments, INPUTS and OUTPUTS not specified"),
    (["TF", "CPU", "NOSUCH", "a", "OUTPUTS", "b", "BLOB", "x"], "ERR INPUTS not specified"),
    (["TF", "CPU", "INPUTS", "a", "BLOB", "x"], "ERR OUTPUTS not specified"),
    (["TF", "CPU", "INPUTS", "a", "OUTPUTS", "b"], NO_BLOB),
    (["TF", "CPU", "INPUTS", "a", "OUTPUTS", "b", "BLOB"], NO_BLOB),
]


@pytest.mark.parametrize("words, text", REFUSED)
def test_a_wrong_request_is_refused_in_the_known_words(client, words, text):
    assert refusal(client, "AI.MODELSET", "k", *words) == text
    assert client.exists("k") == 0


@pytest.mark.parametrize("device", ["XPU", "CPUS", "nonsense"])
def test_an_unknown_device_is_refused_by_the_runtime(client, device):
    blob = model_bytes("mul_2x2")
    assert refusal(client, "AI.MODELSET", "k", "ONNX", device, "BLOB", blob) == "ERR unsupported device"


def test_a_gpu_that_is_not_there_is_refused(client):
    assert refusal(client, "AI.MODELSET", "k", "ONNX", "GPU", "BLOB", model_bytes("mul_2x2")) == NO_GPU


def test_another_type_at_the_key_is_refused(client):
    client.set("k", "text")
    blob = model_bytes("mul_2x2")
    assert refusal(client, "AI.MODELSET", "k", "ONNX", "CPU", "BLOB", blob) == WRONG_TYPE
    assert client.get("k") == b"text"


@pytest.mark.parametrize("words", [[], ["INPUTS", "a", "b", "OUTPUTS", "mul"], ["any", "words"]])
def test_words_between_the_options_and_the_blob_are_ignored_unless_tf(client, words):
    prepare_product(client)
    whole = model_bytes("mul_2x2")
    reply = client.execute_command(
        "AI.MODELSET", "m", "ONNX", "CPU", "TAG", "t", "BATCHSIZE", 4, "MINBATCHSIZE", 1,
        "MINBATCHTIMEOUT", 5, *words, "BLOB", whole[:40], whole[40:])
    assert reply == b"OK"
    assert client.execute_command("AI.MODELGET", "m") == [
        b"backend", b"ONNX", b"device", b"CPU", b"tag", b"t", b"batchsize", 4, b"minbatchsize", 1,
        b"inputs", [b"a", b"b"], b"outputs", [b"mul"], b"minbatchtimeout", 5, b"blob", whole]
    execute(client, "m", ["a", "b"], ["y"])
    assert get_tensor(client, "y").tolist() == PRODUCT
