"""Builds `redisai_torch.so`, our C face of libtorch, beside the libraries that the wheel brings.

libtorch speaks C++ only, so the bridge is compiled on the machine, against the headers of the same wheel.
They are unpacked below build/ once, and needed for this alone. The official libraries ask for two of CUDA's,
which a machine without a GPU lacks; empty ones of the same names take their place. Needs Python 3.9 or
newer and its standard library only.
"""

from __future__ import annotations

import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import zipfile
from typing import Iterable

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = ROOT / "Sources" / "CTorchBridge"
BRIDGE = "redisai_torch.so"
STAMP = ".bridge"
HEADERS = "torch/include/"

FLAGS = ("-std=c++20", "-O2", "-fPIC", "-fvisibility=hidden", "-fvisibility-inlines-hidden", "-pthread")
# For clang++ alone: g++ 12 warns of what it misreads in libtorch's headers.
WARNINGS = ("-Wall", "-Wextra")

# What libtorch_cpu.so asks for and never calls without a GPU.
STUBBED = ("libcudart.so", "libcupti.so")


class BuildError(Exception):
    """What went wrong with the build, and what to do about it."""


def is_current(folder: pathlib.Path) -> bool:
    """Whether the bridge in a folder was made from the sources as they are."""
    try:
        return (folder / STAMP).read_text() == fingerprint() and (folder / BRIDGE).exists()
    except OSError:
        return False


def build(folder: pathlib.Path, archive: pathlib.Path) -> None:
    """Makes the bridge in the folder that has libtorch's libraries; the archive has their headers."""
    (folder / STAMP).unlink(missing_ok=True)
    headers = unpacked_headers(archive)
    compiler = found_compiler()
    make_stubs(folder, compiler)
    print(f"torch: compiling the bridge with {compiler}, which takes about a minute", flush=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".partial-") as partial:
        bridge = pathlib.Path(partial) / BRIDGE
        unit = pathlib.Path(partial) / "bridge.cpp"
        # libtorch's headers take longer than all of our code: they are read once.
        unit.write_text("".join(f'#include "{path}"\n' for path in units()))
        warnings = WARNINGS if compiler.endswith("clang++") else ("-w",)
        command = [compiler, *FLAGS, *warnings, "-shared", "-o", str(bridge), str(unit)]
        command += [f"-I{SOURCES / 'include'}", f"-I{SOURCES / 'library'}"]
        command += ["-isystem", str(headers), "-isystem", str(headers / "torch/csrc/api/include")]
        command += [f"-L{folder}", "-ltorch_cpu", "-lc10", "-ldl"]
        command += [f"-Wl,-rpath-link,{folder}", "-Wl,-rpath,$ORIGIN", "-Wl,-z,now", "-Wl,--no-undefined"]
        command += [f"-Wl,--version-script={SOURCES / 'library' / 'exports.map'}"]
        run(command, "the bridge to libtorch could not be compiled")
        os.replace(bridge, folder / BRIDGE)
    (folder / STAMP).write_text(fingerprint())


def units() -> list[pathlib.Path]:
    return sorted((SOURCES / "library").glob("*.cpp"))


def fingerprint() -> str:
    """What the bridge depends on, apart from the wheel."""
    digest = hashlib.sha256()
    files = [path for path in SOURCES.rglob("*") if path.is_file()]
    for path in sorted([*files, pathlib.Path(__file__)]):
        digest.update(f"{path.name} {path.stat().st_size}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def unpacked_headers(archive: pathlib.Path) -> pathlib.Path:
    """The folder with the wheel's headers, unpacked now if it is not there."""
    folder = ROOT / "build" / "torch-headers" / archive.stem
    if folder.exists():
        return folder / HEADERS
    print("torch: unpacking the headers", flush=True)
    partial = folder.with_suffix(".partial")
    for leftover in (folder.parent, partial):
        shutil.rmtree(leftover, ignore_errors=True)
    with zipfile.ZipFile(archive) as wheel:
        wheel.extractall(partial, [name for name in wheel.namelist() if name.startswith(HEADERS)])
    os.replace(partial, folder)
    return folder / HEADERS


def found_compiler() -> str:
    """Swift's own clang++ if it can make C++ programs here, else g++, installed if need be."""
    swift = shutil.which(os.environ.get("SWIFT", "swift"))
    beside = pathlib.Path(swift).resolve().parent / "clang++" if swift else None
    if beside and beside.exists() and works(str(beside)):
        return str(beside)
    run([str(ROOT / "Scripts" / "need.sh"), "g++"], "a C++ compiler is needed for the bridge to libtorch")
    if not works("g++"):
        raise BuildError("torch: neither Swift's clang++ nor g++ compiles C++20 here; update one of them")
    return "g++"


def works(compiler: str) -> bool:
    program = "#include <concepts>\n#include <string>\nint main() { return std::string().size(); }\n"
    command = [compiler, "-std=c++20", "-x", "c++", "-", "-o", "/dev/null"]
    result = subprocess.run(command, input=program, capture_output=True, text=True, check=False)
    return result.returncode == 0


def make_stubs(folder: pathlib.Path, compiler: str) -> None:
    """Lays empty libraries beside libtorch for those of CUDA, unless somebody has laid a GPU's there."""
    if (folder / "libtorch_cuda.so").exists():
        return
    wanted = {}
    for name, library in undefined_names(folder / "libtorch_cpu.so", compiler):
        if library.startswith(STUBBED):
            wanted.setdefault(library, []).append(name)
    for library, names in sorted(wanted.items()):
        print(f"torch: making an empty {library}", flush=True)
        make_stub(folder, library, sorted(names), compiler)
    # Compiled models ask for it; it is only the sum of the CPU's and the GPU's libraries.
    make_stub(folder, "libtorch.so", [], compiler)


def make_stub(folder: pathlib.Path, library: str, names: Iterable[str], compiler: str) -> None:
    """A library whose functions all return 999, which is CUDA's "unknown error"."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=".partial-") as partial:
        source = pathlib.Path(partial) / "stub.cpp"
        versions = pathlib.Path(partial) / "stub.map"
        source.write_text("".join(f'extern "C" int {name}() {{ return 999; }}\n' for name in names))
        versions.write_text(f"{library} {{ global: *; }};\n")
        made = pathlib.Path(partial) / library
        command = [compiler, "-shared", "-fPIC", "-nostdlib", "-o", str(made), str(source)]
        command += [f"-Wl,-soname,{library}", f"-Wl,--version-script={versions}"]
        run(command, f"the empty {library} could not be made")
        os.replace(made, folder / library)


def undefined_names(library: pathlib.Path, compiler: str) -> list[tuple[str, str]]:
    """What a library takes from others: name and version node."""
    nm = pathlib.Path(compiler).parent / "llvm-nm"
    command = [str(nm) if nm.exists() else "nm", "-D", "--undefined-only", str(library)]
    words = run(command, f"the names that {library.name} needs could not be read").split()
    found = [re.fullmatch(r"(\w+)@+([\w.]+)", word) for word in words]
    return [(match[1], match[2]) for match in found if match]


def run(command: list[str], failure: str) -> str:
    """What a command prints; its own messages stand above a failure."""
    try:
        result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    except OSError as error:
        raise BuildError(f"torch: {failure}: {command[0]}: {error.strerror}") from error
    if result.returncode != 0:
        raise BuildError(f"torch: {failure}; the reason stands above")
    return result.stdout
