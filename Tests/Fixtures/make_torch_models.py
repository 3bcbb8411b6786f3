"""Makes the TorchScript models in Tests/Fixtures/models/torch: `python3 make_torch_models.py`.

Needs what `make backends BACKENDS=torch` has brought, libtorch's headers included. The program that makes the
models is compiled with the compiler of the bridge. Archives hold no time, so the same program makes the same
bytes.
"""

from __future__ import annotations

import pathlib
import subprocess
import sys
import tempfile
import zipfile

FIXTURES = pathlib.Path(__file__).resolve().parent
ROOT = FIXTURES.parent.parent
sys.path.insert(0, str(ROOT / "Scripts"))

import torch_bridge  # noqa: E402

# Those whose records the tests change.
STORED = ("linear", "keeps_its_input", "sum_difference", "reads_a_file_when_loaded")


def main() -> None:
    models = FIXTURES / "models" / "torch"
    models.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder) / "make_models"
        compile_program(FIXTURES / "torch_generators" / "make_models.cpp", program)
        output_of(program, str(models))
    (models / "stored").mkdir(exist_ok=True)
    for name in STORED:
        store(models / f"{name}.pt", models / "stored" / f"{name}.pt")


def compile_program(source: pathlib.Path, program: pathlib.Path) -> None:
    libraries = ROOT / "build" / "backends" / "redisai_torch"
    headers = next((ROOT / "build" / "torch-headers").glob("*/torch/include"))
    command = [torch_bridge.found_compiler(), "-std=c++20", "-O0", "-o", str(program), str(source)]
    command += ["-isystem", str(headers), "-isystem", str(headers / "torch/csrc/api/include")]
    command += [f"-L{libraries}", "-ltorch_cpu", "-lc10", f"-Wl,-rpath,{libraries}"]
    command += [f"-Wl,-rpath-link,{libraries}"]
    subprocess.run(command, check=True)


def output_of(program: pathlib.Path, *arguments: str) -> str:
    return subprocess.run([str(program), *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def store(source: pathlib.Path, target: pathlib.Path) -> None:
    """Writes an archive again without compression, and without what only messages of errors need."""
    with zipfile.ZipFile(source) as reader, zipfile.ZipFile(target, "w") as writer:
        for name in reader.namelist():
            if not name.endswith(".debug_pkl"):
                writer.writestr(zipfile.ZipInfo(name), reader.read(name))


if __name__ == "__main__":
    main()
