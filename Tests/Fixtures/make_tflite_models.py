#!/usr/bin/env python3
"""Writes the TFLite models that the tests use, into the folder `models/tflite` beside this file.

The models are part of the repository, so the tests never need this; run it after changing a model:

    python3 -m venv /tmp/models && /tmp/models/bin/pip install ai-edge-litert==2.3.0 flatbuffers==25.12.19
    /tmp/models/bin/python Tests/Fixtures/make_tflite_models.py

The first package brings the format's schema as Python objects. The result is the same every time.
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from tflite_generators import arithmetic, corners, integers, shapes, types  # noqa: E402


def main():
    folder = HERE / "models" / "tflite"
    folder.mkdir(parents=True, exist_ok=True)
    for family in (arithmetic, integers, types, corners, shapes):
        for name, make in family.MODELS.items():
            payload = make()
            (folder / f"{name}.tflite").write_bytes(payload)
            print(f"{len(payload):8} models/tflite/{name}.tflite")


if __name__ == "__main__":
    main()
