"""Sessions outlive the server and reach its replicas: by RDB files, by the append-only file in any form."""

import pytest
import redis

from support import paths
from support.flow_servers import FLOWS, register, started, trigger
from support.replicas import caught_up, follow
from support.servers import wait_until

COUNT = "GB('CommandReader').count().register(trigger='count')"
ECHO = "GB('CommandReader').map(lambda words: words[1]).register(trigger='echo')"
SEVERAL = COUNT + "\n" + ECHO
WITHOUT_PREAMBLE = ("appendonly yes", "aof-use-rdb-preamble no")
EVERY_SERVER = pytest.mark.parametrize("binary", paths.SERVERS.values(), ids=paths.SERVERS.keys())


def registered(server):
    """IDs by their triggers."""
    entries = server.client().execute_command("RG.DUMPREGISTRATIONS")
    arguments = {entry[1]: dict(zip(entry[7][::2], entry[7][1::2]))[b"args"] for entry in entries}
    return {words[1].decode(): name for name, words in arguments.items()}


@EVERY_SERVER
def test_sessions_are_in_rdb_files(binary):
    with started(binary=binary) as server:
        register(server, SEVERAL, "ID", "mine", "DESCRIPTION", "two of them")
        before = registered(server)
        server.restart()
        assert registered(server) == before
        assert trigger(server, "echo", "a") == [b"a"]
        assert trigger(server, "count") == [b"1"]
        session, = server.client().execute_command("RG.PYDUMPSESSIONS")
        assert session[1:4:2] == [b"mine", b"two of them"]


@EVERY_SERVER
def test_new_ids_follow_those_that_were_loaded(binary):
    with started(binary=binary) as server:
        register(server, SEVERAL)
        greatest = max(int(name.rpartition(b"-")[2]) for name in registered(server).values())
        server.restart()
        register(server, "GB('CommandReader').register(trigger='new')")
        assert int(registered(server)["new"].rpartition(b"-")[2]) > greatest


@pytest.mark.parametrize("settings", [("appendonly yes",), WITHOUT_PREAMBLE], ids=["preamble", "commands"])
@EVERY_SERVER
def test_sessions_are_in_the_append_only_file(binary, settings):
    with started(binary=binary, settings=settings) as server:
        register(server, COUNT, "ID", "first")
        server.restart(save=False)
        assert trigger(server, "count") == [b"1"]
        register(server, ECHO, "ID", "second")
        before = registered(server)
        server.client().bgrewriteaof()
        server.wait_for_aof()
        server.restart(save=False)
        assert registered(server) == before
        assert trigger(server, "echo", "a") == [b"a"] and trigger(server, "count") == [b"1"]


@pytest.mark.parametrize("settings", [("appendonly yes",), WITHOUT_PREAMBLE], ids=["preamble", "commands"])
def test_what_was_removed_does_not_come_back(settings):
    with started(settings=settings) as server:
        register(server, SEVERAL)
        server.client().execute_command("RG.UNREGISTER", registered(server)["count"])
        server.restart(save=False)
        assert list(registered(server)) == ["echo"]
        server.client().execute_command("RG.UNREGISTER", registered(server)["echo"])
        server.restart(save=False)
        assert registered(server) == {}


def test_an_upgrade_is_what_comes_back():
    with started(settings=("appendonly yes",)) as server:
        register(server, COUNT, "ID", "a")
        register(
            server, "GB('CommandReader').map(lambda _: 2).register(trigger='count')", "ID", "a", "UPGRADE")
        register(server, ECHO, "ID", "b", "REPLACE_WITH", "a")
        before = registered(server)
        server.restart(save=False)
        assert registered(server) == before and list(before) == ["echo"]


@EVERY_SERVER
def test_debug_reload_and_flushall_keep_them(binary):
    with started(binary=binary) as server:
        register(server, SEVERAL)
        before = registered(server)
        server.client().flushall()
        server.client().execute_command("DEBUG", "RELOAD")
        assert registered(server) == before
        assert trigger(server, "echo", "a") == [b"a"]


@EVERY_SERVER
def test_replicas_have_them_and_run_them_once_promoted(binary):
    with started(binary=binary, tcp=True) as master, started(binary=binary, tcp=True) as replica:
        register(master, COUNT, "ID", "before")
        follow(replica, master)
        register(master, ECHO, "ID", "after")
        caught_up(master, replica)
        assert registered(replica) == registered(master)
        # What reads may be called on a replica.
        assert trigger(replica, "echo", "a") == [b"a"]
        master.client().execute_command("RG.UNREGISTER", registered(master)["count"])
        caught_up(master, replica)
        assert list(registered(replica)) == ["echo"]
        replica.client().replicaof("NO", "ONE")
        register(replica, COUNT)
        assert trigger(replica, "echo", "a") == [b"a"] and trigger(replica, "count") == [b"1"]


def test_a_replica_takes_its_masters_sessions_for_its_own():
    with started(tcp=True) as master, started(tcp=True) as replica:
        register(replica, COUNT)
        register(master, ECHO)
        follow(replica, master)
        assert registered(replica) == registered(master)
        with pytest.raises(redis.ResponseError, match="READONLY"):
            replica.client().execute_command("RG.PYEXECUTE", "GB('CommandReader').register(trigger='x')")


def test_a_server_without_flows_reads_files_that_have_them():
    with started(settings=("appendonly yes",)) as server:
        register(server, SEVERAL, "ID", "mine")
        server.client().set("a", 1)
        server.words = []
        server.restart(save=False)
        assert server.client().get("a") == b"1"
        assert "session mine of flows is left out, since FLOWS is off" in server.log()
        server.words = list(FLOWS)
        server.restart(save=False)
        # Nothing has been written meanwhile.
        assert len(registered(server)) == 2


def test_a_script_that_registers_something_else_is_told():
    source = "GB('CommandReader').register(trigger='a' if execute('PING') else 'b')"
    with started() as server:
        register(server, source)
        server.restart()
        with pytest.raises(redis.ResponseError, match="registers something else than when"):
            trigger(server, "a")
        assert list(registered(server)) == ["a"]


def test_a_session_that_cannot_be_restored_says_so():
    source = "if execute('PING'): GB('CommandReader').register(trigger='a')"
    with started() as server:
        register(server, source, "ID", "mine")
        server.restart()
        # Scripts that are restored execute nothing.
        with pytest.raises(redis.ResponseError, match="did not register this when the session was restored"):
            trigger(server, "a")
        entry, = server.client().execute_command("RG.DUMPREGISTRATIONS")
        data = dict(zip(entry[7][::2], entry[7][1::2]))
        assert b"did not register this" in data[b"lastError"]


def test_the_commands_of_replication_are_not_for_clients():
    with started() as server:
        for words in (("AI._FLOWSESSION", "x"), ("AI._FLOWEND", "x")):
            with pytest.raises(redis.ResponseError, match="for replicas and for the append-only file"):
                server.client().execute_command(*words)


def test_sessions_are_written_in_time():
    """A killed server has what it has acknowledged."""
    with started(settings=("appendonly yes",)) as server:
        for number in range(5):
            register(server, f"GB('CommandReader').register(trigger='t{number}')")
            server.kill()
            server.start()
            count = number + 1
            wait_until(lambda: len(registered(server)) == count, what="what was acknowledged")  # noqa: B023
