"""Examples/live-speech: a flow that finds speech in streams of sound."""

import json
import os
import pathlib
import signal
import subprocess
import sys

import pytest

from support import flows, voices
from support.servers import wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "Examples/live-speech/listen.py"
MODEL = ROOT / "build/models/silero_vad.onnx"
MODULE_WORDS = flows.WORDS

# By the vendor's own onnxruntime; Tests/Fixtures/make_speech_probabilities.py wrote them.
EXPECTED = [float(line) for line in (ROOT / "Tests/Fixtures/speech/probabilities.txt").read_text().split()]
TOLERANCE = 1e-4
SECONDS = voices.CHUNK / voices.RATE
SPANS = [(19 * SECONDS, 65 * SECONDS), (88 * SECONDS, 120 * SECONDS)]

pytestmark = pytest.mark.usefixtures("no_flows_left")


@pytest.fixture
def listener(client):
    """A client of a server in which the flow is registered."""
    assert MODEL.exists(), f"there is no {MODEL}; type: make example-models"
    assert client.execute_command(
        "AI.MODELSTORE", "speech:model", "ONNX", "CPU", "BLOB", MODEL.read_bytes()) == b"OK"
    source = PROGRAM.with_name("flow.py").read_text()
    assert flows.script(client, source, "ID", "live-speech") == b"OK"
    return client


@pytest.fixture
def subscription(client):
    with client.pubsub(ignore_subscribe_messages=True) as subscription:
        subscription.psubscribe("speech:*")
        subscription.get_message(timeout=1)
        yield subscription


def pieces(byte_count=2 * voices.CHUNK):
    data = voices.two_sentences().tobytes()
    return [data[start:start + byte_count] for start in range(0, len(data), byte_count)]


def add(client, name, *sound):
    """Adds pieces of sound to a stream; the ID of the last entry."""
    return [client.xadd(f"sound:{name}", {"pcm": piece}) for piece in sound][-1]


def until_heard(client, name, identifier):
    wait_until(lambda: client.hget(f"speech:{name}", "entry") == identifier, what="all sound heard")


def result(client, name):
    found = client.hgetall(f"speech:{name}")
    return int(found[b"chunks"]), int(found[b"speaking"]), float(found[b"probability"])


def published(subscription, count):
    """So many messages, by source."""
    found = {}
    for _ in range(count):
        message = None
        while message is None:
            message = subscription.get_message(timeout=1)
        found.setdefault(message["channel"].decode(), []).append(json.loads(message["data"]))
    return found


MESSAGES = [message for start, end in SPANS for message in (
    {"event": "start", "start": start}, {"event": "end", "start": start, "end": end})]


def test_each_piece_is_judged_as_by_the_vendors_own_runtime(listener):
    assert len(pieces()) == len(EXPECTED) + 1, "the last piece is no whole chunk"
    for number, (piece, expected) in enumerate(zip(pieces(), EXPECTED)):
        until_heard(listener, "kitchen", add(listener, "kitchen", piece))
        chunks, _, probability = result(listener, "kitchen")
        assert chunks == number + 1
        assert probability == pytest.approx(expected, abs=TOLERANCE)


def test_subscribers_are_told_of_each_span(listener, subscription):
    until_heard(listener, "kitchen", add(listener, "kitchen", *pieces()))
    assert published(subscription, len(MESSAGES)) == {"speech:kitchen": MESSAGES}
    found = listener.hmget("speech:kitchen", "speaking", "start", "end")
    assert [float(value) for value in found] == [0, *SPANS[-1]]


@pytest.mark.parametrize("byte_count", [2, 700, 5000, 1 << 20])
def test_pieces_may_have_any_length(listener, byte_count):
    # One sample at a time, for two chunks only.
    sound = pieces(byte_count)[:1200] if byte_count == 2 else pieces(byte_count)
    until_heard(listener, "kitchen", add(listener, "kitchen", *sound))
    chunks, _, probability = result(listener, "kitchen")
    assert chunks == sum(map(len, sound)) // (2 * voices.CHUNK) > 0
    assert probability == pytest.approx(EXPECTED[chunks - 1], abs=TOLERANCE)


def test_sources_do_not_disturb_each_other(listener, subscription):
    names = ["kitchen", "hall", "{garden}"]
    for piece in pieces():
        last = {name: add(listener, name, piece) for name in names}
    for name in names:
        until_heard(listener, name, last[name])
        assert result(listener, name)[::2] == (143, pytest.approx(EXPECTED[-1], abs=TOLERANCE))
    assert published(subscription, 3 * len(MESSAGES)) == {f"speech:{name}": MESSAGES for name in names}


def test_the_end_of_python_changes_nothing(listener, subscription):
    """Also not within an entry: messages may come twice then, in their order."""
    sound = pieces()
    last = add(listener, "kitchen", *sound)
    for chunks in (20, 50, 100):
        wait_until(lambda: int(listener.hget("speech:kitchen", "chunks") or 0) >= chunks, what="some sound")
        os.kill(flows.python_pid(listener), signal.SIGKILL)
    until_heard(listener, "kitchen", last)
    assert result(listener, "kitchen") == (143, 0, pytest.approx(EXPECTED[-1], abs=TOLERANCE))
    listener.publish("speech:kitchen", json.dumps("over"))
    told = []
    while "over" not in told:
        told += published(subscription, 1)["speech:kitchen"]
    told = [message for index, message in enumerate(told) if message != told[index - 1] or index == 0]
    assert told == [*MESSAGES, "over"]


def test_an_entry_that_comes_again_is_left_out(listener):
    until_heard(listener, "kitchen", add(listener, "kitchen", *pieces()[:30]))
    before = listener.hgetall("speech:kitchen")
    # As after a failover: the stream has entries that were heard.
    wait_until(lambda: listener.xlen("sound:kitchen") == 0, what="the trimmed stream")
    count = flows.statistics(listener)["numSuccess"]
    listener.delete("sound:kitchen")
    listener.xadd("sound:kitchen", {"pcm": pieces()[0]}, id=before[b"entry"])
    wait_until(lambda: flows.statistics(listener)["numSuccess"] == count + 1, what="the entry again")
    assert listener.hgetall("speech:kitchen") == before


def test_sound_waits_for_the_model(listener):
    listener.delete("speech:model")
    last = add(listener, "kitchen", *pieces()[:30])
    wait_until(lambda: flows.statistics(listener)["numFailures"] > 0, what="a failure")
    assert b"model" in flows.statistics(listener)["lastError"]
    assert not listener.exists("speech:kitchen")
    listener.execute_command("AI.MODELSTORE", "speech:model", "ONNX", "CPU", "BLOB", MODEL.read_bytes())
    until_heard(listener, "kitchen", last)
    assert result(listener, "kitchen")[::2] == (30, pytest.approx(EXPECTED[29], abs=TOLERANCE))


def test_the_program_prints_what_is_told(server, tmp_path):
    sound = tmp_path / "sound.pcm"
    sound.write_bytes(voices.two_sentences().tobytes())
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "--url", f"unix://{server.socket_path}", "--pcm", str(sound)],
        capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        line for start, end in SPANS for line in (
            f"kitchen: speech from {start:5.2f} s", f"kitchen: speech from {start:5.2f} s to {end:5.2f} s")]
