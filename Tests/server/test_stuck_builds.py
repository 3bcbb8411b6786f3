"""MODEL_BUILD_TIMEOUT: builds that do not end are given up, and others go on.

The model here takes hours to build. The tests end the servers with such builds in them.
"""

import contextlib

import pytest

from support import rdb
from support.batches import Waiting
from support.clients import refusal
from support.models import (
    PRODUCT, execute, execution, floats, get_tensor, model_bytes, prepare_product, set_tensor, store)
from support.servers import wait_until
from support.wire import OK, error

TOO_LONG = "ERR building took longer than the 1000 ms of MODEL_BUILD_TIMEOUT"
LOST = "ERR the run took longer than MODEL_EXECUTION_TIMEOUT and could not be stopped"
STORE_LONG = ["AI.MODELSTORE", "long", "ONNX", "CPU", "BLOB", model_bytes("long_build")]


def fields(reply):
    return dict(zip(reply[::2], reply[1::2]))


def builds(client):
    """What AI.STATS tells of builds."""
    return [fields(build) for build in fields(client.execute_command("AI.STATS"))[b"builds"]]


def expect_usual(client):
    prepare_product(client)
    execute(client, "m", ["a", "b"], ["z"])
    assert get_tensor(client, "z").tolist() == PRODUCT
    client.delete("m", "z")


@pytest.fixture
def server(start_server):
    return start_server(words=["MODEL_BUILD_TIMEOUT", 1000])


@pytest.fixture
def client(server):
    return server.client()


def test_a_build_that_takes_too_long_is_an_error(server, client):
    assert refusal(client, *STORE_LONG) == TOO_LONG
    assert client.exists("long") == 0
    assert [build[b"state"] for build in builds(client)] == [b"stuck"]
    assert builds(client)[0][b"backend"] == b"ONNX"
    assert builds(client)[0][b"milliseconds"] >= 1000
    assert "ai_stuck_builds:1" in server.info("MODULES").split()
    expect_usual(client)


def test_more_builds_than_loaders_do_not_keep_others_from_storing(client):
    for _ in range(3):
        assert refusal(client, *STORE_LONG) == TOO_LONG
        expect_usual(client)


def test_builds_under_way_are_told(start_server):
    server = start_server()
    client = server.client()
    with Waiting(server) as waiting:
        waiting.send(*STORE_LONG)
        wait_until(lambda: len(builds(client)) == 1, what="the build")
        assert builds(client)[0][b"state"] == b"running"
        assert "ai_stuck_builds:0" in server.info("MODULES").split()
        # The limit counts for builds under way, too.
        client.config_set("ai.model_build_timeout", 1000)
        assert waiting.replies() == [error(TOO_LONG)]


def test_two_long_builds_make_room_for_a_client_that_waits(start_server):
    """Long before the limit of five minutes."""
    server = start_server()
    with Waiting(server) as waiting:
        waiting.send(*STORE_LONG)
        waiting.send(*STORE_LONG)
        expect_usual(server.client())
        assert len(builds(server.client())) == 2


def test_two_long_builds_and_eight_stuck_runs_at_once_leave_room_for_others(start_server):
    server = start_server(words=["MODEL_EXECUTION_TIMEOUT", 1000, "MODEL_BUILD_TIMEOUT", 1000])
    client = server.client()
    store(client, "stuck", "long_operator")
    set_tensor(client, "hours", "INT64", [1_000_000])
    prepare_product(client)
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(server.wire()) for _ in range(10)]
        for connection in connections[:8]:
            connection.send(*execution("stuck", ["hours"], ["y"]))
        for connection in connections[8:]:
            connection.send(*STORE_LONG)
        behind = stack.enter_context(server.wire())
        behind.send(*execution("m", ["a", "b"], ["z"]))
        assert [connection.receive() for connection in connections[:8]] == [error(LOST)] * 8
        assert [connection.receive() for connection in connections[8:]] == [error(TOO_LONG)] * 2
        assert behind.receive() == OK
    expect_usual(client)
    assert client.ping()


def test_a_restored_model_that_takes_too_long_has_failed_and_keeps_its_bytes(client):
    blob = model_bytes("long_build")
    client.restore("long", 0, rdb.payload(rdb.MODEL, 4, rdb.model_fields(blob)))
    floats(client, "x", 1, 2)
    assert refusal(client, *execution("long", ["x"], ["y"])) == TOO_LONG
    told = fields(client.execute_command("AI.STATS", "long"))
    assert told[b"state"] == b"failed" and told[b"error"] == TOO_LONG.encode()
    assert client.execute_command("AI.MODELGET", "long", "BLOB") == blob
    expect_usual(client)


def test_a_transaction_does_not_wait_for_ever(client):
    with client.pipeline(transaction=True) as transaction:
        transaction.set("before", 1)
        transaction.execute_command(*STORE_LONG)
        transaction.set("after", 1)
        replies = transaction.execute(raise_on_error=False)
    assert [str(reply) for reply in replies] == ["True", TOO_LONG, "True"]
    expect_usual(client)


def test_saving_and_the_end_of_the_server_do_not_wait(server, client):
    assert refusal(client, *STORE_LONG) == TOO_LONG
    client.set("x", 1)
    client.bgsave()
    wait_until(lambda: server.field("persistence", "rdb_bgsave_in_progress") == "0", what="the saved file")
    assert server.field("persistence", "rdb_last_bgsave_status") == "ok"
    server.restart()
    assert server.client().get("x") == b"1"
