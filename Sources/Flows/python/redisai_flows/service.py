"""The process as a whole: what the server's messages do."""

import collections
import os
import sys
import threading

from . import PROTOCOL_VERSION, wire
from .channel import Channel, Lane
from .errors import ServerGone
from .executions import Execution
from .loop import EventLoop
from .placement import Placement
from .regions import Regions
from .sessions import Session
from .settings import Settings
from .tracking import Tracking
from .values import from_server
from .workers import THREAD_LIMIT, URGENT_LIMIT, Workers

# How many executions that were aborted before this process knew them are remembered.
_EARLY_ABORTS = 1024


class Service:
    """Sessions and executions by the server's numbers. `sock` and `side` are connected to the server."""

    def __init__(self, sock, side):
        self._has_ended = threading.Event()
        self._failure = None
        self.settings = Settings()
        self._socket = sock
        self.channel = Channel(sock.fileno(), THREAD_LIMIT, URGENT_LIMIT)
        # A child of a flow must not speak to the server.
        os.register_at_fork(after_in_child=self.channel.close)
        self.regions = Regions(side, self.channel.release)
        self.placement = Placement()
        self.tracking = Tracking()
        self.loop = EventLoop(self.channel, self.placement, self._end)
        self._workers = Workers(self.channel, self.placement, self.loop, self._end)
        self.urgent = Lane(URGENT_LIMIT, True)
        self._sessions = {}
        self._registrations = {}
        self._executions = {}
        self._early_aborts = collections.deque(maxlen=_EARLY_ABORTS)
        self.channel.handlers = {
            wire.START: self._start, wire.PING: self._ping, wire.SCRIPT: self._script,
            wire.ABORT: self._abort, wire.DROP: self._drop, wire.FORGET: self._forget,
            wire.HELLO: self._set, wire.SETTINGS: self._set,
            wire.PLACE: self._place, wire.INVALIDATE: self.tracking.invalidate}

    def run(self):
        """Serves until the server closes the connection; what else has ended it, or None."""
        self.channel.send(wire.READY, 0, {
            "protocol": PROTOCOL_VERSION, "pid": os.getpid(), "python": sys.version.split()[0].encode()})
        self._workers.start()
        self._has_ended.wait()
        return self._failure

    def _end(self, error):
        if not isinstance(error, ServerGone):
            self._failure = error
        self._has_ended.set()

    # Tables

    def add_registration(self, registration):
        self._registrations[registration.number] = registration

    def add_execution(self, execution):
        self._executions[execution.number] = execution
        if execution.number in self._early_aborts:
            execution.abort()

    def forget_execution(self, execution):
        self._executions.pop(execution.number, None)

    # Messages; on the reader's thread, which must not wait

    def _start(self, number, registration_number, flags, payloads):
        registration = self._registrations.get(registration_number)
        if registration is None:
            self.channel.send(wire.DONE, number, "done", 0, [], [b"the registration is gone"])
            return
        session = registration.session
        execution = Execution(
            session, number, registration.plan, flags, None, list(map(registration.reader.record, payloads)),
            registration.ended)
        self._executions[number] = execution
        registration.start(execution)

    def _ping(self, number):
        self.channel.send(wire.PONG, number, self.loop.look())

    def _script(self, number, description):
        session = Session(self, number, description)
        self._sessions[number] = session
        session.submit(session.run_script)

    def _abort(self, number):
        # Executions and sessions have numbers from one row.
        aborted = self._executions.get(number) or self._sessions.get(number)
        if aborted is None:
            self._early_aborts.append(number)
            # Another thread may have added it before it could see that.
            aborted = self._executions.get(number)
        if aborted is not None:
            aborted.abort()

    def _drop(self, number):
        session = self._sessions.pop(number, None)
        if session is not None:
            session.end()
        # Other threads register meanwhile.
        gone = [key for key, value in list(self._registrations.items()) if value.session is session]
        for key in gone:
            del self._registrations[key]

    def _forget(self, number):
        self._registrations.pop(number, None)

    def _set(self, _, values):
        self.settings.update({name: from_server(value) for name, value in values.items()})

    def _place(self, _, processor):
        self.placement.set(processor)
        self.channel.may_spin = self.placement.far is not None
        self.channel.place_anew()
        self.loop.place_anew()
