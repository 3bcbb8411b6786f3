"""BACKEND_MEMORY_LIMIT: a model or a run that needs more is refused, and everything else goes on."""

import numpy
import pytest

from support import large_models
from support.clients import refusal
from support.models import PRODUCT, execute, execution, get_tensor, prepare_product, set_tensor, store
from support.servers import wait_until

RUN = "Onnxruntime memory limit exceeded, memory allocation failed."
BUILD = "Exception during initialization: " + RUN
LIMIT = 1_000_000
# Weights of 31 KB, as a model for handwritten digits has.
INPUTS, OUTPUTS = 80, 96
COPIES = 25
CLIENTS = 50


@pytest.fixture
def limited(start_server):
    return start_server(words=["THREADS_PER_QUEUE", 8, "BACKEND_MEMORY_LIMIT", 1])


def store_layer(client, key, device="CPU"):
    blob = large_models.single_layer(INPUTS, OUTPUTS)
    assert client.execute_command("AI.MODELSTORE", key, "ONNX", device, "BLOB", blob) == b"OK"


def used(server):
    """Bytes that the runtime has, as the server tells them."""
    return int(server.field("everything", "ai_onnxruntime_memory"))


def test_a_run_beyond_the_limit_is_refused_and_smaller_ones_go_on(limited):
    client = limited.client()
    for index in range(COPIES):
        store_layer(client, f"m{index}")
    before = used(limited)
    assert COPIES * INPUTS * OUTPUTS * 4 <= before <= LIMIT
    few, many = numpy.ones([2, INPUTS]), numpy.ones([1000, INPUTS])
    set_tensor(client, "few", "FLOAT", few)
    set_tensor(client, "many", "FLOAT", many)
    for index in range(3):
        execute(client, f"m{index}", ["few"], ["y"])
        assert refusal(client, *execution(f"m{index}", ["many"], ["z"])) == RUN
        execute(client, f"m{index}", ["few"], ["y"])
    assert client.exists("z") == 0
    assert get_tensor(client, "y").shape == (2, OUTPUTS)
    assert used(limited) == before


def test_runs_beyond_the_limit_are_refused_to_many_clients_at_once(limited):
    client = limited.client()
    for index in range(COPIES):
        store_layer(client, f"m{index}")
    before = used(limited)
    set_tensor(client, "few", "FLOAT", numpy.ones([2, INPUTS]))
    set_tensor(client, "many", "FLOAT", numpy.ones([1000, INPUTS]))
    connections = [limited.wire() for _ in range(CLIENTS)]
    for _ in range(3):
        for index, connection in enumerate(connections):
            connection.send(*execution(f"m{index % COPIES}", ["many"], ["z"]))
        replies = {connection.receive() for connection in connections}
        assert replies == {b"-" + RUN.encode() + b"\r\n"}
    for connection in connections:
        assert connection.nothing_more_came()
        connection.close()
    execute(client, "m0", ["few"], ["y"])
    assert used(limited) == before


@pytest.mark.parametrize("device", ["CPU", "cpu", "CPU:1"])
def test_a_model_beyond_the_limit_is_refused_on_every_processor(limited, device):
    client = limited.client()
    # Weights that the runtime rearranges, and weights that it leaves as they are.
    for blob in [large_models.dense(32), large_models.lookup(32)] * 2:
        assert refusal(client, "AI.MODELSTORE", "big", "ONNX", device, "BLOB", blob) == BUILD
    assert client.exists("big") == 0
    assert used(limited) == 0
    prepare_product(client)
    execute(client, "m", ["a", "b"], ["y"])
    assert get_tensor(client, "y").tolist() == PRODUCT


def test_models_are_refused_from_the_limit_on_and_taken_again_when_others_are_gone(limited):
    client = limited.client()
    blob = large_models.single_layer(INPUTS, OUTPUTS)
    replies = [refusal(client, "AI.MODELSTORE", f"m{i}", "ONNX", "CPU:1", "BLOB", blob) for i in range(40)]
    taken = replies.index(BUILD)
    assert taken >= COPIES
    assert replies[:taken] == [None] * taken
    assert used(limited) <= LIMIT
    client.delete(*[f"m{index}" for index in range(taken)])
    wait_until(lambda: used(limited) == 0, what="the models' memory back")
    store_layer(client, "again")


def test_without_a_limit_all_is_taken(client):
    store_layer(client, "m")
    set_tensor(client, "many", "FLOAT", numpy.ones([4000, INPUTS]))
    execute(client, "m", ["many"], ["y"])
    assert get_tensor(client, "y").shape == (4000, OUTPUTS)
