"""Packages that scripts require are fetched by pip where the settings allow it; here, from a folder."""

import os
import pathlib
import signal
import tarfile

import pytest

from support import flows, wheels
from support.flow_process import kill
from support.flows import background, failure, registrations, results, script, sessions, trigger
from support.replicas import caught_up, follow
from support.servers import wait_until

WORDS = (*flows.WORDS, "FLOWS_ALLOW_INSTALL", "yes")
SOURCE = "import {0}\nGB('CommandReader').map(lambda _: {0}.version).register(trigger='{1}')"
UNSATISFIED = "ERR Could not satisfy requirements: "


@pytest.fixture
def shelf(tmp_path):
    """The folder in which pip finds packages."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    wheels.make(folder, "tea", "1.0")
    wheels.make(folder, "tea", "2.0")
    wheels.make(folder, "cup", "1.0", needs=["tea<2"])
    return folder


@pytest.fixture
def temporary(tmp_path):
    return tmp_path / "temporary"


@pytest.fixture
def start(start_server, shelf, temporary):
    """Starts a server whose pip finds the packages of the shelf, and no others."""
    def start(*words, variables=None, **options):
        found = {"PIP_NO_INDEX": 1, "PIP_FIND_LINKS": shelf} if variables is None else variables
        return start_server(
            words=(*WORDS, *words), environment=wheels.environment(temporary, **found), **options)
    return start


def source(package, name="t"):
    return SOURCE.format(package, name)


def package_folders(temporary):
    """The folders of sessions, by number, that are there."""
    return sorted(place.name for place in temporary.glob("redisai-flows-packages-*/*"))


def pips(server):
    """The numbers of the processes of pip that a server has."""
    found = []
    for place in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (place / "cmdline").read_bytes().split(b"\0")
            parent = int((place / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if b"redisai_flows.requirements" in words and parent == server.process.pid:
            found.append(int(place.name))
    return found


def is_there(pid):
    return pathlib.Path(f"/proc/{pid}").exists()


# Fetched

@pytest.mark.parametrize("sandbox", ["strict", "network", "none"])
def test_what_is_required_is_fetched(start, temporary, sandbox):
    client = start("FLOWS_SANDBOX", sandbox).client()
    assert script(client, source("tea"), "REQUIREMENTS", "tea == 1.0") == b"OK"
    assert trigger(client, "t") == [b"1.0"]
    [session] = sessions(client)
    assert (session["requirements"], session["requirementInstallationNeeded"]) == ([b"tea == 1.0"], 0)
    assert len(package_folders(temporary)) == 1


def test_what_packages_require_is_fetched_too(start):
    client = start().client()
    run = ("import cup, tea, importlib.metadata as m\n"
           "GB('PythonReader').run(lambda: iter([cup.version, tea.version, m.version('tea')]))")
    assert results(client, run, "REQUIREMENTS", "cup") == [b"1.0", b"1.0", b"1.0"]


def test_what_is_there_needs_no_pip(start, temporary):
    client = start(variables={"PIP_INDEX_URL": "http://127.0.0.1:1/"}).client()
    assert script(client, "pass", "REQUIREMENTS", "pip>=1") == b"OK"


def test_a_session_sees_its_own_packages_only(start):
    client = start().client()
    assert script(client, source("tea"), "ID", "a", "REQUIREMENTS", "tea<2") == b"OK"
    assert "No module named 'cup'" in failure(client, "import cup")
    assert script(client, source("tea", "u"), "ID", "b", "REQUIREMENTS", "tea==1") == b"OK"
    assert trigger(client, "u") == [b"1.0"]


def test_a_second_version_is_refused_until_the_first_is_gone(start, temporary):
    client = start().client()
    assert script(client, source("tea"), "ID", "a", "REQUIREMENTS", "tea<2") == b"OK"
    assert failure(client, source("tea", "u"), "ID", "b", "REQUIREMENTS", "tea>1") == (
        "Could not satisfy requirements: tea 2.0 cannot be used beside tea 1.0 of session a, since sessions "
        "share what is imported: end that session first")
    wait_until(lambda: len(package_folders(temporary)) == 1, what="the end of the second folder")
    client.execute_command("RG.UNREGISTER", registrations(client)[0]["id"])
    wait_until(lambda: package_folders(temporary) == [], what="the end of the folder")
    assert script(client, source("tea", "u"), "ID", "b", "REQUIREMENTS", "tea>1") == b"OK"
    assert trigger(client, "u") == [b"2.0"]


def test_a_replaced_session_leaves_no_folder(start, temporary):
    client = start().client()
    script(client, source("tea"), "ID", "a", "REQUIREMENTS", "tea<2")
    before = package_folders(temporary)
    assert script(client, source("tea"), "ID", "a", "UPGRADE", "REQUIREMENTS", "tea<2") == b"OK"
    wait_until(lambda: len(package_folders(temporary)) == 1, what="the end of the first folder")
    assert package_folders(temporary) != before and trigger(client, "t") == [b"1.0"]


# Refused and failed

@pytest.mark.parametrize("text", [
    "-e .", "--index-url=http://a", "http://a/tea.whl", "tea @ file:///tea", "./tea", "/tea",
    "tea;python_version>'3'", "tea[", "tea[a", "tea[a,]", "tea==", "tea 1", "tea==1,", "tea>=1 --hash=a", "",
    " ", "-tea", "tea-", "t\n", "a" * 201, b"\xff", b"tea\0"])
def test_what_is_more_than_a_package_is_not_taken(file_client, text):
    refused = failure(file_client, "pass", "REQUIREMENTS", "tea", text)
    assert refused.startswith("ERR requirement '") and "is not taken" in refused


def test_there_is_a_limit_of_requirements(file_client):
    assert failure(file_client, "pass", "REQUIREMENTS", *["tea"] * 101) == (
        "ERR the script has more than 100 requirements, which is the limit")


MODULE_WORDS = WORDS


@pytest.fixture
def file_client(file_server):
    return file_server.client()


def test_what_pip_says_last_is_the_error(start, temporary):
    server = start()
    client = server.client()
    refused = failure(client, source("tea"), "REQUIREMENTS", "tea>7")
    assert refused.startswith(UNSATISFIED) and "No matching distribution found for tea>7" in refused
    assert "flows: pip: ERROR: No matching distribution found for tea>7" in server.log()
    assert sessions(client) == [] and registrations(client) == []
    wait_until(lambda: package_folders(temporary) == [], what="the end of the folder")


def test_nothing_of_a_package_runs_while_it_is_fetched(start, shelf):
    (shelf / "setup.py").write_text("raise SystemExit")
    with tarfile.open(shelf / "pot-1.0.tar.gz", "w:gz") as archive:
        archive.add(shelf / "setup.py", "pot-1.0/setup.py")
    assert "No matching distribution found for pot" in failure(
        start().client(), "pass", "REQUIREMENTS", "pot")


# Slow

def test_a_slow_pip_holds_nobody_and_is_ended(start, temporary):
    with wheels.silent_index() as index:
        server = start("FLOWS_INSTALL_LIMIT", 2, variables={"PIP_INDEX_URL": index})
        client = server.client()
        with background(server, "RG.PYEXECUTE", source("tea"), "ID", "a", "REQUIREMENTS", "tea") as answer:
            wait_until(lambda: pips(server), what="pip")
            [pid] = pips(server)
            assert client.ping()
            assert results(client, "GB('PythonReader').run(lambda: iter([1]))") == [b"1"]
            refused = str(answer())
        assert refused.removeprefix("ERR ") == (
            "Could not satisfy requirements: it took longer than 2 s, which is FLOWS_INSTALL_LIMIT")
        wait_until(lambda: not is_there(pid) and package_folders(temporary) == [], what="the end of pip")


def test_pip_dies_with_the_server(start, temporary):
    with wheels.silent_index() as index:
        server = start(variables={"PIP_INDEX_URL": index})
        with background(server, "RG.PYEXECUTE", source("tea"), "REQUIREMENTS", "tea"):
            wait_until(lambda: pips(server), what="pip")
            [pid] = pips(server)
            server.kill()
            wait_until(lambda: not is_there(pid), what="the end of pip")
        assert len(list(temporary.glob("redisai-flows-packages-*"))) == 1
        server.launch()
        # Those of the dead server are gone.
        assert len(list(temporary.glob("redisai-flows-packages-*"))) == 1
        assert package_folders(temporary) == []


def test_the_end_of_python_ends_what_a_client_waits_for(start, temporary):
    with wheels.silent_index() as index:
        server = start(variables={"PIP_INDEX_URL": index})
        client = server.client()
        python = flows.python_pid(client)
        with background(server, "RG.PYEXECUTE", source("tea"), "REQUIREMENTS", "tea") as answer:
            wait_until(lambda: pips(server), what="pip")
            os.kill(python, signal.SIGKILL)
            assert "the Python process of the flows has ended" in str(answer())
        wait_until(lambda: not pips(server) and package_folders(temporary) == [], what="the end of pip")


# Restored

def test_a_new_python_uses_what_is_there(start, temporary):
    client = start().client()
    script(client, source("tea"), "REQUIREMENTS", "tea<2")
    before = package_folders(temporary)
    kill(client)
    assert trigger(client, "t") == [b"1.0"] and package_folders(temporary) == before


def test_a_server_that_starts_again_fetches_again(start, temporary):
    server = start()
    script(server.client(), source("tea"), "REQUIREMENTS", "tea<2")
    server.restart()
    client = server.client()
    assert trigger(client, "t") == [b"1.0"] and len(package_folders(temporary)) == 1


def test_a_session_that_cannot_be_restored_disturbs_no_other(start, shelf):
    server = start()
    client = server.client()
    script(client, source("tea"), "ID", "a", "REQUIREMENTS", "tea<2")
    script(client, "GB('CommandReader').count().register(trigger='u')", "ID", "b")
    (shelf / "tea-1.0-py3-none-any.whl").unlink()
    server.restart()
    client = server.client()
    assert trigger(client, "u") == [b"1"]
    refused = flows.refusal(client, "RG.TRIGGER", "t")
    assert refused.startswith(UNSATISFIED) and "No matching distribution" in refused
    assert [session["ID"] for session in sessions(client)] == [b"a", b"b"]


def test_where_fetching_is_not_allowed_a_session_fails(start, start_server, temporary):
    server = start()
    script(server.client(), source("tea"), "REQUIREMENTS", "tea<2")
    server.words = [word if word != "FLOWS_ALLOW_INSTALL" else "FLOWS_INSTALL_LIMIT" for word in flows.WORDS]
    server.restart()
    assert flows.refusal(server.client(), "RG.TRIGGER", "t") == (
        "Could not satisfy requirements, look at the log file for more information.")


def test_a_session_that_is_gone_ends_its_pip(start, temporary):
    server = start()
    script(server.client(), source("tea"), "REQUIREMENTS", "tea<2")
    with wheels.silent_index() as index:
        server.environment = wheels.environment(temporary, PIP_INDEX_URL=index)
        server.restart()
        client = server.client()
        wait_until(lambda: pips(server), what="pip")
        assert sessions(client)[0]["requirementInstallationNeeded"] == 1
        client.execute_command("RG.UNREGISTER", registrations(client)[0]["id"])
        assert sessions(client) == []
        wait_until(lambda: not pips(server) and package_folders(temporary) == [], what="the end of pip")


def test_a_replica_fetches_for_itself(start):
    master, replica = start(tcp=True), start(tcp=True)
    follow(replica, master)
    script(master.client(), source("tea"), "REQUIREMENTS", "tea<2")
    caught_up(master, replica)
    assert trigger(replica.client(), "t") == [b"1.0"]
