"""Payloads for RESTORE: the three types in all encodings, changed field by field, with the right checksum.

What is stored is then read and run.
"""

import math
import random

from frame.case import Case, Stream
from frame.values import BOUNDARIES, flipped, size
from support import rdb

from . import samples

UNIT = "payloads"
FULL = 100_000
SHORT = 2_000

# Payloads in one case, which is one stream.
PER_CASE = 20
RUN_MILLISECONDS = 250
DEVICES = ["CPU", "CPU", "CPU:1"]


def case(seed, number):
    source = random.Random(f"restore {seed} {number}")
    commands = list(samples.TENSORS.values())
    for _ in range(PER_CASE):
        commands += source.choices([tensor, model, script], [55, 33, 12])[0](source)
    return Case("restore", seed, number, [Stream(commands, source.choice([2, 3]))])


def count(case):
    return PER_CASE


def restored(key, name, version, fields, source):
    """A RESTORE of fields that have been changed or not."""
    if source.random() < 0.6:
        fields = changed(fields, source)
    if source.random() < 0.05:
        version = source.choice([0, 1, 2, 3, 4, 5, 6, 1023])
    content = rdb.value(name, version, fields)
    if source.random() < 0.08:
        content = content[:1] + flipped(content[1:], source)
    return ["RESTORE", key, 0, rdb.sealed(content), "REPLACE"]


def changed(fields, source):
    """The fields with one to three of them changed, removed, doubled or exchanged."""
    fields = list(fields)
    for _ in range(source.choice([1, 1, 1, 1, 2, 3])):
        if not fields:
            break
        place = source.randrange(len(fields))
        kind, content = fields[place]
        action = source.randrange(10)
        if action < 6:
            fields[place] = other(kind, content, source)
        elif action == 6:
            del fields[place]
        elif action == 7:
            fields.insert(place, fields[place])
        elif action == 8:
            partner = source.randrange(len(fields))
            fields[place], fields[partner] = fields[partner], fields[place]
        else:
            fields[place] = ("u", source.choice(BOUNDARIES) % 2**64) if kind == "s" else ("s", b"text\0")
    return fields


def other(kind, content, source):
    """Another value of a field."""
    if kind == "u":
        near = content + source.choice([-1, 1, 2, 8])
        return kind, source.choice([near, near, source.choice(BOUNDARIES)]) % 2**64
    chance = source.random()
    if chance < 0.7 and content:
        return kind, flipped(content, source)
    if chance < 0.8:
        return kind, content[:source.randrange(len(content) + 1)]
    return kind, source.choice([b"", b"\0", content.rstrip(b"\0"), content + b"\0", content * 2])


def tensor(source):
    element_type = source.choice(list(rdb.CODES))
    shape = [size(source) for _ in range(source.choice([0, 1, 1, 2, 2, 3, 4]))]
    elements = math.prod(shape)
    elements = elements if 0 <= elements <= 64 else 4
    if element_type == "STRING":
        data, offsets = b"ab\0" * elements, [3 * index for index in range(elements)]
        fields = rdb.tensor_fields(element_type, shape, data, offsets)
        version = 4
    else:
        data = source.randbytes(elements * rdb.CODES[element_type][1] // 8)
        version = source.choice([4, 4, 4, 0, 1, 2, 3])
        make = rdb.tensor_fields if version == 4 else rdb.old_tensor_fields
        fields = make(element_type, shape, data)
    return [
        restored("t", rdb.TENSOR, version, fields, source), ["AI.TENSORGET", "t", "META", "VALUES"],
        ["AI.TENSORGET", "t"], ["COPY", "t", "u", "REPLACE"], ["DUMP", "u"], ["DEL", "t", "u"],
    ]


def model(source):
    backend = source.choice(["ONNX", "ONNX", "ONNX", "TFLITE", "TFLITE", "TF", "TORCH"])
    file, inputs, outputs, tensors = source.choice(samples.MODELS[backend])
    blob = samples.model_bytes(file)
    blob = flipped(blob, source) if source.random() < 0.4 else blob
    version = source.choice([4, 4, 4, 0, 1, 2, 3])
    batch = source.choice([(0, 0, 0), (0, 0, 0), (8, 0, 0), (8, 2, 1)])
    fields = rdb.model_fields(
        blob, inputs, outputs, version, getattr(rdb, backend), source.choice(DEVICES), "t", batch)
    # A least batch size without a time, which a change may make of any batch size, waits for ever by itself.
    run = ["AI.MODELEXECUTE", "m", "INPUTS", len(tensors), *tensors, "OUTPUTS", len(outputs),
           *(f"o{index}" for index in range(len(outputs))), "TIMEOUT", RUN_MILLISECONDS]
    return [
        restored("m", rdb.MODEL, version, fields, source), ["AI.MODELGET", "m", "META"], run, run,
        ["AI.TENSORGET", "o0"], ["AI.STATS", "m"], ["DUMP", "m"], ["DEL", "m"],
    ]


def script(source):
    version = source.choice([4, 4, 0, 1, 2, 3])
    fields = rdb.script_fields(samples.SCRIPT, samples.FUNCTIONS, version, "CPU", "t")
    function = source.choice(samples.FUNCTIONS[:4])
    run = ["AI.SCRIPTEXECUTE", "s", function, "KEYS", 1, "k", "INPUTS", 2, "square", "square", "ARGS", 1, "7",
           "OUTPUTS", 1, "o0"]
    return [
        restored("s", rdb.SCRIPT, version, fields, source), ["AI.SCRIPTGET", "s"], run, ["AI.STATS", "s"],
        ["DUMP", "s"], ["DEL", "s", "k"],
    ]
