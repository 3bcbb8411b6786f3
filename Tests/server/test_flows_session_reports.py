"""Sessions: what is told of them, and how many there may be."""

import pytest

from support import flows
from support.clients import refusal
from support.flow_sessions import answering, names
from support.flows import Hold, background, failure, registrations, script, sessions, trigger
from support.servers import wait_until

MODULE_WORDS = flows.WORDS
pytestmark = pytest.mark.usefixtures("no_flows_left")

# What is told

def test_a_session_is_told_in_the_known_form(client, wire):
    script(client, answering("a"), "ID", "one", "DESCRIPTION", "what it is")
    [found] = sessions(client)
    assert list(found) == [
        "ID", "sessionDescription", "refCount", "linked", "dead", "requirementInstallationNeeded",
        "requirements", "registrations"]
    assert found["ID"] == b"one" and found["sessionDescription"] == b"what it is"
    assert (found["linked"], found["dead"]) == (b"primary", b"false")
    assert found["requirementInstallationNeeded"] == 0 and found["requirements"] == []
    assert found["registrations"] == [registrations(client)[0]["id"]]
    assert wire.call("RG.PYDUMPSESSIONS").startswith(b"*1\r\n*16\r\n")


def test_no_description_is_null_in_both_protocols(client, wire, wire3):
    script(client, answering("a"), "ID", "one")
    assert b"sessionDescription\r\n$-1\r\n" in wire.call("RG.PYDUMPSESSIONS")
    assert b"sessionDescription\r\n_\r\n" in wire3.call("RG.PYDUMPSESSIONS")


def test_registrations_of_a_session_can_be_told_in_full(client):
    script(client, answering("a"), "ID", "one")
    [entry] = sessions(client, "verbose")[0]["registrations"]
    assert len(entry) == 10
    [whole] = registrations(client)
    assert flows.pairs(entry)["id"] == whole["id"]
    assert set(flows.pairs(entry)) == set(whole) - {"PD"}


def test_sessions_can_be_asked_for_by_name(client):
    script(client, answering("a"), "ID", "one")
    script(client, answering("b", "b"), "ID", "two")
    found = client.execute_command("RG.PYDUMPSESSIONS", "SESSIONS", "two", "none", "two")
    assert [entry if isinstance(entry, bytes) else entry[1] for entry in found] == [
        b"two", b"Session none does not exists", b"two"]
    assert names(client) == [b"one", b"two"]
    assert client.execute_command("RG.PYDUMPSESSIONS", "SESSIONS") == []


def test_an_unknown_option_is_refused(client):
    assert refusal(client, "RG.PYDUMPSESSIONS", "TS") == "Unknown option TS"
    assert refusal(client, "RG.PYDUMPSESSIONS", "VERBOSE", "one") == "Unknown option one"


def test_a_session_that_is_gone_is_told_as_long_as_it_runs(server, client):
    hold = Hold(client)
    script(client, hold.setup + "GB('CommandReader').foreach(wait).register(trigger='t')", "ID", "one",
           "DESCRIPTION", "old")
    with background(server, "RG.TRIGGER", "t") as answer:
        hold.reached()
        client.execute_command("RG.UNREGISTER", registrations(client)[0]["id"])
        script(client, answering("new"), "ID", "one", "UPGRADE")
        dead = sessions(client, "DEAD")
        assert [(entry["ID"], entry["sessionDescription"]) for entry in dead] in ([], [(b"one", b"old")])
        hold.open()
        answer()
    assert sessions(client, "DEAD") == []


def test_requirements_are_looked_for(server, client):
    script(client, answering("a"), "REQUIREMENTS", "pip")
    assert sessions(client)[0]["requirements"] == [b"pip"]
    text = "Could not satisfy requirements, look at the log file for more information."
    assert failure(client, answering("b", "b"), "REQUIREMENTS", "redis-ai-none", "UPGRADE") == text
    assert failure(client, answering("b", "b"), "REQUIREMENTS", "pip<0.1") == text
    assert failure(client, answering("b", "b"), "REQUIREMENTS", b"\xff") == text
    wait_until(lambda: "redis-ai-none is not installed" in server.log(), what="the line in the log")


def test_no_requirements_are_no_hindrance(client):
    assert script(client, "pass", "FORCE_REINSTALL_REQUIREMENTS", "REQUIREMENTS") == b"OK"


# Limits

def test_there_is_a_limit_of_sessions(start_server):
    client = start_server(words=flows.WORDS).client()
    for number in range(1000):
        script(client, answering("a", str(number)))
    assert failure(client, answering("a")) == "ERR there are 1000 sessions already, which is the limit"
    assert trigger(client, "999") == [b"a"]
    client.execute_command("RG.UNREGISTER", registrations(client)[0]["id"])
    assert script(client, answering("a")) == b"OK"


def test_there_is_a_limit_of_registrations(start_server):
    client = start_server(words=flows.WORDS).client()
    many = "for number in range({}):\n    GB('CommandReader').register(trigger=str(number))"
    script(client, many.format(10_000), "ID", "all")
    text = "ERR there are 10000 registrations already, which is the limit"
    assert text in failure(client, answering("a"))
    # What would be replaced counts until it is.
    assert text in failure(client, many.format(1), "ID", "all", "UPGRADE")
    assert trigger(client, "9999") == [b"['9999']"]
