"""Deadlines, and clients that leave while they wait: one answer each, in each server, whoever is first."""

import pytest

from support import paths
from support.builds import while_it_is_built
from support.gates import Gate
from support.models import execution, get_tensor, set_tensor, store
from support.patience import AN_HOUR, FOREVER
from support.queues import waiting_for
from support.servers import RedisServer, served, wait_until
from support.wire import OK

TIMED_OUT = b"+TIMEDOUT\r\n"
# No tick of the server's own clock comes near a deadline: it ticks once a second.
SLOW_CLOCK = ["hz 1", "dynamic-hz no"]


@pytest.fixture(scope="module", params=paths.SERVERS)
def version_server(request):
    """One server of each version, for all tests of this file."""
    with served(RedisServer(binary=paths.SERVERS[request.param], settings=SLOW_CLOCK)) as server:
        yield server


@pytest.fixture
def slow(version_server):
    """The server, emptied, with the slow model at `slow`, and its input at `count`."""
    client = version_server.client()
    client.flushall()
    store(client, "slow", "slow")
    set_tensor(client, "count", "INT64", [1])
    client.connection_pool.disconnect()
    yield version_server
    assert version_server.trouble() is None


@pytest.fixture
def gate(slow):
    """A gate that is closed until the test opens it."""
    with Gate(slow) as made:
        yield made


@pytest.fixture
def busy(gate):
    """The same with a run that waits at it: the only worker is busy."""
    gate.hold()
    return gate


def blocked(server, count):
    """Waits until so many clients wait for a run."""
    wait_until(lambda: server.field("clients", "blocked_clients") == str(count), what="the wait")


def run(key, *rest):
    return execution("slow", ["count"], [key], *rest)


def drained(server):
    """Returns when all that was queued before has been done and nobody waits."""
    with server.wire() as last:
        assert last.call(*run("last")) == OK
    blocked(server, 0)


def test_the_answer_comes_before_the_run_in_front_ends(slow, busy):
    with slow.wire() as waiting:
        assert waiting.call(*run("second", "TIMEOUT", 100)) == TIMED_OUT
        assert waiting.nothing_more_came()
    busy.open()
    drained(slow)
    assert slow.client().exists("second") == 0


def test_a_queued_run_that_is_timed_out_is_never_started(slow, busy):
    with slow.wire() as waiting:
        assert waiting.call(*run("second", "TIMEOUT", 1)) == TIMED_OUT
    busy.open()
    drained(slow)
    reply = slow.client().execute_command("AI.INFO", "slow")
    assert dict(zip(reply[::2], reply[1::2]))[b"calls"] == 1


def test_a_run_that_has_begun_is_answered_at_its_deadline_too(slow, gate):
    with slow.wire() as connection:
        connection.send(*gate.words("TIMEOUT", 100, output="late"))
        gate.reached()
        assert connection.receive() == TIMED_OUT
        gate.open()
        assert connection.nothing_more_came()
    drained(slow)
    assert slow.client().exists("late") == 0


def test_deadlines_are_answered_in_their_order(slow, busy):
    with slow.wire() as far, slow.wire() as near:
        far.send(*run("far", "TIMEOUT", AN_HOUR))
        near.send(*run("near", "TIMEOUT", 50))
        assert near.receive() == TIMED_OUT
        busy.open()
        assert far.receive() == OK
    assert slow.client().exists("near", "far") == 1


@pytest.mark.parametrize("timeout", [AN_HOUR, 2**53, 2**63 - 1])
def test_a_deadline_far_away_is_none(slow, timeout):
    with slow.wire() as connection:
        assert connection.call(*run("y", "TIMEOUT", timeout)) == OK
        assert connection.nothing_more_came()


def test_a_result_before_the_deadline_is_the_only_answer(slow):
    with slow.wire() as connection:
        for _ in range(200):
            assert connection.call(*run("y", "TIMEOUT", AN_HOUR)) == OK
        assert connection.nothing_more_came()
    drained(slow)


def test_result_and_deadline_at_once_give_one_answer(slow):
    """A run takes a fraction of a millisecond, the deadline is one: either may be first."""
    with slow.wire() as connection:
        for rounds in range(1, 200):
            set_tensor(slow.client(), "count", "INT64", [rounds % 12])
            answer = connection.call(*run("y", "TIMEOUT", 1))
            assert answer in (OK, TIMED_OUT)
            assert connection.nothing_more_came()
    drained(slow)


def test_what_is_stored_meanwhile_stays_after_the_deadline(slow, gate):
    client = slow.client()
    with slow.wire() as connection:
        connection.send(*gate.words("TIMEOUT", 100, output="y"))
        gate.reached()
        client.set("y", "text")
        assert connection.receive() == TIMED_OUT
    gate.open()
    drained(slow)
    assert client.get("y") == b"text"


@pytest.mark.parametrize("timeout", [[], ["TIMEOUT", AN_HOUR]])
def test_outputs_of_a_client_that_left_are_stored(slow, busy, timeout):
    with slow.wire() as leaving:
        leaving.send(*run("y", *timeout))
        blocked(slow, 2)
    blocked(slow, 1)
    busy.open()
    drained(slow)
    assert get_tensor(slow.client(), "y").tolist() == [1 / 256]


def test_a_client_that_left_gets_nothing_stored_after_its_deadline(slow, busy):
    with slow.wire() as leaving:
        leaving.send(*run("y", "TIMEOUT", 50))
        slow.read_all()
    wait_until(lambda: waiting_for(slow) == 0, what="the deadline")
    busy.open()
    drained(slow)
    assert slow.client().exists("y") == 0


@pytest.mark.parametrize("timeout", [[], ["TIMEOUT", AN_HOUR], ["TIMEOUT", 50]])
def test_a_client_is_killed_while_it_waits(slow, busy, timeout):
    client = slow.client()
    with slow.wire() as killed:
        number = int(killed.call("CLIENT", "ID")[1:])
        killed.send(*run("y", *timeout))
        slow.read_all()
        assert client.execute_command("CLIENT", "KILL", "ID", number) == 1
        if 50 in timeout:
            wait_until(lambda: waiting_for(slow) == 0, what="the deadline")
    busy.open()
    drained(slow)
    assert client.exists("y") == (0 if 50 in timeout else 1)


@pytest.mark.parametrize("timeout", [[], ["TIMEOUT", AN_HOUR]])
def test_unblocking_a_client_is_a_deadline(slow, busy, timeout):
    client = slow.client()
    with slow.wire() as waiting:
        number = int(waiting.call("CLIENT", "ID")[1:])
        waiting.send(*run("y", *timeout))
        blocked(slow, 2)
        assert client.execute_command("CLIENT", "UNBLOCK", number) == 1
        assert waiting.receive() == TIMED_OUT
        assert waiting.nothing_more_came()
    busy.open()
    drained(slow)
    assert client.exists("y") == 0


def test_unblocking_a_client_with_an_error_is_as_if_it_left(slow, busy):
    client = slow.client()
    with slow.wire() as waiting:
        number = int(waiting.call("CLIENT", "ID")[1:])
        waiting.send(*run("y", "TIMEOUT", AN_HOUR))
        blocked(slow, 2)
        assert client.execute_command("CLIENT", "UNBLOCK", number, "ERROR") == 1
        assert waiting.receive().startswith(b"-UNBLOCKED")
        assert waiting.nothing_more_came()
    busy.open()
    drained(slow)
    assert client.exists("y") == 1


def test_a_client_that_stores_a_model_is_not_unblocked(slow):
    client = slow.client()
    with slow.wire() as storing:
        number = int(storing.call("CLIENT", "ID")[1:])

        def unblock():
            assert client.execute_command("CLIENT", "UNBLOCK", number) == 0

        assert while_it_is_built(slow, unblock, "built", connection=storing) == OK
    assert client.exists("built") == 1


@pytest.mark.parametrize("version", paths.SERVERS)
def test_the_server_ends_while_clients_wait(start_server, version):
    server = start_server(binary=paths.SERVERS[version])
    client = server.client()
    store(client, "slow", "slow")
    set_tensor(client, "count", "INT64", [FOREVER])
    with server.wire() as busy, server.wire() as waiting:
        busy.send(*run("first", "TIMEOUT", AN_HOUR))
        waiting.send(*run("y", "TIMEOUT", AN_HOUR))
        blocked(server, 2)
        server.stop()
    assert server.trouble() is None


def test_many_that_come_and_go_leave_nothing_behind(slow):
    """Deadlines, disconnects and answers mixed; afterwards nobody waits and the memory is back."""
    def turn():
        connections = [slow.wire() for _ in range(20)]
        for index, connection in enumerate(connections):
            rest = [["TIMEOUT", 1], ["TIMEOUT", 5], ["TIMEOUT", AN_HOUR], []][index % 4]
            # A long name, so that a hold that is never let go of is seen.
            connection.send(*run(f"y{index}" + 8000 * "-", *rest))
            if index % 3 == 0:
                connection.close()
        for index, connection in enumerate(connections):
            if index % 3:
                assert connection.receive() in (OK, TIMED_OUT)
                assert connection.nothing_more_came()
                connection.close()
        drained(slow)

    for _ in range(3):
        turn()
    before = int(slow.field("memory", "used_memory"))
    for _ in range(30):
        turn()
    wait_until(
        lambda: int(slow.field("memory", "used_memory")) - before < 1_000_000, what="the memory of before")
