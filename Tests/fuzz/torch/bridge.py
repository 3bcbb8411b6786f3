"""The bridge to libtorch without a server, by its table of C functions (torch_bridge.h)."""

from __future__ import annotations

import ctypes
import pathlib
import re
from ctypes import POINTER, Structure, byref, c_char_p, c_int32, c_int64, c_size_t, c_void_p

import numpy

ROOT = pathlib.Path(__file__).resolve().parents[3]
HEADER = ROOT / "Sources" / "CTorchBridge" / "include" / "torch_bridge.h"

TYPES = {
    "float32": 1, "float64": 2, "float16": 3, "int8": 5, "int16": 6, "int32": 7, "int64": 8, "uint8": 9,
    "uint16": 10, "uint32": 11, "uint64": 12, "bool": 13,
}
BFLOAT16 = 4
NUMPY_TYPES = {number: numpy.dtype(name) for name, number in TYPES.items()}
NUMPY_TYPES[BFLOAT16] = numpy.dtype("uint16")


class Failed(Exception):
    """What the bridge says when a call fails."""


class Text(Structure):
    _fields_ = [("bytes", c_char_p), ("byte_count", c_size_t)]


class View(Structure):
    _fields_ = [
        ("elements", c_void_p), ("byte_count", c_size_t), ("dimensions", POINTER(c_int64)),
        ("rank", c_int32), ("type", c_int32)]


class Options(Structure):
    _fields_ = [("intra_operator_threads", c_int32), ("inter_operator_threads", c_int32)]


class LoadOptions(Structure):
    _fields_ = [("gpu", c_int32), ("allows_all_operators", c_int32), ("allows_native_code", c_int32)]


class Call(Structure):
    _fields_ = [
        ("function", Text), ("is_entry_point", c_int32), ("output_count", c_int32), ("inputs", POINTER(View)),
        ("input_count", c_size_t), ("keys", c_void_p), ("key_count", c_size_t), ("args", c_void_p),
        ("arg_count", c_size_t), ("host", c_void_p)]


# Those that are called, with what they return and take.
FUNCTIONS = {
    "start": (c_void_p, POINTER(Options)), "failure_text": (Text, c_void_p),
    "failure_release": (None, c_void_p), "run_create": (c_void_p,),
    "model_load": (c_void_p, Text, POINTER(LoadOptions), POINTER(c_void_p)),
    "model_release": (None, c_void_p), "model_output_count": (c_size_t, c_void_p),
    "model_run": (c_void_p, c_void_p, POINTER(View), c_size_t, c_void_p, POINTER(c_void_p)),
    "outputs_count": (c_size_t, c_void_p), "outputs_view": (View, c_void_p, c_size_t),
    "outputs_release": (None, c_void_p),
    "script_compile": (c_void_p, Text, POINTER(LoadOptions), POINTER(c_void_p)),
    "script_release": (None, c_void_p),
    "script_run": (c_void_p, c_void_p, POINTER(Call), c_void_p, POINTER(c_void_p)),
}


def names_of_functions() -> list[str]:
    """The names in the order of the table."""
    text = HEADER.read_text()
    table = text[text.index("typedef struct torch_bridge {"):]
    return re.findall(r"\(\*_Nonnull (\w+)\)\(", table)


class Bridge:
    """libtorch in this process."""

    def __init__(self, folder: pathlib.Path, threads: int = 1) -> None:
        version = int(re.search(r"TORCH_BRIDGE_VERSION (\d+)u", HEADER.read_text()).group(1))
        library = ctypes.CDLL(str(folder / "redisai_torch.so"))
        library.redisai_torch_bridge.restype = c_void_p
        table = library.redisai_torch_bridge(ctypes.c_uint32(version))
        for number, name in enumerate(names_of_functions()):
            if name in FUNCTIONS:
                # The first field is the version, padded to the size of a pointer.
                address = c_void_p.from_address(table + 8 * (number + 1)).value
                setattr(self, name, ctypes.CFUNCTYPE(*FUNCTIONS[name])(address))
        self.check(self.start(byref(Options(threads, 0))))
        self.run_handle = self.run_create()

    def check(self, failure: int | None) -> None:
        if not failure:
            return
        text = self.failure_text(failure)
        words = ctypes.string_at(text.bytes, text.byte_count).decode(errors="replace")
        self.failure_release(failure)
        raise Failed(words)

    def compiled(self, source: str, allows_all: bool = False) -> int:
        """A script; its owner releases it."""
        script = c_void_p()
        text = source.encode()
        options = LoadOptions(-1, int(allows_all), 0)
        self.check(self.script_compile(Text(text, len(text)), byref(options), byref(script)))
        return script.value

    def loaded(self, archive: bytes) -> int:
        """A model; its owner releases it."""
        model = c_void_p()
        options = LoadOptions(-1, 0, 0)
        self.check(self.model_load(Text(archive, len(archive)), byref(options), byref(model)))
        return model.value

    def called(
        self, script: int, function: str, inputs: list[numpy.ndarray], output_count: int = 0
    ) -> list[numpy.ndarray]:
        """What a function returns for tensors, which it is given from left to right."""
        name = function.encode()
        call = Call(Text(name, len(name)), 0, output_count, views_of(inputs), len(inputs))
        outputs = c_void_p()
        self.check(self.script_run(script, byref(call), self.run_handle, byref(outputs)))
        return self.taken(outputs.value)

    def ran(self, model: int, inputs: list[numpy.ndarray]) -> list[numpy.ndarray]:
        outputs = c_void_p()
        views = views_of(inputs)
        self.check(self.model_run(model, views, len(inputs), self.run_handle, byref(outputs)))
        return self.taken(outputs.value)

    def taken(self, outputs: int) -> list[numpy.ndarray]:
        """Copies of outputs, which are gone afterwards."""
        arrays = []
        for index in range(self.outputs_count(outputs)):
            view = self.outputs_view(outputs, index)
            content = ctypes.string_at(view.elements, view.byte_count) if view.byte_count else b""
            array = numpy.frombuffer(content, NUMPY_TYPES[view.type])
            arrays.append(array if not array.size else array.reshape(view.dimensions[: view.rank]))
        self.outputs_release(outputs)
        return arrays


def views_of(arrays: list[numpy.ndarray]) -> ctypes.Array:
    """Views that are valid as long as the arrays, which are contiguous."""
    views = (View * max(len(arrays), 1))()
    for view, array in zip(views, arrays):
        dimensions = (c_int64 * max(array.ndim, 1))(*array.shape)
        view.elements, view.byte_count = array.ctypes.data, array.nbytes
        view.dimensions = ctypes.cast(dimensions, POINTER(c_int64))
        view.rank, view.type = array.ndim, TYPES[array.dtype.name]
    return views
