"""AI.TENSORSET: what it refuses, in which order and words, and what it stores."""

import math
import struct

import pytest

from support.clients import refusal
from support.models import NUMPY_TYPES
from support.texts import SHAPE_TOO_LARGE, WRONG_TYPE, arity
from support.wire import OK

INVALID_DIMENSION = "ERR invalid or negative value found in tensor shape"
ONE_BLOB = "ERR a single binary string should come after the BLOB argument in 'AI.TENSORSET' command"
VALUE_COUNT = "ERR wrong number of values was given in 'AI.TENSORSET' command"
INVALID_VALUE = "ERR invalid value"
NULL_CHARACTER = "ERR C-string value contains null character"
BLOB_LENGTH = "ERR data length does not match tensor shape and type"
BOOL_BYTES = "ERR BOOL tensor elements must be 0 or 1"
STRING_COUNT = "ERR Number of string elements in data blob does not match tensor length"


def values(client, key):
    return client.execute_command("AI.TENSORGET", key, "VALUES")


def blob(client, key):
    return client.execute_command("AI.TENSORGET", key, "BLOB")


def shape(client, key):
    return client.execute_command("AI.TENSORGET", key, "META")[3]


@pytest.mark.parametrize("words", [[], ["k"], ["k", "FLOAT"], ["k", "NOSUCH"]])
@pytest.mark.parametrize("command", ["AI.TENSORSET", "ai.tensorset", "Ai.TensorSet"])
def test_too_few_words_name_the_command_in_capitals(client, command, words):
    assert refusal(client, command, *words) == arity("AI.TENSORSET")


REFUSED = [
    (["NOSUCH", 2], "ERR invalid data type"),
    (["", 2], "ERR invalid data type"),
    (["FLOAT8", 2], "ERR invalid data type"),
    (["FLOATS", 2], "ERR invalid data type"),
    (["FLOAT\0", 2], "ERR invalid data type"),
    (["FLOAT", "two"], INVALID_DIMENSION),
    (["FLOAT", 0], INVALID_DIMENSION),
    (["FLOAT", -1], INVALID_DIMENSION),
    (["FLOAT", "1.0"], INVALID_DIMENSION),
    (["FLOAT", ""], INVALID_DIMENSION),
    (["FLOAT", " 1"], INVALID_DIMENSION),
    (["FLOAT", "99999999999999999999"], INVALID_DIMENSION),
    (["FLOAT", 2, 2, "VALUE", 1], INVALID_DIMENSION),
    (["FLOAT", 2, 0, "BLOB", b""], INVALID_DIMENSION),
    (["FLOAT", 2, "BLOB"], ONE_BLOB),
    (["FLOAT", 2, "BLOB", b"12345678", b"x"], ONE_BLOB),
    (["FLOAT", 2, "BLOB", b"12345678", "VALUES", 1, 2], ONE_BLOB),
    (["FLOAT", "BLOB"], ONE_BLOB),
    (["FLOAT", 2, "VALUES"], VALUE_COUNT),
    (["FLOAT", 2, "VALUES", 1], VALUE_COUNT),
    (["FLOAT", 2, "VALUES", 1, 2, 3], VALUE_COUNT),
    (["FLOAT", 2, 2, "VALUES", 1, 2, 3], VALUE_COUNT),
    (["FLOAT", "VALUES"], VALUE_COUNT),
    (["FLOAT", "VALUES", 1, 2], VALUE_COUNT),
    (["FLOAT", 2, "BLOB", b"1234567"], BLOB_LENGTH),
    (["FLOAT", 2, "BLOB", b"123456789"], BLOB_LENGTH),
    (["FLOAT", 2, "BLOB", b""], BLOB_LENGTH),
    (["DOUBLE", 2, "BLOB", b"12345678"], BLOB_LENGTH),
    (["FLOAT16", 2, "BLOB", b"12345678"], BLOB_LENGTH),
    (["BFLOAT16", 1, "BLOB", b"1234"], BLOB_LENGTH),
    (["BOOL", 2, "BLOB", b"\1"], BLOB_LENGTH),
    (["BOOL", 2, "BLOB", b"\2\1"], BOOL_BYTES),
    (["BOOL", 2, "BLOB", b"\1\2"], BOOL_BYTES),
    (["BOOL", 1, "BLOB", b"\xff"], BOOL_BYTES),
    (["STRING", 2, "BLOB", b"one\0"], STRING_COUNT),
    (["STRING", 2, "BLOB", b"one\0two\0three\0"], STRING_COUNT),
    (["STRING", 2, "BLOB", b"one\0two"], STRING_COUNT),
    (["STRING", 1, "BLOB", b"one"], STRING_COUNT),
    (["STRING", 1, "BLOB", b""], STRING_COUNT),
    (["STRING", 2, "VALUES", "a\0b", "c"], NULL_CHARACTER),
    (["STRING", 1, "VALUES", "\0a"], NULL_CHARACTER),
    (["STRING", 1, "VALUES", "a\0\0"], NULL_CHARACTER),
]


@pytest.mark.parametrize("words, text", REFUSED)
def test_a_wrong_request_is_refused_in_the_known_words(client, words, text):
    assert refusal(client, "AI.TENSORSET", "k", *words) == text
    assert client.exists("k") == 0


@pytest.mark.parametrize(
    "words, text",
    [
        (["NOSUCH", -1, "BLOB"], "ERR invalid data type"),
        (["FLOAT", -1, "BLOB"], INVALID_DIMENSION),
        (["FLOAT", -1, "VALUES", 1, 2, 3], INVALID_DIMENSION),
        (["INT8", 2, "VALUES", "x"], VALUE_COUNT),
        (["BOOL", 2, "BLOB", b"\7"], BLOB_LENGTH),
    ])
def test_the_first_of_two_faults_is_named(client, words, text):
    assert refusal(client, "AI.TENSORSET", "k", *words) == text


@pytest.mark.parametrize("words", [["FLOAT", 1], ["NOSUCH", -1], ["FLOAT", 1, "BLOB"]])
def test_another_type_at_the_key_is_named_before_any_other_fault(client, words):
    client.set("k", "text")
    assert refusal(client, "AI.TENSORSET", "k", *words) == WRONG_TYPE
    assert client.get("k") == b"text"


def test_a_refused_request_leaves_the_old_tensor(client):
    client.execute_command("AI.TENSORSET", "k", "FLOAT", 2, "VALUES", 1, 2)
    assert refusal(client, "AI.TENSORSET", "k", "FLOAT", 2, "VALUES", 3, "x") == INVALID_VALUE
    assert values(client, "k") == [b"1", b"2"]


INTEGER_LIMITS = [
    ("INT8", -127, 127), ("INT16", -32767, 32767), ("INT32", -(2**31) + 1, 2**31 - 1),
    ("INT64", -(2**63) + 1, 2**63 - 1), ("UINT8", 0, 255), ("UINT16", 0, 65535), ("UINT32", 0, 2**32 - 1),
    ("UINT64", 0, 2**64 - 1), ("BOOL", 0, 1),
]


@pytest.mark.parametrize("name, low, high", INTEGER_LIMITS)
def test_integers_are_exact_up_to_their_limits(client, name, low, high):
    client.execute_command("AI.TENSORSET", "k", name, 3, "VALUES", low, high, 1)
    assert [int(number) for number in values(client, "k")] == [low, high, 1]
    assert blob(client, "k") == b"".join(
        number.to_bytes(NUMPY_TYPES[name].itemsize, "little", signed=low < 0) for number in (low, high, 1))


@pytest.mark.parametrize("name, low, high", INTEGER_LIMITS)
def test_integers_beyond_their_limits_are_refused(client, name, low, high):
    for number in (low - 1, high + 1, 10**30, -(10**30)):
        assert refusal(client, "AI.TENSORSET", "k", name, 1, "VALUES", number) == INVALID_VALUE


@pytest.mark.parametrize("text", ["1.0", "1e2", "x", "", " 1", "1 ", "0x1", "--1", "1\0", "true"])
@pytest.mark.parametrize("name", ["INT8", "INT64", "UINT8", "UINT64", "BOOL"])
def test_an_integer_must_be_plain_decimal(client, name, text):
    assert refusal(client, "AI.TENSORSET", "k", name, 1, "VALUES", text) == INVALID_VALUE


def test_negative_integers_are_values_except_the_lowest(client):
    client.execute_command("AI.TENSORSET", "k", "INT8", 2, "VALUES", -5, -127)
    assert values(client, "k") == [-5, -127]
    assert refusal(client, "AI.TENSORSET", "k", "INT8", 2, "VALUES", -1, -128) == INVALID_VALUE


def test_the_lowest_integer_can_be_given_as_bytes(client):
    client.execute_command("AI.TENSORSET", "k", "INT8", 1, "BLOB", b"\x80")
    assert values(client, "k") == [-128]


@pytest.mark.parametrize("text", ["x", "", "nan", "1,5", " 1", "1 ", "1\0", "1e", "--1"])
@pytest.mark.parametrize("name", ["FLOAT", "DOUBLE", "FLOAT16", "BFLOAT16"])
def test_a_fraction_must_be_a_number(client, name, text):
    assert refusal(client, "AI.TENSORSET", "k", name, 1, "VALUES", text) == INVALID_VALUE


@pytest.mark.parametrize("name", ["FLOAT", "DOUBLE", "FLOAT16", "BFLOAT16"])
def test_infinities_are_numbers(client, name):
    client.execute_command("AI.TENSORSET", "k", name, 2, "VALUES", "inf", "-inf")
    assert values(client, "k") == [b"inf", b"-inf"]


def test_a_number_beyond_a_float_becomes_infinite(client):
    client.execute_command("AI.TENSORSET", "k", "FLOAT", 2, "VALUES", "1e39", "-1e39")
    assert values(client, "k") == [b"inf", b"-inf"]


@pytest.mark.parametrize(
    "text", ["0.1", "-0.0", "1e-45", "3.4028234663852886e38", "1.17549435e-38", "16777217", "1e300"])
def test_a_float_is_the_nearest_to_the_given_number(client, text):
    client.execute_command("AI.TENSORSET", "k", "FLOAT", 1, "VALUES", text)
    try:
        expected = struct.pack("<f", float(text))
    except OverflowError:
        expected = struct.pack("<f", math.inf)
    assert blob(client, "k") == expected


@pytest.mark.parametrize(
    "text", ["0.1", "-0.0", "5e-324", "1.7976931348623157e308", "9007199254740993", "1e23"])
def test_a_double_is_the_nearest_to_the_given_number(client, text):
    client.execute_command("AI.TENSORSET", "k", "DOUBLE", 1, "VALUES", text)
    assert blob(client, "k") == struct.pack("<d", float(text))


@pytest.mark.parametrize(
    "text", [
        "1", "-2.5", "0.1", "65504", "2049", "2051", "1.00048828125", "1.0004882812509", "6e-8", "2.98e-8",
        "2.9e-8", "-0.0", "6.1e-5"])
def test_a_half_is_rounded_to_the_nearest_even(client, text):
    client.execute_command("AI.TENSORSET", "k", "FLOAT16", 1, "VALUES", text)
    assert blob(client, "k") == struct.pack("<e", float(text))


@pytest.mark.parametrize("text, bits", [
    ("65519", 0x7BFF), ("65520", 0x7C00), ("-65520", 0xFC00), ("1e6", 0x7C00)])
def test_a_half_beyond_the_largest_is_infinite(client, text, bits):
    client.execute_command("AI.TENSORSET", "k", "FLOAT16", 1, "VALUES", text)
    assert blob(client, "k") == struct.pack("<H", bits)


@pytest.mark.parametrize(
    "text, bits",
    [
        ("1", 0x3F80), ("-2.5", 0xC020), ("0.1", 0x3DCD),
        ("1.00390625", 0x3F80),  # half-way between 1 and the next: to the even one
        ("1.01171875", 0x3F82),  # half-way between the next two: to the even one
        ("1.0039062500009", 0x3F81),  # just above half-way, by less than a float can tell
        ("3.3895313892515355e38", 0x7F7F), ("3.4e38", 0x7F80), ("-3.4e38", 0xFF80), ("-0.0", 0x8000),
    ])
def test_a_brain_float_is_rounded_to_the_nearest_even(client, text, bits):
    client.execute_command("AI.TENSORSET", "k", "BFLOAT16", 1, "VALUES", text)
    assert blob(client, "k") == struct.pack("<H", bits)


@pytest.mark.parametrize("name", sorted(NUMPY_TYPES))
def test_any_bytes_come_back_as_they_went_in(client, name):
    size = NUMPY_TYPES[name].itemsize
    content = bytes(range(256)) * size if name != "BOOL" else b"\0\1" * 128
    client.execute_command("AI.TENSORSET", "k", name, 16, 16, "BLOB", content)
    assert blob(client, "k") == content
    assert client.execute_command("AI.TENSORGET", "k", "META") == [
        b"dtype", name.encode(), b"shape", [16, 16]]


@pytest.mark.parametrize("name", sorted(NUMPY_TYPES))
def test_without_data_numbers_are_zero(client, name):
    client.execute_command("AI.TENSORSET", "k", name, 2, 3)
    assert blob(client, "k") == bytes(6 * NUMPY_TYPES[name].itemsize)
    assert [float(number) for number in values(client, "k")] == [0] * 6


def test_without_data_strings_are_empty(client):
    client.execute_command("AI.TENSORSET", "k", "STRING", 3)
    assert blob(client, "k") == b"\0\0\0"
    assert values(client, "k") == [b"", b"", b""]


def test_strings_of_any_bytes_come_back(client):
    given = [b"", b"a", b"b\0", "Größe".encode(), b"\xff\xfe\r\n", b"x" * 100_000]
    client.execute_command("AI.TENSORSET", "k", "STRING", 2, 3, "VALUES", *given)
    expected = [text.removesuffix(b"\0") for text in given]
    assert values(client, "k") == expected
    assert blob(client, "k") == b"".join(text + b"\0" for text in expected)


def test_a_string_of_one_nul_is_the_empty_string(client):
    client.execute_command("AI.TENSORSET", "k", "STRING", 1, "VALUES", b"\0")
    assert values(client, "k") == [b""]


def test_strings_as_bytes_come_back(client):
    client.execute_command("AI.TENSORSET", "k", "STRING", 4, "BLOB", b"one\0\0three\0\0")
    assert values(client, "k") == [b"one", b"", b"three", b""]


def test_a_scalar_has_an_empty_shape(client):
    client.execute_command("AI.TENSORSET", "k", "FLOAT", "VALUES", 1)
    assert shape(client, "k") == []
    assert values(client, "k") == [b"1"]
    client.execute_command("AI.TENSORSET", "k", "INT64", "BLOB", (7).to_bytes(8, "little"))
    assert shape(client, "k") == []
    assert values(client, "k") == [7]
    client.execute_command("AI.TENSORSET", "k", "STRING", "VALUES", "word")
    assert values(client, "k") == [b"word"]


def test_many_dimensions_are_kept(client):
    dimensions = [1] * 400 + [2]
    client.execute_command("AI.TENSORSET", "k", "INT8", *dimensions, "VALUES", 1, 2)
    assert shape(client, "k") == dimensions


def test_keywords_and_types_are_read_without_regard_to_case(wire):
    assert wire.call("ai.tensorset", "k", "Int32", 2, "values", 1, 2) == OK
    assert wire.call("ai.tensorset", "k", "int32", 1, "Blob", b"\1\0\0\0") == OK
    assert wire.call("ai.tensorget", "k", "meta") == (
        b"*4\r\n$5\r\ndtype\r\n$5\r\nINT32\r\n$5\r\nshape\r\n*1\r\n:1\r\n")


def test_a_new_tensor_replaces_the_old_one_and_its_expiry(client):
    client.execute_command("AI.TENSORSET", "k", "FLOAT", 2, "VALUES", 1, 2)
    client.expire("k", 1000)
    client.execute_command("AI.TENSORSET", "k", "INT8", 1, "VALUES", 3)
    assert values(client, "k") == [3]
    assert client.ttl("k") == -1


def test_keys_of_any_bytes_are_kept_apart(client):
    client.execute_command("AI.TENSORSET", b"k\0\xff", "INT8", 1, "VALUES", 1)
    client.execute_command("AI.TENSORSET", b"k", "INT8", 1, "VALUES", 2)
    assert values(client, b"k\0\xff") == [1]


@pytest.mark.parametrize(
    "dimensions",
    [
        [2**32, 2**32],  # the element count is 2^64
        [2**63 - 1, 2**63 - 1],
        [2**32, 2**31, 2],
        [2**16] * 4,
        [2**62],  # the byte count is 2^64
        [2**61, 1],  # the byte count is 2^63
        [1_000_000, 1_000_000],  # 4 TB
    ])
@pytest.mark.parametrize("rest", [[], ["BLOB", b""]])
def test_a_shape_that_no_memory_holds_is_refused_before_anything_is_allocated(client, dimensions, rest):
    before = client.info("memory")["used_memory"]
    text = refusal(client, "AI.TENSORSET", "t", "FLOAT", *dimensions, *rest)
    assert text == SHAPE_TOO_LARGE or rest and dimensions == [1_000_000, 1_000_000] and text == BLOB_LENGTH
    assert client.info("memory")["used_memory"] - before < 1_000_000
    assert client.exists("t") == 0


@pytest.mark.parametrize("rest", [[], ["BLOB", b"\0"], ["VALUES", ""]])
@pytest.mark.parametrize("dimensions", [[2**32, 2**32], [2**63 - 1], [2**40]])
def test_a_string_shape_that_no_memory_holds_is_refused(client, dimensions, rest):
    before = client.info("memory")["used_memory"]
    text = refusal(client, "AI.TENSORSET", "t", "STRING", *dimensions, *rest)
    assert text in {SHAPE_TOO_LARGE, VALUE_COUNT, STRING_COUNT}
    assert client.info("memory")["used_memory"] - before < 1_000_000


def test_above_the_memory_limit_nothing_is_stored(client):
    client.execute_command("AI.TENSORSET", "k", "INT8", 1, "VALUES", 1)
    client.config_set("maxmemory", 1)
    try:
        text = refusal(client, "AI.TENSORSET", "t", "INT8", 1)
        assert text == "OOM command not allowed when used memory > 'maxmemory'."
        assert values(client, "k") == [1]
    finally:
        client.config_set("maxmemory", 0)


def test_tensors_are_set_in_transactions_and_scripts(client):
    with client.pipeline(transaction=True) as transaction:
        transaction.execute_command("AI.TENSORSET", "k", "INT8", 1, "VALUES", 1)
        transaction.execute_command("AI.TENSORGET", "k", "VALUES")
        assert transaction.execute() == [b"OK", [1]]
    script = "redis.call('AI.TENSORSET', KEYS[1], 'INT8', 1, 'VALUES', 2)\n"
    script += "return redis.call('AI.TENSORGET', KEYS[1], 'VALUES')"
    assert client.eval(script, 1, "k") == [2]


def test_each_database_has_its_own_tensors(server):
    first, second = server.client(database=0), server.client(database=5)
    second.execute_command("AI.TENSORSET", "k", "INT8", 1, "VALUES", 5)
    assert first.exists("k") == 0
    assert values(second, "k") == [5]
