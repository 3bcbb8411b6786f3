"""Short forms for the tests of TFLite models."""

from . import paths


def tflite_bytes(name):
    """The bytes of a TFLite fixture."""
    return (paths.MODELS / "tflite" / f"{name}.tflite").read_bytes()


def store_tflite(client, key, name, *options, device="CPU"):
    """Stores a TFLite fixture at a key; options are the words between device and BLOB."""
    reply = client.execute_command(
        "AI.MODELSTORE", key, "TFLITE", device, *options, "BLOB", tflite_bytes(name))
    assert reply == b"OK"
