"""AI.SCRIPTSTORE: what is refused before a runtime is asked, and what happens without one."""

import pytest

from support import scripts
from support.clients import refusal
from support.texts import IN_TRANSACTION, NO_BACKEND, WRONG_TYPE, arity
from support.wire import OK

MISSING = "ERR Insufficient arguments, missing script entry points"
COUNT = "ERR Non numeric entry points number provided to AI.SCRIPTSTORE command"
SOURCE = "ERR Insufficient arguments, missing script SOURCE"
STORE = ["AI.SCRIPTSTORE", "s", "CPU", "ENTRY_POINTS", 1, "f", "SOURCE", scripts.SOURCE]


@pytest.fixture
def without_runtime(start_server, tmp_path):
    """A server that has no runtimes."""
    return start_server(backends=tmp_path)


@pytest.mark.parametrize(
    "line, text",
    [
        ("AI.SCRIPTSTORE", arity("AI.SCRIPTSTORE")),
        ("AI.SCRIPTSTORE s CPU ENTRY_POINTS 0 SOURCE x", arity("AI.SCRIPTSTORE")),
        ("AI.SCRIPTSTORE s CPU SOURCE x 1 2 3", MISSING),
        ("AI.SCRIPTSTORE s CPU ENTRY_POINTS f 1 SOURCE x", COUNT),
        ("AI.SCRIPTSTORE s CPU ENTRY_POINTS -1 f SOURCE x", COUNT),
        ("AI.SCRIPTSTORE s CPU ENTRY_POINTS 9 f g SOURCE x", MISSING),
        ("AI.SCRIPTSTORE s CPU ENTRY_POINTS 1 f g SOURCE x", SOURCE),
        ("AI.SCRIPTSTORE s CPU ENTRY_POINTS 3 f g h SOURCE", SOURCE),
        ("AI.SCRIPTSTORE s DISK ENTRY_POINTS 1 f SOURCE x", "ERR unsupported device"),
    ])
def test_wrong_words_are_refused(client, line, text):
    assert refusal(client, *line.split()) == text
    assert not client.exists("s")


def test_a_key_of_another_type_is_refused_first_and_kept(client):
    client.set("s", "value")
    assert refusal(client, *STORE) == WRONG_TYPE
    assert client.get("s") == b"value"


def test_without_the_runtime_nothing_is_stored(without_runtime):
    client = without_runtime.client()
    assert refusal(client, *STORE) == NO_BACKEND
    assert not client.exists("s")


def test_the_same_in_a_transaction(without_runtime):
    with without_runtime.wire() as connection:
        assert connection.call("MULTI") == OK
        connection.call(*STORE)
        connection.call("AI.SCRIPTEXECUTE", "s", "f", "INPUTS", 0)
        assert connection.call("EXEC") == f"*2\r\n-{NO_BACKEND}\r\n-{IN_TRANSACTION}\r\n".encode()


def test_a_script_that_is_there_stays_if_a_new_one_cannot_be_stored(without_runtime):
    client = without_runtime.client()
    scripts.restore(client, "s", source="old")
    assert refusal(client, *STORE) == NO_BACKEND
    assert client.execute_command("AI.SCRIPTGET", "s", "SOURCE") == b"old"
