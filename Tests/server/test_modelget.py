"""AI.MODELGET: what it refuses, the exact bytes of its replies, and models in chunks."""

import pytest

from support.clients import refusal
from support.models import model_bytes, store
from support.texts import NO_MODEL, WRONG_TYPE, arity
from support.wire import array, bulk, integer

BLOB = model_bytes("mul_2x2")
META = (
    bulk("backend") + bulk("ONNX") + bulk("device") + bulk("cpu") + bulk("tag") + bulk("v:1")
    + bulk("batchsize") + integer(4) + bulk("minbatchsize") + integer(2)
    + bulk("inputs") + array(bulk("a"), bulk("b")) + bulk("outputs") + array(bulk("mul"))
    + bulk("minbatchtimeout") + integer(10))


@pytest.fixture
def chunk_size(client):
    """Sets MODEL_CHUNK_SIZE for one test."""
    before = client.execute_command("AI.CONFIG", "GET", "MODEL_CHUNK_SIZE")
    yield lambda size: client.execute_command("AI.CONFIG", "MODEL_CHUNK_SIZE", size)
    client.execute_command("AI.CONFIG", "MODEL_CHUNK_SIZE", before)


@pytest.mark.parametrize("words", [[], ["k", "META", "BLOB", "META"]])
def test_a_wrong_number_of_words_names_the_command_in_capitals(client, words):
    assert refusal(client, "ai.modelget", *words) == arity("AI.MODELGET")


@pytest.mark.parametrize("words", [[], ["META"], ["BLOB"], ["NOSUCH"]])
def test_a_missing_key_is_refused(client, words):
    assert refusal(client, "AI.MODELGET", "missing", *words) == NO_MODEL


def test_another_type_is_refused(client):
    client.execute_command("AI.TENSORSET", "k", "FLOAT", 1)
    assert refusal(client, "AI.MODELGET", "k") == WRONG_TYPE


@pytest.mark.parametrize(
    "words, reply",
    [
        (["META"], b"*16\r\n" + META),
        (["meta", "NOSUCH"], b"*16\r\n" + META),
        (["BLOB"], bulk(BLOB)),
        (["Blob", "NOSUCH"], bulk(BLOB)),
        ([], b"*18\r\n" + META + bulk("blob") + bulk(BLOB)),
        (["NOSUCH", "WORDS"], b"*18\r\n" + META + bulk("blob") + bulk(BLOB)),
        (["META", "BLOB"], b"*18\r\n" + META + bulk("blob") + bulk(BLOB)),
        (["BLOB", "META"], b"*18\r\n" + META + bulk("blob") + bulk(BLOB)),
    ])
@pytest.mark.parametrize("protocol", [2, 3])
def test_each_option_has_its_reply_in_both_protocols(client, server, words, reply, protocol):
    store(client, "k", "mul_2x2", "TAG", "v:1", "BATCHSIZE", 4, "MINBATCHSIZE", 2, "MINBATCHTIMEOUT", 10,
          device="cpu")
    with server.wire(protocol) as connection:
        assert connection.call("AI.MODELGET", "k", *words) == reply


@pytest.mark.parametrize("name", ["classifier_30_64_32_2", "wide_layer", "zipmap_classifier", "slow"])
def test_the_bytes_come_back_as_they_went_in(client, name):
    store(client, "k", name)
    assert client.execute_command("AI.MODELGET", "k", "BLOB") == model_bytes(name)


@pytest.mark.parametrize(
    "size, count",
    [
        (len(BLOB) // 3, 4),  # three chunks and a shorter one
        (len(BLOB) // 2, 2),  # an exact multiple: no empty chunk follows
        (len(BLOB) - 1, 2),
        (1, len(BLOB)),
    ])
def test_a_model_above_the_chunk_size_comes_in_chunks(client, chunk_size, size, count):
    store(client, "k", "mul_2x2")
    chunk_size(size)
    expected = [BLOB[start:start + size] for start in range(0, len(BLOB), size)]
    assert len(expected) == count
    assert client.execute_command("AI.MODELGET", "k", "BLOB") == expected
    assert client.execute_command("AI.MODELGET", "k", "META", "BLOB")[-1] == expected


@pytest.mark.parametrize("size", [len(BLOB), len(BLOB) + 1, 2**63 - 1])
def test_a_model_within_the_chunk_size_comes_as_one_string(client, chunk_size, size):
    store(client, "k", "mul_2x2")
    chunk_size(size)
    assert client.execute_command("AI.MODELGET", "k", "BLOB") == BLOB
    # It is saved and loaded in the same pieces.
    client.execute_command("DEBUG", "RELOAD")
    assert client.execute_command("AI.MODELGET", "k", "BLOB") == BLOB


def test_chunks_can_be_stored_as_they_came(client, chunk_size):
    store(client, "k", "mul_2x2")
    chunk_size(50)
    chunks = client.execute_command("AI.MODELGET", "k", "BLOB")
    client.execute_command("AI.MODELSTORE", "copy", "ONNX", "CPU", "BLOB", *chunks)
    assert client.execute_command("AI.MODELGET", "copy", "BLOB") == chunks


def test_a_model_is_read_in_transactions_and_scripts(client):
    store(client, "k", "mul_2x2")
    with client.pipeline(transaction=True) as transaction:
        transaction.execute_command("AI.MODELGET", "k", "BLOB")
        assert transaction.execute() == [BLOB]
    assert client.eval("return redis.call('AI.MODELGET', KEYS[1], 'BLOB')", 1, "k") == BLOB
