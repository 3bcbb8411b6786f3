"""Records as readers give them, and what the server is told of registrations."""

import pytest

KEYS = {b"a": b"1", b"b": {b"f": b"v", b"\xff": b"\xfe"}, b"c": [b"x", b"y"], b"d\xff": b"\xff", b"e": b"5"}


def test_keys_reader_shows_key_value_and_type(flows):
    flows.keyspace.data = dict(KEYS)
    script = flows.script("GB('KeysReader').map(lambda r: sorted(r.items(), key=str)).run()")
    assert [eval(line) for line in script.results] == [
        [("event", None), ("key", "a"), ("type", "string"), ("value", "1")],
        [("event", None), ("key", "b"), ("type", "hash"), ("value", {"f": "v", b"\xff": bytearray(b"\xfe")})],
        [("event", None), ("key", "c"), ("type", "list"), ("value", ["x", "y"])],
        [("event", None), ("key", bytearray(b"d\xff")), ("type", "string"), ("value", bytearray(b"\xff"))],
        [("event", None), ("key", "e"), ("type", "string"), ("value", "5")]]


def test_keys_reader_without_values_has_no_type_either(flows):
    flows.keyspace.data = {b"a": b"1"}
    script = flows.script("GB().map(lambda r: sorted(r)).run(readValue=False)")
    assert script.results == [b"['event', 'key']"]


def test_keys_reader_reads_one_key_without_a_scan(flows):
    flows.keyspace.data = {b"a*": b"1", b"ab": b"2"}
    assert flows.script("GB().map(lambda r: r['value']).run('a*', noScan=True)").results == [b"1"]


def test_keys_reader_takes_the_default_argument(flows):
    flows.keyspace.data = {b"a": b"1", b"b": b"2"}
    assert flows.script("GB(defaultArg='b').map(lambda r: r['key']).run()").results == [b"b"]


def test_sum_of_a_hundred_keys(flows):
    flows.keyspace.data = {b"%d" % number: b"%d" % number for number in range(100)}
    script = flows.script("GB().map(lambda r: int(r['value'])).accumulate(lambda a, r: (a or 0) + r).run()")
    assert script.results == [b"4950"]


def test_keys_that_may_not_be_read_are_one_error_at_the_end(flows):
    flows.keyspace.data = {b"%d" % number: b"%d" % number for number in range(10)}
    flows.keyspace.refused = {b"0", b"5", b"9"}
    script = flows.script("GB().map(lambda r: int(r['value'])).accumulate(lambda a, r: (a or 0) + r).run()")
    assert script.results == [b"31"] and len(script.errors) == 1 and "NOPERM" in script.errors[0]


def test_keys_only_reader_gives_names(flows):
    flows.keyspace.data = dict(KEYS)
    assert flows.script("GB('KeysOnlyReader').run(count=2)").results == [
        b"a", b"b", b"c", b"bytearray(b'd\\xff')", b"e"]


def test_keys_only_reader_takes_a_pattern(flows):
    flows.keyspace.data = {b"a1": b"", b"a2": b"", b"b": b""}
    assert flows.script("GB('KeysOnlyReader').run('a*')").results == [b"a1", b"a2"]


def test_keys_only_reader_asks_for_a_name_without_a_scan(flows):
    flows.keyspace.data = {b"a": b"", b"b": b""}
    assert flows.script("GB('KeysOnlyReader').run('a', noScan=True)").results == [b"a"]
    assert flows.script("GB('KeysOnlyReader').run('c', noScan=True)").results == []


def test_keys_only_reader_takes_what_the_generator_says(flows):
    flows.keyspace.data = {b"a1": b"", b"a2": b"", b"b": b""}
    script = flows.script("GB('KeysOnlyReader').run(patternGenerator=lambda: ('b', True))")
    assert script.results == [b"b"]


def test_shards_id_reader_gives_one_record(flows):
    assert flows.script("GB('ShardsIDReader').run()").results == [b"1"]


def test_python_reader_reads_on_a_worker(flows):
    script = flows.script("""
def read():
    for number in range(3):
        execute('INCR', 'k')
        yield number
GB('PythonReader').count().run(read)
""")
    assert script.results == [b"3"]
    assert flows.keyspace.data[b"k"] == b"3"


def test_python_reader_that_fails_keeps_what_it_gave(flows):
    script = flows.script("""
def read():
    yield 1
    raise ValueError('enough')
GB('PythonReader').run(read)
""")
    assert script.results == [b"1"]
    assert "enough" in script.errors[0]


def test_stream_reader_reads_a_stream(flows):
    flows.keyspace.data[b"s"] = [(b"1-0", [b"f", b"1", b"g", b"2", b"f", b"3"]), (b"2-0", [b"f", b"\xff"])]
    script = flows.script("GB('StreamReader').run('s')")
    assert [eval(line) for line in script.results] == [
        {"key": "s", "id": "1-0", "value": {"f": "3", "g": "2"}},
        {"key": "s", "id": "2-0", "value": {"f": bytearray(b"\xff")}}]


def test_stream_reader_reads_from_an_id(flows):
    flows.keyspace.data[b"s"] = [(b"1-0", [b"f", b"1"]), (b"2-0", [b"f", b"2"])]
    script = flows.script("GB('StreamReader').map(lambda r: r['id']).run('s', fromId='1-0')")
    assert script.results == [b"2-0"]


def test_a_read_that_the_server_refuses_is_an_error(flows):
    from models import Refusal

    def refuse(*_):
        raise Refusal("ERR Invalid stream ID")
    flows.replies["read"] = refuse
    script = flows.script("GB('StreamReader').run('s', fromId='x')")
    assert "ERR Invalid stream ID" in script.errors[0]


def test_an_event_of_a_key_is_a_record(flows):
    script = flows.script("GB().map(lambda r: (r['key'], r['event'], r['type'], r['value'])).register('a*')")
    ended = flows.start(script, 0, (b"a1", b"set", b"string", b"v")).wait()
    assert ended.results == [b"('a1', 'set', 'string', 'v')"]


def test_a_key_that_is_gone_is_empty(flows):
    script = flows.script("GB().map(lambda r: (r['type'], r['value'])).register('a*')")
    assert flows.start(script, 0, (b"a", b"del", b"empty", None)).wait().results == [b"('empty', None)"]


def test_a_batch_of_entries_is_one_execution(flows):
    script = flows.script("GB('StreamReader').map(lambda r: r['id']).register('s', batch=2)")
    assert flows.start(script, 0, (b"s", b"1-0", []), (b"s", b"2-0", [])).wait().results == [b"1-0", b"2-0"]


def told(flows, line):
    """What the server was told of the one registration of a script."""
    registration, = flows.script(line).registrations.values()
    return {name: value for name, value in registration.items()
            if name not in ("number", "asker", "steps", "desc")}


def test_the_server_is_told_of_a_command_reader(flows):
    assert told(flows, "GB('CommandReader').register(trigger='t', inorder=True, mode='sync')") == {
        "reader": "CommandReader", "mode": "sync", "trigger": "t", "inorder": True}
    assert told(flows, "GB('CommandReader').register(hook='hset', keyprefix='a*', mode='sync')") == {
        "reader": "CommandReader", "mode": "sync", "hook": "hset", "keyprefix": "a*", "inorder": False}


def test_the_server_is_told_of_a_keys_reader(flows):
    assert told(flows, "GB().register()") == {
        "reader": "KeysReader", "mode": "async", "prefix": "*", "eventTypes": None, "keyTypes": None,
        "commands": None, "readValue": True}
    line = ("GB().register('a*', eventTypes=('SET',), keyTypes=['string'], commands=['get'], "
            "readValue=False, mode='async_local')")
    assert told(flows, line) == {
        "reader": "KeysReader", "mode": "async_local", "prefix": "a*", "eventTypes": ["SET"],
        "keyTypes": ["string"], "commands": ["get"], "readValue": False}


def test_the_server_is_told_of_a_stream_reader(flows):
    assert told(flows, "GB('StreamReader').register('s')") == {
        "reader": "StreamReader", "mode": "async", "prefix": "s", "batch": 1, "duration": 0,
        "onFailedPolicy": "continue", "retryInterval": 1, "trimStream": True}
    line = ("GB('StreamReader').register('s', batch=3, duration=5, onFailedPolicy='Retry', "
            "onFailedRetryInterval=7, trimStream=False)")
    assert told(flows, line) == {
        "reader": "StreamReader", "mode": "async", "prefix": "s", "batch": 3, "duration": 5,
        "onFailedPolicy": "retry", "retryInterval": 7, "trimStream": False}


NAME = r"a\udcff"


@pytest.mark.parametrize("call, key", [
    (f"GB('CommandReader').register(trigger='{NAME}')", "trigger"),
    (f"GB('CommandReader').register(hook='{NAME}')", "hook"),
    (f"GB('CommandReader').register(hook='get', keyprefix='{NAME}')", "keyprefix"),
    (f"GB('KeysReader').register('{NAME}')", "prefix"), (f"GB('StreamReader').register('{NAME}')", "prefix"),
    (f"GB('CommandReader', desc='{NAME}').register(trigger='t')", "desc"),
])
def test_names_may_hold_bytes_that_are_no_text(flows, call, key):
    [description] = flows.script(call).registrations.values()
    assert description[key] == b"a\xff"
    flows.script(call.replace(NAME, r"\ud800"), expects="surrogates not allowed")


@pytest.mark.parametrize("words", ["eventTypes", "commands"])
def test_lists_of_names_may_hold_them_too(flows, words):
    [description] = flows.script(f"GB('KeysReader').register({words}=['{NAME}', 'b'])").registrations.values()
    assert description[words] == [b"a\xff", "b"]


@pytest.mark.parametrize("call", [
    f"GB().run('{NAME}', noScan=True)", f"GB('KeysOnlyReader').run('{NAME}', noScan=True)",
    f"GB('StreamReader').run('{NAME}')"])
def test_patterns_may_hold_them_too(flows, call):
    flows.keyspace.data = {b"a\xff": [(b"1-1", [b"f", b"v"])] if "Stream" in call else b"v"}
    assert len(flows.script(call).results) == 1
    script = flows.script(call.replace(NAME, r"\ud800").replace("GB().run", "GB('KeysReader').run"),
                          expects="surrogates not allowed") if "Only" not in call else None
    assert script is None or script.runs == []
