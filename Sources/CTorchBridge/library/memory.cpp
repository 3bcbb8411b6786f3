// Nothing of anybody else shows in a tensor. libtorch takes memory as the process has left it, and more
// operators than those that are called empty leave parts of it as they were. So all of it is cleared, but
// for steps of which we know that they write every element: those that take their time in common models.
#include "memory.h"

#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>
#include <torch/csrc/jit/runtime/custom_operator.h>

#include <cstring>
#include <mutex>
#include <string_view>
#include <unordered_set>

namespace bridge {

namespace {

using torch::jit::Block;
using torch::jit::Node;

thread_local bool clears = true;

class ClearingAllocator : public at::Allocator {
public:
    at::DataPtr allocate(size_t byte_count) override {
        auto data = c10::alloc_cpu(byte_count);
        if (data && clears) memset(data, 0, byte_count);
        return {data, data, c10::free_cpu, at::Device(at::kCPU)};
    }

    at::DeleterFnPtr raw_deleter() const override { return c10::free_cpu; }

    void copy_data(void *target, const void *source, size_t byte_count) const override {
        default_copy_data(target, source, byte_count);
    }
};

// One at a time: an operator may come to the same tensor on several threads.
std::mutex copying;

void copy_borrowed(c10::StorageImpl *storage) {
    std::lock_guard<std::mutex> lock(copying);
    if (storage->allocator()) return;
    auto allocator = c10::GetCPUAllocator();
    storage->set_data_ptr_noswap(allocator->clone(storage->data(), storage->nbytes()));
    storage->set_allocator(allocator);
}

using Names = std::unordered_set<std::string_view>;

// Operators of common models that write every element that they allocate.
const Names overwriting = {
    "_convolution", "abs", "adaptive_avg_pool1d", "adaptive_avg_pool2d", "add", "add_", "addcmul", "addmm",
    "avg_pool1d", "avg_pool2d", "baddbmm", "batch_norm", "bmm", "cat", "clamp", "clamp_", "clamp_min",
    "clone", "contiguous", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "cos",
    "div", "div_", "dropout", "elu", "embedding", "eq", "erf", "exp", "floor", "ge", "gelu", "group_norm",
    "gru", "gt", "hardsigmoid", "hardswish", "hardswish_", "hardtanh", "hardtanh_", "index_select",
    "instance_norm", "layer_norm", "le", "leaky_relu", "leaky_relu_", "linear", "log", "log_softmax",
    "lstm", "lt", "masked_fill", "matmul", "max_pool1d", "max_pool2d", "mean", "mish", "mm", "mul", "mul_",
    "ne", "neg", "ones", "permute", "pow", "reciprocal", "relu", "relu6", "relu_", "repeat", "rms_norm",
    "rsqrt", "rsub", "scaled_dot_product_attention", "sigmoid", "sigmoid_", "silu", "silu_", "sin",
    "softmax", "softplus", "sqrt", "square", "stack", "sub", "sub_", "sum", "tanh", "tanh_", "to",
    "to_dense", "to_mkldnn", "type_as", "upsample_bicubic2d", "upsample_bilinear2d", "upsample_linear1d",
    "upsample_nearest1d", "upsample_nearest2d", "where", "zeros", "zeros_like",
};

// These allocate no elements.
const Names without_memory = {
    "__getitem__", "__is__", "__isnot__", "__not__", "chunk", "detach", "dim", "expand", "expand_as",
    "flatten", "item", "len", "narrow", "numel", "reshape", "select", "size", "slice", "split",
    "split_with_sizes", "squeeze", "t", "transpose", "unbind", "unflatten", "unfold", "unsqueeze", "view",
};

bool overwrites(const Node *node) {
    std::string_view space = node->kind().ns().toUnqualString(), name = node->kind().toUnqualString();
    if (space == "prim") return name == "mkldnn_convolution";
    return space == "aten" && overwriting.count(name) > 0;
}

// Whether clearing may be on or off during a step.
bool allocates_nothing(const Node *node) {
    if (!node->blocks().empty()) return false;
    switch (node->kind()) {
        case torch::jit::prim::Constant:
        case torch::jit::prim::GetAttr:
        case torch::jit::prim::ListConstruct:
        case torch::jit::prim::ListUnpack:
        case torch::jit::prim::NumToTensor:
        case torch::jit::prim::TupleConstruct:
        case torch::jit::prim::TupleUnpack: return true;
        default: break;
    }
    std::string_view space = node->kind().ns().toUnqualString(), name = node->kind().toUnqualString();
    return space == "redisai" || (space == "aten" && without_memory.count(name) > 0);
}

void pass_overwriting(torch::jit::Stack &) { clears = false; }
void pass_clearing(torch::jit::Stack &) { clears = true; }

torch::jit::Operator switch_operator(const char *schema, void (*function)(torch::jit::Stack &)) {
    // Conservative, so that none is moved.
    return torch::jit::Operator(
        schema, torch::jit::Operation(function), c10::AliasAnalysisKind::CONSERVATIVE);
}

const torch::jit::RegisterOperators switches({
    switch_operator("redisai::overwriting() -> ()", pass_overwriting),
    switch_operator("redisai::clearing() -> ()", pass_clearing),
});

Node *new_switch(Graph &graph, bool clears_again) {
    auto name = clears_again ? "redisai::clearing" : "redisai::overwriting";
    return graph.create(c10::Symbol::fromQualString(name), 0);
}

// Puts switches between steps. `is_cleared`: whether clearing is on at the beginning; the result: at the end.
bool mark_steps(Graph &graph, Block *block, bool is_cleared);

void mark_block(Graph &graph, Block *block) {
    if (!mark_steps(graph, block, true)) block->appendNode(new_switch(graph, true));
}

bool mark_steps(Graph &graph, Block *block, bool is_cleared) {
    for (auto node : block->nodes()) {
        for (auto inner : node->blocks()) mark_block(graph, inner);
        if (allocates_nothing(node) || overwrites(node) != is_cleared) continue;
        is_cleared = !is_cleared;
        new_switch(graph, is_cleared)->insertBefore(node);
    }
    return is_cleared;
}

bool begins_overwriting(const Block *block) {
    for (auto node : block->nodes()) {
        if (!allocates_nothing(node)) return overwrites(node);
    }
    return false;
}

}  // namespace

bool mark_overwriting_steps(Graph &graph) {
    bool begins_cleared = !begins_overwriting(graph.block());
    mark_steps(graph, graph.block(), begins_cleared);
    return begins_cleared;
}

ClearedMemory::ClearedMemory(bool begins_cleared) { clears = begins_cleared; }
ClearedMemory::~ClearedMemory() { clears = true; }

void copy_on_write(const at::Tensor &tensor) {
    tensor.storage().unsafeGetStorageImpl()->set_materializer(copy_borrowed);
}

void clear_new_memory() {
    static ClearingAllocator allocator;
    c10::SetCPUAllocator(&allocator, std::numeric_limits<uint8_t>::max());
}

}  // namespace bridge
