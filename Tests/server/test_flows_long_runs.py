"""Short forms of the long runs of flows, `make soak-flows`: what they find is never about speed."""

import os
import sys

import pytest

from support import paths

sys.path.append(str(paths.ROOT / "Benchmarks"))

import flow_evils  # noqa: E402
import flow_idle  # noqa: E402
import flow_kills  # noqa: E402
import flow_soak  # noqa: E402
from flow_server import FlowServer  # noqa: E402


class Options:
    """What the programs are told, as their command lines would."""

    server = paths.SERVER
    module = paths.MODULE
    backends = paths.BACKENDS
    python = "/usr/bin/python3"
    is_told = False

    def __init__(self, **more):
        self.__dict__ |= more


@pytest.mark.parametrize("victim", ["server", "python"])
def test_nothing_is_lost_when_a_process_is_killed(victim):
    assert flow_kills.kill(Options(victim=victim, rounds=8, servers=2, seed=os.getpid())) == []


@pytest.mark.parametrize("mode", ["async", "coroutine", "sync", "atomic"])
def test_evil_flows_do_no_harm_to_others(mode):
    """The server lives, and flows of others go on, beside each of them."""
    chosen = [evil for evil in flow_evils.evils() if evil.mode == mode]
    with FlowServer(Options()) as server, server.connect() as connection:
        connection.call("RG.PYEXECUTE", flow_evils.GOOD, "ID", "good")
        trial = flow_evils.Trial(server)
        for evil in chosen:
            assert trial.run(evil) is not None, evil
        assert trial.faults == []
        assert connection.call("RG.TRIGGER", "good", "new") == [b"1"]
        assert server.python() is not None


def test_all_that_flows_do_goes_on_at_the_same_time():
    assert flow_soak.problems(Options(), actions=30) == []


def test_each_reader_runs_beside_the_others():
    """What `flow_idle.py` measures."""
    with FlowServer(Options()) as server, server.connect() as connection:
        assert flow_idle.use(connection) == 10
        assert server.python() is not None
