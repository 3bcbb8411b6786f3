"""AI.* commands that are right, nearly right, and wrong, from several clients at the same time.

Each command is written by its grammar, then changed with some probability: words go, come twice, change
places, or become numbers that are too large. Many are wrapped: into DAGs, MULTI, scripts of the server.
"""

import math
import random

from frame.case import Case, Stream
from frame.values import flipped, number, real, size

from . import samples
from .dags import dag
from .words import DEVICES, TYPES, changed, key, keys, model_key, script_key, tensor_key, timeout

UNIT = "commands"
FULL = 1_000_000
SHORT = 20_000

STREAMS = [1, 2, 2, 3, 4]
LONGEST_STREAM = 120


def case(seed, number):
    source = random.Random(f"commands {seed} {number}")
    streams = []
    for _ in range(source.choice(STREAMS)):
        commands = []
        if source.random() < 0.7:
            commands += source.sample(list(samples.TENSORS.values()), 3)
        while len(commands) < LONGEST_STREAM:
            commands += some(source)
        streams.append(Stream(commands, source.choice([2, 3])))
    return Case("commands", seed, number, streams)


def count(case):
    return case.command_count


def some(source):
    """One command, or several that belong together."""
    chance = source.random()
    if chance < 0.05:
        return [["MULTI"], *(command(source) for _ in range(source.randint(0, 8))),
                source.choice([["EXEC"], ["EXEC"], ["EXEC"], ["DISCARD"], ["WATCH", key(source)]])]
    if chance < 0.08:
        return [evaluated(source)]
    return [command(source)]


def command(source):
    """One command, changed or not."""
    words = source.choices(GENERATORS, WEIGHTS)[0](source)
    return changed(words, source) if source.random() < 0.35 else words


def evaluated(source):
    """A script of the server that calls one of ours, as often as it says."""
    words = command(source)
    call = source.choice(["call", "pcall"])
    text = f"local r for i = 1, {source.choice([1, 1, 3])} do r = redis.{call}(unpack(ARGV)) end return r"
    return ["EVAL", text, 0, *words]


def tensor_set(source):
    element_type = source.choice(TYPES)
    shape = [size(source) for _ in range(source.choice([0, 1, 1, 2, 2, 3]))]
    words = ["AI.TENSORSET", tensor_key(source), element_type, *shape]
    elements = math.prod(shape)
    elements = elements if 0 < elements < 300 else source.randint(0, 20)
    chance = source.random()
    if chance < 0.45:
        given = [b"x" if element_type == "STRING" else element(source, element_type) for _ in range(elements)]
        return [*words, "VALUES", *given]
    if chance < 0.85:
        width = {"FLOAT": 4, "DOUBLE": 8, "INT64": 8, "UINT64": 8, "INT32": 4, "UINT32": 4, "INT16": 2,
                 "UINT16": 2, "FLOAT16": 2, "BFLOAT16": 2}.get(element_type, 1)
        blob = b"ab\0" * elements if element_type == "STRING" else source.randbytes(elements * width)
        return [*words, "BLOB", blob]
    # Without values a tensor has as many zeros as its shape says: a few, so that memory lasts.
    return words if all(0 <= dimension < 100 for dimension in shape) else [*words, "VALUES"]


def element(source, element_type):
    if element_type in ("FLOAT", "DOUBLE", "FLOAT16", "BFLOAT16"):
        return real(source)
    return source.choice([0, 1, 1, number(source)])


def tensor_get(source):
    form = source.choice([[], ["META"], ["BLOB"], ["VALUES"], ["META", "BLOB"], ["META", "VALUES"]])
    return ["AI.TENSORGET", tensor_key(source), *form]


def model_store(source):
    backend = source.choice(["ONNX", "ONNX", "TFLITE", "TF", "TORCH"])
    file, inputs, outputs, _ = source.choice(samples.MODELS[backend])
    blob = samples.model_bytes(file)
    blob = flipped(blob, source) if source.random() < 0.1 else blob
    words = ["AI.MODELSTORE", model_key(source), backend, source.choice(DEVICES)]
    words += ["TAG", "t:1"] if source.random() < 0.3 else []
    if source.random() < 0.4:
        words += ["BATCHSIZE", size(source)]
        if source.random() < 0.5:
            # A least size needs a time: else a request waits for others that do not come.
            words += ["MINBATCHSIZE", size(source), "MINBATCHTIMEOUT", source.choice([1, 5, 50])]
    if backend == "TF":
        words += ["INPUTS", len(inputs), *inputs, "OUTPUTS", len(outputs), *outputs]
    cut = source.randrange(len(blob)) if source.random() < 0.1 else None
    return [*words, "BLOB", *([blob] if cut is None else [blob[:cut], blob[cut:]])]


def model_set(source):
    words = model_store(source)
    return ["AI.MODELSET", *words[1:]]


def model_get(source):
    return ["AI.MODELGET", model_key(source), *source.choice([[], ["META"], ["BLOB"], ["META", "BLOB"]])]


def model_execute(source):
    name = source.choice(["AI.MODELEXECUTE"] * 4 + ["AI.MODELRUN"])
    inputs, outputs = keys(source), keys(source)
    if name == "AI.MODELRUN":
        return [name, model_key(source), *timeout(source), "INPUTS", *inputs, "OUTPUTS", *outputs]
    return [name, model_key(source), "INPUTS", len(inputs), *inputs, "OUTPUTS", len(outputs), *outputs,
            *timeout(source)]


def script_store(source):
    text = samples.SCRIPT.encode()
    text = flipped(text, source) if source.random() < 0.2 else text
    names = source.sample(samples.FUNCTIONS, source.randint(1, 5))
    if source.random() < 0.2:
        return ["AI.SCRIPTSET", script_key(source), source.choice(DEVICES), "SOURCE", text]
    return ["AI.SCRIPTSTORE", script_key(source), source.choice(DEVICES), "ENTRY_POINTS", len(names), *names,
            "SOURCE", text]


def script_execute(source):
    function = source.choice([*samples.FUNCTIONS[:4] * 4, "spin", "none"])
    inputs, outputs, used = keys(source), keys(source), keys(source)
    words = [script_key(source), function]
    if source.random() < 0.1:
        return ["AI.SCRIPTRUN", *words, "INPUTS", *inputs, "OUTPUTS", *outputs]
    parts = [["KEYS", len(used), *used], ["INPUTS", len(inputs), *inputs], ["ARGS", 1, "5"],
             ["OUTPUTS", len(outputs), *outputs]]
    chosen = [part for part in parts if source.random() < 0.8]
    return ["AI.SCRIPTEXECUTE", *words, *(word for part in chosen for word in part), *timeout(source)]


def simple(source):
    """Commands of few words."""
    return source.choice([
        ["AI.SCRIPTGET", script_key(source), *source.choice([[], ["META"], ["SOURCE"]])],
        ["AI.MODELDEL", model_key(source)], ["AI.SCRIPTDEL", script_key(source)], ["AI.METRICS"],
        ["AI.INFO", model_key(source)], ["AI.INFO", model_key(source), "RESETSTAT"],
        ["AI.STATS"], ["AI.STATS", model_key(source)],
        ["AI._MODELSCAN"], ["AI._SCRIPTSCAN"], ["AI.CONFIG", "GET", "MODEL_CHUNK_SIZE"],
        ["AI.CONFIG", "MODEL_CHUNK_SIZE", number(source)], ["AI.CONFIG", "GET", "BACKENDSPATH"],
    ])


def of_the_server(source):
    """What the server does with our values."""
    one, other = key(source), key(source)
    return source.choice([
        ["COPY", one, other, "REPLACE"], ["RENAME", one, other], ["DEL", one], ["UNLINK", one],
        ["DUMP", one], ["EXPIRE", one, source.choice([0, 1, 100])], ["MOVE", one, 1], ["SET", one, "text"],
        ["MEMORY", "USAGE", one], ["OBJECT", "ENCODING", one], ["TYPE", one], ["GETRANGE", one, 0, 1],
        ["COMMAND", "GETKEYS", *command(source)], ["SELECT", source.choice([0, 0, 0, 1])],
    ])


GENERATORS = [
    tensor_set, tensor_get, model_store, model_set, model_get, model_execute, script_store, script_execute,
    simple, of_the_server, dag,
]
WEIGHTS = [30, 20, 2, 0.3, 4, 18, 0.5, 8, 10, 8, 10]
