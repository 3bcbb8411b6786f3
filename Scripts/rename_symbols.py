"""Gives the names that TensorFlow's libraries share with others names of their own.

The libraries bring their own zlib, BoringSSL, curl and more and export those names, too. In a server, names
of the program and of the libraries that it needs come first: TensorFlow's zlib would then call the server's
`zcalloc`, which is another function, and write beyond its memory. So every plain C name that the libraries
define is renamed in them, except those of TensorFlow's own interface. The rule does not depend on the server
or on what else is installed. Needs Python 3.9 or newer, its standard library, and patchelf.
"""

from __future__ import annotations

import os
import pathlib
import re
import struct
import subprocess

# Names that stay: of C++, which bear what they belong to; of TensorFlow's interface; of the linker.
STAY = re.compile(r"_Z|TF|TSL_|descriptor_table_|__|_(init|fini)$|_?(edata|end)$|.*[^A-Za-z0-9_]")
PREFIX = "tf_"

SECTION_DYNSYM = 11
UNDEFINED = 0


def rename(patchelf: pathlib.Path, files: list[pathlib.Path]) -> int:
    """Renames in all files what one of them defines, each file at once; returns how many names there are."""
    names = sorted({name for file in files for name in defined_names(file) if not STAY.match(name)})
    table = files[0].with_name(".names.partial")
    table.write_text("".join(f"{name} {PREFIX}{name}\n" for name in names))
    for file in files:
        partial = file.with_name(f".{file.name}.renamed.partial")
        subprocess.run(
            [str(patchelf), "--rename-dynamic-symbols", str(table), "--output", str(partial), str(file)],
            check=True)
        partial.chmod(file.stat().st_mode & 0o777)
        os.replace(partial, file)
    table.unlink()
    return len(names)


def defined_names(file: pathlib.Path) -> set[str]:
    """The names that a 64-bit little-endian ELF library defines for others."""
    with open(file, "rb") as library:
        header = library.read(64)
        if header[:6] != b"\x7fELF\x02\x01":
            raise ValueError(f"{file} is not a library for a 64-bit machine")
        start, = struct.unpack_from("<Q", header, 40)
        size, count = struct.unpack_from("<HH", header, 58)
        library.seek(start)
        table = library.read(size * count)
        # Of each section: kind, place, length, and the section that belongs to it.
        sections = [
            (struct.unpack_from("<I", table, at + 4)[0], *struct.unpack_from("<QQI", table, at + 24))
            for at in range(0, len(table), size)]
        symbols = next(section for section in sections if section[0] == SECTION_DYNSYM)
        texts = sections[symbols[3]]
        library.seek(texts[1])
        text = library.read(texts[2])
        library.seek(symbols[1])
        entries = library.read(symbols[2])
    return {
        text[name:text.index(b"\0", name)].decode()
        for name, _, _, section, _, _ in struct.iter_unpack("<IBBHQQ", entries)
        if name and section != UNDEFINED}
