"""The Python process: how it ends, what its end means for clients, and what is believed of what it says."""

import os
import signal

import pytest

from support import flows, guests
from support.clients import refusal
from support.flow_process import ANSWERING, RUN, gone, kill, server  # noqa: F401
from support.flows import (
    PYTHON_ENDED, Hold, background, executions, python_pid, registrations, results, script, sessions,
    trigger)
from support.servers import wait_until
from support.wire import OK

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


def test_a_script_that_ends_python_again_takes_no_other_session_with_it(server, client):
    script(client, "import os\nif execute('PING') is None: os._exit(1)\n" + ANSWERING, "ID", "k")
    others = [f"{name}{number}" for name in "az" for number in range(8)]
    for name in others:
        script(client, f"GB('CommandReader').map(lambda r: 1).register(trigger='{name}')", "ID", name)
    kill(client)
    for name in others:
        wait_until(lambda: refusal(client, "RG.TRIGGER", name) is None, what=f"{name}")  # noqa: B023
    wait_until(lambda: "3 times" in refusal(client, "RG.TRIGGER", "t"), what="the last of three ends")


def test_scripts_that_never_end_keep_no_other_session_from_being_restored(server, client):
    """After an end within scripts one runs after the other, but none waits for long."""
    waits = "import time\nwhile execute('PING') is None: time.sleep(0.01)\n"
    for name in "abc":
        script(client, waits + f"GB('CommandReader').register(trigger='{name}')", "ID", name)
    script(client, ANSWERING, "ID", "z")
    pid = python_pid(client)
    for _ in range(4):
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: gone(pid), what="the end of the process")  # noqa: B023
        wait_until(lambda: refusal(client, "RG.TRIGGER", "t") is None, what="an answer")
        pid = python_pid(client)
    # Who kills the process from outside proves nothing against the scripts that ran.
    assert [entry["RegistrationData"]["lastError"] for entry in registrations(client)] == [None] * 4


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
        line = f"the Python process {pid} "
        wait_until(lambda: line in server.log(), what="the line in the log")  # noqa: B023
        assert trigger(client, "t") == [b"answer"]
