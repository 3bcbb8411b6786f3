"""AI._MODELSCAN: the models of the server with their tags."""

import pytest

from support.clients import refusal
from support.models import store
from support.texts import arity
from support.wire import array, bulk


def test_more_words_are_refused(client):
    assert refusal(client, "ai._modelscan", "x") == arity("AI._MODELSCAN")


def test_without_models_the_list_is_empty(wire):
    wire.call("AI.TENSORSET", "t", "FLOAT", 1)
    assert wire.call("AI._MODELSCAN") == array()


def test_one_model_is_listed_with_its_tag(client, wire):
    store(client, "m", "mul_2x2", "TAG", "v1")
    assert wire.call("AI._MODELSCAN") == array(array(bulk("m"), bulk("v1")))


def test_every_model_is_listed_once(client):
    store(client, "m", "mul_2x2", "TAG", "v1")
    store(client, "n", "add_1")
    store(client, "m", "add_1", "TAG", "v2")
    assert sorted(client.execute_command("AI._MODELSCAN")) == [[b"m", b"v2"], [b"n", b""]]


@pytest.mark.parametrize("words", [["AI.MODELDEL", "m"], ["DEL", "m"], ["FLUSHALL"]])
def test_a_deleted_model_is_not_listed(client, words):
    store(client, "m", "mul_2x2")
    client.execute_command(*words)
    assert client.execute_command("AI._MODELSCAN") == []


def test_a_renamed_model_is_listed_under_its_new_name(client):
    store(client, "m", "mul_2x2", "TAG", "v1")
    client.rename("m", "n")
    assert client.execute_command("AI._MODELSCAN") == [[b"n", b"v1"]]
