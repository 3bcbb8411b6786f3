#!/usr/bin/env python3
"""Writes `onnx_operators.json`: all operators that ONNX Runtime knows, in all versions, as it says itself.

The file is part of the repository, so nobody needs this but after a change of the runtime's version:

    python3 -m venv /tmp/operators && /tmp/operators/bin/pip install onnxruntime==1.32.0
    /tmp/operators/bin/python Tests/fuzz/kinds/make_onnx_operators.py
"""

import json
import os
import pathlib
import re

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

from onnxruntime.capi import onnxruntime_pybind11_state as runtime  # noqa: E402

FILE = pathlib.Path(__file__).parent / "onnx_operators.json"
# What a description says of an attribute's texts: words in quotes or in capitals.
WORD = re.compile(r"['\"`]([A-Za-z][\w-]{0,23})[,.]?['\"`]|\b([A-Z][A-Z_0-9]{2,23})\b")


def parameters(listed):
    """The inputs or outputs: name of the type and s(ingle), o(ptional) or v(ariadic)."""
    return [[one.typeStr, one.option.name[0].lower()] for one in listed]


def attribute(one):
    words = sorted({first or second for first, second in WORD.findall(one.description)})
    kind = one.type.name
    return [kind, int(one.required), *([words] if words and kind in ("STRING", "STRINGS") else [])]


def operator(schema):
    types = {one.type_param_str: sorted(one.allowed_type_strs) for one in schema.type_constraints}
    return {
        "name": schema.name, "domain": schema.domain, "since": schema.since_version,
        "inputs": parameters(schema.inputs), "outputs": parameters(schema.outputs),
        "least": [schema.min_input, schema.min_output], "types": types,
        "attributes": {name: attribute(one) for name, one in sorted(schema.attributes.items())},
    }


def main():
    operators = [operator(schema) for schema in runtime.get_all_operator_schema()]
    operators.sort(key=lambda one: (one["domain"], one["name"], one["since"]))
    # Lists of types are long and few: each is given once.
    lists = sorted({json.dumps(types) for one in operators for types in one["types"].values()})
    for one in operators:
        one["types"] = {name: lists.index(json.dumps(types)) for name, types in one["types"].items()}
    lines = [json.dumps(one, separators=(",", ":")) for one in operators]
    text = '{"lists":[\n' + ",\n".join(lists) + '\n],"operators":[\n' + ",\n".join(lines) + "\n]}\n"
    FILE.write_text(text)
    print(f"{len(operators)} operators, {len(text)} bytes")


if __name__ == "__main__":
    main()
