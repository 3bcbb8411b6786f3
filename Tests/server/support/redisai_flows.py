"""Flows that `import redisAI`: how tests run them and read what comes out."""

import contextlib

import pytest
import redis

from .models import set_tensor, store

# Flows of mode sync are not hurried by a busy machine.
PATIENT = ("FLOWS", "yes", "FLOWS_ATOMIC_LIMIT", 5000)

BAR = """
def bar(tensors: List[Tensor], keys: List[str], args: List[str]):
    return tensors[0] + tensors[1]

def put(tensors: List[Tensor], keys: List[str], args: List[str]):
    redis.execute("SET", "of script{1}", "1")
"""


def script(client, source):
    """Runs a script in place of the one before."""
    assert client.execute_command("RG.PYEXECUTE", source, "ID", "test", "UPGRADE") == b"OK"


def trigger(client, name="t", *words):
    return client.execute_command("RG.TRIGGER", name, *words)


def value(client, expression, setup="", is_awaited=False):
    """The value of an expression in a flow, read back from its text."""
    head = "async def f(r):" if is_awaited else "def f(r):"
    script(client, f"from redisAI import *\n{setup}\n{head}\n    return {expression}\n"
                   "GB('CommandReader').map(f).register(trigger='t')")
    return eval(trigger(client)[0])


def failure(client, expression, setup="", is_awaited=False):
    """The error of such an expression."""
    with pytest.raises(redis.ResponseError) as caught:
        value(client, expression, setup, is_awaited)
    return str(caught.value)


def prepare(client):
    """Keys of one slot: two tensors, the model of their product, and a script with the function `bar`."""
    set_tensor(client, "a{1}", "FLOAT", [[1, 2], [3, 4]])
    set_tensor(client, "b{1}", "FLOAT", [[2, 3], [2, 3]])
    store(client, "m{1}", "mul_2x2")
    words = ["CPU", "ENTRY_POINTS", 2, "bar", "put", "SOURCE", BAR]
    assert client.execute_command("AI.SCRIPTSTORE", "s{1}", *words) == b"OK"
    return client


def add_user(client, name, keys, *commands):
    """A user without a password, who may use all commands but those that are taken away."""
    client.acl_setuser(name, enabled=True, nopass=True, reset=True, keys=keys, commands=["+@all", *commands])


@contextlib.contextmanager
def client_of(client, user):
    """A client that is logged in as a user without a password."""
    other = type(client)(connection_pool=client.connection_pool, single_connection_client=True)
    other.execute_command("AUTH", user, "")
    try:
        yield other
    finally:
        other.connection.disconnect()
        other.close()
