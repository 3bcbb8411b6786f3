"""Who reads from the server."""

import socket
import threading

import pytest
from redisai_flows import wire
from redisai_flows.channel import Channel

MESSAGE = wire.encoded((wire.PING, 1))


@pytest.fixture
def ends():
    """A channel, what it has handed out, and the server's end of its socket."""
    ours, servers = socket.socketpair()
    channel, heard = Channel(ours), []
    channel.dispatch = heard.append
    with ours, servers:
        yield channel, heard, servers


def test_who_has_the_role_reads(ends):
    channel, heard, server = ends
    assert channel.take_role()
    server.sendall(MESSAGE * 2)
    assert channel.read() == 2
    assert heard == [(wire.PING, 1)] * 2


def test_who_has_lost_the_role_reads_nothing(ends):
    """It may be taken away between the look at it and the read, where a thread has to wait for others."""
    channel, heard, server = ends
    assert channel.take_role()
    server.sendall(MESSAGE)
    assert channel.take_away_role(channel.turn) == threading.get_ident()
    assert channel.read() == 0 and heard == []
    others = threading.Thread(target=lambda: channel.take_role() and channel.read())
    others.start()
    others.join()
    assert heard == [(wire.PING, 1)]
    assert channel.read() == 0


def test_a_role_is_not_taken_from_who_reads(ends):
    channel, heard, server = ends
    reader = threading.Thread(target=lambda: channel.take_role() and channel.read())
    reader.start()
    # It reads, or is about to.
    while channel.is_busy() or not channel.has_reader():
        pass
    assert channel.take_away_role(channel.turn) is None
    server.sendall(MESSAGE)
    reader.join()
    assert heard == [(wire.PING, 1)]
