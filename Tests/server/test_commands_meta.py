"""What the server itself knows of the commands: flags, keys, documentation and rights."""

import pytest

from support import paths
from support.dags import dag, run
from support.models import execution, model_bytes, prepare_product

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
    "ai.scriptstore": WRITE,
    "ai.scriptset": WRITE,
    "ai.scriptget": {"readonly"},
    "ai.scriptdel": {"write"},
    "ai.scriptexecute": WRITE | {"movablekeys"},
    "ai.scriptrun": WRITE | {"movablekeys"},
    "ai._scriptscan": {"readonly"},
    "ai.dagexecute": WRITE | {"movablekeys"},
    "ai.dagexecute_ro": {"readonly", "movablekeys"},
    "ai.dagrun": WRITE | {"movablekeys"},
    "ai.dagrun_ro": {"readonly", "movablekeys"},
    "ai._modelscan": {"readonly"},
    "ai.info": {"readonly"},
    "ai.stats": {"readonly"},
    "ai.metrics": {"readonly"},
    "ai.config": {"admin", "noscript"},
    # For replicas and the append-only file.
    "ai._flowsession": {"write", "admin", "noscript"},
    "ai._flowend": {"write", "admin", "noscript"},
}
WITHOUT_KEYS = {
    "ai._modelscan", "ai._scriptscan", "ai.metrics", "ai.config", "ai._flowsession", "ai._flowend"}
WITHOUT_ARGUMENTS = {"ai._modelscan", "ai._scriptscan", "ai.metrics"}


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
    known = {"write", "readonly", "denyoom", "movablekeys", "admin", "noscript"}
    assert flags & known == FLAGS[name]


@pytest.mark.parametrize("name", sorted(name for name in FLAGS if "movablekeys" not in FLAGS[name]))
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
    ("AI.SCRIPTSTORE k CPU ENTRY_POINTS 1 f SOURCE x".split(), ["k"]),
    ("AI.SCRIPTSET k CPU SOURCE x".split(), ["k"]),
    ("AI.SCRIPTGET k".split(), ["k"]),
    ("AI.SCRIPTDEL k".split(), ["k"]),
    ("AI.SCRIPTEXECUTE s f KEYS 2 k l INPUTS 1 a ARGS 1 x OUTPUTS 1 y TIMEOUT 5".split(),
     ["s", "k", "l", "a", "y"]),
    ("AI.SCRIPTEXECUTE s INPUTS INPUTS 1 a ARGS 2 OUTPUTS 1 OUTPUTS 1 y".split(), ["s", "a", "y"]),
    ("AI.SCRIPTRUN s f TIMEOUT 5 INPUTS a $ b c OUTPUTS y z".split(), ["s", "a", "b", "c", "y", "z"]),
    ("AI.DAGEXECUTE LOAD 2 a b PERSIST 1 y ROUTING r TIMEOUT 5 |> AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 1 y"
     " |> AI.SCRIPTEXECUTE s f INPUTS 1 y OUTPUTS 1 z".split(), ["a", "b", "y", "r", "m", "s"]),
    ("AI.DAGEXECUTE_RO LOAD 1 a |> AI.TENSORGET a |> AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 1 y".split(),
     ["a", "m"]),
    ("AI.DAGRUN |> AI.MODELRUN m INPUTS a OUTPUTS y |> AI.SCRIPTRUN s f".split(), ["m", "s"]),
    ("AI.DAGRUN_RO LOAD 1 a |> ai.modelrun m INPUTS a OUTPUTS y".split(), ["a", "m"]),
    # Words of data that look like others.
    ("AI.DAGEXECUTE LOAD 1 a |> AI.TENSORSET x STRING 5 VALUES LOAD 2 PERSIST 1 AI.MODELEXECUTE".split(),
     ["a"]),
    ("AI.DAGEXECUTE ROUTING r |> AI.TENSORSET LOAD INT8 2 VALUES 1 1 |> AI.TENSORGET LOAD".split(), ["r"]),
    ("AI.DAGEXECUTE ROUTING r |> AI.TENSORSET x UINT8 2 BLOB |> AI.MODELEXECUTE m".split(), ["r"]),
    ("AI.DAGEXECUTE PERSIST 2 LOAD PERSIST |> AI.TENSORSET LOAD INT8 1 VALUES 7".split(),
     ["LOAD", "PERSIST"]),
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
        ["AI.SCRIPTEXECUTE"],
        ["AI.SCRIPTEXECUTE", "s", "f", "INPUTS"],
        ["AI.SCRIPTEXECUTE", "s", "f", "KEYS", 2**63 - 1, "a", "OUTPUTS", 1, "y"],
        ["AI.SCRIPTEXECUTE", "s", "f", "INPUTS", -(2**63), "a", "OUTPUTS", 2**62, "y"],
        ["AI.SCRIPTRUN", "s"],
        ["AI.SCRIPTRUN", "s", "f", "INPUTS", "a", "TIMEOUT"],
        ["AI.DAGEXECUTE"],
        ["AI.DAGEXECUTE", "LOAD", 2**63 - 1, "a", "|>", "AI.MODELEXECUTE"],
        ["AI.DAGEXECUTE", "PERSIST", -1, "a", "|>", "AI.MODELEXECUTE"],
        ["AI.DAGEXECUTE_RO", "LOAD"],
        ["AI.DAGRUN", "ROUTING"],
        ["AI.DAGRUN_RO", "|>", "|>", "AI.MODELRUN"],
    ])
def test_the_keys_of_a_wrong_command_never_harm_the_server(wire, words):
    wire.call("COMMAND", "GETKEYS", *words)
    assert wire.call(*words).startswith(b"-")
    assert wire.nothing_more_came()


def test_it_is_told_how_a_dag_touches_its_keys(client):
    words = ("AI.DAGEXECUTE LOAD 1 a PERSIST 1 y ROUTING r |> AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 1 y")
    told = answer(client, "COMMAND", "GETKEYSANDFLAGS", *words.split())
    assert {key: set(flags) for key, flags in told} == {
        b"a": {b"RO", b"access"}, b"y": {b"OW", b"update"}, b"r": {b"not_key"}, b"m": {b"RO", b"access"}}


def test_it_is_told_how_a_script_touches_its_keys(client):
    words = "AI.SCRIPTEXECUTE s f KEYS 1 k INPUTS 1 a OUTPUTS 1 y"
    told = answer(client, "COMMAND", "GETKEYSANDFLAGS", *words.split())
    assert {key: set(flags) for key, flags in told} == {
        b"s": {b"RO", b"access"}, b"k": {b"RW", b"access", b"update"}, b"a": {b"RO", b"access"},
        b"y": {b"OW", b"update"}}


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
        "AI.SCRIPTEXECUTE other f KEYS 1 a".split(),
        "AI.SCRIPTEXECUTE m f KEYS 1 other".split(),
        "AI.SCRIPTEXECUTE m f INPUTS 1 a ARGS 1 x OUTPUTS 1 other".split(),
        "AI.SCRIPTRUN m f INPUTS a OUTPUTS other".split(),
        ["AI.SCRIPTGET", "other"],
        ["AI.TENSORSET", "other", "FLOAT", 1],
        ["AI.TENSORGET", "other"],
        ["AI.MODELGET", "other"],
        dag(run("m", "a b", "y"), load=["a", "b"], persist=["other"]),
        dag(run("m", "a b", "y"), load=["a", "b", "other"]),
        dag(run("m", "a b", "y"), run("other", "a b", "y"), load=["a", "b"]),
        dag(run("m", "a b", "y"), run("other", "a b", "y"), load=["a", "b"], name="AI.DAGEXECUTE_RO"),
        "AI.DAGRUN LOAD 2 a b |> AI.MODELRUN other INPUTS a b OUTPUTS y".split(),
        "AI.DAGRUN_RO LOAD 2 a b |> AI.MODELRUN other INPUTS a b OUTPUTS y".split(),
        "AI.DAGRUN LOAD 9 other".split(),
    ])
def test_a_user_reaches_no_key_without_the_right_to_it(client, guest, words):
    prepare_product(client)
    with guest("+@all", "~m", "~a", "~b", "~y") as connection:
        assert connection.call(*words).startswith(b"-NOPERM")
        assert connection.call(*execution("m", ["a", "b"], ["y"])) == b"+OK\r\n"
        # Names within a DAG are no keys.
        allowed = dag(run("m", "a b", "other"), load=["a", "b"], persist=["y"])
        assert connection.call(*allowed, "|>", "AI.TENSORSET", "y", "INT8", 1) == b"*2\r\n+OK\r\n+OK\r\n"


@pytest.mark.parametrize("rights", [["~*"], ["%R~a", "%R~b", "%R~m", "%W~y", "%R~r"]])
def test_a_dag_needs_no_more_than_to_read_what_it_reads_and_write_what_it_writes(client, guest, rights):
    prepare_product(client)
    with guest("+@all", *rights) as connection:
        assert connection.call(*dag(run("m", "a b", "y"), load=["a", "b"], persist=["y"])) == b"*1\r\n+OK\r\n"
        assert connection.call(*dag("AI.TENSORSET x INT8 1")) == b"*1\r\n+OK\r\n"
        refused = connection.call(*dag(run("m", "a b", "y"), load=["a", "b"], persist=["a"]))
        assert refused.startswith(b"*1" if rights == ["~*"] else b"-NOPERM")


READS = [
    ["AI.TENSORGET", "r:a"], ["AI.MODELGET", "r:m", "META"], ["AI.INFO", "r:m"], ["AI.STATS", "r:m"],
    dag(run("r:m", "r:a r:b", "y"), load=["r:a", "r:b"], name="AI.DAGEXECUTE_RO"),
    "AI.DAGRUN_RO LOAD 2 r:a r:b |> AI.MODELRUN r:m INPUTS r:a r:b OUTPUTS y".split(),
]
WRITES = [
    ["AI.TENSORSET", "w:t", "FLOAT", 1],
    ["AI.MODELSTORE", "w:m", "ONNX", "CPU", "BLOB", model_bytes("mul_2x2")],
    ["AI.MODELSET", "w:m", "ONNX", "CPU", "BLOB", model_bytes("mul_2x2")], ["AI.MODELDEL", "w:m"],
]
BOTH = [
    execution("r:m", ["r:a", "r:b"], ["w:y"]),
    ["AI.MODELRUN", "r:m", "INPUTS", "r:a", "r:b", "OUTPUTS", "w:y"],
    dag(run("r:m", "r:a r:b", "w:y"), load=["r:a", "r:b"], persist=["w:y"]),
    "AI.DAGRUN LOAD 2 r:a r:b PERSIST 1 w:y |> AI.MODELRUN r:m INPUTS r:a r:b OUTPUTS w:y".split(),
]


def exchanged(words):
    """The command with keys to read where it writes, and the other way round."""
    parts = [word if isinstance(word, bytes) else str(word) for word in words]
    return [{"r:": "w:", "w:": "r:"}.get(part[:2], part[:2]) + part[2:] if isinstance(part, str) else part
            for part in parts]


@pytest.mark.parametrize("words", READS + WRITES + BOTH, ids=lambda words: words[0])
def test_the_right_to_read_is_none_to_write_and_the_other_way_round(client, guest, words):
    for prefix in ("r:", "w:"):
        prepare_product(client, model=prefix + "m", a=prefix + "a", b=prefix + "b")
    with guest("+@all", "%R~r:*", "%W~w:*", "%R~r") as connection:
        refused = connection.call(*exchanged(words))
        # How often a model ran is no content of the key.
        if words[0] in ("AI.INFO", "AI.STATS"):
            assert refused.startswith(b"*")
        else:
            assert refused.startswith(b"-NOPERM")
        assert not connection.call(*words).startswith(b"-")


TOLD = [
    (["AI.TENSORSET", "k", "FLOAT", 1], {b"k": {b"OW", b"update"}}),
    (["AI.TENSORGET", "k"], {b"k": {b"RO", b"access"}}),
    (["AI.MODELSTORE", "k", "ONNX", "CPU", "BLOB", "x"], {b"k": {b"OW", b"update"}}),
    (["AI.MODELGET", "k"], {b"k": {b"RO", b"access"}}),
    (["AI.MODELDEL", "k"], {b"k": {b"RM", b"delete"}}),
    (["AI.INFO", "k"], {b"k": {b"RO"}}),
    (["AI.STATS", "k"], {b"k": {b"RO"}}),
    (execution("m", ["a"], ["y"]),
     {b"m": {b"RO", b"access"}, b"a": {b"RO", b"access"}, b"y": {b"OW", b"update"}}),
    (["AI.MODELRUN", "m", "INPUTS", "a", "OUTPUTS", "y"],
     {b"m": {b"RO", b"access"}, b"a": {b"RO", b"access"}, b"y": {b"OW", b"update"}}),
]


@pytest.mark.parametrize("words, flags", TOLD)
def test_it_is_told_how_a_command_touches_its_keys(client, words, flags):
    told = answer(client, "COMMAND", "GETKEYSANDFLAGS", *words)
    assert {key: set(found) for key, found in told} == flags


def test_commands_belong_to_the_categories_of_reading_and_writing(start_server):
    """Only newer servers let a module name its commands' categories."""
    server = start_server(binary=paths.SERVER_8)
    client = server.client()
    for name, flags in FLAGS.items():
        categories = set(entry(client, name)[6])
        kind = {b"@write"} if "write" in flags else {b"@read"}
        dangerous = {b"@dangerous"} if name == "ai.metrics" else set()
        alone = {b"@admin", b"@dangerous"}
        is_alone = name in ("ai.config", "ai._flowsession", "ai._flowend")
        assert categories == (alone if is_alone else kind | {b"@slow", b"@ai"} | dangerous)
    client.execute_command("AI.TENSORSET", "k", "INT8", 1)
    client.execute_command("ACL", "SETUSER", "reader", "on", "nopass", "~*", "+@read")
    with server.wire() as connection:
        assert connection.call("AUTH", "reader", "any") == b"+OK\r\n"
        assert connection.call("AI.TENSORGET", "k", "VALUES") == b"*1\r\n:0\r\n"
        assert connection.call("AI.TENSORSET", "k", "INT8", 1).startswith(b"-NOPERM")


def test_the_modules_own_category_holds_all_but_the_administrators_command(start_server):
    server = start_server(binary=paths.SERVER_8)
    client = server.client()
    listed = {name.decode() for name in client.execute_command("ACL", "CAT", "ai")}
    assert listed == set(FLAGS) - {"ai.config", "ai._flowsession", "ai._flowend"}


@pytest.mark.parametrize("binary", [paths.SERVER_62, paths.DEBIANS], ids=["6.2", "7.0"])
def test_older_servers_have_no_category_for_any_command(start_server, binary):
    """There, a rule about a category neither gives nor takes a command of a module."""
    client = start_server(binary=binary).client()
    for name in FLAGS:
        assert entry(client, name)[6] == []
