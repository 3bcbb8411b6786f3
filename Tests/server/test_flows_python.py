"""The Python process: how it ends, what its end means for clients, and what is believed of what it says."""

import os
import pathlib
import signal
import subprocess
import sys

import pytest

from support import flows, guests, patience
from support.clients import refusal
from support.flows import (
    PYTHON_ENDED, Hold, background, executions, failure, python_pid, registrations, results, script, sessions,
    trigger)
from support.servers import wait_until
from support.wire import OK

RUN = "GB('PythonReader').run(lambda: iter([1]))"
ANSWERING = "GB('CommandReader').map(lambda r: 'answer').register(trigger='t')"


@pytest.fixture
def server(start_server):
    """A server of the test's own: after several short lives in a row Python is started with pauses."""
    return start_server(words=flows.WORDS)


@pytest.fixture
def started(start_server):
    """Starts a server whose flows run in a given program."""
    def start(python, *words, **options):
        server = start_server(words=(*guests.WORDS, "FLOWS_PYTHON", python, *words), **options)
        return server, server.client()
    return start


def kill(client):
    """Ends the Python process; returns its number when another one serves."""
    pid = python_pid(client)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: gone(pid), what="the end of the process")
    wait_until(lambda: failure(client, "pass") is None, what="another process")
    return pid


def states(pid):
    """What the threads of a process do, in the system's letters."""
    tasks = pathlib.Path(f"/proc/{pid}/task").iterdir()
    return {(task / "stat").read_text().rpartition(")")[2].split()[0] for task in tasks}


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


# Another process takes its place

def test_another_process_takes_its_place(client):
    pid = kill(client)
    assert python_pid(client) != pid


def test_what_is_registered_is_there_again(client):
    script(client, "started = []\n" + ANSWERING + "\nGB('CommandReader', desc='second')"
                   ".foreach(started.append).map(lambda r: len(started)).register(trigger='u', inorder=True)",
           "ID", "one", "DESCRIPTION", "what it is")
    before, session = registrations(client), sessions(client)
    trigger(client, "u")
    kill(client)
    assert trigger(client, "t") == [b"answer"]
    # The script has run again, so its values are new ones.
    assert trigger(client, "u") == [b"1"]
    assert sessions(client) == session
    assert [(entry["id"], entry["desc"]) for entry in registrations(client)] == [
        (entry["id"], entry["desc"]) for entry in before]
    # What was counted stays.
    assert flows.statistics(client, 1)["numTriggered"] == 2


def test_many_ends_do_no_harm(client):
    script(client, ANSWERING)
    identifier = registrations(client)[0]["id"]
    for _ in range(3):
        kill(client)
        assert trigger(client, "t") == [b"answer"]
    assert [entry["id"] for entry in registrations(client)] == [identifier]


def test_a_script_that_runs_again_only_registers(client):
    script(client, "execute('INCR', 'times')\n" + ANSWERING + """
assert execute('INCR', 'times') in (2, None)
GB('PythonReader').foreach(lambda r: execute('INCR', 'runs')).run(lambda: iter([1]))
""")
    wait_until(lambda: client.get("runs") == b"1", what="the run")
    kill(client)
    assert trigger(client, "t") == [b"answer"]
    assert (client.get("times"), client.get("runs")) == (b"2", b"1")
    assert executions(client) == {}


def test_what_is_to_be_done_on_registration_is_done_again(client):
    script(client, "GB('CommandReader').register(trigger='t', onRegistered=lambda: execute('INCR', 'times'))")
    kill(client)
    trigger(client, "t")
    assert client.get("times") == b"2"


def test_what_a_flow_has_registered_is_gone(client):
    """Nobody can make it again."""
    script(client, "GB('CommandReader').map(lambda r: GB('CommandReader').register(trigger='made'))"
                   ".register(trigger='make')")
    trigger(client, "make")
    kill(client)
    assert refusal(client, "RG.TRIGGER", "made") == flows.NO_TRIGGER
    assert len(registrations(client)) == 1
    trigger(client, "make")
    assert trigger(client, "made") == [b"['made']"]


def test_a_session_that_can_not_be_restored_says_why(server, client):
    script(client, "if execute('PING') is None: raise ValueError('not again')\n" + ANSWERING)
    kill(client)
    assert "not again" in refusal(client, "RG.TRIGGER", "t")
    assert b"not again" in flows.statistics(client)["lastError"]
    assert "cannot be restored" in server.log()
    # Others are well, and it can be replaced.
    assert results(client, RUN) == [b"1"]
    name = sessions(client)[0]["ID"]
    script(client, ANSWERING, "ID", name, "UPGRADE")
    assert trigger(client, "t") == [b"answer"]


def test_a_session_that_registers_something_else_says_so(client):
    script(client, "GB('CommandReader').register(trigger='a' if execute('PING') else 'b')")
    kill(client)
    text = "the script registers something else than when the session was made"
    assert text in refusal(client, "RG.TRIGGER", "a")
    assert refusal(client, "RG.TRIGGER", "b") == flows.NO_TRIGGER


def test_a_registration_that_is_not_made_again_says_so(client):
    script(client, "if execute('PING'): GB('CommandReader').register(trigger='a')")
    kill(client)
    text = "ERR the script did not register this when the session was restored"
    assert refusal(client, "RG.TRIGGER", "a") == text


def test_a_script_that_ends_python_again_is_given_up(server, client):
    script(client, "import os\nif execute('PING') is None: os._exit(1)\n" + ANSWERING)
    kill(client)
    text = "ERR the Python process ended 3 times while it ran the session's script again"
    # Who waits meanwhile is told of one of those ends.
    wait_until(lambda: refusal(client, "RG.TRIGGER", "t") == text, what="the last of three ends")
    assert results(client, RUN) == [b"1"]


def test_a_session_whose_flows_are_unregistered_meanwhile_is_gone(server, client):
    script(client, ANSWERING)
    pid = python_pid(client)
    # One after the other, so that the server has no time to learn of the end between them.
    with server.wire() as connection:
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: gone(pid), what="the end of the process")
        assert connection.call("RG.UNREGISTER", registrations(client)[0]["id"]) == OK
    wait_until(lambda: refusal(client, "RG.PYEXECUTE", "pass") is None, what="another process")
    assert sessions(client) == []


def test_a_session_that_could_not_be_restored_can_be_unregistered(client):
    script(client, "if execute('PING') is None: raise ValueError('not again')\n" + ANSWERING)
    kill(client)
    wait_until(lambda: "not again" in str(refusal(client, "RG.TRIGGER", "t")), what="its failure")
    assert client.execute_command("RG.UNREGISTER", registrations(client)[0]["id"]) == b"OK"
    assert sessions(client) == []


def test_what_was_unregistered_does_not_come_back(client):
    script(client, "\n".join(ANSWERING.replace("'t'", f"'{name}'") for name in "abc"))
    before = registrations(client)
    client.execute_command("RG.UNREGISTER", before[0]["id"])
    client.execute_command("RG.UNREGISTER", before[1]["id"])
    kill(client)
    assert trigger(client, "c") == [b"answer"]
    assert refusal(client, "RG.TRIGGER", "a") == flows.NO_TRIGGER
    assert [entry["id"] for entry in registrations(client)] == [before[2]["id"]]
    # So its name is free.
    script(client, ANSWERING.replace("'t'", "'a'"))


@pytest.fixture
def being_restored(start_server, tmp_path):
    """A server whose session's script waits, when it runs again, for a file to be there."""
    server = start_server(words=guests.WORDS)
    client = server.client()
    script(client, f"import os, time\nif execute('PING') is None:\n"
                   f"    while not os.path.exists({str(tmp_path / 'open')!r}): time.sleep(0.01)\n{ANSWERING}")
    kill(client)
    yield server, client, tmp_path / "open"


def test_what_waits_for_a_session_can_be_ended(being_restored):
    server, client, gate = being_restored
    with background(server, "RG.TRIGGER", "t") as first, background(server, "RG.TRIGGER", "t") as second:
        wait_until(lambda: len(executions(client)) == 2, what="those that wait")
        assert set(executions(client).values()) == {(b"created", 1)}
        ended = min(executions(client), key=lambda name: int(name.rpartition(b"-")[2]))
        client.execute_command("RG.ABORTEXECUTION", ended)
        wait_until(lambda: ended not in executions(client), what="its end")
        gate.touch()
        assert sorted(str(answer()) for answer in (first, second)) == ["[b'answer']", flows.ABORTED]


def test_what_waits_for_a_session_ends_with_its_registration(being_restored):
    server, client, gate = being_restored
    with background(server, "RG.TRIGGER", "t") as answer:
        wait_until(lambda: executions(client), what="one that waits")
        client.execute_command("RG.UNREGISTER", registrations(client)[0]["id"])
        assert str(answer()) == "execution is not registered"
    gate.touch()
    assert refusal(client, "RG.TRIGGER", "t") == flows.NO_TRIGGER
    wait_until(lambda: sessions(client) == [], what="the end of the session")


def test_a_session_can_be_replaced_while_it_is_restored(being_restored):
    server, client, gate = being_restored
    name = sessions(client)[0]["ID"]
    with background(server, "RG.TRIGGER", "t") as answer:
        wait_until(lambda: executions(client), what="one that waits")
        script(client, ANSWERING.replace("answer", "new"), "ID", name, "UPGRADE")
        assert str(answer()) in (flows.NO_TRIGGER, flows.ABORTED)
    assert trigger(client, "t") == [b"new"]
    gate.touch()
    assert results(client, RUN) == [b"1"]
    assert trigger(client, "t") == [b"new"] and len(registrations(client)) == 1


def test_other_sessions_do_not_wait_for_one_that_is_restored(being_restored):
    server, client, gate = being_restored
    script(client, ANSWERING.replace("'t'", "'other'"))
    assert trigger(client, "other") == [b"answer"]
    gate.touch()
    assert trigger(client, "t") == [b"answer"]


# What runs when it ends

def test_what_runs_when_it_ends_is_told(server, client):
    hold = Hold(client)
    script(client, hold.setup + "GB('CommandReader').foreach(wait).register(trigger='t')\n"
                                "GB('CommandReader').foreach(wait_async).register(trigger='u')")
    with background(server, "RG.TRIGGER", "t") as first, background(server, "RG.TRIGGER", "u") as second:
        hold.reached(2)
        kill(client)
        assert (str(first()), str(second())) == (PYTHON_ENDED, PYTHON_ENDED)
    hold.open()
    assert executions(client) == {}
    assert flows.statistics(client)["numAborted"] == 1
    assert trigger(client, "t") == [b"['t']"]


def test_a_script_that_runs_when_it_ends_is_told(server, client):
    hold = Hold(client)
    source = hold.setup + ANSWERING + "\nwait()"
    with background(server, "RG.PYEXECUTE", source, "ID", "one") as answer:
        hold.reached()
        kill(client)
        assert str(answer()) == PYTHON_ENDED
    hold.open()
    assert sessions(client) == []
    assert script(client, source, "ID", "one") == b"OK"


def test_an_upgrade_that_runs_when_it_ends_changes_nothing(server, client):
    script(client, ANSWERING, "ID", "one")
    hold = Hold(client)
    words = [hold.setup + ANSWERING.replace("answer", "new") + "\nwait()", "ID", "one", "UPGRADE"]
    with background(server, "RG.PYEXECUTE", *words) as answer:
        hold.reached()
        kill(client)
        assert str(answer()) == PYTHON_ENDED
    hold.open()
    assert trigger(client, "t") == [b"answer"]
    script(client, *words)
    assert trigger(client, "t") == [b"new"]


def test_a_run_that_nobody_waits_for_is_told_later(client):
    hold = Hold(client)
    source = hold.setup + "GB('PythonReader').foreach(wait).run(lambda: iter([1]))"
    execution = script(client, source, "UNBLOCKING")
    hold.reached()
    kill(client)
    assert client.execute_command("RG.GETRESULTSBLOCKING", execution) == [[], [PYTHON_ENDED.encode()]]
    assert executions(client) == {execution: (b"aborted", 0)}
    hold.open()


def test_a_run_whose_client_waits_is_told(server, client):
    hold = Hold(client)
    source = hold.setup + "GB('PythonReader').foreach(wait).run(lambda: iter([1]))"
    with background(server, "RG.PYEXECUTE", source) as answer:
        hold.reached()
        kill(client)
        assert answer() == [[], [PYTHON_ENDED.encode()]]
    hold.open()


def test_a_trigger_waits_for_the_next_process(server, client):
    """It is sent while there is none, and while its script runs again."""
    script(client, ANSWERING)
    pid = python_pid(client)
    connections = [server.wire() for _ in range(10)]
    with server.wire() as first:
        os.kill(pid, signal.SIGKILL)
        first.send("RG.TRIGGER", "t")
        for connection in connections:
            connection.send("RG.TRIGGER", "t")
        replies = [connection.receive() for connection in (first, *connections)]
    # Those that came before the server knew of the end may have gone to the process that has ended.
    assert set(replies) <= {b"*1\r\n$6\r\nanswer\r\n", b"-" + PYTHON_ENDED.encode() + b"\r\n"}


def test_a_trigger_that_comes_when_there_is_no_process_waits_for_the_next_one(server, client):
    script(client, ANSWERING)
    for _ in range(5):
        pid = python_pid(client)
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: f"the Python process {pid} " in server.log(), what="the line in the log")  # noqa: B023
        assert trigger(client, "t") == [b"answer"]


# Ways to end

@pytest.mark.parametrize("end", [
    "os._exit(0)", "os._exit(3)", "os.kill(os.getpid(), signal.SIGKILL)", "os.abort()",
    "ctypes.string_at(0)", "ctypes.memset(0, 0, 1)", "sys.setrecursionlimit(10**9), deep()",
    "os.close(3)", "[os.close(n) for n in range(3, 100) if os.path.exists(f'/proc/self/fd/{n}')]",
    "os.closerange(3, 1000)",
])
def test_a_flow_may_end_the_process(server, client, end):
    script(client, "import ctypes, os, signal, sys\ndef deep(): return deep()\n"
                   f"GB('CommandReader').foreach(lambda r: ({end})).register(trigger='end')")
    script(client, ANSWERING)
    text = refusal(client, "RG.TRIGGER", "end")
    assert text in (PYTHON_ENDED, None) or "Error" in text
    # If it has only just begun to end, the next trigger meets that.
    wait_until(lambda: refusal(client, "RG.TRIGGER", "t") is None, what="an answer")
    assert len(registrations(client)) == 2


def test_a_script_may_end_the_process(client):
    assert failure(client, "import os\nos._exit(1)", "ID", "one") == PYTHON_ENDED
    assert sessions(client) == []
    assert script(client, "pass", "ID", "one") == b"OK"


def test_what_it_says_at_its_end_is_in_the_log(server, client):
    script(client, "import os, sys\nsys.stderr.write('last words')\nsys.stderr.flush()\n"
                   "GB('CommandReader').foreach(lambda r: os._exit(5)).register(trigger='end')")
    assert refusal(client, "RG.TRIGGER", "end") == PYTHON_ENDED
    wait_until(lambda: "last words" in server.log(), what="its words in the log")
    assert "ended with status 5" in server.log()


def test_a_process_that_is_stopped_is_ended(client):
    """It answers nothing, so another one takes its place."""
    script(client, ANSWERING)
    pid = python_pid(client)
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: states(pid) == {"T"}, what="the stop of all threads")
    assert refusal(client, "RG.TRIGGER", "t") == PYTHON_ENDED
    wait_until(lambda: refusal(client, "RG.TRIGGER", "t") is None, what="an answer")
    assert gone(pid)


def test_a_script_that_never_ends_holds_up_no_other(server, client):
    hold = Hold(client)
    source = hold.setup + "execute('SET', 'began', 1)\nwhile not execute('EXISTS', 'stop'): pass"
    with background(server, "RG.PYEXECUTE", source, "ID", "one") as answer:
        wait_until(lambda: client.exists("began"), what="the script")
        assert results(client, RUN) == [b"1"]
        assert sessions(client) == []
        # It is no execution, so only the end of the process ends it, or its own.
        assert executions(client) == {}
        client.set("stop", 1)
        assert answer() == b"OK"


def test_the_server_ends_while_flows_run(start_server):
    server = start_server(words=flows.WORDS)
    client = server.client()
    hold = Hold(client)
    script(client, hold.setup + "GB('CommandReader').foreach(wait).register(trigger='t')\n"
                                "GB('CommandReader').foreach(wait_async).register(trigger='u')")
    pid = python_pid(client)
    with server.wire() as first, server.wire() as second:
        first.send("RG.TRIGGER", "t")
        second.send("RG.TRIGGER", "u")
        hold.reached(2)
        server.stop()
    wait_until(lambda: gone(pid), what="the end of the process")


def test_the_process_ends_with_a_server_that_is_killed(start_server):
    server = start_server(words=flows.WORDS)
    pid = python_pid(server.client())
    server.kill()
    wait_until(lambda: gone(pid), what="the end of the process")


def test_a_fork_of_the_server_does_no_harm(client):
    script(client, ANSWERING)
    client.save()
    client.bgsave()
    wait_until(lambda: client.info("persistence")["rdb_bgsave_in_progress"] == 0, what="the end of the child")
    assert trigger(client, "t") == [b"answer"]


def test_flows_survive_that_all_data_goes(client):
    script(client, ANSWERING)
    client.flushall()
    assert trigger(client, "t") == [b"answer"]


# Memory

def test_memory_has_a_limit(start_server):
    server = start_server(words=(*flows.WORDS, "FLOWS_MEMORY_LIMIT", 256))
    client = server.client()
    script(client, ANSWERING)
    text = failure(client, "held = [b'a' * (16 << 20) for _ in range(100)]")
    assert text == PYTHON_ENDED or "MemoryError" in text
    assert trigger(client, "t") == [b"answer"]
    flows.clear(client)


# No Python, or a strange one

@pytest.mark.parametrize("python", ["/none/python3", "no-such-python"])
def test_without_a_python_flows_say_so(start_server, python):
    server = start_server(words=(*flows.WORDS, "FLOWS_PYTHON", python))
    client = server.client()
    wait_until(lambda: "set FLOWS_PYTHON" in server.log(), what="the line in the log")
    text = failure(client, "pass")
    assert text.startswith(f"ERR flows cannot run: cannot find {python}") and "set FLOWS_PYTHON" in text
    assert refusal(client, "RG.TRIGGER", "t") == flows.NO_TRIGGER
    assert sessions(client) == [] and client.ping()
    assert flows.pairs(client.execute_command("RG.PYSTATS"))["CurrAllocated"] == 0


def test_a_file_that_is_no_program_is_refused(start_server, tmp_path):
    path = tmp_path / "python"
    path.write_text("no program")
    client = start_server(words=(*flows.WORDS, "FLOWS_PYTHON", path)).client()
    assert "it is no program; install it or set FLOWS_PYTHON" in failure(client, "pass")


def test_a_program_that_is_no_python_is_an_error(start_server):
    """It ends at once, and is started again now and then, in case it was an accident."""
    server = start_server(words=(*flows.WORDS, "FLOWS_PYTHON", "/bin/false"))
    client = server.client()
    assert failure(client, "pass") == PYTHON_ENDED
    assert failure(client, ANSWERING, "ID", "one") == PYTHON_ENDED
    assert "ended with status 1" in server.log()
    assert sessions(client) == [] and client.ping()


def test_a_python_that_can_not_serve_is_not_started_again(started, tmp_path):
    server, client = started(guests.make(tmp_path, "print('too old', file=sys.stderr); sys.exit(78)"))
    text = "ERR flows cannot run: this Python cannot serve, the log says why; set FLOWS_PYTHON"
    wait_until(lambda: "too old" in server.log(), what="the line in the log")
    wait_until(lambda: failure(client, "pass") == text, what="the refusal")


def test_a_python_that_is_too_old_is_not_started_again(started, tmp_path):
    path = tmp_path / "python"
    path.write_text(f"#!{sys.executable}\nimport runpy, sys\n"
                    "sys.version_info = (3, 10, 9)\nsys.argv[1:3] = []\n"
                    "import os\nsys.path.insert(0, os.environ['PYTHONPATH'])\n"
                    "runpy.run_module('redisai_flows', run_name='__main__')\n")
    path.chmod(0o755)
    server, client = started(str(path))
    wait_until(lambda: "3.11 is the oldest that can" in server.log(), what="the line in the log")
    wait_until(lambda: "this Python cannot serve" in str(failure(client, "pass")), what="the refusal")


@pytest.mark.parametrize("sandbox", ["strict", "none"])
def test_the_python_of_a_virtual_environment_has_its_packages(start_server, tmp_path, sandbox):
    python = tmp_path / "bin" / "python"
    subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip", tmp_path], check=True)
    [packages] = tmp_path.glob("lib/python3*/site-packages")
    (packages / "our_package.py").write_text("mark = 'here'")
    client = start_server(words=(*flows.WORDS, "FLOWS_PYTHON", python, "FLOWS_SANDBOX", sandbox)).client()
    source = "import our_package\nGB('PythonReader').run(lambda: iter([our_package.mark]))"
    assert results(client, source) == [b"here"]


# What is not believed

def lies():
    """Bodies of guests that say what makes no sense; `{}` is where each says it."""
    ready = "send(*READY)\n"
    return {
        "noise at first": "server.sendall(os.urandom(1000))\nserve()",
        "zeros": "server.sendall(bytes(100_000))\nserve()",
        "a length beyond the limit": "server.sendall(struct.pack('<I', 1 << 31))\nserve()",
        "an empty message": "server.sendall(bytes(4))\nserve()",
        "no tuple": ready + "server.sendall(wire._LENGTH.pack(1) + b'N')\nserve()",
        "another version": "send(wire.READY, 0, {'protocol': 2})\nserve()",
        "no version": "send(wire.READY, 0, {})\nserve()",
        "ready with nothing": "send(wire.READY, 0)\nserve()",
        "ready twice": ready + ready + "serve()",
        "ready never, but something else": "send(wire.ARM, 1)\nserve()",
        "an unknown kind": ready + "send(99, 0)\nserve()",
        "a negative kind": ready + "send(-1, 0)\nserve()",
        "a kind that is text": ready + "send('done', 0)\nserve()",
        "a number that is text": ready + "send(wire.PONG, 'a')\nserve()",
        "a message of one value": ready + "send(wire.PONG)\nserve()",
        "a pong of nothing": ready + "send(wire.PONG, 1)\nserve()",
        "the end of a script with a number": ready + "serve(lambda n: send(wire.SCRIPTED, n, 5))",
        "the end of a script with nothing": ready + "serve(lambda n: send(wire.SCRIPTED, n))",
        "a script that ends twice": ready + "serve(lambda n: (send(wire.CALL, 1, n, 'register', {'reader': "
                                            "'CommandReader', 'mode': 'async', 'trigger': 't'}), "
                                            "send(wire.SCRIPTED, n, None), send(wire.SCRIPTED, n, None)))",
        "results that are none": ready + "serve(None, lambda n: send(wire.RESULTS, n, 5))",
        "an end of an unknown kind": ready + "serve(None, lambda n: send(wire.DONE, n, 'new', 1, [], []))",
        "an end without errors": ready + "serve(None, lambda n: send(wire.DONE, n, 'done', 1, []))",
        "an end with errors that are numbers":
            ready + "serve(None, lambda n: send(wire.DONE, n, 'done', 1, [], [5]))",
        "an end whose time is text": ready + "serve(None, lambda n: send(wire.DONE, n, 'done', 'a', [], []))",
        "a line of no text": ready + "send(wire.LOG, 0, 'notice', 5)\nserve()",
        "a line of no level": ready + "send(wire.LOG, 0, 5, b'a')\nserve()",
        "a line and more": ready + "send(wire.LOG, 0, 'notice', b'a', 1)\nserve()",
        "a release of text": ready + "send(wire.RELEASE, 0, ['a'])\nserve()",
        "half a message and the end": ready + "server.sendall(bytes([200, 0, 0, 0, 40]))",
        "surrogates": ready + "server.sendall(bytes.fromhex('0e000000') + b'(' + bytes.fromhex('01000000') "
                              "+ b'u' + bytes.fromhex('03000000') + b'\\xed\\xb3\\xbf' + b'N')\nserve()",
        "a deep message": ready + "import marshal\nvalue = []\nfor _ in range(100): value = [value]\n"
                                  "data = marshal.dumps((wire.PONG, 1, value), 2)\n"
                                  "server.sendall(struct.pack('<I', len(data)) + data)\nserve()",
        "a million values and one":
            ready + "import marshal\ndata = marshal.dumps((wire.PONG, 1, [None] * 1_000_000), 2)\n"
                    "server.sendall(struct.pack('<I', len(data)) + data)\nserve()",
    }


@pytest.mark.parametrize("name", lies())
def test_what_makes_no_sense_ends_the_process_alone(started, tmp_path, name):
    server, client = started(guests.make(tmp_path, lies()[name]))
    # It is ended at once, or as soon as it has something to answer.
    client.set("key", "value")
    text = failure(client, "pass", "ID", "one")
    if text is None:
        text = refusal(client, "RG.TRIGGER", "t")
    assert text == PYTHON_ENDED
    assert client.get("key") == b"value"
    wait_until(lambda: "flows: " in server.log().partition("ready to accept")[2], what="a line in the log")


@pytest.mark.parametrize("call", [
    "'nonsense'", "'execute'", "'execute', 5", "'execute', []", "'execute', [5]", "'execute', ['a', [b'b']]",
    "'executeMany'", "'executeMany', 5", "'executeMany', [5]", "'register'", "'register', 5",
    "'register', {}", "'register', {'reader': 'CommandReader'}",
    "'register', {'reader': 'Any', 'mode': 'async', 'trigger': 't'}",
    "'register', {'reader': 'CommandReader', 'mode': 'any', 'trigger': 'u'}",
    "'run'", "'run', 5", "'read'", "'read', 'KeysReader'", "'read', 'KeysReader', {}, None",
    "'read', 'KeysReader', {'pattern': 5, 'noScan': True, 'readValue': True}, None",
    "'read', 'KeysReader', {'pattern': '*', 'noScan': False, 'readValue': True}, b'no cursor'",
    "'read', 'StreamReader', {'key': 'a'}, None", "'read', 'Any', {}, None", "'execute' * 1000, []",
])
def test_a_call_that_makes_no_sense_is_an_error_of_the_call(started, tmp_path, call):
    """The answer to the call becomes the text with which the script ends."""
    server, client = started(guests.make(tmp_path, f"""
send(*READY)
def ask(number):
    send(wire.CALL, 7, number, {call})
    while True:
        for kind, call, *rest in read():
            if kind == wire.REPLY and call == 7:
                return send(wire.SCRIPTED, number, b"failed: %r" % (rest,))
serve(ask)"""))
    text = failure(client, "pass", "ID", "one")
    assert text.startswith("failed: [True, b") or call in ("'executeMany', [5]", "'run', 5")
    assert client.ping() and sessions(client) == []


@pytest.mark.parametrize("message", [
    "wire.DONE, 12345, 'done', 1, [], []", "wire.RESULTS, 12345, [b'a']", "wire.SCRIPTED, 12345, None",
    "wire.ARM, 12345", "wire.PARKED, 12345", "wire.RELEASE, 0, [1, 2, 3]", "wire.PONG, 12345, 0",
    "wire.CALL, 12345, 54321, 'execute', [b'PING']", "wire.LOG, 0, 'any', b'a\\r\\nb\\xff'"])
def test_numbers_that_nobody_has_are_no_harm(started, tmp_path, message):
    server, client = started(guests.make(tmp_path, f"send(*READY)\nsend({message})\nserve()"))
    assert script(client, "pass") == b"OK"
    assert trigger(client, "t") == [b"result"]
    flows.clear(client)


@pytest.mark.parametrize("results_, reply", [
    ("[None, 1.5, True, {}, (), ('+',), ('+', 5), ('?', b'a')]", None),
    ("[('+', b'a\\r\\nb')]", [b"a  b"]), ("['text']", [b"text"]), ("(b'a',)", [b"a"])])
def test_results_of_any_kind_become_a_reply(started, tmp_path, results_, reply):
    server, client = started(guests.make(
        tmp_path, f"send(*READY)\nserve(None, lambda n: send(wire.DONE, n, 'done', 1, {results_}, []))"))
    script(client, "pass")
    with server.wire() as connection:
        assert connection.call("RG.TRIGGER", "t").startswith(b"*")
        assert connection.nothing_more_came()
    assert reply is None or trigger(client, "t") == reply
    flows.clear(client)


def test_a_process_that_never_becomes_ready_holds_up_nobody_else(started, tmp_path):
    server, client = started(guests.make(tmp_path, "read()"))
    with server.wire() as connection:
        connection.send("RG.PYEXECUTE", "pass", "ID", "one")
        server.read_all()
        assert client.set("key", "value")
        text = "TRYAGAIN the script of session one is still running"
        assert failure(client, "pass", "ID", "one") == text


def test_a_process_that_reads_nothing_holds_up_nobody_else(started, tmp_path):
    server, client = started(guests.make(
        tmp_path, "send(*READY)\nthreading.Event().wait()"), "FLOWS_HANG_LIMIT", patience.AN_HOUR)
    connections = [server.wire() for _ in range(20)]
    for connection in connections:
        connection.send("RG.PYEXECUTE", "#" * (8 << 20))
    server.read_all()
    text = "BUSY flows do not take in what was sent to them; try again"
    wait_until(lambda: failure(client, "pass") == text, what="the refusal")
    assert client.set("key", "value")
    for connection in connections:
        connection.close()


def test_a_process_that_says_too_much_holds_up_nobody_else(started, tmp_path):
    server, client = started(guests.make(tmp_path, """
send(*READY)
threading.Thread(target=serve, daemon=True).start()
data = wire.encoded((wire.PONG, 12345, 0)) * 1000
while True: server.sendall(data)"""))
    for number in range(100):
        assert client.set("key", number)
