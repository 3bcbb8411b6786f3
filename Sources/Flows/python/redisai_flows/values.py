"""What values become on their way from the server to a flow, and back into a reply."""

from ._core import argument, arguments, from_server, name, text
from .wire import DEPTH_LIMIT, PIECE_SIZE

_SMALLEST, _LARGEST = -(1 << 63), (1 << 63) - 1

# What stands in a reply for a record that has no form there.
OPAQUE = b"PY RECORD"
# The level of a record in a message: it lies in a list, and that in the message.
_RECORD_DEPTH = 3


def told(text_of_flow):
    """A text of a flow's, a name or a pattern, as it travels: what stands for a byte is that byte.

    The server refuses messages with other surrogates, and so does this, with `UnicodeEncodeError`.
    """
    return text_of_flow if text_of_flow.isascii() else text_of_flow.encode("utf-8", "surrogateescape")


def reply(record, depth=_RECORD_DEPTH):
    """A record as the reply of a command: bytes, int, list, `("+", status)` or `("-", error)`.

    Floats have six decimals. What has no form in a reply becomes `PY RECORD`, and so does what lies deeper in
    lists than messages go; `depth` is the level of the record in its message.
    """
    if isinstance(record, str):
        if len(record) > 1 and record[0] in "+-":
            if depth > DEPTH_LIMIT:
                return OPAQUE
            return (record[0], record[1:].encode("utf-8", "surrogateescape"))
        return record.encode("utf-8", "surrogateescape")
    if isinstance(record, int):
        number = int(record)
        return number if _SMALLEST <= number <= _LARGEST else str(number).encode()
    if isinstance(record, bytes):
        return bytes(record)
    if isinstance(record, list):
        return [reply(item, depth + 1) for item in record] if depth <= DEPTH_LIMIT else OPAQUE
    if isinstance(record, float):
        return b"%f" % record
    return OPAQUE


def in_pieces(records):
    """Records as replies, in lists of about `PIECE_SIZE` bytes each; one list at least."""
    if len(records) < 2:
        return [[reply(records[0])] if records else []]
    values = [reply(record) for record in records]
    pieces, size = [[]], 0
    for value in values:
        length = _size(value)
        if size + length > PIECE_SIZE and pieces[-1]:
            pieces.append([])
            size = 0
        pieces[-1].append(value)
        size += length
    return pieces


def _size(value):
    """About how many bytes a value takes in a message."""
    if isinstance(value, bytes):
        return len(value) + 5
    if isinstance(value, (list, tuple)):
        return 5 + sum(map(_size, value))
    return 9


def error_bytes(text_of_error):
    """An error's text as it travels; what is no text in UTF-8 is replaced."""
    return text_of_error.encode("utf-8", "replace")


__all__ = [
    "OPAQUE", "argument", "arguments", "error_bytes", "from_server", "in_pieces", "name", "reply", "text",
    "told"]
