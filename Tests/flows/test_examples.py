"""Flows as people write them, in one piece."""

import pytest

PEOPLE = {b"person:%d" % number: {b"name": name, b"age": age} for number, (name, age) in enumerate([
    (b"Ann Lee", b"20"), (b"Bob Lee", b"35"), (b"Cid Orr", b"70"), (b"Dan Orr", b"58"), (b"Eve Orr", b"40")])}


@pytest.fixture
def people(flows):
    flows.keyspace.data = dict(PEOPLE)
    return flows


@pytest.mark.parametrize("steps, results", [
    ("map(age)", [b"20", b"35", b"70", b"58", b"40"]),
    ("map(age).accumulate(lambda a, r: max(a or 0, r))", [b"70"]),
    ("map(age).accumulate(lambda a, r: (a[0] + r, a[1] + 1) if a else (r, 1)).map(lambda r: r[0] / r[1])",
     [b"44.6"]),
    ("map(age).aggregate((0, 0), lambda a, r: (a[0] + r, a[1] + 1), "
     "lambda a, r: (a[0] + r[0], a[1] + r[1])).map(lambda r: r[0] / r[1])", [b"44.6"]),
    ("map(age).avg()", [b"44.6"]),
    ("map(age).sort().limit(2)", [b"70", b"58"]),
    ("countby(family)", [b"{'key': 'Lee', 'value': 2}", b"{'key': 'Orr', 'value': 3}"]),
    ("localgroupby(family, lambda k, a, r: (a or 0) + 1)"
     ".groupby(lambda r: r['key'], lambda k, a, r: (a or 0) + r['value'])",
     [b"{'key': 'Lee', 'value': 2}", b"{'key': 'Orr', 'value': 3}"]),
])
def test_people_are_counted(people, steps, results):
    script = people.script(f"""
def age(r):
    return int(r['value']['age'])
def family(r):
    return r['value']['name'].split()[1]
GB('KeysReader').{steps}.run('person:*')
""")
    assert script.errors == []
    assert script.results == results


def test_words_of_texts_are_counted(flows):
    flows.keyspace.data = {b"a": b"to be or", b"b": b"not to be"}
    script = flows.script("GB().flatmap(lambda r: r['value'].split()).countby().run()")
    assert sorted(script.results) == [
        b"{'key': 'be', 'value': 2}", b"{'key': 'not', 'value': 1}", b"{'key': 'or', 'value': 1}",
        b"{'key': 'to', 'value': 2}"]


def test_results_are_stored(people):
    # A scan may show a key twice when others come meanwhile; this one sees all at once.
    people.keyspace.batch = len(PEOPLE)
    script = people.script("GB().map(lambda r: r['value']['age'])"
                           ".foreach(lambda r: execute('SET', f'age:{r}', 1)).run()")
    assert len(script.results) == len(PEOPLE)
    assert people.keyspace.data[b"age:20"] == b"1"


def test_a_largest_value_is_kept_by_events(flows):
    script = flows.script("""
def keep(record):
    with atomic():
        if int(record['value']) > int(execute('GET', 'largest') or 0):
            execute('SET', 'largest', record['value'])
GB().filter(lambda r: r['type'] == 'string').foreach(keep).register('number:*', eventTypes=['set'])
""")
    for number in (b"3", b"7", b"5"):
        flows.start(script, 0, (b"number:1", b"set", b"string", number)).wait()
    assert flows.keyspace.data[b"largest"] == b"7"


def test_pi_is_guessed(flows):
    script = flows.script("""
import random
random.seed(1)
def points():
    for _ in range(10):
        yield 200
def inside(count):
    return [(random.random(), random.random()) for _ in range(count)]
GB('PythonReader').flatmap(inside).filter(lambda p: p[0] ** 2 + p[1] ** 2 < 1).count() \\
    .map(lambda n: 4 * n / 2000).run(points)
""")
    assert 3 < float(script.results[0]) < 3.3
