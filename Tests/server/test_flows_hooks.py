"""Hooks: flows that stand before commands of the server, and go on with `call_next`."""

import pytest
import redis

from support import paths
from support.flow_hooks import PATIENT, kept_server, refused, server, words  # noqa: F401
from support.flow_servers import entries, entry, register, started
from support.replicas import caught_up, follow
from support.servers import wait_until

EVERY_SERVER = pytest.mark.parametrize("binary", paths.SERVERS.values(), ids=paths.SERVERS.keys())
NEWER = pytest.mark.parametrize("binary", paths.NEWER_SERVERS.values(), ids=paths.NEWER_SERVERS.keys())
# The time is taken from a counter, so that nothing depends on clocks.
STAMP = """
def stamp(words):
    return call_next(*words[1:], '__time', execute('INCR', 'clock'))
GB('CommandReader').map(stamp).register(hook='hset', keyprefix='person:*', mode='sync', convertToStr=False)
"""
COUNT = """
def count(words):
    execute('INCR', 'count')
    return call_next(*words[1:])
GB('CommandReader').map(count).register(hook='HSET', mode='sync', convertToStr=False)
"""
LOUD = "GB('CommandReader').map(lambda w: call_next(*w[1:]).upper()).register(hook='get', mode='sync')"


def hooks_scripts(server):
    """Valkey 9 cannot bear it that the words of a script's command are others."""
    return server.field("server", "valkey_version") is None


def refused_script(server, arguments, step="", before=""):
    return refused(server, "RG.PYEXECUTE", f"{before}\nGB('CommandReader'){step}.register({arguments})")


# What hooks do

@EVERY_SERVER
def test_the_last_change_of_a_hash_is_noted_and_counted(binary):
    with started(binary=binary, words=words(binary)) as server:
        client = server.client()
        register(server, STAMP)
        register(server, COUNT)
        assert client.hset("person:1", "name", "ann") == 2
        assert client.hgetall("person:1") == {b"name": b"ann", b"__time": b"1"}
        assert client.hset("other", "name", "bob") == 1
        assert client.hgetall("other") == {b"name": b"bob"}
        assert client.get("count") == b"2" and client.get("clock") == b"1"


def test_hooks_are_chained_newest_first(server):
    for name in "abc":
        register(server, f"GB('CommandReader').map(lambda w: call_next(w[1]) + '{name}').register("
                 "hook='echo', mode='sync')")
    assert server.client().execute_command("ECHO", "x") == b"xabc"


def test_a_hook_gets_the_words_as_they_were_sent(server):
    register(server, "GB('CommandReader').map(lambda w: repr(w)).register(hook='get', mode='sync')")
    assert server.client().execute_command("GeT", b"\xff") == b"['GeT', bytearray(b'\\xff')]"


@pytest.mark.parametrize("name", ["get", "GET", "gEt"])
def test_commands_are_hooked_in_any_case(server, name):
    register(server, LOUD)
    server.client().set("k", "value")
    assert server.client().execute_command(name, "k") == b"VALUE"


def test_a_hook_may_go_on_with_other_words(server):
    register(server, "GB('CommandReader').map(lambda w: call_next('other')).register("
             "hook='get', mode='sync')")
    server.client().mset({"k": 1, "other": 2})
    assert server.client().get("k") == b"2"


def test_a_hook_need_not_go_on(server):
    register(server, "GB('CommandReader').map(lambda w: '+DONE').register(hook='set', mode='sync')")
    with server.wire() as wire:
        assert wire.call("SET", "k", "v") == b"+DONE\r\n"
    assert server.client().exists("k") == 0


def test_a_hook_sees_what_the_command_answers(server):
    register(server, "GB('CommandReader').map(lambda w: repr(call_next(*w[1:]))).register("
             "hook='hgetall', mode='sync')")
    server.client().hset("h", "f", "v")
    with server.wire() as wire:
        assert wire.call("HGETALL", "h") == b"$10\r\n['f', 'v']\r\n"


def test_an_error_of_the_command_is_raised_in_the_hook(server):
    register(server, """
def hook(words):
    try:
        return call_next(*words[1:])
    except Exception as error:
        return 'caught ' + str(error)
GB('CommandReader').map(hook).register(hook='incr', mode='sync')
""")
    server.client().set("k", "text")
    assert server.client().execute_command("INCR", "k") == \
        b"caught ERR value is not an integer or out of range"


@pytest.mark.parametrize("step", [".filter(lambda w: False)", ".flatmap(lambda w: [1, 2])"])
def test_a_hook_has_exactly_one_result(server, step):
    register(server, f"GB('CommandReader'){step}.register(hook='get', mode='sync')")
    assert refused(server, "GET", "k") == "Command hook must return exactly one result"


def test_an_error_of_a_hook_is_the_answer(server):
    register(server, "GB('CommandReader').map(lambda w: flat_error('no')).register(hook='get', mode='sync')")
    assert refused(server, "GET", "k") == "no"


def test_call_next_is_for_hooks(server):
    register(server, "GB('CommandReader').map(lambda w: call_next('k')).register(trigger='t')")
    assert "Can not get CommandHook ctx" in refused(server, "RG.TRIGGER", "t")


def test_what_flows_execute_is_not_hooked(server):
    register(server, LOUD + "\nGB('CommandReader').map(lambda w: execute('GET', 'k')).register(trigger='t')")
    server.client().set("k", "value")
    assert server.client().execute_command("RG.TRIGGER", "t") == [b"value"]


def test_hooks_work_in_each_database(server):
    register(server, LOUD)
    other = server.client(database=3)
    other.set("k", "three")
    assert other.get("k") == b"THREE" and server.client().exists("k") == 0


def test_a_hook_that_is_not_sync_answers_when_it_has_ended(server):
    register(server, """
async def hook(words):
    await asyncio.sleep(0.01)
    return call_next(*words[1:]) + '!'
GB('CommandReader').map(hook).register(hook='get')
""")
    server.client().set("k", "v")
    assert server.client().get("k") == b"v!"


@pytest.mark.parametrize("mode", ["async", "async_local"])
def test_a_hook_in_the_background_goes_on_with_one_that_is_sync(server, mode):
    register(server, LOUD)
    register(server, "GB('CommandReader').map(lambda w: call_next(w[1]) + '!').register("
             f"hook='get', mode='{mode}')")
    server.client().set("k", "v")
    assert server.client().get("k") == b"V!"


def test_a_sync_hook_may_wait_in_the_background(server):
    register(server, """
async def hook(words):
    await asyncio.sleep(0.01)
    return call_next(*words[1:]) + '!'
GB('CommandReader').map(hook).register(hook='get', mode='sync')
""")
    server.client().set("k", "v")
    assert server.client().get("k") == b"v!"


# Their registration

@pytest.mark.parametrize("arguments, text", [
    ("hook='nothing', mode='sync'", "Can not override an unexisting command"),
    ("hook='multi', mode='sync'", "Can not override a command which are not allowed inside a script"),
    ("hook='sort', keyprefix='a*', mode='sync'",
     "Can not override a command with moveable keys by key prefix"),
    ("hook='echo', keyprefix='a*', mode='sync'",
     "Can not override a command by key prefix with none positive first key"),
    ("hook='select', mode='sync'", "select cannot be hooked"),
    ("hook='xread', mode='sync'", "xread cannot be hooked"),
    ("hook='rg.unregister', mode='sync'", "rg.unregister cannot be hooked"),
    ("hook='config|get', mode='sync'", "Can not override an unexisting command"),
    ("hook=1", "hook argument is not string"),
    ("hook='get', keyprefix=1", "keyprefix argument is not string"),
    ("keyprefix='a'", "no trigger or hook argument was given"),
    ("trigger='t', hook='get'", "trigger argument can not be given with keyprefix or hook"),
])
def test_what_cannot_be_hooked(server, arguments, text):
    assert text in refused_script(server, arguments)
    assert entries(server) == []


def test_nothing_stands_behind_a_hook_that_is_not_sync(server):
    register(server, "GB('CommandReader').map(lambda w: 'x').register(hook='get')")
    text = refused_script(server, "hook='get', mode='sync'")
    assert "Can not override a none sync registration" in text and "already created" not in text


def test_nothing_stands_behind_a_hook_of_the_session_that_is_not_sync(server):
    first = "GB('CommandReader').register(hook='get')"
    assert "Can not override a none sync registration which already created on this session" in \
        refused_script(server, "hook='get', mode='sync'", before=first)


def test_a_session_that_is_replaced_does_not_count(server):
    register(server, "GB('CommandReader').map(lambda w: 'one').register(hook='get')", "ID", "s")
    register(server, "GB('CommandReader').map(lambda w: 'two').register(hook='get')", "ID", "s", "UPGRADE")
    assert server.client().get("k") == b"two" and len(entries(server)) == 1


def test_a_command_has_no_more_hooks_than_can_wait(server):
    for _ in range(8):
        register(server, "GB('CommandReader').map(lambda w: call_next(*w[1:])).register("
                 "hook='echo', mode='sync')")
    assert server.client().echo("x") == b"x"
    assert "the command has 8 hooks already" in refused_script(server, "hook='echo', mode='sync'")


def test_registrations_tell_of_hooks(server):
    register(server, "GB('CommandReader').map(lambda w: call_next(*w[1:])).register("
             "hook='Get', keyprefix='a*', mode='sync')")
    server.client().get("a1")
    fields = entry(server)
    assert fields[b"args"] == {b"trigger": b"Get", b"inorder": 0}
    assert fields[b"numSuccess"] == 1 and fields[b"mode"] == b"sync"


def test_a_hook_ends_with_its_registration(server):
    register(server, LOUD)
    client = server.client()
    client.set("k", "v")
    assert client.get("k") == b"V"
    client.execute_command("RG.UNREGISTER", entry(server)[b"id"])
    assert client.get("k") == b"v"


# Transactions and scripts

@EVERY_SERVER
def test_hooks_run_in_transactions_and_scripts(binary):
    with started(binary=binary, words=words(binary)) as server:
        register(server, LOUD)
        pipe = server.client().pipeline(transaction=True)
        pipe.set("k", "v")
        pipe.get("k")
        pipe.set("k", "w")
        pipe.get("k")
        assert pipe.execute() == [True, b"V", True, b"W"]
        from_script = b"W" if hooks_scripts(server) else b"w"
        for _ in range(3):
            assert server.client().eval("return redis.call('get', KEYS[1])", 1, "k") == from_script


def test_a_hook_that_may_not_wait_is_refused_in_transactions_and_scripts(server):
    register(server, "GB('CommandReader').map(lambda w: 'x').register(hook='get')")
    pipe = server.client().pipeline(transaction=True)
    pipe.set("k", "v")
    pipe.get("k")
    answers = pipe.execute(raise_on_error=False)
    assert answers[0] is True and "can not run a non-sync execution inside a MULTI/LUA" in str(answers[1])
    if hooks_scripts(server):
        assert "can not run a non-sync execution inside a MULTI/LUA" in \
            refused(server, "EVAL", "return redis.call('get', 'k')", 0)


def test_a_coroutine_is_refused_where_nothing_may_wait(server):
    register(server, "async def hook(w): return 'x'\n"
             "GB('CommandReader').map(hook).register(hook='get', mode='sync')")
    pipe = server.client().pipeline(transaction=True)
    pipe.get("k")
    assert "Creating async record is not allowed" in str(pipe.execute(raise_on_error=False)[0])


def test_wrong_words_break_a_transaction_as_ever(server):
    register(server, LOUD)
    client = server.client()
    connection = client.connection_pool.get_connection()
    for words, answer in [(("MULTI",), b"OK"), (("SET", "k", "v"), b"QUEUED")]:
        connection.send_command(*words)
        assert connection.read_response() == answer
    connection.send_command("GET")
    with pytest.raises(redis.ResponseError, match="wrong number of arguments for 'get' command"):
        connection.read_response()
    connection.send_command("EXEC")
    with pytest.raises(redis.ResponseError, match="Transaction discarded"):
        connection.read_response()
    connection.disconnect()
    assert client.exists("k") == 0


def test_watched_keys_are_seen_to_change(server):
    register(server, COUNT)
    client = server.client()
    with client.pipeline() as pipe:
        pipe.watch("h")
        client.hset("h", "f", 1)
        pipe.multi()
        pipe.set("k", "v")
        with pytest.raises(redis.WatchError):
            pipe.execute()


def test_a_hook_that_has_gone_leaves_what_was_queued(server):
    register(server, LOUD)
    client = server.client()
    client.set("k", "v")
    pipe = client.pipeline(transaction=True)
    pipe.execute_command("RG.UNREGISTER", entry(server)[b"id"])
    pipe.get("k")
    assert pipe.execute() == [b"OK", b"v"]


# Memory, replicas, restarts

def test_memory_that_is_used_up_refuses_hooked_writes(server):
    register(server, "GB('CommandReader').map(lambda w: call_next(*w[1:])).register(hook='set', mode='sync')"
             "\nGB('CommandReader').map(lambda w: call_next(*w[1:])).register(hook='del', mode='sync')")
    client = server.client()
    client.set("k", "v")
    client.config_set("maxmemory", 1)
    try:
        assert "command not allowed when used memory > 'maxmemory'" in refused(server, "SET", "k", "w")
        client.delete("k")
        assert client.exists("k") == 0
    finally:
        client.config_set("maxmemory", 0)


def test_replicas_do_what_the_hook_has_done():
    with started(words=PATIENT, tcp=True) as master, started(words=PATIENT) as replica:
        follow(replica, master)
        register(master, STAMP)
        register(master, LOUD)
        master.client().hset("person:1", "name", "ann")
        master.client().set("k", "v")
        caught_up(master, replica)
        assert replica.client().hgetall("person:1") == {b"name": b"ann", b"__time": b"1"}
        assert master.client().get("k") == b"V" and replica.client().get("k") == b"v"
        with pytest.raises(redis.ResponseError, match="READONLY"):
            replica.client().hset("person:1", "name", "bob")
        assert replica.client().get("clock") == b"1"
        replica.client().execute_command("REPLICAOF", "NO", "ONE")
        wait_until(lambda: answers(replica, b"V"), what="the hook on the new master")


def answers(server, value):
    try:
        return server.client().get("k") == value
    except redis.ResponseError as error:
        assert "TRYAGAIN" in str(error) or "starting" in str(error)
        return False


@pytest.mark.parametrize("settings", [(), ("appendonly yes",)], ids=["rdb", "aof"])
def test_hooks_outlive_the_server(settings):
    with started(words=PATIENT, settings=settings) as server:
        register(server, STAMP)
        register(server, COUNT)
        register(server, LOUD)
        server.client().set("k", "v")
        server.client().hset("person:1", "name", "ann")
        server.restart()
        wait_until(lambda: answers(server, b"V"), what="the hook after the restart")
        client = server.client()
        # What was loaded was not hooked again.
        assert [client.execute_command("EVAL", "return redis.call('hget', 'person:1', '__time')", 0),
                client.hget("person:1", "__time")] == [b"1", b"1"]
        assert client.hset("person:2", "name", "bob") == 2
        assert client.execute_command("MGET", "count", "clock") == [b"2", b"2"]
