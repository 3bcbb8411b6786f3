#!/usr/bin/env python3
"""Finds speech in sound with the silero-vad model, run by a Redis server with the module.

The sound is cut into chunks of 32 ms. For each, one round trip to the server sets the chunk, executes the
model and reads the probability that somebody speaks. The model is recurrent: its state is a tensor in Redis
that each execution reads and writes back, so it never travels to the client.

    python Examples/speech/detect.py                             starts a server of its own
    python Examples/speech/detect.py --url redis://localhost     uses one that runs
"""

import argparse
import pathlib
import sys

import numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Examples"))

import drawing  # noqa: E402  (the folder of what the examples share has to be known first)
import own_server  # noqa: E402
from judge import judge, spans  # noqa: E402
from sound import RATE, scene  # noqa: E402

# What the model expects at 16 kHz: 512 new samples after the last 64 of the chunk before.
CHUNK, CONTEXT = 512, 64
STATE_SHAPE = (2, 1, 128)

MODEL, INPUT, STATE, SAMPLE_RATE, PROBABILITY = (
    f"speech:{name}" for name in ("model", "input", "state", "rate", "probability"))


class SpeechDetector:
    """The model in the server, and the state of one stream of sound."""

    def __init__(self, client, model):
        self.client = client
        self.context = numpy.zeros(CONTEXT, numpy.float32)
        client.execute_command("AI.MODELSTORE", MODEL, "ONNX", "CPU", "BLOB", model)
        client.execute_command("AI.TENSORSET", SAMPLE_RATE, "INT64", "VALUES", RATE)
        client.execute_command("AI.TENSORSET", STATE, "FLOAT", *STATE_SHAPE)

    def probability(self, chunk):
        """How probable it is that somebody speaks in this chunk, which follows the one before."""
        samples = numpy.concatenate([self.context, chunk])
        self.context = samples[-CONTEXT:]
        pipeline = self.client.pipeline(transaction=False)
        pipeline.execute_command(
            "AI.TENSORSET", INPUT, "FLOAT", 1, len(samples), "BLOB", samples.tobytes())
        pipeline.execute_command(
            "AI.MODELEXECUTE", MODEL, "INPUTS", 3, INPUT, STATE, SAMPLE_RATE,
            "OUTPUTS", 2, PROBABILITY, STATE)
        pipeline.execute_command("AI.TENSORGET", PROBABILITY, "VALUES")
        (value,) = pipeline.execute()[-1]
        return float(value)

    def forget(self):
        """Removes what the example put into the server."""
        self.client.unlink(MODEL, INPUT, STATE, SAMPLE_RATE, PROBABILITY)


def listen(client, model, samples):
    """The probability of speech for each whole chunk of the sound."""
    detector = SpeechDetector(client, model)
    try:
        starts = range(0, len(samples) - CHUNK + 1, CHUNK)
        return numpy.array([detector.probability(samples[start:start + CHUNK]) for start in starts])
    finally:
        detector.forget()


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    own_server.add_arguments(parser)
    parser.add_argument("--model", type=pathlib.Path, default=ROOT / "build/models/silero_vad.onnx")
    parser.add_argument("--picture", type=pathlib.Path, default=ROOT / "build/examples/speech.svg")
    return parser.parse_args()


def main():
    options = parse_options()
    if not options.model.exists():
        raise SystemExit(f"there is no model at {options.model}; type: make example-speech")
    samples, parts = scene()
    with own_server.connection(options) as client:
        probabilities = listen(client, options.model.read_bytes(), samples)
    found = spans(probabilities, CHUNK / RATE)
    print(f"listened to {len(samples) / RATE:.1f} s of sound in {len(probabilities)} chunks")
    for start, end in found:
        print(f"speech from {start:5.2f} s to {end:5.2f} s")
    options.picture.parent.mkdir(parents=True, exist_ok=True)
    drawing.draw(options.picture, samples, RATE, parts, probabilities, CHUNK / RATE, found)
    print(f"drawn: {options.picture}\n")
    raise SystemExit(0 if judge(parts, found) else 1)


if __name__ == "__main__":
    main()
