"""Errors that flows see, and the texts that failures become."""

import traceback


class GearsError(Exception):
    """What the functions of the runtime and of `redisAI` raise."""


# Flows and their tests know the class by the name that the original gave it.
GearsError.__module__ = "gears"
GearsError.__name__ = GearsError.__qualname__ = "error"


class FlatError(GearsError):
    """An error whose text is told as it is, without a traceback."""


class FlowAborted(BaseException):
    """Ends the callback of an execution that was aborted; flows do not catch it by accident."""


class LoopHeld(Exception):
    """Ends a coroutine that has kept the event loop for too long."""

    def __str__(self):
        return "the coroutine has kept the event loop from others for too long"


class ServerGone(BaseException):
    """The server has closed the connection; the process ends."""


def one_line(text):
    """`text` without line breaks, as a reply can hold it."""
    return text.replace("\r", " ").replace("\n", " ")


def callback_text(error, with_traceback):
    """The text of what a callback raised, as it stands in an execution's errors; one line.

    `with_traceback` is the setting PythonAttemptTraceback.
    """
    if isinstance(error, FlatError):
        return coroutine_text(error)
    if with_traceback:
        lines = traceback.format_exception(type(error), error, _own_part(error))
        return one_line(str(lines))
    return f"Error type: {type(error)}, Value: {_words(error)}"


def coroutine_text(error):
    """The text of what a coroutine raised: its words alone, as the original has it, or its class's name.

    One line.
    """
    return _words(error) or type(error).__name__


def _words(error):
    try:
        return one_line(str(error))
    except (FlowAborted, ServerGone):
        raise
    except BaseException:
        # The class is the flow's, and its words are code.
        return f"a {type(error).__name__} whose text cannot be had"


def _own_part(error):
    """The traceback from the flow's first line on; the frames before are ours and tell nobody anything."""
    part = error.__traceback__
    while part is not None and __package__ in part.tb_frame.f_globals.get("__name__", ""):
        part = part.tb_next
    return part if part is not None else error.__traceback__
