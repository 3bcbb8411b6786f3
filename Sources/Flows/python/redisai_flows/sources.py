"""Where the records of an execution come from."""

from .errors import GearsError
from .values import from_server, name, text


class Given:
    """Records that came with the start of the execution."""

    def __init__(self, records):
        self._records = records

    def next(self):
        records, self._records = self._records, None
        return records

    def is_at_end(self):
        return self._records is None


class Asked:
    """Records that the server reads, as many at once as it finds right; `make(payload)` makes one.

    Behind the last one `next` raises `GearsError` once if the server has left out records.
    """

    def __init__(self, session, reader, arguments, make):
        self._session = session
        self._question = (reader, arguments)
        self._make = make
        # None before the first question; then what the server wants to hear to go on.
        self._cursor = None
        self._ended = False
        # Why the first record was left out.
        self._refusal = None

    def next(self):
        while not self._ended:
            reader, arguments = self._question
            payloads, self._cursor, refusal = self._session.ask("read", reader, arguments, self._cursor)
            self._refusal = self._refusal or refusal
            self._ended = self._cursor is None
            if payloads:
                return [self._make(payload) for payload in payloads]
        if self._refusal is not None:
            refusal, self._refusal = self._refusal, None
            raise GearsError(text(refusal))
        return None

    def is_at_end(self):
        return self._ended and self._refusal is None


class Generated:
    """Records that a function of the flow yields, one by one."""

    def __init__(self, function):
        self._function = function
        self._iterator = None
        self._ended = False

    def next(self):
        try:
            if self._iterator is None:
                self._iterator = iter(self._function())
            return [next(self._iterator)]
        except StopIteration:
            self._ended = True
            return None
        except BaseException:
            self._ended = True
            raise

    def is_at_end(self):
        return self._ended


# What the server's payloads become

def key_record(payload):
    """A dict of a key from `(key, event)` or `(key, event, type, value)`."""
    record = {"key": text(payload[0]), "event": from_server(payload[1])}
    if len(payload) > 2:
        record["type"] = from_server(payload[2])
        record["value"] = from_server(payload[3])
    return record


def entry_record(payload):
    """A dict of a stream's entry from `(key, id, [field, value, ...])`; of equal fields the last one wins."""
    key, entry_id, words = payload
    fields = iter(words)
    return {"key": text(key), "id": text(entry_id),
            "value": {name(field): text(value) for field, value in zip(fields, fields)}}
