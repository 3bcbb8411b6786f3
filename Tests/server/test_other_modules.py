"""Calls of other modules, and clients that they vouch for: no user may stand behind either."""

import shutil
import subprocess

import pytest

from support import paths
from support.dags import dag
from support.models import execution, prepare_product
from support.servers import RedisServer, served
from support.wire import OK

# CALL passes a command on with flags of the server's call. VOUCH logs the client in as a user of the module's
# own, whom the server does not know by name.
MODULE = r"""
#include <stdlib.h>
typedef struct context context;
typedef int (*look_up)(const char *name, void *target);
static void *(*call)(context *, const char *, const char *, ...);
static int (*reply_with)(context *, void *), (*reply_error)(context *, const char *);
static int (*reply_simple)(context *, const char *);
static int (*authenticate)(context *, void *, void *, void *, void *);
static void (*free_reply)(void *);
static const char *(*text)(void *, size_t *);
static void *(*create_user)(const char *);
static int (*set_rights)(void *, const char *);

static int on_call(context *c, void **words, int count) {
    if (count < 3) return reply_error(c, "ERR words");
    void *reply = call(c, text(words[2], NULL), text(words[1], NULL), words + 3, (size_t)(count - 3));
    if (!reply) return reply_error(c, "ERR refused by the server");
    int result = reply_with(c, reply);
    free_reply(reply);
    return result;
}

static int on_vouch(context *c, void **words, int count) {
    (void)words, (void)count;
    void *user = create_user("ghost");
    set_rights(user, "on");
    set_rights(user, "allcommands");
    set_rights(user, "allkeys");
    authenticate(c, user, NULL, NULL, NULL);
    return reply_simple(c, "OK");
}

int RedisModule_OnLoad(context *c, void **words, int count) {
    (void)words, (void)count;
    look_up find = (look_up)*(void **)c;
    void (*set_attributes)(context *, const char *, int, int);
    int (*create)(context *, const char *, void *, const char *, int, int, int);
    find("RedisModule_SetModuleAttribs", &set_attributes);
    find("RedisModule_CreateCommand", &create);
    find("RedisModule_Call", &call);
    find("RedisModule_ReplyWithCallReply", &reply_with);
    find("RedisModule_ReplyWithError", &reply_error);
    find("RedisModule_ReplyWithSimpleString", &reply_simple);
    find("RedisModule_FreeCallReply", &free_reply);
    find("RedisModule_StringPtrLen", &text);
    find("RedisModule_CreateModuleUser", &create_user);
    find("RedisModule_SetModuleUserACL", &set_rights);
    find("RedisModule_AuthenticateClientWithUser", &authenticate);
    set_attributes(c, "other", 1, 1);
    create(c, "other.call", on_call, "", 0, 0, 0);
    return create(c, "other.vouch", on_vouch, "", 0, 0, 0);
}
"""

SET_IN_DAG = dag("AI.TENSORSET x INT8 1 VALUES 1", name="AI.DAGEXECUTE_RO")
# What asks for rights beyond those that the server has looked at.
ASKING = [["AI.METRICS"], ["AI._MODELSCAN"], ["AI.INFO", "m", "RESETSTAT"], SET_IN_DAG]
LUA = "return redis.call(unpack(ARGV))"


@pytest.fixture(scope="module")
def other_module(tmp_path_factory):
    """The module's file."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    folder = tmp_path_factory.mktemp("other")
    source, library = folder / "other.c", folder / "other.so"
    source.write_text(MODULE)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(library), str(source)], check=True)
    library.chmod(0o755)
    return library


@pytest.fixture(scope="module", params=paths.SERVERS)
def other_server(request, other_module):
    """A server of each version with another module beside ours."""
    with served(RedisServer(binary=paths.SERVERS[request.param], settings=[f"loadmodule {other_module}"],
                            words=["EXECUTE_IN_TRANSACTIONS", "yes"])) as server:
        client = server.client()
        prepare_product(client)
        client.execute_command(*execution("m", ["a", "b"], ["y"]))
        yield server


def is_fine(reply):
    return reply[:1] != b"-" and b"\r\n-" not in reply


@pytest.mark.parametrize("words", ASKING, ids=lambda words: words[0])
def test_a_call_of_another_module_may_do_everything(other_server, words):
    with other_server.wire() as connection:
        assert is_fine(connection.call("OTHER.CALL", "v", *words))


@pytest.mark.parametrize("words", ASKING, ids=lambda words: words[0])
def test_a_call_of_another_module_in_a_transaction_does_too(other_server, words):
    with other_server.wire() as connection:
        connection.call("MULTI")
        connection.call("OTHER.CALL", "v", *words)
        assert is_fine(connection.call("EXEC"))


@pytest.mark.parametrize("words", ASKING, ids=lambda words: words[0])
def test_a_call_of_another_module_in_a_script_does_too(other_server, words):
    with other_server.wire() as connection:
        assert is_fine(connection.call("EVAL", LUA, 0, "OTHER.CALL", "v", *words))


@pytest.mark.parametrize("words", ASKING, ids=lambda words: words[0])
def test_a_script_that_another_module_calls_does_too(other_server, words):
    with other_server.wire() as connection:
        assert is_fine(connection.call("OTHER.CALL", "v", "EVAL", LUA, 0, *words))


def test_a_call_that_may_block_may_do_everything(other_server):
    if other_server.version < (7, 2):
        pytest.skip("this server lets no call of a module block")
    with other_server.wire() as connection:
        assert is_fine(connection.call("OTHER.CALL", "vK", "AI.METRICS"))


@pytest.fixture
def guest(other_server):
    """A connection of a user who may set no tensor."""
    if other_server.version < (7, 0):
        pytest.skip("this server tells modules of no rights")
    admin = other_server.client()
    admin.execute_command(*"ACL SETUSER guest on nopass ~* +@all -ai.tensorset".split())
    with other_server.wire() as connection:
        assert connection.call("AUTH", "guest", "any") == OK
        yield connection


def test_a_call_in_a_users_name_has_the_users_rights(guest):
    assert is_fine(guest.call("OTHER.CALL", "v", *SET_IN_DAG))
    assert b"NOPERM" in guest.call("OTHER.CALL", "Cv", *SET_IN_DAG)
    assert b"NOPERM" in guest.call("EVAL", LUA, 0, "OTHER.CALL", "Cv", *SET_IN_DAG)
    assert b"NOPERM" in guest.call("OTHER.CALL", "Cv", "EVAL", LUA, 0, *SET_IN_DAG)


def test_to_ask_for_a_user_executes_nothing(other_server):
    with other_server.wire() as connection:
        before = other_server.field("commandstats", "cmdstat_echo")
        connection.call("EVAL", LUA, 0, *SET_IN_DAG)
        assert other_server.field("commandstats", "cmdstat_echo") == before


def test_a_user_whom_the_server_does_not_know_may_do_nothing(other_server):
    if other_server.version < (7, 0):
        pytest.skip("this server tells modules of no rights")
    with other_server.wire() as connection:
        assert is_fine(connection.call(*SET_IN_DAG))
        assert connection.call("OTHER.VOUCH") == OK
        assert b"NOPERM" in connection.call(*SET_IN_DAG)
        assert connection.call("AI.INFO", "m", "RESETSTAT").startswith(b"-NOPERM")
        assert connection.call("AI._MODELSCAN") == b"*0\r\n"
        assert b'key="m"' not in connection.call("AI.METRICS")
        assert connection.call("AI.TENSORSET", "own", "INT8", 1) == OK
