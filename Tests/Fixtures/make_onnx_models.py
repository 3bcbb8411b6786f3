#!/usr/bin/env python3
"""Writes the ONNX models that the tests use, into the folder `models` beside this file.

The models are part of the repository, so the tests never need this; run it after changing a model:

    python3 -m venv /tmp/models && /tmp/models/bin/pip install onnx==1.23.2 onnxruntime==1.32.0
    /tmp/models/bin/python Tests/Fixtures/make_onnx_models.py

The result is the same every time: what is random has a fixed seed. `onnx` builds the models. ONNX Runtime
is needed for one file only, `mul_2x2.ort`, the runtime's own format: `--without-ort` leaves that file alone.
"""

import argparse
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from onnx_generators import (  # noqa: E402
    arithmetic, batches, bombs, contracts, external_data, integers, products, running_time, types,
    versions)

FOLDER = HERE / "models"
LARGEST_FILE = 200 * 1024


def write(path, payload):
    """Writes one model and says so; a large one does not belong into the repository."""
    if len(payload) > LARGEST_FILE:
        raise SystemExit(f"{path.name} has {len(payload)} bytes, above the limit of {LARGEST_FILE}")
    path.write_bytes(payload)
    print(f"{len(payload):8} {path.relative_to(HERE)}")


def write_families():
    """Writes each family's models as `models/<name>.onnx`."""
    for family in (arithmetic, batches, integers, types, running_time, versions):
        for name, make in family.MODELS.items():
            write(FOLDER / f"{name}.onnx", make().SerializeToString(deterministic=True))


def write_external_data():
    """Writes the models that try to read a file as `models/external/<hiding place>.onnx`."""
    folder = FOLDER / "external"
    folder.mkdir(exist_ok=True)
    for name, payload in external_data.payloads():
        write(folder / f"{name}.onnx", payload)


def write_bombs():
    """Writes what must not reach ONNX Runtime, models like that which may, and what it would end over."""
    folders = (
        ("bombs", bombs.REFUSED), ("bombs/harmless", bombs.HARMLESS), ("contracts", contracts.MODELS),
        ("products", products.MODELS))
    for folder, models in folders:
        (FOLDER / folder).mkdir(exist_ok=True)
        for name, make in models.items():
            write(FOLDER / folder / f"{name}.onnx", make().SerializeToString(deterministic=True))


def write_ort_format():
    """Lets ONNX Runtime save `mul_2x2.onnx` in its own format."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.optimized_model_filepath = str(FOLDER / "mul_2x2.ort")
    options.add_session_config_entry("session.save_model_format", "ORT")
    onnxruntime.InferenceSession(
        str(FOLDER / "mul_2x2.onnx"), options, providers=["CPUExecutionProvider"])
    print(f"{(FOLDER / 'mul_2x2.ort').stat().st_size:8} models/mul_2x2.ort")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--without-ort", action="store_true", help="do not write mul_2x2.ort")
    arguments = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    write_families()
    write_external_data()
    write_bombs()
    if not arguments.without_ort:
        write_ort_format()


if __name__ == "__main__":
    main()
