"""Random calls of libtorch's operators, as TorchScript source; the same number makes the same call."""

from __future__ import annotations

import dataclasses
import random
import re

import numpy

WILD = [
    -1, -2, -3, 5, 7, 16, 64, 100, 127, 128, 255, 256, 1000, 65536, 2**31 - 1, 2**31, -(2**31), 2**32 + 1,
    2**40, 2**62, 2**63 - 1, -(2**63) + 1,
]
FLOATS = ["0.0", "1.0", "-1.0", "0.5", "2.0", "1e-5", "1e30", "-1e30", "float('inf')", "float('nan')"]
WORDS = [
    "mean", "sum", "max", "min", "none", "constant", "reflect", "replicate", "circular", "linear", "bilinear",
    "left", "right", "ortho", "forward", "backward", "floor", "trunc", "reduced", "complete", "r", "tanh",
    "amax", "amin", "prod", "lower", "higher", "nearest", "midpoint", "fro", "nuc", "ij", "xy", "gelsd",
    "gelsy", "ij,jk->ik", "ij->ji", "ii->i", "...,...->...", "L", "U", "same", "valid", "",
]
SHAPES = [
    [], [0], [1], [2], [3], [4], [8], [2, 3], [3, 3], [4, 4], [1, 4], [4, 1], [0, 3], [3, 0], [2, 8], [8, 2],
    [2, 3, 4], [1, 3, 8], [2, 4, 4], [4, 2, 0], [1, 2, 4, 4], [2, 3, 8, 8], [1, 4, 4, 4], [2, 4, 0, 4],
    [1, 2, 4, 4, 4], [2, 2, 3, 4, 5], [1, 1, 1, 1, 1, 2],
]
PACKED = {
    "LinearPackedParamsBase": [
        "torch.ops.quantized.linear_prepack({w2}, {b})",
        "torch.ops.quantized.linear_prepack_fp16({f2}, {b})"],
    "Conv2dPackedParamsBase": [
        "torch.ops.quantized.conv2d_prepack({w4}, {b}, {ii}, {ii}, {ii}, {i})",
        "torch.ops.quantized.conv_transpose2d_prepack({w4}, {b}, {ii}, {ii}, {ii}, {ii}, {i})",
        "torch.ops.quantized.conv1d_prepack({w3}, {b}, {l}, {l}, {l}, {i})"],
    "Conv3dPackedParamsBase": [
        "torch.ops.quantized.conv3d_prepack({w5}, {b}, {iii}, {iii}, {iii}, {i})",
        "torch.ops.quantized.conv_transpose3d_prepack({w5}, {b}, {iii}, {iii}, {iii}, {iii}, {i})"],
    "EmbeddingPackedParamsBase": ["torch.ops.quantized.embedding_bag_prepack({e2})"],
}


@dataclasses.dataclass
class Argument:
    type: str
    name: str
    has_default: bool
    is_keyword: bool
    is_written: bool


@dataclasses.dataclass
class Operator:
    name: str
    overload: str
    arguments: list[Argument]
    returns: list[str]

    @property
    def full_name(self) -> str:
        return f"{self.name}.{self.overload}" if self.overload else self.name


def split_at_commas(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and depth == 0:
            parts.append(text[start:place].strip())
            start = place + 1
    last = text[start:].strip()
    return [*parts, last] if last else parts


def operator_of(schema: str) -> Operator | None:
    """None if the schema has no list of arguments."""
    match = re.fullmatch(r"([\w]+::\w+)(?:\.(\w+))?\((.*)\) -> (.*)", schema)
    if not match or "..." in schema:
        return None
    name, overload, inside, returned = match.groups()
    arguments, is_keyword = [], False
    for text in split_at_commas(inside):
        if text == "*":
            is_keyword = True
            continue
        typed, _, default = text.partition("=")
        kind, _, argument = typed.strip().rpartition(" ")
        is_written = "!" in kind
        kind = re.sub(r"\([a-z*|>! -]+\)", "", kind)
        arguments.append(Argument(kind, argument, bool(default) or "=" in text, is_keyword, is_written))
    returned = re.sub(r"\([a-z*|>! -]+\)", "", returned)
    inner = returned[1:-1] if returned.startswith("(") else returned
    return Operator(name, overload or "", arguments, [part.split(" ")[0] for part in split_at_commas(inner)])


class Unknown(Exception):
    """A type of which there are no values here."""


class CallMaker:
    """Makes one call; every choice comes from its number."""

    def __init__(self, operator: Operator, seed: str) -> None:
        self.operator = operator
        self.random = random.Random(seed)
        self.wildness = self.random.choice([0.0, 0.03, 0.15, 0.4])
        self.shape = self.random.choice(SHAPES)
        self.inputs: list[numpy.ndarray] = []

    def source(self) -> str:
        """A function `f` of as many tensors as there are `inputs` then."""
        positional, keywords = [], []
        can_skip = self.random.random() < 0.6
        for argument in self.operator.arguments:
            if argument.has_default and can_skip and self.random.random() < 0.6:
                if not argument.is_keyword:
                    can_skip = True
                continue
            value = self.value(argument.type, argument.name)
            if argument.is_keyword or len(positional) < self.operator.arguments.index(argument):
                keywords.append(f"{argument.name}={value}")
            else:
                positional.append(value)
        space, name = self.operator.name.split("::")
        call = f"torch.ops.{space}.{name}({', '.join(positional + keywords)})"
        parameters = ", ".join(f"a{number}: Tensor" for number in range(len(self.inputs)))
        return f"def f({parameters}):\n    return {call}\n"

    def outputs(self) -> int:
        """How many tensors the function returns; 0 if it returns something else."""
        returns = self.operator.returns
        return len(returns) if all(kind == "Tensor" for kind in returns) else 0

    def is_wild(self) -> bool:
        return self.random.random() < self.wildness

    def value(self, kind: str, name: str) -> str:
        if kind.endswith("?"):
            return "None" if self.random.random() < 0.4 else self.value(kind[:-1], name)
        sized = re.fullmatch(r"(.+)\[(\d*)\]", kind)
        if sized:
            return self.list_of(sized.group(1), sized.group(2), name)
        if kind == "Tensor":
            return self.tensor(name)
        if kind in ("int", "SymInt"):
            return self.integer(name)
        if kind == "float":
            return self.random.choice(FLOATS if self.is_wild() else FLOATS[:6])
        if kind in ("Scalar", "number"):
            return self.random.choice([self.integer(name), self.random.choice(FLOATS), "True", "2"])
        if kind == "bool":
            return self.random.choice(["True", "False"])
        if kind == "str":
            return f'"{self.random.choice(WORDS)}"'
        if kind == "ScalarType":
            types = range(-2, 60) if self.is_wild() else [0, 3, 4, 6, 7, 11]
            return str(self.random.choice(types))
        if kind == "Layout":
            return str(self.random.randint(-1, 9)) if self.is_wild() else "0"
        if kind == "MemoryFormat":
            return str(self.random.randint(-2, 6)) if self.is_wild() else str(self.random.randint(0, 3))
        if kind == "Device":
            return f'torch.device("{"meta" if self.is_wild() else "cpu"}")'
        if kind == "Generator":
            return "None"
        packed = PACKED.get(kind.rpartition(".")[2])
        if packed:
            return self.packed(self.random.choice(packed))
        raise Unknown(kind)

    def list_of(self, kind: str, count: str, name: str) -> str:
        if kind == "Tensor?":
            kind = "Tensor"
        has_count = count and not self.is_wild()
        length = int(count) if has_count else self.random.choice([0, 1, 1, 2, 2, 2, 3, 3, 4, 6])
        values = [self.value(kind, name) for _ in range(length)]
        if not values:
            element = {"Tensor": "Tensor", "float": "float", "str": "str", "bool": "bool"}.get(kind, "int")
            return f"torch.jit.annotate(List[{element}], [])"
        return f"[{', '.join(values)}]"

    def integer(self, name: str) -> str:
        if self.is_wild():
            return str(self.random.choice(WILD))
        if "dim" in name or "axis" in name:
            return str(self.random.randint(-2, 2))
        if name in ("reduction", "mode", "padding_mode", "interpolation_mode"):
            return str(self.random.randint(0, 2))
        return str(self.random.choice([0, 1, 1, 1, 2, 2, 3, 4]))

    def tensor(self, name: str) -> str:
        number = len(self.inputs)
        if number and self.random.random() < 0.15:
            number = self.random.randrange(number)
        elif number == 16:
            number = 3
        else:
            self.inputs.append(self.content(name))
        return self.dressed(f"a{number}", self.inputs[number])

    def content(self, name: str) -> numpy.ndarray:
        shape = self.shape if self.random.random() < 0.6 else self.random.choice(SHAPES)
        looks_like_places = re.search("ind|target|length|offset|size|sorter|pivot|count|label|bins", name)
        integral = looks_like_places and self.random.random() < 0.9 or self.random.random() < 0.15
        count = int(numpy.prod(shape))
        source = numpy.random.default_rng(self.random.getrandbits(32))
        if integral:
            high = self.random.choice([2, 3, 5, 9])
            low = -high if self.is_wild() else 0
            values = source.integers(low, high, count)
            if count and self.is_wild():
                values[source.integers(0, count)] = self.random.choice(WILD)
            kind = self.random.choice(["int64"] * 8 + ["int32", "int32", "uint8", "int8", "int16", "uint16"])
            return values.astype(kind).reshape(shape)
        values = source.standard_normal(count) * self.random.choice([1, 1, 3, 100])
        if count and self.is_wild():
            values[source.integers(0, count)] = self.random.choice([numpy.nan, numpy.inf, -1e30, 0.0])
        kind = self.random.choice(["float32"] * 10 + ["float64", "float64", "float16", "bool"])
        with numpy.errstate(over="ignore"):
            return numpy.ascontiguousarray(values.reshape(shape).astype(kind))

    def dressed(self, name: str, content: numpy.ndarray) -> str:
        """The tensor, mostly in memory of libtorch's own, sometimes as parts or of another kind."""
        if self.operator.name.startswith("quantized::") and self.random.random() < 0.9:
            return self.quantized(name)
        choice = self.random.random()
        if choice < 0.7:
            return f"{name}.clone()"
        if choice < 0.78:
            return name
        if choice < 0.82 and content.ndim > 1:
            return f"{name}.clone().transpose(0, -1)"
        if choice < 0.85 and content.ndim > 0:
            return f"{name}.clone()[..., ::2]"
        if choice < 0.88:
            return f"{name}.clone().expand(2, *{name}.shape)" if content.ndim == 0 else f"{name}.clone()[:0]"
        if choice < 0.91:
            return f"{name}.to({self.random.choice([15, 5, 7, 9, 10, 0, 11])})"
        if choice < 0.93:
            return self.quantized(name)
        if choice < 0.95 and content.ndim == 4:
            return f"{name}.clone(memory_format=2)"
        if choice < 0.96 and content.ndim == 3:
            return f"torch._nested_tensor_from_mask({name}.to(6), {name}[..., 0] > 0)"
        return f"{name}.clone()"

    def quantized(self, name: str) -> str:
        kind = self.random.choice([13, 13, 13, 12, 14])
        if self.is_wild():
            axis = self.random.randint(-1, 2)
            scales = "torch.ones([3]), torch.zeros([3])"
            return f"torch.quantize_per_channel({name}.to(6), {scales}, {axis}, {kind})"
        return f"torch.quantize_per_tensor({name}.to(6), 0.1, {self.random.choice([0, 2, 200])}, {kind})"

    def packed(self, pattern: str) -> str:
        def part(match: re.Match) -> str:
            key = match.group(1)
            if key == "i":
                return self.random.choice(["1", "1", "2", self.integer("groups")])
            if key in ("ii", "iii"):
                return "[" + ", ".join(self.integer("") for _ in key) + "]"
            if key == "l":
                return f"[{self.integer('')}]"
            if key == "b":
                return self.random.choice(["None", self.tensor_of_rank(1)])
            made = self.tensor_of_rank(int(key[1]))
            if key[0] == "f":
                return made
            if key[0] == "e":
                many = f"{made}.size(0)"
                return (
                    f"torch.quantize_per_channel({made}, torch.ones([{many}]), torch.zeros([{many}]), 0, "
                    f"{self.random.choice([13, 16])})")
            return f"torch.quantize_per_tensor({made}, 0.1, 0, {self.random.choice([12, 12, 12, 13])})"
        return re.sub(r"\{(\w+)\}", part, pattern)

    def tensor_of_rank(self, rank: int) -> str:
        shapes = [shape for shape in SHAPES if len(shape) == rank or self.is_wild()]
        source = numpy.random.default_rng(self.random.getrandbits(32))
        shape = self.random.choice(shapes) if shapes else [2] * rank
        self.inputs.append(source.standard_normal(shape).astype("float32"))
        return f"a{len(self.inputs) - 1}"
