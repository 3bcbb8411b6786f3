"""Messages as bytes."""

import ast
import json
import pathlib

import pytest
from redisai_flows import wire

MESSAGES = [(wire.PING, 1), (wire.START, 2, 3, 4, [[b"a", b"\xff"], []]),
            (wire.REPLY, 1, False, {"k": [None, 1.5]})]

# Made by make_messages.py beside it; the tests of the other side read it too.
STORED = json.loads((pathlib.Path(__file__).parents[1] / "Fixtures" / "flows" / "messages.json").read_text())


@pytest.mark.parametrize("stored", STORED, ids=lambda stored: f"{stored['from']}: {stored['name']}")
def test_a_message_is_what_it_was(stored):
    message, data = ast.literal_eval(stored["value"]), bytes.fromhex(stored["bytes"])
    assert wire.encoded(message) == data
    assert wire.Incoming().feed(data) == [message]


def test_messages_are_cut_from_any_pieces():
    data = b"".join(map(wire.encoded, MESSAGES))
    for size in range(1, len(data) + 1):
        incoming = wire.Incoming()
        found = []
        for start in range(0, len(data), size):
            found += incoming.feed(data[start:start + size])
        assert found == MESSAGES
        assert incoming.missing == 0


def test_what_is_missing_is_known():
    data = wire.encoded(MESSAGES[1])
    incoming = wire.Incoming()
    assert incoming.feed(data[:2]) == []
    assert incoming.missing == 2
    assert incoming.feed(data[2:10]) == []
    assert incoming.missing == len(data) - 10


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


def test_this_python_writes_what_the_server_reads():
    wire.check_format()
