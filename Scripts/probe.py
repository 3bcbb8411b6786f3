"""Opens a runtime's library and asks it for something small: `probe.py NAME FILE`, for `make doctor`.

Prints what it found in a few words; ends with exit code 1 and the reason if the library is of no use. A
process of its own, because a library that does not fit may end it.
"""

from __future__ import annotations

import ctypes
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "Tests/Fixtures/models"
BRIDGE_HEADER = ROOT / "Sources/CTorchBridge/include/torch_bridge.h"


def onnx(library: ctypes.CDLL) -> str:
    """The version that the library tells."""

    class Base(ctypes.Structure):
        _fields_ = [("table", ctypes.c_void_p), ("version", ctypes.CFUNCTYPE(ctypes.c_char_p))]

    library.OrtGetApiBase.restype = ctypes.POINTER(Base)
    return f"opens, version {library.OrtGetApiBase().contents.version().decode()}"


def tflite(library: ctypes.CDLL) -> str:
    """Reads the model of the backend's own test; the library does not tell its version."""
    blob = (FIXTURES / "tflite" / "self_test.tflite").read_bytes()
    environment, model = ctypes.c_void_p(), ctypes.c_void_p()
    status = library.LiteRtCreateEnvironment(0, None, ctypes.byref(environment))
    if status == 0:
        status = library.LiteRtCreateModelFromBuffer(
            environment, blob, ctypes.c_size_t(len(blob)), ctypes.byref(model))
    if status != 0:
        raise OSError(f"does not read a model: status {status}")
    return "opens and reads a model"


def tf(library: ctypes.CDLL) -> str:
    """The version that the library tells."""
    library.TF_Version.restype = ctypes.c_char_p
    return f"opens, version {library.TF_Version().decode()}"


def torch(library: ctypes.CDLL) -> str:
    """The version that libtorch tells through the bridge, which must be of the sources' version."""

    class Table(ctypes.Structure):
        _fields_ = [("version", ctypes.c_uint32), ("libtorch_version", ctypes.CFUNCTYPE(ctypes.c_char_p))]

    wanted = re.search(r"#define TORCH_BRIDGE_VERSION (\d+)u", BRIDGE_HEADER.read_text())
    if wanted is None:
        raise OSError(f"{BRIDGE_HEADER.name} names no version")
    library.redisai_torch_bridge.restype = ctypes.POINTER(Table)
    table = library.redisai_torch_bridge(ctypes.c_uint32(int(wanted.group(1))))
    if not table:
        raise OSError("the bridge is older than its sources")
    return f"opens, version {table.contents.libtorch_version().decode()}"


PROBES = {"onnx": onnx, "tf": tf, "tflite": tflite, "torch": torch}


def main(arguments: list[str]) -> int:
    name, path = arguments
    try:
        print(PROBES[name](ctypes.CDLL(path)))
    except (OSError, AttributeError) as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
