"""Scripts that run: what functions take and return, and what they may ask of the server."""

import threading

import pytest

from support.clients import refusal
from support.dags import dag
from support.models import floats, get_tensor, set_tensor, store
from support.patience import AN_HOUR, text_of_stop
from support.servers import wait_until
from support.texts import WRONG_TYPE
from support.wire import OK

SUMS = """
def bar(tensors: List[Tensor], keys: List[str], args: List[str]):
    return tensors[0] + tensors[1]

def twice(tensors: List[Tensor], keys: List[str], args: List[str]):
    return tensors[0], tensors[0] * 2

def old_bar(a, b):
    return a + b

def old_rest(a, rest: List[Tensor]):
    return a + rest[0]
"""

SERVER = """
def set(tensors: List[Tensor], keys: List[str], args: List[str]):
    redis.execute("SET", keys[0], args[0])

def wrong_arity(tensors: List[Tensor], keys: List[str], args: List[str]):
    redis.execute("SET", keys[0])

def wrong_type(tensors: List[Tensor], keys: List[str], args: List[str]):
    redis.execute("HSET", keys[0], "field", "value")
    redis.execute("RPUSH", keys[0], "value")

def increment(tensors: List[Tensor], keys: List[str], args: List[str]):
    redis.execute("SET", keys[0], args[0])
    value = redis.execute("INCR", keys[0])
    return torch.tensor(int(str(value)))

def listed(tensors: List[Tensor], keys: List[str], args: List[str]):
    for arg in args:
        redis.execute("RPUSH", keys[0], arg)
    values = redis.asList(redis.execute("LRANGE", keys[0], "0", "-1"))
    return torch.tensor([[int(str(value))] for value in values])

def hashed(tensors: List[Tensor], keys: List[str], args: List[str]):
    redis.execute("HSET", [keys[0]] + args)
    values = redis.asList(redis.execute("HVALS", keys[0]))
    return torch.tensor([[int(str(value))] for value in values])

def call(tensors: List[Tensor], keys: List[str], args: List[str]):
    redis.execute(args[0], args[1:])

def many(tensors: List[Tensor], keys: List[str], args: List[str]):
    for number in range(int(args[0])):
        redis.execute("INCR", keys[0])

def model(tensors: List[Tensor], keys: List[str], args: List[str]):
    return redisAI.model_execute(keys[0], tensors, 1)

def spin(tensors: List[Tensor], keys: List[str], args: List[str]):
    number = 0
    while True:
        number += 1
"""
NAMES = ["set", "wrong_arity", "wrong_type", "increment", "listed", "hashed", "call", "many", "model", "spin"]
FAILED = "Redis command returned an error: "


def store_script(client, key, source, *entry_points):
    words = ["ENTRY_POINTS", len(entry_points), *entry_points] if entry_points else []
    name = "AI.SCRIPTSTORE" if entry_points else "AI.SCRIPTSET"
    assert client.execute_command(name, key, "CPU", *words, "SOURCE", source) == b"OK"


@pytest.fixture
def sums(client):
    store_script(client, "s", SUMS, "bar", "twice")
    floats(client, "a", 2, 3)
    floats(client, "b", 2, 3)
    return client


@pytest.fixture
def asking(client):
    store_script(client, "s", SERVER, *NAMES)
    return client


def calling(function, keys=(), args=(), inputs=(), outputs=(), script="s"):
    """The words of a call."""
    words = ["AI.SCRIPTEXECUTE", script, function]
    for section, listed in (("KEYS", keys), ("INPUTS", inputs), ("ARGS", args), ("OUTPUTS", outputs)):
        if listed or section == "INPUTS":
            words += [section, len(listed), *listed]
    return words


def error_of(client, *words):
    """Why a script failed."""
    text = refusal(client, *words)
    assert text is not None and "\n" not in text
    return text


def test_a_first_script(sums):
    assert sums.execute_command(*calling("bar", inputs=["a", "b"], outputs=["y"])) == b"OK"
    assert get_tensor(sums, "y").tolist() == [4, 6]
    assert sums.execute_command(*calling("twice", inputs=["a"], outputs=["x", "y"])) == b"OK"
    assert get_tensor(sums, "y").tolist() == [4, 6]


def test_calls_are_counted_and_samples_are_not(sums):
    for _ in range(3):
        sums.execute_command(*calling("bar", inputs=["a", "b"], outputs=["y"]))
    assert refusal(sums, *calling("nothing", inputs=["a"]))
    info = sums.execute_command("AI.INFO", "s")
    assert info[12:] == [b"samples", -1, b"calls", 4, b"errors", 1]
    assert info[11] > 0


@pytest.mark.parametrize(
    "words, text",
    [
        (calling("nothing"), "Function does not exist: nothing"),
        (calling("bar", inputs=["a", "b"], outputs=["x", "y"]),
         "Function returned unexpected number of outputs - bar"),
        (calling("old_bar", inputs=["a"], outputs=["y"]),
         "Wrong number of inputs provided to function: old_bar"),
    ])
def test_a_failed_call_says_why(sums, words, text):
    assert text in error_of(sums, *words)


@pytest.mark.parametrize("source, text", [
    ("def f(a: List[Tensor], b: List[str], c: List[Tensor]):\n  return a\n",
     "Wrong inputs type in function f. Expected signature similar to: def f(tensors: List[Tensor], "
     "keys: List[str], args: List[str])"),
    ("def f(a: List[Tensor], b: List[str]):\n  return a\n",
     "Wrong number of inputs in function f. Expected 3 but was 2"),
    ("def g(a):\n  return a\n", "Function f does not exist in the given script."),
])
def test_an_entry_point_that_is_none_is_refused(client, source, text):
    assert text in error_of(client, "AI.SCRIPTSTORE", "s", "CPU", "ENTRY_POINTS", 1, "f", "SOURCE", source)
    assert "\n" not in error_of(client, "AI.SCRIPTSET", "s", "CPU", "SOURCE", "def f(:")
    assert not client.exists("s")


def test_the_older_spelling_calls_any_function(client):
    store_script(client, "s", SUMS)
    floats(client, "a", 2, 3)
    run = "AI.SCRIPTRUN s"
    assert client.execute_command(*f"{run} old_bar INPUTS a a OUTPUTS y".split()) == b"OK"
    assert client.execute_command(*f"{run} old_rest INPUTS a $ y y OUTPUTS z".split()) == b"OK"
    assert get_tensor(client, "z").tolist() == [6, 9]


def test_a_dag_calls_scripts(sums):
    reply = sums.execute_command(*dag(
        "AI.SCRIPTEXECUTE s bar INPUTS 2 a b OUTPUTS 1 y",
        "AI.SCRIPTEXECUTE s twice INPUTS 1 y OUTPUTS 2 v w",
        "AI.TENSORGET w VALUES", load=["a", "b"], persist=["w"]))
    assert reply == [b"OK", b"OK", [b"8", b"12"]]
    assert get_tensor(sums, "w").tolist() == [8, 12]
    old = "AI.DAGRUN LOAD 2 a b |> AI.SCRIPTRUN s old_bar INPUTS a b OUTPUTS y |> AI.TENSORGET y VALUES"
    assert sums.execute_command(*old.split()) == [b"OK", [b"4", b"6"]]


def test_commands_are_executed(asking):
    assert asking.execute_command(*calling("set", ["x"], ["1"])) == b"OK"
    assert asking.get("x") == b"1"
    asking.execute_command(*calling("set", ["x"], [b"with\0nul"]))
    assert asking.get("x") == b"with\0nul"
    for function, args in (("listed", ["1", "2"]), ("hashed", ["f", 1, "g", 2])):
        asking.execute_command(*calling(function, ["k" + function], args, outputs=["y"]))
        assert get_tensor(asking, "y").tolist() == [[1], [2]]


def test_numbers_have_64_bits(asking):
    asking.execute_command(*calling("increment", ["x"], [2**40], outputs=["y"]))
    assert get_tensor(asking, "y").tolist() == 2**40 + 1


@pytest.mark.parametrize(
    "words, text",
    [
        (calling("wrong_arity", ["x"]), FAILED + "Invalid argument"),
        (calling("wrong_type", ["x"]), FAILED + WRONG_TYPE),
        (calling("call", args=["NOSUCH", "x"]), FAILED + "No such file or directory"),
        (calling("model", ["none"], outputs=["y"]), "ERR model key is empty"),
    ])
def test_what_the_server_refuses_ends_the_script(asking, words, text):
    assert text in error_of(asking, *words)


@pytest.mark.parametrize(
    "words",
    [
        "MULTI", "EXEC", "SUBSCRIBE x", "SHUTDOWN NOSAVE", "BLPOP x 0", "WAIT 1 0", "EVAL return 0",
        "XREAD BLOCK 0 STREAMS x $", "CLIENT PAUSE 1000", "AI.SCRIPTEXECUTE s spin INPUTS 0", "ai.modelrun x",
        "AI.DAGEXECUTE ROUTING r |> AI.TENSORGET x", "SAVE", "MONITOR",
    ])
def test_a_command_that_is_not_for_scripts_is_refused(server, asking, words):
    assert FAILED in error_of(asking, *calling("call", args=words.split()))
    assert server.alive()
    assert asking.ping()


def test_a_script_works_in_the_clients_database(server, asking):
    store_script(server.client(database=5), "s", SERVER, *NAMES)
    server.client(database=5).execute_command(*calling("set", ["x"], ["five"]))
    assert (server.client(database=5).get("x"), asking.get("x")) == (b"five", None)


def test_a_script_has_the_rights_of_its_client(server, asking):
    asking.execute_command("ACL", "SETUSER", "guest", "on", "nopass", "~x", "~s", "+ai.scriptexecute", "+set")
    with server.wire() as connection:
        assert connection.call("AUTH", "guest", "any") == OK
        assert connection.call(*calling("set", ["x"], ["1"])) == OK
        for words in (["SET", "other", "1"], ["GET", "x"], ["FLUSHALL"]):
            assert FAILED.encode() in connection.call(*calling("call", args=words))
    asking.execute_command("ACL", "DELUSER", "guest")
    assert asking.get("x") == b"1" and not asking.exists("other")


def test_a_model_runs_within_a_script(asking):
    store(asking, "m", "mul_2x2")
    floats(asking, "t", 1, 2)
    set_tensor(asking, "a", "FLOAT", [[1, 2], [3, 4]])
    asking.execute_command(*calling("model", ["m"], inputs=["a", "a"], outputs=["y"]))
    assert get_tensor(asking, "y").tolist() == [[1, 4], [9, 16]]
    assert asking.execute_command("AI.INFO", "m")[15] == 1
    text = error_of(asking, *calling("model", ["m"], inputs=["t", "t"], outputs=["y"]))
    words = "Invalid rank for input: a Got: 1 Expected: 2 Please fix either the inputs/outputs or the model."
    assert words in text


def test_scripts_and_clients_write_at_once_and_nothing_is_lost(start_server):
    server = start_server(words=["THREADS_PER_QUEUE", 4])
    store_script(server.client(), "s", SERVER, *NAMES)
    threads = [threading.Thread(
        target=server.client().execute_command, args=calling("many", ["x"], [500])) for _ in range(8)]
    for thread in threads:
        thread.start()
    client = server.client()
    for _ in range(500):
        client.incr("x")
    for thread in threads:
        thread.join()
    assert client.get("x") == b"4500"


def test_what_a_script_writes_is_replicated(start_server):
    master = start_server(tcp=True)
    replica = start_server(settings=[f"replicaof 127.0.0.1 {master.port}"])
    wait_until(lambda: replica.field("replication", "master_link_status") == "up", what="the link")
    client = master.client()
    store_script(client, "s", SERVER, *NAMES)
    client.execute_command(*calling("increment", ["x"], [1], outputs=["y"]))
    wait_until(lambda: replica.client().get("x") == b"2", what="the replicated value")
    wait_until(lambda: replica.client().exists("y") == 1, what="the replicated output")
    assert replica.client().execute_command("AI.SCRIPTGET", "s", "SOURCE") == SERVER.encode()


def test_a_write_during_a_pause_is_an_error_and_the_server_goes_on(start_server):
    server = start_server()
    client = server.client()
    store_script(client, "s", SERVER, *NAMES)
    failed = []
    runner = threading.Thread(
        target=lambda: failed.append(refusal(server.client(), *calling("many", ["x"], [10**8]))))
    runner.start()
    wait_until(lambda: client.get("x") is not None, what="the script's first command")
    client.execute_command("CLIENT", "PAUSE", AN_HOUR, "WRITE")
    runner.join()
    client.execute_command("CLIENT", "UNPAUSE")
    assert "writes are paused" in failed[0]
    assert server.alive() and client.incr("x")


def test_in_a_transaction_a_script_runs_in_place(start_server):
    server = start_server(words=["EXECUTE_IN_TRANSACTIONS", "yes"])
    client = server.client()
    store_script(client, "s", SERVER, *NAMES)
    with client.pipeline(transaction=True) as transaction:
        transaction.set("x", "1")
        transaction.execute_command(*calling("increment", ["x"], [41], outputs=["y"]))
        transaction.get("x")
        assert transaction.execute() == [True, b"OK", b"42"]
    assert get_tensor(client, "y").tolist() == 42


def test_a_script_without_end_is_stopped_and_answered_at_its_timeout(start_server):
    client = start_server().client()
    store_script(client, "s", SERVER, *NAMES)
    assert client.execute_command(*calling("spin"), "TIMEOUT", 50) == b"TIMEDOUT"
    assert "terminate" in text_of_stop(client, lambda: error_of(client, *calling("spin")))
    assert client.execute_command(*calling("set", ["x"], ["1"])) == b"OK"


def test_a_server_shuts_down_while_scripts_call_it(start_server):
    server = start_server(words=["THREADS_PER_QUEUE", 2])
    client = server.client()
    store_script(client, "s", SERVER, *NAMES)
    with server.wire() as one, server.wire() as other:
        for connection in (one, other):
            connection.send(*calling("many", ["x"], [10**8]))
        wait_until(lambda: client.get("x") is not None, what="the scripts' first command")
        server.stop()


def test_saving_in_the_background_and_reloading_do_no_harm_to_scripts(server, asking):
    threads = [threading.Thread(
        target=server.client().execute_command, args=calling("many", ["x"], [3000])) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        asking.execute_command("DEBUG", "RELOAD")
        assert asking.ping()
    for thread in threads:
        thread.join()
    assert asking.get("x") == b"6000"
