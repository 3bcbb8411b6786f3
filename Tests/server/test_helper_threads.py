"""Threads with which ONNX Runtime shares the work of an operator: they sleep until some is worth sharing."""

import numpy
import pytest

from support.large_models import single_layer
from support.models import execute, get_tensor, set_tensor, store
from support.servers import wait_until
from support.threads import status_of_threads, wakes

WORDS = ["INTRA_OP_PARALLELISM", 4]
ROWS = 6000  # several milliseconds on one thread
ROUNDS = 100  # of the slow model, some tens of milliseconds
ATTEMPTS = 20
LONG_MICROSECONDS = 2000


def helpers(server):
    """How often each helper has run, by name."""
    return {status["Name"]: wakes(status) for status in status_of_threads(server).values()
            if status["Name"].startswith("ai:onnx/")}


def product(client, rows):
    """Runs the wide layer; returns what it made and what it should have made, but for its weights."""
    x = numpy.random.default_rng(rows).standard_normal((rows, 160)).astype(numpy.float32)
    client.execute_command("AI.TENSORSET", "x", "FLOAT", rows, 160, "BLOB", x.tobytes())
    execute(client, "m", ["x"], ["y"])
    return x, get_tensor(client, "y")


def duration(client):
    """Microseconds of all runs so far."""
    info = client.execute_command("AI.INFO", "m")
    return dict(zip(info[::2], info[1::2]))[b"duration"]


def test_small_runs_leave_the_helpers_asleep(start_server):
    """Their time together is less than what one run must take to be shared, or it is tried again."""
    for _ in range(ATTEMPTS):
        server = start_server(words=WORDS)
        client = server.client()
        store(client, "m", "wide_layer")
        wait_until(lambda: len(helpers(server)) == 3, what="the helpers")
        before = helpers(server)
        for _ in range(20):
            product(client, 1)
        took = duration(client)
        after = helpers(server)
        if took < LONG_MICROSECONDS:
            assert after == before
            return
    pytest.fail("the machine is too busy for a small run")


@pytest.mark.parametrize("words", [[], ["INLINE_RUN_BUDGET", 0]])
def test_long_runs_are_shared_and_stay_right(start_server, words):
    server = start_server(words=[*WORDS, *words])
    client = server.client()
    store(client, "m", "wide_layer")
    identity = numpy.eye(160, dtype=numpy.float32)
    client.execute_command("AI.TENSORSET", "x", "FLOAT", 160, 160, "BLOB", identity.tobytes())
    execute(client, "m", ["x"], ["y"])
    weights = get_tensor(client, "y")
    before = helpers(server)

    def shared():
        for rows in (ROWS, ROWS + 1, 1):
            x, y = product(client, rows)
            numpy.testing.assert_allclose(y, x @ weights, rtol=1e-3, atol=1e-3)
        now = helpers(server)
        return all(now[name] > before[name] + 1 for name in before)

    wait_until(shared, what="all helpers to take part")


def long_run(client):
    """Of a model in a small file, with a small input."""
    store(client, "m", "slow")
    set_tensor(client, "count", "INT64", [ROUNDS])
    execute(client, "m", ["count"], ["y"])


def large_inputs(client):
    """The first run of a small model."""
    store(client, "m", "wide_layer")
    product(client, 103)  # rows of 640 bytes: just above 64 KiB


def large_model(client):
    client.execute_command("AI.MODELSTORE", "m", "ONNX", "CPU", "BLOB", single_layer(1024, 512))


@pytest.mark.parametrize("work", [long_run, large_inputs, large_model])
def test_work_worth_sharing_calls_the_helpers(start_server, work):
    server = start_server(words=WORDS)
    client = server.client()
    store(client, "small", "wide_layer")
    before = helpers(server)
    assert len(before) == 3
    work(client)
    wait_until(lambda: all(runs > before[name] for name, runs in helpers(server).items()), what="the helpers")


def test_threads_for_whole_operators_have_all_work_at_once(start_server):
    server = start_server(words=[*WORDS, "INTER_OP_PARALLELISM", 3])
    client = server.client()
    store(client, "m", "wide_layer")
    assert len(helpers(server)) == 5
    # They have left their first wait, and wait inside the runtime.
    wait_until(lambda: all(runs >= 2 for runs in helpers(server).values()), what="the helpers")
    assert product(client, 3)[1].shape == (3, 256)
