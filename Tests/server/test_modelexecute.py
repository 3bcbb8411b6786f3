"""AI.MODELEXECUTE: what it refuses, in which order and words, and what it stores."""

import threading

import numpy
import pytest

from support.builds import has_come
from support.clients import refusal
from support.gates import Gate
from support.models import (
    PRODUCT, execute, execution, floats, get_tensor, prepare_product, set_tensor, store)
from support.patience import TooShort, until_long_enough
from support.queues import queue
from support.servers import wait_until
from support.texts import (
    IN_TRANSACTION, INPUT_COUNT, NO_MODEL, NO_TENSOR, OUTPUT_COUNT, WRONG_TYPE, arity)
from support.wire import OK, error


@pytest.fixture
def product(client):
    """The 2 x 2 product at `m` with inputs `a` and `b`, a text at `text` and five lanes at `five`."""
    prepare_product(client)
    store(client, "five", "five_lanes")
    client.set("text", "x")


REFUSED = [
    ([], arity("AI.MODELEXECUTE")),
    (["m", "INPUTS", 2, "a", "b", "OUTPUTS"], arity("AI.MODELEXECUTE")),
    (["missing", "INPUTS", 2, "a", "b", "OUTPUTS"], arity("AI.MODELEXECUTE")),
    (["missing", "INPUTS", 2, "a", "b", "OUTPUTS", 1], NO_MODEL),
    (["missing", "NOSUCH", 2, "a", "b", "OUTPUTS", 1, "y"], NO_MODEL),
    (["text", "NOSUCH", 2, "a", "b", "OUTPUTS", 1, "y"], WRONG_TYPE),
    (["a", "NOSUCH", 2, "a", "b", "OUTPUTS", 1, "y"], WRONG_TYPE),
    (["m", "NOSUCH", 2, "a", "b", "OUTPUTS", 1, "y"], "ERR INPUTS not specified"),
    (["m", "OUTPUTS", 1, "y", "INPUTS", 2, "a", "b"], "ERR INPUTS not specified"),
    (["m", "INPUTS", "two", "a", "b", "OUTPUTS", 1, "y"], "ERR Invalid argument for input_count"),
    (["m", "INPUTS", "2.0", "a", "b", "OUTPUTS", 1, "y"], "ERR Invalid argument for input_count"),
    (["m", "INPUTS", "", "a", "b", "OUTPUTS", 1, "y"], "ERR Invalid argument for input_count"),
    (["m", "INPUTS", 0, "a", "b", "OUTPUTS", 1, "y"], "ERR Input count must be a positive integer"),
    (["m", "INPUTS", -1, "a", "b", "OUTPUTS", 1, "y"], "ERR Input count must be a positive integer"),
    (["m", "INPUTS", 1, "a", "OUTPUTS", 1, "y", "TIMEOUT", 5], INPUT_COUNT),
    (["m", "INPUTS", 3, "a", "b", "a", "OUTPUTS", 1, "y"], INPUT_COUNT),
    (["m", "INPUTS", 2**62, "a", "b", "OUTPUTS", 1, "y"], INPUT_COUNT),
    (["five", "INPUTS", 5, "a", "a", "a", "a"],
     "ERR number of input keys to AI.MODELEXECUTE command does not match the number of given arguments"),
    (["m", "INPUTS", 2, "a", "b", "NOSUCH", 1, "y"], "ERR OUTPUTS not specified"),
    (["five", "INPUTS", 5, "a", "a", "a", "a", "a"], "ERR OUTPUTS not specified"),
    (["m", "INPUTS", 2, "a", "b", "OUTPUTS", "one", "y"], "ERR Invalid argument for output_count"),
    (["m", "INPUTS", 2, "a", "b", "OUTPUTS", 0, "y"], "ERR Output count must be a positive integer"),
    (["m", "INPUTS", 2, "a", "b", "OUTPUTS", -7, "y"], "ERR Output count must be a positive integer"),
    (["m", "INPUTS", 2, "a", "b", "OUTPUTS", 2, "y", "z"], OUTPUT_COUNT),
    (["five", "INPUTS", 5, "a", "a", "a", "a", "a", "OUTPUTS", 5, "y", "y"],
     "ERR number of output keys to AI.MODELEXECUTE command does not match the number of given arguments"),
    (["m", "INPUTS", 2, "a", "b", "OUTPUTS", 1, "y", "TIMEOUT"], "ERR No value provided for TIMEOUT"),
    (["m", "INPUTS", 2, "a", "b", "OUTPUTS", 1, "y", "TIMEOUT", "soon"], "ERR Invalid value for TIMEOUT"),
    (["m", "INPUTS", 2, "a", "b", "OUTPUTS", 1, "y", "TIMEOUT", "1.5"], "ERR Invalid value for TIMEOUT"),
    (["m", "INPUTS", 2, "a", "b", "OUTPUTS", 1, "y", "TIMEOUT", 0], "ERR Invalid value for TIMEOUT"),
    (["m", "INPUTS", 2, "a", "b", "OUTPUTS", 1, "y", "TIMEOUT", -1], "ERR Invalid value for TIMEOUT"),
    (["m", "INPUTS", 2, "a", "b", "OUTPUTS", 1, "y", "more"], "Invalid argument: more"),
    (["m", "INPUTS", 2, "a", "b", "OUTPUTS", 1, "y", "TIMEOUT", 9, "more"], "Invalid argument: more"),
    (["m", "INPUTS", 2, "missing", "b", "OUTPUTS", 1, "y"], NO_TENSOR),
    (["m", "INPUTS", 2, "a", "missing", "OUTPUTS", 1, "y"], NO_TENSOR),
    (["m", "INPUTS", 2, "text", "b", "OUTPUTS", 1, "y"], WRONG_TYPE),
    (["m", "INPUTS", 2, "m", "b", "OUTPUTS", 1, "y"], WRONG_TYPE),
    (["m", "INPUTS", 2, "missing", "b", "OUTPUTS", 1, "y", "more"], "Invalid argument: more"),
]


@pytest.mark.parametrize("words, text", REFUSED)
def test_a_wrong_request_is_refused_in_the_known_words(server, client, product, words, text):
    with server.wire() as connection:
        assert connection.call("AI.MODELEXECUTE", *words) == error(text)
        assert connection.nothing_more_came()
    assert client.exists("y") == 0


def test_a_word_with_line_breaks_stays_inside_its_error(wire, product):
    reply = wire.call(*execution("m", ["a", "b"], ["y"], b"x\r\n+OK\r\n"))
    assert reply == error("Invalid argument: x  +OK  ")
    assert wire.nothing_more_came()


def test_the_reply_is_ok_and_the_output_is_stored(wire, client, product):
    assert wire.call(*execution("m", ["a", "b"], ["y"])) == OK
    assert client.execute_command("AI.TENSORGET", "y", "META", "VALUES") == [
        b"dtype", b"FLOAT", b"shape", [2, 2], b"values", [b"2", b"6", b"12", b"20"]]


def test_words_are_read_without_regard_to_case(wire, product):
    assert wire.call("ai.modelexecute", "m", "inputs", 2, "a", "b", "outputs", 1, "y", "timeout", 5000) == OK


def test_inputs_and_outputs_are_bound_by_their_order(client):
    store(client, "m", "sum_difference")
    set_tensor(client, "a", "FLOAT", [[5, 7]])
    set_tensor(client, "b", "FLOAT", [[1, 2]])
    execute(client, "m", ["b", "a"], ["first", "second"])
    assert get_tensor(client, "first").tolist() == [[6, 9]]
    assert get_tensor(client, "second").tolist() == [[-4, -5]]


def test_a_key_may_be_input_and_output(client, product):
    execute(client, "m", ["a", "b"], ["a"])
    assert get_tensor(client, "a").tolist() == PRODUCT
    execute(client, "m", ["b", "b"], ["b"])
    assert get_tensor(client, "b").tolist() == [[4, 9], [16, 25]]


def test_of_two_outputs_at_one_key_the_last_stays(client):
    store(client, "m", "sum_difference")
    set_tensor(client, "a", "FLOAT", [[5, 7]])
    set_tensor(client, "b", "FLOAT", [[1, 2]])
    execute(client, "m", ["a", "b"], ["y", "y"])
    assert get_tensor(client, "y").tolist() == [[4, 5]]


def test_an_output_replaces_a_tensor_of_another_kind_and_its_expiry(client, product):
    client.execute_command("AI.TENSORSET", "y", "STRING", 1, "VALUES", "old")
    client.expire("y", 1000)
    execute(client, "m", ["a", "b"], ["y"])
    assert get_tensor(client, "y").tolist() == PRODUCT
    assert client.ttl("y") == -1


@pytest.mark.parametrize("held", [["SET", "y", "x"], ["RPUSH", "y", "x"]])
def test_an_output_key_of_another_type_gives_one_error_and_stays(client, wire, product, held):
    client.execute_command(*held)
    kind = client.type("y")
    assert wire.call(*execution("m", ["a", "b"], ["y"])) == error(WRONG_TYPE)
    assert wire.nothing_more_came()
    assert client.type("y") == kind


@pytest.mark.parametrize("outputs", [["y", "text"], ["text", "y"]])
def test_when_one_output_key_has_another_type_no_output_is_stored(client, wire, outputs):
    store(client, "m", "sum_difference")
    set_tensor(client, "a", "FLOAT", [[5, 7]])
    client.set("text", "x")
    assert wire.call(*execution("m", ["a", "a"], outputs)) == error(WRONG_TYPE)
    assert wire.nothing_more_came()
    assert client.exists("y") == 0
    assert client.get("text") == b"x"


def test_an_output_key_that_changes_its_type_during_the_run_gives_one_error(server, client):
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    with Gate(server) as gate, server.wire() as waiting:
        gate.line_up(waiting, *execution("m", ["x"], ["y"]))
        client.set("y", "text")
        gate.open()
        assert waiting.receive() == error(WRONG_TYPE)
        assert waiting.nothing_more_came()
    assert client.get("y") == b"text"


def test_all_happens_in_the_clients_database(server):
    client = server.client(database=5)
    prepare_product(client)
    execute(client, "m", ["a", "b"], ["y"])
    assert get_tensor(client, "y").tolist() == PRODUCT
    assert server.client(database=0).dbsize() == 0


def test_databases_do_not_see_each_others_models_and_inputs(server):
    first, second = server.client(database=0), server.client(database=3)
    prepare_product(first)
    assert refusal(second, *execution("m", ["a", "b"], ["y"])) == NO_MODEL
    store(second, "m", "mul_2x2")
    assert refusal(second, *execution("m", ["a", "b"], ["y"])) == NO_TENSOR


def test_a_database_chosen_during_the_run_does_not_move_the_outputs(server, client):
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    with Gate(server) as gate, server.wire() as connection:
        gate.line_up(connection, *execution("m", ["x"], ["y"]))
        connection.send("SELECT", 7)
        gate.open()
        assert connection.receive() == OK
        assert connection.receive() == OK
    assert client.exists("y") == 1
    assert server.client(database=7).dbsize() == 0


def test_what_is_overwritten_or_deleted_during_a_run_does_not_disturb_it(server, client):
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    with Gate(server) as gate, server.wire() as waiting:
        gate.line_up(waiting, *execution("m", ["x"], ["y"]))
        client.execute_command("AI.MODELDEL", "m")
        client.execute_command("AI.TENSORSET", "x", "STRING", 1, "VALUES", "gone")
        gate.open()
        assert waiting.receive() == OK
    assert get_tensor(client, "y").tolist() == [2, 3]


def test_a_run_that_has_begun_ends_on_the_model_it_began_with(server, client):
    floats(client, "x", 1, 2)

    def attempt(rounds):
        store(client, "m", "slow")
        set_tensor(client, "count", "INT64", [rounds])
        with server.wire() as waiting:
            waiting.send(*execution("m", ["count"], ["y"]))
            server.read_all()
            began = queue(server)["busy_workers"] == 1
            store(client, "m", "add_1")
            if not began or has_come(waiting):
                raise TooShort
            assert waiting.receive() == OK
        assert get_tensor(client, "y").tolist() == [1 / 256]

    until_long_enough(1000, attempt)
    execute(client, "m", ["x"], ["z"])
    assert get_tensor(client, "z").tolist() == [2, 3]


def test_a_request_that_waits_runs_on_the_model_that_it_named(server, client):
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    with Gate(server) as gate, server.wire() as waiting:
        gate.line_up(waiting, *execution("m", ["x"], ["y"]))
        store(client, "m", "add_100")
        gate.open()
        assert waiting.receive() == OK
    assert get_tensor(client, "y").tolist() == [2, 3]


def test_outputs_of_a_client_that_left_are_stored(server, client):
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    with Gate(server) as gate:
        with server.wire() as leaving:
            gate.line_up(leaving, *execution("m", ["x"], ["y"]))
        wait_until(lambda: server.field("clients", "blocked_clients") == "1", what="its leaving")
    wait_until(lambda: client.exists("y") == 1, what="the output")
    assert get_tensor(client, "y").tolist() == [2, 3]


def test_a_killed_clients_outputs_are_stored(server, client):
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    with Gate(server) as gate, server.wire() as killed:
        number = int(killed.call("CLIENT", "ID")[1:])
        gate.line_up(killed, *execution("m", ["x"], ["y"]))
        assert client.execute_command("CLIENT", "KILL", "ID", number) == 1
    wait_until(lambda: client.exists("y") == 1, what="the output")


def test_commands_of_one_client_are_answered_in_their_order(server, client, product):
    with Gate(server) as gate, server.wire() as connection:
        connection.send(*gate.words(output="late"))
        gate.reached()
        connection.send(*execution("m", ["a", "b"], ["y"]))
        connection.send("EXISTS", "late")
        connection.send(*execution("m", ["missing", "b"], ["y"]))
        gate.open()
        assert [connection.receive() for _ in range(4)] == [OK, OK, b":1\r\n", error(NO_TENSOR)]


def test_in_a_transaction_it_is_refused(client, product):
    with client.pipeline(transaction=True) as transaction:
        transaction.set("before", 1)
        transaction.execute_command(*execution("m", ["a", "b"], ["y"]))
        transaction.execute_command("AI.MODELEXECUTE")
        transaction.set("after", 1)
        before, refused, short, after = transaction.execute(raise_on_error=False)
    assert (before, after) == (True, True)
    assert str(refused) == str(short) == IN_TRANSACTION
    assert client.exists("y") == 0


def test_in_a_script_it_is_refused(client, product):
    words = ", ".join(f"'{word}'" for word in execution("m", ["a", "b"], ["y"]))
    assert client.eval(f"return redis.pcall({words})['err']", 0).decode() == IN_TRANSACTION
    assert client.exists("y") == 0


def test_a_request_whose_time_is_over_before_its_turn_is_answered_so(server, client, product):
    """And does not wait for the one in front."""
    with Gate(server) as gate, server.wire() as waiting:
        gate.hold()
        assert waiting.call(*execution("m", ["a", "b"], ["y"], "TIMEOUT", 1)) == b"+TIMEDOUT\r\n"
        assert waiting.nothing_more_came()
        gate.open()
        assert waiting.call(*execution("m", ["a", "b"], ["after"])) == OK
    assert client.exists("y") == 0


def test_many_clients_get_their_own_outputs(server, client):
    store(client, "m", "classifier_30_64_32_2", "BATCHSIZE", 8)
    random = numpy.random.default_rng(20)
    rows = random.standard_normal([8, 20, 1, 30]).astype(numpy.float32)
    execute_alone = []
    for number in range(8):
        set_tensor(client, "x", "FLOAT", rows[number, 0])
        execute(client, "m", ["x"], ["y"])
        execute_alone.append(get_tensor(client, "y"))
    failures = []

    def one_client(number):
        own = server.client()
        set_tensor(own, f"x{number}", "FLOAT", rows[number, 0])
        for _ in range(20):
            execute(own, "m", [f"x{number}"], [f"y{number}"])
            if not numpy.allclose(get_tensor(own, f"y{number}"), execute_alone[number], atol=1e-6):
                failures.append(number)

    threads = [threading.Thread(target=one_client, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
