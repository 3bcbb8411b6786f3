// What code of a client may use. Operators that reach files, other processes or memory that is not theirs are
// refused, and with them all that libtorch has for itself: its parts trust each other's arguments, while
// operators that people call check what they are given. Which is which shows in their names.
#include <torch/csrc/jit/ir/ir.h>

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "arguments.h"
#include "bridge.h"

namespace bridge {

namespace {

using Names = std::unordered_set<std::string_view>;

// Operators of the language itself, as libtorch's compiler and tracer emit them. The others of this namespace
// are for its optimizer.
const Names language = {
    "annotate", "awaitable", "awaitable_nowait", "awaitable_wait", "CallFunction", "CallMethod", "Closure",
    "Constant", "CreateObject", "DictConstruct", "Enter", "EnumName", "EnumValue", "Exit", "GetAttr",
    "HasAttr", "If", "IfThenElse", "ListConstruct", "ListUnpack", "Loop", "ModuleContainerIndex",
    "NumToTensor", "Print", "RaiseException", "SetAttr", "StringIndex", "TimePoint", "TracedModuleForward",
    "TupleConstruct", "TupleIndex", "TupleSlice", "TupleUnpack", "Uninitialized", "With", "abs", "data",
    "device", "dict", "dtype", "enumerate", "fork", "id", "index", "is_cpu", "is_cuda", "is_ipu", "is_maia",
    "is_meta", "is_mkldnn", "is_mps", "is_mtia", "is_nested", "is_quantized", "is_sparse", "is_sparse_csr",
    "is_vulkan", "is_xla", "is_xpu", "isinstance", "itemsize", "layout", "list", "max", "min", "name",
    "nbytes", "range", "rangelist", "requires_grad", "tolist", "type", "unchecked_cast",
    "unchecked_unwrap_optional", "zip",
};

// Those whose names begin with an underscore although modules of torch.nn, functions of torch and libtorch's
// compiler and tracer emit them.
const Names public_ones = {
    "__and__", "__contains__", "__derive_index", "__getitem__", "__iand__", "__ilshift__", "__interpolate",
    "__ior__", "__irshift__", "__is__", "__isnot__", "__ixor__", "__lshift__", "__not__", "__or__",
    "__range_length", "__round_to_zero_floordiv", "__rshift__", "__upsample", "__upsample_bilinear",
    "__upsample_nearest", "__xor__", "_cast_Byte", "_cast_Char", "_cast_Double", "_cast_Float", "_cast_Half",
    "_cast_Int", "_cast_Long", "_cast_Short", "_conj", "_convolution", "_convolution_mode", "_dim_arange",
    "_get_tracing_state", "_infer_size", "_is_tracing", "_list_to_tensor", "_native_multi_head_attention",
    "_nested_tensor_from_mask", "_nested_tensor_from_mask_left_aligned", "_no_grad_fill_",
    "_no_grad_normal_", "_no_grad_uniform_", "_no_grad_zero_", "_pack_padded_sequence",
    "_pad_packed_sequence", "_reshape_from_tensor", "_set_item", "_shape_as_tensor",
    "_transformer_encoder_layer_fwd", "_unique", "_unique2", "_unwrap_optional", "_upsample_bicubic2d_aa",
    "_upsample_bilinear2d_aa", "_upsample_lanczos2d_aa", "_upsample_nearest_exact1d",
    "_upsample_nearest_exact2d", "_upsample_nearest_exact3d", "_weight_norm",
};

// What modules of torch.ao consist of.
const Names quantized_ones = {
    "add", "add_relu", "add_scalar", "add_scalar_relu", "batch_norm", "batch_norm1d", "batch_norm1d_relu",
    "batch_norm2d", "batch_norm2d_relu", "batch_norm3d", "batch_norm3d_relu", "batch_norm_relu", "cat",
    "cat_relu", "celu", "clamp", "conv1d", "conv1d_dynamic", "conv1d_prepack", "conv1d_relu", "conv1d_unpack",
    "conv2d", "conv2d_add", "conv2d_add_relu", "conv2d_dynamic", "conv2d_prepack", "conv2d_relu",
    "conv2d_unpack", "conv3d", "conv3d_dynamic", "conv3d_prepack", "conv3d_relu", "conv3d_unpack",
    "conv_transpose1d", "conv_transpose1d_dynamic", "conv_transpose1d_prepack", "conv_transpose1d_unpack",
    "conv_transpose2d", "conv_transpose2d_dynamic", "conv_transpose2d_prepack", "conv_transpose2d_unpack",
    "conv_transpose3d", "conv_transpose3d_dynamic", "conv_transpose3d_prepack", "conv_transpose3d_unpack",
    "dropout", "elu", "embedding_4bit", "embedding_bag_4bit", "embedding_bag_byte", "embedding_bag_prepack",
    "embedding_bag_unpack", "embedding_byte", "group_norm", "hardswish", "instance_norm", "layer_norm",
    "leaky_relu", "linear", "linear_dynamic", "linear_dynamic_fp16", "linear_leaky_relu", "linear_prepack",
    "linear_prepack_fp16", "linear_relu", "linear_relu_dynamic", "linear_relu_dynamic_fp16", "linear_tanh",
    "linear_unpack", "linear_unpack_fp16", "make_quantized_cell_params_dynamic",
    "make_quantized_cell_params_fp16", "matmul", "max_pool1d", "max_pool2d", "mul", "mul_relu", "mul_scalar",
    "mul_scalar_relu", "prelu", "quantized_gru_cell_dynamic", "quantized_lstm_cell_dynamic",
    "quantized_rnn_relu_cell_dynamic", "quantized_rnn_tanh_cell_dynamic", "relu6", "sigmoid", "softmax",
    "threshold",
};

// Gradients, kinds of tensors that only their own operators understand, and other libraries: whatever
// libtorch calls so.
constexpr std::string_view refused_parts[] = {
    "backward", "cudnn", "fbgemm", "jagged", "miopen", "mkldnn", "mps", "nested", "sparse",
};

// What operators that people call are made of.
constexpr std::string_view refused_beginnings[] = {
    "batch_norm_", "conv_depthwise", "lift", "native_", "resize_as", "rrelu_with_noise",
    "slow_conv", "thnn_conv",
};

constexpr std::string_view refused_endings[] = {
    "_forward", "_functional", "_helper", "_jvp", "_overrideable",
};

const Names refused_ones = {
    // Files, and the process's output.
    "from_file", "save",
    // Memory by its address, or that of another tensor.
    "record_stream", "set", "set_", "set_data", "shallow_copy_data_",
    // Parts of tensors that are not dense.
    "ccol_indices", "ccol_indices_copy", "coalesce", "col_indices", "col_indices_copy", "crow_indices",
    "crow_indices_copy", "hspmm", "indices", "indices_copy", "row_indices", "row_indices_copy", "smm",
    "sspaddmm", "values_copy",
    // Gradients.
    "get_gradients", "grad",
};

bool begins_with(std::string_view text, std::string_view part) { return text.substr(0, part.size()) == part; }

bool ends_with(std::string_view text, std::string_view part) {
    return text.size() >= part.size() && text.substr(text.size() - part.size()) == part;
}

bool may_use_of_aten(std::string_view name) {
    if (begins_with(name, "_")) return public_ones.count(name) > 0;
    if (begins_with(name, "quantized_")) return name == "quantized_lstm" || name == "quantized_gru";
    auto has = [name](std::string_view part) { return name.find(part) != std::string_view::npos; };
    auto begins = [name](std::string_view part) { return begins_with(name, part); };
    auto ends = [name](std::string_view part) { return ends_with(name, part); };
    return refused_ones.count(name) == 0 &&
        std::none_of(std::begin(refused_parts), std::end(refused_parts), has) &&
        std::none_of(std::begin(refused_beginnings), std::end(refused_beginnings), begins) &&
        std::none_of(std::begin(refused_endings), std::end(refused_endings), ends);
}

bool may_use(std::string_view space, std::string_view name) {
    if (space == "aten") return may_use_of_aten(name);
    if (space == "prim") return language.count(name) > 0;
    if (space == "quantized") return quantized_ones.count(name) > 0;
    // Not "redisai": those switch checks and the clearing of memory, and only we insert them.
    return space == "redis" || space == "redisAI";
}

const std::string class_prefix = "__torch__.torch.classes.";

// Packed weights.
const Names class_namespaces = {"quantized", "rnn"};

[[noreturn]] void refuse(const std::string &kind, const std::string &name) {
    throw Failure(
        "ERR " + kind + " '" + name +
        "' is not allowed; the setting TORCH_ALLOW_ALL_OPERATORS allows it");
}

// Overloads of operators that may be used.
bool is_refused(const c10::FunctionSchema &schema) {
    const auto &overload = schema.overload_name();
    // The first take addresses that they find in tensors, the second one believes that all are quantized.
    return ends_with(overload, "_legacy") || (schema.name() == "aten::dequantize" && overload == "tensors");
}

void check_name(const torch::jit::Node *node) {
    auto kind = node->kind();
    auto schema = node->maybeSchema();
    bool is_known = may_use(kind.ns().toUnqualString(), kind.toUnqualString());
    if (is_known && !(schema && is_refused(*schema))) return;
    refuse("operator", kind.toQualString());
}

void check_type(const c10::TypePtr &type) {
    if (auto named = type->cast<c10::ClassType>()) {
        if (named->name()) check_class(named->name()->qualifiedName());
        return;
    }
    for (const auto &part : type->containedTypes()) check_type(part);
}

void check_block(Graph &graph, torch::jit::Block *block) {
    for (auto value : block->inputs()) check_type(value->type());
    for (auto node : block->nodes()) {
        check_name(node);
        for (auto value : node->outputs()) check_type(value->type());
        check_arguments(graph, node);
        check_call(graph, node);
        for (auto inner : node->blocks()) check_block(graph, inner);
        for (auto name : node->attributeNames()) {
            if (node->kindOf(name) == torch::jit::AttributeKind::g) check_operators(*node->g(name));
            if (node->kindOf(name) != torch::jit::AttributeKind::gs) continue;
            for (const auto &inner : node->gs(name)) check_operators(*inner);
        }
    }
}

}  // namespace

void check_operators(Graph &graph) { check_block(graph, graph.block()); }

void check_class(const std::string &name) {
    if (name.rfind(class_prefix, 0) != 0) return;
    auto rest = name.substr(class_prefix.size());
    if (class_namespaces.count(rest.substr(0, rest.find('.'))) == 0) refuse("class", rest);
}

}  // namespace bridge
