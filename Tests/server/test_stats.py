"""AI.STATS: how long requests wait and run, and what waits in the server."""

import threading
import time

import pytest

from support import paths
from support.builds import while_it_is_loaded
from support.clients import refusal
from support.gates import Gate
from support.models import execute, execution, floats, get_tensor, set_tensor, store
from support.servers import wait_until
from support.texts import arity
from support.wire import OK, bulk, integer

NO_ENTRY = "ERR cannot find run info for key"
FIELDS = ["type", "backend", "device", "tag", "state", "error", "calls", "errors", "samples", "duration_us",
          "runs", "inline_calls", "queued_calls", "queue_us", "run_us", "total_us", "batch", "memory_bytes"]
TIMES = ["count", "mean", "p50", "p99", "p99.9", "max"]
# Nothing runs on the server's own thread.
QUEUED = ["INLINE_RUN_BUDGET", 0]
# Everything does, once the first runs are over.
INLINE = ["INLINE_RUN_BUDGET", 10_000_000]


def stats(server, *key, database=0):
    """The reply as nested dictionaries with text for names."""
    return texts(server.client(database, protocol=3).execute_command("AI.STATS", *key))


def texts(reply):
    if isinstance(reply, dict):
        return {name.decode(): texts(value) for name, value in reply.items()}
    if isinstance(reply, list):
        return [texts(entry) for entry in reply]
    return reply.decode() if isinstance(reply, bytes) else reply


def info(client, key):
    reply = client.execute_command("AI.INFO", key)
    return {name.decode(): value for name, value in zip(reply[::2], reply[1::2])}


def run(client, key, count):
    for _ in range(count):
        execute(client, key, ["x"], ["y"])


# Form

def test_too_many_words_are_refused(client):
    assert refusal(client, "ai.stats", "m", "more") == arity("AI.STATS")


@pytest.mark.parametrize("key", ["missing", "t", "text"])
def test_a_key_without_a_model_has_no_statistics(client, key):
    floats(client, "t", 1)
    client.set("text", "t")
    assert refusal(client, "AI.STATS", key) == NO_ENTRY


def test_a_new_models_statistics_are_zeros(client, wire):
    store(client, "m", "mul_2x2", "TAG", "v1", device="cpu")
    times = b"*12\r\n" + b"".join(
        bulk(name) + (integer(0) if name == "count" else bulk("0")) for name in TIMES)
    expected = b"*36\r\n" + b"".join([
        bulk("type"), bulk("MODEL"), bulk("backend"), bulk("ONNX"), bulk("device"), bulk("cpu"), bulk("tag"),
        bulk("v1"), bulk("state"), bulk("ready"), bulk("error"), b"$-1\r\n", bulk("calls"), integer(0),
        bulk("errors"), integer(0), bulk("samples"), integer(0), bulk("duration_us"), integer(0),
        bulk("runs"), integer(0), bulk("inline_calls"), integer(0), bulk("queued_calls"), integer(0),
        bulk("queue_us"), times, bulk("run_us"), times, bulk("total_us"), times, bulk("batch"), b"*8\r\n",
        bulk("runs"), integer(0), bulk("rows_mean"), bulk("0"), bulk("rows_max"), integer(0), bulk("rows"),
        b"*0\r\n", bulk("memory_bytes")])
    assert wire.call("AI.STATS", "m").startswith(expected + b":")


def test_the_reply_is_a_map_in_resp3(client, wire3):
    store(client, "m", "add_1")
    assert wire3.call("AI.STATS", "m").startswith(b"%18\r\n" + bulk("type") + bulk("MODEL"))
    assert wire3.call("AI.STATS").startswith(b"%7\r\n" + bulk("version") + bulk("99.99.99"))


def test_both_protocols_say_the_same(server, client):
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    run(client, "m", 5)
    flat = client.execute_command("AI.STATS", "m")
    told = dict(zip(flat[::2], flat[1::2]))
    times = {name: dict(zip(told[name][::2], told[name][1::2])) for name in (b"queue_us", b"run_us")}
    nested = stats(server, "m")
    assert list(nested) == FIELDS == [name.decode() for name in told]
    for name, entry in times.items():
        assert {key.decode(): float(value) for key, value in entry.items()} == nested[name.decode()]


def test_it_can_be_asked_in_a_transaction_and_a_script(client):
    store(client, "m", "add_1")
    pipeline = client.pipeline(transaction=True)
    pipeline.execute_command("AI.STATS", "m")
    pipeline.execute_command("AI.STATS")
    model, whole = pipeline.execute()
    assert (model[0], whole[0]) == (b"type", b"version")
    assert client.eval("return redis.call('AI.STATS', KEYS[1])[2]", 1, "m") == b"MODEL"


@pytest.mark.parametrize("binary", paths.SERVERS.values(), ids=paths.SERVERS)
def test_older_and_newer_servers_answer_as_well(start_server, binary):
    server = start_server(binary=binary, words=QUEUED)
    client = server.client()
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    run(client, "m", 3)
    flat = client.execute_command("AI.STATS", "m")
    told = dict(zip(flat[::2], flat[1::2]))
    assert (told[b"calls"], told[b"queued_calls"]) == (3, 3)
    assert client.execute_command("AI.STATS")[0] == b"version"
    with server.wire(protocol=3) as connection:
        # Before 7.0 modules cannot reply with a map.
        assert connection.call("AI.STATS", "m").startswith(b"*36" if server.version < (7, 0) else b"%18")
    client.execute_command("ACL", "SETUSER", "reader", "on", "nopass", "~m", "+ai.stats")
    with server.wire() as connection:
        assert connection.call("AUTH", "reader", "any") == OK
        assert connection.call("AI.STATS").startswith(b"*14")
        assert connection.call("AI.STATS", "m").startswith(b"*36")
        assert connection.call("AI.STATS", "other").startswith(b"-NOPERM")


# Counting

def test_queued_requests_are_counted(start_server):
    server = start_server(words=QUEUED)
    client = server.client()
    store(client, "m", "identity_float")
    set_tensor(client, "x", "FLOAT", [1, 2, 3])
    run(client, "m", 7)
    told = stats(server, "m")
    assert (told["calls"], told["queued_calls"], told["inline_calls"]) == (7, 7, 0)
    assert (told["errors"], told["samples"], told["runs"]) == (0, 21, 7)
    assert [told[name]["count"] for name in ("queue_us", "run_us", "total_us")] == [7, 7, 7]
    assert told["batch"] == {"runs": 7, "rows_mean": 3, "rows_max": 3, "rows": {"4": 7}}


def test_inline_requests_are_counted_and_do_not_wait(start_server):
    server = start_server(words=INLINE)
    client = server.client()
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    run(client, "m", 13)
    told = stats(server, "m")
    # The first three always go to a worker.
    assert (told["calls"], told["queued_calls"], told["inline_calls"]) == (13, 3, 10)
    assert [told[name]["count"] for name in ("queue_us", "run_us", "total_us")] == [3, 13, 13]


def test_failed_requests_count_where_they_ran(start_server):
    server = start_server(words=INLINE)
    client = server.client()
    store(client, "m", "divide_int32")
    set_tensor(client, "x", "INT32", [4, 2])
    set_tensor(client, "zeros", "INT32", [0, 0])
    assert refusal(client, *execution("m", ["x", "zeros"], ["y"])) is not None
    for _ in range(3):
        execute(client, "m", ["x", "x"], ["y"])
    assert refusal(client, *execution("m", ["x", "zeros"], ["y"])) is not None
    told = stats(server, "m")
    assert (told["calls"], told["errors"], told["runs"]) == (5, 2, 3)
    assert (told["queued_calls"], told["inline_calls"]) == (4, 1)
    assert told["total_us"]["count"] == 3


def test_it_agrees_with_info(client, server):
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    run(client, "m", 9)
    assert refusal(client, *execution("m", ["x", "x"], ["y"])) is not None
    told, known = stats(server, "m"), info(client, "m")
    assert {name: told[name] for name in ("calls", "samples", "errors")} == {
        name: known[name] for name in ("calls", "samples", "errors")}
    assert told["duration_us"] == known["duration"]


def test_times_are_in_their_order(client, server):
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    run(client, "m", 50)
    told = stats(server, "m")
    for name in ("queue_us", "run_us", "total_us"):
        times = told[name]
        assert 0 < times["p50"] <= times["p99"] <= times["p99.9"] <= times["max"]
        assert 0 < times["mean"] <= times["max"]
    assert told["run_us"]["max"] <= told["total_us"]["max"]
    assert abs(told["run_us"]["mean"] * told["runs"] - told["duration_us"]) < 2


def test_waiting_behind_another_run_is_queue_time(start_server):
    """It waits behind a gate for longer than a stretch of time, and runs within another."""
    server = start_server(words=QUEUED)
    client = server.client()
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    with Gate(server) as gate, server.wire() as second:
        gate.hold()
        second.send(*execution("m", ["x"], ["z"]))
        wait_until(lambda: stats(server)["queues"][0]["waiting"] == 1, what="the second request")
        waits = time.monotonic()
        assert stats(server)["queues"][0]["busy_workers"] == 1
        opened = time.monotonic()
        gate.open()
        assert second.receive() == OK
        ended = time.monotonic()
    wait_until(lambda: stats(server)["queues"][0]["busy_workers"] == 0, what="the worker's sleep")
    waited, ran = stats(server, "m"), stats(server, gate.name)
    assert stats(server)["queues"][0]["waiting"] == 0
    assert waited["queue_us"]["max"] >= 1_000_000 * (opened - waits)
    assert 0 < waited["run_us"]["max"] <= 1_000_000 * (ended - opened)
    # One request: its total is exactly both, but for the rounding of doubles.
    both = waited["queue_us"]["max"] + waited["run_us"]["max"]
    assert waited["total_us"]["max"] == pytest.approx(both, abs=0.001)
    assert ran["total_us"]["max"] >= ran["run_us"]["max"]


def test_resetting_resets_everything(client, server):
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    before = stats(server, "m")
    run(client, "m", 20)
    assert refusal(client, *execution("m", ["x", "x"], ["y"])) is not None
    assert stats(server, "m") != before
    client.execute_command("AI.INFO", "m", "RESETSTAT")
    assert stats(server, "m") == before
    run(client, "m", 2)
    assert (stats(server, "m")["calls"], stats(server, "m")["runs"]) == (2, 2)


def test_statistics_follow_a_renamed_model(client, server):
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    run(client, "m", 4)
    before = stats(server, "m")
    client.rename("m", "n")
    assert stats(server, "n") == before
    client.move("n", 7)
    assert stats(server, "n", database=7) == before
    assert refusal(client, "AI.STATS", "n") == NO_ENTRY


def test_a_copy_counts_from_zero(client, server):
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    run(client, "m", 4)
    client.copy("m", "n")
    run(client, "n", 1)
    assert (stats(server, "m")["calls"], stats(server, "n")["calls"]) == (4, 1)


def test_requests_at_once_are_all_counted(start_server):
    server = start_server(words=["THREADS_PER_QUEUE", 4, *QUEUED])
    client = server.client()
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)

    def work(index):
        own = server.client()
        for _ in range(100):
            execute(own, "m", ["x"], [f"y{index}"])

    threads = [threading.Thread(target=work, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = stats(server, "m")
    assert (told["calls"], told["runs"], told["samples"]) == (800, 800, 1600)
    assert told["queue_us"]["count"] == told["total_us"]["count"] == 800
    assert get_tensor(client, "y7").tolist() == [2, 3]


# State

def test_a_model_that_no_longer_loads_says_why(start_server, tmp_path):
    server = start_server(backends=tmp_path)
    store_server = start_server()
    store(store_server.client(), "m", "add_1")
    server.client().restore("m", 0, store_server.client().dump("m"))
    wait_until(lambda: stats(server, "m")["state"] == "failed", what="the failure")
    floats(server.client(), "x", 1, 2)
    assert stats(server, "m")["error"] == refusal(server.client(), *execution("m", ["x"], ["y"]))
    assert stats(server)["models"] == {"loading": 0, "ready": 0, "failed": 1}


def test_a_model_that_is_being_built_says_so(client, server):
    floats(client, "x", 1, 2)

    def look():
        assert stats(server, "n")["state"] == "loading"
        assert stats(server)["models"] == {"loading": 1, "ready": 1, "failed": 0}

    assert while_it_is_loaded(server, execution("n", ["x"], ["y"]), look, "n") == OK
    assert stats(server, "n")["state"] == "ready"
    assert stats(server)["models"] == {"loading": 0, "ready": 2, "failed": 0}


def test_the_server_tells_its_queues_and_runtimes(start_server):
    server = start_server(words=["THREADS_PER_QUEUE", 3])
    told = stats(server)
    assert [queue["device"] for queue in told["queues"]] == ["CPU"]
    assert told["backends"] == []
    store(server.client(), "m", "wide_layer", device="cpu:1")
    told = stats(server)
    assert [queue["device"] for queue in told["queues"]] == ["CPU", "CPU:1"]
    assert [queue["workers"] for queue in told["queues"]] == [3, 3]
    assert all(queue["limit"] > 0 and queue["waiting"] == 0 for queue in told["queues"])
    [backend] = told["backends"]
    assert backend["backend"] == "ONNX"
    assert backend["version"] == server.field("modules", "ai_onnxruntime_version")
    assert backend["memory_bytes"] > 0 and backend["allocations"] > 0


def test_models_of_all_databases_are_counted(client, server):
    store(client, "m", "add_1")
    store(server.client(database=3), "m", "add_1")
    floats(client, "t", 1)
    assert stats(server)["models"] == {"loading": 0, "ready": 2, "failed": 0}
    client.delete("m")
    assert stats(server)["models"]["ready"] == 1


def test_memory_is_that_of_the_model(client, server):
    store(client, "m", "wide_layer")
    assert 0 < stats(server, "m")["memory_bytes"] <= client.memory_usage("m")
