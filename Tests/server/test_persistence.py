"""What is stored survives: RDB, AOF, DUMP and RESTORE, copies and renames."""

import numpy
import pytest

from support.dags import dag, run
from support.models import (
    NUMPY_TYPES, PRODUCT, execute, get_tensor, model_bytes, prepare_product, set_tensor, store)
from support.servers import wait_until
from support.tensorflow import graph_bytes


def fill(client):
    """Stores a tensor of every kind and some models."""
    for name, kind in NUMPY_TYPES.items():
        client.execute_command("AI.TENSORSET", f"t:{name}", name, 2, 2, "BLOB", b"\1\0" * (2 * kind.itemsize))
    client.execute_command("AI.TENSORSET", "scalar", "DOUBLE", "VALUES", 0.1)
    client.execute_command("AI.TENSORSET", "strings", "STRING", 2, 2, "VALUES", "", "a", "Größe", "")
    store(client, "filter", "rows_filter")
    set_tensor(client, "negative", "FLOAT", [[-1, 2]])
    execute(client, "filter", ["negative"], ["no_rows"])
    store(client, "classifier", "classifier_30_64_32_2", "TAG", "v1", "BATCHSIZE", 8, "MINBATCHSIZE", 2,
          "MINBATCHTIMEOUT", 5)
    store(client, "lower", "mul_2x2", device="cpu:1")
    prepare_product(client)


def content(client):
    """All keys with what AI.TENSORGET or AI.MODELGET says of them."""
    commands = {b"AI_TENSOR": "AI.TENSORGET", b"AI__MODEL": "AI.MODELGET"}
    return {key: client.execute_command(commands[client.type(key)], key) for key in client.keys()}


def expect_models_to_run(client):
    execute(client, "m", ["a", "b"], ["y"])
    assert get_tensor(client, "y").tolist() == PRODUCT
    execute(client, "lower", ["a", "b"], ["y"])
    set_tensor(client, "x", "FLOAT", numpy.zeros([2, 30]))
    execute(client, "classifier", ["x"], ["y"])
    assert numpy.allclose(get_tensor(client, "y"), [[0.01392384, 0.9860762]] * 2, atol=1e-6)


# Files

AOF = ["appendonly yes", "appendfsync always"]


@pytest.mark.parametrize("settings", [[], ["rdbcompression no"]])
def test_an_rdb_file_keeps_everything(start_server, settings):
    server = start_server(settings=settings)
    fill(server.client())
    before = content(server.client())
    server.restart()
    assert content(server.client()) == before
    expect_models_to_run(server.client())


@pytest.mark.parametrize("preamble", ["yes", "no"])
@pytest.mark.parametrize("rewrite", [False, True])
def test_an_aof_keeps_everything(start_server, preamble, rewrite):
    server = start_server(settings=[*AOF, f"aof-use-rdb-preamble {preamble}"])
    fill(server.client())
    before = content(server.client())
    if rewrite:
        server.client().bgrewriteaof()
        server.wait_for_aof()
        assert server.field("persistence", "aof_last_bgrewrite_status") == "ok"
    server.kill()
    server.start()
    # The names of inputs and outputs are not in an AOF; they are there when the models are built.
    wait_until(lambda: content(server.client()) == before, what="the same content")
    expect_models_to_run(server.client())


def test_a_rewritten_aof_keeps_a_model_that_brings_its_names(start_server):
    server = start_server(settings=[*AOF, "aof-use-rdb-preamble no"])
    blob = graph_bytes("saved/line.zip")
    client = server.client()
    client.execute_command("AI.MODELSTORE", "m", "TF", "CPU", "BLOB", blob)
    client.bgrewriteaof()
    server.wait_for_aof()
    server.kill()
    server.start()
    assert server.client().execute_command("AI.MODELGET", "m", "BLOB") == blob


def test_the_aof_has_the_outputs_and_not_the_runs(start_server):
    server = start_server(settings=[*AOF, "aof-use-rdb-preamble no"])
    client = server.client(database=3)
    prepare_product(client)
    execute(client, "m", ["a", "b"], ["y"])
    client.execute_command("AI.MODELDEL", "m")
    server.kill()
    server.start()
    assert "modelexecute" not in server.info("commandstats").lower()
    client = server.client(database=3)
    assert get_tensor(client, "y").tolist() == PRODUCT
    assert client.exists("m") == 0


def test_the_aof_has_what_a_dag_persists(start_server):
    server = start_server(settings=[*AOF, "aof-use-rdb-preamble no"])
    client = server.client(database=3)
    prepare_product(client)
    words = dag(run("m", "a b", "y"), run("m", "y y", "z"), load=["a", "b"], persist=["y"])
    assert client.execute_command(*words) == [b"OK", b"OK"]
    server.kill()
    server.start()
    assert "dagexecute" not in server.info("commandstats").lower()
    client = server.client(database=3)
    assert get_tensor(client, "y").tolist() == PRODUCT
    assert client.exists("z") == 0


def test_a_rewritten_aof_splits_a_model_into_chunks(start_server):
    settings = [*AOF, "aof-use-rdb-preamble no"]
    server = start_server(settings=settings, words=["MODEL_CHUNK_SIZE", 50])
    store(server.client(), "m", "mul_2x2", "TAG", "")
    server.client().bgrewriteaof()
    server.wait_for_aof()
    assert server.field("persistence", "aof_last_bgrewrite_status") == "ok"
    files = [path for path in server.folder.rglob("*") if path.is_file() and "aof" in path.name]
    whole = model_bytes("mul_2x2")
    assert any(b"$50\r\n" + whole[:50] + b"\r\n" in path.read_bytes() for path in files)
    server.kill()
    server.start()
    assert b"".join(server.client().execute_command("AI.MODELGET", "m", "BLOB")) == whole


def test_a_save_in_the_background_during_runs_keeps_everything(server, client):
    prepare_product(client)
    client.bgsave()
    for _ in range(50):
        execute(client, "m", ["a", "b"], ["y"])
    wait_until(lambda: server.field("persistence", "rdb_bgsave_in_progress") == "0", what="the save")
    assert server.field("persistence", "rdb_last_bgsave_status") == "ok"


def test_databases_are_kept_apart_by_an_rdb_file(server):
    for database in (0, 5):
        client = server.client(database=database)
        client.execute_command("AI.TENSORSET", "t", "INT8", 1, "VALUES", database)
    server.restart()
    for database in (0, 5):
        reply = server.client(database=database).execute_command("AI.TENSORGET", "t", "VALUES")
        assert reply == [database]


def test_debug_reload_keeps_everything(client):
    fill(client)
    before = content(client)
    assert client.execute_command("DEBUG", "RELOAD") in (b"OK", True)
    assert content(client) == before
    expect_models_to_run(client)


# Keys

def test_dump_and_restore_give_an_equal_value(client):
    fill(client)
    before = content(client)
    for key in list(before):
        client.restore(key + b":copy", 0, client.dump(key))
        client.delete(key)
        client.rename(key + b":copy", key)
    assert content(client) == before
    expect_models_to_run(client)


def test_copies_are_equal_and_stand_alone(server, client):
    fill(client)
    before = content(client)
    for key in before:
        assert client.copy(key, key, destination_db=7)
    client.flushdb()
    copied = server.client(database=7)
    assert content(copied) == before
    expect_models_to_run(copied)


def test_a_copy_does_not_change_with_its_origin(client):
    prepare_product(client)
    client.copy("a", "c")
    client.copy("m", "n")
    execute(client, "m", ["a", "b"], ["a"])
    assert get_tensor(client, "c").tolist() == [[1, 2], [3, 4]]
    client.execute_command("AI.MODELDEL", "m")
    execute(client, "n", ["c", "b"], ["y"])
    assert get_tensor(client, "y").tolist() == PRODUCT


def test_renamed_and_moved_values_go_on_working(server, client):
    prepare_product(client, model="old", a="olda")
    client.rename("old", "m")
    client.rename("olda", "a")
    execute(client, "m", ["a", "b"], ["y"])
    for key in ("m", "a", "b"):
        assert client.move(key, 4)
    moved = server.client(database=4)
    execute(moved, "m", ["a", "b"], ["y"])
    assert get_tensor(moved, "y").tolist() == PRODUCT
    client.execute_command("SWAPDB", 0, 4)
    execute(client, "m", ["a", "b"], ["y"])
