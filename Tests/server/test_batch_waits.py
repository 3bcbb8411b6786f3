"""MINBATCHSIZE and MINBATCHTIMEOUT: who waits for others to share a run with, and how long.

The model `rows_of_run` tells every request how many rows its run had.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest

from support.batches import Waiting, information, prepare, requests, rows_of_runs, stacked
from support.clients import refusal
from support.models import execute, execution, floats, get_tensor, set_tensor, store
from support.patience import AN_HOUR
from support.servers import wait_until
from support.wire import OK

# One worker, and no run on the server's own thread.
MODULE_WORDS = ["INLINE_RUN_BUDGET", 0]


def test_requests_wait_for_the_minimum(server, client):
    prepare(client, "BATCHSIZE", 2, "MINBATCHSIZE", 2, rows=[1, 1])
    with ThreadPoolExecutor(2) as pool:
        replies = [pool.submit(server.client().execute_command, *words) for words in requests(2)]
        assert [reply.result() for reply in replies] == [b"OK", b"OK"]
    assert rows_of_runs(client, 2) == [2, 2]


def test_one_that_waits_for_the_minimum_keeps_nobody_else_waiting(server, client):
    prepare(client, "BATCHSIZE", 4, "MINBATCHSIZE", 2, rows=[1, 1])
    store(client, "other", "add_1")
    floats(client, "x", 1, 2)
    set_tensor(client, "wide", "FLOAT", [[1, 2, 3]] * 2)
    with Waiting(server) as waiting:
        waiting.send(*requests(1)[0])
        execute(client, "other", ["x"], ["y"])
        execute(client, "m", ["wide"], ["z"])
        assert client.exists("y0") == 0
        waiting.post(*requests(2)[1])
        assert waiting.replies() == [OK, OK]
    assert rows_of_runs(client, 2) == [2, 2]


@pytest.mark.parametrize("rows", [2, 3, 4, 5])
def test_the_minimum_at_once_is_no_reason_to_wait(client, rows):
    prepare(client, "BATCHSIZE", 4, "MINBATCHSIZE", 2, rows=[rows])
    execute(client, "m", ["x0"], ["y0"])
    assert rows_of_runs(client, 1) == [rows]


def test_a_batch_that_cannot_grow_does_not_wait(server, client):
    prepare(client, "BATCHSIZE", 4, "MINBATCHSIZE", 4, rows=[3, 2, 2])
    with Waiting(server) as waiting:
        waiting.send(*requests(1)[0])
        waiting.post(*requests(2)[1])
        assert waiting.connections[0].receive() == OK
        waiting.post(*requests(3)[2])
        assert [connection.receive() for connection in waiting.connections[1:]] == [OK, OK]
    assert rows_of_runs(client, 3) == [3, 4, 4]


def test_a_request_without_rows_does_not_wait(client):
    store(client, "filter", "rows_filter")
    set_tensor(client, "x", "FLOAT", [[-1, 2]])
    execute(client, "filter", ["x"], ["none"])
    store(client, "m", "rows_of_run", "BATCHSIZE", 4, "MINBATCHSIZE", 2)
    execute(client, "m", ["none"], ["y"])
    assert get_tensor(client, "y").shape == (0, 1)


def test_a_lone_request_runs_when_minbatchtimeout_is_over(client):
    prepare(client, "BATCHSIZE", 4, "MINBATCHSIZE", 4, "MINBATCHTIMEOUT", 30, rows=[1])
    execute(client, "m", ["x0"], ["y0"])
    assert rows_of_runs(client, 1) == [1]


def test_all_that_wait_run_when_minbatchtimeout_is_over(server, client):
    """The worker is free only when the time is over for both."""
    prepare(client, "BATCHSIZE", 4, "MINBATCHSIZE", 4, "MINBATCHTIMEOUT", 1, rows=[1, 1])
    stacked(server, requests(2))
    assert rows_of_runs(client, 2) == [2, 2]


def test_a_timeout_ends_the_wait_for_the_minimum(server, client):
    prepare(client, "BATCHSIZE", 4, "MINBATCHSIZE", 2, rows=[1, 1, 1])
    with server.wire() as connection:
        assert connection.call(*requests(1)[0], "TIMEOUT", 20) == b"+TIMEDOUT\r\n"
        assert connection.nothing_more_came()
    # The one that was given up does not count for the next batch.
    with Waiting(server) as waiting:
        waiting.send(*requests(2)[1])
        waiting.post(*requests(3)[2])
        assert waiting.replies() == [OK, OK]
    assert [get_tensor(client, f"y{number}").tolist() for number in (1, 2)] == [[[2]], [[2]]]
    assert client.exists("y0") == 0


def test_the_log_tells_who_waits_without_limit(server, client):
    """Once, and not of those whose wait has an end."""
    line = "a request for a model on CPU with tag 'forever' has waited for a second"
    prepare(client, "TAG", "forever", "BATCHSIZE", 4, "MINBATCHSIZE", 2, rows=[1, 1, 1])
    prepare(client, "TAG", "an hour", "BATCHSIZE", 4, "MINBATCHSIZE", 2, "MINBATCHTIMEOUT", AN_HOUR, rows=[],
            model="limited")
    with Waiting(server) as waiting:
        waiting.send(*execution("limited", ["x2"], ["y2"]))
        waiting.send(*requests(1)[0])
        wait_until(lambda: line in server.log(), what="the line in the log")
        waiting.post(*requests(2)[1])
        assert [connection.receive() for connection in waiting.connections[1:]] == [OK, OK]
    assert server.log().count(line) == 1
    assert "'an hour'" not in server.log()


def test_a_wrong_input_is_refused_though_it_would_wait(client):
    """It runs by itself, since its inputs have no rows in common, and the runtime refuses it."""
    store(client, "m", "sum_difference", "BATCHSIZE", 8, "MINBATCHSIZE", 4)
    set_tensor(client, "a", "FLOAT", [[1, 2], [3, 4], [5, 6]])
    set_tensor(client, "b", "FLOAT", [[1, 2], [3, 4]])
    assert refusal(client, *execution("m", ["a", "b"], ["s", "d"])) is not None
    assert information(client, "m")["errors"] == 1
