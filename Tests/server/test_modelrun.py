"""AI.MODELRUN, the older spelling of AI.MODELEXECUTE: where its grammar differs, and what it runs."""

import pytest

from support.clients import refusal
from support.gates import Gate
from support.models import PRODUCT, floats, get_tensor, prepare_product, store
from support.texts import (
    IN_TRANSACTION, INPUT_COUNT, NO_MODEL, NO_TENSOR, OUTPUT_COUNT, WRONG_TYPE, arity)
from support.wire import OK, error

INVALID_TIMEOUT = "ERR Invalid value for TIMEOUT"


@pytest.fixture
def product(client):
    """The 2 x 2 product at `m` with inputs `a` and `b`, a text at `text` and five lanes at `five`."""
    prepare_product(client)
    store(client, "five", "five_lanes")
    client.set("text", "x")


REFUSED = [
    ([], arity("AI.MODELRUN")),
    (["m", "INPUTS", "a", "b"], arity("AI.MODELRUN")),
    (["missing", "NOSUCH", "a", "b", "c"], NO_MODEL),
    (["text", "INPUTS", "a", "b", "OUTPUTS", "y"], WRONG_TYPE),
    (["m", "TIMEOUT", "soon", "INPUTS", "a", "b", "OUTPUTS", "y"], INVALID_TIMEOUT),
    (["m", "TIMEOUT", 0, "INPUTS", "a", "b", "OUTPUTS", "y"], INVALID_TIMEOUT),
    (["m", "TIMEOUT", -1, "INPUTS", "a", "b", "OUTPUTS", "y"], INVALID_TIMEOUT),
    (["m", "TIMEOUT", "INPUTS", "a", "b", "OUTPUTS", "y"], INVALID_TIMEOUT),
    (["m", "NOSUCH", "a", "b", "OUTPUTS", "y"], "ERR INPUTS not specified"),
    (["m", "OUTPUTS", "y", "INPUTS", "a", "b"], "ERR INPUTS not specified"),
    (["m", "TIMEOUT", 100, "a", "b", "OUTPUTS", "y"], "ERR INPUTS not specified"),
    (["m", "INPUTS", "a", "OUTPUTS", "y", "z"], INPUT_COUNT),
    (["m", "INPUTS", "a", "b", "y", "z"], INPUT_COUNT),
    (["m", "INPUTS", "OUTPUTS", "y", "z", "a"], INPUT_COUNT),
    (["m", "INPUTS", "a", "b", "OUTPUTS"], OUTPUT_COUNT),
    (["m", "INPUTS", "a", "b", "OUTPUTS", "y", "z"], OUTPUT_COUNT),
    (["five", "INPUTS", "a", "a", "a", "a", "a"], OUTPUT_COUNT),
    (["m", "INPUTS", "missing", "b", "OUTPUTS", "y"], NO_TENSOR),
    (["m", "INPUTS", "a", "text", "OUTPUTS", "y"], WRONG_TYPE),
]


@pytest.mark.parametrize("words, text", REFUSED)
def test_a_wrong_request_is_refused_in_the_known_words(client, wire, product, words, text):
    assert wire.call("AI.MODELRUN", *words) == error(text)
    assert wire.nothing_more_came()
    assert client.exists("y") == 0


@pytest.mark.parametrize("words", [["m", "TIMEOUT"], ["m", "TIMEOUT", 5], ["m", "TIMEOUT", 5, "INPUTS"],
                                   ["m", "TIMEOUT", 5, "INPUTS", "OUTPUTS"]])
def test_a_request_that_ends_early_is_refused(client, product, words):
    assert refusal(client, "AI.MODELRUN", *words) is not None


@pytest.mark.parametrize("words", [[], ["TIMEOUT", 5000]])
def test_the_reply_is_ok_and_the_output_is_stored(client, wire, product, words):
    assert wire.call("ai.modelrun", "m", *words, "inputs", "a", "b", "outputs", "y") == OK
    assert get_tensor(client, "y").tolist() == PRODUCT


def test_a_second_outputs_is_the_name_of_an_output_key(client, wire, product):
    assert wire.call("AI.MODELRUN", "m", "INPUTS", "a", "b", "OUTPUTS", "OUTPUTS") == OK
    assert get_tensor(client, "OUTPUTS").tolist() == PRODUCT


def test_timeout_is_an_option_only_after_the_key(client, product):
    words = ["m", "INPUTS", "a", "b", "OUTPUTS", "y", "TIMEOUT", 5]
    assert refusal(client, "AI.MODELRUN", *words) == OUTPUT_COUNT


def test_an_output_key_of_another_type_gives_one_error_and_stays(client, wire, product):
    assert wire.call("AI.MODELRUN", "m", "INPUTS", "a", "b", "OUTPUTS", "text") == error(WRONG_TYPE)
    assert wire.nothing_more_came()
    assert client.get("text") == b"x"


def test_all_happens_in_the_clients_database(server):
    client = server.client(database=5)
    prepare_product(client)
    assert client.execute_command("AI.MODELRUN", "m", "INPUTS", "a", "b", "OUTPUTS", "y") == b"OK"
    assert get_tensor(client, "y").tolist() == PRODUCT


def test_in_a_transaction_it_is_refused(client, product):
    with client.pipeline(transaction=True) as transaction:
        transaction.execute_command("AI.MODELRUN", "m", "INPUTS", "a", "b", "OUTPUTS", "y")
        [refused] = transaction.execute(raise_on_error=False)
    assert str(refused) == IN_TRANSACTION


def test_in_a_script_it_is_refused(client, product):
    call = "redis.pcall('AI.MODELRUN', 'm', 'INPUTS', 'a', 'b', 'OUTPUTS', 'y')"
    assert client.eval(f"return {call}['err']", 0).decode() == IN_TRANSACTION


def test_a_request_whose_time_is_over_before_its_turn_is_answered_so(server, client):
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    with Gate(server) as gate, server.wire() as waiting:
        gate.hold()
        assert waiting.call(*"AI.MODELRUN m TIMEOUT 1 INPUTS x OUTPUTS y".split()) == b"+TIMEDOUT\r\n"
        gate.open()
        assert waiting.call(*"AI.MODELRUN m INPUTS x OUTPUTS z".split()) == OK
    assert client.exists("y") == 0
