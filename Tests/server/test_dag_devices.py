"""DAGs over two devices: their steps overlap, and values are right under load."""

import threading

import pytest

from support.dags import NOT_AVAILABLE, dag, run
from support.gates import Gate
from support.models import floats, set_tensor, store
from support.servers import wait_until
from support.wire import OK, array, bulk


def calls(client, key):
    """How often the model at a key has ended a run."""
    entry = client.execute_command("AI.INFO", key)
    return dict(zip(entry[::2], entry[1::2]))[b"calls"]


def test_a_step_does_not_wait_for_an_earlier_one_of_another_device(server, client):
    """While the step that is listed first still runs, the second, on the other device, ends."""
    store(client, "m", "add_1", device="CPU:1")
    floats(client, "x", 1, 2)
    with Gate(server) as gate, server.wire() as waiting:
        waiting.send(*dag(gate.words(), run("m", "x", "y"), load=["x"]))
        wait_until(lambda: calls(client, "m") == 1, what="the end of the second step")
        gate.open()
        assert waiting.receive() == array(OK, OK)


def test_steps_of_two_devices_overlap(server):
    """Both are under way before one of them may end."""
    with Gate(server) as first, Gate(server, "CPU:1") as second, server.wire() as waiting:
        waiting.send(*dag(first.words(), second.words()))
        first.reached()
        second.reached()
        first.open()
        second.open()
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
    store(client, "m", "add_1", device="CPU:1")
    floats(client, "long", 1, 2, 3)
    with Gate(server) as gate, Gate(server, "CPU:1") as other, server.wire() as waiting:
        other.hold()
        waiting.send(*dag(
            gate.words(output="one"), run("m", "long", "y"), gate.words(output="again"),
            "AI.TENSORGET one VALUES", "AI.TENSORGET y", load=["long"], persist=["one"]))
        gate.reached()
        other.open()
        wait_until(lambda: calls(client, "m") == 1, what="the failure")
        gate.open()
        ran, failed, *rest = [part + b"\r\n" for part in waiting.receive().split(b"\r\n")[1:-1]]
    assert ran == OK and failed.startswith(b"-")
    assert rest == [NOT_AVAILABLE, b"*1\r\n", b"$1\r\n", b"1\r\n", NOT_AVAILABLE]
    assert client.exists("one") == 0
