"""Scripts as the reference describes them, around models of every runtime, and scripts that misbehave."""

import threading

import numpy
import pytest

from support.clients import refusal
from support.dags import dag
from support.gates import Gate
from support.models import execution, floats, get_tensor, set_tensor, store
from support.patience import LOST, runs_may_be_stopped, text_of_stop
from support.texts import WRONG_TYPE
from support.tflite import store_tflite
from support.torch import store_torch
from support import paths

MULTIPLY = """
def multiply(tensors: List[Tensor], keys: List[str], args: List[str]):
    return tensors[0] * tensors[1]
"""

ASKING = """
def float_set_get(tensors: List[Tensor], keys: List[str], args: List[str]):
    redis.execute("SET", keys[0], args[0])
    return torch.tensor(float(str(redis.execute("GET", keys[0]))))

def nothing_there(tensors: List[Tensor], keys: List[str], args: List[str]):
    return torch.tensor([int(str(redis.execute("GET", keys[0])) == "None")])

def run_model(tensors: List[Tensor], keys: List[str], args: List[str]):
    return redisAI.model_execute(keys[0], tensors, int(args[0]))

def run_strided(tensors: List[Tensor], keys: List[str], args: List[str]):
    return redisAI.model_execute(keys[0], [tensors[0].t(), tensors[0].t()], 1)

def as_list_of_text(tensors: List[Tensor], keys: List[str], args: List[str]):
    return torch.tensor([len(redis.asList(redis.execute("ECHO", "text")))])
"""

ODD = """
def nothing(tensors: List[Tensor], keys: List[str], args: List[str]):
    pass

def number(tensors: List[Tensor], keys: List[str], args: List[str]):
    return 5

def text(tensors: List[Tensor], keys: List[str], args: List[str]):
    return "text"

def nested(tensors: List[Tensor], keys: List[str], args: List[str]):
    return [[tensors[0]], [tensors[0]]]

def mixed(tensors: List[Tensor], keys: List[str], args: List[str]):
    return tensors[0], 5

def three(tensors: List[Tensor], keys: List[str], args: List[str]):
    return [tensors[0], tensors[0], tensors[0]]

def none_of_them(tensors: List[Tensor], keys: List[str], args: List[str]):
    return tensors[:0]

def huge(tensors: List[Tensor], keys: List[str], args: List[str]):
    return torch.ones([1 << 20, 1 << 20, 1 << 10])

def endless_text(tensors: List[Tensor], keys: List[str], args: List[str]):
    words = "a"
    while True:
        words = words + words

def complex_numbers(tensors: List[Tensor], keys: List[str], args: List[str]):
    return torch.complex(tensors[0], tensors[0])

def quantized(tensors: List[Tensor], keys: List[str], args: List[str]):
    return torch.quantize_per_tensor(tensors[0], 0.1, 0, 13)

def raising(tensors: List[Tensor], keys: List[str], args: List[str]):
    raise Exception("first line\\nsecond line")

def spin(tensors: List[Tensor], keys: List[str], args: List[str]):
    number = 0
    while number >= 0:
        number += 1
"""
ODD_NAMES = [line.split()[1].split("(")[0] for line in ODD.splitlines() if line.startswith("def ")]

AROUND = """
def before(tensors: List[Tensor], keys: List[str], args: List[str]):
    values = tensors[0].float()
    return (values - values.mean(1, True)) / float(args[0])

def after(tensors: List[Tensor], keys: List[str], args: List[str]):
    shares = torch.softmax(tensors[0], 1)
    return shares, torch.argmax(shares, 1)
"""

OLD = """
def bar(a, b):
    return a + b

def bar_variadic(a, args: List[Tensor]):
    return args[0] + args[1]

def without_arguments():
    return None
"""


def store_script(client, key, source, *entry_points):
    words = ["ENTRY_POINTS", len(entry_points), *entry_points] if entry_points else []
    name = "AI.SCRIPTSTORE" if entry_points else "AI.SCRIPTSET"
    assert client.execute_command(name, key, "CPU", *words, "SOURCE", source) == b"OK"


def one_line(text):
    assert text and "\n" not in text and "\r" not in text
    return text


def test_the_first_script_that_people_try(client):
    for words in (
            "AI.TENSORSET tA FLOAT 2 VALUES 2 3", "AI.TENSORSET tB FLOAT 2 VALUES 3 5"):
        assert client.execute_command(*words.split()) == b"OK"
    store_script(client, "myscript", MULTIPLY, "multiply")
    words = "AI.SCRIPTEXECUTE myscript multiply INPUTS 2 tA tB OUTPUTS 1 tC"
    assert client.execute_command(*words.split()) == b"OK"
    assert client.execute_command(*"AI.TENSORGET tC VALUES".split()) == [b"6", b"15"]


def test_numbers_and_nothing_come_back_from_the_server(client):
    store_script(client, "s", ASKING, "float_set_get", "nothing_there", "as_list_of_text")
    client.execute_command(*"AI.SCRIPTEXECUTE s float_set_get KEYS 1 x ARGS 1 1.1 OUTPUTS 1 y".split())
    assert get_tensor(client, "y").shape == ()
    assert float(get_tensor(client, "y")) == numpy.float32(1.1)
    client.execute_command(*"AI.SCRIPTEXECUTE s nothing_there KEYS 1 none OUTPUTS 1 y".split())
    assert get_tensor(client, "y").tolist() == [1]
    one_line(refusal(client, *"AI.SCRIPTEXECUTE s as_list_of_text KEYS 1 none OUTPUTS 1 y".split()))


def stored_product(client, backend):
    """The same product, as a model of a runtime."""
    if backend == "ONNX":
        store(client, "m", "mul_2x2")
    elif backend == "TFLITE":
        store_tflite(client, "m", "mul_2x2")
    elif backend == "TORCH":
        store_torch(client, "m", "mul_2x2")
    else:
        blob = (paths.MODELS / "tensorflow/mul.pb").read_bytes()
        client.execute_command(
            "AI.MODELSTORE", "m", "TF", "CPU", *"INPUTS 2 a b OUTPUTS 1 c BLOB".split(), blob)


@pytest.mark.parametrize("backend", ["ONNX", "TF", "TFLITE", "TORCH"])
def test_a_script_runs_models_of_every_runtime(client, backend):
    stored_product(client, backend)
    store_script(client, "s", ASKING, "run_model", "run_strided")
    set_tensor(client, "a", "FLOAT", [[1, 2], [3, 4]])
    words = "AI.SCRIPTEXECUTE s run_model KEYS 1 m INPUTS 2 a a ARGS 1 1 OUTPUTS 1 y"
    assert client.execute_command(*words.split()) == b"OK"
    assert get_tensor(client, "y").tolist() == [[1, 4], [9, 16]]
    words = "AI.SCRIPTEXECUTE s run_strided KEYS 1 m INPUTS 1 a OUTPUTS 1 y"
    assert client.execute_command(*words.split()) == b"OK"
    assert get_tensor(client, "y").tolist() == [[1, 9], [4, 16]]
    assert client.execute_command("AI.INFO", "m")[15] == 2


@pytest.mark.parametrize("backend", ["ONNX", "TF", "TFLITE", "TORCH"])
def test_a_model_that_refuses_its_inputs_ends_the_script(client, backend):
    stored_product(client, backend)
    store_script(client, "s", ASKING, "run_model")
    client.set("text", "no model")
    floats(client, "t", 1, 2, 3)
    call = "AI.SCRIPTEXECUTE s run_model KEYS 1 {} INPUTS {} ARGS 1 {} OUTPUTS 1 y"
    one_line(refusal(client, *call.format("m", "1 t", 1).split()))
    one_line(refusal(client, *call.format("m", "2 t t", 3).split()))
    assert WRONG_TYPE in one_line(refusal(client, *call.format("text", "2 t t", 1).split()))
    set_tensor(client, "a", "FLOAT", [[1, 2], [3, 4]])
    assert client.execute_command(*call.format("m", "2 a a", 1).split()) == b"OK"


def test_a_dag_with_scripts_around_a_model_gives_the_same_numbers_as_python(client):
    """Image in, model of another runtime between two scripts, probabilities and classes out."""
    store_tflite(client, "m", "matrix")
    store_script(client, "s", AROUND, "before", "after")
    image = numpy.random.default_rng(3).integers(0, 255, (5, 3), dtype="u1")
    reply = client.execute_command(*dag(
        ["AI.TENSORSET", "image", "UINT8", *image.shape, "BLOB", image.tobytes()],
        "AI.SCRIPTEXECUTE s before INPUTS 1 image ARGS 1 40 OUTPUTS 1 values",
        execution("m", ["values"], ["scores"]),
        "AI.SCRIPTEXECUTE s after INPUTS 1 scores OUTPUTS 2 shares classes",
        "AI.TENSORGET shares BLOB", "AI.TENSORGET classes VALUES"))
    assert reply[:4] == [b"OK"] * 4
    values = image.astype("f4")
    values = (values - values.mean(axis=1, keepdims=True)) / 40
    scores = values @ numpy.array([[1, 2], [3, 4], [5, 6]], "f4")
    shares = numpy.exp(scores - scores.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    found = numpy.frombuffer(reply[4], "f4").reshape(5, 2)
    assert numpy.abs(found - shares).max() < 1e-5
    assert reply[5] == shares.argmax(axis=1).tolist()


def test_old_scripts_take_tensors_from_left_to_right(client):
    store_script(client, "s", OLD)
    set_tensor(client, "a", "FLOAT", [[2, 3], [2, 3]])
    assert client.execute_command(*"AI.SCRIPTRUN s bar INPUTS a a OUTPUTS y".split()) == b"OK"
    assert get_tensor(client, "y").tolist() == [[4, 6], [4, 6]]
    words = "AI.SCRIPTRUN s bar_variadic INPUTS a $ a a OUTPUTS y"
    assert client.execute_command(*words.split()) == b"OK"
    assert get_tensor(client, "y").tolist() == [[4, 6], [4, 6]]
    assert "Function does not exist: none" in refusal(client, *"AI.SCRIPTRUN s none INPUTS a".split())


def test_a_call_behind_a_long_one_is_answered_at_its_timeout(server, client):
    store_script(client, "s", OLD)
    set_tensor(client, "a", "FLOAT", [[2, 3], [2, 3]])
    with Gate(server) as gate:
        gate.hold()
        words = "AI.SCRIPTRUN s bar TIMEOUT 1 INPUTS a a OUTPUTS y"
        assert client.execute_command(*words.split()) == b"TIMEDOUT"
    assert client.execute_command(*"AI.SCRIPTRUN s without_arguments".split()) == b"OK"
    assert not client.exists("y")


@pytest.mark.parametrize(
    "function, outputs, text", [
        ("nothing", 1, "Function returned non-tensor valuesnothing"),
        ("number", 1, "Function returned non-tensor valuesnumber"),
        ("text", 1, "Function returned non-tensor valuestext"),
        ("nested", 2, "Function returned non-tensor valuesnested"),
        ("mixed", 2, "Function returned non-tensor valuesmixed"),
        ("three", 1, "Function returned unexpected number of outputs - three"),
        ("three", 5, "Function returned unexpected number of outputs - three"),
        ("none_of_them", 1, "Function returned unexpected number of outputs - none_of_them"),
        ("huge", 1, ""), ("complex_numbers", 1, ""), ("quantized", 1, ""),
        ("raising", 1, "first line"),
    ])
def test_what_a_function_should_not_return_is_an_error_in_one_line(server, client, function, outputs, text):
    store_script(client, "s", ODD, *ODD_NAMES)
    floats(client, "x", 1, 2)
    client.execute_command(*"AI.TENSORSET y0 FLOAT 1 VALUES 7".split())
    names = [f"y{index}" for index in range(outputs)]
    words = ["AI.SCRIPTEXECUTE", "s", function, "INPUTS", 1, "x", "OUTPUTS", outputs, *names]
    assert text in one_line(refusal(client, *words))
    assert get_tensor(client, "y0").tolist() == [7]
    assert server.alive()


@pytest.mark.parametrize("function", ["nothing", "number", "text", "nested", "mixed", "three"])
def test_without_outputs_whatever_is_returned_is_dropped(client, function):
    store_script(client, "s", ODD, *ODD_NAMES)
    floats(client, "x", 1, 2)
    assert client.execute_command("AI.SCRIPTEXECUTE", "s", function, "INPUTS", 1, "x") == b"OK"


def test_a_loop_without_end_is_stopped_on_every_worker(start_server):
    server = start_server(words=["THREADS_PER_QUEUE", 3])
    client = server.client()
    store_script(client, "s", ODD, *ODD_NAMES)
    texts = []
    threads = [threading.Thread(target=lambda: texts.append(refusal(
        server.client(), *"AI.SCRIPTEXECUTE s spin KEYS 1 k".split()))) for _ in range(3)]
    with runs_may_be_stopped(client):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(texts) == 3
    for text in texts:
        assert "terminate" in one_line(text) or LOST in text
    words = "AI.SCRIPTEXECUTE s spin KEYS 1 k".split()
    assert "terminate" in text_of_stop(client, lambda: refusal(client, *words))
    floats(client, "x", 1, 2)
    words = "AI.SCRIPTEXECUTE s three INPUTS 1 x OUTPUTS 3 a b c"
    assert client.execute_command(*words.split()) == b"OK"


@pytest.mark.parametrize(
    "source", [
        "", "def", "def f(:", "x = 1", "return 5", "def f(a):\n    return undefined(a)\n", "\xff\xfe",
        "(" * 10**6, MULTIPLY + "\0", MULTIPLY + "\0def f(:", "\0" * 1000,
        "def f(a):\n    import os\n", "def f(a):\n    return open('/etc/hostname').read()\n",
        "def f(a):\n    return a +\n" * 1000])
def test_a_source_that_is_none_is_refused_in_one_line(server, client, source):
    words = ["AI.SCRIPTSTORE", "s", "CPU", "ENTRY_POINTS", 1, "f", "SOURCE", source]
    one_line(refusal(client, *words))
    assert not client.exists("s")
    assert server.alive()


def test_a_source_of_ten_megabytes_is_taken_or_refused(server, client):
    comment = "# " + "x" * 97 + "\n"
    source = comment * (10 * 2**20 // len(comment)) + MULTIPLY
    store_script(client, "s", source, "multiply")
    floats(client, "x", 2, 3)
    words = "AI.SCRIPTEXECUTE s multiply INPUTS 2 x x OUTPUTS 1 y"
    assert client.execute_command(*words.split()) == b"OK"
    function = "def f{0}(a):\n    return a + {0}\n\n"
    many = "".join(function.format(number) for number in range(10 * 2**20 // 40))
    text = refusal(client, "AI.SCRIPTSET", "many", "CPU", "SOURCE", many)
    if text is not None:
        one_line(text)
    assert server.alive()


@pytest.mark.parametrize(
    "source, operator", [
        ("def f(a):\n    return torch.from_file('dump.rdb', False, 4)\n", "aten::from_file"),
        ("def f(a):\n    torch.save(a, 'stolen')\n", "aten::save")])
def test_scripts_that_reach_files_are_refused_by_operator(server, client, source, operator):
    before = sorted(server.folder.iterdir())
    text = one_line(refusal(client, "AI.SCRIPTSET", "s", "CPU", "SOURCE", source))
    assert f"ERR operator '{operator}' is not allowed" in text
    assert sorted(server.folder.iterdir()) == before
