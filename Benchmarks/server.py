"""A redis-server for one benchmark: a unix socket in a temporary folder, nothing written to disk."""

import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

import redis

ROOT = pathlib.Path(__file__).resolve().parents[1]
START_LIMIT_SECONDS = 30
STOP_LIMIT_SECONDS = 30


def add_arguments(parser):
    """Adds the options that say which server and which module are to be measured."""
    named = os.environ.get
    parser.add_argument(
        "--server", default=named("REDIS_SERVER", "redis-server"), help="the server program: %(default)s")
    parser.add_argument(
        "--module", type=pathlib.Path, default=named("REDISAI_MODULE", ROOT / "build/redisai.so"),
        help="default: build/redisai.so")
    parser.add_argument(
        "--backends", type=pathlib.Path, default=named("REDISAI_BACKENDS", ROOT / "build/backends"),
        help="default: build/backends")


class Server:
    """A running server; use it in a `with` statement, which also stops it.

    `module=None` starts the plain server, to compare with.
    """

    def __init__(self, server="redis-server", module=None, backends=None, module_arguments=()):
        self.program = shutil.which(server)
        if self.program is None:
            raise SystemExit(f"{server} is not installed; on Debian: apt-get install redis-server")
        if module is not None and not module.exists():
            raise SystemExit(f"there is no module at {module}; type: make module")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="redisai-bench-"))
        self.socket = self.folder / "redis.sock"
        self.log = self.folder / "redis.log"
        self.command = [
            self.program, "--port", "0", "--unixsocket", str(self.socket), "--dir", str(self.folder),
            "--logfile", str(self.log), "--save", "", "--appendonly", "no", "--daemonize", "no"]
        if module is not None:
            self.command += ["--loadmodule", str(module), "BACKENDSPATH", str(backends), *module_arguments]
        self.process = None

    @classmethod
    def from_options(cls, options, **more):
        """The server with the module, as the command line named them."""
        return cls(options.server, options.module.absolute(), options.backends.absolute(), **more)

    def listen(self):
        """Has the server listen on a free port of the loopback address too; before it is started."""
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        self.command += ["--port", str(port), "--bind", "127.0.0.1"]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + START_LIMIT_SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                log = self.log_tail()
                self.stop()
                raise SystemExit(f"the server did not start; its log ends with:\n{log}")
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        self.stop()

    def answers(self):
        try:
            with self.client() as client:
                return client.ping()
        except redis.exceptions.ConnectionError:
            return False

    def client(self):
        """A new client that takes bytes and gives bytes."""
        return redis.Redis(unix_socket_path=str(self.socket), protocol=2)

    def log_tail(self, lines=40):
        if not self.log.exists():
            return "(no log)"
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_LIMIT_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder)

    def threads(self):
        """The ids of all threads of the server."""
        return [int(name) for name in os.listdir(f"/proc/{self.process.pid}/task")]

    def keep_on(self, cores):
        """Lets all present threads of the server, and all that they start later, run on these cores only."""
        for thread in self.threads():
            try:
                os.sched_setaffinity(thread, cores)
            except ProcessLookupError:
                continue  # The thread ended in between.


def cpu_seconds(client):
    """The processor time that all threads of the server have used so far."""
    cpu = client.info("cpu")
    return cpu["used_cpu_user"] + cpu["used_cpu_sys"]
