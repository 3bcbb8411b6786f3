"""What the examples share: their options, and a redis-server with the module for as long as they take."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import redis

ROOT = pathlib.Path(__file__).resolve().parents[1]
START_LIMIT_SECONDS, STOP_LIMIT_SECONDS = 30, 30


def add_arguments(parser):
    """Adds the options that say which server is to be used, or which parts one is started from."""
    named = os.environ.get
    parser.add_argument("--url", help="a server that runs; without it one is started")
    parser.add_argument(
        "--server", default=named("REDIS_SERVER", "redis-server"), help="the program to start")
    parser.add_argument(
        "--module", type=pathlib.Path, default=named("REDISAI_MODULE", ROOT / "build/redisai.so"))
    parser.add_argument(
        "--backends", type=pathlib.Path, default=named("REDISAI_BACKENDS", ROOT / "build/backends"))


@contextlib.contextmanager
def connection(options, *words):
    """A client of the server that was named, or of one that lives as long as this.

    `words` are for the module of the latter.
    """
    if options.url is not None:
        with redis.Redis.from_url(options.url, protocol=2) as client:
            yield client
        return
    with running(options.server, options.module, options.backends, *words) as socket:
        with redis.Redis(unix_socket_path=str(socket), protocol=2) as client:
            yield client


@contextlib.contextmanager
def running(program, module, backends, *words):
    """Starts a server in a temporary folder, gives the path of its unix socket, and ends the server."""
    if shutil.which(program) is None:
        raise SystemExit(f"{program} is not installed; on Debian: apt-get install redis-server")
    if not module.exists():
        raise SystemExit(f"there is no module at {module}; type: make module")
    with tempfile.TemporaryDirectory() as folder:
        socket, log = pathlib.Path(folder) / "redis.sock", pathlib.Path(folder) / "redis.log"
        process = subprocess.Popen([
            program, "--port", "0", "--unixsocket", str(socket), "--dir", folder,
            "--logfile", str(log), "--save", "",
            "--loadmodule", str(module.absolute()), "BACKENDSPATH", str(backends.absolute()),
            *words])
        try:
            wait_for(socket, process, log)
            yield socket
        finally:
            process.terminate()
            process.wait(STOP_LIMIT_SECONDS)


def wait_for(socket, process, log):
    """Returns when the server answers."""
    deadline = time.monotonic() + START_LIMIT_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with redis.Redis(unix_socket_path=str(socket)) as client:
                client.ping()
                return
        except redis.exceptions.ConnectionError:
            time.sleep(0.02)
    raise SystemExit(f"the server did not start; its log says:\n{log.read_text() if log.exists() else ''}")
