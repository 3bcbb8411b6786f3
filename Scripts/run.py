"""Starts redis-server with the module in the foreground: run.py [MODULE WORDS...].

`make run` calls it when everything is built, and sets PORT, REDIS_SERVER and REDIS_ARGS. Before, it looks at
what the folder of data holds: a server reads either its RDB file or its append-only file, as it is told, and
overwrites at its end what it has not read. Needs Python 3.9 or newer and its standard library only.
"""

from __future__ import annotations

import fcntl
import os
import pathlib
import re
import shlex
import subprocess
import sys

import append_only

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODULE = ROOT / "build/redisai.so"
DATA = ROOT / "build/data"
TEXT = """
The server runs here on port {port} until Ctrl-C; its data is kept in {folder}.
{persistence} From another terminal:
  1. connect:          redis-cli -p {port}
  2. store a tensor:   AI.TENSORSET a FLOAT 2 2 VALUES 1 2 3 4
  3. read it back:     AI.TENSORGET a VALUES     (README.md goes on from here to a first model)
"""
SAVES = """A killed server loses what came after its last save;
with REDIS_ARGS="--appendonly yes" it loses a second at most."""
APPENDS = "It is appended to a file as it comes: a killed server loses a second at most."
KEEPS_NOTHING = "NOTHING OF THIS RUN IS KEPT: it neither saves nor appends, as REDIS_ARGS says."


class Refusal(Exception):
    """Why the server is not started, and what to do."""


class Settings(dict):
    """What the words of REDIS_ARGS set, each name with its last words; included files are read."""

    def __init__(self, words: list[str]):
        super().__init__()
        begun = None
        for word in words:
            if word.startswith("--"):
                self.include(begun)
                begun = word[2:].lower()
                self[begun] = []
            elif begun:
                self[begun].append(word)
        self.include(begun)

    def include(self, name: str | None) -> None:
        for file in self.pop(name, []) if name == "include" else []:
            try:
                lines = pathlib.Path(file).read_text().splitlines()
            except OSError as error:
                raise Refusal(f"{file}, which REDIS_ARGS includes, cannot be read: {error.strerror}")
            for line in lines:
                name, *values = shlex.split(line, comments=True) or [""]
                self[name.lower()] = values
                self.include(name.lower())

    def word(self, name: str, default: str) -> str:
        return (self.get(name) or [default])[0]


def main(module_words: list[str]) -> int:
    server, port = os.environ["REDIS_SERVER"], os.environ["PORT"]
    words = shlex.split(os.environ.get("REDIS_ARGS", ""))
    try:
        settings = Settings(words)
        folder = pathlib.Path(settings.word("dir", str(DATA))).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        hold(folder)
        command = [server, "--port", port, "--bind", "127.0.0.1", "-::1", "--dir", str(folder), *words]
        module = ["--loadmodule", str(MODULE), *module_words]
        more = persistence(server, folder, settings, lambda: append_only.convert(command, module))
    except (Refusal, append_only.ConversionError) as refusal:
        print(f"The server was not started. {refusal}", file=sys.stderr)
        return 1
    settings = Settings([*words, *more])
    print(TEXT.format(port=port, folder=folder, persistence=explanation(settings)), flush=True)
    # The server takes this process's place: signals reach it, and its exit code is this command's.
    os.execvp(server, [*command, *more, *module])


def hold(folder: pathlib.Path) -> None:
    """Keeps other servers of `make run` from the folder until the server ends, however that happens."""
    lock = os.open(folder / ".in-use", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Refusal(
            f"Another one runs on the data in {folder}, and each would overwrite what the other saves. End "
            'that one, or give this one a folder of its own: make run REDIS_ARGS="--dir /a/folder"')
    os.set_inheritable(lock, True)


def persistence(server: str, folder: pathlib.Path, settings: Settings, convert) -> list[str]:
    """Words that have the server read what the folder holds; converts it if that is asked for."""
    appends = append_only.Files(folder, settings, version(server))
    saved = folder / settings.word("dbfilename", "dump.rdb")
    asked = settings.word("appendonly", "")
    if appends.of_newer:
        raise Refusal(
            f"{folder} holds the append-only files of Redis 7 or newer, which {server} cannot read. Use "
            "the server that wrote them.")
    if asked == "no" and appends.newest:
        raise Refusal(
            f"{folder} holds an append-only file, which would not be read. To go on without it, type make "
            "run without `--appendonly no`, then in redis-cli: CONFIG SET appendonly no, and SAVE; end the "
            f"server and remove {appends.place}.")
    saved_at = saved.stat().st_mtime_ns if saved.exists() else 0
    if appends.newest and saved_at > appends.newest:
        if asked != "yes":
            raise Refusal(
                f"{saved} is newer than the append-only file beside it, and only one of them is read. To "
                'read the older one: make run REDIS_ARGS="--appendonly yes". To read the newer one, move '
                f"{appends.place} away.")
        print(f"==> {saved} is newer than the append-only file; it is not read, and stays as it is")
    if appends.newest and asked != "yes":
        print(f"==> {folder} holds an append-only file, so the server goes on with --appendonly yes")
    if asked == "yes" and not appends.newest and saved_at:
        print(f"==> making an append-only file of {saved}, which would not be read otherwise")
        convert()
    if asked != "yes" and not appends.newest:
        return []
    # What is not read is not overwritten.
    return ["--appendonly", "yes", *([] if "save" in settings else ["--save", ""])]


def explanation(settings: Settings) -> str:
    if settings.word("appendonly", "no") == "yes":
        return APPENDS
    return SAVES if "".join(settings.get("save", ["3600"])) else KEEPS_NOTHING


def version(server: str) -> int:
    text = subprocess.run([server, "--version"], capture_output=True, text=True, check=True).stdout
    return int(re.search(r"v=(\d+)", text).group(1))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
