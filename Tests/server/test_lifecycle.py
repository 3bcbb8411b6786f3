"""A model is built beside the traffic and takes the old one's place at once."""

import random
import threading

import numpy

from support import large_models
from support.builds import has_come, while_it_is_built
from support.clients import refusal
from support.models import (
    execute, execution, floats, get_tensor, model_bytes, set_tensor, store)
from support.servers import wait_until
from support.wire import OK


def test_the_server_answers_while_a_model_is_built(server, client):
    def look():
        assert client.ping()
        assert client.exists("m") == 0, "the model is at its key before it is built"

    assert while_it_is_built(server, look, before=client.flushall) == OK
    floats(client, "x", 1, 2)
    execute(client, "m", ["x"], ["y"])
    assert get_tensor(client, "y").tolist() == [2, 3]


def test_the_old_model_answers_while_a_new_one_is_built(server, client):
    floats(client, "x", 1, 2)

    def look():
        for _ in range(20):
            execute(client, "m", ["x"], ["y"])
            assert get_tensor(client, "y").tolist() == [101, 102]
        assert client.execute_command("AI.MODELGET", "m", "META")[5] == b"old"

    assert while_it_is_built(
        server, look, options=["TAG", "new"],
        before=lambda: store(client, "m", "add_100", "TAG", "old")) == OK
    execute(client, "m", ["x"], ["y"])
    assert get_tensor(client, "y").tolist() == [2, 3]
    assert client.execute_command("AI.MODELGET", "m", "META")[5] == b"new"


def test_a_key_that_gets_another_type_while_its_model_is_built_keeps_it(server, client):
    with server.wire() as storing:
        reply = while_it_is_built(
            server, lambda: client.set("m", "text"), before=client.flushall, connection=storing)
        assert reply.startswith(b"-WRONGTYPE")
        assert storing.nothing_more_came()
    assert client.get("m") == b"text"


def test_two_clients_store_at_one_key(server, client):
    floats(client, "x", 1, 2)
    with server.wire() as first, server.wire() as second:
        first.send("AI.MODELSTORE", "m", "ONNX", "CPU", "BLOB", model_bytes("slow_build"))
        second.send("AI.MODELSTORE", "m", "ONNX", "CPU", "BLOB", model_bytes("add_100"))
        assert first.receive() == second.receive() == OK
    execute(client, "m", ["x"], ["y"])
    assert get_tensor(client, "y").tolist() in ([2, 3], [101, 102])


def test_a_large_model_is_stored_beside_the_traffic(server, client):
    blob = large_models.dense(256)
    floats(client, "x", 1, 2)

    def answered_meanwhile():
        store(client, "m", "add_100")
        with server.wire() as storing:
            storing.send("AI.MODELSTORE", "m", "ONNX", "CPU", "BLOB", blob)
            server.read_all()
            answer = refusal(client, *execution("m", ["x"], ["y"]))
            has_ended = has_come(storing)
            assert storing.receive() == OK
        return answer is None and not has_ended

    # If it was too late, it comes to the new model, which refuses it.
    wait_until(answered_meanwhile, what="an answer of the old model while the new one is built")
    assert client.execute_command("AI.MODELGET", "m", "BLOB") == blob
    set_tensor(client, "row", "FLOAT", numpy.zeros([1, large_models.SIDE]))
    execute(client, "m", ["row"], ["y"])
    assert get_tensor(client, "y").shape == (1, large_models.SIDE)
    client.execute_command("AI.MODELDEL", "m")


def test_models_are_overwritten_and_deleted_under_traffic(server, client):
    """Whoever runs meanwhile gets the result of one of the models, or hears that there is none."""
    floats(client, "x", 1, 2)
    store(client, "m", "add_1")
    unexpected, over = [], threading.Event()

    def run(number):
        own = server.client()
        while not over.is_set():
            text = refusal(own, *execution("m", ["x"], [f"y{number}"]))
            if text not in (None, "ERR model key is empty"):
                unexpected.append(text)
            if own.exists(f"y{number}") and get_tensor(own, f"y{number}")[0] not in (2, 101):
                unexpected.append(get_tensor(own, f"y{number}"))

    threads = [threading.Thread(target=run, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    source = random.Random(4)
    for _ in range(200):
        store(client, "m", source.choice(["add_1", "add_100"]))
        if source.random() < 0.3:
            client.execute_command(source.choice(["AI.MODELDEL", "UNLINK", "DEL"]), "m")
    over.set()
    for thread in threads:
        thread.join()
    assert unexpected == []
