"""Short forms for the tests of TorchScript models."""

from . import paths


def torch_bytes(name):
    """The bytes of a TorchScript fixture."""
    return (paths.MODELS / "torch" / f"{name}.pt").read_bytes()


def store_torch(client, key, name, *options, device="CPU"):
    """Stores a TorchScript fixture at a key; options are the words between device and BLOB."""
    reply = client.execute_command(
        "AI.MODELSTORE", key, "TORCH", device, *options, "BLOB", torch_bytes(name))
    assert reply == b"OK"
