"""Small models that would end the server or never end: refused when stored, kept when loaded."""

import pytest

from support import paths, rdb
from support.clients import refusal
from support.models import execution, floats, model_bytes, set_tensor, store

ONNX = sorted(path.stem for path in (paths.MODELS / "bombs").glob("*.onnx"))
TORCH = sorted(path.stem for path in (paths.MODELS / "torch" / "bombs").glob("*.pt"))
HARMLESS = sorted(path.stem for path in (paths.MODELS / "bombs" / "harmless").glob("*.onnx"))


def bomb(name):
    return model_bytes(f"bombs/{name}.onnx")


@pytest.mark.parametrize("name", ONNX)
def test_an_onnx_bomb_is_refused(client, name):
    text = refusal(client, "AI.MODELSTORE", "m", "ONNX", "CPU", "BLOB", bomb(name))
    assert text.startswith("ERR ") and any(word in text for word in ("no valid", "function", "not allowed"))
    assert client.exists("m") == 0


@pytest.mark.parametrize("name", HARMLESS)
def test_its_harmless_neighbour_is_not(client, name):
    store(client, "m", f"bombs/harmless/{name}.onnx")
    set_tensor(client, "x", "FLOAT", [[1, 2], [3, 4]])
    assert client.execute_command(*execution("m", ["x"], ["y"])) == b"OK"


def test_a_bomb_in_an_rdb_payload_fails_and_stays_readable(client):
    client.restore("m", 0, rdb.payload(rdb.MODEL, 4, rdb.model_fields(bomb("doubling"), ["x"], ["y"])))
    floats(client, "x", 1, 2)
    assert "function" in refusal(client, *execution("m", ["x"], ["y"]))
    assert client.execute_command("AI.MODELGET", "m", "BLOB") == bomb("doubling")


TORCH_WORDS = {
    "long_text": "ERR a value of the model is longer than its data",
    "long_number": "ERR a value of the model is longer than its data",
    "cut_in_a_length": "ERR a value of the model is longer than its data",
    "far_place": "ERR values of the model are kept where no values can be",
    "far_place_often": "ERR values of the model are kept where no values can be",
    "unknown_code": "ERR values of the model are written in an unknown way",
}


def test_each_lie_of_an_archive_is_tried_in_both_records():
    assert TORCH == sorted(f"{name}_in_{record}" for name in TORCH_WORDS for record in ("data", "constants"))


@pytest.mark.parametrize("name", TORCH)
def test_an_archive_whose_values_lie_about_lengths_is_refused(client, name):
    blob = model_bytes(f"torch/bombs/{name}.pt")
    text = refusal(client, "AI.MODELSTORE", "m", "TORCH", "CPU", "BLOB", blob)
    assert text == TORCH_WORDS[name.rpartition("_in_")[0]]
    assert client.exists("m") == 0
