"""Commands of very many words, names of any bytes and any length: what a client may say costs memory only."""

import numpy
import pytest

from support.dags import dag, run
from support.models import (
    execute, execution, floats, get_tensor, model_bytes, prepare_product, set_tensor, store)
from support.texts import INPUT_COUNT, NO_TENSOR, OUTPUT_COUNT, SHAPE_TOO_LARGE
from support.wire import OK, array, bulk, error

MANY = 200_000  # as an array on the stack of the server's thread, pointers alone would take 1.6 MB
NAMES = [b"", b"\0", b" ", b"a\r\nb", bytes(range(256)), b"LOAD", b"%s%n", b"n" * 2**20]


def test_very_many_inputs_and_outputs_are_refused_by_their_count(wire, client):
    prepare_product(client)
    keys = ["a"] * MANY
    assert wire.call(*execution("m", keys, ["y"])) == error(INPUT_COUNT)
    assert wire.call(*execution("m", ["a", "b"], keys)) == error(OUTPUT_COUNT)
    assert wire.call("AI.MODELRUN", "m", "INPUTS", *keys, "OUTPUTS", "y") == error(INPUT_COUNT)
    assert wire.call("AI.MODELRUN", "m", "INPUTS", "a", "b", "OUTPUTS", *keys) == error(OUTPUT_COUNT)
    assert len(client.execute_command("COMMAND GETKEYS", *execution("m", keys, ["y"]))) == MANY + 2


def test_very_many_dimensions_are_a_shape_like_others(wire, client):
    """In time that grows with their number and not with its square, or the client gives up."""
    ones = [1] * 1_000_000
    assert wire.call("AI.TENSORSET", "t", "INT8", *ones, "VALUES", 5) == OK
    assert wire.call("AI.TENSORGET", "t", "VALUES") == b"*1\r\n:5\r\n"
    assert client.execute_command("AI.TENSORGET", "t", "META")[3] == ones
    assert wire.call("AI.TENSORSET", "t", "INT8", *[2] * 1_000_000) == error(SHAPE_TOO_LARGE)
    # No runtime takes so many; it says so in its own words.
    store(client, "m", "identity_int8")
    assert wire.call(*execution("m", ["t"], ["y"])).startswith(b"-")
    assert wire.nothing_more_came()


def test_a_dag_may_load_and_persist_very_many(wire, client):
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    loaded = ["x"] * MANY
    assert wire.call(*dag("AI.TENSORGET x META", load=loaded)).startswith(b"*1\r\n*4\r\n")
    assert wire.call(*dag("AI.TENSORGET x META", load=[*loaded, "missing"])) == error(NO_TENSOR)
    names = [f"n{number}" for number in range(10_000)]
    sets = [f"AI.TENSORSET {name} INT8 1 VALUES {number % 100}" for number, name in enumerate(names)]
    assert wire.call(*dag(*sets, persist=names)) == array(*[OK] * len(names))
    assert client.exists(*names) == len(names)
    assert get_tensor(client, "n1234").tolist() == [34]


def test_ten_thousand_runs_make_one_dag(wire, client):
    """On one device after the other, each reading what the one before it made."""
    store(client, "m", "add_1")
    store(client, "n", "add_1", device="CPU:1")
    floats(client, "x", 0, 0)
    steps = [run("mn"[number % 2], "x", "x") for number in range(10_000)]
    for _ in range(2):
        reply = wire.call(*dag(*steps, "AI.TENSORGET x META", load=["x"], persist=["x"]))
        assert reply.startswith(b"*10001\r\n" + OK * 10_000 + b"*4\r\n")
    assert get_tensor(client, "x").tolist() == [20_000, 20_000]


def test_a_model_may_come_in_very_many_pieces(wire, client):
    pieces = [bytes([byte]) for byte in model_bytes("wide_layer")]
    assert len(pieces) > 100_000
    assert wire.call("AI.MODELSTORE", "m", "ONNX", "CPU", "BLOB", *pieces) == OK
    assert client.execute_command("AI.MODELGET", "m", "BLOB") == model_bytes("wide_layer")


@pytest.mark.parametrize("name", NAMES, ids=lambda name: repr(name[:12]))
def test_a_name_is_any_bytes(wire, client, name):
    model, source, made = name + b"m", name, name + b"y"
    client.execute_command("AI.MODELSTORE", model, "ONNX", "CPU", "TAG", name, "BLOB", model_bytes("add_1"))
    floats(client, source, 1, 2)
    for _ in range(8):
        execute(client, model, [source], [made])
        assert get_tensor(client, made).tolist() == [2, 3]
        replies = client.execute_command(
            "AI.DAGEXECUTE", "LOAD", 1, source, "PERSIST", 1, made, "|>", *execution(model, [source], [made]),
            "|>", *execution(model, [made], [made]), "|>", "AI.TENSORGET", made, "VALUES")
        assert replies == [b"OK", b"OK", [b"3", b"4"]]
    assert client.execute_command("COMMAND GETKEYS", *execution(model, [source], [made]))
    told = client.execute_command("AI.INFO", model)
    assert (told[1], told[9]) == (model, name)
    assert [model, name] in client.execute_command("AI._MODELSCAN")
    client.execute_command("AI.METRICS")
    client.execute_command("AI.STATS", model)


def test_one_name_for_two_outputs_of_a_step_is_the_last(wire, client):
    store(client, "m", "sum_difference")
    set_tensor(client, "a", "FLOAT", [[5, 7]])
    set_tensor(client, "b", "FLOAT", [[1, 2]])
    for _ in range(8):
        reply = wire.call(*dag(
            run("m", "a b", "y y"), "AI.TENSORGET y VALUES", load=["a", "b"], persist=["y"]))
        assert reply == array(OK, array(bulk("4"), bulk("5")))
        assert get_tensor(client, "y").tolist() == [[4, 5]]
        execute(client, "m", ["a", "b"], ["z", "z"])
        assert get_tensor(client, "z").tolist() == [[4, 5]]


@pytest.mark.parametrize("value", [2**53 + 1, 2**62, 9 * 10**18 - 1, 2**63 - 1])
def test_the_largest_batch_settings_are_kept_and_wait(wire, client, value):
    """Beyond all clocks and batches: a request alone waits until its TIMEOUT."""
    words = ["BATCHSIZE", value, "MINBATCHSIZE", value, "MINBATCHTIMEOUT", value]
    assert wire.call("AI.MODELSTORE", "m", "ONNX", "CPU", *words, "BLOB", model_bytes("add_1")) == OK
    meta = client.execute_command("AI.MODELGET", "m", "META")
    assert [meta[7], meta[9], meta[15]] == [value] * 3
    set_tensor(client, "x", "FLOAT", numpy.zeros([2]))
    assert wire.call(*execution("m", ["x"], ["y"], "TIMEOUT", 20)) == b"+TIMEDOUT\r\n"
    whole = ["AI.DAGEXECUTE", "LOAD", 1, "x", "TIMEOUT", 20, "|>", *run("m", "x", "y")]
    assert wire.call(*whole) == b"+TIMEDOUT\r\n"


@pytest.mark.parametrize("option", ["BATCHSIZE", "MINBATCHSIZE", "MINBATCHTIMEOUT"])
@pytest.mark.parametrize("value", [-1, -(2**63), 2**63, "1e300", "inf", "nan", ""])
def test_a_batch_setting_beyond_numbers_is_refused(wire, client, option, value):
    words = ["AI.MODELSTORE", "m", "ONNX", "CPU"]
    for name in ("BATCHSIZE", "MINBATCHSIZE", "MINBATCHTIMEOUT"):
        words += [name, value if name == option else 4]
        if name == option:
            break
    assert wire.call(*words, "BLOB", model_bytes("add_1")) == error(f"ERR Invalid argument for {option}")
    assert client.exists("m") == 0
