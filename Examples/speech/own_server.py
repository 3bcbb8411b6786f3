"""A redis-server with the module for as long as the example takes."""

import contextlib
import pathlib
import shutil
import subprocess
import tempfile
import time

import redis

START_LIMIT_SECONDS, STOP_LIMIT_SECONDS = 30, 30


@contextlib.contextmanager
def running(program, module, backends):
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
            "--loadmodule", str(module.absolute()), "BACKENDSPATH", str(backends.absolute())])
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
