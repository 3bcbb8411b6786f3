"""A process that ends by a signal leaves the server's report, and the report says what was being run."""

import ctypes
import fcntl
import os
import pathlib
import platform
import re
import signal

import pytest
from onnx_generators.running_time import slow_build

from support import paths, patience, tensorflow
from support.models import floats
from support.servers import RedisServer, wait_until
from support.threads import status_of_threads

SIGNALS = [signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGABRT, signal.SIGTRAP,
           signal.SIGSYS]
TGKILL = {"x86_64": 234, "aarch64": 131}[platform.machine()]
PRODUCTS = 5000  # of large matrices: minutes
BUSY = "backend=TORCH,device=CPU,tag=v1,key=busy"
# Without end, and without an allocation: what is hit within one cannot report (see the last test).
COUNT = """
def count(tensors: List[Tensor], keys: List[str], args: List[str]):
    number = 0
    while number >= 0:
        number = number + 1
    return tensors[0]
"""


@pytest.fixture(params=paths.SERVERS)
def doomed(request):
    """A server of each version, that the test may end."""
    server = RedisServer(binary=paths.SERVERS[request.param], settings=["crash-memcheck-enabled no"]).start()
    yield server
    server.remove()


def make_busy(server):
    """A connection whose run goes on for ever."""
    client = server.client()
    words = "TAG", "v1", "ENTRY_POINTS", 1, "count", "SOURCE", COUNT
    assert client.execute_command("AI.SCRIPTSTORE", "busy", "CPU", *words) == b"OK"
    floats(client, "x", 1)
    connection = server.wire()
    connection.send("AI.SCRIPTEXECUTE", "busy", "count", "INPUTS", 1, "x", "OUTPUTS", 1, "y")
    wait_until(lambda: is_busy(server), what="the run")
    return connection


def is_busy(server):
    """Whether a worker runs something."""
    told = server.client().execute_command("AI.STATS")
    [queue] = told[told.index(b"queues") + 1]
    return queue[queue.index(b"busy_workers") + 1] == 1


def worker(server):
    """The thread that runs things; for a moment there may be one more, which becomes the loader."""
    wait_until(lambda: len(threads(server, "ai:run/")) == 1, what="a single worker")
    return threads(server, "ai:run/")[0]


def threads(server, name):
    return [number for number, status in status_of_threads(server).items() if status["Name"].startswith(name)]


def processor_ticks(server, thread):
    """How long a thread has worked, in ticks of the system's clock."""
    text = pathlib.Path(f"/proc/{server.process.pid}/task/{thread}/stat").read_text()
    return int(text.rpartition(")")[2].split()[11])


def hit(server, thread, number):
    """Sends a signal to one thread, and returns when the process has ended by it."""
    result = ctypes.CDLL(None, use_errno=True).syscall(TGKILL, server.process.pid, thread, int(number))
    assert result == 0, ctypes.get_errno()
    server.ending = "killed"
    assert server.process.wait(timeout=patience.SECONDS) == -number


def end(server, thread, number):
    """The log of a server that a signal to one thread has ended."""
    hit(server, thread, number)
    log = server.log()
    assert f"crashed by signal: {int(number)}" in log
    return log


def activities(log):
    """What the report says of each thread that was at work, by its number."""
    return dict((int(number), text) for number, text in re.findall(r"ai_thread_(\d+):(\S+)", log))


@pytest.mark.parametrize("number", SIGNALS, ids=[each.name for each in SIGNALS])
def test_a_worker_ends_the_process_with_a_report(doomed, number):
    with make_busy(doomed):
        runner = worker(doomed)
        assert activities(end(doomed, runner, number)) == {runner: f"does=run,reports=yes,{BUSY}"}


def test_a_thread_of_a_runtime_ends_the_process_with_a_report(doomed):
    client = doomed.client()
    tensorflow.store(client, "tf", "mul", ["a", "b"], ["c"])
    with make_busy(doomed):
        runner = worker(doomed)
        # Those that the runtime has started have the name of the thread that opened it.
        vendors = threads(doomed, "ai:open/0")[-1]
        assert activities(end(doomed, vendors, signal.SIGSEGV)) == {runner: f"does=run,{BUSY}"}


def test_a_loader_ends_the_process_with_a_report(doomed):
    with doomed.wire() as connection:
        blob = slow_build(PRODUCTS).SerializeToString()
        connection.send("AI.MODELSTORE", "built", "ONNX", "CPU", "TAG", "v2", "BLOB", blob)
        wait_until(lambda: threads(doomed, "ai:load/0"), what="the building")
        [loader] = threads(doomed, "ai:load/0")
        # Beyond what it does before the runtime begins.
        wait_until(lambda: processor_ticks(doomed, loader) >= 10, what="the work on the model")
        told = activities(end(doomed, loader, signal.SIGSEGV))
        assert told == {loader: "does=build,reports=yes,backend=ONNX,device=CPU,tag=v2,key=built"}


def test_handlers_come_back_after_the_servers_own(doomed):
    """The server installs its own again when the setting changes."""
    if doomed.version < (7, 0):
        pytest.skip("this server does not tell of changed settings")
    client = doomed.client()
    client.config_set("crash-log-enabled", "no")
    client.config_set("crash-log-enabled", "yes")
    with make_busy(doomed):
        runner = worker(doomed)
        assert activities(end(doomed, runner, signal.SIGTRAP)) == {runner: f"does=run,reports=yes,{BUSY}"}


def test_a_report_that_does_not_end_ends_the_process(doomed):
    """Its log is a pipe that nobody reads."""
    pipe = doomed.folder / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    try:
        doomed.stop()
        doomed.settings.append(f"logfile {pipe}")
        doomed.start()
        os.read(reader, 2**20)
        fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 4096)
        hit(doomed, doomed.process.pid, signal.SIGSEGV)
        assert "the crash report does not go on" in doomed.log()
    finally:
        os.close(reader)
