"""Flows of StreamReader: batches, what becomes of them, and that no entry is lost."""

import pytest
import redis

from support.flow_servers import entry, register, started, trigger, until_counted, until_list
from support.replicas import caught_up, follow
from support.servers import wait_until

NOTE = "lambda r: execute('RPUSH', 'notes', r['value']['n'])"


def add(server, *numbers, key="s"):
    for number in numbers:
        server.client().xadd(key, {"n": number})


def test_each_entry_starts_the_flow_and_is_removed():
    with started() as server:
        register(server, f"GB('StreamReader').foreach({NOTE}).register('s')")
        add(server, 1, 2, 3)
        until_list(server, "notes", [1, 2, 3])
        wait_until(lambda: server.client().xlen("s") == 0, what="the trimmed stream")
        assert entry(server)[b"status"] == b"OK"


def test_a_stream_may_keep_its_entries():
    with started() as server:
        register(server, f"GB('StreamReader').foreach({NOTE}).register('s', trimStream=False)")
        add(server, 1, 2, 3)
        until_list(server, "notes", [1, 2, 3])
        assert server.client().xlen("s") == 3
        add(server, 4)
        until_list(server, "notes", [1, 2, 3, 4])


def test_what_streams_had_before_is_taken_too():
    with started() as server:
        add(server, 1, 2, key="s1")
        add(server, 3, key="s2")
        register(server, f"GB('StreamReader').foreach({NOTE}).register('s*')")
        wait_until(lambda: len(server.client().lrange("notes", 0, -1)) == 3, what="three entries")
        assert sorted(server.client().lrange("notes", 0, -1)) == [b"1", b"2", b"3"]


def test_a_batch_waits_until_it_is_full():
    with started() as server:
        register(server, "GB('StreamReader').count().foreach(lambda n: execute('RPUSH', 'notes', n))"
                 ".register('s', batch=3)")
        add(server, 1, 2)
        server.read_all()
        assert entry(server)[b"numTriggered"] == 0
        add(server, 3, 4)
        until_list(server, "notes", [3])
        add(server, 5, 6)
        until_list(server, "notes", [3, 3])


def test_a_batch_waits_no_longer_than_its_duration():
    with started() as server:
        register(server, "GB('StreamReader').count().foreach(lambda n: execute('RPUSH', 'notes', n))"
                 ".register('s', batch=1000, duration=1)")
        add(server, 1)
        wait_until(lambda: server.client().lrange("notes", 0, -1) == [b"1"], what="the incomplete batch")


def test_what_fails_is_done_with_unless_it_is_to_come_again():
    with started() as server:
        register(server, "GB('StreamReader').map(lambda r: 1 / 0).register('s')")
        add(server, 1, 2)
        until_counted(server, b"numFailures", 2)
        wait_until(lambda: server.client().xlen("s") == 0, what="the trimmed stream")


def test_an_abort_stops_the_registration():
    with started() as server:
        register(server, "GB('StreamReader').map(lambda r: 1 / 0).register('s', onFailedPolicy='Abort')")
        add(server, 1, 2)
        until_counted(server, b"numFailures", 1)
        assert entry(server)[b"status"] == b"ABORTED" and server.client().xlen("s") == 2


def test_a_retry_takes_the_same_entries_again():
    with started() as server:
        register(server, f"""
def note(record):
    if execute('GET', 'ready') is None:
        raise Exception('not yet')
    ({NOTE})(record)
GB('StreamReader').foreach(note).register('s', onFailedPolicy='retry', onFailedRetryInterval=0)
""")
        add(server, 1, 2)
        wait_until(lambda: entry(server)[b"numFailures"] >= 2, what="failures")
        assert server.client().xlen("s") == 2
        server.client().set("ready", 1)
        until_list(server, "notes", [1, 2])


def test_registrations_can_be_paused():
    with started() as server:
        client = server.client()
        register(server, f"GB('StreamReader').foreach({NOTE}).register('s')")
        name = entry(server)[b"id"]
        assert client.execute_command("RG.PAUSEREGISTRATIONS", name) == b"OK"
        assert entry(server)[b"status"] == b"PAUSED"
        add(server, 1, 2)
        server.read_all()
        assert client.xlen("s") == 2
        assert client.execute_command("RG.UNPAUSEREGISTRATIONS", name) == b"OK"
        until_list(server, "notes", [1, 2])


def test_a_flow_can_pause_itself():
    with started() as server:
        register(server, f"""
def note(record):
    if execute('GET', 'ready') is None:
        flat_error('PAUSE for a while')
    ({NOTE})(record)
GB('StreamReader').foreach(note).register('s')
""")
        add(server, 1)
        wait_until(lambda: entry(server)[b"status"] == b"PAUSED", what="the pause")
        server.client().set("ready", 1)
        server.client().execute_command("RG.UNPAUSEREGISTRATIONS", entry(server)[b"id"])
        until_list(server, "notes", [1])


def test_no_entry_is_lost_when_python_ends():
    with started() as server:
        register(server, f"""
import os
def note(record):
    if execute('INCR', 'count') == 2:
        os._exit(1)
    ({NOTE})(record)
GB('StreamReader').foreach(note).register('s')
""")
        add(server, 1, 2, 3)
        until_list(server, "notes", [1, 2, 3])


def test_no_entry_is_lost_when_the_server_ends():
    with started(settings=("appendonly yes",)) as server:
        register(server, f"""
def note(record):
    while execute('GET', 'ready') is None:
        pass
    ({NOTE})(record)
GB('StreamReader').foreach(note).register('s')
""")
        add(server, 1, 2, 3)
        wait_until(lambda: entry(server)[b"numTriggered"] == 1, what="the first entry")
        server.kill()
        server.start()
        add(server, 4)
        server.client().set("ready", 1)
        until_list(server, "notes", [1, 2, 3, 4])


def test_a_promoted_replica_goes_on():
    with started(tcp=True) as master, started(tcp=True) as replica:
        register(master, f"""
def note(record):
    while execute('GET', 'ready') is None:
        pass
    ({NOTE})(record)
GB('StreamReader').foreach(note).register('s')
""")
        follow(replica, master)
        add(master, 1, 2)
        wait_until(lambda: entry(master)[b"numTriggered"] == 1, what="the first entry")
        caught_up(master, replica)
        assert entry(replica)[b"numTriggered"] == 0
        replica.client().replicaof("NO", "ONE")
        replica.client().set("ready", 1)
        until_list(replica, "notes", [1, 2])
        master.client().set("ready", 1)


def test_a_stream_may_go_and_come_back():
    with started() as server:
        register(server, f"GB('StreamReader').foreach({NOTE}).register('s')")
        add(server, 1)
        until_list(server, "notes", [1])
        server.client().delete("s")
        add(server, 2)
        until_list(server, "notes", [1, 2])


def reads_of_streams(server):
    """How often streams are read when a registration is to go on: thrice for one that is there."""
    client = server.client()
    client.config_resetstat()
    client.execute_command("RG.UNPAUSEREGISTRATIONS", entry(server)[b"id"])
    return client.info("commandstats").get("cmdstat_xreadgroup", {"calls": 0})["calls"]


@pytest.mark.parametrize("end", [
    lambda client, key: client.delete(key), lambda client, key: client.unlink(key),
    lambda client, key: client.rename(key, "other"), lambda client, key: client.move(key, 1),
    lambda client, key: client.pexpire(key, -1), lambda client, key: client.set(key, "text")],
    ids=["del", "unlink", "rename", "move", "expire", "set"])
def test_streams_that_are_gone_are_forgotten(end):
    with started() as server:
        register(server, f"GB('StreamReader').foreach({NOTE}).register('job:*')")
        add(server, *range(20), key="job:stays")
        for number in range(20):
            add(server, number, key=f"job:{number}")
        wait_until(lambda: entry(server)[b"numSuccess"] == 40, what="all entries")
        for number in range(20):
            end(server.client(), f"job:{number}")
            server.client(database=1).flushdb()
        server.read_all()
        # What has become something else is seen when it is looked at.
        reads_of_streams(server)
        assert reads_of_streams(server) == 3
        add(server, "again", key="job:stays")
        server.client().delete("job:0")
        add(server, "anew", key="job:0")
        wait_until(lambda: entry(server)[b"numSuccess"] == 42, what="both entries")
        assert sorted(server.client().lrange("notes", -2, -1)) == [b"again", b"anew"]


@pytest.mark.parametrize("end", ["DEL", "FLUSHALL", "FLUSHDB"])
def test_a_stream_is_forgotten_when_it_goes(end):
    with started() as server:
        register(server, f"GB('StreamReader').foreach({NOTE}).register('job:*')")
        for number in range(20):
            add(server, number, key=f"job:{number}")
        wait_until(lambda: entry(server)[b"numSuccess"] == 20, what="all entries")
        keys = [f"job:{number}" for number in range(20)] if end == "DEL" else []
        server.client().execute_command(end, *keys)
        server.read_all()
        assert reads_of_streams(server) == 0
        add(server, "anew", key="job:0")
        wait_until(lambda: b"anew" in server.client().lrange("notes", 0, -1), what="the entry")


def test_a_trigger_goes_on_beside_streams():
    with started() as server:
        register(server, f"GB('StreamReader').foreach({NOTE}).register('s')\n"
                 "GB('CommandReader').count().register(trigger='count')")
        add(server, *range(50))
        assert trigger(server, "count") == [b"1"]
        until_list(server, "notes", range(50))


def test_only_streams_can_be_paused():
    with started() as server:
        register(server, "GB('CommandReader').register(trigger='t')")
        client = server.client()
        name = entry(server)[b"id"]
        for words, error in (
                (("RG.PAUSEREGISTRATIONS", name), "Reader CommandReader does not support pause"),
                (("RG.UNPAUSEREGISTRATIONS", name), "Reader CommandReader does not support unpause"),
                (("RG.PAUSEREGISTRATIONS", "x"), "Execution x does not exists on shard " + 40 * "0"),
                (("RG.PAUSEREGISTRATIONS", "ABORTPENDING"), "no registration to pause")):
            with pytest.raises(redis.ResponseError, match=error):
                client.execute_command(*words)
