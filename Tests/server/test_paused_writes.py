"""Runs and builds that end when nothing may be written: while writes are paused, and on a new replica.

The server would end itself if a module sent anything to replicas or the AOF during a pause, and nobody
would notice a replica that differs from its master.
"""

import pytest

from support import paths
from support.dags import dag, run
from support.models import execute, execution, get_tensor, model_bytes, set_tensor, store
from support.servers import wait_until
from support.wire import OK, array, bulk, error

A_SECOND = 3000  # rounds of the slow model that take about a second
A_MINUTE = 60_000  # milliseconds of a pause that the test ends
PAUSED = "ERR nothing was stored, because writes are paused; try again"
DEMOTED = "nothing was stored, because the server has become a replica"
AOF = ["appendonly yes"]
SERVERS = pytest.mark.parametrize("binary", [paths.SERVER_62, paths.SERVER, paths.SERVER_8])

RUN = execution("slow", ["count"], ["y"])
PERSIST = dag(run("slow", "count", "y"), "AI.TENSORGET y VALUES", load=["count"], persist=["y"])
VALUES = array(bulk("0.00390625"))
STORE = ["AI.MODELSTORE", "built", "ONNX", "CPU", "BLOB", model_bytes("slow_build")]


def prepared(server, rounds=A_SECOND // 2):
    """A client of a server with the slow model and its input."""
    client = server.client()
    store(client, "slow", "slow")
    set_tensor(client, "count", "INT64", [rounds])
    return client


def waiting(server, *words):
    """A connection whose command is under way."""
    connection = server.wire()
    connection.send(*words)
    wait_until(lambda: server.field("clients", "blocked_clients") == "1", what="the wait")
    return connection


@SERVERS
@pytest.mark.parametrize(
    "words, reply",
    [(RUN, error(PAUSED)), (PERSIST, array(OK, VALUES, error(PAUSED))), (STORE, error(PAUSED))],
    ids=["run", "dag", "model"])
def test_what_ends_during_a_pause_is_not_stored_and_the_client_is_told(
        start_server, binary, words, reply):
    server = start_server(binary=binary, settings=AOF)
    client = prepared(server)
    with waiting(server, *words) as connection:
        client.execute_command("CLIENT", "PAUSE", A_MINUTE, "WRITE")
        assert connection.receive() == reply
        client.execute_command("CLIENT", "UNPAUSE")
        assert connection.nothing_more_came()
        assert client.exists("y", "built") == 0
        # Tried again, it is stored.
        assert connection.call(*words) in (OK, array(OK, VALUES))
    assert client.exists("y", "built") == 1


@SERVERS
def test_what_stores_nothing_is_answered_during_a_pause(start_server, binary):
    server = start_server(binary=binary, settings=AOF)
    client = prepared(server)
    words = dag(run("slow", "count", "y"), "AI.TENSORGET y VALUES", load=["count"], name="AI.DAGEXECUTE_RO")
    with waiting(server, *words) as connection:
        client.execute_command("CLIENT", "PAUSE", A_MINUTE, "WRITE")
        assert connection.receive() == array(OK, VALUES)
        # Such a DAG may also begin during a pause of writes.
        assert connection.call(*words) == array(OK, VALUES)
        client.execute_command("CLIENT", "UNPAUSE")


@SERVERS
def test_what_is_stored_for_nobody_waits_for_no_pause(start_server, binary):
    """The client has left; its outputs cannot be stored, which the log tells."""
    server = start_server(binary=binary, settings=AOF)
    client = prepared(server)
    waiting(server, *RUN).close()
    client.execute_command("CLIENT", "PAUSE", A_MINUTE, "WRITE")
    wait_until(lambda: PAUSED in server.log(), what="the line in the log")
    client.execute_command("CLIENT", "UNPAUSE")
    assert client.exists("y") == 0


@SERVERS
def test_the_deadline_comes_during_a_pause(start_server, binary):
    server = start_server(binary=binary, settings=AOF)
    client = prepared(server)
    with waiting(server, *RUN, "TIMEOUT", 100) as connection:
        client.execute_command("CLIENT", "PAUSE", A_MINUTE, "WRITE")
        assert connection.receive() == b"+TIMEDOUT\r\n"
        client.execute_command("CLIENT", "UNPAUSE")
        assert connection.call(*execution("slow", ["count"], ["z"])) == OK
    assert client.exists("y", "z") == 1


@SERVERS
@pytest.mark.parametrize("words", [RUN, PERSIST, STORE], ids=["run", "dag", "model"])
def test_a_new_replica_stores_nothing_of_its_own(start_server, binary, words):
    """The server itself tells the clients that wait; their work must not change the replica."""
    server = start_server(binary=binary, settings=AOF)
    client = prepared(server)
    with waiting(server, *words) as connection:
        # Nobody listens there, so the data set stays as it is.
        client.execute_command("REPLICAOF", "127.0.0.1", 1)
        assert connection.receive().startswith(b"-UNBLOCKED")
    wait_until(lambda: DEMOTED in server.log(), what="the line in the log")
    assert client.exists("y", "built") == 0
    client.execute_command("REPLICAOF", "NO", "ONE")
    assert client.exists("y", "built") == 0


@SERVERS
def test_a_writable_replica_stores_as_a_master_does(start_server, binary):
    server = start_server(binary=binary, settings=[*AOF, "replica-read-only no"])
    client = prepared(server, rounds=1)
    client.execute_command("REPLICAOF", "127.0.0.1", 1)
    for _ in range(8):
        execute(client, "slow", ["count"], ["y"])
    assert get_tensor(client, "y").tolist() == [1 / 256]


@SERVERS
def test_a_failover_during_runs_leaves_both_servers_equal(start_server, binary):
    first = start_server(binary=binary, settings=AOF, tcp=True)
    second = start_server(binary=binary, settings=AOF, tcp=True)
    client = prepared(first)
    second.client().execute_command("REPLICAOF", "127.0.0.1", first.port)
    wait_until(lambda: "state=online" in first.info("replication"), what="the replica")
    with waiting(first, *RUN) as connection:
        client.execute_command("FAILOVER")
        assert connection.receive().startswith(b"-")
    wait_until(lambda: first.field("replication", "role") == "slave", what="the other role")
    wait_until(lambda: first.field("replication", "master_link_status") == "up", what="the link")
    execute(second.client(), "slow", ["count"], ["z"])
    wait_until(lambda: first.client().exists("z") == 1, what="the new master's output")
    assert first.client().exists("y") == second.client().exists("y") == 0


@SERVERS
def test_a_replica_that_is_promoted_ends_its_runs(start_server, binary):
    master = start_server(binary=binary, tcp=True)
    replica = start_server(binary=binary, tcp=True)
    prepared(master)
    client = replica.client()
    client.execute_command("REPLICAOF", "127.0.0.1", master.port)
    wait_until(lambda: client.exists("slow", "count") == 2, what="the data")
    words = dag(run("slow", "count", "y"), "AI.TENSORGET y VALUES", load=["count"], name="AI.DAGEXECUTE_RO")
    with waiting(replica, *words) as connection:
        client.execute_command("REPLICAOF", "NO", "ONE")
        assert connection.receive() == array(OK, VALUES)
    execute(client, "slow", ["count"], ["y"])
    assert client.exists("y") == 1
