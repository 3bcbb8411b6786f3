"""ONNX models with damaged bytes: refused, or run, but never a harm to the server."""

import random

import pytest

from support.clients import refusal
from support.models import execution, floats, model_bytes, set_tensor
from support.patience import runs_may_be_stopped


def stored(client, blob):
    """The error text of storing these bytes as the model `m`, or None."""
    return refusal(client, "AI.MODELSTORE", "m", "ONNX", "CPU", "BLOB", blob)


@pytest.mark.parametrize(
    "blob",
    [b"", b"\0", b"x", b"garbage that is no protobuf", b"\xff" * 1000, b"\0" * 1000, b"\x80" * 1000,
     b"\x08\x07", b"\x3a\x00", b"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", b"PK\x03\x04" + bytes(100)])
def test_bytes_that_are_no_model_are_refused_in_one_line(client, wire, blob):
    reply = wire.call("AI.MODELSTORE", "m", "ONNX", "CPU", "BLOB", blob)
    assert reply.startswith(b"-") and reply.count(b"\n") == 1
    assert wire.nothing_more_came()
    assert client.exists("m") == 0


def test_an_empty_model_has_no_graph(client):
    assert stored(client, b"") == "No graph was found in the protobuf."


def test_a_model_cut_anywhere_never_harms_the_server(client):
    whole = model_bytes("mul_2x2")
    for size in range(len(whole)):
        stored(client, whole[:size])
    assert stored(client, whole) is None


def mutated(whole, source):
    """The bytes with one to four of them changed, removed or doubled."""
    damaged = bytearray(whole)
    for _ in range(source.randint(1, 4)):
        place = source.randrange(len(damaged))
        action = source.randrange(3)
        if action == 0:
            damaged[place] = source.randrange(256)
        elif action == 1:
            del damaged[place]
        else:
            damaged[place:place] = damaged[place:place + source.randint(1, 8)]
    return bytes(damaged)


INPUTS = {
    "mul_2x2": ["a", "a"],
    "scalar_double": ["scalar"],
    "rows_filter": ["a"],
    "string_concat": ["words", "words"],
    "zipmap_classifier": ["a"],
    "opset_9": ["pair"],
}


@pytest.mark.parametrize("name", sorted(INPUTS))
def test_a_damaged_model_is_refused_or_runs_but_never_harms_the_server(client, server, name):
    set_tensor(client, "a", "FLOAT", [[1, 2], [3, 4]])
    floats(client, "pair", 1, 2)
    client.execute_command("AI.TENSORSET", "scalar", "FLOAT", "VALUES", 1)
    client.execute_command("AI.TENSORSET", "words", "STRING", 2)
    whole = model_bytes(name)
    source = random.Random(name)
    with runs_may_be_stopped(client):
        for number in range(300):
            damaged = mutated(whole, source)
            try:
                if stored(client, damaged) is None:
                    run_whatever_it_takes(client, INPUTS[name])
            except OSError:
                pytest.fail(f"the server ended on damage number {number}: {damaged.hex()}")
    assert server.alive()


def run_whatever_it_takes(client, inputs):
    """Runs a damaged model with as many inputs and outputs as it says it has."""
    reply = client.execute_command("AI.MODELGET", "m", "META")
    taken, given = reply[11], reply[13]
    words = [inputs[index % len(inputs)] for index in range(len(taken))]
    outputs = [f"out{index}" for index in range(len(given))]
    refusal(client, *execution("m", words, outputs))
    for key in outputs:
        refusal(client, "AI.TENSORGET", key)
        client.delete(key)


@pytest.mark.parametrize("seed", range(3))
def test_random_bytes_are_refused(client, seed):
    source = random.Random(seed)
    for _ in range(100):
        assert stored(client, source.randbytes(source.randint(1, 400))) is not None
