"""The module's settings as settings of the server, from Redis 7.0 on, and as words at the start."""

import re

import numpy
import pytest

from support import large_models, paths
from support.clients import refusal
from support.models import (
    PRODUCT, execute, execution, get_tensor, model_bytes, prepare_product, set_tensor, store)
from support.patience import AN_HOUR, FOREVER, LOST, SHORTEST_LIMIT
from support.servers import RedisServer, served, wait_until
from support.texts import NO_BACKEND

# Name, default, least and greatest value of each number that can change.
NUMBERS = [
    ("model_execution_timeout", 5000, 1000, 2**31 - 1),
    ("model_build_timeout", 300_000, 1000, 2**31 - 1),
    ("backend_memory_limit", 0, 0, 2**31 - 1),
    ("model_chunk_size", 511 * 1024 * 1024, 1, 2**63 - 1),
    ("inline_run_budget", 100, 0, 2**31 - 1),
    ("queue_limit", 10_000, 1, 2**31 - 1),
    ("batch_wait_limit", 0, 0, 2**31 - 1),
    ("device_limit", 32, 1, 1024),
    ("flows_memory_limit", 1024, 64, 2**31 - 1),
    ("flows_atomic_limit", 200, 1, 5000),
    ("flows_install_limit", 600, 1, 86400),
    ("flows_hang_limit", 1000, 100, 2**31 - 1),
]
FIXED = [
    ("threads_per_queue", 1), ("intra_op_parallelism", 0), ("inter_op_parallelism", 0),
    ("torch_allow_native_code", "no"), ("allow_load", "no"),
    ("allow_unchecked_scripts", "no"), ("flows", "no"), ("flows_python", "python3"),
    ("flows_allow_install", "no"),
    ("flows_sandbox", "strict"), ("flows_placement", "yes"),
]


def modules(client):
    """What the server says of each module that is loaded, as lists of names and values."""
    return client.execute_command("MODULE", "LIST")


def shown(client):
    """All settings of the module, as text."""
    return dict(client.config_get("ai.*"))


@pytest.fixture(scope="module", params=paths.NEWER_SERVERS)
def newer_server(request):
    """A server that knows settings of modules."""
    with served(RedisServer(
            binary=paths.NEWER_SERVERS[request.param], settings=["enable-protected-configs yes"],
            patient=False)) as server:
        yield server


@pytest.fixture
def newer(newer_server):
    """A client of such a server whose settings are the defaults."""
    client = newer_server.client()
    yield client
    for name, default, _, _ in NUMBERS:
        client.config_set(f"ai.{name}", default)
    client.config_set("ai.execute_in_transactions", "no")
    client.config_set("ai.tf_allow_all_operations", "no")
    client.config_set("ai.torch_allow_all_operators", "no")
    client.config_set("ai.backendspath", str(paths.BACKENDS))


def test_the_execution_timeout_changes_also_for_a_run_under_way(newer, newer_server):
    newer.config_set("ai.model_execution_timeout", AN_HOUR)
    store(newer, "spin", "spin")
    set_tensor(newer, "forever", "INT64", [FOREVER])
    with newer_server.wire() as connection:
        connection.send(*execution("spin", ["forever"], ["y"]))
        wait_until(lambda: newer.info("clients")["blocked_clients"] == 1, what="a run on a worker")
        newer.config_set("ai.model_execution_timeout", SHORTEST_LIMIT)
        reply = connection.receive().decode()
        assert "Exiting due to terminate flag" in reply or LOST in reply


def test_the_memory_limit_changes_for_models_that_are_there(newer):
    newer.flushall()
    newer.config_set("ai.model_execution_timeout", AN_HOUR)
    newer.execute_command("AI.MODELSTORE", "m", "ONNX", "CPU", "BLOB", large_models.single_layer(80, 96))
    set_tensor(newer, "many", "FLOAT", numpy.ones([4000, 80]))
    request = execution("m", ["many"], ["y"])
    assert newer.execute_command(*request) == b"OK"
    newer.config_set("ai.backend_memory_limit", 1)
    limit = "Onnxruntime memory limit exceeded, memory allocation failed."
    assert refusal(newer, *request) == limit
    newer.config_set("ai.backend_memory_limit", 0)
    assert newer.execute_command(*request) == b"OK"


def test_every_setting_has_its_default(newer):
    assert shown(newer) == {
        **{f"ai.{name}": str(default) for name, default, _, _ in NUMBERS},
        **{f"ai.{name}": str(default) for name, default in FIXED},
        "ai.execute_in_transactions": "no",
        "ai.tf_allow_all_operations": "no",
        "ai.torch_allow_all_operators": "no",
        "ai.backendspath": str(paths.BACKENDS)}


def test_the_readme_lists_every_setting(newer):
    section = (paths.ROOT / "README.md").read_text().split("\n## Settings\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([A-Z_]+)` \|", section, re.MULTILINE)
    assert sorted(rows) == sorted(
        ["ONNX", "TF", "TFLITE", "TORCH", *(name[3:].upper() for name in shown(newer))])


@pytest.mark.parametrize("name, default, least, greatest", NUMBERS)
def test_a_number_changes_within_its_range(newer, name, default, least, greatest):
    for value in (least, greatest):
        newer.config_set(f"ai.{name}", value)
        assert shown(newer)[f"ai.{name}"] == str(value)
    for value in (least - 1, greatest + 1, "many", ""):
        assert refusal(newer, "CONFIG", "SET", f"ai.{name}", value) is not None
        assert shown(newer)[f"ai.{name}"] == str(greatest)


def test_when_one_value_is_refused_none_changes(newer):
    words = ["CONFIG", "SET", "ai.inline_run_budget", 7, "ai.queue_limit", 0]
    assert refusal(newer, *words) is not None
    assert shown(newer)["ai.inline_run_budget"] == "100"


@pytest.mark.parametrize("name, default", FIXED)
def test_what_is_fixed_at_the_start_does_not_change(newer, name, default):
    assert "immutable" in refusal(newer, "CONFIG", "SET", f"ai.{name}", 2)
    assert shown(newer)[f"ai.{name}"] == str(default)


def test_a_flag_is_yes_or_no(newer):
    for value in ("yes", "no"):
        newer.config_set("ai.execute_in_transactions", value)
        assert shown(newer)["ai.execute_in_transactions"] == value
    assert refusal(newer, "CONFIG", "SET", "ai.execute_in_transactions", "perhaps") is not None


def test_a_number_of_bytes_may_have_a_unit(newer):
    newer.config_set("ai.model_chunk_size", "2mb")
    assert newer.execute_command("AI.CONFIG", "GET", "MODEL_CHUNK_SIZE") == 2 * 1024 * 1024


def test_both_ways_show_the_same_chunk_size(newer):
    newer.config_set("ai.model_chunk_size", 1000)
    assert newer.execute_command("AI.CONFIG", "GET", "MODEL_CHUNK_SIZE") == 1000
    assert newer.execute_command("AI.CONFIG", "MODEL_CHUNK_SIZE", 100) == b"OK"
    assert shown(newer)["ai.model_chunk_size"] == "100"
    blob = model_bytes("mul_2x2")
    store(newer, "m", "mul_2x2")
    pieces = newer.execute_command("AI.MODELGET", "m", "BLOB")
    assert len(pieces) == -(-len(blob) // 100) and b"".join(pieces) == blob


@pytest.mark.parametrize("binary", paths.NEWER_SERVERS.values(), ids=paths.NEWER_SERVERS)
def test_both_ways_show_the_same_path(start_server, binary):
    client = start_server(
        binary=binary, settings=["enable-protected-configs yes"], words=["ALLOW_LOAD", "yes"]).client()
    client.config_set("ai.backendspath", "/nowhere/at/all")
    assert client.execute_command("AI.CONFIG", "GET", "BACKENDSPATH") == b"/nowhere/at/all"
    assert client.execute_command("AI.CONFIG", "BACKENDSPATH", "/else/where") == b"OK"
    assert shown(client)["ai.backendspath"] == "/else/where"


def test_a_path_counts_for_libraries_that_are_not_open_yet(start_server):
    client = start_server(settings=["enable-protected-configs yes"]).client()
    client.config_set("ai.backendspath", "/nowhere/at/all")
    blob = model_bytes("mul_2x2")
    assert refusal(client, "AI.MODELSTORE", "m", "ONNX", "CPU", "BLOB", blob) == NO_BACKEND
    client.config_set("ai.backendspath", str(paths.BACKENDS))
    prepare_product(client)
    execute(client, "m", ["a", "b"], ["y"])
    assert get_tensor(client, "y").tolist() == PRODUCT


def test_info_shows_the_value_of_now(newer, newer_server):
    newer.config_set("ai.model_execution_timeout", 2345)
    newer.config_set("ai.backend_memory_limit", 678)
    assert newer_server.field("MODULES", "ai_model_execution_timeout") == "2345"
    assert newer_server.field("MODULES", "ai_backend_memory_limit") == "678"


@pytest.mark.parametrize("binary", paths.NEWER_SERVERS.values(), ids=paths.NEWER_SERVERS)
def test_lines_of_the_servers_file_override_the_words(start_server, binary):
    server = start_server(
        binary=binary, words=["THREADS_PER_QUEUE", 2, "QUEUE_LIMIT", 7, "INLINE_RUN_BUDGET", 5],
        settings=["ai.threads_per_queue 3", "ai.queue_limit 8", "ai.execute_in_transactions yes"])
    told = shown(server.client())
    assert [told[f"ai.{name}"] for name in (
        "threads_per_queue", "queue_limit", "inline_run_budget", "execute_in_transactions")] == [
            "3", "8", "5", "yes"]
    assert server.field("MODULES", "ai_threads_per_queue") == "3"
    assert server.field("MODULES", "ai_queue_CPU_bthread_n3_used_cpu_total") is not None


@pytest.mark.parametrize("binary", paths.NEWER_SERVERS.values(), ids=paths.NEWER_SERVERS)
@pytest.mark.parametrize("line", ["ai.threads_per_queue 0", "ai.queue_limit many", "ai.nosuch 1"])
def test_a_wrong_line_in_the_servers_file_ends_the_start(binary, line):
    server = RedisServer(binary=binary, settings=[line])
    try:
        with pytest.raises(RuntimeError):
            server.start()
        # Redis 7.0 does not name a line that no module has asked for.
        assert line.split()[0] in server.log() or "Module Configuration detected" in server.log()
        assert "REDIS BUG REPORT" not in server.log()
    finally:
        server.remove()


@pytest.mark.parametrize("binary", paths.NEWER_SERVERS.values(), ids=paths.NEWER_SERVERS)
def test_a_rewritten_file_keeps_what_was_changed(start_server, binary):
    server = start_server(binary=binary, words=["QUEUE_LIMIT", 7])
    client = server.client()
    client.config_set("ai.model_execution_timeout", 2000)
    client.config_set("ai.queue_limit", 9)
    client.config_set("ai.model_chunk_size", 1024 * 1024)
    client.config_rewrite()
    lines = (server.folder / "redis.conf").read_text().splitlines()
    ours = [line for line in lines if line.startswith("ai.")]
    assert sorted(ours) == [
        "ai.model_chunk_size 1mb", "ai.model_execution_timeout 2000", "ai.queue_limit 9"]
    again = shown(start_server(binary=binary, words=["QUEUE_LIMIT", 7], settings=ours).client())
    assert again == shown(client)


@pytest.mark.parametrize("binary", paths.NEWER_SERVERS.values(), ids=paths.NEWER_SERVERS)
def test_a_module_that_is_loaded_later_takes_settings_too(start_server, binary):
    client = start_server(binary=binary, module=False).client()
    load = ["MODULE", "LOADEX", str(paths.MODULE)]
    wrong = refusal(client, *load, "CONFIG", "ai.queue_limit", 0)
    assert wrong is not None
    assert b"ai" not in [dict(zip(module[::2], module[1::2]))[b"name"] for module in modules(client)]
    client.execute_command(*load, "CONFIG", "ai.queue_limit", 8, "ARGS", "INLINE_RUN_BUDGET", 5)
    assert shown(client)["ai.queue_limit"] == "8"
    assert shown(client)["ai.inline_run_budget"] == "5"


@pytest.mark.parametrize(
    "word", [
        "THREADS_PER_QUEUE", "INTRA_OP_PARALLELISM", "INTER_OP_PARALLELISM", "MODEL_EXECUTION_TIMEOUT",
        "MODEL_BUILD_TIMEOUT", "BACKEND_MEMORY_LIMIT", "MODEL_CHUNK_SIZE", "INLINE_RUN_BUDGET", "QUEUE_LIMIT",
        "BATCH_WAIT_LIMIT", "DEVICE_LIMIT",
        "EXECUTE_IN_TRANSACTIONS", "TORCH_ALLOW_NATIVE_CODE", "ALLOW_LOAD",
        "FLOWS", "FLOWS_SANDBOX", "FLOWS_ALLOW_INSTALL", "FLOWS_INSTALL_LIMIT",
        "FLOWS_MEMORY_LIMIT", "FLOWS_ATOMIC_LIMIT", "FLOWS_HANG_LIMIT", "FLOWS_PLACEMENT"])
def test_a_wrong_word_is_explained_in_the_log(word):
    server = RedisServer(words=[word, "wrong"])
    try:
        with pytest.raises(RuntimeError):
            server.start()
        assert f"ERR error processing argument: {word} wrong" in server.log()
        assert f"{word} takes " in server.log()
    finally:
        server.remove()


def test_an_odd_number_of_words_is_explained_in_the_log():
    server = RedisServer(words=["THREADS_PER_QUEUE"])
    try:
        with pytest.raises(RuntimeError):
            server.start()
        assert "Even number of arguments provided to module. Please provide arguments as KEY VAL pairs" in (
            server.log())
    finally:
        server.remove()


@pytest.mark.parametrize("word", ["INTRA_OP_PARALLELISM", "INTER_OP_PARALLELISM", "BACKEND_MEMORY_LIMIT"])
def test_zero_which_is_the_default_may_be_said(start_server, word):
    assert start_server(words=[word, 0]).field("MODULES", f"ai_{word.lower()}") == "0"


def test_an_older_server_takes_the_words_and_has_no_settings(start_server):
    server = start_server(
        binary=paths.SERVER_62,
        words=["QUEUE_LIMIT", 7, "execute_in_transactions", "YES", "MODEL_CHUNK_SIZE", 100])
    client = server.client()
    assert shown(client) == {}
    assert client.execute_command("AI.CONFIG", "GET", "MODEL_CHUNK_SIZE") == 100
