"""Short forms for TensorFlow's models."""

import pathlib

from . import paths

FOLDER = paths.MODELS / "tensorflow"


def graph_bytes(name):
    """The bytes of a fixture; `.pb` is understood."""
    return (FOLDER / (name if "." in name else name + ".pb")).read_bytes()


def names(folder, ending):
    """The fixtures in a folder."""
    return sorted(path.stem for path in pathlib.Path(FOLDER / folder).glob("*" + ending))


def store_words(key, blob, inputs=(), outputs=(), *options, device="CPU"):
    """The words of an AI.MODELSTORE."""
    given = ["INPUTS", len(inputs), *inputs, "OUTPUTS", len(outputs), *outputs] if inputs else []
    return ["AI.MODELSTORE", key, "TF", device, *options, *given, "BLOB", blob]


def store(client, key, name, inputs=(), outputs=(), *options):
    """Stores a fixture; options are the words between device and INPUTS."""
    assert client.execute_command(*store_words(key, graph_bytes(name), inputs, outputs, *options)) == b"OK"
