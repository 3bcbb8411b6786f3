"""Long replies to commands that flows await together."""

import pathlib

import pytest

from support import flows
from support.flows import script, trigger

MODULE_WORDS = flows.WORDS
pytestmark = pytest.mark.usefixtures("no_flows_left")


def test_replies_that_are_long_together_come_in_portions(client):
    """Each is bounded alone, and is made once; the server never holds all of them."""
    client.set("long", bytes(1 << 20))
    script(client, """
async def f(r):
    calls = [executeAsync(*words) for _ in range(400) for words in (('GET', 'long'), ('INCR', 'n'))]
    replies = await asyncio.gather(*calls)
    assert replies[1::2] == list(range(1, 401))
    return sum(map(len, replies[::2]))
GB('CommandReader').map(f).register(trigger='t')
""")
    pid = client.info()["process_id"]
    before = peak_memory(pid)
    assert trigger(client, "t") == [b"%d" % (400 << 20)]
    assert peak_memory(pid) - before < 200 << 20


def peak_memory(pid):
    """The most bytes of memory that a process has had at once."""
    line, = (line for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if "VmHWM" in line)
    return int(line.split()[1]) << 10


def test_a_reply_that_is_too_long_fails_alone(client):
    """One of 62 MiB fits into a message, but not behind one of 3 MiB; one of 65 MiB never does."""
    for name, size in [("short", 3), ("long", 62), ("longest", 65)]:
        client.set(name, bytes(size << 20))
    script(client, """
async def f(r):
    replies = await asyncio.gather(*(executeAsync(*words.split()) for words in [
        'GET short', 'GET long', 'INCR n', 'GET longest', 'INCR n', 'NONE', 'GET short', 'GET longest']),
        return_exceptions=True)
    return [str(len(reply) >> 20) if isinstance(reply, str) else str(reply)[:30] for reply in replies]
GB('CommandReader').map(f).register(trigger='t', convertToStr=False)
""")
    [found] = trigger(client, "t")
    error = b"ERR the answer does not fit into"[:30]
    assert found == [b"3", b"62", b"1", error, b"2", b"No such file or directory", b"3", error]
    client.execute_command("DEL", "short", "long", "longest", "n")
