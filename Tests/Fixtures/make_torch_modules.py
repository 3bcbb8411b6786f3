"""Makes Tests/Fixtures/models/torch/modules: what PyTorch stores for modules that people write.

`python3 make_torch_modules.py`, with a Python that has torch 2.15.0 from PyPI and what it depends on. Nothing
else needs that Python: archives and `modules.json`, which has the inputs and what PyTorch returned for them,
are kept. Weights are seeded.
"""

from __future__ import annotations

import copy
import json
import pathlib
import tempfile
import warnings
import zipfile

import torch
from torch import nn
from torch.ao import quantization

from torch_generators.modules import CASES, Case, tensor_of

FOLDER = pathlib.Path(__file__).resolve().parent / "models" / "torch" / "modules"
# Values of each output that are kept.
KEPT = 16


def main() -> None:
    warnings.simplefilter("ignore")
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in FOLDER.iterdir():
        path.unlink()
    torch.backends.quantized.engine = "fbgemm"
    described = {case.name: made(case) for case in CASES}
    (FOLDER / "modules.json").write_text(json.dumps(described, indent=1) + "\n")


def made(case: Case) -> dict:
    torch.manual_seed(12)
    module = case.make().eval()
    inputs = [tensor_of(*description) for description in case.inputs]
    if case.quantize == "dynamic":
        module = quantization.quantize_dynamic(module, {nn.Linear, nn.LSTM, nn.GRU, nn.LSTMCell})
    elif case.quantize == "static":
        module = quantized(module, inputs)
    with torch.no_grad():
        if case.how == "trace":
            archive = torch.jit.trace(module, tuple(inputs), check_trace=False)
        else:
            archive = torch.jit.script(module)
        returned = archive(*copy.deepcopy(inputs))
    save(archive, FOLDER / f"{case.name}.pt")
    outputs = [returned] if isinstance(returned, torch.Tensor) else list(returned)
    return {
        "inputs": case.inputs,
        "random": case.is_random,
        "outputs": [
            {"shape": list(output.shape), "values": output.flatten()[:KEPT].double().tolist()}
            for output in outputs
        ],
    }


def quantized(module: nn.Module, inputs: list[torch.Tensor]) -> nn.Module:
    module.qconfig = quantization.get_default_qconfig("fbgemm")
    prepared = quantization.prepare(module)
    prepared(*inputs)
    return quantization.convert(prepared)


def save(module: torch.jit.ScriptModule, path: pathlib.Path) -> None:
    """Writes the archive without what only messages of errors need, and packed."""
    with tempfile.TemporaryDirectory() as folder:
        whole = pathlib.Path(folder) / path.name
        module.save(str(whole))
        with zipfile.ZipFile(whole) as reader, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as writer:
            for name in reader.namelist():
                if not name.endswith(".debug_pkl"):
                    writer.writestr(zipfile.ZipInfo(name), reader.read(name), zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    main()
