"""Sessions: a script, its globals, and what it has registered."""

import collections
import threading

from . import packages, requirements, wire
from .asking import Asker, asker_for, current, is_holding
from .builder import Builder
from .channel import Held, Lane
from .errors import FlowAborted, GearsError, ServerGone, callback_text, one_line
from .executions import MAY_BLOCK, TELLS_RESULTS, Execution
from .lines import Lines
from .runtime import Runtime
from .shields import shield
from .tracking import TrackedKeys
from .values import error_bytes


class Registration:
    """A flow that events start; `number` is what the server calls it in messages."""

    def __init__(self, session, number, reader, plan, on_registered, is_in_order):
        self.session = session
        self.number = number
        self.reader = reader
        self.plan = plan
        self._on_registered = on_registered
        # Executions that wait for the one before them, if order matters.
        self._waiting = collections.deque() if is_in_order else None
        self._current = None
        self._lock = threading.Lock()

    def start(self, execution):
        """Has an execution run, now or after those before it; on the reader's thread."""
        if self._waiting is not None:
            with self._lock:
                if self._current is not None:
                    self._waiting.append(execution)
                    return
                self._current = execution
        self.session.submit(execution.run, execution.is_sync)

    def ended(self, execution):
        """An execution has ended; the next one begins."""
        self.session.service.forget_execution(execution)
        if self._waiting is None:
            return
        with self._lock:
            if execution is not self._current:
                return
            self._current = None
            while self._waiting and self._current is None:
                following = self._waiting.popleft()
                if not following.is_over:
                    self._current = following
            following = self._current
        if following is not None:
            self.session.submit(following.run, following.is_sync)

    def tell_registered(self):
        """Calls `onRegistered`; whatever it raises is only logged."""
        if self._on_registered is None:
            return
        try:
            result = self._on_registered()
            if hasattr(result, "cr_frame"):
                result.close()
                self.session.log("warning", "onRegistered can not be a coroutine")
        except (FlowAborted, ServerGone):
            raise
        except BaseException as error:
            text = callback_text(error, self.session.settings.has_traceback)
            self.session.log("warning", f"error in onRegistered: {text}")


class Session(Asker):
    """What one RG.PYEXECUTE has made.

    `description` is SCRIPT's dict: `id`, `source`, and optionally `restore` (register again what was
    registered before, and do nothing else), `requirements`, and the `folder` that they were installed into.
    """

    def __init__(self, service, number, description):
        super().__init__(self, number)
        self.service = service
        self.channel = service.channel
        self.loop = service.loop
        self.settings = service.settings
        self.id = description["id"].decode()
        self._description = description
        # Where its packages are; None if none were fetched.
        self.folder = None
        self._is_gone = False
        self._lane = Lane(self.settings.threads_per_session)
        self._script = Asker(self, number)
        # The shield of the thread that runs the script.
        self._shield = None
        self._is_aborted = False
        self._lock = threading.Lock()
        self._lines = Lines()
        # Its script registers again what it registered before.
        self.is_restored = bool(description.get("restore"))
        self._registrations = []
        self._has_run = False
        self._has_skipped = False
        self.models = TrackedKeys(service, "model.find", self._held)
        self.scripts = TrackedKeys(service, "script.find", self._held)
        self.tensors = TrackedKeys(service, "tensor.find", self._tensor)
        self.runtime = Runtime(self)
        self.globals = {}

    def _held(self, number):
        return Held(self.channel, number)

    def _tensor(self, described):
        """(type, dims, why the server keeps it)."""
        number, type, dims = described
        return type, dims, Held(self.channel, number)

    # What others need

    def submit(self, job, is_urgent=False):
        """Has a job run on a worker; an urgent one, for which the server's thread waits, before others."""
        self.channel.submit(self.service.urgent if is_urgent else self._lane, job)

    def send(self, *message):
        self.channel.send(*message)

    def ask(self, operation, *arguments):
        """Asks the server in the name of the code that runs."""
        return self.channel.ask(None, is_holding(), asker_for(self).number, operation, *arguments)

    def log(self, level, text):
        """Writes a line into the server's log, unless there were too many within a second."""
        left_out = self._lines.take()
        if left_out is None:
            return
        if left_out:
            self.send(wire.LOG, 0, "warning", b"(%d lines were left out)" % left_out)
        self.send(wire.LOG, 0, level, error_bytes(one_line(text)))

    def is_restoring(self, asker):
        """Whether this is the body of a script that is only to register again what it registered before."""
        return self.is_restored and asker is self._script

    def note_skipped(self):
        if not self._has_skipped:
            self._has_skipped = True
            self.log("notice", f"session {self.id} is being restored: its script's commands are skipped")

    # The script

    def run_script(self):
        """Runs the script; a job of a worker. Tells the server how it ended."""
        try:
            text = self._outcome()
        except FlowAborted:
            self._leave_thread()
            text = "execution aborted"
        self._registrations = []
        self.send(wire.SCRIPTED, self.number, None if text is None else error_bytes(text))

    def abort(self):
        """Ends the script, if it has not ended; any thread.

        It meets `FlowAborted`, once a call into C returns.
        """
        with self._lock:
            self._is_aborted = True
            if self._shield is not None:
                self._shield.raise_here(FlowAborted)

    def _outcome(self):
        """The text of what went wrong, or None; raises `FlowAborted`."""
        with self._lock:
            if self._is_aborted:
                raise FlowAborted
            self._shield = shield()
        try:
            text = self._failure()
            if text is None:
                self._script.is_over = True
                for registration in self._registrations:
                    registration.tell_registered()
        finally:
            self._leave_thread()
        return text

    def _leave_thread(self):
        with self._lock:
            self._shield = None
        # What was raised to end this script must not come to what the thread does next.
        shield().clear()

    def _failure(self):
        """Runs the script's body; the text of what went wrong, or None."""
        token = current.set(self._script)
        try:
            self._satisfy()
        except packages.Conflict as problem:
            return f"Could not satisfy requirements: {problem}"
        except requirements.Unsatisfied as problem:
            self.log("warning", f"requirements of session {self.id}: {problem}")
            return "Could not satisfy requirements, look at the log file for more information."
        except Exception as problem:
            # Whatever a package says of itself in a form of its own.
            return f"Could not satisfy requirements: {problem!r}"
        finally:
            current.reset(token)
        builder = type("GearsBuilder", (Builder,), {"session": self})
        self.globals.update(self.runtime.names(builder))
        token = current.set(self._script)
        try:
            source = self._description["source"].decode()
            exec(compile(source, "<string>", "exec"), self.globals)
        except (FlowAborted, ServerGone):
            raise
        except BaseException as error:
            return callback_text(error, self.settings.has_traceback) or "failed running the given script"
        finally:
            current.reset(token)
        return None

    def _satisfy(self):
        wanted = [text.decode(errors="replace") for text in self._description.get("requirements", ())]
        if not wanted:
            return
        folder = self._description.get("folder")
        if folder is not None:
            packages.add(folder.decode(), self.id)
            self.folder = folder.decode()
            if self._is_gone:
                packages.remove(self.folder)
        requirements.check(wanted)

    def end(self):
        """The session is gone; what runs may end."""
        self._is_gone = True
        if self.folder is not None:
            packages.remove(self.folder)

    # Actions of builders

    def run(self, reader, source, plan, mode, description):
        """Starts an execution; a future of `[results, errors]`."""
        asker = asker_for(self)
        is_script = asker is self._script
        future = self.loop.future()
        if self.is_restoring(asker):
            self.loop.settle(future, [[], []])
            return future
        if is_script:
            if self._has_run:
                raise GearsError("Can not run more then 1 executions in a single script")
            self._has_run = True
        shown = {"reader": reader.name, "mode": mode, "desc": _text_or_none(description), "steps": plan.shown}
        flags = MAY_BLOCK | (TELLS_RESULTS if is_script else 0)
        # An abort in the middle would leave the server with an execution that nobody knows.
        with shield():
            number = self.ask("run", shown)
            execution = Execution(self, number, plan, flags, source, on_end=self.service.forget_execution)
            execution.await_end(future)
            self.service.add_execution(execution)
            self.submit(execution.run)
        return future

    def register(self, reader, description, plan, on_registered, text):
        """Registers a flow; its ID. It sees events when the script has ended, or at once if it has before."""
        description = description | {
            "reader": reader.name, "desc": _text_or_none(text), "steps": plan.shown}
        is_in_order = description.get("inorder", False)
        with shield():
            number, identifier = self.ask("register", description)
            registration = Registration(self, number, reader, plan, on_registered, is_in_order)
            self.service.add_registration(registration)
        if asker_for(self) is self._script:
            self._registrations.append(registration)
        else:
            registration.tell_registered()
            self.send(wire.ARM, number)
        return identifier.decode()


def _text_or_none(text):
    return None if text is None else text.encode("utf-8", "surrogateescape")
