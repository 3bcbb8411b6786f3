"""MEMORY USAGE is true, and memory comes back."""

import time

import pytest

from support.clients import refusal
from support.models import execute, model_bytes, store
from support.texts import NO_TENSOR


def used(client):
    """The server's memory, once nothing more is being freed in the background."""
    last, now = -1, client.info("memory")["used_memory"]
    while now != last:
        time.sleep(0.05)
        last, now = now, client.info("memory")["used_memory"]
    return now


def growth(client, key, make):
    """By how much the server's memory grows when `make` stores the key a second time."""
    make()
    client.delete(key)
    before = used(client)
    make()
    return used(client) - before


@pytest.mark.parametrize("size", [1024 * 1024, 700_000])
def test_a_tensors_memory_is_told_to_a_tenth(client, size):
    grown = growth(client, "t", lambda: client.execute_command("AI.TENSORSET", "t", "UINT8", size))
    told = client.memory_usage("t")
    assert told == pytest.approx(grown, rel=0.1)
    assert told >= size


def test_a_string_tensors_memory_is_told_to_a_tenth(client):
    words = ["word " * 40] * 1000
    grown = growth(client, "t", lambda: client.execute_command(
        "AI.TENSORSET", "t", "STRING", len(words), "VALUES", *words))
    assert client.memory_usage("t") == pytest.approx(grown, rel=0.1)


def test_an_outputs_memory_is_told_to_a_tenth(client):
    store(client, "m", "identity_uint8")
    client.execute_command("AI.TENSORSET", "x", "UINT8", 1024 * 1024)
    grown = growth(client, "y", lambda: execute(client, "m", ["x"], ["y"]))
    assert client.memory_usage("y") == pytest.approx(grown, rel=0.1)


def test_a_models_memory_is_told_to_a_tenth(client):
    grown = growth(client, "m", lambda: store(client, "m", "wide_layer"))
    told = client.memory_usage("m")
    assert told == pytest.approx(2 * len(model_bytes("wide_layer")), rel=0.15)
    assert told == pytest.approx(grown, rel=0.1)


def test_memory_comes_back_when_models_are_stored_again_and_again(client):
    store(client, "m", "wide_layer")
    before = used(client)
    for _ in range(50):
        store(client, "m", "wide_layer")
    assert used(client) - before < 1_000_000


def test_unlink_and_asynchronous_flushes_free_everything(client):
    large = bytes(8 * 1024 * 1024)
    before = client.info("memory")["used_memory"]
    for command in (["UNLINK", "big", "m"], ["FLUSHALL", "ASYNC"], ["DEL", "big", "m"]):
        client.execute_command("AI.TENSORSET", "big", "UINT8", len(large), "BLOB", large)
        store(client, "m", "wide_layer")
        client.execute_command(*command)
        assert refusal(client, "AI.TENSORGET", "big") == NO_TENSOR
    assert used(client) - before < 2_000_000
