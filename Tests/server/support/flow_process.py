"""The Python process of flows in tests, and servers with another one."""

import os
import pathlib
import signal

import pytest

from . import flows, guests
from .flows import failure, python_pid
from .servers import wait_until

RUN = "GB('PythonReader').run(lambda: iter([1]))"
ANSWERING = "GB('CommandReader').map(lambda r: 'answer').register(trigger='t')"


@pytest.fixture
def server(start_server):
    """A server of the test's own: after several short lives in a row Python is started with pauses."""
    return start_server(words=flows.WORDS)


@pytest.fixture
def started(start_server):
    """Starts a server whose flows run in a given program."""
    def start(python, *words, **options):
        server = start_server(words=(*guests.WORDS, "FLOWS_PYTHON", python, *words), **options)
        return server, server.client()
    return start


def kill(client):
    """Ends the Python process; returns its number when another one serves."""
    pid = python_pid(client)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: gone(pid), what="the end of the process")
    wait_until(lambda: failure(client, "pass") is None, what="another process")
    return pid


def states(pid):
    """What the threads of a process do, in the system's letters."""
    tasks = pathlib.Path(f"/proc/{pid}/task").iterdir()
    return {(task / "stat").read_text().rpartition(")")[2].split()[0] for task in tasks}


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False
