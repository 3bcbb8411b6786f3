#!/usr/bin/env python3
"""Writes what the vendor's own onnxruntime says of the sound in the tests of Examples/live-speech.

    pip install onnxruntime==1.32.0 numpy
    python Tests/Fixtures/make_speech_probabilities.py build/models/silero_vad.onnx
"""

import pathlib
import sys

import numpy
import onnxruntime

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "server/support"))

import voices  # noqa: E402  (its folder has to be known first)


def main():
    session = onnxruntime.InferenceSession(sys.argv[1])
    rate = numpy.array(voices.RATE, numpy.int64)

    def run(samples, state):
        probability, state = session.run(None, {"input": samples, "state": state, "sr": rate})
        return probability[0, 0], state
    found = voices.probabilities(run, voices.two_sentences())
    (HERE / "speech/probabilities.txt").write_text("".join(f"{value:.6f}\n" for value in found))


if __name__ == "__main__":
    main()
