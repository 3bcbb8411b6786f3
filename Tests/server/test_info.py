"""INFO MODULES and AI.INFO."""

import os
import pathlib

import pytest

from support.clients import refusal
from support.models import execute, execution, floats, get_tensor, set_tensor, store
from support.servers import wait_until
from support.texts import arity
from support.wire import OK, bulk, integer

TICK = 1 / os.sysconf("SC_CLK_TCK")
NO_ENTRY = "ERR cannot find run info for key"


def sections(server):
    """The text of INFO MODULES in its parts, as clients take it apart: split at each `#`."""
    return server.info("MODULES").split("#")


def fields(section):
    """The names and values of one section."""
    lines = [line.partition(":") for line in section.splitlines()[1:] if ":" in line]
    return {name: value for name, _, value in lines}


def labelled(client, key):
    reply = client.execute_command("AI.INFO", key)
    return dict(zip(reply[::2], reply[1::2]))


def test_the_sections_come_in_their_order(server):
    parts = sections(server)
    names = [part.splitlines()[0].strip() for part in parts[1:]]
    assert names[:6] == [
        "Modules", "ai_versions", "ai_git", "ai_load_time_configs", "ai_backends_info", "ai_cpu"]


def test_the_versions_are_told(server):
    told = fields(sections(server)[2])
    assert list(told) == ["ai_RedisAI_version", "ai_low_level_API_version", "ai_rdb_version"]
    assert told["ai_rdb_version"] == "4"
    assert told["ai_low_level_API_version"] == "1"
    assert "ai_git_sha" in fields(sections(server)[3])


def test_the_settings_of_the_start_are_told(start_server):
    words = ["THREADS_PER_QUEUE", 3, "INTRA_OP_PARALLELISM", 2, "INTER_OP_PARALLELISM", 1,
             "MODEL_EXECUTION_TIMEOUT", 2000, "BACKEND_MEMORY_LIMIT", 100]
    assert fields(sections(start_server(words=words))[4]) == {
        "ai_threads_per_queue": "3", "ai_inter_op_parallelism": "1", "ai_intra_op_parallelism": "2",
        "ai_model_execution_timeout": "2000", "ai_backend_memory_limit": "100"}


def test_the_processor_times_are_told(server):
    told = fields(sections(server)[6])
    for name in ("self_used_cpu_sys", "self_used_cpu_user", "children_used_cpu_sys", "children_used_cpu_user",
                 "main_thread_used_cpu_sys", "main_thread_used_cpu_user",
                 "queue_CPU_bthread_n1_used_cpu_total"):
        whole, _, part = told["ai_" + name].partition(".")
        assert whole.isdigit() and part.isdigit() and len(part) == 6


def test_the_main_threads_processor_time_is_its_own(start_server):
    """Compared with what the kernel says of that thread, before and after."""
    server = start_server()
    client = server.client()
    store(client, "slow", "slow")
    set_tensor(client, "count", "INT64", [100])

    def tells_main_and_others_apart():
        execute(client, "slow", ["count"], ["y"])
        client.eval("for index = 1, 1000000 do end", 0)
        before = thread_seconds(server)
        told = fields(sections(server)[6])
        after = thread_seconds(server)
        own = float(told["ai_main_thread_used_cpu_sys"]) + float(told["ai_main_thread_used_cpu_user"])
        whole = float(told["ai_self_used_cpu_sys"]) + float(told["ai_self_used_cpu_user"])
        assert before - 2 * TICK <= own <= after + 2 * TICK
        # The kernel counts in ticks, so a few of them must have been used.
        return 4 * TICK < own < whole - 4 * TICK

    wait_until(tells_main_and_others_apart, what="more work of the main thread and of a worker")


def thread_seconds(server):
    """Processor time of the server's main thread."""
    pid = server.process.pid
    told = pathlib.Path(f"/proc/{pid}/task/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) * TICK


def test_the_runtimes_version_is_told_once_it_is_loaded(start_server):
    server = start_server()
    assert "ai_onnxruntime_version" not in server.info("MODULES")
    store(server.client(), "m", "wide_layer")
    told = fields(sections(server)[5])
    assert told["ai_onnxruntime_version"].startswith("1.")
    assert int(told["ai_onnxruntime_memory"]) > 0
    assert int(told["ai_onnxruntime_memory_access_num"]) > 0
    assert int(told["ai_onnxruntime_maximum_run_sessions_number"]) == 1


def test_a_runtime_without_a_model_harms_no_info(start_server):
    server = start_server()
    path = server.backends / "redisai_onnxruntime" / "redisai_onnxruntime.so"
    assert server.client().execute_command("AI.CONFIG", "LOADBACKEND", "ONNX", str(path)) == b"OK"
    for section in ("MODULES", "everything", "all", "default"):
        server.info(section)
    assert "ai_onnxruntime_version" in server.info("MODULES")


def test_a_runtime_whose_only_model_was_refused_harms_no_info(start_server):
    server = start_server()
    assert refusal(server.client(), "AI.MODELSTORE", "m", "ONNX", "CPU", "BLOB", "garbage") is not None
    server.info("everything")


@pytest.mark.parametrize("words", [[], ["k", "RESETSTAT", "more"]])
def test_a_wrong_number_of_words_names_the_command_in_capitals(client, words):
    assert refusal(client, "ai.info", *words) == arity("AI.INFO")


def test_a_key_that_never_ran_anything_has_no_entry(client):
    floats(client, "t", 1)
    for key in ("missing", "t"):
        assert refusal(client, "AI.INFO", key) == NO_ENTRY


def test_a_new_models_entry_is_all_zeros(client, wire):
    store(client, "m", "mul_2x2", "TAG", "v1", device="cpu")
    assert wire.call("AI.INFO", "m") == (
        b"*18\r\n" + bulk("key") + bulk("m") + bulk("type") + bulk("MODEL") + bulk("backend") + bulk("ONNX")
        + bulk("device") + bulk("cpu") + bulk("tag") + bulk("v1") + bulk("duration") + integer(0)
        + bulk("samples") + integer(0) + bulk("calls") + integer(0) + bulk("errors") + integer(0))


def test_runs_samples_and_errors_are_counted(client):
    store(client, "m", "sum_difference")
    set_tensor(client, "x", "FLOAT", [[1, 2], [3, 4], [5, 6]])
    set_tensor(client, "flat", "FLOAT", [1, 2])
    for _ in range(4):
        execute(client, "m", ["x", "x"], ["y", "z"])
    assert refusal(client, *execution("m", ["flat", "flat"], ["y", "z"])) is not None
    told = labelled(client, "m")
    assert (told[b"calls"], told[b"samples"], told[b"errors"]) == (5, 12, 1)
    assert told[b"duration"] >= 0


def test_a_refused_command_is_not_counted(client):
    store(client, "m", "sum_difference")
    assert refusal(client, *execution("m", ["missing", "missing"], ["y", "z"])) is not None
    assert labelled(client, "m")[b"calls"] == 0


def test_counts_are_reset_when_asked_to(client, wire):
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    execute(client, "m", ["x"], ["y"])
    assert wire.call("AI.INFO", "m", "resetstat") == OK
    assert labelled(client, "m")[b"calls"] == 0


def test_counts_follow_a_renamed_model(client):
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    execute(client, "m", ["x"], ["y"])
    client.rename("m", "n")
    execute(client, "n", ["x"], ["y"])
    assert labelled(client, "n")[b"calls"] == 2
    assert refusal(client, "AI.INFO", "m") == NO_ENTRY


def test_an_overwritten_model_counts_from_zero(client):
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    execute(client, "m", ["x"], ["y"])
    store(client, "m", "add_100")
    assert labelled(client, "m")[b"calls"] == 0
    execute(client, "m", ["x"], ["y"])
    assert get_tensor(client, "y").tolist() == [101, 102]
    assert labelled(client, "m")[b"calls"] == 1


def test_databases_count_apart(server):
    first, second = server.client(database=0), server.client(database=5)
    for client in (first, second):
        store(client, "m", "add_1")
        floats(client, "x", 1, 2)
    execute(first, "m", ["x"], ["y"])
    assert labelled(first, "m")[b"calls"] == 1
    assert labelled(second, "m")[b"calls"] == 0
