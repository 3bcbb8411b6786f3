"""Flows that hold the server: mode sync, and atomic blocks."""

import pytest
import redis

from support import paths
from support.flow_servers import FLOWS, entry, register, started, trigger, until_counted
from support.servers import wait_until

# Long enough for any machine; what is to take too long never ends.
PATIENT = (*FLOWS, "FLOWS_ATOMIC_LIMIT", "5000")
SHORT = (*FLOWS, "FLOWS_ATOMIC_LIMIT", "50")
EVERY_SERVER = pytest.mark.parametrize("binary", paths.SERVERS.values(), ids=paths.SERVERS.keys())


def words(binary):
    """Those of the module; flows on old servers need leave to call them."""
    return (*PATIENT, "ALLOW_UNCHECKED_SCRIPTS", "yes") if binary == paths.SERVER_62 else PATIENT


def runs(server):
    """Whether flows run now; a process that is about to end answers with an error."""
    try:
        return trigger(server, "count") == [b"1"]
    except redis.ResponseError:
        return False


@EVERY_SERVER
def test_a_sync_trigger_calls_the_server(binary):
    with started(binary=binary, words=words(binary)) as server:
        register(server, "GB('CommandReader').map(lambda w: execute('INCR', w[1])).register("
                 "trigger='add', mode='sync')")
        assert trigger(server, "add", "n") == [b"1"]
        assert trigger(server, "add", "n") == [b"2"]
        assert entry(server)[b"mode"] == b"sync" and entry(server)[b"numSuccess"] == 2


@EVERY_SERVER
def test_a_sync_trigger_runs_in_transactions_and_scripts(binary):
    with started(binary=binary, words=words(binary)) as server:
        register(server, "GB('CommandReader').map(lambda w: execute('INCR', 'n')).register("
                 "trigger='add', mode='sync')")
        pipe = server.client().pipeline(transaction=True)
        pipe.execute_command("SET", "n", 5)
        pipe.execute_command("RG.TRIGGER", "add")
        pipe.execute_command("GET", "n")
        assert pipe.execute() == [True, [b"6"], b"6"]
        assert server.client().eval("return redis.call('RG.TRIGGER', 'add')", 0) == [b"7"]


def test_other_modes_do_not_run_in_transactions():
    with started(words=PATIENT) as server:
        register(server, "GB('CommandReader').register(trigger='t')")
        pipe = server.client().pipeline(transaction=True)
        pipe.execute_command("RG.TRIGGER", "t")
        with pytest.raises(redis.ResponseError, match="can not run a non-sync execution inside a MULTI/LUA"):
            pipe.execute()


def test_a_sync_flow_with_a_coroutine_goes_on_without_the_server():
    with started(words=PATIENT) as server:
        register(server, """
async def wait(words):
    while execute('GET', 'go') is None:
        await asyncio.sleep(0.001)
    return 'gone'
GB('CommandReader').map(wait).register(trigger='t', mode='sync')
""")
        waiting = server.wire()
        waiting.send("RG.TRIGGER", "t")
        server.read_all()
        server.client().set("go", 1)
        assert waiting.receive() == b"*1\r\n$4\r\ngone\r\n"
        waiting.close()
        pipe = server.client().pipeline(transaction=True)
        pipe.execute_command("RG.TRIGGER", "t")
        with pytest.raises(redis.ResponseError, match="Creating async record is not allowed"):
            pipe.execute()


def test_a_sync_flow_of_events_runs_before_the_client_is_answered():
    with started(words=PATIENT) as server:
        register(server, "GB('KeysReader').foreach(lambda r: execute('EXPIRE', r['key'], 1000)).register("
                 "'k*', eventTypes=['set'], mode='sync')")
        for number in range(20):
            with server.wire() as connection:
                assert connection.call("SET", f"k{number}", "v") == b"+OK\r\n"
                assert connection.call("TTL", f"k{number}") == b":1000\r\n"


def test_a_sync_flow_that_never_ends_is_given_up():
    with started(words=SHORT) as server:
        register(server, """
def spin(words):
    while True:
        pass
GB('CommandReader').map(spin).register(trigger='spin', mode='sync')
GB('CommandReader').count().register(trigger='count', mode='sync')
""")
        for _ in range(3):
            with pytest.raises(redis.ResponseError, match="has held the server for longer than 50 ms"):
                trigger(server, "spin")
        server.client().config_set("ai.flows_atomic_limit", 5000)
        assert trigger(server, "count") == [b"1"]


def test_what_others_ask_waits_for_the_flow_that_holds_the_server():
    with started(words=PATIENT) as server:
        register(server, """
import threading
inside, asked = threading.Event(), threading.Event()
def hold(words):
    with atomic():
        execute('SET', 'a', 1)
        inside.set()
        asked.wait()
        found = execute('GET', 'b')
        execute('SET', 'a', 2)
    return found
def meddle(words):
    execute('SET', 'begun', 1)
    inside.wait()
    asked.set()
    execute('SET', 'b', 1)
    return execute('GET', 'a')
GB('CommandReader').map(hold).register(trigger='hold')
GB('CommandReader').map(meddle).register(trigger='meddle')
""")
        first, second = server.wire(), server.wire()
        second.send("RG.TRIGGER", "meddle")
        wait_until(lambda: server.client().get("begun"), what="the flow that meddles")
        first.send("RG.TRIGGER", "hold")
        assert first.receive() == b"*1\r\n$4\r\nNone\r\n"
        assert second.receive() == b"*1\r\n$1\r\n2\r\n"
        first.close()
        second.close()


def test_an_atomic_block_that_takes_too_long_is_an_error():
    with started(words=SHORT) as server:
        register(server, """
import time
def hold(words):
    with atomic():
        while execute('GET', 'x') is None:
            pass
GB('CommandReader').map(hold).register(trigger='hold')
GB('CommandReader').count().register(trigger='count')
""")
        with pytest.raises(redis.ResponseError, match="has held the server for longer than 50 ms"):
            trigger(server, "hold")
        assert trigger(server, "count") == [b"1"]


def test_atomic_blocks_are_not_nested():
    with started(words=PATIENT) as server:
        register(server, """
def twice(words):
    with atomic():
        with atomic():
            pass
GB('CommandReader').map(twice).register(trigger='twice')
async def wait(words):
    with atomic():
        await asyncio.sleep(0)
GB('CommandReader').map(wait).register(trigger='wait')
GB('CommandReader').count().register(trigger='count')
""")
        with pytest.raises(redis.ResponseError, match="Already inside an atomic block"):
            trigger(server, "twice")
        with pytest.raises(redis.ResponseError, match="await is not allow inside atomic block"):
            trigger(server, "wait")
        assert trigger(server, "count") == [b"1"]


def test_the_end_of_python_lets_go_of_the_server():
    with started(words=PATIENT) as server:
        register(server, """
import os
def end(words):
    with atomic():
        os._exit(1)
GB('CommandReader').map(end).register(trigger='end')
GB('CommandReader').map(lambda w: os._exit(1)).register(trigger='sync', mode='sync')
GB('CommandReader').count().register(trigger='count')
""")
        for name in ("end", "sync", "end"):
            wait_until(lambda: runs(server), what="flows that run")
            with pytest.raises(redis.ResponseError, match="the Python process of the flows has ended"):
                trigger(server, name)
        wait_until(lambda: runs(server), what="flows that run")


def test_writes_of_a_block_are_one_transaction_for_replicas():
    with started(words=PATIENT, settings=("appendonly yes", "aof-use-rdb-preamble no")) as server:
        register(server, """
def both(words):
    with atomic():
        execute('SET', 'a', 1)
        execute('SET', 'b', 1)
GB('CommandReader').map(both).register(trigger='both')
""")
        trigger(server, "both")
        written = b"".join(path.read_bytes() for path in sorted(server.folder.rglob("*.aof")))
        block = written[written.rindex(b"MULTI"):]
        assert [block.count(word) for word in (b"$3\r\nSET", b"EXEC")] == [2, 1]
        assert block.index(b"EXEC") > block.rindex(b"$3\r\nSET")


def test_a_sync_stream_reader_takes_all():
    with started(words=PATIENT) as server:
        register(server, "GB('StreamReader').foreach(lambda r: execute('INCR', 'n')).register("
                 "'s', mode='sync')")
        for _ in range(30):
            server.client().xadd("s", {"a": 1})
        until_counted(server, b"numSuccess", 30)
        assert server.client().get("n") == b"30"
