"""AI._SCRIPTSCAN: the scripts of the server with their tags."""

import pytest

from support import scripts
from support.clients import refusal
from support.models import store
from support.texts import arity
from support.wire import array


def test_more_words_are_refused(client):
    assert refusal(client, "ai._scriptscan", "x") == arity("AI._SCRIPTSCAN")


def test_without_scripts_the_list_is_empty(client, wire):
    store(client, "m", "mul_2x2")
    assert wire.call("AI._SCRIPTSCAN") == array()


def test_every_script_of_the_database_is_listed_once(server, client):
    scripts.restore(client, "s", tag="v1")
    scripts.restore(client, "t")
    scripts.restore(server.client(database=3), "u")
    assert client.execute_command("AI._SCRIPTSCAN") == [[b"s", b"v1"], [b"t", b""]]
    assert client.execute_command("AI._MODELSCAN") == []


@pytest.mark.parametrize("words", [["AI.SCRIPTDEL", "s"], ["DEL", "s"], ["FLUSHALL"]])
def test_a_deleted_script_is_not_listed(client, words):
    scripts.restore(client, "s")
    client.execute_command(*words)
    assert client.execute_command("AI._SCRIPTSCAN") == []


def test_renamed_and_copied_scripts_are_listed_under_their_names(client):
    scripts.restore(client, "s", tag="v1")
    client.rename("s", "t")
    client.copy("t", "u")
    assert client.execute_command("AI._SCRIPTSCAN") == [[b"t", b"v1"], [b"u", b"v1"]]
