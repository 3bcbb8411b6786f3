"""MODEL_EXECUTION_TIMEOUT: runs without end are stopped wherever they run, and the server goes on."""

from support.clients import refusal
from support.models import PRODUCT, execute, execution, get_tensor, prepare_product, set_tensor, store
from support.patience import FOREVER, LOST, runs_may_be_stopped, text_of_stop
from support.queues import queue
from support.servers import wait_until
from support.wire import OK

TERMINATED = "Exiting due to terminate flag being set to true"
WORKERS = 8
FOREVER_RUN = execution("spin", ["forever"], ["y"])


def prepare(client, product="m"):
    """Stores a model that counts one by one, what it never reaches, and what it does; and a usual model."""
    store(client, "spin", "spin")
    set_tensor(client, "forever", "INT64", [FOREVER])
    set_tensor(client, "few", "INT64", [10])
    prepare_product(client, product)


def expect_stopped(client, connection):
    """A run without end, whose command was sent on the connection, is stopped; how often it had to be run."""
    replies = []

    def run():
        replies.append(connection.call(*FOREVER_RUN) if replies else connection.receive())
        return replies[-1].decode()

    text = text_of_stop(client, run)
    assert text.startswith("-") and TERMINATED in text
    return len(replies)


def count_to_ten(connection):
    """A run of the model that was stopped: on its worker it ends as it should."""
    assert connection.call(*execution("spin", ["few"], ["counted"])) == OK


def test_a_run_without_end_is_stopped_and_its_worker_goes_on(start_server):
    server = start_server()
    client = server.client()
    prepare(client)
    runs = 0
    for _ in range(2):
        with server.wire() as connection:
            connection.send(*FOREVER_RUN)
            runs += expect_stopped(client, connection)
            assert connection.nothing_more_came()
            assert client.exists("y") == 0
            count_to_ten(connection)
        assert get_tensor(client, "counted").tolist() == [10]
        execute(client, "m", ["a", "b"], ["z"])
        assert get_tensor(client, "z").tolist() == PRODUCT
    assert client.execute_command("AI.INFO", "spin")[-1] == runs


def test_runs_without_end_on_all_workers_are_stopped_and_the_server_answers_meanwhile(start_server):
    server = start_server(words=["THREADS_PER_QUEUE", WORKERS, "INLINE_RUN_BUDGET", 0])
    client = server.client()
    prepare(client)
    connections = [server.wire() for _ in range(WORKERS)]
    for connection in connections:
        connection.send(*FOREVER_RUN)
    # Nobody is left to run this: it waits until one of the others is stopped.
    behind = server.wire()
    behind.send(*execution("m", ["a", "b"], ["z"]))
    for _ in range(20):
        assert client.ping()
    wait_until(lambda: queue(server)["waiting"] == 1, what="the wait for a worker")
    with runs_may_be_stopped(client):
        replies = [connection.receive().decode() for connection in connections]
        assert all(TERMINATED in reply or LOST in reply for reply in replies)
    # It had the limit too, and is not in time if the machine was busy with something else for as long.
    reply = behind.receive()
    assert reply == OK or TERMINATED in reply.decode() or LOST in reply.decode()
    behind.close()
    wait_until(lambda: queue(server)["stuck_runs"] == 0, what="the end of those that were stopped late")
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


def test_a_run_without_end_does_not_hold_up_the_server_however_short_the_model_was(start_server):
    server = start_server(words=["INLINE_RUN_BUDGET", 2**31 - 1])
    client = server.client()
    prepare(client)
    for _ in range(5):
        execute(client, "spin", ["few"], ["counted"])
    with server.wire() as connection:
        connection.send(*FOREVER_RUN)
        wait_until(lambda: client.info("clients")["blocked_clients"] == 1, what="a run on a worker")
        expect_stopped(client, connection)
    assert client.exists("y") == 0
    execute(client, "spin", ["few"], ["counted"])
    execute(client, "m", ["a", "b"], ["z"])
    assert get_tensor(client, "z").tolist() == PRODUCT


def test_runs_on_different_devices_are_stopped(start_server):
    server = start_server()
    client = server.client()
    set_tensor(client, "forever", "INT64", [FOREVER])
    devices = ["CPU", "CPU:1", "cpu:2"]
    for device in devices:
        store(client, f"spin {device}", "spin", device=device)
    connections = [server.wire() for _ in devices]
    for connection, device in zip(connections, devices):
        connection.send(*execution(f"spin {device}", ["forever"], ["y"]))
    with runs_may_be_stopped(client):
        replies = [connection.receive().decode() for connection in connections]
    assert all(TERMINATED in reply or LOST in reply for reply in replies)
    for connection, device in zip(connections, devices):
        words = execution(f"spin {device}", ["forever"], ["y"])
        assert TERMINATED in text_of_stop(client, lambda: refusal(client, *words))
        connection.close()
