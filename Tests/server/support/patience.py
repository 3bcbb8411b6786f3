"""How long tests wait: long enough for any machine. It ends what hangs, and is never a measure of speed."""

import contextlib
import os

# Who writes a test that hangs gives the environment a smaller number.
SECONDS = int(os.environ.get("REDISAI_PATIENCE") or 600)
LOST = "could not be stopped"
AN_HOUR = 3_600_000  # milliseconds, for limits and deadlines that are not to come
SHORTEST_LIMIT = 1000  # milliseconds: the least MODEL_EXECUTION_TIMEOUT, to stop runs without end
FOREVER = 2**50  # rounds of the models that count them: years


@contextlib.contextmanager
def runs_may_be_stopped(client):
    """Meanwhile runs have the least limit: for damaged models, of which some run for ever.

    For a run whose stop is expected there is `text_of_stop`.
    """
    client.config_set("ai.model_execution_timeout", SHORTEST_LIMIT)
    try:
        yield
    finally:
        client.config_set("ai.model_execution_timeout", AN_HOUR)


def text_of_stop(client, run):
    """Why a run without end was stopped: `run` has it run and returns the error.

    On a machine that is too busy to let the run see its stop in time, the server goes on without it; then
    it is run again.
    """
    with runs_may_be_stopped(client):
        return next(text for text in iter(run, None) if LOST not in text)


class TooShort(Exception):
    """What was to last while the test looked at it has ended before."""


def until_long_enough(first, attempt):
    """Calls `attempt` with a size, and with twice the size whenever it raises TooShort.

    For what nothing can hold open, like the build of a model: the work is given as much to do as the machine
    needs for the test to look. What should go on beside it and does not will be too late at every size.
    """
    for doublings in range(12):
        try:
            return attempt(first << doublings)
        except TooShort:
            pass
    raise AssertionError(f"it ended before the test could look, at sizes up to {first << 11}")
