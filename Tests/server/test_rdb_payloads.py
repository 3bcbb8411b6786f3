"""The stored form of values: exact bytes, older encodings, and payloads that lie."""

import random
import struct

import pytest

from support import lies, rdb
from support.clients import refusal
from support.models import PRODUCT, execute, execution, get_tensor, model_bytes, prepare_product, store
from support.texts import BAD_PAYLOAD

FLOATS = struct.pack("<4f", 1, 2, 3, 4)
SAMPLES = {
    "FLOAT": ([2, 2], FLOATS), "DOUBLE": ([1], struct.pack("<d", 0.1)), "INT8": ([3], b"\xff\0\1"),
    "INT16": ([1, 1], b"\xff\x7f"), "INT32": ([2, 1], struct.pack("<2i", 1, 2)),
    "INT64": ([], struct.pack("<q", -1)), "UINT8": ([12], b"123456789012"), "UINT16": ([1], b"\xff\xff"),
    "BOOL": ([2], b"\0\1"),
}


def test_the_checksum_is_the_servers(client):
    assert rdb.checksum(b"123456789") == 0xE9C6D914C4B8D9CA
    client.set("k", "value")
    dumped = client.dump("k")
    assert rdb.sealed(dumped[:-10], int.from_bytes(dumped[-10:-8], "little")) == dumped


@pytest.fixture
def plain(client):
    """A client of a server that saves strings as they are; gives the server's own format number too."""
    client.config_set("rdbcompression", "no")
    client.set("k", "value")
    yield client, int.from_bytes(client.dump("k")[-10:-8], "little")
    client.config_set("rdbcompression", "yes")


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_tensors_bytes_are_those_of_encoding_4(plain, name):
    client, version = plain
    shape, data = SAMPLES[name]
    client.execute_command("AI.TENSORSET", "t", name, *shape, "BLOB", data)
    assert client.dump("t") == rdb.payload(
        rdb.TENSOR, 4, rdb.tensor_fields(name, shape, data), version)


def test_a_string_tensors_bytes_are_those_of_encoding_4(plain):
    client, version = plain
    client.execute_command("AI.TENSORSET", "t", "STRING", 2, 2, "VALUES", "one", "", "three", "x")
    assert client.dump("t") == rdb.payload(
        rdb.TENSOR, 4, rdb.tensor_fields("STRING", [2, 2], b"one\0\0three\0x\0", [0, 4, 5, 11]), version)


def test_a_models_bytes_are_those_of_encoding_4(plain):
    client, version = plain
    store(client, "m", "mul_2x2", "TAG", "v1", "BATCHSIZE", 4, "MINBATCHSIZE", 2, "MINBATCHTIMEOUT", 100,
          device="cpu")
    assert client.dump("m") == rdb.payload(rdb.MODEL, 4, rdb.model_fields(
        model_bytes("mul_2x2"), ["a", "b"], ["mul"], device="cpu", tag="v1", batch=(4, 2, 100)), version)


def test_a_model_above_the_chunk_size_is_saved_in_chunks(plain):
    client, version = plain
    whole = model_bytes("mul_2x2")
    store(client, "m", "mul_2x2")
    before = client.execute_command("AI.CONFIG", "GET", "MODEL_CHUNK_SIZE")
    for size in (len(whole) // 2, 50):
        client.execute_command("AI.CONFIG", "MODEL_CHUNK_SIZE", size)
        chunks = [whole[start:start + size] for start in range(0, len(whole), size)]
        fields = rdb.model_fields(whole, ["a", "b"], ["mul"])[:-3]
        fields += rdb.numbers(len(whole), len(chunks)) + [("s", chunk) for chunk in chunks]
        try:
            assert client.dump("m") == rdb.payload(rdb.MODEL, 4, fields, version)
        finally:
            client.execute_command("AI.CONFIG", "MODEL_CHUNK_SIZE", before)


# Encodings of the original, oldest to newest

@pytest.mark.parametrize("version", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("name", sorted(set(SAMPLES) - {"BOOL"}))
def test_a_tensor_of_any_encoding_is_restored(client, version, name):
    shape, data = SAMPLES[name]
    layout = rdb.tensor_fields if version == 4 else rdb.old_tensor_fields
    client.restore("t", 0, rdb.payload(rdb.TENSOR, version, layout(name, shape, data)))
    assert client.execute_command("AI.TENSORGET", "t") == [
        b"dtype", name.encode(), b"shape", shape, b"blob", data]


def test_an_old_tensors_device_number_is_ignored(client):
    fields = rdb.old_tensor_fields("INT32", [2, 1], struct.pack("<2i", 1, 2), device_id=2**64 - 1)
    client.restore("t", 0, rdb.payload(rdb.TENSOR, 1, fields))
    assert client.execute_command("AI.TENSORGET", "t", "VALUES") == [1, 2]


def test_a_bool_that_the_original_let_pass_is_restored_as_true(client):
    client.restore("t", 0, rdb.payload(rdb.TENSOR, 4, rdb.tensor_fields("BOOL", [2], b"\0\2")))
    assert client.execute_command("AI.TENSORGET", "t", "VALUES") == [0, 1]


def test_newer_tensors_are_restored(client):
    client.restore("t", 0, rdb.payload(rdb.TENSOR, 4, rdb.tensor_fields("BOOL", [2], b"\1\0")))
    assert client.execute_command("AI.TENSORGET", "t", "VALUES") == [1, 0]
    strings = rdb.tensor_fields("STRING", [3], b"a\0\0bc\0", [0, 2, 3])
    client.restore("s", 0, rdb.payload(rdb.TENSOR, 4, strings))
    assert client.execute_command("AI.TENSORGET", "s", "VALUES") == [b"a", b"", b"bc"]
    none = rdb.tensor_fields("FLOAT", [0, 2], b"")
    client.restore("n", 0, rdb.payload(rdb.TENSOR, 4, none))
    assert client.execute_command("AI.TENSORGET", "n", "META")[3] == [0, 2]


@pytest.mark.parametrize("version", [0, 1, 2, 3, 4])
def test_a_model_of_any_encoding_is_restored(client, version):
    prepare_product(client, model="unused")
    whole = model_bytes("mul_2x2")
    fields = rdb.model_fields(
        whole, ["a", "b"], ["mul"], version, tag="v1", batch=(4, 2, 1000))
    client.restore("m", 0, rdb.payload(rdb.MODEL, version, fields))
    assert client.execute_command("AI.MODELGET", "m") == [
        b"backend", b"ONNX", b"device", b"CPU", b"tag", b"v1", b"batchsize", 4, b"minbatchsize", 2,
        b"inputs", [b"a", b"b"], b"outputs", [b"mul"],
        b"minbatchtimeout", 1000 if version >= 2 else 0, b"blob", whole]


@pytest.mark.parametrize("version", [0, 1, 2, 3, 4])
def test_a_restored_model_of_any_encoding_runs(client, version):
    prepare_product(client, model="unused")
    fields = rdb.model_fields(model_bytes("mul_2x2"), version=version)
    client.restore("m", 0, rdb.payload(rdb.MODEL, version, fields))
    execute(client, "m", ["a", "b"], ["y"])
    assert get_tensor(client, "y").tolist() == PRODUCT


@pytest.mark.parametrize("count", [2, 3, 59, 118])
def test_a_model_in_chunks_is_restored(client, count):
    whole = model_bytes("mul_2x2")
    size = -(-len(whole) // count)
    chunks = [whole[start:start + size] for start in range(0, len(whole), size)]
    # The original ends with an empty chunk when the last one is full.
    chunks.append(b"")
    fields = rdb.model_fields(whole, ["a", "b"], ["mul"])[:-3]
    fields += rdb.numbers(len(whole), len(chunks)) + [("s", chunk) for chunk in chunks]
    client.restore("m", 0, rdb.payload(rdb.MODEL, 4, fields))
    assert client.execute_command("AI.MODELGET", "m", "BLOB") == whole


# Payloads that lie

def cases(made):
    """The payloads as parameters of a test, named by what is wrong with them."""
    return [pytest.param(*described, id=f"{described[0]} {name}") for name, described in made]


@pytest.mark.parametrize("name, version, fields", cases([*lies.tensors(), *lies.models()]))
def test_a_payload_that_lies_is_refused(server, client, name, version, fields):
    before = client.info("memory")["used_memory"]
    assert refusal(client, "RESTORE", "k", 0, rdb.payload(name, version, fields)) == BAD_PAYLOAD
    assert client.exists("k") == 0
    assert client.info("memory")["used_memory"] - before < 2_000_000


VALID = {
    "tensor": (rdb.TENSOR, 4, rdb.tensor_fields("FLOAT", [2, 2], FLOATS)),
    "strings": (rdb.TENSOR, 4, rdb.tensor_fields("STRING", [3], b"a\0\0bc\0", [0, 2, 3])),
    "old tensor": (rdb.TENSOR, 1, rdb.old_tensor_fields("FLOAT", [2, 2], FLOATS)),
    "model": (rdb.MODEL, 4, rdb.model_fields(model_bytes("mul_2x2"), ["a", "b"], ["mul"], tag="t")),
    "old model": (rdb.MODEL, 0, rdb.model_fields(model_bytes("mul_2x2"), ["a", "b"], ["mul"], version=0)),
}


@pytest.mark.parametrize("name", VALID)
def test_a_payload_cut_anywhere_is_refused(client, name):
    whole = rdb.value(*VALID[name])
    assert refusal(client, "RESTORE", "k", 0, rdb.sealed(whole)) is None
    # Two bytes less are not missed: the trailer's own first bytes end the data and then the value.
    for size in [*range(10, len(whole) - 2), len(whole) - 1]:
        assert refusal(client, "RESTORE", "k", 0, rdb.sealed(whole[:size]), "REPLACE") == BAD_PAYLOAD


@pytest.mark.parametrize("name", VALID)
def test_a_payload_with_damaged_bytes_never_harms_the_server(client, name):
    whole = rdb.value(*VALID[name])
    source = random.Random(name)
    set_up = ["AI.TENSORSET", "x", "FLOAT", 2, 2]
    for number in range(500):
        damaged = bytearray(whole)
        for _ in range(source.randint(1, 3)):
            damaged[source.randrange(10, len(damaged))] = source.randrange(256)
        try:
            if refusal(client, "RESTORE", "k", 0, rdb.sealed(bytes(damaged)), "REPLACE") is None:
                client.execute_command(*set_up)
                use(client)
        except OSError:
            pytest.fail(f"the server ended on damage number {number}: {damaged.hex()}")


def use(client):
    """Reads the value at `k` in every way, and runs it if it is a model."""
    for words in (["AI.TENSORGET", "k", "META", "VALUES"], ["AI.TENSORGET", "k", "BLOB"],
                  ["AI.MODELGET", "k"], ["DEBUG", "DIGEST-VALUE", "k"], ["MEMORY", "USAGE", "k"],
                  ["COPY", "k", "l"], execution("k", ["x", "x"], ["y"])):
        refusal(client, *words)
    assert client.dump("k") is not None
    client.delete("k", "l", "y")
