"""A server with AI flows for one of the long runs: how it is started, killed and looked at."""

import os
import pathlib
import signal
import subprocess
import time

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from server import Server, add_arguments

REPLY_LIMIT_SECONDS = 60
# Of errors, without the code that the client takes away.
PYTHON_ENDED = "the Python process of the flows has ended"
STARTING = "the Python process of the flows is starting"
NO_TRIGGER = "subcommand not found"


def add_flow_arguments(parser):
    """Adds the options that say which server, module and Python are to be used."""
    add_arguments(parser)
    parser.add_argument("--python", default="/usr/bin/python3", help="of the flows; default: %(default)s")


class FlowServer(Server):
    """A server with flows; `words` are more of the module's, `settings` more words of the command line."""

    def __init__(self, options, words=(), settings=()):
        words = ("FLOWS", "yes", "FLOWS_PYTHON", options.python, *map(str, words))
        super().__init__(
            options.server, options.module.absolute(), options.backends.absolute(), module_arguments=words)
        self.command += map(str, settings)

    def launch(self):
        """Starts the server and does not wait until it answers."""
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def keep_on(self, cores):
        """Only the server's own thread: a Python process that is started anew would have its place else."""
        os.sched_setaffinity(self.process.pid, cores)

    def kill(self):
        """Ends the server as a power cut would."""
        self.process.kill()
        self.process.wait()

    def client(self):
        """A client that waits for its replies for longer than it would by itself."""
        return redis.Redis(
            unix_socket_path=str(self.socket), protocol=2, socket_timeout=REPLY_LIMIT_SECONDS,
            retry=Retry(NoBackoff(), 0))

    def connect(self):
        """A connection that sends each command once."""
        return Connection(self.socket)

    def state(self):
        """What threads of the server and its children wait for, and what the log says of flows at its end."""
        lines = []
        for process in (self.process.pid, *children(self.process.pid)):
            words = read_all(f"/proc/{process}/cmdline").replace("\0", " ")
            lines.append(f"process {process}: {words[:100]}")
            for task in sorted(pathlib.Path(f"/proc/{process}/task").glob("*")):
                what = [read_all(task / name) for name in ("comm", "wchan", "syscall")]
                lines.append(f"  {task.name} {' '.join(what)}")
        log = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join([*lines, *[line for line in log if "flows" in line][-10:]])

    def python(self):
        """The number of the Python process; None if there is none."""
        return python_of(self.process.pid)


class Connection:
    """One connection; what is sent once is never sent again."""

    def __init__(self, path):
        self.connection = redis.UnixDomainSocketConnection(
            path=str(path), socket_timeout=REPLY_LIMIT_SECONDS, protocol=2, retry=Retry(NoBackoff(), 0))
        self.connection.connect()

    def call(self, *words):
        """The reply to a command.

        Raises redis.ResponseError; redis.TimeoutError if nothing comes for a minute; redis.ConnectionError.
        """
        self.connection.send_command(*words)
        return self.connection.read_response()

    def close(self):
        self.connection.disconnect()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def python_of(server):
    """The number of a server's Python process; None if there is none. Its forks for files are none."""
    for process in children(server):
        try:
            words = pathlib.Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"redisai_flows" in words:
            return process
    return None


def read_all(path):
    """The text of a file of the system; empty if it is gone, or nothing to be seen."""
    try:
        return pathlib.Path(path).read_text(errors="replace").strip()
    except OSError:
        return ""


def children(process):
    """The numbers of all processes that the threads of a process have made."""
    found = []
    for path in pathlib.Path(f"/proc/{process}/task").glob("*/children"):
        try:
            found += map(int, path.read_text().split())
        except OSError:
            continue
    return found


def end(process):
    """Ends a process at once, if it is still there."""
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        pass


def pairs(reply):
    """A flat array of names and values as a dict."""
    return {name.decode(): value for name, value in zip(reply[::2], reply[1::2])}


def registrations(connection):
    """What RG.DUMPREGISTRATIONS says, by ID: the reader, and what belongs to it."""
    found = {}
    for entry in map(pairs, connection.call("RG.DUMPREGISTRATIONS")):
        data = pairs(entry["RegistrationData"])
        data["args"] = pairs(data["args"])
        found[entry["id"].decode()] = (entry["reader"].decode(), data)
    return found


def is_soon(claim, seconds=REPLY_LIMIT_SECONDS):
    """Whether a claim comes true within so many seconds."""
    deadline = time.monotonic() + seconds
    while not claim():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
