"""The process: how it begins, ends, and says whether it is well."""

import ast
import os
import subprocess
import sys

import pytest
from conftest import PACKAGE
from redisai_flows import wire
from redisai_flows.workers import THREAD_LIMIT, URGENT_LIMIT
from standin import NO_ANSWER, PATIENCE


def test_the_process_says_what_it_is(flows):
    assert flows.ready["protocol"] == 1
    assert flows.ready["pid"] == flows.process.pid
    assert flows.ready["python"].startswith(b"3.")


def test_the_process_ends_with_the_connection(own_flows):
    own_flows.close()
    assert own_flows.process.wait(PATIENCE) == 0


def test_the_process_ends_with_the_connection_whatever_runs(own_flows):
    script = own_flows.script("""
async def hold(r):
    while True: pass
def spin(r):
    while True: pass
def wait(r):
    execute('NEVER')
GB('CommandReader').map(spin).register(trigger='a')
GB('CommandReader').map(hold).register(trigger='b')
GB('CommandReader').map(wait).register(trigger='c')
""")
    own_flows.replies["execute"] = lambda *_: NO_ANSWER
    for index in range(3):
        own_flows.start(script, index, [b"t"])
    own_flows.close()
    assert own_flows.process.wait(PATIENCE) == 0


def test_the_process_ends_with_the_connection_if_a_coroutine_reads(own_flows):
    script = own_flows.script("""
async def f(r):
    try:
        execute('NEVER')
    except BaseException:
        while True: pass
GB('CommandReader').map(f).register(trigger='a')
""")
    asked = []
    own_flows.replies["execute"] = lambda *words: asked.append(words) or NO_ANSWER
    own_flows.start(script, 0, [b"t"])
    own_flows.until(lambda: asked)
    own_flows.close()
    assert own_flows.process.wait(PATIENCE) == 0


def test_steps_that_wait_on_all_threads_hold_nothing_else(own_flows, gate):
    """Neither pings, nor those for which the server's thread waits."""
    source = f"GB('CommandReader').map(lambda words: {gate.wait}).register(trigger='wait')"
    scripts = [own_flows.script(source) for _ in range(THREAD_LIMIT // 2)]
    urgent = own_flows.script("GB('CommandReader').register(trigger='urgent', mode='sync')")
    waiting = [own_flows.start(script, 0, [b"wait"]) for script in scripts for _ in range(3)]
    for number in range(URGENT_LIMIT + 1):
        assert own_flows.ping(number) >= 0
        assert own_flows.trigger(urgent, flags=1 | 16).results == [b"['trigger']"]
    gate.open()
    assert [ended.wait().results for ended in waiting] == [[b""]] * len(waiting)


def test_a_process_that_would_lose_messages_ends(own_flows):
    script = own_flows.script("""
from redisai_flows import readers
def fail(*_):
    raise MemoryError
GB('CommandReader').register(trigger='a')
readers.ALL['CommandReader'].record = fail
""")
    own_flows.start(script, 0, [b"t"])
    assert own_flows.process.wait(PATIENCE) == 1
    assert "MemoryError" in own_flows.output()


def test_what_flows_print_is_its_output(own_flows):
    own_flows.script("import sys\nprint('printed', flush=True)\nprint('error', file=sys.stderr, flush=True)")
    assert own_flows.output().split() == ["printed", "error"]


def test_a_child_of_a_flow_can_not_speak_to_the_server(own_flows):
    own_flows.script("""
import os, threading
child = os.fork()
if child == 0:
    try:
        execute('INCR', 'forked')
    finally:
        os._exit(0)
os.waitpid(child, 0)
""")
    assert own_flows.keyspace.data == {}
    own_flows.script("execute('PING')")


@pytest.mark.parametrize("line", ["os._exit(3)", "ctypes.string_at(0)", "os.abort()"])
def test_a_flow_may_end_its_process(own_flows, line):
    own_flows.start_script(f"import ctypes, os\n{line}")
    assert own_flows.process.wait(PATIENCE) != 0


def ping_until(flows, claim):
    """Pings until a claim holds for how long the loop has been held, in milliseconds."""
    for number in range(1, 1_000_000):
        if claim(flows.ping(number)):
            return


def test_a_coroutine_that_holds_the_loop_is_ended(own_flows):
    script = own_flows.script("""
async def hold(r):
    while True: pass
async def quick(r): return 'quick'
GB('CommandReader').map(hold).register(trigger='a')
GB('CommandReader').map(quick).register(trigger='b')
""")
    ended = own_flows.start(script, 0, [b"t"])
    ping_until(own_flows, lambda _: ended.has_ended(0.1))
    assert ended.status == "done"
    assert ended.errors == ["the coroutine has kept the event loop from others for too long"]
    assert own_flows.trigger(script, index=1).results == [b"quick"]


def test_a_coroutine_that_calls_for_ever_is_ended(own_flows):
    script = own_flows.script("""
async def hold(r):
    while True: execute('PING')
async def quick(r): return [await executeAsync('PING') for _ in range(3)]
GB('CommandReader').map(hold).register(trigger='a')
GB('CommandReader').map(quick).register(trigger='b')
""")
    holding = own_flows.start(script, 0, [b"t"])
    others = [own_flows.start(script, 1, [b"t"]) for _ in range(10)]
    ping_until(own_flows, lambda _: holding.has_ended(0.1))
    assert holding.status == "done"
    assert all(ended.wait().results == [b"['PONG', 'PONG', 'PONG']"] for ended in others)


def test_a_ping_tells_how_long_the_loop_was_held(own_flows, gate):
    script = own_flows.script(f"async def f(r):\n    execute('INCR', 'began')\n    {gate.wait}\n"
                              "GB('CommandReader').map(f).register(trigger='t')")
    ended = own_flows.start(script, 0, [b"t"])
    own_flows.until(lambda: own_flows.keyspace.data)
    ping_until(own_flows, lambda held: held >= 20)
    gate.open()
    ended.wait()
    ping_until(own_flows, lambda held: held < 20)


def test_messages_may_come_in_pieces(flows):
    data = wire.encoded((wire.PING, 77))
    for byte in data:
        flows.send_raw(bytes([byte]))
    flows.until(lambda: [pong for pong in flows.pongs if pong[0] == 77])


@pytest.mark.parametrize("change, words", [
    ("sys.version_info = (3, 10, 9)", "3.11 is the oldest that can"),
    ("sys.version_info = (2, 7, 18)", "3.11 is the oldest that can"),
    ("import sysconfig; sysconfig.get_config_var = lambda name: 1", "has no global lock"),
    ("sys.modules['redisai_flows._core'] = None", "ModuleNotFoundError: "),
    ("sys.modules['ctypes'] = None", "ModuleNotFoundError: "),
    ("sys.modules['asyncio'] = None", "ModuleNotFoundError: "),
])
def test_a_python_that_can_not_serve_says_why(change, words):
    """In one line, before it does anything, and with a status that the server knows."""
    code = f"import runpy, sys\n{change}\nrunpy.run_module('redisai_flows', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", code], env=dict(os.environ, PYTHONPATH=str(PACKAGE)), capture_output=True,
        text=True)
    assert done.returncode == 78
    [line] = done.stderr.splitlines()
    assert line.startswith("flows: this Python cannot run them: ") and words in line


def test_the_first_file_is_read_by_older_pythons():
    """So that they can say that they are too old."""
    for name in ("__main__.py", "__init__.py"):
        ast.parse((PACKAGE / "redisai_flows" / name).read_text(), feature_version=(3, 4))


def test_requirements_that_are_no_text_are_not_satisfied(flows):
    flows.script("pass", requirements=[b"\xff"], expects="Could not satisfy requirements")


def test_many_short_steps_keep_no_message_from_being_read(own_flows):
    script = own_flows.script("""
import time
GB('CommandReader').foreach(lambda r: time.sleep(0.003)).register(trigger='a')
""")
    runs = [own_flows.start(script, 0, [b"a"]) for _ in range(1500)]
    # Whatever has ended when that is answered, the last of several seconds' work has not.
    own_flows.ping(5)
    assert not runs[-1].has_ended()
    own_flows.abort(runs[-1])
    assert runs[-1].wait().status == "aborted"
    assert not runs[-2].has_ended()


def test_coroutines_that_hold_the_loop_by_turns_are_not_ended(own_flows):
    script = own_flows.script("""
import time
async def f(r):
    time.sleep(0.3)
    return 'well'
GB('CommandReader').map(f).register(trigger='a')
""")
    runs = [own_flows.start(script, 0, [b"a"]) for _ in range(8)]
    number = 0
    while not all(run.has_ended(0.1) for run in runs):
        number += 1
        own_flows.send(wire.PING, number)
    assert all(run.results == [b"well"] and run.errors == [] for run in runs)


def test_a_task_of_a_coroutine_that_holds_the_loop_is_ended(own_flows):
    script = own_flows.script("""
async def spin():
    while True: pass
async def f(r):
    task = asyncio.create_task(spin())
    try:
        await task
    except BaseException as error:
        return type(error).__name__
GB('CommandReader').map(f).register(trigger='a')
""")
    run = own_flows.start(script, 0, [b"a"])
    number = 0
    while not run.has_ended(0.1):
        number += 1
        own_flows.send(wire.PING, number)
    assert run.results == [b"LoopHeld"]


def test_tasks_of_a_coroutine_are_those_of_asyncio(flows):
    script = flows.script("""
async def double(number):
    await asyncio.sleep(0)
    return number * 2
async def fail():
    raise ValueError('wrong')
async def f(r):
    async def numbers():
        for number in range(3):
            yield await double(number)
    dropped = asyncio.create_task(double(1))
    dropped.cancel()
    found = await asyncio.gather(double(1), fail(), dropped, return_exceptions=True)
    try:
        await asyncio.wait_for(asyncio.sleep(60), 0.001)
    except asyncio.TimeoutError as error:
        found.append(error)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(double(2), name='second')
    kinds = ' '.join(type(item).__name__ for item in found)
    return f"{kinds}, {task.get_name()} {task.result()}, {[number async for number in numbers()]}"
GB('CommandReader').map(f).register(trigger='a')
""")
    run = flows.start(script, 0, [b"a"]).wait()
    assert run.errors == []
    assert run.results == [b"int ValueError CancelledError TimeoutError, second 4, [0, 2, 4]"]
    assert "never awaited" not in flows.output()


def test_a_task_that_nobody_holds_may_be_collected_anywhere(own_flows):
    script = own_flows.script("""
import gc
async def forgotten():
    await createFuture()
async def forget(r):
    asyncio.create_task(forgotten())
    await asyncio.sleep(0)
def collect(r):
    gc.collect()
async def hold(r):
    while True: pass
for function in (forget, collect, hold):
    GB('CommandReader').map(function).register(trigger=function.__name__)
""")
    for index in 0, 1, 0:
        assert own_flows.start(script, index, [b"a"]).wait().errors == []
    holding = own_flows.start(script, 2, [b"a"])
    assert own_flows.start(script, 1, [b"a"]).wait().errors == []
    ping_until(own_flows, lambda _: holding.has_ended(0.1))
    assert holding.errors == ["the coroutine has kept the event loop from others for too long"]


def test_an_atomic_block_of_a_thread_refuses_no_coroutine(flows):
    script = flows.script("""
import threading
async def f(r):
    inside, done = threading.Event(), threading.Event()
    def hold():
        with atomic():
            inside.set()
            done.wait()
    async def other():
        while not inside.is_set():
            await asyncio.sleep(0.001)
        await asyncio.sleep(0)
        done.set()
        return 'well'
    return (await asyncio.gather(asyncio.to_thread(hold), other()))[1]
GB('CommandReader').map(f).register(trigger='a')
""")
    run = flows.start(script, 0, [b"a"]).wait()
    assert run.errors == [] and run.results == [b"well"]
