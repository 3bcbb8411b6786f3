"""A short run of each kind of random cases; `make fuzz` does long ones, see Tests/fuzz/README.md."""

import sys
import time

import pytest

from support.paths import ROOT

sys.path.append(str(ROOT / "Tests" / "fuzz"))

import flow_cases  # noqa: E402
import kinds  # noqa: E402
from frame.campaign import Campaign  # noqa: E402
from frame.case import Case, Stream  # noqa: E402
from frame.replies import Replies, WrongReply  # noqa: E402
from frame.sending import Trouble, send  # noqa: E402
from kinds import samples  # noqa: E402

SEED = 1


@pytest.mark.parametrize("name", kinds.NAMES)
def test_random_cases_do_no_harm(name, tmp_path):
    kind = kinds.kind(name)
    done = number = 0
    # How long a PING waits is for `make fuzz` to say: a test must not depend on the machine.
    with Campaign(tmp_path, first=list(samples.first_commands()), judges_pings=False) as campaign:
        while done < kind.SHORT:
            case = kind.case(SEED, number)
            campaign.run(case)
            done += kind.count(case)
            number += 1
    assert [str(finding) for finding in campaign.findings.all] == []
    assert campaign.result.restarts == 0


@pytest.mark.parametrize("name", kinds.NAMES)
def test_a_case_is_the_same_each_time(name, tmp_path):
    kind = kinds.kind(name)
    first, second = kind.case(3, 5), kind.case(3, 5)
    assert first == second
    assert first != kind.case(3, 6)
    first.save(tmp_path / "case.json")
    loaded = first.load(tmp_path / "case.json")
    loaded.save(tmp_path / "again.json")
    assert (tmp_path / "case.json").read_bytes() == (tmp_path / "again.json").read_bytes()


def test_the_end_of_a_server_is_found_and_the_next_case_has_another(tmp_path):
    death, life = fixed(["DEBUG", "SEGFAULT"]), fixed(["PING"])
    with Campaign(tmp_path, judges_pings=False) as campaign:
        finding = campaign.run(death)
        assert finding.kind == "death"
        assert campaign.run(life) is None
    assert campaign.result.restarts == 1
    assert finding.path.exists() and finding.path.with_suffix(".log").exists()


def test_a_case_that_gets_fewer_replies_is_found(server):
    with pytest.raises(Trouble, match="replies") as caught:
        send(server.socket_path, fixed(["CLIENT", "REPLY", "SKIP"]), seconds=1)
    assert caught.value.kind == "hang"


def test_a_case_that_gets_more_replies_is_found(server):
    with pytest.raises(Trouble, match="2 replies to 3 commands|4 replies to 3 commands") as caught:
        send(server.socket_path, fixed(["SUBSCRIBE", "a", "b"]), seconds=1)
    assert caught.value.kind in ("replies", "hang")


class Reports:
    """Stands for the process that pings: says what it is told to say, a list each time it is asked."""

    def __init__(self, *said):
        self.said = list(said)

    def reports(self):
        return self.said.pop(0) if self.said else []

    def end(self):
        pass


@pytest.mark.parametrize("repeated, kinds_found", [(True, ["ping"]), (False, [])])
def test_a_ping_that_waits_is_found_if_it_waits_again(tmp_path, repeated, kinds_found):
    waiting = {"start": time.monotonic() + 3600, "waited": 0.6, "blocked": 0.5}
    with Campaign(tmp_path) as campaign:
        campaign.watch.end()
        campaign.watch = Reports([waiting], [waiting] if repeated else [])
        assert campaign.run(fixed(["PING"])) is None
        assert campaign.watch.said == []
        campaign.watch = Reports()
    assert [finding.kind for finding in campaign.findings.all] == kinds_found
    assert campaign.result.worst_ping == 0.5


@pytest.mark.parametrize("kind, count", [("records", 600), ("messages", 480)])
def test_what_is_said_of_flows_does_no_harm(kind, count):
    assert flow_cases.KINDS[kind](SEED, count) >= count


def test_what_is_said_of_flows_is_the_same_each_time():
    assert flow_cases.messages(1, 2) == flow_cases.messages(1, 2) != flow_cases.messages(1, 3)


def fixed(*commands):
    """A case of these commands."""
    return Case("fixed", 0, 0, [Stream([list(command) for command in commands])])


@pytest.mark.parametrize(
    "content, count",
    [(b"+OK\r\n", 1), (b"$3\r\nabc\r\n:1\r\n", 2), (b"*2\r\n*1\r\n:1\r\n$-1\r\n_\r\n", 2),
     (b"*0\r\n*-1\r\n", 2), (b"%1\r\n+a\r\n*2\r\n:1\r\n:2\r\n,1.5\r\n", 2), (b"$5\r\na\r\nbc\r\n", 1)])
def test_replies_are_counted_however_they_are_cut(content, count):
    for step in range(1, len(content) + 1):
        replies = Replies()
        for place in range(0, len(content), step):
            replies.feed(content[place:place + step])
        assert (replies.count, replies.pending) == (count, b"")


@pytest.mark.parametrize("content", [b"x\r\n", b"$2\r\nabc\r\n", b"*x\r\n"])
def test_what_is_no_reply_is_found(content):
    with pytest.raises(WrongReply):
        Replies().feed(content)
