"""Rights are asked for what is done, however it is spelled: within DAGs, by scripts, in reports."""

import pytest

from support import paths
from support.clients import refusal
from support.clusters import start_cluster
from support.dags import dag, run
from support.masters import FakeMaster
from support.models import execution, get_tensor, prepare_product
from support.servers import RedisServer, served, wait_until
from support.wire import OK


SCRIPT = """
def doubled(tensors: List[Tensor], keys: List[str], args: List[str]):
    return tensors[0] * 2

def model(tensors: List[Tensor], keys: List[str], args: List[str]):
    return redisAI.model_execute(args[0], [tensors[0], tensors[0]], 1)

def call(tensors: List[Tensor], keys: List[str], args: List[str]):
    redis.execute(args[0], args[1:])

def touch(tensors: List[Tensor], keys: List[str], args: List[str]):
    redis.execute("SET", keys[0], args[0])

def old(a):
    return a * 2
"""
ENTRY_POINTS = ["doubled", "model", "call", "touch"]

SET_IN_DAG = "AI.TENSORSET x FLOAT 2 2 VALUES 1 2 3 4"
# What a DAG does, and the command to which it needs the right.
STEPS = [
    (dag(run("m", "a b", "y"), load=["a", "b"]), "ai.modelexecute"),
    (dag(run("m", "a b", "y"), load=["a", "b"], name="AI.DAGEXECUTE_RO"), "ai.modelexecute"),
    ("AI.DAGRUN LOAD 2 a b |> AI.MODELRUN m INPUTS a b OUTPUTS y".split(), "ai.modelrun"),
    ("AI.DAGRUN_RO LOAD 2 a b |> AI.MODELRUN m INPUTS a b OUTPUTS y".split(), "ai.modelrun"),
    (dag("AI.SCRIPTEXECUTE s doubled INPUTS 1 a OUTPUTS 1 y", load=["a"]), "ai.scriptexecute"),
    ("AI.DAGRUN LOAD 1 a |> AI.SCRIPTRUN s old INPUTS a OUTPUTS y".split(), "ai.scriptrun"),
    ("AI.DAGRUN_RO LOAD 1 a |> AI.SCRIPTRUN s old INPUTS a OUTPUTS y".split(), "ai.scriptrun"),
    (dag("AI.TENSORGET a VALUES", load=["a"]), "ai.tensorget"),
    (dag(SET_IN_DAG, persist=["x"]), "ai.tensorset"),
    (dag("ai.tensorset x INT8 1 VALUES 1"), "ai.tensorset"),
]


@pytest.fixture(scope="module", params=paths.NEWER_SERVERS)
def rights_server(request):
    """A server that tells modules what a user may do."""
    with served(RedisServer(binary=paths.NEWER_SERVERS[request.param])) as server:
        client = server.client()
        prepare_product(client)
        words = ["ENTRY_POINTS", len(ENTRY_POINTS), *ENTRY_POINTS, "SOURCE", SCRIPT]
        client.execute_command("AI.SCRIPTSTORE", "s", "CPU", *words)
        client.execute_command("AI.SCRIPTSET", "old", "CPU", "SOURCE", SCRIPT)
        yield server


@pytest.fixture
def admin(rights_server):
    """A client that may do everything."""
    return rights_server.client()


@pytest.fixture
def guest(rights_server, admin):
    """A connection of a user whose rights the test chooses."""
    connections = []

    def connect(*rights):
        admin.execute_command("ACL", "SETUSER", "guest", "reset", "on", "nopass", *rights)
        connection = rights_server.wire()
        connections.append(connection)
        assert connection.call("AUTH", "guest", "any") == OK
        return connection
    yield connect
    for connection in connections:
        connection.socket.close()
    admin.execute_command("ACL", "DELUSER", "guest")


def is_fine(reply):
    return reply.startswith(b"*") and b"-" not in reply


# DAGs

@pytest.mark.parametrize("words, command", STEPS)
def test_a_dag_needs_the_right_to_each_of_its_commands(guest, words, command):
    connection = guest("~*", "+@all", f"-{command}")
    refused = connection.call(*words)
    assert refused.startswith(b"-NOPERM") and command.encode() in refused.lower()
    assert is_fine(guest("~*", "+@all").call(*words))
    assert is_fine(guest("~*", f"+{words[0].lower()}", f"+{command}").call(*words))


def test_nothing_of_a_dag_is_done_if_a_part_is_not_allowed(admin, guest):
    admin.delete("x")
    connection = guest("~*", "+@all", "-ai.modelexecute")
    words = dag(SET_IN_DAG, run("m", "x x", "y"), persist=["x"])
    assert connection.call(*words).startswith(b"-NOPERM")
    assert not admin.exists("x")


def test_a_model_needs_the_right_to_run_that_one(guest):
    """The rights to a key and to a command may belong to different selectors."""
    apart = guest("+ai.dagexecute", "~*", "(+ai.modelexecute ~other*)")
    words = dag(run("m", "a b", "y"), load=["a", "b"])
    assert apart.call(*words).startswith(b"-NOPERM")
    together = guest("+ai.dagexecute", "~*", "(+ai.modelexecute ~m)")
    assert is_fine(together.call(*words))


def test_names_within_a_dag_need_no_right_to_keys(guest):
    rights = ("%R~m", "%R~a", "%W~y", "+ai.dagexecute", "+ai.modelexecute", "+ai.tensorset", "+ai.tensorget")
    words = dag("AI.TENSORSET secret FLOAT 2 2 VALUES 1 2 3 4", run("m", "a secret", "y"),
                "AI.TENSORGET secret VALUES", load=["a"], persist=["y"])
    assert is_fine(guest(*rights).call(*words))


def test_what_is_no_command_of_a_dag_is_refused_in_the_known_words(guest):
    connection = guest("~*", "+@all")
    assert connection.call(*dag("GET x")) == b"-Unsupported command within DAG\r\n"
    assert guest("~*", "+ai.dagexecute").call(*dag("GET x")) == b"-Unsupported command within DAG\r\n"


def test_a_refusal_within_a_dag_is_in_the_servers_list(admin, guest):
    admin.execute_command("ACL", "LOG", "RESET")
    guest("~*", "+ai.dagexecute").call(*dag(run("m", "a b", "y"), load=["a", "b"]))
    [entry] = admin.acl_log()
    assert (entry["username"], entry["object"], entry["reason"]) == ("guest", "AI.MODELEXECUTE", "command")


@pytest.mark.parametrize("binary", paths.NEWER_SERVERS.values(), ids=paths.NEWER_SERVERS)
def test_in_a_transaction_and_in_lua_the_same_rights_count(start_server, binary):
    server = start_server(binary=binary, words=["EXECUTE_IN_TRANSACTIONS", "yes"])
    client = server.client()
    prepare_product(client)
    client.execute_command(
        *"ACL SETUSER guest on nopass ~* +@all -ai.modelexecute".split())
    words = dag(run("m", "a b", "y"), load=["a", "b"])
    with server.wire() as connection:
        assert connection.call("AUTH", "guest", "any") == OK
        assert b"NOPERM" in connection.call("EVAL", "return redis.call(unpack(ARGV))", 0, *words)
        connection.call("MULTI")
        connection.call(*words)
        assert b"NOPERM" in connection.call("EXEC")
        client.execute_command("ACL", "SETUSER", "guest", "+ai.modelexecute")
        assert is_fine(connection.call("EVAL", "return redis.call(unpack(ARGV))", 0, *words))


@pytest.mark.parametrize("binary", paths.SERVERS.values(), ids=paths.SERVERS)
def test_a_script_of_the_master_has_no_user_and_all_rights(start_server, binary):
    """Masters before 7.0 send scripts as they are."""
    lua = "local r = redis.pcall('AI.METRICS') redis.call('SET', 'told', type(r) == 'table' and r.err or r)"
    listed = "redis.pcall('AI._MODELSCAN') redis.pcall('AI.DAGEXECUTE_RO', 'ROUTING', 'r', '|>', 'x')"
    with FakeMaster(["SELECT", 0], ["EVAL", lua, 0], ["EVAL", listed, 0], ["SET", "after", "it"]) as master:
        replica = start_server(binary=binary, settings=[f"replicaof 127.0.0.1 {master.port}"])
        client = replica.client()
        wait_until(lambda: client.get("after") == b"it", what="the words behind")
        assert b"redisai_models" in client.get("told")


@pytest.mark.parametrize("binary", paths.NEWER_SERVERS.values(), ids=paths.NEWER_SERVERS)
def test_a_script_of_a_client_has_its_rights_on_a_replica_too(start_server, binary):
    with FakeMaster(["SELECT", 0], ["SET", "after", "it"]) as master:
        replica = start_server(binary=binary, settings=[f"replicaof 127.0.0.1 {master.port}"],
                               words=["EXECUTE_IN_TRANSACTIONS", "yes"])
        client = replica.client()
        wait_until(lambda: client.get("after") == b"it", what="the data")
        client.execute_command(*"ACL SETUSER guest on nopass ~* +@all -ai.tensorset".split())
        words = dag("AI.TENSORSET x INT8 1", name="AI.DAGEXECUTE_RO")
        assert client.execute_command("EVAL", "return redis.call(unpack(ARGV))", 0, *words) == [b"OK"]
        with replica.wire() as connection:
            assert connection.call("AUTH", "guest", "any") == OK
            assert b"NOPERM" in connection.call("EVAL", "return redis.call(unpack(ARGV))", 0, *words)


# KEYS of scripts in DAGs

KEYED = "AI.SCRIPTEXECUTE s touch KEYS 2 k l ARGS 1 1"


def test_what_a_dag_gives_to_scripts_are_its_keys(admin):
    told = admin.connection_pool.get_connection()
    told.send_command("COMMAND", "GETKEYSANDFLAGS", *dag(run("m", "a a", "y"), KEYED, load=["a"]))
    listed = told.read_response()
    admin.connection_pool.release(told)
    assert [key for key, _ in listed] == [b"a", b"m", b"s", b"k", b"l"]
    assert set(dict(listed)[b"k"]) == {b"RW", b"access", b"update"}


@pytest.mark.parametrize("rights", [["~s", "~r"], ["~s", "~r", "%R~k", "%R~l"], ["~s", "~r", "~k"]])
def test_a_dag_needs_the_right_to_the_keys_of_its_scripts(admin, guest, rights):
    admin.delete("k")
    all_commands = ["+ai.dagexecute", "+ai.scriptexecute", "+set"]
    assert guest(*rights, *all_commands).call(*dag(KEYED)).startswith(b"-NOPERM")
    assert not admin.exists("k")
    guest("~s", "~r", "~k", "~l", *all_commands).call(*dag(KEYED))
    assert admin.get("k") == b"1"


def test_in_a_cluster_a_dag_belongs_where_the_keys_of_its_scripts_are(start_server):
    server, _ = start_cluster(start_server, binary=paths.SERVER)
    words = "AI.DAGEXECUTE ROUTING {1} |> AI.SCRIPTEXECUTE {1}s touch KEYS 1 {2}k ARGS 1 1".split()
    assert refusal(server.client(), *words).startswith("CROSSSLOT")


# Scripts

def test_a_script_runs_models_with_its_clients_rights(guest):
    words = "AI.SCRIPTEXECUTE s model INPUTS 1 a ARGS 1 m OUTPUTS 1 z".split()
    assert b"NOPERM" in guest("~*", "+ai.scriptexecute").call(*words)
    rights = ("+ai.scriptexecute", "+ai.modelexecute", "~s", "~a", "~z")
    assert b"NOPERM" in guest(*rights).call(*words)
    assert b"NOPERM" in guest(*rights, "%W~m").call(*words)
    assert guest(*rights, "%R~m").call(*words) == OK


def test_a_script_in_a_dag_has_its_clients_rights(admin, guest):
    words = dag("AI.TENSORSET x FLOAT 2 2 VALUES 1 2 3 4",
                "AI.SCRIPTEXECUTE s model INPUTS 1 x ARGS 1 m OUTPUTS 1 y")
    rights = ("~*", "+ai.dagexecute", "+ai.scriptexecute", "+ai.tensorset")
    assert b"NOPERM" in guest(*rights).call(*words)
    assert is_fine(guest(*rights, "+ai.modelexecute").call(*words))
    call = dag("AI.SCRIPTEXECUTE s call ARGS 3 SET secret x")
    assert b"Redis command returned an error" in guest(*rights).call(*call)
    assert not admin.exists("secret")


# Servers that cannot check a script

def old_script(start_server, *words):
    words = words or ("ALLOW_UNCHECKED_SCRIPTS", "no")
    client = start_server(binary=paths.SERVER_62, words=words).client()
    prepare_product(client)
    listed = ["ENTRY_POINTS", len(ENTRY_POINTS), *ENTRY_POINTS, "SOURCE", SCRIPT]
    client.execute_command("AI.SCRIPTSTORE", "s", "CPU", *listed)
    return client


CALLS = ["AI.SCRIPTEXECUTE s touch KEYS 1 k INPUTS 0 ARGS 1 v",
         "AI.SCRIPTEXECUTE s model INPUTS 1 a ARGS 1 m OUTPUTS 1 y"]


def test_where_rights_cannot_be_checked_scripts_do_not_call_the_server(start_server):
    client = old_script(start_server)
    for words in CALLS:
        assert "ALLOW_UNCHECKED_SCRIPTS" in refusal(client, *words.split())
    assert not client.exists("k")
    # What asks nothing of the server runs.
    assert refusal(client, *"AI.SCRIPTEXECUTE s doubled INPUTS 1 a OUTPUTS 1 y".split()) is None
    assert get_tensor(client, "y").tolist() == [[2, 4], [6, 8]]


def test_a_setting_lets_scripts_call_a_server_that_cannot_check_them(start_server):
    client = old_script(start_server, "ALLOW_UNCHECKED_SCRIPTS", "yes")
    for words in CALLS:
        assert refusal(client, *words.split()) is None
    assert client.get("k") == b"v"


# Reports

def test_statistics_are_reset_by_who_may_store_there(admin, guest):
    admin.execute_command(*execution("m", ["a", "b"], ["y"]))
    for rights in (["~*", "+@read", "+ai.info"], ["%R~*", "+@all"], ["~*", "+@all", "-ai.modelstore"]):
        connection = guest(*rights)
        assert connection.call("AI.INFO", "m").startswith(b"*")
        assert connection.call("AI.INFO", "m", "RESETSTAT").startswith(b"-NOPERM")
        assert admin.execute_command("AI.INFO", "m")[15] > 0
    assert guest("~*", "+ai.info", "+ai.modelstore").call("AI.INFO", "s", "RESETSTAT").startswith(b"-NOPERM")
    assert guest("~*", "+ai.info", "+ai.scriptstore").call("AI.INFO", "s", "RESETSTAT") == OK
    assert guest("~m", "+ai.info", "+ai.modelstore").call("AI.INFO", "m", "RESETSTAT") == OK
    assert admin.execute_command("AI.INFO", "m")[15] == 0


@pytest.mark.parametrize(
    "patterns, models", [(["~*"], {"m", "of:one", "of:two"}), (["~of:*"], {"of:one", "of:two"}),
                         (["%W~of:one"], {"of:one"}), (["%R~m"], {"m"}), ([], set())])
def test_reports_name_only_keys_within_a_users_patterns(admin, guest, patterns, models):
    for name in ("of:one", "of:two"):
        admin.copy("m", name)
    connection = guest(*patterns, "+@all")
    scan = connection.call("AI._MODELSCAN")
    metrics = connection.call("AI.METRICS")
    for name in ("m", "of:one", "of:two"):
        assert (f"\r\n{name}\r\n".encode() in scan) == (name in models)
        assert (f'key="{name}"'.encode() in metrics) == (name in models)
    # How many there are is told to everybody.
    assert b'redisai_models{state="ready"} 3' in metrics
    assert (b"\r\ns\r\n" in connection.call("AI._SCRIPTSCAN")) == (patterns == ["~*"])
    assert (b'key="s"' in metrics) == (patterns == ["~*"])
    admin.delete("of:one", "of:two")
