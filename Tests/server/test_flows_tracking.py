"""What flows know of keys without asking each time, and that it is never what was before."""

import itertools
import os
import signal
import threading
import time

import pytest

from support import flows, paths
from support.clients import refusal
from support.models import execute, set_tensor, store
from support.redisai_flows import BAR, PATIENT, add_user, client_of, prepare, script, trigger
from support.servers import RedisServer, served, wait_until

MODULE_WORDS = PATIENT
SCRIPT = """
from redisAI import *
def see(r):
    try:
        return str(tensorToFlatList(getTensorFromKey('v')))
    except Exception as error:
        return str(error)
def model(r):
    try:
        runner = createModelRunner('m{1}')
    except Exception as error:
        return str(error)
    modelRunnerAddInput(runner, 'a', getTensorFromKey('a{1}'))
    modelRunnerAddInput(runner, 'b', getTensorFromKey('b{1}'))
    for name in r[1:] or ['mul']:
        modelRunnerAddOutput(runner, name)
    return str(tensorToFlatList(modelRunnerRun(runner)[0]))
def function(r):
    try:
        runner = createScriptRunner('s{1}', 'bar')
    except Exception as error:
        return str(error)
    scriptRunnerAddInput(runner, getTensorFromKey('a{1}'))
    scriptRunnerAddInput(runner, getTensorFromKey('b{1}'))
    scriptRunnerAddOutput(runner)
    return str(tensorToFlatList(scriptRunnerRun(runner)[0]))
for name, made in (('see', see), ('model', model), ('function', function)):
    GB('CommandReader').map(made).register(trigger=name)
"""
HOLD = """
import redisAI
def find(r):
    redisAI.createModelRunner('m')
GB('CommandReader').map(find).register(trigger='t')
"""
OLD, NEW, NOTHING = [b"[1.0]"], [b"[2.0]"], [b"ERR tensor key is empty"]
NO_MODEL, NO_SCRIPT = ([f"given key do not contain RedisAI {kind}".encode()] for kind in ("model", "script"))


@pytest.fixture(scope="module", params=paths.SERVERS)
def any_server(request):
    with served(RedisServer(binary=paths.SERVERS[request.param], words=PATIENT)) as server:
        yield server


@pytest.fixture
def known(any_server):
    """A client of a server whose flow knows what the key `v` holds: OLD. The key `w` holds NEW."""
    client = any_server.client()
    client.flushall()
    script(client, SCRIPT)
    set_tensor(client, "v", "FLOAT", [1])
    set_tensor(client, "w", "FLOAT", [2])
    for _ in range(5):
        assert trigger(client, "see") == OLD
    return client


def hits(client):
    return client.info("stats")["keyspace_hits"]


def test_what_is_known_is_not_asked_for(known):
    before = hits(known)
    for _ in range(100):
        assert trigger(known, "see") == OLD
    # Once a second it is asked for all the same.
    assert hits(known) - before < 50


def test_it_is_asked_for_each_second(known):
    before = hits(known)
    time.sleep(1.1)
    assert trigger(known, "see") == OLD
    assert hits(known) == before + 1


WAYS = {
    "del": (lambda c: c.delete("v"), NOTHING),
    "unlink": (lambda c: c.unlink("v"), NOTHING),
    "set": (lambda c: c.set("v", "text"), [b"ERR key is not a tensor"]),
    "tensorset": (lambda c: set_tensor(c, "v", "FLOAT", [2]), NEW),
    "rename from": (lambda c: c.rename("v", "x"), NOTHING),
    "rename to": (lambda c: c.rename("w", "v"), NEW),
    "move": (lambda c: c.move("v", 1), NOTHING),
    "copy": (lambda c: c.copy("w", "v", replace=True), NEW),
    "restore": (lambda c: c.restore("v", 0, c.dump("w"), replace=True), NEW),
    "restore with a time": (lambda c: (c.restore("v", 1, c.dump("w"), replace=True), time.sleep(0.02)),
                            NOTHING),
    "expire": (lambda c: (c.pexpire("v", 5), time.sleep(0.02)), NOTHING),
    "expire at": (lambda c: (c.pexpireat("v", int(time.time() * 1000) + 5), time.sleep(0.02)), NOTHING),
    "expire before now": (lambda c: c.expireat("v", 1), NOTHING),
    "flushall": (lambda c: c.flushall(), NOTHING),
    "flushdb": (lambda c: c.flushdb(), NOTHING),
    "flushall in the background": (lambda c: c.flushall(asynchronous=True), NOTHING),
    "swapdb": (lambda c: c.swapdb(0, 1), NOTHING),
    "in a transaction": (lambda c: c.pipeline().delete("v").set("y", "1").execute(), NOTHING),
    "in a script": (lambda c: c.eval("return redis.call('RENAME', 'w', 'v')", 2, "w", "v"), NEW),
    "execution": (lambda c: (store(c, "m", "mul_2x2"), set_tensor(c, "t", "FLOAT", [[1, 1], [1, 1]]),
                             execute(c, "m", ["t", "t"], ["v"])), [b"[1.0, 1.0, 1.0, 1.0]"]),
    "flow": (lambda c: (c.execute_command("RG.PYEXECUTE", """
import redisAI
redisAI.setTensorInKey('v', redisAI.createTensorFromValues('FLOAT', [1], [2.0]))
""")), NEW),
}


@pytest.mark.parametrize("way", WAYS)
def test_what_has_changed_is_known(known, way):
    change, then = WAYS[way]
    change(known)
    assert trigger(known, "see") == then
    # And stays so.
    for _ in range(3):
        assert trigger(known, "see") == then


def test_an_evicted_key_is_known_to_be_gone(known):
    known.config_set("maxmemory-policy", "allkeys-random")
    known.config_set("maxmemory", 1)
    try:
        wait_until(lambda: known.dbsize() == 0, what="an empty keyspace")
    finally:
        known.config_set("maxmemory", 0)
    assert trigger(known, "see") == NOTHING


def test_a_reload_changes_no_answer(known):
    known.execute_command("DEBUG", "RELOAD")
    wait_until(lambda: trigger(known, "see") == OLD, what="the session that is restored")
    known.delete("v")
    assert trigger(known, "see") == NOTHING


MODEL_WAYS = {
    "del": (lambda c: c.delete("m{1}", "s{1}"), NO_MODEL, NO_SCRIPT),
    "rename": (lambda c: (c.rename("m{1}", "x{1}"), c.rename("s{1}", "y{1}")), NO_MODEL, NO_SCRIPT),
    "store": (lambda c: (store(c, "m{1}", "sum_difference"), c.execute_command(
        "AI.SCRIPTSTORE", "s{1}", "CPU", "ENTRY_POINTS", 1, "bar", "SOURCE",
        BAR.replace("tensors[0] + tensors[1]", "tensors[0] - tensors[1]"))),
        [b"[3.0, 5.0, 5.0, 7.0]"], [b"[-1.0, -1.0, 1.0, 1.0]"]),
    "other types": (lambda c: (c.delete("m{1}"), c.set("m{1}", "text"), c.set("s{1}", "text")),
                    NO_MODEL, NO_SCRIPT),
    "expire": (lambda c: (c.pexpire("m{1}", 5), c.pexpire("s{1}", 5), time.sleep(0.02)), NO_MODEL, NO_SCRIPT),
}


@pytest.mark.parametrize("way", MODEL_WAYS)
def test_models_and_scripts_that_have_changed_are_known(any_server, way):
    client = any_server.client()
    client.flushall()
    prepare(client)
    script(client, SCRIPT)
    for _ in range(5):
        assert trigger(client, "model") == [b"[2.0, 6.0, 6.0, 12.0]"]
        assert trigger(client, "function") == [b"[3.0, 5.0, 5.0, 7.0]"]
    change, model, function = MODEL_WAYS[way]
    change(client)
    names = ["sum", "difference"] if way == "store" else []
    assert trigger(client, "model", *names) == model
    assert trigger(client, "function") == function


def test_a_deleted_model_is_freed_while_no_flow_runs(any_server):
    client = any_server.client()
    client.flushall()
    store(client, "m", "classifier_30_64_32_2")
    script(client, HOLD)
    for _ in range(5):
        trigger(client)
    wait_until(lambda: runtime_memory(any_server) > 0, what="the model")
    client.delete("m")
    wait_until(lambda: runtime_memory(any_server) == 0, what="the end of the model")


def runtime_memory(server):
    """Bytes that ONNX Runtime has."""
    return int(server.field("everything", "ai_onnxruntime_memory"))


def test_nobody_sees_what_was_before_an_answer(known, any_server):
    """Writers count up; who reads after a writer's answer sees at least that number."""
    written, ends, failures = [0], time.monotonic() + 3, []
    script(known, """
import redisAI
def see(r):
    return int(redisAI.tensorToFlatList(redisAI.getTensorFromKey('n'))[0])
GB('CommandReader').map(see).register(trigger='n')
def twice(r):
    first = see(r)
    execute('AI.TENSORSET', 'own', 'FLOAT', 1, 'VALUES', first)
    return first, int(redisAI.tensorToFlatList(redisAI.getTensorFromKey('own'))[0])
GB('CommandReader').map(twice).register(trigger='twice', mode='sync')
""")
    known.execute_command("AI.TENSORSET", "n", "INT64", 1, "VALUES", 0)

    def write():
        client = any_server.client()
        for number in itertools.count(1):
            if time.monotonic() > ends:
                return
            client.execute_command("AI.TENSORSET", "n", "INT64", 1, "VALUES", number)
            written[0] = number
            # Most of the time it is known.
            time.sleep(0.0005 * (number % 7))

    def read(name):
        client = any_server.client()
        while time.monotonic() < ends:
            least = written[0]
            seen = eval(trigger(client, name)[0])
            if name == "twice":
                if seen[0] != seen[1]:
                    failures.append(seen)
                seen = seen[0]
            if seen < least:
                failures.append((seen, least))

    threads = [threading.Thread(target=write)] + [
        threading.Thread(target=read, args=(name,)) for name in ("n", "n", "n", "twice")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures and written[0] > 100


def test_rights_that_are_taken_away_are_missed_within_a_second(server, client):
    """What a flow knows is what its user might read a moment ago."""
    set_tensor(client, "v", "FLOAT", [1])
    add_user(client, "reader", ["v"])
    with client_of(client, "reader") as reader:
        script(reader, SCRIPT)
    try:
        for _ in range(5):
            assert trigger(client, "see") == OLD
        add_user(client, "reader", ["v"], "-ai.tensorget")
        set_tensor(client, "v", "FLOAT", [2])
        assert b"NOPERM" in trigger(client, "see")[0]
        add_user(client, "reader", ["v"])
        for _ in range(5):
            assert trigger(client, "see") == NEW
        add_user(client, "reader", ["v"], "-ai.tensorget")
        time.sleep(1.1)
        assert b"NOPERM" in trigger(client, "see")[0]
    finally:
        client.acl_deluser("reader")


def test_what_is_known_belongs_to_the_session(server, client):
    """Another session's user may read less, and be in another database."""
    set_tensor(client, "v", "FLOAT", [1])
    other = server.client(database=3)
    set_tensor(other, "v", "FLOAT", [2])
    script(client, SCRIPT)
    there = SCRIPT.replace("trigger=name", "trigger=name + ' there'")
    other.execute_command("RG.PYEXECUTE", there, "ID", "there")
    for _ in range(5):
        assert trigger(client, "see") == OLD
        assert trigger(client, "see there") == NEW
    other.delete("v")
    assert trigger(client, "see there") == NOTHING
    assert trigger(client, "see") == OLD


def test_many_flows_that_write_and_read_their_keys_see_what_they_wrote(known, any_server):
    script(known, """
import redisAI
def own(r):
    key, number = r[1], int(r[2])
    redisAI.setTensorInKey(key, redisAI.createTensorFromValues('INT64', [1], [number]))
    return redisAI.tensorToFlatList(redisAI.getTensorFromKey(key)) == [number]
GB('CommandReader').map(own).register(trigger='own')
""")
    failures = []

    def work(name):
        client = any_server.client()
        for number in range(200):
            if trigger(client, "own", name, number) != [b"True"]:
                failures.append((name, number))

    threads = [threading.Thread(target=work, args=(f"key {number}",)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_a_flow_sees_what_it_has_changed_itself(known):
    script(known, """
import redisAI
def number():
    return redisAI.tensorToFlatList(redisAI.getTensorFromKey('v'))[0]
def change(r):
    seen = [number() for _ in range(3)]
    for new in range(10, 20):
        with atomic():
            execute('AI.TENSORSET', 'v', 'FLOAT', 1, 'VALUES', new)
            seen.append(number())
        seen += [number(), number()]
    return seen == [1.0] * 3 + [float(new) for new in range(10, 20) for _ in range(3)]
GB('CommandReader').map(change).register(trigger='change')
""")
    assert trigger(known, "change") == [b"True"]


def test_two_keys_of_one_tensor_are_told_apart(known):
    known.copy("v", "x")
    for _ in range(3):
        assert trigger(known, "see") == OLD
    known.delete("x")
    assert trigger(known, "see") == OLD
    known.delete("v")
    assert trigger(known, "see") == NOTHING


def test_a_replica_knows_what_its_master_does(start_server):
    master = start_server(words=MODULE_WORDS, tcp=True)
    client = master.client()
    script(client, SCRIPT)
    set_tensor(client, "v", "FLOAT", [1])
    replica = start_server(words=MODULE_WORDS, settings=[f"replicaof 127.0.0.1 {master.port}"])
    wait_until(lambda: replica.field("replication", "master_link_status") == "up")
    other = replica.client()
    wait_until(lambda: trigger(other, "see") == OLD, what="the session of the master")
    for change, then in ((lambda: set_tensor(client, "v", "FLOAT", [2]), NEW),
                         (lambda: client.delete("v"), NOTHING)):
        for _ in range(5):
            trigger(other, "see")
        change()
        assert client.wait(1, 0) == 1
        assert trigger(other, "see") == then


def test_a_new_python_process_knows_nothing_of_the_one_before(known):
    os.kill(flows.python_pid(known), signal.SIGKILL)
    set_tensor(known, "v", "FLOAT", [2])
    wait_until(lambda: refusal(known, "RG.TRIGGER", "see") is None, what="the new process")
    assert trigger(known, "see") == NEW
    known.delete("v")
    assert trigger(known, "see") == NOTHING


def test_a_session_that_is_replaced_lets_go(any_server):
    client = any_server.client()
    client.flushall()
    store(client, "m", "classifier_30_64_32_2")
    for _ in range(3):
        script(client, HOLD)
        for _ in range(5):
            trigger(client)
    script(client, "GB('CommandReader').register(trigger='t')")
    client.delete("m")
    wait_until(lambda: runtime_memory(any_server) == 0, what="the end of the model")
