"""Clients that ask for more memory than there is: an error, and the server goes on."""

import contextlib
import pathlib
import resource

import pytest

from support.clients import refusal
from support.models import execute, execution, store

MEBIBYTE = 1 << 20
STRINGS = 8 * MEBIBYTE
SOURCE = """
def doubled(tensors: List[Tensor], keys: List[str], args: List[str]):
    text = "x"
    for _ in range(int(args[0])):
        text = text + text
    redis.execute("SET", "made", text)
    return tensors[0]
"""


@contextlib.contextmanager
def room(server, mebibytes):
    """The server may take so much more than it has."""
    pages = pathlib.Path(f"/proc/{server.process.pid}/statm").read_text().split()[0]
    before = resource.prlimit(server.process.pid, resource.RLIMIT_AS)
    limit = int(pages) * resource.getpagesize() + mebibytes * MEBIBYTE
    resource.prlimit(server.process.pid, resource.RLIMIT_AS, (limit, before[1]))
    try:
        yield
    finally:
        resource.prlimit(server.process.pid, resource.RLIMIT_AS, before)


@pytest.mark.parametrize("mebibytes", [40, 80, 120, 160, 200, 300, 400, 600])
def test_many_strings_for_a_model(start_server, mebibytes):
    """Each takes a byte in the key, and in the runtime forty."""
    server = start_server(words=["INLINE_RUN_BUDGET", 0])
    client = server.client()
    store(client, "m", "identity_string")
    client.execute_command("AI.TENSORSET", "one", "STRING", 1)
    client.execute_command("AI.TENSORSET", "many", "STRING", STRINGS)
    execute(client, "m", ["one"], ["y"])
    with room(server, mebibytes):
        reply = refusal(client, *execution("m", ["many"], ["y"]))
    assert reply is None or "memory" in reply or "alloc" in reply, reply
    execute(client, "m", ["one"], ["y"])


@pytest.mark.parametrize("mebibytes", [40, 80, 120, 160, 200, 300, 400, 600])
def test_a_long_word_that_a_script_gives_to_the_server(start_server, mebibytes):
    server = start_server()
    client = server.client()
    client.execute_command("AI.SCRIPTSTORE", "s", "CPU", "ENTRY_POINTS", 1, "doubled", "SOURCE", SOURCE)
    client.execute_command("AI.TENSORSET", "x", "FLOAT", 1)
    words = ["AI.SCRIPTEXECUTE", "s", "doubled", "INPUTS", 1, "x", "OUTPUTS", 1, "y", "ARGS", 1]
    assert refusal(client, *words, 1) is None
    with room(server, mebibytes):
        reply = refusal(client, *words, 26)
    assert reply is None or "memory" in reply.lower() or "alloc" in reply, reply
    assert client.strlen("made") in (2, 2**26)
    assert refusal(client, *words, 1) is None
