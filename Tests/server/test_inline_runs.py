"""INLINE_RUN_BUDGET: what runs on the server's own thread, and what never does."""

import numpy
import pytest
from onnx import TensorProto, helper
from onnx_generators.building import constant, model, tensor, value

from support import paths, tensorflow, tflite, torch
from support.clients import refusal
from support.large_models import store_products
from support.models import execute, execution, get_tensor, set_tensor, store
from support.servers import wait_until

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64
# Long enough for any run, however busy the machine is.
NO_LIMIT = 2**31 - 1
RUNS = 8


@pytest.fixture
def unlimited(start_server):
    return start_server(words=["INLINE_RUN_BUDGET", NO_LIMIT])


def counts(client, key):
    """Runs on the server's thread, and runs on workers."""
    reply = client.execute_command("AI.STATS", key)
    fields = dict(zip(reply[::2], reply[1::2]))
    return fields[b"inline_calls"], fields[b"queued_calls"]


def inline_calls(client, key, inputs, outputs=("y",)):
    for _ in range(RUNS):
        client.execute_command(*execution(key, inputs, list(outputs)))
    return counts(client, key)[0]


def store_made(client, key, nodes, weights=(), inputs=("x", "n"), **options):
    """Stores an ONNX model with inputs `x`, FLOAT [4], and `n`, INT64 [1], as far as they are named."""
    kinds = {"x": value("x", FLOAT, [4]), "n": value("n", INT64, [1])}
    made = model(
        nodes, [kinds[name] for name in inputs], [value("y", options.pop("gives", FLOAT), None)], weights,
        **options)
    reply = client.execute_command("AI.MODELSTORE", key, "ONNX", "CPU", "BLOB", made.SerializeToString())
    assert reply == b"OK"
    set_tensor(client, "x", "FLOAT", [1, 2, 3, 4])
    set_tensor(client, "n", "INT64", [4])


def node(operator, *inputs, gives="y", **attributes):
    return helper.make_node(operator, list(inputs), [gives], **attributes)


def loop():
    """y = x + 1 + ... as often as n says."""
    body = helper.make_graph(
        [helper.make_node("Identity", ["goes_on"], ["goes_on_then"]),
         helper.make_node("Add", ["before", "one"], ["after"])],
        "body",
        [value("number", INT64, []), value("goes_on", TensorProto.BOOL, []), value("before", FLOAT, [4])],
        [value("goes_on_then", TensorProto.BOOL, []), value("after", FLOAT, [4])])
    return [
        constant("one", numpy.ones(1, numpy.float32)), constant("true", numpy.array(True)),
        node("Squeeze", "n", gives="count"), node("Loop", "count", "true", "x", body=body)]


def branch(condition):
    """y = x or -x."""
    same = helper.make_graph([node("Identity", "x", gives="a")], "same", [], [value("a", FLOAT, [4])])
    other = helper.make_graph([node("Neg", "x", gives="b")], "other", [], [value("b", FLOAT, [4])])
    return [*condition, node("If", "condition", then_branch=same, else_branch=other)]


SCALAR = [node("Squeeze", "n", gives="scalar")]
ZERO, ONE = (constant(name, numpy.array(number, numpy.int64)) for name, number in (("zero", 0), ("one", 1)))
BY_VALUES = {
    "Expand": [node("Expand", "x", "n")],
    "Expand by a sum": [node("Add", "n", "n", gives="twice"), node("Sub", "twice", "n", gives="once"),
                        node("Expand", "x", "once")],
    "Range": [*SCALAR, ZERO, ONE, node("Range", "zero", "scalar", "one", gives="numbers"),
              node("Cast", "numbers", to=FLOAT)],
    "Tile": [node("Tile", "x", "n")],
    "ConstantOfShape": [node("ConstantOfShape", "n")],
    "Resize": [node("Resize", "x", "", "", "n")],
    "NonZero": [node("NonZero", "x", gives="places"), node("Cast", "places", to=FLOAT)],
    "Reshape": [node("Reshape", "x", "n")],
    "TopK": [helper.make_node("TopK", ["x", "n"], ["y", "places"])],
    "Compress": [node("Cast", "x", gives="mask", to=TensorProto.BOOL), node("Compress", "x", "mask")],
    "Unique": [node("Unique", "x")],
    "Loop": loop(),
    "If": branch([node("Cast", "n", gives="condition", to=TensorProto.BOOL)]),
    "random": [node("RandomUniformLike", "x")],
    "shape of what values decide": [
        node("Tile", "x", "n", gives="tiled"), node("Shape", "tiled", gives="shape"),
        node("ConstantOfShape", "shape")],
}
BY_SHAPES = {
    "sums": [node("Add", "x", "x")],
    "Expand by a weight": [constant("shape", numpy.array([2, 4])), node("Expand", "x", "shape")],
    "Reshape by a shape": [node("Shape", "x", gives="shape"), node("Reshape", "x", "shape")],
    "Range of a size": [node("Size", "x", gives="size"), ZERO, ONE,
                        node("Range", "zero", "size", "one", gives="numbers"),
                        node("Cast", "numbers", to=FLOAT)],
    "If by a weight": branch([constant("condition", numpy.array(True))]),
}


@pytest.mark.parametrize("nodes", BY_VALUES.values(), ids=BY_VALUES)
def test_a_model_whose_work_its_inputs_values_decide_never_runs_inline(unlimited, nodes):
    client = unlimited.client()
    text = repr(nodes)
    inputs = [name for name in ("x", "n") if f'"{name}"' in text]
    store_made(client, "m", nodes, inputs=inputs)
    assert inline_calls(client, "m", inputs) == 0


@pytest.mark.parametrize("nodes", BY_SHAPES.values(), ids=BY_SHAPES)
def test_a_model_whose_work_shapes_decide_runs_inline(unlimited, nodes):
    client = unlimited.client()
    store_made(client, "m", nodes, inputs=["x"])
    assert inline_calls(client, "m", ["x"]) == RUNS - 3


def test_a_model_with_functions_of_its_own_never_runs_inline(unlimited):
    client = unlimited.client()
    function = helper.make_function(
        "own", "Same", ["a"], ["b"], [helper.make_node("Identity", ["a"], ["b"])],
        [helper.make_opsetid("", 17)])
    same = helper.make_node("Same", ["x"], ["y"], domain="own")
    store_made(client, "m", [same], inputs=["x"], domains=[("own", 1)], functions=[function])
    assert inline_calls(client, "m", ["x"]) == 0


def test_weights_that_are_inputs_too_are_weights(unlimited):
    client = unlimited.client()
    store_made(
        client, "m", [node("Expand", "x", "shape")], [tensor("shape", numpy.array([2, 4]))], inputs=["x"])
    assert inline_calls(client, "m", ["x"]) == RUNS - 3


@pytest.mark.parametrize("name, ends, inputs, inline", [
    ("mul", (["a", "b"], ["c"]), ["a", "a"], RUNS - 3), ("count", (["count"], ["total"]), ["n"], 0),
    ("count_in_frames", (["count"], ["total"]), ["n"], 0), ("rows_filter", (["x"], ["y"]), ["x"], 0)])
def test_graphs_of_tensorflow(unlimited, name, ends, inputs, inline):
    client = unlimited.client()
    tensorflow.store(client, "m", name, *ends)
    set_tensor(client, "a", "FLOAT", [[1, 2], [3, 4]])
    set_tensor(client, "x", "FLOAT", [1, 2, 3, 4])
    set_tensor(client, "n", "INT64", [4])
    assert inline_calls(client, "m", inputs) == inline


@pytest.mark.parametrize("name, inputs, inline", [("mul_2x2", ["a", "a"], RUNS - 3), ("count", ["n"], 0)])
def test_models_of_tflite(unlimited, name, inputs, inline):
    client = unlimited.client()
    tflite.store_tflite(client, "m", name)
    set_tensor(client, "a", "FLOAT", [[1, 2], [3, 4]])
    set_tensor(client, "n", "INT64", [4])
    assert inline_calls(client, "m", inputs) == inline


@pytest.mark.parametrize("name, inputs, inline", [
    ("mul_2x2", ["a", "a"], RUNS - 3), ("by_shapes_layers", ["a"], RUNS - 3),
    ("by_shapes_item", ["x"], RUNS - 3), ("by_values_item", ["x"], 0), ("by_values_loop", ["x"], 0),
    ("by_values_nonzero", ["x"], 0), ("by_values_masked_select", ["x"], 0),
    ("by_values_repeat_interleave", ["x"], 0), ("counts_runs", ["x"], 0)])
def test_modules_of_torch(unlimited, name, inputs, inline):
    client = unlimited.client()
    torch.store_torch(client, "m", name)
    set_tensor(client, "a", "FLOAT", numpy.ones([2, 4]))
    set_tensor(client, "x", "FLOAT", [1, 2, 3, 4])
    assert inline_calls(client, "m", inputs) == inline


def test_another_type_than_those_so_far_is_queued(unlimited):
    """Modules of TorchScript take any, and may take far longer for one than for the other."""
    client = unlimited.client()
    torch.store_torch(client, "m", "mul_2x2")
    set_tensor(client, "real", "FLOAT", [[1, 2], [3, 4]])
    set_tensor(client, "whole", "INT64", [[1, 2], [3, 4]])
    assert inline_calls(client, "m", ["real", "real"]) == RUNS - 3
    execute(client, "m", ["whole", "whole"], ["y"])
    assert counts(client, "m") == (RUNS - 3, 4)


def test_runs_of_torch_on_the_servers_thread_leave_it_as_it_was(start_server):
    """It forks, fails a run, serves scripts and transactions, and ends as if nothing had been."""
    server = start_server(words=["INLINE_RUN_BUDGET", NO_LIMIT, "EXECUTE_IN_TRANSACTIONS", "yes"])
    client = server.client()
    torch.store_torch(client, "m", "linear")
    set_tensor(client, "x", "FLOAT", [[1, 1, 1]])
    set_tensor(client, "wrong", "FLOAT", [[1, 1]])
    assert inline_calls(client, "m", ["x"]) == RUNS - 3
    for _ in range(2):
        client.bgsave()
        wait_until(lambda: server.field("persistence", "rdb_bgsave_in_progress") == "0", what="the child")
        assert server.field("persistence", "rdb_last_bgsave_status") == "ok"
        assert "mat1 and mat2" in refusal(client, *execution("m", ["wrong"], ["y"]))
        with client.pipeline(transaction=True) as transaction:
            transaction.execute_command(*execution("m", ["x"], ["y"]))
            assert transaction.execute() == [b"OK"]
        execute(client, "m", ["x"], ["y"])
        numpy.testing.assert_allclose(get_tensor(client, "y"), [[3.5, 11.5]])
    server.stop()
    assert server.process.returncode == 0


def test_larger_inputs_than_those_so_far_are_queued(unlimited):
    client = unlimited.client()
    store(client, "m", "identity_float")
    set_tensor(client, "few", "FLOAT", numpy.zeros(4))
    set_tensor(client, "many", "FLOAT", numpy.zeros(1 << 16))
    assert inline_calls(client, "m", ["few"]) == RUNS - 3
    execute(client, "m", ["many"], ["y"])
    assert counts(client, "m") == (RUNS - 3, 4)
    execute(client, "m", ["few"], ["y"])
    assert counts(client, "m") == (RUNS - 2, 4)


def median_microseconds(start_server, binary):
    client = start_server(binary=binary, words=["INLINE_RUN_BUDGET", 0]).client()
    store_products(client, "m", 8)
    for _ in range(30):
        execute(client, "m", ["x"], ["y"])
    reply = client.execute_command("AI.STATS", "m")
    times = dict(zip(reply[::2], reply[1::2]))[b"run_us"]
    return float(dict(zip(times[::2], times[1::2]))[b"p50"])


@pytest.mark.parametrize("version", paths.SERVERS)
def test_each_turn_of_the_event_loop_has_a_budget_of_its_own(start_server, version):
    """Without the end of turns, a budget of a few runs would soon be used up for ever."""
    budget = 10 * round(median_microseconds(start_server, paths.SERVERS[version]))
    client = start_server(binary=paths.SERVERS[version], words=["INLINE_RUN_BUDGET", budget]).client()
    store_products(client, "m", 8)
    for _ in range(5000):
        execute(client, "m", ["x"], ["y"])
        if counts(client, "m")[0] >= 100:
            break
    else:
        pytest.fail("the budget was used up")
