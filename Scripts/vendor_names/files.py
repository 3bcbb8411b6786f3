"""The files that hold vendors' numbers: what each one has, from which description, as text."""

from __future__ import annotations

import keyword
import pathlib
import re
from typing import Callable

from . import descriptions
from .descriptions import onnx_message, tensorflow_message, tflite_enumeration, tflite_fields

SOURCES = pathlib.Path(__file__).resolve().parents[2] / "Sources"
REMARK = "Written by `make vendor-names` from {source}; change nothing here."

ONNX_RUNTIME = "the header of ONNX Runtime 1.17"
ONNX_ENUMERATIONS = (
    "ONNXTensorElementDataType", "OrtLoggingLevel", "OrtErrorCode", "GraphOptimizationLevel", "ExecutionMode",
    "OrtAllocatorType", "OrtMemType")
TFLITE = "the schema in ai-edge-litert 2.3.0"
TFLITE_TABLES = (
    "Model", "OperatorCode", "SubGraph", "Tensor", "QuantizationParameters", "Operator", "Buffer", "Metadata",
    "SignatureDef", "TensorMap", "ReshapeOptions", "ShapeOptions", "PackOptions", "UnpackOptions",
    "SplitOptions", "SplitVOptions", "TransposeConvOptions", "Conv3DOptions", "IfOptions", "WhileOptions",
    "CallOnceOptions", "StablehloReduceOptions", "StablehloScatterOptions", "StablehloReduceWindowOptions",
    "StablehloSortOptions", "StablehloWhileOptions", "StableHLOCompositeOptions", "StablehloCaseOptions")
ONNX_MESSAGES = (
    "ModelProto", "TrainingInfoProto", "FunctionProto", "GraphProto", "NodeProto", "AttributeProto",
    "TensorProto", "SparseTensorProto", "ValueInfoProto")
TENSORFLOW_MESSAGES = {
    "saved_model": ("SavedModel",),
    "meta_graph": (
        "MetaGraphDef", "MetaGraphDef.MetaInfoDef", "CollectionDef", "CollectionDef.NodeList", "SignatureDef",
        "TensorInfo"),
    "saver": ("SaverDef",),
    "graph": ("GraphDef",),
    "function": ("FunctionDefLibrary", "FunctionDef", "GradientDef", "RegisteredGradient"),
    "op_def": ("OpList", "OpDef", "OpDef.ArgDef", "OpDef.AttrDef"),
    "node_def": ("NodeDef",),
    "attr_value": ("AttrValue", "AttrValue.ListValue", "NameAttrList"),
    "tensor": ("TensorProto",),
    "tensor_shape": ("TensorShapeProto", "TensorShapeProto.Dim"),
    "config": ("ConfigProto", "GPUOptions", "RunOptions"),
}


def onnx_functions() -> str:
    """The table of ONNX Runtime as a list that C can repeat."""
    names = list(descriptions.ort_functions())
    lines = [
        f"/* {REMARK.format(source=ONNX_RUNTIME)} */",
        "#pragma once",
        "",
        "/* The functions of version 17 of the table, in its order, by the names that the header has. */",
        "#define ONNX_FUNCTIONS(X) \\",
        *(f"    X({name}) \\" for name in names[:-1]),
        f"    X({names[-1]})",
    ]
    return "\n".join(lines) + "\n"


def onnx_constants() -> str:
    """The enumerations of ONNX Runtime of which something is used."""
    return constants_file(
        ONNX_RUNTIME, {name: descriptions.ort_enumeration(name) for name in ONNX_ENUMERATIONS})


def tensorflow_constants() -> str:
    """The enumerations of TensorFlow's C interface of which something is used."""
    return constants_file(
        "the headers in tensorflow 2.21.0",
        {name: descriptions.c_enumeration(descriptions.text_of(f"tensorflow/{file}"), name)
         for name, file in {"TF_DataType": "tf_datatype.h", "TSL_Code": "tsl_status.h"}.items()})


def tflite_fields_file() -> str:
    tables = {name: tflite_fields(name) for name in TFLITE_TABLES}
    return fields_file("TFLiteField", "Fields of the TFLite format's tables.", TFLITE, tables, "Int")


def tflite_operator() -> str:
    return enumeration_file(
        "TFLiteOperator", "Operators of the TFLite format.", TFLITE, tflite_enumeration("BuiltinOperator"))


def tflite_options() -> str:
    return enumeration_file(
        "TFLiteOptions", "Kinds of an operator's options in the TFLite format.", TFLITE,
        tflite_enumeration("BuiltinOptions"))


def tflite_newer_options() -> str:
    return enumeration_file(
        "TFLiteOptions2",
        "Kinds of an operator's options with a field of their own, such as those of StableHLO.",
        TFLITE, tflite_enumeration("BuiltinOptions2"))


def tflite_element() -> str:
    return enumeration_file(
        "TFLiteElement", "Element types of tensors in the TFLite format.", TFLITE,
        tflite_enumeration("TensorType"))


def onnx_fields() -> str:
    messages = {name: onnx_message(name) for name in ONNX_MESSAGES}
    return fields_file(
        "ONNXField", "Fields of the ONNX format's messages.", "the descriptors in onnx 1.23.2", messages,
        "UInt32")


def tensorflow_fields() -> str:
    messages = {
        name: tensorflow_message(file, name)
        for file, names in TENSORFLOW_MESSAGES.items() for name in names}
    return fields_file(
        "TensorFlowField", "Fields of TensorFlow's messages.", "the descriptors in tensorflow 2.21.0",
        messages, "UInt32")


FILES: dict[str, Callable[[], str]] = {
    "CONNXRuntime/include/onnx_functions.h": onnx_functions,
    "CONNXRuntime/include/onnx_constants.h": onnx_constants,
    "CTensorFlow/include/tensorflow_constants.h": tensorflow_constants,
    "Backends/LiteRT/Schema/TFLiteField.swift": tflite_fields_file,
    "Backends/LiteRT/Schema/TFLiteOperator.swift": tflite_operator,
    "Backends/LiteRT/Schema/TFLiteOptions.swift": tflite_options,
    "Backends/LiteRT/Schema/TFLiteOptions2.swift": tflite_newer_options,
    "Backends/LiteRT/Schema/TFLiteElement.swift": tflite_element,
    "Backends/ONNXRuntime/ONNXField.swift": onnx_fields,
    "Backends/TensorFlow/TensorFlowField.swift": tensorflow_fields,
}


def constants_file(source: str, enumerations: dict[str, dict[str, int]]) -> str:
    lines = [
        f"/* {REMARK.format(source=source)} */",
        "/* Enumerations of the library, by the names that its headers have. */",
        "#pragma once",
    ]
    for name, members in enumerations.items():
        numbers = (f"    {member} = {number}," for member, number in members.items())
        lines += ["", f"/* {name} */", "enum {", *numbers, "};"]
    return "\n".join(lines) + "\n"


def enumeration_file(name: str, summary: str, source: str, members: dict[str, int]) -> str:
    lines = [
        f"// {REMARK.format(source=source)}",
        "",
        f"/// {summary}",
        f"enum {name}: Int {{",
        *(f"    case {quoted(camel(member))} = {number}" for member, number in members.items()),
        "}",
    ]
    return "\n".join(lines) + "\n"


def fields_file(name: str, summary: str, source: str, tables: dict[str, dict[str, int]], kind: str) -> str:
    lines = [f"// {REMARK.format(source=source)}", "", f"/// {summary}", f"enum {name} {{"]
    for table, fields in tables.items():
        lines.append(f"    enum {table.rpartition('.')[2]} {{")
        for field, number in fields.items():
            lines.append(f"        static let {quoted(camel(field))}: {kind} = {number}")
        lines.append("    }")
    return "\n".join([*lines, "}"]) + "\n"


def camel(name: str) -> str:
    """A vendor's name as Swift writes it: CONV_2D is conv2D, ThenSubgraphIndex thenSubgraphIndex."""
    if name.isupper() or "_" in name:
        first, *others = name.lower().split("_")
        return first + "".join(part[:-1].title() + part[-1].upper() if part in ("2d", "3d") else part.title()
                               for part in others)
    beginning = re.match(r"[A-Z]+(?![a-z])|[A-Z]", name)
    return beginning[0].lower() + name[beginning.end():] if beginning else name


def quoted(name: str) -> str:
    """A name that Swift knows as a word of its own stands in backticks."""
    is_word = keyword.iskeyword(name) or name in ("default", "func", "where", "case", "switch", "var", "let")
    return f"`{name}`" if is_word else name
