"""Makes the AOTInductor packages in Tests/Fixtures/models/torch: `python make_torch_packages.py`.

Needs Python with the package torch 2.15.0, g++ and strip, on x86-64. The code is made for any processor of
that architecture. A package's library is stripped, and what only its makers need is left out, so that it
stays small.
"""

from __future__ import annotations

import pathlib
import platform
import subprocess
import tempfile
import zipfile

import torch

FOLDER = pathlib.Path(__file__).resolve().parent / "models" / "torch"

OPTIONS = {
    "cpp.simdlen": 1, "cpp.threads": 1, "cpp.march": "x86-64", "freezing": False,
    "aot_inductor.compile_wrapper_opt_level": "O1",
}


class Scaled(torch.nn.Module):
    """y = a * b + 1."""

    def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return a * b + 1


class SumDifference(torch.nn.Module):
    """Two outputs of two inputs."""

    def forward(self, a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return a + b, a - b


class Doubling(torch.nn.Module):
    """Writes to its input."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x.mul_(2)
        return x + 0


def exported(module: torch.nn.Module, names: tuple[str, ...]) -> torch.export.ExportedProgram:
    """The module for FLOAT [rows, 2] of any number of rows."""
    rows = torch.export.Dim("rows", min=0)
    inputs = tuple(torch.ones(3, 2) for _ in names)
    # Else the exporter takes one row, and none, for cases of their own, and the model refuses them.
    with torch.fx.experimental._config.patch(backed_size_oblivious=True):
        return torch.export.export(module, inputs, dynamic_shapes={name: {0: rows} for name in names})


def make(name: str, module: torch.nn.Module, *inputs: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = pathlib.Path(folder) / f"{name}.pt2"
        program = exported(module, inputs)
        with torch.fx.experimental._config.patch(backed_size_oblivious=True):
            torch._inductor.aoti_compile_and_package(
                program, package_path=str(made), inductor_configs=OPTIONS)
        shrink(made, FOLDER / f"{name}.pt2", pathlib.Path(folder))


def shrink(source: pathlib.Path, target: pathlib.Path, folder: pathlib.Path) -> None:
    """Writes a package again, compressed, with its library stripped and without source code."""
    with zipfile.ZipFile(source) as reader, zipfile.ZipFile(target, "w") as writer:
        for name in reader.namelist():
            if name.endswith((".cpp", "kernel_metadata.json")):
                continue
            content = reader.read(name)
            if name.endswith(".so"):
                library = folder / "library.so"
                library.write_bytes(content)
                subprocess.run(["strip", "--strip-all", str(library)], check=True)
                content = library.read_bytes()
            # Without a time of its own.
            writer.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, 9)


def main() -> None:
    if platform.machine() != "x86_64":
        raise SystemExit("these packages hold code for x86-64 and are made there")
    make("package_scaled", Scaled(), "a", "b")
    make("package_sum_difference", SumDifference(), "a", "b")
    make("package_writes_its_input", Doubling(), "x")
    torch.export.save(exported(Scaled(), ("a", "b")), str(FOLDER / "exported_program.pt2"))


if __name__ == "__main__":
    main()
