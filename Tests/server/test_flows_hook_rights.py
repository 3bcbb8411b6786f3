"""Hooks and the server's rules for users: a hook gives nobody a right, and takes none."""

import pytest
import redis

from support import paths
from support.flow_servers import FLOWS, register, started

PATIENT = (*FLOWS, "FLOWS_ATOMIC_LIMIT", "5000")
SCRIPT = """
def note(words):
    execute('INCR', 'asked')
    return call_next(*words[1:])
GB('CommandReader').map(note).register(hook='set', mode='sync')
GB('CommandReader').map(lambda w: call_next(*w[1:])).register(hook='get', mode='sync')
def wander(words):
    return call_next('secret', 'v')
GB('CommandReader').map(wander).register(hook='getset', mode='sync')
"""
# Of the kinds that the server itself does not check, too.
OURS = [f"AI._HOOK{kind}{way}" for kind in "GWRO" for way in ("", "V")]


@pytest.fixture(scope="module", params=paths.NEWER_SERVERS)
def server(request):
    with started(binary=paths.NEWER_SERVERS[request.param], words=PATIENT) as server:
        register(server, SCRIPT)
        yield server


def told(server):
    """Whether the server tells filters who sends a command."""
    return server.product != "redis" or server.version >= (7, 2)


@pytest.fixture
def user(server):
    def connect(*rights):
        server.client().execute_command("ACL", "SETUSER", "someone", "reset", "on", ">any", *rights)
        client = server.client()
        client.connection_pool.connection_kwargs.update(username="someone", password="any")
        return client
    yield connect
    server.client().execute_command("ACL", "DELUSER", "someone")


def refusal(client, *words):
    with pytest.raises(redis.ResponseError) as caught:
        client.execute_command(*words)
    return str(caught.value)


def asked(server):
    return server.client().mget("asked")[0]


@pytest.mark.parametrize("rights", [
    ("+@all", "-set", "~*"), ("+@all", "~other*"), ("-@all", "+ping", "~*"),
    ("+@all", "%R~*"),
])
@pytest.mark.parametrize("inside", ["alone", "transaction", "script"])
def test_who_may_not_run_a_command_is_refused_as_without_a_hook(server, user, rights, inside):
    client = user(*rights)
    before = asked(server)
    if inside == "script":
        if "-@all" in rights:
            client = user(*rights, "+eval")
        words = ("EVAL", "return redis.call('set', 'k', 'v')", 0)
        text = refusal(client, *words)
        assert "NOPERM" in text or "permission" in text or "can't" in text
    elif inside == "transaction":
        if "-@all" in rights:
            client = user(*rights, "+multi", "+exec")
        pipe = client.pipeline(transaction=True)
        pipe.set("k", "v")
        with pytest.raises(redis.ResponseError):
            pipe.execute()
    else:
        with_hook = refusal(client, "SET", "k", "v")
        plain = refusal(client, "SETNX", "k", "v") if "-set" not in rights else None
        assert "permission" in with_hook
        if not told(server) and "-@all" in rights:
            # The server looks at ours before it can be asked about the other.
            assert with_hook == plain.replace("'setnx'", "'ai._hookg'")
        elif plain is not None:
            assert with_hook.replace("'set'", "'setnx'") == plain
        else:
            assert "'set' command" in with_hook and "_hook" not in with_hook
    assert asked(server) == before and server.client().exists("k") == 0


def test_who_may_run_only_the_command_runs_it_with_the_hook(server, user):
    client = user("-@all", "+set", "+eval", "+multi", "+exec", "~k*")
    if not told(server):
        # These servers do not say who sends a command, so the user needs the right to ours.
        assert "ai._hookg" in refusal(client, "SET", "k1", "v")
        client = user("-@all", "+set", "+eval", "+multi", "+exec", "+ai._hookg", "~k*")
    before = int(asked(server) or 0)
    assert client.set("k1", "v") is True
    assert client.eval("return redis.call('set', KEYS[1], 'w')", 1, "k1") in (b"OK", "OK")
    pipe = client.pipeline(transaction=True)
    pipe.set("k1", "x")
    assert pipe.execute() == [True]
    # On Valkey 9 commands of scripts are not hooked.
    hooked = 3 if server.field("server", "valkey_version") is None else 2
    assert int(asked(server)) == before + hooked and server.client().mget("k1") == [b"x"]
    server.client().delete("k1")


def test_a_hook_goes_on_with_no_more_than_the_users_rights(server, user):
    client = user("+@all", "~k*")
    text = refusal(client, "GETSET", "k", "v")
    assert "NOPERM" in text or "permission" in text or "acl verification failed" in text
    assert server.client().exists("secret", "k") == 0


@pytest.mark.parametrize("name", OURS)
def test_nobody_can_send_what_stands_for_a_hooked_command(server, name):
    client = server.client()
    for words in ([name], [name, "-"], [name, "-", "SET", "k", "v"], [name, "-", name, "-", "SET", "k", "v"]):
        assert refusal(client, *words) == "the command is not for clients" \
            or refusal(client, *words) == "ERR the command is not for clients"
    source = f"return redis.call('{name}', '-', 'SET', 'k', 'v')"
    assert "not for clients" in refusal(client, "EVAL", source, 0)
    assert client.exists("k") == 0


def test_who_has_not_logged_in_runs_nothing(server):
    admin = server.client()
    admin.execute_command("CONFIG", "SET", "requirepass", "secret")
    try:
        wire = server.client()
        before = admin.mget("asked")[0]
        assert "uthentication" in refusal(wire, "SET", "k", "v")
        for name in OURS:
            text = refusal(wire, name, "-", "SET", "k", "v")
            assert "uthentication" in text or "not for clients" in text
        good = server.client()
        good.connection_pool.connection_kwargs.update(password="secret")
        assert good.set("k", "v") is True and good.delete("k") == 1
        admin = good
        assert int(admin.mget("asked")[0]) == int(before or 0) + 1
    finally:
        admin.execute_command("CONFIG", "SET", "requirepass", "")


def test_a_right_that_is_taken_away_is_missed_at_once(server, user):
    client = user("+@all", "~*")
    assert client.set("k", "v") is True
    server.client().execute_command("ACL", "SETUSER", "someone", "-set")
    assert "permission" in refusal(client, "SET", "k", "w")
    assert server.client().mget("k") == [b"v"]
    server.client().delete("k")


def test_old_servers_refuse_hooks():
    if "redis-6.2" not in paths.SERVERS:
        pytest.skip("another server was chosen")
    with started(binary=paths.SERVER_62, words=(*FLOWS, "ALLOW_UNCHECKED_SCRIPTS", "no")) as server:
        source = "GB('CommandReader').register(hook='get', mode='sync')"
        text = refusal(server.client(), "RG.PYEXECUTE", source)
        assert "cannot check the rights of flows" in text
        assert server.client().execute_command("RG.DUMPREGISTRATIONS") == []
