"""What the Python process says is not believed."""


import pytest

from support import flows, guests, patience
from support.clients import refusal
from support.flow_process import server, started  # noqa: F401
from support.flows import PYTHON_ENDED, failure, script, sessions, trigger
from support.servers import wait_until

# What is not believed

def lies():
    """Bodies of guests that say what makes no sense; `{}` is where each says it."""
    ready = "send(*READY)\n"
    return {
        "noise at first": "server.sendall(os.urandom(1000))\nserve()",
        "zeros": "server.sendall(bytes(100_000))\nserve()",
        "a length beyond the limit": "server.sendall(struct.pack('<I', 1 << 31))\nserve()",
        "an empty message": "server.sendall(bytes(4))\nserve()",
        "no tuple": ready + "server.sendall(wire._LENGTH.pack(1) + b'N')\nserve()",
        "another version": "send(wire.READY, 0, {'protocol': 2})\nserve()",
        "no version": "send(wire.READY, 0, {})\nserve()",
        "ready with nothing": "send(wire.READY, 0)\nserve()",
        "ready twice": ready + ready + "serve()",
        "ready never, but something else": "send(wire.ARM, 1)\nserve()",
        "an unknown kind": ready + "send(99, 0)\nserve()",
        "a negative kind": ready + "send(-1, 0)\nserve()",
        "a kind that is text": ready + "send('done', 0)\nserve()",
        "a number that is text": ready + "send(wire.PONG, 'a')\nserve()",
        "a message of one value": ready + "send(wire.PONG)\nserve()",
        "a pong of nothing": ready + "send(wire.PONG, 1)\nserve()",
        "the end of a script with a number": ready + "serve(lambda n: send(wire.SCRIPTED, n, 5))",
        "the end of a script with nothing": ready + "serve(lambda n: send(wire.SCRIPTED, n))",
        "a script that ends twice": ready + "serve(lambda n: (send(wire.CALL, 1, n, 'register', {'reader': "
                                            "'CommandReader', 'mode': 'async', 'trigger': 't'}), "
                                            "send(wire.SCRIPTED, n, None), send(wire.SCRIPTED, n, None)))",
        "results that are none": ready + "serve(None, lambda n: send(wire.RESULTS, n, 5))",
        "an end of an unknown kind": ready + "serve(None, lambda n: send(wire.DONE, n, 'new', 1, [], []))",
        "an end without errors": ready + "serve(None, lambda n: send(wire.DONE, n, 'done', 1, []))",
        "an end with errors that are numbers":
            ready + "serve(None, lambda n: send(wire.DONE, n, 'done', 1, [], [5]))",
        "an end whose time is text": ready + "serve(None, lambda n: send(wire.DONE, n, 'done', 'a', [], []))",
        "a line of no text": ready + "send(wire.LOG, 0, 'notice', 5)\nserve()",
        "a line of no level": ready + "send(wire.LOG, 0, 5, b'a')\nserve()",
        "a line and more": ready + "send(wire.LOG, 0, 'notice', b'a', 1)\nserve()",
        "a release of text": ready + "send(wire.RELEASE, 0, ['a'])\nserve()",
        "half a message and the end": ready + "server.sendall(bytes([200, 0, 0, 0, 40]))",
        "surrogates": ready + "server.sendall(bytes.fromhex('0e000000') + b'(' + bytes.fromhex('01000000') "
                              "+ b'u' + bytes.fromhex('03000000') + b'\\xed\\xb3\\xbf' + b'N')\nserve()",
        "a deep message": ready + "import marshal\nvalue = []\nfor _ in range(100): value = [value]\n"
                                  "data = marshal.dumps((wire.PONG, 1, value), 2)\n"
                                  "server.sendall(struct.pack('<I', len(data)) + data)\nserve()",
        "a million values and one":
            ready + "import marshal\ndata = marshal.dumps((wire.PONG, 1, [None] * 1_000_000), 2)\n"
                    "server.sendall(struct.pack('<I', len(data)) + data)\nserve()",
    }


@pytest.mark.parametrize("name", lies())
def test_what_makes_no_sense_ends_the_process_alone(started, tmp_path, name):
    server, client = started(guests.make(tmp_path, lies()[name]))
    # It is ended at once, or as soon as it has something to answer.
    client.set("key", "value")
    text = failure(client, "pass", "ID", "one")
    if text is None:
        text = refusal(client, "RG.TRIGGER", "t")
    assert text == PYTHON_ENDED
    assert client.get("key") == b"value"
    wait_until(lambda: "flows: " in server.log().partition("eady to accept")[2], what="a line in the log")


@pytest.mark.parametrize("call", [
    "'nonsense'", "'execute'", "'execute', 5", "'execute', []", "'execute', [5]", "'execute', ['a', [b'b']]",
    "'executeMany'", "'executeMany', 5", "'executeMany', [5]", "'register'", "'register', 5",
    "'register', {}", "'register', {'reader': 'CommandReader'}",
    "'register', {'reader': 'Any', 'mode': 'async', 'trigger': 't'}",
    "'register', {'reader': 'CommandReader', 'mode': 'any', 'trigger': 'u'}",
    "'run'", "'run', 5", "'read'", "'read', 'KeysReader'", "'read', 'KeysReader', {}, None",
    "'read', 'KeysReader', {'pattern': 5, 'noScan': True, 'readValue': True}, None",
    "'read', 'KeysReader', {'pattern': '*', 'noScan': False, 'readValue': True}, b'no cursor'",
    "'read', 'StreamReader', {'key': 'a'}, None", "'read', 'Any', {}, None", "'execute' * 1000, []",
])
def test_a_call_that_makes_no_sense_is_an_error_of_the_call(started, tmp_path, call):
    """The answer to the call becomes the text with which the script ends."""
    server, client = started(guests.make(tmp_path, f"""
send(*READY)
def ask(number):
    send(wire.CALL, 7, number, {call})
    while True:
        for kind, call, *rest in read():
            if kind == wire.REPLY and call == 7:
                return send(wire.SCRIPTED, number, b"failed: %r" % (rest,))
serve(ask)"""))
    text = failure(client, "pass", "ID", "one")
    assert text.startswith("failed: [True, b") or call in ("'executeMany', [5]", "'run', 5")
    assert client.ping() and sessions(client) == []


@pytest.mark.parametrize("message", [
    "wire.DONE, 12345, 'done', 1, [], []", "wire.RESULTS, 12345, [b'a']", "wire.SCRIPTED, 12345, None",
    "wire.ARM, 12345", "wire.PARKED, 12345", "wire.RELEASE, 0, [1, 2, 3]", "wire.PONG, 12345, 0",
    "wire.CALL, 12345, 54321, 'execute', [b'PING']", "wire.LOG, 0, 'any', b'a\\r\\nb\\xff'"])
def test_numbers_that_nobody_has_are_no_harm(started, tmp_path, message):
    server, client = started(guests.make(tmp_path, f"send(*READY)\nsend({message})\nserve()"))
    assert script(client, "pass") == b"OK"
    assert trigger(client, "t") == [b"result"]
    flows.clear(client)


@pytest.mark.parametrize("results_, reply", [
    ("[None, 1.5, True, {}, (), ('+',), ('+', 5), ('?', b'a')]", None),
    ("[('+', b'a\\r\\nb')]", [b"a  b"]), ("['text']", [b"text"]), ("(b'a',)", [b"a"])])
def test_results_of_any_kind_become_a_reply(started, tmp_path, results_, reply):
    server, client = started(guests.make(
        tmp_path, f"send(*READY)\nserve(None, lambda n: send(wire.DONE, n, 'done', 1, {results_}, []))"))
    script(client, "pass")
    with server.wire() as connection:
        assert connection.call("RG.TRIGGER", "t").startswith(b"*")
        assert connection.nothing_more_came()
    assert reply is None or trigger(client, "t") == reply
    flows.clear(client)


def test_a_process_that_never_becomes_ready_holds_up_nobody_else(started, tmp_path):
    server, client = started(guests.make(tmp_path, "read()"))
    with server.wire() as connection:
        connection.send("RG.PYEXECUTE", "pass", "ID", "one")
        server.read_all()
        assert client.set("key", "value")
        text = "TRYAGAIN the script of session one is still running"
        assert failure(client, "pass", "ID", "one") == text


def test_a_process_that_reads_nothing_holds_up_nobody_else(started, tmp_path):
    server, client = started(guests.make(
        tmp_path, "send(*READY)\nthreading.Event().wait()"), "FLOWS_HANG_LIMIT", patience.AN_HOUR)
    connections = [server.wire() for _ in range(20)]
    for connection in connections:
        connection.send("RG.PYEXECUTE", "#" * (8 << 20))
    server.read_all()
    text = "BUSY flows do not take in what was sent to them; try again"
    wait_until(lambda: failure(client, "pass") == text, what="the refusal")
    assert client.set("key", "value")
    for connection in connections:
        connection.close()


def test_a_process_that_says_too_much_holds_up_nobody_else(started, tmp_path):
    server, client = started(guests.make(tmp_path, """
send(*READY)
threading.Thread(target=serve, daemon=True).start()
data = wire.encoded((wire.PONG, 12345, 0)) * 1000
while True: server.sendall(data)"""))
    for number in range(100):
        assert client.set("key", number)
