"""`import redisAI`: tensors, models, scripts and DAGs."""

import array

import pytest

numpy = pytest.importorskip("numpy")

ONE = "createTensorFromValues('FLOAT', [1], [1.0])"


def value(flows, expression, setup=""):
    """The value of an expression in a flow, read back from its text."""
    script = flows.script(f"from redisAI import *\n{setup}\n"
                          f"GB('CommandReader').map(lambda r: {expression}).register(trigger='t')")
    ended = flows.trigger(script)
    assert ended.errors == []
    return eval(ended.results[0], {"array": array})


@pytest.mark.parametrize("type_name, values", [
    ("FLOAT", [1.5, -2.0]), ("DOUBLE", [0.1, 1e300]), ("FLOAT16", [1.5, -2.0]), ("BFLOAT16", [1.5, -2.0]),
    ("INT8", [-128, 127]), ("INT16", [-32768, 32767]), ("INT32", [-1 << 31, 1]), ("INT64", [-1 << 63, 1]),
    ("UINT8", [0, 255]), ("UINT16", [0, 65535]), ("UINT32", [0, (1 << 32) - 1]),
    ("UINT64", [0, (1 << 64) - 1]),
    ("BOOL", [0, 1]),
])
def test_a_tensor_keeps_its_values(flows, type_name, values):
    assert value(flows, f"tensorToFlatList(createTensorFromValues('{type_name}', [2], {values}))") == values


def test_a_tensor_of_a_blob_keeps_its_bytes(flows):
    blob = "createTensorFromBlob('INT8', [2, 2], b'\\5\\6\\7\\10')"
    assert value(flows, f"tensorToFlatList({blob})") == [5, 6, 7, 8]
    assert value(flows, "tensorGetDataAsBlob(createTensorFromBlob('UINT16', [1], bytearray(b'ab')))") == b"ab"
    blob = "createTensorFromBlob('INT8', (1, 2, 2), memoryview(b'abcd'))"
    assert value(flows, f"tensorGetDims({blob})") == (1, 2, 2)


def test_a_tensor_of_integers_takes_floats(flows):
    assert value(flows, "tensorToFlatList(createTensorFromValues('INT64', [2], [1.0, 2]))") == [1, 2]


def test_types_are_known_in_any_case(flows):
    assert value(flows, "tensorToFlatList(createTensorFromValues('float', [1], [1.0]))") == [1.0]


NO_TENSOR = "Failed creating tensor, make sure you put the right data type."
WRONG_LENGTH = "ERR data length does not match tensor shape and type"


@pytest.mark.parametrize("expression, text", [
    ("createTensorFromValues('FLOAT', [1])", "Wrong number of arguments given to createTensorFromValues"),
    ("createTensorFromValues(1, [1], [1.0])", "type argument must be a string"),
    ("createTensorFromValues('FLOAT', 1, [1.0])", "dims argument must be iterable"),
    ("createTensorFromValues('FLOAT', ['1'], [1.0])", "dims arguments must be long"),
    ("createTensorFromValues('FLOAT', [1], 1)", "values argument must be iterable"),
    ("createTensorFromValues('FLOAT', [1], [1])", "values arguments must be double"),
    ("createTensorFromValues('FLOAT', [2], [1.0])", WRONG_LENGTH),
    ("createTensorFromValues('FLOAT', [1], [1.0, 2.0])", WRONG_LENGTH),
    ("createTensorFromValues('FLOAT', [-1], [1.0])", NO_TENSOR),
    ("createTensorFromValues('INT8', [1], [128])", NO_TENSOR),
    ("createTensorFromValues('DOUBLE', [1], ['a'])", "values arguments must be double"),
    ("createTensorFromValues('COMPLEX', [1], [1.0])", NO_TENSOR),
    ("createTensorFromValues('STRING', [1], [1.0])", NO_TENSOR),
    ("createTensorFromBlob('FLOAT', [1], 'abcd')", "blob argument must be bytes, byte array or a buffer"),
    ("createTensorFromBlob('FLOAT', [1], memoryview(b'abcdefgh')[::2])", "Error getting buffer info."),
    ("createTensorFromBlob('FLOAT', [2], b'abcd')", WRONG_LENGTH),
    ("createTensorFromBlob('COMPLEX', [1], b'abcd')", NO_TENSOR),
    ("createTensorFromBlob('STRING', [0, 1 << 64], b'')", NO_TENSOR),
    ("createEmptyTensor('FLOAT', [0, 1 << 64])", NO_TENSOR),
    (f"setTensorInKey(1, {ONE})", "key name argument must be a string"),
    ("setTensorInKey('a', 1)", "Given argument is not of type PyTensor"),
    (f"setTensorInKey('string', {ONE})", "ERR Key is already set with non tensor values."),
    ("msetTensorsInKeyspace([1])", "Given argument is not of type PyDict"),
    ("msetTensorsInKeyspace()", "Wrong number of arguments given to msetTensorInKeyspace"),
    ("mgetTensorsFromKeyspace()", "Wrong number of arguments given to getTensorsFromKeyspace"),
    ("mgetTensorsFromKeyspace(1)", "keys argument must be iterable"),
    ("getTensorFromKey('missing')", "ERR tensor key is empty"),
    ("createModelRunner(1)", "key argument must be a string"),
    ("createModelRunner('a')", "given key do not contain RedisAI model"),
    (f"modelRunnerAddInput(1, 'a', {ONE})", "Given argument is not of type PyGraphRunner"),
    (f"modelRunnerAddInput(createModelRunner('m'), 1, {ONE})", "input name argument must be a string"),
    ("modelRunnerAddInput(createModelRunner('m'), 'a', 1)", "Given argument is not of type PyTensorType"),
    ("modelRunnerAddOutput(createModelRunner('m'), 1)", "output name argument must be a string"),
    ("modelRunnerRun(createModelRunner('m'))", "Must specify at least one target to fetch or execute."),
    ("createScriptRunner(1, 'bar')", "key name argument must be a string"),
    ("createScriptRunner('s', 1)", "function name argument must be a string"),
    ("createScriptRunner('a', 'bar')", "given key do not contain RedisAI script"),
    ("scriptRunnerAddInputList(createScriptRunner('s', 'bar'), 1)", "Tensors argument must be iterable"),
    ("scriptRunnerAddInputList(createScriptRunner('s', 'bar'))",
     "Wrong number of arguments given to scriptRunnerAddInput"),
    ("scriptRunnerRun(createScriptRunner('s', 'nope'))", "function does not exist"),
    ("tensorToFlatList(createTensorFromBlob('STRING', [1], b'a\\0'))",
     "Failed converting tensor to flat list"),
    ("createDAGRunner().Input('a')", "Wrong number of args to DAG load input"),
    ("createDAGRunner().TensorSet('a')", "Wrong number of args to TensorGet op"),
    ("createDAGRunner().TensorGet()", "Wrong number of args to TensorSet op"),
    (f"createDAGRunner().Input(1, {ONE})", "Tensor name argument must be a string"),
    (f"createDAGRunner().Input('a', {ONE}).Input('a', {ONE})", "is given twice"),
    ("createDAGRunner().ModelRun()", "Model key name was not given"),
    ("createDAGRunner().ModelRun(name=1)", "Model name argument must be a string"),
    ("createDAGRunner().ModelRun(name='m')", "Must specify model inputs"),
    ("createDAGRunner().ModelRun(name='m', inputs=['a'])", "Must specify model outputs"),
    ("createDAGRunner().ModelRun(name='m', inputs=1, outputs=['b'])", "Model inputs must be iterable"),
    ("createDAGRunner().ModelRun(name='m', inputs=[], outputs=1)", "Model outputs must be iterable"),
    ("createDAGRunner().ModelRun(name='m', inputs=[1], outputs=[])", "Input name must be a string"),
    ("createDAGRunner().ModelRun(name='m', inputs=[], outputs=[1])", "Output name must be a string"),
    ("createDAGRunner().ModelRun(name='x', inputs=[], outputs=[])", "ERR model key is empty"),
    ("createDAGRunner().ScriptRun()", "Script key name was not given"),
    ("createDAGRunner().ScriptRun(name=1)", "Script name argument must be a string"),
    ("createDAGRunner().ScriptRun(name='s')", "Function name was not given"),
    ("createDAGRunner().ScriptRun(name='s', func=1)", "Function name argument must be a string"),
    ("createDAGRunner().ScriptRun(name='s', func='bar', inputs=1)", "Script inputs must be iterable"),
    ("createDAGRunner().ScriptRun(name='s', func='bar', outputs=1)", "Script outputs must be iterable"),
    ("createDAGRunner().ScriptRun(name='s', func='nope')", "ERR Function does not exist in the given script"),
    ("createDAGRunner().OpsFromString()", "Wrong number of args"),
    ("createDAGRunner().OpsFromString(1)", "ops argument must be a string"),
    ("createDAGRunner().OpsFromString('AI.NOPE')", "ERR unsupported command within DAG"),
])
def test_a_wrong_call_is_refused_in_words(flows, expression, text):
    script = flows.script(f"from redisAI import *\nGB('CommandReader').map(lambda r: {expression}) "
                          ".register(trigger='t')")
    ended = flows.trigger(script)
    assert len(ended.errors) == 1 and text in ended.errors[0]
    assert "gears.error" in ended.errors[0]


def test_numbers_of_bfloat16_are_rounded(flows):
    numbers = [1.00390625, 1.01171875, 3.4e38]
    data = value(flows, f"tensorGetDataAsBlob(createTensorFromValues('BFLOAT16', [3], {numbers}))")
    assert array.array("H", data).tolist() == [0x3F80, 0x3F82, 0x7F80]


# Keys

def test_tensors_are_set_and_read(flows):
    setup = "setTensorInKey('a', createTensorFromValues('FLOAT', [2], [1.0, 2.0]))"
    assert value(flows, "tensorToFlatList(getTensorFromKey('a'))", setup) == [1.0, 2.0]
    setup = "msetTensorsInKeyspace({'b': getTensorFromKey('a'), 'c': " + ONE + "})"
    flows.script(f"from redisAI import *\n{setup}")
    expression = "[tensorToFlatList(t) for t in mgetTensorsFromKeyspace(['b', 'c'])]"
    assert value(flows, expression) == [[1.0, 2.0], [1.0]]


def test_a_restored_session_sets_no_tensor(flows):
    flows.script(f"from redisAI import *\nsetTensorInKey('a', {ONE})", restore=True)
    assert flows.models.keys == {}


def test_a_tensor_that_nobody_holds_is_released(flows):
    flows.models.keys[b"a"] = ("FLOAT", [1], b"\0\0\0\0")
    flows.script("from redisAI import *\nt = getTensorFromKey('a')\ndel t\nexecute('PING')")
    # Others may be things of earlier tests, which Python collects when it likes.
    assert set(flows.models.held) <= set(flows.released)


# Models and scripts

MODEL = """
def runner(fn='bar'):
    first = createTensorFromValues('FLOAT', [2, 2], [2.0, 3.0, 2.0, 3.0])
    runner = createModelRunner('m')
    assert modelRunnerAddInput(runner, 'a', first) == 1
    modelRunnerAddInput(runner, 'b', first)
    assert modelRunnerAddOutput(runner, 'mul') == 1
    return runner
def script(fn='bar', as_list=False):
    first = createTensorFromValues('FLOAT', [2, 2], [2.0, 3.0, 2.0, 3.0])
    runner = createScriptRunner('s', fn)
    if as_list:
        assert scriptRunnerAddInputList(runner, [first, first]) is None
    else:
        assert scriptRunnerAddInput(runner, first) is None
        scriptRunnerAddInput(runner, first)
    assert scriptRunnerAddOutput(runner) == 1
    return runner
"""


def test_a_model_runs(flows):
    assert value(flows, "tensorToFlatList(modelRunnerRun(runner())[0])", MODEL) == [4, 9, 4, 9]


def test_an_output_that_is_no_tensor_is_none(flows):
    flows.replies["model.run"] = lambda asker, *words: [None]
    assert value(flows, "modelRunnerRun(runner())", MODEL) == [None]


def test_a_script_runs(flows):
    assert value(flows, "tensorToFlatList(scriptRunnerRun(script())[0])", MODEL) == [4, 6, 4, 6]
    assert value(flows, "tensorToFlatList(scriptRunnerRun(script(as_list=True))[0])", MODEL) == [4, 6, 4, 6]


ASYNC = MODEL + """
async def f(r):
    return tensorToFlatList((await {})[0])
async def failing(r):
    try:
        return await {}
    except Exception as error:
        return str(error)
"""


def awaited(flows, function, *calls):
    script = flows.script("from redisAI import *\n" + ASYNC.format(*calls) +
                          f"\nGB('CommandReader').map({function}).register(trigger='t')")
    ended = flows.trigger(script)
    assert ended.errors == []
    return ended.results[0]


def test_runs_are_awaited(flows):
    calls = "modelRunnerRunAsync(runner())", "modelRunnerRunAsync(createModelRunner('m'))"
    assert awaited(flows, "f", *calls) == b"[4.0, 9.0, 4.0, 9.0]"
    assert awaited(flows, "failing", *calls) == b"Must specify at least one target to fetch or execute."
    calls = "scriptRunnerRunAsync(script())", "scriptRunnerRunAsync(script('nope'))"
    assert awaited(flows, "f", *calls) == b"[4.0, 6.0, 4.0, 6.0]"
    assert awaited(flows, "failing", *calls) == b"function does not exist"


def test_a_runner_is_spent_by_an_awaited_run(flows):
    script = flows.script("from redisAI import *\n" + MODEL + """
async def model(r):
    spent = runner()
    await modelRunnerRunAsync(spent)
    modelRunnerAddOutput(spent, 'x')
async def fn(r):
    spent = script()
    await scriptRunnerRunAsync(spent)
    scriptRunnerAddOutput(spent)
GB('CommandReader').map(model).register(trigger='a')
GB('CommandReader').map(fn).register(trigger='b')
""")
    assert flows.trigger(script).errors == ["PyGraphRunner is invalid"]
    assert flows.trigger(script, index=1).errors == ["PyTorchScriptRunner is invalid"]


# DAGs

def test_a_dag_runs(flows):
    script = flows.script("""
from redisAI import *
async def f(r):
    tensor = createTensorFromValues('FLOAT', [2, 2], [1.0, 2.0, 3.0, 4.0])
    dag = createDAGRunner().Input('a', tensor).TensorSet('b', tensor)
    dag.ModelRun(name='m', inputs=['a', 'b'], outputs=['c'])
    dag.ScriptRun(name='s', func='bar', inputs=['c', 'a'], outputs=['d'])
    dag.OpsFromString('|> AI.TENSORGET a')
    results = await dag.TensorGet('d').TensorGet('a').Run()
    try:
        dag.TensorGet('a')
    except GearsError as error:
        return [tensorToFlatList(t) for t in results] + [str(error)]
GB('CommandReader').map(f).register(trigger='t')
""")
    ended = flows.trigger(script)
    assert ended.errors == []
    assert eval(ended.results[0]) == [[2, 6, 12, 20], [1, 2, 3, 4], "PyDAGRunner is invalid"]


# Shared memory

def test_large_tensors_go_through_shared_memory(flows):
    setup = """
import numpy
def f(r):
    numbers = numpy.arange(150_000, dtype='f4').reshape(300, 500)
    setTensorInKey('a', createTensorFromBlob('FLOAT', numbers.shape, numbers))
    array = tensorAsArray(getTensorFromKey('a'))
    assert not array.flags.writeable
    assert (array == numbers).all()
    return array.shape, array.dtype.name
"""
    assert value(flows, "f(r)", setup) == ((300, 500), "float32")
    assert flows.models.region_count >= 1


def test_a_view_keeps_its_tensor(flows):
    flows.models.keys[b"a"] = ("INT32", [10_000], array.array("i", range(10_000)).tobytes())
    flows.script("""
import gc, redisAI
part = redisAI.tensorAsArray(redisAI.getTensorFromKey('a'))[5:7]
gc.collect()
execute('PING')
assert part.tolist() == [5, 6]
""")
    assert not set(flows.models.held) & set(flows.released)


def test_a_tensor_is_written_in_place(flows):
    assert value(flows, "f(r)", """
def f(r):
    tensor = createEmptyTensor('FLOAT', [200, 750])
    array = tensorAsArray(tensor)
    assert array.sum() == 0
    array[1, 2] = 5
    setTensorInKey('a', tensor)
    return tensorToFlatList(getTensorFromKey('a'))[752]
""") == 5.0


def test_memory_of_tensors_is_used_again(flows):
    before = flows.models.region_count
    assert value(flows, "f(r)", """
def f(r):
    for number in range(50):
        setTensorInKey('a', createTensorFromBlob('UINT8', [600_000], bytes([number]) * 600_000))
    return tensorToFlatList(getTensorFromKey('a'))[-1]
""") == 49
    assert flows.models.region_count - before <= 3


def test_an_empty_tensor_is_one(flows):
    assert value(flows, "tensorToFlatList(createEmptyTensor('FLOAT', [0, 3]))") == []
    assert value(flows, "tensorAsArray(createTensorFromBlob('FLOAT', [0, 3], b'')).shape") == (0, 3)


def test_memory_that_the_server_has_given_up_is_given_back(flows):
    flows.models.keys[b"a"] = ("UINT8", [20_000], bytes(20_000))
    known = []

    def data(asker, number):
        answer = flows.models.tensor_data(asker, number)
        known.append(answer[0])
        return (*answer, known[:-1])
    flows.replies["tensor.data"] = data
    flows.script("""
import redisAI
from redisai_flows import calling
regions = calling.service().regions
first, second = (redisAI.getTensorFromKey('a') for _ in range(2))
view = first.data()
count = len(regions._theirs)
second.data()
assert len(regions._theirs) == count
assert bytes(view) == bytes(20_000)
""")
    assert len(known) == 2
