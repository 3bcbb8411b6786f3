"""AI.MODELDEL, and the server's own ways to delete a model."""

import pytest

from support.clients import refusal
from support.models import execution, prepare_product, store
from support.servers import wait_until
from support.texts import NO_MODEL, WRONG_TYPE, arity
from support.wire import OK


@pytest.mark.parametrize("words", [[], ["k", "l"]])
def test_a_wrong_number_of_words_names_the_command_in_capitals(client, words):
    assert refusal(client, "ai.modeldel", *words) == arity("AI.MODELDEL")


def test_a_missing_key_is_refused(client):
    assert refusal(client, "AI.MODELDEL", "missing") == NO_MODEL


def test_another_type_is_refused_and_stays(client):
    client.execute_command("AI.TENSORSET", "k", "FLOAT", 1)
    assert refusal(client, "AI.MODELDEL", "k") == WRONG_TYPE
    assert client.exists("k") == 1


def test_a_deleted_model_is_gone(client, wire):
    prepare_product(client)
    assert wire.call("AI.MODELDEL", "m") == OK
    assert client.exists("m") == 0
    assert refusal(client, *execution("m", ["a", "b"], ["y"])) == NO_MODEL


@pytest.mark.parametrize(
    "words",
    [
        ["DEL", "m"], ["UNLINK", "m"], ["FLUSHDB"], ["FLUSHALL", "ASYNC"], ["PEXPIREAT", "m", 1],
        ["SET", "m", "x"],
    ])
def test_the_servers_own_commands_delete_a_model(client, words):
    store(client, "m", "classifier_30_64_32_2")
    client.execute_command(*words)
    assert refusal(client, "AI.MODELGET", "m") in {NO_MODEL, WRONG_TYPE}
    # What is freed in the background may be listed until then.
    wait_until(lambda: client.execute_command("AI._MODELSCAN") == [], what="an empty list")


def test_a_model_is_deleted_in_a_transaction(client):
    store(client, "m", "mul_2x2")
    with client.pipeline(transaction=True) as transaction:
        transaction.execute_command("AI.MODELDEL", "m")
        assert transaction.execute() == [b"OK"]
    assert client.exists("m") == 0
