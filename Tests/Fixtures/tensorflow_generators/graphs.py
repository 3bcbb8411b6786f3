"""Frozen graphs for ordinary use: arithmetic, each element type, strings, pictures, loops."""

import gzip
import struct
import zlib

import tensorflow as tf

v1 = tf.compat.v1

# Element types by their names on the wire in lower case.
TYPES = {
    "float": tf.float32, "double": tf.float64, "float16": tf.float16, "bfloat16": tf.bfloat16,
    "int8": tf.int8, "int16": tf.int16, "int32": tf.int32, "int64": tf.int64,
    "uint8": tf.uint8, "uint16": tf.uint16, "uint32": tf.uint32, "uint64": tf.uint64,
    "bool": tf.bool, "string": tf.string,
}


def graph(build):
    """The GraphDef of what `build` adds to an empty graph."""
    with tf.Graph().as_default() as made:
        build()
    return made.as_graph_def()


def given(name, element_type=tf.float32, shape=None):
    """An input."""
    return v1.placeholder(element_type, shape, name)


def mul():
    tf.multiply(given("a"), given("b"), name="c")


def identity(element_type):
    return lambda: tf.identity(given("x", element_type, [None]), name="y")


def sum_difference():
    a, b = given("a", shape=[None, 2]), given("b", shape=[None, 2])
    tf.add(a, b, name="sum")
    tf.subtract(a, b, name="difference")


def scalar_double():
    x = given("x", shape=[])
    tf.add(x, x, name="y")


def counted(body, start, name="total"):
    """Repeats `body` on `start` as often as the input `count` says, INT64 [1]."""
    count = given("count", tf.int64, [1])
    limit = tf.reshape(count, [])
    _, end = tf.while_loop(
        lambda index, _: index < limit, lambda index, state: (index + 1, body(state)),
        (tf.constant(0, tf.int64), start))
    return tf.identity(end, name=name)


def count_in_function():
    """total = count, one by one, in the newer kind of loop: a function."""
    v1.enable_control_flow_v2()
    counted(lambda state: state + 1, tf.constant([0], tf.int64))


def count_in_frames():
    """total = count, one by one, in the older kind of loop: Enter and Exit."""
    v1.disable_control_flow_v2()
    counted(lambda state: state + 1, tf.constant([0], tf.int64))
    v1.enable_control_flow_v2()


def slow():
    """mean = 1/256 by `count` products of 256 x 256 matrices."""
    start = tf.fill([256, 256], 1 / 256)
    end = counted(lambda state: tf.matmul(state, start), start, "end")
    tf.reshape(tf.reduce_mean(end, name="average"), [1], name="mean")


def choice():
    """y = 2x where the BOOL scalar `which` is 1, else -x: one branch of two functions."""
    v1.enable_control_flow_v2()
    x = given("x", shape=[None])
    which = given("which", tf.bool, [])
    tf.identity(tf.cond(which, lambda: x + x, lambda: -x), name="y")


def parts():
    """The halves of x, as two outputs of one node `halves`."""
    tf.split(given("x", shape=[None, 4]), 2, axis=1, name="halves")


def rows_filter():
    """The positive numbers of x: another number of rows than went in."""
    x = given("x", shape=[None])
    tf.identity(tf.boolean_mask(x, x > 0, name="mask"), name="y")


def string_concat():
    tf.strings.join([given("a", tf.string, [None]), given("b", tf.string, [None])], name="joined")


def picture(number):
    """100 rows of 80 grey pixels as a PNG file; all of it follows from the number."""
    def chunk(kind, content):
        checksum = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + checksum

    rows = b"".join(
        b"\0" + bytes((row * column + number) % 256 for column in range(80)) for row in range(100))
    header = struct.pack(">IIBBBBB", 80, 100, 8, 0, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows))
            + chunk(b"IEND", b""))


def lines(number):
    """Some text, packed by gzip."""
    return gzip.compress(b"".join(b"line %d\n" % (index * number) for index in range(1000)), mtime=0)


def one_of(contents):
    """A STRING scalar, by the INT32 scalar `which`: an element of a tensor from a client has no NUL."""
    return tf.gather(tf.constant(contents), given("which", tf.int32, []))


def decode_png():
    tf.image.decode_png(one_of([picture(1), picture(2)]), name="pixels")


def decode_compressed():
    tf.io.decode_compressed(one_of([lines(1), lines(2)]), "GZIP", name="unpacked")


def dense():
    """A layer with weights: y = relu(x w + b)."""
    weights = tf.constant([[(row * 7 + column * 3) % 5 - 2.0 for column in range(8)] for row in range(16)])
    x = given("x", shape=[None, 16])
    tf.nn.relu(tf.nn.bias_add(tf.matmul(x, weights), tf.constant([0.5] * 8)), name="y")


def chosen_boxes():
    """chosen = the places of boxes [n, 4] that overlap with none of a higher score, at most `most`."""
    chosen = tf.image.non_max_suppression(
        given("boxes", shape=[None, 4]), given("scores", shape=[None]), given("most", tf.int32, []),
        iou_threshold=0.5)
    tf.identity(chosen, name="chosen")


def divisions(element_type):
    """Every division and remainder of a and b."""
    def build():
        a, b = given("a", element_type, [None]), given("b", element_type, [None])
        tf.truncatediv(a, b, name="divide")
        tf.math.floordiv(a, b, name="floor_divide")
        tf.math.floormod(a, b, name="modulo")
        tf.truncatemod(a, b, name="remainder")
    return build


GRAPHS = {
    "mul": mul, "sum_difference": sum_difference, "scalar_double": scalar_double,
    "count": count_in_function, "count_in_frames": count_in_frames, "slow": slow, "choice": choice,
    "parts": parts, "rows_filter": rows_filter, "string_concat": string_concat,
    "decode_png": decode_png, "decode_compressed": decode_compressed, "dense": dense,
    "chosen_boxes": chosen_boxes,
    "divisions_int32": divisions(tf.int32), "divisions_int64": divisions(tf.int64),
    **{f"identity_{name}": identity(element_type) for name, element_type in TYPES.items()},
}
