"""KeysReader with `commands`: a command waits for the flows that it starts, which may override its reply."""


import pytest
import redis

from support import paths
from support.flow_hooks import PATIENT, kept_server, refused, server, words  # noqa: F401
from support.flow_servers import entry, register, started
from support.flows import python_pid
from support.servers import wait_until

EVERY_SERVER = pytest.mark.parametrize("binary", paths.SERVERS.values(), ids=paths.SERVERS.keys())
READ_THROUGH = """
def load(record):
    value = 'loaded ' + record['key']
    execute('SET', record['key'], value)
    override_reply(value)
GB('KeysReader').foreach(load).register('k*', commands=['GET'], eventTypes=['keymiss'], mode='{mode}')
"""


@EVERY_SERVER
@pytest.mark.parametrize("mode", ["async", "async_local", "sync"])
def test_a_missing_key_is_read_through(binary, mode):
    with started(binary=binary, words=words(binary)) as server:
        register(server, READ_THROUGH.format(mode=mode))
        client = server.client()
        assert client.get("k1") == b"loaded k1"
        assert client.get("k1") == b"loaded k1" and client.get("other") is None
        assert entry(server)[b"numTriggered"] == 1
        # Other commands that miss a key start nothing.
        assert client.hget("k2", "f") is None and client.exists("k2") == 0


def test_a_command_waits_for_the_flows_that_it_starts(server):
    register(server, """
async def later(record):
    await asyncio.sleep(0.02)
    execute('SET', 'seen', record['key'])
GB('KeysReader').foreach(later).register('h*', commands=['hset'])
""")
    assert server.client().hset("h1", "f", "v") == 1
    assert server.client().get("seen") == b"h1"


def test_a_reply_stays_as_it_is_without_override(server):
    register(server, "GB('KeysReader').register('*', commands=['lpush', 'get'])")
    assert server.client().lpush("list", 1, 2, 3) == 3
    assert server.client().get("missing") is None
    for protocol in (2, 3):
        assert server.client(protocol=protocol).lpush("list", 4) == 2 + protocol


@pytest.mark.parametrize("protocol", [2, 3])
def test_replies_have_the_clients_protocol(server, protocol):
    register(server, "GB('KeysReader').register('*', commands=['hgetall'])")
    server.client().hset("h", "f", "v")
    with server.wire(protocol) as wire:
        assert wire.call("HGETALL", "h")[:2] == {2: b"*2", 3: b"%1"}[protocol]


def test_a_reply_is_overridden_once(server):
    register(server, """
def twice(record):
    override_reply([1, 'two', '+three'])
    override_reply('other')
GB('KeysReader').foreach(twice).register('*', commands=['lpush'])
""")
    assert server.client().execute_command("LPUSH", "list", 1) == [1, b"two", b"three"]
    assert b"Can only override reply once" in entry(server)[b"lastError"]


def test_override_is_for_held_commands(server):
    register(server, "GB('KeysReader').foreach(lambda r: override_reply('x')).register('k')")
    assert server.client().set("k", "v") is True
    wait_until(lambda: entry(server)[b"lastError"] is not None, what="the error")
    assert b"Can not get command ctx" in entry(server)[b"lastError"]


def test_nothing_is_held_in_transactions_and_scripts(server):
    register(server, READ_THROUGH.format(mode="async"))
    pipe = server.client().pipeline(transaction=True)
    pipe.get("k1")
    assert pipe.execute() == [None]
    wait_until(lambda: entry(server)[b"lastError"] is not None, what="the error")
    assert b"Can not get command ctx" in entry(server)[b"lastError"]
    assert server.client().eval("return redis.call('get', 'k2')", 0) is None


def test_a_sync_flow_is_waited_for_in_transactions_and_scripts(server):
    register(server, READ_THROUGH.format(mode="sync"))
    pipe = server.client().pipeline(transaction=True)
    pipe.get("k1")
    pipe.get("k1")
    assert pipe.execute() == [b"loaded k1"] * 2
    # Valkey 9 cannot bear it that the words of a script's command are others.
    from_script = b"loaded k2" if server.field("server", "valkey_version") is None else None
    assert server.client().eval("return redis.call('get', 'k2')", 0) == from_script


def test_registrations_tell_of_commands(server):
    register(server, "GB('KeysReader').register('*', commands=['GET', 'hset'])")
    assert entry(server)[b"args"][b"hookCommands"] == [b"get", b"hset"]


@pytest.mark.parametrize("arguments, text", [
    ("commands=['nothing']", "Can not hook an unexisting command"),
    ("commands=['multi']", "Can not hook a command which are not allowed inside a script"),
    ("'a*', commands=['sort']", "Can not hook a command with moveable keys by key prefix"),
    ("commands=['subscribe']", "Can not hook a command which are not allowed inside a script"),
    ("commands=1", "given commands is not iterable"),
    ("commands=[1]", "given command type is not string"),
])
def test_what_cannot_be_held(server, arguments, text):
    assert text in refused(server, "RG.PYEXECUTE", f"GB('KeysReader').register({arguments})")


def test_who_may_not_run_a_command_starts_nothing(server):
    register(server, READ_THROUGH.format(mode="async"))
    server.client().execute_command("ACL", "SETUSER", "reader", "on", ">any", "+@all", "~other*")
    client = server.client()
    client.connection_pool.connection_kwargs.update(username="reader", password="any")
    with pytest.raises(redis.ResponseError, match="permission"):
        client.get("k1")
    assert entry(server)[b"numTriggered"] == 0
    server.client().execute_command("ACL", "DELUSER", "reader")


def test_a_process_that_dies_lets_go_of_the_command(server):
    register(server, """
import os, signal
def die(record):
    os.kill(os.getpid(), signal.SIGKILL)
GB('KeysReader').foreach(die).register('k', commands=['get'], eventTypes=['keymiss'])
""")
    pid = python_pid(server.client())
    # The command itself has been executed.
    assert server.client().get("k") is None
    wait_until(lambda: python_pid(server.client()) not in (pid, 0, None), what="a new process")
