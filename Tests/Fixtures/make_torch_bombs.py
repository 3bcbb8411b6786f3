#!/usr/bin/env python3
"""Writes TorchScript archives whose values lie about lengths, into `models/torch/bombs` beside this file.

Each is `mul_2x2.pt` with other bytes in one record. The models are part of the repository; the tests never
need this.
"""

import pathlib
import struct
import zipfile

MODELS = pathlib.Path(__file__).resolve().parent / "models/torch"
TIME = (1980, 1, 1, 0, 0, 0)


def behind_protocol(values, inserted):
    """A pickle with more right behind its first two bytes, which say its protocol."""
    return values[:2] + inserted + values[2:]


def long_text(values):
    return behind_protocol(values, b"X" + struct.pack("<I", 2**32 - 1) + b"text")


def far_place(values):
    """`None` kept at the last place of the memory for values: all before it are made."""
    return behind_protocol(values, b"Nr" + struct.pack("<I", 2**32 - 1) + b"0")


def far_place_often(values):
    """Each place alone is smaller; together they are none the better."""
    return behind_protocol(values, b"".join(b"Nr" + struct.pack("<I", 2**28 * n) for n in range(1, 12)))


def long_number(values):
    return behind_protocol(values, b"\x8b" + struct.pack("<I", 2**31 - 1) + b"1")


def cut_in_a_length(values):
    return values[:2] + b"X\xff\xff"


def unknown_code(values):
    return behind_protocol(values, b"\xfe")


BOMBS = {
    "long_text": long_text, "far_place": far_place, "far_place_often": far_place_often,
    "long_number": long_number, "cut_in_a_length": cut_in_a_length, "unknown_code": unknown_code,
}


def main():
    folder = MODELS / "bombs"
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(MODELS / "mul_2x2.pt") as archive:
        records = {name: archive.read(name) for name in archive.namelist()}
    for record in ("data", "constants"):
        for name, damage in BOMBS.items():
            path = folder / f"{name}_in_{record}.pt"
            with zipfile.ZipFile(path, "w") as archive:
                for other, content in records.items():
                    content = damage(content) if other == f"mul_2x2/{record}.pkl" else content
                    archive.writestr(zipfile.ZipInfo(other, TIME), content)
            print(f"{path.stat().st_size:8} {path.relative_to(MODELS)}")


if __name__ == "__main__":
    main()
