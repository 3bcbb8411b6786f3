"""Who reads from the server."""

import select
import socket
import threading

import pytest
from redisai_flows import wire
from redisai_flows.asking import Asker, current
from redisai_flows.channel import Channel
from redisai_flows.errors import ServerGone

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


def test_who_need_not_wait_reads_what_is_there(ends):
    channel, heard, server = ends
    assert channel.take_role()
    assert channel.read(waits=False) == 0
    channel.post(wire.PONG, 1, 0)
    server.sendall(MESSAGE)
    assert channel.read(waits=False) == 1 and heard == [(wire.PING, 1)]
    # What was to be sent before the next read is sent.
    assert wire.Incoming().feed(server.recv(100)) == [(wire.PONG, 1, 0)]


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


class Worker:
    """A thread that sleeps until it is woken, and then asks; `then`, if given, is called with the answer."""

    def __init__(self, channel, question, then=lambda answer: None):
        self.answers = []
        self._bed = threading.Semaphore(0)

        def work():
            self._bed.acquire()
            channel.take_role()
            try:
                self.answers.append(channel.ask(0, question))
            except ServerGone:
                return
            then(self)
        self.thread = threading.Thread(target=work)
        self.thread.start()
        self.ident = self.thread.ident
        channel.keepers.add(self.ident)

    def wake(self):
        self._bed.release()


class Held(Asker):
    """Code for which the server's thread waits."""

    is_sync = True


@pytest.fixture
def two(ends):
    """Two workers of a channel: the first asks and has work for the second one, which asks as well.

    And what lets the second one end, and whether a question was sent when the second one was to be woken.
    """
    channel, _, server = ends
    wait = threading.Event()
    sent = []
    second = Worker(channel, "second", then=lambda worker: wait.wait())
    first = Worker(channel, "first")
    jobs = channel.jobs = [1]
    channel.has_work = lambda: bool(jobs)

    def find():
        jobs.clear()
        sent.append(bool(select.select([server], [], [], 0)[0]))
        return second
    channel.find_worker = find
    yield first, second, wait, sent
    # Whoever a failed test has left waiting ends without the server.
    server.shutdown(socket.SHUT_RDWR)
    wait.set()
    for worker in first, second:
        worker.wake()
        worker.thread.join()


def asked(server, *questions):
    """The numbers of these questions, which the channel sends, by their words."""
    incoming, numbers = wire.Incoming(), {}
    while len(numbers) < len(questions):
        numbers |= {message[3]: message[1] for message in incoming.feed(server.recv(1 << 16))}
    assert numbers.keys() == set(questions)
    return numbers


def answer(server, **numbers):
    server.sendall(b"".join(
        wire.encoded((wire.REPLY, number, False, word.encode())) for word, number in numbers.items()))


def test_a_question_travels_with_those_of_others_that_can_work(ends, two):
    channel, _, server = ends
    first, second, wait, sent = two
    first.wake()
    answer(server, **asked(server, "first", "second"))
    assert sent == [False]
    wait.set()
    second.thread.join()
    # Whoever has read goes on; the other one gets the role with its answer.
    assert second.answers == [b"second"] and first.answers == []
    assert channel.take_away_role(channel.turn) == second.ident
    first.thread.join()
    assert first.answers == [b"first"]


def test_who_has_read_gives_its_role_to_who_has_an_answer(ends, two):
    channel, _, server = ends
    first, second, wait, sent = two
    first.wake()
    answer(server, **asked(server, "first", "second"))
    while not second.answers:
        pass
    # As if the second one was this thread.
    channel._reader = threading.get_ident()
    assert channel.has_answered() and channel.leave_role_to_answered()
    first.thread.join()
    assert first.answers == [b"first"]
    assert not channel.has_answered() and not channel.leave_role_to_answered()


def test_after_a_long_step_questions_are_sent_at_once(ends, two):
    channel, _, server = ends
    first, second, wait, sent = two
    assert channel.take_role()
    channel.find_worker, find = lambda: None, channel.find_worker
    assert channel.take_away_role(channel.turn) == threading.get_ident()
    channel.find_worker = find
    first.wake()
    # Nobody reads before that.
    while not sent:
        pass
    assert sent == [True]
    answer(server, **asked(server, "first", "second"))
    first.thread.join()
    assert first.answers == [b"first"]


def test_who_holds_the_server_gives_its_role_to_nobody(ends, two):
    channel, _, server = ends
    first, second, wait, sent = two
    channel.keepers.add(threading.get_ident())
    assert channel.take_role()

    def serve():
        while not sent:
            pass
        answer(server, **asked(server, "held", "second"))
    thread = threading.Thread(target=serve)
    thread.start()
    token = current.set(Held(None, 1))
    try:
        assert channel.ask(1, "held") == b"held"
    finally:
        current.reset(token)
    thread.join()
    assert channel.is_reader() and sent == [True]
    # Its work was done beside it.
    wait.set()
    if not second.answers:
        channel.leave_role()
    second.thread.join()
    assert second.answers == [b"second"]


def test_who_holds_the_server_takes_the_role_from_who_works(ends):
    channel, _, server = ends
    others = threading.Thread(target=channel.take_role)
    others.start()
    others.join()
    assert channel.has_reader() and not channel.is_reader()
    channel.keepers.add(threading.get_ident())
    thread = threading.Thread(target=lambda: answer(server, **asked(server, "held")))
    thread.start()
    assert channel.ask(1, "held", is_held=True) == b"held"
    thread.join()
    assert channel.is_reader()
