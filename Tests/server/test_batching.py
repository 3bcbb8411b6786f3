"""BATCHSIZE: who shares a run with whom, and what each gets of it.

The model `rows_of_run` tells every request how many rows its run had.
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy
import pytest

from support.batches import (
    BehindABusyWorker, Waiting, information, prepare, requests, rows_of_runs, stacked)
from support.models import execute, execution, get_tensor, set_tensor, store
from support.wire import OK

# One worker, and no run on the server's own thread.
MODULE_WORDS = ["INLINE_RUN_BUDGET", 0]


# Who shares a run

def test_without_batchsize_each_request_has_a_run_of_its_own(server, client):
    prepare(client, rows=[1, 1, 1])
    stacked(server, requests(3))
    assert rows_of_runs(client, 3) == [1, 1, 1]


def test_requests_that_wait_share_a_run(server, client):
    prepare(client, "BATCHSIZE", 8, rows=[1, 2, 3])
    stacked(server, requests(3))
    assert rows_of_runs(client, 3) == [6, 6, 6]
    assert [get_tensor(client, f"y{number}").shape for number in range(3)] == [(1, 1), (2, 1), (3, 1)]


def test_a_request_alone_does_not_wait(client):
    prepare(client, "BATCHSIZE", 8, rows=[1])
    execute(client, "m", ["x0"], ["y0"])
    assert rows_of_runs(client, 1) == [1]


def test_batchsize_is_never_exceeded(server, client):
    prepare(client, "BATCHSIZE", 5, rows=[2] * 10)
    stacked(server, requests(10))
    assert rows_of_runs(client, 10) == [4] * 10


def test_a_request_that_does_not_fit_is_not_overtaken(server, client):
    prepare(client, "BATCHSIZE", 4, rows=[2, 3, 1, 1])
    stacked(server, requests(4))
    assert rows_of_runs(client, 4) == [2, 4, 4, 1]


def test_a_request_of_batchsize_or_more_has_a_run_of_its_own(server, client):
    prepare(client, "BATCHSIZE", 4, rows=[4, 7, 1, 1])
    stacked(server, requests(4))
    assert rows_of_runs(client, 4) == [4, 7, 2, 2]


def test_requests_of_other_shapes_do_not_mix(server, client):
    prepare(client, "BATCHSIZE", 8, rows=[1] * 4)
    for number in (1, 3):
        set_tensor(client, f"x{number}", "FLOAT", [[1, 2, 3]] * number)
    stacked(server, requests(4))
    assert rows_of_runs(client, 4) == [2, 4, 2, 4]


def test_requests_of_other_types_do_not_mix(server, client):
    """Nor does the one that the model refuses keep the others from running."""
    prepare(client, "BATCHSIZE", 8, rows=[1] * 3)
    set_tensor(client, "x1", "INT32", [[1, 2]])
    with BehindABusyWorker(server) as waiting:
        for words in requests(3):
            waiting.send(*words)
        first, second, third = waiting.replies()
    assert first == third == OK
    assert b"Unexpected input data type" in second
    assert get_tensor(client, "y0").tolist() == get_tensor(client, "y2").tolist() == [[2]]


def test_a_model_does_not_mix_with_the_one_that_replaced_it(server, client):
    prepare(client, "BATCHSIZE", 8, rows=[1] * 5)
    with BehindABusyWorker(server) as waiting:
        for words in requests(2):
            waiting.send(*words)
        store(client, "m", "rows_of_run", "BATCHSIZE", 8)
        for words in requests(3, first=2):
            waiting.send(*words)
        assert waiting.replies() == [OK] * 5
    assert rows_of_runs(client, 5) == [2, 2, 3, 3, 3]


def test_a_copy_of_a_model_batches_by_itself(server, client):
    prepare(client, "BATCHSIZE", 8, rows=[1] * 4)
    client.copy("m", "n")
    stacked(server, requests(2) + requests(2, "n", first=2))
    assert rows_of_runs(client, 4) == [2] * 4


def test_joins_across_requests_of_another_model(server, client):
    prepare(client, "BATCHSIZE", 8, rows=[1] * 4)
    store(client, "n", "rows_of_run", "BATCHSIZE", 8)
    stacked(server, [requests(4, "mnmn"[number])[number] for number in range(4)])
    assert rows_of_runs(client, 4) == [2] * 4


def test_steps_of_dags_and_single_executions_share_a_run(server, client):
    prepare(client, "BATCHSIZE", 4, "MINBATCHSIZE", 2, rows=[1])
    dag = ["AI.DAGEXECUTE", "ROUTING", "m", "|>", "AI.TENSORSET", "x", "FLOAT", 1, 2, "VALUES", 3, 4,
           "|>", "AI.MODELEXECUTE", "m", "INPUTS", 1, "x", "OUTPUTS", 1, "y",
           "|>", "AI.TENSORGET", "y", "VALUES"]
    with ThreadPoolExecutor(2) as pool:
        single = pool.submit(server.client().execute_command, *requests(1)[0])
        steps = pool.submit(server.client().execute_command, *dag)
        assert single.result() == b"OK"
        assert [int(number) for number in steps.result()[2]] == [2]
    assert rows_of_runs(client, 1) == [2]


# What each gets

def test_each_gets_its_own_rows_of_every_output(server, client):
    store(client, "m", "sum_difference", "BATCHSIZE", 16)
    for number in range(4):
        set_tensor(client, f"a{number}", "FLOAT", [[10 * number + row, row] for row in range(number + 1)])
        set_tensor(client, f"b{number}", "FLOAT", [[1, 2]] * (number + 1))
    stacked(server, [
        execution("m", [f"a{number}", f"b{number}"], [f"s{number}", f"d{number}"]) for number in range(4)])
    for number in range(4):
        first, second = get_tensor(client, f"a{number}"), get_tensor(client, f"b{number}")
        assert get_tensor(client, f"s{number}").tolist() == (first + second).tolist()
        assert get_tensor(client, f"d{number}").tolist() == (first - second).tolist()


def test_each_gets_its_own_strings(server, client):
    texts = [[b"one", b"", b"three"], [b""], [b"\xffzwei", b"x" * 300]]
    store(client, "m", "identity_string", "BATCHSIZE", 6, "MINBATCHSIZE", 6)
    for number, strings in enumerate(texts):
        blob = b"".join(string + b"\0" for string in strings)
        client.execute_command("AI.TENSORSET", f"x{number}", "STRING", len(strings), "BLOB", blob)
    with Waiting(server) as waiting:
        for words in requests(3):
            waiting.post(*words)
        assert waiting.replies() == [OK] * 3
    for number, strings in enumerate(texts):
        assert client.execute_command("AI.TENSORGET", f"y{number}", "VALUES") == strings
        blob = client.execute_command("AI.TENSORGET", f"y{number}", "BLOB")
        assert blob == b"".join(string + b"\0" for string in strings)


def test_a_large_tensor_is_joined_as_a_small_one_is(server, client):
    store(client, "m", "sum_difference", "BATCHSIZE", 40_000, "MINBATCHSIZE", 20_001)
    large = numpy.arange(40_000, dtype=numpy.float32).reshape([20_000, 2])
    set_tensor(client, "x0", "FLOAT", large)
    set_tensor(client, "x1", "FLOAT", [[1, 2]])
    with Waiting(server) as waiting:
        for number in range(2):
            waiting.post(*execution("m", [f"x{number}"] * 2, [f"s{number}", f"d{number}"]))
        assert waiting.replies() == [OK] * 2
    assert numpy.array_equal(get_tensor(client, "s0"), large * 2)
    assert get_tensor(client, "s1").tolist() == [[2, 4]]


def test_one_clients_bad_input_fails_nobody_else(server, client):
    store(client, "m", "table_lookup", "BATCHSIZE", 4, "MINBATCHSIZE", 3)
    for number, index in enumerate([0, 7, 2]):
        set_tensor(client, f"x{number}", "INT64", [index])
    with Waiting(server) as waiting:
        for words in requests(3):
            waiting.post(*words)
        first, second, third = waiting.replies()
    assert first == third == OK
    assert second.startswith(b"-") and b"out of data bounds" in second
    assert get_tensor(client, "y0").tolist() == [10] and get_tensor(client, "y2").tolist() == [30]
    assert client.exists("y1") == 0
    told = information(client, "m")
    assert (told["calls"], told["errors"], told["samples"]) == (3, 1, 2)


def test_a_model_that_takes_one_row_only_runs_each_request_by_itself(server, client):
    store(client, "m", "one_row_only", "BATCHSIZE", 4, "MINBATCHSIZE", 3)
    for number in range(3):
        set_tensor(client, f"x{number}", "FLOAT", [[number, 1]])
    with Waiting(server) as waiting:
        for words in requests(3):
            waiting.post(*words)
        assert waiting.replies() == [OK] * 3
    assert [get_tensor(client, f"y{number}").tolist() for number in range(3)] == [
        [[0, 1]], [[1, 1]], [[2, 1]]]


@pytest.mark.parametrize("model, expected", [
    ("shrinks_batch", [[[1, 2]], [[-3, 4]]]),
    ("rows_filter", [[[1, 2]], []]),
])
def test_outputs_with_other_rows_than_went_in_are_right_as_well(server, client, model, expected):
    """A run that gives another number of rows cannot be split: each request then runs by itself."""
    store(client, "m", model, "BATCHSIZE", 4, "MINBATCHSIZE", 2)
    set_tensor(client, "x0", "FLOAT", [[1, 2]])
    set_tensor(client, "x1", "FLOAT", [[-3, 4]])
    with Waiting(server) as waiting:
        for words in requests(2):
            waiting.post(*words)
        assert waiting.replies() == [OK] * 2
    assert [get_tensor(client, f"y{number}").tolist() for number in range(2)] == expected


@pytest.mark.parametrize("threads", [1, 4])
def test_many_clients_get_their_own_answers(start_server, threads):
    server = start_server(words=["THREADS_PER_QUEUE", threads, "INLINE_RUN_BUDGET", 0])
    store(server.client(), "m", "sum_difference", "BATCHSIZE", 8)
    wrong = []

    def one_client(number):
        client = server.client()
        for round in range(40):
            content = numpy.full([1 + (number + round) % 3, 2], 100 * number + round, numpy.float32)
            set_tensor(client, f"x{number}", "FLOAT", content)
            execute(client, "m", [f"x{number}"] * 2, [f"s{number}", f"d{number}"])
            if not numpy.array_equal(get_tensor(client, f"s{number}"), content * 2):
                wrong.append((number, round))

    clients = [threading.Thread(target=one_client, args=[number]) for number in range(16)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert wrong == []
    assert information(server.client(), "m")["calls"] == 16 * 40


# Statistics

def test_each_request_is_a_call_and_the_time_of_a_run_counts_once(server, client):
    """One worker cannot have run for longer than it took all in all."""
    store(client, "m", "slow_rows", "BATCHSIZE", 32, "MINBATCHSIZE", 32)
    set_tensor(client, "x", "FLOAT", [[1, 2], [3, 4]])
    with Waiting(server) as waiting:
        begin = time.monotonic_ns()
        for number in range(16):
            waiting.post(*execution("m", ["x"], [f"y{number}"]))
        assert waiting.replies() == [OK] * 16
        passed = (time.monotonic_ns() - begin) / 1000
    told = information(client, "m")
    assert (told["calls"], told["samples"], told["errors"]) == (16, 32, 0)
    assert 0 < told["duration"] <= passed
    for number in range(16):
        assert numpy.allclose(get_tensor(client, f"y{number}"), [[2, 3], [4, 5]])
