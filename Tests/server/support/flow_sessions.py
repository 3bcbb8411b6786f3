"""Sessions in tests."""

from .flows import sessions


def answering(value, name="t"):
    """A script that registers a trigger that answers a value."""
    return f"GB('CommandReader').map(lambda r: {value!r}).register(trigger={name!r})"


def names(client):
    return [session["ID"] for session in sessions(client)]
