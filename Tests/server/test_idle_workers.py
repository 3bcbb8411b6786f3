"""Workers that have nothing to do sleep, and those that work do not keep the server from ending."""

import pytest

from support import paths
from support.models import execution, set_tensor, store
from support.patience import FOREVER
from support.servers import wait_until
from support.threads import status_of_threads, wakes

EACH_SERVER = pytest.mark.parametrize("binary", paths.SERVERS.values(), ids=paths.SERVERS)
TICKS = 30


@EACH_SERVER
def test_workers_without_work_never_wake(start_server, binary):
    """While the server's own thread ticks, none of theirs runs even once; 24 of them on three devices."""
    server = start_server(binary=binary, words=["THREADS_PER_QUEUE", 8], settings=["hz 100", "dynamic-hz no"])
    client = server.client()
    set_tensor(client, "count", "INT64", [1])
    for device in ("CPU", "CPU:1", "CPU:2"):
        store(client, device, "slow", "BATCHSIZE", 4, "MINBATCHSIZE", 2, "MINBATCHTIMEOUT", 10, device=device)
        for _ in range(20):
            assert client.execute_command(*execution(device, ["count"], ["y"])) == b"OK"
    main = server.process.pid

    def rested():
        """Whether all workers slept while the main thread ticked."""
        before = {number: wakes(status) for number, status in status_of_threads(server).items()}
        wait_until(lambda: wakes(status_of_threads(server)[main]) >= before[main] + TICKS, what="the ticks")
        after = status_of_threads(server)
        ours = [number for number, status in after.items() if status["Name"].startswith("ai:run/")]
        return len(ours) == 24 and all(wakes(after[number]) == before[number] for number in ours)

    # The end of the last run may still be on its way at first.
    wait_until(rested, what="the rest of all workers")


def test_one_request_at_a_time_wakes_one_worker(start_server):
    """The one that slept last, if the system has let it fall asleep before the next request comes."""
    server = start_server(words=["THREADS_PER_QUEUE", 8, "INLINE_RUN_BUDGET", 0])
    client = server.client()
    set_tensor(client, "count", "INT64", [1])
    store(client, "m", "slow")

    def workers():
        return {number: status for number, status in status_of_threads(server).items()
                if status["Name"].startswith("ai:run/")}

    def all_sleep():
        states = [each["State"] for each in workers().values()]
        return len(states) == 8 and all(state.startswith("S") for state in states)

    def one_works():
        wait_until(all_sleep, what="the sleep of all workers")
        before = workers()
        for _ in range(8):
            assert client.execute_command(*execution("m", ["count"], ["y"])) == b"OK"
            wait_until(all_sleep, what="the sleep of all workers")
        after = workers()
        return [wakes(after[number]) != wakes(before[number]) for number in after].count(True) == 1

    # As many requests as workers: another order than this would wake each of them.
    wait_until(one_works, what="eight requests for one worker")


@EACH_SERVER
@pytest.mark.parametrize("how", ["SHUTDOWN NOSAVE", "SHUTDOWN SAVE", "SIGTERM"])
def test_the_server_ends_during_a_run_that_would_take_years(start_server, binary, how):
    """On all workers, and with more that waits: none of them is waited for."""
    server = start_server(binary=binary, words=["THREADS_PER_QUEUE", 2])
    client = server.client()
    set_tensor(client, "count", "INT64", [FOREVER])
    connections = []
    for device in ("CPU", "CPU:1"):
        store(client, device, "slow", device=device)
        for _ in range(4):
            connections.append(server.wire())
            connections[-1].send(*execution(device, ["count"], ["y"]))
    wait_until(lambda: server.field("clients", "blocked_clients") == "8", what="the runs")
    server.ending = "asked"
    if how == "SIGTERM":
        server.process.terminate()
    else:
        with server.wire() as connection:
            connection.send(*how.split())
            with pytest.raises(ConnectionError):
                connection.receive()
    assert server.wait_for_end() == 0
    assert server.trouble() is None
    for connection in connections:
        connection.close()
