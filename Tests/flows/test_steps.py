"""What each step does with records, one shard, one execution."""

import pytest


def results(flows, steps, records="range(5)", **words):
    """The results of steps over records, as the server gets them."""
    given = "".join(f", {name}={value}" for name, value in words.items())
    script = flows.script(f"GB('PythonReader').{steps}.run(lambda: iter({records}){given})")
    assert script.errors == []
    return script.results


CASES = [
    ("map(lambda r: r * 2)", "[1, 2]", [2, 4]),
    ("filter(lambda r: r % 2)", "range(5)", [1, 3]),
    ("filter(lambda r: [])", "range(2)", []),
    ("foreach(lambda r: 'ignored')", "[1]", [1]),
    ("flatmap(lambda r: [r, [r]])", "[1]", [1, [1]]),
    ("flatmap(lambda r: [])", "[1]", []),
    ("flatmap(lambda r: r)", "['no list']", [b"no list"]),
    ("limit(2)", "range(5)", [0, 1]),
    ("limit(2, 1)", "range(5)", [1, 2]),
    ("limit(0)", "range(5)", []),
    ("limit(9)", "range(2)", [0, 1]),
    ("accumulate(lambda a, r: (a or 0) + r)", "range(5)", [10]),
    ("accumulate(lambda a, r: 1)", "[]", []),
    ("repartition(lambda r: r)", "[1, 2]", [1, 2]),
    ("collect()", "[1, 2]", [1, 2]),
    ("count()", "range(100)", [100]),
    ("count()", "[]", []),
    ("avg()", "range(100)", [b"49.500000"]),
    ("avg(lambda r: r * 2)", "range(100)", [b"99.000000"]),
    ("avg()", "[]", []),
    ("sort()", "[2, 3, 1]", [3, 2, 1]),
    ("sort(False)", "[2, 3, 1]", [1, 2, 3]),
    ("sort(reverse=False)", "[]", []),
    ("aggregate(0, lambda a, r: a + r, lambda a, r: a + r)", "range(5)", [10]),
    ("aggregate([], lambda a, r: a + [r], lambda a, r: a + r)", "range(3)", [[0, 1, 2]]),
]


@pytest.mark.parametrize("steps, records, expected", CASES)
def test_a_step_gives_its_records(flows, steps, records, expected):
    assert results(flows, steps, records, convertToStr=False) == expected


GROUPS = [
    ("groupby(lambda r: r[0], lambda k, a, r: (a or '') + r)", {"a": "abac", "b": "bd"}),
    ("localgroupby(lambda r: r[0], lambda k, a, r: k + r)", {"a": "aac", "b": "bbd"}),
    ("batchgroupby(lambda r: r[0], lambda k, rs: k + str(len(rs)))", {"a": "a2", "b": "b1"}),
    ("countby(lambda r: r[0])", {"a": 2, "b": 1}),
    ("countby()", {"ab": 1, "ac": 1, "bd": 1}),
    ("aggregateby(lambda r: r[0], '', lambda k, a, r: a + r, lambda k, a, r: a + r)",
     {"a": "abac", "b": "bd"}),
    ("__localAggregateby__(lambda r: r[0], '', lambda k, a, r: a + r)", {"a": "abac", "b": "bd"}),
]


@pytest.mark.parametrize("steps, expected", GROUPS)
def test_a_grouping_gives_a_dict_for_each_key(flows, steps, expected):
    found = results(flows, steps, "['ab', 'bd', 'ac']")
    assert sorted(map(str, found)) == sorted(
        str(repr({"key": key, "value": value}).encode()) for key, value in expected.items())


def test_a_key_that_is_no_text_becomes_text(flows):
    found = results(flows, "groupby(lambda r: r % 2, lambda k, a, r: type(k).__name__ + k)", "range(2)")
    assert found == [b"{'key': '0', 'value': 'str0'}", b"{'key': '1', 'value': 'str1'}"]


def test_distinct_gives_each_record_once(flows):
    found = results(flows, "flatmap(lambda r: r.split()).distinct()", "['a is test', 'test1 this is a']")
    assert sorted(found) == [b"a", b"is", b"test", b"test1", b"this"]


def test_any_false_accumulator_begins_with_zero_again(flows):
    steps = "aggregate(7, lambda a, r: a - r, lambda a, r: r).map(lambda r: r)"
    assert results(flows, steps, "[7, 1]", convertToStr=False) == [6]


def test_zero_is_copied_for_each_execution(flows):
    script = flows.script("zero = []\nGB('CommandReader').aggregate(zero, lambda a, r: (a.append(1), a)[1], "
                          "lambda a, r: len(r)).register(trigger='t')")
    assert flows.trigger(script).results == [b"1"]
    assert flows.trigger(script).results == [b"1"]


def test_records_become_text_unless_told_otherwise(flows):
    assert results(flows, "map(lambda r: [r, None])", "[1]") == [b"[1, None]"]


def test_nothing_is_read_beyond_the_limit(flows):
    script = flows.script("""
seen = []
def read():
    for number in range(100):
        seen.append(number)
        yield number
GB('PythonReader').limit(2).run(read)
GB('CommandReader').map(lambda r: seen).register(trigger='seen')
""")
    assert script.results == [b"0", b"1"]
    assert flows.trigger(script).results == [b"[0, 1]"]


def test_what_comes_after_a_limit_is_finished(flows):
    steps = "limit(3).accumulate(lambda a, r: (a or 0) + r)"
    assert results(flows, steps, "range(1, 9)", convertToStr=False) == [6]


def test_records_go_through_all_steps_one_by_one(flows):
    script = flows.script("""
order = []
GB('PythonReader').foreach(lambda r: order.append(('a', r))).foreach(lambda r: order.append(('b', r))) \\
    .run(lambda: iter([1, 2]))
GB('CommandReader').map(lambda r: order).register(trigger='order')
""")
    assert script.results == [b"1", b"2"]
    assert flows.trigger(script).results == [b"[('a', 1), ('b', 1), ('a', 2), ('b', 2)]"]


def test_a_record_whose_callback_fails_is_dropped(flows):
    script = flows.script("GB('PythonReader').map(lambda r: 1 // r).run(lambda: iter([1, 0, 1]))")
    assert script.results == [b"1", b"1"]
    assert len(script.errors) == 1
    assert "ZeroDivisionError" in script.errors[0]


@pytest.mark.parametrize("steps", [
    "filter(lambda r: 1 // 0)", "foreach(lambda r: 1 // 0)", "flatmap(lambda r: 1 // 0)",
    "accumulate(lambda a, r: 1 // 0)", "groupby(lambda r: 1 // 0, lambda k, a, r: r)",
    "groupby(lambda r: r, lambda k, a, r: 1 // 0)", "batchgroupby(lambda r: r, lambda k, rs: 1 // 0)",
    "repartition(lambda r: 1 // 0)", "map(lambda r: exit())",
])
def test_a_failure_is_an_error_of_the_execution(flows, steps):
    script = flows.script(f"GB('PythonReader').{steps}.run(lambda: iter([1]))")
    assert script.results == []
    assert len(script.errors) == 1


@pytest.mark.parametrize("steps, text", [
    ("groupby(key, lambda k, a, r: r)", "coroutine are not allow on extractor"),
    ("repartition(key)", "coroutine are not allow on extractor"),
    ("batchgroupby(key, lambda k, rs: 1)", "coroutine are not allow on extractor"),
    ("batchgroupby(lambda r: r, reduce)", "coroutine are not allow on reduce"),
])
def test_a_coroutine_is_refused_where_it_cannot_be(flows, steps, text):
    script = flows.script("async def key(r): return r\nasync def reduce(k, rs): return k\n"
                          f"GB('PythonReader').{steps}.run(lambda: iter([1]))")
    assert script.results == []
    assert text in script.errors[0]
