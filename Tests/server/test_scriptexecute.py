"""AI.SCRIPTEXECUTE: what is refused before a script runs, and what happens without a runtime."""

import pytest

from support import scripts
from support.clients import refusal
from support.dags import dag
from support.texts import IN_TRANSACTION, NO_SCRIPT, NO_TENSOR, WRONG_TYPE, arity

FIRST = "ERR KEYS or INPUTS scope must be provided first for AI.SCRIPTEXECUTE command"
NO_RUNTIME = "ERR Backend not loaded: TORCH"


@pytest.mark.parametrize(
    "words, text",
    [
        ("", arity("AI.SCRIPTEXECUTE")),
        ("s", arity("AI.SCRIPTEXECUTE")),
        ("none f", NO_SCRIPT),
        ("none f nonsense", NO_SCRIPT),
        ("text f nonsense", WRONG_TYPE),
        ("s f", FIRST),
        ("s f OUTPUTS 1 y", FIRST),
        ("s f KEYS 1", "ERR Missing arguments after KEYS keyword"),
        ("s f KEYS 0 k", "ERR Invalid or negative value found in number of KEYS"),
        ("s f KEYS 2 k", "ERR Number of pre declared KEYS to be used in the command does not match the "
                         "number of given arguments"),
        ("s f INPUTS", "ERR Invalid arguments provided to AI.SCRIPTEXECUTE"),
        ("s f INPUTS x a", "ERR Invalid argument for inputs count in AI.SCRIPTEXECUTE"),
        ("s f INPUTS 2 a", "ERR number of inputs to AI.SCRIPTEXECUTE command does not match the number of "
                           "given arguments"),
        ("s f INPUTS 0 ARGS x", "ERR Invalid argument for keys count in AI.SCRIPTEXECUTE"),
        ("s f INPUTS 0 INPUTS 0", "ERR Already Encountered INPUTS scope in AI.SCRIPTEXECUTE command"),
        ("s f INPUTS 0 TIMEOUT", "ERR No value provided for TIMEOUT in AI.SCRIPTEXECUTE"),
        ("s f INPUTS 0 TIMEOUT 0", "ERR Invalid value for TIMEOUT"),
        ("s f INPUTS 0 TIMEOUT 5 x", "ERR Encountered problem parsing AI.SCRIPTEXECUTE"),
        ("s f INPUTS 0 x", "ERR Invalid AI.SCRIPTEXECUTE command. Unexpected argument: x"),
    ])
def test_wrong_words_are_refused(client, wire, words, text):
    scripts.restore(client, "s")
    client.set("text", "value")
    assert refusal(client, "AI.SCRIPTEXECUTE", *words.split()) == text
    wire.call("AI.SCRIPTEXECUTE", *words.split())
    assert wire.nothing_more_came()


@pytest.fixture
def without_runtime(start_server, tmp_path):
    """A client of a server that has no runtimes, and a script."""
    client = start_server(backends=tmp_path).client()
    scripts.restore(client, "s", entry_points=["f"])
    return client


def test_without_the_runtime_it_says_what_is_missing(without_runtime):
    assert refusal(without_runtime, "AI.SCRIPTEXECUTE", "s", "f", "INPUTS", 0) == NO_RUNTIME
    assert refusal(without_runtime, "AI.SCRIPTRUN", "s", "f") == NO_RUNTIME
    assert refusal(without_runtime, *dag("AI.SCRIPTEXECUTE s f")) == NO_RUNTIME
    assert without_runtime.execute_command("AI.SCRIPTGET", "s", "META")[5] == [b"f"]


def test_a_missing_input_is_refused(client):
    scripts.restore(client, "s")
    # Without the runtime that comes first.
    assert refusal(client, "AI.SCRIPTEXECUTE", "s", "f", "INPUTS", 1, "none") in (NO_TENSOR, NO_RUNTIME)


@pytest.mark.parametrize("words", ["AI.SCRIPTEXECUTE s f INPUTS 0", "AI.SCRIPTEXECUTE s", "AI.SCRIPTRUN s f"])
def test_a_transaction_refuses_it(client, words):
    with client.pipeline(transaction=True) as transaction:
        transaction.execute_command(*words.split())
        [error] = transaction.execute(raise_on_error=False)
    assert str(error) == IN_TRANSACTION
