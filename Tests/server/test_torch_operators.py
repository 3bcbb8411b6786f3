"""What code of TORCH may call, with which arguments, and that it shows and changes nothing of others."""

import json
import subprocess
import sys

import numpy
import pytest

from support import paths
from support.clients import refusal
from support.models import execute, floats, get_tensor, set_tensor

# Secrets must not lie in threads' caches only: one worker does it all.
MODULE_WORDS = ("THREADS_PER_QUEUE", "1")

MODULES = paths.MODELS / "torch" / "modules"
MADE = json.loads((MODULES / "modules.json").read_text())
KEPT = 16

REFUSED = {
    # Another view of memory, or the memory of another.
    "aten::_reshape_alias": "torch._reshape_alias(x, [100], [1])",
    "aten::set_": "torch.ops.aten.set_(x, x)",
    "aten::from_file": 'torch.from_file("/etc/hostname", False, 1)',
    "aten::save": 'torch.ops.aten.save(x, "x")',
    # libtorch's own parts.
    "aten::_embedding_bag": "torch._embedding_bag(x, x, x)[0]",
    "aten::_convert_indices_from_coo_to_csr": "torch._convert_indices_from_coo_to_csr(x, 1 << 40)",
    "aten::_foreach_add": "torch._foreach_add([x], 1.0)[0]",
    "aten::_softmax": "torch._softmax(x, 0, False)",
    "aten::native_batch_norm": "torch.native_batch_norm(x, None, None, None, None, False, 0.1, 0.1)[0]",
    "aten::batch_norm_stats": "torch.batch_norm_stats(x, 0.1)[0]",
    "aten::nll_loss_forward": "torch.ops.aten.nll_loss_forward(x, x, None, 0, 1)[0]",
    "aten::glu_jvp": "torch.ops.aten.glu_jvp(x, x, x, 0)",
    "aten::slow_conv3d": "torch.ops.aten.slow_conv3d(x, x, [1, 1, 1])",
    # Gradients.
    "aten::max_pool2d_with_indices_backward":
        "torch.ops.aten.max_pool2d_with_indices_backward(x, x, [1], [1], [0], [1], False, x)",
    "aten::tanh_backward": "torch.ops.aten.tanh_backward(x, x)",
    # Tensors of other kinds, and those who make them.
    "aten::to_sparse": "x.to_sparse()",
    "aten::sparse_coo_tensor": "torch.sparse_coo_tensor(x, x, [1])",
    "aten::sparse_compressed_tensor": "torch.sparse_compressed_tensor(x, x, x, [1])",
    "aten::to_mkldnn": "x.to_mkldnn()",
    "aten::mkldnn_convolution": "torch.mkldnn_convolution(x, x, None, [0], [1], [1], 1)",
    "aten::_nested_tensor_from_tensor_list": "torch._nested_tensor_from_tensor_list([x])",
    "aten::nested_to_padded_tensor": "torch.nested_to_padded_tensor(x, 0.0)",
    "aten::_empty_affine_quantized": "torch._empty_affine_quantized([1])",
    "aten::_make_per_tensor_quantized_tensor": "torch._make_per_tensor_quantized_tensor(x, 0.1, 0)",
    "aten::quantized_lstm_cell":
        "torch.quantized_lstm_cell(x, [x, x], x, x, x, x, x, x, x, x, 1, 1, 1, 1)[0]",
    "aten::fbgemm_pack_quantized_matrix": "torch.fbgemm_pack_quantized_matrix(x)",
    "mkldnn::data_ptr": "torch.tensor(torch.ops.mkldnn.data_ptr(x))",
    "onednn::qlinear_prepack": "torch.ops.onednn.qlinear_prepack(x, None)",
    "sparse::qlinear_prepack": "torch.ops.sparse.qlinear_prepack(x, None, 1, 1)",
    # The optimizer's.
    "prim::BroadcastSizes": "torch.zeros(torch.ops.prim.BroadcastSizes([1]))",
    "prim::VarStack": "torch.ops.prim.VarStack(x, 0)",
    # Our own, which stand before and behind what code calls.
    "redisai::overwriting": "torch.ops.redisai.overwriting()",
    "redisai::clearing": "torch.ops.redisai.clearing()",
    "redisai::checkpoint": "torch.ops.redisai.checkpoint()",
    "redisai::makes_nested": "torch.ops.redisai.makes_nested()",
    "redisai::check_dense": "torch.ops.redisai.check_dense(x)",
    "redisai::checked_places": "torch.ops.redisai.checked_places(x, x)",
}

# An expression with the number in it, a good number, and bad ones.
NUMBERS = {
    "an element type": ("torch.zeros([2], dtype={})", 6, (-1, 12, 16, 18, 23, 300, 1 << 40)),
    "an element type of a tensor": ("x.to({})", 6, (-1, 12, 44, 255)),
    "an element type among others": (
        "torch.zeros([1], dtype=torch.promote_types({}, 6))", 7, (-1, 53, 1 << 40)),
    "a layout": ("torch.zeros([2], layout={})", 0, (-1, 1, 4, 7, 99)),
    "a memory format": ("x.clone(memory_format={})", 1, (-1, 4, 99)),
    "a reduction": ("torch.mse_loss(x, x, {})", 0, (-1, 3, 99)),
    "a way to interpolate": (
        "torch.grid_sampler(x.view(1, 1, 1, -1), torch.zeros([1, 1, 1, 2]), {}, 0, False)", 1, (-1, 3, 99)),
    "a way to pad": (
        "torch.grid_sampler(x.view(1, 1, 1, -1), torch.zeros([1, 1, 1, 2]), 0, {}, False)", 1, (-1, 3, 99)),
    "a bag": ("torch.embedding_bag(x.view(1, -1), torch.tensor([0]), torch.tensor([0]), False, {})[0]", 1,
              (-1, 3, 99)),
}

# Each writes to what it is given, some unseen.
WRITERS = [
    "tensors[0].add_(1)", "tensors[0].t().mul_(3)", "tensors[0].view([-1])[1:].zero_()",
    "torch.add(tensors[0], 1, out=tensors[1])", "tensors[0].contiguous().fill_(5)",
    "tensors[0].reshape([-1]).fill_(5)", "tensors[0].to(6).fill_(5)",
    "tensors[0].expand([2, 2]).copy_(tensors[1])",
    "torch.batch_norm(tensors[0], None, None, tensors[1][0], tensors[1][1], True, 0.5, 0.1, False)",
    "torch.instance_norm(tensors[0][None], None, None, tensors[1][0], tensors[1][1], True, 0.5, 0.1, False)",
    "torch.dropout(tensors[0], 0.5, False).add_(1)", "torch.einsum('ij->ij', [tensors[0]]).add_(1)",
    "torch.unsafe_chunk(tensors[0], 2)[0].add_(1)", "torch.block_diag([tensors[0]]).add_(1)",
    "torch.broadcast_tensors([tensors[0], tensors[1]])[0].add_(1)", "torch.atleast_2d(tensors[0]).add_(1)",
    "torch.embedding_renorm_(tensors[0], torch.tensor([0, 1]), 0.1, 2.0)",
    "torch.index_put_(tensors[0], [torch.tensor([0])], tensors[1][0])", "torch.relu_(tensors[0])",
]

# Makes a tensor of so many elements without writing to all of them.
EMPTY_ONES = [
    "torch.empty([n])", "torch.empty([n], dtype=torch.float64)", "tensors[0].new_empty([n])",
    "torch.empty_like(tensors[0].expand([n]))", "torch.empty_strided([n // 2], [2])",
    "torch.empty([0]).resize_([n])", "torch.empty([1]).resize_([n])", "torch.empty([n, 1]).t()",
    "torch.ops.aten.new_empty_strided(tensors[0], [n], [1])", "torch.empty_permuted([n, 1], [1, 0])",
    "torch.empty([n], dtype=torch.int64)", "torch.empty([n], dtype=torch.uint8)",
    "torch.relu(torch.empty([n]))",
]


def function(body, name="f"):
    head = f"def {name}(tensors: List[Tensor], keys: List[str], args: List[str]):\n"
    return head + "".join(f"    {line}\n" for line in body)


def stored(client, *body):
    """The error of storing a function with these lines; None if it is taken."""
    words = ["AI.SCRIPTSTORE", "s", "CPU", "ENTRY_POINTS", 1, "f", "SOURCE", function(body)]
    return refusal(client, *words)


def run(client, inputs=("x",), outputs=("y",), args=()):
    words = ["AI.SCRIPTEXECUTE", "s", "f", "INPUTS", len(inputs), *inputs]
    if args:
        words += ["ARGS", len(args), *args]
    return refusal(client, *words, "OUTPUTS", len(outputs), *outputs)


@pytest.mark.parametrize("operator", REFUSED)
def test_what_no_compiler_emits_is_refused(server, client, operator):
    text = stored(client, "x = tensors[0]", f"return {REFUSED[operator]}")
    # A call that does not fit is refused by the compiler, and would show nothing here.
    assert f"ERR operator '{operator}' is not allowed" in text, text
    assert server.alive()


def test_the_setting_lets_them_through(start_server):
    client = start_server(words=["TORCH_ALLOW_ALL_OPERATORS", "yes"]).client()
    floats(client, "x", 1, 2)
    assert stored(client, "return torch._reshape_alias(tensors[0], [2, 1], [1, 1])") is None
    assert run(client) is None
    assert get_tensor(client, "y").tolist() == [[1], [2]]
    assert stored(client, "return tensors[0].to_sparse()") is None
    assert "tensors that are not dense" in run(client)


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_that_stand_for_something_are_checked(server, client, name):
    expression, good, bad = NUMBERS[name]
    floats(client, "x", 1, 2)
    assert stored(client, "x = tensors[0]", "n = int(args[0])", f"return {expression.format('n')}") is None
    assert run(client, args=[good]) is None
    for number in bad:
        assert f"ERR {number} is not a" in run(client, args=[number])
        # As a constant, it does not come so far.
        text = stored(client, "x = tensors[0]", f"return {expression.format(number)}")
        if text is None:
            text = run(client)
        assert f"ERR {number} is not a" in text
    assert server.alive()


def test_tensors_are_where_their_memory_is(client):
    floats(client, "x", 1, 2)
    assert "cannot be on the device meta" in stored(client, 'return torch.zeros([2], device="meta")')
    assert stored(client, "return torch.zeros([2], device=torch.device(args[0]))") is None
    assert "cannot be on the device meta" in run(client, args=["meta"])
    assert run(client, args=["cpu"]) is None


def test_checks_cannot_be_switched_off(client):
    line = "return torch.segment_reduce(tensors[0], 'sum', lengths=torch.tensor([1 << 40]), unsafe={})"
    floats(client, "x", 1, 2)
    assert "checks cannot be switched off" in stored(client, line.format("True"))
    assert stored(client, line.format("len(args[0]) > 0")) is None
    assert "checks cannot be switched off" in run(client, args=["x"])


def test_a_recurrent_layer_has_all_its_weights(server, client):
    set_tensor(client, "x", "FLOAT", numpy.ones([2, 3, 4]))
    stored(
        client, "x = tensors[0]", "p = [torch.ones([16, 4]), torch.ones([16, 4]), x[0, 0], x[0, 0]]",
        "h = torch.zeros([8, 3, 4])", "n = int(args[0])",
        "return torch.lstm(x, [h, h], p, True, n, 0.0, False, True, False)[0]")
    for layers in (0, 2, 4, -1, 1 << 62):
        assert "another number of weights" in run(client, args=[layers])
    assert server.alive()


@pytest.mark.parametrize(
    "call, text", [
        ("torch._weight_norm(torch.ones([3, 4]), torch.ones([0, 1]))", "lengths do not fit"),
        ("torch._weight_norm(torch.ones([3, 4]), torch.ones([1, 2]), 1)", "lengths do not fit"),
        ("torch._upsample_bilinear2d_aa(torch.ones([1, 1, 8, 8]), [2, 64], False, None, 2.0)",
         "scales do not fit"),
        ("torch.embedding_bag(torch.ones([2, 3]), torch.zeros([9], dtype=4), "
         "torch.zeros([3, 0], dtype=4), True, 1, False, None, True)[0]", "offsets of bags"),
        ("tensors[0].to(None, False, True)", "no element type"),
    ])
def test_arguments_fit_each_other(server, client, call, text):
    floats(client, "x", 1, 2)
    assert text in (stored(client, f"return {call}") or run(client))
    assert server.alive()


def test_weights_of_quantized_layers_fit_each_other(server, client):
    floats(client, "x", 1, 2)
    stored(
        client, "w = torch.quantize_per_tensor(torch.ones([2, 2, 1, 1]), 0.1, 0, 12)", "n = int(args[0])",
        "p = torch.ops.quantized.conv2d_prepack(w, None, [1, 1], [0, 0], [1, 1], n)",
        "return torch.ops.quantized.conv2d_unpack(p)[0].dequantize()")
    assert run(client, args=[1]) is None
    for groups in (0, -1, 3):
        assert "do not fit each other" in run(client, args=[groups])
    stored(
        client, "p = torch.ops.quantized.linear_prepack_fp16(torch.ones([2, 2, 2]), None)",
        "return torch.ops.quantized.linear_unpack_fp16(p)[0]")
    assert "do not fit each other" in run(client)
    assert server.alive()


def test_whole_numbers_are_divided_as_python_divides_them(server, client):
    floats(client, "x", 0)
    lowest = -(1 << 63)
    for operator, expected in (("%", lambda a, b: a % b), ("//", lambda a, b: a // b)):
        stored(client, "a, b = int(args[0]), int(args[1])", f"return torch.tensor(a {operator} b)")
        for pair in ((7, 3), (-7, 3), (7, -3), (-7, -3), (lowest, 2), (lowest + 1, -1)):
            assert run(client, args=pair) is None
            assert get_tensor(client, "y").item() == expected(*pair)
    stored(client, "return torch.tensor(int(args[0]) % int(args[1]))")
    assert "by zero" in run(client, args=[1, 0])
    assert run(client, args=[lowest, -1]) is None
    assert get_tensor(client, "y").item() == 0
    assert server.alive()


@pytest.mark.parametrize("line", WRITERS)
def test_what_is_written_to_an_input_stays_in_the_run(client, line):
    content = numpy.array([[1, -2], [3, 4]], "float32")
    for key in ("a", "b", "c"):
        set_tensor(client, key, "FLOAT", content)
    client.copy("a", "copy")
    before = [client.dump(key) for key in ("a", "b", "c", "copy")]
    assert stored(client, line, "return tensors[0] + 0") is None
    for _ in range(2):
        run(client, inputs=["a", "b", "c"])
        assert [client.dump(key) for key in ("a", "b", "c", "copy")] == before


def test_what_is_written_to_an_input_is_seen_by_the_run(client):
    floats(client, "x", 1, 2)
    stored(client, "y = tensors[0][1:]", "tensors[0].add_(10)", "return tensors[0], y")
    for _ in range(2):
        assert run(client, outputs=["whole", "part"]) is None
        assert get_tensor(client, "whole").tolist() == [11, 12]
        assert get_tensor(client, "part").tolist() == [12]


def test_a_layer_in_training_keeps_its_statistics_to_itself(client):
    """The running mean of such a layer moves with what it is given; stored tensors do not."""
    set_tensor(client, "x", "FLOAT", [[1, 5], [3, 7]])
    floats(client, "mean", 0, 0)
    stored(
        client, "m, v = tensors[1], torch.ones([2])",
        "torch.batch_norm(tensors[0], None, None, m, v, True, 1.0, 1e-5, False)", "return m")
    assert run(client, inputs=["x", "mean"]) is None
    assert get_tensor(client, "y").tolist() == [2, 6]
    assert get_tensor(client, "mean").tolist() == [0, 0]


@pytest.mark.parametrize("count", [100, 5000, 300000])
@pytest.mark.parametrize("expression", EMPTY_ONES)
def test_new_memory_shows_nothing_of_others(client, expression, count):
    secret = 1234567.0
    set_tensor(client, "secret", "FLOAT", numpy.full(count, secret, "float32"))
    floats(client, "x", 1)
    filled = function(["return tensors[0] * 1"], "spill")
    source = filled + function([f"n = {count}", f"return {expression}"])
    words = ["AI.SCRIPTSTORE", "s", "CPU", "ENTRY_POINTS", 2, "f", "spill", "SOURCE", source]
    assert client.execute_command(*words) == b"OK"
    pattern = numpy.float32(secret).tobytes()
    for _ in range(5):
        client.execute_command(*"AI.SCRIPTEXECUTE s spill INPUTS 1 secret OUTPUTS 1 z".split())
        assert run(client) is None
        content = get_tensor(client, "y")
        assert pattern not in content.tobytes()
        assert not content.view("uint8").any()


@pytest.mark.parametrize("name", MADE)
def test_modules_as_pytorch_stores_them_run_as_there(client, name):
    """Layers, losses, spectra, algebra and quantized modules, scripted and traced."""
    described = MADE[name]
    blob = (MODULES / f"{name}.pt").read_bytes()
    assert client.execute_command("AI.MODELSTORE", "m", "TORCH", "CPU", "BLOB", blob) == b"OK"
    inputs = []
    for number, (shape, kind, below) in enumerate(described["inputs"]):
        inputs.append(f"x{number}")
        set_tensor(client, inputs[-1], kind, content_of(shape, kind, below))
    outputs = [f"y{number}" for number in range(len(described["outputs"]))]
    # libtorch makes constants of what does not change; whether it does shows when runs follow each other.
    for _ in range(3):
        execute(client, "m", inputs, outputs)
        for key, expected in zip(outputs, described["outputs"]):
            made = get_tensor(client, key)
            assert list(made.shape) == expected["shape"]
            if not described["random"]:
                begin = made.flatten()[:KEPT].astype("float64")
                numpy.testing.assert_allclose(begin, expected["values"], rtol=1e-3, atol=1e-4)


def content_of(shape, kind, below):
    """What `tensor_of` of Tests/Fixtures/torch_generators/modules.py makes."""
    numbers = numpy.arange(int(numpy.prod(shape)))
    if kind == "INT64":
        return (numbers * 7 % below).reshape(shape)
    if kind == "UINT8":
        return (numbers * 37 % 256).reshape(shape)
    return ((numbers * 37 % 101).astype("float32") / 50 - 1).reshape(shape)


def test_random_calls_of_operators_do_no_harm():
    """A short run of what `make fuzz` goes on with."""
    tool = paths.ROOT / "Tests" / "fuzz" / "torch_operators.py"
    command = [sys.executable, str(tool), "--seed", "1", "--calls", "1500", "--guard"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "1500 calls" in result.stdout
