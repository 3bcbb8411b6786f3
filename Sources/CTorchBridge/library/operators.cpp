// What code of a client may not use: operators that reach files, other processes or memory that is not
// theirs, and those that only libtorch's own optimizer can place rightly. Found by going through all
// operators that libtorch 2.15 registers.
#include <torch/csrc/jit/ir/ir.h>

#include <unordered_set>

#include "bridge.h"

namespace bridge {

namespace {

using Names = std::unordered_set<std::string>;

// Namespaces of computing; others are for several machines (c10d, symm_mem, fsdp), for compilers (inductor),
// for measuring (profiler) or for tests.
const Names &namespaces() {
    static const Names names = {
        "aten", "prim", "quantized", "_quantized", "quantization", "sparse", "mkldnn", "mkldnn_prepacked",
        "onednn", "mkl", "redis", "redisAI", "redisai",
    };
    return names;
}

const Names &refused_operators() {
    static const Names names = {
        // Files, and the process's output.
        "aten::from_file", "aten::save", "aten::_print", "prim::AddStatValue",
        // Memory by its address or by bounds that nobody checks.
        "aten::set_", "aten::_sparse_coo_tensor_unsafe", "aten::_sparse_compressed_tensor_unsafe",
        "aten::_sparse_csr_tensor_unsafe", "aten::_sparse_csc_tensor_unsafe",
        "aten::_sparse_bsr_tensor_unsafe", "aten::_sparse_bsc_tensor_unsafe",
        "aten::_nested_view_from_buffer", "aten::_nested_view_from_buffer_copy",
        "aten::_nested_view_from_jagged", "aten::_nested_view_from_jagged_copy", "aten::_coalesced_",
        "aten::record_stream", "mkldnn::data_ptr", "mkldnn::_get_mkldnn_serialized_md",
        // The optimizer's own.
        "prim::BailOut", "prim::BailoutTemplate", "prim::Guard", "prim::FallbackGraph", "prim::FusionGroup",
        "prim::CudaFusionGroup", "prim::TypeCheck", "prim::RequiresGradCheck", "prim::profile",
        "prim::profile_ivalue", "prim::DifferentiableGraph", "prim::TensorExprGroup",
        "prim::TensorExprDynamicGroup", "prim::TensorExprDynamicGuard", "prim::oneDNNFusionGroup",
        "prim::oneDNNFusionGuard", "prim::StaticSubgraph", "prim::StaticRuntimeCopyOuts",
        "prim::ConstantMKLDNNTensor", "prim::BroadcastMKLDNNTensors", "prim::mkldnn_convolution",
        "prim::MKLDNNGroup", "prim::MMBatchSide", "prim::MMTreeReduce", "prim::FusedConcat",
        "prim::ConstantChunk", "prim::ChunkSizes", "prim::PythonOp", "prim::IgnoredPythonOp",
    };
    return names;
}

const std::string class_prefix = "__torch__.torch.classes.";

// Packed weights.
const Names &class_namespaces() {
    static const Names names = {"quantized", "sparse", "rnn", "mkldnn", "xnnpack"};
    return names;
}

[[noreturn]] void refuse(const std::string &kind, const std::string &name) {
    throw Failure(
        "ERR " + kind + " '" + name +
        "' is not allowed; the setting TORCH_ALLOW_ALL_OPERATORS allows it");
}

void check_name(const torch::jit::Symbol &kind) {
    std::string name = kind.toQualString();
    auto end = name.find("::");
    bool is_known = end != std::string::npos && namespaces().count(name.substr(0, end)) > 0;
    // Those of the optimizer begin so, all but a few that stand in the list.
    bool is_internal = name.rfind("prim::MKLDNN", 0) == 0;
    if (!is_known || is_internal || refused_operators().count(name) > 0) refuse("operator", name);
}

void check_type(const c10::TypePtr &type) {
    if (auto named = type->cast<c10::ClassType>()) {
        if (named->name()) check_class(named->name()->qualifiedName());
        return;
    }
    for (const auto &part : type->containedTypes()) check_type(part);
}

void check_block(const torch::jit::Block *block) {
    for (auto value : block->inputs()) check_type(value->type());
    for (auto node : block->nodes()) {
        check_name(node->kind());
        for (auto value : node->outputs()) check_type(value->type());
        for (auto inner : node->blocks()) check_block(inner);
        for (auto name : node->attributeNames()) {
            if (node->kindOf(name) == torch::jit::AttributeKind::g) check_operators(*node->g(name));
            if (node->kindOf(name) != torch::jit::AttributeKind::gs) continue;
            for (const auto &graph : node->gs(name)) check_operators(*graph);
        }
    }
}

}  // namespace

void check_operators(const Graph &graph) { check_block(graph.block()); }

void check_class(const std::string &name) {
    if (name.rfind(class_prefix, 0) != 0) return;
    auto rest = name.substr(class_prefix.size());
    if (class_namespaces().count(rest.substr(0, rest.find('.'))) == 0) refuse("class", rest);
}

}  // namespace bridge
