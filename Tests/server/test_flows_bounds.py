"""What executions may take of the server's memory, all together."""

import os
import pathlib
import signal

import pytest

from support import flows
from support.clients import refusal
from support.flow_executions import start, until_over
from support.flows import ABORTED, executions, python_pid, script
from support.servers import wait_until
from support.wire import error

MODULE_WORDS = flows.WORDS
pytestmark = pytest.mark.usefixtures("no_flows_left")
MILLION = 1_000_000


def bring(count):
    """A script whose run brings so many millions of bytes."""
    return f"GB('PythonReader').run(lambda: ('a' * {MILLION} for _ in range({count})))"


def kept(client, count):
    """The ID of an execution that is kept with so many millions of bytes."""
    execution = start(client, bring(count))
    until_over(client, execution)
    return execution


# Results

def test_results_that_are_kept_are_bounded_together(client):
    """The oldest are dropped from 256 MiB on, of whichever size the others are."""
    small, *large = [kept(client, count) for count in (1, 100, 100)]
    assert set(executions(client)) == {small, *large}
    last = kept(client, 120)
    assert set(executions(client)) == {large[1], last}
    [results, errors] = client.execute_command("RG.GETRESULTS", last)
    assert (len(results), errors) == (120, [])
    # What a client drops makes room.
    client.execute_command("RG.DROPEXECUTION", last)
    another = kept(client, 120)
    assert set(executions(client)) == {large[1], another}


def memory_of(server):
    """Bytes that the server has now; INFO says it a little later."""
    fields = pathlib.Path(f"/proc/{server.process.pid}/status").read_text().split()
    return int(fields[fields.index("VmRSS:") + 1]) * 1024


def test_dropped_results_leave_no_memory_behind(server, client):
    """Also of what a registration has started, which remembers its own for a while."""
    script(client, f"GB('KeysReader').map(lambda r: 'a' * {MILLION} * 10).register('key*')")

    def bring_and_drop():
        for number in range(4):
            client.set(f"key {number}", 1)
        ends = [b"done"] * 4
        wait_until(lambda: [status for status, _ in executions(client).values()] == ends, what="the ends")
        for execution in executions(client):
            client.execute_command("RG.DROPEXECUTION", execution)
    # An allocator need not give memory back, but it uses it again.
    bring_and_drop()
    bring_and_drop()
    before = memory_of(server)
    for _ in range(4):
        bring_and_drop()
    assert memory_of(server) < before + 60 * MILLION


# What executions begin with

LARGE = "a" * (15 * MILLION)
TOO_MUCH = ("ERR Could not trigger execution, what waits for Python has 67108864 bytes, "
            "which is the limit")


@pytest.fixture
def held(start_server, tmp_path):
    """A server, and functions that have its session wait for Python, and go on."""
    gate = tmp_path / "gate"
    gate.touch()
    server = start_server(words=(*flows.WORDS, "FLOWS_SANDBOX", "none"))
    client = server.client()
    script(client, f"import os, time\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.002)\n"
                   "GB('CommandReader').map(lambda r: execute('RPUSH', 'list', r[1]))"
                   ".register(trigger='t', inorder=True)")

    def begin():
        gate.unlink()
        count = server.log().count("serves as process")
        os.kill(python_pid(client), signal.SIGKILL)
        wait_until(lambda: server.log().count("serves as process") > count, what="the next process")
    return server, begin, gate.touch


def send(server, wires, *words):
    """Sends triggers, each on a connection of its own, one after the other."""
    client = server.client()
    count = len(executions(client))
    for wire in wires:
        wire.send("RG.TRIGGER", "t", *words)
        count += 1
        wait_until(lambda: len(executions(client)) == count, what="a trigger that waits")  # noqa: B023


@pytest.mark.parametrize("times", [1, 3])
def test_what_waits_for_python_is_bounded(held, times):
    """In bytes, all arguments together; what begins or ends makes room."""
    server, begin, end = held
    client = server.client()
    for _ in range(times):
        begin()
        wires = [server.wire() for _ in range(6)]
        send(server, wires[:4], 1, LARGE)
        assert refusal(client, "RG.TRIGGER", "t", 1, LARGE) == TOO_MUCH
        send(server, wires[4:5], 1, "small")
        last = sorted(executions(client), key=lambda name: int(name.rpartition(b"-")[2]))[-2]
        client.execute_command("RG.ABORTEXECUTION", last)
        assert wires[3].receive() == error(ABORTED)
        send(server, wires[5:], 1, LARGE)
        assert refusal(client, "RG.TRIGGER", "t", 1, LARGE) == TOO_MUCH
        end()
        for wire in wires[:3] + wires[4:]:
            assert wire.receive().startswith(b"*1")
        for wire in wires:
            wire.close()
    assert client.llen("list") == 5 * times


def test_what_has_waited_begins_in_order(held):
    """More than is sent at once."""
    server, begin, end = held
    begin()
    wires = [server.wire() for _ in range(30)]
    for number, wire in enumerate(wires):
        send(server, [wire], number, "a" * 2 * MILLION)
    end()
    for wire in wires:
        assert wire.receive().startswith(b"*1")
        wire.close()
    assert server.client().lrange("list", 0, -1) == [str(number).encode() for number in range(30)]
