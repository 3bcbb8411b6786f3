"""Sessions: names, what takes whose place, what a script that fails leaves, what is told of them."""

import pytest

from support import flows
from support.clients import refusal
from support.flow_sessions import answering, names
from support.flows import Hold, background, failure, registrations, script, sessions, trigger
from support.servers import wait_until

MODULE_WORDS = flows.WORDS
pytestmark = pytest.mark.usefixtures("no_flows_left")

# Names

def test_a_session_without_a_name_gets_one(client):
    script(client, answering("a"))
    [name] = names(client)
    assert len(name) == 40 and set(name) <= set(b"0123456789abcdef")


def test_a_name_is_taken_once(client):
    script(client, answering("old"), "ID", "one")
    assert failure(client, answering("new"), "ID", "one") == "Session one already exists"
    assert trigger(client, "t") == [b"old"]


def test_a_name_is_free_when_its_session_has_gone(client):
    assert script(client, "pass", "ID", "one") == b"OK"
    assert script(client, "pass", "ID", "one") == b"OK"
    script(client, answering("old"), "ID", "one")
    client.execute_command("RG.UNREGISTER", registrations(client)[0]["id"])
    assert script(client, answering("new"), "ID", "one") == b"OK"


def test_the_first_registration_of_a_server_is_number_1(start_server):
    client = start_server(words=flows.WORDS).client()
    script(client, answering("a"), "ID", "named")
    assert registrations(client)[0]["id"] == b"0" * 40 + b"-1"


# What takes whose place

def test_an_upgrade_takes_the_place_of_its_name(client):
    script(client, answering("old") + "\n" + answering("old", "other"), "ID", "one")
    before = registrations(client)
    assert script(client, answering("new"), "ID", "one", "UPGRADE") == b"OK"
    assert trigger(client, "t") == [b"new"]
    assert refusal(client, "RG.TRIGGER", "other") == flows.NO_TRIGGER
    [now] = registrations(client)
    assert now["id"] not in [entry["id"] for entry in before]
    assert names(client) == [b"one"]


def test_an_upgrade_without_a_session_makes_one(client):
    assert script(client, answering("new"), "ID", "one", "UPGRADE") == b"OK"
    assert names(client) == [b"one"]


def test_an_upgrade_without_a_name_makes_a_session(client):
    script(client, answering("a"), "UPGRADE")
    script(client, answering("b", "other"), "UPGRADE")
    assert len(names(client)) == 2


@pytest.mark.parametrize("line, text", [
    ("1 / 0", "division by zero"), ("this is no python", "invalid syntax"),
    ("GB('CommandReader').register(trigger='t')", "trigger already registered in this session"),
])
def test_an_upgrade_that_fails_changes_nothing(client, line, text):
    script(client, answering("old"), "ID", "one")
    before = registrations(client)
    assert text in failure(client, f"{answering('new')}\n{line}", "ID", "one", "UPGRADE")
    assert trigger(client, "t") == [b"old"]
    assert [entry["id"] for entry in registrations(client)] == [entry["id"] for entry in before]
    assert script(client, answering("new"), "ID", "one", "UPGRADE") == b"OK"


def test_an_upgrade_may_not_take_triggers_of_others(client):
    script(client, answering("a", "a"), "ID", "one")
    script(client, answering("b", "b"), "ID", "two")
    assert "trigger already registered" in failure(client, answering("c", "b"), "ID", "one", "UPGRADE")
    assert trigger(client, "b") == [b"b"] and trigger(client, "a") == [b"a"]


def test_an_upgrade_aborts_what_runs(server, client):
    hold = Hold(client)
    script(client, hold.setup + "GB('CommandReader').foreach(wait).register(trigger='t')", "ID", "one")
    with background(server, "RG.TRIGGER", "t") as answer:
        hold.reached()
        script(client, answering("new"), "ID", "one", "UPGRADE")
        assert str(answer()) == flows.ABORTED
    assert trigger(client, "t") == [b"new"]


def test_another_name_can_take_the_place(client):
    script(client, answering("old"), "ID", "one")
    assert script(client, answering("new"), "ID", "two", "REPLACE_WITH", "one") == b"OK"
    assert names(client) == [b"two"]
    assert trigger(client, "t") == [b"new"]


def test_a_session_without_a_name_can_take_the_place(client):
    script(client, answering("old"), "ID", "one")
    assert script(client, answering("new"), "REPLACE_WITH", "one") == b"OK"
    assert len(names(client)) == 1 and names(client) != [b"one"]


def test_only_what_is_there_can_be_replaced(client):
    text = "Can not replace with none, session does not exists."
    assert failure(client, answering("new"), "REPLACE_WITH", "none") == text
    assert failure(client, answering("new"), "ID", "two", "UPGRADE", "REPLACE_WITH", "none") == text


@pytest.mark.parametrize("words", [[], ["UPGRADE"]])
def test_what_is_there_replaces_no_other(client, words):
    script(client, answering("a", "a"), "ID", "one")
    script(client, answering("b", "b"), "ID", "two")
    text = "Can not replace an existing session one with two"
    assert failure(client, answering("c"), "ID", "one", "REPLACE_WITH", "two", *words) == text
    assert trigger(client, "a") == [b"a"] and trigger(client, "b") == [b"b"]


def test_a_replacement_that_fails_changes_nothing(client):
    script(client, answering("old"), "ID", "one")
    assert "division" in failure(client, answering("new") + "\n1/0", "ID", "two", "REPLACE_WITH", "one")
    assert names(client) == [b"one"] and trigger(client, "t") == [b"old"]


# Scripts that run at the same time

def test_a_name_belongs_to_the_script_that_runs(server, client):
    hold = Hold(client)
    with background(server, "RG.PYEXECUTE", hold.setup + "wait()\n" + answering("a"), "ID", "one") as answer:
        hold.reached()
        text = "TRYAGAIN the script of session one is still running"
        assert failure(client, answering("b"), "ID", "one") == text
        assert failure(client, answering("b"), "ID", "one", "UPGRADE") == text
        assert names(client) == []
        hold.open()
        assert answer() == b"OK"
    assert failure(client, answering("b"), "ID", "one") == "Session one already exists"


def test_a_session_has_one_replacement_at_a_time(server, client):
    script(client, answering("old"), "ID", "one")
    hold = Hold(client)
    words = [hold.setup + answering("new") + "\nwait()", "ID", "two", "REPLACE_WITH", "one"]
    with background(server, "RG.PYEXECUTE", *words) as answer:
        hold.reached()
        text = "TRYAGAIN the script of session one is still running"
        assert failure(client, answering("newest"), "ID", "three", "REPLACE_WITH", "one") == text
        # Until it has ended, the old one answers.
        assert trigger(client, "t") == [b"old"]
        hold.open()
        assert answer() == b"OK"
    assert trigger(client, "t") == [b"new"]


def test_a_trigger_belongs_to_the_script_that_runs(server, client):
    hold = Hold(client)
    with background(server, "RG.PYEXECUTE", hold.setup + answering("a") + "\nwait()") as answer:
        hold.reached()
        assert "trigger already registered" in failure(client, answering("b"))
        assert refusal(client, "RG.TRIGGER", "t") == flows.NO_TRIGGER
        assert registrations(client) == []
        hold.open()
        assert answer() == b"OK"
    assert trigger(client, "t") == [b"a"]


def test_a_session_may_end_while_its_replacement_is_made(server, client):
    script(client, answering("old"), "ID", "one")
    hold = Hold(client)
    words = [hold.setup + answering("new") + "\nwait()", "ID", "one", "UPGRADE"]
    with background(server, "RG.PYEXECUTE", *words) as answer:
        hold.reached()
        client.execute_command("RG.UNREGISTER", registrations(client)[0]["id"])
        assert names(client) == []
        hold.open()
        assert answer() == b"OK"
    assert trigger(client, "t") == [b"new"] and names(client) == [b"one"]


def test_a_trigger_that_was_freed_meanwhile_is_free(server, client):
    """The trigger of a session that is replaced goes to another one if the replacement fails."""
    script(client, answering("old"), "ID", "one")
    hold = Hold(client)
    words = [hold.setup + answering("new") + "\nwait()\n1/0", "ID", "one", "UPGRADE"]
    with background(server, "RG.PYEXECUTE", *words) as answer:
        hold.reached()
        client.execute_command("RG.UNREGISTER", registrations(client)[0]["id"])
        assert "trigger already registered" in failure(client, answering("other"))
        hold.open()
        assert "division by zero" in str(answer())
    assert script(client, answering("other")) == b"OK"
    assert trigger(client, "t") == [b"other"]


def test_a_client_that_leaves_does_not_stop_its_script(server, client):
    hold = Hold(client)
    with server.wire() as connection:
        connection.send("RG.PYEXECUTE", hold.setup + "wait()\n" + answering("a"))
        hold.reached()
    hold.open()
    wait_until(lambda: registrations(client), what="the registration")
    assert trigger(client, "t") == [b"a"]


# Scripts that fail

@pytest.mark.parametrize("line", [
    "1 / 0", "raise SystemExit", "raise KeyboardInterrupt", "import sys; sys.exit(3)", "raise BaseException",
    "raise RecursionError", "(lambda f: f(f))(lambda f: f(f))", "import none_such", "undefined"])
def test_a_script_that_fails_leaves_nothing(client, line):
    assert failure(client, f"{answering('a')}\n{line}", "ID", "one") is not None
    assert (names(client), registrations(client), flows.executions(client)) == ([], [], {})
    assert refusal(client, "RG.TRIGGER", "t") == flows.NO_TRIGGER
    assert script(client, answering("b"), "ID", "one") == b"OK"


def test_what_a_failed_script_has_started_is_ended(client):
    hold = Hold(client)
    assert "division" in failure(
        client, hold.setup + "GB('PythonReader').foreach(wait).run(lambda: iter([1]))\n1/0")
    wait_until(lambda: flows.executions(client) == {}, what="the end of what was started")


@pytest.mark.parametrize("source", ["", "\n", "# nothing", "x = 1", "x = '\xe9\U0001f600'"])
def test_a_script_may_do_nothing(client, source):
    assert script(client, source, "ID", "one") == b"OK"
    assert names(client) == []


@pytest.mark.parametrize("source", [b"x = '\xff'", b"a\0b", "if True:", "return 1", b"'\xed\xa0\x80'"])
def test_what_is_no_script_is_an_error(client, source):
    assert failure(client, source) is not None
    assert script(client, "pass") == b"OK"


# What sessions share

def test_globals_belong_to_a_session(client):
    script(client, "value = 1\ndef f(r):\n    global value\n    value += 1\n    return value\n"
                   "GB('CommandReader').map(f).register(trigger='up')\n"
                   "GB('CommandReader').map(lambda r: value).register(trigger='tell')")
    script(client, "value = 100\nGB('CommandReader').map(lambda r: value).register(trigger='other')")
    assert [trigger(client, "up"), trigger(client, "tell")] == [[b"2"], [b"2"]]
    assert trigger(client, "other") == [b"100"]
    assert "name 'value' is not defined" in failure(client, "print(value)")


def test_a_script_knows_the_names_of_the_runtime(client):
    assert script(client, """
assert __name__ == 'not_main'
for name in '''GearsBuilder GB execute atomic log hashtag configGet gearsConfigGet createFuture
               setFutureResults setFutureException runCoroutine isAsyncAllow gearsFuture GearsFuture
               override_reply call_next flat_error asyncio Thread copy redisgears rg'''.split():
    assert name in globals(), name
assert hashtag() is None
assert configGet('PythonAttemptTraceback') == '1'
assert configGet('none') is None and gearsConfigGet('none', 'default') == 'default'
import redisAI, redisgears
assert redisgears.executeCommand('PING') == 'PONG'
""") == b"OK"


def test_modules_are_shared_by_all_sessions(client):
    script(client, "import json\njson.our_mark = 'seen'")
    assert script(client, "import json\nassert json.our_mark == 'seen'\ndel json.our_mark") == b"OK"


# Registering

def test_the_id_of_a_registration_is_told_to_the_script(client):
    script(client, "identifier = GB('CommandReader').register(trigger='t')\nexecute('SET', 'id', identifier)")
    assert client.get("id") == registrations(client)[0]["id"]


def test_a_builder_can_be_registered_again(client):
    script(client, "builder = GB('CommandReader').map(lambda r: r[0])\n"
                   "builder.register(trigger='a')\nbuilder.register(trigger='b')")
    assert trigger(client, "a") == [b"a"] and trigger(client, "b") == [b"b"]
    assert len(sessions(client)[0]["registrations"]) == 2


def test_a_flow_can_register_another_one(client):
    script(client, "def f(r):\n    return GB('CommandReader').map(lambda r: 'inner').register(trigger=r[1])\n"
                   "GB('CommandReader').map(f).register(trigger='make')", "ID", "one")
    [identifier] = trigger(client, "make", "made")
    assert trigger(client, "made") == [b"inner"]
    assert identifier in sessions(client)[0]["registrations"]
    assert "trigger already registered in this session" in refusal(client, "RG.TRIGGER", "make", "made")
    assert "trigger already registered in this session" in refusal(client, "RG.TRIGGER", "make", "make")
    client.execute_command("RG.UNREGISTER", identifier)
    assert trigger(client, "make", "made") != [identifier]
    assert trigger(client, "made") == [b"inner"]


def test_a_trigger_that_a_flow_registers_may_be_taken(client):
    script(client, answering("a"))
    script(client, "GB('CommandReader').map(lambda r: GB('CommandReader').register(trigger='t'))"
                   ".register(trigger='make')")
    assert "trigger already registered" in refusal(client, "RG.TRIGGER", "make")


def test_an_upgrade_removes_what_flows_have_registered(client):
    script(client, "GB('CommandReader').map(lambda r: GB('CommandReader').register(trigger='made'))"
                   ".register(trigger='make')", "ID", "one")
    trigger(client, "make")
    script(client, answering("new", "made"), "ID", "one", "UPGRADE")
    assert trigger(client, "made") == [b"new"]
    assert len(registrations(client)) == 1


def test_what_is_to_be_done_on_registration_is_done_once(client):
    script(client, "GB('CommandReader').register(trigger='t', onRegistered=lambda: execute('INCR', 'times'))")
    trigger(client, "t")
    assert client.get("times") == b"1"


def test_what_fails_on_registration_is_logged(server, client):
    assert script(client, "GB('CommandReader').register(trigger='t', onRegistered=lambda: 1 / 0)") == b"OK"
    assert trigger(client, "t") == [b"['t']"]
    wait_until(lambda: "GEARS: error in onRegistered" in server.log(), what="the line in the log")


def test_what_is_not_called_on_registration_of_a_failed_script(client):
    failure(client, "GB('CommandReader').register("
                    "trigger='t', onRegistered=lambda: execute('SET', 'k', 1))\n1/0")
    script(client, "pass")
    assert not client.exists("k")
