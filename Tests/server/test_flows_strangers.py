"""What no Python of ours would ask of the server or tell it: an error, or the end of the process."""

import pytest

from support.clients import refusal
from support.models import floats
from support.redisai_flows import PATIENT, prepare, script, trigger, value
from support.servers import wait_until

MODULE_WORDS = PATIENT


@pytest.fixture
def keys(client):
    return prepare(client)


WRONG = "ERR a flow's call has wrong arguments"
MISSING = "that does not exist"
ASK = "from redisai_flows import calling\nask = calling.ask"


@pytest.mark.parametrize("words, text", [
    ("'tensor.get'", WRONG),
    ("'tensor.get', 5", WRONG),
    ("'tensor.get', [5]", WRONG),
    ("'tensor.set', [5]", WRONG),
    ("'tensor.set', [(b'v', None)]", WRONG),
    ("'tensor.set', [(b'v', ())]", WRONG),
    ("'tensor.set', [(b'v', 77)]", MISSING),
    ("'tensor.set', [(b'v', -77)]", MISSING),
    ("'tensor.set', [(b'v', ('FLOAT', 1, b'abcd'))]", WRONG),
    ("'tensor.set', [(b'v', ('FLOAT', ['1'], b'abcd'))]", WRONG),
    ("'tensor.set', [(b'v', ('FLOAT', [1], 'a\\u00e4'))]", "ERR data length"),
    ("'tensor.set', [(b'v', ('FLOAT', [2], b'abcd'))]", "ERR data length"),
    ("'tensor.set', [(b'v', ('FLOAT', [-1], b''))]", "ERR invalid or negative value"),
    ("'tensor.set', [(b'v', ('COMPLEX', [1], b''))]", "ERR invalid data type"),
    ("'tensor.set', [(b'v', ('BOOL', [1], b'\\2'))]", "ERR BOOL"),
    ("'tensor.set', [(b'v', ('STRING', [1], b'a'))]", "ERR Number of string"),
    ("'tensor.set', [(b'v', ('FLOAT', [1 << 62, 1 << 62], b''))]", "ERR tensor shape is too large"),
    ("'tensor.set', [(b'v', ('DOUBLE', [1 << 62], b''))]", "ERR tensor shape is too large"),
    ("'tensor.set', [(b'v', ('FLOAT', [1], -5, 4))]", MISSING),
    ("'tensor.set', [(b'v', ('FLOAT', [1], 5, 4))]", MISSING),
    ("'tensor.set', [(b'v', ('FLOAT', [1], -1, -4))]", WRONG),
    ("'tensor.set', [(b'v', ('STRING', [1], -1, 1 << 62))]", "ERR "),
    ("'tensor.set', [(b'v', ('UINT8', [1 << 62], -1, 1 << 62))]", "ERR "),
    ("'tensor.data', 77", MISSING),
    ("'tensor.data', None", WRONG),
    ("'tensor.find', b'a{1}'", WRONG),
    ("'tensor.find', 5, True", WRONG),
    ("'model.find', 5, True", WRONG),
    ("'model.find', b'm{1}', 1", WRONG),
    ("'model.run', 77, [], [], [b'y']", MISSING),
    ("'model.run', model, [b'a'], [], [b'y']", WRONG),
    ("'model.run', model, 1, 2, 3", WRONG),
    ("'model.start', script, [], [], [b'y']", MISSING),
    ("'model.run', model, [b'a'] * 2, [tensor, 77], [b'y']", MISSING),
    ("'model.run', model, [b'a'] * 2, [tensor, model], [b'y']", MISSING),
    ("'script.run', model, b'bar', [], 1", MISSING),
    ("'script.run', script, b'bar', [], -1", WRONG),
    ("'script.run', script, b'bar', [], 1 << 62", WRONG),
    ("'script.run', script, 5, [], 1", WRONG),
    ("'script.run', script, b'bar', [[77]], 1", MISSING),
    ("'script.run', script, b'bar', [[[tensor]]], 1", WRONG),
    ("'script.start', script, b'bar', [], 1", "index out of range"),
    ("'dag.model', b'm{1}', None, None", WRONG),
    ("'dag.model', b'm{1}', -1, 1 << 62", "Number of keys"),
    ("'dag.script', b's{1}'", WRONG),
    ("'dag.check', 5", WRONG),
    ("'dag.run', 5", WRONG),
    ("'dag.run', []", "ERR DAG is empty"),
    ("'dag.run', [()]", WRONG),
    ("'dag.run', [('other', b'x')]", WRONG),
    ("'dag.run', [('get',)]", WRONG),
    ("'dag.run', [('input', b'x')]", WRONG),
    ("'dag.run', [('set', 5, tensor)]", WRONG),
    ("'dag.run', [('model', 77, [], [])]", MISSING),
    ("'dag.run', [('model', model, [b'none'], [b'y'])]", "ERR INPUT key"),
    ("'dag.run', [('script', script, b'bar', [5], [b'y'])]", WRONG),
    ("'dag.run', [('text', b'x')]", "DAG op should start"),
    ("'tensor.nothing', 1", "ERR a flow's call names the unknown operation"),
])
def test_a_call_that_makes_no_sense_is_an_error(keys, words, text):
    setup = ASK + """
def g():
    model, script = ask('model.find', b'm{1}', False)[0], ask('script.find', b's{1}', False)[0]
    tensor = ask('tensor.get', [b'a{1}'])[0][0]
    # Has a region made, whose number is -1.
    setTensorInKey('large', createTensorFromBlob('UINT8', [20_000], bytes(20_000)))
    try:
        return ask(WORDS)
    except GearsError as error:
        return str(error)
""".replace("WORDS", words)
    assert text in value(keys, "repr(g())", setup)
    assert not keys.exists("v")


def test_what_was_released_is_gone(keys):
    setup = ASK + """
def g():
    number = ask('tensor.get', [b'a{1}'])[0][0]
    calling.service().channel.release(number)
    try:
        return ask('tensor.data', number)
    except GearsError as error:
        return str(error)
"""
    assert MISSING in value(keys, "repr(g())", setup)


def test_who_announces_nonsense_is_ended(server, client):
    script(client, f"""
from redisAI import *
{ASK}
def f(r):
    if r[1] == 'well':
        return 'well'
    calling.service().regions._side.send(b'nonsense')
    return ask('tensor.set', [(b'v', ('FLOAT', [1], -5, 4))])
GB('CommandReader').map(f).register(trigger='t')
""")
    assert trigger(client, "t", "well") == [b"well"]
    assert refusal(client, "RG.TRIGGER", "t", "x") == "ERR the Python process of the flows has ended"
    assert "protocol error" in server.log()
    wait_until(lambda: refusal(client, "RG.TRIGGER", "t", "well") is None)


def test_many_tensors_are_held_up_to_a_limit(client):
    floats(client, "v", 1)
    setup = ASK + """
def g():
    keys = [b'v'] * 100_000
    numbers = [ask('tensor.get', keys) for number in range(10)]
    try:
        ask('tensor.get', [b'v'])
        return 'more'
    except GearsError as error:
        text = str(error)
    release = calling.service().channel.release
    for answer in numbers:
        for number, _, _ in answer:
            release(number)
    return text, len(ask('tensor.get', keys))
"""
    text, count = value(client, "g()", setup)
    assert text == "ERR flows hold 1000000 tensors, models and scripts already, which is the limit"
    assert count == 100_000
