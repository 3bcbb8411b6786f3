"""All kinds of flows at once: everything is answered, and rightly."""

import random

import pytest

MIXTURE = """
async def awaits(r):
    for _ in range(3):
        await executeAsync('INCR', 'n')
        await asyncio.sleep(0)
    return r[1]
def calls(r):
    for _ in range(3):
        execute('INCR', 'n')
    return r[1]
def has_a_thread(r):
    found = []
    thread = Thread(target=lambda: found.append(execute('ECHO', r[1])))
    thread.start()
    thread.join()
    return found[0]
def computes(r):
    sum(number for number in range(300_000))
    return r[1]
def is_atomic(r):
    with atomic():
        execute('INCR', 'n')
    return r[1]
async def runs(r):
    results, errors = await GB('PythonReader').map(lambda n: execute('ECHO', r[1])).run(lambda: iter([1, 2]))
    return results[0]
def is_continued(r):
    future = gearsFuture()
    Thread(target=lambda: future.continueRun(execute('ECHO', r[1]))).start()
    return future
async def calls_on_the_loop(r):
    return execute('ECHO', r[1])
def never_ends(r):
    while True:
        execute('INCR', 'n')
kinds = [awaits, calls, has_a_thread, computes, is_atomic, runs, is_continued, calls_on_the_loop, never_ends]
for number, kind in enumerate(kinds):
    GB('CommandReader').map(kind).register(trigger=f't{number}', inorder=kind is calls)
"""
KIND_COUNT = 9
NEVER_ENDS = 8


@pytest.mark.parametrize("seed", range(3))
def test_a_mixture_is_answered(own_flows, seed):
    chosen = random.Random(seed)
    scripts = [own_flows.script(MIXTURE) for _ in range(4)]
    for _ in range(15):
        started = []
        for number in range(60):
            kind, word = chosen.randrange(KIND_COUNT), b"%d" % number
            started.append((kind, word, own_flows.start(chosen.choice(scripts), kind, [b"t", word])))
        for kind, _, ended in started:
            if kind == NEVER_ENDS:
                own_flows.abort(ended)
        for kind, word, ended in started:
            ended.wait()
            if kind == NEVER_ENDS:
                assert ended.status == "aborted"
            else:
                assert (ended.results, ended.errors) == ([word], []), kind
