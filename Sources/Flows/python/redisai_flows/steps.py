"""What a flow does with its records, one step after the other.

A step is shared by all executions of its flow and keeps nothing of them: what an execution has to remember is
in a state that `new_state` makes. A record comes in by `call`, whose result may be a coroutine; what that, or
the result itself, means for the step says `settle`. At the end of the records, `finish` says what the step
has kept.
"""

import copy

from .errors import FlowAborted, GearsError, ServerGone

# What `settle` returns if no record goes on.
DROPPED = object()


class Spread(list):
    """What `settle` returns if each of these records goes on."""


class Step:
    """A step that passes records on."""

    # What RG.GETEXECUTION calls this kind of step.
    type = "none"
    # Whether `settle` does more than passing the result on.
    settles = True
    # Whether the step runs no code of the flow.
    is_builtin = False
    # Whether `call` does nothing but to call the function with the record.
    is_plain = False
    # Why a coroutine is no answer; None if it is one.
    refuses_coroutine = "Step does not support async"

    def __init__(self, function=None, name=None):
        self.function = function
        # What RG.GETEXECUTION shows: the callback's name.
        self.name = name or getattr(function, "__name__", type(self).__name__)

    def __init_subclass__(cls):
        cls.is_plain = cls.call is Step.call

    def new_state(self):
        return None

    def call(self, execution, state, record):
        """Runs the callback on a record."""
        return self.function(record)

    def settle(self, execution, state, record, result):
        """What goes on to the next step: a record, `Spread`, or `DROPPED`."""
        return result

    def finish(self, execution, state):
        """The records that come after the last one: an iterable."""
        return ()


class Map(Step):
    type = "map"
    settles = False
    refuses_coroutine = None


class Text(Step):
    """Turns records into text, as `convertToStr` asks for."""

    type = "map"
    settles = False
    is_builtin = True

    def __init__(self):
        super().__init__(str, "str")


class Collect(Step):
    """Passes records on: they are all on this shard."""

    type = "collect"
    settles = False
    is_builtin = True

    def __init__(self):
        super().__init__(None, "collect")

    def call(self, execution, state, record):
        return record


class Filter(Step):
    type = "filter"
    refuses_coroutine = None

    def settle(self, execution, state, record, result):
        return record if result else DROPPED


class ForEach(Step):
    type = "foreach"
    refuses_coroutine = None

    def settle(self, execution, state, record, result):
        return record


class FlatMap(Step):
    """Spreads lists, and nothing else: tuples, sets and generators are records."""

    type = "flatmap"
    refuses_coroutine = None

    def settle(self, execution, state, record, result):
        return Spread(result) if isinstance(result, list) else result


class Repartition(Step):
    """Asks for a record's key, since that may fail; the record stays on this shard."""

    type = "repartition"
    refuses_coroutine = "coroutine are not allow on extractor"

    def settle(self, execution, state, record, result):
        return record


class Limit(Step):
    """Skips `start` records and passes at most `length`; nothing before it runs after the last one."""

    type = "limit"
    is_builtin = True

    def __init__(self, length, start):
        super().__init__(None, "limit")
        self.length = length
        self.start = start

    def new_state(self):
        return [0]

    def call(self, execution, state, record):
        state[0] += 1
        if state[0] >= self.start + self.length:
            execution.stop_before(self)

    def settle(self, execution, state, record, result):
        return record if self.start < state[0] <= self.start + self.length else DROPPED


class Accumulate(Step):
    """`function(accumulator, record)`; the first accumulator is None. No record comes out if none came in."""

    type = "accumulate"
    refuses_coroutine = None

    def new_state(self):
        return []

    def call(self, execution, state, record):
        return self.function(state[0] if state else None, record)

    def settle(self, execution, state, record, result):
        state[:] = [result]
        return DROPPED

    def finish(self, execution, state):
        return tuple(state)


class _Groups:
    __slots__ = ("values", "key")

    def __init__(self):
        self.values = {}
        # Of the record that is being worked on.
        self.key = None


def group_key(extractor, record):
    """The key of a record's group: text."""
    key = extractor(record)
    refuse_coroutine(key, Repartition.refuses_coroutine)
    return key if isinstance(key, str) else str(key)


def refuse_coroutine(result, text):
    """Raises `GearsError(text)` if a result is a coroutine."""
    if hasattr(result, "cr_frame"):
        result.close()
        raise GearsError(text)


class GroupBy(Step):
    """`extractor(record)` gives a key, `function(key, accumulator, record)` the group's next accumulator."""

    type = "accumulatebykey"
    refuses_coroutine = None

    def __init__(self, extractor, function):
        super().__init__(function)
        self.extractor = extractor

    def new_state(self):
        return _Groups()

    def call(self, execution, state, record):
        state.key = key = group_key(self.extractor, record)
        return self.function(key, state.values.get(key), record)

    def settle(self, execution, state, record, result):
        state.values[state.key] = result
        return DROPPED

    def finish(self, execution, state):
        return ({"key": key, "value": value} for key, value in state.values.items())


class BatchGroupBy(Step):
    """The same with `function(key, records)`, called once for each group at the end."""

    type = "reduce"
    refuses_coroutine = "coroutine are not allow on reduce"

    def __init__(self, extractor, function):
        super().__init__(function)
        self.extractor = extractor

    def new_state(self):
        return {}

    def call(self, execution, state, record):
        state.setdefault(group_key(self.extractor, record), []).append(record)

    def settle(self, execution, state, record, result):
        return DROPPED

    def finish(self, execution, state):
        for key, records in state.items():
            try:
                value = self.function(key, records)
                refuse_coroutine(value, self.refuses_coroutine)
            except (FlowAborted, ServerGone):
                raise
            except BaseException as error:
                execution.fail(error)
            else:
                yield {"key": key, "value": value}


def beginning(zero, accumulator):
    """Where an aggregation goes on: any accumulator that is false begins anew, as in the original."""
    return accumulator if accumulator else copy.deepcopy(zero)
