"""On which processors the threads of the process run."""

import os

import pytest
from redisai_flows import wire
from redisai_flows.placement import Placement


@pytest.fixture
def places(own_flows):
    """The processor of the server, as the process has been told, and the others: sets as flows show them."""
    first, *others = sorted(os.sched_getaffinity(0))
    if not others:
        pytest.skip("there is one processor")
    own_flows.send(wire.PLACE, 0, first)
    return str({first}).encode(), str(set(others)).encode()


def test_a_thread_that_takes_long_moves_to_where_the_server_says(own_flows, places, gate):
    _, far = places
    script = own_flows.script(f"""
import os, threading
def f(r):
    execute('SET', 'thread', threading.get_native_id())
    {gate.wait}
    return os.sched_getaffinity(0)
GB('CommandReader').map(f).register(trigger='t')
def seen(r):
    return os.sched_getaffinity(int(execute('GET', 'thread')))
GB('CommandReader').map(seen).register(trigger='seen')
""")
    ended = own_flows.start(script, 0, [b"t"])
    own_flows.until(lambda: own_flows.keyspace.data)
    while own_flows.trigger(script, index=1).results != [far]:
        pass
    gate.open()
    assert ended.wait().results == [far]


def test_the_loop_is_near_the_server_unless_a_coroutine_takes_long(own_flows, places, gate):
    near, far = places
    script = own_flows.script(f"""
import os, threading
async def short(r):
    return os.sched_getaffinity(0)
async def long(r):
    execute('SET', 'thread', threading.get_native_id())
    {gate.wait}
    return os.sched_getaffinity(0)
def seen(r):
    return os.sched_getaffinity(int(execute('GET', 'thread')))
for f in (short, long, seen):
    GB('CommandReader').map(f).register(trigger=f.__name__)
""")
    assert own_flows.trigger(script, index=0).results == [near]
    ended = own_flows.start(script, 1, [b"t"])
    own_flows.until(lambda: own_flows.keyspace.data)
    while own_flows.trigger(script, index=2).results != [far]:
        pass
    gate.open()
    assert ended.wait().results == [far]
    assert own_flows.trigger(script, index=0).results == [near]


def test_placement_that_is_denied_is_done_without(own_flows):
    own_flows.send(wire.PLACE, 0, 1 << 20)
    own_flows.script("execute('PING')")


def test_no_thread_is_moved_unless_the_server_says_where_to(monkeypatch):
    """The host may end a process that asks for it."""
    moves = []
    monkeypatch.setattr(os, "sched_setaffinity", lambda *words: moves.append(words))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 3})
    placement = Placement()
    placement.move(1, False)
    placement.move(1, True)
    assert moves == []
    placement.set(0)
    placement.move(1, False)
    placement.move(2, True)
    assert moves == [(1, {0}), (2, {1, 3})]


def test_where_there_is_one_processor_no_thread_is_sent_away(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    placement = Placement()
    placement.set(0)
    assert (placement.near, placement.far) == ({0}, None)


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_a_thread_that_keeps_pythons_lock_is_moved(own_flows, places, tmp_path, kind):
    """Code of Python could do nothing about it."""
    near, far = places
    os.mkfifo(tmp_path / "fifo")
    script = own_flows.script(f"""
import ctypes, os, threading
def where(r):
    return os.sched_getaffinity(0)
{kind} f(r):
    descriptor = os.open({str(tmp_path / "fifo")!r}, os.O_RDWR)
    execute('SET', 'thread', threading.get_native_id())
    # Unlike CDLL's, its functions keep the lock.
    ctypes.PyDLL(None).read(descriptor, ctypes.create_string_buffer(1), 1)
    return os.sched_getaffinity(0)
for made in (f, where):
    GB('CommandReader').map(made).register(trigger=made.__name__)
""")
    ended = own_flows.start(script, 0, [b"t"])
    thread = int(own_flows.until(lambda: own_flows.keyspace.data)[b"thread"])
    while str(os.sched_getaffinity(thread)).encode() != far:
        pass
    assert not ended.has_ended()
    (tmp_path / "fifo").write_bytes(b"a")
    assert ended.wait().results == [far]
    # Others are where they were to be.
    while own_flows.trigger(script, index=1).results != [near]:
        pass
