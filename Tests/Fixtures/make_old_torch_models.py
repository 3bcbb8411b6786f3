#!/usr/bin/env python3
"""Writes TorchScript archives as PyTorch did before 1.4, into `models/torch/old` beside this file.

Those versions cannot be installed any more, and newer ones only read such archives, so they are written by
hand, from what is known of the format: a zip file, nothing in it compressed, with a description in JSON,
source code, and the data of each tensor. The models are part of the repository; the tests never need this.
"""

import io
import json
import pathlib
import struct
import zipfile

FOLDER = pathlib.Path(__file__).resolve().parent / "models/torch/old"
TIME = (1980, 1, 1, 0, 0, 0)
ALIGNMENT = 64


def tensor(number, shape, requires_gradient=False):
    strides, step = [], 1
    for size in reversed(shape):
        strides.insert(0, str(step))
        step *= size
    return {
        "dims": [str(size) for size in shape], "offset": "0", "strides": strides,
        "requiresGrad": requires_gradient, "dataType": "FLOAT", "data": {"key": f"tensors/{number}"},
        "device": "cpu"}


def floats(*values):
    return struct.pack(f"<{len(values)}f", *values)


def archive(name, module, tensors, code, data):
    """An archive whose records begin at multiples of 64, as tensors in it must."""
    description = {
        "protoVersion": "1", "mainModule": module, "producerName": "pytorch", "producerVersion": "1.0",
        "tensors": tensors}
    records = {"version": b"1\n", "model.json": json.dumps(description).encode()}
    records.update({f"code/{path}": text.encode() for path, text in code.items()})
    records.update({f"tensors/{number}": content for number, content in enumerate(data)})
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as file:
        for path, content in records.items():
            info = zipfile.ZipInfo(f"{name}/{path}", TIME)
            begins = made.tell() + zipfile.sizeFileHeader + len(info.filename) + 4
            padding = -begins % ALIGNMENT
            info.extra = struct.pack("<2sH", b"FB", padding) + b"Z" * padding
            file.writestr(info, content)
    return made.getvalue()


def minimal():
    """c = a + b: nothing but a method."""
    code = "op_version_set = 0\ndef forward(self,\n    a: Tensor,\n    b: Tensor) -> Tensor:\n" \
           "  _0 = torch.add(a, b, alpha=1)\n  return _0\n"
    module = {"torchscriptArena": {"key": "code/minimal.py"}, "name": "minimal", "optimize": True}
    return archive("minimal", module, [], {"minimal.py": code}, [])


def layers():
    """Two layers in modules of their own, with weights, a buffer and a constant."""
    linear = "op_version_set = 0\ndef forward(self,\n    x: Tensor) -> Tensor:\n" \
             "  return torch.add(torch.matmul(x, torch.t(self.weight)), self.bias, alpha=1)\n"
    both = "op_version_set = 0\ndef forward(self,\n    x: Tensor) -> Tensor:\n" \
           "  _0 = torch.relu(self.first.forward(x))\n" \
           "  _1 = self.second.forward(torch.mul(_0, self.scale))\n" \
           "  return torch.add(_1, CONSTANTS.c5, alpha=1)\n"

    def layer(name, weight):
        return {
            "torchscriptArena": {"key": f"code/{name}.py"}, "name": name, "optimize": True,
            "parameters": [{"isBuffer": False, "tensorId": str(weight), "name": "weight"},
                           {"isBuffer": False, "tensorId": str(weight + 1), "name": "bias"}]}

    module = {
        "submodules": [layer("first", 0), layer("second", 2)], "torchscriptArena": {"key": "code/layers.py"},
        "parameters": [{"isBuffer": True, "tensorId": "4", "name": "scale"}], "name": "layers",
        "optimize": True}
    tensors = [tensor(0, [2, 3], True), tensor(1, [2], True), tensor(2, [1, 2], True), tensor(3, [1], True),
               tensor(4, [2]), tensor(5, [1])]
    data = [floats(1, 0, -1, 2, 1, 0), floats(0.5, -0.5), floats(1, 1), floats(1), floats(2, 3), floats(10)]
    return archive("layers", module, tensors, {
        "layers.py": both, "first.py": linear, "second.py": linear}, data)


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, make in (("minimal", minimal), ("layers", layers)):
        payload = make()
        (FOLDER / f"{name}.pt").write_bytes(payload)
        print(f"{len(payload):8} {name}.pt")


if __name__ == "__main__":
    main()
