"""AI.DAGRUN, the older spelling of AI.DAGEXECUTE: where its grammar differs, and what it runs."""

import pytest

from support.dags import NO_INPUT, UNSUPPORTED, expect_refusals, unexpected
from support.models import get_tensor, prepare_product
from support.texts import IN_TRANSACTION, INPUT_COUNT, NO_MODEL, OUTPUT_COUNT, WRONG_TYPE, arity
from support.wire import OK, array, bulk


@pytest.fixture
def product(client):
    """The 2 x 2 product at `m` with inputs `a` and `b`, and a text at `text`."""
    prepare_product(client)
    client.set("text", "x")


REFUSED = [
    ("", arity("AI.DAGRUN")),
    ("|> AI.TENSORGET", arity("AI.DAGRUN")),
    ("LOAD 1", arity("AI.DAGRUN")),
    ("TIMEOUT 5 LOAD", "ERR missing arguments after LOAD keyword in DAG command"),
    ("TIMEOUT 5 ROUTING", "ERR Missing ROUTING value"),
    ("TIMEOUT 5 |>", unexpected("|>")),
    ("TIMEOUT 0 |> AI.TENSORGET x", "ERR Invalid value for TIMEOUT"),
    ("NOSUCH |> AI.TENSORGET x", unexpected("NOSUCH")),
    ("LOAD 1 a", "ERR DAG is empty"),
    ("PERSIST 2 y y", "ERR PERSIST keys must be unique"),
    ("|> AI.NOSUCH x", UNSUPPORTED),
    ("|> AI.MODELEXECUTE m INPUTS 2 a b OUTPUTS 1 y",
     "AI.MODELEXECUTE cannot be used in a deprecated AI.DAGRUN command"),
    ("|> AI.SCRIPTEXECUTE s f", "AI.SCRIPTEXECUTE cannot be used in a deprecated AI.DAGRUN command"),
    ("LOAD 2 a b |> AI.MODELRUN m INPUTS a b", arity("AI.MODELRUN")),
    ("LOAD 2 a b |> AI.MODELRUN missing NOSUCH a b c", NO_MODEL),
    ("LOAD 2 a b |> AI.MODELRUN text NOSUCH a b c", WRONG_TYPE),
    ("LOAD 2 a b |> AI.MODELRUN m NOSUCH a b c", "ERR INPUTS not specified"),
    ("LOAD 2 a b |> AI.MODELRUN m INPUTS a OUTPUTS y z", INPUT_COUNT),
    ("LOAD 2 a b |> AI.MODELRUN m INPUTS a b OUTPUTS y z", OUTPUT_COUNT),
    ("LOAD 2 a b |> AI.MODELRUN m TIMEOUT x INPUTS a b OUTPUTS y", "ERR Invalid value for TIMEOUT"),
    ("LOAD 2 a b |> AI.MODELRUN m TIMEOUT 5 INPUTS a b OUTPUTS y",
     "ERR TIMEOUT not allowed within a DAG command"),
    ("LOAD 2 a b |> AI.MODELRUN m INPUTS a c OUTPUTS y", NO_INPUT),
    ("|> AI.SCRIPTRUN s", arity("AI.SCRIPTRUN")),
    ("|> AI.SCRIPTRUN s f", "ERR script key is empty"),
    ("|> AI.SCRIPTRUN text f", WRONG_TYPE),
    ("|> AI.TENSORSET x FLOAT", "wrong number of arguments for 'AI.TENSORSET' command"),
    ("PERSIST 1 y |> AI.TENSORSET x FLOAT 1", "ERR PERSIST key cannot be found in DAG"),
]


def test_a_wrong_request_is_refused_in_the_known_words(wire, product):
    expect_refusals(wire, "AI.DAGRUN", REFUSED)


def test_models_run_in_their_older_spelling(wire, client, product):
    words = ("AI.DAGRUN LOAD 2 a b PERSIST 1 y |> AI.MODELRUN m INPUTS a b OUTPUTS y"
             " |> AI.MODELRUN m INPUTS y y OUTPUTS z |> AI.TENSORGET z VALUES").split()
    for _ in range(8):
        assert wire.call(*words) == array(
            OK, OK, array(bulk("4"), bulk("36"), bulk("144"), bulk("400")))
    assert get_tensor(client, "y").tolist() == [[2, 6], [12, 20]]


def test_no_option_is_needed(wire):
    assert wire.call(*"AI.DAGRUN |> AI.TENSORSET x INT8 1".split()) == array(OK)


def test_a_timeout_within_the_time_changes_nothing(wire, product):
    words = "AI.DAGRUN LOAD 2 a b TIMEOUT 60000 |> AI.MODELRUN m INPUTS a b OUTPUTS y".split()
    assert wire.call(*words) == array(OK)


def test_in_a_transaction_it_is_refused(client):
    with client.pipeline(transaction=True) as transaction:
        transaction.execute_command(*"AI.DAGRUN |> AI.TENSORSET x INT8 1".split())
        transaction.execute_command("AI.DAGRUN")
        replies = transaction.execute(raise_on_error=False)
    assert [str(reply) for reply in replies] == [IN_TRANSACTION, IN_TRANSACTION]
