"""Clients that ask for more memory than there is: an error, and the server goes on."""

import contextlib
import pathlib
import resource

import pytest

from support import paths
from support.clients import refusal
from support.models import execute, execution, model_bytes, store
from support.servers import RedisServer, wait_until

MEBIBYTE = 1 << 20
STRINGS = 8 * MEBIBYTE
SOURCE = """
def doubled(tensors: List[Tensor], keys: List[str], args: List[str]):
    text = "x"
    for _ in range(int(args[0])):
        text = text + text
    redis.execute("SET", "made", text)
    return tensors[0]
"""
SCRIPT = ["AI.SCRIPTSTORE", "s", "CPU", "ENTRY_POINTS", 1, "doubled", "SOURCE"]


@contextlib.contextmanager
def room(server, mebibytes):
    """The server may take so much more than it has."""
    pages = pathlib.Path(f"/proc/{server.process.pid}/statm").read_text().split()[0]
    before = resource.prlimit(server.process.pid, resource.RLIMIT_AS)
    limit = int(pages) * resource.getpagesize() + mebibytes * MEBIBYTE
    resource.prlimit(server.process.pid, resource.RLIMIT_AS, (limit, before[1]))
    try:
        yield
    finally:
        resource.prlimit(server.process.pid, resource.RLIMIT_AS, before)


EACH_SERVER = pytest.mark.parametrize("binary", paths.SERVERS.values(), ids=paths.SERVERS)
EACH_ROOM = pytest.mark.parametrize("mebibytes", [40, 80, 120, 160, 200, 300, 400, 600])


@EACH_SERVER
@EACH_ROOM
def test_many_strings_for_a_model(start_server, binary, mebibytes):
    """Each takes a byte in the key, and in the runtime forty."""
    server = start_server(binary=binary, words=["INLINE_RUN_BUDGET", 0])
    client = server.client()
    store(client, "m", "identity_string")
    client.execute_command("AI.TENSORSET", "one", "STRING", 1)
    client.execute_command("AI.TENSORSET", "many", "STRING", STRINGS)
    execute(client, "m", ["one"], ["y"])
    with room(server, mebibytes):
        reply = refusal(client, *execution("m", ["many"], ["y"]))
    assert reply is None or "memory" in reply or "alloc" in reply, reply
    execute(client, "m", ["one"], ["y"])


@EACH_SERVER
@EACH_ROOM
def test_a_long_word_that_a_script_gives_to_the_server(start_server, binary, mebibytes):
    server = start_server(binary=binary)
    client = server.client()
    client.execute_command(*SCRIPT, SOURCE)
    client.execute_command("AI.TENSORSET", "x", "FLOAT", 1)
    words = ["AI.SCRIPTEXECUTE", "s", "doubled", "INPUTS", 1, "x", "OUTPUTS", 1, "y", "ARGS", 1]
    assert refusal(client, *words, 1) is None
    with room(server, mebibytes):
        reply = refusal(client, *words, 26)
    assert reply is None or "memory" in reply.lower() or "alloc" in reply, reply
    assert client.strlen("made") in (2, 2**26)
    assert refusal(client, *words, 1) is None


@EACH_SERVER
@pytest.mark.parametrize("mebibytes", [6, 8, 12, 16, 20, 24, 30, 40])
def test_the_first_work_of_a_thread(start_server, binary, mebibytes):
    """Allocators give a thread blocks of megabytes then, and some end the process if they cannot."""
    server = start_server(binary=binary, words=["INLINE_RUN_BUDGET", 0])
    client = server.client()
    store(client, "m", "identity_string")
    client.execute_command("AI.TENSORSET", "x", "STRING", 1)
    with room(server, mebibytes):
        run = refusal(client, *execution("m", ["x"], ["y"]))
        build = refusal(client, "AI.MODELSTORE", "n", "ONNX", "CPU", "BLOB", model_bytes("identity_string"))
    assert run is None or "memory" in run, run
    assert build is None or "memory" in build, build
    execute(client, "m", ["x"], ["y"])
    store(client, "n", "identity_string")


LONG = b"a" * (32 * MEBIBYTE)
# Commands with one long word: where data belong, and where nobody expects so much.
LONG_WORDS = {
    "the bytes of a tensor": ["AI.TENSORSET", "t", "UINT8", len(LONG), "BLOB", LONG],
    "a string": ["AI.TENSORSET", "t", "STRING", 1, "VALUES", LONG],
    "no number": ["AI.TENSORSET", "t", "FLOAT", 1, "VALUES", LONG],
    "the key of a tensor": ["AI.TENSORSET", LONG, "FLOAT", 1, "VALUES", 1],
    "no key of a tensor": ["AI.TENSORGET", LONG, "VALUES"],
    "a source": [*SCRIPT, SOURCE.encode() + b"\n#" + LONG],
    "an old source": ["AI.SCRIPTSET", "s", "CPU", "SOURCE", SOURCE.encode() + b"\n#" + LONG],
    "an entry point": ["AI.SCRIPTSTORE", "s", "CPU", "ENTRY_POINTS", 1, LONG, "SOURCE", SOURCE],
    "the tag of a script": [
        "AI.SCRIPTSTORE", "s", "CPU", "TAG", LONG, "ENTRY_POINTS", 1, "doubled", "SOURCE", SOURCE],
    "the key of a script": ["AI.SCRIPTSTORE", LONG, "CPU", "ENTRY_POINTS", 1, "doubled", "SOURCE", SOURCE],
    "the device of a script": ["AI.SCRIPTSTORE", "s", LONG, "ENTRY_POINTS", 1, "doubled", "SOURCE", SOURCE],
    "an argument": ["AI.SCRIPTEXECUTE", "s", "doubled", "INPUTS", 1, "x", "OUTPUTS", 1, "y", "ARGS", 1, LONG],
    "a function": ["AI.SCRIPTEXECUTE", "s", LONG, "INPUTS", 1, "x", "OUTPUTS", 1, "y", "ARGS", 1, 1],
    "no ONNX model": ["AI.MODELSTORE", "m", "ONNX", "CPU", "BLOB", LONG],
    "no graph": ["AI.MODELSTORE", "m", "TF", "CPU", "INPUTS", 1, "a", "OUTPUTS", 1, "b", "BLOB", LONG],
    "no SavedModel": ["AI.MODELSTORE", "m", "TF", "CPU", "BLOB", b"PK\3\4" + LONG],
    "no TFLite model": ["AI.MODELSTORE", "m", "TFLITE", "CPU", "BLOB", LONG],
    "no archive": ["AI.MODELSTORE", "m", "TORCH", "CPU", "BLOB", b"PK\3\4" + LONG],
    "the tag of a model": ["AI.MODELSTORE", "m", "ONNX", "CPU", "TAG", LONG, "BLOB", "x"],
    "the input of a model": [
        "AI.MODELSTORE", "m", "TF", "CPU", "INPUTS", 1, LONG, "OUTPUTS", 1, "b", "BLOB", "x"],
    "the key of a model": ["AI.MODELSTORE", LONG, "ONNX", "CPU", "BLOB", "x"],
    "a backend": ["AI.MODELSTORE", "m", LONG, "CPU", "BLOB", "x"],
    "no key of a model": ["AI.MODELGET", LONG],
    "the input of a run": ["AI.MODELEXECUTE", "id", "INPUTS", 1, LONG, "OUTPUTS", 1, "y"],
    "the output of a run": ["AI.MODELEXECUTE", "id", "INPUTS", 1, "x", "OUTPUTS", 1, LONG],
    "a name in a DAG": ["AI.DAGEXECUTE", "ROUTING", "x", "|>", "AI.TENSORSET", LONG, "FLOAT", 1, "VALUES", 1],
    "a key that a DAG loads": ["AI.DAGEXECUTE", "LOAD", 1, LONG, "|>", "AI.TENSORGET", LONG],
    "a key that a DAG keeps": [
        "AI.DAGEXECUTE", "PERSIST", 1, LONG, "|>", "AI.TENSORSET", LONG, "FLOAT", 1, "VALUES", 1],
    "no key in a report": ["AI.INFO", LONG],
    "a folder": ["AI.CONFIG", "BACKENDSPATH", LONG],
    "a library": ["AI.CONFIG", "LOADBACKEND", "ONNX", LONG],
}


@pytest.fixture(scope="module")
def long_word_server():
    server = RedisServer().start()
    client = server.client()
    client.execute_command(*SCRIPT, SOURCE)
    client.execute_command("AI.TENSORSET", "x", "FLOAT", 1)
    store(client, "id", "identity_string")
    yield server
    server.stop()
    trouble = server.trouble()
    server.remove()
    assert trouble is None


@pytest.mark.parametrize("case", LONG_WORDS)
def test_a_long_word_ends_no_server(long_word_server, case):
    """A transaction keeps the command until there is little memory: it reads no words then."""
    client = long_word_server.client()
    for mebibytes in (13, 40, 60, 80, 130):
        assert len(in_little_room(long_word_server, mebibytes, LONG_WORDS[case])) == 1
        assert client.ping()


def in_little_room(server, mebibytes, words):
    """The reply to a transaction of one command, which runs when there is little memory."""
    client = server.client()
    connection = client.connection_pool.get_connection()
    for sent in (["MULTI"], words):
        connection.send_command(*sent)
        connection.read_response()
    with room(server, mebibytes):
        connection.send_command("EXEC")
        replies = connection.read_response()
    client.connection_pool.release(connection)
    return replies


# Below that, the server has no room for its own copy.
@pytest.mark.parametrize("mebibytes", [50, 60, 80, 100, 130])
def test_a_long_tag_in_a_payload_ends_no_server(long_word_server, start_server, mebibytes):
    """The server that restores it has had no such tag before, of which memory would be left."""
    other = long_word_server.client()
    other.execute_command("AI.SCRIPTSTORE", "tagged", "CPU", "TAG", LONG, *SCRIPT[3:], SOURCE)
    server = start_server()
    words = ["RESTORE", "s", 0, other.dump("tagged")]
    (restored,) = in_little_room(server, mebibytes, words)
    client = server.client()
    assert client.ping()
    if restored == b"OK":
        # What could not be built then is built when it is needed, once its library is open, if not at once.
        client.execute_command("AI.SCRIPTSTORE", "other", *SCRIPT[2:], SOURCE)
        client.execute_command("AI.TENSORSET", "x", "FLOAT", 1)
        words = ["AI.SCRIPTEXECUTE", "s", "doubled", "INPUTS", 1, "x", "OUTPUTS", 1, "y", "ARGS", 1, 1]
        wait_until(lambda: refusal(client, *words) is None, "the script's build")
