"""Models whose build lasts while a test looks at what happens meanwhile: nothing can hold a build open."""

import contextlib
import select

from onnx_generators.running_time import slow_build

from .patience import TooShort, until_long_enough

PRODUCTS = 2  # of matrices, which the runtime computes when it builds


def while_it_is_built(server, look, key="m", options=(), connection=None, before=lambda: None):
    """Stores a model that adds 1 and calls `look` while it is built; returns the reply to the command.

    `look` must not wait for the build. If the build ended before `look` did, all is done again with a longer
    one, beginning with `before`.
    """
    def attempt(products):
        before()
        blob = slow_build(products).SerializeToString()
        with contextlib.ExitStack() as stack:
            storing = connection or stack.enter_context(server.wire())
            storing.send("AI.MODELSTORE", key, "ONNX", "CPU", *options, "BLOB", blob)
            server.read_all()
            with unless(lambda: has_come(storing)):
                look()
            if has_come(storing):
                storing.receive()
                raise TooShort
            return storing.receive()
    return until_long_enough(PRODUCTS, attempt)


def while_it_is_loaded(server, words, look, key="m"):
    """The same for a model from a payload, as at a start; returns the reply to `words`, which wait for it."""
    def attempt(products):
        client = server.client()
        client.execute_command(
            "AI.MODELSTORE", "stored", "ONNX", "CPU", "BLOB", slow_build(products).SerializeToString())
        payload = client.dump("stored")
        with server.wire() as waiting:
            client.restore(key, 0, payload, replace=True)
            waiting.send(*words)
            server.read_all()
            with unless(lambda: has_come(waiting)):
                look()
            if has_come(waiting):
                raise TooShort
            return waiting.receive()
    return until_long_enough(PRODUCTS, attempt)


@contextlib.contextmanager
def unless(it_was_too_late):
    """What is seen too late says nothing."""
    try:
        yield
    except AssertionError:
        if not it_was_too_late():
            raise


def has_come(connection):
    """Whether a reply, or its beginning, has come on a connection whose last reply was read."""
    return bool(select.select([connection.socket], [], [], 0)[0])
