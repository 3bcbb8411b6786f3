"""Steps: what each makes of its records, together with the server's data."""

import pytest

from support import flows
from support.flows import errors, failure, results, script, trigger

MODULE_WORDS = flows.WORDS
pytestmark = pytest.mark.usefixtures("no_flows_left")


def over(records, steps, rest=", convertToStr=False"):
    """A script that runs steps over records."""
    return f"GB('PythonReader'){steps}.run(lambda: iter({records!r}){rest})"


def numbers(client):
    client.mset({str(number): number for number in range(100)})


# A hundred keys

@pytest.mark.parametrize("steps, found", [
    (".map(lambda r: int(r['value'])).accumulate(lambda a, r: (a or 0) + r)", [b"4950"]),
    (".map(lambda r: int(r['value'])).aggregate(0, lambda a, r: a + r, lambda a, r: a + r)", [b"4950"]),
    (".map(lambda r: r['value']).avg()", [b"49.5"]),
    (".count()", [b"100"]),
    (".filter(lambda r: int(r['value']) >= 50).count()", [b"50"]),
    (".map(lambda r: int(r['value'])).sort().limit(3)", [b"99", b"98", b"97"]),
    (".map(lambda r: int(r['value'])).sort(reverse=False).limit(3, 10)", [b"10", b"11", b"12"]),
    (".map(lambda r: int(r['value']) % 3).distinct().sort(False)", [b"0", b"1", b"2"]),
    (".countby(lambda r: int(r['value']) % 2).map(lambda r: (r['key'], r['value'])).sort()",
     [b"('1', 50)", b"('0', 50)"]),
    (".limit(0)", []), (".limit(1000).count()", [b"100"]), (".limit(10, 95).count()", [b"5"]),
    (".limit(10, 100).count()", []),
])
def test_over_a_hundred_keys(client, steps, found):
    numbers(client)
    assert results(client, f"GB(){steps}.run()") == found


def test_keys_are_removed_by_a_flow(client):
    numbers(client)
    source = "GB().map(lambda r: r['key']).foreach(lambda k: execute('DEL', k)).count().run()"
    assert results(client, source) == [b"100"]
    assert client.dbsize() == 0


def test_words_are_counted(client):
    client.mset({"x": "this is a test", "y": "this is another test"})
    source = ("GB().map(lambda r: r['value']).flatmap(lambda text: text.split()).countby()"
              ".map(lambda r: f\"{r['key']}={r['value']}\").run()")
    assert sorted(results(client, source)) == [b"a=1", b"another=1", b"is=2", b"test=2", b"this=2"]


def test_distinct_words_are_found(client):
    client.mset({"x": "this is a test", "y": "this is a test1"})
    source = "GB().flatmap(lambda r: r['value'].split()).distinct().run()"
    assert sorted(results(client, source)) == [b"a", b"is", b"test", b"test1", b"this"]


# Each step

@pytest.mark.parametrize("records, steps, found", [
    ([1, 2], ".map(lambda r: r + 1)", [2, 3]),
    ([], ".map(lambda r: r + 1)", []),
    ([0, 1, "", "a", []], ".filter(lambda r: r)", [1, b"a"]),
    ([1, 2], ".foreach(lambda r: 5)", [1, 2]),
    ([[1, 2], [], [[3]], 4], ".flatmap(lambda r: r)", [1, 2, [3], 4]),
    ([(1, 2)], ".flatmap(lambda r: r).map(lambda r: list(r))", [[1, 2]]),
    ([{1, 2}], ".flatmap(lambda r: r).map(lambda r: sorted(r))", [[1, 2]]),
    ([1, 2, 3, 4], ".limit(2)", [1, 2]), ([1, 2, 3, 4], ".limit(2, 1)", [2, 3]),
    ([1, 2, 3, 4], ".limit(2, 3)", [4]), ([1, 2], ".limit(True)", [1]),
    ([1, 2, 3], ".accumulate(lambda a, r: (a or []) + [r])", [[1, 2, 3]]),
    ([], ".accumulate(lambda a, r: 1)", []),
    ([1, 2], ".accumulate(lambda a, r: None).map(lambda r: r is None)", [1]),
    (["ab", "b", "ac"], ".groupby(lambda r: r[0], lambda k, a, r: (a or '') + r)"
                        ".map(lambda r: [r['key'], r['value']])", [[b"a", b"abac"], [b"b", b"b"]]),
    ([1, 2, 1], ".localgroupby(lambda r: r, lambda k, a, r: (a or 0) + r)"
                ".map(lambda r: [r['key'], r['value']])", [[b"1", 2], [b"2", 2]]),
    ([1, 2, 1], ".batchgroupby(lambda r: r, lambda k, r: len(r)).map(lambda r: [r['key'], r['value']])",
     [[b"1", 2], [b"2", 1]]),
    ([3, 4], ".repartition(lambda r: str(r)).collect()", [3, 4]),
    ([1, 2, 3], ".aggregate([], lambda a, r: a + [r], lambda a, r: a + r)", [[1, 2, 3]]),
    ([], ".aggregate(0, lambda a, r: a + r, lambda a, r: a + r)", []),
    (["a", "b", "a"], ".aggregateby(lambda r: r, 0, lambda k, a, r: a + 1, lambda k, a, r: a + r)"
                      ".map(lambda r: [r['key'], r['value']])", [[b"a", 2], [b"b", 1]]),
    (["a", "a"], ".__localAggregateby__(lambda r: r, 0, lambda k, a, r: a + 1)"
                 ".map(lambda r: [r['key'], r['value']])", [[b"a", 2]]),
    ([5, 6, 7], ".count()", [3]), ([], ".count()", []),
    (["a", "b", "a"], ".countby().map(lambda r: [r['key'], r['value']])", [[b"a", 2], [b"b", 1]]),
    ([1, 2, 6], ".avg()", [b"3.000000"]), ([], ".avg()", []),
    ([{"n": 4}, {"n": 6}], ".avg(lambda r: r['n'])", [b"5.000000"]),
    ([2, 3, 1], ".sort()", [3, 2, 1]), ([2, 3, 1], ".sort(reverse=False)", [1, 2, 3]), ([], ".sort()", []),
    ([1, 1, 1], ".distinct()", [1]), ([], ".distinct()", []),
    ([1, 2, 3, 4], ".map(lambda r: r * 2).filter(lambda r: r > 2).accumulate(lambda a, r: (a or 0) + r)"
                   ".flatmap(lambda r: [r, r]).count()", [2]),
])
def test_a_step_does_what_it_is_for(client, records, steps, found):
    assert results(client, over(records, steps)) == found


def test_a_zero_is_not_changed_by_a_flow(client):
    script(client, "GB('CommandReader').aggregate([], lambda a, r: a.append(r[1]) or a, lambda a, r: a + r)"
                   ".register(trigger='t')")
    assert trigger(client, "t", "a") == [b"['a']"]
    assert trigger(client, "t", "b") == [b"['b']"]


def test_records_are_text_in_the_end_unless_told_otherwise(client):
    assert results(client, over([1, None, [2], {"a": 1.5}, (1,), b"x"], "", "")) == [
        b"1", b"None", b"[2]", b"{'a': 1.5}", b"(1,)", b"b'x'"]


def test_steps_without_a_limit_of_records(client):
    assert results(client, over(list(range(20_000)), ".map(lambda r: r + 1).count()")) == [20_000]


def test_a_builder_goes_on_from_each_of_its_steps(client):
    source = ("b = GB('PythonReader')\nb.map(lambda r: r + 1)\nb.map(lambda r: r * 2)\n"
              "b.run(lambda: iter([1, 2]))")
    assert results(client, source) == [b"4", b"6"]


# The introduction's persons

PERSONS = [("John", "Doe", 42), ("Jane", "Doe", 40), ("Ann", "Smith", 61), ("Bob", "Smith", 35),
           ("Eve", "Li", 45)]


@pytest.mark.parametrize("steps, found", [
    (".accumulate(lambda a, r: max(a or 0, int(r['value']['age'])))", [b"61"]),
    (".map(lambda r: int(r['value']['age'])).accumulate(lambda a, r: a if a and a > r else r)", [b"61"]),
    (".map(lambda r: int(r['value']['age']))"
     ".accumulate(lambda a, r: (r, 1) if a is None else (a[0] + r, a[1] + 1)).map(lambda r: r[0] / r[1])",
     [b"44.6"]),
    (".map(lambda r: int(r['value']['age'])).aggregate((0, 0), lambda a, r: (a[0] + r, a[1] + 1),"
     " lambda a, r: (a[0] + r[0], a[1] + r[1])).map(lambda r: r[0] / r[1])", [b"44.6"]),
    (".avg(lambda r: int(r['value']['age']))", [b"44.6"]),
    (".countby(lambda r: r['value']['last']).map(lambda r: (r['key'], r['value'])).sort()",
     [b"('Smith', 2)", b"('Li', 1)", b"('Doe', 2)"]),
    (".localgroupby(lambda r: r['value']['last'], lambda k, a, r: 1 + (a or 0))"
     ".groupby(lambda r: r['key'], lambda k, a, r: r['value'] + (a or 0))"
     ".map(lambda r: (r['key'], r['value'])).sort()", [b"('Smith', 2)", b"('Li', 1)", b"('Doe', 2)"]),
])
def test_persons_are_counted(client, steps, found):
    for number, (first, last, age) in enumerate(PERSONS):
        client.hset(f"person:{number}", mapping={"first": first, "last": last, "age": age})
    assert results(client, f"GB(){steps}.run('person:*')") == found


def test_what_was_counted_is_stored(client):
    for number, (first, last, age) in enumerate(PERSONS):
        client.hset(f"person:{number}", mapping={"first": first, "last": last, "age": age})
    results(client, "GB().countby(lambda r: r['value']['last'])"
                    ".foreach(lambda r: execute('HSET', 'families', r['key'], r['value'])).run('person:*')")
    assert client.hgetall("families") == {b"Doe": b"2", b"Smith": b"2", b"Li": b"1"}


def test_the_greatest_of_all_is_kept(client):
    script(client, """
def greatest(r):
    age = max(int(execute('GET', 'greatest') or 0), int(r[1]))
    execute('SET', 'greatest', age)
    return age
GB('CommandReader').map(greatest).register(trigger='age')
""")
    found = [trigger(client, "age", age) for _, _, age in PERSONS]
    assert found == [[b"42"], [b"42"], [b"61"], [b"61"], [b"61"]]


def test_pi_is_found_by_chance(client):
    source = """
import random
def shards(): yield from range(4)
def inside(_): return random.random() ** 2 + random.random() ** 2 < 1
GB('PythonReader').flatmap(lambda _: list(range(500))).filter(inside).count().run(shards)
"""
    assert 1000 < int(results(client, source)[0]) < 2000


# Failures

def test_a_record_that_fails_is_left_out(client):
    found, texts = script(client, over([1, 0, 2, "a"], ".map(lambda r: 2 / r).map(int)"))
    assert found == [2, 1]
    assert [text.count(b"ZeroDivisionError") for text in texts] == [1, 0]
    assert b"TypeError" in texts[1]


@pytest.mark.parametrize("steps", [
    ".filter(f)", ".foreach(f)", ".flatmap(f)", ".accumulate(lambda a, r: f(r))", ".repartition(f)",
    ".groupby(f, lambda k, a, r: r)", ".groupby(str, lambda k, a, r: f(r))",
    ".batchgroupby(f, lambda k, r: r)", ".batchgroupby(str, lambda k, r: f(r))", ".avg(f)", ".countby(f)",
    ".aggregate(0, lambda a, r: f(r), lambda a, r: a)", ".sort().map(f)"])
def test_each_callback_may_fail(client, steps):
    source = f"def f(r): raise KeyError('here')\n{over([1], steps)}"
    assert [text.count(b"KeyError: 'here'") for text in errors(client, source)] == [1]


def test_records_that_can_not_be_compared_or_hashed_fail(client):
    assert b"TypeError" in errors(client, over([1, "a"], ".sort()"))[0]
    assert b"unhashable" in errors(client, over([[1]], ".distinct()"))[0]


@pytest.mark.parametrize("step, text", [
    *((f"{name}()", f"wrong number of args to {name} function")
      for name in ("map", "filter", "foreach", "flatmap", "accumulate", "repartition")),
    *((f"{name}(len, len)", f"wrong number of args to {name} function")
      for name in ("map", "filter", "foreach", "flatmap", "accumulate", "repartition")),
    *((f"{name}(1)", f"{name} argument must be a function")
      for name in ("map", "filter", "foreach", "flatmap", "accumulate", "repartition")),
    ("collect(1)", "wrong number of args to collect function"),
    ("limit()", "wrong number of args to limit function"),
    ("limit(1, 2, 3)", "wrong number of args to limit"),
    ("limit('1')", "limit argument must be a number"), ("limit(1, None)", "limit argument must be a number"),
    ("groupby(len)", "wrong number of args to groupby function"),
    ("localgroupby(len)", "wrong number of args to groupby function"),
    ("batchgroupby(len)", "wrong number of args to batchgroupby function"),
    ("groupby(1, len)", "groupby extractor argument must be a function"),
    ("groupby(len, 1)", "groupby reducer argument must be a function"),
    ("localgroupby(len, 1)", "groupby reducer argument must be a function"),
    ("batchgroupby(1, len)", "batchgroupby extractor argument must be a function"),
    ("batchgroupby(len, 1)", "batchgroupby reducer argument must be a function"),
])
def test_arguments_of_steps_are_checked(client, step, text):
    assert text in failure(client, f"GB().{step}")


def test_steps_take_no_names(client):
    assert "TypeError" in failure(client, "GB().map(f=len)")
