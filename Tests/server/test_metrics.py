"""AI.METRICS: the state of everything as Prometheus reads it."""

import subprocess

import pytest
from prometheus_client.parser import text_string_to_metric_families

from support import paths, patience
from support.clients import refusal
from support.models import execute, execution, floats, set_tensor, store
from support.texts import arity

HISTOGRAMS = {"queue": "queue_us", "run": "run_us", "total": "total_us"}


def families(server):
    """The families of the text by name, as the parser of Prometheus' own library reads them."""
    text = server.client().execute_command("AI.METRICS").decode()
    read = list(text_string_to_metric_families(text))
    assert len({family.name for family in read}) == len(read) == text.count("# TYPE")
    return {family.name: family for family in read}


def values(family, **labels):
    """The samples of a family that have these labels: name and value."""
    return [(sample.name, sample.value) for sample in family.samples
            if labels.items() <= sample.labels.items()]


def value(server, name, **labels):
    """The value of the one sample of this name with these labels."""
    [found] = [sample.value for family in families(server).values() for sample in family.samples
               if sample.name == name and labels.items() <= sample.labels.items()]
    return found


def info(client, key):
    reply = client.execute_command("AI.INFO", key)
    return {name.decode(): entry for name, entry in zip(reply[::2], reply[1::2])}


def run(client, key, count):
    for _ in range(count):
        execute(client, key, ["x"], ["y"])


def test_any_word_is_refused(client):
    assert refusal(client, "ai.metrics", "m") == arity("AI.METRICS")


def test_the_text_is_one_string_in_each_protocol(client, wire, wire3):
    store(client, "m", "add_1")
    assert wire.call("AI.METRICS").startswith(b"$")
    verbatim = wire3.call("AI.METRICS")
    assert verbatim.startswith(b"=") and b"\r\ntxt:# HELP redisai_info " in verbatim
    assert verbatim.endswith(b"\n\r\n")


def test_every_family_is_explained_once_and_has_its_kind(client, server):
    store(client, "m", "add_1")
    for name, family in families(server).items():
        assert name.startswith("redisai_") and family.documentation
        kinds = {"counter": {name + "_total"}, "gauge": {name},
                 "histogram": {name + end for end in ("_bucket", "_sum", "_count")}}
        assert {sample.name for sample in family.samples} == kinds[family.type]


def test_a_server_without_models_and_runtimes_is_told(start_server):
    server = start_server(words=["THREADS_PER_QUEUE", 2])
    assert value(server, "redisai_info", version="99.99.99") == 1
    assert [value(server, "redisai_models", state=state) for state in ("loading", "ready", "failed")] == [
        0, 0, 0]
    assert value(server, "redisai_queue_workers", device="CPU") == 2
    assert value(server, "redisai_queue_waiting", device="CPU") == 0
    assert value(server, "redisai_queue_limit", device="CPU") > 0
    assert [value(server, "redisai_queue_cpu_seconds_total", worker=str(index)) >= 0 for index in (1, 2)]
    assert families(server)["redisai_backend_info"].samples == []
    assert families(server)["redisai_model_calls"].samples == []


def test_the_runtime_is_told_as_in_info(client, server):
    store(client, "m", "wide_layer")
    [sample] = families(server)["redisai_backend_info"].samples
    assert sample.labels == {"backend": "ONNX", "version": server.field("modules", "ai_onnxruntime_version")}
    told = value(server, "redisai_backend_memory_bytes", backend="ONNX")
    assert told == int(server.field("modules", "ai_onnxruntime_memory")) > 0
    told = value(server, "redisai_backend_allocations_total", backend="ONNX")
    assert told == int(server.field("modules", "ai_onnxruntime_memory_access_num")) > 0


def test_all_ways_to_ask_agree_with_what_was_done(client, server):
    store(client, "m", "sum_difference", "TAG", "v1")
    set_tensor(client, "x", "FLOAT", [[1, 2], [3, 4], [5, 6]])
    set_tensor(client, "flat", "FLOAT", [1, 2])
    for _ in range(20):
        execute(client, "m", ["x", "x"], ["y", "z"])
    for _ in range(3):
        assert refusal(client, *execution("m", ["flat", "flat"], ["y", "z"])) is not None
    known = info(client, "m")
    told = server.client(protocol=3).execute_command("AI.STATS", "m")
    assert (known["calls"], known["errors"], known["samples"]) == (23, 3, 60)
    assert (told[b"calls"], told[b"errors"], told[b"samples"], told[b"runs"]) == (23, 3, 60, 20)
    assert value(server, "redisai_model_calls_total", key="m") == 23
    assert value(server, "redisai_model_errors_total", key="m") == 3
    assert value(server, "redisai_model_samples_total", key="m") == 60
    assert value(server, "redisai_model_inline_calls_total", key="m") == told[b"inline_calls"]
    for name, times in HISTOGRAMS.items():
        assert value(server, f"redisai_model_{name}_seconds_count", key="m") == told[times.encode()][b"count"]
    seconds = value(server, "redisai_model_run_seconds_sum", key="m")
    assert known["duration"] == told[b"duration_us"] == int(seconds * 1e6 + 1e-6)
    assert value(server, "redisai_model_batch_rows_sum", key="m") == 60
    assert value(server, "redisai_model_memory_bytes", key="m") == told[b"memory_bytes"]
    [sample] = families(server)["redisai_model_info"].samples
    assert sample.labels == {"db": "0", "key": "m", "backend": "ONNX", "device": "CPU", "tag": "v1"}


def test_buckets_grow_to_the_count(client, server):
    store(client, "m", "identity_float")
    floats(client, "x", 1, 2, 3)
    run(client, "m", 30)
    for name in (*(f"{name}_seconds" for name in HISTOGRAMS), "batch_rows"):
        samples = values(families(server)["redisai_model_" + name], key="m")
        counts = [value for name, value in samples if name.endswith("_bucket")]
        assert counts == sorted(counts)
        assert counts[-1] == dict(samples)[f"redisai_model_{name}_count"]
    rows = {sample.labels["le"]: sample.value
            for sample in families(server)["redisai_model_batch_rows"].samples if "le" in sample.labels}
    assert (rows["2"], rows["4"], rows["+Inf"]) == (0, 30, 30)


def test_resetting_resets_everything(client, server):
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    names = [f"redisai_model_{name}_total" for name in ("calls", "inline_calls", "errors", "samples")]
    names += [f"redisai_model_{name}_seconds_{end}" for name in HISTOGRAMS for end in ("sum", "count")]
    names += ["redisai_model_batch_rows_sum", "redisai_model_batch_rows_count"]
    run(client, "m", 10)
    assert refusal(client, *execution("m", ["x", "x"], ["y"])) is not None
    client.execute_command("AI.INFO", "m", "RESETSTAT")
    assert [value(server, name, key="m") for name in names] == [0] * len(names)
    assert sum(info(client, "m")[name] for name in ("duration", "samples", "calls", "errors")) == 0


# Names

@pytest.mark.parametrize(
    "key, label",
    [
        (b"plain", "plain"), (b'quote"d', 'quote"d'), (b"back\\slash", "back\\slash"),
        (b"two\nlines", "two\nlines"), ("größe".encode(), "größe"), (b"sp ace,{}=", "sp ace,{}="),
        (b"\xff\xfe", "\\xff\\xfe"), (b"a\r\x00b", "a\\x0d\\x00b"), (b"", ""),
    ])
def test_any_key_and_tag_can_be_a_label(client, server, key, label):
    store(client, key, "add_1", "TAG", key)
    [sample] = families(server)["redisai_model_info"].samples
    assert (sample.labels["key"], sample.labels["tag"]) == (label, label)


def test_models_are_told_apart_by_database_and_key(server):
    for database, keys in ((0, ["a", "b"]), (4, ["a"])):
        client = server.client(database)
        floats(client, "x", 1, 2)
        for key in keys:
            store(client, key, "add_1")
    run(server.client(4), "a", 5)
    calls = {(sample.labels["db"], sample.labels["key"]): sample.value
             for sample in families(server)["redisai_model_calls"].samples}
    assert calls == {("0", "a"): 0, ("0", "b"): 0, ("4", "a"): 5}


def test_the_clients_database_stays_selected(server):
    store(server.client(5), "m", "add_1")
    store(server.client(2), "m", "add_1")
    with server.wire() as connection:
        connection.call("SELECT", 2)
        connection.call("AI.METRICS")
        server.client(5).rename("m", "n")
        connection.call("AI.METRICS")
        connection.call("SET", "here", 1)
    assert server.client(2).exists("here") == 1


def test_a_model_that_failed_is_not_ready(start_server, tmp_path):
    whole, bare = start_server(), start_server(backends=tmp_path)
    store(whole.client(), "m", "add_1")
    bare.client().restore("m", 0, whole.client().dump("m"))
    assert refusal(bare.client(), *execution("m", ["x"], ["y"])) is not None
    assert value(whole, "redisai_model_ready", key="m") == 1
    assert value(bare, "redisai_model_ready", key="m") == 0


def test_it_is_the_same_through_redis_cli(client, server):
    store(client, "m", "add_1")
    words = ["redis-cli", "-s", str(server.socket_path), "AI.METRICS"]
    text = subprocess.run(words, capture_output=True, check=True, timeout=patience.SECONDS).stdout.decode()
    told = {family.name for family in text_string_to_metric_families(text)}
    assert told == set(families(server))


@pytest.mark.parametrize("binary", paths.SERVERS.values(), ids=paths.SERVERS)
def test_older_and_newer_servers_answer_as_well(start_server, binary):
    server = start_server(binary=binary)
    client = server.client()
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    run(client, "m", 3)
    assert value(server, "redisai_model_calls_total", db="0", key="m") == 3
    server.restart()
    assert value(server, "redisai_model_calls_total", db="0", key="m") == 0
