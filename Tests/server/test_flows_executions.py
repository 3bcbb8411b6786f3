"""Executions: who gets what they bring, how they are ended, how long they are kept."""

import pytest

from support import flows
from support.clients import refusal
from support.flow_executions import BEGAN, ENDLESS, RUN, began, endless, start, until_over
from support.flows import (
    ABORTED, NO_EXECUTION, Hold, background, executions, registrations, script, trigger)
from support.servers import wait_until

MODULE_WORDS = flows.WORDS
pytestmark = pytest.mark.usefixtures("no_flows_left")

# Replies

def test_a_script_that_runs_something_brings_results_and_errors(client):
    results, [error] = script(client, RUN)
    assert results == [b"6", b"3", b"2"]
    assert b"ZeroDivisionError" in error
    assert executions(client) == {}


def test_a_script_that_registers_as_well_brings_ok(client):
    hold = Hold(client)
    source = (hold.setup + "GB('PythonReader').foreach(wait).map(lambda r: execute('SET', 'k', r))"
              ".run(lambda: iter(['v']))\nGB('CommandReader').register(trigger='t')")
    assert script(client, source) == b"OK"
    assert [registered for _, registered in executions(client).values()] == [0]
    hold.open()
    wait_until(lambda: executions(client) == {}, what="the end")
    assert client.get("k") == b"v"


def test_a_script_that_registers_as_well_may_keep_what_runs(client):
    source = RUN + "\nGB('CommandReader').register(trigger='t')"
    assert start(client, source) == b"OK"
    [execution] = executions(client)
    until_over(client, execution)
    assert client.execute_command("RG.GETRESULTS", execution)[0] == [b"6", b"3", b"2"]


def test_a_second_run_is_refused(client):
    text = flows.failure(client, RUN + "\n" + RUN)
    assert "Can not run more then 1 executions in a single script" in text
    wait_until(lambda: executions(client) == {}, what="the end of the first one")


def test_a_script_may_catch_that_a_second_run_is_refused(client):
    source = f"{RUN}\ntry:\n    {RUN}\nexcept GearsError: pass"
    assert script(client, source)[0] == [b"6", b"3", b"2"]


def test_what_nobody_waits_for_can_be_asked_for_later(client):
    hold = Hold(client)
    source = hold.setup + "GB('PythonReader').foreach(wait).run(lambda: iter([1, 2]))"
    execution = start(client, source)
    hold.reached()
    assert executions(client) == {execution: (b"running", 0)}
    assert refusal(client, "RG.GETRESULTS", execution) == "execution is still running"
    text = "can not drop a not yet finished execution, abort it first."
    assert refusal(client, "RG.DROPEXECUTION", execution) == text
    hold.open()
    assert client.execute_command("RG.GETRESULTSBLOCKING", execution) == [[b"1", b"2"], []]
    assert client.execute_command("RG.GETRESULTS", execution) == [[b"1", b"2"], []]
    assert executions(client) == {execution: (b"done", 0)}
    assert client.execute_command("RG.DROPEXECUTION", execution) == b"OK"
    assert executions(client) == {}


@pytest.mark.parametrize("command, text", [
    ("GETRESULTS", NO_EXECUTION), ("GETRESULTSBLOCKING", NO_EXECUTION), ("DROPEXECUTION", NO_EXECUTION),
    ("GETEXECUTION", NO_EXECUTION), ("ABORTEXECUTION", "execution does not exist")])
@pytest.mark.parametrize("name", ["", "none", "0" * 40 + "-0", "0" * 40 + "-99999999", b"\xff"])
def test_an_unknown_execution_is_refused(client, command, text, name):
    assert refusal(client, f"RG.{command}", name) == text


def test_many_can_wait_for_one_execution(server, client):
    hold = Hold(client)
    execution = start(client, hold.setup + "GB('PythonReader').foreach(wait).run(lambda: iter([1]))")
    hold.reached()
    with background(server, "RG.GETRESULTSBLOCKING", execution) as first, \
            background(server, "RG.GETRESULTSBLOCKING", execution) as second:
        wait_until(lambda: int(server.field("clients", "blocked_clients")) == 2, what="two that wait")
        hold.open()
        assert first() == second() == [[b"1"], []]


def test_who_waits_for_an_execution_may_leave(server, client):
    hold = Hold(client)
    execution = start(client, hold.setup + "GB('PythonReader').foreach(wait).run(lambda: iter([1]))")
    with server.wire() as connection:
        connection.send("RG.GETRESULTSBLOCKING", execution)
        wait_until(lambda: server.field("clients", "blocked_clients") == "1", what="one that waits")
    wait_until(lambda: server.field("clients", "blocked_clients") == "0", what="one that has left")
    hold.open()
    assert client.execute_command("RG.GETRESULTSBLOCKING", execution) == [[b"1"], []]


def test_in_a_transaction_nobody_waits_for_an_execution(client):
    hold = Hold(client)
    execution = start(client, hold.setup + "GB('PythonReader').foreach(wait).run(lambda: iter([1]))")
    pipeline = client.pipeline()
    pipeline.execute_command("RG.GETRESULTSBLOCKING", execution)
    assert [str(reply) for reply in pipeline.execute(raise_on_error=False)] == ["execution is still running"]
    hold.open()
    until_over(client, execution)
    pipeline.execute_command("RG.GETRESULTSBLOCKING", execution)
    assert pipeline.execute() == [[[b"1"], []]]


def test_a_client_that_leaves_does_not_stop_its_trigger(server, client):
    hold = Hold(client)
    script(client, hold.setup + "GB('CommandReader').foreach(wait).foreach(lambda r: execute('SET', 'k', 1))"
                                ".register(trigger='t')")
    with server.wire() as connection:
        connection.send("RG.TRIGGER", "t")
        hold.reached()
    hold.open()
    wait_until(lambda: client.exists("k"), what="the end of the flow")
    wait_until(lambda: flows.statistics(client)["numSuccess"] == 1, what="its success")


def test_clients_that_wait_can_be_unblocked_by_others(server, client):
    """What the client's end of waiting means for the flow: nothing."""
    hold = Hold(client)
    script(client, hold.setup + "GB('CommandReader').foreach(wait).register(trigger='t')")
    with server.wire() as connection:
        connection.send("CLIENT", "ID")
        number = connection.receive()[1:-2]
        connection.send("RG.TRIGGER", "t")
        hold.reached()
        # Modules' commands with no time to wait are not unblocked.
        assert client.execute_command("CLIENT", "UNBLOCK", number) == 0
        hold.open()
        assert connection.receive() == b"*1\r\n$5\r\n['t']\r\n"


# Aborting

@pytest.mark.parametrize("name", ENDLESS)
def test_what_runs_can_be_ended(client, name):
    execution = start(client, endless(name) + "\nGB('PythonReader').map(f).run(lambda: iter([1, 2]))")
    began(client)
    assert client.execute_command("RG.ABORTEXECUTION", execution) == b"OK"
    until_over(client, execution)
    assert executions(client) == {execution: (b"aborted", 0)}
    results, errors = client.execute_command("RG.GETRESULTS", execution)
    assert (results, errors) == ([], [ABORTED.encode()])
    assert client.execute_command("RG.ABORTEXECUTION", execution) == b"OK"
    assert script(client, RUN)[0] == [b"6", b"3", b"2"]


@pytest.mark.parametrize("name", ENDLESS)
def test_a_trigger_that_is_ended_answers_so(server, client, name):
    script(client, endless(name) + "\nGB('CommandReader').map(f).register(trigger='t')")
    with background(server, "RG.TRIGGER", "t") as answer:
        began(client)
        [execution] = executions(client)
        assert executions(client)[execution] == (b"running", 1)
        assert client.execute_command("RG.ABORTEXECUTION", execution) == b"OK"
        assert str(answer()) == ABORTED
    data = flows.statistics(client)
    assert (data["numAborted"], data["numFailures"], data["numSuccess"]) == (1, 0, 0)
    assert executions(client) == {}


def test_a_script_whose_run_is_ended_answers_so(server, client):
    source = endless("a loop") + "\nGB('PythonReader').map(f).run(lambda: iter([1]))"
    with background(server, "RG.PYEXECUTE", source) as answer:
        began(client)
        wait_until(lambda: executions(client), what="the execution")
        [execution] = executions(client)
        client.execute_command("RG.ABORTEXECUTION", execution)
        assert answer() == [[], [ABORTED.encode()]]


def test_what_was_ended_answers_who_waits(server, client):
    execution = start(
        client, endless("a coroutine that sleeps") + "\nGB('PythonReader').map(f).run(lambda: iter([1]))")
    began(client)
    with background(server, "RG.GETRESULTSBLOCKING", execution) as answer:
        wait_until(lambda: server.field("clients", "blocked_clients") == "1", what="one that waits")
        client.execute_command("RG.ABORTEXECUTION", execution)
        assert answer() == [[], [ABORTED.encode()]]


def test_a_flow_can_not_catch_its_end_by_accident(client):
    execution = start(client, BEGAN + """
def f(r):
    began()
    try:
        while True: pass
    except Exception:
        execute('SET', 'caught', 1)
GB('PythonReader').map(f).run(lambda: iter([1]))""")
    began(client)
    client.execute_command("RG.ABORTEXECUTION", execution)
    until_over(client, execution)
    assert script(client, "pass") == b"OK"
    assert not client.exists("caught")


def test_many_endless_steps_leave_room_for_others(client):
    """More than a session and more than a thread has; each is ended in the end."""
    source = endless("a loop of calls") + "\nGB('PythonReader').map(f).run(lambda: iter([1]))"
    started = [start(client, source) for _ in range(5)]
    began(client, 5)
    assert script(client, RUN)[0] == [b"6", b"3", b"2"]
    for execution in started:
        client.execute_command("RG.ABORTEXECUTION", execution)
    for execution in started:
        until_over(client, execution)


# In order, and not

def in_order(hold, is_in_order):
    return hold.setup + f"""
async def f(r):
    execute('RPUSH', 'began', r[1])
    if r[1] == 'first': await wait_async()
    execute('RPUSH', 'ended', r[1])
GB('CommandReader').foreach(f).register(trigger='t', inorder={is_in_order})
"""


def test_executions_run_in_order_if_that_is_asked_for(server, client):
    hold = Hold(client)
    script(client, in_order(hold, True))
    connections = [server.wire() for _ in range(8)]
    connections[0].send("RG.TRIGGER", "t", "first")
    hold.reached()
    for number, connection in enumerate(connections[1:]):
        connection.send("RG.TRIGGER", "t", number)
        # Connections are read in any order.
        wait_until(lambda number=number: len(executions(client)) == 2 + number, what="one more that waits")
    assert client.lrange("began", 0, -1) == [b"first"]
    hold.open()
    for connection in connections:
        assert connection.receive().startswith(b"*1")
        connection.close()
    order = [b"first", *(b"%d" % number for number in range(7))]
    assert client.lrange("began", 0, -1) == client.lrange("ended", 0, -1) == order


def test_executions_pass_each_other_otherwise(server, client):
    hold = Hold(client)
    script(client, in_order(hold, False))
    with background(server, "RG.TRIGGER", "t", "first"):
        hold.reached()
        trigger(client, "t", "second")
        assert client.lrange("ended", 0, -1) == [b"second"]
        hold.open()
    assert client.lrange("ended", 0, -1) == [b"second", b"first"]


def test_what_waits_for_its_turn_can_be_ended(server, client):
    hold = Hold(client)
    script(client, in_order(hold, True))
    with background(server, "RG.TRIGGER", "t", "first") as first:
        hold.reached()
        with background(server, "RG.TRIGGER", "t", "second") as second:
            wait_until(lambda: len(executions(client)) == 2, what="both")
            last = max(executions(client), key=lambda name: int(name.rpartition(b"-")[2]))
            client.execute_command("RG.ABORTEXECUTION", last)
            assert str(second()) == ABORTED
        hold.open()
        assert first() == [b"['t', 'first']"]
    assert trigger(client, "t", "third") == [b"['t', 'third']"]
    assert client.lrange("ended", 0, -1) == [b"first", b"third"]


def test_the_end_of_one_lets_the_next_one_begin(server, client):
    hold = Hold(client)
    script(client, in_order(hold, True))
    with background(server, "RG.TRIGGER", "t", "first") as first:
        hold.reached()
        with background(server, "RG.TRIGGER", "t", "second") as second:
            wait_until(lambda: len(executions(client)) == 2, what="both")
            client.execute_command("RG.ABORTEXECUTION", min(
                executions(client), key=lambda name: int(name.rpartition(b"-")[2])))
            assert str(first()) == ABORTED
            assert second() == [b"['t', 'second']"]
    hold.open()


# Unregistering what runs

@pytest.mark.parametrize("word", [[], ["ANYTHING"]])
def test_what_runs_may_finish_when_it_is_unregistered(server, client, word):
    hold = Hold(client)
    script(client, hold.setup + "GB('CommandReader').foreach(wait).register(trigger='t')")
    with background(server, "RG.TRIGGER", "t") as answer:
        hold.reached()
        client.execute_command("RG.UNREGISTER", registrations(client)[0]["id"], *word)
        assert refusal(client, "RG.TRIGGER", "t") == flows.NO_TRIGGER
        hold.open()
        assert answer() == [b"['t']"]


@pytest.mark.parametrize("name", ["a loop", "a coroutine that sleeps"])
def test_what_runs_is_ended_with_its_registration_if_asked_for(server, client, name):
    script(client, endless(name) + "\nGB('CommandReader').map(f).register(trigger='t')")
    with background(server, "RG.TRIGGER", "t") as answer:
        began(client)
        client.execute_command("RG.UNREGISTER", registrations(client)[0]["id"], "abortpending")
        assert str(answer()) == ABORTED


def test_what_waits_for_its_turn_may_finish_when_it_is_unregistered(server, client):
    hold = Hold(client)
    script(client, in_order(hold, True))
    with background(server, "RG.TRIGGER", "t", "first") as first:
        hold.reached()
        with background(server, "RG.TRIGGER", "t", "second") as second:
            wait_until(lambda: len(executions(client)) == 2, what="both")
            client.execute_command("RG.UNREGISTER", registrations(client)[0]["id"])
            hold.open()
            assert (first(), second()) == ([b"['t', 'first']"], [b"['t', 'second']"])
