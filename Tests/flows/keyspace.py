"""A few commands over a few keys, for flows under test."""

import fnmatch


class Keyspace:
    """Keys are bytes; values are bytes, dicts (hashes), lists, or lists of (id, words) (streams)."""

    def __init__(self):
        self.data = {}
        # How many keys a KeysReader gets at once.
        self.batch = 3
        # Keys that may not be read.
        self.refused = set()

    def execute(self, words):
        """A command's reply. Raises `KeyError` with an error's text."""
        name, *arguments = words
        command = getattr(self, "_" + name.decode().lower().replace(".", "_"), None)
        if command is None:
            raise KeyError(f"ERR unknown command '{name.decode()}'")
        return command(*arguments)

    def _ping(self):
        return b"PONG"

    def _echo(self, word):
        return word

    def _nested(self):
        return [1, None, [b"a", b"\xff"], b"ERR inner"]

    def _set(self, key, value):
        self.data[key] = value
        return b"OK"

    def _get(self, key):
        return self.data.get(key)

    def _incr(self, key):
        self.data[key] = b"%d" % (int(self.data.get(key, b"0")) + 1)
        return int(self.data[key])

    def _exists(self, key):
        return int(key in self.data)

    def _scan(self, cursor, _match, pattern, _count, count):
        keys = sorted(self.data)
        start, count = int(cursor), int(count)
        found = [key for key in keys[start:start + count] if _matches(key, pattern)]
        return [b"%d" % (0 if start + count >= len(keys) else start + count), found]

    def read(self, reader, arguments, cursor):
        """(payloads, cursor, refusal) of a reader's `run`."""
        if reader == "StreamReader":
            key = _bytes(arguments["key"])
            entries = self.data.get(key, [])
            return [(key, identifier, words) for identifier, words in entries
                    if identifier.decode() > arguments["fromId"]], None, None
        pattern = _bytes(arguments["pattern"])
        if arguments["noScan"]:
            return ([self._payload(pattern, arguments)] if pattern in self.data else []), None, None
        keys = sorted(self.data)
        start = cursor or 0
        end = start + self.batch
        found = [key for key in keys[start:end] if _matches(key, pattern)]
        payloads = [self._payload(key, arguments) for key in found if key not in self.refused]
        refusal = b"NOPERM" if self.refused.intersection(found) else None
        return payloads, end if end < len(keys) else None, refusal

    def _payload(self, key, arguments):
        if not arguments["readValue"]:
            return (key, None)
        value = self.data[key]
        return (key, None, {dict: b"hash", list: b"list"}.get(type(value), b"string"), value)


def _matches(key, pattern):
    return fnmatch.fnmatchcase(key.decode("latin-1"), pattern.decode("latin-1"))


def _bytes(name):
    """A name as the server reads it: text, or bytes."""
    return name if isinstance(name, bytes) else name.encode()
