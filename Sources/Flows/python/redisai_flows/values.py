"""What values become on their way from the server to a flow, and back into a reply."""

from ._core import argument, arguments, error_bytes, from_server, name, reply, text


def told(text_of_flow):
    """A text of a flow's, a name or a pattern, as it travels: what stands for a byte is that byte.

    The server refuses messages with other surrogates, and so does this, with `UnicodeEncodeError`.
    """
    return text_of_flow if text_of_flow.isascii() else text_of_flow.encode("utf-8", "surrogateescape")


__all__ = ["argument", "arguments", "error_bytes", "from_server", "name", "reply", "text", "told"]
