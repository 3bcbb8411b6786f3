"""Values on their way into flows and out of them."""

import asyncio

import pytest
from redisai_flows._core import answer as answer_all


@pytest.mark.parametrize("expression, reply", [
    ("1", 1), ("True", 1), ("-(1 << 63)", -(1 << 63)), ("1 << 64", b"18446744073709551616"),
    ("1.5", b"1.500000"), ("-1.5", b"-1.500000"),
    ("'text'", b"text"), ("b'\\xff'", b"\xff"), ("''", b""), ("'+'", b"+"), ("'-'", b"-"),
    ("'+OK'", ("+", b"OK")), ("'-ERR no'", ("-", b"ERR no")),
    ("[1, ['a', [2.0]]]", [1, [b"a", [b"2.000000"]]]), ("['+OK']", [("+", b"OK")]),
    ("None", b"PY RECORD"), ("{}", b"PY RECORD"), ("(1,)", b"PY RECORD"), ("bytearray(b'a')", b"PY RECORD"),
    ("[None]", [b"PY RECORD"]),
])
def test_a_record_becomes_a_reply(flows, expression, reply):
    script = flows.script(f"GB('CommandReader').map(lambda r: {expression})"
                          ".register(trigger='t', convertToStr=False)")
    assert flows.trigger(script).results == [reply]


def test_a_list_within_itself_has_no_form(flows):
    script = flows.script("def f(r):\n    r.append(r)\n    return r\n"
                          "GB('CommandReader').map(f).register(trigger='t', convertToStr=False)")
    assert flows.trigger(script).status == "done"


def test_arguments_of_a_trigger_are_text_or_bytearrays(flows):
    script = flows.script("GB('CommandReader').register(trigger='t')")
    ended = flows.trigger(script, "a", b"\xff", b"a\0b", "\xe9")
    assert [eval(line) for line in ended.results] == [["trigger", "a", bytearray(b"\xff"), "a\0b", "\xe9"]]


def test_execute_sends_bytes_as_they_are_and_the_rest_as_text(flows):
    flows.script(r"execute('ECHO', b'\xff\0', ); execute('ECHO', bytearray(b'\xfe')); execute('ECHO', 1.5)"
                 "\nexecute('ECHO', None); execute('ECHO', '\\xe9')")
    assert [words[1] for _, words in flows.calls] == [b"\xff\0", b"\xfe", b"1.5", b"None", b"\xc3\xa9"]


def test_execute_returns_values(flows):
    flows.keyspace.data = {b"b": b"\xff", b"t": b"text"}
    flows.script(r"""
assert execute('GET', 't') == 'text'
assert execute('GET', 'b') == bytearray(b'\xff')
assert execute('GET', 'missing') is None
assert execute('INCR', 'n') == 1
assert execute('NESTED') == [1, None, ['a', bytearray(b'\xff')], 'ERR inner']
assert execute() == []
""")


def test_execute_raises_the_servers_error(flows):
    script = flows.script("GB('CommandReader').map(lambda r: execute('NOPE')).register(trigger='t')")
    assert "gears.error: ERR unknown command 'NOPE'" in flows.trigger(script).errors[0]


def test_execute_wants_a_command_that_is_text(flows):
    flows.script("execute(b'PING')", expects="the given command must be a string")


def test_a_value_that_is_too_long_is_an_error_of_the_call(flows):
    flows.script("execute('ECHO', b'a' * (65 << 20))", expects="is too long")
    flows.script("execute('PING')")


def test_many_results_come_in_pieces(flows):
    script = flows.script("GB('PythonReader').run(lambda: iter(['a' * 300_000] * 20))")
    assert script.results == [b"a" * 300_000] * 20


def test_one_result_that_is_too_long_is_an_error(flows):
    script = flows.script("GB('PythonReader').run(lambda: iter(['a' * (65 << 20)]))")
    assert script.results == []
    assert "too long" in script.errors[0]


@pytest.mark.parametrize("levels", [1, 30, 31, 60, 5000])
def test_what_lies_deeper_than_messages_go_has_no_form(flows, levels):
    script = flows.script(f"""
def f(r):
    value = []
    for _ in range({levels - 1}): value = [value]
    return value
GB('CommandReader').map(f).register(trigger='t', convertToStr=False)
""")
    expected = [] if levels <= 30 else b"PY RECORD"
    for _ in range(min(levels, 31) - 1):
        expected = [expected]
    assert flows.trigger(script).results == [expected]


def test_a_status_lies_as_deep_as_a_list(flows):
    script = flows.script("GB('CommandReader').map(lambda r: eval('[' * 29 + '\\'+OK\\'' + ']' * 29))"
                          ".register(trigger='a', convertToStr=False)\n"
                          "GB('CommandReader').map(lambda r: eval('[' * 30 + '\\'+OK\\'' + ']' * 30))"
                          ".register(trigger='b', convertToStr=False)")
    assert str(flows.trigger(script, index=0).results).count("OK") == 1
    assert str(flows.trigger(script, index=1).results).count("PY RECORD") == 1


def test_a_result_of_too_many_values_is_an_error(flows):
    script = flows.script("GB('PythonReader').run(lambda: iter([list(range(1_000_000))]),"
                          " convertToStr=False)")
    assert script.results == []
    assert script.errors == ["a result is too large: a message may have 1000000 values at most"]
    flows.script("execute('PING')")


def test_many_values_come_in_pieces(flows):
    script = flows.script("GB('PythonReader').run(lambda: iter([[n] * 1000 for n in range(1500)]),"
                          " convertToStr=False)")
    assert sum(map(len, script.results)) == 1_500_000


def test_a_command_of_too_many_words_is_an_error_of_the_call(flows):
    flows.script("execute('ECHO', *['a'] * 1_000_000)", expects="a message may have 1000000 values at most")
    flows.script("execute('PING')")


@pytest.mark.parametrize("record", ["'\\ud800'", "['+\\ud800']"])
def test_a_result_that_is_no_text_is_an_error(flows, record):
    script = flows.script(f"GB('PythonReader').run(lambda: iter([{record}]), convertToStr=False)")
    assert "surrogates not allowed" in script.errors[0]


def test_arguments_may_hold_bytes_that_are_no_text(flows):
    flows.script(r"execute('ECHO', 'a\udcff')")
    assert flows.calls[0][1] == [b"ECHO", b"a\xff"]
    flows.script(r"execute('ECHO', '\ud800')", expects="surrogates not allowed")


def test_a_deep_reply_is_an_error_of_who_awaits_it():
    deep = 1
    for _ in range(5000):
        deep = [deep]
    loop = asyncio.new_event_loop()
    first, second = loop.create_future(), loop.create_future()
    answer_all([first, second], [(False, deep), (False, b"shallow")])
    assert isinstance(first.exception(), RecursionError)
    assert second.result() == "shallow"
    loop.close()


def test_text_that_is_no_unicode_can_be_told(flows):
    script = flows.script("GB('CommandReader').map(lambda r: '\\udcff').register(trigger='t')")
    assert flows.trigger(script).results == [b"\xff"]


# Errors

def test_an_error_has_a_traceback_on_one_line(flows):
    script = flows.script("def f(r):\n    return x\nGB('CommandReader').map(f).register(trigger='t')")
    error, = flows.trigger(script).errors
    assert error.startswith("['Traceback (most recent call last):\\n', "
                            "'  File \"<string>\", line 2, in f\\n'")
    assert "name 'x' is not defined" in error
    assert "\n" not in error


def test_a_script_that_does_not_compile_fails(flows):
    flows.script("this is no python", expects="invalid syntax")


def test_a_setting_takes_the_traceback_away(flows):
    from redisai_flows import wire
    script = flows.script("GB('CommandReader').map(lambda r: x).register(trigger='t')")
    flows.send(wire.SETTINGS, 0, {"PythonAttemptTraceback": 0})
    try:
        error, = flows.trigger(script).errors
        assert error == "Error type: <class 'NameError'>, Value: name 'x' is not defined"
    finally:
        flows.send(wire.SETTINGS, 0, {"PythonAttemptTraceback": 1})


def test_a_flat_error_is_its_words_alone(flows):
    script = flows.script("GB('CommandReader').map(lambda r: flat_error('PAUSE now\\r\\nplease')) "
                          ".register(trigger='t')")
    assert flows.trigger(script).errors == ["PAUSE now  please"]


def test_the_error_class_is_named_as_the_original(flows):
    flows.script("import gears\nassert GearsError is gears.error\nraise GearsError('x')",
                 expects="gears.error: x")
