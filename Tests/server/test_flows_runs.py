"""Models and scripts that flows run, wait for and await."""

import numpy
import pytest

from support import runtimes
from support.gates import Gate
from support.models import floats, set_tensor, store
from support.redisai_flows import PATIENT, failure, prepare, script, trigger, value
from support.servers import wait_until
from support.texts import INPUT_COUNT

MODULE_WORDS = PATIENT


@pytest.fixture
def keys(client):
    return prepare(client)


SUMS = """
def runner(key, counts=(2, 2)):
    runner = createModelRunner(key)
    for tensor in mgetTensorsFromKeyspace(['a', 'b'])[:counts[0]]:
        modelRunnerAddInput(runner, 'any name', tensor)
    for number in range(counts[1]):
        modelRunnerAddOutput(runner, 'any name')
    return runner
def lists(tensors):
    return [tensorToFlatList(tensor) for tensor in tensors]
"""


@pytest.mark.parametrize("kind", runtimes.FILES)
def test_models_of_all_runtimes_run_and_are_awaited(client, kind):
    runtimes.store_all(client, [kind])
    set_tensor(client, "a", "FLOAT", [[5, 7]])
    set_tensor(client, "b", "FLOAT", [[1, 2]])
    expected = [[6, 9], [4, 5]]
    # From the fourth run on it may be on the server's thread.
    setup = SUMS + f"def many(): return [lists(modelRunnerRun(runner('{kind}'))) for number in range(10)]"
    assert value(client, "many()", setup) == [expected] * 10
    expression = f"lists(await modelRunnerRunAsync(runner('{kind}')))"
    assert value(client, expression, SUMS, is_awaited=True) == expected
    text = failure(client, f"modelRunnerRun(runner('{kind}', (2, 0)))", SUMS)
    assert "Must specify at least one target to fetch or execute." in text
    assert INPUT_COUNT in failure(client, f"modelRunnerRun(runner('{kind}', (1, 2)))", SUMS)


def test_the_words_of_the_runtime_are_the_error(client):
    runtimes.store_all(client, ["ONNX"])
    floats(client, "a", 1, 2, 3)
    floats(client, "b", 1, 2)
    for call, is_awaited in (("modelRunnerRun", False), ("await modelRunnerRunAsync", True)):
        assert "Invalid rank for input" in failure(client, f"{call}(runner('ONNX'))", SUMS, is_awaited)


def test_only_awaited_runs_count(client):
    runtimes.store_all(client, ["ONNX"])
    set_tensor(client, "a", "FLOAT", [[1, 2]])
    set_tensor(client, "b", "FLOAT", [[1, 2]])

    def calls():
        info = client.execute_command("AI.INFO", "ONNX")
        return dict(zip(info[::2], info[1::2]))[b"calls"]
    assert value(client, "len([modelRunnerRun(runner('ONNX')) for number in range(8)])", SUMS) == 8
    assert calls() == 0
    value(client, "lists(await modelRunnerRunAsync(runner('ONNX')))", SUMS, is_awaited=True)
    assert calls() == 1


def test_many_runs_are_awaited_at_once(client):
    runtimes.store_all(client, ["ONNX", "TORCH"])
    set_tensor(client, "a", "FLOAT", [[5, 7]])
    set_tensor(client, "b", "FLOAT", [[1, 2]])
    setup = SUMS + """
import asyncio
async def many():
    runs = [modelRunnerRunAsync(runner(key)) for number in range(150) for key in ('ONNX', 'TORCH')]
    return [lists(tensors) for tensors in await asyncio.gather(*runs)]
"""
    assert value(client, "await many()", setup, is_awaited=True) == [[[6, 9], [4, 5]]] * 300


def test_a_run_outlives_the_key_of_its_model(server, client):
    runtimes.store_all(client, ["ONNX"])
    set_tensor(client, "a", "FLOAT", [[5, 7]])
    set_tensor(client, "b", "FLOAT", [[1, 2]])
    script(client, "from redisAI import *\n" + SUMS + """
async def f(r):
    run = modelRunnerRunAsync(runner('ONNX'))
    execute('DEL', 'ONNX')
    execute('SET', 'deleted', 'yes')
    return lists(await run)
GB('CommandReader').map(f).register(trigger='t')
""")
    gate = Gate(server)
    with gate.stack, server.wire() as connection:
        gate.hold()
        connection.send("RG.TRIGGER", "t")
        wait_until(lambda: client.get("deleted"))
        gate.open()
        assert connection.receive() == b"*1\r\n$24\r\n[[6.0, 9.0], [4.0, 5.0]]\r\n"
    assert not client.exists("ONNX")


def test_outputs_that_are_no_tensors_are_none(client):
    store(client, "m", "zipmap_classifier")
    inputs = len(client.execute_command("AI.MODELGET", "m", "META")[11])
    outputs = len(client.execute_command("AI.MODELGET", "m", "META")[13])
    set_tensor(client, "x", "FLOAT", numpy.zeros((1, 3)))
    setup = f"""
def run(r):
    runner = createModelRunner('m')
    for number in range({inputs}):
        modelRunnerAddInput(runner, 'x', getTensorFromKey('x'))
    for number in range({outputs}):
        modelRunnerAddOutput(runner, 'y')
    return [tensor is None for tensor in modelRunnerRun(runner)]
"""
    assert True in value(client, "run(r)", setup)


HOLDING = """
def g():
    large = createTensorFromBlob('UINT8', [20_000], b'\\1' * 20_000)
    msetTensorsInKeyspace({'large': large})
    sums = [sum(tensorToFlatList(getTensorFromKey('large')))]
    for number in range(5):
        tensors = mgetTensorsFromKeyspace(['a{1}', 'b{1}'])
        runner = createModelRunner('m{1}')
        for tensor in tensors:
            modelRunnerAddInput(runner, 'x', tensor)
        modelRunnerAddOutput(runner, 'y')
        script = createScriptRunner('s{1}', 'bar')
        scriptRunnerAddInputList(script, tensors)
        scriptRunnerAddOutput(script)
        product, total = modelRunnerRun(runner)[0], scriptRunnerRun(script)[0]
    scriptRunnerRun(createScriptRunner('s{1}', 'put'))
    return sums + tensorToFlatList(product) + tensorToFlatList(total)
def holding():
    with atomic():
        return g()
"""
HELD = [20_000, 2, 6, 6, 12, 3, 5, 5, 7]


def test_a_flow_that_holds_the_server_does_all_of_it(keys):
    assert value(keys, "holding()", HOLDING) == HELD
    assert keys.getdel("of script{1}") == b"1"
    script(keys, "from redisAI import *\n" + HOLDING +
           "GB('CommandReader').map(lambda r: g()).register(trigger='t', mode='sync')")
    assert eval(trigger(keys)[0]) == HELD
    assert keys.get("of script{1}") == b"1"
    with keys.pipeline() as transaction:
        transaction.execute_command("RG.TRIGGER", "t")
        assert eval(transaction.execute()[0][0]) == HELD


def test_an_awaited_run_ends_when_the_server_is_free_again(keys):
    setup = """
async def g():
    tensors = mgetTensorsFromKeyspace(['a{1}', 'b{1}'])
    runner = createModelRunner('m{1}')
    for tensor in tensors:
        modelRunnerAddInput(runner, 'x', tensor)
    modelRunnerAddOutput(runner, 'y')
    with atomic():
        run = modelRunnerRunAsync(runner)
        execute('SET', 'begun', 'yes')
    return tensorToFlatList((await run)[0])
"""
    assert value(keys, "await g()", setup, is_awaited=True) == [2, 6, 6, 12]
