"""Append-only files of redis-server: which there are, and how to make one of an RDB file."""

from __future__ import annotations

import pathlib
import socket
import subprocess
import tempfile
import time


class ConversionError(Exception):
    """Why no append-only file could be made, in full sentences."""


class Files:
    """The append-only files in a folder of data, in the layout of the server's version."""

    def __init__(self, folder: pathlib.Path, settings, version: int):
        name = settings.word("appendfilename", "appendonly.aof")
        single = folder / name
        several = folder / settings.word("appenddirname", "appendonlydir")
        has_several = (several / f"{name}.manifest").exists()
        # Redis 7 makes several of a single one that it finds.
        uses_several = version >= 7 and has_several
        # Whether there are some that the server would not see.
        self.of_newer = version < 7 and has_several
        self.place = several if uses_several else single
        files = list(several.iterdir()) if uses_several else [single] if single.exists() else []
        # When one of them was last written, in nanoseconds; 0 if there is none.
        self.newest = max((file.stat().st_mtime_ns for file in files), default=0)


class Client:
    """As little of a client as does: sends a line, and takes what comes as the whole reply."""

    def __init__(self, path: pathlib.Path):
        self.path = path

    def call(self, line: str) -> str:
        """The reply; empty if the server does not listen yet, or ends."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(self.path))
                connection.sendall(f"{line}\r\nQUIT\r\n".encode())
                return b"".join(iter(lambda: connection.recv(1 << 16), b"")).decode(errors="replace")
        except OSError:
            return ""


def convert(command: list[str], module: list[str]) -> None:
    """Has a server that nobody else can reach read the RDB file and write an append-only file.

    The RDB file stays as it is. A server that is ended on the way leaves no append-only file that counts.
    """
    with tempfile.TemporaryDirectory(prefix="redisai-") as folder, tempfile.TemporaryFile("w+") as log:
        path = pathlib.Path(folder) / "redis.sock"
        private = ["--port", "0", "--unixsocket", str(path), "--appendonly", "no", "--save", "",
                   "--requirepass", "", "--daemonize", "no", "--logfile", ""]
        server = subprocess.Popen([*command, *private, *module], stdout=log, stderr=log)
        client = Client(path)
        try:
            wait(server, lambda: is_ready(client.call("PING")))
            if not client.call("CONFIG SET appendonly yes").startswith("+OK"):
                raise ConversionError("The server refuses CONFIG SET appendonly yes.")
            wait(server, lambda: is_done(client.call("INFO persistence")))
            if client.call("SHUTDOWN NOSAVE").startswith("-"):
                raise ConversionError("The server refuses SHUTDOWN NOSAVE.")
            if server.wait() != 0:
                raise ConversionError("The server that makes an append-only file ends with an error.")
        except ConversionError as error:
            log.seek(0)
            lines = log.read().splitlines()[-10:]
            raise ConversionError("\n".join([f"{error} Its log ends with:", *lines])) from None
        finally:
            server.kill()
            server.wait()


def wait(server: subprocess.Popen, claim) -> None:
    """Asks again until the claim holds, as long as the server lives: it may have gigabytes to read."""
    while not claim():
        if server.poll() is not None:
            raise ConversionError("The server that makes an append-only file of the RDB file ends by itself.")
        time.sleep(0.05)


def is_ready(reply: str) -> bool:
    if reply.startswith(("-NOAUTH", "-NOPERM", "-DENIED")):
        raise ConversionError(
            "To make an append-only file of the RDB file, the server must let in who gives no password; the "
            "users that REDIS_ARGS sets (`user`, `aclfile`) forbid it. Leave them out once: make run "
            'REDIS_ARGS="--appendonly yes".')
    return reply.startswith("+PONG")


def is_done(report: str) -> bool:
    if report.startswith("-"):
        raise ConversionError("The server refuses INFO persistence.")
    fields = dict(line.split(":", 1) for line in report.splitlines() if ":" in line)
    if fields.get("aof_last_bgrewrite_status") == "err":
        raise ConversionError("The append-only file could not be written.")
    return fields.get("aof_rewrite_in_progress") == "0" and fields.get("aof_rewrite_scheduled") == "0"
