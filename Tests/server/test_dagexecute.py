"""AI.DAGEXECUTE: what it refuses, what each of its commands is answered with, and what names mean."""

import pytest

from support.clients import refusal
from support.dags import (
    NO_INPUT, NOT_AVAILABLE, UNSUPPORTED, WITHOUT_KEYS, dag, expect_refusals, run, unexpected)
from support.models import execute, floats, get_tensor, prepare_product, set_tensor, store
from support.texts import (
    IN_TRANSACTION, INPUT_COUNT, NO_MODEL, NO_TENSOR, OUTPUT_COUNT, WRONG_TYPE, arity)
from support.wire import OK, array, bulk, error, integer


@pytest.fixture
def product(client):
    """The 2 x 2 product at `m` with inputs `a` and `b`, and a text at `text`."""
    prepare_product(client)
    client.set("text", "x")


MISSING_WORDS = "ERR missing arguments for 'AI.DAGEXECUTE' command"
LOAD_COUNT = "ERR invalid or negative value found in number of keys to LOAD"
LOAD_WORDS = "ERR missing arguments after LOAD keyword in DAG command"
PERSIST_COUNT = "ERR invalid or negative value found in number of keys to PERSIST"
PERSIST_WORDS = "ERR missing arguments after PERSIST keyword in DAG command"
INVALID_TIMEOUT = "ERR Invalid value for TIMEOUT"

OPTIONS_REFUSED = [
    ("", MISSING_WORDS),
    ("LOAD 1 a |>", MISSING_WORDS),
    ("ROUTING r TIMEOUT 5 LOAD", LOAD_WORDS),
    ("ROUTING r TIMEOUT 5 LOAD 1", LOAD_WORDS),
    ("LOAD one a |> AI.TENSORGET a", LOAD_COUNT),
    ("LOAD 0 a |> AI.TENSORGET a", LOAD_COUNT),
    ("LOAD -1 a |> AI.TENSORGET a", LOAD_COUNT),
    ("LOAD 1 missing |> AI.NOSUCH", NO_TENSOR),
    ("LOAD 1 text |> AI.NOSUCH", WRONG_TYPE),
    ("LOAD 1 m |> AI.NOSUCH", WRONG_TYPE),
    ("LOAD 2 a |> AI.TENSORGET a", NO_TENSOR),
    ("LOAD 9 a b a b", "ERR number of keys to LOAD into DAG does not match the number of given arguments"),
    ("LOAD 9 a b missing b", NO_TENSOR),
    ("ROUTING r TIMEOUT 5 PERSIST", PERSIST_WORDS),
    ("ROUTING r TIMEOUT 5 PERSIST 1", PERSIST_WORDS),
    ("PERSIST one y |> AI.TENSORGET a", PERSIST_COUNT),
    ("PERSIST 0 y |> AI.TENSORGET a", PERSIST_COUNT),
    ("PERSIST -1 y |> AI.TENSORGET a", PERSIST_COUNT),
    ("PERSIST 2 y y |> AI.NOSUCH", "ERR PERSIST keys must be unique"),
    ("PERSIST 9 y z v w",
     "ERR number of keys to PERSIST after DAG execution does not match the number of given arguments"),
    ("PERSIST 2 y |> AI.TENSORGET y", unexpected("AI.TENSORGET")),
    ("LOAD 1 a TIMEOUT 5 ROUTING", "ERR Missing ROUTING value"),
    ("LOAD 1 a ROUTING r TIMEOUT", "ERR No value provided for TIMEOUT"),
    ("ROUTING r TIMEOUT soon |> AI.TENSORGET a", INVALID_TIMEOUT),
    ("ROUTING r TIMEOUT 1.5 |> AI.TENSORGET a", INVALID_TIMEOUT),
    ("LOAD 1 a NOSUCH |> AI.TENSORGET a", unexpected("NOSUCH")),
    ("LOAD 1 a LOAD 1 b |> AI.TENSORGET a", unexpected("LOAD")),
    ("ROUTING r PERSIST 1 x PERSIST 1 y |> AI.TENSORGET a", unexpected("PERSIST")),
    ("ROUTING r ROUTING s |> AI.TENSORGET a", unexpected("ROUTING")),
    ("ROUTING r TIMEOUT 5 TIMEOUT 6 |> AI.TENSORGET a", unexpected("TIMEOUT")),
    ("LOAD 1 a b |> AI.TENSORGET a", unexpected("b")),
    ("LOAD 9223372036854775808 a |> AI.TENSORGET a", LOAD_COUNT),
    ("LOAD 9223372036854775807 a |> AI.TENSORGET a", NO_TENSOR),
    ("PERSIST 9223372036854775807 a |> AI.TENSORGET a", "ERR PERSIST keys must be unique"),
    ("KEYS 1 a |> AI.TENSORGET a", unexpected("KEYS")),
    ("LOAD 1 a ROUTING r |>", unexpected("|>")),
    ("LOAD 1 a |> AI.NOSUCH |>", unexpected("|>")),
    ("TIMEOUT 5 |> AI.NOSUCH x", WITHOUT_KEYS),
    ("ROUTING r LOAD 1 a", "ERR DAG is empty"),
]

COMMANDS_REFUSED = [
    ("AI.NOSUCH x", UNSUPPORTED),
    ("GET text", UNSUPPORTED),
    ("|> AI.TENSORGET a", UNSUPPORTED),
    ("AI.DAGEXECUTE ROUTING r", UNSUPPORTED),
    ("AI.MODELRUN m INPUTS a b OUTPUTS y",
     "Deprecated AI.MODELRUN cannot be used in AI.DAGEXECUTE command"),
    ("AI.SCRIPTRUN s f", "Deprecated AI.SCRIPTRUN cannot be used in AI.DAGEXECUTE command"),
    ("AI.TENSORSET x FLOAT", "wrong number of arguments for 'AI.TENSORSET' command"),
    ("AI.TENSORSET x NOSUCH 1", "ERR invalid data type"),
    ("AI.TENSORSET x FLOAT 0", "ERR invalid or negative value found in tensor shape"),
    ("AI.TENSORSET x FLOAT 2 VALUES 1", "ERR wrong number of values was given in 'AI.TENSORSET' command"),
    ("AI.TENSORSET x FLOAT 1 VALUES y", "ERR invalid value"),
    ("AI.TENSORSET x FLOAT 1 BLOB abc", "ERR data length does not match tensor shape and type"),
    ("AI.TENSORSET x FLOAT 1 BLOB",
     "ERR a single binary string should come after the BLOB argument in 'AI.TENSORSET' command"),
    ("AI.TENSORGET", "wrong number of arguments for 'AI.TENSORGET' command"),
    ("AI.TENSORGET a META BLOB x", "wrong number of arguments for 'AI.TENSORGET' command"),
    ("AI.TENSORGET a NOSUCH", "ERR unsupported data format"),
    ("AI.TENSORGET a BLOB VALUES", "ERR both BLOB and VALUES specified"),
    ("AI.MODELEXECUTE m INPUTS 2 a b OUTPUTS", arity("AI.MODELEXECUTE")),
    ("AI.MODELEXECUTE missing NOSUCH 2 a b OUTPUTS 1", NO_MODEL),
    ("AI.MODELEXECUTE text NOSUCH 2 a b OUTPUTS 1", WRONG_TYPE),
    ("AI.MODELEXECUTE a NOSUCH 2 a b OUTPUTS 1", WRONG_TYPE),
    ("AI.MODELEXECUTE m NOSUCH 2 a b OUTPUTS 1 y", "ERR INPUTS not specified"),
    ("AI.MODELEXECUTE m INPUTS x a b OUTPUTS 1 y", "ERR Invalid argument for input_count"),
    ("AI.MODELEXECUTE m INPUTS 0 a b OUTPUTS 1 y", "ERR Input count must be a positive integer"),
    ("AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 1 y more", INPUT_COUNT),
    ("AI.MODELEXECUTE five INPUTS 5 a a a a",
     "ERR number of input keys to AI.MODELEXECUTE command does not match the number of given arguments"),
    ("AI.MODELEXECUTE five INPUTS 5 a a a a a OUTPUTS 5 y y",
     "ERR number of output keys to AI.MODELEXECUTE command does not match the number of given arguments"),
    ("AI.MODELEXECUTE m INPUTS 2 a b NOSUCH 1 y", "ERR OUTPUTS not specified"),
    ("AI.MODELEXECUTE m INPUTS 2 a b OUTPUTS x y", "ERR Invalid argument for output_count"),
    ("AI.MODELEXECUTE m INPUTS 2 a b OUTPUTS 0 y", "ERR Output count must be a positive integer"),
    ("AI.MODELEXECUTE m INPUTS 2 a b OUTPUTS 2 y z", OUTPUT_COUNT),
    ("AI.MODELEXECUTE m INPUTS 2 a b OUTPUTS 1 y TIMEOUT", "ERR No value provided for TIMEOUT"),
    ("AI.MODELEXECUTE m INPUTS 2 a b OUTPUTS 1 y TIMEOUT 0", INVALID_TIMEOUT),
    ("AI.MODELEXECUTE m INPUTS 2 a b OUTPUTS 1 y more", "Invalid argument: more"),
    ("AI.MODELEXECUTE m INPUTS 2 a b OUTPUTS 1 y TIMEOUT 5",
     "ERR TIMEOUT not allowed within a DAG command"),
    ("AI.SCRIPTEXECUTE s", arity("AI.SCRIPTEXECUTE")),
    ("AI.SCRIPTEXECUTE s f", "ERR script key is empty"),
    ("AI.SCRIPTEXECUTE text f", WRONG_TYPE),
    ("AI.TENSORGET x |> AI.MODELEXECUTE missing INPUTS 2 a b OUTPUTS 1 y", NO_MODEL),
    ("AI.TENSORGET x", NO_INPUT),
    ("AI.TENSORGET x |> AI.TENSORSET x FLOAT 1", NO_INPUT),
    # `c` is a key, and not loaded.
    ("AI.TENSORGET c", NO_INPUT),
    ("AI.MODELEXECUTE m INPUTS 2 a c OUTPUTS 1 y", NO_INPUT),
]


def test_wrong_options_are_refused_in_the_known_words(wire, product):
    expect_refusals(wire, "AI.DAGEXECUTE", OPTIONS_REFUSED)


@pytest.mark.parametrize("value", [0, -1, -(2**63)])
def test_a_timeout_below_one_is_refused(wire, product, value):
    assert wire.call("AI.DAGEXECUTE", "ROUTING", "r", "TIMEOUT", value, "|>", "AI.TENSORGET", "a") == error(
        INVALID_TIMEOUT)


def test_wrong_commands_are_refused_in_the_known_words(wire, client, product):
    floats(client, "c", 1, 2)
    store(client, "five", "five_lanes")
    expect_refusals(
        wire, "AI.DAGEXECUTE",
        [(f"LOAD 2 a b PERSIST 1 never |> {words}", text) for words, text in COMMANDS_REFUSED])
    expect_refusals(
        wire, "AI.DAGEXECUTE",
        [("LOAD 1 a PERSIST 1 never |> AI.TENSORGET a", "ERR PERSIST key cannot be found in DAG")])
    assert client.exists("never", "x", "y") == 0


def test_a_word_with_line_breaks_stays_inside_its_error(wire):
    assert wire.call("AI.DAGEXECUTE", "ROUTING", "r", b"x\r\n+OK", "|>", "AI.TENSORGET", "a") == error(
        unexpected("x  +OK"))
    assert wire.nothing_more_came()


SAID = [
    ("META", [b"dtype", b"FLOAT", b"shape", [2, 2]]),
    ("VALUES", [b"1", b"2", b"3", b"4"]),
    ("META VALUES", [b"dtype", b"FLOAT", b"shape", [2, 2], b"values", [b"1", b"2", b"3", b"4"]]),
]


@pytest.mark.parametrize("options, said", SAID)
def test_a_tensor_is_answered_as_its_options_say(client, product, options, said):
    replies = client.execute_command(*dag(f"AI.TENSORGET a {options}", load=["a"]))
    assert replies == [said]
    assert replies == [client.execute_command("AI.TENSORGET", "a", *options.split())]


@pytest.mark.parametrize("options", ["", "BLOB", "META BLOB", "META", "VALUES"])
def test_replies_are_those_of_tensorget_in_both_protocols(wire, wire3, product, options):
    for connection in (wire, wire3):
        alone = connection.call("AI.TENSORGET", "a", *options.split())
        assert connection.call(*dag(f"AI.TENSORGET a {options}", load=["a"])) == array(alone)
        assert connection.nothing_more_came()


def test_each_command_is_answered_in_its_place(wire, product):
    words = dag(
        "AI.TENSORGET a META", run("m", "a b", "y"), "AI.TENSORSET x INT8 2 VALUES 5 -5",
        "AI.TENSORGET x VALUES", "AI.TENSORGET y VALUES", load=["a", "b"])
    meta = array(bulk("dtype"), bulk("FLOAT"), bulk("shape"), array(integer(2), integer(2)))
    expected = array(
        meta, OK, OK, array(integer(5), integer(-5)), array(bulk("2"), bulk("6"), bulk("12"), bulk("20")))
    # The first runs are a worker's, the later ones the server's own.
    for _ in range(8):
        assert wire.call(*words) == expected
    assert wire.nothing_more_came()


def test_words_are_read_without_regard_to_case(client, product):
    words = ("ai.dagexecute load 2 a b timeout 5000 persist 1 y routing r |> ai.modelexecute m inputs 2 a b"
             " outputs 1 y |> ai.tensorget y values")
    assert client.execute_command(*words.split()) == [b"OK", [b"2", b"6", b"12", b"20"]]


def test_names_in_a_dag_are_not_keys(client, product):
    floats(client, "x", 7)
    replies = client.execute_command(*dag(
        "AI.TENSORSET x FLOAT 2 2 VALUES 1 1 1 1", run("m", "x a", "y"), "AI.TENSORGET y VALUES", load=["a"]))
    assert replies == [b"OK", b"OK", [b"1", b"2", b"3", b"4"]]
    assert get_tensor(client, "x").tolist() == [7]
    assert client.exists("y") == 0


def test_a_reader_gets_the_latest_value_before_it(client):
    store(client, "m", "add_1")
    store(client, "n", "add_100", device="CPU:1")
    floats(client, "x", 1, 2)
    words = dag(
        "AI.TENSORGET x VALUES", run("m", "x", "x"), "AI.TENSORGET x VALUES", run("n", "x", "y"),
        "AI.TENSORSET x FLOAT 2 VALUES 8 9", "AI.TENSORGET x VALUES", run("m", "x", "x"), run("m", "y", "y"),
        "AI.TENSORGET x VALUES", "AI.TENSORGET y VALUES", load=["x"], persist=["x", "y"])
    for _ in range(8):
        floats(client, "x", 1, 2)
        assert client.execute_command(*words) == [
            [b"1", b"2"], b"OK", [b"2", b"3"], b"OK", b"OK", [b"8", b"9"], b"OK", b"OK", [b"9", b"10"],
            [b"103", b"104"]]
        assert get_tensor(client, "x").tolist() == [9, 10]
        assert get_tensor(client, "y").tolist() == [103, 104]


def test_a_failure_has_its_place_and_what_follows_is_not_available(wire, client):
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    floats(client, "long", 1, 2, 3)
    wrong = wire.call(*run("m", "long", "z"))
    assert wrong.startswith(b"-")
    words = dag(
        run("m", "x", "y"), run("m", "long", "z"), run("m", "z", "v"), "AI.TENSORGET y VALUES",
        "AI.TENSORGET z VALUES", "AI.TENSORGET v", "AI.TENSORGET long META", run("m", "x", "w"),
        load=["x", "long"], persist=["y"])
    meta = array(bulk("dtype"), bulk("FLOAT"), bulk("shape"), array(integer(3)))
    for _ in range(8):
        assert wire.call(*words) == array(
            OK, wrong, NOT_AVAILABLE, array(bulk("2"), bulk("3")), NOT_AVAILABLE, NOT_AVAILABLE, meta,
            NOT_AVAILABLE)
    assert wire.nothing_more_came()
    assert client.exists("y") == 0


def test_an_output_that_is_no_tensor_is_not_available(wire, client):
    store(client, "m", "zipmap_classifier")
    store(client, "n", "add_1")
    set_tensor(client, "x", "FLOAT", [[0, 0, 9], [8, 0, 0]])
    words = dag(
        run("m", "x", "label scores"), "AI.TENSORGET label VALUES", "AI.TENSORGET scores VALUES", load=["x"])
    for _ in range(8):
        assert wire.call(*words) == array(OK, array(integer(30), integer(10)), NOT_AVAILABLE)
    replies = client.execute_command(
        *dag(run("m", "x", "label scores"), run("n", "scores", "y"), load=["x"]))
    assert replies[0] == b"OK"
    assert str(replies[1]) == "ERR an input was made by an earlier step as something that is not a tensor"


def test_a_sequence_output_is_not_available(client):
    store(client, "m", "sequence_output")
    set_tensor(client, "x", "FLOAT", [[1, 2], [3, 4]])
    assert client.execute_command(
        *dag(run("m", "x", "parts same"), "AI.TENSORGET parts", "AI.TENSORGET same VALUES", load=["x"])
    ) == [b"OK", b"NA", [b"1", b"2", b"3", b"4"]]


def test_data_may_be_the_words_of_a_dag(client):
    blob = b"|>"
    assert client.execute_command(
        "AI.DAGEXECUTE", "ROUTING", "r", "|>", "AI.TENSORSET", "x", "UINT8", 2, "BLOB", blob, "|>",
        "AI.TENSORGET", "x", "BLOB", "|>", "AI.TENSORSET", "LOAD", "STRING", 2, "VALUES", "PERSIST", "BLOB",
        "|>", "AI.TENSORGET", "LOAD", "VALUES") == [b"OK", blob, b"OK", [b"PERSIST", b"BLOB"]]


def test_a_dag_without_runs_is_answered_at_once(start_server):
    """Also when every run is a worker's."""
    client = start_server(words=["INLINE_RUN_BUDGET", 0]).client()
    words = dag("AI.TENSORSET x INT8 1 VALUES 3", "AI.TENSORGET x VALUES", persist=["x"])
    assert client.execute_command(*words) == [b"OK", [3]]
    assert client.execute_command("AI.TENSORGET", "x", "VALUES") == [3]


def test_all_happens_in_the_clients_database(server):
    client = server.client(database=5)
    prepare_product(client)
    words = dag(run("m", "a b", "y"), "AI.TENSORGET y VALUES", load=["a", "b"], persist=["y"])
    for _ in range(8):
        assert client.execute_command(*words) == [b"OK", [b"2", b"6", b"12", b"20"]]
    assert client.exists("y") == 1
    assert server.client(database=0).dbsize() == 0
    assert refusal(server.client(database=0), *words) == NO_TENSOR


def test_the_next_dag_runs_the_model_that_is_there_then(client):
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    words = dag(run("m", "x", "y"), "AI.TENSORGET y VALUES", load=["x"])
    assert client.execute_command(*words)[1] == [b"2", b"3"]
    store(client, "m", "add_100")
    assert client.execute_command(*words)[1] == [b"101", b"102"]


def test_many_commands_make_one_dag(client):
    store(client, "m", "add_1")
    floats(client, "x", 0, 0)
    steps = [run("m", "x" if number == 0 else f"n{number - 1}", f"n{number}") for number in range(300)]
    replies = client.execute_command(*dag(*steps, "AI.TENSORGET n299 VALUES", load=["x"]))
    assert replies == [b"OK"] * 300 + [[b"300", b"300"]]


def test_tens_of_thousands_of_commands_do_not_hold_the_server_up(client):
    """Time in proportion to the square would be minutes, and the client gives up after one."""
    store(client, "m", "add_1")
    floats(client, "x", 0, 0)
    commands = [f"AI.TENSORSET n{number} INT8 1" for number in range(20_000)]
    commands += [f"AI.TENSORGET n{number} META" for number in range(20_000)]
    replies = client.execute_command(*dag(*commands, run("m", "x", "y"), load=["x"]))
    assert len(replies) == 40_001 and replies[-1] == b"OK"


def test_in_a_transaction_it_is_refused(client, product):
    words = dag(run("m", "a b", "y"), load=["a", "b"], persist=["y"])
    with client.pipeline(transaction=True) as transaction:
        transaction.set("before", 1)
        transaction.execute_command(*words)
        transaction.execute_command("AI.DAGEXECUTE")
        before, refused, short = transaction.execute(raise_on_error=False)
    assert before is True
    assert str(refused) == str(short) == IN_TRANSACTION
    assert client.exists("y") == 0


def test_in_a_script_it_is_refused(client, product):
    words = ", ".join(f"'{word}'" for word in dag("AI.TENSORGET a", load=["a"]))
    assert client.eval(f"return redis.pcall({words})['err']", 0).decode() == IN_TRANSACTION


def test_runs_of_a_dag_are_counted(client):
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    client.execute_command(*dag(run("m", "x", "y"), run("m", "y", "z"), load=["x"]))
    execute(client, "m", ["x"], ["y"])
    entry = client.execute_command("AI.INFO", "m")
    assert dict(zip(entry[::2], entry[1::2]))[b"calls"] == 3
