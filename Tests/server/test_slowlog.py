"""SLOWLOG, LATENCY and INFO commandstats: executions count with the time that they ran."""

import pytest

from support import paths
from support.models import execute, execution, set_tensor, store
from support.servers import wait_until
from support.wire import OK

LONG = 3000  # rounds of the slow model that take about a second
SHORT = 300
SERVERS = {"6.2": paths.SERVER_62, "7.0": paths.SERVER, "8": paths.SERVER_8}


def start(start_server, version, *words):
    """A server that notes every execution above 10 ms, with the slow model and two inputs."""
    server = start_server(
        binary=SERVERS[version], words=words,
        settings=["slowlog-log-slower-than 10000", "slowlog-max-len 1000", "latency-monitor-threshold 200"])
    client = server.client()
    store(client, "slow", "slow")
    set_tensor(client, "long", "INT64", [LONG])
    set_tensor(client, "short", "INT64", [SHORT])
    client.slowlog_reset()
    client.execute_command("LATENCY", "RESET")
    return server, client


def noted(client):
    """The microseconds of each execution in SLOWLOG, by the key of its output."""
    found = {}
    for entry in client.slowlog_get(1000):
        words = entry["command"].split()
        if words[0].upper() == b"AI.MODELEXECUTE":
            assert words[7] not in found, "an execution was noted twice"
            found[words[7].decode()] = entry["duration"]
    return found


def delays(client):
    """What LATENCY noted as a delay of the server's thread by commands."""
    return [event[0] for event in client.execute_command("LATENCY", "LATEST") if b"command" in event[0]]


@pytest.mark.parametrize("version", SERVERS)
def test_a_queued_run_is_noted_with_its_time_not_with_its_wait(start_server, version):
    server, client = start(start_server, version)
    with server.wire() as first, server.wire() as second:
        first.send(*execution("slow", ["long"], ["a"]))
        wait_until(lambda: server.field("clients", "blocked_clients") == "1", what="the run")
        # Waits behind the long one for most of a second.
        second.send(*execution("slow", ["short"], ["b"]))
        assert first.receive() == second.receive() == OK
    microseconds = noted(client)
    assert set(microseconds) == {"a", "b"}
    assert microseconds["b"] < microseconds["a"] / 2


@pytest.mark.parametrize("version", SERVERS)
def test_a_queued_run_is_no_delay_of_the_servers_thread(start_server, version):
    server, client = start(start_server, version)
    execute(client, "slow", ["long"], ["a"])
    assert set(noted(client)) == {"a"}
    assert delays(client) == []
    # The monitor is awake.
    client.execute_command("DEBUG", "SLEEP", 0.3)
    assert delays(client) == [b"command"]


@pytest.mark.parametrize("version", SERVERS)
def test_an_inline_run_is_noted_and_is_a_delay(start_server, version):
    server, client = start(start_server, version, "INLINE_RUN_BUDGET", 60_000_000)
    for _ in range(3):
        execute(client, "slow", ["short"], ["warm"])
    client.slowlog_reset()
    client.execute_command("LATENCY", "RESET")
    execute(client, "slow", ["long"], ["a"])
    assert set(noted(client)) == {"a"}
    assert delays(client) == [b"command"]


@pytest.mark.parametrize("version", SERVERS)
def test_a_run_that_was_timed_out_is_noted_up_to_its_deadline(start_server, version):
    server, client = start(start_server, version)
    assert client.execute_command(*execution("slow", ["long"], ["a"], "TIMEOUT", 100)) == b"TIMEDOUT"
    execute(client, "slow", ["long"], ["b"])
    microseconds = noted(client)
    assert set(microseconds) == {"a", "b"}
    assert microseconds["a"] < microseconds["b"]


@pytest.mark.parametrize("version", SERVERS)
def test_the_servers_statistics_count_the_time_of_runs(start_server, version):
    server, client = start(start_server, version)
    execute(client, "slow", ["long"], ["a"])
    fields = server.field("commandstats", "cmdstat_ai.modelexecute").split(",")
    counted = dict(field.split("=") for field in fields)
    assert counted["calls"] == "1"
    assert int(counted["usec"]) >= noted(client)["a"] > 0
