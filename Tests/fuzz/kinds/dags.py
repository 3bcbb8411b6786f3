"""DAG commands."""

from . import samples
from .words import changed, key, model_key, script_key, tensor_key, timeout

OPTIONS = ["LOAD", "PERSIST", "ROUTING"]


def dag(source):
    """A DAG of up to six commands."""
    name = source.choice(["AI.DAGEXECUTE"] * 4 + ["AI.DAGEXECUTE_RO", "AI.DAGRUN", "AI.DAGRUN_RO"])
    words = [name]
    for option in OPTIONS:
        if source.random() < 0.5:
            words += given(option, source)
    words += timeout(source)
    for _ in range(source.choice([0, 1, 2, 2, 3, 3, 6])):
        step = source.choice([tensor_set, tensor_get, tensor_get, model, model, script])(source)
        words += ["|>", *(changed(step, source) if source.random() < 0.15 else step)]
    return words


def given(option, source):
    if option == "ROUTING":
        return [option, key(source)]
    names = [tensor_key(source) for _ in range(source.choice([0, 1, 1, 2, 4]))]
    return [option, len(names), *names]


def tensor_set(source):
    return list(source.choice(list(samples.TENSORS.values())))


def tensor_get(source):
    return ["AI.TENSORGET", tensor_key(source), *source.choice([[], ["META"], ["VALUES"], ["BLOB"]])]


def model(source):
    name = source.choice(["AI.MODELEXECUTE", "AI.MODELEXECUTE", "AI.MODELRUN"])
    inputs = [tensor_key(source) for _ in range(source.choice([1, 2, 2]))]
    outputs = [tensor_key(source)]
    if name == "AI.MODELRUN":
        return [name, model_key(source), "INPUTS", *inputs, "OUTPUTS", *outputs]
    return [name, model_key(source), "INPUTS", len(inputs), *inputs, "OUTPUTS", len(outputs), *outputs]


def script(source):
    return ["AI.SCRIPTEXECUTE", script_key(source), source.choice(samples.FUNCTIONS[:4]), "INPUTS", 2,
            tensor_key(source), tensor_key(source), "OUTPUTS", 1, tensor_key(source)]
