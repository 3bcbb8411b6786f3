"""Scripts that never end: RG.ABORTEXECUTION of their sessions, when they run for the first time and again."""

import pytest

from support import flows, patience
from support.clients import refusal
from support.flow_process import ANSWERING, RUN
from support.flows import (
    ABORTED, background, executions, failure, registrations, results, script, sessions, trigger)
from support.servers import wait_until

BEGIN = "import builtins, os, threading, time\nbuiltins.ended = []\n"
ENDLESS = {
    "a loop": "while True: pass",
    "a loop of calls": "while True: execute('PING')",
    "a loop that catches errors": """
while True:
    try:
        execute('PING')
    except Exception:
        pass""",
    "a thread that is waited for": "event = threading.Event()\nwhile not event.wait(0.01): pass",
    "a run that never ends": """
def f(r):
    while True: pass
GB('PythonReader').map(f).run(lambda: iter([1]))
while True: time.sleep(0.001)""",
}
# In a session that is restored, commands do nothing.
AGAIN = "while execute('PING') is None: pass\n"
NEVER = "execution does not exist"


@pytest.fixture
def server(start_server):
    """Scripts that spin leave the rest of Python little time."""
    return start_server(words=(*flows.WORDS, "FLOWS_HANG_LIMIT", patience.AN_HOUR))


def endless(name):
    """A script that goes on until it is aborted, and has registered something."""
    lines = "\n".join("    " + line for line in ENDLESS[name].splitlines())
    return (f"{BEGIN}GB('CommandReader').register(trigger='never')\n"
            f"try:\n    execute('SET', 'began', 1)\n{lines}\nfinally:\n    ended.append(1)")


@pytest.mark.parametrize("name", ENDLESS)
def test_a_script_can_be_aborted(server, client, name):
    with background(server, "RG.PYEXECUTE", endless(name), "ID", "one") as answer:
        wait_until(lambda: client.exists("began"), what="the script")
        assert client.execute_command("RG.ABORTEXECUTION", "one") == b"OK"
        assert str(answer()) == ABORTED
    ended = "import builtins\nGB('PythonReader').run(lambda: iter([len(builtins.ended)]))"
    wait_until(lambda: results(client, ended) == [b"1"], what="the end of the script in Python")
    wait_until(lambda: executions(client) == {}, what="the end of what it has started")
    assert sessions(client) == registrations(client) == []
    assert refusal(client, "RG.ABORTEXECUTION", "one") == NEVER
    assert refusal(client, "RG.TRIGGER", "never") == flows.NO_TRIGGER
    # Its names are free, and the thread that ran it does other things.
    assert script(client, "GB('CommandReader').register(trigger='never')", "ID", "one") == b"OK"
    assert trigger(client, "never") == [b"['never']"]


def test_a_script_that_is_in_c_counts_as_ended(server, client):
    """It ends when the call returns, and does nothing more then."""
    source = """
import builtins, threading
builtins.held = threading.Lock()
held.acquire()
execute('SET', 'began', 1)
held.acquire()
execute('SET', 'more', 1)"""
    with background(server, "RG.PYEXECUTE", source, "ID", "one") as answer:
        wait_until(lambda: client.exists("began"), what="the script")
        client.execute_command("RG.ABORTEXECUTION", "one")
        assert str(answer()) == ABORTED
    assert script(client, "import builtins\nbuiltins.held.release()", "ID", "one") == b"OK"
    for _ in range(70):
        assert results(client, RUN) == [b"1"]
    assert not client.exists("more")


def test_an_upgrade_can_be_aborted(server, client):
    """What was there before goes on."""
    script(client, ANSWERING, "ID", "one")
    with background(server, "RG.PYEXECUTE", endless("a loop"), "ID", "one", "UPGRADE") as answer:
        wait_until(lambda: client.exists("began"), what="the script")
        client.execute_command("RG.ABORTEXECUTION", "one")
        assert str(answer()) == ABORTED
    assert trigger(client, "t") == [b"answer"]
    # A session whose script has ended runs nothing.
    assert refusal(client, "RG.ABORTEXECUTION", "one") == NEVER


def test_many_scripts_can_be_aborted(server, client):
    """More than there are threads, one after the other: each gives its thread back."""
    for _ in range(70):
        client.delete("began")
        with background(server, "RG.PYEXECUTE", endless("a loop"), "ID", "one") as answer:
            wait_until(lambda: client.exists("began"), what="the script")
            client.execute_command("RG.ABORTEXECUTION", "one")
            assert str(answer()) == ABORTED
    assert results(client, RUN) == [b"1"]


# Scripts that run again

def test_a_script_that_spins_when_it_is_restored_holds_up_no_other(server, client):
    """Until it is aborted its triggers wait, and then they say so."""
    script(client, AGAIN + "GB('CommandReader').map(lambda r: 1).register(trigger='spin')", "ID", "a")
    script(client, ANSWERING, "ID", "b")
    server.restart()
    client = server.client()
    assert trigger(client, "t") == [b"answer"] and results(client, RUN) == [b"1"]
    with background(server, "RG.TRIGGER", "spin") as answer:
        wait_until(lambda: len(executions(client)) == 1, what="a trigger that waits")
        client.execute_command("RG.ABORTEXECUTION", "a")
        assert str(answer()) == ABORTED
    assert refusal(client, "RG.TRIGGER", "spin") == ABORTED
    assert {entry["RegistrationData"]["lastError"] for entry in registrations(client)} == {
        None, ABORTED.encode()}
    assert trigger(client, "t") == [b"answer"]
    source = "GB('CommandReader').map(lambda r: 2).register(trigger='spin')"
    assert failure(client, source, "ID", "a", "UPGRADE") is None
    assert trigger(client, "spin") == [b"2"]


def test_a_restored_script_that_stops_all_of_python_is_noticed(start_server, tmp_path):
    """Also when nothing else is under way."""
    gate = tmp_path / "gate"
    server = start_server(words=(*flows.WORDS, "FLOWS_SANDBOX", "none"))
    client = server.client()
    # `pause` waits for ever, and with PyDLL no other thread runs meanwhile.
    script(client, f"import ctypes, os\nwhile execute('PING') is None:\n"
                   f"    if os.path.exists({str(gate)!r}): ctypes.PyDLL(None).pause()\n"
                   "GB('CommandReader').register(trigger='stop')")
    script(client, ANSWERING)
    server.restart()
    client = server.client()
    assert trigger(client, "t") == [b"answer"]
    gate.touch()
    wait_until(lambda: "it does not answer" in server.log(), what="the end of the process")
    gate.unlink()
    wait_until(lambda: refusal(client, "RG.TRIGGER", "t") is None, what="an answer")
