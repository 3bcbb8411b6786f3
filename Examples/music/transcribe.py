#!/usr/bin/env python3
"""Writes down the notes of a piece of music with the basic-pitch model, run by a Redis server.

The model comes in three formats, and the server keeps all three: for ONNX Runtime, for TensorFlow (a
SavedModel, sent as one zip archive) and for TFLite. Each hears the same sound, and all must agree. A window
of two seconds is one request that stores nothing: the sound goes in, the three outputs come back.

    python Examples/music/transcribe.py                             starts a server of its own
    python Examples/music/transcribe.py --url redis://localhost     uses one that runs
"""

import argparse
import io
import pathlib
import sys
import zipfile

import numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Examples"))

import drawing  # noqa: E402  (the folder of what the examples share has to be known first)
import own_server  # noqa: E402
from melody import RATE, piece  # noqa: E402
from notes import found_notes, judge  # noqa: E402

# The model hears windows of two seconds, and makes a step of each 256 samples. At both ends of a window it
# knows too little, so the windows overlap, and the outer steps are dropped.
WINDOW, STEPS, SAMPLES_PER_STEP = 43844, 172, 256
DROPPED_STEPS = 15
KEPT_STEPS = STEPS - 2 * DROPPED_STEPS

# Each format numbers or names its outputs in its own way.
OUTPUTS = {
    b"StatefulPartitionedCall:0": "contour", b"StatefulPartitionedCall:1": "note",
    b"StatefulPartitionedCall:2": "onset", b"contour": "contour", b"note": "note", b"onset": "onset"}
WIDTHS = {"contour": 264, "note": 88, "onset": 88}
MAY_DIFFER = 1e-4


def zipped(folder):
    """All files of a folder as one archive, with their paths below it."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                file.write(path, path.relative_to(folder))
    return archive.getvalue()


class Transcriber:
    """The model under one key, in one of its formats."""

    def __init__(self, client, backend, model):
        self.client, self.backend = client, backend
        self.key = f"music:{backend.lower()}"
        client.execute_command("AI.MODELSTORE", self.key, backend, "CPU", "BLOB", model)
        meta = client.execute_command("AI.MODELGET", self.key, "META")
        fields = dict(zip(meta[::2], meta[1::2]))
        self.outputs = [OUTPUTS[name] for name in fields[b"outputs"]]

    def hear(self, window):
        """The outputs of one window, by name: each has shape [steps, its width]."""
        words = ["AI.DAGEXECUTE_RO", "ROUTING", self.key,
                 "|>", "AI.TENSORSET", "sound", "FLOAT", 1, WINDOW, 1, "BLOB", window.tobytes(),
                 "|>", "AI.MODELEXECUTE", self.key, "INPUTS", 1, "sound",
                 "OUTPUTS", len(self.outputs), *self.outputs]
        for name in self.outputs:
            words += ["|>", "AI.TENSORGET", name, "BLOB"]
        _, ran, *blobs = self.client.execute_command(*words)
        if ran != b"OK":
            raise SystemExit(f"{self.backend}: {ran}")
        return {name: numpy.frombuffer(blob, numpy.float32).reshape(STEPS, WIDTHS[name])
                for name, blob in zip(self.outputs, blobs)}

    def listen(self, samples):
        """The outputs of the whole sound."""
        kept_samples = KEPT_STEPS * SAMPLES_PER_STEP
        lead = DROPPED_STEPS * SAMPLES_PER_STEP
        padded = numpy.pad(samples, (lead, WINDOW + kept_samples)).astype(numpy.float32)
        parts = [self.hear(padded[start:start + WINDOW]) for start in range(0, len(samples), kept_samples)]
        steps = len(samples) // SAMPLES_PER_STEP
        inner = slice(DROPPED_STEPS, DROPPED_STEPS + KEPT_STEPS)
        return {name: numpy.concatenate([part[name][inner] for part in parts])[:steps] for name in WIDTHS}


def compare(heard):
    """Prints how far each format's outputs are from the first one's; True if none is too far."""
    (first, expected), *others = heard.items()
    agree = True
    for backend, outputs in others:
        furthest = max(float(numpy.abs(outputs[name] - expected[name]).max()) for name in WIDTHS)
        agree = agree and furthest <= MAY_DIFFER
        print(f"{'right' if furthest <= MAY_DIFFER else 'WRONG'}: {backend} and {first} differ by "
              f"{furthest:.1e} at most")
    return agree


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    own_server.add_arguments(parser)
    parser.add_argument("--models", type=pathlib.Path, default=ROOT / "build/models/basic_pitch")
    parser.add_argument("--picture", type=pathlib.Path, default=ROOT / "build/examples/music.svg")
    return parser.parse_args()


def main():
    options = parse_options()
    if not options.models.exists():
        raise SystemExit(f"there are no models at {options.models}; type: make example-music")
    models = {
        "ONNX": (options.models / "nmp.onnx").read_bytes(),
        "TF": zipped(options.models / "nmp"),
        "TFLITE": (options.models / "nmp.tflite").read_bytes()}
    samples, played = piece()
    with own_server.connection(options) as client:
        transcribers = [Transcriber(client, backend, model) for backend, model in models.items()]
        heard = {each.backend: each.listen(samples) for each in transcribers}
        client.unlink(*(each.key for each in transcribers))
    print(f"listened to {len(samples) / RATE:.1f} s of music, {len(played)} notes, with {len(heard)} models")
    agree = compare(heard)
    first = heard["ONNX"]
    step_seconds = SAMPLES_PER_STEP / RATE
    found = found_notes(first["onset"], first["note"], step_seconds)
    for note in found:
        print(f"note {note.pitch:3} from {note.start:5.2f} s to {note.end:5.2f} s")
    options.picture.parent.mkdir(parents=True, exist_ok=True)
    drawing.draw(options.picture, first["note"], step_seconds, played, found)
    print(f"drawn: {options.picture}\n")
    raise SystemExit(0 if judge(played, found) and agree else 1)


if __name__ == "__main__":
    main()
