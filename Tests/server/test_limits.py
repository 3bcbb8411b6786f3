"""What protects the server: bounds on devices and queues, and threads that cannot be started."""

import contextlib
import pathlib
import resource

import pytest
import redis

from support.clients import refusal
from support.gates import Gate
from support.models import execute, execution, floats, get_tensor, model_bytes, store
from support.replicas import follow
from support.servers import wait_until
from support.texts import MINIMUM_ABOVE_BATCH
from support.threads import status_of_threads
from support.wire import OK, error

NO_QUEUE = "ERR Could not initialize queue on requested device"


def too_many_devices(device, limit):
    return f"ERR no workers for device {device}: there are {limit} devices, and DEVICE_LIMIT allows no more"


def workers(server):
    """How many workers the server has."""
    names = [status["Name"] for status in status_of_threads(server).values()]
    return sum(name.startswith("ai:run/") for name in names)


def has_workers(server, count):
    """Waits until there are so many workers: each takes its name as the first thing that it does."""
    wait_until(lambda: workers(server) == count, what=f"{count} workers")


def store_words(key, device):
    return ["AI.MODELSTORE", key, "ONNX", device, "BLOB", model_bytes("add_1")]


def test_99_names_of_devices_start_no_more_threads_than_the_limit(start_server):
    server = start_server()
    client = server.client()
    replies = [refusal(client, *store_words(f"m{number}", f"CPU:{number}")) for number in range(1, 100)]
    assert replies == [None] * 31 + [too_many_devices(f"CPU:{number}", 32) for number in range(32, 100)]
    has_workers(server, 32)
    assert client.dbsize() == 31
    floats(client, "x", 1, 2)
    execute(client, "m31", ["x"], ["y"])
    store(client, "m1", "add_100", device="CPU:1")


def test_a_device_too_many_is_refused_in_a_transaction_too(start_server):
    client = start_server(words=["DEVICE_LIMIT", 1]).client()
    with client.pipeline(transaction=True) as transaction:
        transaction.execute_command(*store_words("m", "CPU:1"))
        transaction.execute_command("AI.MODELSET", "n", "ONNX", "CPU:1", "BLOB", model_bytes("add_1"))
        replies = transaction.execute(raise_on_error=False)
    assert [str(reply) for reply in replies] == [too_many_devices("CPU:1", 1)] * 2
    assert client.dbsize() == 0


def test_the_limit_of_devices_changes_while_the_server_runs(start_server):
    server = start_server(words=["DEVICE_LIMIT", 1, "THREADS_PER_QUEUE", 2])
    client = server.client()
    assert refusal(client, *store_words("m", "CPU:1")) == too_many_devices("CPU:1", 1)
    client.config_set("ai.device_limit", 2)
    assert refusal(client, *store_words("m", "CPU:1")) is None
    has_workers(server, 4)


def test_saved_models_on_devices_too_many_keep_their_bytes(start_server):
    server = start_server(words=["DEVICE_LIMIT", 3])
    client = server.client()
    for number in (1, 2):
        store(client, f"m{number}", "add_1", device=f"CPU:{number}")
    floats(client, "x", 1, 2)
    server.words = ["DEVICE_LIMIT", 2]
    server.restart()
    client = server.client()
    replies = {refusal(client, *execution(f"m{number}", ["x"], ["y"])) for number in (1, 2)}
    assert replies in ({None, too_many_devices(f"CPU:{number}", 2)} for number in (1, 2))
    for number in (1, 2):
        assert client.execute_command("AI.MODELGET", f"m{number}", "BLOB") == model_bytes("add_1")
    server.words = ["DEVICE_LIMIT", 3]
    server.restart()
    for number in (1, 2):
        execute(server.client(), f"m{number}", ["x"], ["y"])


def test_a_replica_with_a_lower_limit_follows(start_server):
    master = start_server(tcp=True)
    replica = start_server(tcp=True, words=["DEVICE_LIMIT", 1])
    follow(replica, master)
    store(master.client(), "m", "add_1", device="CPU:1")
    floats(master.client(), "x", 1, 2)
    wait_until(lambda: replica.client().exists("m", "x") == 2, what="the model and the tensor")
    assert replica.client().execute_command("AI.MODELGET", "m", "BLOB") == model_bytes("add_1")
    has_workers(replica, 1)


@contextlib.contextmanager
def no_room_for_threads(server):
    """A thread needs 8 MiB of addresses for its stack; the server may take 6 more.

    The system keeps the stacks of a few threads that have ended for the next ones, so that not the first
    thread is refused but one soon after it.
    """
    status = pathlib.Path(f"/proc/{server.process.pid}/statm").read_text()
    used = int(status.split()[0]) * resource.getpagesize()
    before = resource.prlimit(server.process.pid, resource.RLIMIT_AS)
    resource.prlimit(server.process.pid, resource.RLIMIT_AS, (used + (6 << 20), before[1]))
    try:
        yield
    finally:
        resource.prlimit(server.process.pid, resource.RLIMIT_AS, before)


def test_threads_that_cannot_be_started_are_an_error_and_nothing_is_used(start_server):
    server = start_server(words=["THREADS_PER_QUEUE", 8])
    client = server.client()
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    # A worker that has run something has all the memory that it needs.
    execute(client, "m", ["x"], ["y"])
    with no_room_for_threads(server):
        assert refusal(client, *store_words("n", "CPU:1")) == NO_QUEUE
        assert refusal(client, *store_words("m", "CPU:1")) == NO_QUEUE
        assert refusal(client, *execution("n", ["x"], ["y"])) == "ERR model key is empty"
        execute(client, "m", ["x"], ["y"])
    # Those that could be started wait for the next queue.
    wait_until(lambda: 8 <= workers(server) < 16, what="the workers that could be started")
    store(client, "n", "add_1", device="CPU:1")
    execute(client, "n", ["x"], ["y"])
    assert get_tensor(client, "y").tolist() == [2, 3]
    has_workers(server, 16)


def test_a_worker_stays_if_no_other_could_take_its_place(start_server):
    """One that has run something would build the next model, and end."""
    server = start_server()
    client = server.client()
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    execute(client, "m", ["x"], ["y"])
    with no_room_for_threads(server):
        # The system keeps room for a few threads that have ended.
        for number in range(20):
            execute(client, "m", ["x"], ["y"])
            with contextlib.suppress(redis.ResponseError):
                client.execute_command(*store_words(f"n{number}", "CPU"))
        execute(client, "m", ["x"], ["y"])
        assert get_tensor(client, "y").tolist() == [2, 3]
        has_workers(server, 1)
    store(client, "n", "add_1")
    execute(client, "n", ["x"], ["y"])
    has_workers(server, 1)


def queue_full(limit):
    return error(f"ERR the queue of device CPU is full: {limit} requests are waiting")


def queue_of_cpu(client):
    """Workers that run something, and requests that wait."""
    queues = client.execute_command("AI.STATS")[3]
    fields = dict(zip(queues[0][::2], queues[0][1::2]))
    return fields[b"busy_workers"], fields[b"waiting"]


@pytest.mark.parametrize("change", [False, True])
def test_a_full_queue_refuses_and_forgets_nothing(start_server, change):
    server = start_server(words=["QUEUE_LIMIT", 3 if not change else 1])
    client = server.client()
    if change:
        client.config_set("ai.queue_limit", 3)
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    with contextlib.ExitStack() as stack:
        gate = stack.enter_context(Gate(server))
        waiting = [stack.enter_context(server.wire()) for _ in range(6)]
        for number, connection in enumerate(waiting[:3]):
            gate.line_up(connection, *execution("m", ["x"], [f"y{number}"]))
        assert queue_of_cpu(client) == (1, 3)
        for number, connection in enumerate(waiting[3:], 3):
            assert connection.call(*execution("m", ["x"], [f"y{number}"])) == queue_full(3)
        gate.open()
        assert [connection.receive() for connection in waiting[:3]] == [OK] * 3
        assert waiting[5].call(*execution("m", ["x"], ["y5"])) == OK
        assert all(connection.nothing_more_came() for connection in waiting)
    assert client.exists("y0", "y1", "y2", "y3", "y4", "y5") == 4


def test_a_least_batch_above_the_largest_is_refused(client):
    for sizes in ([2, 3], [1, 2], [0, 1]):
        words = ["BATCHSIZE", sizes[0], "MINBATCHSIZE", sizes[1]]
        text = refusal(client, "AI.MODELSTORE", "m", "ONNX", "CPU", *words, "BLOB", model_bytes("add_1"))
        assert text == (MINIMUM_ABOVE_BATCH if sizes[0] else "ERR MINBATCHSIZE specified without BATCHSIZE")
    assert client.exists("m") == 0
    store(client, "m", "add_1", "BATCHSIZE", 3, "MINBATCHSIZE", 3)
