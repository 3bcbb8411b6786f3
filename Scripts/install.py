"""Lays the module, its runtimes and its header where they belong, or removes them: install.py [uninstall].

`make install` and `make uninstall` call it and set PREFIX, SYSCONFDIR, DESTDIR, BACKENDS and FLOWS. All but
the header lies in a folder of our own below PREFIX/lib/redis/modules, from which Debian's service may run
programs; it is replaced as a whole, so a server that runs keeps the files that it has open. Needs Python 3.9
or newer and its standard library only.
"""

from __future__ import annotations

import os
import pathlib
import re
import shlex
import shutil
import sys

import fetch

MODULE = fetch.BUILD / "redisai.so"
HEADER = fetch.BUILD / "include/redisai.h"
# The Python side of AI flows.
FLOWS = fetch.BUILD / "flows"
SERVICES = ("redis-server.service", "redis-server@.service")
# Where Debian's service lets code come from, and what it hides.
PROGRAM_FOLDERS = [pathlib.Path(name) for name in ("/usr/lib", "/lib")]
HIDDEN_FOLDERS = [pathlib.Path(name) for name in ("/home", "/root", "/run/user")]

# What would need quotes in redis.conf.
UNQUOTED = re.compile(r"""[\s"'\\\x00-\x1f]""")

FRAGMENT = """
# redisai: models and scripts as values (installed by `make install` of the module).
# These lines belong into redis.conf itself. An `include` of this file does not do: CONFIG REWRITE, which
# Sentinel uses too, writes `loadmodule` into redis.conf, and a server that reads it twice does not start.
loadmodule {module}{words}
"""
DROP_IN = """# Debian's service lets few programs and libraries run, and few calls be made.
[Service]
"""
# The module and its runtimes lie in another folder than those that the service allows.
EXEC_PATHS = "ExecPaths={path}\n"
# Flows run in a Python process, which takes rights from itself.
FLOWS_CALLS = "SystemCallFilter=@sandbox\n"


class Places:
    """Where things go; `staged` gives the same below DESTDIR, for whoever makes a package."""

    def __init__(self):
        self.root = os.environ.get("DESTDIR", "")
        prefix = pathlib.Path(os.environ["PREFIX"])
        settings = pathlib.Path(os.environ["SYSCONFDIR"])
        if not prefix.is_absolute() or not settings.is_absolute():
            raise fetch.PartError("PREFIX and SYSCONFDIR are absolute paths")
        if UNQUOTED.search(str(prefix)):
            raise fetch.PartError(
                f"PREFIX has a blank, a quote or a backslash: {prefix}. The server's CONFIG REWRITE, which "
                "Sentinel uses, writes `loadmodule` without quotes, and the server would not start again.")
        self.folder = prefix / "lib/redis/modules/redisai"
        self.module = self.folder / "redisai.so"
        # For who builds other modules that call this one.
        self.header = prefix / "include/redisai.h"
        self.fragment = settings / "redis/redisai.conf"
        self.configuration = settings / "redis/redis.conf"
        self.drop_ins = [settings / f"systemd/system/{name}.d/redisai.conf" for name in SERVICES]
        # The Python of flows; None without them.
        self.python = self.found_python() if os.environ.get("FLOWS") == "yes" else None

    @staticmethod
    def found_python() -> pathlib.Path:
        """The program itself, since links to it need not be allowed to run."""
        name = os.environ.get("FLOWS_PYTHON") or "python3"
        found = shutil.which(name, path="/usr/local/bin:/usr/bin:/bin")
        if found is None:
            raise fetch.PartError(f"{name} is not found, which flows need: install it, or set FLOWS_PYTHON")
        return pathlib.Path(found).resolve()

    @property
    def lines_for_services(self) -> str:
        """What the services must be told; nothing if they allow all that is needed."""
        lines = "" if self.is_below(PROGRAM_FOLDERS) else EXEC_PATHS.format(path=service_path(self.folder))
        if self.python is not None:
            lines += EXEC_PATHS.format(path=service_path(self.python)) + FLOWS_CALLS
        return lines

    def staged(self, place: pathlib.Path) -> pathlib.Path:
        return pathlib.Path(f"{self.root}{place}")

    def is_below(self, folders: list[pathlib.Path]) -> bool:
        return any(folder in self.folder.parents for folder in folders)


def main(words: list[str]) -> int:
    try:
        places = Places()
        uninstall(places) if words == ["uninstall"] else install(places)
    except fetch.PartError as error:
        print(f"install: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"install: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def install(places: Places) -> None:
    runtimes = [runtime(part) for part in fetch.chosen_parts("backends", os.environ["BACKENDS"].split())]
    if not MODULE.exists() or not HEADER.exists() or not FLOWS.exists():
        raise fetch.PartError("the module is not built; type `make module` first, not as root")
    folder = places.staged(places.folder)
    fresh, old = (folder.with_name(f".redisai.{word}") for word in ("new", "old"))
    for left in (fresh, old):
        shutil.rmtree(left, ignore_errors=True)
    make_folder(fresh / "backends")
    copy(MODULE, fresh / MODULE.name, 0o755)  # redis-server refuses a module that is not executable.
    for source in runtimes:
        copy_runtime(source, fresh / "backends" / source.name)
    for source in sorted([*FLOWS.rglob("*.py"), *FLOWS.rglob("*.so")]):
        target = fresh / "flows" / source.relative_to(FLOWS)
        make_folder(target.parent)
        copy(source, target)
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
    write(places.staged(places.header), HEADER.read_text())
    words = f" FLOWS yes FLOWS_PYTHON {places.python}" if places.python is not None else ""
    write(places.staged(places.fragment), FRAGMENT.format(module=places.module, words=words))
    lines = places.lines_for_services
    for drop_in in places.drop_ins:
        if lines:
            write(places.staged(drop_in), DROP_IN + lines)
        else:
            remove(places.staged(drop_in))
    explain(places, [source.name for source in runtimes])


def runtime(part) -> pathlib.Path:
    """The folder of a runtime, which must have been fetched."""
    folder = fetch.BUILD / part.folder
    if not (fetch.is_current(part) or (part.wheel(fetch.MACHINE) is None and folder.exists())):
        raise fetch.PartError(
            f'{part.name} is not there, or is old; type `make backends BACKENDS="..."` first, not as root')
    return folder


def make_folder(folder: pathlib.Path) -> None:
    """Makes a folder and those above it that are missing, for everybody to read, whatever the umask."""
    for each in [folder, *folder.parents][::-1]:
        if not each.exists():
            each.mkdir()
            each.chmod(0o755)


def copy(source: pathlib.Path, target: pathlib.Path, mode: int = 0o644) -> None:
    shutil.copyfile(source, target)
    target.chmod(mode)


def copy_runtime(source: pathlib.Path, target: pathlib.Path) -> None:
    make_folder(target)
    for file in sorted(source.iterdir()):
        if file.name.startswith("."):
            continue  # What `make backends` remembers.
        if file.is_symlink():
            (target / file.name).symlink_to(os.readlink(file))
        else:
            copy(file, target / file.name)


def write(place: pathlib.Path, text: str) -> None:
    make_folder(place.parent)
    place.unlink(missing_ok=True)
    place.write_text(text)
    place.chmod(0o644)


def service_path(place: pathlib.Path) -> str:
    """A path without blanks or quotes as systemd reads it: a % begins a specifier there."""
    return str(place).replace("%", "%%")


def remove(place: pathlib.Path) -> None:
    """Removes a file of ours, and its folder if nothing else is in it."""
    place.unlink(missing_ok=True)
    try:
        place.parent.rmdir()
    except OSError:
        pass  # Not there, or of others too.


def explain(places: Places, runtimes: list[str]) -> None:
    print(f"==> {places.folder} has the module and {', '.join(runtimes)}")
    if places.is_below(HIDDEN_FOLDERS):
        print("    Debian's service hides that folder (ProtectHome): choose a PREFIX elsewhere for it.")
    print("To load it, append the lines to the server's configuration, once, and restart the server:")
    line = f"cat {shlex.quote(str(places.fragment))} >> {shlex.quote(str(places.configuration))}"
    print(f"    sudo sh -c {shlex.quote(line)}")
    if places.lines_for_services:
        print("    sudo systemctl daemon-reload")
    print("    sudo systemctl restart redis-server")


def uninstall(places: Places) -> None:
    folder = places.staged(places.folder)
    if folder.exists():
        shutil.rmtree(folder)
    for place in (places.header, places.fragment, *places.drop_ins):
        remove(places.staged(place))
    print(f"==> {places.folder} is removed. A server loads it until its line is taken out of redis.conf:")
    pattern = re.sub(r"([][*^$|])", r"\\\1", str(places.module))
    line = shlex.quote(f"\\|^loadmodule {pattern}|d")
    print(f"    sudo sed -i {line} {shlex.quote(str(places.configuration))}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
