"""ONNX operators that get fewer dimensions than they take for granted: an error, not the server's end."""

import pytest

from support import paths
from support.clients import refusal
from support.models import execution, set_tensor, store
from support.servers import RedisServer, served

TEXT = "the operator takes for granted what its inputs or attributes do not have, such as a dimension"
# Of ones that each model breaks over.
SHAPES = {
    "draws": [2], "fourier": [], "fourier_frames": [], "grid": [], "grid_in_branch": [], "regions": [2, 2],
    "reversed": [2], "unique": [2, 2]}


@pytest.fixture(scope="module", params=paths.SERVERS)
def breaking(request):
    """A server of each version: each has its own way of loading libraries and of reporting ends."""
    with served(RedisServer(binary=paths.SERVERS[request.param])) as server:
        yield server


def ones(shape):
    return [ones(shape[1:]) for _ in range(shape[0])] if shape else 1


def test_every_model_is_tried():
    assert sorted(SHAPES) == sorted(path.stem for path in (paths.MODELS / "contracts").glob("*.onnx"))


@pytest.mark.parametrize("name", SHAPES)
def test_a_run_fails_and_the_server_lives(breaking, name):
    with breaking.client() as client:
        client.flushall()
        store(client, "m", f"contracts/{name}.onnx")
        set_tensor(client, "x", "FLOAT", ones(SHAPES[name]))
        for _ in range(3):
            assert refusal(client, *execution("m", ["x"], ["y"])).endswith(TEXT)
        assert client.exists("y") == 0
