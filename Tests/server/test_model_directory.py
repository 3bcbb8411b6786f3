"""The list of live models, which AI._MODELSCAN and AI.METRICS tell: wherever their keys go, none is lost."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from support import paths
from support.models import store
from support.servers import wait_until

DATABASES = 16


def scanned(server, database=0):
    reply = server.client(database).execute_command("AI._MODELSCAN")
    return [key.decode() for key, _ in reply]


def places(server):
    """Database and key of every model."""
    text = server.client().execute_command("AI.METRICS").decode()
    [family] = [family for family in text_string_to_metric_families(text)
                if family.name == "redisai_model_info"]
    return sorted((int(sample.labels["db"]), sample.labels["key"]) for sample in family.samples)


@pytest.fixture(params=paths.SERVERS)
def any_server(start_server, request):
    """A server of each version with models `a` in databases 0 and 3, `b` in 3, and keys of other types."""
    server = start_server(binary=paths.SERVERS[request.param])
    for database, keys in ((0, ["a"]), (3, ["a", "b"])):
        client = server.client(database)
        client.set("text", "a")
        client.execute_command("AI.TENSORSET", "tensor", "FLOAT", 1)
        for key in keys:
            store(client, key, "add_1", "TAG", f"{database}{key}")
    assert places(server) == [(0, "a"), (3, "a"), (3, "b")]
    return server


CHANGES = [
    (0, ["RENAME", "a", "c"], [(0, "c"), (3, "a"), (3, "b")]),
    (3, ["RENAME", "a", "b"], [(0, "a"), (3, "b")]),
    (3, ["RENAME", "a", "text"], [(0, "a"), (3, "b"), (3, "text")]),
    (3, ["MOVE", "b", 0], [(0, "a"), (0, "b"), (3, "a")]),
    (0, ["SWAPDB", 0, 3], [(0, "a"), (0, "b"), (3, "a")]),
    (0, ["SWAPDB", 3, 15], [(0, "a"), (15, "a"), (15, "b")]),
    (3, ["DEL", "a"], [(0, "a"), (3, "b")]),
    (3, ["UNLINK", "a"], [(0, "a"), (3, "b")]),
    (3, ["SET", "a", "text"], [(0, "a"), (3, "b")]),
    (3, ["FLUSHDB"], [(0, "a")]),
    (3, ["FLUSHDB", "ASYNC"], [(0, "a")]),
    (0, ["FLUSHALL"], []),
    (0, ["COPY", "a", "c"], [(0, "a"), (0, "c"), (3, "a"), (3, "b")]),
    (0, ["COPY", "a", "c", "DB", 9], [(0, "a"), (3, "a"), (3, "b"), (9, "c")]),
    (0, ["COPY", "a", "b", "DB", 3, "REPLACE"], [(0, "a"), (3, "a"), (3, "b")]),
    (0, ["AI.MODELDEL", "a"], [(3, "a"), (3, "b")]),
    (0, ["DEBUG", "RELOAD"], [(0, "a"), (3, "a"), (3, "b")]),
    (0, ["PEXPIREAT", "a", 1], [(3, "a"), (3, "b")]),
]


@pytest.mark.parametrize("database, words, expected", CHANGES)
def test_models_are_found_wherever_they_went(any_server, database, words, expected):
    any_server.client(database).execute_command(*words)
    assert places(any_server) == expected
    # Asked again, from what was found.
    assert places(any_server) == expected
    for other in range(DATABASES):
        assert scanned(any_server, other) == [key for place, key in expected if place == other]


def test_a_model_comes_back_from_a_payload(any_server):
    client = any_server.client()
    client.restore("d", 0, client.dump("a"))
    client.restore("a", 0, client.dump("a"), replace=True)
    assert places(any_server) == [(0, "a"), (0, "d"), (3, "a"), (3, "b")]


def test_all_models_are_known_after_a_restart(any_server):
    any_server.restart()
    assert places(any_server) == [(0, "a"), (3, "a"), (3, "b")]


def test_all_models_are_known_after_an_aof_was_replayed(start_server):
    server = start_server(settings=["appendonly yes", "appendfsync always"])
    store(server.client(), "a", "add_1")
    store(server.client(7), "b", "add_1")
    server.client(7).rename("b", "c")
    server.kill()
    server.start()
    assert places(server) == [(0, "a"), (7, "c")]


def test_a_replica_knows_its_models(start_server):
    master = start_server(tcp=True)
    store(master.client(), "a", "add_1")
    store(master.client(3), "b", "add_1")
    replica = start_server(tcp=True)
    store(replica.client(5), "own", "add_1")
    replica.client().replicaof("127.0.0.1", master.port)
    wait_until(lambda: places(replica) == [(0, "a"), (3, "b")], what="the replica's copy")
    store(master.client(), "c", "add_1")
    master.client(3).rename("b", "d")
    wait_until(lambda: places(replica) == [(0, "a"), (0, "c"), (3, "d")], what="the replica's copy")


def test_many_changes_at_once_are_followed(any_server):
    client = any_server.client()
    for index in range(50):
        client.copy("a", f"m{index}")
    for index in range(0, 50, 2):
        client.rename(f"m{index}", f"n{index}")
    for index in range(0, 50, 5):
        client.delete(f"m{index}", f"n{index}")
    expected = ["a"] + [f"{'n' if index % 2 == 0 else 'm'}{index}" for index in range(50) if index % 5]
    assert scanned(any_server) == sorted(expected)


def test_a_transaction_sees_its_own_changes(server, client):
    store(client, "a", "add_1")
    pipeline = client.pipeline(transaction=True)
    pipeline.rename("a", "b")
    pipeline.execute_command("AI._MODELSCAN")
    assert pipeline.execute()[1] == [[b"b", b""]]


def test_asking_is_no_use_of_a_key(server, client):
    """Eviction by age must not be misled by who watches."""
    store(client, "a", "add_1")
    client.execute_command("DEBUG", "SLEEP", 1.1)
    idle = client.object("idletime", "a")
    places(server)
    assert client.object("idletime", "a") >= idle >= 1
