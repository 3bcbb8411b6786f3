"""Opens a runtime's library and asks it for something small: `probe.py NAME FILE`, for `make doctor`.

Prints what it found in a few words; ends with exit code 1 and the reason if the library is of no use. A
process of its own, because a library that does not fit may end it.
"""

from __future__ import annotations

import ctypes
import pathlib
import sys

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "Fixtures" / "models"


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


PROBES = {"onnx": onnx, "tf": tf, "tflite": tflite}


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
