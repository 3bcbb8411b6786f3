"""Who asks the server: a session or one of its executions; known to all code that runs for it."""

import contextvars
import threading

# What the running code belongs to; unset on threads that a flow has made.
current = contextvars.ContextVar("asker", default=None)


class Asker:
    """In whose name calls to the server are made.

    The server knows the user, and whether writing is allowed, by `number`. Code that runs on behalf of a
    session beside its executions, a coroutine of `runCoroutine` for one, has an asker of its own with the
    same number, so that an atomic block of one is not an atomic block of the other.
    """

    # What the server has given with the command or event; see `executions`.
    holds_command = False
    is_hook = False
    is_atomic = False
    # Ident of the thread on which its atomic block was entered.
    atomic_thread = None
    # Whether the server's thread waits for it.
    is_sync = False
    is_over = False
    # Whether it stands for a thread that a flow has made.
    is_thread = False

    def __init__(self, session, number):
        self.session = session
        self.number = number

    def is_atomic_here(self):
        """Whether the calling thread is in its atomic block."""
        return self.is_atomic and self.atomic_thread == threading.get_ident()

    def allows_async(self):
        """Whether a step that runs now may go on in the background."""
        return False


def is_holding():
    """Whether the server's thread waits for the code that runs."""
    asker = current.get()
    return asker is not None and (asker.is_sync or asker.is_atomic)


def asker_for(session):
    """Who asks when code of `session` calls the server now."""
    asker = current.get()
    if asker is None or asker.session is not session or asker.is_over:
        return session
    return asker
