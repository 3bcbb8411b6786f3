"""AI.DAGRUN_RO, the older spelling of AI.DAGEXECUTE_RO."""

from support.dags import expect_refusals, unexpected
from support.models import prepare_product
from support.texts import IN_TRANSACTION, arity
from support.wire import OK, array, bulk

NAME = "AI.DAGRUN_RO"

REFUSED = [
    ("", arity(NAME)),
    ("|> AI.TENSORGET", arity(NAME)),
    ("PERSIST 1 y |> AI.TENSORSET y INT8 1", "ERR PERSIST cannot be specified in a read-only DAG"),
    ("TIMEOUT -1 |> AI.TENSORGET x", "ERR Invalid value for TIMEOUT"),
    ("TIMEOUT 5 |>", unexpected("|>")),
    ("ROUTING r TIMEOUT 5", "ERR DAG is empty"),
    ("|> AI.MODELEXECUTE m INPUTS 2 a b OUTPUTS 1 y",
     "AI.MODELEXECUTE cannot be used in a deprecated AI.DAGRUN command"),
    ("|> AI.SCRIPTEXECUTE s f", "AI.SCRIPTEXECUTE cannot be used in a deprecated AI.DAGRUN command"),
    # Scripts of the older spelling are allowed here, and there are none.
    ("|> AI.SCRIPTRUN s f", "ERR script key is empty"),
    ("|> AI.TENSORGET x", "ERR INPUT key cannot be found in DAG"),
]


def test_a_wrong_request_is_refused_in_the_known_words(wire, client):
    prepare_product(client)
    expect_refusals(wire, NAME, REFUSED)


def test_models_run_in_their_older_spelling_and_nothing_is_stored(wire, client):
    prepare_product(client)
    words = f"{NAME} LOAD 2 a b |> AI.MODELRUN m INPUTS a b OUTPUTS y |> AI.TENSORGET y VALUES".split()
    for _ in range(8):
        assert wire.call(*words) == array(OK, array(bulk("2"), bulk("6"), bulk("12"), bulk("20")))
    assert client.exists("y") == 0


def test_in_a_transaction_it_is_refused(client):
    with client.pipeline(transaction=True) as transaction:
        transaction.execute_command(NAME)
        [refused] = transaction.execute(raise_on_error=False)
    assert str(refused) == IN_TRANSACTION
