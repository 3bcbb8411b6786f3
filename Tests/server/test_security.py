"""The users that SECURITY.md advises: what they can do, and every row of its table."""

import pytest

from support import paths
from support.attempts import ATTEMPTS
from support.documents import named_tests
from support.models import execution, floats, model_bytes, prepare_product
from support.servers import RedisServer, served
from support.wire import OK

DOCUMENT = (paths.ROOT / "SECURITY.md").read_text()
README = (paths.ROOT / "README.md").read_text()
USERS = ("scorer", "publisher", "operator")
CANARY = b"canary-in-the-mine"

SCRIPT = """
def call(tensors: List[Tensor], keys: List[str], args: List[str]):
    redis.execute(args[0], args[1:])

def model(tensors: List[Tensor], keys: List[str], args: List[str]):
    return redisAI.model_execute(args[0], [tensors[0], tensors[0]], 1)

def doubled(tensors: List[Tensor], keys: List[str], args: List[str]):
    return tensors[0] * 2
"""


def advised(heading):
    """The rules under a heading of SECURITY.md, by user."""
    part = DOCUMENT.split(f"\n### {heading}\n")[1].split("\n#")[0]
    lines = part.replace(" \\\n", " ").splitlines()
    rules = [line.split() for line in lines if line.startswith("    ACL SETUSER ")]
    return {words[2]: words[3:] for words in rules}


NEWER, OLDER = advised("Redis 7 and newer"), advised("Redis 6.2")


def rules(server):
    return OLDER if server.version < (7, 0) else NEWER


@pytest.fixture(scope="module", params=paths.SERVERS)
def guarded(request):
    """A server with the advised users, a model, a script and tensors for them, and the same of others."""
    with served(RedisServer(
            binary=paths.SERVERS[request.param], words=["ALLOW_UNCHECKED_SCRIPTS", "no"])) as server:
        client = server.client()
        prepare_product(client, model="model:m", a="tensor:a", b="tensor:b")
        prepare_product(client, model="secret:m", a="secret:a", b="secret:b")
        floats(client, "secret:t", 4, 2)
        client.set("secret", CANARY)
        words = ["ENTRY_POINTS", 3, "call", "model", "doubled", "SOURCE", SCRIPT]
        client.execute_command("AI.SCRIPTSTORE", "script:s", "CPU", *words)
        client.execute_command(
            "AI.SCRIPTSET", "script:old", "CPU", "SOURCE", "def twice(a):\n    return a * 2\n")
        for user, listed in rules(server).items():
            client.execute_command("ACL", "SETUSER", user, *listed)
        yield server


def logged_in(server, user):
    """A connection of the user."""
    connection = server.wire()
    assert connection.call("AUTH", user, "secret") == OK
    return connection


def state(client):
    """Everything that nobody may have changed."""
    return [client.execute_command(*words.split()) for words in (
        "DEBUG DIGEST", "CONFIG GET *", "ACL LIST", "MODULE LIST", "AI.CONFIG GET BACKENDSPATH",
        "AI.CONFIG GET MODEL_CHUNK_SIZE")] + [client.info("replication")["role"]]


# The rules

def test_both_kinds_of_servers_have_a_rule_for_each_user():
    assert set(NEWER) == set(OLDER) == set(USERS)
    for listed in (*NEWER.values(), *OLDER.values()):
        # They begin with nothing, and name what they add.
        assert listed[:3] == ["reset", "on", ">secret"]
        assert all(word[0] in "+~%" and "@" not in word for word in listed[3:])


def commands(client):
    """Every command and subcommand of the server: its words without arguments, the number that it takes."""
    connection = client.connection_pool.get_connection()
    connection.send_command("COMMAND")
    listed = connection.read_response()
    client.connection_pool.release(connection)
    found = {}
    for entry in listed:
        subcommands = entry[9] if len(entry) > 9 else []
        for name, arity, flags, *_ in subcommands or [entry]:
            # What belongs to logging in is free for all.
            if b"no_auth" not in flags:
                found[name.decode()] = max(abs(arity) - 1 - name.count(b"|"), 0)
    return found


@pytest.mark.parametrize("user", USERS)
def test_a_user_can_send_the_commands_of_its_rule_and_no_other(guarded, user):
    client = guarded.client()
    allowed = {word[1:] for word in rules(guarded)[user] if word.startswith("+")}
    listed = commands(client)
    assert allowed <= set(listed)
    assert {"ai.config", "ai.metrics", "shutdown", "eval", "debug"} <= set(listed)
    before = state(client)
    with logged_in(guarded, user) as connection:
        for name in sorted(set(listed) - allowed):
            reply = connection.call(*name.split("|"), *["1"] * listed[name])
            assert reply.startswith((b"-NOPERM", b"-EXECABORT")) and b"NOPERM" in reply, (name, reply)
        # Not by a name in other letters either.
        assert connection.call("CoNfIg", "GET", "dir").startswith(b"-NOPERM")
    assert state(client) == before


def test_a_user_is_nobody_without_its_password(guarded):
    with guarded.wire() as connection:
        for user in USERS:
            assert connection.call("AUTH", user, "wrong").startswith(b"-WRONGPASS")


SCORING = [
    "PING",
    "AI.TENSORSET tensor:c FLOAT 2 2 VALUES 1 2 3 4",
    "AI.TENSORGET tensor:c VALUES",
    "AI.MODELEXECUTE model:m INPUTS 2 tensor:a tensor:b OUTPUTS 1 tensor:y",
    "AI.MODELRUN model:m INPUTS tensor:a tensor:b OUTPUTS tensor:y",
    "AI.SCRIPTEXECUTE script:s doubled INPUTS 1 tensor:a OUTPUTS 1 tensor:y",
    "AI.SCRIPTRUN script:old twice INPUTS tensor:a OUTPUTS tensor:y",
    "AI.DAGEXECUTE LOAD 2 tensor:a tensor:b PERSIST 1 tensor:y |> AI.TENSORSET x FLOAT 2 2 VALUES 1 2 3 4 "
    "|> AI.MODELEXECUTE model:m INPUTS 2 tensor:a x OUTPUTS 1 y "
    "|> AI.SCRIPTEXECUTE script:s doubled INPUTS 1 y OUTPUTS 1 tensor:y |> AI.TENSORGET tensor:y VALUES",
    "AI.DAGEXECUTE_RO LOAD 1 tensor:a |> AI.MODELEXECUTE model:m INPUTS 2 tensor:a tensor:a OUTPUTS 1 y",
    "AI.DAGRUN LOAD 1 tensor:a |> AI.MODELRUN model:m INPUTS tensor:a tensor:a OUTPUTS y",
    "AI.DAGRUN_RO LOAD 1 tensor:a |> AI.MODELRUN model:m INPUTS tensor:a tensor:a OUTPUTS y",
    "AI.STATS model:m",
]
BLOB = model_bytes("mul_2x2")
PUBLISHING = [
    "PING", ["AI.MODELSTORE", "model:new", "ONNX", "CPU", "BLOB", BLOB],
    ["AI.MODELSET", "model:new", "ONNX", "CPU", "BLOB", BLOB],
    "AI.MODELGET model:new META", "AI.INFO model:new", "AI.INFO model:new RESETSTAT", "AI.STATS model:new",
    "AI.MODELDEL model:new",
    ["AI.SCRIPTSTORE", "script:new", "CPU", "ENTRY_POINTS", 1, "call", "SOURCE", SCRIPT],
    ["AI.SCRIPTSET", "script:new", "CPU", "SOURCE", SCRIPT], "AI.SCRIPTGET script:new META",
    "AI.SCRIPTDEL script:new",
]
OPERATING = [
    "PING", "INFO", "AI.METRICS", "AI.STATS", "AI.STATS model:m", "AI.INFO secret:m", "AI._MODELSCAN",
    "AI._SCRIPTSCAN", "AI.CONFIG GET BACKENDSPATH", "AI.CONFIG MODEL_CHUNK_SIZE 1000",
    "AI.CONFIG MODEL_CHUNK_SIZE 535822336", "AI.CONFIG LOADBACKEND TFLITE redisai_tflite/redisai_tflite.so",
]


@pytest.mark.parametrize(
    "user, work", [("scorer", SCORING), ("publisher", PUBLISHING), ("operator", OPERATING)], ids=USERS)
def test_a_user_can_do_its_work(guarded, user, work):
    with logged_in(guarded, user) as connection:
        done = set()
        for words in work:
            words = words.split() if isinstance(words, str) else words
            reply = connection.call(*words)
            assert not reply.startswith(b"-") and b"\r\n-" not in reply, (words[0], reply[:200])
            done.add(words[0].lower())
        # Nothing is in the rule that is not needed here, but for what newer servers can show by patterns.
        extra = {"ai._modelscan", "ai._scriptscan"} if user == "publisher" else set()
        allowed = {word[1:] for word in rules(guarded)[user] if word.startswith("+")}
        assert allowed - extra == done


def test_a_publisher_sees_the_names_of_its_own_models_only(guarded):
    if guarded.version < (7, 0):
        assert "+ai._modelscan" not in OLDER["publisher"]
        return
    with logged_in(guarded, "publisher") as connection:
        scan = connection.call("AI._MODELSCAN")
        assert b"model:m" in scan and b"secret:m" not in scan
        assert b"script:s" in connection.call("AI._SCRIPTSCAN")


# The table

@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.name)
def test_an_attempt_is_refused(guarded, attempt):
    expected = attempt.older if guarded.version < (7, 0) else attempt.reply
    if expected is None:
        pytest.skip("this server has no such command")
    client = guarded.client()
    before = state(client)
    with logged_in(guarded, "scorer" if attempt.who == "script" else attempt.who) as connection:
        reply = connection.call(*attempt.words.split())
    assert reply.startswith(b"-") and expected.encode() in reply
    assert CANARY not in reply
    assert state(client) == before
    assert guarded.alive()


def table():
    """The rows of SECURITY.md's table: who, tries, refused by, shown by."""
    part = DOCUMENT.split("\n## Who tried what\n")[1].split("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("| ")]
    assert rows[0] == ["who", "tries to", "refused by", "shown by"]
    return rows[1:]


def test_the_table_has_a_row_for_each_attempt():
    rows = [row for row in table() if "an attempt is refused" in row[3]]
    told = [(attempt.who, attempt.tries, attempt.by) for attempt in ATTEMPTS]
    assert [tuple(row[:3]) for row in rows] == told
    assert len(set(told)) == len(told)
    assert len(table()) >= 60


def test_each_row_says_what_refuses_it_and_which_test_shows_that():
    for who, tries, by, shown in table():
        assert by and named_tests(shown), (who, tries)


def test_the_readme_advises_no_rule_that_does_not_hold():
    """It sends to SECURITY.md, and has no rules of its own."""
    assert "ACL SETUSER" not in README
    assert "(SECURITY.md)" in README
