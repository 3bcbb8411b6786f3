"""AI.MODELSTORE: what it refuses, in which order and words, and what it stores."""

import pytest

from support.clients import refusal
from support.models import (
    PRODUCT, execute, execution, floats, get_tensor, model_bytes, prepare_product, store)
from support.servers import wait_until
from support.texts import MINIMUM_ABOVE_BATCH, NO_BACKEND, NO_GPU, WRONG_TYPE, arity
from support.wire import OK

NO_BLOB = "ERR Insufficient arguments, missing model BLOB"
BLOB_EXPECTED = "ERR Invalid argument, expected BLOB"
INVALID_DEVICE = "ERR Invalid DEVICE"
WITHOUT_BATCHSIZE = "ERR MINBATCHSIZE specified without BATCHSIZE"
WITHOUT_MINBATCHSIZE = "ERR MINBATCHTIMEOUT specified without MINBATCHSIZE"


def meta(client, key):
    """The labelled fields of AI.MODELGET META."""
    reply = client.execute_command("AI.MODELGET", key, "META")
    return dict(zip(reply[::2], reply[1::2]))


@pytest.mark.parametrize(
    "words", [[], ["k"], ["k", "ONNX", "CPU"], ["k", "ONNX", "CPU", "BLOB"], ["k", "X", "Y", "Z"]])
def test_too_few_words_name_the_command_in_capitals(client, words):
    assert refusal(client, "ai.modelstore", *words) == arity("AI.MODELSTORE")


REFUSED = [
    (["NOSUCH", "CPU", "BLOB", "x"], "ERR unsupported backend"),
    (["", "CPU", "BLOB", "x"], "ERR unsupported backend"),
    (["ONNX", "CPU", "TAG", "t"], NO_BLOB),
    (["ONNX", "CPU", "BATCHSIZE", "many", "BLOB", "x"], "ERR Invalid argument for BATCHSIZE"),
    (["ONNX", "CPU", "BATCHSIZE", -1, "BLOB", "x"], "ERR Invalid argument for BATCHSIZE"),
    (["ONNX", "CPU", "BATCHSIZE", "", "BLOB", "x"], "ERR Invalid argument for BATCHSIZE"),
    (["ONNX", "CPU", "BATCHSIZE", 2, "MINBATCHSIZE", "few", "BLOB", "x"],
     "ERR Invalid argument for MINBATCHSIZE"),
    (["ONNX", "CPU", "BATCHSIZE", 2, "MINBATCHSIZE", -1, "BLOB", "x"],
     "ERR Invalid argument for MINBATCHSIZE"),
    (["ONNX", "CPU", "MINBATCHSIZE", 2, "BLOB", "x"], WITHOUT_BATCHSIZE),
    (["ONNX", "CPU", "BATCHSIZE", 0, "MINBATCHSIZE", 2, "BLOB", "x"], WITHOUT_BATCHSIZE),
    (["ONNX", "CPU", "BATCHSIZE", 2, "MINBATCHSIZE", 3, "BLOB", "x"], MINIMUM_ABOVE_BATCH),
    (["ONNX", "CPU", "BATCHSIZE", 2, "MINBATCHSIZE", 2, "MINBATCHTIMEOUT", "soon", "BLOB", "x"],
     "ERR Invalid argument for MINBATCHTIMEOUT"),
    (["ONNX", "CPU", "BATCHSIZE", 2, "MINBATCHSIZE", 2, "MINBATCHTIMEOUT", -1, "BLOB", "x"],
     "ERR Invalid argument for MINBATCHTIMEOUT"),
    (["ONNX", "CPU", "MINBATCHTIMEOUT", 10, "BLOB", "x"], WITHOUT_MINBATCHSIZE),
    (["ONNX", "CPU", "BATCHSIZE", 2, "MINBATCHTIMEOUT", 10, "BLOB", "x"], WITHOUT_MINBATCHSIZE),
    (["ONNX", "CPU", "BATCHSIZE", 2, "MINBATCHSIZE", 0, "MINBATCHTIMEOUT", 10, "BLOB", "x"],
     WITHOUT_MINBATCHSIZE),
    (["ONNX", "CPU", "BATCHSIZE", 2], NO_BLOB),
    (["ONNX", "CPU", "INPUTS", 1, "x", "BLOB", "x"],
     "ERR INPUTS argument should not be specified for this backend"),
    (["ONNX", "CPU", "TAG", "t", "INPUTS", 1, "x", "OUTPUTS", 1, "y", "BLOB", "x"],
     "ERR INPUTS argument should not be specified for this backend"),
    (["TORCH", "CPU", "INPUTS", 1, "x", "BLOB", "x"],
     "ERR INPUTS argument should not be specified for this backend"),
    (["TFLITE", "CPU", "INPUTS", 1, "x", "BLOB", "x"],
     "ERR INPUTS argument should not be specified for this backend"),
    (["ONNX", "CPU", "NOSUCH", "x"], BLOB_EXPECTED),
    (["ONNX", "CPU", "OUTPUTS", 1, "y", "BLOB", "x"], BLOB_EXPECTED),
    (["ONNX", "CPU", "TAG", "a", "TAG", "b", "BLOB", "x"], BLOB_EXPECTED),
    (["ONNX", "CPU", "BATCHSIZE", 2, "TAG", "t", "BLOB", "x"], BLOB_EXPECTED),
    (["ONNX", "CPU", "BATCHSIZE", 2, "BATCHSIZE", 2, "BLOB", "x"], BLOB_EXPECTED),
    (["ONNX", "CPU", "TAG", "t", "BLOB"], NO_BLOB),
    (["ONNX", "CPU", "BATCHSIZE", 2, "BLOB"], NO_BLOB),
]

TF_REFUSED = [
    (["TAG", "t"], NO_BLOB),
    (["BLOB", "x"], "ERR INPUTS not specified for TF"),
    (["TAG", "t", "TAG", "u", "BLOB", "x"], "ERR INPUTS not specified for TF"),
    (["OUTPUTS", 1, "y", "BLOB", "x"], "ERR INPUTS not specified for TF"),
    (["INPUTS", "x", "OUTPUTS", "y", "BLOB", "x"], "ERR Invalid argument for input_count"),
    (["INPUTS", 0, "OUTPUTS", 1, "y", "BLOB", "x"], "ERR Invalid argument for input_count"),
    (["INPUTS", -1, "OUTPUTS", 1, "y", "BLOB", "x"], "ERR Invalid argument for input_count"),
    (["INPUTS", 9, "a", "OUTPUTS", 1, "y", "BLOB", "x"],
     "ERR number of model inputs does not match the number of given arguments"),
    (["INPUTS", 10**18, "a", "OUTPUTS", 1, "y", "BLOB", "x"],
     "ERR number of model inputs does not match the number of given arguments"),
    (["INPUTS", 1, "a", "BLOB", "x"], "ERR OUTPUTS not specified for TF"),
    (["INPUTS", 2, "a", "OUTPUTS", 1, "y", "BLOB", "x"], "ERR OUTPUTS not specified for TF"),
    (["INPUTS", 1, "a", "OUTPUTS", "y", "BLOB", "x"], "ERR Invalid argument for output_count"),
    (["INPUTS", 1, "a", "OUTPUTS", 0, "BLOB", "x"], "ERR Invalid argument for output_count"),
    (["INPUTS", 1, "a", "OUTPUTS", 9, "y", "BLOB", "x"],
     "ERR number of model outputs does not match the number of given arguments"),
    (["INPUTS", 1, "a", "OUTPUTS", 10**18, "y", "BLOB", "x"],
     "ERR number of model outputs does not match the number of given arguments"),
    (["INPUTS", 1, "a", "OUTPUTS", 1, "y", "NOSUCH", "x"], BLOB_EXPECTED),
    (["INPUTS", 1, "a", "OUTPUTS", 1, "y", "BLOB"], NO_BLOB),
]


@pytest.mark.parametrize(
    "words, text", REFUSED + [(["TF", "CPU", *words], text) for words, text in TF_REFUSED])
def test_a_wrong_request_is_refused_in_the_known_words(client, words, text):
    assert refusal(client, "AI.MODELSTORE", "k", *words) == text
    assert client.exists("k") == 0


@pytest.mark.parametrize("device", ["XPU", "CPUS", "CPU0", "CPU:x", "CPU:-1", "CPU:1 ", "CPU 1", "", " CPU",
                                    "CPU:123456", "GPU:123456", "CPU::1", "CPU\0", "INPUTS"])
def test_an_unknown_device_is_refused(client, device):
    assert refusal(client, "AI.MODELSTORE", "k", "ONNX", device, "BLOB", "x") == INVALID_DEVICE


@pytest.mark.parametrize("device", ["CPU", "cpu", "CPU:0", "CPU:1", "Cpu:12345", "CPU:"])
def test_a_device_is_kept_as_it_was_typed(client, device):
    prepare_product(client)
    store(client, "m", "mul_2x2", device=device)
    assert meta(client, "m")[b"device"] == device.encode()
    execute(client, "m", ["a", "b"], ["y"])
    assert get_tensor(client, "y").tolist() == PRODUCT


@pytest.mark.parametrize("device", ["GPU", "gpu", "GPU:0", "GPU:"])
def test_a_gpu_that_is_not_there_is_refused(client, device):
    assert refusal(
        client, "AI.MODELSTORE", "k", "ONNX", device, "BLOB", model_bytes("mul_2x2")) == NO_GPU


@pytest.mark.parametrize(
    "words, text",
    [
        (["NOSUCH", "XPU", "BLOB", "x"], "ERR unsupported backend"),
        (["ONNX", "XPU", "BATCHSIZE", "x", "BLOB", "x"], INVALID_DEVICE),
        (["ONNX", "CPU", "BATCHSIZE", "x", "MINBATCHSIZE", "y", "BLOB", "x"],
         "ERR Invalid argument for BATCHSIZE"),
        (["TF", "XPU", "BLOB", "x"], INVALID_DEVICE),
    ])
def test_the_first_of_two_faults_is_named(client, words, text):
    assert refusal(client, "AI.MODELSTORE", "k", *words) == text


@pytest.mark.parametrize("value, kept", [(2, 2), ("3.0", 3), (0, 0)])
def test_batch_sizes_are_read_leniently(client, value, kept):
    store(client, "m", "mul_2x2", "BATCHSIZE", value)
    assert meta(client, "m")[b"batchsize"] == kept


def test_a_minimum_of_nothing_needs_no_batch_size(client):
    store(client, "m", "mul_2x2", "MINBATCHSIZE", 0)
    store(client, "m", "mul_2x2", "BATCHSIZE", 2, "MINBATCHSIZE", 0, "MINBATCHTIMEOUT", 0)


def test_all_options_are_kept(client):
    store(client, "m", "classifier_30_64_32_2", "TAG", "v1", "BATCHSIZE", 8, "MINBATCHSIZE", 8,
          "MINBATCHTIMEOUT", 20)
    assert meta(client, "m") == {
        b"backend": b"ONNX", b"device": b"CPU", b"tag": b"v1", b"batchsize": 8, b"minbatchsize": 8,
        b"inputs": [b"features"], b"outputs": [b"probabilities"], b"minbatchtimeout": 20}


def test_words_are_read_without_regard_to_case(wire):
    assert wire.call(
        "ai.modelstore", "k", "oNNx", "Cpu", "tag", "t", "batchsize", 2, "minbatchsize", 1,
        "minbatchtimeout", 1, "blob", model_bytes("mul_2x2")) == OK


@pytest.mark.parametrize("size", [1, 7, 59, 117])
def test_chunks_are_joined_in_their_order(client, size):
    whole = model_bytes("mul_2x2")
    chunks = [whole[start:start + size] for start in range(0, len(whole), size)]
    prepare_product(client)
    assert client.execute_command("AI.MODELSTORE", "m", "ONNX", "CPU", "BLOB", *chunks, b"") == b"OK"
    execute(client, "m", ["a", "b"], ["y"])
    assert get_tensor(client, "y").tolist() == PRODUCT
    assert client.execute_command("AI.MODELGET", "m", "BLOB") == whole


@pytest.mark.parametrize("held", [b"\xff garbage", b""])
def test_another_type_at_the_key_is_refused_before_the_model_is_built(client, held):
    client.set("k", "text")
    assert refusal(client, "AI.MODELSTORE", "k", "ONNX", "CPU", "BLOB", held) == WRONG_TYPE
    assert client.get("k") == b"text"


@pytest.mark.parametrize("make", [["SET", "k", "x"], ["AI.TENSORSET", "k", "FLOAT", 1], ["LPUSH", "k", "x"]])
def test_a_model_never_replaces_another_type(client, make):
    client.execute_command(*make)
    kind = client.type("k")
    blob = model_bytes("mul_2x2")
    assert refusal(client, "AI.MODELSTORE", "k", "ONNX", "CPU", "BLOB", blob) == WRONG_TYPE
    assert client.type("k") == kind


def test_a_new_model_replaces_the_old_one_and_its_expiry(client):
    floats(client, "x", 1, 2)
    store(client, "m", "add_1", "TAG", "old")
    client.expire("m", 1000)
    store(client, "m", "add_100")
    execute(client, "m", ["x"], ["y"])
    assert get_tensor(client, "y").tolist() == [101, 102]
    assert meta(client, "m")[b"tag"] == b""
    assert client.ttl("m") == -1


def test_a_refused_model_leaves_the_old_one(client):
    floats(client, "x", 1, 2)
    store(client, "m", "add_1", "TAG", "old")
    assert refusal(client, "AI.MODELSTORE", "m", "ONNX", "CPU", "BLOB", "garbage") is not None
    execute(client, "m", ["x"], ["y"])
    assert get_tensor(client, "y").tolist() == [2, 3]
    assert meta(client, "m")[b"tag"] == b"old"


def test_a_model_is_stored_in_a_transaction(client):
    floats(client, "x", 1, 2)
    with client.pipeline(transaction=True) as transaction:
        transaction.execute_command("AI.MODELSTORE", "m", "ONNX", "CPU", "BLOB", model_bytes("add_1"))
        transaction.execute_command("AI.MODELSTORE", "n", "ONNX", "CPU", "BLOB", "garbage")
        transaction.execute_command("AI.MODELGET", "m", "BLOB")
        stored, refused, held = transaction.execute(raise_on_error=False)
    assert stored == b"OK"
    assert isinstance(refused, Exception)
    assert held == model_bytes("add_1")
    execute(client, "m", ["x"], ["y"])
    assert get_tensor(client, "y").tolist() == [2, 3]


def test_a_model_is_stored_by_a_script(client):
    script = "return redis.call('AI.MODELSTORE', KEYS[1], 'ONNX', 'CPU', 'BLOB', ARGV[1])"
    assert client.eval(script, 1, "m", model_bytes("add_1")) == b"OK"
    assert client.execute_command("AI.MODELGET", "m", "BLOB") == model_bytes("add_1")


def test_each_database_has_its_own_models(server):
    first, second = server.client(database=0), server.client(database=5)
    store(second, "m", "add_1")
    assert first.exists("m") == 0
    assert refusal(first, *execution("m", ["x"], ["y"])) == "ERR model key is empty"


def test_a_client_that_leaves_while_its_model_is_built_still_gets_it_stored(server, client):
    with server.wire() as leaving:
        leaving.send("AI.MODELSTORE", "m", "ONNX", "CPU", "BLOB", model_bytes("slow_build"))
        leaving.send("PING")
    # The server may notice that the client is gone before or after the model is built.
    wait_until(lambda: client.exists("m") == 1, what="the stored model")
    floats(client, "x", 1, 2)
    execute(client, "m", ["x"], ["y"])
    assert get_tensor(client, "y").tolist() == [2, 3]


def test_above_the_memory_limit_nothing_is_stored(client):
    client.config_set("maxmemory", 1)
    try:
        text = refusal(client, "AI.MODELSTORE", "m", "ONNX", "CPU", "BLOB", model_bytes("add_1"))
        assert text == "OOM command not allowed when used memory > 'maxmemory'."
    finally:
        client.config_set("maxmemory", 0)


def test_the_keys_type_has_a_name(client):
    store(client, "m", "mul_2x2")
    assert client.type("m") == b"AI__MODEL"


@pytest.mark.parametrize(
    "words",
    [
        ["ONNX", "CPU", "BLOB", "x"],
        ["TFLITE", "CPU", "BATCHSIZE", 2, "BLOB", "x"],
        ["TORCH", "CPU", "BLOB", "x"],
        ["TF", "CPU", "INPUTS", 1, "a", "OUTPUTS", 1, "b", "BLOB", "x"],
    ])
def test_a_missing_runtime_is_named_as_such(start_server, tmp_path, words):
    client = start_server(backends=tmp_path).client()
    assert refusal(client, "AI.MODELSTORE", "k", *words) == NO_BACKEND
    assert client.exists("k") == 0
