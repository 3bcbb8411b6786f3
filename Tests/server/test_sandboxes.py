"""Servers under the restrictions of service managers: the runtimes do without what the host denies."""

import io
import shutil
import zipfile

import numpy
import pytest

from support import paths, sandbox, service
from support.models import get_tensor, set_tensor
from support.runtimes import run_all, store_all

NO_PRIORITIES = "The host denies setpriority: models are built at the server's own priority"
NO_CALLS = "runtimes that try get an error instead"
NO_NEW_CODE = "The host allows no code that is made at run time: TF and TORCH do without oneDNN"

needs_mdwe = pytest.mark.skipif(not sandbox.has_mdwe(), reason="PR_SET_MDWE came with Linux 6.3")

# Each restriction by itself and all together, with what the log says of it.
RESTRICTIONS = [
    pytest.param(["--deny", "setpriority"], [NO_PRIORITIES], id="priority"),
    pytest.param(["--deny", "sched_setaffinity"], ["denies sched_setaffinity: " + NO_CALLS], id="affinity"),
    pytest.param(["--deny", "resources"], [NO_PRIORITIES, NO_CALLS], id="resources"),
    pytest.param(["--service-calls"], [NO_PRIORITIES, NO_CALLS], id="calls"),
    pytest.param(["--no-new-code", "filter"], [NO_NEW_CODE], id="code"),
    pytest.param(["--no-new-code", "mdwe"], [NO_NEW_CODE], id="code-mdwe", marks=needs_mdwe),
    pytest.param(
        ["--service-calls", "--no-new-code", "filter"], [NO_PRIORITIES, NO_CALLS, NO_NEW_CODE], id="all"),
]


@pytest.fixture
def restricted(start_server):
    """Starts a server under restrictions."""

    def start(restrictions, **options):
        program = shutil.which(options.pop("binary", None) or paths.SERVER)
        return start_server(binary=program, launcher=[*service.PROGRAM, *restrictions, "--"], **options)

    return start


@pytest.mark.parametrize("restrictions, remarks", RESTRICTIONS)
def test_all_runtimes_serve_and_restart(restricted, restrictions, remarks):
    server = restricted(restrictions)
    store_all(server.client())
    run_all(server.client())
    server.restart()
    run_all(server.client())
    log = server.log()
    assert [remark for remark in remarks if remark not in log] == []


def test_a_free_server_says_nothing_of_restrictions(start_server):
    assert "The host" not in start_server().log()


# What oneDNN would compile kernels for, and what FBGEMM does, by its name; sums that need no rounding.
OPERATORS = {
    "convolution": (
        "torch.conv2d(torch.ones([1, 16, 8, 8]), torch.ones([16, 1, 3, 3]), "
        "None, [1, 1], [0, 0], [1, 1], 16)", 9),
    "convolution16": (
        "torch.conv2d(torch.ones([1, 4, 8, 8]).to(torch.bfloat16), "
        "torch.ones([8, 4, 3, 3]).to(torch.bfloat16)).to(torch.float32)", 36),
    "product16": (
        "torch.mm(torch.ones([64, 64]).to(torch.bfloat16), "
        "torch.ones([64, 64]).to(torch.bfloat16)).to(torch.float32)", 64),
    "gelu": ("torch.gelu(torch.zeros([64, 64]))", 0),
    "lstm": (
        "torch.lstm(torch.ones([5, 2, 8]), [torch.zeros([1, 2, 4]), torch.zeros([1, 2, 4])], "
        "[torch.zeros([16, 8]), torch.zeros([16, 4]), torch.zeros([16]), torch.zeros([16])], "
        "True, 1, 0.0, False, False, False)[0]", 0),
    "quantized": (
        "torch.ops.quantized.linear_dynamic(torch.ones([4, 8]), torch.ops.quantized.linear_prepack("
        "torch.quantize_per_tensor(torch.ones([2, 8]), 1.0, 0, 12), None))", 8),
    "quantized_convolution": (
        "torch.dequantize(torch.ops.quantized.conv2d("
        "torch.quantize_per_tensor(torch.ones([1, 4, 8, 8]), 1.0, 0, 13), "
        "torch.ops.quantized.conv2d_prepack(torch.quantize_per_tensor(torch.ones([8, 4, 3, 3]), 1.0, 0, 12), "
        "None, [1, 1], [0, 0], [1, 1], 1), 1.0, 0))", 36),
}


@pytest.mark.parametrize("restrictions", [
    ["--no-new-code", "filter"], pytest.param(["--no-new-code", "mdwe"], marks=needs_mdwe)])
def test_torch_computes_without_new_code(restricted, restrictions):
    client = restricted(restrictions).client()
    functions = [
        f"def {name}(tensors: List[Tensor], keys: List[str], args: List[str]):\n    return {call}\n"
        for name, (call, _) in OPERATORS.items()]
    source = "\n".join(functions)
    client.execute_command(
        "AI.SCRIPTSTORE", "s", "CPU", "ENTRY_POINTS", len(OPERATORS), *OPERATORS, "SOURCE", source)
    for name, (_, value) in OPERATORS.items():
        words = ["AI.SCRIPTEXECUTE", "s", name, "KEYS", 1, "s", "OUTPUTS", 1, "y"]
        assert client.execute_command(*words) == b"OK"
        assert (get_tensor(client, "y") == value).all(), name


def archive(folder):
    """A folder as one ZIP archive."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as written:
        for file in sorted(folder.rglob("*")):
            written.write(file, file.relative_to(folder))
    return held.getvalue()


@pytest.mark.parametrize("restrictions", [
    [], ["--no-new-code", "filter"], pytest.param(["--no-new-code", "mdwe"], marks=needs_mdwe)])
def test_tensorflow_computes_without_new_code(restricted, restrictions):
    """A network of convolutions; with oneDNN its values differ in the last digits only."""
    client = restricted(restrictions).client()
    model = archive(paths.ROOT / "build/models/basic_pitch/nmp")
    assert client.execute_command("AI.MODELSTORE", "m", "TF", "CPU", "BLOB", model) == b"OK"
    wave = numpy.sin(numpy.arange(43844, dtype="float32") / 20).reshape(1, -1, 1)
    set_tensor(client, "x", "FLOAT", wave)
    words = ["AI.MODELEXECUTE", "m", "INPUTS", 1, "x", "OUTPUTS", 3, "contour", "note", "onset"]
    assert client.execute_command(*words) == b"OK"
    sums = [float(get_tensor(client, key).sum()) for key in ("contour", "note", "onset")]
    assert sums == pytest.approx([4624.48, 1612.88, 1503.68], rel=1e-4)
