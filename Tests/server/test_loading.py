"""The module in processes that differ from the usual: in how they open it, in memory, in environment.

Valkey binds modules deeply: what a module needs it gets from libc before it is asked for in the program. What
the program has instead of libc, its allocator and its environment, must be the module's all the same.
"""

import os
import shutil
import signal
import subprocess

import pytest

from support import paths, tensorflow
from support.clients import refusal
from support.models import PRODUCT, execute, get_tensor, prepare_product, store
from support.servers import wait_until
from support.tflite import store_tflite
from support.torch import store_torch

SLOW_LIBRARY = """
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
static int is_open;
static void check(void) { if (!is_open) abort(); }
__attribute__((constructor)) static void wait_for_the_test(void) {
    atexit(check);
    char byte;
    int pipe = open(getenv("TEST_PIPE"), O_RDONLY);
    is_open = read(pipe, &byte, 1) == 1;
}
"""
EACH_SERVER = pytest.mark.parametrize("binary", paths.SERVERS.values(), ids=paths.SERVERS)
# Debian's own server needs it, so it is there.
ALLOCATOR = "libjemalloc.so.2"
SYSTEM_LIBRARIES = {"linux-vdso.so.1", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1",
                    "libc.so.6", "libm.so.6", "libgcc_s.so.1"}


def check_all_runtimes(client):
    """Each runtime is opened, runs a model and refuses bytes that are none."""
    prepare_product(client, model="onnx")
    store_torch(client, "torch", "mul_2x2")
    store_tflite(client, "tflite", "mul_2x2")
    tensorflow.store(client, "tensorflow", "mul", ["a", "b"], ["c"])
    for model in ("onnx", "torch", "tflite", "tensorflow"):
        for _ in range(3):
            execute(client, model, ["a", "b"], ["y"])
            assert get_tensor(client, "y").tolist() == PRODUCT
    for backend in ("ONNX", "TORCH", "TFLITE"):
        assert refusal(client, "AI.MODELSTORE", "bad", backend, "CPU", "BLOB", b"no model") is not None
    assert refusal(client, *tensorflow.store_words("bad", b"no model", ["a"], ["b"])) is not None


@EACH_SERVER
def test_an_empty_environment_is_enough(start_server, binary):
    server = start_server(binary=binary, environment={})
    check_all_runtimes(server.client())
    server.restart()
    assert get_tensor(server.client(), "y").tolist() == PRODUCT


@EACH_SERVER
def test_the_allocator_of_the_program_is_the_modules(start_server, binary):
    """Memory from one allocator that goes back to another would end the process."""
    server = start_server(binary=binary, environment={"LD_PRELOAD": ALLOCATOR})
    assert ALLOCATOR in memory_map(server)
    check_all_runtimes(server.client())


def test_the_module_needs_the_systems_own_libraries_and_no_others():
    """The C++ runtime would be bound deeply as well, and allocate otherwise than the vendors' libraries."""
    text = subprocess.run(["ldd", str(paths.MODULE)], capture_output=True, text=True, check=True).stdout
    needed = {line.split()[0].rpartition("/")[2] for line in text.splitlines()}
    assert "libc.so.6" in needed
    assert needed <= SYSTEM_LIBRARIES


@EACH_SERVER
@pytest.mark.parametrize("variable", [{}, {"ORT_DISABLE_TELEMETRY": "0"}], ids=["unset", "enabled"])
def test_onnx_runtime_reports_nothing(start_server, tmp_path, binary, variable):
    """With its telemetry on it keeps a database and an identifier in the home folder."""
    server = start_server(binary=binary, environment={"HOME": str(tmp_path), **variable})
    client = server.client()
    prepare_product(client)
    execute(client, "m", ["a", "b"], ["y"])
    store(client, "m", "mul_2x2")
    server.stop()
    assert list(tmp_path.rglob("*")) == []


def memory_map(server):
    with open(f"/proc/{server.process.pid}/maps") as file:
        return file.read()


@pytest.fixture
def slow_library(tmp_path):
    """A folder with a library for ONNX that is half open until the test writes to the pipe beside it."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    folder = tmp_path / "redisai_onnxruntime"
    folder.mkdir()
    source = tmp_path / "slow.c"
    source.write_text(SLOW_LIBRARY)
    library = folder / "redisai_onnxruntime.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(library), str(source)], check=True)
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


@EACH_SERVER
def test_a_server_that_ends_waits_for_a_library_that_is_half_open(start_server, slow_library, binary):
    """Else `exit` would call the destructors of what is still being made."""
    pipe = slow_library / "pipe"
    server = start_server(binary=binary, backends=slow_library, environment={"TEST_PIPE": str(pipe)})
    with server.wire() as connection:
        connection.send("AI.MODELSTORE", "m", "ONNX", "CPU", "BLOB", b"a model")
        # Blocks until the library reads.
        with open(pipe, "wb", buffering=0) as writer:
            server.ending = "asked"
            server.process.send_signal(signal.SIGTERM)
            wait_until(lambda: "Clearing resources on shutdown" in server.log(), what="the end")
            writer.write(b"x")
            assert server.process.wait(timeout=60) == 0
