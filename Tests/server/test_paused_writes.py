"""Runs and builds that end when nothing may be written: while writes are paused, and on a new replica.

The server would end itself if a module sent anything to replicas or the AOF during a pause, and nobody
would notice a replica that differs from its master.
"""

import pytest

from onnx_generators.running_time import slow_build
from support import paths
from support.builds import PRODUCTS, has_come, while_it_is_built
from support.dags import dag, run
from support.gates import Gate
from support.models import execute, execution, get_tensor, model_bytes, set_tensor, store
from support.patience import AN_HOUR, FOREVER, TooShort, until_long_enough
from support.servers import wait_until
from support.wire import OK, array, bulk, error

PAUSED = "ERR nothing was stored, because writes are paused; try again"
DEMOTED = "nothing was stored, because the server has become a replica"
AOF = ["appendonly yes"]
EACH_SERVER = pytest.mark.parametrize("binary", paths.SERVERS.values(), ids=paths.SERVERS)

ROUNDS = 300  # of the slow model, at first
RUN = execution("slow", ["count"], ["y"])
STEPS = [run("slow", "count", "y"), "AI.TENSORGET y VALUES"]
PERSIST = dag(*STEPS, load=["count"], persist=["y"])
READ_ONLY = dag(*STEPS, load=["count"], name="AI.DAGEXECUTE_RO")
VALUES = array(bulk("0.00390625"))


def prepared(server, rounds=1):
    """A client of a server with the slow model and its input."""
    client = server.client()
    store(client, "slow", "slow")
    set_tensor(client, "count", "INT64", [rounds])
    return client


def pause(client):
    """Pauses writes until the test goes on with them."""
    client.execute_command("CLIENT", "PAUSE", AN_HOUR, "WRITE")


def become_replica(client):
    """Of a server that is not there, so the data set stays as it is."""
    client.execute_command("REPLICAOF", "127.0.0.1", 1)


@EACH_SERVER
@pytest.mark.parametrize(
    "words, stored, reply",
    [(RUN, OK, error(PAUSED)), (PERSIST, array(OK, VALUES), array(OK, VALUES, error(PAUSED)))],
    ids=["run", "dag"])
def test_what_ends_during_a_pause_is_not_stored_and_the_client_is_told(
        start_server, binary, words, stored, reply):
    server = start_server(binary=binary, settings=AOF)
    client = prepared(server)

    def attempt(rounds):
        set_tensor(client, "count", "INT64", [rounds])
        client.delete("y")
        with server.wire() as connection:
            connection.send(*words)
            server.read_all()
            pause(client)
            given = connection.receive()
            client.execute_command("CLIENT", "UNPAUSE")
            if given == stored:
                raise TooShort
            assert given == reply
            assert connection.nothing_more_came()
            assert client.exists("y") == 0
            # Tried again, it is stored.
            assert connection.call(*words) == stored

    until_long_enough(ROUNDS, attempt)
    assert client.exists("y") == 1


@EACH_SERVER
def test_a_model_whose_build_ends_during_a_pause_is_not_stored(start_server, binary):
    server = start_server(binary=binary, settings=AOF)
    client = server.client()

    def begin():
        client.execute_command("CLIENT", "UNPAUSE")
        client.flushall()

    with server.wire() as connection:
        reply = while_it_is_built(
            server, lambda: pause(client), "built", before=begin, connection=connection)
        assert reply == error(PAUSED)
        client.execute_command("CLIENT", "UNPAUSE")
        assert connection.nothing_more_came()
        assert client.exists("built") == 0
        assert connection.call("AI.MODELSTORE", "built", "ONNX", "CPU", "BLOB", model_bytes("add_1")) == OK


@EACH_SERVER
def test_what_stores_nothing_is_answered_during_a_pause(start_server, binary):
    server = start_server(binary=binary, settings=AOF)
    client = prepared(server)

    def attempt(rounds):
        set_tensor(client, "count", "INT64", [rounds])
        with server.wire() as connection:
            connection.send(*READ_ONLY)
            server.read_all()
            pause(client)
            has_ended = has_come(connection)
            assert connection.receive() == array(OK, VALUES)
            # Such a DAG may also begin during a pause of writes.
            assert connection.call(*READ_ONLY) == array(OK, VALUES)
            client.execute_command("CLIENT", "UNPAUSE")
        if has_ended:
            raise TooShort

    until_long_enough(ROUNDS, attempt)


@EACH_SERVER
def test_what_is_stored_for_nobody_waits_for_no_pause(start_server, binary):
    """The client has left; its outputs cannot be stored, which the log tells."""
    server = start_server(binary=binary, settings=AOF)
    client = prepared(server)

    def attempt(rounds):
        set_tensor(client, "count", "INT64", [rounds])
        with server.wire() as leaving:
            leaving.send(*RUN)
            server.read_all()
        pause(client)
        wait_until(lambda: PAUSED in server.log() or client.exists("y") == 1, what="the line in the log")
        client.execute_command("CLIENT", "UNPAUSE")
        if client.delete("y") == 1:
            raise TooShort

    until_long_enough(ROUNDS, attempt)
    assert client.exists("y") == 0


@EACH_SERVER
def test_the_deadline_comes_during_a_pause(start_server, binary):
    server = start_server(binary=binary, settings=AOF, words=["THREADS_PER_QUEUE", 2])
    client = prepared(server, FOREVER)
    with server.wire() as connection:
        connection.send(*RUN, "TIMEOUT", 100)
        server.read_all()
        pause(client)
        assert connection.receive() == b"+TIMEDOUT\r\n"
        client.execute_command("CLIENT", "UNPAUSE")
        # The run goes on; there is another worker.
        set_tensor(client, "count", "INT64", [1])
        assert connection.call(*execution("slow", ["count"], ["z"])) == OK
    assert client.exists("y", "z") == 1


@EACH_SERVER
@pytest.mark.parametrize("words", [RUN, PERSIST], ids=["run", "dag"])
def test_a_new_replica_stores_nothing_of_its_own(start_server, binary, words):
    """The server itself tells the clients that wait; their work must not change the replica."""
    server = start_server(binary=binary, settings=AOF)
    client = prepared(server)
    with Gate(server) as gate, server.wire() as connection:
        gate.line_up(connection, *words)
        become_replica(client)
        assert connection.receive().startswith(b"-UNBLOCKED")
        gate.open(reply=b"-UNBLOCKED")
        wait_until(lambda: DEMOTED in server.log(), what="the line in the log")
    assert client.exists("y") == 0
    client.execute_command("REPLICAOF", "NO", "ONE")
    assert client.exists("y") == 0


@EACH_SERVER
def test_a_new_replica_stores_no_model_of_its_own(start_server, binary):
    server = start_server(binary=binary, settings=AOF)
    client = server.client()

    def attempt(products):
        with server.wire() as connection:
            blob = slow_build(products).SerializeToString()
            connection.send("AI.MODELSTORE", "built", "ONNX", "CPU", "BLOB", blob)
            server.read_all()
            become_replica(client)
            reply = connection.receive()
        if reply == OK:
            client.execute_command("REPLICAOF", "NO", "ONE")
            client.flushall()
            raise TooShort
        assert reply.startswith(b"-UNBLOCKED")

    until_long_enough(PRODUCTS, attempt)
    wait_until(lambda: DEMOTED in server.log(), what="the line in the log")
    assert client.exists("built") == 0
    client.execute_command("REPLICAOF", "NO", "ONE")
    assert client.exists("built") == 0


@EACH_SERVER
def test_a_writable_replica_stores_as_a_master_does(start_server, binary):
    server = start_server(binary=binary, settings=[*AOF, "replica-read-only no"])
    client = prepared(server)
    become_replica(client)
    for _ in range(8):
        execute(client, "slow", ["count"], ["y"])
    assert get_tensor(client, "y").tolist() == [1 / 256]


@EACH_SERVER
def test_a_failover_during_runs_leaves_both_servers_equal(start_server, binary):
    first = start_server(binary=binary, settings=AOF, tcp=True)
    second = start_server(binary=binary, settings=AOF, tcp=True)
    client = prepared(first)
    second.client().execute_command("REPLICAOF", "127.0.0.1", first.port)
    wait_until(lambda: "state=online" in first.info("replication"), what="the replica")
    with Gate(first) as gate, first.wire() as connection:
        gate.line_up(connection, *RUN)
        client.execute_command("FAILOVER")
        assert connection.receive().startswith(b"-")
        wait_until(lambda: first.field("replication", "role") == "slave", what="the other role")
        gate.open(reply=b"-")
    wait_until(lambda: first.field("replication", "master_link_status") == "up", what="the link")
    execute(second.client(), "slow", ["count"], ["z"])
    wait_until(lambda: first.client().exists("z") == 1, what="the new master's output")
    assert first.client().exists("y") == second.client().exists("y") == 0


@EACH_SERVER
def test_a_replica_that_is_promoted_ends_its_runs(start_server, binary):
    master = start_server(binary=binary, tcp=True)
    replica = start_server(binary=binary, tcp=True)
    prepared(master)
    client = replica.client()
    with Gate(replica) as gate, replica.wire() as connection:
        # Held while it may still run scripts; the run goes on when its client is told of the new role.
        gate.hold()
        client.execute_command("REPLICAOF", "127.0.0.1", master.port)
        wait_until(lambda: client.exists("slow", "count") == 2, what="the data")
        connection.send(*READ_ONLY)
        replica.read_all()
        client.execute_command("REPLICAOF", "NO", "ONE")
        gate.open(reply=b"-UNBLOCKED")
        assert connection.receive() == array(OK, VALUES)
    execute(client, "slow", ["count"], ["y"])
    assert client.exists("y") == 1
