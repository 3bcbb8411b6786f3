"""Runs that do not stop at MODEL_EXECUTION_TIMEOUT, because one operator is at work: their device goes on.

An operator here lasts for hours, so what a test sees of it is what everybody sees of one without end. The
tests end the servers with such runs in them.
"""

import contextlib

import numpy
import pytest

from support import tensorflow
from support.batches import Waiting
from support.clients import refusal
from support.dags import dag, run
from support.models import (
    PRODUCT, execute, execution, floats, get_tensor, prepare_product, set_tensor, store)
from support.patience import runs_may_be_stopped
from support.servers import wait_until
from support.tflite import store_tflite
from support.torch import store_torch
from support.wire import OK, error

STOPPED = "Exiting due to terminate flag being set to true."
LOST = "ERR the run took longer than MODEL_EXECUTION_TIMEOUT and could not be stopped"
MOST_REPLACED = 16
SCRIPT = """
def add_up(tensors: List[Tensor], keys: List[str], args: List[str]):
    return tensors[0].reshape([1]).expand([1073741824, 1048576]).sum()

def call_up(tensors: List[Tensor], keys: List[str], args: List[str]):
    outputs = redisAI.model_execute(keys[0], [tensors[0]], 1)
    return outputs[0]
"""


def queue(client, device="CPU"):
    """What AI.STATS tells of a device."""
    queues = [dict(zip(entry[::2], entry[1::2])) for entry in client.execute_command("AI.STATS")[3]]
    return next(entry for entry in queues if entry[b"device"] == device.encode())


def stuck_runs(client, device="CPU"):
    return queue(client, device)[b"stuck_runs"]


def prepare(client):
    """Stores what is stuck with the input `hours`, is over soon with `few`, and a usual model."""
    store(client, "stuck", "long_operator")
    set_tensor(client, "hours", "INT64", [1_000_000])
    set_tensor(client, "few", "INT64", [2])
    prepare_product(client)


def expect_lost(client, *words):
    """The limit is for what is stuck alone: everything else may take as long as a busy machine needs.

    A run that has not begun its long operator by then can be stopped: it is run again.
    """
    with runs_may_be_stopped(client):
        assert next(text for text in iter(lambda: refusal(client, *words), STOPPED)) == LOST


def expect_usual(client):
    execute(client, "m", ["a", "b"], ["z"])
    assert get_tensor(client, "z").tolist() == PRODUCT
    client.delete("z")


@pytest.fixture
def device(start_server):
    """A server with one worker; what is stuck in it ends with it."""
    server = start_server()
    prepare(server.client())
    return server


def test_a_stuck_run_is_answered_and_the_device_goes_on(device):
    client = device.client()
    with device.wire() as connection:
        connection.send(*execution("stuck", ["hours"], ["y"]))
        with runs_may_be_stopped(client):
            assert connection.receive() == error(LOST)
        expect_usual(client)
        # Runs of the same model may overlap.
        execute(client, "stuck", ["few"], ["y"])
        assert get_tensor(client, "y").tolist() == [2]
        assert connection.nothing_more_came()
    assert stuck_runs(client) == 1
    assert queue(client)[b"workers"] == 1
    information = client.execute_command("AI.INFO", "stuck")
    assert dict(zip(information[::2], information[1::2]))[b"errors"] == 1
    assert "ai_stuck_runs:1" in device.info("MODULES").split()


@pytest.mark.parametrize("backend", ["TF", "TFLITE", "TORCH"])
def test_a_stuck_run_of_another_runtime_is_answered(device, backend):
    client = device.client()
    if backend == "TORCH":
        store_torch(client, "stuck", "long_operator")
        floats(client, "x", 1)
        set_tensor(client, "count", "INT64", [1 << 30])
        stuck, short = ["x", "count"], ["x", "few"]
    else:
        # Boxes apart from each other: each is compared with all before it.
        for key, count in (("boxes", 1_000_000), ("box", 1)):
            corners = numpy.arange(count, dtype=numpy.float32)[:, None]
            set_tensor(client, key, "FLOAT", corners + numpy.array([[0, 0, 0.5, 0.5]], numpy.float32))
            set_tensor(client, f"scores of {key}", "FLOAT", numpy.ones(count, numpy.float32))
        set_tensor(client, "most", "INT32", numpy.array(1_000_000))
        stuck, short = ["boxes", "scores of boxes", "most"], ["box", "scores of box", "most"]
        if backend == "TF":
            tensorflow.store(client, "stuck", "chosen_boxes", ["boxes", "scores", "most"], ["chosen"])
        else:
            store_tflite(client, "stuck", "chosen_boxes")
    outputs = ["y", "n"] if backend == "TFLITE" else ["y"]
    expect_lost(client, *execution("stuck", stuck, outputs))
    expect_usual(client)
    assert stuck_runs(client) == 1
    # The same model goes on as well, on another worker.
    execute(client, "stuck", short, outputs)


def test_its_outputs_are_not_stored_and_its_model_may_go(device):
    client = device.client()
    set_tensor(client, "y", "INT64", [7])
    expect_lost(client, *execution("stuck", ["hours"], ["y"]))
    assert get_tensor(client, "y").tolist() == [7]
    client.delete("stuck")
    client.flushall()
    assert client.ping()
    prepare(client)
    expect_usual(client)


def test_saving_in_the_background_and_the_end_of_the_server_do_not_wait(device):
    client = device.client()
    expect_lost(client, *execution("stuck", ["hours"], ["y"]))
    client.bgsave()
    wait_until(lambda: device.field("persistence", "rdb_bgsave_in_progress") == "0", what="the saved file")
    assert device.field("persistence", "rdb_last_bgsave_status") == "ok"
    device.restart()
    client = device.client()
    expect_usual(client)
    assert stuck_runs(client) == 0


def test_all_requests_of_a_stuck_batch_are_answered(device):
    client = device.client()
    store_torch(client, "t", "long_operator", "BATCHSIZE", 2, "MINBATCHSIZE", 2)
    floats(client, "x", 1)
    set_tensor(client, "count", "INT64", [1 << 30])
    words = execution("t", ["x", "count"], ["y"])
    with Waiting(device) as waiting:
        waiting.send(*words)
        waiting.post(*words)
        with runs_may_be_stopped(client):
            replies = waiting.replies()
    # Joined they are wrong, and one by one stuck: the second as well, on another worker.
    assert replies == [error(LOST)] * 2
    expect_usual(client)
    assert stuck_runs(client) == 2


def test_a_step_of_a_dag_that_is_stuck_fails(device):
    client = device.client()
    command = dag(run("m", "a b", "z"), run("stuck", "hours", "y"), run("stuck", "few", "w"),
                  load=["a", "b", "hours", "few"], persist=["z"])
    with device.client() as other, runs_may_be_stopped(other):
        reply = client.execute_command(*command)
    assert [str(entry) for entry in reply] == [str(b"OK"), LOST, str(b"NA")]
    assert client.exists("z") == 0
    expect_usual(client)


@pytest.mark.parametrize("function", ["add_up", "call_up"])
def test_a_script_that_is_stuck_is_answered(device, function):
    client = device.client()
    assert client.execute_command(
        "AI.SCRIPTSTORE", "s", "CPU", "ENTRY_POINTS", 2, "add_up", "call_up", "SOURCE", SCRIPT) == b"OK"
    floats(client, "x", 1)
    words = ["AI.SCRIPTEXECUTE", "s", function, "KEYS", 1, "stuck",
             "INPUTS", 1, {"add_up": "x", "call_up": "hours"}[function], "OUTPUTS", 1, "y"]
    expect_lost(client, *words)
    expect_usual(client)
    assert stuck_runs(client) == 1
    information = client.execute_command("AI.INFO", "s")
    assert dict(zip(information[::2], information[1::2]))[b"errors"] == 1


def test_a_model_that_allows_one_run_is_blocked_alone(device):
    client = device.client()
    store_torch(client, "t", "counts_long_runs")
    floats(client, "x", 1)
    set_tensor(client, "count", "INT64", [1 << 30])
    expect_lost(client, *execution("t", ["x", "count"], ["y"]))
    text = refusal(client, *execution("t", ["x", "few"], ["y"]))
    assert text.startswith("BUSY the model allows one run at a time")
    expect_usual(client)


def test_eight_stuck_runs_leave_the_device_its_workers(start_server):
    server = start_server(words=["THREADS_PER_QUEUE", 8])
    client = server.client()
    prepare(client)
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(server.wire()) for _ in range(8)]
        for connection in connections:
            connection.send(*execution("stuck", ["hours"], ["y"]))
        behind = stack.enter_context(server.wire())
        behind.send(*execution("m", ["a", "b"], ["z"]))
        with runs_may_be_stopped(client):
            for connection in connections:
                # As in `expect_lost`.
                while (reply := connection.receive()) == error(STOPPED):
                    connection.send(*execution("stuck", ["hours"], ["y"]))
                assert reply == error(LOST)
        # It may have had the limit too, which is enough unless the machine is busy with something else.
        if behind.receive() != OK:
            expect_usual(client)
    assert stuck_runs(client) == 8
    for _ in range(8):
        expect_usual(client)


def test_a_device_without_workers_refuses_and_others_go_on(device):
    """One more than may be replaced."""
    client = device.client()
    store(client, "other", "mul_2x2", device="CPU:1")
    count = MOST_REPLACED + 1
    for _ in range(count):
        expect_lost(client, *execution("stuck", ["hours"], ["y"]))
    assert stuck_runs(client) == count
    text = refusal(client, *execution("m", ["a", "b"], ["z"]))
    assert text == (
        f"BUSY device CPU has no worker left: {count} runs are beyond MODEL_EXECUTION_TIMEOUT and "
        "do not stop; try again later")
    execute(client, "other", ["a", "b"], ["z"])
    assert get_tensor(client, "z").tolist() == PRODUCT
    assert client.ping()
