"""What the server itself knows of the commands: flags, keys, documentation and rights."""

import pytest

from support.models import execution, prepare_product
from support.paths import SERVER_8

WRITE = {"write", "denyoom"}
FLAGS = {
    "ai.tensorset": WRITE,
    "ai.tensorget": {"readonly"},
    "ai.modelstore": WRITE,
    "ai.modelset": WRITE,
    "ai.modelget": {"readonly"},
    "ai.modeldel": {"write"},
    "ai.modelexecute": WRITE | {"movablekeys"},
    "ai.modelrun": WRITE | {"movablekeys"},
    "ai._modelscan": {"readonly"},
    "ai.info": {"readonly"},
    "ai.stats": {"readonly"},
    "ai.metrics": {"readonly"},
    "ai.config": {"write"},
}
WITHOUT_KEYS = {"ai._modelscan", "ai.metrics", "ai.config"}
WITHOUT_ARGUMENTS = {"ai._modelscan", "ai.metrics"}


def answer(client, *words):
    """A reply as the server sent it, before redis-py gives it another form."""
    connection = client.connection_pool.get_connection()
    try:
        connection.send_command(*words)
        return connection.read_response()
    finally:
        client.connection_pool.release(connection)


def entry(client, name):
    """What COMMAND INFO says of one command."""
    [found] = answer(client, "COMMAND", "INFO", name)
    return found


@pytest.mark.parametrize("name", sorted(FLAGS))
def test_each_command_has_its_flags(client, name):
    flags = {flag.decode() for flag in entry(client, name)[2]}
    assert flags & {"write", "readonly", "denyoom", "movablekeys"} == FLAGS[name]


@pytest.mark.parametrize("name", sorted(set(FLAGS) - {"ai.modelexecute", "ai.modelrun"}))
def test_each_command_has_its_keys(client, name):
    places = entry(client, name)[3:6]
    assert places == ([0, 0, 0] if name in WITHOUT_KEYS else [1, 1, 1])


@pytest.mark.parametrize("name", sorted(FLAGS))
def test_no_command_leaves_arity_errors_to_the_server(client, name):
    assert entry(client, name)[1] == -1


@pytest.mark.parametrize("name", sorted(FLAGS))
def test_each_command_is_documented(client, name):
    title, documentation = answer(client, "COMMAND", "DOCS", name)
    told = dict(zip(documentation[::2], documentation[1::2]))
    assert title == name.encode()
    assert len(told[b"summary"]) > 20
    assert told[b"since"]
    if name not in WITHOUT_ARGUMENTS:
        assert told[b"arguments"]


KEYS = [
    (["AI.TENSORSET", "k", "FLOAT", 1], ["k"]),
    (["AI.TENSORGET", "k"], ["k"]),
    (["AI.MODELSTORE", "k", "ONNX", "CPU", "BLOB", "x"], ["k"]),
    (["AI.MODELSET", "k", "ONNX", "CPU", "BLOB", "x"], ["k"]),
    (["AI.MODELGET", "k"], ["k"]),
    (["AI.MODELDEL", "k"], ["k"]),
    (["AI.INFO", "k"], ["k"]),
    (["AI.STATS", "k"], ["k"]),
    (["AI.MODELEXECUTE", "m", "INPUTS", 2, "a", "b", "OUTPUTS", 1, "y"], ["m", "a", "b", "y"]),
    (["ai.modelexecute", "m", "inputs", 1, "a", "outputs", 2, "y", "z", "timeout", 5], ["m", "a", "y", "z"]),
    (["AI.MODELEXECUTE", "m", "INPUTS", 1, "OUTPUTS", "OUTPUTS", 1, "y"], ["m", "OUTPUTS", "y"]),
    (["AI.MODELRUN", "m", "INPUTS", "a", "b", "OUTPUTS", "y"], ["m", "a", "b", "y"]),
    (["ai.modelrun", "m", "timeout", 5, "inputs", "a", "outputs", "y", "z"], ["m", "a", "y", "z"]),
]


@pytest.mark.parametrize("words, keys", KEYS)
def test_the_keys_of_a_command_are_known(client, words, keys):
    assert answer(client, "COMMAND", "GETKEYS", *words) == [key.encode() for key in keys]


@pytest.mark.parametrize(
    "words",
    [
        ["AI.MODELEXECUTE"],
        ["AI.MODELEXECUTE", "m"],
        ["AI.MODELEXECUTE", "m", "INPUTS"],
        ["AI.MODELEXECUTE", "m", "INPUTS", "x", "a", "OUTPUTS", 1, "y"],
        ["AI.MODELEXECUTE", "m", "INPUTS", 99, "a", "OUTPUTS", 1, "y"],
        ["AI.MODELEXECUTE", "m", "INPUTS", 2**63 - 1, "a", "OUTPUTS", 1, "y"],
        ["AI.MODELEXECUTE", "m", "INPUTS", -1, "a", "OUTPUTS", -1, "y"],
        ["AI.MODELEXECUTE", "m", "INPUTS", 1, "a", "OUTPUTS", 2**62, "y"],
        ["AI.MODELRUN"],
        ["AI.MODELRUN", "m"],
        ["AI.MODELRUN", "m", "TIMEOUT"],
        ["AI.MODELRUN", "m", "TIMEOUT", 5],
        ["AI.MODELRUN", "m", "OUTPUTS"],
    ])
def test_the_keys_of_a_wrong_command_never_harm_the_server(wire, words):
    wire.call("COMMAND", "GETKEYS", *words)
    assert wire.call(*words).startswith(b"-")
    assert wire.nothing_more_came()


# Rights

@pytest.fixture
def guest(server, client):
    """A connection of a user whose rights the test chooses."""
    def connect(*rights):
        client.execute_command("ACL", "SETUSER", "guest", "reset", "on", "nopass", *rights)
        connection = server.wire()
        assert connection.call("AUTH", "guest", "any") == b"+OK\r\n"
        return connection
    yield connect
    client.execute_command("ACL", "DELUSER", "guest")


@pytest.mark.parametrize(
    "words",
    [
        execution("m", ["a", "b"], ["other"]),
        execution("m", ["a", "other"], ["y"]),
        execution("other", ["a", "b"], ["y"]),
        ["AI.MODELRUN", "m", "INPUTS", "a", "b", "OUTPUTS", "other"],
        ["AI.TENSORSET", "other", "FLOAT", 1],
        ["AI.TENSORGET", "other"],
        ["AI.MODELGET", "other"],
    ])
def test_a_user_reaches_no_key_without_the_right_to_it(client, guest, words):
    prepare_product(client)
    with guest("+@all", "~m", "~a", "~b", "~y") as connection:
        assert connection.call(*words).startswith(b"-NOPERM")
        assert connection.call(*execution("m", ["a", "b"], ["y"])) == b"+OK\r\n"


def test_commands_belong_to_the_categories_of_reading_and_writing(start_server):
    """Only newer servers let a module name its commands' categories."""
    server = start_server(binary=SERVER_8)
    client = server.client()
    for name, flags in FLAGS.items():
        categories = set(entry(client, name)[6])
        assert (b"@write" in categories) == ("write" in flags)
        assert (b"@read" in categories) == ("readonly" in flags)
    client.execute_command("AI.TENSORSET", "k", "INT8", 1)
    client.execute_command("ACL", "SETUSER", "reader", "on", "nopass", "~*", "+@read")
    with server.wire() as connection:
        assert connection.call("AUTH", "reader", "any") == b"+OK\r\n"
        assert connection.call("AI.TENSORGET", "k", "VALUES") == b"*1\r\n:0\r\n"
        assert connection.call("AI.TENSORSET", "k", "INT8", 1).startswith(b"-NOPERM")
