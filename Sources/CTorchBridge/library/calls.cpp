// Calls whose arguments libtorch does not compare with each other, but counts with one and reads the other.
#include <torch/csrc/jit/runtime/custom_operator.h>

#include <cmath>
#include <string_view>
#include <unordered_set>

#include "arguments.h"
#include "packing.h"

namespace bridge {

namespace {

using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Stack;
using torch::jit::Value;

// The values of one call, for checks that take any number.
std::vector<c10::IValue> popped(Stack &stack) {
    auto count = size_t(torch::jit::pop(stack).toInt());
    std::vector<c10::IValue> values(stack.end() - ptrdiff_t(count), stack.end());
    torch::jit::drop(stack, count);
    return values;
}

// Gives on the weights.
void check_packed_weights(Stack &stack) {
    auto values = popped(stack);
    check_packing(values);
    torch::jit::push(stack, values[0]);
}

bool has_projections(const c10::IValue &states) {
    if (!states.isTensorList() || states.toTensorList().size() != 2) return false;
    auto tensors = states.toTensorVector();
    return tensors[0].size(2) != tensors[1].size(2);
}

// Gives on the number of layers. libtorch takes the weights of so many, whether they were given or not.
void check_layers(Stack &stack) {
    bool is_bidirectional = torch::jit::pop(stack).toBool();
    auto layers = torch::jit::pop(stack).toInt();
    bool has_biases = torch::jit::pop(stack).toBool();
    auto weights = torch::jit::pop(stack), states = torch::jit::pop(stack);
    size_t each = is_bidirectional ? 2 : 1, needed = 0;
    // Packed ones hold all of a layer.
    if (weights.isTensorList()) each *= (has_biases ? 4 : 2) + (has_projections(states) ? 1 : 0);
    bool fits = layers > 0 && !__builtin_mul_overflow(size_t(layers), each, &needed);
    if (!fits || weights.toListRef().size() != needed) {
        throw Failure("a recurrent layer has another number of weights than it needs");
    }
    torch::jit::push(stack, layers);
}

// Gives on the places. An offset for each bag is counted by the size of the first dimension.
void check_places(Stack &stack) {
    auto offsets = torch::jit::pop(stack), places = torch::jit::pop(stack);
    if (offsets.toTensor().dim() != 1 && places.toTensor().dim() == 1) {
        throw Failure("offsets of bags are a list");
    }
    torch::jit::push(stack, places);
}

// Gives on the directions. For the first and the last dimension, one length for each of them is read.
void check_lengths(Stack &stack) {
    auto dimension = torch::jit::pop(stack).toInt();
    auto lengths = torch::jit::pop(stack).toTensor(), directions = torch::jit::pop(stack).toTensor();
    bool is_at_edge = dimension == 0 || dimension == directions.dim() - 1;
    if (is_at_edge && (directions.dim() == 0 || lengths.numel() != directions.size(dimension))) {
        throw Failure("weights and their lengths do not fit each other");
    }
    torch::jit::push(stack, directions);
}

bool fits(double size, double scale, int64_t made) {
    return scale > 0 && std::abs(size * scale - double(made)) <= 1;
}

// Gives on the size to make. What is scaled with a smooth edge is read where the scales lead to.
void check_scales(Stack &stack) {
    auto across = torch::jit::pop(stack), down = torch::jit::pop(stack), size = torch::jit::pop(stack);
    auto tensor = torch::jit::pop(stack).toTensor();
    auto made = size.toIntVector();
    bool has_fitting = tensor.dim() == 4 && made.size() == 2 &&
        (down.isNone() || fits(double(tensor.size(2)), down.toDouble(), made[0])) &&
        (across.isNone() || fits(double(tensor.size(3)), across.toDouble(), made[1]));
    if (!has_fitting) throw Failure("the sizes of a picture and its scales do not fit each other");
    torch::jit::push(stack, size);
}

[[noreturn]] void refuse_nested() {
    throw Failure("nested tensors are for layers of a TransformerEncoder only");
}

void check_dense(Stack &stack) {
    for (const auto &value : popped(stack)) {
        if (value.isTensor() && value.toTensor().defined() && value.toTensor().is_nested()) refuse_nested();
        if (!value.isTensorList()) continue;
        for (const at::Tensor &tensor : value.toTensorList()) {
            if (tensor.defined() && tensor.is_nested()) refuse_nested();
        }
    }
}

void make_nested(Stack &) {}

torch::jit::Operator call_operator(
    const char *schema, void (*function)(Stack &), c10::AliasAnalysisKind effects) {
    return torch::jit::Operator(schema, torch::jit::Operation(function), effects);
}

// What gives something on is pure: libtorch takes the weights of what is not pure for changed.
const torch::jit::RegisterOperators call_checks({
    call_operator(
        "redisai::checked_weights(...) -> Tensor", check_packed_weights,
        c10::AliasAnalysisKind::PURE_FUNCTION),
    call_operator(
        "redisai::checked_layers(Any hx, Any params, bool biases, int layers, bool both_ways) -> int",
        check_layers, c10::AliasAnalysisKind::PURE_FUNCTION),
    call_operator(
        "redisai::checked_places(Tensor indices, Tensor offsets) -> Tensor", check_places,
        c10::AliasAnalysisKind::PURE_FUNCTION),
    call_operator(
        "redisai::checked_lengths(Tensor v, Tensor g, int dim) -> Tensor", check_lengths,
        c10::AliasAnalysisKind::PURE_FUNCTION),
    call_operator(
        "redisai::checked_scales(Tensor picture, int[] size, float? down, float? across) -> int[]",
        check_scales, c10::AliasAnalysisKind::PURE_FUNCTION),
    call_operator("redisai::check_dense(...) -> ()", check_dense, c10::AliasAnalysisKind::CONSERVATIVE),
    call_operator("redisai::makes_nested() -> ()", make_nested, c10::AliasAnalysisKind::CONSERVATIVE),
});

c10::Symbol symbol(const char *name) { return c10::Symbol::fromQualString(name); }

void replace_input(Graph &graph, Node *node, size_t index, const char *check, at::ArrayRef<Value *> values) {
    auto made = graph.create(symbol(check), values);
    made->output()->setType(node->input(index)->type());
    made->insertBefore(node);
    node->replaceInput(index, made->output());
}

// A check that takes these arguments, where an operator has all of them, and gives on one.
struct CallCheck {
    const char *name;
    std::vector<const char *> arguments;
    const char *given_on;
};

const CallCheck layers_check = {
    "redisai::checked_layers", {"hx", "params", "has_biases", "num_layers", "bidirectional"}, "num_layers"};
const CallCheck places_check = {"redisai::checked_places", {"indices", "offsets"}, "indices"};
const CallCheck lengths_check = {"redisai::checked_lengths", {"v", "g", "dim"}, "v"};
const CallCheck scales_check = {
    "redisai::checked_scales", {"self", "output_size", "scales_h", "scales_w"}, "output_size"};

void insert(Graph &graph, Node *node, const c10::FunctionSchema &schema, const CallCheck &check) {
    std::vector<Value *> values;
    for (auto name : check.arguments) {
        auto place = schema.argumentIndexWithName(name);
        if (!place || size_t(*place) >= node->inputs().size()) return;
        values.push_back(node->input(size_t(*place)));
    }
    auto given_on = size_t(*schema.argumentIndexWithName(check.given_on));
    replace_input(graph, node, given_on, check.name, values);
}

bool has_maker_of_nested(const Block *block) {
    for (auto node : block->nodes()) {
        if (node->kind() == symbol("redisai::makes_nested")) return true;
        for (auto inner : node->blocks()) {
            if (has_maker_of_nested(inner)) return true;
        }
    }
    return false;
}

bool takes_nested(const Node *node) {
    static const std::unordered_set<std::string_view> names = {
        "__is__", "__isnot__", "_transformer_encoder_layer_fwd", "dim", "size", "to_padded_tensor",
    };
    if (!node->blocks().empty() || !node->kind().is_aten()) return true;
    return names.count(node->kind().toUnqualString()) > 0;
}

void look_for_nested(Graph &graph, Block *block) {
    for (auto node : block->nodes()) {
        for (auto inner : node->blocks()) look_for_nested(graph, inner);
        if (takes_nested(node)) continue;
        graph.create(symbol("redisai::check_dense"), node->inputs(), 0)->insertBefore(node);
    }
}

}  // namespace

void check_call(Graph &graph, Node *node) {
    auto schema = node->maybeSchema();
    if (!schema) return;
    std::string_view kind = node->kind().toUnqualString();
    if (kind == "_nested_tensor_from_mask") {
        graph.create(symbol("redisai::makes_nested"), 0)->insertBefore(node);
    }
    bool packs = kind.find("_prepack") != std::string_view::npos;
    if (packs) replace_input(graph, node, 0, "redisai::checked_weights", node->inputs());
    insert(graph, node, *schema, layers_check);
    if (kind == "embedding_bag") insert(graph, node, *schema, places_check);
    if (kind == "_weight_norm") insert(graph, node, *schema, lengths_check);
    bool is_smooth = kind.rfind("_upsample_", 0) == 0 && kind.find("_aa") != std::string_view::npos;
    if (is_smooth) insert(graph, node, *schema, scales_check);
}

void keep_nested_away(Graph &graph) {
    if (has_maker_of_nested(graph.block())) look_for_nested(graph, graph.block());
}

}  // namespace bridge
