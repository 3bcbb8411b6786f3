"""Threads with which runtimes share the work of an operator: they sleep until some is worth sharing."""

import numpy
import pytest

from support.large_models import single_layer
from support.models import execute, get_tensor, set_tensor, store
from support.patience import TooShort, until_long_enough
from support.servers import wait_until
from support.threads import status_of_threads, wakes
from support.torch import store_torch

WORDS = ["INTRA_OP_PARALLELISM", 4]
ROWS = 6000  # several milliseconds on one thread
ROUNDS = 20  # of the slow model, at first
LONG_MICROSECONDS = 2000


def helpers(server):
    """How often each helper has run, by name."""
    return {status["Name"]: wakes(status) for status in status_of_threads(server).values()
            if status["Name"].startswith("ai:onnx/")}


def settled(server, count=3):
    """The same once there are so many and all of them sleep."""
    def all_sleep():
        states = [status["State"] for status in status_of_threads(server).values()
                  if status["Name"].startswith("ai:onnx/")]
        return len(states) == count and all(state.startswith("S") for state in states)

    wait_until(all_sleep, what="the sleep of all helpers")
    return helpers(server)


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
    def helpers_sleep_on():
        server = start_server(words=WORDS)
        client = server.client()
        store(client, "m", "wide_layer")
        before = settled(server)
        for _ in range(5):
            product(client, 1)
        after = helpers(server)
        is_small = duration(client) < LONG_MICROSECONDS
        server.stop()
        return is_small and after == before

    wait_until(helpers_sleep_on, what="small runs beside sleeping helpers")


@pytest.mark.parametrize("words", [[], ["INLINE_RUN_BUDGET", 0]])
def test_long_runs_are_shared_and_stay_right(start_server, words):
    server = start_server(words=[*WORDS, *words])
    client = server.client()
    store(client, "m", "wide_layer")
    identity = numpy.eye(160, dtype=numpy.float32)
    client.execute_command("AI.TENSORSET", "x", "FLOAT", 160, 160, "BLOB", identity.tobytes())
    execute(client, "m", ["x"], ["y"])
    weights = get_tensor(client, "y")
    before = settled(server)

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

    def attempt(rounds):
        before = duration(client)
        set_tensor(client, "count", "INT64", [rounds])
        execute(client, "m", ["count"], ["y"])
        if duration(client) - before < 2 * LONG_MICROSECONDS:
            raise TooShort

    until_long_enough(ROUNDS, attempt)


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
    before = settled(server)
    work(client)
    wait_until(lambda: all(runs > before[name] for name, runs in helpers(server).items()), what="the helpers")


def test_threads_for_whole_operators_have_all_work_at_once(start_server):
    server = start_server(words=[*WORDS, "INTER_OP_PARALLELISM", 3])
    client = server.client()
    store(client, "m", "wide_layer")
    settled(server, 5)
    # They have left their first wait, and wait inside the runtime.
    wait_until(lambda: all(runs >= 2 for runs in helpers(server).values()), what="the helpers")
    assert product(client, 3)[1].shape == (3, 256)


# What libtorch does not share takes less, but for the first runs.
SHORT_MICROSECONDS = 500
VERY_LONG_MICROSECONDS = 50_000


def run_layers(client, rows, times=1):
    x = numpy.ones((rows, 4), numpy.float32)
    client.execute_command("AI.TENSORSET", "x", "FLOAT", rows, 4, "BLOB", x.tobytes())
    for _ in range(times):
        execute(client, "m", ["x"], ["y"])


def team_of_worker(server):
    """The worker and libtorch's threads that serve it, which have its name."""
    return sum(status["Name"] == "ai:run/0" for status in status_of_threads(server).values())


def test_short_runs_of_torch_need_no_helpers(start_server):
    """They are short, or it is tried again."""
    def are_alone():
        server = start_server(words=[*WORDS, "INLINE_RUN_BUDGET", 0])
        client = server.client()
        store_torch(client, "m", "by_shapes_layers")
        run_layers(client, 1, times=2)
        has_begun = duration(client) < VERY_LONG_MICROSECONDS
        client.execute_command("AI.INFO", "m", "RESETSTAT")
        run_layers(client, 1, times=20)
        is_short = duration(client) < SHORT_MICROSECONDS
        team = team_of_worker(server)
        server.stop()
        return has_begun and is_short and team == 1

    wait_until(are_alone, what="short runs without helpers")


# Of 960 KB, and of more than a mebibyte.
@pytest.mark.parametrize("rows", [60_000, 80_000])
def test_long_runs_of_torch_get_helpers(start_server, rows):
    server = start_server(words=[*WORDS, "INLINE_RUN_BUDGET", 0])
    client = server.client()
    store_torch(client, "m", "by_shapes_layers")

    def are_shared():
        run_layers(client, rows)
        return team_of_worker(server) == WORDS[1]

    wait_until(are_shared, what="helpers")
