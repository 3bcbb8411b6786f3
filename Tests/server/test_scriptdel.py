"""AI.SCRIPTDEL: removes a script, and nothing else."""

import pytest

from support import scripts
from support.clients import refusal
from support.texts import NO_SCRIPT, WRONG_TYPE, arity
from support.wire import OK


@pytest.mark.parametrize("words", [[], ["s", "t"]])
def test_a_wrong_number_of_words_is_refused(client, words):
    assert refusal(client, "AI.SCRIPTDEL", *words) == arity("AI.SCRIPTDEL")


def test_a_script_is_removed(client, wire):
    scripts.restore(client, "s")
    assert wire.call("AI.SCRIPTDEL", "s") == OK
    assert not client.exists("s")
    assert refusal(client, "AI.SCRIPTDEL", "s") == NO_SCRIPT


def test_a_key_of_another_type_is_kept(client):
    client.set("text", "value")
    assert refusal(client, "AI.SCRIPTDEL", "text") == WRONG_TYPE
    assert client.get("text") == b"value"
