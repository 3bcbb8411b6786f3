"""Divisions of integers that have no result end no process.

The quotient of the lowest number and -1 is that number again, as numpy has it; the remainder is 0. A division
by zero is an error of the run, in words of the runtime if it looks for that itself.
"""

import re

import numpy
import pytest

from support import paths, tensorflow
from support.clients import refusal
from support.models import execute, execution, get_tensor, set_tensor, store
from support.servers import RedisServer, served, wait_until
from support.tflite import store_tflite

INTEGERS = {"INT32": numpy.int32, "INT64": numpy.int64}
TORCH = {
    "divide": "torch.div(a, b, rounding_mode='trunc')",
    "floor_divide": "torch.floor_divide(a, b)",
    "modulo": "torch.remainder(a, b)",
    "remainder": "torch.fmod(a, b)",
}
# What each operation makes of the operands below.
RESULTS = {
    "divide": ["lowest", 3, -3, "lowest", 0],
    "floor_divide": ["lowest", 3, -4, "lowest", -1],
    "modulo": [0, 1, 1, 0, 1],
    "remainder": [0, 1, -1, 0, -1],
}
LEFT, RIGHT = ["lowest", 7, -7, "lowest", -1], [-1, 2, 2, 1, 2]
SETTINGS = {
    "workers": ["INLINE_RUN_BUDGET", 0], "inline": ["INLINE_RUN_BUDGET", 1_000_000],
    "helpers": ["INLINE_RUN_BUDGET", 0, "INTRA_OP_PARALLELISM", 3],
}
CASES = [
    *(("ONNX", name, kind) for name in ("divide", "modulo", "remainder") for kind in INTEGERS),
    *(("TORCH", name, kind) for name in TORCH for kind in INTEGERS),
    *(("TF", name, kind) for name in RESULTS for kind in INTEGERS),
    ("TFLITE", "divide", "INT32"), ("TFLITE", "floor_divide", "INT32"),
    ("TFLITE", "modulo", "INT32"), ("TFLITE", "modulo", "INT64"),
]


# The kind of thread does not depend on the server.
PAIRS = [*((name, "workers") for name in paths.SERVERS), *(("", how) for how in SETTINGS if how != "workers")]


@pytest.fixture(scope="module", params=PAIRS, ids=lambda pair: "-".join(pair).strip("-"))
def dividing(request):
    """A server of each version, and one with runs on each kind of thread."""
    name, how = request.param
    with served(RedisServer(binary=paths.SERVERS.get(name), words=SETTINGS[how])) as server:
        yield server


def numbers(words, kind, repeats=1):
    lowest = numpy.iinfo(INTEGERS[kind]).min
    return numpy.array([lowest if word == "lowest" else word for word in words] * repeats, INTEGERS[kind])


def results(backend, name, kind, repeats=1):
    """What a runtime makes of the operands."""
    expected = numbers(RESULTS[name], kind, repeats)
    if (backend, name) == ("TFLITE", "divide"):
        # It divides otherwise, and takes the nearest number that there is.
        expected[::len(LEFT)] = numpy.iinfo(INTEGERS[kind]).max
    return expected


def prepare(client, backend, name, kind):
    """Stores what divides, alone; returns the words of its run on the tensors a and b."""
    client.flushall()
    if backend == "TORCH":
        source = (
            "def f(tensors: List[Tensor], keys: List[str], args: List[str]):\n"
            f"    a, b = tensors[0], tensors[1]\n    return {TORCH[name]}\n")
        client.execute_command("AI.SCRIPTSTORE", "m", "CPU", "ENTRY_POINTS", 1, "f", "SOURCE", source)
        return ["AI.SCRIPTEXECUTE", "m", "f", "INPUTS", 2, "a", "b", "OUTPUTS", 1, "y"]
    if backend == "ONNX":
        store(client, "m", f"{name}_{kind.lower()}")
    elif backend == "TF":
        tensorflow.store(client, "m", f"divisions_{kind.lower()}", ["a", "b"], [name])
    else:
        store_tflite(client, "m", f"{name}_{kind.lower()}")
    return execution("m", ["a", "b"], ["y"])


@pytest.mark.parametrize("backend, name, kind", CASES)
def test_a_quotient_that_is_too_large_keeps_its_low_bits(dividing, backend, name, kind):
    client = dividing.client()
    words = prepare(client, backend, name, kind)
    # Few numbers, and enough for vectors of any width and for several threads.
    for repeats in (1, 30_000):
        set_tensor(client, "a", kind, numbers(LEFT, kind, repeats))
        set_tensor(client, "b", kind, numbers(RIGHT, kind, repeats))
        expected = results(backend, name, kind, repeats)
        for _ in range(4):
            assert client.execute_command(*words) == b"OK"
            assert numpy.array_equal(get_tensor(client, "y"), expected)


@pytest.mark.parametrize("backend, name, kind", CASES)
def test_a_division_by_zero_is_an_error_of_the_run(dividing, backend, name, kind):
    client = dividing.client()
    words = prepare(client, backend, name, kind)
    for repeats in (1, 2_000):
        set_tensor(client, "a", kind, numbers([*LEFT, 5], kind, repeats))
        set_tensor(client, "b", kind, numbers([*RIGHT, 0], kind, repeats))
        assert re.search("zero|by 0|integer div", refusal(client, *words).lower())
        assert client.exists("y") == 0
    # The next run is a new one.
    set_tensor(client, "a", kind, numbers(LEFT, kind))
    set_tensor(client, "b", kind, numbers(RIGHT, kind))
    assert client.execute_command(*words) == b"OK"
    assert numpy.array_equal(get_tensor(client, "y"), results(backend, name, kind))


@pytest.mark.parametrize("binary", paths.SERVERS.values(), ids=paths.SERVERS)
def test_divisions_have_results_after_the_server_has_set_its_handlers_anew(start_server, binary):
    server = start_server(binary=binary)
    client = server.client()
    client.config_set("crash-log-enabled", "no")
    client.config_set("crash-log-enabled", "yes")
    if server.version < (7, 0):
        wait_for_housekeeping(server)
    words = prepare(client, "ONNX", "divide", "INT64")
    set_tensor(client, "a", "INT64", numbers(LEFT, "INT64"))
    set_tensor(client, "b", "INT64", numbers(RIGHT, "INT64"))
    assert client.execute_command(*words) == b"OK"
    assert numpy.array_equal(get_tensor(client, "y"), results("ONNX", "divide", "INT64"))


def wait_for_housekeeping(server):
    """Until the server's housekeeping has come by, whose clock goes on with it."""
    before = int(server.field("server", "lru_clock"))
    wait_until(lambda: int(server.field("server", "lru_clock")) >= before + 2, what="the housekeeping")
