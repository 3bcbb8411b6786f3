"""AI.TENSORSET without values: zeros, which count as memory and take none."""

import pathlib

import pytest

from support.clients import refusal
from support.replicas import caught_up, follow
from support.servers import wait_until

MEBIBYTE = 1 << 20


def blob(client):
    return client.execute_command("AI.TENSORGET", "k", "BLOB")


def used(server):
    return int(server.field("memory", "used_memory"))


def resident(server):
    """Bytes of memory that the server's process really has."""
    lines = pathlib.Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))


def test_zeros_count_as_memory_and_take_none(start_server):
    server = start_server()
    client = server.client()
    before, resident_before = used(server), resident(server)
    assert client.execute_command("AI.TENSORSET", "k", "UINT8", 400 * MEBIBYTE) == b"OK"
    assert used(server) - before >= 400 * MEBIBYTE
    assert resident(server) - resident_before < 40 * MEBIBYTE
    client.delete("k")
    assert used(server) - before < MEBIBYTE


@pytest.mark.parametrize("count", [MEBIBYTE - 1, MEBIBYTE, MEBIBYTE + 1, 5 * MEBIBYTE + 77])
def test_zeros_are_zeros_in_memory_that_was_used_before(client, count):
    for _ in range(5):
        client.execute_command("AI.TENSORSET", "k", "UINT8", count, "BLOB", b"\xff" * count)
        client.execute_command("AI.TENSORSET", "k", "UINT8", count)
        assert blob(client) == bytes(count)


@pytest.mark.parametrize("words", [["AI.TENSORSET"], ["AI.DAGEXECUTE", "ROUTING", "k", "|>", "AI.TENSORSET"]])
def test_zeros_beyond_what_a_client_may_send_are_refused(client, words):
    client.config_set("proto-max-bulk-len", 4 * MEBIBYTE)
    reply = refusal(client, *words, "k", "FLOAT", MEBIBYTE + 1)
    expected = 4 * MEBIBYTE
    assert reply == f"ERR the tensor has {expected + 4} bytes, and proto-max-bulk-len allows {expected}"
    assert client.exists("k") == 0
    assert refusal(client, *words, "k", "FLOAT", MEBIBYTE) is None


def test_zeros_beyond_what_maxmemory_leaves_are_refused(start_server):
    server = start_server()
    client = server.client()
    client.execute_command("AI.TENSORSET", "k", "UINT8", 2, "VALUES", 1, 2)
    client.config_set("maxmemory", used(server) + 20 * MEBIBYTE)
    for words in ([], ["AI.DAGEXECUTE", "ROUTING", "k", "|>"]):
        reply = refusal(client, *words, "AI.TENSORSET", "k", "UINT8", 30 * MEBIBYTE)
        start, room = reply.rsplit(" ", 1)
        assert start == f"OOM the tensor has {30 * MEBIBYTE} bytes, and maxmemory leaves"
        assert 15 * MEBIBYTE <= int(room) <= 20 * MEBIBYTE
    assert client.execute_command("AI.TENSORGET", "k", "VALUES") == [1, 2]
    assert refusal(client, "AI.TENSORSET", "k", "UINT8", 10 * MEBIBYTE) is None


def test_a_server_that_removes_other_keys_takes_zeros_up_to_maxmemory(start_server):
    server = start_server()
    client = server.client()
    client.set("other", bytes(20 * MEBIBYTE))
    limit = used(server) + 10 * MEBIBYTE
    client.config_set("maxmemory-policy", "allkeys-lru")
    client.config_set("maxmemory", limit)
    assert refusal(client, "AI.TENSORSET", "k", "UINT8", limit + 1).startswith("OOM the tensor has")
    assert refusal(client, "AI.TENSORSET", "k", "UINT8", 15 * MEBIBYTE) is None


def test_replicas_and_the_aof_are_not_sent_zeros(start_server):
    master = start_server(tcp=True, settings=["appendonly yes", "aof-use-rdb-preamble no"])
    replica = start_server(tcp=True)
    follow(replica, master)
    # Neither has room for it as a client's.
    replica.client().config_set("proto-max-bulk-len", MEBIBYTE)
    replica.client().config_set("maxmemory", MEBIBYTE)
    client = master.client()
    offset = int(master.field("replication", "master_repl_offset"))
    client.execute_command("AI.TENSORSET", "k", "INT8", 50 * MEBIBYTE)
    assert int(master.field("replication", "master_repl_offset")) - offset < 10_000
    caught_up(master, replica)
    assert replica.client().execute_command("AI.TENSORGET", "k", "META") == [
        b"dtype", b"INT8", b"shape", [50 * MEBIBYTE]]
    client.bgrewriteaof()
    wait_until(lambda: master.field("persistence", "aof_rewrite_in_progress") == "0"
               and master.field("persistence", "aof_last_bgrewrite_status") == "ok", what="the AOF")
    assert int(master.field("persistence", "aof_current_size")) < 10_000
    master.restart()
    assert blob(master.client()) == bytes(50 * MEBIBYTE)
