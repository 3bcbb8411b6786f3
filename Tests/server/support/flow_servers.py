"""Servers with AI flows, and what tests ask them."""

import contextlib

from .servers import RedisServer, wait_until

FLOWS = ("FLOWS", "yes")


@contextlib.contextmanager
def started(**options):
    """A server with flows, whose end is without trouble."""
    server = RedisServer(**{"words": FLOWS} | options).start()
    try:
        yield server
        assert server.trouble() is None
    finally:
        server.stop()
        server.remove()


def register(server, source, *options):
    """Runs a script that registers something."""
    assert server.client().execute_command("RG.PYEXECUTE", source, *options) == b"OK"


def trigger(server, *words):
    return server.client().execute_command("RG.TRIGGER", *words)


def entries(server):
    """RG.DUMPREGISTRATIONS, each entry as a dict; what belongs to the reader is a dict in it, too."""
    found = []
    for entry in server.client().execute_command("RG.DUMPREGISTRATIONS"):
        fields = dict(zip(entry[::2], entry[1::2]))
        data = fields.pop(b"RegistrationData")
        fields |= dict(zip(data[::2], data[1::2]))
        fields[b"args"] = dict(zip(fields[b"args"][::2], fields[b"args"][1::2]))
        found.append(fields)
    return found


def entry(server):
    """The only registration."""
    only, = entries(server)
    return only


def until_counted(server, name, count):
    """Waits until a counter of the only registration has come to a number."""
    wait_until(lambda: entry(server)[name] >= count, what=f"{name} {count}")
    assert entry(server)[name] == count


def until_list(server, key, values):
    """Waits until a list of the server has these values."""
    values = [value if isinstance(value, bytes) else str(value).encode() for value in values]
    wait_until(lambda: len(server.client().lrange(key, 0, -1)) >= len(values), what=f"{values}")
    assert server.client().lrange(key, 0, -1) == values


def until_members(server, key, values):
    """The same in any order: flows of one session run side by side."""
    values = sorted(value.encode() for value in values)
    wait_until(lambda: len(server.client().lrange(key, 0, -1)) >= len(values), what=f"{values}")
    assert sorted(server.client().lrange(key, 0, -1)) == values
