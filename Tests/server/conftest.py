"""Fixtures of all server tests: one server for each file, one more for whoever asks for it."""

import contextlib
import pathlib
import sys

import pytest
import redis

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "Fixtures")]

pytest.register_assert_rewrite("support")
from support import flows, paths  # noqa: E402
from support.servers import RedisServer, served  # noqa: E402

LOG_LINES = 60


def pytest_report_header():
    """Says which client is tested, since there are two of them."""
    return f"redis-py {redis.__version__}"


def pytest_sessionstart(session):
    """Fails at once, and clearly, when what is to be tested is not there."""
    if session.config.option.collectonly:
        return
    for what in (paths.MODULE, paths.BACKENDS):
        if not what.exists():
            pytest.exit(f"{what} does not exist: type `make module backends` first", returncode=1)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Shows the end of each running server's log beside a failure."""
    report = yield
    if report.failed:
        for server in RedisServer.running:
            report.sections.append((f"log of {server.folder}", server.log_tail(LOG_LINES)))
    return report


@pytest.fixture(scope="module")
def file_server(request):
    """The server that the tests of one file share; the file's MODULE_WORDS are given to the module."""
    with served(RedisServer(words=getattr(request.module, "MODULE_WORDS", ()))) as server:
        yield server


@pytest.fixture
def server(file_server):
    """The file's server, emptied; it must be alive and well at the end of the test."""
    if not file_server.alive():
        file_server.log_path.unlink(missing_ok=True)
        file_server.start()
    file_server.client().flushall()
    yield file_server
    trouble = file_server.trouble()
    if trouble is not None:
        # The next test gets a fresh server and a fresh log: one crash is one failure.
        tail = file_server.log_tail(200)
        file_server.kill()
        file_server.log_path.unlink(missing_ok=True)
        pytest.fail(f"{trouble}\n{tail}")


@pytest.fixture
def client(server):
    """A RESP2 client of the file's server."""
    connected = server.client()
    yield connected
    connected.connection_pool.disconnect()


@pytest.fixture
def no_flows_left(client):
    """For files whose server has FLOWS: what a test has started and registered is gone at its end."""
    yield
    flows.clear(client)


@pytest.fixture
def client3(server):
    """A RESP3 client of the file's server."""
    connected = server.client(protocol=3)
    yield connected
    connected.connection_pool.disconnect()


@pytest.fixture
def wire(server):
    """A RESP2 connection to the file's server that shows replies as bytes."""
    with server.wire() as connection:
        yield connection


@pytest.fixture
def wire3(server):
    """A RESP3 connection to the file's server that shows replies as bytes."""
    with server.wire(protocol=3) as connection:
        yield connection


@pytest.fixture
def start_server():
    """Starts servers of the test's own; all must be well at its end, unless the test ended them itself."""
    with starting() as start:
        yield start


@pytest.fixture(scope="module")
def start_file_server():
    """The same for servers that the tests of one file share."""
    with starting() as start:
        yield start


@contextlib.contextmanager
def starting():
    started = []

    def start(**options):
        server = RedisServer(**options)
        started.append(server)
        return server.start()

    yield start
    for server in started:
        server.stop()
    troubles = [trouble for trouble in (server.trouble() for server in started) if trouble]
    for server in started:
        server.remove()
    assert troubles == []
