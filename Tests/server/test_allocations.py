"""What commands leave behind in memory: nothing, however often they are sent, well or badly."""

import itertools
import re

import pytest

from support import flows
from support.clients import refusal
from support.flows import script, trigger
from support.models import execute, execution, floats, prepare_product, store

MODULE_WORDS = flows.WORDS
pytestmark = pytest.mark.usefixtures("no_flows_left")

WARMUP = 1100  # more than the module keeps of anything that it keeps for a while: 1000 executions
ROUNDS = 300
MOST_BYTES = 100  # of a round; most of what could be lost takes more

PLUS = """
def plus(tensors: List[Tensor], keys: List[str], args: List[str]):
    return tensors[0] + tensors[1]
"""
ENDLESS = """
async def forever(record):
    await asyncio.sleep(1e6)
GB('PythonReader').map(forever).run(lambda: iter([1]))
"""
RUN = "GB('PythonReader').map(lambda r: r + 1).run(lambda: iter(range(3)))"
TRIGGERS = """
from redisAI import *
def fail(words):
    raise ValueError('no')
async def later(words):
    return await executeAsync('ECHO', 'a')
def atomically(words):
    with atomic():
        return execute('ECHO', 'a')
def run(words):
    runner = createModelRunner('m')
    modelRunnerAddInput(runner, 'a', getTensorFromKey('a'))
    modelRunnerAddInput(runner, 'b', getTensorFromKey('b'))
    modelRunnerAddOutput(runner, 'mul')
    setTensorInKey('y', modelRunnerRun(runner)[0])
async def run_dag(words):
    dag = createDAGRunner()
    dag.Input('x', getTensorFromKey('a'))
    dag.ModelRun(name='m', inputs=['x', 'x'], outputs=['y'])
    return str(await dag.TensorGet('y').Run())
for step in (fail, later, atomically, run, run_dag):
    GB('CommandReader').map(step).register(trigger=step.__name__)
GB('CommandReader').map(lambda words: words).register(trigger='held', mode='sync')
GB('CommandReader').map(lambda words: words).register(trigger='ordered', inorder=True)
GB('KeysReader').foreach(lambda r: execute('INCR', 'seen')).register('key:*', mode='sync')
GB('StreamReader').foreach(lambda r: execute('INCR', 'seen')).register('stream', mode='sync')
GB('CommandReader').map(lambda words: call_next(*words[1:])).register(
    hook='strlen', mode='sync', convertToStr=False)
"""
ROUND = {}


def round_of(kind):
    """Makes a function one of the kinds of rounds."""
    def add(made):
        ROUND[kind] = made
        return made
    return add


# Tensors, models, scripts

@round_of("tensors")
def set_tensors(client):
    floats(client, "t", 1, 2, 3)
    client.execute_command("AI.TENSORGET", "t", "META", "VALUES")
    client.execute_command("AI.TENSORSET", "u", "STRING", 2, "VALUES", "a", "b")
    client.delete("t", "u")


@round_of("tensors that are refused")
def set_wrong_tensors(client):
    assert refusal(client, "AI.TENSORSET", "t", "FLOAT", 2, "VALUES", 1, "x")
    assert refusal(client, "AI.TENSORSET", "t", "FLOAT", 2, "BLOB", b"123")
    assert refusal(client, "AI.TENSORGET", "none", "VALUES")


@round_of("runs")
def run_models(client):
    execute(client, "m", ["a", "b"], ["y"])
    execute(client, "batched", ["a", "b"], ["y"])


@round_of("runs that fail")
def run_wrongly(client):
    floats(client, "wrong", 1, 2, 3)
    assert refusal(client, *execution("m", ["a", "wrong"], ["y"]))
    assert refusal(client, *execution("m", ["a", "none"], ["y"]))
    assert refusal(client, *execution("m", ["a"], ["y"]))


@round_of("runs that come too late")
def run_late(client):
    with client.pipeline(transaction=False) as pipeline:
        for _ in range(4):
            pipeline.execute_command(*execution("batched", ["a", "b"], ["y"], "TIMEOUT", 1))
        pipeline.execute(raise_on_error=False)


@round_of("DAGs")
def run_dags(client):
    run = execution("m", ["a", "x"], ["x"])
    client.execute_command(
        "AI.DAGEXECUTE", "LOAD", 1, "a", "|>", "AI.TENSORSET", "x", "FLOAT", 2, 2, "VALUES", 1, 2, 3, 4,
        "|>", *run, "|>", "AI.TENSORGET", "x", "VALUES")
    assert refusal(client, "AI.DAGEXECUTE", "LOAD", 1, "a", "|>", *execution("m", ["a", "none"], ["x"]))


@round_of("scripts")
def run_scripts(client):
    client.execute_command(
        "AI.SCRIPTEXECUTE", "s", "plus", "KEYS", 1, "a", "INPUTS", 2, "a", "b", "OUTPUTS", 1, "y")
    assert refusal(client, "AI.SCRIPTEXECUTE", "s", "none", "KEYS", 1, "a", "OUTPUTS", 1, "y")


@round_of("models that are stored")
def store_models(client):
    store(client, "stored", "mul_2x2")
    assert refusal(client, "AI.MODELSTORE", "stored", "ONNX", "CPU", "BLOB", b"no model")
    client.execute_command("AI.MODELGET", "stored", "META")
    client.execute_command("AI.MODELDEL", "stored")


@round_of("reports")
def report(client):
    client.execute_command("AI.INFO", "m")
    client.execute_command("AI._MODELSCAN")
    client.info("everything")
    client.execute_command("AI.CONFIG", "GET", "MODEL_CHUNK_SIZE")


@round_of("clients that leave")
def leave(client):
    pool = client.connection_pool
    for words in (execution("m", ["a", "b"], ["y"]), ("RG.TRIGGER", "later"), ("RG.PYEXECUTE", RUN)):
        connection = pool.connection_class(**pool.connection_kwargs)
        connection.send_command(*words)
        connection.disconnect()
    # What has come before them is over, or nearly.
    trigger(client, "later")
    script(client, RUN)


# Flows

@round_of("flows that run at once")
def run_flow(client):
    assert script(client, RUN) == [[b"1", b"2", b"3"], []]


@round_of("flows that run by themselves")
def run_flow_aside(client):
    name = script(client, RUN, "UNBLOCKING")
    client.execute_command("RG.GETRESULTSBLOCKING", name)


@round_of("flows that are dropped")
def drop_flow(client):
    name = script(client, RUN, "UNBLOCKING")
    client.execute_command("RG.GETRESULTSBLOCKING", name)
    client.execute_command("RG.DROPEXECUTION", name)


@round_of("flows that fail")
def fail_flow(client):
    assert refusal(client, "RG.PYEXECUTE", "raise ValueError('no')")
    assert refusal(client, "RG.PYEXECUTE", f"{RUN}\nraise ValueError('no')")
    assert refusal(client, "RG.PYEXECUTE", f"{RUN}\n{RUN}")


@round_of("flows that are ended")
def abort_flow(client):
    name = script(client, ENDLESS, "UNBLOCKING")
    client.execute_command("RG.ABORTEXECUTION", name)
    client.execute_command("RG.GETRESULTSBLOCKING", name)


@round_of("sessions that are replaced")
def replace_session(client):
    source = """
GB('KeysReader').foreach(lambda r: execute('INCR', 'seen')).register('own:*', mode='sync')
GB('CommandReader').map(lambda words: words).register(trigger='own')
"""
    assert script(client, source, "ID", "own", "UPGRADE") == b"OK"
    client.set("own:a", 1)
    assert trigger(client, "own") == [b"['own']"]


@round_of("registrations that are removed")
def remove_registration(client):
    script(client, "GB('KeysReader', desc='passing').foreach(lambda r: None).register('own:*', mode='sync')")
    client.set("own:a", 1)
    [own] = [entry["id"] for entry in flows.registrations(client) if entry["desc"] == b"passing"]
    client.execute_command("RG.UNREGISTER", own)


@round_of("triggers")
def trigger_all(client):
    for name in ("later", "atomically", "run", "run_dag", "held", "ordered"):
        trigger(client, name)
    assert "no" in refusal(client, "RG.TRIGGER", "fail")
    assert refusal(client, "RG.TRIGGER", "none")


@round_of("events")
def cause_events(client):
    client.set("key:a", 1)
    client.xadd("stream", {"a": 1})
    client.strlen("key:a")


@pytest.fixture
def prepared(client):
    if allocated(client) is None:
        pytest.skip("the server's allocator does not count what is allocated")
    prepare_product(client)
    store(client, "batched", "mul_2x2", "BATCHSIZE", 4)
    client.execute_command("AI.SCRIPTSTORE", "s", "CPU", "ENTRY_POINTS", 1, "plus", "SOURCE", PLUS)
    script(client, TRIGGERS, "ID", "flows", "UPGRADE")
    return client


@pytest.mark.parametrize("kind", ROUND)
def test_nothing_is_left_behind(prepared, kind):
    """What grows once, such as a thread's cache, does not grow the next time."""
    figures = [allocated_after(prepared, kind, rounds) for rounds in (WARMUP, ROUNDS, ROUNDS, ROUNDS)]
    growth = [(after - before) / ROUNDS for before, after in itertools.pairwise(figures)]
    assert min(growth) <= MOST_BYTES, growth


def allocated_after(client, kind, rounds):
    """Bytes that the server has allocated, with the module's, after so many rounds."""
    for _ in range(rounds):
        ROUND[kind](client)
    return allocated(client)


def allocated(client):
    """The same, now; INFO tells it a moment later. None if the server's allocator does not count."""
    text = client.execute_command("MEMORY", "MALLOC-STATS").decode()
    found = re.search(r"^Allocated: (\d+)", text, re.MULTILINE)
    return int(found[1]) if found else None
