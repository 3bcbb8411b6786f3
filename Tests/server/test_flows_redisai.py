"""`import redisAI` in whole flows: models, scripts and DAGs, with the rights of who has registered them."""

import pytest

from support.clients import refusal
from support.models import set_tensor
from support.redisai_flows import PATIENT, add_user, client_of, failure, prepare, script, trigger, value
from support.texts import NO_MODEL, NO_SCRIPT, WRONG_TYPE

MODULE_WORDS = PATIENT


@pytest.fixture
def keys(client):
    return prepare(client)


FLOWS = {
    "ModelRun": """
import redisAI

def ModelRun(record):
    tensor1 = redisAI.createTensorFromValues('FLOAT', [2, 2], [1.0, 2.0, 3.0, 4.0])
    tensor2 = redisAI.createTensorFromValues('FLOAT', [2, 2], [2.0, 3.0, 2.0, 3.0])
    runner = redisAI.createModelRunner('m{1}')
    redisAI.modelRunnerAddInput(runner, 'a', tensor1)
    redisAI.modelRunnerAddInput(runner, 'b', tensor2)
    redisAI.modelRunnerAddOutput(runner, 'mul')
    result = redisAI.modelRunnerRun(runner)
    redisAI.setTensorInKey('c{1}', result[0])
    return 'ModelRun_OK'

GB('CommandReader').map(ModelRun).register(trigger='ModelRun')
""",
    "ModelRunAsync": """
import redisAI

async def ModelRun(record):
    try:
        tensors = redisAI.mgetTensorsFromKeyspace(['a{1}', 'b{1}'])
        runner = redisAI.createModelRunner('m{1}')
        redisAI.modelRunnerAddInput(runner, 'a', tensors[0])
        redisAI.modelRunnerAddInput(runner, 'b', tensors[1])
        redisAI.modelRunnerAddOutput(runner, 'mul')
        result = await redisAI.modelRunnerRunAsync(runner)
        redisAI.setTensorInKey('c{1}', result[0])
        return 'ModelRunAsync_OK'
    except Exception as error:
        return error

GB('CommandReader').map(ModelRun).register(trigger='ModelRunAsync')
""",
    "DAGRun": """
import redisAI

async def DAGRun(record):
    tensors = redisAI.mgetTensorsFromKeyspace(['a{1}', 'b{1}'])
    dag = redisAI.createDAGRunner()
    dag.Input('x', tensors[0]).Input('y', tensors[1])
    dag.ModelRun(name='m{1}', inputs=['x', 'y'], outputs=['z']).TensorGet('z')
    result = await dag.Run()
    redisAI.setTensorInKey('c{1}', result[0])
    return 'DAGRun_OK'

GB('CommandReader').map(DAGRun).register(trigger='DAGRun')
""",
}


@pytest.mark.parametrize("name", FLOWS)
def test_a_flow_runs_a_model_and_stores_its_output(keys, name):
    script(keys, FLOWS[name])
    assert keys.execute_command("RG.TRIGGER", name) == [f"{name}_OK".encode()]
    assert keys.execute_command("AI.TENSORGET", "c{1}", "VALUES") == [b"2", b"6", b"6", b"12"]


SCRIPT_RUNNER = """
def runner(fn='bar', as_list=False):
    tensors = mgetTensorsFromKeyspace(['a{1}', 'b{1}'])
    runner = createScriptRunner('s{1}', fn)
    if as_list:
        scriptRunnerAddInputList(runner, tensors)
    else:
        for tensor in tensors:
            scriptRunnerAddInput(runner, tensor)
    scriptRunnerAddOutput(runner)
    return runner
"""


def test_a_flow_runs_a_script(keys):
    for call in ("scriptRunnerRun(runner())", "scriptRunnerRun(runner(as_list=True))"):
        assert value(keys, f"tensorToFlatList({call}[0])", SCRIPT_RUNNER) == [3, 5, 5, 7]
    expression = "tensorToFlatList((await scriptRunnerRunAsync(runner()))[0])"
    assert value(keys, expression, SCRIPT_RUNNER, is_awaited=True) == [3, 5, 5, 7]


def test_a_script_of_a_flow_calls_the_server_as_the_user(keys):
    assert value(keys, "scriptRunnerRun(createScriptRunner('s{1}', 'put'))") == []
    assert keys.getdel("of script{1}") == b"1"
    add_user(keys, "narrow", ["s{1}"])
    with client_of(keys, "narrow") as narrow:
        # The server's own words, which are not those of NOPERM in all versions.
        assert "access" in failure(narrow, "scriptRunnerRun(createScriptRunner('s{1}', 'put'))")


DAGS = [
    ("TensorSet('t', x).TensorGet('t')", [1, 2, 3, 4]),
    ("Input('x', x).Input('y', y).ModelRun(name='m{1}', inputs=['x', 'y'], outputs=['z']).TensorGet('z')",
     [2, 6, 6, 12]),
    ("Input('x', x).Input('y', y).ScriptRun(name='s{1}', func='bar', inputs=['x', 'y'], outputs=['z'])"
     ".TensorGet('z')", [3, 5, 5, 7]),
    ("Input('x', x).Input('y', y).OpsFromString('|> AI.MODELEXECUTE m{1} INPUTS 2 x y OUTPUTS 1 z "
     "|> AI.TENSORGET z')", [2, 6, 6, 12]),
    ("OpsFromString('|> AI.TENSORSET t FLOAT 2 VALUES 1 2').TensorGet('t')", [1, 2]),
    ("Input('x', x).TensorSet('x', y).TensorGet('x')", [2, 3, 2, 3]),
]
TENSORS = "x, y = mgetTensorsFromKeyspace(['a{1}', 'b{1}'])"


@pytest.mark.parametrize("operations, numbers", DAGS)
def test_a_flow_runs_a_dag(keys, operations, numbers):
    expression = f"tensorToFlatList((await createDAGRunner().{operations}.Run())[0])"
    assert value(keys, expression, TENSORS, is_awaited=True) == numbers


@pytest.mark.parametrize("operations, text", [
    ("ScriptRun(name='s{1}', func='nope', inputs=['x'], outputs=['z'])",
     "ERR Function does not exist in the given script"),
    ("ScriptRun(name='none{1}', func='bar')", NO_SCRIPT),
    ("ModelRun(name='none{1}', inputs=['x'], outputs=['z'])", NO_MODEL),
    ("ModelRun(name='a{1}', inputs=['x'], outputs=['z'])", WRONG_TYPE),
    ("ModelRun(name='m{1}', inputs=['x'], outputs=['z'])",
     "Number of keys given as INPUTS does not match model definition"),
    ("ModelRun(name='m{1}', inputs=['x', 'x'], outputs=['z', 'z'])",
     "Number of keys given as OUTPUTS does not match model definition"),
    ("OpsFromString('AI.TENSORGET x')", "DAG op should start with: '|>' "),
    ("OpsFromString('|> PING')", "Unsupported command within DAG"),
    ("TensorGet('none')", "ERR INPUT key cannot be found in DAG"),
    ("OpsFromString('|> AI.TENSORGET none')", "ERR INPUT key cannot be found in DAG"),
    ("Input('x', x)", "ERR DAG is empty"),
    ("ModelRun(name='m{1}', inputs=['x', 'none'], outputs=['z'])", "ERR INPUT key cannot be found in DAG"),
])
def test_what_is_wrong_with_a_dag_is_said(keys, operations, text):
    setup = TENSORS + f"""
async def run():
    try:
        await createDAGRunner().{operations}.Run()
    except Exception as error:
        return str(error)
"""
    assert value(keys, "repr(await run())", setup, is_awaited=True) == text


def test_the_step_of_a_dag_that_fails_says_why(keys):
    set_tensor(keys, "b{1}", "FLOAT", [[1, 2, 3]])
    expression = f"await createDAGRunner().{DAGS[1][0]}.Run()"
    assert "imension" in failure(keys, expression, TENSORS, is_awaited=True)


# Rights

def test_a_flow_may_do_what_its_user_may(keys):
    add_user(keys, "narrow", ["a{1}", "mine*"])
    add_user(keys, "reader", ["*"], "-ai.tensorset")
    one = "createTensorFromValues('FLOAT', [1], [1.0])"
    with client_of(keys, "narrow") as narrow:
        assert value(narrow, "tensorToFlatList(getTensorFromKey('a{1}'))") == [1, 2, 3, 4]
        assert value(narrow, f"setTensorInKey('mine', {one})") is None
        for expression in (
                "getTensorFromKey('b{1}')", f"setTensorInKey('c{{1}}', {one})", "createModelRunner('m{1}')",
                "createScriptRunner('s{1}', 'bar')", f"msetTensorsInKeyspace({{'mine2': {one}, 'c': {one}}})",
                "createDAGRunner().ModelRun(name='m{1}', inputs=['a', 'b'], outputs=['c'])",
                "createDAGRunner().ScriptRun(name='s{1}', func='bar')",
                "createDAGRunner().OpsFromString('|> AI.MODELEXECUTE m{1} INPUTS 2 x y OUTPUTS 1 z')"):
            assert "NOPERM" in failure(narrow, expression), expression
    with client_of(keys, "reader") as reader:
        assert value(reader, "tensorToFlatList(getTensorFromKey('b{1}'))") == [2, 3, 2, 3]
        assert "NOPERM" in failure(reader, f"setTensorInKey('c{{1}}', {one})")
        text = "createDAGRunner().OpsFromString('|> AI.TENSORSET x FLOAT 1')"
        assert "NOPERM" in failure(reader, text)
    assert keys.exists("c{1}", "mine2", "c") == 0
    keys.acl_deluser("narrow", "reader")
    assert "NOPERM" in refusal(keys, "RG.TRIGGER", "t")
