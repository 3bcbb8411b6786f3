#!/usr/bin/env python3
"""16 clients of flows, while the server saves, rewrites and gets replicas: every value is checked.

Triggers of all modes, events of keys and streams, models of all runtimes that flows run (with and without
waiting, and in DAGs), tensors that go in and out, scripts that run at once and sessions that are upgraded.
Meanwhile BGSAVE and BGREWRITEAOF are sent in turn, and a replica comes, must become equal, answers triggers
that read, and goes. The verdict asks for right values and nothing that is stuck, for one Python process from
the beginning to the end, and for memory and descriptors of both processes that are flat after the first fifth
of the time.
"""

import argparse
import functools
import random
import threading

import numpy
import redis

from all_runtimes import FILES, WIDTH, store
from flow_server import (
    REPLY_LIMIT_SECONDS, FlowServer, add_flow_arguments, is_soon, pairs, registrations)
from flow_watch import Watch
from soak import soak

CLIENTS = 16
LARGE = 150_000  # floats: 600 KB
SCRIPT = """
def plus(tensors: List[Tensor], keys: List[str], args: List[str]):
    return tensors[0] + tensors[1]
"""
FLOWS = """
import asyncio
from redisAI import *

def count(words):
    return execute('INCRBY', words[1], words[2])
async def count_later(words):
    await asyncio.sleep(0.001)
    return await executeAsync('INCRBY', words[1], words[2])
def twice(words):
    with atomic():
        return [execute('INCR', words[1]), execute('INCR', words[1])]
async def many(words):
    found = await asyncio.gather(*(executeAsync('ECHO', str(number)) for number in range(int(words[1]))))
    return found == [str(number) for number in range(int(words[1]))]
def runner(model, a, b):
    made = createModelRunner(model)
    modelRunnerAddInput(made, 'a', getTensorFromKey(a))
    modelRunnerAddInput(made, 'b', getTensorFromKey(b))
    modelRunnerAddOutput(made, 'sum')
    modelRunnerAddOutput(made, 'difference')
    return made
def put(own, tensors):
    msetTensorsInKeyspace({own + name: tensor for name, tensor in zip(('s', 'd'), tensors)})
def run(words):
    put(words[2], modelRunnerRun(runner(words[1], words[2] + 'a', words[2] + 'b')))
async def run_later(words):
    put(words[2], await modelRunnerRunAsync(runner(words[1], words[2] + 'a', words[2] + 'b')))
async def run_dag(words):
    dag = createDAGRunner()
    dag.Input('a', getTensorFromKey(words[2] + 'a')).Input('b', getTensorFromKey(words[2] + 'b'))
    dag.ModelRun(name=words[1], inputs=['a', 'b'], outputs=['s', 'd'])
    put(words[2], await dag.TensorGet('s').TensorGet('d').Run())
async def run_script(words):
    made = createScriptRunner('script', 'plus')
    scriptRunnerAddInput(made, getTensorFromKey(words[1] + 'a'))
    scriptRunnerAddInput(made, getTensorFromKey(words[1] + 'b'))
    scriptRunnerAddOutput(made)
    setTensorInKey(words[1] + 's', (await scriptRunnerRunAsync(made))[0])
def copy(words):
    tensor = getTensorFromKey(words[1])
    blob = tensorGetDataAsBlob(tensor)
    setTensorInKey(words[2], createTensorFromBlob('FLOAT', tensorGetDims(tensor), blob))
def fail(words):
    raise ValueError(words[1])
def command(function, name, **more):
    GB('CommandReader').map(function).register(trigger=name, **more)
command(lambda words: words[1:], 'echo')
command(count, 'count')
command(count, 'count in order', inorder=True)
command(count, 'count sync', mode='sync')
command(count_later, 'count later')
command(count_later, 'count sync later', mode='sync')
command(twice, 'twice')
command(many, 'many')
command(run, 'run')
command(run, 'run sync', mode='sync')
command(run_later, 'run later')
command(run_dag, 'run dag')
command(run_script, 'run script')
command(copy, 'copy')
command(fail, 'fail')
GB('KeysReader').foreach(lambda r: execute('SET', 'copy:' + r['key'], r['value'])).register(
    'later:*', eventTypes=['set'])
GB('KeysReader').foreach(lambda r: execute('SET', 'copy:' + r['key'], r['value'])).register(
    'now:*', eventTypes=['set'], mode='sync')
def note(entry):
    execute('RPUSH', entry['key'] + ':seen', entry['value']['n'])
GB('StreamReader').foreach(note).register('one:*')
GB('StreamReader').foreach(note).register('few:*', batch=4, duration=20, onFailedPolicy='retry')
GB('StreamReader').foreach(note).register('sync:*', mode='sync')
"""
RUNS = ("run", "run sync", "run later", "run dag")
COUNTS = ("count", "count in order", "count sync", "count later", "count sync later")
EVENT_SECONDS = 30


class Client:
    """One client with keys of its own; `act` is as `soak` wants it."""

    def __init__(self, connection, number):
        self.connection = connection
        self.random = random.Random(number)
        self.numbers = numpy.random.default_rng(number)
        self.own = f"client{number}:"
        self.number = number
        self.total = int(connection.get(self.own + "count") or 0)
        self.pairs = int(connection.get(self.own + "pairs") or 0)
        self.version = 0
        self.actions = {
            self.echo: 4, self.count: 8, self.twice: 2, self.many: 1, self.model: 8, self.script: 2,
            self.large: 1, self.fail: 2, self.key: 3, self.stream: 3, self.run_at_once: 1, self.upgrade: 0.5}

    def act(self):
        action, = self.random.choices(list(self.actions), self.actions.values())
        wrong = action()
        return action.__name__, [], [f"{action.__name__}: {wrong}"] if wrong else []

    def trigger(self, *words):
        return self.connection.execute_command("RG.TRIGGER", *words)

    def echo(self):
        words = [str(self.random.random()) for _ in range(self.random.randint(0, 5))]
        found = self.trigger("echo", *words)
        return None if found == [str(words).encode()] else f"{found} is not {words}"

    def count(self):
        name, step = self.random.choice(COUNTS), self.random.randint(1, 100)
        self.total += step
        found = self.trigger(name, self.own + "count", step)
        return None if found == [b"%d" % self.total] else f"{name}: {found} is not {self.total}"

    def twice(self):
        self.pairs += 2
        found = self.trigger("twice", self.own + "pairs")
        expected = str([self.pairs - 1, self.pairs]).encode()
        return None if found == [expected] else f"{found} is not {expected}"

    def many(self):
        found = self.trigger("many", self.random.randint(1, 64))
        return None if found == [b"True"] else found

    def set_tensors(self):
        rows = self.random.randint(1, 6)
        made = [self.numbers.integers(-99, 99, (rows, WIDTH)).astype("f4") for _ in range(2)]
        for name, content in zip("ab", made):
            self.connection.execute_command(
                "AI.TENSORSET", self.own + name, "FLOAT", *content.shape, "BLOB", content.tobytes())
        return made

    def tensor(self, name):
        return self.connection.execute_command("AI.TENSORGET", self.own + name, "BLOB")

    def model(self):
        backend = self.random.choice([runtime.backend for runtime in FILES])
        key, name = self.random.choice(("alone", "batched")), self.random.choice(RUNS)
        a, b = self.set_tensors()
        self.trigger(name, f"{backend}:{key}", self.own)
        found = [self.tensor(name) for name in "sd"]
        is_right = found == [(a + b).tobytes(), (a - b).tobytes()]
        return None if is_right else f"{name} of {backend}:{key}: wrong values"

    def script(self):
        a, b = self.set_tensors()
        self.trigger("run script", self.own)
        return None if self.tensor("s") == (a + b).tobytes() else "wrong values"

    def large(self):
        content = numpy.full(LARGE, self.random.random(), "f4").tobytes()
        self.connection.execute_command("AI.TENSORSET", self.own + "large", "FLOAT", LARGE, "BLOB", content)
        self.trigger("copy", self.own + "large", self.own + "copy")
        return None if self.tensor("copy") == content else "wrong values"

    def fail(self):
        word = str(self.random.random())
        try:
            return f"a failing flow answers {self.trigger('fail', word)}"
        except redis.exceptions.ResponseError as error:
            return None if f"ValueError: {word}" in str(error) else str(error)

    def key(self):
        kind, value = self.random.choice(("later", "now")), str(self.random.random()).encode()
        key = f"{kind}:{self.own}"
        self.connection.set(key, value)
        # What runs with the server waiting has ended before the reply; nobody else sets the key.
        seconds = EVENT_SECONDS if kind == "later" else 0
        is_there = is_soon(lambda: self.connection.get("copy:" + key) == value, seconds)
        return None if is_there else f"{kind}: {self.connection.get('copy:' + key)} is not {value}"

    def stream(self):
        kind = self.random.choice(("one", "few", "sync"))
        key = f"{kind}:{self.own}"
        numbers = [str(self.random.random()).encode() for _ in range(self.random.randint(1, 6))]
        self.connection.delete(key + ":seen")
        for number in numbers:
            self.connection.xadd(key, {"n": number})
        is_there = is_soon(
            lambda: self.connection.llen(key + ":seen") >= len(numbers)
            and self.connection.xlen(key) == 0, EVENT_SECONDS)
        found = self.connection.lrange(key + ":seen", 0, -1)
        return None if is_there and found == numbers else f"{kind}: {found} is not {numbers}"

    def run_at_once(self):
        source = "GB('PythonReader').filter(lambda n: n % 2).run(lambda: iter(range(6)))"
        if self.random.random() < 0.5:
            found = self.connection.execute_command("RG.PYEXECUTE", source)
        else:
            name = self.connection.execute_command("RG.PYEXECUTE", source, "UNBLOCKING")
            found = self.connection.execute_command("RG.GETRESULTSBLOCKING", name)
            self.connection.execute_command("RG.DROPEXECUTION", name)
        return None if found == [[b"1", b"3", b"5"], []] else found

    def upgrade(self):
        self.version += 1
        source = f"GB('CommandReader').map(lambda _: {self.version}).register(trigger='{self.own}')"
        name = f"session{self.number}"
        answer = self.connection.execute_command("RG.PYEXECUTE", source, "ID", name, "UPGRADE")
        found = self.trigger(self.own)
        is_right = answer == b"OK" and found == [b"%d" % self.version]
        return None if is_right else f"{answer}, {found} is not {self.version}"


class Disturbance:
    """Saves, rewrites and replicas, one after the other, until told to stop."""

    def __init__(self, server, options):
        self.server, self.options = server, options
        self.stop = threading.Event()
        self.rounds, self.problems = 0, []
        self.thread = threading.Thread(target=self.run)

    def run(self):
        with self.server.client() as client:
            while not self.stop.is_set() and not self.problems:
                for step in (self.save, self.rewrite, self.replicate):
                    try:
                        step(client)
                    except (redis.exceptions.RedisError, SystemExit) as error:
                        self.problems.append(f"{step.__name__}: {type(error).__name__}: {error}")
                self.rounds += 1

    def save(self, client):
        client.bgsave(schedule=True)
        self.stop.wait(1)

    def rewrite(self, client):
        try:
            client.bgrewriteaof()
        except redis.exceptions.ResponseError as error:
            # The server does it by itself, too, when the file has grown.
            if "already in progress" not in str(error):
                raise
        self.stop.wait(1)

    def replicate(self, client):
        port = client.config_get("port")["port"]
        with FlowServer(self.options) as replica, replica.client() as other:
            other.execute_command("REPLICAOF", "127.0.0.1", port)
            if not is_soon(lambda: self.is_equal(client, other)):
                self.problems.append("a replica did not become equal")
                return
            found = other.execute_command("RG.TRIGGER", "echo", "a")
            if found != [b"['a']"]:
                self.problems.append(f"a trigger of a replica gave {found}")
            with replica.connect() as one, self.server.connect() as two:
                fixed = [set(name for name in registrations(connection) if name in self.first)
                         for connection in (one, two)]
                if fixed[0] != fixed[1]:
                    self.problems.append("a replica has other registrations")

    def look(self):
        """Notes what is registered before clients add more."""
        with self.server.connect() as connection:
            self.first = set(registrations(connection))

    @staticmethod
    def is_equal(client, other):
        """Whether the replica has what a flow has written lately."""
        if other.info("replication")["master_link_status"] != "up":
            return False
        mark = client.execute_command("RG.TRIGGER", "count", "mark", 1)[0]
        client.execute_command("WAIT", 1, 5000)
        return other.get("mark") == mark


def prepare(client):
    """Stores models, script and flows."""
    for runtime in FILES:
        store(client, runtime)
    client.execute_command("AI.SCRIPTSTORE", "script", "CPU", "ENTRY_POINTS", 1, "plus", "SOURCE", SCRIPT)
    client.execute_command("RG.PYEXECUTE", FLOWS, "ID", "flows")


def nothing_left(client):
    """Whether nothing is under way any more."""
    def is_quiet():
        found = map(pairs, client.execute_command("RG.DUMPEXECUTIONS"))
        return (all(entry["status"] in (b"done", b"aborted") for entry in found)
                and client.info("clients")["blocked_clients"] == 0)
    is_met = is_soon(is_quiet, REPLY_LIMIT_SECONDS)
    print(f"{'met' if is_met else 'NOT MET'}: no execution is under way and no client is blocked")
    return is_met


def start(options):
    """The server, not yet started."""
    # Flows are not hurried, nor taken for hung, on a machine that has other things to do.
    words = ("THREADS_PER_QUEUE", 2, "FLOWS_ATOMIC_LIMIT", 5000, "FLOWS_HANG_LIMIT", 20_000)
    server = FlowServer(options, words, settings=("--appendonly", "yes"))
    server.listen()
    return server


def run(options, minutes):
    """Everything for so long; True if all is met."""
    with start(options) as server, server.client() as client:
        prepare(client)
        disturbance = Disturbance(server, options)
        disturbance.look()
        watch = Watch(server, minutes * 60)
        for thread in (disturbance.thread, watch.thread):
            thread.start()
        makers = [functools.partial(Client, number=number) for number in range(CLIENTS)]
        try:
            is_met = soak(server, client, minutes, makers)
        finally:
            watch.stop.set()
            disturbance.stop.set()
            disturbance.thread.join()
        is_met = nothing_left(client) and is_met
        is_met = watch.verdicts() and is_met
    print(f"{disturbance.rounds} times all of BGSAVE, BGREWRITEAOF, a replica that came and went")
    for problem in disturbance.problems:
        print(f"NOT MET: {problem}")
    return is_met and not disturbance.problems and disturbance.rounds > 0


def problems(options, actions):
    """What is wrong after so many actions of each client, wherever the machine is quick or slow."""
    found = []

    def work(server, number):
        with server.client() as connection:
            client = Client(connection, number)
            try:
                for _ in range(actions):
                    found.extend(client.act()[2])
            except redis.exceptions.RedisError as error:
                found.append(f"{type(error).__name__}: {error}")

    with start(options) as server, server.client() as client:
        prepare(client)
        disturbance = Disturbance(server, options)
        disturbance.look()
        threads = [threading.Thread(target=work, args=(server, number)) for number in range(CLIENTS)]
        for thread in (disturbance.thread, *threads):
            thread.start()
        for thread in threads:
            thread.join()
        disturbance.stop.set()
        disturbance.thread.join()
        if not nothing_left(client):
            found.append("executions are left")
    return found + disturbance.problems


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add_flow_arguments(parser)
    parser.add_argument("--minutes", type=float, default=10)
    options = parser.parse_args()
    raise SystemExit(0 if run(options, options.minutes) else 1)


if __name__ == "__main__":
    main()
