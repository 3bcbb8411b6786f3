"""The functions that every session finds in its globals."""

import asyncio
import copy
import threading

from . import values
from ._core import Unsent, answer, command
from .asking import Asker, asker_for, current, is_holding
from .errors import FlatError, FlowAborted, GearsError, LoopHeld
from .loop import GearsFuture
from .shields import shield

_LEVELS = ("debug", "verbose", "notice", "warning")


class Atomic:
    """`with atomic():` holds the server for this flow alone, as long as the server allows."""

    def __init__(self, session):
        self._session = session
        self._asker = None

    def __enter__(self):
        asker = asker_for(self._session)
        if asker.is_atomic:
            raise GearsError("Already inside an atomic block")
        try:
            # What is raised in another thread comes when all is noted.
            with shield():
                if not self._session.is_restoring(asker):
                    self._session.channel.ask(None, True, asker.number, "atomic")
                self._asker = asker
                asker.is_atomic, asker.atomic_thread = True, threading.get_ident()
        except BaseException as error:
            if self._asker is not None:
                # The server is held, and the block will not be entered.
                shield().clear()
                self.__exit__(None, None, None)
                if isinstance(error, (FlowAborted, LoopHeld)):
                    shield().raise_here(type(error))
            raise
        return self

    def __exit__(self, kind, error, trace):
        asker, self._asker = self._asker, None
        if asker is None or not asker.is_atomic:
            raise GearsError("Not inside an atomic block")
        try:
            if not self._session.is_restoring(asker):
                self._session.channel.ask(None, True, asker.number, "unatomic")
        finally:
            asker.is_atomic = False
        return False


class Runtime:
    """The functions of one session, so that each knows in whose name it calls the server."""

    def __init__(self, session):
        self._session = session
        self._channel = session.channel
        self._loop = session.loop
        self._unsent = Unsent(lambda: self._loop.call(self._send_unsent), GearsFuture, loop=self._loop.loop)

    # Commands

    def execute(self, *words):
        """Has the server execute a command as the user who registered the flow; its reply as Python values.

        Bytes are sent as they are, anything else as `str` says. Raises `GearsError` if the reply is an error.
        """
        if not words:
            return []
        words = command(words)
        asker = asker_for(self._session)
        if self._session.is_restoring(asker):
            self._session.note_skipped()
            return None
        return self._channel.ask(values.from_server, is_holding(), asker.number, "execute", words)

    def executeAsync(self, *words):  # noqa: N802 - named as the module's other functions
        """The same as an awaitable. Those of one turn of the event loop travel together."""
        session = self._session
        asker = asker_for(session)
        if not words or session.is_restored and session.is_restoring(asker):
            return self._nothing([] if not words else session.note_skipped())
        # Whoever asks may have ended when that is sent, unless it holds the server.
        number = asker.number if asker.is_atomic or asker.is_sync else session.number
        return self._unsent.add(number, words)

    def _nothing(self, value):
        """A future that has its value."""
        future = self._loop.future()
        self._loop.settle(future, value)
        return future

    def _send_unsent(self):
        """Sends what has gathered: one question for each asker in a row, so that each side wakes once."""
        for number, futures, commands in self._unsent.take():
            self._ask_many(number, futures, "executeMany", commands)

    def _ask_many(self, number, futures, operation, argument):
        try:
            self._channel.start(
                lambda failed, value: self._loop.call(
                    self._take_replies, number, futures, operation, argument, failed, value),
                number, operation, argument)
        except ValueError as error:
            for future in futures:
                self._loop.settle(future, None, error)

    def _take_replies(self, number, futures, operation, argument, failed, value):
        """Ends the futures whose replies have come, and asks for the others, which are too many bytes."""
        if failed:
            answer(futures, [(True, value)] * len(futures))
            if operation == "executeRest":
                self._channel.release(argument)
            return
        replies, rest = value if isinstance(value, tuple) else (value, None)
        answer(futures, replies)
        if rest is not None:
            self._ask_many(number, futures[len(replies):], "executeRest", rest)

    def atomic(self):
        """Holds the server: `with atomic(): ...`."""
        return Atomic(self._session)

    def isInAtomicBlock(self):  # noqa: N802
        return asker_for(self._session).is_atomic

    def call_next(self, *words):
        """Within a hook: executes the hooked command, or the hook registered before, with these arguments."""
        asker = asker_for(self._session)
        if not asker.is_hook:
            raise GearsError("Can not get CommandHook ctx")
        return self._channel.ask(
            values.from_server, is_holding(), asker.number, "next", values.arguments(words))

    def override_reply(self, reply):
        """Within an event of `commands=`: the client gets this instead of the command's reply."""
        asker = asker_for(self._session)
        if not asker.holds_command:
            raise GearsError("Can not get command ctx")
        self._channel.ask(None, is_holding(), asker.number, "override", values.reply(reply))

    # Information

    def log(self, msg, level="notice"):
        """Writes a line into the server's log; `level` is debug, verbose, notice or warning."""
        if not isinstance(msg, str):
            raise GearsError("Log message must be a string")
        if level not in _LEVELS:
            raise GearsError("Log level should be one of the following : debug,verbose,notice,warning")
        self._session.log(level, msg)

    def hashtag(self):
        """A tag whose slot is the lowest of this shard's, now; None outside of a cluster or without slots."""
        if self._session.settings.node_id is None:
            return None
        return values.from_server(self._session.ask("hashtag"))

    def configGet(self, key):  # noqa: N802
        """A setting of RG.CONFIGGET as text, or None."""
        value = self._session.settings.get(key)
        return None if value is None else str(values.from_server(value))

    def gearsConfigGet(self, key, default=None):  # noqa: N802
        value = self.configGet(key)
        return default if value is None else value

    def isAsyncAllow(self):  # noqa: N802
        """Whether the step that runs may return a coroutine or a `gearsFuture()`."""
        return asker_for(self._session).allows_async()

    def flat_error(self, msg):
        """Fails with a text that is told without a traceback."""
        raise FlatError(msg)

    # Futures

    def createFuture(self):  # noqa: N802
        """A future of the event loop, for coroutines to await."""
        return self._loop.future()

    def setFutureResults(self, f, value):  # noqa: N802
        """Ends a future with a value; any thread."""
        self._loop.settle(f, value)

    def setFutureException(self, f, error):  # noqa: N802
        """Ends a future with an error; what is no exception becomes one. Any thread."""
        self._loop.settle(f, None, error if isinstance(error, BaseException) else Exception(str(error)))

    def gearsFuture(self, *arguments):  # noqa: N802
        """A future for the step that runs to return; `continueRun` or `continueFailed` goes on with it."""
        if arguments:
            raise GearsError("Future gets no arguments")
        asker = asker_for(self._session)
        if not hasattr(asker, "make_low_future"):
            raise GearsError("Future object can only be created inside certain execution steps")
        return asker.make_low_future()

    def runCoroutine(self, coro, f=None, delay=0):  # noqa: N802
        """Runs a coroutine beside executions, after `delay` seconds; `f`, a `gearsFuture()`, gets its end."""
        def end(value, error):
            try:
                if f is not None:
                    f.continueRun(value) if error is None else f.continueFailed(error)
                elif error is not None:
                    self._session.log("warning", f"error in a coroutine: {error}")
            except Exception as problem:
                # `f` has been continued before, or is no such future.
                self._session.log("warning", f"a coroutine's end could not be told: {problem}")
        asker = Asker(self._session, self._session.number)
        self._loop.start(_later(coro, delay) if delay else coro, asker, end)

    # The names

    def thread(self):
        """The class of threads that belong to this session: what they ask, they ask in its name."""
        session = self._session

        class Thread(threading.Thread):
            def run(self):
                session.service.placement.leave()
                asker = Asker(session, session.number)
                asker.is_thread = True
                current.set(asker)
                super().run()
        return Thread

    def names(self, builder):
        """What stands in the globals of a session."""
        from . import modules
        public = {name: getattr(self, name) for name in (
            "execute", "executeAsync", "atomic", "isInAtomicBlock", "call_next", "override_reply", "log",
            "hashtag", "configGet", "gearsConfigGet", "isAsyncAllow", "flat_error", "createFuture",
            "setFutureResults", "setFutureException", "gearsFuture", "runCoroutine")}
        return public | {
            "__name__": "not_main", "GearsBuilder": builder, "GB": builder, "GearsFuture": GearsFuture,
            "GearsError": GearsError, "Log": self.log, "asyncio": asyncio, "Thread": self.thread(),
            "copy": copy, "redisgears": modules.redisgears, "rg": modules.redisgears}


async def _later(coroutine, seconds):
    try:
        await asyncio.sleep(seconds)
    except BaseException:
        coroutine.close()
        raise
    return await coroutine


def runtime():
    """The functions of the session whose code runs. Raises `GearsError` on threads that a flow has made."""
    asker = current.get()
    if asker is None:
        raise GearsError("Can not create a gearsCtx on a python created thread")
    return asker.session.runtime


__all__ = ["Atomic", "Runtime", "runtime"]
