"""The load of flow_kills.py: clients that know what must be true after an end at any moment."""

import collections
import random
import threading
import time

import redis

from flow_server import NO_TRIGGER, PYTHON_ENDED, STARTING, Connection, is_soon, registrations

LIMIT_SECONDS = 120
SESSIONS = 10
TRIGGER_CLIENTS = 4
PAUSE_SECONDS = 0.005
# A trigger answers with one of these, if not with its value.
EXPLAINED = (PYTHON_ENDED, STARTING, "LOADING ", "BUSY ", "the flow has held the server")
LOST = (redis.exceptions.ConnectionError, OSError)
BASE = """
import asyncio, time
GB('CommandReader').map(lambda words: words[1]).register(trigger='echo')
GB('CommandReader').map(lambda words: execute('INCR', words[1])).register(trigger='count')
GB('CommandReader').map(lambda words: execute('INCR', words[1])).register(trigger='in order', inorder=True)
GB('CommandReader').map(lambda words: execute('INCR', words[1])).register(trigger='sync', mode='sync')
def slow(words):
    time.sleep(0.05)
    return execute('INCR', words[1])
GB('CommandReader').map(slow).register(trigger='slow')
async def wait(words):
    await asyncio.sleep(0.01)
    return await executeAsync('INCR', words[1])
GB('CommandReader').map(wait).register(trigger='coroutine')
def both(words):
    with atomic():
        return [execute('INCR', words[1]), execute('INCR', words[1] + ':twin')]
GB('CommandReader').map(both).register(trigger='atomic')
def note(entry):
    execute('HINCRBY', 'seen', entry['value']['n'], 1)
GB('StreamReader').foreach(note).register('one:*')
GB('StreamReader').foreach(note).register('few:*', batch=5, duration=50, onFailedPolicy='retry')
GB('StreamReader').foreach(note).register('sync:*', mode='sync')
GB('KeysReader').foreach(lambda r: execute('SET', 'copy', r['value'])).register('key:*', eventTypes=['set'])
GB('KeysReader').foreach(lambda r: execute('SET', 'copy', r['value'])).register('skey:*', mode='sync')
"""
STREAMS = ("one:0", "one:1", "few:0", "few:1", "sync:0")
COUNTS = ("count", "in order", "sync", "slow", "coroutine")


class Client:
    """A thread that works until it is stopped, with a connection that it makes again when it is lost."""

    def __init__(self, load, seed):
        self.load, self.random = load, random.Random(seed)
        self.connection = None
        self.thread = threading.Thread(target=self.work, daemon=True)

    def work(self):
        while not self.load.stop.is_set() and not self.load.faults:
            try:
                if self.connection is None:
                    self.connection = Connection(self.load.server.socket)
                    self.begin()
                self.act()
            except redis.exceptions.TimeoutError:
                self.load.fault(f"{type(self).__name__}: no answer for a minute to {self.doing()}")
            except redis.exceptions.BusyLoadingError:
                time.sleep(0.01)
            except LOST as error:
                self.lose(error)
            except Exception as error:
                self.load.fault(f"{type(self).__name__}: {type(error).__name__}: {error}, {self.doing()}")

    def lose(self, error):
        if self.connection is not None and not self.load.ends:
            self.load.fault(f"{type(self).__name__}: connection lost, {self.doing()}: {error}")
        self.connection = None
        time.sleep(0.005)

    def call(self, *words):
        self.words = words
        return self.connection.call(*words)

    def doing(self):
        return " ".join(map(str, getattr(self, "words", ())))[:200]

    def begin(self):
        """After each connect."""


class Triggers(Client):
    """Sends triggers; a counter never gives the same number twice, nor one that it has given before."""

    def __init__(self, load, seed):
        super().__init__(load, seed)
        self.key = f"count:{seed}"
        self.last = self.twins = self.sent = 0

    def act(self):
        name = self.random.choice(("echo", "atomic", *COUNTS))
        try:
            getattr(self, name, self.count)(name)
            self.load.tally["answered"] += 1
        except redis.exceptions.BusyLoadingError:
            raise
        except redis.exceptions.ResponseError as error:
            if not str(error).startswith(EXPLAINED):
                self.load.fault(f"trigger {name}: {error}")
            self.load.tally[f"'{error}'"] += 1
        except redis.exceptions.TimeoutError:
            raise
        except LOST:
            self.load.tally["closed"] += 1
            raise
        time.sleep(PAUSE_SECONDS)

    def echo(self, name):
        word = str(self.random.random()).encode()
        answer = self.call("RG.TRIGGER", name, word)
        if answer != [word]:
            self.load.fault(f"echo of {word} gave {answer}")

    def count(self, name):
        self.sent += 1
        number = int(self.call("RG.TRIGGER", name, self.key)[0])
        if not self.last < number <= self.sent:
            self.load.fault(f"{name}: {number} after {self.last} and {self.sent} triggers")
        self.last = number

    def atomic(self, name):
        found = self.call("RG.TRIGGER", name, self.key + ":pair")
        first, second = eval(found[0])
        # The process may end between two commands of an atomic block, but the server writes all or none.
        if first != second and self.load.ends or first <= self.twins:
            self.load.fault(f"atomic: {first} and {second} after {self.twins}")
        self.twins = first


class Entries(Client):
    """Adds entries to streams."""

    def act(self):
        number = self.load.next_entry()
        try:
            self.call("XADD", self.random.choice(STREAMS), "*", "n", number)
            self.load.added.append(number)
            self.call("SET", self.random.choice(("key:1", "skey:1")), number)
        except redis.exceptions.BusyLoadingError:
            raise
        time.sleep(2 * PAUSE_SECONDS)


class Files(Client):
    """Has the server save and rewrite."""

    def act(self):
        try:
            self.call(*self.random.choice((("BGSAVE",), ("BGREWRITEAOF",))))
        except redis.exceptions.BusyLoadingError:
            raise
        except redis.exceptions.ResponseError:
            pass  # One is under way.
        time.sleep(self.random.uniform(0.05, 1))


class Sessions(Client):
    """Makes, upgrades and removes sessions; after each connect all must be as they were acknowledged.

    `possible` has for each session what it may be: a version, or None if it is not there. There are two only
    after a command whose reply has not come.
    """

    def __init__(self, load, seed):
        super().__init__(load, seed)
        self.possible = {number: {None} for number in range(SESSIONS)}
        self.version = 0

    def begin(self):
        if not self.load.is_set_up.is_set():
            self.set_up()
        self.look_at_all()

    def set_up(self):
        if "base" not in self.names():
            self.call("RG.PYEXECUTE", BASE, "ID", "base")
        self.load.is_set_up.set()

    def names(self):
        found = self.call("RG.PYDUMPSESSIONS")
        return {dict(zip(entry[::2], entry[1::2]))[b"ID"].decode() for entry in found}

    def act(self):
        number = self.random.randrange(SESSIONS)
        action = self.random.choices((self.register, self.remove, self.look_at), (6, 2, 2))[0]
        action(number)
        if not self.load.ends and self.random.random() < 0.05:
            self.look_at_all()
        time.sleep(PAUSE_SECONDS)

    def register(self, number):
        self.version += 1
        text = (f"GB('CommandReader').map(lambda _: '{self.version}').register(trigger='first {number}')\n"
                f"GB('CommandReader').map(lambda _: '{self.version}').register(trigger='second {number}')\n"
                f"GB('StreamReader').foreach(lambda _: 1).register('none:{number}')")
        self.change(number, self.version, text)

    def remove(self, number):
        self.change(number, None, "pass")

    def change(self, number, version, source):
        before = self.possible[number]
        self.possible[number] = before | {version}
        try:
            answer = self.call("RG.PYEXECUTE", source, "ID", f"s{number}", "UPGRADE")
        except redis.exceptions.BusyLoadingError:
            self.possible[number] = before
            raise
        except redis.exceptions.ResponseError as error:
            if str(error) != PYTHON_ENDED:
                self.load.fault(f"registration: {error}")
            # An error says that nothing has changed.
            self.possible[number] = before
            self.load.tally["refused registrations"] += 1
            return
        if answer != b"OK":
            self.load.fault(f"registration: {answer}")
        self.possible[number] = {version}
        self.load.tally["registrations"] += 1

    def look_at(self, number):
        """Both triggers of a session answer with one version, which it may have."""
        for _ in range(1000):
            found = [self.version_of(f"{place} {number}") for place in ("first", "second")]
            if PYTHON_ENDED not in found:
                break
        if found[0] != found[1] or found[0] not in self.possible[number]:
            self.load.fault(f"session s{number} answers {found}, not {self.possible[number]}")
        self.possible[number] = {found[0]}

    def version_of(self, trigger):
        try:
            return int(self.call("RG.TRIGGER", trigger)[0])
        except redis.exceptions.BusyLoadingError:
            raise
        except redis.exceptions.ResponseError as error:
            return None if str(error) == NO_TRIGGER else str(error)

    def look_at_all(self):
        triggers = {
            data["args"]["trigger"].decode() for reader, data in registrations(self).values()
            if reader == "CommandReader"}
        streams = sum(reader == "StreamReader" for reader, _ in registrations(self).values())
        for number, versions in self.possible.items():
            listed = {f"{place} {number}" in triggers for place in ("first", "second")}
            if len(listed) > 1 or len(versions) == 1 and listed == {None in versions}:
                self.load.fault(f"session s{number} is listed: {listed}, may be {versions}")
        missing = {"echo", "atomic", *COUNTS} - triggers
        if missing or streams < 3:
            self.load.fault(f"the first session has lost {missing}, of streams {streams} are left")
        for number in self.possible:
            self.look_at(number)
        self.load.tally["looks at all"] += 1


class Load:
    """All clients of one server, and what they have seen.

    - Parameter ends: whether the server is killed, so that connections may be lost.
    """

    def __init__(self, server, random_numbers, ends):
        self.server, self.ends = server, ends
        self.stop, self.is_set_up = threading.Event(), threading.Event()
        self.faults, self.added = [], []
        # Of the server, when the first fault was seen.
        self.state = ""
        self.tally = collections.Counter()
        self.lock = threading.Lock()
        self.entry = 0
        seed = random_numbers.randrange(1 << 32)
        self.sessions = Sessions(self, f"{seed} sessions")
        self.others = [Triggers(self, f"{seed}-{number}") for number in range(TRIGGER_CLIENTS)]
        self.others += [Entries(self, f"{seed} entries"), Files(self, f"{seed} files")]

    def fault(self, text):
        if not self.faults:
            self.state = self.server.state()
        self.faults.append(text)

    def next_entry(self):
        with self.lock:
            self.entry += 1
            return self.entry

    def start(self):
        self.sessions.thread.start()
        while not self.is_set_up.wait(0.01) and not self.faults:
            pass
        for client in self.others:
            client.thread.start()

    def finish(self):
        """Ends the load and looks whether all that was to happen has happened."""
        self.stop.set()
        for client in [self.sessions, *self.others]:
            client.thread.join(LIMIT_SECONDS)
            if client.thread.is_alive():
                self.fault(f"{type(client).__name__} is stuck at {client.doing()}")
        if self.faults:
            return
        if not is_soon(self.server.answers):
            return self.fault("the server does not answer")
        with Connection(self.server.socket) as connection:
            self.sessions.connection = connection
            self.sessions.look_at_all()
            if not is_soon(lambda: not self.unseen(connection), LIMIT_SECONDS):
                self.fault(f"entries were not processed: {sorted(self.unseen(connection))[:20]}")
            if not is_soon(lambda: not self.left(connection), LIMIT_SECONDS):
                self.fault(f"entries are left in streams: {self.left(connection)}")
            self.tally["entries"] = len(self.added)
            again = [int(count) for count in connection.call("HVALS", "seen")]
            self.tally["entries seen again"] = sum(count > 1 for count in again)

    def unseen(self, connection):
        return set(self.added) - set(map(int, connection.call("HKEYS", "seen")))

    def left(self, connection):
        return [(key, count) for key in STREAMS if (count := connection.call("XLEN", key))]

    def line(self):
        return ", ".join(f"{count} x {what}" for what, count in self.tally.items())
