"""The module in each server that it supports: the oldest, Debian's, a recent one, and Valkey."""

import pytest

from support import paths, rdb
from support.clients import refusal
from support.clusters import start_cluster
from support.dags import dag, run
from support.models import (
    PRODUCT, execute, execution, get_tensor, model_bytes, prepare_product, store)
from support.servers import wait_until
from support.texts import EXTERNAL_DATA, IN_TRANSACTION, NO_TENSOR, SHAPE_TOO_LARGE, WRONG_TYPE, arity
from support.wire import array, bulk


@pytest.fixture(params=paths.SERVERS)
def binary(request):
    """The server program to test with."""
    return paths.SERVERS[request.param]


@pytest.fixture
def any_server(start_server, binary):
    """A running server of the chosen version."""
    return start_server(binary=binary)


def test_the_servers_are_of_the_versions_they_stand_for(start_server):
    for name, path in paths.ALL_SERVERS.items():
        server = start_server(binary=path)
        version = ".".join(map(str, server.version))
        assert f"{server.product}-{version}".startswith(name)


def test_a_model_runs(any_server):
    client = any_server.client()
    prepare_product(client)
    for _ in range(20):
        execute(client, "m", ["a", "b"], ["y"])
    assert get_tensor(client, "y").tolist() == PRODUCT
    assert refusal(client, "AI.TENSORGET", "missing") == NO_TENSOR


def test_a_dag_runs_and_its_keys_are_known(any_server):
    client = any_server.client()
    prepare_product(client)
    words = dag(run("m", "a b", "y"), "AI.TENSORGET y VALUES", load=["a", "b"], persist=["y"])
    for _ in range(20):
        assert client.execute_command(*words) == [b"OK", [b"2", b"6", b"12", b"20"]]
    assert get_tensor(client, "y").tolist() == PRODUCT
    routed = dag(run("m", "a b", "y"), name="AI.DAGEXECUTE_RO")
    assert client.execute_command("COMMAND GETKEYS", *words) == ["a", "b", "y", "m"]
    assert client.execute_command("COMMAND GETKEYS", *routed) == ["r", "m"]


def test_a_run_in_a_cluster_belongs_to_one_slot(cluster):
    prepare_product(cluster, model="{1}m", a="{1}a", b="{1}b")
    for words in (execution("{1}m", ["{1}a", "{1}b"], ["{1}y"]),
                  "AI.MODELRUN {1}m INPUTS {1}a {1}b OUTPUTS {1}y".split()):
        assert cluster.execute_command(*words) == b"OK"
        for place, word in enumerate(words):
            if str(word).startswith("{1}"):
                moved = [*words[:place], word.replace("{1}", "{2}"), *words[place + 1:]]
                assert refusal(cluster, *moved).startswith("CROSSSLOT"), moved
    # Without a key, a command belongs everywhere.
    for words in (["AI.STATS"], ["AI.METRICS"], ["AI._MODELSCAN"], ["AI.CONFIG", "GET", "BACKENDSPATH"]):
        assert refusal(cluster, *words) is None


@pytest.fixture
def cluster(start_server, binary):
    """A client of a cluster of one server, which has all slots."""
    server, _ = start_cluster(start_server, binary=binary)
    return server.client()


def test_a_dag_in_a_cluster_belongs_to_one_slot(cluster):
    prepare_product(cluster, model="{1}m", a="{1}a", b="{1}b")
    names = dag(run("{1}m", "{1}a {1}b", "y"), "AI.TENSORGET y VALUES", load=["{1}a", "{1}b"])
    assert cluster.execute_command(*names) == [b"OK", [b"2", b"6", b"12", b"20"]]
    for words in ("AI.DAGEXECUTE ROUTING {1} PERSIST 1 {1}y |> AI.TENSORSET {1}y INT8 1",
                  "AI.DAGEXECUTE_RO ROUTING anything |> AI.TENSORSET x INT8 1",
                  "AI.DAGRUN_RO |> AI.TENSORSET x INT8 1"):
        assert cluster.execute_command(*words.split()) == [b"OK"]
    for words in ("AI.DAGEXECUTE ROUTING {1} PERSIST 1 {2}y |> AI.TENSORSET {2}y INT8 1",
                  "AI.DAGEXECUTE LOAD 1 {1}a |> AI.MODELEXECUTE {2}m INPUTS 1 {1}a OUTPUTS 1 y",
                  "AI.DAGRUN LOAD 1 {1}a |> AI.MODELRUN {2}m INPUTS {1}a OUTPUTS y"):
        assert refusal(cluster, *words.split()).startswith("CROSSSLOT")


def test_strings_that_end_on_another_thread_are_freed(start_server, binary):
    """Large tensors and models keep the strings of their commands; a flush frees them in the background."""
    server = start_server(binary=binary, settings=["hz 1", "dynamic-hz no"])
    client = server.client()
    large = bytes(1 << 20)
    before = client.info("memory")["used_memory"]
    for _ in range(3):
        for number in range(20):
            client.execute_command("AI.TENSORSET", f"t{number}", "UINT8", len(large), "BLOB", large)
        store(client, "m", "wide_layer")
        assert client.info("memory")["used_memory"] - before > 20 * len(large)
        client.flushall(asynchronous=True)
        wait_until(
            lambda: client.info("memory")["used_memory"] - before < 2 * len(large), what="the memory")


def test_values_look_as_the_servers_own_doubles(any_server):
    for protocol, reply in ((2, array(bulk("0.5"), bulk("2"))), (3, array(b",0.5\r\n", b",2\r\n"))):
        with any_server.wire(protocol) as connection:
            connection.call("AI.TENSORSET", "t", "FLOAT", 2, "VALUES", 0.5, 2)
            assert connection.call("AI.TENSORGET", "t", "VALUES") == reply


def test_an_rdb_file_keeps_everything(any_server):
    prepare_product(any_server.client())
    any_server.restart()
    execute(any_server.client(), "m", ["a", "b"], ["y"])
    assert get_tensor(any_server.client(), "y").tolist() == PRODUCT


def test_an_aof_keeps_everything(start_server, binary):
    server = start_server(
        binary=binary, settings=["appendonly yes", "appendfsync always", "aof-use-rdb-preamble no"])
    prepare_product(server.client())
    server.client().bgrewriteaof()
    server.wait_for_aof()
    execute(server.client(), "m", ["a", "b"], ["y"])
    server.kill()
    server.start()
    client = server.client()
    assert get_tensor(client, "y").tolist() == PRODUCT
    execute(client, "m", ["a", "b"], ["y"])


def test_dump_and_restore_work(any_server):
    client = any_server.client()
    prepare_product(client, model="old", a="olda")
    client.restore("m", 0, client.dump("old"))
    client.restore("a", 0, client.dump("olda"))
    execute(client, "m", ["a", "b"], ["y"])
    assert get_tensor(client, "y").tolist() == PRODUCT


def test_a_payload_of_the_oldest_encoding_is_restored(any_server):
    client = any_server.client()
    prepare_product(client, model="unused")
    fields = rdb.model_fields(model_bytes("mul_2x2"), version=0)
    client.restore("m", 0, rdb.payload(rdb.MODEL, 0, fields))
    execute(client, "m", ["a", "b"], ["y"])
    assert get_tensor(client, "y").tolist() == PRODUCT


def test_copies_digests_and_memory_are_known(any_server):
    client = any_server.client()
    prepare_product(client)
    assert client.copy("m", "n") and client.copy("a", "c")
    first, second = (client.execute_command("DEBUG", "DIGEST-VALUE", key) for key in ("a", "c"))
    assert first == second != client.execute_command("DEBUG", "DIGEST-VALUE", "b")
    client.execute_command("AI.TENSORSET", "t", "UINT8", 1024 * 1024)
    assert client.memory_usage("t") == pytest.approx(1024 * 1024, rel=0.3)
    execute(client, "n", ["c", "b"], ["y"])
    assert get_tensor(client, "y").tolist() == PRODUCT


def test_refusals_have_the_same_words(any_server):
    client = any_server.client()
    prepare_product(client)
    client.set("text", "x")
    assert refusal(client, "ai.tensorset", "k") == arity("AI.TENSORSET")
    assert refusal(client, "ai.modelstore", "k") == arity("AI.MODELSTORE")
    assert refusal(client, "ai.config") == arity("AI.CONFIG")
    assert refusal(client, *execution("m", ["a", "b"], ["text"])) == WRONG_TYPE
    blob = model_bytes("external/initializer.onnx")
    assert refusal(client, "AI.MODELSTORE", "e", "ONNX", "CPU", "BLOB", blob) == EXTERNAL_DATA
    assert refusal(client, "AI.MODELSTORE", "text", "ONNX", "CPU", "BLOB", blob) == WRONG_TYPE
    with client.pipeline(transaction=True) as transaction:
        transaction.execute_command(*execution("m", ["a", "b"], ["y"]))
        [refused] = transaction.execute(raise_on_error=False)
    assert str(refused) == IN_TRANSACTION


def test_a_shape_that_no_memory_holds_is_refused(any_server):
    client = any_server.client()
    for shape in ([1_000_000, 1_000_000], [2**32, 2**32], [2**31, 2**31]):
        assert refusal(client, "AI.TENSORSET", "t", "FLOAT", *shape) == SHAPE_TOO_LARGE


def test_info_names_the_sections(any_server):
    store(any_server.client(), "m", "mul_2x2")
    text = any_server.info("MODULES")
    places = [text.index(f"# ai_{name}") for name in (
        "versions", "git", "load_time_configs", "backends_info", "cpu")]
    assert places == sorted(places)


def test_a_file_saved_by_an_older_server_is_read_by_a_newer_one(start_server):
    server = start_server(binary=paths.SERVER_62)
    prepare_product(server.client())
    server.client().save()
    for newer in (paths.DEBIANS, paths.SERVER_8, paths.SERVER_VALKEY):
        server.binary = newer
        server.restart(save=False)
        execute(server.client(), "m", ["a", "b"], ["y"])
        assert get_tensor(server.client(), "y").tolist() == PRODUCT
