"""What flows, their clients and their Python may bring at the edges: it neither ends nor holds the server."""

import threading

import pytest

from support import paths
from support.clients import refusal
from support.flow_process import kill
from support.flow_servers import FLOWS, entries, register, started, trigger
from support.replicas import caught_up, follow
from support.servers import RedisServer, wait_until

PATIENT = (*FLOWS, "FLOWS_ATOMIC_LIMIT", "5000")
GREATEST = 2**64 - 1
NODE = "0" * 40


@pytest.fixture
def server():
    with started(words=PATIENT) as server:
        yield server


@pytest.mark.parametrize("last, following", [
    (f"{GREATEST}-{GREATEST}", None), (f"5-{GREATEST}", "6-0"), ("5-7", "5-8")])
def test_entries_are_trimmed_up_to_the_greatest_id(server, last, following):
    client = server.client()
    register(server, "GB('StreamReader').foreach(lambda r: execute('SET', 'seen', r['id'])).register("
             "prefix='s')")
    client.execute_command("XADD", "s", "1-1", "a", "b")
    client.execute_command("XADD", "s", last, "a", "b")
    wait_until(lambda: client.get("seen") == last.encode(), what="the last entry")
    wait_until(lambda: client.xlen("s") == 0, what="the trimmed stream")
    if following is not None:
        client.execute_command("XADD", "s", following, "a", "b")
        wait_until(lambda: client.get("seen") == following.encode(), what="the entry behind it")


@pytest.mark.parametrize("command", [
    "GETRESULTS", "GETRESULTSBLOCKING", "GETEXECUTION", "DROPEXECUTION", "ABORTEXECUTION"])
@pytest.mark.parametrize("number", [-2**63, -1, 0, 2**62, 2**63 - 1, 2**64, "+1", "01", ""])
def test_ids_that_nothing_has(server, command, number):
    assert "execution" in refusal(server.client(), f"RG.{command}", f"{NODE}-{number}")


def test_code_of_a_session_that_is_gone_registers_nothing(server):
    client = server.client()
    client.execute_command("RG.PYEXECUTE", """
async def later():
    while not execute('GET', 'go'):
        await asyncio.sleep(0.001)
    try:
        GB('CommandReader').register(trigger='z')
    except Exception as error:
        execute('SET', 'said', str(error))
runCoroutine(later())
""")
    assert client.execute_command("RG.PYDUMPSESSIONS") == []
    client.set("go", 1)
    wait_until(lambda: client.get("said"), what="the refusal")
    assert entries(server) == []
    kill(client)
    register(server, "GB('CommandReader').register(trigger='t')")
    assert len(entries(server)) == 1


@pytest.mark.parametrize("milliseconds", [2**63 - 1, -1])
def test_times_that_cannot_be_end_the_process_alone(server, milliseconds):
    register(server, f"""
from redisai_flows import wire
from redisai_flows.asking import current
GB('CommandReader').map(lambda r: GB.session.send(
    wire.DONE, current.get().number, 'done', {milliseconds}, [], [])).register(trigger='t')
""")
    for _ in range(2):
        assert "has ended" in refusal(server.client(), "RG.TRIGGER", "t")
    wait_until(lambda: server.client().ping(), what="the server")


def test_what_could_not_be_loaded_again_is_not_kept(start_file_server):
    server = start_file_server(words=FLOWS)
    client = server.client()
    text = refusal(client, "RG.PYEXECUTE", """
deep = []
for _ in range(27):
    deep = [deep]
ask = GB.session.ask
GB.session.ask = lambda operation, description: ask(operation, description | {'more': deep})
GB('CommandReader').register(trigger='t')
""")
    assert text is not None
    assert client.execute_command("RG.PYDUMPSESSIONS") == []
    client.set("key", "value")
    server.restart()
    assert server.client().get("key") == b"value"


def test_a_module_that_fails_to_load_leaves_no_process():
    server = RedisServer(module=False, settings=["enable-module-command yes"]).start()
    try:
        client = server.client()
        words = ["MODULE", "LOAD", str(paths.MODULE), *FLOWS]
        assert refusal(client, *words, "ONNX", "/nonexistent.so") is not None
        assert "serves as process" not in server.log()
        client.execute_command(*words)
        register(server, "GB('CommandReader').register(trigger='t')")
        assert trigger(server, "t") == [b"['t']"]
        server.stop()
    finally:
        server.remove()


def test_long_messages_go_while_the_server_waits(server):
    # More than the socket takes at once.
    size = 1_000_000
    register(server, """
GB('CommandReader').map(lambda r: len(r[1])).register(trigger='sync', mode='sync')
def read(r):
    with atomic():
        return len(execute('GET', 'long'))
GB('CommandReader').map(read).register(trigger='atomic')
""")
    server.client().set("long", b"a" * size)
    for _ in range(3):
        assert trigger(server, "sync", b"a" * size) == [b"%d" % size]
        assert trigger(server, "atomic") == [b"%d" % size]


def test_a_replica_that_loads_beside_serving_keeps_the_sessions():
    settings = ["repl-backlog-size 16kb", "repl-diskless-sync yes", "repl-diskless-sync-delay 0"]
    with started(words=FLOWS, tcp=True, settings=settings) as master, \
            started(words=FLOWS, tcp=True, settings=["repl-diskless-load swapdb"]) as replica:
        register(master, "GB('CommandReader').register(trigger='t')")
        follow(replica, master)
        caught_up(master, replica)
        before = replica.log().count("Finished with success")
        # A second time, from the same master, with too much between.
        for command in (("REPLICAOF", "NO", "ONE"), ("CLIENT", "KILL", "TYPE", "master")):
            replica.client().execute_command(*command)
        replica.client().set("own", 1)
        master.client().set("much", b"a" * 1_000_000)
        follow(replica, master)
        caught_up(master, replica)
        assert replica.log().count("Finished with success") > before
        names = [[entry[b"id"] for entry in entries(server)] for server in (replica, master)]
        assert names[0] == names[1] != []


def test_awaitable_calls_from_steps_and_threads_are_all_sent(server):
    register(server, """
GB('CommandReader').map(lambda r: executeAsync('INCR', 'count') and 'x').register(trigger='t')
async def await_one(r):
    return await executeAsync('INCR', 'awaited')
GB('CommandReader').map(await_one).register(trigger='await')
""")
    threads = [threading.Thread(target=lambda: [trigger(server, "t") for _ in range(100)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_until(lambda: server.client().get("count") == b"400", what="all calls")
    assert trigger(server, "await") == [b"1"]


@pytest.mark.parametrize("flow, words", [
    ("filter(lambda r: Mine())", "no truth"),
    ("map(lambda r: fail())", "a Silent whose text cannot be had"),
    ("map(lambda r: asyncio.sleep(0)).filter(lambda r: Mine())", "no truth")])
@pytest.mark.parametrize("traceback", [0, 1])
def test_objects_of_flows_that_raise_end_their_execution_alone(server, flow, words, traceback):
    server.client().execute_command("RG.CONFIGSET", "PythonAttemptTraceback", traceback)
    register(server, f"""
class Mine:
    def __bool__(self):
        raise ValueError('no truth')
class Silent(Exception):
    def __str__(self):
        raise ValueError('no words')
def fail():
    raise Silent()
GB('CommandReader').{flow}.register(trigger='t')
GB('CommandReader').register(trigger='other')
""")
    pid = server.log().rsplit("serves as process", 1)[1]
    if not traceback or "Silent" not in words:
        assert words in refusal(server.client(), "RG.TRIGGER", "t")
    else:
        assert "Silent" in refusal(server.client(), "RG.TRIGGER", "t")
    assert trigger(server, "other") == [b"['other']"]
    assert server.log().rsplit("serves as process", 1)[1].split("\n")[0] == pid.split("\n")[0]


@pytest.mark.parametrize("source", [
    "import sys\ndef records():\n    yield 1\n    sys.exit()\nGB('PythonReader').run(records)",
    "import sys\nGB('PythonReader').batchgroupby(lambda r: 'k', lambda k, r: sys.exit()).run("
    "lambda: iter([1]))"])
def test_an_exit_in_a_reader_or_a_reducer_is_an_error(server, source):
    results, errors = server.client().execute_command("RG.PYEXECUTE", source)
    assert len(errors) == 1 and b"SystemExit" in errors[0]
    assert server.log().count("serves as process") == 1


def test_any_number_of_large_tensors_may_be_made_before_one_is_used(server):
    register(server, """
import redisAI
def make(r):
    made = [redisAI.createTensorFromBlob('UINT8', [20000], bytes([i % 256]) * 20000) for i in range(600)]
    for i in (0, 300, 599):
        redisAI.setTensorInKey(f't{i}', made[i])
    return len(made)
GB('CommandReader').map(make).register(trigger='t')
""")
    assert trigger(server, "t") == [b"600"]
    for index in (0, 300, 599):
        blob = server.client().execute_command("AI.TENSORGET", f"t{index}", "BLOB")
        assert blob == bytes([index % 256]) * 20000


def test_aborted_flows_that_wait_for_an_atomic_block_leave_their_threads(server):
    client = server.client()
    register(server, """
def hold(r):
    with atomic():
        while not isInAtomicBlock() or execute('GET', 'go') is None:
            return 'x'
def want(r):
    execute('INCR', 'begun')
    while True:
        with atomic():
            pass
GB('CommandReader').map(want).register(trigger='want')
GB('CommandReader').register(trigger='other')
""")
    for number in range(1, 7):
        waiting = server.wire()
        waiting.send("RG.TRIGGER", "want")
        wait_until(lambda: int(client.get("begun") or 0) >= number, what="the flow")
        for execution in client.execute_command("RG.DUMPEXECUTIONS"):
            client.execute_command("RG.ABORTEXECUTION", execution[1])
        assert b"abort" in waiting.receive()
    # As many as the session has threads, twice.
    assert trigger(server, "other") == [b"['other']"]


def test_a_sync_flow_may_say_that_it_is_atomic(server):
    register(server, """
def add(r):
    with atomic():
        execute('INCR', 'n')
    with atomic():
        execute('INCR', 'n')
    return execute('INCR', 'n')
GB('CommandReader').map(add).register(trigger='t', mode='sync')
""")
    assert trigger(server, "t") == [b"3"]
    assert trigger(server, "t") == [b"6"]


def test_settings_that_are_too_long_are_refused(server):
    client = server.client()
    replies = client.execute_command("RG.CONFIGSET", "mine", b"a" * 40_000, "n" * 2000, "a", b"\xff", "a")
    assert [type(reply).__name__ for reply in replies] == ["ResponseError"] * 3
    assert client.ping()
    client.execute_command("RG.CONFIGSET", "mine", b"a" * 30_000)
    register(server, "GB('CommandReader').map(lambda r: len(configGet('mine'))).register(trigger='t')")
    assert trigger(server, "t") == [b"30000"]
