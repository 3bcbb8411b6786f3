"""Outputs reach all who follow the server, though they are written out only while somebody does."""

import itertools
import threading

import pytest

from support import paths
from support.gates import Gate
from support.models import (
    PRODUCT, execute, execution, floats, get_tensor, prepare_product, set_tensor, store)
from support.queues import waiting_for
from support.replicas import caught_up, follow
from support.servers import wait_until


# Outputs are stored within the command or, late, when a worker has run it.
WORDS = {"early": [], "late": ["INLINE_RUN_BUDGET", 0]}
PAIRS = list(itertools.product(paths.SERVERS, WORDS))


@pytest.fixture(params=PAIRS, ids="-".join)
def start(request, start_server):
    """Starts a server of each version, reachable by replicas."""
    name, when = request.param

    def starting(settings=(), words=(), **options):
        # Room for all that a writer may write while a replica is away.
        settings = ["repl-backlog-size 64mb", *settings]
        return start_server(
            binary=paths.SERVERS[name], tcp=True, settings=settings, words=[*WORDS[when], *words], **options)

    return starting


class Writer:
    """A client that sets inputs and runs a model without a pause, until the end of a `with` statement."""

    def __init__(self, server):
        self.client = server.client()
        self.count = 0
        self.is_ending = False
        self.thread = threading.Thread(target=self.work)

    def work(self):
        while not self.is_ending:
            self.count += 1
            set_tensor(self.client, "a", "FLOAT", [[self.count] * 2] * 2)
            execute(self.client, "m", ["a", "b"], [f"y{self.count % 10}"])

    def __enter__(self):
        self.thread.start()
        self.wait(50)
        return self

    def wait(self, more):
        """Waits for so many runs more."""
        goal = self.count + more
        wait_until(lambda: self.count >= goal or not self.thread.is_alive(), what="the runs")
        assert self.thread.is_alive()

    def __exit__(self, *_):
        self.is_ending = True
        self.thread.join()


def outputs(server):
    client = server.client()
    return {name: get_tensor(client, name).tolist() for name in client.keys("y*")}


def assert_equal(master, replica):
    """The replica has all outputs, and has not run the model to get them."""
    caught_up(master, replica)
    assert outputs(replica) == outputs(master) != {}
    assert "ai.modelexecute" not in replica.info("commandstats").lower()


@pytest.mark.parametrize("delay", [0, 1])
def test_a_replica_that_comes_while_runs_go_on_gets_their_outputs(start, delay):
    settings = [f"repl-diskless-sync-delay {delay}", "repl-diskless-sync yes"]
    master, replica = start(settings=settings), start()
    prepare_product(master.client())
    with Writer(master) as writer:
        follow(replica, master)
        writer.wait(50)
    assert_equal(master, replica)


def test_a_second_replica_and_one_that_comes_again_get_everything(start):
    master, first, second = start(settings=["repl-backlog-ttl 1"]), start(), start()
    prepare_product(master.client())
    with Writer(master) as writer:
        follow(first, master)
        writer.wait(20)
        first.client().execute_command("REPLICAOF", "NO", "ONE")
        wait_until(
            lambda: master.field("replication", "repl_backlog_active") == "0", what="the backlog's end")
        # A snapshot of its own makes the server look anew.
        master.client().bgsave()
        writer.wait(20)
        follow(second, master)
        follow(first, master)
        writer.wait(20)
    assert_equal(master, first)
    assert_equal(master, second)


def test_a_former_replica_tells_its_followers_what_it_runs(start):
    # A master's PING behind the promotion would be in the history of one of them alone.
    old, new = (start(settings=["repl-ping-replica-period 3600"]) for _ in range(2))
    for server in (new, old):
        prepare_product(server.client())
        with Writer(server):
            pass
    follow(new, old)
    new.client().execute_command("REPLICAOF", "NO", "ONE")
    # Nobody follows yet, but from the backlog of before one may go on.
    with Writer(new):
        pass
    old.client().config_resetstat()
    follow(old, new)
    assert new.field("stats", "sync_partial_ok") == "1"
    assert_equal(new, old)


def test_an_aof_that_is_turned_on_later_has_the_outputs(start):
    server = start()
    client = server.client()
    prepare_product(client)
    with Writer(server) as writer:
        client.config_set("appendonly", "yes")
        writer.wait(50)
        server.wait_for_aof()
        writer.wait(50)
    expected = outputs(server)
    server.settings.append("appendonly yes")
    server.restart(save=False)
    assert outputs(server) == expected != {}
    assert "ai.modelexecute" not in server.info("commandstats").lower()


def test_an_aof_that_a_transaction_turns_on_behind_a_run_has_its_outputs(start):
    server = start(words=["EXECUTE_IN_TRANSACTIONS", "yes"])
    client = server.client()
    prepare_product(client)
    execute(client, "m", ["a", "b"], ["y"])
    with client.pipeline(transaction=True) as transaction:
        transaction.execute_command(*execution("m", ["a", "b"], ["y1"]))
        transaction.config_set("appendonly", "yes")
        transaction.execute_command(*execution("m", ["a", "b"], ["y2"]))
        assert transaction.execute() == [b"OK", True, b"OK"]
    server.wait_for_aof()
    expected = outputs(server)
    server.settings.append("appendonly yes")
    server.restart(save=False)
    assert outputs(server) == expected == {name: PRODUCT for name in (b"y", b"y1", b"y2")}
    assert "ai.modelexecute" not in server.info("commandstats").lower()


def test_the_outputs_of_a_client_that_has_left_are_in_the_aof(start):
    server = start(settings=["appendonly yes"])
    client = server.client()
    store(client, "add", "add_1")
    floats(client, "x", 1, 2)
    with Gate(server) as gate:
        gate.hold()
        with server.wire() as leaving:
            leaving.send(*execution("add", ["x"], ["y"]))
            wait_until(lambda: waiting_for(server) == 1, what="the request")
        wait_until(lambda: server.field("clients", "blocked_clients") == "1", what="the client's end")
        gate.open()
    wait_until(lambda: client.exists("y"), what="the output")
    server.restart(save=False)
    assert get_tensor(server.client(), "y").tolist() == [2, 3]


def test_each_output_counts_as_a_change_whether_or_not_anybody_is_told(start):
    def changes(server):
        client = server.client()
        prepare_product(client)
        for _ in range(30):
            execute(client, "m", ["a", "b"], ["y"])
        assert get_tensor(client, "y").tolist() == PRODUCT
        return int(server.field("persistence", "rdb_changes_since_last_save"))

    # Two inputs, one model, and the outputs.
    assert changes(start()) == changes(start(settings=["appendonly yes"])) == 33


def test_the_server_saves_by_itself_after_runs(start):
    server = start(settings=["save 1 10"])
    client = server.client()
    prepare_product(client)
    client.save()
    before = client.lastsave()
    for _ in range(20):
        execute(client, "m", ["a", "b"], ["y"])
    wait_until(lambda: client.lastsave() != before, what="the snapshot")
