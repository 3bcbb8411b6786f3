"""Replicas get what was stored: values as they were given, outputs as tensors, never the runs."""

import pytest

from support.clients import refusal
from support.dags import dag, run
from support.gates import Gate
from support.models import (
    PRODUCT, execute, execution, floats, get_tensor, model_bytes, prepare_product, set_tensor, store)
from support.replicas import caught_up, follow
from support.servers import RedisServer, wait_until
from support.texts import IN_TRANSACTION


def calls(server):
    """How often the server ran each command of the module, by its lower-case name."""
    counts = {}
    for line in server.info("commandstats").splitlines():
        name, _, rest = line.partition(":")
        name = name.lower().removeprefix("cmdstat_")
        if name.startswith("ai."):
            counts[name] = int(rest.split(",")[0].removeprefix("calls="))
    return counts


@pytest.fixture(scope="module")
def running_pair():
    """A master and its replica for all tests of this file."""
    master, replica = RedisServer(tcp=True).start(), RedisServer(tcp=True).start()
    follow(replica, master)
    yield master, replica
    for server in (replica, master):
        server.stop()
    troubles = [server.trouble() for server in (master, replica)]
    for server in (master, replica):
        server.remove()
    assert troubles == [None, None]


@pytest.fixture
def pair(running_pair):
    """The master and its replica, both empty and with counts of 0."""
    master, replica = running_pair
    master.client().flushall()
    caught_up(master, replica)
    for server in (master, replica):
        server.client().config_resetstat()
    yield master, replica
    assert replica.field("replication", "master_link_status") == "up"
    assert [server.trouble() for server in (master, replica)] == [None, None]


def test_tensors_and_models_are_replicated(pair):
    master, replica = pair
    client = master.client()
    prepare_product(client)
    client.execute_command("AI.TENSORSET", "s", "STRING", 2, "VALUES", "", "word")
    store(client, "c", "classifier_30_64_32_2", "TAG", "v1", "BATCHSIZE", 4, "MINBATCHSIZE", 2,
          "MINBATCHTIMEOUT", 9)
    caught_up(master, replica)
    copy = replica.client()
    for key in ("a", "b", "s"):
        command = ["AI.TENSORGET", key, "META", "BLOB"]
        assert copy.execute_command(*command) == client.execute_command(*command)
    for key in ("m", "c"):
        # The replica learns the names of inputs and outputs when it has built the model.
        expected = client.execute_command("AI.MODELGET", key)
        wait_until(lambda: copy.execute_command("AI.MODELGET", key) == expected, what="the built model")


def test_a_run_is_replicated_as_its_outputs(pair):
    master, replica = pair
    client = master.client()
    prepare_product(client)
    for _ in range(20):
        execute(client, "m", ["a", "b"], ["y"])
    caught_up(master, replica)
    assert get_tensor(replica.client(), "y").tolist() == PRODUCT
    assert calls(replica) == {"ai.modelstore": 1, "ai.tensorset": 22, "ai.tensorget": 1}


def test_what_a_dag_persists_is_replicated_and_nothing_else(pair):
    master, replica = pair
    client = master.client(database=2)
    prepare_product(client)
    words = dag(
        run("m", "a b", "y"), run("m", "y y", "z"), "AI.TENSORSET w INT8 1 VALUES 4", load=["a", "b"],
        persist=["w", "y"])
    for _ in range(20):
        assert client.execute_command(*words) == [b"OK"] * 3
    caught_up(master, replica)
    followed = replica.client(database=2)
    assert get_tensor(followed, "y").tolist() == PRODUCT
    assert get_tensor(followed, "w").tolist() == [4]
    assert followed.exists("z") == 0
    assert calls(replica) == {"ai.modelstore": 1, "ai.tensorset": 42, "ai.tensorget": 2}


def test_a_dag_that_stores_nothing_replicates_nothing(pair):
    master, replica = pair
    client = master.client()
    prepare_product(client)
    client.set("text", "x")
    caught_up(master, replica)
    before = calls(replica)
    client.execute_command(*dag(run("m", "a b", "y"), load=["a", "b"]))
    client.execute_command(*dag(run("m", "a b", "y"), load=["a", "b"], name="AI.DAGEXECUTE_RO"))
    failed = dag("AI.TENSORSET f FLOAT 1", run("m", "a f", "y"), load=["a"], persist=["a"])
    assert isinstance(client.execute_command(*failed)[1], Exception)
    wrong_type = dag(run("m", "a b", "text"), load=["a", "b"], persist=["a", "text"])
    assert isinstance(client.execute_command(*wrong_type)[1], Exception)
    assert refusal(client, *dag("AI.TENSORGET missing", load=["a"], persist=["a"])) is not None
    caught_up(master, replica)
    assert calls(replica) == before


def test_an_output_of_a_dag_without_rows_is_replicated(pair):
    master, replica = pair
    client = master.client()
    store(client, "m", "rows_filter")
    set_tensor(client, "x", "FLOAT", [[-1, 2], [-3, 4]])
    client.execute_command(*dag(run("m", "x", "y"), load=["x"], persist=["y"]))
    caught_up(master, replica)
    for server in pair:
        assert server.client().execute_command("AI.TENSORGET", "y", "META")[3] == [0, 2]


def test_each_output_is_replicated(pair):
    master, replica = pair
    client = master.client()
    store(client, "m", "sum_difference")
    set_tensor(client, "a", "FLOAT", [[5, 7]])
    assert client.execute_command("AI.MODELRUN", "m", "INPUTS", "a", "a", "OUTPUTS", "y", "z") == b"OK"
    caught_up(master, replica)
    assert get_tensor(replica.client(), "y").tolist() == [[10, 14]]
    assert get_tensor(replica.client(), "z").tolist() == [[0, 0]]


def test_a_failed_run_and_a_refused_command_are_not_replicated(pair):
    master, replica = pair
    client = master.client()
    prepare_product(client)
    client.set("text", "x")
    caught_up(master, replica)
    before = calls(replica)
    assert refusal(client, *execution("m", ["a", "b"], ["text"])) is not None
    assert refusal(client, *execution("m", ["missing", "b"], ["y"])) is not None
    assert refusal(client, "AI.MODELSTORE", "m", "ONNX", "CPU", "BLOB", "garbage") is not None
    assert refusal(client, "AI.TENSORSET", "a", "FLOAT", 1, "VALUES", "x") is not None
    assert refusal(client, "AI.MODELDEL", "text") is not None
    caught_up(master, replica)
    assert calls(replica) == before
    assert get_tensor(replica.client(), "a").tolist() == [[1, 2], [3, 4]]


def test_reading_is_not_replicated(pair):
    master, replica = pair
    client = master.client()
    prepare_product(client)
    caught_up(master, replica)
    before = calls(replica)
    for words in (["AI.TENSORGET", "a"], ["AI.MODELGET", "m"], ["AI._MODELSCAN"],
                  ["AI.CONFIG", "GET", "MODEL_CHUNK_SIZE"],
                  ["AI.CONFIG", "BACKENDSPATH", str(master.backends)]):
        client.execute_command(*words)
    caught_up(master, replica)
    assert calls(replica) == before


def test_an_output_without_rows_is_replicated(pair):
    master, replica = pair
    client = master.client()
    store(client, "m", "rows_filter")
    set_tensor(client, "x", "FLOAT", [[-1, 2]])
    execute(client, "m", ["x"], ["y"])
    caught_up(master, replica)
    assert replica.client().execute_command("AI.TENSORGET", "y") == [
        b"dtype", b"FLOAT", b"shape", [0, 2], b"blob", b""]
    text = refusal(client, "AI.TENSORSET", "y", "FLOAT", 0, 2, "BLOB", b"")
    assert text == "ERR invalid or negative value found in tensor shape"


def test_a_scalar_output_is_replicated(pair):
    master, replica = pair
    client = master.client()
    store(client, "m", "scalar_double")
    client.execute_command("AI.TENSORSET", "x", "FLOAT", "VALUES", 2)
    execute(client, "m", ["x"], ["y"])
    caught_up(master, replica)
    assert replica.client().execute_command("AI.TENSORGET", "y", "META", "VALUES") == [
        b"dtype", b"FLOAT", b"shape", [], b"values", [b"4"]]


@pytest.mark.parametrize("name, kind", [("float16_out", b"FLOAT16"), ("bfloat16_out", b"BFLOAT16")])
def test_an_output_of_halves_is_replicated(pair, name, kind):
    master, replica = pair
    client = master.client()
    store(client, "m", name)
    set_tensor(client, "x", "FLOAT", [1, 0.1])
    execute(client, "m", ["x"], ["y"])
    caught_up(master, replica)
    reply = replica.client().execute_command("AI.TENSORGET", "y")
    assert reply == client.execute_command("AI.TENSORGET", "y")
    assert reply[1] == kind


def test_string_outputs_are_replicated(pair):
    master, replica = pair
    client = master.client()
    store(client, "m", "identity_string")
    client.execute_command("AI.TENSORSET", "x", "STRING", 3, "VALUES", "", "word", "")
    execute(client, "m", ["x"], ["y"])
    caught_up(master, replica)
    assert replica.client().execute_command("AI.TENSORGET", "y", "VALUES") == [b"", b"word", b""]


def test_an_output_that_is_no_tensor_deletes_the_key_on_the_replica_too(pair):
    master, replica = pair
    client = master.client()
    store(client, "m", "zipmap_classifier")
    set_tensor(client, "x", "FLOAT", [[0, 0, 9]])
    set_tensor(client, "scores", "FLOAT", [1])
    execute(client, "m", ["x"], ["label", "scores"])
    caught_up(master, replica)
    assert replica.client().exists("scores") == client.exists("scores") == 0
    assert replica.client().execute_command("AI.TENSORGET", "label", "VALUES") == [30]


def test_outputs_are_replicated_into_the_clients_database(pair):
    master, replica = pair
    client = master.client(database=5)
    prepare_product(client)
    execute(client, "m", ["a", "b"], ["y"])
    caught_up(master, replica)
    assert get_tensor(replica.client(database=5), "y").tolist() == PRODUCT
    assert replica.client(database=0).dbsize() == 0


def test_outputs_of_a_client_that_left_are_replicated(pair):
    master, replica = pair
    client = master.client(database=2)
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    with Gate(master) as gate:
        with master.wire() as leaving:
            leaving.call("SELECT", 2)
            gate.line_up(leaving, *execution("m", ["x"], ["y"]))
        wait_until(lambda: master.field("clients", "blocked_clients") == "1", what="its leaving")
    wait_until(lambda: client.exists("y") == 1, what="the output")
    caught_up(master, replica)
    assert get_tensor(replica.client(database=2), "y").tolist() == [2, 3]


def test_deletions_are_replicated(pair):
    master, replica = pair
    client = master.client()
    prepare_product(client)
    client.execute_command("AI.MODELDEL", "m")
    client.delete("a")
    caught_up(master, replica)
    assert sorted(replica.client().keys()) == [b"b"]


def test_a_transaction_is_replicated_whole(pair):
    master, replica = pair
    with master.client().pipeline(transaction=True) as transaction:
        transaction.execute_command("AI.TENSORSET", "a", "FLOAT", 2, "VALUES", 1, 2)
        transaction.execute_command("AI.MODELSTORE", "m", "ONNX", "CPU", "BLOB", model_bytes("add_1"))
        transaction.execute_command(*execution("m", ["a"], ["y"]))
        replies = transaction.execute(raise_on_error=False)
    assert replies[:2] == [b"OK", b"OK"] and str(replies[2]) == IN_TRANSACTION
    caught_up(master, replica)
    assert sorted(replica.client().keys()) == [b"a", b"m"]


def test_a_replica_reads_and_does_not_write(pair):
    master, replica = pair
    prepare_product(master.client())
    caught_up(master, replica)
    client = replica.client()
    assert client.execute_command("AI.TENSORGET", "a", "META")[3] == [2, 2]
    for words in (execution("m", ["a", "b"], ["y"]), ["AI.TENSORSET", "a", "FLOAT", 1], ["AI.MODELDEL", "m"],
                  ["AI.MODELSTORE", "n", "ONNX", "CPU", "BLOB", model_bytes("add_1")]):
        assert refusal(client, *words).startswith("READONLY")


def test_a_replica_takes_over_and_runs(start_server):
    master, replica = start_server(tcp=True), start_server(tcp=True)
    prepare_product(master.client())
    follow(replica, master)
    client = replica.client()
    client.execute_command("REPLICAOF", "NO", "ONE")
    execute(client, "m", ["a", "b"], ["y"])
    assert get_tensor(client, "y").tolist() == PRODUCT


@pytest.mark.parametrize("before", [True, False])
def test_a_replica_without_the_runtime_follows_and_keeps_the_bytes(start_server, tmp_path, before):
    master, replica = start_server(tcp=True), start_server(tcp=True, backends=tmp_path)
    client = master.client()
    if before:
        prepare_product(client)
        follow(replica, master)
    else:
        follow(replica, master)
        prepare_product(client)
    execute(client, "m", ["a", "b"], ["y"])
    caught_up(master, replica)
    copy = replica.client()
    given, held = (end.execute_command("AI.MODELGET", "m") for end in (client, copy))
    if not before:
        # What the command does not say, only the runtime could find out.
        given[11] = given[13] = []
    assert held == given
    assert get_tensor(copy, "y").tolist() == PRODUCT
    copy.execute_command("REPLICAOF", "NO", "ONE")
    text = refusal(copy, *execution("m", ["a", "b"], ["z"]))
    assert "ONNX" in text.upper() or "backend" in text
