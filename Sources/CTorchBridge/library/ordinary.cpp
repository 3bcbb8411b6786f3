// Operators that do only what the shapes and types of their tensors say, and numbers that they are given.
#include "ordinary.h"

#include <algorithm>

namespace bridge {

namespace {

using torch::jit::Block;
using torch::jit::Node;

// Operators of the language without calls, and what freezing makes of others.
const OperatorNames ordinary_parts_of_language = {
    "BroadcastMKLDNNTensors", "Constant", "ConstantChunk", "ConstantMKLDNNTensor", "GetAttr", "If",
    "IfThenElse", "ListConstruct", "ListUnpack", "Loop", "MKLDNNClamp", "MKLDNNClamp_", "MKLDNNHardSigmoid",
    "MKLDNNHardSigmoid_", "MKLDNNHardSwish", "MKLDNNHardSwish_", "MKLDNNHardTanh", "MKLDNNHardTanh_",
    "MKLDNNLayerNorm", "MKLDNNLayerNorm_", "MKLDNNScalarMul", "MKLDNNScalarMul_", "NumToTensor",
    "RaiseException", "TupleConstruct", "TupleIndex", "TupleSlice", "TupleUnpack", "Uninitialized", "abs",
    "device", "dtype", "is_cpu", "is_cuda", "is_mkldnn", "is_nested", "is_quantized", "is_sparse",
    "isinstance", "itemsize", "layout", "max", "min", "mkldnn_convolution", "requires_grad", "type",
    "unchecked_cast", "unchecked_unwrap_optional",
};

// All overloads, or the one behind the point. What writes in place ends with an underscore and is meant as
// well. Left out are those whose results or ways depend on what tensors hold (`nonzero`, `unique`, `where` of
// a condition alone, bags, sampling, iterations), and those that nobody has looked at.
const OperatorNames ordinary_ones = {
    // Sizes and other numbers; those of them that read tensors are looked at below.
    "Bool", "Float", "FloatImplicit", "Int", "IntImplicit", "ScalarImplicit", "__contains__",
    "__derive_index", "__getitem__", "__is__", "__isnot__", "__not__", "__range_length",
    "__round_to_zero_floordiv", "_infer_size", "_shape_as_tensor", "_unwrap_optional", "append", "dim",
    "extend", "format", "is_autocast_enabled", "is_complex", "is_contiguous", "is_floating_point",
    "is_grad_enabled", "item", "len", "list", "ndimension", "numel", "percentFormat", "size", "str", "warn",
    // Each element by itself.
    "__and__", "__or__", "__xor__", "abs", "acos", "acosh", "add", "addcdiv", "addcmul", "and", "asin",
    "asinh", "atan", "atan2", "atanh", "bitwise_and", "bitwise_not", "bitwise_or", "bitwise_xor", "ceil",
    "celu", "clamp", "clamp_max", "clamp_min", "cos", "cosh", "div", "dropout", "elu", "eq", "erf", "erfc",
    "erfinv", "exp", "exp2", "expm1", "feature_dropout", "floor", "floor_divide", "floordiv", "fmod", "ge",
    "gelu", "glu", "gt", "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "isfinite", "isinf", "isnan",
    "le", "leaky_relu", "lerp", "log", "log10", "log1p", "log2", "log_sigmoid", "logical_and", "logical_not",
    "logical_or", "logical_xor", "logit", "lt", "masked_fill", "maximum", "minimum", "mish", "mul",
    "multiply", "nan_to_num", "ne", "neg", "negative", "pow", "prelu", "reciprocal", "relu", "relu6",
    "remainder", "round", "rsqrt", "rsub", "selu", "sgn", "sigmoid", "sign", "silu", "sin", "sinh",
    "softplus", "softshrink", "sqrt", "square", "sub", "subtract", "tan", "tanh", "threshold", "true_divide",
    "trunc", "where.Scalar", "where.ScalarOther", "where.ScalarSelf", "where.self", "xlogy",
    // Sums, products and what is near.
    "_convolution", "_convolution_mode", "_native_multi_head_attention", "_transformer_encoder_layer_fwd",
    "_weight_norm", "addbmm", "addmm", "addmv", "addr", "affine_grid_generator", "all", "amax", "amin",
    "any", "argmax", "argmin", "baddbmm", "batch_norm", "bilinear", "bmm", "cdist", "chain_matmul", "conv1d",
    "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "cosine_similarity",
    "count_nonzero", "cummax", "cummin", "cumprod", "cumsum", "dot", "einsum", "frobenius_norm",
    "group_norm", "gru.input", "gru_cell", "inner", "instance_norm", "kron", "layer_norm",
    "linalg_vector_norm", "linear", "log_softmax", "logsumexp", "lstm.input", "lstm_cell", "matmul", "max",
    "mean", "min", "mm", "mse_loss", "mv", "norm", "outer", "pairwise_distance", "pixel_shuffle",
    "pixel_unshuffle", "prod", "quantized_gru.input", "quantized_lstm.input", "rms_norm", "rnn_relu.input",
    "rnn_relu_cell", "rnn_tanh.input", "rnn_tanh_cell", "scaled_dot_product_attention", "softmax", "std",
    "std_mean", "stft", "sum", "tensordot", "topk", "trace", "var", "var_mean",
    // Windows, and pictures of another size.
    "__interpolate", "__upsample", "__upsample_bilinear", "__upsample_nearest", "_pad_enum",
    "_upsample_bicubic2d_aa", "_upsample_bilinear2d_aa", "_upsample_nearest_exact1d",
    "_upsample_nearest_exact2d", "_upsample_nearest_exact3d", "adaptive_avg_pool1d", "adaptive_avg_pool2d",
    "adaptive_avg_pool3d", "adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d", "avg_pool1d",
    "avg_pool2d", "avg_pool3d", "channel_shuffle", "col2im", "constant_pad_nd", "grid_sampler", "im2col",
    "max_pool1d", "max_pool1d_with_indices", "max_pool2d", "max_pool2d_with_indices", "max_pool3d",
    "max_pool3d_with_indices", "pad", "reflection_pad1d", "reflection_pad2d", "reflection_pad3d",
    "replication_pad1d", "replication_pad2d", "replication_pad3d", "upsample_bicubic2d",
    "upsample_bilinear2d", "upsample_linear1d", "upsample_nearest1d", "upsample_nearest2d",
    "upsample_nearest3d", "upsample_trilinear3d",
    // Other places, types and shapes for the same elements, and tensors of one element or of constants.
    "_cast_Byte", "_cast_Char", "_cast_Double", "_cast_Float", "_cast_Half", "_cast_Int", "_cast_Long",
    "_cast_Short", "_reshape_from_tensor", "alias", "arange", "broadcast_tensors", "broadcast_to", "cat",
    "chunk", "clone", "complex", "concat", "concatenate", "conj", "contiguous", "copy", "dequantize.self",
    "detach", "diag_embed", "diagonal", "embedding", "empty", "empty_like", "expand", "expand_as", "eye",
    "fill", "flatten", "flip", "full", "full_like", "gather", "hstack", "imag", "index", "index_add",
    "index_put", "index_select", "linspace", "meshgrid", "movedim", "narrow", "new_empty", "new_full",
    "new_ones", "new_zeros", "ones", "ones_like", "permute", "quantize_per_channel", "quantize_per_tensor",
    "quantize_per_tensor_dynamic", "ravel", "real", "repeat", "repeat_interleave.self_int", "reshape",
    "reshape_as", "roll", "rot90", "scalar_tensor", "scatter", "scatter_add", "select", "slice", "split",
    "split_with_sizes", "squeeze", "stack", "swapaxes", "swapdims", "t", "take_along_dim", "tensor", "tile",
    "to", "to_dense", "to_mkldnn", "transpose", "tril", "triu", "type_as", "unbind", "unflatten", "unfold",
    "unsqueeze", "view", "view_as", "view_as_complex", "view_as_real", "vstack", "zero", "zeros",
    "zeros_like",
};

const OperatorNames ordinary_quantized_ones = {
    "add", "add_relu", "add_scalar", "batch_norm", "batch_norm2d", "batch_norm2d_relu", "cat", "conv1d",
    "conv1d_relu", "conv2d", "conv2d_add", "conv2d_add_relu", "conv2d_relu", "conv3d", "conv3d_relu",
    "dropout", "elu", "group_norm", "hardswish", "instance_norm", "layer_norm", "leaky_relu", "linear",
    "linear_dynamic", "linear_leaky_relu", "linear_relu", "linear_relu_dynamic", "linear_tanh", "matmul",
    "max_pool2d", "mul", "mul_relu", "mul_scalar", "prelu", "quantized_gru_cell_dynamic",
    "quantized_lstm_cell_dynamic", "relu6", "sigmoid", "softmax",
};

}  // namespace

bool is_among(const OperatorNames &names, const Node *node) {
    std::string name = node->kind().toUnqualString();
    auto schema = node->maybeSchema();
    auto has = [&] {
        return names.count(name) > 0 || (schema && names.count(name + "." + schema->overload_name()) > 0);
    };
    if (has()) return true;
    bool is_in_place = name.size() > 1 && name.back() == '_' && name[name.size() - 2] != '_';
    if (is_in_place) name.pop_back();
    return is_in_place && has();
}

bool is_ordinary(const Node *node) {
    std::string_view space = node->kind().ns().toUnqualString();
    if (space == "prim") return is_among(ordinary_parts_of_language, node);
    if (space == "aten") return is_among(ordinary_ones, node);
    if (space == "quantized") return is_among(ordinary_quantized_ones, node);
    // Of ours, all but the one that announces tensors of tensors only check.
    return space == "redisai" && node->kind() != c10::Symbol::fromQualString("redisai::makes_nested");
}

bool has_ordinary_ones_only(const Block *block) {
    return std::all_of(block->nodes().begin(), block->nodes().end(), [](const Node *node) {
        auto inner = node->blocks();
        return is_ordinary(node) && std::all_of(inner.begin(), inner.end(), has_ordinary_ones_only);
    });
}

}  // namespace bridge
