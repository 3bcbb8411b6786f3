"""AI.DAGEXECUTE_RO: values in, values out, nothing stored; also where nothing may be."""

import numpy
import pytest

from support.clients import refusal
from support.dags import WITHOUT_KEYS, dag, expect_refusals, run, unexpected
from support.models import floats, model_bytes, prepare_product, store
from support.servers import wait_until
from support.texts import IN_TRANSACTION, NO_MODEL
from support.wire import OK, array, bulk

NAME = "AI.DAGEXECUTE_RO"

REFUSED = [
    ("", "ERR missing arguments for 'AI.DAGEXECUTE_RO' command"),
    ("LOAD 1 a |>", "ERR missing arguments for 'AI.DAGEXECUTE_RO' command"),
    ("LOAD 1 a PERSIST 1 y |> AI.TENSORGET a", "ERR PERSIST cannot be specified in a read-only DAG"),
    ("ROUTING r TIMEOUT 5 PERSIST", "ERR PERSIST cannot be specified in a read-only DAG"),
    ("ROUTING r TIMEOUT 0 |> AI.TENSORGET a", "ERR Invalid value for TIMEOUT"),
    ("ROUTING r NOSUCH |> AI.TENSORGET a", unexpected("NOSUCH")),
    ("TIMEOUT 5 |> AI.TENSORGET a", WITHOUT_KEYS),
    ("ROUTING r LOAD 1 a", "ERR DAG is empty"),
    ("LOAD 1 a |> AI.SCRIPTEXECUTE s f",
     "ERR AI.SCRIPTEXECUTE command cannot be specified in a read-only DAG"),
    ("LOAD 1 a |> AI.SCRIPTRUN s f", "Deprecated AI.SCRIPTRUN cannot be used in AI.DAGEXECUTE command"),
    ("LOAD 1 a |> AI.MODELRUN m INPUTS a OUTPUTS y",
     "Deprecated AI.MODELRUN cannot be used in AI.DAGEXECUTE command"),
    ("LOAD 1 a |> AI.MODELEXECUTE missing INPUTS 1 a OUTPUTS 1 y", NO_MODEL),
    ("LOAD 1 a |> AI.TENSORGET x", "ERR INPUT key cannot be found in DAG"),
]


def test_a_wrong_request_is_refused_in_the_known_words(wire, client):
    prepare_product(client)
    expect_refusals(wire, NAME, REFUSED)


def test_inputs_in_the_request_and_outputs_in_the_reply_store_nothing(wire, client):
    store(client, "m", "add_1")
    keys = client.keys()
    blob = numpy.array([1, 2], numpy.float32).tobytes()
    made = numpy.array([2, 3], numpy.float32).tobytes()
    for _ in range(8):
        assert wire.call(
            NAME, "ROUTING", "x", "|>", "AI.TENSORSET", "a", "FLOAT", 2, "BLOB", blob, "|>",
            *run("m", "a", "b"), "|>", "AI.TENSORGET", "b", "BLOB") == array(OK, OK, bulk(made))
    assert client.keys() == keys


def test_a_large_blob_goes_in_and_comes_out(client):
    """One that is kept as the server read it."""
    store(client, "m", "wide_layer")
    rows = numpy.random.default_rng(3).standard_normal([200, 160]).astype(numpy.float32)
    words = dag(
        ["AI.TENSORSET", "x", "FLOAT", 200, 160, "BLOB", rows.tobytes()], run("m", "x", "y"),
        "AI.TENSORGET x BLOB", "AI.TENSORGET y META", name=NAME)
    for _ in range(8):
        replies = client.execute_command(*words)
        assert replies[:2] == [b"OK", b"OK"]
        assert replies[2] == rows.tobytes()
        assert replies[3] == [b"dtype", b"FLOAT", b"shape", [200, 256]]


def test_loaded_tensors_are_read(client):
    prepare_product(client)
    words = dag(run("m", "a b", "y"), "AI.TENSORGET y VALUES", load=["a", "b"], name=NAME)
    assert client.execute_command(*words) == [b"OK", [b"2", b"6", b"12", b"20"]]


def test_a_replica_runs_it(start_server):
    master, replica = start_server(tcp=True), start_server(tcp=True)
    client = replica.client()
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    client.execute_command("REPLICAOF", "127.0.0.1", 1)
    read = dag(run("m", "x", "y"), "AI.TENSORGET y VALUES", load=["x"], name=NAME)
    write = dag(run("m", "x", "y"), load=["x"])
    assert client.execute_command(*read) == [b"OK", [b"2", b"3"]]
    assert refusal(client, *write).startswith("READONLY")
    assert master.alive()


def test_it_runs_when_memory_is_short(server, client):
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    read = dag(run("m", "x", "y"), "AI.TENSORGET y VALUES", load=["x"], name=NAME)
    client.config_set("maxmemory", 1)
    try:
        assert client.execute_command(*read) == [b"OK", [b"2", b"3"]]
        assert refusal(client, *dag("AI.TENSORGET x", load=["x"])).startswith("OOM")
    finally:
        client.config_set("maxmemory", 0)


@pytest.mark.parametrize("words", [[NAME], dag("AI.TENSORSET x INT8 1", name=NAME)])
def test_in_a_transaction_it_is_refused(client, words):
    with client.pipeline(transaction=True) as transaction:
        transaction.execute_command(*words)
        [refused] = transaction.execute(raise_on_error=False)
    assert str(refused) == IN_TRANSACTION


def test_a_missing_runtime_is_an_error_of_the_whole(start_server, tmp_path):
    server = start_server()
    store(server.client(), "m", "add_1")
    server.client().save()
    server.kill()
    server.backends = tmp_path
    server.start()
    # Before that it might still be found, and the step is an error within the reply.
    wait_until(lambda: "Could not load ONNX backend" in server.log())
    words = dag("AI.TENSORSET x FLOAT 2", run("m", "x", "y"), name=NAME)
    assert refusal(server.client(), *words) == "ERR Backend not loaded: ONNX"
    assert server.client().execute_command("AI.MODELGET", "m", "BLOB") == model_bytes("add_1")
