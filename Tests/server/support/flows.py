"""Flows in tests: scripts, triggers, and steps that wait until the test goes on."""

import contextlib
import itertools
import threading

from .clients import refusal
from .servers import wait_until

WORDS = ("FLOWS", "yes")
NUMBERS = itertools.count()

NO_EXECUTION = "execution plan does not exist"
NO_TRIGGER = "ERR subcommand not found"
PYTHON_ENDED = "ERR the Python process of the flows has ended"
ABORTED = "execution aborted"
CANNOT_BLOCK = "Can not run gears inside a multi exec, lua, or when blocking is not allowed"


def script(client, source, *options):
    """What RG.PYEXECUTE answers; a script without a name gets one that is not asked for."""
    return client.execute_command("RG.PYEXECUTE", source, *options)


def results(client, source, *options):
    """The results of a script's `run`, which has no errors."""
    found, errors = script(client, source, *options)
    assert errors == []
    return found


def errors(client, source, *options):
    """The errors of a script's `run`, which has no results."""
    found, texts = script(client, source, *options)
    assert found == []
    return texts


def trigger(client, *words):
    """What RG.TRIGGER answers."""
    return client.execute_command("RG.TRIGGER", *words)


def failure(client, source, *options):
    """The error that a script ends with."""
    return refusal(client, "RG.PYEXECUTE", source, *options)


def lacks_right(text):
    """Whether a text, or bytes, says that a user lacks a right; servers of 7.0 say it in other words."""
    text = text.decode() if isinstance(text, bytes) else text
    return "NOPERM" in text or "acl verification failed" in text


def pairs(reply):
    """A flat array of names and values as a dict."""
    return {name.decode(): value for name, value in zip(reply[::2], reply[1::2])}


def registrations(client):
    """What RG.DUMPREGISTRATIONS says: a dict for each registration, in order; its data is one, too."""
    found = [pairs(entry) for entry in client.execute_command("RG.DUMPREGISTRATIONS")]
    for entry in found:
        entry["RegistrationData"] = pairs(entry["RegistrationData"])
    return found


def statistics(client, index=0):
    """What is counted of a registration."""
    return registrations(client)[index]["RegistrationData"]


def sessions(client, *options):
    """What RG.PYDUMPSESSIONS says: a dict for each session."""
    return [pairs(entry) for entry in client.execute_command("RG.PYDUMPSESSIONS", *options)]


def executions(client):
    """What RG.DUMPEXECUTIONS says: status and `registered` by ID."""
    found = [pairs(entry) for entry in client.execute_command("RG.DUMPEXECUTIONS")]
    return {entry["executionId"]: (entry["status"], entry["registered"]) for entry in found}


def clear(client):
    """Ends whatever runs and removes all sessions, registrations and kept executions."""
    for execution in executions(client):
        refusal(client, "RG.ABORTEXECUTION", execution)
    for session in sessions(client):
        wait_until(lambda name=session["ID"]: is_removed(client, name), what="the end of a session")
    wait_until(lambda: all(status in (b"done", b"aborted") for status, _ in executions(client).values()),
               what="the end of all executions")
    for execution in executions(client):
        refusal(client, "RG.DROPEXECUTION", execution)


def is_removed(client, session):
    """Puts a script that registers nothing in the place of a session; Python may be about to end."""
    text = failure(client, "pass", "REPLACE_WITH", session)
    return text is None or "does not exists" in text


class Hold:
    """A place where flows wait: an expression for steps, one for coroutines, until `open`."""

    def __init__(self, client):
        self.client = client
        self.key = f"gate {next(NUMBERS)}"
        self.reached_key = f"{self.key} reached"
        self.setup = f"""
import time
def wait(record=None):
    execute('INCR', {self.reached_key!r})
    while not execute('EXISTS', {self.key!r}):
        time.sleep(0.002)
    return record
async def wait_async(record=None):
    execute('INCR', {self.reached_key!r})
    while not await executeAsync('EXISTS', {self.key!r}):
        await asyncio.sleep(0.002)
    return record
"""

    def reached(self, count=1):
        """Returns when so many flows have come here."""
        wait_until(lambda: int(self.client.get(self.reached_key) or 0) >= count, what="a flow at its gate")

    def open(self):
        """Lets all go on, now and later."""
        self.client.set(self.key, 1)


@contextlib.contextmanager
def background(server, *words, user=None):
    """Sends a command on a connection of its own, whose reply can be awaited: a function."""
    client = server.client()
    if user is not None:
        client.execute_command("AUTH", user, "any")
    answers = []

    def call():
        try:
            answers.append(client.execute_command(*words))
        except Exception as error:
            answers.append(error)
    thread = threading.Thread(target=call, daemon=True)
    thread.start()

    def answer():
        thread.join()
        return answers[0]
    yield answer
    thread.join()
    client.connection_pool.disconnect()


def python_pid(client):
    """The number of the Python process, which runs."""
    return int(results(client, "import os\nGB('PythonReader').run(lambda: iter([os.getpid()]))")[0])
