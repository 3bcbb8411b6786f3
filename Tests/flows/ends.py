"""A channel with threads of its own, and what they do."""

import select
import socket
import threading

from incoming import Incoming
from redisai_flows import wire
from redisai_flows.channel import Channel, Lane

PATIENCE = 60
MESSAGE = wire.encoded((wire.PING, 1))
URGENT = 2


class Ends:
    """A channel with threads of its own, and the server's end of its socket."""

    def __init__(self, workers=8):
        ours, self.server = socket.socketpair()
        self._ours = ours
        self.server.settimeout(PATIENCE)
        self.channel = Channel(ours.fileno(), workers, URGENT)
        self.heard, self.ends, self.threads, self.moves = [], [], [], []
        self.dispatch = self.heard.append
        self.channel.handlers = {
            kind: lambda *rest, kind=kind: self.dispatch((kind, *rest)) for kind in (wire.PING, wire.LOG)}
        self.channel.on_end = self.ends.append
        self.channel.make_worker = self._make
        self.channel.move = lambda *move: self.moves.append(move)
        self.lane = Lane(3)
        self.urgent = Lane(URGENT, True)
        self._incoming = Incoming()
        self._asked = {}

    def _make(self, worker):
        thread = threading.Thread(target=self.channel.work, args=(worker,), daemon=True)
        thread.start()
        self.threads.append(thread)

    def begin(self):
        """Has a thread read."""
        self.channel.begin()
        self.until_someone_reads()

    def until_someone_reads(self):
        while self.channel.is_busy():
            pass

    def question(self, words):
        """The number of this question, which is sent now or before; others are kept."""
        while words not in self._asked:
            data = self.server.recv(1 << 16)
            if not data:
                raise EOFError
            for message in self._incoming.feed(data):
                if message[0] == wire.CALL:
                    self._asked[message[3]] = message[1]
        return self._asked.pop(words)

    def answer(self, *words, failed=False):
        """Answers these questions, each with its own words, at once."""
        self.server.sendall(b"".join(
            wire.encoded((wire.REPLY, self.question(word), failed, word.encode())) for word in words))

    def is_sent(self):
        """Whether something is there that the server has not read."""
        return bool(select.select([self.server], [], [], 0)[0])

    def stop(self):
        self.server.close()
        for thread in self.threads:
            thread.join(0.01)


class Job:
    """Something that a thread does, for tests to wait for; `then` comes after its questions."""

    def __init__(self, ends, *questions, is_held=False, then=lambda: None):
        self.answers = []
        self.began, self.ended = threading.Event(), threading.Event()
        self._ends, self._questions, self._is_held, self._then = ends, questions, is_held, then

    def __call__(self):
        self.began.set()
        self.thread = threading.get_ident()
        for question in self._questions:
            self.answers.append(self._ends.channel.ask(None, self._is_held, 0, question))
        self._then()
        self.ended.set()

    def wait(self):
        assert self.ended.wait(PATIENCE)
        return self.answers


def started(ends, *jobs):
    """Has the reader read of these jobs at once."""
    ends.dispatch = lambda message: [ends.channel.submit(ends.lane, job) for job in jobs]
    ends.server.sendall(MESSAGE)
