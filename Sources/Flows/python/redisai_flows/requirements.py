"""The requirements of a session: looked for, or fetched if the server's settings allow that.

`python -m redisai_flows.requirements FOLDER REQUIREMENT ... MESSAGES SIDE` fetches them and does nothing
else, so that this can be a process of its own, which may reach the network while flows may not. It starts no
other program, so only wheels are installed; nothing of a package runs.
"""

import importlib.metadata
import operator
import os
import re
import runpy
import sys
import tempfile

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*([^;]*)")
_CONDITION = re.compile(r"\s*(~=|===?|!=|<=|>=|<|>)\s*([A-Za-z0-9.*+!_-]+)\s*$")
_COMPARE = {"==": operator.eq, "===": operator.eq, "!=": operator.ne, "<=": operator.le, ">=": operator.ge,
            "<": operator.lt, ">": operator.gt}
# What pip takes as a version; some systems' packages have others.
_VERSION = re.compile(r"\d+(\.\d+)*((a|b|rc)\d+)?(\.post\d+)?(\.dev\d+)?")


class Unsatisfied(Exception):
    """A requirement that is not there; its text is for the log."""


def check(requirements):
    """Raises `Unsatisfied` if a requirement, as pip writes it, is not installed in the version it wants."""
    for requirement in requirements:
        match = _REQUIREMENT.match(requirement)
        if match is None:
            raise Unsatisfied(f"{requirement!r} is no requirement that is understood here")
        name, conditions = match.groups()
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            raise Unsatisfied(f"{name} is not installed") from None
        for condition in filter(None, conditions.strip(" ()").split(",")):
            if not _holds(version, condition):
                raise Unsatisfied(f"{name} is installed in version {version}, {requirement!r} is wanted")


def _holds(version, condition):
    match = _CONDITION.match(condition)
    if match is None:
        raise Unsatisfied(f"{condition.strip()!r} is no condition that is understood here")
    sign, wanted = match.groups()
    if sign in ("==", "!=") and wanted.endswith(".*"):
        parts = _parts(wanted[:-2])
        return (_parts(version)[:len(parts)] == parts) == (sign == "==")
    have, want = _parts(version), _parts(wanted)
    if sign == "~=":
        return have >= want and have[:len(want) - 1] == want[:-1]
    length = max(len(have), len(want))
    return _COMPARE[sign](have + (0,) * (length - len(have)), want + (0,) * (length - len(want)))


def _parts(version):
    """The numbers of a version: `1.2.3rc1` is (1, 2, 3), as the release that it comes before."""
    found = re.match(r"v?(\d+(?:\.\d+)*)", version)
    return tuple(map(int, found.group(1).split("."))) if found else (0,)


# Fetching

def install(requirements, folder):
    """Has pip put requirements into a folder, and ends this process with pip's status."""
    _change_files_without_names()
    sys.argv = ["pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--no-cache-dir",
                "--only-binary=:all:", "--progress-bar=off", "--root-user-action=ignore",
                "--constraint", _constraints(), "--target", folder, "--", *requirements]
    try:
        runpy.run_module("pip", run_name="__main__", alter_sys=True)
    except ImportError as error:
        sys.exit(f"this Python has no pip that works: {error}")


def _constraints():
    """A file that holds pip to the versions of what is installed for all: that is imported first."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False) as file:
        for package in importlib.metadata.distributions():
            name = package.metadata["Name"]
            if name and _VERSION.fullmatch(package.version):
                file.write(f"{name}=={package.version}\n")
    return file.name


def _change_files_without_names():
    """Modes and times of files are changed by open files: the sandbox refuses it by names."""
    named_chmod = os.chmod

    def chmod(path, mode, **words):
        if isinstance(path, int):
            return named_chmod(path, mode)
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            os.fchmod(file, mode)
        finally:
            os.close(file)

    os.chmod = chmod
    os.utime = lambda *arguments, **words: None


def main():
    folder, *wanted = sys.argv[1:-2]
    if not _is_there(wanted):
        install(wanted, folder)


def _is_there(requirements):
    try:
        check(requirements)
    except Unsatisfied:
        return False
    return True


if __name__ == "__main__":
    main()
