"""AI.CONFIG, and the words that the module takes when it is loaded."""

import pytest

from support import paths
from support.clients import refusal
from support.models import model_bytes, store
from support.servers import RedisServer
from support.texts import NO_BACKEND, arity

DEFAULT_CHUNK = 511 * 1024 * 1024


@pytest.mark.parametrize(
    "words, text",
    [
        ([], arity("AI.CONFIG")),
        (["GET"], arity("AI.CONFIG")),
        (["LOADBACKEND"], arity("AI.CONFIG")),
        (["LOADBACKEND", "ONNX"], arity("AI.CONFIG")),
        (["LOADBACKEND", "NOSUCH", "x.so"], "ERR unsupported backend"),
        (["LOADBACKEND", "ONNX", "missing.so"], "ERR error loading backend"),
        (["BACKENDSPATH"], "ERR BACKENDSPATH: missing path argument"),
        (["MODEL_CHUNK_SIZE"], "ERR MODEL_CHUNK_SIZE: missing chunk size"),
        (["MODEL_CHUNK_SIZE", 0], "ERR MODEL_CHUNK_SIZE: invalid chunk size"),
        (["MODEL_CHUNK_SIZE", -1], "ERR MODEL_CHUNK_SIZE: invalid chunk size"),
        (["MODEL_CHUNK_SIZE", "large"], "ERR MODEL_CHUNK_SIZE: invalid chunk size"),
        (["MODEL_CHUNK_SIZE", 2**64], "ERR MODEL_CHUNK_SIZE: invalid chunk size"),
        (["NOSUCH"], "ERR unsupported subcommand"),
    ])
def test_a_wrong_request_is_refused_in_the_known_words(client, words, text):
    assert refusal(client, "ai.config", *words) == text


def test_settings_are_told(server, client):
    assert client.execute_command("AI.CONFIG", "GET", "MODEL_CHUNK_SIZE") == DEFAULT_CHUNK
    assert client.execute_command("ai.config", "get", "backendspath") == str(server.backends).encode()
    assert client.execute_command("AI.CONFIG", "GET", "NOSUCH") is None
    assert client.execute_command("AI.CONFIG", "GET", "THREADS_PER_QUEUE") is None


def test_settings_are_changed(start_server):
    client = start_server(words=["ALLOW_LOAD", "yes"]).client()
    assert client.execute_command("AI.CONFIG", "MODEL_CHUNK_SIZE", 1000, "more") == b"OK"
    assert client.execute_command("AI.CONFIG", "GET", "MODEL_CHUNK_SIZE") == 1000
    assert client.execute_command("AI.CONFIG", "backendspath", "/nowhere/at/all") == b"OK"
    assert client.execute_command("AI.CONFIG", "GET", "BACKENDSPATH") == b"/nowhere/at/all"
    blob = model_bytes("add_1")
    assert refusal(client, "AI.MODELSTORE", "m", "ONNX", "CPU", "BLOB", blob) == NO_BACKEND


def test_a_runtime_is_loaded_once(start_server):
    server = start_server()
    client = server.client()
    # A path that does not begin with a slash is below BACKENDSPATH.
    path = "redisai_onnxruntime/redisai_onnxruntime.so"
    assert client.execute_command("AI.CONFIG", "LOADBACKEND", "onnx", path) == b"OK"
    assert refusal(client, "AI.CONFIG", "LOADBACKEND", "ONNX", path) == "ERR error loading backend"
    store(client, "m", "mul_2x2")


def test_a_file_that_is_no_runtime_is_refused(start_server, tmp_path):
    (tmp_path / "text.so").write_text("no library")
    client = start_server(backends=tmp_path, words=["ALLOW_LOAD", "yes"]).client()
    path = str(tmp_path / "text.so")
    assert refusal(client, "AI.CONFIG", "LOADBACKEND", "ONNX", path) == "ERR error loading backend"
    assert client.execute_command("AI.CONFIG", "BACKENDSPATH", str(paths.BACKENDS)) == b"OK"
    store(client, "m", "mul_2x2")


@pytest.mark.parametrize(
    "words",
    [
        ["THREADS_PER_QUEUE"],
        ["THREADS_PER_QUEUE", 0],
        ["THREADS_PER_QUEUE", "many"],
        ["INTRA_OP_PARALLELISM", -1],
        ["MODEL_CHUNK_SIZE", 0],
        ["MODEL_EXECUTION_TIMEOUT", 999],
        ["BACKEND_MEMORY_LIMIT", -1],
        ["NOSUCH", 1],
        ["ONNX", "missing.so"],
    ])
def test_a_wrong_word_at_the_start_ends_it(words):
    server = RedisServer(words=words)
    try:
        with pytest.raises(RuntimeError):
            server.start()
        assert "REDIS BUG REPORT" not in server.log()
    finally:
        server.remove()


def test_words_at_the_start_are_read_without_regard_to_case(start_server):
    server = start_server(words=["model_chunk_size", 77, "Threads_Per_Queue", 2])
    assert server.client().execute_command("AI.CONFIG", "GET", "MODEL_CHUNK_SIZE") == 77
