"""Coroutines, futures, and what may wait where."""

import pytest

# Bits of START's flags.
SYNC, MAY_BLOCK, COMMAND, HOOK, TELLS = 1, 2, 4, 8, 16


@pytest.mark.parametrize("steps, results", [
    ("map(wait)", [b"1", b"2"]),
    ("flatmap(wait)", [b"1", b"2"]),
    ("foreach(wait).count()", [b"2"]),
    ("filter(wait).count()", [b"2"]),
    ("accumulate(add)", [b"3"]),
    ("aggregate(0, add, add)", [b"3"]),
    ("groupby(lambda r: 'k', group)", [b"{'key': 'k', 'value': 3}"]),
    ("aggregateby(lambda r: 'k', 0, group, group)", [b"{'key': 'k', 'value': 3}"]),
])
def test_steps_wait_for_coroutines(flows, steps, results):
    script = flows.script(f"""
async def wait(r):
    await asyncio.sleep(0)
    return r
async def add(a, r):
    await asyncio.sleep(0)
    return (a or 0) + r
async def group(k, a, r):
    return (a or 0) + r
GB('PythonReader').{steps}.run(lambda: iter([1, 2]))
""")
    assert script.errors == []
    assert script.results == results


def test_a_list_from_a_coroutine_is_spread(flows):
    script = flows.script("async def f(r): return [r, r]\n"
                          "GB('PythonReader').flatmap(f).run(lambda: iter([1]))")
    assert script.results == [b"1", b"1"]


def test_text_of_what_a_coroutine_brings_is_made_beside_the_loop(flows):
    script = flows.script("""
import threading
class Mine:
    def __str__(self):
        return threading.current_thread().name
async def f(r):
    return Mine()
GB('CommandReader').map(f).register(trigger='t')
""")
    assert flows.trigger(script).results != [b"flows/loop"]


def test_the_records_behind_one_that_was_awaited_are_worked_on_beside_the_loop(flows):
    script = flows.script("""
import threading
def f(r):
    seen = threading.current_thread().name
    async def later():
        return seen
    return later()
GB('CommandReader').map(f).register(trigger='t')
""")
    ended = flows.start(script, 0, [b"1"], [b"2"], [b"3"]).wait()
    assert len(ended.results) == 3
    assert b"flows/loop" not in ended.results


def test_an_error_in_a_coroutine_is_its_words_alone(flows):
    script = flows.script("async def f(r): raise ValueError('words')\n"
                          "GB('PythonReader').map(f).run(lambda: iter([1]))")
    assert script.errors == ["words"]


def test_a_future_that_a_step_returns_is_a_record(flows):
    script = flows.script("GB('CommandReader').map(lambda r: createFuture()).map(type).register(trigger='t')")
    assert b"GearsFuture" in flows.trigger(script).results[0]


def test_a_flow_awaits_a_run(flows):
    script = flows.script("""
async def f(r):
    return await GB('PythonReader').map(lambda r: [r]).run(lambda: iter([1, 2]), convertToStr=False)
GB('CommandReader').map(f).register(trigger='t')
""")
    assert flows.trigger(script).results == [b"[[[1], [2]], []]"]


def test_a_flow_may_run_often(flows):
    script = flows.script("""
async def f(r):
    runs = [GB('PythonReader').count().run(lambda: iter(range(3))) for _ in range(5)]
    return [results for results, errors in await asyncio.gather(*runs)]
GB('CommandReader').map(f).register(trigger='t')
""")
    assert flows.trigger(script).results == [b"[['3'], ['3'], ['3'], ['3'], ['3']]"]


def test_two_triggers_exchange_a_message(flows):
    script = flows.script("""
waiting = []
async def consume(r):
    future = createFuture()
    waiting.append(future)
    return await future
def publish(r):
    for future in waiting:
        setFutureResults(future, r[1])
    return len(waiting)
GB('CommandReader').map(consume).register(trigger='consume')
GB('CommandReader').map(publish).register(trigger='publish')
""")
    consumer = flows.start(script, 0, [b"consume"])
    while flows.trigger(script, "hello", index=1).results == [b"0"]:
        pass
    assert consumer.wait().results == [b"hello"]


def test_a_delayed_coroutine_ends_a_wait(flows):
    script = flows.script("""
async def consume(r):
    future = createFuture()
    async def timeout():
        setFutureException(future, 'timed out')
    runCoroutine(timeout(), delay=0.01)
    return await future
GB('CommandReader').map(consume).register(trigger='t')
""")
    assert flows.trigger(script).errors == ["timed out"]


def test_a_step_continues_with_a_low_future(flows):
    script = flows.script("""
def f(r):
    future = gearsFuture()
    Thread(target=lambda: future.continueRun(r[1] * 2)).start()
    return future
GB('CommandReader').map(f).register(trigger='t')
""")
    assert flows.trigger(script, "ab").results == [b"abab"]


def test_a_low_future_may_be_continued_before_it_is_returned(flows):
    script = flows.script("""
def f(r):
    future = gearsFuture()
    future.continueFailed('early')
    return future
GB('CommandReader').map(f).register(trigger='t')
""")
    assert flows.trigger(script).errors == ["early"]


def test_a_coroutine_continues_a_low_future(flows):
    script = flows.script("""
def f(r):
    future = gearsFuture()
    async def later():
        return 'later'
    runCoroutine(later(), future)
    return future
GB('CommandReader').map(f).register(trigger='t')
""")
    assert flows.trigger(script).results == [b"later"]


def test_errors_of_coroutines_beside_executions_are_logged(flows):
    flows.script("async def f(): raise ValueError('lost')\nrunCoroutine(f())\n")
    flows.until(lambda: ("warning", "error in a coroutine: lost") in flows.log)


def test_a_low_future_that_was_continued_is_no_end_for_a_coroutine(flows):
    script = flows.script("""
def f(r):
    future = gearsFuture()
    future.continueRun('first')
    async def again():
        return 'second'
    runCoroutine(again(), future)
    return future
GB('CommandReader').map(f).register(trigger='t')
""")
    assert flows.trigger(script).results == [b"first"]
    text = "a coroutine's end could not be told: Can not continue with the same future twice"
    flows.until(lambda: ("warning", text) in flows.log)


@pytest.mark.parametrize("body, text", [
    ("gearsFuture(1)", "Future gets no arguments"),
    ("(gearsFuture(), gearsFuture())", "Can not create async record twice on the same step"),
    ("(lambda f: (f.continueRun(1), f.continueRun(2)))(gearsFuture())",
     "Can not continue with the same future twice"),
])
def test_a_low_future_is_refused(flows, body, text):
    script = flows.script(f"GB('CommandReader').map(lambda r: {body}).register(trigger='t')")
    assert text in flows.trigger(script).errors[0]


def test_a_low_future_needs_a_step(flows):
    flows.script("gearsFuture()", expects="Future object can only be created inside certain execution steps")


def test_a_low_future_needs_a_step_that_may_wait(flows):
    script = flows.script("GB('CommandReader').repartition(lambda r: gearsFuture()).register(trigger='t')")
    assert "Step does not support async" in flows.trigger(script).errors[0]


# Modes

WHERE = """
async def later(r):
    return 'async'
def f(r):
    return later(r) if isAsyncAllow() else 'sync'
GB('CommandReader').map(f).register(trigger='t', mode='sync')
"""


def test_a_sync_execution_goes_on_without_the_server(flows):
    script = flows.script(WHERE)
    ended = flows.trigger(script, flags=SYNC | MAY_BLOCK | TELLS)
    assert ended.results == [b"async"]
    assert ended.is_parked


def test_a_sync_execution_that_may_not_wait_is_told_so(flows):
    script = flows.script(WHERE)
    ended = flows.trigger(script, flags=SYNC | TELLS)
    assert ended.results == [b"sync"]
    assert not ended.is_parked


def test_a_coroutine_where_nobody_may_wait_is_refused(flows):
    script = flows.script("async def f(r): return 1\n"
                          "GB('CommandReader').map(f).register(trigger='t', mode='sync')")
    ended = flows.trigger(script, flags=SYNC | TELLS)
    assert "Creating async record is not allowed" in ended.errors[0]


def test_nothing_may_wait_in_a_script_or_a_coroutine(flows):
    script = flows.script("""
assert not isAsyncAllow()
async def f(r):
    return isAsyncAllow()
GB('CommandReader').map(f).register(trigger='t')
""")
    assert flows.trigger(script).results == [b"False"]


def test_a_sync_execution_waits_for_no_other(flows, gate):
    script = flows.script(f"""
def f(r):
    execute('INCR', 'began')
    {gate.wait}
GB('CommandReader').map(f).register(trigger='held')
GB('CommandReader').map(lambda r: 1).register(trigger='sync', mode='sync')
""")
    held = [flows.start(script, 0, [b"held"]) for _ in range(5)]
    flows.until(lambda: int(flows.keyspace.data.get(b"began", b"0")) >= 3)
    assert flows.trigger(script, index=1, flags=SYNC | TELLS).results == [b"1"]
    gate.open()
    for ended in held:
        ended.wait()


# Atomic

def test_an_atomic_block_is_told_to_the_server(flows):
    flows.script("with atomic():\n    execute('SET', 'a', 1)\n    assert redisgears.isInAtomicBlock()")
    assert [name for name, _ in flows.order] == ["atomic", "unatomic"]


def test_an_atomic_block_ends_when_it_fails(flows):
    flows.script("with atomic():\n    raise ValueError('x')", expects="ValueError: x")
    assert [name for name, _ in flows.order] == ["atomic", "unatomic"]


def test_an_atomic_block_within_one_is_refused(flows):
    flows.script("with atomic():\n    with atomic():\n        pass", expects="Already inside an atomic block")
    assert [name for name, _ in flows.order] == ["atomic", "unatomic"]


def test_leaving_no_atomic_block_is_refused(flows):
    flows.script("atomic().__exit__(None, None, None)", expects="Not inside an atomic block")


def test_await_in_an_atomic_block_is_refused(flows):
    script = flows.script("""
async def f(r):
    with atomic():
        await asyncio.sleep(0)
GB('CommandReader').map(f).register(trigger='t')
""")
    assert flows.trigger(script).errors == ["await is not allow inside atomic block"]
    assert [name for name, _ in flows.order] == ["atomic", "unatomic"]


def test_an_atomic_block_in_a_coroutine_may_call_commands(flows):
    script = flows.script("""
async def f(r):
    await asyncio.sleep(0)
    with atomic():
        return execute('INCR', 'a')
GB('CommandReader').map(f).register(trigger='t')
""")
    assert flows.trigger(script).results == [b"1"]


# Awaitable commands

def test_commands_are_awaited_together(flows):
    script = flows.script("""
async def f(r):
    return await asyncio.gather(*[executeAsync('INCR', 'a') for _ in range(64)])
GB('CommandReader').map(f).register(trigger='t', convertToStr=False)
""")
    assert flows.trigger(script).results == [list(range(1, 65))]


def test_an_awaited_command_raises_the_servers_error(flows):
    script = flows.script("""
async def f(r):
    try:
        await executeAsync('NOPE')
    except GearsError as error:
        return str(error)
GB('CommandReader').map(f).register(trigger='t')
""")
    assert flows.trigger(script).results == [b"ERR unknown command 'NOPE'"]


def test_an_error_of_one_command_is_not_that_of_others(flows):
    script = flows.script("""
async def f(r):
    calls = [executeAsync('INCR', 'a'), executeAsync('NOPE'), executeAsync('INCR', 'a'), executeAsync()]
    return [str(end) for end in await asyncio.gather(*calls, return_exceptions=True)]
GB('CommandReader').map(f).register(trigger='t', convertToStr=False)
""")
    assert flows.trigger(script).results == [[b"1", b"ERR unknown command 'NOPE'", b"2", b"[]"]]


def test_commands_that_are_too_long_together_fail(flows):
    script = flows.script("""
async def f(r):
    big = b'a' * (40 << 20)
    calls = [executeAsync('ECHO', big), executeAsync('ECHO', big)]
    return [type(end).__name__ for end in await asyncio.gather(*calls, return_exceptions=True)]
GB('CommandReader').map(f).register(trigger='t')
""")
    assert b"MessageTooLong" in flows.trigger(script).results[0]


# Hooks and held commands

def test_a_hook_goes_on_with_the_command(flows):
    script = flows.script("GB('CommandReader').map(lambda r: call_next(*r[1:], b'\\xff')) "
                          ".register(hook='hset', mode='sync', convertToStr=False)")
    assert flows.trigger(script, "k", flags=SYNC | HOOK | TELLS).results == [[b"next", b"k", b"PY RECORD"]]


def test_no_hook_no_next_command(flows):
    script = flows.script("GB('CommandReader').map(lambda r: call_next()).register(trigger='t')")
    assert "Can not get CommandHook ctx" in flows.trigger(script).errors[0]


def test_a_reply_is_overridden(flows):
    script = flows.script("GB().foreach(lambda r: override_reply(['+OK', 1])).register(commands=['get'])")
    flows.start(script, 0, (b"k", b"keymiss", b"empty", None), flags=MAY_BLOCK | COMMAND).wait()
    assert flows.order == [("override", [("+", b"OK"), 1])]


def test_no_command_no_reply_to_override(flows):
    script = flows.script("GB('CommandReader').map(lambda r: override_reply(1)).register(trigger='t')")
    assert "Can not get command ctx" in flows.trigger(script).errors[0]
