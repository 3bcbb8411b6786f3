"""The server's end of the protocol, as small as the tests of the Python side need it."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading

from incoming import Incoming
from keyspace import Keyspace
from models import Models, Refusal
from redisai_flows import wire

# A limit for what hangs, in seconds; nothing is expected to take so long.
PATIENCE = 60


class Ended:
    """What the server knows of an execution."""

    def __init__(self, script):
        self.script = script
        self.number = None
        self.is_parked = False
        self.status = None
        self.results = []
        self.errors = []
        self.milliseconds = None
        self._event = threading.Event()

    def wait(self):
        """Itself, when the execution has ended."""
        assert self._event.wait(PATIENCE), "the execution has not ended"
        return self

    def has_ended(self, seconds=0):
        return self._event.wait(seconds)


class Script:
    """What has come of a script."""

    def __init__(self):
        self.error = None
        self.runs = []
        self.registrations = {}
        self.event = threading.Event()

    @property
    def results(self):
        return self.runs[0].wait().results

    @property
    def errors(self):
        return self.runs[0].wait().errors


class StandIn:
    """Starts the Python process and answers it as the server would.

    - calls: words of all commands that flows have had executed.
    - log: (level, text) of all lines.
    - replies: by an operation's name, a function that answers it instead.
    """

    def __init__(self, package):
        self._lock = threading.Condition()
        self._number = 0
        self._tensor_number = 1000
        # Regions of the process, by their numbers.
        self.regions = {}
        self._executions, self._scripts, self._registrations = {}, {}, {}
        self.forget()
        ours, theirs = socket.socketpair()
        self.side, their_side = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        descriptors = theirs.fileno(), their_side.fileno()
        self._output = tempfile.TemporaryFile()
        environment = dict(os.environ, PYTHONPATH=str(package), PYTHONDONTWRITEBYTECODE="1")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "redisai_flows", *map(str, descriptors)], pass_fds=descriptors,
            env=environment, stdin=subprocess.DEVNULL, stdout=self._output, stderr=subprocess.STDOUT)
        theirs.close()
        their_side.close()
        self._socket = ours
        self._send_lock = threading.Lock()
        self.ready = None
        self._incoming = Incoming()
        threading.Thread(target=self._serve, daemon=True).start()
        self.until(lambda: self.ready)

    # What tests do

    def forget(self):
        self.keyspace = Keyspace()
        self.models = Models(self)
        self.calls, self.log, self.replies, self.order = [], [], {}, []
        self.pongs, self.released, self.armed = [], [], []

    def script(self, source, expects=None, **description):
        """Runs a script to its end. `expects`: a part of the error's text, or None if there is to be none."""
        script = self.start_script(source, **description)
        assert script.event.wait(PATIENCE), "the script has not ended"
        if expects is None:
            assert script.error is None, script.error
        else:
            assert script.error is not None, "the script has not failed"
            assert expects in script.error, script.error
        return script

    def start_script(self, source, **description):
        script = Script()
        with self._lock:
            number = self._next()
            self._scripts[number] = script
            script.number = number
        self.send(wire.SCRIPT, number, {"id": b"session", "source": source.encode()} | description)
        return script

    def start(self, script, index=0, *payloads, flags=2 | 16):
        """Starts an execution of a script's registration; an `Ended`."""
        ended = Ended(script)
        with self._lock:
            ended.number = self._next()
            self._executions[ended.number] = ended
        registration = list(script.registrations.values())[index]
        self.send(wire.START, ended.number, registration["number"], flags, list(payloads))
        return ended

    def trigger(self, script, *words, index=0, flags=2 | 16):
        """Calls a trigger and waits for its end."""
        payload = [b"trigger", *(word if isinstance(word, bytes) else str(word).encode() for word in words)]
        return self.start(script, index, payload, flags=flags).wait()

    def abort(self, ended):
        self.send(wire.ABORT, ended.number)

    def send(self, *message):
        with self._send_lock:
            self._socket.sendall(wire.encoded(message))

    def send_raw(self, data):
        with self._send_lock:
            self._socket.sendall(data)

    def until(self, claim):
        """Waits until a claim holds, looking at each message that comes; its value."""
        with self._lock:
            assert self._lock.wait_for(claim, PATIENCE), self.output()
            return claim()

    def ping(self, number):
        """For how long the event loop has been held, in milliseconds."""
        self.send(wire.PING, number)
        return dict(self.until(lambda: [pong for pong in self.pongs if pong[0] == number]))[number]

    def is_alive(self):
        return self.process.poll() is None

    def output(self):
        """What the process has written."""
        self._output.seek(0)
        return self._output.read().decode(errors="replace")

    def close(self):
        """Ends the connection, as a server that has ended."""
        self._socket.shutdown(socket.SHUT_RDWR)

    def stop(self):
        try:
            self.close()
        except OSError:
            # The process has ended before.
            pass
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    # What the server does

    def new_number(self):
        """A number for a tensor or a region that no other one has had."""
        self._tensor_number += 1
        return self._tensor_number

    def _next(self):
        self._number += 1
        return self._number

    def _serve(self):
        while True:
            try:
                data = self._socket.recv(1 << 20)
            except OSError:
                return
            if not data:
                return
            for message in self._incoming.feed(data):
                with self._lock:
                    getattr(self, "_on_" + _NAMES[message[0]])(*message[1:])
                    self._lock.notify_all()

    def _on_ready(self, _, what):
        self.ready = what

    def _on_pong(self, number, held):
        self.pongs.append((number, held))

    def _on_log(self, _, level, text):
        self.log.append((level, text.decode()))

    def _on_release(self, _, numbers):
        self.released += numbers

    def _on_arm(self, number):
        self.armed.append(number)

    def _on_parked(self, number):
        self._executions[number].is_parked = True

    def _on_results(self, number, piece):
        self._executions[number].results += piece

    def _on_done(self, number, status, milliseconds, results, errors):
        ended = self._executions[number]
        ended.status = status
        ended.results += results
        ended.errors = [text.decode() for text in errors]
        ended.milliseconds = milliseconds
        ended._event.set()

    def _on_scripted(self, number, error):
        script = self._scripts[number]
        script.error = None if error is None else error.decode()
        script.event.set()

    def _on_call(self, number, asker, operation, *arguments):
        name = operation.replace(".", "_")
        answer = self.replies.get(operation) or getattr(self, "_do_" + name, None)
        answer = answer or getattr(self.models, name)
        try:
            value = answer(asker, *arguments)
        except Refusal as refusal:
            self.send(wire.REPLY, number, True, str(refusal).encode())
            return
        if value is not NO_ANSWER:
            self.send(wire.REPLY, number, False, value)

    def _do_execute(self, asker, words):
        self.calls.append((asker, words))
        try:
            return self.keyspace.execute(words)
        except KeyError as error:
            raise Refusal(error.args[0]) from None

    def _do_executeMany(self, asker, commands):  # noqa: N802 - the operation's name
        answers = []
        for words in commands:
            try:
                answers.append((False, self._do_execute(asker, words)))
            except Refusal as refusal:
                answers.append((True, str(refusal).encode()))
        return answers

    def _do_register(self, asker, description):
        number = self._next()
        script = self._scripts.get(asker) or self._executions[asker].script
        names = [item["trigger"] for item in script.registrations.values() if "trigger" in item]
        if description.get("trigger") in names:
            raise Refusal("trigger already registered in this session")
        identifier = b"0" * 40 + b"-%d" % number
        script.registrations[identifier] = description | {"number": number, "asker": asker}
        return number, identifier

    def _do_run(self, asker, description):
        ended = Ended(self._scripts.get(asker))
        ended.number = self._next()
        ended.description = description
        self._executions[ended.number] = ended
        if asker in self._scripts:
            self._scripts[asker].runs.append(ended)
        return ended.number

    def _do_read(self, asker, reader, arguments, cursor):
        return self.keyspace.read(reader, arguments, cursor)

    def _do_atomic(self, asker):
        self.order.append(("atomic", asker))

    def _do_unatomic(self, asker):
        self.order.append(("unatomic", asker))

    def _do_next(self, asker, words):
        return [b"next", *words]

    def _do_override(self, asker, reply):
        self.order.append(("override", reply))


NO_ANSWER = object()

_NAMES = {getattr(wire, name.upper()): name for name in (
    "ready", "pong", "scripted", "results", "done", "call", "log", "release", "parked", "arm")}
