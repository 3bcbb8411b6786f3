"""Readers: where records come from, and which events start a flow.

A reader checks what a flow says and turns it into a description, a dict of types that travel. The server does
the rest: it scans keys, follows streams, sees events, and sends what it finds.
"""

from . import sources
from .errors import GearsError
from .values import told

SYNC, ASYNC, ASYNC_LOCAL = "sync", "async", "async_local"
_RUN_MODES = (ASYNC, ASYNC_LOCAL)
_REGISTER_MODES = (SYNC, ASYNC, ASYNC_LOCAL)
_KEY_TYPES = ("string", "list", "hash", "set", "zset", "module", "stream", "empty")
_POLICIES = ("continue", "abort", "retry")
_NO_REGISTER = "given reader does not exists or does not support register"


def _mode(words, allowed):
    mode = words.get("mode", ASYNC)
    if not isinstance(mode, str):
        raise GearsError("execution mode must be a string")
    if mode.lower() not in allowed:
        raise GearsError("unknown execution mode")
    return mode.lower()


def _bool(words, name, default, text):
    value = words.get(name, default)
    if not isinstance(value, bool):
        raise GearsError(text)
    return value


def _number(words, name, default, text):
    value = words.get(name, default)
    if not isinstance(value, int):
        raise GearsError(text)
    return int(value)


def _texts(words, name, no_list, no_text):
    """A list of texts, or None if nothing was given."""
    value = words.get(name)
    if value is None:
        return None
    try:
        found = list(value)
    except TypeError:
        raise GearsError(no_list) from None
    if not all(isinstance(item, str) for item in found):
        raise GearsError(no_text)
    return [told(item) for item in found]


class Reader:
    """What all readers have. `words` are the keyword arguments of `run` or `register`."""

    name = ""

    def run_mode(self, words):
        return _mode(words, _RUN_MODES)

    def source(self, session, argument, words):
        """The records of `run`; raises `GearsError` for wrong arguments."""
        raise GearsError("Given reader do not support run or not exists")

    def registration(self, prefix, words):
        """The description of `register`: a dict with `mode` and what the reader needs."""
        raise GearsError(_NO_REGISTER)

    # A record from what the server sends of an event.
    record = staticmethod(sources.from_server)


class CommandReader(Reader):
    name = "CommandReader"

    def registration(self, prefix, words):
        mode = _mode(words, _REGISTER_MODES)
        trigger, hook, keyprefix = (words.get(name) for name in ("trigger", "hook", "keyprefix"))
        if trigger is not None and not isinstance(trigger, str):
            raise GearsError("trigger argument is not string")
        inorder = _bool(words, "inorder", False, "inorder argument is be boolean")
        if keyprefix is not None and not isinstance(keyprefix, str):
            raise GearsError("keyprefix argument is not string")
        if hook is not None and not isinstance(hook, str):
            raise GearsError("hook argument is not string")
        if trigger is not None:
            if hook is not None or keyprefix is not None:
                raise GearsError("trigger argument can not be given with keyprefix or hook")
            return {"mode": mode, "trigger": told(trigger), "inorder": inorder}
        if hook is None:
            raise GearsError("no trigger or hook argument was given")
        keyprefix = None if keyprefix is None else told(keyprefix)
        return {"mode": mode, "hook": told(hook), "keyprefix": keyprefix, "inorder": inorder}


class KeysReader(Reader):
    name = "KeysReader"
    record = staticmethod(sources.key_record)

    def source(self, session, argument, words):
        no_scan = _bool(words, "noScan", False, "exactMatch value is not boolean")
        read_value = _bool(words, "readValue", True, "readValue value is not boolean")
        if not isinstance(argument, str):
            raise GearsError("regex argument must be a string")
        arguments = {"pattern": told(argument), "noScan": no_scan, "readValue": read_value}
        return sources.Asked(session, self.name, arguments, self.record)

    def registration(self, prefix, words):
        mode = _mode(words, _REGISTER_MODES)
        if not isinstance(prefix, str):
            raise GearsError("regex argument must be a string")
        events = _texts(words, "eventTypes", "given eventTypes is not iterable",
                        "given event type is not string")
        types = _texts(words, "keyTypes", "given keyTypes is not iterable", "given key type is not string")
        if types is not None and not all(name in _KEY_TYPES for name in types):
            raise GearsError("unknown key type")
        commands = _texts(words, "commands", "given commands is not iterable",
                          "given command type is not string")
        read_value = _bool(words, "readValue", True, "readValue is not boolean")
        return {"mode": mode, "prefix": told(prefix), "eventTypes": events, "keyTypes": types,
                "commands": commands, "readValue": read_value}


class StreamReader(Reader):
    name = "StreamReader"
    record = staticmethod(sources.entry_record)

    def source(self, session, argument, words):
        from_id = words.get("fromId", "0-0")
        if not isinstance(from_id, str):
            raise GearsError("fromId argument must be a string")
        if not isinstance(argument, str):
            raise GearsError("regex argument must be a string")
        arguments = {"key": told(argument), "fromId": told(from_id)}
        return sources.Asked(session, self.name, arguments, self.record)

    def registration(self, prefix, words):
        mode = _mode(words, _REGISTER_MODES)
        if not isinstance(prefix, str):
            raise GearsError("regex argument must be a string")
        batch = _number(words, "batch", 1, "batch argument must be a number")
        duration = _number(words, "duration", 0, "duration argument must be a number")
        policy = words.get("onFailedPolicy", "continue")
        if not isinstance(policy, str):
            raise GearsError("onFailedPolicy must be a string (Continue/Abort/Retry)")
        if policy.lower() not in _POLICIES:
            raise GearsError("onFailedPolicy must be Continue/Abort/Retry")
        interval = _number(words, "onFailedRetryInterval", 1, "retryInterval argument must be a number")
        trim = _bool(words, "trimStream", True, "pyTrimmStream argument must be a boolean")
        if mode == SYNC and policy.lower() != "continue":
            raise GearsError("ExecutionMode sync can only be combined with OnFailedPolicy Continue")
        return {"mode": mode, "prefix": told(prefix), "batch": batch, "duration": duration,
                "onFailedPolicy": policy.lower(), "retryInterval": interval, "trimStream": trim}


class PythonReader(Reader):
    name = "PythonReader"

    def source(self, session, argument, words):
        if argument is None:
            raise GearsError("python reader function is not given")
        if not callable(argument):
            raise GearsError("pyreader argument must be a function")
        return sources.Generated(argument)


class KeysOnlyReader(Reader):
    name = "KeysOnlyReader"

    def source(self, session, argument, words):
        generator = words.get("patternGenerator")
        pattern, no_scan = argument, words.get("noScan", False)
        count = words.get("count", 1000)
        execute = session.runtime.execute

        def keys():
            name, is_exact = (pattern, no_scan) if generator is None else generator()
            if is_exact:
                if execute("EXISTS", name):
                    yield name
                return
            cursor = "0"
            while True:
                cursor, found = execute("SCAN", cursor, "MATCH", str(name), "COUNT", str(count))
                yield from found
                if cursor == "0":
                    return
        return sources.Generated(keys)


class ShardsIDReader(Reader):
    name = "ShardsIDReader"

    def source(self, session, argument, words):
        return sources.Given([session.settings.node_id or "1"])


ALL = {reader.name: reader for reader in (
    CommandReader(), KeysReader(), StreamReader(), PythonReader(), KeysOnlyReader(), ShardsIDReader())}


def named(name):
    """The reader with a name. Raises `GearsError`."""
    if name not in ALL:
        raise GearsError("The given reader does not exists")
    return ALL[name]

