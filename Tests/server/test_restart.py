"""A server with models starts again: at once, and whatever became of its models and its runtimes."""

import pytest

from onnx_generators.running_time import slow_build
from support import paths, rdb
from support.builds import PRODUCTS, has_come
from support.clients import refusal
from support.models import (
    PRODUCT, execute, execution, floats, get_tensor, model_bytes, prepare_product, set_tensor, store)
from support.patience import FOREVER, TooShort, until_long_enough
from support.servers import wait_until
from support.texts import NO_BACKEND
from support.wire import OK


def blocked(server):
    return server.field("clients", "blocked_clients") == "1"


def test_a_server_starts_before_its_models_are_built(start_server):
    server = start_server()
    client = server.client()
    floats(client, "x", 1, 2)

    def attempt(products):
        blob = slow_build(products).SerializeToString()
        for number in range(2):
            words = ["AI.MODELSTORE", f"m{number}", "ONNX", "CPU", "BLOB", blob]
            assert server.client().execute_command(*words) == b"OK"
        server.restart()
        client = server.client()
        with server.wire() as waiting:
            waiting.send(*execution("m1", ["x"], ["y"]))
            assert client.ping()
            assert client.execute_command("AI.MODELGET", "m1", "BLOB") == blob
            assert client.execute_command("AI.MODELGET", "m1", "META")[11] == [b"x"]
            if has_come(waiting):
                raise TooShort
            assert waiting.receive() == OK

    until_long_enough(PRODUCTS, attempt)
    assert get_tensor(server.client(), "y").tolist() == [2, 3]


def test_requests_to_a_model_that_is_being_built_wait_and_are_answered(start_server):
    server = start_server()
    client = server.client()
    floats(client, "x", 1, 2)
    store(client, "m", "slow_build")
    server.restart()
    connections = [server.wire() for _ in range(8)]
    for number, connection in enumerate(connections):
        connection.send(*execution("m", ["x"], [f"y{number}"]))
    assert [connection.receive() for connection in connections] == [OK] * 8
    for connection in connections:
        connection.close()


def test_a_hundred_models_come_back(start_server):
    server = start_server()
    client = server.client()
    floats(client, "x", 1, 2)
    names = ["add_1", "add_100"]
    for number in range(100):
        store(client, f"m{number}", names[number % 2], "TAG", f"tag{number}")
    server.restart()
    client = server.client()
    for number in range(100):
        execute(client, f"m{number}", ["x"], ["y"])
        assert get_tensor(client, "y").tolist() == ([2, 3], [101, 102])[number % 2]
        assert client.execute_command("AI.MODELGET", f"m{number}", "META")[5] == b"tag%d" % number


def test_a_server_without_the_runtime_starts_and_says_what_is_missing(start_server, tmp_path):
    server = start_server()
    prepare_product(server.client())
    before = server.client().execute_command("AI.MODELGET", "m")
    working, server.backends = server.backends, tmp_path
    server.restart()
    client = server.client()
    assert client.execute_command("AI.MODELGET", "m") == before
    assert get_tensor(client, "a").tolist() == [[1, 2], [3, 4]]
    text = refusal(client, *execution("m", ["a", "b"], ["y"]))
    assert "ONNX" in text.upper() or NO_BACKEND in text
    assert refusal(client, "AI.MODELSTORE", "n", "ONNX", "CPU", "BLOB", model_bytes("add_1")) == NO_BACKEND
    # With the runtime back, the model that was saved meanwhile works again.
    server.backends = working
    server.restart()
    execute(server.client(), "m", ["a", "b"], ["y"])
    assert get_tensor(server.client(), "y").tolist() == PRODUCT


@pytest.mark.parametrize("blob", [b"garbage that is no protobuf", model_bytes("unknown_operator")])
def test_a_server_with_a_damaged_model_starts_and_says_what_is_wrong(start_server, blob):
    server = start_server()
    client = server.client()
    prepare_product(client)
    fields = rdb.model_fields(blob, ["a", "b"], ["y"], tag="damaged", batch=(4, 2, 9))
    client.restore("d", 0, rdb.payload(rdb.MODEL, 4, fields))
    for attempt in range(2):
        with server.wire() as connection:
            reply = connection.call(*execution("d", ["a", "b"], ["y"]))
            assert reply.startswith(b"-") and not reply.startswith(b"-ERR model key is empty")
            assert connection.nothing_more_came()
        assert client.execute_command("AI.MODELGET", "d") == [
            b"backend", b"ONNX", b"device", b"CPU", b"tag", b"damaged", b"batchsize", 4, b"minbatchsize", 2,
            b"inputs", [b"a", b"b"], b"outputs", [b"y"], b"minbatchtimeout", 9, b"blob", blob]
        execute(client, "m", ["a", "b"], ["y"])
        client.delete("y")
        server.restart()
        client = server.client()


def test_a_model_of_a_runtime_that_is_not_there_keeps_its_bytes(start_server):
    server = start_server()
    client = server.client()
    floats(client, "x", 1, 2)
    fields = rdb.model_fields(b"a scripted module", ["in"], ["out"], backend=rdb.TORCH, tag="torch")
    client.restore("torch", 0, rdb.payload(rdb.MODEL, 4, fields))
    server.restart()
    client = server.client()
    assert client.execute_command("AI.MODELGET", "torch") == [
        b"backend", b"TORCH", b"device", b"CPU", b"tag", b"torch", b"batchsize", 0, b"minbatchsize", 0,
        b"inputs", [b"in"], b"outputs", [b"out"], b"minbatchtimeout", 0, b"blob", b"a scripted module"]
    assert refusal(client, *execution("torch", ["x"], ["y"])) is not None


def test_a_damaged_model_can_be_replaced_and_deleted(client):
    floats(client, "x", 1, 2)
    fields = rdb.model_fields(b"garbage", ["x"], ["y"])
    for key in ("m", "n"):
        client.restore(key, 0, rdb.payload(rdb.MODEL, 4, fields))
    store(client, "m", "add_1")
    execute(client, "m", ["x"], ["y"])
    assert get_tensor(client, "y").tolist() == [2, 3]
    assert client.execute_command("AI.MODELDEL", "n") == b"OK"


def test_a_server_that_was_cut_off_during_runs_starts_again(start_server):
    server = start_server(settings=["appendonly yes", "appendfsync always"])
    client = server.client()
    store(client, "slow", "slow")
    set_tensor(client, "count", "INT64", [FOREVER])
    with server.wire() as connection:
        connection.send(*execution("slow", ["count"], ["y"]))
        wait_until(lambda: blocked(server), what="the run")
        server.kill()
    server.start()
    client = server.client()
    assert client.exists("y") == 0
    set_tensor(client, "count", "INT64", [1])
    execute(client, "slow", ["count"], ["y"])


@pytest.mark.parametrize("binary", paths.SERVERS.values(), ids=paths.SERVERS)
@pytest.mark.parametrize("how", ["SAVE", *["NOSAVE"] * 7])
def test_a_server_shuts_down_in_order_while_all_its_threads_work(start_server, binary, how):
    """What fails while a process ends fails seldom, so this is tried several times."""
    server = start_server(binary=binary, words=["THREADS_PER_QUEUE", 4])
    client = server.client()
    store(client, "slow", "slow")
    set_tensor(client, "count", "INT64", [3])
    connections = [server.wire() for _ in range(8)]
    for connection in connections:
        for _ in range(100):
            connection.send(*execution("slow", ["count"], ["y"]))
    for name in ("slow_build", "classifier_30_64_32_2"):
        connections.append(server.wire())
        for _ in range(30):
            connections[-1].send("AI.MODELSTORE", "m", "ONNX", "CPU", "BLOB", model_bytes(name))
    server.ending = "asked"
    with server.wire() as ending:
        ending.send("SHUTDOWN", how)
        assert server.wait_for_end() == 0
    for connection in connections:
        connection.close()
