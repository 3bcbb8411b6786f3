"""Models of all four runtimes with a few damaged bytes, stored and run."""

import random

from support.damage import damaged, damaged_within

from frame.case import Case, Stream

from . import samples

UNIT = "models"
FULL = 20_000
SHORT = 200

# Models in a case: some damage is found only by what comes after it.
SIZE = 10


def case(seed, number):
    source = random.Random(f"damaged {seed} {number}")
    runtime = source.choice(list(samples.MODELS))
    file, inputs, outputs, fed = source.choice(samples.MODELS[runtime])
    whole = samples.model_bytes(file)
    # An archive with a wrong checksum is refused at once.
    damage = damaged_within if whole.startswith(b"PK") and source.random() < 0.9 else damaged
    names = ["INPUTS", len(inputs), *inputs, "OUTPUTS", len(outputs), *outputs] if runtime == "TF" else []
    results = [f"o{index}" for index in range(len(outputs))]
    run = ["AI.MODELEXECUTE", "m", "INPUTS", len(fed), *fed, "OUTPUTS", len(results), *results]
    commands = [samples.TENSORS[name] for name in dict.fromkeys(fed)]
    for _ in range(SIZE):
        blob = damage(whole, source)
        commands += [["AI.MODELSTORE", "m", runtime, "CPU", *names, "BLOB", blob], run, ["DEL", "m"]]
    return Case("damaged_models", seed, number, [Stream(commands)], f"{runtime} {file}")


def count(case):
    return SIZE
