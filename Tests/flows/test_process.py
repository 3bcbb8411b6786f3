"""The process: how it begins, ends, and says whether it is well."""

import os
import subprocess
import sys
import time

import pytest
from conftest import PACKAGE
from redisai_flows import wire


def test_the_process_says_what_it_is(flows):
    assert flows.ready["protocol"] == 1
    assert flows.ready["pid"] == flows.process.pid
    assert flows.ready["python"].startswith(b"3.")


def test_the_process_ends_with_the_connection(own_flows):
    own_flows.close()
    assert own_flows.process.wait(5) == 0


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
    from standin import NO_ANSWER
    own_flows.replies["execute"] = lambda *_: NO_ANSWER
    for index in range(3):
        own_flows.start(script, index, [b"t"])
    own_flows.close()
    assert own_flows.process.wait(5) == 0


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


@pytest.mark.parametrize("line", ["import os; os._exit(3)", "import ctypes; ctypes.string_at(0)", "os.abort()"])
def test_a_flow_that_ends_the_process_ends_nothing_else(own_flows, line):
    own_flows.start_script(f"import os\n{line}")
    assert own_flows.process.wait(5) != 0


def test_a_coroutine_that_holds_the_loop_is_ended(own_flows):
    script = own_flows.script("""
async def hold(r):
    while True: pass
async def quick(r): return 'quick'
GB('CommandReader').map(hold).register(trigger='a')
GB('CommandReader').map(quick).register(trigger='b')
""")
    ended = own_flows.start(script, 0, [b"t"])
    number = 0
    while not ended.has_ended(0.1):
        number += 1
        assert number < 60
        own_flows.ping(number)
    assert ended.status == "done" and ended.errors == [""]
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
    number = 0
    while not holding.has_ended(0.1):
        number += 1
        assert number < 60
        own_flows.ping(number)
    assert holding.status == "done"
    assert all(ended.wait().results == [b"['PONG', 'PONG', 'PONG']"] for ended in others)


def test_a_ping_tells_how_long_the_loop_was_held(own_flows):
    script = own_flows.script("import time\nasync def f(r): time.sleep(0.5)\n"
                              "GB('CommandReader').map(f).register(trigger='t')")
    assert own_flows.ping(1) == 0
    ended = own_flows.start(script, 0, [b"t"])
    time.sleep(0.1)
    own_flows.ping(2)
    time.sleep(0.1)
    assert own_flows.ping(3) >= 50
    ended.wait()
    own_flows.ping(4)
    assert own_flows.ping(5) < 50


def test_an_idle_process_uses_no_processor(own_flows):
    for _ in range(10):
        own_flows.script("GB('CommandReader').register(trigger='t')")
    time.sleep(0.1)
    before = processor_ticks(own_flows.process.pid)
    time.sleep(1)
    assert processor_ticks(own_flows.process.pid) - before <= 1


def processor_ticks(pid):
    """Hundredths of a second that a process has computed."""
    with open(f"/proc/{pid}/stat") as file:
        return sum(map(int, file.read().rsplit(")", 1)[1].split()[11:13]))


def test_messages_may_come_in_pieces(flows):
    data = wire.encoded((wire.PING, 77))
    for byte in data:
        flows.send_raw(bytes([byte]))
        time.sleep(0.001)
    flows.until(lambda: [pong for pong in flows.pongs if pong[0] == 77])


def test_threads_move_to_where_the_server_says(own_flows):
    processors = sorted(os.sched_getaffinity(0))
    own_flows.send(wire.PLACE, 0, processors[:1], processors)
    script = own_flows.script("import time\nGB('CommandReader').map(lambda r: time.sleep(0.1)).register(trigger='t')")
    own_flows.trigger(script)
    own_flows.script("execute('PING')")


def test_a_python_whose_format_differs_is_refused():
    code = "import marshal\nmarshal.dumps = lambda *_: b''\nfrom redisai_flows import wire\nwire.check_format()"
    done = subprocess.run([sys.executable, "-c", code], env=dict(os.environ, PYTHONPATH=str(PACKAGE)),
                          capture_output=True, text=True)
    assert "writes version 2 of marshal in another way" in done.stderr
