// Whether the time that a graph takes follows from the shapes and types of its inputs, whatever they hold.
//
// Of such a model the past tells something of the next run. Numbers and lists come from shapes, types and
// constants alone as long as no operator reads one from a tensor. So a graph of ordinary operators passes if
// it reads tensors only where what they hold follows from shapes too; such tensors are fixed.
#include "work.h"

#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/ir/constants.h>

#include <algorithm>

#include "ordinary.h"

namespace bridge {

namespace {

using torch::jit::AliasDb;
using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;

// Places can be masks, of which the result has as many elements as the mask says.
const OperatorNames takers_of_places = {"_reshape_from_tensor", "index", "index_put"};

// What is left of a division of reals takes a step for each power of two between them.
const OperatorNames slow_by_values = {
    "div.Scalar_mode", "div.Tensor_mode", "floor_divide", "fmod", "remainder",
};

constexpr int64_t most_rounds = 64;

// They say of tensors what these have beside what they hold.
const OperatorNames of_shapes = {
    "__is__", "__isnot__", "_infer_size", "device", "dim", "dtype", "is_autocast_enabled", "is_complex",
    "is_contiguous", "is_cpu", "is_cuda", "is_floating_point", "is_grad_enabled", "is_mkldnn", "is_nested",
    "is_quantized", "is_sparse", "isinstance", "itemsize", "layout", "len", "ndimension", "numel",
    "requires_grad", "size",
};

// They hand values on, or put them together and take them apart, and read none.
const OperatorNames of_structure = {
    "GetAttr", "If", "IfThenElse", "ListConstruct", "ListUnpack", "Loop", "TupleConstruct", "TupleIndex",
    "TupleSlice", "TupleUnpack", "__getitem__", "_unwrap_optional", "append", "extend", "list",
    "unchecked_cast", "unchecked_unwrap_optional",
};

// Whether it is a tensor or has some: what it is beside that follows from shapes.
bool has_tensors(const c10::TypePtr &type) {
    switch (type->kind()) {
        case c10::TypeKind::IntType:
        case c10::TypeKind::FloatType:
        case c10::TypeKind::BoolType:
        case c10::TypeKind::StringType:
        case c10::TypeKind::NumberType:
        case c10::TypeKind::ComplexType:
        case c10::TypeKind::NoneType:
        case c10::TypeKind::DeviceObjType: return false;
        case c10::TypeKind::ListType:
        case c10::TypeKind::OptionalType:
        case c10::TypeKind::TupleType: break;
        default: return true;
    }
    auto parts = type->containedTypes();
    return std::any_of(parts.begin(), parts.end(), has_tensors);
}

bool may_be_given(const c10::TypePtr &type) {
    auto optional = type->cast<c10::OptionalType>();
    auto bare = optional ? optional->getElementType() : type;
    return bare->kind() == c10::TypeKind::TensorType;
}

class Work {
public:
    explicit Work(const std::shared_ptr<Graph> &graph) : writes_(graph) {}

    bool is_bounded(const Block *block) {
        for (auto node : block->nodes()) {
            for (auto inner : node->blocks()) {
                if (!is_bounded(inner)) return false;
            }
            if (keeps_something(node) || depends_on_values(node) || has_many_rounds(node)) return false;
            if (makes_fixed(node)) note_outputs(node);
        }
        return true;
    }

private:
    // What is written to differs from run to run, and may be known by several names.
    bool keeps_something(const Node *node) const {
        auto kind = node->kind();
        bool is_kept = kind == torch::jit::prim::Constant || kind == torch::jit::prim::GetAttr;
        return is_kept && writes_.hasOutputWriters(node);
    }

    // Those of `while` have no number. One that follows from shapes would be another for each of them.
    static bool has_many_rounds(const Node *node) {
        if (node->kind() != torch::jit::prim::Loop) return false;
        auto rounds = torch::jit::toIValue(node->input(0));
        return !rounds || rounds->toInt() > most_rounds;
    }

    bool depends_on_values(const Node *node) const {
        if (is_among(takers_of_places, node) && !is_fixed(node->input(1))) return true;
        return (reads_values(node) || is_among(slow_by_values, node)) && !has_fixed_inputs(node);
    }

    // What is neither a tensor nor made of some has to follow from shapes.
    static bool reads_values(const Node *node) {
        // Ours give on a number, or an error.
        if (std::string_view(node->kind().ns().toUnqualString()) == "redisai") return false;
        if (is_among(of_shapes, node) || is_among(of_structure, node)) return false;
        auto made = node->outputs();
        return std::any_of(made.begin(), made.end(), [](const Value *value) {
            return !has_tensors(value->type());
        });
    }

    void note_outputs(const Node *node) {
        for (auto value : node->outputs()) {
            if (!writes_.hasWriters(value)) fixed_.insert(value);
        }
    }

    bool is_fixed(const Value *value) const { return !has_tensors(value->type()) || fixed_.count(value) > 0; }

    bool has_fixed_inputs(const Node *node) const {
        auto inputs = node->inputs();
        return std::all_of(inputs.begin(), inputs.end(), [this](const Value *value) {
            return is_fixed(value);
        });
    }

    // Whether tensors that come from it hold what shapes say.
    bool makes_fixed(const Node *node) const {
        if (node->kind() == torch::jit::prim::GetAttr || !node->blocks().empty()) return false;
        if (node->kind() == c10::aten::_shape_as_tensor) return true;
        return !node->isNondeterministic() && has_fixed_inputs(node);
    }

    AliasDb writes_;
    // Tensors, and what is made of them.
    std::unordered_set<const Value *> fixed_;
};

}  // namespace

bool has_bounded_work(const std::shared_ptr<Graph> &graph) {
    auto inputs = graph->inputs();
    // The first one is the module.
    for (size_t index = 1; index < inputs.size(); ++index) {
        // A number would be taken from a tensor.
        if (!may_be_given(inputs[index]->type())) return false;
    }
    return has_ordinary_ones_only(graph->block()) && Work(graph).is_bounded(graph->block());
}

}  // namespace bridge
