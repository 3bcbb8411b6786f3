"""`GearsBuilder`: a reader and a list of steps, and the two ways to set them going."""

from . import readers, steps
from .asking import current
from .errors import GearsError
from .plan import Plan


def _function(value, text):
    if not callable(value):
        raise GearsError(text)
    return value


class Builder:
    """What `GearsBuilder` and `GB` of each session are made from; `session` is set there.

    Steps take positional arguments only. Each returns the builder.
    """

    session = None

    def __init__(self, reader="KeysReader", defaultArg="*", desc=None):  # noqa: N803 - the original's name
        asker = current.get()
        if asker is None or asker.is_thread:
            raise GearsError("Can not create a gearsCtx on a python created thread")
        if not isinstance(reader, str):
            raise GearsError("reader argument must be a string")
        if desc is not None and not isinstance(desc, str):
            raise GearsError("desc argument must be a string")
        self._reader = readers.named(reader)
        self._default = defaultArg
        self._description = desc
        self._steps = []

    # Steps

    def _add(self, step):
        self._steps.append(step)
        return self

    def _add_simple(self, kind, name, arguments):
        if len(arguments) != 1:
            raise GearsError(f"wrong number of args to {name} function")
        return self._add(kind(_function(arguments[0], f"{name} argument must be a function")))

    def map(self, *arguments):
        """`f(record)` gives the next record."""
        return self._add_simple(steps.Map, "map", arguments)

    def filter(self, *arguments):
        """Records for which `f(record)` is true go on."""
        return self._add_simple(steps.Filter, "filter", arguments)

    def foreach(self, *arguments):
        """Calls `f(record)`; the record goes on."""
        return self._add_simple(steps.ForEach, "foreach", arguments)

    def flatmap(self, *arguments):
        """If `f(record)` is a list, each of its elements is a record."""
        return self._add_simple(steps.FlatMap, "flatmap", arguments)

    def accumulate(self, *arguments):
        """`f(accumulator, record)` gives the next accumulator, the only record in the end."""
        return self._add_simple(steps.Accumulate, "accumulate", arguments)

    def repartition(self, *arguments):
        """`f(record)` gives a key; records stay where they are."""
        return self._add_simple(steps.Repartition, "repartition", arguments)

    def collect(self, *arguments):
        """Gathers the records of all shards: those of this one."""
        if arguments:
            raise GearsError("wrong number of args to collect function")
        return self._add(steps.Collect())

    def limit(self, *arguments):
        """`limit(length, start=0)`: skips `start` records and passes at most `length`."""
        if len(arguments) not in (1, 2):
            raise GearsError("wrong number of args to limit function")
        if not all(isinstance(number, int) for number in arguments):
            raise GearsError("limit argument must be a number")
        length, start = (*arguments, 0)[:2]
        return self._add(steps.Limit(length, start))

    def _add_grouping(self, kind, name, arguments):
        if len(arguments) != 2:
            raise GearsError(f"wrong number of args to {name} function")
        extractor = _function(arguments[0], f"{name} extractor argument must be a function")
        reducer = _function(arguments[1], f"{name} reducer argument must be a function")
        return self._add(kind(extractor, reducer))

    def groupby(self, *arguments):
        """`groupby(extractor, f)`: `f(key, accumulator, record)`; a dict `key`, `value` for each group."""
        return self._add_grouping(steps.GroupBy, "groupby", arguments)

    def localgroupby(self, *arguments):
        """The same: all records are on this shard."""
        return self._add_grouping(steps.GroupBy, "groupby", arguments)

    def batchgroupby(self, *arguments):
        """`batchgroupby(extractor, f)`: `f(key, records)`, once for each group."""
        return self._add_grouping(steps.BatchGroupBy, "batchgroupby", arguments)

    # Steps made of steps

    def aggregate(self, zero, seqOp, combOp):  # noqa: N803
        """`seqOp(accumulator, record)` from a copy of `zero`, then `combOp(accumulator, result)` over it."""
        self.accumulate(lambda a, r: seqOp(steps.beginning(zero, a), r))
        return self.collect().accumulate(lambda a, r: combOp(steps.beginning(zero, a), r))

    def __localAggregateby__(self, extractor, zero, aggregator):  # noqa: N802 - the original's name
        return self.localgroupby(extractor, lambda k, a, r: aggregator(k, steps.beginning(zero, a), r))

    def aggregateby(self, extractor, zero, seqOp, combOp):  # noqa: N803
        """The same for each key: `seqOp(key, accumulator, record)`, `combOp(key, accumulator, result)`."""
        self.__localAggregateby__(extractor, zero, seqOp)
        return self.groupby(lambda r: r["key"],
                            lambda k, a, r: combOp(k, steps.beginning(zero, a), r["value"]))

    def count(self):
        """The number of records; no record if there are none."""
        return self.accumulate(lambda a, r: (a or 0) + 1)

    def countby(self, extractor=lambda x: x):
        """How many records have a key, for each key."""
        return self.aggregateby(extractor, 0, lambda k, a, r: a + 1, lambda k, a, r: a + r)

    def avg(self, extractor=lambda x: float(x)):
        """The mean of what `extractor` gives: one float."""
        self.map(extractor).aggregate((0, 0), lambda a, r: (a[0] + r, a[1] + 1),
                                      lambda a, r: (a[0] + r[0], a[1] + r[1]))
        return self.map(lambda pair: pair[0] / pair[1])

    def sort(self, reverse=True):
        """Sorts the records, the largest first."""
        self.accumulate(lambda a, r: _appended(a, r))
        return self.collect().map(lambda records: sorted(records, reverse=reverse)).flatmap(_itself)

    def distinct(self):
        """Each of equal records once, in no order; records must be hashable."""
        self.accumulate(lambda a, r: _added(a, r))
        return self.collect().flatmap(list)

    # Actions

    def run(self, arg=None, convertToStr=True, collect=True, **words):  # noqa: N803
        """Runs the steps over what the reader reads now; an awaitable of `[results, errors]`."""
        mode = self._reader.run_mode(words)
        source = self._reader.source(self.session, arg if arg else self._default, words)
        plan = self._plan(convertToStr, collect)
        return self.session.run(self._reader, source, plan, mode, self._description)

    def register(self, prefix="*", convertToStr=True, collect=True, **words):  # noqa: N803
        """Runs the steps over each event that the reader sees from now on; the registration's ID."""
        if "regex" in words:
            self.session.log("warning", "the argument regex of register is deprecated, use prefix")
            prefix = words.pop("regex")
        on_registered = words.pop("onRegistered", None)
        if on_registered is not None and not callable(on_registered):
            raise GearsError("OnRegistered argument must be a function")
        description = self._reader.registration(prefix, words)
        plan = self._plan(convertToStr, collect)
        return self.session.register(self._reader, description, plan, on_registered, self._description)

    def _plan(self, converts_to_text, collects):
        plan = list(self._steps)
        if converts_to_text:
            plan.append(steps.Text())
        if collects:
            plan.append(steps.Collect())
        return Plan(plan)


def _appended(records, record):
    records = records or []
    records.append(record)
    return records


def _added(records, record):
    records = records or set()
    records.add(record)
    return records


def _itself(record):
    return record
