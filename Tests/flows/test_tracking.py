"""What is known of keys until the server says otherwise."""

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
    server.meanwhile = lambda: server.tracking.invalidate(0)
    old = server.find()
    server.meanwhile = lambda: None
    assert server.find() is not old


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


def test_what_is_known_is_asked_for_after_a_second(server, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(tracking, "monotonic", lambda: now[0])
    known, = server.learn("a")
    now[0] += 0.9
    assert server.find() is known
    now[0] += 0.2
    renewed = server.find()
    assert renewed is not known and server.find() is renewed
    assert server.asked == [("a", False), ("a", True), ("a", True)]


def test_what_is_denied_is_let_go(server):
    known = [weakref.ref(answer) for answer in server.learn("a", "b")]
    server.tracking.invalidate(0)
    assert known[0]() is None and known[1]() is not None
    server.keys.end()
    assert known[1]() is None
    # Nothing is kept from then on.
    known = [weakref.ref(answer) for answer in server.learn("a")]
    assert known[0]() is None


def test_only_so_many_keys_are_known(server):
    names = [f"a{number}" for number in range(5000)]
    server.learn(*names)
    assert len(server.keys._keys) <= 1000
    assert sum(len(slot.keys) for slot in server.tracking.slots) <= 1000


# In the process

READ = """
from redisAI import *
GB('CommandReader').map(lambda r: tensorToFlatList(getTensorFromKey('v'))).register(trigger='t')
"""


def learn(flows):
    """A script that knows what the key `v` holds, and the tensor's number."""
    flows.models.keys[b"v"] = ("FLOAT", [1], b"\0\0\0\0")
    flows.replies["tensor.find"] = lambda asker, key, is_tracked: (
        flows.models.tensor_get(asker, [key])[0], 3 if is_tracked else None)
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


def test_a_tensor_is_released_when_its_session_goes(flows):
    script, number = learn(flows)
    flows.send(wire.DROP, script.number)
    flows.until(lambda: number in flows.released)


def test_large_elements_are_shown_to_all_who_read_them(flows):
    """Tensors of one answer share what the server shows."""
    flows.models.keys[b"v"] = ("UINT8", [20_000], b"\1" * 20_000)
    flows.replies["tensor.find"] = lambda asker, key, is_tracked: (
        flows.models.tensor_get(asker, [key])[0], 3 if is_tracked else None)
    script = flows.script(READ.replace("tensorToFlatList(getTensorFromKey('v'))", """[
        sum(tensorToFlatList(getTensorFromKey('v'))) for _ in range(5)]"""))
    assert flows.trigger(script).results == [b"[20000, 20000, 20000, 20000, 20000]"]
