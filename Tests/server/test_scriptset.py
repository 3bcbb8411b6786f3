"""AI.SCRIPTSET: the older spelling of AI.SCRIPTSTORE, without entry points."""

import pytest

from support.clients import refusal
from support.texts import NO_BACKEND, WRONG_TYPE, arity

SOURCE = "ERR Insufficient arguments, missing script SOURCE"


@pytest.mark.parametrize(
    "line, text",
    [
        ("AI.SCRIPTSET", arity("AI.SCRIPTSET")),
        ("AI.SCRIPTSET s CPU SOURCE", arity("AI.SCRIPTSET")),
        ("AI.SCRIPTSET s CPU TAG v1 SOURCE", arity("AI.SCRIPTSET")),
        ("AI.SCRIPTSET s CPU SOURCE x 1 2 3", arity("AI.SCRIPTSET")),
        ("AI.SCRIPTSET s CPU TEXT x", SOURCE),
        ("AI.SCRIPTSET s CPU TAG v1 TEXT x", SOURCE),
        ("AI.SCRIPTSET s DISK SOURCE x", "ERR unsupported device"),
    ])
def test_wrong_words_are_refused(client, line, text):
    assert refusal(client, *line.split()) == text


def test_a_key_of_another_type_is_refused(client):
    client.set("s", "value")
    assert refusal(client, "AI.SCRIPTSET", "s", "CPU", "SOURCE", "x") == WRONG_TYPE


def test_without_the_runtime_nothing_is_stored(start_server, tmp_path):
    client = start_server(backends=tmp_path).client()
    assert refusal(client, "AI.SCRIPTSET", "s", "CPU", "SOURCE", "x") == NO_BACKEND
    assert not client.exists("s")
