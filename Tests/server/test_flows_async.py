"""Coroutines, futures and threads of flows."""

import threading

import pytest

from support import flows
from support.clients import refusal
from support.flows import ABORTED, Hold, background, errors, executions, failure, results, script, trigger
from support.servers import wait_until

MODULE_WORDS = flows.WORDS
pytestmark = pytest.mark.usefixtures("no_flows_left")

SLEEPING = "async def f(r, *_):\n    await asyncio.sleep(0)\n"


def over(records, steps, rest=", convertToStr=False"):
    return f"GB('PythonReader'){steps}.run(lambda: iter({records!r}){rest})"


# Steps

@pytest.mark.parametrize("steps, body, found", [
    (".map(f)", "return r + 1", [2, 3, 4]), (".map(f).count()", "return r", [3]),
    (".filter(f)", "return r > 1", [2, 3]), (".filter(f).count()", "return r > 1", [2]),
    (".foreach(f)", "return 7", [1, 2, 3]),
    (".flatmap(f)", "return [r] * r", [1, 2, 2, 3, 3, 3]), (".flatmap(f).count()", "return (r,)", [3]),
    (".map(f).map(f).limit(2)", "return r * 2", [4, 8]),
])
def test_a_step_may_be_a_coroutine(client, steps, body, found):
    assert results(client, f"{SLEEPING}    {body}\n{over([1, 2, 3], steps)}") == found


@pytest.mark.parametrize("steps, found", [
    (".accumulate(f)", [6]), (".aggregate(0, f, f)", [6]),
    (".groupby(lambda r: r % 2, g).map(lambda r: [r['key'], r['value']])", [[b"1", 4], [b"0", 2]]),
    (".aggregateby(lambda r: 'k', 0, g, g).map(lambda r: r['value'])", [6]),
])
def test_what_gathers_may_be_a_coroutine(client, steps, found):
    source = ("async def f(a, r):\n    await asyncio.sleep(0)\n    return (a or 0) + r\n"
              "async def g(k, a, r): return await f(a, r)\n")
    assert results(client, source + over([1, 2, 3], steps)) == found


@pytest.mark.parametrize("steps, text", [
    (".groupby(f, lambda k, a, r: r)", "coroutine are not allow on extractor"),
    (".batchgroupby(f, lambda k, r: r)", "coroutine are not allow on extractor"),
    (".repartition(f)", "coroutine are not allow on extractor"),
    (".batchgroupby(str, f)", "coroutine are not allow on reduce"),
])
def test_some_steps_may_not_be_coroutines(client, steps, text):
    [found] = errors(client, SLEEPING + over([1], steps))
    assert text in found.decode()


def test_a_coroutine_of_a_trigger_lets_others_run(server, client):
    hold = Hold(client)
    script(client, hold.setup + "GB('CommandReader').map(wait_async).register(trigger='t')\n"
                                "GB('CommandReader').map(lambda r: 1).register(trigger='quick')")
    connections = [server.wire() for _ in range(100)]
    for connection in connections:
        connection.send("RG.TRIGGER", "t")
    hold.reached(100)
    # Far more than there are threads.
    assert trigger(client, "quick") == [b"1"]
    hold.open()
    for connection in connections:
        assert connection.receive() == b"*1\r\n$5\r\n['t']\r\n"
        connection.close()


def test_more_flows_wait_with_a_thread_than_a_session_has(server, client):
    hold = Hold(client)
    script(client, hold.setup + "GB('CommandReader').map(wait).register(trigger='t')")
    script(client, "GB('CommandReader').map(lambda r: 1).register(trigger='other')")
    connections = [server.wire() for _ in range(10)]
    for connection in connections:
        connection.send("RG.TRIGGER", "t")
    hold.reached()
    # Sessions take turns.
    assert trigger(client, "other") == [b"1"]
    hold.open()
    for connection in connections:
        assert connection.receive() == b"*1\r\n$5\r\n['t']\r\n"
        connection.close()


def test_an_error_of_a_coroutine_is_its_words_alone(client):
    source = SLEEPING + "    raise ValueError('first\\r\\nsecond')\n"
    assert errors(client, source + over([1, 2], ".map(f)")) == [b"first  second"] * 2


def test_a_trigger_answers_the_error_of_a_coroutine(client):
    script(client, SLEEPING + "    return execute('NONE')\nGB('CommandReader').map(f).register(trigger='t')")
    # The system's words for what the server does not know, as in the original.
    assert refusal(client, "RG.TRIGGER", "t") == "No such file or directory"


def test_a_coroutine_that_was_ended_is_not_waited_for(server, client):
    hold = Hold(client)
    script(client, hold.setup + "GB('CommandReader').map(wait_async)"
                                ".foreach(lambda r: execute('SET', 'k', 1)).register(trigger='t')")
    with background(server, "RG.TRIGGER", "t") as answer:
        hold.reached()
        [execution] = executions(client)
        client.execute_command("RG.ABORTEXECUTION", execution)
        assert str(answer()) == ABORTED
    hold.open()
    assert trigger(client, "t") == [b"['t']"]


# execute and executeAsync

def test_awaited_commands_bring_their_replies(client):
    client.rpush("list", "a", b"\xff")
    script(client, """
async def f(r):
    replies = await asyncio.gather(*(executeAsync('INCR', 'n') for _ in range(300)))
    assert replies == list(range(1, 301))
    assert await executeAsync('LRANGE', 'list', 0, -1) == ['a', bytearray(b'\\xff')]
    assert await executeAsync('GET', 'none') is None
    assert await executeAsync() == []
    try:
        await executeAsync('LPUSH', 'n', 1)
    except GearsError as error:
        return str(error)
GB('CommandReader').map(f).register(trigger='t')
""")
    assert trigger(client, "t")[0].startswith(b"WRONGTYPE")


def test_an_awaited_command_is_checked(client):
    source = "async def f(r): await executeAsync(b'GET', 'a')\n" + over([1], ".map(f)")
    assert errors(client, source) == [b"the given command must be a string"]


def test_commands_that_fail_together_fail_for_themselves(client):
    script(client, """
async def f(r):
    replies = await asyncio.gather(
        executeAsync('SET', 'a', 1), executeAsync('NONE'), executeAsync('SUBSCRIBE', 'a'),
        executeAsync('GET', 'a'), return_exceptions=True)
    return [str(reply) for reply in replies]
GB('CommandReader').map(f).register(trigger='t', convertToStr=False)
""")
    [[first, unknown, refused, last]] = trigger(client, "t")
    assert (first, last) == (b"OK", b"1")
    assert unknown == b"No such file or directory" and refused == b"ERR the command is not allowed from flows"


# Futures

def test_triggers_exchange_messages(server, client):
    script(client, """
waiting = {}
async def consume(r):
    future = createFuture()
    waiting.setdefault(r[1], []).append(future)
    execute('INCR', 'consumers')
    return await future
def publish(r):
    consumers = waiting.pop(r[1], [])
    for future in consumers:
        setFutureResults(future, r[2])
    return len(consumers)
GB('CommandReader').map(consume).register(trigger='consume')
GB('CommandReader').map(publish).register(trigger='publish')
""")
    assert trigger(client, "publish", "topic", "nobody") == [b"0"]
    connections = [server.wire() for _ in range(3)]
    for connection in connections:
        connection.send("RG.TRIGGER", "consume", "topic")
    wait_until(lambda: client.get("consumers") == b"3", what="all consumers")
    assert trigger(client, "publish", "topic", "news") == [b"3"]
    for connection in connections:
        assert connection.receive() == b"*1\r\n$4\r\nnews\r\n"
        connection.close()


def test_a_future_may_fail_after_a_while(client):
    script(client, """
async def f(r):
    future = createFuture()
    async def late(): setFutureException(future, 'timeout')
    runCoroutine(late(), delay=0.01)
    return await future
GB('CommandReader').map(f).register(trigger='t')
""")
    assert refusal(client, "RG.TRIGGER", "t") == "timeout"


def test_a_future_of_a_step_goes_on_from_elsewhere(client):
    script(client, """
def f(r):
    future = gearsFuture()
    Thread(target=lambda: future.continueRun(execute('ECHO', r[1])) if r[1] != 'fail'
           else future.continueFailed('failed')).start()
    return future
GB('CommandReader').map(f).register(trigger='t')
""")
    assert trigger(client, "t", "hello") == [b"hello"]
    assert refusal(client, "RG.TRIGGER", "t", "fail") == "failed"


@pytest.mark.parametrize("body, text", [
    ("gearsFuture(1)", "Future gets no arguments"), ("(gearsFuture(), gearsFuture())",
     "Can not create async record twice on the same step")])
def test_a_future_of_a_step_is_checked(client, body, text):
    [found] = errors(client, over([1], f".map(lambda r: {body})"))
    assert text in found.decode()


def test_a_future_of_a_step_belongs_to_that_step(client):
    text = "Future object can only be created inside certain execution steps"
    assert text in failure(client, "gearsFuture()")
    [found] = errors(client, "async def f(r): return gearsFuture()\n" + over([1], ".map(f)"))
    assert text in found.decode()


def test_a_step_that_gathers_batches_can_not_wait(client):
    [found] = errors(client, over([1], ".repartition(lambda r: gearsFuture())"))
    assert "Step does not support async" in found.decode()


def test_a_future_goes_on_once(client):
    script(client, """
def f(r):
    future = gearsFuture()
    future.continueRun(1)
    try:
        future.continueRun(2)
    except GearsError as error:
        execute('SET', 'error', str(error))
    return future
GB('CommandReader').map(f).register(trigger='t')
""")
    assert trigger(client, "t") == [b"1"]
    assert client.get("error") == b"Can not continue with the same future twice"


def test_a_coroutine_may_go_on_with_a_step(client):
    script(client, """
async def work(word):
    if word == 'fail': raise ValueError('failed')
    return word
def f(r):
    future = gearsFuture()
    runCoroutine(work(r[1]), future)
    return future
GB('CommandReader').map(f).register(trigger='t')
""")
    assert trigger(client, "t", "a") == [b"a"]
    assert refusal(client, "RG.TRIGGER", "t", "fail") == "failed"


def test_a_coroutine_beside_a_flow_calls_the_server(server, client):
    script(client, "async def f():\n    await executeAsync('SET', 'a', 1)\n"
                   "    execute('SET', 'b', 1)\n    1 / 0\n"
                   "GB('CommandReader').foreach(lambda r: runCoroutine(f())).register(trigger='t')")
    trigger(client, "t")
    wait_until(lambda: client.exists("a", "b") == 2, what="what the coroutine does")
    wait_until(lambda: "error in a coroutine: division by zero" in server.log(), what="its error in the log")


def test_it_is_known_where_one_may_wait(client):
    script(client, """
in_body = isAsyncAllow()
async def in_coroutine(r): return [r, isAsyncAllow()]
GB('CommandReader').map(lambda r: [in_body, isAsyncAllow()]).map(in_coroutine).register(trigger='t')
""")
    assert trigger(client, "t") == [b"[[False, True], False]"]


# Runs

def test_a_run_is_awaited(client):
    client.mset({"student:1": 1, "student:2": 2, "other": 3})
    script(client, """
async def count(r):
    results, errors = await GB('KeysOnlyReader').count().run('student:*')
    return int(results[0]) if results else 0
GB('CommandReader').map(count).register(trigger='count')
""")
    assert trigger(client, "count") == [b"2"]
    client.delete("student:1", "student:2")
    assert trigger(client, "count") == [b"0"]


def test_a_count_is_kept(client):
    script(client, """
cache = {}
async def count(r):
    if 'count' not in cache:
        execute('INCR', 'scans')
        results, errors = await GB('KeysOnlyReader').count().run('student:*')
        cache['count'] = int(results[0])
    return cache['count']
GB('CommandReader').map(count).register(trigger='count', mode='async_local')
""")
    client.set("student:1", 1)
    assert [trigger(client, "count") for _ in range(3)] == [[b"1"]] * 3
    assert client.get("scans") == b"1"


def test_a_run_in_a_script_is_not_waited_for_by_the_script(client):
    source = "future = GB('PythonReader').run(lambda: iter([1]))\nassert isinstance(future, GearsFuture)"
    assert script(client, source) == [[b"1"], []]


# Threads

def test_a_thread_of_a_flow_calls_the_server(client):
    script(client, """
def f(r):
    threads = [Thread(target=lambda: execute('INCR', 'n')) for _ in range(20)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    return execute('GET', 'n')
GB('CommandReader').map(f).register(trigger='t')
""")
    assert trigger(client, "t") == [b"20"]


def test_a_thread_of_a_script_lives_on(client):
    hold = Hold(client)
    script(client, hold.setup + "def f():\n    wait()\n    execute('SET', 'k', 1)\nThread(target=f).start()\n"
                                "GB('CommandReader').register(trigger='t')")
    hold.reached()
    hold.open()
    wait_until(lambda: client.exists("k"), what="what the thread does")


def test_a_thread_without_a_session_calls_in_the_functions_own(client):
    source = ("import threading\nthread = threading.Thread(target=lambda: execute('SET', 'k', 1))\n"
              "thread.start()\nthread.join()")
    assert script(client, source) == b"OK"
    assert client.get("k") == b"1"


# Unregistering

def test_a_coroutine_goes_on_when_its_flow_is_unregistered(server, client):
    hold = Hold(client)
    script(client, hold.setup + "GB('CommandReader').map(wait_async)"
                                ".foreach(lambda r: execute('SET', 'k', 1)).register(trigger='t')")
    with background(server, "RG.TRIGGER", "t") as answer:
        hold.reached()
        client.execute_command("RG.UNREGISTER", flows.registrations(client)[0]["id"])
        assert client.execute_command("RG.PYDUMPSESSIONS") != []
        hold.open()
        assert answer() == [b"['t']"]
    assert client.exists("k")
    assert client.execute_command("RG.PYDUMPSESSIONS") == []


def test_a_coroutine_that_holds_the_loop_is_ended(server, client):
    """It keeps all others from going on; after a second or so it gets an error."""
    script(client, "async def f(r):\n    while True: pass\nasync def g(r): return 'quick'\n"
                   "GB('CommandReader').map(f).register(trigger='hold')\n"
                   "GB('CommandReader').map(g).register(trigger='quick')")
    with background(server, "RG.TRIGGER", "hold") as answer:
        assert answer() is not None
    wait_until(lambda: refusal(client, "RG.TRIGGER", "quick") is None, what="an answer of another one")


def test_a_coroutine_that_holds_the_loop_is_found_whatever_else_happens(server, client):
    """Triggers of another session are answered all the time."""
    script(client, "async def spin(words):\n    while True: pass\n"
                   "GB('CommandReader').map(spin).register(trigger='spin')")
    script(client, "async def other(words):\n    return 'answered'\n"
                   "GB('CommandReader').map(other).register(trigger='other')")
    script(client, "GB('CommandReader').count().register(trigger='chat')")
    with background(server, "RG.TRIGGER", "spin") as spun, background(server, "RG.TRIGGER", "other") as other:
        answers = []
        waiter = threading.Thread(target=lambda: answers.extend((other(), spun())))
        waiter.start()
        while waiter.is_alive():
            assert trigger(client, "chat") == [b"1"]
        assert answers[0] == [b"answered"]
        assert "kept the event loop from others" in str(answers[1])


def test_what_a_coroutine_raises_without_words_is_named(client):
    body = "async def f(r):\n    async with asyncio.timeout(0.001):\n        await asyncio.sleep(3600)\n"
    assert errors(client, body + over([1], ".map(f)")) == [b"TimeoutError"]
