"""Says what is installed and where, and what to type for what is not: `make doctor`.

Ends with exit code 1 only if something is missing that make cannot bring by itself.
Needs Python 3.9 or newer and its standard library only.
"""

from __future__ import annotations

import os
import pathlib
import platform
import shutil
import subprocess
import sys

import fetch
from parts import BACKEND_NAMES, PARTS
from probe import PROBES

BUILD = fetch.BUILD


def main() -> int:
    print(f"machine: {platform.machine()}, {operating_system()}")
    results = [swift(), python()]
    redis_server()
    python_folder()
    module()
    for part in PARTS:
        if part.group == "tools":
            continue  # They come with what needs them.
        state = f"{fetch.described(part)} in {fetch.shown(BUILD / part.folder)}"
        if fetch.is_current(part):
            mark, finding = probed(part)
            tell(mark, part.name, state + finding)
        else:
            tell("--", part.name, f"not fetched; type `make {part.group}`")
    for name in BACKEND_NAMES:
        if all(part.name != name for part in PARTS):
            tell("--", name, "not available yet in this version")
    program("espeak-ng", "used by `make example-speech`, which installs it")
    return 0 if all(results) else 1


def probed(part) -> tuple[str, str]:
    """Whether a runtime's library is of use on this machine, and what it says; other parts are just there."""
    if part.group != "backends" or part.name not in PROBES:
        return "ok", ""
    library = BUILD / part.folder / f"{pathlib.Path(part.folder).name}.so"
    is_right, said = asked("probe.py", part.name, str(library))
    if not is_right:
        return "!!", f"; {said}. Type `make clean backends`"
    if not (BUILD / "redisai.so").exists() or server_path() is None:
        return "ok", f"; {said}; for the self-test type `make tools module doctor`"
    passed, reason = asked("selftest.py", part.name)
    if not passed:
        return "!!", f"; {said}; self-test failed: {reason}. Type `make clean backends module doctor`"
    return "ok", f"; {said}; self-test passed: multiplies in redis-server"


def asked(script: str, *arguments: str) -> tuple[bool, str]:
    """Runs a script of this folder: whether it ended well, and what it said."""
    command = [sys.executable, str(pathlib.Path(__file__).with_name(script)), *arguments]
    environment = {**os.environ, "ORT_DISABLE_TELEMETRY": "1"}
    try:
        result = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=120, env=environment)
    except subprocess.TimeoutExpired:
        return False, "does not answer"
    return result.returncode == 0, result.stdout.strip() or f"ends with code {result.returncode}"


def swift() -> bool:
    path = shutil.which(os.environ.get("SWIFT", "swift"))
    if path is None:
        tell("!!", "swift", "not found; install Swift 6.3 or newer (swift.org/install)")
        return False
    tell("ok", "swift", f"{first_line([path, '--version'])} ({path})")
    return True


def python() -> bool:
    version = platform.python_version()
    if sys.version_info < (3, 9):
        tell("!!", "python", f"{version} is too old; name 3.9 or newer: make PYTHON=/path/to/python3 ...")
        return False
    tests = "" if sys.version_info >= (3, 10) else "; the tests need 3.10 or newer"
    tell("ok", "python", f"{version} ({sys.executable}){tests}")
    return True


def server_path() -> str | None:
    return shutil.which(os.environ.get("REDIS_SERVER", "redis-server"))


def redis_server() -> None:
    name = os.environ.get("REDIS_SERVER", "redis-server")
    program(name, "`make run` installs it, or type `sudo apt-get install redis-server`")


def program(name: str, advice: str) -> None:
    path = shutil.which(name)
    if path is None:
        tell("--", name, f"not installed; {advice}")
    else:
        tell("ok", name, f"{first_line([path, '--version'])} ({path})")


def python_folder() -> None:
    folder = BUILD / "python"
    if (folder / ".packages-ready").exists() and (BUILD / "redis-py-5" / ".made").exists():
        tell("ok", "python folder", f"{fetch.shown(folder)}, with test tools and clients")
    elif (folder / ".made").exists():
        tell("--", "python folder", f"{fetch.shown(folder)}, not all packages; for tests type `make python`")
    else:
        tell("--", "python folder", "not made; type `make python`")


def module() -> None:
    path = BUILD / "redisai.so"
    if not path.exists():
        tell("--", "module", "not built; type `make module`")
    elif newest_source() > path.stat().st_mtime:
        tell("--", "module", f"{fetch.shown(path)} is older than the sources; type `make module`")
    else:
        tell("ok", "module", fetch.shown(path))


def newest_source() -> float:
    """When a source last changed; a folder changes when a file in it appears or goes."""
    root = BUILD.parent
    sources = [root / "Package.swift", *(root / "Sources").rglob("*")]
    return max((path.stat().st_mtime for path in sources if path.exists()), default=0)


def operating_system() -> str:
    """The system's own name for itself, as os-release has it."""
    try:
        lines = pathlib.Path("/etc/os-release").read_text().splitlines()
    except OSError:
        return platform.platform()
    names = [line.split("=", 1)[1].strip('"') for line in lines if line.startswith("PRETTY_NAME=")]
    return names[0] if names else platform.platform()


def first_line(command: list[str]) -> str:
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"does not start: {error}"
    lines = (result.stdout or result.stderr).strip().splitlines()
    return lines[0] if lines else f"exit code {result.returncode}"


def tell(mark: str, name: str, text: str) -> None:
    print(f"  {mark}  {name:<15} {text}")


if __name__ == "__main__":
    sys.exit(main())
