"""SLOWLOG, LATENCY and INFO commandstats: executions count with the time that they ran."""

import time

import numpy
import pytest

from support import paths
from support.gates import Gate
from support.large_models import SIDE, dense
from support.models import execute, execution, set_tensor, store
from support.patience import TooShort, until_long_enough
from support.queues import pairs
from support.servers import wait_until
from support.wire import OK

DELAY = 1000  # microseconds: the least that the latency monitor notes
ROUNDS = 10  # of the slow model, at first


def start(start_server, version, *words):
    """A server that notes every execution and each delay that it can, with the slow model."""
    server = start_server(
        binary=paths.SERVERS[version], words=words,
        settings=["slowlog-log-slower-than 0", "slowlog-max-len 10000000", "latency-monitor-threshold 1"])
    client = server.client()
    store(client, "slow", "slow")
    return server, client


def forget(client):
    """Empties what was noted."""
    client.slowlog_reset()
    client.execute_command("LATENCY", "RESET")


def noted(client):
    """The microseconds of each execution in SLOWLOG, by the key of its output."""
    found = {}
    for entry in client.slowlog_get(10000000):
        words = entry["command"].split()
        if words[0].upper() in (b"AI.MODELEXECUTE", b"AI.SCRIPTEXECUTE") and b"OUTPUTS" in words:
            key = words[words.index(b"OUTPUTS") + 2].decode()
            assert key not in found, "an execution was noted twice"
            found[key] = entry["duration"]
    return found


def longest_delay(client):
    """The longest delay of the server's thread by a command that LATENCY has noted, in microseconds."""
    events = client.execute_command("LATENCY", "LATEST")
    return 1000 * max([event[3] for event in events if event[0] == b"command"], default=0)


def duration(client, key):
    """The microseconds of all runs of a model."""
    return pairs(client.execute_command("AI.INFO", key))["duration"]


def run_slow(client, rounds, output):
    """Runs the slow model; returns the microseconds that it took."""
    before = duration(client, "slow")
    set_tensor(client, "count", "INT64", [rounds])
    execute(client, "slow", ["count"], [output])
    return duration(client, "slow") - before


@pytest.mark.parametrize("version", paths.SERVERS)
def test_a_queued_run_is_noted_with_its_time_not_with_its_wait(start_server, version):
    """It waits behind a gate, and is noted with no more than all the other time that it was in the server."""
    server, client = start(start_server, version)
    set_tensor(client, "count", "INT64", [1])

    def attempt(milliseconds):
        forget(client)
        with Gate(server) as gate, server.wire() as waiting:
            gate.hold()
            sent = time.monotonic()
            waiting.send(*execution("slow", ["count"], ["b"]))
            wait_until(lambda: server.field("clients", "blocked_clients") == "2", what="the wait")
            began = time.monotonic()
            time.sleep(milliseconds / 1000)
            waited = time.monotonic() - began
            gate.open()
            assert waiting.receive() == OK
            rest = time.monotonic() - sent - waited
        assert set(noted(client)) == {"b"}
        assert 0 < noted(client)["b"] <= 1_000_000 * rest
        if waited < rest:
            raise TooShort

    until_long_enough(50, attempt)


@pytest.mark.parametrize("version", paths.SERVERS)
def test_a_queued_run_is_no_delay_of_the_servers_thread(start_server, version):
    server, client = start(start_server, version)

    def attempt(rounds):
        forget(client)
        took = run_slow(client, rounds, "a")
        assert set(noted(client)) == {"a"}
        # Something else may have delayed the server, but not for as long whatever it is.
        if longest_delay(client) >= took or took < 2 * DELAY:
            raise TooShort

    until_long_enough(ROUNDS, attempt)
    # The monitor is awake.
    client.execute_command("DEBUG", "SLEEP", 0.01)
    assert longest_delay(client) >= 10_000


@pytest.mark.parametrize("version", paths.SERVERS)
def test_an_inline_run_is_noted_and_is_a_delay(start_server, version):
    server, client = start(start_server, version, "INLINE_RUN_BUDGET", 2**31 - 1)
    client.execute_command("AI.MODELSTORE", "m", "ONNX", "CPU", "BLOB", dense(16))

    def attempt(rows):
        set_tensor(client, "x", "FLOAT", numpy.ones([rows, SIDE]))
        for _ in range(4):
            execute(client, "m", ["x"], ["warm"])
        before = duration(client, "m")
        forget(client)
        execute(client, "m", ["x"], ["a"])
        took = duration(client, "m") - before
        assert set(noted(client)) == {"a"}
        if took < 2 * DELAY:
            raise TooShort
        # The monitor counts in milliseconds.
        assert longest_delay(client) > took - DELAY

    until_long_enough(16, attempt)


@pytest.mark.parametrize("version", paths.SERVERS)
def test_a_run_that_was_timed_out_is_noted_up_to_its_deadline(start_server, version):
    server, client = start(start_server, version)
    forget(client)
    with Gate(server) as gate, server.wire() as connection:
        sent = time.monotonic()
        connection.send(*gate.words("TIMEOUT", 100, output="a"))
        gate.reached()
        assert connection.receive() == b"+TIMEDOUT\r\n"
        answered = time.monotonic()
        at_the_deadline = noted(client)
        assert set(at_the_deadline) == {"a"}
        # The server adds the time in which it took the command, and the run may have begun in that.
        assert 0 < at_the_deadline["a"] <= 2 * 1_000_000 * (answered - sent)
    # Nothing is added when it ends.
    run_slow(client, 1, "b")
    after = noted(client)
    assert set(after) == {"a", "b"} and after["a"] == at_the_deadline["a"]


@pytest.mark.parametrize("version", paths.SERVERS)
def test_the_servers_statistics_count_the_time_of_runs(start_server, version):
    server, client = start(start_server, version)
    forget(client)
    run_slow(client, ROUNDS, "a")
    fields = server.field("commandstats", "cmdstat_ai.modelexecute").split(",")
    counted = dict(field.split("=") for field in fields)
    assert counted["calls"] == "1"
    assert int(counted["usec"]) >= noted(client)["a"] > 0
