"""MULTI, Lua and functions: runs are refused there, or done in place where a setting allows it."""

import pytest

from onnx_generators.running_time import slow_build
from support import paths
from support.builds import PRODUCTS
from support.dags import dag, run
from support.gates import Gate
from support.models import (
    PRODUCT, execution, floats, get_tensor, model_bytes, prepare_product, set_tensor, store)
from support.patience import AN_HOUR, FOREVER, SHORTEST_LIMIT, TooShort, until_long_enough
from support.servers import RedisServer, served, wait_until
from support.texts import IN_TRANSACTION, INPUT_COUNT, NO_MODEL, WRONG_TYPE, arity
from support.wire import OK, array, bulk, error

LOADING = "ERR the model is still loading; try again"
ALLOWED = ["EXECUTE_IN_TRANSACTIONS", "yes"]
VALUES = array(bulk("2"), bulk("6"), bulk("12"), bulk("20"))
FUNCTION = """#!lua name=redisai
redis.register_function('call', function(_, words) return redis.call(unpack(words)) end)
redis.register_function('pcall', function(_, words) return redis.pcall(unpack(words)) end)
"""

# Each way to run a model, and its reply.
RUNS = [
    (execution("m", ["a", "b"], ["y"]), OK),
    (["AI.MODELRUN", "m", "INPUTS", "a", "b", "OUTPUTS", "y"], OK),
    (dag(run("m", "a b", "y"), "AI.TENSORGET y VALUES", load=["a", "b"], persist=["y"]), array(OK, VALUES)),
    (dag(run("m", "a b", "y"), "AI.TENSORGET y VALUES", load=["a", "b"], name="AI.DAGEXECUTE_RO"),
     array(OK, VALUES)),
    ("AI.DAGRUN LOAD 2 a b PERSIST 1 y |> AI.MODELRUN m INPUTS a b OUTPUTS y".split(), array(OK)),
    ("AI.DAGRUN_RO LOAD 2 a b |> AI.MODELRUN m INPUTS a b OUTPUTS y |> AI.TENSORGET y VALUES".split(),
     array(OK, VALUES)),
]
EACH_RUN = pytest.mark.parametrize("words, reply", RUNS, ids=[words[0] for words, _ in RUNS])


class InTransaction:
    """The ways to call a command where no client can wait; each gives the command's own reply."""

    def __init__(self, server):
        self.wire = server.wire()
        self.has_functions = server.version >= (7, 0)
        if self.has_functions:
            self.wire.call("FUNCTION", "LOAD", "REPLACE", FUNCTION)

    def replies(self, *words):
        """The reply to a command in MULTI, in Lua, and in a function."""
        yield self.multi(words)[len(b"*1\r\n"):]
        yield self.wire.call("EVAL", "return redis.pcall(unpack(ARGV))", 0, *words)
        if self.has_functions:
            yield self.wire.call("FCALL", "pcall", 0, *words)

    def multi(self, *commands):
        """The reply of EXEC for several commands."""
        assert self.wire.call("MULTI") == OK
        for words in commands:
            assert self.wire.call(*words) == b"+QUEUED\r\n"
        return self.wire.call("EXEC")


@pytest.fixture(scope="module", params=paths.SERVERS)
def allowing_server(request):
    """One server of each version that runs models in transactions, for all tests of this file."""
    with served(RedisServer(binary=paths.SERVERS[request.param], words=ALLOWED)) as server:
        yield server


@pytest.fixture
def allowing(allowing_server):
    """The server, emptied, with the 2 x 2 product at `m`, its inputs, and a text at `text`."""
    client = allowing_server.client()
    client.flushall()
    prepare_product(client)
    client.set("text", "x")
    client.connection_pool.disconnect()
    yield allowing_server
    assert allowing_server.trouble() is None


@pytest.fixture
def inside(allowing):
    """A connection that calls commands in MULTI, Lua and functions."""
    calls = InTransaction(allowing)
    yield calls
    assert calls.wire.nothing_more_came()
    calls.wire.close()


# Refused

@pytest.mark.parametrize("version", paths.SERVERS)
def test_by_default_each_run_is_refused(start_server, version):
    server = start_server(binary=paths.SERVERS[version])
    client = server.client()
    prepare_product(client)
    inside = InTransaction(server)
    # Once a model is known as short it runs in place elsewhere, and still not here.
    for _ in range(8):
        client.execute_command(*RUNS[0][0])
    client.delete("y")
    for words, _ in RUNS:
        for told in inside.replies(*words):
            assert told.startswith(error(IN_TRANSACTION)[:-2]), words
        assert inside.multi([words[0]]) == array(error(IN_TRANSACTION))
    assert client.exists("y") == 0
    calls = client.execute_command("AI.INFO", "m")
    assert dict(zip(calls[::2], calls[1::2]))[b"calls"] == 8


def test_what_runs_nothing_works_everywhere(server, client):
    """By default too."""
    prepare_product(client)
    inside = InTransaction(server)
    blob = model_bytes("add_1")
    for words in (
            ["AI.TENSORSET", "t", "INT8", 1, "VALUES", 5], ["AI.TENSORGET", "a", "VALUES"],
            ["AI.MODELSTORE", "n", "ONNX", "CPU", "BLOB", blob],
            ["AI.MODELSET", "n", "ONNX", "CPU", "BLOB", blob],
            ["AI.MODELGET", "m", "META"], ["AI._MODELSCAN"], ["AI.INFO", "m"], ["AI.INFO", "m", "RESETSTAT"],
            ["AI.STATS", "m"]):
        alone = inside.wire.call(*words)
        assert not alone.startswith(b"-")
        for told in inside.replies(*words):
            assert told == alone, words
    assert inside.multi(["AI.MODELDEL", "m"], ["AI.MODELDEL", "m"]) == array(OK, error(NO_MODEL))
    # AI.CONFIG is not for scripts.
    assert inside.multi(["AI.CONFIG", "MODEL_CHUNK_SIZE", 535822336]) == array(OK)


@pytest.mark.parametrize("binary", paths.NEWER_SERVERS.values(), ids=paths.NEWER_SERVERS)
def test_the_setting_changes_while_the_server_runs(start_server, binary):
    server = start_server(binary=binary)
    client = server.client()
    prepare_product(client)
    inside = InTransaction(server)
    words, reply = RUNS[2]
    for value, expected in (("yes", reply), ("no", error(IN_TRANSACTION)), ("yes", reply)):
        client.config_set("ai.execute_in_transactions", value)
        assert inside.multi(words) == array(expected)


# In place

@EACH_RUN
def test_the_reply_is_that_of_the_command_alone(allowing, inside, words, reply):
    client = allowing.client()
    stores = words[0] != "AI.DAGEXECUTE_RO" and words[0] != "AI.DAGRUN_RO"
    assert inside.wire.call(*words) == reply
    for told in inside.replies(*words):
        assert told == reply
        assert client.exists("y") == stores
        client.delete("y")


def test_what_follows_sees_the_output(allowing, inside):
    read = ["AI.TENSORGET", "y", "VALUES"]
    assert inside.multi(*[words for words, _ in RUNS[:1]], read, execution("m", ["y", "y"], ["z"]),
                        ["AI.TENSORGET", "z", "VALUES"]) == array(
        OK, VALUES, OK, array(bulk("4"), bulk("36"), bulk("144"), bulk("400")))
    script = "redis.call(unpack(ARGV)); return redis.call('AI.TENSORGET', 'y', 'VALUES')"
    allowing.client().delete("y")
    assert inside.wire.call("EVAL", script, 0, *RUNS[0][0]) == VALUES


def test_a_long_run_is_waited_for_and_no_deadline_comes(allowing, inside):
    """The server itself waits, so nobody could be told that the time is over."""
    client = allowing.client()
    store(client, "slow", "slow")
    set_tensor(client, "count", "INT64", [500])
    for words in (execution("slow", ["count"], ["y"], "TIMEOUT", 1),
                  ["AI.DAGEXECUTE", "LOAD", 1, "count", "PERSIST", 1, "y", "TIMEOUT", 1, "|>",
                   *execution("slow", ["count"], ["y"])]):
        for told in inside.replies(*words):
            assert told in (OK, array(OK))
            assert get_tensor(client, "y").tolist() == [1 / 256]
            client.delete("y")


def test_a_run_in_place_does_not_wait_for_the_workers(allowing, inside):
    with Gate(allowing) as gate:
        gate.hold()
        for told in inside.replies(*RUNS[0][0]):
            assert told == OK


@pytest.mark.parametrize("timeout", [[], ["MINBATCHTIMEOUT", AN_HOUR]])
def test_a_batching_model_runs_alone_at_once(allowing, inside, timeout):
    """Nobody can come to share a run with a transaction."""
    client = allowing.client()
    store(client, "batching", "rows_of_run", "BATCHSIZE", 8, "MINBATCHSIZE", 4, *timeout)
    set_tensor(client, "row", "FLOAT", [[1, 2]])
    with allowing.wire() as other:
        # One that waits for its batch goes on waiting.
        other.send(*execution("batching", ["row"], ["shared"], "TIMEOUT", AN_HOUR))
        wait_until(lambda: allowing.field("clients", "blocked_clients") == "1", what="the wait")
        for words in (execution("batching", ["row"], ["y"]),
                      dag(run("batching", "row", "y"), load=["row"], persist=["y"])):
            for told in inside.replies(*words):
                assert told in (OK, array(OK))
                assert get_tensor(client, "y").tolist() == [[1]]
        assert client.exists("shared") == 0
        set_tensor(client, "rows", "FLOAT", [[1, 2]] * 3)
        assert client.execute_command(*execution("batching", ["rows"], ["y"])) == b"OK"
        assert other.receive() == OK
    assert get_tensor(client, "shared").tolist() == [[4]]


def test_a_model_that_is_being_built_is_an_error(allowing, inside):
    """Its place among the replies is kept, and what follows is done."""
    client = allowing.client()
    floats(client, "x", 1, 2)

    def attempt(products):
        client.delete("again", "y", "z", "after")
        blob = slow_build(products).SerializeToString()
        client.execute_command("AI.MODELSTORE", "built", "ONNX", "CPU", "BLOB", blob)
        told = inside.multi(
            ["RESTORE", "again", 0, client.dump("built")], execution("again", ["x"], ["y"]),
            dag(run("again", "x", "y"), run("again", "y", "z"), load=["x"], persist=["z"]),
            ["AI.TENSORSET", "after", "INT8", 1])
        if LOADING.encode() not in told:
            raise TooShort
        assert told == array(OK, error(LOADING), array(error(LOADING), b"+NA\r\n"), OK)

    until_long_enough(PRODUCTS, attempt)
    assert client.exists("y", "z", "after") == 1
    # Outside of a transaction it is waited for.
    assert client.execute_command(*execution("again", ["x"], ["y"])) == b"OK"


@pytest.mark.parametrize("version", paths.SERVERS)
def test_a_run_without_end_is_stopped(start_server, version):
    """Nobody else is served meanwhile, so the limit counts twice as much here."""
    words = [*ALLOWED, "MODEL_EXECUTION_TIMEOUT", SHORTEST_LIMIT]
    server = start_server(binary=paths.SERVERS[version], words=words)
    client = server.client()
    store(client, "slow", "slow")
    set_tensor(client, "count", "INT64", [FOREVER])
    inside = InTransaction(server)
    whole = dag(run("slow", "count", "y"), load=["count"], persist=["y"])
    for words in (execution("slow", ["count"], ["y"]), whole):
        for told in inside.replies(*words):
            assert b"Exiting due to terminate flag being set to true" in told
    assert client.exists("y") == 0
    set_tensor(client, "count", "INT64", [1])
    wait_until(lambda: inside.multi(execution("slow", ["count"], ["y"])) == array(OK), what="a short run")


# Errors

def test_errors_have_their_places_in_a_transaction(allowing, inside):
    client = allowing.client()
    floats(client, "long", 1, 2, 3)
    wrong = inside.wire.call(*execution("m", ["a", "long"], ["y"]))
    assert wrong.startswith(b"-")
    partial = dag(run("m", "a b", "y"), run("m", "a long", "z"), run("m", "a b", "v"),
                  load=["a", "b", "long"], persist=["y"])
    commands = [
        (execution("m", ["a", "long"], ["y"]), wrong),
        (execution("m", ["a"], ["y"]), error(INPUT_COUNT)),
        (execution("m", ["a", "b"], ["text"]), error(WRONG_TYPE)),
        (partial, array(OK, wrong, b"+NA\r\n")),
        (dag(run("m", "a b", "text"), load=["a", "b"], persist=["text", "a"]), array(OK, error(WRONG_TYPE))),
        (["AI.MODELEXECUTE", "m"], error(arity("AI.MODELEXECUTE"))),
        (["AI.TENSORSET", "after", "INT8", 1], OK),
    ]
    told = inside.multi(*[words for words, _ in commands])
    assert told == array(*[reply for _, reply in commands])
    assert client.exists("y", "after") == 1
    assert client.get("text") == b"x"


def test_an_error_is_a_scripts_to_handle(allowing, inside):
    client = allowing.client()
    floats(client, "long", 1, 2, 3)
    words = execution("m", ["a", "long"], ["y"])
    wrong = inside.wire.call(*words)
    assert inside.wire.call("EVAL", "return redis.pcall(unpack(ARGV))['err']", 0, *words) == bulk(wrong[1:-2])
    script = "redis.call('SET', 'before', 1); redis.call(unpack(ARGV)); redis.call('SET', 'after', 1)"
    assert wrong[1:-2] in inside.wire.call("EVAL", script, 0, *words)
    assert client.exists("before", "after", "y") == 1


def test_an_error_in_a_dag_is_an_entry_of_the_reply(allowing, inside):
    if allowing.product == "valkey":
        pytest.skip("Valkey 9.1 raises an error that is the first entry of a reply, and the rest as its text")
    floats(allowing.client(), "long", 1, 2, 3)
    wrong = inside.wire.call(*execution("m", ["a", "long"], ["y"]))
    words = dag(run("m", "a long", "y"), run("m", "a b", "z"), "AI.TENSORGET a META", load=["a", "b", "long"])
    script = "local told = redis.call(unpack(ARGV)); return {told[1]['err'], told[2]['ok'], told[3][2]}"
    assert inside.wire.call("EVAL", script, 0, *words) == array(bulk(wrong[1:-2]), bulk("NA"), bulk("FLOAT"))


def test_a_watched_output_ends_a_transaction(allowing, inside):
    """Also when a worker has made it."""
    client = allowing.client()
    for words, _ in RUNS[:3]:
        inside.wire.call("WATCH", "y")
        assert not isinstance(client.execute_command(*words), Exception)
        assert inside.multi(["SET", "after", 1]) == b"*-1\r\n"
    assert client.exists("after") == 0


# Sent on

@pytest.mark.parametrize("version", paths.SERVERS)
def test_outputs_are_in_the_aof_and_on_the_replica_as_one_transaction(start_server, version):
    binary = paths.SERVERS[version]
    master = start_server(binary=binary, words=ALLOWED, settings=["appendonly yes"], tcp=True)
    replica = start_server(binary=binary, tcp=True)
    client = master.client()
    prepare_product(client)
    replica.client().execute_command("REPLICAOF", "127.0.0.1", master.port)
    wait_until(lambda: replica.client().exists("m", "a", "b") == 3, what="the data")
    inside = InTransaction(master)
    inside.multi(["SET", "first", 1], execution("m", ["a", "b"], ["y"]),
                 dag(run("m", "a b", "v"), run("m", "v v", "w"), load=["a", "b"], persist=["w"]),
                 ["SET", "last", 1])
    inside.wire.call("EVAL", "return redis.call(unpack(ARGV))", 0, *execution("m", ["a", "b"], ["by script"]))
    outputs = ["y", "w", "by script"]
    if inside.has_functions:
        inside.wire.call("FCALL", "call", 0, *execution("m", ["a", "b"], ["by function"]))
        outputs.append("by function")
    wait_until(lambda: replica.client().exists(*outputs) == len(outputs), what="the outputs on the replica")
    written = b"".join(path.read_bytes() for path in sorted(master.folder.rglob("*.aof")))
    begin, end = written.index(b"$5\r\nfirst\r\n"), written.index(b"$4\r\nlast\r\n")
    assert written[:begin].rindex(b"MULTI") > written[:begin].rfind(b"EXEC")
    assert b"EXEC" not in written[begin:end] and written[begin:end].count(b"AI.TENSORSET") == 2
    assert b"AI.MODELEXECUTE" not in written and b"AI.DAGEXECUTE" not in written
    made = {key: get_tensor(client, key).tolist() for key in outputs}
    assert made["y"] == made["by script"] == PRODUCT
    assert {key: get_tensor(replica.client(), key).tolist() for key in outputs} == made
    master.restart(save=False)
    assert {key: get_tensor(master.client(), key).tolist() for key in outputs} == made
