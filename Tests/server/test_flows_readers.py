"""Readers: what they read by themselves, and what they refuse."""

import pytest

from support import flows
from support.clients import refusal
from support.clusters import start_cluster
from support.flows import errors, failure, results, script, trigger

MODULE_WORDS = flows.WORDS
pytestmark = pytest.mark.usefixtures("no_flows_left")


def fill(client):
    """A key of each type."""
    client.set("string", "text")
    client.set(b"bytes\xff", b"\xff\0")
    client.set("empty string", "")
    client.hset("hash", mapping={"field": "value", b"\xff": b"\xfe", "empty": ""})
    client.rpush("list", "a", b"\xff", "", "a")
    client.sadd("set", "a")
    client.zadd("zset", {"a": 1})
    client.xadd("stream", {"f": "v"})
    client.execute_command("AI.TENSORSET", "tensor", "FLOAT", 1, "VALUES", 1)


# KeysReader

@pytest.mark.parametrize("key, type_name, value", [
    ("string", "string", "text"), ("empty string", "string", ""),
    ("hash", "hash", {"field": "value", b"\xff": bytearray(b"\xfe"), "empty": ""}),
    ("list", "list", ["a", bytearray(b"\xff"), "", "a"]),
    ("set", "set", None), ("zset", "zset", None), ("stream", "unknown", None), ("tensor", "module", None),
])
@pytest.mark.parametrize("words", ["", ", noScan=True"])
def test_a_key_has_a_type_and_a_value(client, key, type_name, value, words):
    fill(client)
    [text] = results(client, f"GB('KeysReader').run({key!r}{words})")
    assert eval(text) == {"key": key, "event": None, "type": type_name, "value": value}


def test_names_and_values_may_be_any_bytes(client):
    fill(client)
    [text] = results(client, "GB().run('bytes*')")
    assert eval(text) == {
        "key": bytearray(b"bytes\xff"), "event": None, "type": "string", "value": bytearray(b"\xff\0")}


@pytest.mark.parametrize("words", ["", ", noScan=True"])
def test_a_pattern_may_be_any_bytes(client, words):
    """A byte that is no text is written as Python writes it in names of files."""
    fill(client)
    assert len(results(client, rf"GB().run('bytes\udcff'{words})")) == 1


def test_a_key_that_is_not_there_is_empty(client):
    [text] = results(client, "GB().run('none', noScan=True)")
    assert eval(text) == {"key": "none", "event": None, "type": "empty", "value": None}


def test_values_are_read_only_if_they_are_wanted(client):
    fill(client)
    assert eval(results(client, "GB().run('list', readValue=False)")[0]) == {"key": "list", "event": None}
    assert eval(results(client, "GB().run('none', readValue=False, noScan=True)")[0]) == {
        "key": "none", "event": None}


@pytest.mark.parametrize("pattern, found", [
    ("*", 9), ("s*", 3), ("?et", 1), ("[sz]et", 1), ("none*", 0), ("*string", 2), ("\\*", 0)])
def test_patterns_are_those_of_scan(client, pattern, found):
    fill(client)
    assert len(results(client, f"GB().run({pattern!r})")) == found


def test_a_name_is_no_pattern_without_a_scan(client):
    client.mset({"a*": 1, "ab": 2})
    assert results(client, "GB().map(lambda r: r['value']).run('a*', noScan=True)") == [b"1"]


def test_the_pattern_may_come_with_the_reader(client):
    client.mset({"a": 1, "b": 2})
    assert results(client, "GB('KeysReader', 'b').map(lambda r: r['key']).run()") == [b"b"]
    assert results(client, "GB(defaultArg='b').map(lambda r: r['key']).run('a')") == [b"a"]
    assert len(results(client, "GB().run()")) == 2


def test_words_that_a_reader_does_not_know_are_ignored(client):
    client.mset({"a": 1, "b": 2})
    assert len(results(client, "GB().run(prefix='a', other=1)")) == 2


def test_all_keys_are_read(client):
    client.mset({f"key {number}": number for number in range(5000)})
    client.mset({f"other {number}": number for number in range(5000)})
    source = "GB().map(lambda r: r['key']).distinct().count().run('key *')"
    assert results(client, source) == [b"5000"]


def test_keys_are_read_while_others_write(client):
    """What is there all the time is read; a flow's own writes do not keep it from ending."""
    client.mset({f"key {number}": number for number in range(1000)})
    source = "GB().foreach(lambda r: execute('SET', 'new ' + r['key'], 1)).count().run('key *')"
    assert int(results(client, source)[0]) >= 1000


def test_a_flow_reads_where_its_client_was(server):
    with server.client(database=3) as client:
        client.set("here", 1)
        assert results(client, "GB().map(lambda r: r['key']).run()") == [b"here"]
    with server.client() as client:
        assert results(client, "GB().map(lambda r: r['key']).run()") == []


def test_a_trigger_reads_where_its_script_was_sent(server, client):
    with server.client(database=3) as elsewhere:
        script(elsewhere, """
async def f(r): return (await GB().map(lambda r: r['key']).run())[0]
GB('CommandReader').foreach(lambda r: execute('SET', 'key', 1)).map(f).register(trigger='t')
""")
        assert trigger(client, "t") == [b"['key']"]
        assert elsewhere.exists("key") and not client.exists("key")


@pytest.mark.parametrize("words, text", [
    ("'*', noScan=1", "exactMatch value is not boolean"),
    ("'*', readValue='yes'", "readValue value is not boolean"),
    ("1", "regex argument must be a string"), ("b'a'", "regex argument must be a string"),
    ("mode='sync'", "unknown execution mode"), ("mode='any'", "unknown execution mode"),
    ("mode=1", "execution mode must be a string"),
])
def test_arguments_are_checked(client, words, text):
    assert text in failure(client, f"GB('KeysReader').run({words})")


@pytest.mark.parametrize("mode", ["async", "async_local", "ASYNC"])
def test_modes_without_waiting_are_the_same(client, mode):
    client.set("a", 1)
    assert len(results(client, f"GB().run(mode={mode!r})")) == 1


# StreamReader

def test_entries_of_a_stream_are_read(client):
    client.xadd("s", {"a": 1, b"\xff": b"\xfe"}, id="1-1")
    client.execute_command("XADD", "s", "2-0", "f", "old", "f", "new")
    first, second = map(eval, results(client, "GB('StreamReader').run('s')"))
    assert first == {"key": "s", "id": "1-1", "value": {"a": "1", b"\xff": bytearray(b"\xfe")}}
    assert second == {"key": "s", "id": "2-0", "value": {"f": "new"}}


def test_all_entries_are_read(client):
    for number in range(1, 251):
        client.xadd("s", {"n": number}, id=f"{number}-0")
    source = "GB('StreamReader').map(lambda r: int(r['value']['n'])).run('s'{}, convertToStr=False)"
    assert results(client, source.format("")) == list(range(1, 251))
    assert results(client, source.format(", fromId='100-0'")) == list(range(101, 251))
    assert results(client, source.format(", fromId='250-0'")) == []


def test_a_stream_is_one_key(client):
    client.xadd("s1", {"a": 1})
    assert results(client, "GB('StreamReader').run('s*')") == []
    assert results(client, "GB('StreamReader', defaultArg='s1').count().run()") == [b"1"]


def test_a_stream_that_can_not_be_read_is_an_error_of_the_execution(client):
    client.set("s", 1)
    assert "WRONGTYPE" in errors(client, "GB('StreamReader').run('s')")[0].decode()
    assert "Invalid stream ID" in errors(client, "GB('StreamReader').run('t', fromId='no')")[0].decode()


@pytest.mark.parametrize("words, text", [
    ("'s', fromId=1", "fromId argument must be a string"), ("1", "regex argument must be a string"),
    ("'s', mode=None", "execution mode must be a string")])
def test_arguments_of_a_stream_are_checked(client, words, text):
    assert text in failure(client, f"GB('StreamReader').run({words})")


# PythonReader

@pytest.mark.parametrize("function, found", [
    ("lambda: iter(range(3))", [0, 1, 2]), ("lambda: iter([])", []),
    ("lambda: (yield from (1, 2))", [1, 2]), ("lambda: [[1], [2]]", [[1], [2]]),
])
def test_a_function_brings_records(client, function, found):
    assert results(client, f"GB('PythonReader').run({function}, convertToStr=False)") == found


def test_a_function_may_fail_on_its_way(client):
    source = "def f():\n    yield 1\n    raise KeyError('end')\nGB('PythonReader').run(f)"
    found, [text] = script(client, source)
    assert found == [b"1"] and b"KeyError: 'end'" in text
    assert b"TypeError" in errors(client, "GB('PythonReader').run(lambda: 1)")[0]


def test_a_function_may_bring_records_without_end(client):
    source = "import itertools\nGB('PythonReader').limit(3, 2).run(itertools.count)"
    assert results(client, source) == [b"2", b"3", b"4"]


def test_a_function_may_come_with_the_reader(client):
    assert results(client, "GB('PythonReader', lambda: iter([1])).run()") == [b"1"]


@pytest.mark.parametrize("builder, text", [
    ("GB('PythonReader', None).run()", "python reader function is not given"),
    ("GB('PythonReader').run(1)", "pyreader argument must be a function"),
    ("GB('PythonReader').run()", "pyreader argument must be a function")])
def test_a_function_is_needed(client, builder, text):
    assert text in failure(client, builder)


# KeysOnlyReader

def test_names_of_keys_are_read(client):
    client.mset({b"a1": 1, b"a\xff": 2, b"b": 3})
    found = results(client, "GB('KeysOnlyReader').run('a*')")
    assert sorted(map(lambda name: name.decode(), found)) == ["a1", "bytearray(b'a\\xff')"]
    assert len(results(client, "GB('KeysOnlyReader').run()")) == 3


@pytest.mark.parametrize("words, found", [
    ("'a*', noScan=True", [b"a*"]), ("'b', noScan=True", []), ("'a?', count=1", [b"a*", b"a1"]),
    ("patternGenerator=lambda: ('a1', True)", [b"a1"]),
    ("'none', patternGenerator=lambda: ('a1*', False)", [b"a1"])])
def test_names_of_keys_are_chosen(client, words, found):
    client.mset({"a1": 1, "a*": 2, "c": 3})
    assert sorted(results(client, f"GB('KeysOnlyReader').run({words})")) == found


def test_all_names_are_read(client):
    client.mset({f"key {number}": number for number in range(3000)})
    assert results(client, "GB('KeysOnlyReader').distinct().count().run()") == [b"3000"]


# ShardsIDReader

def test_outside_of_a_cluster_there_is_one_shard(client):
    assert results(client, "GB('ShardsIDReader').run()") == [b"1"]


def test_in_a_cluster_the_shard_has_a_name_and_a_tag(start_server):
    server, _ = start_cluster(start_server, words=flows.WORDS)
    client = server.client()
    node = client.execute_command("CLUSTER", "MYID")
    assert results(client, "GB('ShardsIDReader').run()") == [node]
    [tag] = results(client, "GB('ShardsIDReader').map(lambda r: hashtag()).run()")
    assert client.execute_command("CLUSTER", "KEYSLOT", b"{%s}" % tag) == 0


# Readers in general

@pytest.mark.parametrize("builder, text", [
    ("GB('NoReader')", "The given reader does not exists"), ("GB('')", "The given reader does not exists"),
    ("GB('keysreader')", "The given reader does not exists"),
    ("GB(1)", "reader argument must be a string"), ("GB(None)", "reader argument must be a string"),
    ("GB(desc=1)", "desc argument must be a string"),
    ("GB('CommandReader').run()", "Given reader do not support run or not exists"),
    ("GB('PythonReader').register()", "given reader does not exists or does not support register"),
    ("GB('KeysOnlyReader').register()", "given reader does not exists or does not support register"),
    ("GB('ShardsIDReader').register()", "given reader does not exists or does not support register"),
    ("import threading\nimport contextvars\nfound = []\n"
     "def f():\n    try: GB()\n    except GearsError as error: found.append(str(error))\n"
     "thread = threading.Thread(target=f)\nthread.start()\nthread.join()\nraise GearsError(found[0])",
     "Can not create a gearsCtx on a python created thread"),
])
def test_a_reader_is_chosen_by_its_name(client, builder, text):
    assert text in failure(client, builder)


@pytest.mark.parametrize("words, text", [
    ("", "no trigger or hook argument was given"), ("trigger=1", "trigger argument is not string"),
    ("hook=1", "hook argument is not string"),
    ("hook='get', keyprefix=1", "keyprefix argument is not string"),
    ("trigger='t', inorder=1", "inorder argument is be boolean"),
    ("trigger='t', hook='get'", "trigger argument can not be given with keyprefix or hook"),
    ("trigger='t', keyprefix='a'", "trigger argument can not be given with keyprefix or hook"),
    ("trigger='t', mode='none'", "unknown execution mode"),
    ("trigger='t', mode=1", "execution mode must be a string"),
    ("trigger='t', onRegistered=1", "OnRegistered argument must be a function"),
    (r"trigger='\ud800'", "surrogates not allowed"),
])
def test_arguments_of_a_trigger_are_checked(client, words, text):
    assert text in failure(client, f"GB('CommandReader').register({words})")
    assert flows.registrations(client) == []


@pytest.mark.parametrize("words, text", [
    ("1", "regex argument must be a string"),
    ("eventTypes=1", "given eventTypes is not iterable"),
    ("eventTypes=[1]", "given event type is not string"),
    ("keyTypes=1", "given keyTypes is not iterable"), ("keyTypes=[1]", "given key type is not string"),
    ("keyTypes=['any']", "unknown key type"), ("readValue=1", "readValue is not boolean"),
    ("commands=1", "given commands is not iterable"), ("commands=[1]", "given command type is not string")])
def test_arguments_of_keys_that_change_are_checked(client, words, text):
    assert text in failure(client, f"GB('KeysReader').register({words})")


@pytest.mark.parametrize("words, text", [
    ("1", "regex argument must be a string"), ("batch='1'", "batch argument must be a number"),
    ("duration='1'", "duration argument must be a number"),
    ("onFailedPolicy='any'", "onFailedPolicy must be Continue/Abort/Retry"),
    ("onFailedPolicy=1", "onFailedPolicy must be a string (Continue/Abort/Retry)"),
    ("mode='sync', onFailedPolicy='retry'",
     "ExecutionMode sync can only be combined with OnFailedPolicy Continue"),
    ("onFailedRetryInterval='1'", "retryInterval argument must be a number"),
    ("trimStream=1", "pyTrimmStream argument must be a boolean")])
def test_arguments_of_streams_that_grow_are_checked(client, words, text):
    assert text in failure(client, f"GB('StreamReader').register({words})")


@pytest.mark.parametrize("name", ["", "two words", "a\r\nb", "\xe9", "a" * 10_000])
def test_a_trigger_may_have_any_name(client, name):
    script(client, f"GB('CommandReader').map(lambda r: r[0] == {name!r}).register(trigger={name!r})")
    assert trigger(client, name) == [b"True"]
    assert flows.statistics(client)["args"][1] == name.encode()


def test_a_trigger_may_have_a_name_that_is_no_text(client):
    script(client, r"GB('CommandReader').register(trigger='a\udcff')")
    assert trigger(client, b"a\xff") == [b"[bytearray(b'a\\xff')]"]


def test_a_description_may_be_any_text(client):
    script(client, r"GB('CommandReader', desc='\xe9\udcff').register(trigger='t')")
    assert flows.registrations(client)[0]["desc"] == "\xe9".encode() + b"\xff"


def test_what_can_not_be_registered_leaves_nothing(client):
    assert failure(client, "GB('ShardsIDReader').register()") is not None
    assert refusal(client, "RG.TRIGGER", "t") == flows.NO_TRIGGER
