"""Functions for other modules: those of the example in Examples/shared-api, which checks each of them."""

import os
import re
import shutil
import subprocess

import pytest

from support import paths
from support.batches import Waiting
from support.clients import refusal
from support.models import execution, store
from support.queues import pairs, queue
from support.servers import RedisServer, served, wait_until
from support.wire import OK

EXAMPLE = paths.ROOT / "Examples" / "shared-api"
HEADERS = paths.ROOT / "Sources" / "CSharedAPI" / "include"
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
# Under the address sanitizer, whose library `make sanitize` names, all C is watched on Debian's server; its
# blocks must lie at multiples of 64, as those of the servers' allocators do.
SANITIZER = os.environ.get("REDISAI_SANITIZER")
SERVERS = {"sanitized": paths.DEBIANS} if SANITIZER else paths.SERVERS
LAUNCHER = [
    "env", f"LD_PRELOAD={SANITIZER}",
    "ASAN_OPTIONS=redzone=64:detect_leaks=0:handle_segv=0:handle_abort=0:handle_sigfpe=0:handle_sigill=0"
] if SANITIZER else []
if SANITIZER:
    STRICT += ["-g", "-fsanitize=address", "-shared-libasan"]

SCRIPT = """
def bar(tensors: List[Tensor], keys: List[str], args: List[str]):
    return tensors[0] + tensors[1]

def count_words(tensors: List[Tensor], keys: List[str], args: List[str]):
    return torch.tensor([len(keys), len(args)])

def ask(tensors: List[Tensor], keys: List[str], args: List[str]):
    return torch.tensor([len(str(redis.execute("PING")))])
"""

# A client that knows version 1 alone, as it was before there was another.
VERSION_1 = r"""
#include "redisai.h"
static int (*reply)(RedisModuleCtx *, const char *);
static int on_version(RedisModuleCtx *ctx, RedisModuleString **words, int count) {
    (void)words, (void)count;
    if (!RedisAI_GetLLAPIVersion && RedisAI_Initialize(ctx) != 0) return reply(ctx, "missing");
    return reply(ctx, RedisAI_GetLLAPIVersion() == 1 ? "version 1" : "another version");
}
int RedisModule_OnLoad(RedisModuleCtx *ctx, RedisModuleString **words, int count) {
    (void)words, (void)count;
    int (*find)(const char *, void *) = *(int (**)(const char *, void *))(void *)ctx;
    void (*name_module)(RedisModuleCtx *, const char *, int, int);
    int (*create)(RedisModuleCtx *, const char *, void *, const char *, int, int, int);
    find("RedisModule_SetModuleAttribs", (void *)&name_module);
    find("RedisModule_CreateCommand", (void *)&create);
    find("RedisModule_ReplyWithSimpleString", (void *)&reply);
    name_module(ctx, "version1", 1, 1);
    RedisAI_Initialize(ctx);
    return create(ctx, "version1.version", (void *)on_version, "", 0, 0, 0);
}
"""


def compiler():
    """That of Swift where it is; any other does as well."""
    return shutil.which("clang") or shutil.which("cc")


def build(folder, name, sources, *options):
    library = folder / f"{name}.so"
    subprocess.run(
        [compiler(), "-std=gnu11", *STRICT, "-shared", "-fPIC", "-fvisibility=hidden", "-pthread", *options,
         "-I", str(HEADERS), "-o", str(library), *map(str, sources)], check=True)
    library.chmod(0o755)
    return library


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """The module of the example."""
    return build(tmp_path_factory.mktemp("example"), "example", sorted(EXAMPLE.glob("*.c")))


@pytest.fixture(scope="module")
def version_1(tmp_path_factory):
    """A module that knows version 1 alone."""
    folder = tmp_path_factory.mktemp("version1")
    source = folder / "version1.c"
    source.write_text(VERSION_1)
    return build(folder, "version1", [source], "-Wno-pedantic", "-fvisibility=default")


@pytest.fixture(scope="module", params=SERVERS)
def server(request, example):
    """A server of each version with the example beside our module."""
    with served(RedisServer(
            binary=SERVERS[request.param], settings=[f"loadmodule {example}"],
            words=["THREADS_PER_QUEUE", "8"], launcher=LAUNCHER)) as server:
        yield server


@pytest.fixture
def client(server):
    client = server.client()
    client.flushall()
    store(client, "m{1}", "mul_2x2")
    store(client, "other{1}", "mul_2x2", device="CPU:1")
    client.execute_command(
        "AI.SCRIPTSTORE", "myscript{1}", "CPU", "ENTRY_POINTS", 3, "bar", "count_words", "ask",
        "SOURCE", SCRIPT)
    client.set("text", "text")
    return client


def counts(client, key):
    fields = client.execute_command("AI.INFO", key)
    fields = dict(zip(fields[::2], fields[1::2])) if isinstance(fields, list) else fields
    return [int(fields[name]) for name in (b"calls", b"errors", b"samples")]


@pytest.mark.parametrize("command, reply", [
    ("basic_check", b"OK"),
    ("modelRun", b"Async run success"),
    ("scriptRun", b"Async run success"),
    ("DAGRun", b"DAG run success"),
    ("DAG_resnet", b"DAG resnet success"),
    ("CreateTensor", b"create tensor test success"),
    ("ConcatenateTensors", b"concatenate tensors test success"),
    ("SliceTensor", b"slice tensor test success"),
    ("version2", b"version 2 success"),
    ("misuse", b"misuse success"),
])
def test_a_command_of_the_example_succeeds(client, command, reply):
    assert client.execute_command(f"RAI_llapi.{command}") == reply


def test_runs_of_models_are_counted(client):
    client.execute_command("RAI_llapi.modelRun")
    assert counts(client, "m{1}") == [2, 1, 2]


def test_runs_of_scripts_are_counted(client):
    client.execute_command("RAI_llapi.scriptRun")
    assert counts(client, "myscript{1}")[:2] == [2, 1]


def test_runs_of_dags_are_counted(client):
    client.execute_command("RAI_llapi.DAGRun")
    assert counts(client, "m{1}") == [2, 0, 4]
    assert counts(client, "myscript{1}")[:2] == [2, 1]


def test_many_threads_get_right_values_and_exact_counts(client):
    assert client.execute_command("RAI_llapi.threads", 16, 20) == b"threads success"
    assert counts(client, "m{1}") == [3 * 16 * 20, 0, 2 * 3 * 16 * 20]
    assert counts(client, "myscript{1}")[:2] == [2 * 16 * 20, 0]


def test_everything_works_from_threads_of_another_module(client):
    assert client.execute_command("RAI_llapi.background", 8) == b"background success"


def test_the_example_calls_every_function():
    header = (HEADERS / "redisai.h").read_text()
    names = re.findall(r"\bX\((\w+)\)", header.split("#define REDISAI_VERSION_1(X)")[1])
    source = "".join(path.read_text() for path in EXAMPLE.glob("*.c"))
    assert len(names) == 98
    assert [name for name in names if f"RedisAI_{name}(" not in source] == []


def test_large_memory_of_another_module_is_not_copied(client):
    """What begins at a multiple of 64 is read where it lies; else a copy is kept beside it."""
    size = 8 << 20
    store(client, "id", "identity_float")
    growth = {}
    for offset in (0, 0, 16):
        before = client.info("memory")["used_memory"]
        assert client.execute_command("RAI_llapi.hold", "id", size, offset) == b"held"
        growth[offset] = client.info("memory")["used_memory"] - before
        assert client.execute_command("RAI_llapi.drop") == b"dropped"
    # The output is one tensor, however it got there.
    assert growth[0] < size + (1 << 20)
    assert growth[16] > growth[0] + size - (1 << 20)


def test_runs_are_kept_under_way(client):
    store(client, "classifier", "classifier_30_64_32_2")
    assert client.execute_command("RAI_llapi.rate", "classifier", 16, 500) > 0
    assert counts(client, "classifier")[:2] == [500, 0]


def test_a_run_of_another_module_shares_one_with_a_command(server, client):
    store(client, "classifier", "classifier_30_64_32_2", "BATCHSIZE", 2, "MINBATCHSIZE", 2)
    client.execute_command("AI.TENSORSET", "x", "FLOAT", 1, 30)
    with Waiting(server) as waiting:
        waiting.send(*execution("classifier", ["x"], ["y"]))
        wait_until(lambda: queue(server)["waiting_for_batch"] == 1)
        # It waits for its end with the server's lock.
        assert client.execute_command("RAI_llapi.rate", "classifier", 1, 1) > 0
        assert waiting.replies() == [OK]
    batch = pairs(pairs(client.execute_command("AI.STATS", "classifier"))["batch"])
    assert batch["runs"] == 1
    assert counts(client, "classifier")[:2] == [2, 0]


def test_what_the_servers_thread_waits_for_waits_for_nobody(client):
    store(client, "m{1}", "mul_2x2", "BATCHSIZE", 8, "MINBATCHSIZE", 4)
    assert client.execute_command("RAI_llapi.modelRun") == b"Async run success"


@pytest.mark.parametrize("language, standard", [("c", "c11"), ("c", "c17"), ("c++", "c++17")])
def test_the_header_needs_no_other_one_and_gives_no_warning(language, standard):
    subprocess.run(
        [compiler(), f"-std={standard}", *STRICT, "-x", language, "-fsyntax-only", "-I", str(HEADERS), "-"],
        input=b'#include "redisai.h"\n', check=True)


LOADS = {
    "loadmodule, loadmodule": 2,
    "loadmodule, MODULE LOAD": 1,
    "MODULE LOAD, MODULE LOAD": 0,
}


@pytest.mark.parametrize("loads", LOADS)
@pytest.mark.parametrize("first", ["client", "module"])
@pytest.mark.parametrize("binary", SERVERS.values(), ids=SERVERS)
def test_a_client_of_version_1_is_served_in_any_order(version_1, binary, first, loads):
    """One that comes first is told so, in the log, and fetches the functions at its first command."""
    words = {"client": [str(version_1)], "module": [str(paths.MODULE), "BACKENDSPATH", str(paths.BACKENDS)]}
    order = ["client", "module"] if first == "client" else ["module", "client"]
    configured = LOADS[loads]
    server = RedisServer(
        binary=binary, settings=[f"loadmodule {' '.join(words[name])}" for name in order[:configured]],
        module=False, launcher=LAUNCHER).start()
    try:
        client = server.client()
        if configured == 1 and first == "client":
            assert client.execute_command("version1.version") == b"missing"
        for name in order[configured:]:
            assert client.execute_command("MODULE", "LOAD", *words[name]) == b"OK"
        assert client.execute_command("version1.version") == b"version 1"
        assert ("could not initialize RedisAI_InitError" in server.log()) == (first == "client")
        assert server.trouble() is None
    finally:
        server.stop()
        server.remove()


def test_the_example_without_the_module_says_so(example):
    server = RedisServer(settings=[f"loadmodule {example}"], module=False, launcher=LAUNCHER).start()
    try:
        assert refusal(server.client(), "RAI_llapi.basic_check") == "ERR the module redisai is not loaded"
    finally:
        server.stop()
        server.remove()
