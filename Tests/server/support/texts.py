"""Sentences of replies that many tests expect, and those that are this module's own choice."""

WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value"
NO_TENSOR = "ERR tensor key is empty or in a different shard"
NO_MODEL = "ERR model key is empty"
NO_SCRIPT = "ERR script key is empty"
NO_BACKEND = "ERR Could not load backend"
NO_GPU = "ERR GPU requested but ONNX couldn't find CUDA"
IN_TRANSACTION = "ERR Cannot run RedisAI command within a transaction or a LUA script"
EXTERNAL_DATA = "Initializer tensors with external data is not allowed."
BAD_PAYLOAD = "ERR Bad data format"
INPUT_COUNT = "Number of keys given as INPUTS here does not match model definition"
OUTPUT_COUNT = "Number of keys given as OUTPUTS here does not match model definition"

# Where the original gave no error, or crashed, the words are this module's own.
SHAPE_TOO_LARGE = "ERR tensor shape is too large"
MINIMUM_ABOVE_BATCH = "ERR MINBATCHSIZE must not exceed BATCHSIZE"


def arity(command):
    """The error for a wrong number of words: it names the command in capitals, however it was typed."""
    return f"ERR wrong number of arguments for '{command}' command"
