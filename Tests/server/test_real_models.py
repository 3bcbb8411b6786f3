"""Real models in several formats, fed the same sound: the runtimes must agree."""

import io
import pathlib
import zipfile

import numpy
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODELS = ROOT / "build/models"
RATE = 16000

pytestmark = pytest.mark.usefixtures("client")


def model(name):
    path = MODELS / name
    assert path.exists(), f"there is no {path}; type: make example-models"
    return path.read_bytes()


def sound(seconds, rate):
    """Tones that come and go, and some noise."""
    times = numpy.arange(int(seconds * rate)) / rate
    random = numpy.random.default_rng(5)
    tones = sum(numpy.sin(2 * numpy.pi * frequency * times) for frequency in (220, 330, 1200, 2500))
    swelling = 0.5 + 0.5 * numpy.sin(2 * numpy.pi * 3 * times)
    return (0.15 * tones * swelling + 0.01 * random.standard_normal(len(times))).astype(numpy.float32)


def speech_by_onnx(client, samples):
    """The probabilities of silero-vad's ONNX file, whose state is a tensor that goes in and out."""
    assert client.execute_command(
        "AI.MODELSTORE", "onnx", "ONNX", "CPU", "BLOB", model("silero_vad.onnx")) == b"OK"
    client.execute_command("AI.TENSORSET", "rate", "INT64", "VALUES", RATE)
    client.execute_command("AI.TENSORSET", "state", "FLOAT", 2, 1, 128)
    found, before = [], numpy.zeros(64, numpy.float32)
    for start in range(0, len(samples) - 511, 512):
        chunk = numpy.concatenate([before, samples[start:start + 512]])
        before = chunk[-64:]
        client.execute_command("AI.TENSORSET", "x", "FLOAT", 1, len(chunk), "BLOB", chunk.tobytes())
        assert client.execute_command(
            "AI.MODELEXECUTE", "onnx", "INPUTS", 3, "x", "state", "rate", "OUTPUTS", 2, "p", "state") == b"OK"
        found.append(float(client.execute_command("AI.TENSORGET", "p", "VALUES")[0]))
    return numpy.array(found)


def speech_by_torch(client, samples):
    """Those of its TorchScript file, which keeps its state itself."""
    assert client.execute_command(
        "AI.MODELSTORE", "torch", "TORCH", "CPU", "BLOB", model("silero_vad.jit")) == b"OK"
    client.execute_command("AI.TENSORSET", "rate", "INT64", "VALUES", RATE)
    found = []
    for start in range(0, len(samples) - 511, 512):
        chunk = samples[start:start + 512]
        client.execute_command("AI.TENSORSET", "x", "FLOAT", 1, len(chunk), "BLOB", chunk.tobytes())
        assert client.execute_command(
            "AI.MODELEXECUTE", "torch", "INPUTS", 2, "x", "rate", "OUTPUTS", 1, "p") == b"OK"
        found.append(float(client.execute_command("AI.TENSORGET", "p", "VALUES")[0]))
    return numpy.array(found)


def test_speech_is_as_probable_to_torch_as_to_onnx(client):
    samples = sound(4, RATE)
    by_onnx, by_torch = speech_by_onnx(client, samples), speech_by_torch(client, samples)
    assert len(by_onnx) == 125
    assert numpy.ptp(by_onnx) > 0.01
    assert numpy.abs(by_onnx - by_torch).max() < 1e-3


OUTPUTS = {
    b"StatefulPartitionedCall:0": "contour", b"StatefulPartitionedCall:1": "note",
    b"StatefulPartitionedCall:2": "onset", b"contour": "contour", b"note": "note", b"onset": "onset"}


def zipped(folder):
    """All files of a folder as one archive, with their paths below it."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                file.write(path, path.relative_to(folder))
    return archive.getvalue()


def notes(client, backend, blob, windows):
    """The outputs of basic-pitch by name, for windows of sound of shape [rows, 43844, 1]."""
    assert client.execute_command("AI.MODELSTORE", backend, backend, "CPU", "BLOB", blob) == b"OK"
    meta = client.execute_command("AI.MODELGET", backend, "META")
    names = [OUTPUTS[name] for name in meta[13]]
    client.execute_command("AI.TENSORSET", "x", "FLOAT", *windows.shape, "BLOB", windows.tobytes())
    assert client.execute_command(
        "AI.MODELEXECUTE", backend, "INPUTS", 1, "x", "OUTPUTS", len(names), *names) == b"OK"
    found = {}
    for name in names:
        reply = client.execute_command("AI.TENSORGET", name, "META", "BLOB")
        found[name] = numpy.frombuffer(reply[5], numpy.float32).reshape(reply[3])
    return found


@pytest.mark.parametrize("rows", [1, 2])
def test_three_runtimes_hear_the_same_notes(client, rows):
    windows = sound(4, 22050)[:rows * 43844].reshape(rows, 43844, 1)
    folder = MODELS / "basic_pitch"
    expected = notes(client, "ONNX", model("basic_pitch/nmp.onnx"), windows)
    assert {name: each.shape for name, each in expected.items()} == {
        "contour": (rows, 172, 264), "note": (rows, 172, 88), "onset": (rows, 172, 88)}
    assert min(float(each.max()) for each in expected.values()) > 0.2
    for backend, blob in (("TF", zipped(folder / "nmp")), ("TFLITE", model("basic_pitch/nmp.tflite"))):
        found = notes(client, backend, blob, windows)
        for name, each in expected.items():
            assert found[name].shape == each.shape
            assert numpy.abs(found[name] - each).max() < 1e-4, (backend, name)
