"""Makes torch_operators.txt: operators that the bridge lets through, as libtorch declares them.

`python3 make_torch_operators.py`, after `make backends BACKENDS=torch`. The random calls of Tests/fuzz are
made of it. An operator is in it unless a call of it is refused by name.
"""

from __future__ import annotations

import pathlib
import sys
import tempfile

import make_torch_models

FIXTURES = pathlib.Path(__file__).resolve().parent
ROOT = FIXTURES.parent.parent
sys.path.insert(0, str(ROOT / "Tests" / "fuzz"))

from torch.bridge import Bridge, Failed  # noqa: E402
from torch.calls import CallMaker, Unknown, operator_of  # noqa: E402

# Of random arguments, until one is taken for a call of the operator.
TRIES = 30


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder) / "list_operators"
        make_torch_models.compile_program(FIXTURES / "torch_generators" / "list_operators.cpp", program)
        schemas = make_torch_models.output_of(program).splitlines()
    bridge = Bridge(ROOT / "build" / "backends" / "redisai_torch")
    kept = [schema for schema in schemas if is_allowed(bridge, schema)]
    (FIXTURES / "torch_operators.txt").write_text("".join(f"{schema}\n" for schema in kept))


def is_allowed(bridge: Bridge, schema: str) -> bool:
    operator = operator_of(schema)
    if operator is None:
        return False
    refusal = f"operator '{operator.name}' is not allowed"
    for attempt in range(TRIES):
        try:
            script = bridge.compiled(CallMaker(operator, f"{attempt}").source())
        except Unknown:
            return False
        except Failed as failure:
            if refusal in str(failure):
                return False
            continue
        bridge.script_release(script)
        return True
    return False


if __name__ == "__main__":
    main()
