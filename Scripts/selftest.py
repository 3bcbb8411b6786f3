"""Has a redis-server with the module multiply by one runtime: `selftest.py NAME`, for instance `onnx`.

Prints what is wrong in one line and ends with 1, or prints nothing. The server listens on a socket in a
temporary folder and ends with this program. Needs Python 3.9 or newer and its standard library only.
"""

from __future__ import annotations

import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODELS = ROOT / "Tests/Fixtures/models"
START_LIMIT_SECONDS, REPLY_LIMIT_SECONDS = 20, 60

# The name in BACKENDS -> the name on the wire, the model of a product, and what TensorFlow wants to be told.
PRODUCTS = {
    "onnx": ("ONNX", "mul_2x2.onnx", ()),
    "tf": ("TF", "tensorflow/mul.pb", ("INPUTS", "2", "a", "b", "OUTPUTS", "1", "c")),
    "tflite": ("TFLITE", "tflite/mul_2x2.tflite", ()),
    "torch": ("TORCH", "torch/mul_2x2.pt", ()),
}
EXPECTED = b"*4\r\n$1\r\n2\r\n$1\r\n6\r\n$2\r\n12\r\n$2\r\n20\r\n"


class Trouble(Exception):
    """What is wrong, in one line."""


class Client:
    """As little of a client as does: sends words, and takes what comes as the whole reply."""

    def __init__(self, path: pathlib.Path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(REPLY_LIMIT_SECONDS)
        self.socket.connect(str(path))

    def call(self, *words: str | bytes, expected: bytes = b"+OK\r\n") -> None:
        parts = [word if isinstance(word, bytes) else word.encode() for word in words]
        self.socket.sendall(
            b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
        reply = b""
        while not reply.endswith(b"\r\n") or (len(reply) < len(expected) and expected.startswith(reply)):
            more = self.socket.recv(1 << 16)
            if not more:
                raise Trouble("the server ends")
            reply += more
        if reply != expected:
            raise Trouble(f"{words[0]} answers {reply.decode(errors='replace').strip()}")


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in PRODUCTS:
        print(f"usage: selftest.py {'|'.join(PRODUCTS)}", file=sys.stderr)
        return 2
    try:
        with tempfile.TemporaryDirectory(prefix="redisai-selftest-") as folder:
            run(arguments[0], pathlib.Path(folder))
    except (OSError, Trouble) as error:
        print(error)
        return 1
    return 0


def run(name: str, folder: pathlib.Path) -> None:
    path = folder / "redis.sock"
    command = [
        os.environ.get("REDIS_SERVER", "redis-server"), "--port", "0", "--unixsocket", str(path),
        "--dir", str(folder), "--save", "", "--logfile", str(folder / "log"),
        "--loadmodule", str(ROOT / "build/redisai.so"), "BACKENDSPATH", str(ROOT / "build/backends")]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        multiply(connected(server, path), *PRODUCTS[name])
    finally:
        server.terminate()
        server.wait(START_LIMIT_SECONDS)


def connected(server: subprocess.Popen, path: pathlib.Path) -> Client:
    deadline = time.monotonic() + START_LIMIT_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            return Client(path)
        except OSError:
            time.sleep(0.02)
    raise Trouble("redis-server does not start with the module")


def multiply(client: Client, backend: str, file: str, names: tuple[str, ...]) -> None:
    """[[1, 2], [3, 4]] times [[2, 3], [4, 5]], element by element."""
    client.call("AI.MODELSTORE", "m", backend, "CPU", *names, "BLOB", (MODELS / file).read_bytes())
    client.call(*"AI.TENSORSET a FLOAT 2 2 VALUES 1 2 3 4".split())
    client.call(*"AI.TENSORSET b FLOAT 2 2 VALUES 2 3 4 5".split())
    client.call(*"AI.MODELEXECUTE m INPUTS 2 a b OUTPUTS 1 c".split())
    client.call(*"AI.TENSORGET c VALUES".split(), expected=EXPECTED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
