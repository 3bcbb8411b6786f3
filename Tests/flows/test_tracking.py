"""What is known of keys until the server says otherwise."""

import sys
import threading
import time
import types
import weakref

import pytest
from redisai_flows import tracking, wire

WHO = types.SimpleNamespace(is_sync=False, is_atomic=False, number=7)


class Answer:
    """Something that a key holds."""


class Server:
    """Answers what keys hold, and says in which of two slots each is: its name's first letter, a or b."""

    def __init__(self):
        self.tracking = tracking.Tracking()
        self.channel = self
        self.keys = tracking.TrackedKeys(self, "find", lambda value: value)
        # (name, whether it shall be told) of each question.
        self.asked = []
        # Called between an answer and what is made of it.
        self.meanwhile = lambda: None

    def ask(self, take, is_held, number, operation, name, is_tracked):
        assert (is_held, number, operation) == (False, 7, "find")
        self.asked.append((name.decode(), is_tracked))
        self.meanwhile()
        if name == b"none":
            return take(None)
        return take((Answer(), name[0] - ord("a") if is_tracked else None))

    def find(self, name="a"):
        return self.keys.find(WHO, name)

    def learn(self, *names):
        """Asks until the answers are kept; those."""
        for name in names:
            self.find(name)
        return [self.find(name) for name in names]


@pytest.fixture
def server():
    return Server()


def test_what_is_asked_for_twice_is_known(server):
    known, = server.learn("a")
    assert server.find() is known and server.find() is known
    assert server.asked == [("a", False), ("a", True)]


def test_what_the_server_denies_is_asked_for_again(server):
    known = server.learn("a", "aa", "b")
    server.tracking.invalidate(0)
    assert server.find("a") not in known and server.find("aa") not in known
    assert server.find("b") is known[2]


def test_the_server_may_deny_all(server):
    known = server.learn("a", "b")
    server.tracking.invalidate(-1)
    assert server.find("a") is not known[0] and server.find("b") is not known[1]


def test_what_is_not_there_is_not_known(server):
    assert server.learn("none") == [None] and server.find("none") is None
    assert len(server.asked) == 3


def test_what_is_denied_before_it_is_kept_is_not(server):
    server.find()
    for number in (0, -1, 0):
        server.meanwhile = lambda number=number: server.tracking.invalidate(number)
        old = server.find()
        server.meanwhile = lambda: None
        assert server.find() is not old
        server.tracking.invalidate(0)
        server.find()


def test_what_is_denied_of_others_meanwhile_does_not_matter(server):
    server.learn("aa")
    server.find()
    server.meanwhile = lambda: server.tracking.invalidate(1)
    known = server.find()
    assert server.find() is known


def test_keys_that_change_each_time_are_tracked_seldom(server):
    for _ in range(1000):
        server.find()
        server.tracking.invalidate(0)
    tracked = sum(is_tracked for _, is_tracked in server.asked)
    assert len(server.asked) == 1000 and 15 < tracked < 30
    # One that was used is tracked soon again.
    server.learn("b")
    server.find("b")
    server.tracking.invalidate(1)
    del server.asked[:]
    server.learn("b")
    assert server.asked == [("b", False), ("b", True)]


def test_what_is_denied_is_let_go(server):
    known = [weakref.ref(answer) for answer in server.learn("a", "b")]
    server.tracking.invalidate(0)
    assert known[0]() is None and known[1]() is not None
    server.tracking.invalidate(-1)
    assert known[1]() is None


def test_only_so_many_keys_are_known(server):
    known = [weakref.ref(answer) for answer in server.learn(*(f"a{number}" for number in range(5000)))]
    assert len(server.keys._keys) <= 1000
    server.tracking.invalidate(-1)
    assert not any(answer() for answer in known)


def test_threads_find_nothing_that_was_denied(server):
    """The server's truth is a number that grows; it says so before anybody is told of that number."""
    truth, told, ends = [0], [0], threading.Event()
    failures = []

    def ask(take, is_held, number, operation, name, is_tracked):
        answer = truth[0]
        return take((answer, 0 if is_tracked else None))
    server.ask = ask
    server.keys = tracking.TrackedKeys(server, "find", lambda value: [value])

    def read():
        while not ends.is_set():
            least = told[0]
            found = server.find()[0]
            if found < least:
                failures.append((found, least))

    threads = [threading.Thread(target=read) for _ in range(4)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for number in range(1, 3000):
            truth[0] = number
            server.tracking.invalidate(0 if number % 10 else -1)
            told[0] = number
            if number % 3 == 0:
                time.sleep(0)
        ends.set()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
        ends.set()
    assert not failures


# In the process

READ = """
from redisAI import *
GB('CommandReader').map(lambda r: tensorToFlatList(getTensorFromKey('v'))).register(trigger='t')
"""


def learn(flows):
    """A script that knows what the key `v` holds, and the tensor's number."""
    flows.models.keys[b"v"] = ("FLOAT", [1], b"\0\0\0\0")
    flows.models.slot = 3
    script = flows.script(READ)
    for _ in range(4):
        assert flows.trigger(script).results == [b"[0.0]"]
    assert len(flows.models.held) == 2
    return script, max(flows.models.held)


def test_a_tensor_is_released_when_its_key_has_another(flows):
    script, number = learn(flows)
    flows.send(wire.INVALIDATE, 3)
    flows.until(lambda: number in flows.released)
    flows.models.keys[b"v"] = ("FLOAT", [1], b"\0\0\x80?")
    assert flows.trigger(script).results == [b"[1.0]"]


def test_all_that_is_known_is_released(flows):
    _, number = learn(flows)
    flows.send(wire.INVALIDATE, -1)
    flows.until(lambda: number in flows.released)


def test_tensors_of_one_answer_are_of_one_tensor(flows):
    script, number = learn(flows)
    asked = []
    flows.replies["tensor.data"] = lambda asker, held: asked.append(held) or b"\0\0\x80?"
    for _ in range(3):
        assert flows.trigger(script).results == [b"[1.0]"]
    assert asked == [number] * 3
