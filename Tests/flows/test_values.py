"""Values on their way into flows and out of them."""

import pytest


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
