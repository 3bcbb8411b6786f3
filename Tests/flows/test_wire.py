"""Messages as bytes."""

import ast
import json
import pathlib

import pytest
from incoming import Incoming, framed
from redisai_flows import wire

MESSAGES = [(wire.PING, 1), (wire.START, 2, 3, 4, [[b"a", b"\xff"], []]),
            (wire.REPLY, 1, False, {"k": [None, 1.5]}),
            (wire.LOG, 0, [0, -1, 1 << 15, (1 << 31) - 1, 1 << 31, -(1 << 31), -(1 << 31) - 1, 1 << 45,
                           1 << 60, -(1 << 62), (1 << 63) - 1, -(1 << 63)]),
            (wire.LOG, 0, [0.0, -0.0, 1e300, float("inf"), True, False])]

# Made by make_messages.py beside it; the tests of the other side read it too.
STORED = json.loads((pathlib.Path(__file__).parents[1] / "Fixtures" / "flows" / "messages.json").read_text())


@pytest.mark.parametrize("stored", STORED, ids=lambda stored: f"{stored['from']}: {stored['name']}")
def test_a_message_is_what_it_was(stored):
    message, data = ast.literal_eval(stored["value"]), bytes.fromhex(stored["bytes"])
    assert wire.encoded(message) == data
    assert wire.decoded(data[4:]) == message


def test_a_message_that_is_too_long_is_not_made():
    wire.encoded((wire.LOG, 0, b"a" * (wire.MESSAGE_LIMIT - 100)))
    with pytest.raises(wire.MessageTooLong):
        wire.encoded((wire.LOG, 0, b"a" * wire.MESSAGE_LIMIT))


def test_what_does_not_travel_is_not_made():
    with pytest.raises(ValueError):
        wire.encoded((wire.LOG, 0, object()))


def test_text_that_comes_twice_is_written_twice():
    # The server knows no references, which later versions of the format have.
    name = "a" * 30
    data = wire.encoded((wire.LOG, 0, [name, name]))
    assert data.count(name.encode()) == 2


@pytest.mark.parametrize("message", MESSAGES)
def test_the_format_is_python_s_own(message):
    assert wire.encoded(message) == framed(message)
    assert wire.decoded(framed(message)[4:]) == message


@pytest.mark.parametrize("value", [
    {1}, frozenset([1]), 1j, ..., StopIteration, object(),
    test_the_format_is_python_s_own.__code__,
    1 << 63, -(1 << 63) - 1, "\ud800", "a\udcff"])
@pytest.mark.parametrize("place", [
    lambda value: value, lambda value: [value], lambda value: (None, [value, b"a"]),
    lambda value: {"k": value}])
def test_what_the_server_would_not_read_is_not_made(value, place):
    with pytest.raises(ValueError):
        wire.encoded((wire.LOG, 0, place(value)))


def test_keys_are_looked_at_like_values():
    with pytest.raises(ValueError):
        wire.encoded((wire.LOG, 0, {"\ud800": 1}))
    with pytest.raises(ValueError):
        wire.encoded((wire.LOG, 0, {1j: 1}))


@pytest.mark.parametrize("value", [
    (1 << 63) - 1, -(1 << 63), "\xe9\U0001f600\0", True, None, -0.5, b"\xff", [], (), {}, {b"k": (1,)}])
def test_what_the_server_reads_is_made(value):
    data = wire.encoded((wire.LOG, 0, value))
    assert data == framed((wire.LOG, 0, value)) and wire.decoded(data[4:]) == (wire.LOG, 0, value)


@pytest.mark.parametrize("value", [bytearray(b"a"), memoryview(b"a")])
def test_buffers_travel_as_bytes(value):
    assert Incoming().feed(wire.encoded((wire.LOG, 0, value))) == [(wire.LOG, 0, b"a")]


def nested(levels):
    value = b"a"
    for _ in range(levels):
        value = [value]
    return value


def test_a_message_has_so_many_levels():
    wire.encoded((wire.LOG, 0, nested(wire.DEPTH_LIMIT - 1)))
    for levels in (wire.DEPTH_LIMIT, 500, 100_000):
        with pytest.raises(ValueError):
            wire.encoded((wire.LOG, 0, nested(levels)))


@pytest.mark.parametrize("item", [None, 1, b"a"])
def test_a_message_has_so_many_values(item):
    # The message itself, its kind and number, and the list are values as well.
    wire.encoded((wire.LOG, 0, [item] * (wire.VALUE_LIMIT - 4)))
    with pytest.raises(wire.MessageTooLong):
        wire.encoded((wire.LOG, 0, [item] * (wire.VALUE_LIMIT - 3)))
