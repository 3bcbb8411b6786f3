"""PERSIST of DAGs: all or nothing, whatever happens meanwhile."""

import pytest

from support.clients import refusal
from support.dags import dag, run
from support.gates import Gate
from support.models import execution, floats, get_tensor, set_tensor, store
from support.servers import wait_until
from support.texts import NO_TENSOR, WRONG_TYPE
from support.wire import OK, array, bulk, error

BOTH_WAYS = pytest.mark.parametrize("runs", [0, 8], ids=["by a worker", "in place"])


@pytest.fixture
def sums(client):
    """A model at `m` that adds 1, and [1, 2] at `x`."""
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)


def warm(client, runs):
    """Lets the model at `m` run often enough to be known as short."""
    for _ in range(runs):
        assert client.execute_command(*execution("m", ["x"], ["warm"])) == b"OK"


@BOTH_WAYS
def test_what_is_named_is_stored_and_nothing_else(client, sums, runs):
    warm(client, runs)
    client.execute_command(*dag(
        run("m", "x", "y"), run("m", "y", "z"), "AI.TENSORSET w INT8 1 VALUES 4", load=["x"],
        persist=["z", "w"]))
    assert get_tensor(client, "z").tolist() == [3, 4]
    assert get_tensor(client, "w").tolist() == [4]
    assert client.exists("y") == 0


@BOTH_WAYS
def test_a_loaded_tensor_may_be_persisted_and_loaded_twice(client, sums, runs):
    warm(client, runs)
    client.expire("x", 1000)
    replies = client.execute_command(*dag(
        run("m", "x", "y"), "AI.TENSORGET y VALUES", load=["x", "x"], persist=["x"]))
    assert replies == [b"OK", [b"2", b"3"]]
    assert get_tensor(client, "x").tolist() == [1, 2]
    assert client.ttl("x") == -1


@BOTH_WAYS
@pytest.mark.parametrize("persist", [["y", "text"], ["text", "y"], ["text"]])
def test_a_key_of_another_type_gives_one_error_more_and_nothing_is_stored(client, wire, sums, runs, persist):
    warm(client, runs)
    client.set("text", "held")
    words = dag(
        run("m", "x", "y"), run("m", "x", "text"), "AI.TENSORGET y VALUES", load=["x"], persist=persist)
    values = array(bulk("2"), bulk("3"))
    assert wire.call(*words) == array(OK, OK, values, error(WRONG_TYPE))
    assert wire.nothing_more_came()
    assert client.exists("y") == 0
    assert client.get("text") == b"held"


@BOTH_WAYS
def test_after_a_failure_nothing_is_stored_and_the_keys_types_do_not_matter(client, wire, sums, runs):
    warm(client, runs)
    client.set("text", "held")
    floats(client, "y", 7)
    floats(client, "long", 1, 2, 3)
    reply = wire.call(*dag(
        run("m", "x", "y"), run("m", "long", "text"), load=["x", "long"], persist=["y", "text"]))
    assert reply.startswith(b"*2\r\n+OK\r\n-")
    assert b"WRONGTYPE" not in reply
    assert wire.nothing_more_came()
    assert get_tensor(client, "y").tolist() == [7]


def test_a_key_that_changes_its_type_during_the_run_gives_one_error_more(server, client):
    set_tensor(client, "count", "INT64", [1])
    with Gate(server) as gate, server.wire() as waiting:
        waiting.send(*dag(gate.words(output="y"), load=["count"], persist=["y", "count"]))
        gate.reached()
        client.set("y", "text")
        gate.open()
        assert waiting.receive() == array(OK, error(WRONG_TYPE))
        assert waiting.nothing_more_came()
    assert client.get("y") == b"text"


def test_an_output_that_is_no_tensor_deletes_the_tensor_of_an_earlier_run(client):
    store(client, "m", "zipmap_classifier")
    set_tensor(client, "x", "FLOAT", [[0, 0, 9], [8, 0, 0]])
    for _ in range(8):
        floats(client, "scores", 1, 2)
        replies = client.execute_command(
            *dag(run("m", "x", "label scores"), load=["x"], persist=["label", "scores"]))
        assert replies == [b"OK"]
        assert refusal(client, "AI.TENSORGET", "scores") == NO_TENSOR
        assert get_tensor(client, "label").tolist() == [30, 10]


def test_what_is_overwritten_or_deleted_during_a_run_does_not_disturb_it(server, client, sums):
    store(client, "gone", "add_100")
    with Gate(server) as gate, server.wire() as waiting:
        waiting.send(*dag(
            gate.words(output="one"), run("m", "x", "y"), run("gone", "x", "z"), "AI.TENSORGET y VALUES",
            load=["x"], persist=["y", "z", "one"]))
        gate.reached()
        client.execute_command("AI.SCRIPTDEL", gate.name)
        client.execute_command("AI.MODELDEL", "gone")
        store(client, "m", "add_100")
        client.delete("x")
        gate.open()
        assert waiting.receive() == array(OK, OK, OK, array(bulk("2"), bulk("3")))
    assert get_tensor(client, "y").tolist() == [2, 3]
    assert get_tensor(client, "z").tolist() == [101, 102]
    assert get_tensor(client, "one").tolist() == [1]


def test_what_a_client_that_left_wanted_stored_is_stored(server, client):
    with Gate(server) as gate:
        with server.wire() as leaving:
            leaving.send(*dag(gate.words(output="y"), persist=["y"]))
            gate.reached()
        wait_until(lambda: server.field("clients", "blocked_clients") == "0", what="its leaving")
    wait_until(lambda: client.exists("y") == 1, what="the output")
    assert get_tensor(client, "y").tolist() == [1]


def test_a_client_that_leaves_with_nothing_to_store_leaves_nothing(server, client, sums):
    with Gate(server) as gate:
        with server.wire() as leaving:
            leaving.send(*dag(gate.words(output="y")))
            gate.reached()
        wait_until(lambda: server.field("clients", "blocked_clients") == "0", what="its leaving")
    assert client.execute_command(*execution("m", ["x"], ["after"])) == b"OK"
    assert client.exists("y") == 0
    assert client.execute_command(*dag(run("m", "x", "y"), load=["x"])) == [b"OK"]


def test_at_the_deadline_the_whole_is_timed_out_and_nothing_is_stored(server, client, sums):
    with Gate(server) as gate, server.wire() as waiting:
        words = dag(
            run("m", "x", "y"), gate.words(output="late"), load=["x"], persist=["y", "late", "x"])
        assert waiting.call(words[0], "TIMEOUT", 20, *words[1:]) == b"+TIMEDOUT\r\n"
        assert waiting.nothing_more_came()
    # One worker, so when this has run the other has ended.
    assert client.execute_command(*execution("m", ["x"], ["after"])) == b"OK"
    assert client.exists("y", "late") == 0


def test_behind_a_long_run_the_answer_comes_at_the_deadline(server, client, sums):
    with Gate(server) as gate, server.wire() as waiting:
        gate.hold()
        words = dag(run("m", "x", "y"), load=["x"], persist=["y"])
        assert waiting.call(words[0], "TIMEOUT", 20, *words[1:]) == b"+TIMEDOUT\r\n"
    assert client.execute_command(*execution("m", ["x"], ["after"])) == b"OK"
    assert client.exists("y") == 0
