"""AI.SCRIPTGET: what was said of a script, whether or not it can run."""

import pytest

from support import scripts
from support.clients import refusal
from support.texts import NO_SCRIPT, WRONG_TYPE, arity
from support.wire import array, bulk

META = [b"device", b"cpu", b"tag", b"v1", b"Entry Points", [b"f", b"g"]]
WHOLE = META + [b"source", scripts.SOURCE.encode()]


@pytest.mark.parametrize(
    "words, reply",
    [
        ([], WHOLE), (["META"], META), (["meta", "Source"], WHOLE), (["SOURCE"], scripts.SOURCE.encode()),
        (["nonsense"], WHOLE), (["nonsense", "META"], META),
    ])
def test_it_gives_what_is_asked_for(client, words, reply):
    scripts.restore(client, "s", entry_points=["f", "g"], device="cpu", tag="v1")
    assert client.execute_command("AI.SCRIPTGET", "s", *words) == reply


def test_a_script_without_entry_points_has_an_empty_list_of_them(client, wire):
    scripts.restore(client, "s", entry_points=[])
    assert wire.call("AI.SCRIPTGET", "s", "META") == array(
        bulk("device"), bulk("CPU"), bulk("tag"), bulk(""), bulk("Entry Points"), array())


@pytest.mark.parametrize("words", [[], ["s", "META", "SOURCE", "META"]])
def test_a_wrong_number_of_words_is_refused(client, words):
    assert refusal(client, "AI.SCRIPTGET", *words) == arity("AI.SCRIPTGET")


def test_other_keys_are_refused(client):
    client.set("text", "value")
    client.execute_command("AI.TENSORSET", "t", "FLOAT", 1)
    assert refusal(client, "AI.SCRIPTGET", "none") == NO_SCRIPT
    assert [refusal(client, "AI.SCRIPTGET", key) for key in ("text", "t")] == [WRONG_TYPE] * 2
    scripts.restore(client, "s")
    assert refusal(client, "AI.MODELGET", "s") == WRONG_TYPE
    assert refusal(client, "AI.TENSORGET", "s") == WRONG_TYPE


def test_it_works_in_a_transaction_and_in_every_database(server):
    client = server.client(database=5)
    scripts.restore(client, "s", source="five")
    with client.pipeline(transaction=True) as transaction:
        transaction.execute_command("AI.SCRIPTGET", "s", "SOURCE")
        assert transaction.execute() == [b"five"]
    assert refusal(server.client(), "AI.SCRIPTGET", "s") == NO_SCRIPT
