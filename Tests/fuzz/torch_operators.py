"""Calls libtorch's operators through the bridge with random arguments, to find what the rules must refuse.

Everything that the bridge lets through is called in processes that may die. Found are: ends of the process,
inputs that changed, and outputs with memory that nobody wrote. `--guard` catches each byte that is read or
written too far, by laying tensors' memory between pages that are not there. A call that was found is repeated
with `--case`.
"""

from __future__ import annotations

import argparse
import mmap
import os
import pathlib
import random
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
OPERATORS = ROOT / "Tests" / "Fixtures" / "torch_operators.txt"
BRIDGE = ROOT / "build" / "backends" / "redisai_torch"

sys.path[:0] = [str(HERE), str(ROOT / "Scripts")]

import torch_bridge  # noqa: E402
from torch.bridge import Bridge, Failed  # noqa: E402
from torch.calls import CallMaker, Operator, Unknown, operator_of  # noqa: E402

# Bytes of address space, guarded memory included; what the machine has matters to nobody.
MEMORY = 64 << 30
# A call that goes on for longer is given up; how long one may take is not what is looked for.
PATIENCE = 30.0
# What memory that nobody wrote consists of, with `--guard`.
PATTERN = b"\xd5" * 8
CALLS_PER_PROCESS = 20000


def main() -> int:
    options = parsed()
    if options.worker is not None:
        return work(options)
    operators = known_operators(options.only)
    if options.case is not None:
        return repeat(options, operators)
    hunt = Hunt(options)
    hunt.run()
    for line in hunt.found:
        print(line)
    print(f"torch_operators: seed {options.seed}, {hunt.calls} calls, {len(hunt.found)} findings")
    return 1 if hunt.found else 0


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--calls", type=int, help="how many, instead of for how long")
    parser.add_argument("--only", default="", help="operators with this in their name")
    parser.add_argument("--guard", action="store_true", help="catch what reads or writes too far")
    parser.add_argument("--case", type=int, help="show and repeat one call in this process")
    parser.add_argument("--bridge", type=pathlib.Path, default=BRIDGE)
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--progress", type=pathlib.Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def known_operators(only: str) -> list[Operator]:
    found = [operator_of(line) for line in OPERATORS.read_text().splitlines()]
    return [operator for operator in found if operator and only in operator.full_name]


def maker_of(operators: list[Operator], seed: int, number: int) -> CallMaker:
    operator = random.Random(f"{seed} {number}").choice(operators)
    return CallMaker(operator, f"{seed} {number} {operator.full_name}")


class Hunt:
    """Has processes make calls until the time is over, and writes down what they end with."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.operators = known_operators(options.only)
        self.found: list[str] = []
        self.calls = 0

    def run(self) -> None:
        end = time.monotonic() + self.options.seconds
        with tempfile.TemporaryDirectory() as folder:
            self.guard = built_guard(pathlib.Path(folder)) if self.options.guard else None
            progress = pathlib.Path(folder) / "progress"
            progress.write_bytes(bytes(16))
            while self.goes_on(end):
                self.calls = self.watch(self.calls, progress, end)

    def goes_on(self, end: float) -> bool:
        if self.options.calls is not None:
            return self.calls < self.options.calls
        return time.monotonic() < end

    def watch(self, first: int, progress: pathlib.Path, end: float) -> int:
        """Has one process begin at a number; which comes next."""
        arguments = [a for a in sys.argv[1:] if a != "--worker"]
        command = [sys.executable, __file__, *arguments, "--worker", str(first), "--progress", str(progress)]
        environment = dict(os.environ, **({"LD_PRELOAD": str(self.guard)} if self.guard else {}))
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        last, since = -1, time.monotonic()
        while process.poll() is None:
            number = struct.unpack("q", progress.read_bytes()[:8])[0]
            if number != last:
                last, since = number, time.monotonic()
            is_over = self.options.calls is None and time.monotonic() > end
            if is_over or time.monotonic() - since > PATIENCE:
                process.kill()
            try:
                process.wait(0.05)
            except subprocess.TimeoutExpired:
                pass
        said = process.stdout.read()
        number = struct.unpack("q", progress.read_bytes()[:8])[0]
        self.found += said.splitlines()
        if process.returncode < 0 and process.returncode != -signal.SIGKILL:
            name = signal.Signals(-process.returncode).name
            self.found.append(described(self.operators, self.options.seed, number, f"ended by {name}"))
        elif process.returncode > 0:
            raise SystemExit(f"torch_operators: the process of case {number} fails by itself")
        return number + 1


def described(operators: list[Operator], seed: int, number: int, what: str) -> str:
    maker = maker_of(operators, seed, number)
    source = maker.source().splitlines()[1].strip()
    inputs = ", ".join(f"{array.dtype}{list(array.shape)}" for array in maker.inputs)
    return f"case {number}: {maker.operator.full_name}: {what}: {source} with {inputs}"


def built_guard(folder: pathlib.Path) -> pathlib.Path:
    library = folder / "guard.so"
    source = HERE / "torch" / "guard.c"
    command = [torch_bridge.found_compiler(), "-x", "c", "-O2", "-shared", "-fPIC", "-o", str(library)]
    subprocess.run([*command, str(source)], check=True)
    return library


def work(options: argparse.Namespace) -> int:
    """Makes calls one after the other; the parent sees which one is under way."""
    operators = known_operators(options.only)
    bridge = Bridge(options.bridge)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    last = options.worker + CALLS_PER_PROCESS
    if options.calls is not None:
        last = min(last, options.calls)
    with options.progress.open("r+b") as file, mmap.mmap(file.fileno(), 16) as shared:
        for number in range(options.worker, last):
            shared[:8] = struct.pack("q", number)
            for what in findings_of(bridge, maker_of(operators, options.seed, number), options.guard):
                print(described(operators, options.seed, number, what), flush=True)
    return 0


def findings_of(bridge: Bridge, maker: CallMaker, is_guarded: bool) -> list[str]:
    """Makes a call; what is wrong with how it ended, beside what ends the process."""
    try:
        script = bridge.compiled(maker.source())
    except (Failed, Unknown):
        return []
    before = [array.tobytes() for array in maker.inputs]
    try:
        outputs = bridge.called(script, "f", maker.inputs, maker.outputs())
    except Failed:
        outputs = []
    finally:
        bridge.script_release(script)
    found = []
    if before != [array.tobytes() for array in maker.inputs]:
        found.append("an input has changed")
    if is_guarded and any(PATTERN in output.tobytes() for output in outputs):
        found.append("an output shows memory that nobody wrote")
    return found


def repeat(options: argparse.Namespace, operators: list[Operator]) -> int:
    maker = maker_of(operators, options.seed, options.case)
    print(maker.source(), flush=True)
    for number, array in enumerate(maker.inputs):
        print(f"a{number} = {array.dtype}{list(array.shape)} {array.tolist()}", flush=True)
    bridge = Bridge(options.bridge)
    script = bridge.compiled(maker.source())
    print(bridge.called(script, "f", maker.inputs, maker.outputs()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
