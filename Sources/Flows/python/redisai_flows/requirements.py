"""The requirements of a session: found, or fetched if the server's settings allow that.

`python -m redisai_flows.requirements FOLDER REQUIREMENT ...` fetches them and does nothing else, so that this
can be a process of its own, which may reach the network while flows may not.
"""

import importlib
import importlib.metadata
import operator
import re
import subprocess
import sys

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*([^;]*)")
_CONDITION = re.compile(r"\s*(~=|===?|!=|<=|>=|<|>)\s*([A-Za-z0-9.*+!_-]+)\s*$")
_COMPARE = {"==": operator.eq, "===": operator.eq, "!=": operator.ne, "<=": operator.le, ">=": operator.ge,
            "<": operator.lt, ">": operator.gt}

# What installing may take, in seconds.
LONGEST_INSTALL = 600


class Unsatisfied(Exception):
    """A requirement that is not there; its text is for the log."""


def check(requirements, folder=None):
    """Raises `Unsatisfied` if a requirement, as pip writes it, is not installed in the version it wants.

    `folder`, if there is one, is searched as well, and from then on for modules.
    """
    if folder is not None and folder not in sys.path:
        sys.path.append(folder)
        importlib.invalidate_caches()
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


def install(requirements, folder):
    """Has pip put requirements into a folder. Raises `Unsatisfied`."""
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input",
               "--target", folder, "--", *requirements]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=LONGEST_INSTALL)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unsatisfied(f"pip could not be run: {error}") from None
    if done.returncode:
        words = done.stdout.decode(errors="replace").strip().splitlines()[-5:]
        raise Unsatisfied("pip says: " + " ".join(words))


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


def main():
    try:
        install(sys.argv[2:], sys.argv[1])
    except Unsatisfied as problem:
        sys.exit(str(problem))


if __name__ == "__main__":
    main()
