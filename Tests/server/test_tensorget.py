"""AI.TENSORGET: what it refuses, and the exact bytes of each reply in both protocols."""

import math
import struct

import pytest

from support.clients import refusal
from support.texts import NO_TENSOR, WRONG_TYPE, arity
from support.wire import OK, array, bulk, error, integer

META = bulk("dtype") + bulk("FLOAT") + bulk("shape") + array(integer(1), integer(2))
BLOB = struct.pack("<2f", 0.1, 2)


@pytest.fixture
def pair(wire):
    """A FLOAT tensor of shape [1, 2] with 0.1 and 2 at the key `k`."""
    assert wire.call("AI.TENSORSET", "k", "FLOAT", 1, 2, "VALUES", 0.1, 2) == OK


@pytest.mark.parametrize("words", [[], ["k", "META", "BLOB", "VALUES"], ["k", "META", "META", "META"]])
def test_a_wrong_number_of_words_names_the_command_in_capitals(client, words):
    assert refusal(client, "ai.tensorget", *words) == arity("AI.TENSORGET")


@pytest.mark.parametrize("words", [[], ["META"], ["NOSUCH"], ["BLOB", "VALUES"]])
def test_a_missing_key_is_named_before_a_wrong_option(client, words):
    assert refusal(client, "AI.TENSORGET", "missing", *words) == NO_TENSOR


@pytest.mark.parametrize("words", [[], ["META"], ["NOSUCH"]])
def test_another_type_is_named_before_a_wrong_option(client, words):
    client.set("text", "x")
    assert refusal(client, "AI.TENSORGET", "text", *words) == WRONG_TYPE


@pytest.mark.parametrize(
    "words, text",
    [
        (["NOSUCH"], "ERR unsupported data format"),
        (["META", "NOSUCH"], "ERR unsupported data format"),
        ([""], "ERR unsupported data format"),
        (["BLOB", "VALUES"], "ERR both BLOB and VALUES specified"),
        (["VALUES", "BLOB"], "ERR both BLOB and VALUES specified"),
    ])
def test_a_wrong_option_is_refused_in_the_known_words(wire, pair, words, text):
    assert wire.call("AI.TENSORGET", "k", *words) == error(text)


@pytest.mark.parametrize(
    "words, reply",
    [
        ([], b"*6\r\n" + META + bulk("blob") + bulk(BLOB)),
        (["META", "BLOB"], b"*6\r\n" + META + bulk("blob") + bulk(BLOB)),
        (["BLOB", "META"], b"*6\r\n" + META + bulk("blob") + bulk(BLOB)),
        (["META"], b"*4\r\n" + META),
        (["META", "META"], b"*4\r\n" + META),
        (["BLOB"], bulk(BLOB)),
        (["VALUES"], array(bulk("0.10000000149011612"), bulk("2"))),
        (["META", "VALUES"],
         b"*6\r\n" + META + bulk("values") + array(bulk("0.10000000149011612"), bulk("2"))),
        (["values", "meta"],
         b"*6\r\n" + META + bulk("values") + array(bulk("0.10000000149011612"), bulk("2"))),
    ])
def test_each_option_has_its_reply_in_resp2(wire, pair, words, reply):
    assert wire.call("AI.TENSORGET", "k", *words) == reply


@pytest.mark.parametrize(
    "words, reply",
    [
        ([], b"*6\r\n" + META + bulk("blob") + bulk(BLOB)),
        (["META"], b"*4\r\n" + META),
        (["BLOB"], bulk(BLOB)),
        (["VALUES"], array(b",0.10000000149011612\r\n", b",2\r\n")),
    ])
def test_each_option_has_its_reply_in_resp3(wire3, pair, words, reply):
    assert wire3.call("AI.TENSORGET", "k", *words) == reply


@pytest.mark.parametrize(
    "name", ["INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64", "BOOL"])
def test_integers_are_integer_replies_in_both_protocols(wire, wire3, name):
    wire.call("AI.TENSORSET", "k", name, 2, "VALUES", 1, 0)
    for connection in (wire, wire3):
        assert connection.call("AI.TENSORGET", "k", "VALUES") == array(integer(1), integer(0))


def test_strings_are_bulk_replies_without_their_nul(wire, wire3):
    wire.call("AI.TENSORSET", "k", "STRING", 2, "VALUES", "word", "")
    for connection in (wire, wire3):
        assert connection.call("AI.TENSORGET", "k", "VALUES") == array(bulk("word"), bulk(""))


@pytest.mark.parametrize("name", ["FLOAT", "DOUBLE", "FLOAT16", "BFLOAT16"])
def test_fractions_are_double_replies_in_both_protocols(wire, wire3, name):
    wire.call("AI.TENSORSET", "k", name, 3, "VALUES", 0.5, -2, "inf")
    assert wire.call("AI.TENSORGET", "k", "VALUES") == array(bulk("0.5"), bulk("-2"), bulk("inf"))
    assert wire3.call("AI.TENSORGET", "k", "VALUES") == array(b",0.5\r\n", b",-2\r\n", b",inf\r\n")


def test_a_double_reply_gives_the_number_back_exactly(client, client3):
    numbers = [0.1, 1 / 3, 5e-324, 1.7976931348623157e308, -0.0, 123456789.123456789]
    client.execute_command("AI.TENSORSET", "k", "DOUBLE", 6, "BLOB", struct.pack("<6d", *numbers))
    assert [float(text) for text in client.execute_command("AI.TENSORGET", "k", "VALUES")] == numbers
    assert client3.execute_command("AI.TENSORGET", "k", "VALUES") == numbers


def test_what_is_not_a_number_is_a_double_reply(client, client3):
    client.execute_command("AI.TENSORSET", "k", "FLOAT", 1, "BLOB", struct.pack("<f", math.nan))
    for connection in (client, client3):
        [number] = connection.execute_command("AI.TENSORGET", "k", "VALUES")
        assert math.isnan(float(number))


def test_a_scalar_has_an_empty_shape_and_one_value(wire):
    wire.call("AI.TENSORSET", "k", "INT32", "VALUES", 7)
    assert wire.call("AI.TENSORGET", "k", "META", "VALUES") == (
        b"*6\r\n" + bulk("dtype") + bulk("INT32") + bulk("shape") + array() + bulk("values")
        + array(integer(7)))


def test_values_come_in_row_major_order(client):
    client.execute_command("AI.TENSORSET", "k", "INT8", 2, 3, "VALUES", 1, 2, 3, 4, 5, 6)
    assert client.execute_command("AI.TENSORGET", "k", "VALUES") == [1, 2, 3, 4, 5, 6]
    assert client.execute_command("AI.TENSORGET", "k", "BLOB") == bytes([1, 2, 3, 4, 5, 6])


def test_a_large_tensor_comes_back_whole(client):
    content = bytes(range(256)) * (8 * 1024 * 1024 // 256)
    client.execute_command("AI.TENSORSET", "k", "UINT8", 8 * 1024 * 1024, "BLOB", content)
    assert client.execute_command("AI.TENSORGET", "k", "BLOB") == content


def test_the_keys_type_has_a_name(client):
    client.execute_command("AI.TENSORSET", "k", "INT8", 1)
    assert client.type("k") == b"AI_TENSOR"
