"""Fixtures of the tests of the Python side of flows; no server is needed."""

import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
# As `make build/flows/.made` lays it.
PACKAGE = HERE.parents[1] / "build" / "flows"
sys.path[:0] = [str(HERE), str(PACKAGE)]

from ends import Ends  # noqa: E402
from gate import Gate  # noqa: E402
from standin import StandIn  # noqa: E402


@pytest.fixture(scope="module")
def file_flows():
    """One Python process for all tests of a file."""
    stand_in = StandIn(PACKAGE)
    yield stand_in
    stand_in.stop()


@pytest.fixture
def flows(file_flows):
    """The file's process, which still lives at the end of the test; keys and notes are empty."""
    file_flows.forget()
    yield file_flows
    assert file_flows.is_alive(), file_flows.output()


@pytest.fixture
def own_flows():
    """A process of the test's own, which may be ended."""
    stand_in = StandIn(PACKAGE)
    yield stand_in
    stand_in.stop()


@pytest.fixture
def gate(tmp_path):
    """What holds a flow; it opens at the end of the test at the latest."""
    made = Gate(tmp_path)
    yield made
    if not made.is_open:
        made.open()


@pytest.fixture
def ends():
    """Both ends of a channel in this process."""
    made = Ends()
    yield made
    made.stop()
