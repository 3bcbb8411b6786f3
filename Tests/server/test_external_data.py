"""A model given as bytes never reads a file of the server, wherever it hides the attempt.

Each fixture names `dump.rdb`, which the server has just saved in its working folder. Run by the vendor's
runtime without a guard, most of them answer with the first bytes of that file.
"""

import os

import pytest
from onnx_generators import external_wire

from support import paths, rdb
from support.clients import refusal
from support.models import execution, model_bytes, set_tensor
from support.texts import EXTERNAL_DATA

PLACES = sorted(path.stem for path in (paths.MODELS / "external").glob("*.onnx"))


@pytest.fixture
def saved(server, client):
    """A server with a dump.rdb that a reply must never show, and a tensor `x` to feed a model with."""
    client.set("confidential", "confidential")
    set_tensor(client, "x", "UINT8", [1])
    client.save()
    assert (server.folder / "dump.rdb").read_bytes().startswith((b"REDIS00", b"VALKEY0"))
    return client


def test_the_corpus_is_there():
    assert len(PLACES) >= 36


@pytest.mark.parametrize("command", ["AI.MODELSTORE", "AI.MODELSET"])
@pytest.mark.parametrize("place", PLACES)
def test_it_is_refused_wherever_it_hides(saved, place, command):
    blob = model_bytes(f"external/{place}.onnx")
    assert refusal(saved, command, "m", "ONNX", "CPU", "BLOB", blob) == EXTERNAL_DATA
    assert saved.exists("m") == 0


def test_it_is_refused_in_chunks(saved):
    blob = model_bytes("external/initializer.onnx")
    chunks = [blob[place:place + 1] for place in range(len(blob))]
    assert refusal(saved, "AI.MODELSTORE", "m", "ONNX", "CPU", "BLOB", *chunks) == EXTERNAL_DATA


def test_it_is_refused_in_a_transaction(saved):
    blob = model_bytes("external/if_constant.onnx")
    with saved.pipeline(transaction=True) as transaction:
        transaction.execute_command("AI.MODELSTORE", "m", "ONNX", "CPU", "BLOB", blob)
        [refused] = transaction.execute(raise_on_error=False)
    assert str(refused) == EXTERNAL_DATA


@pytest.mark.parametrize("place", PLACES)
def test_a_payload_that_brings_it_in_never_runs(server, saved, place):
    fields = rdb.model_fields(
        model_bytes(f"external/{place}.onnx"), inputs=["x"], outputs=["y"])
    if refusal(saved, "RESTORE", "m", 0, rdb.payload(rdb.MODEL, 4, fields)) is None:
        text = refusal(saved, *execution("m", ["x"], ["y"]))
        assert text == EXTERNAL_DATA
        assert saved.exists("y") == 0


def test_a_saved_file_that_brings_it_in_never_runs(server, saved):
    place = "function_constant"
    fields = rdb.model_fields(model_bytes(f"external/{place}.onnx"), inputs=["x"], outputs=["y"])
    if refusal(saved, "RESTORE", "m", 0, rdb.payload(rdb.MODEL, 4, fields)) is None:
        restarted = server.restart().client()
        assert refusal(restarted, *execution("m", ["x"], ["y"])) == EXTERNAL_DATA


@pytest.mark.parametrize("kind", ["fifo", "empty", "missing"])
def test_it_is_refused_whatever_the_file_is(server, saved, kind):
    """The refusal comes before the file is looked at: nothing waits, and no answer tells what is there."""
    target = server.folder / "dump.rdb"
    target.unlink()
    if kind == "fifo":
        os.mkfifo(target)
    elif kind == "empty":
        target.touch()
    try:
        blob = model_bytes("external/initializer.onnx")
        assert refusal(saved, "AI.MODELSTORE", "m", "ONNX", "CPU", "BLOB", blob) == EXTERNAL_DATA
    finally:
        target.unlink(missing_ok=True)


def test_the_runtimes_own_format_is_refused(saved):
    blob = (paths.MODELS / "mul_2x2.ort").read_bytes()
    assert refusal(saved, "AI.MODELSTORE", "m", "ONNX", "CPU", "BLOB", blob) is not None
    assert saved.exists("m") == 0


def test_a_model_nested_beyond_reason_never_harms_the_server(saved):
    """Groups and subgraphs can be nested as deep as a client likes."""
    for depth in (99, 101, 5_000):
        blob = nested_graphs(depth)
        assert refusal(saved, "AI.MODELSTORE", "m", "ONNX", "CPU", "BLOB", blob) is not None
    for depth in (99, 101, 5_000, 1_000_000):
        blob = nested_groups(depth)
        assert refusal(saved, "AI.MODELSTORE", "m", "ONNX", "CPU", "BLOB", blob) is not None


def nested_groups(depth):
    """A model of one unknown group that holds a group, and so on."""
    return b"\x0b" * depth + b"\x0c" * depth


def nested_graphs(depth):
    """A model whose graph holds a node with a graph, and so on: three messages for each level."""
    graph = b""
    for _ in range(depth // 3):
        for key in (b"\x32", b"\x2a", b"\x0a"):  # an attribute's graph, a node's attribute, a graph's node
            graph = key + external_wire.varint(len(graph)) + graph
    return b"\x3a" + external_wire.varint(len(graph)) + graph
