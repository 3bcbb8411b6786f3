"""Graphs whose kernels leave their output `y`, or parts of it, as the memory was; `x` is FLOAT [1]."""

import tensorflow as tf

RAW = tf.raw_ops
FLOAT = tf.float32
SIZE = 300


def constant(value):
    return tf.constant(value, FLOAT)


def zeros(*shape):
    return tf.zeros(shape)


def lstm(operation, **options):
    steps, rows, width, units = 40, 2, 3, 4
    return operation(
        seq_len_max=tf.constant(1, tf.int64), x=zeros(steps, rows, width), cs_prev=zeros(rows, units),
        h_prev=zeros(rows, units), w=zeros(width + units, 4 * units), wci=zeros(units), wcf=zeros(units),
        wco=zeros(units), b=zeros(4 * units), use_peephole=False, **options)[2]


def weights(operation, filters, gradients):
    """Gradients for a filter that is larger than the picture."""
    return operation(
        input=zeros(1, 2, 2, 2), filter_sizes=filters, out_backprop=zeros(*gradients),
        strides=[1, 1, 1, 1], padding="VALID")


UNWRITTEN = {
    "empty": lambda: RAW.Empty(shape=[SIZE], dtype=FLOAT, init=False),
    "fake_param": lambda: RAW.FakeParam(shape=[SIZE], dtype=FLOAT),
    "block_lstm": lambda: lstm(RAW.BlockLSTM),
    "block_lstm_v2": lambda: lstm(RAW.BlockLSTMV2),
    "parallel_concat": lambda: RAW.ParallelConcat(values=[zeros(1, 3)], shape=[100, 3]),
    "segments": lambda: RAW.SparseSegmentSumGrad(
        grad=zeros(2, 5), indices=tf.zeros([0], tf.int32), segment_ids=tf.zeros([0], tf.int32),
        output_dim0=60),
    "no_products": lambda: tf.bitcast(RAW.QuantizedMatMul(
        a=tf.zeros([10, 0], tf.quint8), b=tf.zeros([0, 30], tf.quint8), min_a=0.0, max_a=1.0, min_b=0.0,
        max_b=1.0)[0], FLOAT),
    "filter": lambda: weights(RAW.Conv2DBackpropFilter, [3, 3, 2, 20], [1, 0, 0, 20]),
    "filter_of_depth": lambda: weights(
        RAW.DepthwiseConv2dNativeBackpropFilter, [3, 3, 2, 20], [1, 0, 0, 40]),
    "vectors_of_svd": lambda: RAW.Svd(input=tf.eye(20), compute_uv=False)[1],
    "vectors": lambda: RAW.SelfAdjointEigV2(input=tf.eye(20), compute_v=False)[1],
    "least_squares": lambda: RAW.MatrixSolveLs(
        matrix=zeros(0, 20), rhs=zeros(0, 20), l2_regularizer=tf.constant(0.0, tf.float64)),
    "means": lambda: RAW.FusedBatchNormV3(
        x=zeros(0, 4, 4, SIZE), scale=zeros(SIZE), offset=zeros(SIZE), mean=zeros(SIZE),
        variance=zeros(SIZE), is_training=False)[3],
}


def all_graphs():
    made = {}
    for name, build in UNWRITTEN.items():
        graph = tf.Graph()
        with graph.as_default():
            x = tf.compat.v1.placeholder(FLOAT, [1], name="x")
            with tf.control_dependencies([x]):
                # Without this, constants would be folded when the session is made.
                tf.identity(build() + 0 * x[0], name="y")
        made[name] = graph.as_graph_def()
    return made
