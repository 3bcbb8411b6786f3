"""redis-py drives every command, in RESP2 and RESP3; `test_client_redis5.py` runs this with an older one."""

import asyncio
from typing import Any, NamedTuple

import numpy
import pytest
import redis
import redis.asyncio
from redis.backoff import NoBackoff
from redis.cluster import RedisCluster
from redis.exceptions import RedisClusterException
from redis.retry import Retry

from support import clients, scripts
from support.clusters import start_cluster
from support.dags import dag, run
from support.gates import Gate
from support.models import PRODUCT, execution, floats, get_tensor, model_bytes, set_tensor, store

MODEL = model_bytes("mul_2x2")
FOUR = numpy.array([[1, 2], [3, 4]], "<f4").tobytes()


class Either(NamedTuple):
    """A reply that redis-py gives another form in each protocol."""

    resp2: Any
    resp3: Any


class Refused(NamedTuple):
    """The words of an error, which redis-py raises."""

    text: str


class Call(NamedTuple):
    """A command as it is sent, the keys that are in it, and its reply: a value, or what must hold of it."""

    words: list
    keys: list
    reply: Any


PRODUCTS = Either([b"2", b"6", b"12", b"20"], [2.0, 6.0, 12.0, 20.0])
RUN_AND_READ = Either([b"OK", PRODUCTS.resp2], [b"OK", PRODUCTS.resp3])
OLD_RUN_AND_READ = "LOAD 2 a b |> AI.MODELRUN m INPUTS a b OUTPUTS y |> AI.TENSORGET y VALUES".split()

# After `prepared`: the model m and the script s with the tag v1, the tensors a and b, and nothing else.
CALLS = {
    "ai.tensorset": Call(["AI.TENSORSET", "t", "FLOAT", 2, 2, "BLOB", FOUR], ["t"], b"OK"),
    "ai.tensorget": Call(
        ["AI.TENSORGET", "a"], ["a"], [b"dtype", b"FLOAT", b"shape", [2, 2], b"blob", FOUR]),
    "ai.modelstore": Call(["AI.MODELSTORE", "n", "ONNX", "CPU", "BLOB", MODEL], ["n"], b"OK"),
    "ai.modelset": Call(["AI.MODELSET", "n", "ONNX", "CPU", "BLOB", MODEL], ["n"], b"OK"),
    "ai.modelget": Call(["AI.MODELGET", "m", "META"], ["m"], [
        b"backend", b"ONNX", b"device", b"CPU", b"tag", b"v1", b"batchsize", 0, b"minbatchsize", 0,
        b"inputs", [b"a", b"b"], b"outputs", [b"mul"], b"minbatchtimeout", 0]),
    "ai.modeldel": Call(["AI.MODELDEL", "m"], ["m"], b"OK"),
    "ai.modelexecute": Call(execution("m", ["a", "b"], ["y"]), ["m", "a", "b", "y"], b"OK"),
    "ai.modelrun": Call("AI.MODELRUN m INPUTS a b OUTPUTS y".split(), ["m", "a", "b", "y"], b"OK"),
    # Of scripts, what is answered without a runtime.
    "ai.scriptstore": Call(
        "AI.SCRIPTSTORE s DISK ENTRY_POINTS 1 f SOURCE x".split(), ["s"], Refused("unsupported device")),
    "ai.scriptset": Call("AI.SCRIPTSET s DISK SOURCE x".split(), ["s"], Refused("unsupported device")),
    "ai.scriptget": Call(["AI.SCRIPTGET", "s"], ["s"], [
        b"device", b"CPU", b"tag", b"v1", b"Entry Points", [b"f"], b"source", scripts.SOURCE.encode()]),
    "ai.scriptdel": Call(["AI.SCRIPTDEL", "s"], ["s"], b"OK"),
    "ai.scriptexecute": Call(
        "AI.SCRIPTEXECUTE none f KEYS 1 k INPUTS 1 a OUTPUTS 1 y".split(), ["none", "k", "a", "y"],
        Refused("script key is empty")),
    "ai.scriptrun": Call(
        "AI.SCRIPTRUN none f INPUTS a OUTPUTS y".split(), ["none", "a", "y"],
        Refused("script key is empty")),
    "ai._scriptscan": Call(["AI._SCRIPTSCAN"], [], [[b"s", b"v1"]]),
    "ai.dagexecute": Call(
        dag(run("m", "a b", "y"), "AI.TENSORGET y VALUES", load=["a", "b"], persist=["y"]),
        ["a", "b", "y", "m"], RUN_AND_READ),
    "ai.dagexecute_ro": Call(
        dag(run("m", "a b", "y"), "AI.TENSORGET y VALUES", load=["a", "b"], name="AI.DAGEXECUTE_RO"),
        ["a", "b", "m"], RUN_AND_READ),
    "ai.dagrun": Call(["AI.DAGRUN", *OLD_RUN_AND_READ], ["a", "b", "m"], RUN_AND_READ),
    "ai.dagrun_ro": Call(["AI.DAGRUN_RO", *OLD_RUN_AND_READ], ["a", "b", "m"], RUN_AND_READ),
    "ai._modelscan": Call(["AI._MODELSCAN"], [], [[b"m", b"v1"]]),
    "ai.info": Call(["AI.INFO", "m"], ["m"], [
        b"key", b"m", b"type", b"MODEL", b"backend", b"ONNX", b"device", b"CPU", b"tag", b"v1",
        b"duration", 0, b"samples", 0, b"calls", 0, b"errors", 0]),
    "ai.stats": Call(["AI.STATS", "m"], ["m"], Either(
        lambda reply: reply[:4] == [b"type", b"MODEL", b"backend", b"ONNX"] and len(reply) == 36,
        lambda reply: reply[b"type"] == b"MODEL" and reply[b"run_us"][b"count"] == 0 and len(reply) == 18)),
    "ai.metrics": Call(["AI.METRICS"], [], lambda text: b'\nredisai_models{state="ready"} 1\n' in text),
    "ai.config": Call(["AI.CONFIG", "GET", "MODEL_CHUNK_SIZE"], [], 511 * 1024 * 1024),
}


@pytest.fixture(params=[2, 3])
def protocol(request):
    """The version of the protocol that the client speaks."""
    return request.param


@pytest.fixture
def client(server, protocol):
    """A client as programs make it."""
    with clients.ordinary(server, protocol) as connected:
        yield connected


@pytest.fixture
def prepared(client):
    """The client of a server that holds the model m and its inputs a and b."""
    store(client, "m", "mul_2x2", "TAG", "v1")
    set_tensor(client, "a", "FLOAT", [[1, 2], [3, 4]])
    set_tensor(client, "b", "FLOAT", [[2, 3], [4, 5]])
    scripts.restore(client, "s", tag="v1")
    return client


def names(reply):
    """Names as text: redis-py decodes some replies in RESP2 and not in RESP3."""
    return [name.decode() if isinstance(name, bytes) else name for name in reply]


# Every command

def test_every_command_is_among_the_calls(client):
    # Clients are refused these two.
    internal = {"ai._flowsession", "ai._flowend"}
    assert set(names(client.command_list(module="ai"))) == set(CALLS) | internal
    assert all(call.words[0].lower() == name for name, call in CALLS.items())


@pytest.mark.parametrize("name", CALLS)
def test_a_call_is_answered(prepared, protocol, name):
    expected = CALLS[name].reply
    if isinstance(expected, Either):
        expected = expected.resp3 if protocol == 3 else expected.resp2
    if isinstance(expected, Refused):
        with pytest.raises(redis.ResponseError, match=expected.text):
            prepared.execute_command(*CALLS[name].words)
        return
    reply = prepared.execute_command(*CALLS[name].words)
    if callable(expected):
        assert expected(reply), reply
    else:
        assert reply == expected


@pytest.mark.parametrize("name", CALLS)
def test_a_command_is_described(client, name):
    described = client.command()[name]
    assert described["name"] == name
    assert described["arity"] == -1
    assert {"module"} < set(described["flags"])
    # In two words, redis-py takes the reply for that of COMMAND.
    [documentation] = client.execute_command("COMMAND INFO", name)
    assert documentation[0] == name.encode()
    assert b"summary" in str(client.execute_command("COMMAND DOCS", name)).encode()


@pytest.mark.parametrize("name", CALLS)
def test_the_keys_of_a_call_are_told(client, name):
    call = CALLS[name]
    if call.keys:
        assert names(client.command_getkeys(*call.words)) == call.keys
        told = client.command_getkeysandflags(*call.words)
        assert [key for key, _ in told] == [key.encode() for key in call.keys]
    else:
        # The server wants at least one word behind the command's name.
        with pytest.raises(redis.ResponseError, match="no key arguments|wrong number of arguments"):
            client.command_getkeys(*call.words)


# Kinds of replies

def test_values_of_each_kind_come_as_python_knows_them(client, protocol):
    for kind, content, resp2, resp3 in (
            ("DOUBLE", ["0.5", "-inf"], [b"0.5", b"-inf"], [0.5, float("-inf")]),
            ("INT8", [-5, 7], [-5, 7], [-5, 7]),
            ("UINT64", [2**64 - 1, 1], [b"18446744073709551615", 1], [2**64 - 1, 1]),
            ("BOOL", [0, 1], [0, 1], [0, 1]),
            ("STRING", ["é", ""], ["é".encode(), b""], ["é".encode(), b""])):
        client.execute_command("AI.TENSORSET", "t", kind, 2, "VALUES", *content)
        assert client.execute_command("AI.TENSORGET", "t", "VALUES") == (resp3 if protocol == 3 else resp2)


def test_statistics_of_the_server_are_dictionaries_in_resp3(prepared, protocol):
    reply = prepared.execute_command("AI.STATS")
    told = reply if protocol == 3 else dict(zip(reply[::2], reply[1::2]))
    assert told[b"version"] == b"99.99.99"
    [queue] = told[b"queues"]
    assert isinstance(queue, dict) == (protocol == 3)


def test_what_is_not_there_is_none(client):
    assert client.execute_command("AI.CONFIG", "GET", "NOSUCH") is None


def test_an_error_is_an_exception_without_its_first_word(client):
    with pytest.raises(redis.ResponseError) as refused:
        client.execute_command("AI.MODELGET", "missing")
    assert str(refused.value) == "model key is empty"


def test_an_error_within_a_dag_is_an_entry_of_the_reply(prepared):
    floats(prepared, "short", 1)
    failed, missing = prepared.execute_command(
        *dag(run("m", "short a", "y"), "AI.TENSORGET y", load=["short", "a"]))
    assert isinstance(failed, redis.ResponseError)
    assert missing == b"NA"


def test_a_deadline_is_an_ordinary_reply(server, client):
    store(client, "m", "add_1")
    floats(client, "x", 1, 2)
    with Gate(server) as gate:
        gate.hold()
        assert client.execute_command(*execution("m", ["x"], ["y"], "TIMEOUT", 20)) == b"TIMEDOUT"


def test_bytes_come_out_of_a_client_that_decodes(server, protocol):
    """Bytes of tensors are no text, so such a client has to be told where they come."""
    decoding = redis.Redis(
        unix_socket_path=str(server.socket_path), protocol=protocol, decode_responses=True)
    with decoding:
        blob = numpy.array([-1.5], "<f4").tobytes()
        assert decoding.execute_command("AI.TENSORSET", "t", "FLOAT", 1, "BLOB", blob) == "OK"
        with pytest.raises(UnicodeDecodeError):
            decoding.execute_command("AI.TENSORGET", "t", "BLOB")
        assert decoding.execute_command("AI.TENSORGET", "t", "BLOB", NEVER_DECODE=True) == blob
        assert decoding.execute_command("AI.TENSORGET", "t", "META") == ["dtype", "FLOAT", "shape", [1]]


# Settings

def test_settings_are_changed_as_those_of_the_server(client):
    before = client.config_get("ai.*")
    assert before["ai.queue_limit"] == "10000"
    try:
        assert client.config_set("ai.queue_limit", 50)
        assert client.config_get("ai.queue_limit") == {"ai.queue_limit": "50"}
        assert client.execute_command("AI.STATS") is not None
        with pytest.raises(redis.ResponseError):
            client.config_set("ai.queue_limit", 0)
    finally:
        client.config_set("ai.queue_limit", 10_000)
    assert client.config_get("ai.*") == before


def test_information_is_read(prepared):
    told = prepared.info("modules")
    assert told["ai_RedisAI_version"] == "99.99.99"
    assert told["ai_threads_per_queue"] == 1
    assert "ai" in [module["name"] for module in told["modules"]]
    assert b"ai" in [module[b"name"] for module in prepared.module_list()]


# Ways to send

def test_a_pipeline_runs_models(prepared, protocol):
    with prepared.pipeline(transaction=False) as pipeline:
        for name in ("ai.tensorset", "ai.modelexecute", "ai.dagexecute", "ai._modelscan"):
            pipeline.execute_command(*CALLS[name].words)
        pipeline.execute_command("AI.TENSORGET", "y", "BLOB")
        replies = pipeline.execute()
    product = numpy.array(PRODUCT, "<f4").tobytes()
    products = PRODUCTS.resp3 if protocol == 3 else PRODUCTS.resp2
    assert replies == [b"OK", b"OK", [b"OK", products], [[b"m", b"v1"]], product]


def test_a_transaction_takes_all_but_runs(prepared):
    with prepared.pipeline(transaction=True) as transaction:
        transaction.execute_command("AI.TENSORSET", "t", "FLOAT", 1)
        transaction.execute_command(*CALLS["ai.modelexecute"].words)
        transaction.execute_command("AI.TENSORGET", "t", "META")
        stored, refused, told = transaction.execute(raise_on_error=False)
    assert (stored, told) == (b"OK", [b"dtype", b"FLOAT", b"shape", [1]])
    assert isinstance(refused, redis.ResponseError)


def test_the_asynchronous_client_runs_models(server, prepared, protocol):
    async def talk():
        client = redis.asyncio.Redis(unix_socket_path=str(server.socket_path), protocol=protocol)
        try:
            runs = [execution("m", ["a", "b"], [f"y{number}"]) for number in range(20)]
            assert await asyncio.gather(*(client.execute_command(*words) for words in runs)) == [b"OK"] * 20
            pipeline = client.pipeline(transaction=False)
            for number in range(20):
                pipeline.execute_command("AI.TENSORGET", f"y{number}", "BLOB")
            return await pipeline.execute()
        finally:
            await client.aclose()
    assert asyncio.run(talk()) == [numpy.array(PRODUCT, "<f4").tobytes()] * 20


def test_a_client_of_a_cluster_finds_the_slot_of_each_command(start_server, protocol):
    """A command without keys is sent to the nodes that are named with it."""
    _, port = start_cluster(start_server)
    with RedisCluster(host="127.0.0.1", port=port, protocol=protocol) as cluster:
        store(cluster, "{1}m", "mul_2x2", "TAG", "v1")
        set_tensor(cluster, "{1}a", "FLOAT", [[1, 2], [3, 4]])
        set_tensor(cluster, "{1}b", "FLOAT", [[2, 3], [4, 5]])
        keys = "{1}a", "{1}b"
        for words in (execution("{1}m", keys, ["{1}y"]),
                      ["AI.MODELRUN", "{1}m", "INPUTS", *keys, "OUTPUTS", "{1}y"],
                      dag(run("{1}m", "{1}a {1}b", "{1}y"), load=keys, persist=["{1}y"]),
                      "AI.DAGEXECUTE_RO ROUTING {1} |> AI.TENSORSET x INT8 1".split()):
            assert cluster.execute_command(*words) in (b"OK", [b"OK"])
        assert get_tensor(cluster, "{1}y").tolist() == PRODUCT
        with pytest.raises(RedisClusterException, match="same key slot"):
            cluster.execute_command(*execution("{1}m", ["{1}a", "{2}b"], ["{1}y"]))
        for name in ("ai._modelscan", "ai.metrics", "ai.config"):
            nodes = cluster.get_primaries()
            assert cluster.execute_command(*CALLS[name].words, target_nodes=nodes) is not None


def test_a_client_that_shall_not_repeat_sends_a_slow_run_once(server, prepared):
    """redis-py 8 otherwise connects and sends again, and it runs again, when the reply takes too long."""
    hasty = redis.Redis(
        unix_socket_path=str(server.socket_path), socket_timeout=0.05, retry=Retry(NoBackoff(), 0))
    with Gate(server) as gate:
        gate.hold()
        prepared.config_resetstat()
        with hasty, pytest.raises(redis.TimeoutError):
            hasty.execute_command(*execution("m", ["a", "b"], ["late"]))
        assert prepared.info("stats")["total_connections_received"] == 1
