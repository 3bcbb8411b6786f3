"""Scripts as values of keys: payloads, persistence, reports. No runtime is needed to keep them."""

import pytest

from support import rdb, scripts
from support.clients import refusal
from support.texts import BAD_PAYLOAD

SCRIPT = scripts.SOURCE.encode()


@pytest.mark.parametrize("version, entry_points", [(0, []), (1, []), (2, []), (3, [b"f"]), (4, [b"f"])])
def test_a_script_of_any_encoding_is_restored(client, version, entry_points):
    fields = rdb.script_fields(scripts.SOURCE, ["f"], version=version, device="cpu", tag="v1")
    client.restore("s", 0, rdb.payload(rdb.SCRIPT, version, fields))
    assert client.execute_command("AI.SCRIPTGET", "s") == [
        b"device", b"cpu", b"tag", b"v1", b"Entry Points", entry_points, b"source", SCRIPT]


def test_a_script_is_saved_in_encoding_4(client):
    client.config_set("rdbcompression", "no")
    scripts.restore(client, "s", entry_points=["f", "g"], tag="v1")
    dumped = client.dump("s")
    fields = rdb.script_fields(scripts.SOURCE, ["f", "g"], tag="v1")
    assert dumped == rdb.payload(rdb.SCRIPT, 4, fields, int.from_bytes(dumped[-10:-8], "little"))
    client.config_set("rdbcompression", "yes")


@pytest.mark.parametrize(
    "fields",
    [
        [], rdb.script_fields("x", ["f"])[:2], rdb.script_fields("x", ["f", "g"])[:-1],
        rdb.script_fields("x", device="DISK"), [("s", b"CPU"), *rdb.script_fields("x")[1:]],
        [*rdb.script_fields("x")[:2], ("s", b"no end"), *rdb.numbers(0)],
        [*rdb.script_fields("x")[:3], *rdb.numbers(2**63)],
        [*rdb.script_fields("x")[:3], *rdb.numbers(2**40)],
    ])
def test_a_payload_that_is_none_is_refused(client, fields):
    payload = rdb.payload(rdb.SCRIPT, 4, fields)
    assert refusal(client, "RESTORE", "s", 0, payload).startswith(BAD_PAYLOAD)
    assert client.ping()


def test_a_newer_encoding_is_refused(server, client):
    payload = rdb.payload(rdb.SCRIPT, 5, rdb.script_fields("x"))
    assert refusal(client, "RESTORE", "s", 0, payload).startswith(BAD_PAYLOAD)
    text = "Failed loading script, RedisAI version (5) is not forward compatible."
    assert text in server.log()


@pytest.mark.parametrize("preamble", ["yes", "no"])
def test_a_rewritten_aof_keeps_scripts_with_and_without_entry_points(start_server, tmp_path, preamble):
    server = start_server(
        backends=tmp_path, settings=["appendonly yes", f"aof-use-rdb-preamble {preamble}"])
    client = server.client()
    scripts.restore(client, "new", tag="v1", entry_points=["f", "g"])
    scripts.restore(client, "old", entry_points=[])
    kept = {key: client.execute_command("AI.SCRIPTGET", key) for key in ("new", "old")}
    client.bgrewriteaof()
    server.wait_for_aof()
    server.restart()
    client = server.client()
    assert {key: client.execute_command("AI.SCRIPTGET", key) for key in ("new", "old")} == kept


def test_an_rdb_file_with_scripts_is_loaded_without_their_runtime(start_server, tmp_path):
    server = start_server(backends=tmp_path)
    scripts.restore(server.client(), "s", tag="v1")
    server.restart()
    client = server.client()
    assert client.execute_command("AI.SCRIPTGET", "s", "SOURCE") == SCRIPT
    assert client.type("s") == b"AI_SCRIPT"
    assert client.execute_command("AI._SCRIPTSCAN") == [[b"s", b"v1"]]


def test_copies_are_equal_and_stand_alone(client):
    scripts.restore(client, "s")
    assert client.copy("s", "t")
    scripts.restore(client, "u", source="other")
    digests = client.execute_command("DEBUG", "DIGEST-VALUE", "s", "t", "u")
    assert digests[0] == digests[1] != digests[2]
    assert client.memory_usage("s") > len(SCRIPT)
    client.execute_command("AI.SCRIPTDEL", "s")
    assert client.execute_command("AI.SCRIPTGET", "t", "SOURCE") == SCRIPT


def test_info_and_stats_know_scripts(client):
    scripts.restore(client, "s", device="cpu", tag="v1")
    client.rename("s", "t")
    assert client.execute_command("AI.INFO", "t") == [
        b"key", b"t", b"type", b"SCRIPT", b"backend", b"TORCH", b"device", b"cpu", b"tag", b"v1",
        b"duration", 0, b"samples", -1, b"calls", 0, b"errors", 0]
    assert client.execute_command("AI.INFO", "t", "RESETSTAT") == b"OK"
    assert client.execute_command("AI.STATS", "t")[:4] == [b"type", b"SCRIPT", b"backend", b"TORCH"]
    assert refusal(client, "AI.INFO", "s") == "ERR cannot find run info for key"


def test_metrics_know_scripts(start_server, tmp_path):
    client = start_server(backends=tmp_path).client()
    scripts.restore(client, "s", tag="v1")
    assert refusal(client, "AI.SCRIPTEXECUTE", "s", "f", "INPUTS", 0)
    text = client.execute_command("AI.METRICS").decode()
    labels = 'db="0",key="s",backend="TORCH",device="CPU"'
    assert '\nredisai_scripts{state="failed"} 1\n' in text
    assert f'\nredisai_script_info{{{labels},tag="v1"}} 1\n' in text
    assert f"\nredisai_script_ready{{{labels}}} 0\n" in text
    assert "redisai_script_samples_total" not in text
