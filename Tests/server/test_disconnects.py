"""Clients that leave: what nobody else gets anything of leaves its queue, everything else is done."""

import pytest

from support import paths
from support.clients import refusal
from support.builds import while_it_is_loaded
from support.dags import dag, run
from support.gates import Gate
from support.models import execute, execution, floats, get_tensor, model_bytes, set_tensor, store
from support.queues import pairs, waiting_for
from support.servers import RedisServer, served, wait_until
from support.wire import OK, array, bulk, encoded

# No run on the server's own thread, so that each waits in the queue.
WORDS = ["INLINE_RUN_BUDGET", 0]


@pytest.fixture(scope="module", params=paths.SERVERS)
def version_server(request):
    """One server of each version, for all tests of this file."""
    with served(RedisServer(binary=paths.SERVERS[request.param], words=WORDS)) as server:
        yield server


@pytest.fixture
def gate(version_server):
    """The server, emptied, its only worker behind a closed gate; a model that adds 1 at `m`."""
    client = version_server.client()
    client.flushall()
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    with Gate(version_server) as made:
        made.hold()
        yield made
    blocked(version_server, 0)
    assert waiting_for(version_server) == 0
    assert version_server.trouble() is None


@pytest.fixture
def busy(gate):
    """The server whose only worker is busy until the gate is opened."""
    return gate.server


def blocked(server, count):
    """Waits until so many clients wait for a run."""
    wait_until(lambda: server.field("clients", "blocked_clients") == str(count), what="the wait")


def calls(server, key):
    """How often a model has ended a run."""
    return pairs(server.client().execute_command("AI.INFO", key))["calls"]


def sent(server, count, *words):
    """Connections that each have sent the command."""
    connections = [server.wire() for _ in range(count)]
    for connection in connections:
        connection.send(*words)
    return connections


DAG = dag(run("m", "x", "y"), "AI.TENSORGET y VALUES", load=["x"])
READ_ONLY = dag(run("m", "x", "y"), run("m", "y", "z"), load=["x"], name="AI.DAGEXECUTE_RO")
OLDER = "AI.DAGRUN LOAD 1 x |> AI.MODELRUN m INPUTS x OUTPUTS y".split()


@pytest.mark.parametrize("words", [DAG, READ_ONLY, OLDER], ids=lambda words: words[0])
def test_what_stores_nothing_leaves_the_queue_with_its_client(busy, gate, words):
    connections = sent(busy, 50, *words)
    blocked(busy, 51)
    assert waiting_for(busy) == 50
    for connection in connections[:49]:
        connection.close()
    wait_until(lambda: waiting_for(busy) == 1, what="a shorter queue")
    gate.open()
    reply = connections[49].receive()
    assert reply.startswith(b"*") and b"-" not in reply
    assert calls(busy, "m") == (2 if words is READ_ONLY else 1), "what nobody waited for was run"
    connections[49].close()


@pytest.mark.parametrize("words", [
    execution("m", ["x"], ["y"]), ["AI.MODELRUN", "m", "INPUTS", "x", "OUTPUTS", "y"],
    dag(run("m", "x", "y"), load=["x"], persist=["y"])], ids=lambda words: words[0])
def test_what_is_to_be_stored_stays_in_the_queue_and_is_stored(busy, gate, words):
    sent(busy, 1, *words)[0].close()
    wait_until(lambda: waiting_for(busy) == 1, what="the request")
    blocked(busy, 1)
    assert waiting_for(busy) == 1
    gate.open()
    wait_until(lambda: busy.client().exists("y") == 1, what="the output")
    assert get_tensor(busy.client(), "y").tolist() == [2, 3]


def test_a_killed_client_leaves_as_well(busy):
    [connection] = sent(busy, 1, "CLIENT", "ID")
    number = int(connection.receive()[1:])
    connection.send(*DAG)
    blocked(busy, 2)
    assert waiting_for(busy) == 1
    busy.client().execute_command("CLIENT", "KILL", "ID", number)
    wait_until(lambda: waiting_for(busy) == 0, what="the empty queue")


def test_a_client_that_stays_keeps_its_place(busy, gate):
    """Those before and behind it leave."""
    words = dag("AI.TENSORSET n FLOAT 2 VALUES 5 6", run("m", "n", "y"), "AI.TENSORGET y VALUES")
    connections = [*sent(busy, 5, *DAG), *sent(busy, 1, *words), *sent(busy, 5, *DAG)]
    blocked(busy, 12)
    for connection in connections[:5] + connections[6:]:
        connection.close()
    wait_until(lambda: waiting_for(busy) == 1, what="a shorter queue")
    gate.open()
    assert connections[5].receive() == array(OK, OK, array(bulk("6"), bulk("7")))
    connections[5].close()


def test_a_run_that_has_begun_ends_and_no_later_step_begins(version_server):
    client = version_server.client()
    client.flushall()
    store(client, "m", "add_1")
    store(client, "other", "add_1")
    floats(client, "x", 1, 2)
    with Gate(version_server) as gate:
        steps = [gate.words(), run("m", "x", "y")]
        [connection] = sent(version_server, 1, *dag(*steps, load=["x"]))
        gate.reached()
        connection.close()
        blocked(version_server, 0)
        gate.open()
        wait_until(lambda: calls(version_server, gate.name) == 1, what="the end of the step that had begun")
        execute(client, "other", ["x"], ["after"])
        assert calls(version_server, "m") == 0
        # A DAG that has something to store goes on to its end.
        sent(version_server, 1, *dag(*steps, load=["x"], persist=["y"]))[0].close()
    wait_until(lambda: client.exists("y") == 1, what="the output")
    assert get_tensor(client, "y").tolist() == [2, 3]


def test_it_leaves_the_queues_of_all_devices(busy):
    client = busy.client()
    store(client, "m 1", "add_1", device="CPU:1")
    with Gate(busy, "CPU:1") as other:
        other.hold()
        connections = sent(busy, 20, *dag(run("m", "x", "y"), run("m 1", "x", "z"), load=["x"]))
        blocked(busy, 22)
        assert waiting_for(busy) == waiting_for(busy, "CPU:1") == 20
        for connection in connections:
            connection.close()
        wait_until(lambda: waiting_for(busy) == waiting_for(busy, "CPU:1") == 0, what="the empty queues")
    assert calls(busy, "m") == calls(busy, "m 1") == 0


def test_who_waits_for_others_without_limit_vanishes_with_its_client(version_server):
    """With MINBATCHSIZE and no MINBATCHTIMEOUT nothing else would ever end the wait."""
    client = version_server.client()
    client.flushall()
    store(client, "m", "rows_of_run", "BATCHSIZE", 8, "MINBATCHSIZE", 4)
    set_tensor(client, "row", "FLOAT", [[1, 2]])
    words = dag(run("m", "row", "y"), "AI.TENSORGET y VALUES", load=["row"])
    leaving = sent(version_server, 3, *words)
    wait_until(lambda: waiting_for(version_server) == 3, what="the requests")
    for connection in leaving:
        connection.close()
    wait_until(lambda: waiting_for(version_server) == 0, what="the empty queue")
    # They count for no batch any more: it takes four that are still there.
    staying = sent(version_server, 3, *words)
    wait_until(lambda: waiting_for(version_server) == 3, what="the requests")
    blocked(version_server, 3)
    staying += sent(version_server, 1, *words)
    for connection in staying:
        assert connection.receive() == array(OK, array(b":4\r\n"))
        connection.close()
    assert calls(version_server, "m") == 4


def test_one_that_leaves_is_not_counted_for_a_batch(version_server):
    """The first has left, so the next two are three rows, and wait for a fourth."""
    client = version_server.client()
    client.flushall()
    store(client, "m", "rows_of_run", "BATCHSIZE", 4, "MINBATCHSIZE", 4)
    for rows in (1, 2):
        set_tensor(client, f"x{rows}", "FLOAT", [[1, 2]] * rows)
    [leaving] = sent(version_server, 1, *dag(run("m", "x1", "y"), load=["x1"]))
    wait_until(lambda: waiting_for(version_server) == 1, what="the first request")
    requests = [sent(version_server, 1, *execution("m", ["x2"], ["y0"]))[0]]
    wait_until(lambda: waiting_for(version_server) == 2, what="the second request")
    leaving.close()
    wait_until(lambda: waiting_for(version_server) == 1, what="a shorter queue")
    for count, key in ((2, "x1"), (0, "x1")):
        requests += sent(version_server, 1, *execution("m", [key], [f"y{len(requests)}"]))
        wait_until(lambda: waiting_for(version_server) == count, what="the next request")
    for connection in requests:
        assert connection.receive() == OK
        connection.close()
    assert [set(get_tensor(client, key).flatten()) for key in ("y0", "y1", "y2")] == [{4}] * 3


def test_a_full_queue_has_room_again(start_server):
    server = start_server(words=[*WORDS, "QUEUE_LIMIT", 10])
    client = server.client()
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    with Gate(server) as gate:
        gate.hold()
        connections = sent(server, 10, *DAG)
        wait_until(lambda: waiting_for(server) == 10, what="the full queue")
        assert "is full" in refusal(client, *execution("m", ["x"], ["y"]))
        for connection in connections:
            connection.close()
        wait_until(lambda: waiting_for(server) == 0, what="the empty queue")
        with server.wire() as taken:
            taken.send(*execution("m", ["x"], ["y"]))
            wait_until(lambda: waiting_for(server) == 1, what="the next request")
            gate.open()
            assert taken.receive() == OK


def test_who_waits_for_a_model_to_be_built_leaves(version_server):
    """Afterwards the model is as it would have been, and nothing has run."""
    client = version_server.client()
    client.flushall()
    floats(client, "x", 1, 2)

    def look():
        connections = sent(version_server, 10, *dag(run("again", "x", "y"), load=["x"]))
        version_server.read_all()
        for connection in connections:
            connection.close()
        # The one that stays is answered when the model is built.
        wait_until(lambda: version_server.field("clients", "blocked_clients") in "01", what="their leaving")

    assert while_it_is_loaded(version_server, execution("again", ["x"], ["y"]), look, "again") == OK
    assert calls(version_server, "again") == 1


def test_a_request_that_is_cut_off_is_none(version_server):
    client = version_server.client()
    client.flushall()
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    blob = model_bytes("add_1")
    for words in (execution("m", ["x"], ["y"]), DAG, ["AI.MODELSTORE", "n", "ONNX", "CPU", "BLOB", blob]):
        whole = encoded(words)
        for length in range(1, len(whole), max(1, len(whole) // 20)):
            with version_server.wire() as connection:
                connection.socket.sendall(whole[:length])
    blocked(version_server, 0)
    assert client.exists("y", "n") == 0
    assert calls(version_server, "m") == 0


def test_a_client_that_wants_no_replies_gets_its_outputs_stored(version_server):
    client = version_server.client()
    client.flushall()
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    with version_server.wire() as connection:
        connection.send("CLIENT", "REPLY", "OFF")
        for number in range(5):
            connection.send(*execution("m", ["x"], [f"y{number}"]))
            connection.send(*dag(run("m", "x", "y"), load=["x"], persist=["y"]))
            connection.send(*execution("m", ["missing"], ["never"]))
        connection.send("CLIENT", "REPLY", "ON")
        assert connection.receive() == OK
        assert connection.nothing_more_came()
    assert client.exists("y", "y0", "y1", "y2", "y3", "y4", "never") == 6
