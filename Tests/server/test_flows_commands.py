"""The RG commands: their words, their refusals, and the form of their replies in both protocols."""

import pytest

from support import flows, paths
from support.clients import refusal
from support.clusters import start_cluster
from support.flows import registrations, script, trigger
from support.texts import arity
from support.wire import OK, array, bulk, error, integer

MODULE_WORDS = flows.WORDS
pytestmark = pytest.mark.usefixtures("no_flows_left")

ECHO = "GB('CommandReader').map(lambda r: r[1:]).register(trigger='echo', convertToStr=False)"
ZEROS = "0" * 40


def returning(expression, name="t"):
    """A script whose trigger brings the value of an expression."""
    return (f"GB('CommandReader').map(lambda r: {expression})"
            f".register(trigger={name!r}, convertToStr=False)")


# Words

WRONG_WORDS = [
    "RG.PYEXECUTE", "RG.TRIGGER", "RG.TRIGGERONKEY", "RG.TRIGGERONKEY t", "RG.DUMPREGISTRATIONS a",
    "RG.UNREGISTER", "RG.UNREGISTER a b c", "RG.CLEARREGISTRATIONSSTATS a", "RG.DUMPEXECUTIONS a",
    "RG.GETEXECUTION", "RG.GETEXECUTION a b c", "RG.GETRESULTS", "RG.GETRESULTS a b",
    "RG.GETRESULTSBLOCKING", "RG.GETRESULTSBLOCKING a b", "RG.DROPEXECUTION", "RG.DROPEXECUTION a b",
    "RG.ABORTEXECUTION", "RG.ABORTEXECUTION a b", "RG.PYSTATS a", "RG.INFOCLUSTER a",
    "RG.CONFIGGET", "RG.CONFIGSET", "RG.CONFIGSET a", "RG.PAUSEREGISTRATIONS", "RG.UNPAUSEREGISTRATIONS"]


@pytest.mark.parametrize("words", WRONG_WORDS)
def test_a_wrong_number_of_words_is_refused(client, words):
    assert refusal(client, *words.split()) == arity(words.split()[0])


@pytest.mark.parametrize("words, text", [
    (["ID"], "ID is missing"),
    (["DESCRIPTION"], "DESCRIPTION is missing"),
    (["REPLACE_WITH"], "REPLACE_WITH is missing"),
    (["UNBLOCKING", "id"], "ID is missing"),
    (["FOO"], "Unknown arguments were given: FOO"),
    (["ID", "a", "bar", "FOO"], "Unknown arguments were given: bar"),
    (["UPGRADE", ""], "Unknown arguments were given: "),
])
def test_options_of_a_script_are_checked(client, words, text):
    assert flows.failure(client, "raise SystemExit", *words) == text


@pytest.mark.parametrize("name", ["", "a b", "a.b", "a\n", "\xe9", "a" * 10 + "/", b"a\0b"])
def test_names_of_sessions_have_few_letters(client, name):
    text = "ID must be compose of: ['A'-'Z' | 'a'-'z' | '0' - '9' | '-' | '_']"
    assert flows.failure(client, "pass", "ID", name) == text


@pytest.mark.parametrize("name", ["a", "0", "-", "_", "A-z_9" * 100])
def test_names_of_sessions_may_be_long(client, name):
    assert script(client, "pass", "ID", name) == b"OK"


def test_commands_and_options_are_known_in_any_case(client):
    run = "GB('PythonReader').run(lambda: iter([1]))"
    words = ["description", "text", "Id", "name", "unblocking", "upgrade", "requirements", "redis-ai-none"]
    assert client.execute_command("rg.pyexecute", run, *words[:-2]).startswith(ZEROS.encode())
    assert refusal(client, "Rg.PyExecute", run, *words).startswith("Could not satisfy requirements")


def test_a_command_says_where_its_key_is(client):
    [about] = client.execute_command("COMMAND", "INFO", "RG.TRIGGERONKEY").values()
    assert (about["first_key_pos"], about["last_key_pos"], about["step_count"]) == (2, 2, 1)


def test_a_key_says_where_in_a_cluster_a_trigger_runs(start_server):
    server, _ = start_cluster(start_server, words=flows.WORDS)
    client = server.client()
    script(client, ECHO)
    client.config_set("cluster-require-full-coverage", "no")
    client.execute_command("CLUSTER", "DELSLOTS", client.execute_command("CLUSTER", "KEYSLOT", "elsewhere"))
    assert refusal(client, "RG.TRIGGERONKEY", "echo", "elsewhere").startswith("CLUSTERDOWN")
    assert client.execute_command("RG.TRIGGERONKEY", "echo", "here") == [[b"here"]]
    assert trigger(client, "echo", "elsewhere") == [[b"elsewhere"]]
    # IDs name the server.
    node = client.execute_command("CLUSTER", "MYID")
    assert registrations(client)[0]["id"] == node + b"-1"


def test_names_of_triggers_are_case_sensitive(client):
    script(client, ECHO)
    assert refusal(client, "RG.TRIGGER", "Echo") == flows.NO_TRIGGER


# Triggers

def test_a_trigger_gets_its_name_and_all_words(client):
    script(client, "GB('CommandReader').register(trigger='t')")
    words = ["1", "two words", b"\xff\xfe", b"a\0b", "", "\xe9"]
    [text] = trigger(client, "t", *words)
    assert eval(text) == ["t", "1", "two words", bytearray(b"\xff\xfe"), "a\0b", "", "\xe9"]


@pytest.mark.parametrize("words", [["echo"], ["echo", "a"], ["echo", b"\0", "b" * 100_000]])
def test_words_come_back_as_they_are(client, words):
    script(client, "GB('CommandReader').flatmap(lambda r: r[1:]).register(trigger='echo', collect=False)")
    assert trigger(client, *words) == [
        word if isinstance(word, bytes) else word.encode() for word in words[1:]]


def test_a_trigger_on_a_key_is_the_same_with_a_key(client):
    script(client, """
def remember(words):
    execute('SADD', *words[1:])
    return execute('SCARD', words[1])
GB('CommandReader').map(remember).register(trigger='remember')
""")
    assert client.execute_command("RG.TRIGGERONKEY", "remember", "my_set", "a", "b") == [b"2"]
    assert client.smembers("my_set") == {b"a", b"b"}
    assert client.execute_command("RG.TRIGGER", "remember", "my_set", "c") == [b"3"]


@pytest.mark.parametrize("words", [["RG.TRIGGER", "none"], ["RG.TRIGGERONKEY", "none", "key"]])
def test_an_unknown_trigger_is_refused(client, words):
    assert refusal(client, *words) == flows.NO_TRIGGER


def test_a_trigger_may_bring_nothing_or_much(client):
    script(client, "GB('CommandReader').flatmap(lambda r: list(range(int(r[1])))).register(trigger='range')")
    assert trigger(client, "range", 0) == []
    assert trigger(client, "range", 50_000) == [b"%d" % number for number in range(50_000)]


def test_large_results_come_whole(client):
    script(client, returning("['a' * 3_000_000] * 5"))
    assert trigger(client, "t") == [[b"a" * 3_000_000] * 5]


@pytest.mark.parametrize("expression", ["list(range(1_000_000))", "'a' * (65 << 20)"])
def test_a_result_that_is_too_large_is_an_error(client, expression):
    script(client, returning(expression))
    assert refusal(client, "RG.TRIGGER", "t").startswith("a result is too large: ")
    assert script(client, "pass") == b"OK"


def test_what_is_nested_too_deeply_has_no_form(wire, client):
    script(client, returning("eval('[' * 60 + ']' * 60)"))
    assert wire.call("RG.TRIGGER", "t") == b"*1\r\n" * 31 + bulk("PY RECORD")


@pytest.mark.parametrize("expression, reply", [
    ("1", integer(1)), ("True", integer(1)), ("-(1 << 63)", integer(-(1 << 63))),
    ("1 << 63", bulk(str(1 << 63))),
    ("1.5", bulk("1.500000")), ("1e300", bulk(f"{1e300:f}")), ("float('nan')", bulk("nan")),
    ("'text'", bulk("text")), ("b'\\xff\\r\\n'", bulk(b"\xff\r\n")), ("''", bulk("")),
    ("'+'", bulk("+")), ("'-'", bulk("-")), ("'+OK'", OK), ("'-ERR no'", error("ERR no")),
    ("'+a\\r\\nb'", b"+a  b\r\n"), ("'-a\\nb'", error("a b")), ("b'+OK'", bulk("+OK")),
    ("[]", array()), ("[1, ['+a', [b'b']]]", array(integer(1), array(b"+a\r\n", array(bulk("b"))))),
    ("None", bulk("PY RECORD")), ("{}", bulk("PY RECORD")), ("(1,)", bulk("PY RECORD")),
    ("bytearray(b'a')", bulk("PY RECORD")), ("'\\udcff'", bulk(b"\xff")),
])
def test_a_record_becomes_the_same_reply_in_both_protocols(client, wire, wire3, expression, reply):
    script(client, returning(expression))
    assert wire.call("RG.TRIGGER", "t") == array(reply)
    assert wire3.call("RG.TRIGGER", "t") == array(reply)


def test_results_of_a_script_are_such_records_too(wire, wire3):
    source = "GB('PythonReader').run(lambda: iter(['+OK', 1, [2.5]]), convertToStr=False)"
    reply = array(array(OK, integer(1), array(bulk("2.500000"))), array())
    assert wire.call("RG.PYEXECUTE", source) == reply
    assert wire3.call("RG.PYEXECUTE", source) == reply


def test_errors_of_a_script_are_no_error_replies(wire, wire3):
    source = "GB('PythonReader').map(lambda r: flat_error(r)).run(lambda: iter(['-a\\r\\nb', 'c']))"
    reply = array(array(), array(bulk("-a  b"), bulk("c")))
    assert wire.call("RG.PYEXECUTE", source) == reply
    assert wire3.call("RG.PYEXECUTE", source) == reply


# Where nobody can wait

def test_in_a_transaction_nothing_runs(client):
    script(client, ECHO)
    pipeline = client.pipeline()
    for words in (["RG.PYEXECUTE", "pass"], ["RG.TRIGGER", "echo"], ["RG.TRIGGERONKEY", "echo", "k"]):
        pipeline.execute_command(*words)
    texts = [str(reply) for reply in pipeline.execute(raise_on_error=False)]
    refused = ("ERR can not run a non-sync execution inside a MULTI/LUA (blocking is not allowed) "
               "or on loading.")
    assert texts == [flows.CANNOT_BLOCK, refused, refused]
    assert flows.statistics(client)["numTriggered"] == 0


@pytest.mark.parametrize("words, text", [
    (["RG.PYEXECUTE", "pass"], flows.CANNOT_BLOCK),
    (["RG.TRIGGER", "echo"], "ERR can not run a non-sync execution inside a MULTI/LUA"),
])
def test_in_lua_nothing_runs(client, words, text):
    script(client, ECHO)
    assert text in refusal(client, "EVAL", "return redis.call(unpack(ARGV))", 0, *words)


def test_in_a_transaction_an_unknown_trigger_is_unknown(client):
    pipeline = client.pipeline()
    pipeline.execute_command("RG.TRIGGER", "none")
    assert [str(reply) for reply in pipeline.execute(raise_on_error=False)] == [flows.NO_TRIGGER]


def test_what_only_tells_runs_in_a_transaction(client):
    script(client, ECHO)
    pipeline = client.pipeline()
    for name in ("RG.DUMPREGISTRATIONS", "RG.DUMPEXECUTIONS", "RG.PYDUMPSESSIONS", "RG.PYSTATS"):
        pipeline.execute_command(name)
    registered, executions, sessions, memory = pipeline.execute()
    assert (len(registered), len(executions), len(sessions), len(memory)) == (1, 0, 1, 6)


# Registrations

def test_a_registration_is_told_in_the_known_form(client, wire, wire3):
    script(client, "GB('CommandReader', desc='what it is').register(trigger='t', mode='async_local', "
                   "inorder=True)", "ID", "session")
    [entry] = registrations(client)
    data = [
        "mode", "async_local", "numTriggered", 0, "numSuccess", 0, "numFailures", 0, "numAborted", 0,
        "lastRunDurationMS", 0, "totalRunDurationMS", 0, "avgRunDurationMS"]
    head = b"*1\r\n" + b"*12\r\n" + b"".join(map(bulk, [
        "id", entry["id"], "reader", "CommandReader", "desc", "what it is", "RegistrationData"]))
    head += b"*20\r\n" + b"".join(
        integer(item) if isinstance(item, int) else bulk(item) for item in data)
    arguments = array(bulk("trigger"), bulk("t"), bulk("inorder"), integer(1))
    tail = bulk("args") + arguments + b"".join(map(bulk, [
        "PD", "{'sessionName':'session'}", "ExecutionThreadPool", "DefaultPool"]))
    assert wire.call("RG.DUMPREGISTRATIONS") == (
        head + bulk("0") + bulk("lastError") + b"$-1\r\n" + tail)
    assert wire3.call("RG.DUMPREGISTRATIONS") == head + b",0\r\n" + bulk("lastError") + b"_\r\n" + tail


def test_registrations_are_told_in_their_order(client):
    for number in range(12):
        script(client, f"GB('CommandReader').register(trigger='{number}')")
    assert [entry["RegistrationData"]["args"][1] for entry in registrations(client)] == [
        b"%d" % number for number in range(12)]


def test_registrations_and_executions_are_numbered_together(client):
    script(client, ECHO)
    trigger(client, "echo")
    script(client, ECHO.replace("'echo'", "'other'"))
    first, second = (int(entry["id"].rpartition(b"-")[2]) for entry in registrations(client))
    assert second == first + 2


def test_statistics_count_what_has_come_of_triggers(client):
    script(client, "GB('CommandReader').map(lambda r: 1 / int(r[1])).register(trigger='t')")
    for number in (1, 0, 2):
        refusal(client, "RG.TRIGGER", "t", number)
    data = flows.statistics(client)
    counts = [data[name] for name in ("numTriggered", "numSuccess", "numFailures", "numAborted")]
    assert counts == [3, 2, 1, 0]
    # A success takes the last error away.
    assert data["lastError"] is None
    refusal(client, "RG.TRIGGER", "t", 0)
    assert b"division by zero" in flows.statistics(client)["lastError"]


def test_durations_are_of_one_measure(client):
    script(client, ECHO)
    for _ in range(3):
        trigger(client, "echo")
    data = flows.statistics(client)
    assert float(data["avgRunDurationMS"]) == pytest.approx(data["totalRunDurationMS"] / 3)
    assert 0 <= data["lastRunDurationMS"] <= data["totalRunDurationMS"]


def test_statistics_can_begin_anew(client):
    script(client, "GB('CommandReader').map(lambda r: 1 / 0).register(trigger='t')")
    refusal(client, "RG.TRIGGER", "t")
    assert client.execute_command("RG.CLEARREGISTRATIONSSTATS") == b"OK"
    data = flows.statistics(client)
    assert {value for name, value in data.items() if name.startswith("num")} == {0}
    assert data["lastError"] is None


def test_what_is_unregistered_is_gone(client):
    script(client, ECHO)
    identifier = registrations(client)[0]["id"]
    assert client.execute_command("RG.UNREGISTER", identifier) == b"OK"
    assert registrations(client) == []
    assert refusal(client, "RG.TRIGGER", "echo") == flows.NO_TRIGGER
    assert refusal(client, "RG.UNREGISTER", identifier) == "execution is not registered"
    script(client, ECHO)
    assert registrations(client)[0]["id"] != identifier


# Information

def test_flows_know_of_no_cluster(wire):
    assert wire.call("RG.INFOCLUSTER") == b"+no cluster mode\r\n"


def test_memory_of_python_is_told(client):
    script(client, "pass")
    memory = flows.pairs(client.execute_command("RG.PYSTATS"))
    assert 1 << 20 < memory["CurrAllocated"] <= memory["PeakAllocated"] <= memory["TotalAllocated"]


def test_memory_of_python_grows_with_what_a_flow_holds(client):
    script(client, "held = []\nGB('CommandReader').map(lambda r: held.append(b'a' * (40 << 20))) "
                   ".register(trigger='t')")
    before = flows.pairs(client.execute_command("RG.PYSTATS"))["CurrAllocated"]
    trigger(client, "t")
    assert flows.pairs(client.execute_command("RG.PYSTATS"))["CurrAllocated"] > before + (30 << 20)


def test_without_the_setting_there_are_no_commands(start_server):
    client = start_server().client()
    assert "unknown command" in refusal(client, "RG.PYEXECUTE", "pass")
    assert "unknown command" in refusal(client, "RG.TRIGGER", "t")


@pytest.mark.parametrize("binary", paths.SERVERS.values(), ids=paths.SERVERS)
def test_flows_run_on_each_server(start_server, binary):
    server = start_server(binary=binary, words=flows.WORDS)
    client = server.client()
    script(client, "def f(r):\n    execute('SET', 'k', r[1])\n    return execute('GET', 'k')\n"
                   "GB('CommandReader').map(f).register(trigger='t')")
    assert trigger(client, "t", "value") == [b"value"]
    assert client.get("k") == b"value"
    client.mset({f"key {number}": number for number in range(300)})
    assert flows.results(client, "GB().count().run('key *')") == [b"300"]
    flows.clear(client)


@pytest.mark.parametrize("binary", paths.NEWER_SERVERS.values(), ids=paths.NEWER_SERVERS)
def test_each_command_is_described(start_server, binary):
    server = start_server(binary=binary, words=flows.WORDS)
    names = {words.split()[0] for words in WRONG_WORDS} | {"RG.PYDUMPSESSIONS"}
    with server.wire() as connection:
        found = connection.call("COMMAND", "LIST", "FILTERBY", "PATTERN", "rg.*")
        assert sorted(found.upper().split()[2::2]) == sorted(name.encode() for name in names)
        described = connection.call("COMMAND", "DOCS", *names)
        assert described.count(bulk("summary")) == described.count(bulk("complexity")) == len(names)
