"""Executions side by side: order, aborting, and steps that take long."""

import time

from redisai_flows import wire

HELD = """
running, most, order = 0, 0, []
def f(r):
    global running, most
    running += 1
    most = max(most, running)
    execute('INCR', 'began')
    {wait}
    order.append(r[1])
    running -= 1
    return r[1]
GB('CommandReader').map(f).register(trigger='t', inorder={inorder})
GB('CommandReader').map(lambda r: (most, order)).register(trigger='seen')
"""
# The same without a question to the server.
SILENT = """
import builtins
builtins.running = builtins.most = 0
def f(r):
    builtins.running += 1
    builtins.most = max(builtins.most, builtins.running)
    {wait}
    builtins.running -= 1
    return r[1]
GB('CommandReader').map(f).register(trigger='t')
GB('CommandReader').map(lambda r: builtins.most).register(trigger='seen')
"""
TOGETHER = """
count = 0
def f(r):
    global count
    count += 1
    while count < 6:
        execute('PING')
    return count
GB('CommandReader').map(f).register(trigger='t')
"""
SPINNER = """
def f(r):
    execute('INCR', 'began')
    while True:
        pass
GB('CommandReader').map(f).register(trigger='t')
GB('CommandReader').map(lambda r: execute('PING')).register(trigger='quick')
"""


def began(flows, count=1):
    flows.until(lambda: int(flows.keyspace.data.get(b"began", b"0")) >= count)


def held(flows, gate, inorder=False):
    """A script with two triggers: one that waits at the gate, and one that tells of the first."""
    return flows.script(HELD.format(wait=gate.wait, inorder=inorder))


def test_an_execution_tells_how_long_it_took(flows, gate):
    script = held(flows, gate)
    before = time.monotonic()
    ended = flows.start(script, 0, [b"t", b"1"])
    began(flows)
    within = time.monotonic()
    opened = time.monotonic()
    gate.open()
    ended.wait()
    after = time.monotonic()
    assert int((opened - within) * 1000) <= ended.milliseconds <= (after - before) * 1000


def test_a_held_step_delays_no_other(flows, gate):
    script = held(flows, gate)
    holding = flows.start(script, 0, [b"t", b"1"])
    began(flows)
    assert flows.trigger(script, index=1).results == [b"(1, [])"]
    assert not holding.has_ended()
    gate.open()
    assert holding.wait().results == [b"1"]


def test_held_steps_of_one_session_delay_no_other_session(flows, gate):
    script = held(flows, gate)
    holding = [flows.start(script, 0, [b"t", b"1"]) for _ in range(10)]
    began(flows, 3)
    other = flows.script("GB('CommandReader').map(lambda r: 'other').register(trigger='other')")
    assert flows.trigger(other).results == [b"other"]
    gate.open()
    assert all(ended.wait().results == [b"1"] for ended in holding)


def test_as_many_steps_run_at_once_as_a_session_may_have_threads(flows, gate):
    script = flows.script(SILENT.format(wait=gate.wait))
    look = flows.script("import builtins\n"
                        "GB('CommandReader').map(lambda r: builtins.running).register(trigger='look')")
    holding = [flows.start(script, 0, [b"t", b"1"]) for _ in range(6)]
    while flows.trigger(look).results != [b"3"]:
        pass
    gate.open()
    assert all(ended.wait().results == [b"1"] for ended in holding)
    assert flows.trigger(script, index=1).results == [b"3"]


def test_steps_that_wait_for_the_server_let_others_run(flows):
    script = flows.script(TOGETHER)
    # None goes on before all have asked.
    holding = [flows.start(script, 0, [b"t"]) for _ in range(6)]
    for ended in holding:
        assert ended.wait().results == [b"6"]


def test_with_one_thread_steps_run_one_by_one(own_flows, gate):
    own_flows.send(wire.SETTINGS, 0, {"ExecutionThreads": 1})
    script = held(own_flows, gate)
    started = [own_flows.start(script, 0, [b"t", b"%d" % number]) for number in range(4)]
    began(own_flows)
    gate.open()
    for ended in started:
        ended.wait()
    assert own_flows.trigger(script, index=1).results == [b"(1, ['0', '1', '2', '3'])"]


def test_a_spinning_step_delays_no_other(flows):
    script = flows.script(SPINNER)
    spinning = flows.start(script, 0, [b"t"])
    began(flows)
    assert flows.trigger(script, index=1).results == [b"PONG"]
    assert not spinning.has_ended()
    flows.abort(spinning)
    assert spinning.wait().status == "aborted"


def test_executions_in_order_run_one_by_one(flows, gate):
    script = held(flows, gate, inorder=True)
    started = [flows.start(script, 0, [b"t", b"%d" % number]) for number in range(4)]
    began(flows)
    gate.open()
    for ended in started:
        ended.wait()
    assert flows.trigger(script, index=1).results == [b"(1, ['0', '1', '2', '3'])"]


def test_executions_in_order_wait_for_coroutines(flows, gate):
    script = flows.script(f"""
order = []
async def f(r):
    if r[1] == '0':
        await asyncio.to_thread(lambda: {gate.wait})
    order.append(r[1])
GB('CommandReader').map(f).register(trigger='t', inorder=True)
GB('CommandReader').map(lambda r: order).register(trigger='seen')
""")
    started = [flows.start(script, 0, [b"t", word]) for word in (b"0", b"1")]
    assert flows.trigger(script, index=1).results == [b"[]"]
    gate.open()
    for ended in started:
        ended.wait()
    assert flows.trigger(script, index=1).results == [b"['0', '1']"]


# Aborting

def test_a_sleeping_coroutine_is_aborted_at_once(flows):
    script = flows.script("""
async def f(r):
    execute('INCR', 'began')
    await createFuture()
GB('CommandReader').map(f).register(trigger='t')
""")
    ended = flows.start(script, 0, [b"t"])
    began(flows)
    flows.abort(ended)
    assert ended.wait().status == "aborted"


def test_a_spinning_step_is_aborted(flows):
    script = flows.script(SPINNER)
    ended = flows.start(script, 0, [b"t"])
    began(flows)
    flows.abort(ended)
    assert ended.wait().status == "aborted"
    assert ended.errors == ["execution aborted"]


def test_a_flow_that_catches_everything_is_aborted_all_the_same(flows):
    script = flows.script("""
def f(r):
    execute('INCR', 'began')
    try:
        while True:
            pass
    except Exception:
        pass
GB('CommandReader').map(f).register(trigger='t')
""")
    ended = flows.start(script, 0, [b"t"])
    began(flows)
    flows.abort(ended)
    assert ended.wait().status == "aborted"


def test_a_flow_that_calls_for_ever_is_aborted(flows):
    script = flows.script("def f(r):\n    while True:\n        execute('INCR', 'began')\n"
                          "GB('CommandReader').map(f).register(trigger='t')")
    ended = flows.start(script, 0, [b"t"])
    began(flows, 10)
    flows.abort(ended)
    assert ended.wait().status == "aborted"
    assert flows.script("execute('PING')").error is None


def test_an_execution_that_waits_for_its_turn_is_aborted(flows, gate):
    script = held(flows, gate, inorder=True)
    first, second, third = (flows.start(script, 0, [b"t", b"%d" % number]) for number in range(3))
    began(flows)
    flows.abort(second)
    assert second.wait().status == "aborted"
    gate.open()
    assert first.wait().status == third.wait().status == "done"
    assert flows.trigger(script, index=1).results == [b"(1, ['0', '2'])"]


def test_a_step_in_a_system_call_is_aborted_at_once(flows, gate):
    script = held(flows, gate)
    ended = flows.start(script, 0, [b"t", b"1"])
    began(flows)
    flows.abort(ended)
    assert ended.wait().status == "aborted"
    gate.open()
    assert flows.trigger(script, index=1).status == "done"


def test_an_aborted_step_calls_nothing_any_more(flows, gate):
    script = flows.script(f"""
def f(r):
    try:
        execute('INCR', 'began')
        {gate.wait}
    finally:
        left.append(1)
        execute('INCR', 'called')
left = []
GB('CommandReader').map(f).register(trigger='t')
GB('CommandReader').map(lambda r: len(left)).register(trigger='left')
""")
    ended = flows.start(script, 0, [b"t"])
    began(flows)
    flows.abort(ended)
    assert ended.wait().status == "aborted"
    gate.open()
    while flows.trigger(script, index=1).results == [b"0"]:
        pass
    assert b"called" not in flows.keyspace.data


def test_executions_in_order_wait_for_one_that_was_aborted(flows, gate):
    script = held(flows, gate, inorder=True)
    first, second = (flows.start(script, 0, [b"t", b"%d" % number]) for number in range(2))
    began(flows)
    flows.abort(first)
    assert first.wait().status == "aborted"
    assert not second.has_ended()
    gate.open()
    assert second.wait().results == [b"1"]


def test_aborting_what_has_ended_changes_nothing(flows):
    script = flows.script(SPINNER)
    ended = flows.trigger(script, index=1)
    flows.abort(ended)
    assert flows.trigger(script, index=1).results == [b"PONG"]


def test_threads_are_used_again_after_aborts(flows):
    script = flows.script(SPINNER)
    for count in range(1, 8):
        ended = flows.start(script, 0, [b"t"])
        began(flows, count)
        flows.abort(ended)
        assert ended.wait().status == "aborted"
    assert flows.trigger(script, index=1).results == [b"PONG"]


def test_a_flow_that_catches_its_end_meets_it_again(flows):
    script = flows.script("""
def f(r):
    execute('INCR', 'began')
    while True:
        try:
            execute('PING')
        except BaseException:
            execute('INCR', 'caught')
GB('CommandReader').map(f).register(trigger='t')
""")
    ended = flows.start(script, 0, [b"t"])
    began(flows)
    flows.abort(ended)
    assert ended.wait().status == "aborted"
    assert b"caught" not in flows.keyspace.data


def test_aborts_lose_nothing_of_others(flows):
    script = flows.script("""
def f(r):
    while True:
        execute('INCR', 'began')
def quick(r):
    return [execute('ECHO', r[1]) for _ in range(5)]
async def waits(r):
    return [await executeAsync('ECHO', r[1]) for _ in range(5)]
GB('CommandReader').map(f).register(trigger='t')
GB('CommandReader').map(quick).register(trigger='a')
GB('CommandReader').map(waits).register(trigger='b')
""")
    for turn in range(20):
        doomed = [flows.start(script, 0, [b"t"]) for _ in range(2)]
        others = [flows.start(script, 1 + number % 2, [b"t", b"%d" % number]) for number in range(20)]
        began(flows, turn + 1)
        for ended in doomed:
            flows.abort(ended)
        assert all(ended.wait().status == "aborted" for ended in doomed)
        for number, ended in enumerate(others):
            assert ended.wait().results == [str([str(number)] * 5).encode()]


# Many

def test_many_triggers_at_once_are_all_answered(flows):
    script = flows.script("""
async def wait(r):
    await asyncio.sleep(0)
    return execute('INCR', 'n')
def direct(r):
    return execute('INCR', 'n')
GB('CommandReader').map(wait).register(trigger='a')
GB('CommandReader').map(direct).register(trigger='b')
""")
    started = [flows.start(script, number % 2, [b"t"]) for number in range(400)]
    assert sorted(int(ended.wait().results[0]) for ended in started) == list(range(1, 401))


def test_many_errors_are_counted(flows):
    script = flows.script("GB('PythonReader').map(lambda r: 1 // 0).run(lambda: iter(range(1500)))")
    assert len(script.errors) == 1001
    assert script.errors[-1] == "500 more errors are left out"


def test_what_was_done_is_told_although_the_next_step_is_held(flows, gate):
    script = held(flows, gate)
    # Both may come in one read: then the first one's end is posted when the second one begins.
    quick = flows.start(script, 1, [b"t"])
    holding = flows.start(script, 0, [b"t", b"1"])
    assert quick.wait().results == [b"(0, [])"]
    gate.open()
    holding.wait()


def test_the_server_hears_of_what_was_awaited_first(flows):
    script = flows.script("""
async def f(r):
    await GB('PythonReader').run(lambda: iter([1]))
    execute('PING')
GB('CommandReader').map(f).register(trigger='t')
""")
    begun = []
    flows.replies["run"] = lambda *words: begun.append(flows._do_run(*words)) or begun[-1]
    over = []
    flows.replies["execute"] = lambda *_: over.append(flows._executions[begun[-1]].has_ended()) or b"PONG"
    for _ in range(50):
        flows.trigger(script)
    assert over == [True] * 50
