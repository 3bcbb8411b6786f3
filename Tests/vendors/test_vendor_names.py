"""The numbers of the vendors' formats and tables are those of the vendors' own descriptions."""

import re

import pytest

from vendor_names import descriptions, files

ONNX_RUNTIME = files.SOURCES / "CONNXRuntime" / "include"


@pytest.mark.parametrize("name", files.FILES)
def test_each_file_says_what_the_vendor_says(name):
    """Whoever changes a pinned package, or one of the files, types `make vendor-names`."""
    assert (files.SOURCES / name).read_text() == files.FILES[name]()


def test_the_entries_of_maps_are_as_writers_make_them():
    fields = descriptions.tensorflow_message("node_def", "NodeDef.AttrEntry")
    text = (files.SOURCES / "Formats" / "Protobuf" / "WireMapEntry.swift").read_text()
    entry = re.search(r"enum WireMapEntry \{(.*?)\}", text, flags=re.DOTALL)[1]
    assert {name: int(number) for name, number in re.findall(r"let (\w+): UInt32 = (\d+)", entry)} == fields


# Ours by theirs.
NAMES = {
    "onnx_status": "OrtStatus", "onnx_environment": "OrtEnv", "onnx_thread_options": "OrtThreadingOptions",
    "onnx_session_options": "OrtSessionOptions", "onnx_cuda_options": "OrtCUDAProviderOptionsV2",
    "onnx_session": "OrtSession", "onnx_run_options": "OrtRunOptions", "onnx_binding": "OrtIoBinding",
    "onnx_value": "OrtValue", "onnx_type_info": "OrtTypeInfo",
    "onnx_tensor_info": "OrtTensorTypeAndShapeInfo",
    "onnx_memory_info": "OrtMemoryInfo", "onnx_allocator": "OrtAllocator",
    "onnx_thread_start": "OrtCustomCreateThreadFn", "onnx_thread_join": "OrtCustomJoinThreadFn",
}
ENUMERATIONS = {name: "int" for name in files.ONNX_ENUMERATIONS}


# ONNX Runtime's functions are called through pointers that have no types of their own.

def calls():
    """Of each function that is called, the types of its parameters."""
    found = {}
    for path in sorted(ONNX_RUNTIME.glob("*.h")):
        text = re.sub(r"#define .*(?:\\\n.*)*", "", path.read_text())
        for match in re.finditer(r"ONNX_(STATUS|CALL)\(\s*(\w+),([^()]*)\)\(", text):
            kind, name, rest = match.groups()
            types = [" ".join(part.split()) for part in rest.split(",")]
            assert name not in found
            found[name] = types if kind == "STATUS" else types[1:]
    return found


CALLS = calls()


def shape(text):
    """A type as its base and, from there on, its pointers with what is constant."""
    text = re.sub(r"\b(_Nullable|_Nonnull|enum)\b", "", text).replace("[]", "*")
    parts = re.findall(r"\w+|\*", text)
    base = next(part for part in parts if part not in ("const", "*"))
    # A constant before the base is one behind it.
    if parts[0] == "const":
        parts = [base, "const", *parts[2:]]
    return base, parts[1:]


def test_the_table_is_as_long_as_the_version_that_is_asked_for():
    text = (ONNX_RUNTIME / "onnx_base.h").read_text()
    header = descriptions.text_of("onnx/onnxruntime_c_api.h")
    version, = re.findall(r"#define ONNX_TABLE_VERSION (\d+)u", text)
    assert re.search(rf"#define ORT_API_VERSION {version}\n", header)
    assert len(CALLS) == 64


@pytest.mark.parametrize("name", CALLS)
def test_a_function_takes_what_the_vendor_declares(name):
    declared = [shape(text) for text in descriptions.ort_functions()[name]]
    called = [shape(text) for text in CALLS[name]]
    assert [pointers for _, pointers in called] == [pointers for _, pointers in declared]
    for (ours, _), (theirs, _) in zip(called, declared):
        assert NAMES.get(ours, ours) == ENUMERATIONS.get(theirs, theirs)
