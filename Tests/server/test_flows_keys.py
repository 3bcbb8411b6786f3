"""Flows of KeysReader that events of keys start."""

import pytest
import redis

from support.flow_servers import entry, register, started, until_counted, until_members
from support.replicas import caught_up, follow
from support.servers import wait_until

NOTE = "lambda record: execute('RPUSH', 'notes', str(record['key']) + ':' + str(record['event']))"


def test_each_event_of_a_key_starts_the_flow():
    with started() as server:
        register(server, f"GB('KeysReader').foreach({NOTE}).register('a*', readValue=False)")
        client = server.client()
        client.set("a1", 1)
        client.set("b", 1)
        client.hset("a2", "f", "v")
        client.delete("a1")
        until_members(server, "notes", ["a1:set", "a2:hset", "a1:del"])


def test_a_prefix_without_a_star_is_one_key():
    with started() as server:
        register(server, f"GB('KeysReader').foreach({NOTE}).register('a')")
        client = server.client()
        client.set("ab", 1)
        client.set("a", 1)
        until_members(server, "notes", ["a:set"])


def test_events_and_types_are_chosen():
    with started() as server:
        register(server, f"GB('KeysReader').foreach({NOTE}).register("
                 "'k*', eventTypes=['HSET', 'del', 'lpush'], keyTypes=['hash', 'empty'])")
        client = server.client()
        client.hset("k1", "f", "v")
        client.set("k2", 1)
        client.lpush("k3", 1)
        client.delete("k3")
        until_members(server, "notes", ["k1:hset", "k3:del"])
        arguments = entry(server)[b"args"]
        assert arguments[b"eventTypes"] == [b"hset", b"del", b"lpush"]
        assert arguments[b"keyTypes"] == [b"hash", b"empty"] and arguments[b"regex"] == b"k*"


def test_records_hold_what_the_key_holds():
    with started() as server:
        register(server, "GB('KeysReader').foreach(lambda r: execute('RPUSH', 'notes',"
                 " str((r['type'], r['value'])))).register('k*')")
        client = server.client()
        client.set("k1", "v")
        client.hset("k2", mapping={"f": "1", "g": "2"})
        client.rpush("k3", "x", "y")
        client.sadd("k4", "m")
        client.delete("k1")
        until_members(server, "notes", [
            "('string', 'v')", "('hash', {'f': '1', 'g': '2'})", "('list', ['x', 'y'])", "('set', None)",
            "('empty', None)"])


def test_each_reader_hears_what_it_watches_alone():
    with started() as server:
        lines = []
        for name, words in enumerate([
                "'ab'", "'ab*', eventTypes=['SET']", "'*', eventTypes=['del', 'hse']", "''", "'abc*'",
                "'\u00e9*'", "'ab**'"]):
            lines.append(f"GB('KeysReader').foreach(lambda r: execute('RPUSH', 'notes', '{name} ' + repr("
                         f"(r['key'], r['event'])))).register({words}, readValue=False)")
        register(server, "\n".join(lines))
        client = server.client()
        for key in ["a", "ab", "abc", "ab*", "b", "", "\u00e9", "\u00e8"]:
            client.hset(key, "f", "v")
        client.set("ab", 1)
        client.set("a", 1)
        client.set("\u00e91", 1)
        client.delete("a")
        until_members(server, "notes", [
            "0 ('ab', 'hset')", "3 ('', 'hset')", "4 ('abc', 'hset')", "5 ('\u00e9', 'hset')",
            "6 ('ab*', 'hset')", "0 ('ab', 'set')", "1 ('ab', 'set')", "5 ('\u00e91', 'set')",
            "2 ('a', 'del')"])


def test_readers_come_and_go_between_events():
    with started() as server:
        client = server.client()
        register(server, f"GB('KeysReader').foreach({NOTE}).register('a*', readValue=False)")
        first = entry(server)[b"id"]
        client.set("b1", 1)
        client.set("a1", 1)
        register(server, f"GB('KeysReader').foreach({NOTE}).register('b*', readValue=False)", "ID", "other")
        client.set("b2", 1)
        client.set("a2", 1)
        until_members(server, "notes", ["a1:set", "b2:set", "a2:set"])
        client.execute_command("RG.UNREGISTER", first)
        client.set("a3", 1)
        client.set("b3", 1)
        until_members(server, "notes", ["a1:set", "b2:set", "a2:set", "b3:set"])
        register(server, f"GB('KeysReader').foreach({NOTE}).register('c*', readValue=False)",
                 "ID", "other", "UPGRADE")
        client.set("b4", 1)
        client.set("c4", 1)
        until_members(server, "notes", ["a1:set", "b2:set", "a2:set", "b3:set", "c4:set"])


def test_expired_keys_are_events():
    with started() as server:
        register(server, f"GB('KeysReader').foreach({NOTE}).register('k', eventTypes=['expired'])")
        server.client().psetex("k", 1, "v")
        wait_until(lambda: server.client().get("k") is None, what="the key's end")
        until_members(server, "notes", ["k:expired"])


def test_a_flow_that_writes_starts_others():
    with started() as server:
        register(server, "GB('KeysReader').foreach(lambda r: execute('SET', 'second', 1)).register('first')\n"
                 f"GB('KeysReader').foreach({NOTE}).register('second')")
        server.client().set("first", 1)
        until_members(server, "notes", ["second:set"])


def test_an_expiry_on_each_new_key_ends():
    """The flow's own EXPIRE is an event that it has not asked for."""
    with started() as server:
        register(server, "GB('KeysReader').foreach(lambda r: execute('EXPIRE', r['key'], 1000))"
                 ".register('k*', eventTypes=['set'], readValue=False)")
        client = server.client()
        for number in range(20):
            client.set(f"k{number}", 1)
        wait_until(lambda: all(client.ttl(f"k{number}") > 0 for number in range(20)), what="the expiry")
        until_counted(server, b"numSuccess", 20)


def test_only_the_sessions_database_counts():
    with started() as server:
        register(server, f"GB('KeysReader').foreach({NOTE}).register('k')")
        server.client(database=1).set("k", 1)
        server.client().set("k", 1)
        until_members(server, "notes", ["k:set"])


def test_what_fails_is_counted():
    with started() as server:
        register(server, "GB('KeysReader').map(lambda r: 1 / 0).register('k')")
        server.client().set("k", 1)
        until_counted(server, b"numFailures", 1)
        assert b"division by zero" in entry(server)[b"lastError"]


def test_executions_of_events_are_kept_for_a_while():
    with started() as server:
        register(server, "GB('KeysReader').register('k*', readValue=False)")
        client = server.client()
        for number in range(130):
            client.set(f"k{number}", 1)
        until_counted(server, b"numSuccess", 130)
        kept = client.execute_command("RG.DUMPEXECUTIONS")
        assert len(kept) == 100 and {fields[3] for fields in kept} == {b"done"}
        results, errors = client.execute_command("RG.GETRESULTS", kept[-1][1])
        assert b"k129" in results[0] and errors == []


def test_replicas_start_nothing_before_they_are_promoted():
    with started(tcp=True) as master, started(tcp=True) as replica:
        register(master, f"GB('KeysReader').foreach({NOTE}).register('k*')")
        follow(replica, master)
        master.client().set("k1", 1)
        until_members(master, "notes", ["k1:set"])
        caught_up(master, replica)
        assert entry(replica)[b"numTriggered"] == 0
        assert replica.client().lrange("notes", 0, -1) == [b"k1:set"]
        replica.client().replicaof("NO", "ONE")
        replica.client().set("k2", 1)
        until_members(replica, "notes", ["k1:set", "k2:set"])


@pytest.mark.parametrize("words, error", [
    ("eventTypes=1", "given eventTypes is not iterable"), ("keyTypes=['x']", "unknown key type"),
    ("readValue=1", "readValue is not boolean")])
def test_wrong_arguments_are_refused(words, error):
    with started() as server:
        with pytest.raises(redis.ResponseError, match=error):
            server.client().execute_command("RG.PYEXECUTE", f"GB('KeysReader').register('*', {words})")
