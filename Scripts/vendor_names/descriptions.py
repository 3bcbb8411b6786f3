"""Reads what vendors say of their numbers: a header, a generated module, descriptors of messages.

Nothing of a vendor is imported or compiled; each file is read as text.
"""

from __future__ import annotations

import ast
import importlib.util
import pathlib
import re

from google.protobuf import descriptor_pb2

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "build" / "descriptions"


class Missing(Exception):
    """A description is not there, or says nothing of what is asked for."""


def text_of(name: str) -> str:
    try:
        return (FOLDER / name).read_text()
    except OSError as error:
        raise Missing(f"{error.filename}: {error.strerror}; `make descriptions` fetches it") from error


# ONNX Runtime's table of functions

def ort_functions() -> dict[str, list[str]]:
    """The functions of `OrtApi` in their order; of each, the types of its parameters as written."""
    text = text_of("onnx/onnxruntime_c_api.h")
    body = text[text.index("struct OrtApi {"):]
    body = without_comments(body[: body.index("\n};")])
    found = {}
    for match in re.finditer(
            r"ORT_API2_STATUS\(\s*(\w+)\s*,(.*?)\)\s*;|ORT_CLASS_RELEASE\(\s*(\w+)\s*\)\s*;"
            r"|\(\s*ORT_API_CALL\s*\*\s*(\w+)\s*\)\((.*?)\)\s*(?:NO_EXCEPTION)?", body, flags=re.DOTALL):
        status, parameters, released, other, others = match.groups()
        if released:
            found[f"Release{released}"] = [f"Ort{released}*"]
        else:
            found[status or other] = parameter_types(parameters or others)
    return found


def parameter_types(text: str) -> list[str]:
    """The parameters of a declaration, without their names and the header's annotations."""
    text = re.sub(r"_(?:Inout|In|Out|Frees)\w*\b(?:\([^)]*\))?|_Outptr\w*|_Ret\w*", "", text)
    parts = [" ".join(part.split()) for part in text.split(",")]
    return [re.sub(r"\s*\b\w+(\[\])?$", r"\1", part).strip() for part in parts if part and part != "void"]


def ort_enumeration(name: str) -> dict[str, int]:
    """The members of an enumeration of the header."""
    return c_enumeration(text_of("onnx/onnxruntime_c_api.h"), name)


def c_enumeration(text: str, name: str) -> dict[str, int]:
    match = re.search(rf"typedef enum {name}\s*\{{(.*?)\}}", without_comments(text), flags=re.DOTALL)
    if match is None:
        raise Missing(f"there is no enumeration {name}")
    members, value = {}, -1
    for part in match[1].split(","):
        if not part.strip():
            continue
        member, _, number = (piece.strip() for piece in part.partition("="))
        # A member may stand for one before it.
        value = members[number] if number in members else int(number, 0) if number else value + 1
        members[member] = value
    return members


def without_comments(text: str) -> str:
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"//[^\n]*", "", text)
    return re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)


# The TFLite format

def tflite_class(name: str) -> str:
    match = re.search(rf"^class {name}\(object\):\n(.*?)(?=^\S)", text_of("tflite/schema.py"),
                      flags=re.DOTALL | re.MULTILINE)
    if match is None:
        raise Missing(f"the schema has no {name}")
    return match[1]


def tflite_enumeration(name: str) -> dict[str, int]:
    """The members of an enumeration of the schema."""
    found = re.findall(r"^    (\w+) = (-?\d+)$", tflite_class(name), flags=re.MULTILINE)
    return {member: int(number) for member, number in found}


def tflite_fields(name: str) -> dict[str, int]:
    """The fields of a table of the schema, by the numbers that they have there."""
    fields: dict[int, str] = {}
    for accessor, offset in re.findall(
            r"    def (\w+)\(self[^)]*\):\n        o = flatbuffers\S+\(self\._tab\.Offset\((\d+)\)\)",
            tflite_class(name)):
        # The first two bytes of a table's list are its length, the next two the length of the table.
        number = (int(offset) - 4) // 2
        # A vector has further accessors, whose names are longer.
        if number not in fields or len(accessor) < len(fields[number]):
            fields[number] = accessor
    return {field: number for number, field in sorted(fields.items())}


# Messages of ONNX and TensorFlow

def onnx_message(name: str) -> dict[str, int]:
    """The fields of a message of the ONNX format."""
    return fields_of(message(onnx_file(), name))


def onnx_file() -> descriptor_pb2.FileDescriptorProto:
    found = importlib.util.find_spec("onnx")
    if found is None or found.origin is None:
        raise Missing("the package onnx is not installed; `make python` installs it")
    return described(pathlib.Path(found.origin).with_name("onnx_ml_pb2.py").read_text())


def tensorflow_message(file: str, name: str) -> dict[str, int]:
    """The fields of a message of TensorFlow, from the module of its file; `Outer.Inner` is a nested one."""
    return fields_of(message(described(text_of(f"tensorflow/{file}_pb2.py")), name))


def tensorflow_enumeration(file: str, name: str) -> dict[str, int]:
    """The members of an enumeration of TensorFlow's messages."""
    found = described(text_of(f"tensorflow/{file}_pb2.py"))
    for enumeration in found.enum_type:
        if enumeration.name == name:
            return {value.name: value.number for value in enumeration.value}
    raise Missing(f"{file} has no {name}")


def described(module: str) -> descriptor_pb2.FileDescriptorProto:
    """The description that a generated module carries as bytes."""
    match = re.search(r"AddSerializedFile\((b(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"))\)", module)
    if match is None:
        raise Missing("the module describes no messages")
    return descriptor_pb2.FileDescriptorProto.FromString(ast.literal_eval(match[1]))


def message(file: descriptor_pb2.FileDescriptorProto, name: str) -> descriptor_pb2.DescriptorProto:
    inside = file.message_type
    for part in name.split("."):
        for found in inside:
            if found.name == part:
                break
        else:
            raise Missing(f"{file.name} has no {name}")
        inside = found.nested_type
    return found


def fields_of(found: descriptor_pb2.DescriptorProto) -> dict[str, int]:
    return {field.name: field.number for field in sorted(found.field, key=lambda field: field.number)}
