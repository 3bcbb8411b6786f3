"""Who may have libraries loaded, and from where: whoever loads one runs its code."""

import os
import shutil
import socket

import pytest
import redis

from support import paths
from support.clients import refusal
from support.masters import FakeMaster
from support.models import model_bytes, store
from support.servers import RedisServer, wait_until
from support.texts import NO_BACKEND

RUNTIME = paths.BACKENDS / "redisai_onnxruntime" / "redisai_onnxruntime.so"
NOT_LOADED = "ERR error loading backend"
NOBODY = 65534


@pytest.fixture(params=paths.SERVERS)
def binary(request):
    """The server program to test with."""
    return paths.SERVERS[request.param]


@pytest.fixture
def folder(tmp_path):
    """A folder of runtimes with a copy of one library in a folder of its own, all of the server's user."""
    inner = tmp_path / "backends" / "redisai_onnxruntime"
    inner.mkdir(parents=True)
    shutil.copy(RUNTIME, inner / "redisai_onnxruntime.so")
    for path in (tmp_path, tmp_path / "backends", inner):
        path.chmod(0o755)
    return tmp_path / "backends"


def load(client, path):
    """Asks for a library; the error, or None."""
    return refusal(client, "AI.CONFIG", "LOADBACKEND", "ONNX", str(path))


def stores(client):
    """Why a model is not stored, or None."""
    return refusal(client, "AI.MODELSTORE", "m", "ONNX", "CPU", "BLOB", model_bytes("mul_2x2"))


def names_the_setting(text):
    return text is not None and "BACKENDSPATH" in text and "ALLOW_LOAD" in text


# Where from

def test_a_library_in_the_folder_is_loaded(start_server, folder, binary):
    client = start_server(binary=binary, backends=folder).client()
    assert load(client, "redisai_onnxruntime/redisai_onnxruntime.so") is None
    store(client, "m", "mul_2x2")


def test_a_library_elsewhere_is_refused_and_the_setting_named(start_server, folder, binary):
    client = start_server(binary=binary, backends=folder).client()
    for path in (RUNTIME, "../outside.so", "/nowhere/at/all.so", "/etc/passwd"):
        assert names_the_setting(load(client, path)), path
    assert names_the_setting(refusal(client, "AI.CONFIG", "BACKENDSPATH", str(paths.BACKENDS)))
    assert client.execute_command("AI.CONFIG", "GET", "BACKENDSPATH") == str(folder).encode()
    # It is no change, so it needs no right.
    assert client.execute_command("AI.CONFIG", "BACKENDSPATH", str(folder)) == b"OK"
    assert load(client, "redisai_onnxruntime/redisai_onnxruntime.so") is None


def test_a_link_that_leads_out_of_the_folder_does_not_count(start_server, folder):
    inner = folder / "redisai_onnxruntime"
    (inner / "out.so").symlink_to(RUNTIME)
    (folder / "out").symlink_to(paths.BACKENDS)
    (inner / "in.so").symlink_to("redisai_onnxruntime.so")
    client = start_server(backends=folder).client()
    assert names_the_setting(load(client, "redisai_onnxruntime/out.so"))
    assert names_the_setting(load(client, folder / "out/redisai_onnxruntime/redisai_onnxruntime.so"))
    assert load(client, "redisai_onnxruntime/in.so") is None


def test_a_folder_may_be_named_by_a_link(start_server, folder, tmp_path):
    (tmp_path / "link").symlink_to(folder)
    client = start_server(backends=tmp_path / "link").client()
    assert load(client, folder / "redisai_onnxruntime/redisai_onnxruntime.so") is None


def test_the_setting_lets_clients_load_from_anywhere(start_server, folder, binary):
    client = start_server(binary=binary, backends="/nowhere", words=["ALLOW_LOAD", "yes"]).client()
    assert refusal(client, "AI.CONFIG", "BACKENDSPATH", str(folder)) is None
    assert client.execute_command("AI.CONFIG", "GET", "BACKENDSPATH") == str(folder).encode()
    assert load(client, RUNTIME) is None


def test_the_setting_may_let_clients_of_this_machine_only(start_server, binary):
    server = start_server(binary=binary, backends="/nowhere", words=["ALLOW_LOAD", "LOCAL"], tcp=True)
    # Both come from this machine.
    assert refusal(server.client(), "AI.CONFIG", "BACKENDSPATH", "/elsewhere") is None
    assert load(redis.Redis(port=server.port), RUNTIME) is None


def test_for_others_local_is_no(start_server, binary):
    """The server takes 127.0.0.1 alone for its own machine."""
    server = start_server(binary=binary, backends="/nowhere", words=["ALLOW_LOAD", "local"], tcp=True)
    other = socket.create_connection(("127.0.0.1", server.port), source_address=("127.0.0.2", 0), timeout=60)
    with other, other.makefile("rb") as replies:
        other.sendall(f"AI.CONFIG LOADBACKEND ONNX {RUNTIME}\r\n".encode())
        assert names_the_setting(replies.readline().decode())


@pytest.mark.parametrize("binary", paths.NEWER_SERVERS.values(), ids=paths.NEWER_SERVERS)
def test_the_setting_is_fixed_at_the_start(start_server, binary):
    server = start_server(
        binary=binary, settings=["enable-protected-configs yes", "ai.allow_load local"])
    client = server.client()
    assert client.config_get("ai.allow_load") == {"ai.allow_load": "local"}
    assert "immutable" in refusal(client, "CONFIG", "SET", "ai.allow_load", "yes")


def test_a_wrong_word_for_the_setting_is_explained():
    server = RedisServer(words=["ALLOW_LOAD", "perhaps"])
    try:
        with pytest.raises(RuntimeError):
            server.start()
        assert "ALLOW_LOAD takes no, yes, local" in server.log()
    finally:
        server.remove()


# Whose hands

def refused(start_server, folder, words, **options):
    """Whether neither a client nor a model gets the library, and the log says why."""
    server = start_server(backends=folder, **options)
    client = server.client()
    assert load(client, "redisai_onnxruntime/redisai_onnxruntime.so") == NOT_LOADED
    assert stores(client) == NO_BACKEND
    lines = [line for line in server.log().splitlines() if "Could not load ONNX backend" in line]
    return len(lines) == 2 and all(word in lines[0] for word in words)


@pytest.mark.parametrize("mode", [0o775, 0o757, 0o1777])
@pytest.mark.parametrize("place", ["", "redisai_onnxruntime"])
def test_a_folder_that_others_may_write_to_is_refused(start_server, folder, place, mode):
    (folder / place).chmod(mode)
    assert refused(start_server, folder, ["others may write to", str(folder / place), "chmod go-w"])


@pytest.mark.parametrize("mode", [0o664, 0o646])
def test_a_library_that_others_may_write_to_is_refused(start_server, folder, mode):
    library = folder / "redisai_onnxruntime" / "redisai_onnxruntime.so"
    library.chmod(mode)
    assert refused(start_server, folder, ["others may write to", str(library)])


def test_a_folder_that_others_can_exchange_is_refused(start_server, folder):
    folder.parent.chmod(0o777)
    assert refused(start_server, folder, ["others may write to", str(folder.parent)])


def test_in_a_folder_for_all_nobody_exchanges_what_is_not_theirs(start_server, folder):
    folder.parent.chmod(0o1777)
    assert load(start_server(backends=folder).client(), "redisai_onnxruntime/redisai_onnxruntime.so") is None


def with_the_module(folder):
    """Puts the module beside the folder of the runtimes, where it looks for them by itself."""
    module = folder.parent / "redisai.so"
    shutil.copy(paths.MODULE, module)
    return {"module": False, "settings": [f"loadmodule {module}"]}


def test_who_can_exchange_the_module_may_exchange_its_libraries(start_server, folder):
    """As in a folder of sources that belongs to a developer, or to a group."""
    options = with_the_module(folder)
    folder.parent.chmod(0o777)
    assert stores(start_server(**options).client()) is None
    folder.chmod(0o777)
    server = start_server(**options)
    assert stores(server.client()) == NO_BACKEND
    assert f"others may write to {folder}" in server.log()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_module_of_somebody_else_does_not_bring_their_libraries(start_server, folder):
    options = with_the_module(folder)
    os.chown(folder.parent, NOBODY, NOBODY)
    assert stores(start_server(**options).client()) is None
    os.chown(folder, NOBODY, NOBODY)
    server = start_server(**options)
    assert stores(server.client()) == NO_BACKEND
    assert f"{folder} belongs to user {NOBODY}" in server.log()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize(
    "place", ["..", "", "redisai_onnxruntime", "redisai_onnxruntime/redisai_onnxruntime.so"])
def test_what_belongs_to_somebody_else_is_refused(start_server, folder, place):
    owned = (folder / place).resolve()
    os.chown(owned, NOBODY, NOBODY)
    assert refused(start_server, folder, [f"{owned} belongs to user {NOBODY}"])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_link_of_somebody_else_is_refused(start_server, folder, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(folder)
    os.chown(link, NOBODY, NOBODY, follow_symlinks=False)
    assert refused(start_server, link, [f"{link} belongs to user {NOBODY}"])


def test_links_without_end_are_refused(start_server, folder):
    library = folder / "redisai_onnxruntime" / "redisai_onnxruntime.so"
    library.unlink()
    library.symlink_to("redisai_onnxruntime.so")
    assert refused(start_server, folder, ["Too many levels of symbolic links"])


# The server's own folder

@pytest.mark.parametrize("place", ["", "redisai_onnxruntime"])
def test_a_folder_that_holds_the_servers_dir_is_refused(start_server, folder, binary, place):
    """A client can have any file made there, as the server's RDB file."""
    own = folder / place
    assert refused(
        start_server, folder, [f"the server's dir {own}"], binary=binary, settings=[f"dir {own}"])


def test_the_servers_dir_is_looked_at_when_a_library_is_opened(start_server, folder, binary):
    settings = [] if binary == paths.SERVER_62 else ["enable-protected-configs yes"]
    server = start_server(binary=binary, backends=folder, settings=settings)
    client = server.client()
    own = client.config_get("dir")["dir"]
    client.config_set("dir", str(folder))
    assert stores(client) == NO_BACKEND
    client.config_set("dir", own)
    assert stores(client) is None


def test_a_file_in_the_servers_dir_is_no_library_even_where_all_may_load(start_server, folder):
    server = start_server(backends=folder, words=["ALLOW_LOAD", "yes"])
    library = server.folder / "dump.rdb"
    shutil.copy(RUNTIME, library)
    assert load(server.client(), library) == NOT_LOADED
    assert "the server's dir" in server.log()


def test_a_folder_below_the_servers_dir_is_none_that_clients_write_to(start_server, tmp_path, folder):
    client = start_server(backends=folder, settings=[f"dir {tmp_path}"]).client()
    assert stores(client) is None


def test_a_relative_folder_stays_where_it_was_at_the_start(start_server, folder, tmp_path):
    server = start_server(backends="backends", settings=["enable-protected-configs yes", f"dir {tmp_path}"])
    client = server.client()
    assert client.execute_command("AI.CONFIG", "GET", "BACKENDSPATH") == str(folder).encode()
    client.config_set("dir", str(server.folder))
    assert stores(client) is None


# Who

LUA = "return redis.call('AI.CONFIG', 'BACKENDSPATH', '/elsewhere')"


def test_scripts_cannot_configure_anything(start_server, binary):
    client = start_server(binary=binary, words=["ALLOW_LOAD", "yes"]).client()
    assert "not allowed from script" in refusal(client, "EVAL", LUA, 0)
    if binary != paths.SERVER_62:
        library = "#!lua name=lib\nredis.register_function('f', function() %s end)" % LUA
        client.execute_command("FUNCTION", "LOAD", library)
        assert "not allowed from script" in refusal(client, "FCALL", "f", 0)
    assert client.execute_command("AI.CONFIG", "GET", "BACKENDSPATH") == str(paths.BACKENDS).encode()


def test_scripts_of_torch_cannot_configure_anything(start_server):
    client = start_server(words=["ALLOW_LOAD", "yes"]).client()
    source = "def f(tensors: List[Tensor], keys: List[str], args: List[str]):\n    redis.execute(args)\n"
    source = source.replace("redis.execute(args)", "redis.execute('AI.CONFIG', args)")
    client.execute_command("AI.SCRIPTSTORE", "s", "CPU", "ENTRY_POINTS", 1, "f", "SOURCE", source)
    text = refusal(client, *"AI.SCRIPTEXECUTE s f INPUTS 0 ARGS 2 BACKENDSPATH /elsewhere".split())
    assert "not allowed from scripts" in text
    assert client.execute_command("AI.CONFIG", "GET", "BACKENDSPATH") == str(paths.BACKENDS).encode()


def test_a_client_may_in_a_transaction(start_server, binary):
    client = start_server(binary=binary, words=["ALLOW_LOAD", "yes"]).client()
    with client.pipeline(transaction=True) as transaction:
        transaction.execute_command("AI.CONFIG", "BACKENDSPATH", "/elsewhere")
        assert transaction.execute() == [b"OK"]


def test_a_master_cannot_configure_its_replica(start_server, binary):
    commands = (["SELECT", 0], ["AI.CONFIG", "BACKENDSPATH", "/elsewhere"], ["SET", "after", "it"])
    with FakeMaster(*commands) as master:
        replica = start_server(
            binary=binary, words=["ALLOW_LOAD", "yes"], settings=[f"replicaof 127.0.0.1 {master.port}"])
        client = replica.client()
        wait_until(lambda: client.get("after") == b"it", what="the words behind")
        told = client.execute_command("AI.CONFIG", "GET", "BACKENDSPATH")
        assert told == str(paths.BACKENDS).encode()


def test_a_file_of_commands_cannot_configure_anything(start_server, binary):
    server = start_server(
        binary=binary, words=["ALLOW_LOAD", "yes"], settings=["appendonly yes", "aof-use-rdb-preamble no"])
    client = server.client()
    client.set("before", "it")
    # On 7.0 and newer the commands are in the last of several files.
    file = max((path for path in server.folder.rglob("appendonly.aof*") if path.suffix != ".manifest"),
               key=lambda path: (path.name.endswith("incr.aof"), path.name))
    server.kill()
    words = [b"AI.CONFIG", b"BACKENDSPATH", b"/elsewhere"]
    with open(file, "ab") as commands:
        for listed in (words, [b"SET", b"after", b"it"]):
            commands.write(b"*%d\r\n" % len(listed))
            commands.write(b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in listed))
    client = server.start().client()
    assert client.get("after") == b"it"
    assert client.execute_command("AI.CONFIG", "GET", "BACKENDSPATH") == str(paths.BACKENDS).encode()


# Settings of the server that widen rights

@pytest.mark.parametrize("binary", paths.NEWER_SERVERS.values(), ids=paths.NEWER_SERVERS)
@pytest.mark.parametrize(
    "name, value",
    [("backendspath", "/elsewhere"), ("tf_allow_all_operations", "yes"),
     ("torch_allow_all_operators", "yes")])
def test_settings_that_widen_rights_are_protected_as_dir_is(start_server, binary, name, value):
    client = start_server(binary=binary).client()
    before = client.config_get(f"ai.{name}")
    # redis-py's own words for the same error of `dir`.
    assert "protected" in refusal(client, "CONFIG", "SET", "dir", "/tmp")
    assert "protected" in refusal(client, "CONFIG", "SET", f"ai.{name}", value)
    assert client.config_get(f"ai.{name}") == before
    allowed = start_server(binary=binary, settings=["enable-protected-configs yes"]).client()
    assert allowed.config_set(f"ai.{name}", value)
    assert allowed.config_get(f"ai.{name}") == {f"ai.{name}": value}


@pytest.mark.parametrize("rights", [["+@all", "-@admin"], ["+@all", "-@dangerous"], ["+@write"], ["+@slow"]])
def test_only_administrators_configure(start_server, rights):
    """On servers where a module can name categories."""
    server = start_server(binary=paths.SERVER_8)
    server.client().execute_command("ACL", "SETUSER", "guest", "on", "nopass", "~*", *rights)
    with server.wire() as connection:
        connection.call("AUTH", "guest", "any")
        assert connection.call("AI.CONFIG", "GET", "BACKENDSPATH").startswith(b"-NOPERM")
