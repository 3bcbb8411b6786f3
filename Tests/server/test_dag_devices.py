"""DAGs over two devices: their steps overlap, and values are right under load."""

import threading

import pytest

from support.dags import dag, run
from support.models import floats, set_tensor, store
from support.servers import wait_until
from support.wire import OK, array, bulk


def calls(client, key):
    """How often the model at a key has ended a run."""
    entry = client.execute_command("AI.INFO", key)
    return dict(zip(entry[::2], entry[1::2]))[b"calls"]


def processor_seconds(server, queue):
    """What the one worker of a device has used."""
    return float(server.field("MODULES", f"ai_queue_{queue}_bthread_n1_used_cpu_total"))


def test_a_step_does_not_wait_for_an_earlier_one_of_another_device(server, client):
    """While the step that is listed first still runs, the second, on the other device, ends."""
    store(client, "slow", "spin")
    store(client, "m", "add_1", device="CPU:1")
    set_tensor(client, "count", "INT64", [1_000_000])
    floats(client, "x", 1, 2)
    with server.wire() as waiting:
        waiting.send(*dag(run("slow", "count", "total"), run("m", "x", "y"), load=["count", "x"]))
        wait_until(lambda: calls(client, "m") == 1, what="the end of the second step")
        assert calls(client, "slow") == 0, "the first step has ended first"
        assert waiting.receive() == array(OK, OK)


def test_steps_of_two_devices_overlap(server, client):
    """Both workers use the processor while neither step has ended."""
    for key, device in (("first", "CPU"), ("second", "CPU:1")):
        store(client, key, "spin", device=device)
    set_tensor(client, "count", "INT64", [1_000_000])
    before = [processor_seconds(server, queue) for queue in ("CPU", "CPU:1")]
    with server.wire() as waiting:
        waiting.send(*dag(run("first", "count", "y"), run("second", "count", "z"), load=["count"]))
        wait_until(
            lambda: all(processor_seconds(server, queue) > used + 0.01
                        for queue, used in zip(("CPU", "CPU:1"), before)), what="both at work")
        assert calls(client, "first") == calls(client, "second") == 0, "one has ended before the other began"
        assert waiting.receive() == array(OK, OK)


@pytest.mark.parametrize("budget", [0, 100], ids=["by workers", "in place"])
def test_a_diamond_gives_the_right_values_under_load(start_server, budget):
    """head -> two sides on two devices -> foot, 100 times by each of 8 clients, each with its own values."""
    server = start_server(words=["INLINE_RUN_BUDGET", budget, "THREADS_PER_QUEUE", 2])
    client = server.client()
    store(client, "head", "add_1")
    store(client, "left", "add_1", device="CPU:1")
    store(client, "right", "add_100")
    store(client, "foot", "mul_pairs", device="CPU:1")
    wrong = []

    def one_client(number):
        with server.wire() as own:
            for round_number in range(100):
                value = 1000 + 8 * round_number + number
                words = dag(
                    f"AI.TENSORSET x FLOAT 2 VALUES {value} {-value}", run("head", "x", "x"),
                    run("left", "x", "l"), run("right", "x", "r"), run("foot", "l r", "x"),
                    "AI.TENSORGET x VALUES", "AI.TENSORGET l VALUES", name="AI.DAGEXECUTE_RO")
                left, right = [[entry + amount for entry in (value, -value)] for amount in (2, 101)]
                product = [one * other for one, other in zip(left, right)]
                expected = array(
                    OK, OK, OK, OK, OK, array(*[bulk(str(entry)) for entry in product]),
                    array(*[bulk(str(entry)) for entry in left]))
                if own.call(*words) != expected:
                    wrong.append(value)

    threads = [threading.Thread(target=one_client, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert [calls(client, key) for key in ("head", "left", "right", "foot")] == [800] * 4


def test_requests_that_do_not_fit_together_stop_no_dag_over_two_devices(start_server):
    """Both models batch, and requests are of two widths, with steps in two orders: none waits for ever."""
    server = start_server(words=["INLINE_RUN_BUDGET", 0, "THREADS_PER_QUEUE", 2])
    client = server.client()
    store(client, "left", "rows_of_run", "BATCHSIZE", 6)
    store(client, "right", "rows_of_run", "BATCHSIZE", 6, device="CPU:1")
    for width in (2, 3):
        set_tensor(client, f"x{width}", "FLOAT", [[1] * width] * width)
    wrong = []

    def one_client(number):
        own, width = server.client(), 2 + number % 2
        steps = [run("left", f"x{width}", "l"), run("right", f"x{width}", "r")]
        words = dag(*steps[::1 if number < 4 else -1], "AI.TENSORGET l VALUES", "AI.TENSORGET r VALUES",
                    load=[f"x{width}"])
        for _ in range(100):
            *ran, left, right = own.execute_command(*words)
            # How many rows the run had, once for each row of the request's own.
            if ran != [b"OK"] * 2 or any(
                    len(rows) != width or len(set(rows)) != 1 or not width <= rows[0] <= 6
                    or rows[0] % width for rows in (left, right)):
                wrong.append((width, ran, left, right))

    threads = [threading.Thread(target=one_client, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert calls(client, "left") == calls(client, "right") == 800


def test_a_failure_on_one_device_leaves_the_others_result(server, client):
    """What runs when another step fails still ends, and its value can be read."""
    store(client, "slow", "spin")
    store(client, "m", "add_1", device="CPU:1")
    set_tensor(client, "count", "INT64", [300_000])
    floats(client, "long", 1, 2, 3)
    replies = client.execute_command(*dag(
        run("slow", "count", "total"), run("m", "long", "y"), run("slow", "count", "again"),
        "AI.TENSORGET total VALUES", "AI.TENSORGET y", load=["count", "long"], persist=["total"]))
    assert replies[0] == b"OK"
    assert isinstance(replies[1], Exception)
    assert replies[2:] == [b"NA", [300_000], b"NA"]
    assert client.exists("total") == 0
