"""Small models that would end the server or never end: refused when stored, kept when loaded."""

import pytest

from support import paths, rdb
from support.clients import refusal
from support.models import execution, floats, model_bytes, set_tensor, store

ONNX = sorted(path.stem for path in (paths.MODELS / "bombs").glob("*.onnx"))
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
