"""Tensors that flows make, store and read."""

import pytest

from support.clients import refusal
from support.models import NUMPY_TYPES, get_tensor
from support.redisai_flows import PATIENT, failure, script, trigger, value
from support.servers import wait_until

MODULE_WORDS = PATIENT


@pytest.mark.parametrize("element_type", NUMPY_TYPES)
def test_tensors_of_each_type_are_stored_and_read(client, element_type):
    numbers = [0, 1] if element_type == "BOOL" else [1, 2]
    given = list(map(float, numbers)) if "FLOAT" in element_type or element_type == "DOUBLE" else numbers
    setup = f"setTensorInKey('v', createTensorFromValues('{element_type}', [2, 1], {given}))"
    expression = "(tensorGetDims(getTensorFromKey('v')), tensorToFlatList(getTensorFromKey('v')))"
    assert value(client, expression, setup) == ((2, 1), numbers)
    blob = client.execute_command("AI.TENSORGET", "v", "BLOB")
    setup = f"setTensorInKey('w', createTensorFromBlob('{element_type}', [2, 1], {blob!r}))"
    assert value(client, "tensorGetDataAsBlob(getTensorFromKey('w'))", setup) == blob
    assert client.execute_command("AI.TENSORGET", "w") == client.execute_command("AI.TENSORGET", "v")


def test_strings_are_stored_and_read(client):
    setup = "setTensorInKey('v', createTensorFromBlob('STRING', [2], b'ab\\0c\\0'))"
    assert value(client, "tensorGetDataAsBlob(getTensorFromKey('v'))", setup) == b"ab\0c\0"
    assert client.execute_command("AI.TENSORGET", "v", "VALUES") == [b"ab", b"c"]
    text = failure(client, "setTensorInKey('v', createTensorFromBlob('STRING', [3], b'ab\\0c\\0'))")
    assert "ERR Number of string elements in data blob does not match tensor length" in text


@pytest.mark.parametrize("element_type, blob", [
    ("UINT8", bytes(range(256)) * 2400), ("BOOL", bytes([0, 1]) * 10_000),
    ("STRING", b"some text\0" * 5000), ("UINT8", bytes(16 * 1024)),
])
def test_large_tensors_come_and_go_through_shared_memory(client, element_type, blob):
    count = blob.count(0) if element_type == "STRING" else len(blob)
    client.set("blob", blob)
    client.execute_command("AI.TENSORSET", "given", element_type, count, "BLOB", blob)
    setup = f"""
def copy(r):
    tensor = getTensorFromKey('given')
    blob = tensorGetDataAsBlob(tensor)
    for number in range(5):
        setTensorInKey('made', createTensorFromBlob('{element_type}', tensorGetDims(tensor), blob))
        made = tensorGetDataAsBlob(getTensorFromKey('made'))
    return blob == made, len(blob)
"""
    assert value(client, "copy(r)", setup) == (True, len(blob))
    assert client.execute_command("AI.TENSORGET", "made") == client.execute_command("AI.TENSORGET", "given")


def test_what_large_elements_must_not_be_is_refused(client):
    text = failure(client, "setTensorInKey('v', createTensorFromBlob('BOOL', [20_000], b'\\2' * 20_000))")
    assert "ERR BOOL tensor elements must be 0 or 1" in text
    text = failure(client, "setTensorInKey('v', createTensorFromBlob('STRING', [1], b'a' * 20_000))")
    assert "ERR Number of string elements" in text
    assert not client.exists("v")


def test_memory_of_large_tensors_is_given_back(client):
    setup = """
def many(r):
    for number in range(40):
        tensor = createTensorFromBlob('UINT8', [8 << 20], bytes([number]) * (8 << 20))
        setTensorInKey('v', tensor)
        assert tensorGetDataAsBlob(getTensorFromKey('v'))[-1] == number
    return number
"""
    assert value(client, "many(r)", setup) == 39


def test_tensors_without_elements_are_tensors(client):
    setup = "setTensorInKey('v', createTensorFromBlob('FLOAT', [0, 3], b''))"
    assert value(client, "tensorGetDims(getTensorFromKey('v'))", setup) == (0, 3)


def test_keys_without_tensors_are_told_apart(client):
    client.set("string", "x")
    assert "ERR tensor key is empty" in failure(client, "getTensorFromKey('none')")
    assert "ERR key is not a tensor" in failure(client, "getTensorFromKey('string')")
    assert "ERR tensor key is empty" in failure(client, "mgetTensorsFromKeyspace(['none', 'string'])")
    assert "given key do not contain RedisAI model" in failure(client, "createModelRunner('string')")
    assert "given key do not contain RedisAI model" in failure(client, "createModelRunner('none')")
    assert "given key do not contain RedisAI script" in failure(client, "createScriptRunner('string', 'f')")


def test_all_tensors_are_stored_or_none(client):
    client.set("string", "x")
    one = "createTensorFromValues('FLOAT', [1], [1.0])"
    text = failure(client, f"msetTensorsInKeyspace({{'v': {one}, 'string': {one}, 'w': {one}}})")
    assert "ERR Key is already set with non tensor values." in text
    assert client.get("string") == b"x" and client.exists("v", "w") == 0
    assert value(client, f"msetTensorsInKeyspace({{'v': {one}, 'w': {one}}})") is None
    assert client.exists("v", "w") == 2


def test_tensors_are_of_the_sessions_database(server, client):
    other = server.client(database=3)
    assert value(other, "setTensorInKey('v', createTensorFromValues('FLOAT', [1], [5.0]))") is None
    assert other.exists("v") and not client.exists("v")
    assert client.execute_command("RG.TRIGGER", "t") == [b"None"]
    assert not client.exists("v")


def test_what_a_flow_stores_is_in_the_aof(start_server):
    server = start_server(words=MODULE_WORDS, settings=["appendonly yes"])
    tensor = "createTensorFromBlob('UINT8', [50_000], bytes(range(250)) * 200)"
    assert value(server.client(), f"setTensorInKey('v', {tensor})") is None
    server.kill()
    server.start()
    assert get_tensor(server.client(), "v").tobytes() == bytes(range(250)) * 200


def test_what_a_flow_stores_reaches_replicas(start_server):
    master = start_server(words=MODULE_WORDS, tcp=True)
    replica = start_server(words=MODULE_WORDS, settings=[f"replicaof 127.0.0.1 {master.port}"])
    wait_until(lambda: replica.field("replication", "master_link_status") == "up")
    assert value(master.client(), "setTensorInKey('v', createTensorFromValues('INT8', [1], [7]))") is None
    wait_until(lambda: replica.client().exists("v"))
    assert get_tensor(replica.client(), "v").tolist() == [7]


@pytest.mark.parametrize("stop, text", [
    (("CLIENT", "PAUSE", 10_000_000, "WRITE"), "ERR writes are paused; try again"),
    (("REPLICAOF", "127.0.0.1", 1), "READONLY You can't write against a read only replica."),
])
def test_nothing_is_stored_when_nothing_may_be_written(start_server, stop, text):
    server = start_server(words=MODULE_WORDS)
    client = server.client()
    script(client, """
import asyncio
from redisAI import *
async def f(r):
    while True:
        try:
            setTensorInKey('v', createTensorFromValues('INT8', [1], [7]))
        except Exception as error:
            # Whoever waits for a flow is told of another master itself.
            log(str(error))
            return error
        await asyncio.sleep(0.001)
GB('CommandReader').map(f).register(trigger='t')
""")
    with server.wire() as connection:
        connection.send("RG.TRIGGER", "t")
        wait_until(lambda: client.exists("v"))
        client.execute_command(*stop)
        wait_until(lambda: f"GEARS: {text}" in server.log())


def test_memory_that_is_not_allowed_is_not_used(start_server):
    server = start_server(words=MODULE_WORDS)
    client = server.client()
    setup = "v = createTensorFromBlob('UINT8', [100], bytes(100))"
    assert value(client, "setTensorInKey('v', v)", setup) is None
    client.config_set("maxmemory", 1)
    text = refusal(client, "RG.TRIGGER", "t")
    client.config_set("maxmemory", 0)
    assert text is not None and "OOM" in text
