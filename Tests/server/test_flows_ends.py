"""The Python process: ways to end it, its memory, and what is no Python."""

import os
import resource
import signal
import subprocess
import sys

import pytest

from support import flows, guests
from support.clients import refusal
from support.flow_process import ANSWERING, RUN, gone, server, started, states  # noqa: F401
from support.flows import (
    PYTHON_ENDED, Hold, background, executions, failure, python_pid, registrations, results, script,
    sessions, trigger)
from support.servers import wait_until

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


@pytest.mark.parametrize("status, step", [(b"done", "str"), (b"running", "wait")])
def test_what_a_script_has_started_ends_with_the_process(server, client, status, step):
    """The script waits, so that its run belongs to nobody else yet."""
    script_hold, hold = Hold(client), Hold(client)
    source = f"{script_hold.setup}of_script = wait\n{hold.setup}" \
             f"GB('PythonReader').foreach({step}).run(lambda: iter([1]))\nof_script()"
    pid = python_pid(client)
    with background(server, "RG.PYEXECUTE", source) as answer:
        script_hold.reached()
        wait_until(lambda: [of for of, _ in executions(client).values()] == [status], what="the run")
        os.kill(pid, signal.SIGKILL)
        assert str(answer()) == PYTHON_ENDED
    assert executions(client) == {}


def test_a_start_that_fails_for_the_moment_is_told(server, client):
    """Whoever waits is told, the log says once why, and flows go on when it is over."""
    script(client, ANSWERING)
    pid, of_server = python_pid(client), server.process.pid
    usual = resource.prlimit(of_server, resource.RLIMIT_NOFILE)
    resource.prlimit(of_server, resource.RLIMIT_NOFILE, (3, usual[1]))
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: gone(pid), what="the end of the process")
    reason = "TRYAGAIN the Python process of the flows is not there: "
    wait_until(lambda: (refusal(client, "RG.TRIGGER", "t") or "").startswith(reason), what="the reason")
    for _ in range(2):
        assert refusal(client, "RG.TRIGGER", "t").endswith("Too many open files")
        assert failure(client, "pass").startswith(reason)
    assert server.log().count("Too many open files") == 1
    resource.prlimit(of_server, resource.RLIMIT_NOFILE, usual)
    wait_until(lambda: refusal(client, "RG.TRIGGER", "t") is None, what="an answer")
    assert trigger(client, "t") == [b"answer"]


def test_what_it_says_at_its_end_is_in_the_log(server, client):
    script(client, "import os, sys\nsys.stderr.write('last words')\nsys.stderr.flush()\n"
                   "GB('CommandReader').foreach(lambda r: os._exit(5)).register(trigger='end')")
    assert refusal(client, "RG.TRIGGER", "end") == PYTHON_ENDED
    wait_until(lambda: "last words" in server.log(), what="its words in the log")
    wait_until(lambda: "ended with status 5" in server.log(), what="its status in the log")


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
        # It is no execution, though it can be ended as one.
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
