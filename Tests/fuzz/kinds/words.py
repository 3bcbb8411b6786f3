"""Words of commands: keys, types, numbers, and wrong ones."""

from frame.values import number

from . import samples

# Few, so that commands meet each other's values; those of the samples' tensors are among them.
TENSOR_KEYS = [*samples.TENSORS, "square", "square", "whole", "a", "b", "x", "y"]
MODEL_KEYS = ["m1", "m2", "m3"]
SCRIPT_KEYS = ["s1", "s2"]
KEYS = [*TENSOR_KEYS, *MODEL_KEYS, *SCRIPT_KEYS]
TYPES = [
    "FLOAT", "FLOAT", "DOUBLE", "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64",
    "BOOL", "STRING", "FLOAT16", "BFLOAT16",
]
DEVICES = ["CPU"] * 8 + ["CPU:1", "GPU", "cpu", "CPU:x"]

ODD_WORDS = [
    b"", b"\0", b"\xff\xfe", b"\r\n", b"x" * 300, b"|>", b"INPUTS", b"OUTPUTS", b"KEYS", b"ARGS", b"TIMEOUT",
    b"BLOB", b"VALUES", b"META", b"LOAD", b"PERSIST", b"ROUTING", b"nan", b"inf", b"-1e999", b"0x10", b"1.5",
    b"18446744073709551615", b"-9223372036854775809", b"+1", b" 1", b"1 ", b"%s%n", b"{a}b",
]


def key(source):
    return source.choice(KEYS)


def tensor_key(source):
    return mostly(TENSOR_KEYS, source)


def model_key(source):
    return mostly(MODEL_KEYS, source)


def script_key(source):
    return mostly(SCRIPT_KEYS, source)


def mostly(chosen, source):
    """One of these keys, and now and then one that holds something else."""
    return source.choice(chosen if source.random() < 0.95 else KEYS)


def keys(source):
    """Some keys of tensors; one or two mostly."""
    return [tensor_key(source) for _ in range(source.choice([0, 1, 1, 1, 2, 2, 2, 3, 5]))]


def timeout(source):
    """A time limit, or none."""
    return ["TIMEOUT", source.choice([1, 1, 10, 1000, 0, number(source)])] if source.random() < 0.2 else []


def changed(words, source):
    """The words of a command with one to three changes; its name stays."""
    words = list(words)
    for _ in range(source.choice([1, 1, 1, 2, 3])):
        place = source.randrange(1, len(words)) if len(words) > 1 else 1
        action = source.randrange(8)
        if action == 0:
            del words[place:place + 1]
        elif action == 1:
            words[place:place] = words[place:place + 1]
        elif action == 2 and len(words) > 2:
            other = source.randrange(1, len(words))
            words[place], words[other] = words[other], words[place]
        elif action == 3:
            words[place:place + 1] = [number(source)]
        elif action == 4:
            words[place:place + 1] = [source.choice(ODD_WORDS)]
        elif action == 5:
            words[place:place] = [source.choice(ODD_WORDS)]
        elif action == 6:
            del words[place:]
        elif place < len(words) and isinstance(words[place], str):
            words[place] = words[place].swapcase()
    return bounded(words)


def bounded(words):
    """A tensor without values takes as much memory as its shape says, which is no fault: it gets values."""
    if words[0] != "AI.TENSORSET" or {"VALUES", "BLOB", "values", "blob"} & {str(word) for word in words}:
        return words
    return [*words, "VALUES"]
