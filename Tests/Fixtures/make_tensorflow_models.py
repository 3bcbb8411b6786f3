#!/usr/bin/env python3
"""Writes the TensorFlow models that the tests use, into `models/tensorflow` beside this file.

The models are part of the repository, so the tests never need this; run it after changing a model:

    python3 -m venv /tmp/models && /tmp/models/bin/pip install tensorflow-cpu==2.21.0
    /tmp/models/bin/python Tests/Fixtures/make_tensorflow_models.py

`.pb` is a graph, the same every time; `.zip` is a SavedModel, which has new names for its functions each
time, or for `zip/` any archive.
"""

import os
import pathlib
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from tensorflow_generators import archives, counts, fatal, graphs, reaching_out  # noqa: E402
from tensorflow_generators import saved_models, unwritten  # noqa: E402

FOLDER = HERE / "models" / "tensorflow"
LARGEST_FILE = 200 * 1024


def write(path, payload):
    """Writes one model and says so; a large one does not belong into the repository."""
    if len(payload) > LARGEST_FILE:
        raise SystemExit(f"{path.name} has {len(payload)} bytes, above the limit of {LARGEST_FILE}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(payload)
    print(f"{len(payload):8} {path.relative_to(HERE)}")


def main():
    for name, build in graphs.GRAPHS.items():
        write(FOLDER / f"{name}.pb", graphs.graph(build).SerializeToString(deterministic=True))
    for name, definition in reaching_out.graphs().items():
        write(FOLDER / "refused" / f"{name}.pb", definition.SerializeToString(deterministic=True))
    for name, definition in {**fatal.all_graphs(), **counts.all_graphs()}.items():
        write(FOLDER / "fatal" / f"{name}.pb", definition.SerializeToString(deterministic=True))
    for name, definition in unwritten.all_graphs().items():
        write(FOLDER / "unwritten" / f"{name}.pb", definition.SerializeToString(deterministic=True))
    for name, archive in archives.archives().items():
        write(FOLDER / "zip" / f"{name}.zip", archive)
    for name, archive in saved_models.archives().items():
        write(FOLDER / f"{name}.zip", archive)


if __name__ == "__main__":
    main()
