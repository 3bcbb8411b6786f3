"""Packages of AOTInductor, native code, which needs a setting; the fixtures are for x86-64."""

import os
import pathlib
import platform
import tempfile
import zipfile
from io import BytesIO

import pytest

from support import paths, rdb
from support.clients import refusal
from support.models import execute, execution, get_tensor, set_tensor
from support.servers import wait_until

pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64", reason="the packages hold code for x86-64, which this machine is not")

ALLOWED = ["TORCH_ALLOW_NATIVE_CODE", "yes", "THREADS_PER_QUEUE", 2]
NOT_ALLOWED = (
    "ERR the model is native code (an AOTInductor package) and is not allowed; "
    "the setting TORCH_ALLOW_NATIVE_CODE allows it")


def package_bytes(name):
    """The bytes of a package among the fixtures."""
    return (paths.MODELS / "torch" / f"{name}.pt2").read_bytes()


def store(client, key, name, *options):
    words = ["AI.MODELSTORE", key, "TORCH", "CPU", *options, "BLOB", package_bytes(name)]
    assert client.execute_command(*words) == b"OK"


def leftovers():
    """Folders that were to be removed."""
    return [name for name in os.listdir(tempfile.gettempdir()) if name.startswith("redisai-torch-")]


def product(client):
    """Runs model m on two tensors that it makes."""
    set_tensor(client, "a", "FLOAT", [[1, 2], [3, 4]])
    set_tensor(client, "b", "FLOAT", [[10, 20], [30, 40]])
    execute(client, "m", ["a", "b"], ["y"])
    return get_tensor(client, "y").tolist()


@pytest.fixture
def allowing(start_server):
    """A server that takes packages."""
    return start_server(words=ALLOWED)


def test_a_package_is_refused_by_default(client, server):
    before = leftovers()
    words = ["AI.MODELSTORE", "m", "TORCH", "CPU", "BLOB", package_bytes("package_scaled")]
    assert refusal(client, *words) == NOT_ALLOWED
    assert client.exists("m") == 0
    assert leftovers() == before


def test_nobody_can_allow_it_while_the_server_runs(client):
    assert "immutable" in refusal(client, "CONFIG", "SET", "ai.torch_allow_native_code", "yes")
    assert client.config_get("ai.torch_allow_native_code") == {"ai.torch_allow_native_code": "no"}


def test_one_from_a_payload_fails_by_default(client):
    fields = rdb.model_fields(package_bytes("package_scaled"), backend=rdb.TORCH)
    client.restore("m", 0, rdb.payload(rdb.MODEL, 4, fields))
    set_tensor(client, "a", "FLOAT", [[1, 2]])
    assert refusal(client, *execution("m", ["a", "a"], ["y"])) == NOT_ALLOWED
    assert client.execute_command("AI.MODELGET", "m", "BLOB") == package_bytes("package_scaled")
    client.delete("m")


def test_an_allowed_package_is_stored_and_run(allowing):
    before = leftovers()
    client = allowing.client()
    store(client, "m", "package_scaled", "TAG", "t")
    for _ in range(3):
        assert product(client) == [[11, 41], [91, 161]]
    store(client, "two", "package_sum_difference")
    execute(client, "two", ["a", "b"], ["sum", "difference"])
    assert get_tensor(client, "sum").tolist() == [[11, 22], [33, 44]]
    assert get_tensor(client, "difference").tolist() == [[-9, -18], [-27, -36]]
    assert leftovers() == before


def test_its_inputs_and_outputs_are_counted(allowing):
    client = allowing.client()
    store(client, "m", "package_sum_difference", "TAG", "t")
    reply = client.execute_command("AI.MODELGET", "m", "META")
    assert reply[1:6] == [b"TORCH", b"device", b"CPU", b"tag", b"t"]
    assert len(reply[11]) == 2 and all(reply[11])
    assert reply[13] == [b"", b""]
    set_tensor(client, "a", "FLOAT", [[1, 2]])
    assert refusal(client, *execution("m", ["a"], ["y", "z"])) is not None
    assert refusal(client, *execution("m", ["a", "a"], ["y"])) is not None


@pytest.mark.parametrize("element_type, content", [
    ("FLOAT", [[1, 2]]), ("FLOAT", [[1], [2]]), ("FLOAT", [1, 2, 3, 4]), ("DOUBLE", [[1, 2], [3, 4]])])
def test_an_input_that_does_not_fit_is_refused(allowing, element_type, content):
    client = allowing.client()
    store(client, "m", "package_scaled")
    set_tensor(client, "a", "FLOAT", [[1, 2], [3, 4]])
    set_tensor(client, "wrong", element_type, content)
    text = refusal(client, *execution("m", ["a", "wrong"], ["y"]))
    assert "expected" in text and "\n" not in text
    assert product(client) == [[11, 41], [91, 161]]


def test_what_a_package_writes_to_its_input_stays_its_own(allowing):
    client = allowing.client()
    store(client, "m", "package_writes_its_input")
    set_tensor(client, "x", "FLOAT", [[3, 4]])
    for _ in range(2):
        execute(client, "m", ["x"], ["y"])
        assert get_tensor(client, "y").tolist() == [[6, 8]]
    assert get_tensor(client, "x").tolist() == [[3, 4]]


def test_requests_share_runs(allowing):
    client = allowing.client()
    store(client, "m", "package_scaled", "BATCHSIZE", 4, "MINBATCHSIZE", 2)
    set_tensor(client, "a", "FLOAT", [[2, 3]])
    with allowing.wire() as one, allowing.wire() as two:
        one.send(*execution("m", ["a", "a"], ["y1"]))
        two.send(*execution("m", ["a", "a"], ["y2"]))
        assert one.receive() == two.receive() == b"+OK\r\n"
    assert get_tensor(client, "y1").tolist() == get_tensor(client, "y2").tolist() == [[5, 10]]


def test_a_package_is_there_after_a_restart(allowing):
    client = allowing.client()
    store(client, "m", "package_scaled")
    client.set("other", "value")
    allowing.restart()
    client = allowing.client()
    assert client.execute_command("AI.MODELGET", "m", "BLOB") == package_bytes("package_scaled")
    assert product(client) == [[11, 41], [91, 161]]
    assert client.config_get("ai.torch_allow_native_code") == {"ai.torch_allow_native_code": "yes"}
    facts = client.execute_command("AI.INFO", "m")
    assert dict(zip(facts[::2], facts[1::2]))[b"calls"] == 1


def test_without_the_setting_a_saved_package_is_kept_and_fails(start_server, allowing):
    client = allowing.client()
    store(client, "m", "package_scaled")
    payload = client.dump("m")
    other = start_server().client()
    other.restore("m", 0, payload)
    set_tensor(other, "a", "FLOAT", [[1, 2]])
    wait_until(
        lambda: b"failed" in other.execute_command("AI.STATS", "m"), what="a model that has failed")
    assert refusal(other, *execution("m", ["a", "a"], ["y"])) == NOT_ALLOWED
    assert other.dump("m") == payload


def test_an_exported_program_is_refused(allowing):
    words = ["AI.MODELSTORE", "m", "TORCH", "CPU", "BLOB", package_bytes("exported_program")]
    text = refusal(allowing.client(), *words)
    assert text == "ERR the archive is an exported program; compile it to a package of AOTInductor"


def changed(name, change):
    """A package whose records went through a function of name and content; None leaves one out."""
    made = BytesIO()
    with zipfile.ZipFile(BytesIO(package_bytes(name))) as given, zipfile.ZipFile(made, "w") as target:
        for record in given.namelist():
            result = change(record, given.read(record))
            if result is not None:
                target.writestr(*result)
    return made.getvalue()


def without_library(name, content):
    return None if name.endswith(".so") else (name, content)


def outside(name, content):
    return (name.replace("/model/", "/model/../../../../../"), content)


def for_a_gpu(name, content):
    return (name, content.replace(b'"AOTI_DEVICE_KEY": "cpu"', b'"AOTI_DEVICE_KEY": "cuda"'))


def with_text_as_library(name, content):
    return (name, b"not a library" if name.endswith(".so") else content)


@pytest.mark.parametrize("change, words", [
    (without_library, "ERR the package has no library of a model named 'model'"),
    (outside, "ERR the package has a file with a path that is not allowed"),
    (for_a_gpu, "ERR the package is compiled for the device cuda"),
    (with_text_as_library, "file too short"),
])
def test_a_package_that_cannot_be_used_is_refused_and_leaves_nothing(allowing, change, words):
    before = leftovers()
    client = allowing.client()
    blob = changed("package_scaled", change)
    text = refusal(client, "AI.MODELSTORE", "m", "TORCH", "CPU", "BLOB", blob)
    assert words in text and "\n" not in text
    assert leftovers() == before
    store(client, "m", "package_scaled")
    assert product(client) == [[11, 41], [91, 161]]


def test_a_cut_package_is_refused_and_leaves_nothing(allowing):
    before = leftovers()
    client = allowing.client()
    whole = package_bytes("package_scaled")
    for length in range(0, len(whole), 4001):
        text = refusal(client, "AI.MODELSTORE", "m", "TORCH", "CPU", "BLOB", whole[:length])
        assert text and "\n" not in text
    assert leftovers() == before


def test_the_fixtures_are_small():
    sizes = [path.stat().st_size for path in pathlib.Path(paths.MODELS / "torch").glob("*.pt2")]
    assert len(sizes) == 4 and max(sizes) < 300 * 1024
