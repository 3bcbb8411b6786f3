"""Starts redis-server with the module in the foreground: run.py [MODULE WORDS...].

`make run` calls it when everything is built, and sets PORT, REDIS_SERVER and REDIS_ARGS. Before, it looks at
what the folder of data holds: a server reads either its RDB file or its append-only file, as it is told, and
overwrites at its end what it has not read. Needs Python 3.9 or newer and its standard library only.
"""

from __future__ import annotations

import fcntl
import glob
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

# How deep files may include each other; the server itself knows no end.
DEEPEST = 16
# A word of the server's configuration is made of pieces in quotes and without.
SPACES = " \t\r\n\v\f"
PIECE = re.compile(r'''"(?:\\.|[^"\\])*"|'(?:\\'|[^'])*'|[^\s"']+''', re.DOTALL)
WORD = re.compile(rf"(?:{PIECE.pattern})+", re.DOTALL)
ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|.)", re.DOTALL)


class Refusal(Exception):
    """Why the server is not started, and what to do."""


class Settings(dict):
    """What the words of REDIS_ARGS set, each name with its last words; included files are read.

    The words are read as the server reads them. It changes its folder at each `dir`, and takes names of files
    from where it is.
    """

    def __init__(self, words: list[str], version: int):
        super().__init__()
        self.folder = pathlib.Path.cwd()
        self.takes_patterns = version >= 7
        lines: list[list[str]] = []
        for word in words:
            if word.startswith("--"):
                lines.append(split(word[2:], "REDIS_ARGS"))
            elif lines:
                lines[-1].append(word)
        for line in lines:
            self.take(line)

    def take(self, line: list[str], depth: int = 0) -> None:
        name, *values = line or [""]
        name = name.lower()
        if name == "include":
            for file in [file for value in values for file in self.files(value)]:
                self.read(file, depth)
            return
        self[name] = values
        if name == "dir" and values:
            self.folder = self.folder / values[0]

    def files(self, name: str) -> list[pathlib.Path]:
        """Those that a name means; a pattern may mean none."""
        place = self.folder / name
        if self.takes_patterns and any(letter in name for letter in "*?["):
            return [pathlib.Path(found) for found in sorted(glob.glob(str(place)))]
        return [place]

    def read(self, file: pathlib.Path, depth: int) -> None:
        if depth > DEEPEST:
            raise Refusal(f"{file} is included by files that include each other.")
        try:
            text = os.fsdecode(file.read_bytes())
        except OSError as error:
            raise Refusal(f"{file}, which REDIS_ARGS includes, cannot be read: {error.strerror}")
        for line in text.split("\n"):
            line = line.strip(" \t\r\n")
            if line and not line.startswith("#"):
                self.take(split(line, str(file)), depth + 1)

    def word(self, name: str, default: str) -> str:
        return (self.get(name) or [default])[0]


def split(line: str, place: str) -> list[str]:
    """The words of a line as the server takes them; else than in a shell, `#` is a letter like others."""
    words, rest = [], line.strip(SPACES)
    while rest:
        found = WORD.match(rest)
        if not found or (found.end() < len(rest) and rest[found.end()] not in SPACES):
            raise Refusal(f"{place} has a line in which a quote is not closed: {line}")
        words.append(PIECE.sub(plain, found.group()))
        rest = rest[found.end():].lstrip(SPACES)
    return words


def plain(piece: re.Match) -> str:
    """What a part of a word means, in quotes or without."""
    text = piece.group()
    if text.startswith('"'):
        return ESCAPE.sub(lambda found: letter(found.group(1)), text[1:-1])
    return text[1:-1].replace("\\'", "'") if text.startswith("'") else text


def letter(name: str) -> str:
    if len(name) == 3:
        return os.fsdecode(bytes.fromhex(name[1:]))
    return {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "a": "\a"}.get(name, name)


def main(module_words: list[str]) -> int:
    server, port = os.environ["REDIS_SERVER"], os.environ["PORT"]
    try:
        words = given_words()
        settings = Settings(words, version(server))
        folder = settings.folder if "dir" in settings else DATA
        folder.mkdir(parents=True, exist_ok=True)
        hold(folder)
        # The last `dir` counts: by a relative one before it, the server would go deeper each time.
        command = [server, "--bind", "127.0.0.1", "-::1", "--port", port, *words, "--dir", str(folder)]
        module = ["--loadmodule", str(MODULE), *module_words]
        more = persistence(server, folder, settings, lambda: append_only.convert(command, module))
    except (Refusal, append_only.ConversionError) as refusal:
        print(f"The server was not started. {refusal}", file=sys.stderr)
        return 1
    settings = Settings([*words, *more], version(server))
    print(TEXT.format(port=port, folder=folder, persistence=explanation(settings)), flush=True)
    # The server takes this process's place: signals reach it, and its exit code is this command's.
    os.execvp(server, [*command, *more, *module])


def given_words() -> list[str]:
    try:
        return shlex.split(os.environ.get("REDIS_ARGS", ""))
    except ValueError as error:
        raise Refusal(f"REDIS_ARGS cannot be read: {error}.")


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
    asked = settings.word("appendonly", "").lower()
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
        if "".join(settings.get("save", [])):
            raise Refusal(
                f"{saved} is newer than the append-only file, so it is not read, and the next `save` would "
                "overwrite it. Leave `save` out of REDIS_ARGS, or move the file away.")
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
    if settings.word("appendonly", "no").lower() == "yes":
        return APPENDS
    return SAVES if "".join(settings.get("save", ["3600"])) else KEEPS_NOTHING


def version(server: str) -> int:
    text = subprocess.run([server, "--version"], capture_output=True, text=True, check=True).stdout
    return int(re.search(r"v=(\d+)", text).group(1))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
