"""Real redis-servers for the tests: each in a folder of its own, ended by the test that started it."""

import atexit
import contextlib
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import redis

from . import clients, paths, patience, wire

# Of a crash report, in characters: the signal and the stacks of the threads.
REPORT_LENGTH = 8000
CRASH_MARKS = ("BUG REPORT START", "crashed by signal", "ASSERTION FAILED", "Guru Meditation")


class RedisServer:
    """One redis-server with the module loaded.

    Clients reach it through a unix socket. `tcp` also opens a free port on 127.0.0.1, which replicas need.
    `settings` are lines of the configuration; `words` are given to the module; `backends` is its folder of
    runtimes. With `module` off, the server is a plain one. `launcher` are words before the server's own,
    in which `{folder}` is its folder; that belongs to the user `owner`, if one is named. `environment`
    replaces the usual variables.

    A run may take an hour unless the words say otherwise or `patient` is off, so that no run is stopped
    because the machine is busy.
    """

    running = set()

    def __init__(self, binary=None, settings=(), words=(), backends=None, tcp=False, module=True,
                 patient=True, launcher=(), owner=None, environment=None):
        self.binary = str(binary or paths.SERVER)
        self.settings = list(settings)
        self.words = list(words)
        self.backends = paths.BACKENDS if backends is None else backends
        self.tcp = tcp
        self.module = module
        self.patient = patient
        self.launcher = list(map(str, launcher))
        self.owner = owner
        self.environment = environment
        self.port = 0
        # A short name: the path of a unix socket may have 107 bytes at most.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="redisai-"))
        self.process = None
        # How the test ended the process: "asked" to end, "killed", or not at all.
        self.ending = None
        # Connections that stay until the server ends.
        self.kept = []

    # Life

    def start(self):
        """Starts the server and returns it when it answers PING."""
        for _ in range(5):
            self.port = free_port() if self.tcp else 0
            if self.launch():
                return self
            if "Address already in use" not in self.log_tail():
                break
        raise RuntimeError(f"{self.binary} did not start:\n{self.log_tail()}")

    def launch(self):
        """Starts the process once and says whether it came to answer."""
        self.write_configuration()
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        for place in [self.folder, *self.folder.rglob("*")] if self.owner else []:
            shutil.chown(place, self.owner)
        launcher = [word.format(folder=self.folder) for word in self.launcher]
        environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "LC_ALL": "C"}
        if self.environment is not None:
            environment = self.environment
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*launcher, self.binary, str(self.folder / "redis.conf")], cwd=self.folder,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=environment)
        self.ending = None
        RedisServer.running.add(self)
        deadline = time.monotonic() + patience.SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            if self.answers():
                return True
            time.sleep(0.01)
        self.kill()
        return False

    def answers(self):
        """Whether the server answers PING and has its data set loaded."""
        try:
            with wire.Wire(self.socket_path) as connection:
                return connection.call("PING") == b"+PONG\r\n"
        except OSError:
            return False

    def write_configuration(self):
        """Writes redis.conf: nothing is shared with any other server of this machine."""
        lines = [
            "bind 127.0.0.1", f"port {self.port}", "protected-mode no", "daemonize no", 'save ""',
            f"dir {self.folder}", f"unixsocket {self.socket_path}", "repl-diskless-sync-delay 0",
            "repl-ping-replica-period 1", "repl-timeout 3600",
            # With the default the server writes up to two seconds late while the disk is busy.
            "appendfsync always",
        ]
        if self.version >= (7, 0):
            lines += ["enable-debug-command yes", "enable-module-command yes"]
        if self.module:
            words = ["BACKENDSPATH", str(self.backends), *map(str, self.words)]
            if self.patient and "MODEL_EXECUTION_TIMEOUT" not in words:
                words[2:2] = ["MODEL_EXECUTION_TIMEOUT", str(patience.AN_HOUR)]
            # Gates are scripts that call the server, which this one would not let them.
            if self.version < (7, 0) and self.patient and "ALLOW_UNCHECKED_SCRIPTS" not in words:
                words += ["ALLOW_UNCHECKED_SCRIPTS", "yes"]
            lines.append(" ".join(["loadmodule", str(paths.MODULE), *words]))
        text = "\n".join([*lines, *self.settings]) + "\n"
        (self.folder / "redis.conf").write_text(text)

    def stop(self):
        """Ends the server without saving anything."""
        if self.alive():
            self.ending = "asked"
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=patience.SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        RedisServer.running.discard(self)
        self.close_kept()

    def close_kept(self):
        for connection in self.kept:
            connection.close()
        self.kept = []

    def wait_for_end(self):
        """The status with which the process ends, of its own accord or because it was asked to."""
        return self.process.wait(timeout=patience.SECONDS)

    def kill(self):
        """Ends the server at once, as a power cut would."""
        self.ending = "killed"
        self.process.kill()
        self.process.wait()
        self.close_kept()

    def restart(self, save=True):
        """Ends the server, after SAVE if asked to, and starts it again in the same folder."""
        if save:
            self.client().save()
        self.kill()
        return self.start()

    def remove(self):
        """Ends the server and deletes its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    # Health

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def trouble(self):
        """What is wrong with the server, or None: how it ended, or a crash report in its log."""
        if self.process is not None and not self.alive():
            status = self.process.returncode
            if self.ending is None:
                return f"the server ended by itself with status {status}"
            if self.ending == "asked" and status != 0:
                return f"the server ended with status {status} when it was asked to"
        log = self.log()
        begin = min((log.index(mark) for mark in CRASH_MARKS if mark in log), default=None)
        return None if begin is None else f"the server's log says:\n{log[begin:begin + REPORT_LENGTH]}"

    @property
    def log_path(self):
        return self.folder / "server.log"

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def log_tail(self, lines=60):
        return "\n".join(self.log().splitlines()[-lines:])

    # Ways in

    @property
    def socket_path(self):
        return self.folder / "redis.sock"

    def client(self, database=0, protocol=2):
        return clients.connect(self.socket_path, database, protocol)

    def wire(self, protocol=2):
        return wire.Wire(self.socket_path, protocol)

    def read_all(self):
        """Returns when the server has read all that was sent to it before.

        It reads from all connections in each turn of its loop, in any order, so the second PING is read in a
        later turn than what came before the first.
        """
        with self.wire() as connection:
            for _ in range(2):
                assert connection.call("PING") == b"+PONG\r\n"

    def info(self, section="everything"):
        """The fields of INFO as text."""
        with self.wire() as connection:
            return connection.call("INFO", section).partition(b"\r\n")[2].decode()

    def field(self, section, name):
        """One field of INFO as text, or None if it is not there."""
        found = re.search(rf"^{re.escape(name)}:(.*?)\r?$", self.info(section), re.MULTILINE)
        return found.group(1) if found else None

    def wait_for_aof(self):
        """Returns when no rewrite of the AOF is under way or to come; one INFO tells both, as one follows."""
        none = {"aof_rewrite_in_progress:0", "aof_rewrite_scheduled:0"}
        wait_until(lambda: none <= set(self.info("persistence").split()), what="the rewritten AOF")

    @property
    def version(self):
        """The server's version, as (major, minor)."""
        found = re.search(r"v=(\d+)\.(\d+)", self.version_text)
        return int(found.group(1)), int(found.group(2))

    @property
    def product(self):
        """What the server is: redis or valkey."""
        return self.version_text.split()[0].lower()

    @property
    def version_text(self):
        return subprocess.run([self.binary, "--version"], capture_output=True, text=True, check=True).stdout


@contextlib.contextmanager
def served(server):
    """A server that tests share, from its start to its end, which is without trouble."""
    server.start()
    yield server
    server.stop()
    trouble = server.trouble()
    server.remove()
    assert trouble is None, trouble


@atexit.register
def end_what_is_left():
    """Ends the servers of an interrupted run."""
    for server in list(RedisServer.running):
        if server.alive():
            server.kill()


def free_port():
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(claim, what="the expected state"):
    """Asks again until the claim holds; fails after a time which no passing test comes near."""
    deadline = time.monotonic() + patience.SECONDS
    while time.monotonic() < deadline:
        try:
            if claim():
                return
        except redis.ConnectionError:
            pass
        time.sleep(0.01)
    raise AssertionError(f"{what} was not reached in {patience.SECONDS} s")
