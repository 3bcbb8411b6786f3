"""MODEL_EXECUTION_TIMEOUT: runs without end are stopped wherever they run, and the server goes on."""

from support.clients import refusal
from support.models import PRODUCT, execute, execution, get_tensor, prepare_product, set_tensor, store
from support.servers import wait_until
from support.wire import OK

TERMINATED = "Exiting due to terminate flag being set to true"
FOREVER = 10**15
WORKERS = 8


def prepare(client, product="m"):
    """Stores a model that counts one by one, what it never reaches, and what it does; and a usual model."""
    store(client, "spin", "spin")
    set_tensor(client, "forever", "INT64", [FOREVER])
    set_tensor(client, "few", "INT64", [10])
    prepare_product(client, product)


def expect_stopped(reply):
    assert reply.startswith(b"-") and TERMINATED in reply.decode(), reply


def count_to_ten(connection):
    """A run of the model that was stopped: on its worker it ends as it should."""
    assert connection.call(*execution("spin", ["few"], ["counted"])) == OK


def test_a_run_without_end_is_stopped_and_its_worker_goes_on(start_server):
    server = start_server(words=["MODEL_EXECUTION_TIMEOUT", 1000])
    client = server.client()
    prepare(client)
    for _ in range(2):
        with server.wire() as connection:
            expect_stopped(connection.call(*execution("spin", ["forever"], ["y"])))
            assert connection.nothing_more_came()
            assert client.exists("y") == 0
            count_to_ten(connection)
        assert get_tensor(client, "counted").tolist() == [10]
        execute(client, "m", ["a", "b"], ["z"])
        assert get_tensor(client, "z").tolist() == PRODUCT
    assert client.execute_command("AI.INFO", "spin")[-1] == 2


def test_runs_without_end_on_all_workers_are_stopped_and_the_server_answers_meanwhile(start_server):
    server = start_server(
        words=["THREADS_PER_QUEUE", WORKERS, "MODEL_EXECUTION_TIMEOUT", 1000, "INLINE_RUN_BUDGET", 0])
    client = server.client()
    prepare(client)
    connections = [server.wire() for _ in range(WORKERS)]
    for connection in connections:
        connection.send(*execution("spin", ["forever"], ["y"]))
    # Nobody is left to run this: it waits until one of the others is stopped.
    behind = server.wire()
    behind.send(*execution("m", ["a", "b"], ["z"]))
    for _ in range(20):
        assert client.ping()
    for connection in connections:
        expect_stopped(connection.receive())
    assert behind.receive() == OK
    behind.close()
    assert client.exists("y") == 0
    # As many at once as there are workers, again and again: none of them is out of order.
    for _ in range(20):
        for connection in connections:
            connection.send(*execution("m", ["a", "b"], ["z"]))
        assert [connection.receive() for connection in connections] == [OK] * WORKERS
    assert get_tensor(client, "z").tolist() == PRODUCT
    for connection in connections:
        count_to_ten(connection)
        connection.close()


def test_a_run_without_end_on_the_servers_own_thread_is_stopped(start_server):
    server = start_server(words=["MODEL_EXECUTION_TIMEOUT", 1000, "INLINE_RUN_BUDGET", 300_000])
    client = server.client()
    prepare(client)
    # A model that was short so far.
    for _ in range(5):
        execute(client, "spin", ["few"], ["counted"])
    assert TERMINATED in refusal(client, *execution("spin", ["forever"], ["y"]))
    assert client.exists("y") == 0
    execute(client, "spin", ["few"], ["counted"])
    execute(client, "m", ["a", "b"], ["z"])
    assert get_tensor(client, "z").tolist() == PRODUCT
    # It is not short any more: the server answers while the next one runs.
    with server.wire() as connection:
        connection.send(*execution("spin", ["forever"], ["y"]))
        wait_until(lambda: client.info("clients")["blocked_clients"] == 1, what="a run on a worker")
        expect_stopped(connection.receive())


def test_runs_on_different_devices_are_stopped(start_server):
    server = start_server(words=["MODEL_EXECUTION_TIMEOUT", 1000])
    client = server.client()
    set_tensor(client, "forever", "INT64", [FOREVER])
    devices = ["CPU", "CPU:1", "cpu:2"]
    for device in devices:
        store(client, f"spin {device}", "spin", device=device)
    connections = [server.wire() for _ in devices]
    for connection, device in zip(connections, devices):
        connection.send(*execution(f"spin {device}", ["forever"], ["y"]))
    for connection in connections:
        expect_stopped(connection.receive())
        connection.close()
