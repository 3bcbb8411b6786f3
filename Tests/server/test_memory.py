"""MEMORY USAGE is true, and memory comes back."""

import time

import pytest

from support.clients import refusal
from support.models import execute, model_bytes, store
from support.servers import wait_until
from support.texts import NO_TENSOR


def used(client):
    """The server's memory, once nothing more is being freed in the background."""
    readings = [0, 1]
    while len(set(readings[-4:])) > 1:
        time.sleep(0.05)
        readings.append(client.info("memory")["used_memory"])
    return readings[-1]


def expect_growth_as_told(client, key, make):
    """MEMORY USAGE tells to a tenth by how much the server's memory grows when `make` stores the key.

    It is stored a second time, so that nothing is made for the first time; and again, if something else was
    freed meanwhile.
    """
    make()
    told = client.memory_usage(key)

    def grows_as_told():
        client.delete(key)
        before = used(client)
        make()
        return used(client) - before == pytest.approx(told, rel=0.1)

    wait_until(grows_as_told, what=f"growth by the told {told} bytes")
    return told


@pytest.mark.parametrize("size", [1024 * 1024, 700_000])
def test_a_tensors_memory_is_told_to_a_tenth(client, size):
    def make():
        client.execute_command("AI.TENSORSET", "t", "UINT8", size)

    assert expect_growth_as_told(client, "t", make) >= size


def test_a_string_tensors_memory_is_told_to_a_tenth(client):
    words = ["word " * 40] * 1000

    def make():
        client.execute_command("AI.TENSORSET", "t", "STRING", len(words), "VALUES", *words)

    assert expect_growth_as_told(client, "t", make) >= 200_000


def test_an_outputs_memory_is_told_to_a_tenth(client):
    store(client, "m", "identity_uint8")
    client.execute_command("AI.TENSORSET", "x", "UINT8", 1024 * 1024)
    told = expect_growth_as_told(client, "y", lambda: execute(client, "m", ["x"], ["y"]))
    assert told >= 1024 * 1024


def test_a_models_memory_is_told_to_a_tenth(client):
    told = expect_growth_as_told(client, "m", lambda: store(client, "m", "wide_layer"))
    assert told == pytest.approx(2 * len(model_bytes("wide_layer")), rel=0.15)


def test_memory_comes_back_when_models_are_stored_again_and_again(client):
    store(client, "m", "wide_layer")
    before = used(client)
    for _ in range(50):
        store(client, "m", "wide_layer")
    wait_until(lambda: used(client) - before < 1_000_000, what="the memory of before")


def test_unlink_and_asynchronous_flushes_free_everything(client):
    large = bytes(8 * 1024 * 1024)
    before = client.info("memory")["used_memory"]
    for command in (["UNLINK", "big", "m"], ["FLUSHALL", "ASYNC"], ["DEL", "big", "m"]):
        client.execute_command("AI.TENSORSET", "big", "UINT8", len(large), "BLOB", large)
        store(client, "m", "wide_layer")
        client.execute_command(*command)
        assert refusal(client, "AI.TENSORGET", "big") == NO_TENSOR
    wait_until(lambda: used(client) - before < 2_000_000, what="the memory of before")
