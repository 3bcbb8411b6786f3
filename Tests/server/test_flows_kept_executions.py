"""Executions: what is told of them, flows that run others, and how long they are kept."""

import pytest
import redis

from support import flows
from support.clients import refusal
from support.flow_executions import BEGAN, RUN, began, endless, start, status, until_over
from support.flows import Hold, background, executions, pairs, script, trigger
from support.servers import wait_until

MODULE_WORDS = flows.WORDS
pytestmark = pytest.mark.usefixtures("no_flows_left")

# What is told

def test_an_execution_is_told_in_the_known_form(client):
    source = ("GB('PythonReader').filter(bool).flatmap(lambda r: [r]).limit(3).accumulate(lambda a, r: r)"
              ".localgroupby(str, lambda k, a, r: r).batchgroupby(str, lambda k, r: r)"
              ".repartition(str).foreach(print).run(lambda: iter([1, 2]), convertToStr=False)")
    execution = start(client, source)
    until_over(client, execution)
    [entry] = client.execute_command("RG.GETEXECUTION", execution, "shard")
    assert entry[:3] == [b"shard_id", b"0" * 40, b"execution_plan"]
    plan = pairs(entry[3])
    assert list(plan) == ["status", "shards_received", "shards_completed", "results", "errors",
                          "total_duration", "read_duration", "steps"]
    assert (plan["status"], plan["results"], plan["errors"]) == (b"done", 1, [])
    assert plan["total_duration"] >= plan["read_duration"] == 0
    steps = [pairs(step) for step in plan["steps"]]
    assert [list(step) for step in steps] == [["type", "duration", "name", "arg"]] * 9
    assert [step["type"] for step in steps] == [
        b"collect", b"foreach", b"repartition", b"reduce", b"accumulatebykey", b"accumulate", b"limit",
        b"flatmap", b"filter"]
    assert [step["name"] for step in steps][-4:] == [b"<lambda>", b"limit", b"<lambda>", b"bool"]


def test_an_execution_that_runs_has_no_results_yet(client):
    hold = Hold(client)
    execution = start(
        client, hold.setup + "GB('PythonReader').map(lambda r: 1 / r).foreach(wait)"
                             ".run(lambda: iter([0, 1]))")
    hold.reached()
    plan = status(client, execution)
    assert (plan["status"], plan["results"], plan["errors"]) == (b"running", -1, [])
    hold.open()
    until_over(client, execution)
    plan = status(client, execution)
    assert (plan["results"], len(plan["errors"])) == (1, 1)


def test_executions_are_those_of_this_server(client):
    execution = start(client, RUN)
    text = "no cluster detected - use `RG.GETEXECUTION <id> [SHARD]` instead"
    assert refusal(client, "RG.GETEXECUTION", execution, "CLUSTER") == text
    assert refusal(client, "RG.GETEXECUTION", execution, "else") == "unknown subcommand"
    assert refusal(client, "RG.GETEXECUTION", "none", "else") == "unknown subcommand"


# Flows that run others

def test_a_flow_can_run_others_and_wait_for_them(client):
    script(client, """
async def f(r):
    results, errors = await GB('PythonReader').map(lambda x: 6 // x).run(lambda: iter([1, 0, 3]))
    return [results, len(errors), 'division' in errors[0]]
GB('CommandReader').map(f).register(trigger='t')
""")
    assert trigger(client, "t") == [b"[['6', '2'], 1, True]"]
    assert executions(client) == {}


def test_a_flow_can_run_many_others(client):
    script(client, """
async def f(r):
    runs = [GB('PythonReader').run(lambda n=n: iter([n]), convertToStr=False) for n in range(50)]
    return sum(results[0] for results, errors in [await run for run in runs])
GB('CommandReader').map(f).register(trigger='t')
""")
    assert trigger(client, "t") == [str(sum(range(50))).encode()]


def test_what_a_flow_has_started_can_be_seen_and_ended(server, client):
    script(client, BEGAN + """
async def sleep(r):
    began()
    await asyncio.sleep(1e6)
async def f(r): return await GB('PythonReader').map(sleep).run(lambda: iter([1]))
GB('CommandReader').map(f).register(trigger='t')
""")
    with background(server, "RG.TRIGGER", "t") as answer:
        began(client)
        [inner] = [name for name, (_, registered) in executions(client).items() if not registered]
        client.execute_command("RG.ABORTEXECUTION", inner)
        assert answer() == [b"[[], ['execution aborted']]"]
    assert executions(client) == {}


# How long they are kept

def test_the_oldest_of_a_thousand_is_dropped(client):
    source = "GB('PythonReader').run(lambda: iter([1]))"
    first = start(client, source)
    until_over(client, first)
    pipeline = client.pipeline(transaction=False)
    for _ in range(999):
        pipeline.execute_command("RG.PYEXECUTE", source, "UNBLOCKING")
    pipeline.execute()
    wait_until(lambda: all(status == b"done" for status, _ in executions(client).values()), what="all ends")
    assert len(executions(client)) == 1000 and first in executions(client)
    last = start(client, source)
    until_over(client, last)
    assert len(executions(client)) == 1000
    assert first not in executions(client) and last in executions(client)
    # What was dropped makes room.
    client.execute_command("RG.DROPEXECUTION", last)
    another = start(client, source)
    until_over(client, another)
    assert len(executions(client)) == 1000


def test_results_that_are_kept_stay_whole(client):
    kept = start(client, "GB('PythonReader').run(lambda: iter(['a' * 100_000] * 30))")
    until_over(client, kept)
    for _ in range(20):
        script(client, RUN)
    assert client.execute_command("RG.GETRESULTS", kept) == [[b"a" * 100_000] * 30, []]


def test_too_many_results_end_an_execution(client):
    """A limit of bytes in all, though they come in pieces."""
    source = "GB('PythonReader').run(lambda: ('a' * 1_000_000 for _ in range(300)))"
    results, [error] = script(client, source)
    assert error == b"ERR the results have more than 268435456 bytes, which is the limit"
    assert script(client, RUN)[0] == [b"6", b"3", b"2"]


def test_a_connection_that_is_lost_is_no_hindrance(server, client):
    """Clients that wait for many flows and leave at once."""
    hold = Hold(client)
    script(client, hold.setup + "GB('CommandReader').foreach(wait_async).register(trigger='t')")
    connections = [server.wire() for _ in range(20)]
    for connection in connections:
        connection.send("RG.TRIGGER", "t")
    hold.reached(20)
    for connection in connections:
        connection.close()
    hold.open()
    wait_until(lambda: executions(client) == {}, what="the end of all")
    assert flows.statistics(client)["numSuccess"] == 20


def test_a_reply_of_results_is_never_half(server, client):
    """A client that reads nothing while much is sent to it."""
    with server.wire() as connection:
        connection.send("RG.PYEXECUTE", "GB('PythonReader').run(lambda: iter(['a' * 1_000_000] * 40))")
        server.read_all()
        assert script(client, RUN)[0] == [b"6", b"3", b"2"]
        assert connection.receive().count(b"a" * 1_000_000) == 40


def test_dropping_is_refused_while_it_runs(client):
    execution = start(
        client, endless("a loop") + "\nGB('PythonReader').map(f).run(lambda: iter([1]))")
    began(client)
    with pytest.raises(redis.ResponseError, match="can not drop a not yet finished execution"):
        client.execute_command("RG.DROPEXECUTION", execution)
