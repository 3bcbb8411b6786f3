"""What flows are told when something fails, and what clients are."""

import pytest

from support import flows
from support.clients import refusal
from support.flows import Hold, background, errors, failure, results, script, trigger
from support.servers import wait_until

MODULE_WORDS = flows.WORDS
pytestmark = pytest.mark.usefixtures("no_flows_left")

NOT_ALLOWED = "ERR the command is not allowed from flows"


def failing(body):
    """A script whose only record meets a step that does something."""
    return f"def f(r):\n    {body}\nGB('PythonReader').map(f).run(lambda: iter([1]))"


# Texts

def test_an_error_of_a_script_has_a_traceback_on_one_line(client):
    text = failure(client, "x = 1\n\ny = z")
    assert eval(text) == [
        "Traceback (most recent call last):\n", '  File "<string>", line 3, in <module>\n',
        "NameError: name 'z' is not defined\n"]


def test_an_error_of_a_callback_has_the_same(client):
    [text] = errors(client, failing("return z"))
    assert eval(text)[1:] == ['  File "<string>", line 2, in f\n', "NameError: name 'z' is not defined\n"]


def test_an_error_of_the_runtime_has_its_known_name(client):
    assert "gears.error: the words" in failure(client, "raise GearsError('the words')")
    script(client, "import gears, redisgears\nassert GearsError is gears.error is redisgears.GearsError")


def test_a_flat_error_is_its_words_alone(client):
    assert errors(client, failing("flat_error('the words')")) == [b"the words"]
    script(client, "GB('CommandReader').map(lambda r: flat_error(r[1])).register(trigger='t')")
    assert refusal(client, "RG.TRIGGER", "t", "PAUSE now\r\nplease") == "PAUSE now  please"
    assert refusal(client, "RG.TRIGGER", "t", "\xe9") == "\xe9"


def test_an_error_may_be_empty(wire, client):
    script(client, "GB('CommandReader').map(lambda r: flat_error('')).register(trigger='t')")
    assert wire.call("RG.TRIGGER", "t").startswith(b"-")
    assert wire.nothing_more_came()


@pytest.mark.parametrize("text", ["\\x00", "\\udcff", "\\ud800", "\\u2028", "a" * 100_000])
def test_an_error_may_have_any_text(wire, client, text):
    script(client, f"GB('CommandReader').map(lambda r: flat_error('{text}')).register(trigger='t')")
    assert wire.call("RG.TRIGGER", "t").startswith(b"-")
    assert wire.nothing_more_came()
    assert len(errors(client, failing(f"flat_error('{text}')"))) == 1
    assert failure(client, f"flat_error('{text}')") is not None


def test_a_trigger_answers_the_first_error(client):
    script(client, "GB('CommandReader').flatmap(lambda r: [0, 1, 'a']).map(lambda r: 1 / r)"
                   ".register(trigger='t')")
    text = refusal(client, "RG.TRIGGER", "t")
    assert "ZeroDivisionError" in text and "TypeError" not in text


def test_only_so_many_errors_are_told(client):
    source = "GB('PythonReader').map(lambda r: flat_error(str(r))).run(lambda: iter(range(1500)))"
    found = errors(client, source)
    assert found == [b"%d" % number for number in range(1000)] + [b"500 more errors are left out"]


def test_a_record_whose_text_fails_is_an_error(client):
    source = ("class Bad:\n    def __str__(self): raise KeyError('no text')\n"
              "GB('PythonReader').run(lambda: iter([Bad(), 1]))")
    found, [text] = script(client, source)
    assert found == [b"1"] and b"no text" in text


@pytest.mark.parametrize("record", ["'\\ud800'", "['\\ud800']", "'+\\ud800'"])
def test_a_result_that_is_no_text_is_an_error(client, record):
    source = f"GB('PythonReader').run(lambda: iter([{record}]), convertToStr=False)"
    assert b"surrogates not allowed" in errors(client, source)[0]
    assert script(client, "pass") == b"OK"


def test_a_callback_that_calls_itself_for_ever_fails(client):
    assert b"RecursionError" in errors(client, "def g(): g()\n" + failing("g()"))[0]


@pytest.mark.parametrize("body", ["raise SystemExit", "raise KeyboardInterrupt", "import sys; sys.exit(1)",
                                  "raise GeneratorExit", "raise StopIteration", "raise BaseException"])
def test_a_callback_can_not_end_python(client, body):
    assert len(errors(client, failing(body))) == 1
    assert len(errors(client, "async " + failing(body))) == 1
    assert script(client, "pass") == b"OK"


# Commands

@pytest.mark.parametrize("words, text", [
    # Where the server only says what kind of mistake it is, the system's words stand, as in the original.
    ("'NONE'", "No such file or directory"), ("'GET'", "Invalid argument"),
    ("'GET', 'a', 'b'", "Invalid argument"), ("'LPUSH', 'string', 'a'", "WRONGTYPE"),
    ("'SET', 'a', 'b', 'NONSENSE'", "ERR syntax error"), ("''", "No such file or directory"),
    ("'G\\0ET', 'a'", "No such file or directory"),
    ("b'GET', 'a'", "the given command must be a string"), ("1", "the given command must be a string"),
    ("'SET', 'a', '\\ud800'", "surrogates not allowed"),
])
def test_a_command_that_fails_raises(client, words, text):
    client.set("string", 1)
    assert text in failure(client, f"execute({words})")
    source = f"async def f(r): await executeAsync({words})\nGB('PythonReader').map(f).run(lambda: iter([1]))"
    assert text in errors(client, source)[0].decode()


@pytest.mark.parametrize("words", [
    "'EVAL', 'return 1', 0", "'MULTI'", "'SUBSCRIBE', 'a'", "'BLPOP', 'a', 0",
    "'XREAD', 'BLOCK', 0, 'STREAMS', 'a', 0", "'WAIT', 0, 0", "'CLIENT', 'KILL', 'ID', 1", "'SHUTDOWN'",
    "'AUTH', 'a', 'b'", "'MONITOR'", "'DEBUG', 'SLEEP', 0", "'RG.PYEXECUTE', 'pass'", "'RG.TRIGGER', 't'",
    "'CONFIG', 'SET', 'dir', '/'", "'MODULE', 'LIST'", "'SAVE'"])
def test_what_waits_or_is_no_part_of_scripts_is_refused(client, words):
    """The same as for Lua."""
    script(client, "GB('CommandReader').register(trigger='t')")
    text = failure(client, f"execute({words})")
    assert NOT_ALLOWED in text or "is not allowed on script mode" in text or "an not run" in text
    assert client.ping()


def test_errors_within_replies_are_texts(client):
    client.rpush("list", 1)
    source = failing("return execute('COMMAND', 'INFO', 'none', 'get')[0] is None")
    assert results(client, source) == [b"True"]


@pytest.mark.parametrize("words, value", [
    ("'ECHO', b'\\xff\\0a'", bytearray(b"\xff\0a")), ("'ECHO', bytearray(b'a')", "a"), ("'ECHO', 1.5", "1.5"),
    ("'ECHO', None", "None"), ("'ECHO', ''", ""), ("'ECHO', '\\xe9'", "\xe9"),
    ("'echo', 'a\\r\\nb'", "a\r\nb"),
    ("'ECHO', '\\udcff'", bytearray(b"\xff")), ("'PING'", "PONG"), ("'INCR', 'n'", 1),
    ("'GET', 'none'", None),
    ("'MGET', 'none', 'none'", [None, None]), ("'LRANGE', 'none', 0, -1", []),
    ("'ECHO', 'a' * 1_000_000", "a" * 1_000_000), ("'HGETALL', 'h'", ["f", "v"]),
    ("'ZSCORE', 'z', 'a'", "1.5"),
    ("'SMEMBERS', 's'", ["a"]), ("", []),
])
def test_replies_have_the_forms_of_the_older_protocol(client, client3, words, value):
    client.hset("h", "f", "v")
    client.zadd("z", {"a": 1.5})
    client.sadd("s", "a")
    assert eval(results(client3, failing(f"return repr(execute({words}))"))[0]) == value


def test_a_command_may_have_many_words(client):
    source = "words = [str(n) for n in range(50_000)]\n" + failing("return execute('SADD', 'many', *words)")
    assert results(client, source) == [b"50000"]
    assert client.scard("many") == 50_000


def test_a_command_with_too_many_words_fails(client):
    [text] = errors(client, failing("return execute('SADD', 'many', *['a'] * 1_000_000)"))
    assert b"MessageTooLong" in text
    [text] = errors(client, failing("return execute('SET', 'k', b'a' * (65 << 20))"))
    assert b"MessageTooLong" in text
    assert script(client, "pass") == b"OK"


def test_a_reply_that_is_too_long_fails(client):
    client.set("long", b"a" * (40 << 20))
    [text] = errors(client, failing("return execute('MGET', 'long', 'long')"))
    assert b"ERR the answer does not fit into a message" in text
    assert script(client, "pass") == b"OK"


def test_a_key_that_is_too_long_to_read_fails(client):
    client.set("long", b"a" * (65 << 20))
    assert b"ERR the answer does not fit into a message" in errors(client, "GB().run()")[0]
    assert script(client, "pass") == b"OK"


def test_many_long_keys_are_read(client):
    """Together they are longer than a message may be."""
    for number in range(20):
        client.set(f"long {number}", b"a" * (4 << 20))
    assert results(client, "GB().map(lambda r: len(r['value'])).distinct().run()") == [b"%d" % (4 << 20)]


def test_a_trigger_with_words_that_are_too_long_fails(client):
    script(client, "GB('CommandReader').map(len).register(trigger='t')")
    text = refusal(client, "RG.TRIGGER", "t", b"a" * (40 << 20), b"a" * (40 << 20))
    assert text.startswith("ERR the answer does not fit into a message") or "too long" in text
    assert trigger(client, "t", "a") == [b"2"]


def test_a_script_that_is_too_long_fails(client):
    assert failure(client, b"#" * (65 << 20), "ID", "one") is not None
    assert script(client, "pass", "ID", "one") == b"OK"


@pytest.mark.parametrize("call, text", [
    ("override_reply(1)", "Can not get command ctx"), ("call_next('a')", "Can not get CommandHook ctx"),
    ("log(1)", "Log message must be a string"),
    ("log('a', 'loud')", "Log level should be one of the following : debug,verbose,notice,warning"),
    ("log('a', level=1)", "Log level should be one of the following : debug,verbose,notice,warning"),
])
def test_functions_of_the_runtime_say_what_is_wrong(client, call, text):
    assert text in failure(client, call)
    assert text in errors(client, failing(call))[0].decode()


# The log

@pytest.mark.parametrize("level", ["debug", "verbose", "notice", "warning"])
def test_lines_go_to_the_servers_log(server, client, level):
    client.config_set("loglevel", "debug")
    script(client, f"log('a line of {level}\\r\\nsecond', {level!r})\nLog('older name')")
    wait_until(lambda: f"GEARS: a line of {level}  second" in server.log(), what="the line in the log")
    client.config_set("loglevel", "notice")


def test_a_line_for_the_log_may_be_long_and_odd(server, client):
    script(client, r"log('\ud800\udcff\0' + 'a' * 100_000); log('the last one')")
    wait_until(lambda: "GEARS: the last one" in server.log(), what="the line in the log")


def test_lines_beyond_a_hundred_a_second_are_counted(server, client):
    hold = Hold(client)
    source = f"""
def talk(record):
    while not execute('EXISTS', {hold.key!r}):
        for number in range(500):
            log('much to say')
GB('CommandReader').foreach(talk).register(trigger='talk')
"""
    script(client, source)
    with background(server, "RG.TRIGGER", "talk"):
        wait_until(lambda: " lines were left out)" in server.log(), what="the count")
        hold.open()
    # That process says something again, when a second is over.
    def is_heard():
        script(client, "log('heard again')", "ID", "heard", "UPGRADE")
        return "GEARS: heard again" in server.log()
    wait_until(is_heard, what="a line")


def test_what_is_printed_goes_to_the_log(server, client):
    script(client, "import sys\nprint('printed by a flow')\nprint('to stderr', file=sys.stderr)\n"
                   "print('\\x1b[31m\\xe9')")
    wait_until(lambda: "printed by a flow" in server.log() and "to stderr" in server.log(), what="the lines")
    assert "\x1b[31m" not in server.log()
