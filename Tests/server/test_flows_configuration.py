"""RG.CONFIGGET and RG.CONFIGSET, and what flows see of them."""

import contextlib

import pytest
import redis

from support.flow_servers import register, started, trigger
from support.flows import background


@pytest.fixture(scope="module")
def server():
    with started() as running:
        yield running


@pytest.fixture
def client(server):
    return server.client()


def test_values_are_numbers_or_unknown(client):
    numbers = {"MaxExecutions": 1000, "MaxExecutionsPerRegistration": 100, "ProfileExecutions": 0,
               "ExecutionMaxIdleTime": 5000, "PythonAttemptTraceback": 1, "ExecutionThreads": 3}
    assert client.execute_command("RG.CONFIGGET", *numbers) == list(numbers.values())
    found, unknown = client.execute_command("RG.CONFIGGET", "MaxExecutions", "maxexecutions")
    assert found == 1000 and str(unknown) == "(error) Unsupported config parameter: maxexecutions"


def test_changes_are_told_one_by_one(client):
    answers = client.execute_command(
        "RG.CONFIGSET", "executionmaxidletime", 6000, "ExecutionThreads", 4, "MaxExecutions", "x", "mine",
        "v", "last")
    assert answers[0] == b"OK" and answers[3] == b"OK - value was saved in extra config dictionary"
    assert [str(answers[index]) for index in (1, 2, 4)] == [
        "(error) Config value ExecutionThreads not modifiable at runtime",
        "(error) Failed setting config value MaxExecutions", "(error) Value was not given to last"]
    assert client.execute_command("RG.CONFIGGET", "ExecutionMaxIdleTime", "mine") == [6000, b"v"]


def test_flows_read_them(server, client):
    register(server, "GB('CommandReader').map(lambda w: str([configGet(w[1]), gearsConfigGet('no', 'x')]))"
             ".register(trigger='get')")
    client.execute_command("RG.CONFIGSET", "for-flows", "value")
    assert trigger(server, "get", "for-flows") == [b"['value', 'x']"]
    assert trigger(server, "get", "MaxExecutions") == [b"['1000', 'x']"]


def test_errors_may_come_without_a_traceback(server, client):
    register(server, "GB('CommandReader').map(lambda w: 1 / 0).register(trigger='fail')")
    with pytest.raises(redis.ResponseError, match="Traceback"):
        trigger(server, "fail")
    client.execute_command("RG.CONFIGSET", "PythonAttemptTraceback", 0)
    with pytest.raises(redis.ResponseError, match="^Error type: <class 'ZeroDivisionError'>"):
        trigger(server, "fail")
    client.execute_command("RG.CONFIGSET", "PythonAttemptTraceback", 1)


def test_fewer_executions_are_kept(server, client):
    client.execute_command("RG.CONFIGSET", "MaxExecutions", 2)
    for _ in range(4):
        name = client.execute_command("RG.PYEXECUTE", "GB('ShardsIDReader').run()", "UNBLOCKING")
        client.execute_command("RG.GETRESULTSBLOCKING", name)
    assert len(client.execute_command("RG.DUMPEXECUTIONS")) == 2
    client.execute_command("RG.CONFIGSET", "MaxExecutions", 1000)


# Five executions, of which none goes on before all have begun.
TOGETHER = """
count = 0
def f(words):
    global count
    count += 1
    while count < 5:
        execute('PING')
    return str(count)
GB('CommandReader').map(f).register(trigger='together')
"""


def test_executions_that_wait_for_the_server_are_not_counted(server):
    register(server, TOGETHER)
    with contextlib.ExitStack() as stack:
        answers = [stack.enter_context(background(server, "RG.TRIGGER", "together")) for _ in range(5)]
        assert [answer() for answer in answers] == [[b"5"]] * 5
