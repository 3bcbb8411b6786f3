"""Scripts, their globals, and sessions that are restored."""

import pytest
from redisai_flows import wire


def test_a_script_ends_with_no_words(flows):
    assert flows.script("x = 1").error is None


def test_globals_are_there(flows):
    flows.script("""
for name in ('execute', 'atomic', 'log', 'Log', 'hashtag', 'configGet', 'gearsConfigGet', 'createFuture',
             'setFutureResults', 'setFutureException', 'runCoroutine', 'isAsyncAllow', 'gearsFuture',
             'GearsFuture',
             'override_reply', 'call_next', 'flat_error', 'asyncio', 'Thread', 'copy', 'redisgears', 'rg',
             'GearsBuilder', 'GB'):
    assert name in globals(), name
assert __name__ == 'not_main'
""")


def test_globals_are_the_sessions_own(flows):
    script = flows.script("mine = 1\nGB('CommandReader').map(lambda r: mine).register(trigger='t')")
    flows.script("assert 'mine' not in globals()\nmine = 2")
    assert flows.trigger(script).results == [b"1"]


def test_functions_of_a_session_share_its_globals(flows):
    script = flows.script("""
count = 0
def up(r):
    global count
    count += 1
    return count
GB('CommandReader').map(up).register(trigger='a')
GB('CommandReader').map(lambda r: count).register(trigger='b')
""")
    flows.trigger(script)
    assert flows.trigger(script, index=1).results == [b"1"]


def test_a_script_that_fails_tells_why(flows):
    flows.script("raise ValueError('why')", expects="ValueError: why")


def test_a_script_that_exits_has_failed(flows):
    flows.script("exit()", expects="SystemExit")


def test_calls_are_in_the_name_of_who_calls(flows):
    script = flows.script("execute('PING')\n"
                          "GB('CommandReader').map(lambda r: execute('PING')).register(trigger='t')")
    ended = flows.trigger(script)
    assert [asker for asker, _ in flows.calls] == [script.number, ended.number]


def test_threads_of_a_flow_call_in_the_sessions_name(flows):
    script = flows.script("""
def f(r):
    thread = Thread(target=lambda: execute('PING'))
    thread.start()
    thread.join()
GB('CommandReader').map(f).register(trigger='t')
""")
    flows.trigger(script)
    assert [asker for asker, _ in flows.calls] == [script.number]


def test_what_a_coroutine_calls_later_is_in_the_sessions_name(flows):
    script = flows.script("""
def f(r):
    async def later():
        execute('PING')
    runCoroutine(later())
GB('CommandReader').foreach(f).register(trigger='t')
""")
    flows.trigger(script)
    flows.until(lambda: flows.calls)
    assert [asker for asker, _ in flows.calls] == [script.number]


def test_a_flow_may_register(flows):
    script = flows.script("""
def f(r):
    inner = GB('CommandReader').map(lambda r: 'inner')
    return inner.register(trigger='inner', onRegistered=lambda: log('there'))
GB('CommandReader').map(f).register(trigger='t')
""")
    identifier, = flows.trigger(script).results
    inner = script.registrations[identifier]
    assert flows.armed == [inner["number"]]
    assert ("notice", "there") in flows.log
    assert flows.trigger(script, index=1).results == [b"inner"]


# onRegistered

def test_on_registered_is_called_when_the_script_has_ended(flows):
    flows.script("order = []\n"
                 "tell = lambda: log(f'registered {order}')\n"
                 "GB('CommandReader').register(trigger='t', onRegistered=tell)\n"
                 "order.append('end')")
    assert ("notice", "registered ['end']") in flows.log


def test_on_registered_is_not_called_when_the_script_fails(flows):
    flows.script("GB('CommandReader').register(trigger='t', onRegistered=lambda: log('registered'))\n1 // 0",
                 expects="ZeroDivisionError")
    assert flows.log == []


def test_errors_of_on_registered_are_only_logged(flows):
    flows.script("GB('CommandReader').register(trigger='t', onRegistered=lambda: 1 // 0)")
    (level, text), = flows.log
    assert level == "warning" and "ZeroDivisionError" in text


def test_on_registered_can_not_be_a_coroutine(flows):
    flows.script("async def f(): pass\nGB('CommandReader').register(trigger='t', onRegistered=f)")
    assert flows.log == [("warning", "onRegistered can not be a coroutine")]


# Restoring

def test_a_restored_session_only_registers(flows):
    script = flows.script("""
answer = execute('SET', 'a', 1)
assert answer is None
with atomic():
    execute('SET', 'b', 1)
GB('ShardsIDReader').run()
GB('CommandReader').map(lambda r: execute('INCR', 'c')).register(
    trigger='t', onRegistered=lambda: execute('SET', 'd', 1))
""", restore=True)
    assert flows.keyspace.data == {b"d": b"1"}
    assert flows.order == [] and script.runs == []
    assert [level for level, text in flows.log if "skipped" in text] == ["notice"]
    assert flows.trigger(script).results == [b"1"]


def test_an_awaited_command_is_skipped_as_well(flows):
    flows.script("executeAsync('SET', 'a', 1)", restore=True)
    assert flows.calls == []


# Sessions that go

def test_a_dropped_session_answers_no_event(flows):
    script = flows.script("GB('CommandReader').register(trigger='t')")
    flows.send(wire.DROP, script.number)
    assert flows.trigger(script).errors == ["the registration is gone"]


def test_what_runs_goes_on_when_its_session_is_dropped(flows, gate):
    script = flows.script(f"""
async def f(r):
    await asyncio.to_thread(lambda: {gate.wait})
    return execute('INCR', 'a')
GB('CommandReader').map(f).register(trigger='t')
""")
    ended = flows.start(script, 0, [b"t"])
    flows.send(wire.DROP, script.number)
    assert flows.trigger(script).errors == ["the registration is gone"]
    gate.open()
    assert ended.wait().results == [b"1"]


def test_a_forgotten_registration_sees_no_event(flows):
    script = flows.script("GB('CommandReader').register(trigger='a')\n"
                          "GB('CommandReader').register(trigger='b')")
    first, _ = (item["number"] for item in script.registrations.values())
    flows.send(wire.FORGET, first)
    assert flows.trigger(script).errors == ["the registration is gone"]
    assert flows.trigger(script, index=1).errors == []


def test_what_runs_goes_on_when_its_registration_is_forgotten(flows):
    script = flows.script("""
waiting = []
async def f(r):
    future = createFuture()
    waiting.append(future)
    return await future
def g(r):
    for future in waiting:
        setFutureResults(future, 'end')
    return len(waiting)
GB('CommandReader').map(f).register(trigger='a')
GB('CommandReader').map(g).register(trigger='b')
""")
    ended = flows.start(script, 0, [b"t"])
    flows.send(wire.FORGET, next(iter(script.registrations.values()))["number"])
    while flows.trigger(script, index=1).results == [b"0"]:
        pass
    assert ended.wait().results == [b"end"]


def test_older_names_are_there(flows):
    flows.script("""
import redisgears
assert redisgears is rg
assert redisgears.executeCommand('PING') == 'PONG'
assert redisgears.getMyHashTag() is None
with redisgears.atomicCtx():
    pass
""")


# Log and settings

def test_log_writes_a_line(flows):
    flows.script("log('a\\nb')\nlog('c', level='debug')\nLog('d', 'warning')\nredisgears.log('e')")
    assert flows.log == [("notice", "a b"), ("debug", "c"), ("warning", "d"), ("notice", "e")]


@pytest.mark.parametrize("line, text", [
    ("log(1)", "Log message must be a string"),
    ("log('a', level='loud')", "Log level should be one of the following : debug,verbose,notice,warning"),
])
def test_log_refuses(flows, line, text):
    flows.script(line, expects=text)


def test_settings_are_text(flows):
    flows.send(wire.SETTINGS, 0, {"MaxExecutions": 1000, "mine": b"word"})
    flows.script("assert configGet('MaxExecutions') == '1000'\nassert configGet('mine') == 'word'\n"
                 "assert configGet('nothing') is None\nassert gearsConfigGet('nothing', 'b') == 'b'")


def test_a_shard_has_a_tag_and_a_name(flows):
    flows.script("assert hashtag() is None\nassert f'x{{{hashtag()}}}' == 'x{None}'")
    flows.send(wire.SETTINGS, 0, {"nodeId": b"a" * 40})
    try:
        for tag, value in ((b"06S", "'06S'"), (None, "None")):
            flows.replies["hashtag"] = lambda asker, tag=tag: tag
            script = flows.script(f"assert hashtag() == {value}\nGB('ShardsIDReader').run()")
            assert script.results == [b"a" * 40]
    finally:
        flows.send(wire.SETTINGS, 0, {"nodeId": None})


# Requirements

@pytest.mark.parametrize("requirements", [
    [b"pytest"], [b"pytest>=1", b"pip"], [b"pytest>=1,<1000,!=3.0"], [b"pytest[testing] >= 1.0"],
    [b"PyTest~=%s" % pytest.__version__.rpartition(".")[0].encode()]])
def test_requirements_that_are_there_are_no_hindrance(flows, requirements):
    flows.script("x = 1", requirements=requirements)


@pytest.mark.parametrize("requirements", [
    [b"no-such-package-here"], [b"pytest<1"], [b"pytest==1.0"], [b"pytest==1.*"], [b"pytest>1000"], [b"://"],
    [b"pytest is nice"]])
def test_requirements_that_are_missing_stop_a_script(flows, requirements):
    flows.script("1 // 0", requirements=requirements,
                 expects="Could not satisfy requirements, look at the log file for more information.")
    assert any(level == "warning" and "requirements" in text for level, text in flows.log)


def test_a_folder_of_the_session_counts(flows, tmp_path):
    (tmp_path / "mine.py").write_text("answer = 42\n")
    metadata = tmp_path / "mine-1.2.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.2\n")
    flows.script("x = 1", requirements=[b"mine"], expects="Could not satisfy requirements")
    flows.script("import mine\nassert mine.answer == 42", requirements=[b"mine>=1.2"],
                 folder=str(tmp_path).encode())
