"""Whose rights flows have: those of the user who has registered them, whoever sets them going."""

import time

import pytest

from support import flows, paths
from support.clients import refusal
from support.flows import failure, lacks_right, registrations, results, script, trigger
from support.servers import RedisServer, served, wait_until
from support.wire import OK, error

SCRIPT = """
GB('CommandReader').map(lambda r: execute(*r[1:])).register(trigger='do')
async def do(r): return await executeAsync(*r[1:])
GB('CommandReader').map(do).register(trigger='do async')
async def read(r):
    results, errors = await GB().map(lambda r: r['key']).run(r[1])
    return results or errors
GB('CommandReader').map(read).register(trigger='read')
"""
NO_USER = "NOPERM the user who registered the flow does not exist any more"
WAYS = ["do", "do async"]


@pytest.fixture(scope="module", params=paths.NEWER_SERVERS)
def rights_server(request):
    """A server that tells modules what a user may do."""
    with served(RedisServer(binary=paths.NEWER_SERVERS[request.param], words=flows.WORDS)) as server:
        yield server


@pytest.fixture
def admin(rights_server):
    """A client that may do everything; in the end there are neither flows nor other users."""
    client = rights_server.client()
    client.flushall()
    yield client
    flows.clear(client)
    users = [name for name in client.acl_users() if name not in (b"default", "default")]
    if users:
        client.execute_command("ACL", "DELUSER", *users)


@pytest.fixture
def user(rights_server, admin):
    """A client of a user with the given name and rights."""
    def connect(name, *rights):
        admin.execute_command("ACL", "SETUSER", name, "reset", "on", ">any", *rights)
        client = rights_server.client()
        client.connection_pool.connection_kwargs.update(username=name, password="any")
        return client
    return connect


# Who may do what

@pytest.mark.parametrize("command", [
    "RG.PYEXECUTE pass", "RG.DUMPREGISTRATIONS", "RG.UNREGISTER none", "RG.CLEARREGISTRATIONSSTATS",
    "RG.DUMPEXECUTIONS", "RG.GETEXECUTION none", "RG.GETRESULTS none", "RG.GETRESULTSBLOCKING none",
    "RG.DROPEXECUTION none", "RG.ABORTEXECUTION none", "RG.PYDUMPSESSIONS", "RG.PYSTATS", "RG.TRIGGER none",
    "RG.TRIGGERONKEY none key"])
def test_each_command_needs_the_right_to_it(user, command):
    name = command.split()[0].lower()
    assert refusal(user("guest", "~*", "+@all", f"-{name}"), *command.split()).startswith("NOPERM")
    text = refusal(user("guest", "~*", f"+{name}"), *command.split())
    assert text is None or not text.startswith("NOPERM")


def test_scripts_are_for_administrators(rights_server, user):
    """Servers of 7.0 know no categories of modules' commands."""
    if rights_server.version < (7, 2):
        pytest.skip("the server has no categories for modules")
    assert refusal(user("guest", "~*", "+@all", "-@dangerous"), "RG.PYEXECUTE", "pass").startswith("NOPERM")
    assert refusal(user("guest", "~*", "+@all", "-@admin"), "RG.PYEXECUTE", "pass").startswith("NOPERM")
    allowed = user("guest", "~*", "+@all", "-@dangerous", "-@admin")
    assert refusal(allowed, "RG.TRIGGER", "none") == flows.NO_TRIGGER


@pytest.mark.parametrize("way", WAYS)
def test_a_flow_does_what_its_caller_may_not(admin, user, way):
    script(admin, SCRIPT)
    guest = user("guest", "+rg.trigger")
    assert refusal(guest, "SET", "key", "value").startswith("NOPERM")
    assert trigger(guest, way, "SET", "key", "value") == [b"OK"]
    assert admin.get("key") == b"value"
    assert trigger(guest, "read", "*") == [b"['key']"]


def test_a_trigger_on_a_key_needs_no_right_to_the_key(admin, user):
    """The key only says where the trigger runs; what is done with it is the flow's."""
    script(admin, SCRIPT)
    guest = user("guest", "+rg.triggeronkey", "~nothing")
    assert guest.execute_command("RG.TRIGGERONKEY", "do", "GET", "key") == [b"None"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("words", [["SET", "other", "v"], ["DEL", "mine"], ["COPY", "mine", "other"]])
def test_a_flow_has_the_rights_of_who_registered_it(admin, user, way, words):
    owner = user("owner", "~mine*", "+rg.pyexecute", "+set", "+get", "+copy")
    script(owner, SCRIPT)
    assert trigger(admin, way, "SET", "mine", "v") == [b"OK"]
    assert lacks_right(refusal(admin, "RG.TRIGGER", way, *words))
    assert admin.keys() == [b"mine"]


def test_a_script_has_the_rights_of_who_sends_it(admin, user):
    owner = user("owner", "~mine", "+rg.pyexecute", "+set", "+get", "+type")
    assert script(owner, "execute('SET', 'mine', 1)") == b"OK"
    assert lacks_right(failure(owner, "execute('SET', 'other', 1)"))
    assert lacks_right(failure(owner, "execute('GET', 'other')"))
    assert results(owner, "GB().map(lambda r: r['value']).run('mine', noScan=True)") == [b"1"]
    # Scans are a right of their own.
    found, [text] = script(owner, "GB().run()")
    assert found == [] and lacks_right(text)


def test_a_reader_needs_the_right_to_each_key(admin, user):
    admin.mset({"mine": 1, "other": 2})
    owner = user("owner", "~mine", "+rg.pyexecute", "+scan", "+get", "+type")
    found, texts = script(owner, "GB().map(lambda r: r['key']).run('mine')")
    assert (found, texts) == ([b"mine"], [])
    found, texts = script(owner, "GB().map(lambda r: r['key']).run('other')")
    assert found == [] and lacks_right(texts[0])


def test_a_reader_leaves_out_what_it_may_not_read(admin, user):
    """One error at the end says so, however many keys there are of that kind."""
    admin.mset({f"mine{number}": number for number in range(300)})
    admin.mset({f"other{number}": number for number in range(300)})
    owner = user("owner", "~mine*", "+rg.pyexecute", "+scan", "+get", "+type")
    found, [text] = script(owner, "GB().map(lambda r: r['key']).run('*')")
    assert sorted(found) == sorted(b"mine%d" % number for number in range(300)) and lacks_right(text)
    found, texts = script(owner, "GB().map(lambda r: r['key']).run('mine*')")
    assert (len(found), texts) == (300, [])
    found, [text] = script(owner, "GB().count().run()")
    assert found == [b"300"] and lacks_right(text)


@pytest.mark.parametrize("way", WAYS)
def test_rights_that_are_taken_away_are_gone(admin, user, way):
    owner = user("owner", "~*", "+rg.pyexecute", "+set")
    script(owner, SCRIPT)
    assert trigger(admin, way, "SET", "a", "1") == [b"OK"]
    admin.execute_command("ACL", "SETUSER", "owner", "-set")
    assert lacks_right(refusal(admin, "RG.TRIGGER", way, "SET", "a", "2"))
    admin.execute_command("ACL", "SETUSER", "owner", "+set")
    assert trigger(admin, way, "SET", "a", "3") == [b"OK"]


@pytest.mark.parametrize("way", WAYS)
def test_a_user_who_is_gone_may_do_nothing(admin, user, way):
    script(user("owner", "~*", "+@all"), SCRIPT)
    admin.execute_command("ACL", "DELUSER", "owner")
    assert NO_USER in refusal(admin, "RG.TRIGGER", way, "SET", "a", "1")
    assert not admin.exists("a")
    # One of the same name takes the place.
    user("owner", "~*", "+@all")
    assert trigger(admin, way, "SET", "a", "1") == [b"OK"]


def test_a_flow_without_calls_runs_for_a_user_who_is_gone(admin, user):
    script(user("owner", "~*", "+@all"), "GB('CommandReader').register(trigger='t')")
    admin.execute_command("ACL", "DELUSER", "owner")
    assert trigger(admin, "t") == [b"['t']"]


def test_rights_last_over_another_python(admin, user):
    owner = user("owner", "~mine", "+rg.pyexecute", "+set")
    script(owner, SCRIPT + "import os\n"
                  "GB('CommandReader').map(lambda r: os._exit(1)).register(trigger='end')")
    assert refusal(admin, "RG.TRIGGER", "end") == flows.PYTHON_ENDED
    wait_until(lambda: lacks_right(refusal(admin, "RG.TRIGGER", "do", "SET", "other", 1)), what="the refusal")
    assert trigger(admin, "do", "SET", "mine", 1) == [b"OK"]


def test_an_upgrade_by_another_user_has_the_rights_of_that_one(admin, user):
    owner = user("owner", "~mine", "+rg.pyexecute", "+set")
    script(owner, SCRIPT, "ID", "one")
    assert lacks_right(refusal(admin, "RG.TRIGGER", "do", "SET", "other", 1))
    script(admin, SCRIPT, "ID", "one", "UPGRADE")
    assert trigger(admin, "do", "SET", "other", 1) == [b"OK"]


def test_a_flow_that_a_flow_has_registered_has_the_same_rights(admin, user):
    owner = user("owner", "~mine", "+rg.pyexecute", "+set")
    script(owner, "def make(r): return GB('CommandReader').map(lambda r: execute('SET', r[1], 1))"
                  ".register(trigger='made')\nGB('CommandReader').map(make).register(trigger='make')")
    trigger(admin, "make")
    assert lacks_right(refusal(admin, "RG.TRIGGER", "made", "other"))
    assert trigger(admin, "made", "mine") == [b"OK"]


def test_threads_and_coroutines_beside_have_the_same_rights(admin, user):
    owner = user("owner", "~mine", "+rg.pyexecute", "+set")
    script(owner, """
def try_it(key):
    try: return execute('SET', key, 1)
    except GearsError as error: return str(error)
def f(r):
    found = []
    thread = Thread(target=lambda: found.append(try_it(r[1])))
    thread.start()
    thread.join()
    return found[0]
async def beside(key): return try_it(key)
def g(r):
    future = gearsFuture()
    runCoroutine(beside(r[1]), future)
    return future
GB('CommandReader').map(f).register(trigger='thread')
GB('CommandReader').map(g).register(trigger='coroutine')
""")
    for name in ("thread", "coroutine"):
        assert lacks_right(trigger(admin, name, "other")[0])
        assert trigger(admin, name, "mine") == [b"OK"]


def test_a_refusal_within_a_flow_is_in_the_servers_list(admin, user):
    owner = user("owner", "~mine", "+rg.pyexecute", "+set")
    script(owner, SCRIPT)
    admin.execute_command("ACL", "LOG", "RESET")
    assert lacks_right(refusal(admin, "RG.TRIGGER", "do", "SET", "other", 1))
    # Which user it was, servers of 7.0 do not note.
    assert [entry["object"] for entry in admin.acl_log()] == ["other"]


def test_a_stream_that_may_not_be_read_counts_once(rights_server, admin, user):
    """It is tried ever more rarely, at once when the registration is to go on, and is one line of the log."""
    owner = user("owner", "~notes", "+@all")
    source = "GB('StreamReader').foreach(lambda r: execute('RPUSH', 'notes', r['id'])).register('s*')"
    admin.execute_command("ACL", "LOG", "RESET")
    start = time.monotonic()
    script(owner, source)
    admin.xadd("s1", {"n": 1})
    admin.xadd("s2", {"n": 1}, id="5-0")

    def refused():
        counts = [entry["count"] for entry in admin.acl_log() if entry["object"] in ("s1", b"s1")]
        return sum(map(int, counts))

    wait_until(lambda: refused() >= 3, what="three refusals")
    assert time.monotonic() - start >= 2.9
    [data] = [entry["RegistrationData"] for entry in registrations(admin)]
    assert (data["numTriggered"], data["numFailures"]) == (2, 2) and lacks_right(data["lastError"])
    [registration] = registrations(admin)
    line = f"registration {registration['id'].decode()} cannot follow a stream"
    assert rights_server.log().count(line) == 1
    admin.execute_command("ACL", "SETUSER", "owner", "~s*")
    admin.delete("s1")
    admin.execute_command("RG.UNPAUSEREGISTRATIONS", registration["id"])
    wait_until(lambda: admin.lrange("notes", 0, -1) == [b"5-0"], what="the entry")
    wait_until(lambda: flows.statistics(admin)["lastError"] is None, what="the end of the flow")


# Databases

def test_flows_work_in_the_database_of_who_registered_them(rights_server, admin):
    elsewhere = rights_server.client(database=5)
    script(elsewhere, SCRIPT)
    for way in WAYS:
        assert trigger(admin, way, "SET", f"by {way}", 1) == [b"OK"]
    assert sorted(elsewhere.keys()) == [b"by do", b"by do async"] and admin.keys() == []
    assert trigger(admin, "read", "by do") == [b"['by do']"]


def test_a_flow_can_not_change_the_database_of_others(rights_server, admin):
    script(admin, SCRIPT)
    refusal(admin, "RG.TRIGGER", "do", "SELECT", 5)
    trigger(admin, "do", "SET", "key", 1)
    assert admin.get("key") == b"1"


def test_what_is_registered_is_seen_from_all_databases(rights_server, admin):
    script(rights_server.client(database=5), SCRIPT)
    assert len(registrations(admin)) == 3


# Writes

def test_on_a_full_server_flows_write_nothing(admin):
    script(admin, SCRIPT)
    admin.config_set("maxmemory", 1)
    try:
        for way in WAYS:
            assert "OOM" in refusal(admin, "RG.TRIGGER", way, "SET", "a", "1")
            assert trigger(admin, way, "GET", "a") == [b"None"]
    finally:
        admin.config_set("maxmemory", 0)
    assert trigger(admin, "do", "SET", "a", "1") == [b"OK"]


def test_what_flows_write_is_replicated_as_commands(rights_server, admin, tmp_path):
    script(admin, SCRIPT)
    admin.config_set("appendonly", "yes")
    try:
        rights_server.wait_for_aof()
        trigger(admin, "do", "SET", "from a flow", 1)
        text = b"".join(path.read_bytes() for path in rights_server.folder.rglob("*.aof"))
        assert b"from a flow" in text and b"RG.TRIGGER" not in text.upper()
    finally:
        admin.config_set("appendonly", "no")


# Servers that can not tell what a user may do

@pytest.mark.skipif("redis-6.2" not in paths.SERVERS, reason="a server was chosen")
def test_an_old_server_lets_flows_call_nothing_unless_told_to(start_server):
    server = start_server(
        binary=paths.SERVERS["redis-6.2"], words=(*flows.WORDS, "ALLOW_UNCHECKED_SCRIPTS", "no"))
    client = server.client()
    text = "ERR this server cannot check the rights of flows; ALLOW_UNCHECKED_SCRIPTS lets them do all"
    assert text in failure(client, "execute('PING')")
    assert script(client, SCRIPT) == b"OK"
    for way in WAYS:
        assert text in refusal(client, "RG.TRIGGER", way, "PING")
    assert trigger(client, "read", "*")[0].count(text.encode()) == 1


def test_a_wire_reply_of_a_refusal_is_an_error(rights_server, admin, user):
    script(admin, SCRIPT)
    assert trigger(user("guest", "+rg.trigger"), "do", "PING") == [b"PONG"]
    with rights_server.wire() as connection:
        assert connection.call("AUTH", "guest", "any") == OK
        assert connection.call("RG.TRIGGER", "none") == error(flows.NO_TRIGGER)
