"""MINBATCHSIZE without MINBATCHTIMEOUT: what ends the wait when nobody else can be expected to come."""

import pytest

from support.batches import Waiting, prepare, requests, rows_of_runs
from support.clients import refusal
from support.models import execute, floats, get_tensor, store
from support.servers import wait_until
from support.wire import OK

MODULE_WORDS = ["INLINE_RUN_BUDGET", 0]
OPTIONS = ["BATCHSIZE", 8, "MINBATCHSIZE", 4]


def queue(client):
    reply = client.execute_command("AI.STATS")[3][0]
    return dict(zip(reply[::2], reply[1::2]))


@pytest.mark.parametrize("end", [
    "delete", "AI.MODELDEL", "unlink", "replace", "overwrite", "rename", "move", "flushall", "flushall async",
    "flushdb", "swapdb"])
def test_the_wait_ends_when_the_model_leaves_its_place(server, client, end):
    prepare(client, *OPTIONS, rows=[1, 1])
    with Waiting(server) as waiting:
        for words in requests(2):
            waiting.send(*words)
        assert queue(client)[b"waiting_for_batch"] == 2
        match end:
            case "delete":
                client.delete("m")
            case "AI.MODELDEL":
                client.execute_command("AI.MODELDEL", "m")
            case "unlink":
                client.unlink("m")
            case "replace":
                store(client, "m", "add_1")
            case "overwrite":
                client.set("m", "text")
            case "rename":
                client.rename("m", "n")
            case "move":
                client.move("m", 1)
            case "flushall":
                client.flushall(asynchronous=False)
            case "flushall async":
                client.flushall(asynchronous=True)
            case "flushdb":
                client.flushdb()
            case "swapdb":
                client.swapdb(0, 1)
        assert waiting.replies() == [OK, OK]
    database = server.client(1) if end == "swapdb" else client
    # SWAPDB takes the keys along; what is stored afterwards goes where the clients are.
    assert rows_of_runs(client if client.exists("y0") else database, 2) == [2, 2]


def test_a_renamed_model_waits_again(server, client):
    prepare(client, *OPTIONS, rows=[2, 2])
    client.rename("m", "n")
    with Waiting(server) as waiting:
        waiting.send(*requests(1, model="n")[0])
        assert queue(client)[b"waiting_for_batch"] == 1
        waiting.post(*requests(2, model="n")[1])
        assert waiting.replies() == [OK, OK]
    assert rows_of_runs(client, 2) == [4, 4]


def test_what_is_to_be_stored_runs_when_its_client_has_left(server, client):
    prepare(client, *OPTIONS, rows=[1, 1])
    with Waiting(server) as waiting:
        for words in requests(2):
            waiting.send(*words)
        waiting.connections[0].close()
        # The batch runs with what it has: the other is answered as well.
        assert waiting.connections[1].receive() == OK
        wait_until(lambda: client.exists("y0") == 1, what="the output of the client that left")
    assert rows_of_runs(client, 2) == [2, 2]


def test_a_limit_for_all_ends_the_wait(server, client):
    prepare(client, *OPTIONS, rows=[1])
    client.config_set("ai.batch_wait_limit", 20)
    try:
        execute(client, "m", ["x0"], ["y0"])
    finally:
        client.config_set("ai.batch_wait_limit", 0)
    assert rows_of_runs(client, 1) == [1]


def test_those_that_wait_take_no_places_of_others(start_server):
    server = start_server(words=[*MODULE_WORDS, "QUEUE_LIMIT", 3])
    client = server.client()
    prepare(client, *OPTIONS, rows=[1, 1, 1, 1])
    store(client, "usual", "add_1")
    floats(client, "x", 1, 2)
    with Waiting(server) as waiting:
        for words in requests(3):
            waiting.send(*words)
        told = queue(client)
        assert (told[b"waiting"], told[b"waiting_for_batch"], told[b"limit"]) == (3, 3, 3)
        # Its rows would make the batch complete only with more than wait.
        prepare(client, "BATCHSIZE", 9, "MINBATCHSIZE", 9, rows=[], model="other")
        other = requests(1, model="other")[0]
        waiting.send(*other)
        for _ in range(5):
            execute(client, "usual", ["x"], ["z"])
        assert get_tensor(client, "z").tolist() == [2, 3]
        waiting.post(*requests(4)[3])
        assert [connection.receive() for connection in
                (*waiting.connections[:3], waiting.connections[4])] == [OK] * 4
        client.delete("other")
        assert waiting.connections[3].receive() == OK


def test_no_more_wait_for_a_model_than_the_limit(start_server):
    server = start_server(words=[*MODULE_WORDS, "QUEUE_LIMIT", 2])
    client = server.client()
    prepare(client, *OPTIONS, rows=[1, 1, 1])
    with Waiting(server) as waiting:
        for words in requests(2):
            waiting.send(*words)
        text = "ERR 2 requests wait for MINBATCHSIZE of the model, and QUEUE_LIMIT allows no more"
        assert refusal(client, *requests(3)[2]) == text
        client.delete("m")
        assert waiting.replies() == [OK, OK]
