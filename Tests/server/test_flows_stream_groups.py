"""Several StreamReaders on one stream: each gets every entry, and a stream is trimmed behind the last one."""

import marshal

import pytest

from support import paths
from support.flow_servers import entries, register, started, until_list
from support.servers import wait_until

EVERY_SERVER = pytest.mark.parametrize("binary", paths.SERVERS.values(), ids=paths.SERVERS.keys())
SHARED = "__gears_consumer_group__"


def note(name, *words):
    """A registration that notes numbers of entries in a list of its name."""
    words = ", ".join(["prefix='s*'", *words])
    step = f"lambda r: execute('RPUSH', '{name}', r['value']['n'])"
    return f"GB('StreamReader').foreach({step}).register({words})\n"


def held(name, *words):
    """The same; it waits for the key `ready`."""
    return f"""
def wait(record):
    import time
    while not execute('EXISTS', 'ready'):
        time.sleep(0.002)
""" + note(name, *words).replace(".foreach", ".foreach(wait).foreach", 1)


def add(server, *numbers, key="s"):
    for number in numbers:
        server.client().xadd(key, {"n": number})


def groups(server, key="s"):
    return {group["name"] for group in server.client().xinfo_groups(key)}


def until_groups(server, count):
    wait_until(lambda: len(groups(server)) == count, what=f"{count} groups")


def until_trimmed(server):
    wait_until(lambda: server.client().xlen("s") == 0, what="the trimmed stream")


@EVERY_SERVER
@pytest.mark.parametrize("words", [(), ("mode='sync'",), ("batch=2", "duration=1"), ("trimStream=False",)])
def test_each_registration_gets_every_entry(binary, words):
    with started(binary=binary) as server:
        register(server, note("a", *words) + note("b", *words))
        register(server, note("c"))
        add(server, 1, 2, 3, 4, 5, 6)
        for name in "abc":
            until_list(server, name, range(1, 7))
        until_trimmed(server)


@EVERY_SERVER
def test_a_stream_is_trimmed_behind_the_slowest(binary):
    with started(binary=binary) as server:
        register(server, note("quick") + held("slow", "trimStream=False"))
        add(server, 1, 2, 3)
        until_list(server, "quick", [1, 2, 3])
        server.read_all()
        assert server.client().xlen("s") == 3
        server.client().set("ready", 1)
        until_list(server, "slow", [1, 2, 3])
        until_trimmed(server)


def test_a_paused_registration_loses_nothing():
    with started() as server:
        register(server, note("goes on") + note("paused"))
        name = entries(server)[1][b"id"]
        add(server, 1)
        until_list(server, "paused", [1])
        server.client().execute_command("RG.PAUSEREGISTRATIONS", name)
        add(server, 2, 3)
        until_list(server, "goes on", [1, 2, 3])
        server.client().execute_command("RG.UNPAUSEREGISTRATIONS", name)
        until_list(server, "paused", [1, 2, 3])
        until_trimmed(server)


def test_a_registration_loses_nothing_when_a_stream_begins_anew():
    with started() as server:
        register(server, note("quick") + held("slow"))
        server.client().set("ready", 1)
        server.client().xadd("s", {"n": 1}, id="9-0")
        until_list(server, "slow", [1])
        until_trimmed(server)
        server.client().delete("s", "ready")
        for number in range(2, 5):
            server.client().xadd("s", {"n": number}, id=f"{number}-0")
        until_list(server, "quick", [1, 2, 3, 4])
        server.client().set("ready", 1)
        until_list(server, "slow", [1, 2, 3, 4])
        until_trimmed(server)


def test_groups_go_with_their_registration():
    with started() as server:
        register(server, note("a", "trimStream=False") + note("b", "trimStream=False"), "ID", "one")
        add(server, 1)
        until_list(server, "a", [1])
        until_list(server, "b", [1])
        before = groups(server)
        assert len(before) == 2
        server.client().execute_command("RG.UNREGISTER", entries(server)[0][b"id"])
        until_groups(server, 1)
        assert groups(server) < before
        register(server, note("c", "trimStream=False"))
        until_list(server, "c", [1])
        register(server, "GB('CommandReader').register(trigger='t')", "REPLACE_WITH", "one")
        until_groups(server, 1)
        add(server, 2)
        until_list(server, "c", [1, 2])


def test_a_group_of_a_user_who_is_gone_goes_too():
    with started() as server:
        admin = server.client()
        admin.execute_command("ACL", "SETUSER", "owner", "on", ">any", "~*", "+@all")
        owner = server.client()
        owner.execute_command("AUTH", "owner", "any")
        owner.execute_command("RG.PYEXECUTE", note("a", "trimStream=False"))
        add(server, 1)
        until_list(server, "a", [1])
        admin.execute_command("ACL", "DELUSER", "owner")
        admin.execute_command("RG.UNREGISTER", entries(server)[0][b"id"])
        until_groups(server, 0)


@pytest.mark.parametrize("words", [["ID", "one", "UPGRADE"], ["ID", "two", "REPLACE_WITH", "one"]])
def test_an_upgrade_goes_on_where_the_session_was(words):
    """Also when it lasts over a restart."""
    with started(settings=("appendonly yes",)) as server:
        register(server, note("old", "trimStream=False"), "ID", "one")
        add(server, 1, 2)
        until_list(server, "old", [1, 2])
        before = groups(server)
        register(server, note("new", "trimStream=False"), *words)
        add(server, 3)
        until_list(server, "new", [3])
        server.restart(save=False)
        add(server, 4)
        until_list(server, "new", [3, 4])
        assert groups(server) == before


def test_what_a_user_may_not_read_keeps_no_entries():
    with started() as server:
        admin = server.client()
        admin.execute_command("ACL", "SETUSER", "guest", "on", ">any", "~other*", "+@all")
        guest = server.client()
        guest.execute_command("AUTH", "guest", "any")
        guest.execute_command("RG.PYEXECUTE", note("guest"))
        register(server, note("a"))
        add(server, 1, 2)
        until_list(server, "a", [1, 2])
        add(server, 3)
        until_list(server, "a", [1, 2, 3])
        until_trimmed(server)


def test_a_user_who_may_not_trim_goes_on():
    with started() as server:
        admin = server.client()
        admin.execute_command("ACL", "SETUSER", "owner", "on", ">any", "~*", "+@all", "-xtrim")
        owner = server.client()
        owner.execute_command("AUTH", "owner", "any")
        owner.execute_command("RG.PYEXECUTE", note("a"))
        add(server, *range(20))
        until_list(server, "a", range(20))
        assert admin.xlen("s") == 20


# Streams and sessions of earlier versions

def commands(data):
    """The commands in an append-only file: lists of words."""
    while data:
        count, data = data.split(b"\r\n", 1)
        words = []
        if not count.startswith(b"*"):
            continue
        for _ in range(int(count[1:])):
            length, data = data.split(b"\r\n", 1)
            words.append(data[:int(length[1:])])
            data = data[int(length[1:]) + 2:]
        yield words


def resp(words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def age(server):
    """Has the append-only file of a server that has ended hold sessions as earlier versions wrote them."""
    changed = 0
    for path in server.folder.rglob("*.aof"):
        written = []
        for words in commands(path.read_bytes()):
            if words[0].lower() == b"ai._flowsession":
                *record, (requirements, registrations) = marshal.loads(words[1])
                registrations = [registration[:4] for registration in registrations]
                words[1] = marshal.dumps((*record, (requirements, registrations)), 2)
                changed += 1
            written.append(resp(words))
        path.write_bytes(b"".join(written))
    assert changed > 0


@EVERY_SERVER
@pytest.mark.parametrize("done, read, seen", [(0, 3, [1, 2, 3, 4, 5]), (1, 3, [2, 3, 4, 5]), (3, 3, [4, 5])])
def test_a_group_of_an_earlier_version_is_taken_over(binary, done, read, seen):
    """All registrations go on where it was, and the last one removes it."""
    settings = ("appendonly yes", "aof-use-rdb-preamble no")
    with started(binary=binary, settings=settings) as server:
        client = server.client()
        register(server, note("a", "trimStream=False") + note("b", "trimStream=False"))
        for registration in entries(server):
            client.execute_command("RG.PAUSEREGISTRATIONS", registration[b"id"])
        add(server, 1, 2, 3, 4, 5)
        client.xgroup_create("s", SHARED, "0")
        [(_, found)] = client.xreadgroup(SHARED, "__gears_client__", {"s": ">"}, count=read)
        for name, _ in found[:done]:
            client.xack("s", SHARED, name)
        server.kill()
        age(server)
        server.start()
        until_list(server, "a", seen)
        until_list(server, "b", seen)
        expected = {f"{SHARED}:{registration[b'id'].decode()}".encode() for registration in entries(server)}
        assert groups(server) == expected
        register(server, note("c", "trimStream=False"))
        until_list(server, "c", [1, 2, 3, 4, 5])
        server.restart(save=False)
        add(server, 6)
        until_list(server, "a", [*seen, 6])
        until_list(server, "b", [*seen, 6])
        until_list(server, "c", [1, 2, 3, 4, 5, 6])
