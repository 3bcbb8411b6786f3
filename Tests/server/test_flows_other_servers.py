"""Sessions that another server has kept, with other databases or without users' rights."""

import pytest

from support import paths
from support.clients import refusal
from support.flow_servers import register, started, trigger
from support.flows import lacks_right

DO = """
GB('CommandReader').map(lambda r: execute(*r[1:])).register(trigger='{0}')
async def do(r): return await executeAsync(*r[1:])
GB('CommandReader').map(do).register(trigger='{0} async')
"""
NEWER = pytest.mark.parametrize("binary", paths.NEWER_SERVERS.values(), ids=paths.NEWER_SERVERS.keys())


@pytest.mark.parametrize("suffix", ["", " async"])
def test_a_database_that_is_not_there_is_an_error(suffix):
    """What is called is done in no other one, whichever was used last."""
    with started(settings=("databases 20",)) as server:
        for number in (3, 17):
            client = server.client(database=number)
            assert client.execute_command("RG.PYEXECUTE", DO.format(number)) == b"OK"
        server.settings = ["databases 16"]
        server.restart()
        text = "ERR this server has no database 17, in which the flow works"
        assert trigger(server, f"3{suffix}", "SET", "a", "1") == [b"OK"]
        assert text in refusal(server.client(), "RG.TRIGGER", f"17{suffix}", "SET", "b", "1")
        assert trigger(server, f"3{suffix}", "KEYS", "*") == [b"['a']"]
        assert [server.client(database=number).keys() for number in range(4)] == [[], [], [], [b"a"]]


@NEWER
@pytest.mark.parametrize("suffix", ["", " async"])
def test_sessions_of_nobody_known_have_the_rights_of_default(binary, suffix):
    """Redis 6.2 does not say who has registered a flow."""
    with started(binary=paths.SERVER_62) as server:
        register(server, DO.format("do"))
        server.client().save()
        file = (server.folder / "dump.rdb").read_bytes()
    with started(binary=binary) as server:
        server.kill()
        (server.folder / "dump.rdb").write_bytes(file)
        server.start()
        client = server.client()
        client.execute_command("ACL", "SETUSER", "default", "-set", "resetkeys", "~mine")
        assert trigger(server, f"do{suffix}", "INCR", "mine") == [b"1"]
        for words in (("SET", "mine", "2"), ("INCR", "other")):
            assert lacks_right(refusal(client, "RG.TRIGGER", f"do{suffix}", *words))
        # It is so after another restart, too.
        client.execute_command("ACL", "SETUSER", "default", "allkeys", "+set")
        server.restart()
        assert trigger(server, f"do{suffix}", "SET", "other", "1") == [b"OK"]
        client = server.client()
        client.execute_command("ACL", "SETUSER", "default", "-set")
        assert lacks_right(refusal(client, "RG.TRIGGER", f"do{suffix}", "SET", "other", "2"))
