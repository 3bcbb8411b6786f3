"""What the functions of `redisAI` share: whom they ask, and how they refuse wrong arguments."""

import functools

from .asking import current
from .errors import GearsError
from .values import text as text_of


def arguments(least, most=None, name=None):
    """Decorates a function of `least` to `most` arguments by position; `name` is what its error says."""
    most = least if most is None else most

    def decorate(function):
        shown = name or function.__name__

        @functools.wraps(function)
        def checked(*given):
            if not least <= len(given) <= most:
                raise GearsError(f"Wrong number of arguments given to {shown}")
            return function(*given)
        return checked
    return decorate


def asker():
    """Who asks. Raises `GearsError` on threads that belong to no session."""
    found = current.get()
    if found is None:
        raise GearsError("Can not use redisAI on a thread that belongs to no session")
    return found.session if found.is_over else found


def ask(operation, *words, take=None):
    """Asks the server and waits; what `take`, if given, makes of the answer: see `Channel.ask`."""
    who = asker()
    return who.session.channel.ask(take, who.is_sync or who.is_atomic, who.number, operation, *words)


def ask_async(make, held, operation, *words):
    """Asks the server; an awaitable of `make(answer)`. `held` is kept until the answer is there."""
    who = asker()
    session = who.session
    loop = session.loop
    future = loop.future()

    def answered(failed, value):
        if failed:
            value, error = None, GearsError(str(text_of(value)))
        else:
            value, error = make(session.service, value), None
        # Naming it here keeps it from being released while the server may still need it.
        _ = held
        loop.settle(future, value, error)
    session.channel.start(answered, who.number, operation, *words)
    return future


def service():
    return asker().session.service


def check_text(value, error):
    """Raises `GearsError(error)` if `value` is not `str`."""
    if not isinstance(value, str):
        raise GearsError(error)


def text(value, error):
    """`value` as bytes. Raises `GearsError(error)` if it is not `str`."""
    check_text(value, error)
    return value.encode("utf-8", "surrogateescape")


def items(value, error):
    """`value` as a list. Raises `GearsError(error)` if it cannot be iterated over."""
    try:
        return list(value)
    except TypeError:
        raise GearsError(error) from None
