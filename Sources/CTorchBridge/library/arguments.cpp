// Numbers that stand for something. libtorch's operators are called from Python with values that it has
// checked, and TorchScript has numbers in their place: the operators use those as indices into tables, or let
// them choose none of the ways that they know and leave their result unwritten.
#include "arguments.h"

#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/runtime/custom_operator.h>

#include <string_view>

namespace bridge {

namespace {

using torch::jit::Node;
using torch::jit::Stack;
using torch::jit::Value;

bool is_plain(at::ScalarType type) {
    switch (type) {
        case at::kByte: case at::kChar: case at::kShort: case at::kInt: case at::kLong: case at::kBool:
        case at::kUInt16: case at::kUInt32: case at::kUInt64: case at::kHalf: case at::kBFloat16:
        case at::kFloat: case at::kDouble: case at::kComplexHalf: case at::kComplexFloat:
        case at::kComplexDouble: return true;
        default: return false;
    }
}

bool is_quantized(at::ScalarType type) {
    return type == at::kQInt8 || type == at::kQUInt8 || type == at::kQInt32;
}

bool is_number_of(int64_t number, bool (*holds)(at::ScalarType)) {
    return number >= 0 && number < int64_t(at::ScalarType::NumOptions) && holds(at::ScalarType(number));
}

bool is_plain_number(int64_t number) { return is_number_of(number, is_plain); }
bool is_any_number(int64_t number) { return is_plain_number(number) || is_number_of(number, is_quantized); }
bool is_dense(int64_t number) { return number == int64_t(at::kStrided); }
bool is_memory_format(int64_t number) {
    return number >= 0 && number < int64_t(at::MemoryFormat::NumOptions);
}
bool is_one_of_two(int64_t number) { return number == 0 || number == 1; }
bool is_one_of_three(int64_t number) { return number >= 0 && number <= 2; }
bool is_one_of_four(int64_t number) { return number >= 0 && number <= 3; }

// What an argument may be, and in which words it is refused.
struct Rule {
    const char *name;
    const char *words;
    bool (*holds)(int64_t number);
};

constexpr Rule rules[] = {
    {"element_type", "an element type", is_plain_number},
    {"any_element_type", "an element type", is_any_number},
    {"present_element_type", "an element type", is_plain_number},
    {"layout", "a layout of dense tensors", is_dense},
    {"memory_format", "a memory format", is_memory_format},
    {"reduction", "a reduction", is_one_of_three},
    {"interpolation", "a way to interpolate", is_one_of_three},
    {"padding", "a way to pad", is_one_of_three},
    {"circular_padding", "a way to pad", is_one_of_four},
    {"bag", "a way to reduce bags", is_one_of_three},
    {"hash", "a way to hash", is_one_of_two},
};

// Devices whose tensors have no memory that can be read, or none at all, end the process.
bool is_usable(at::Device device) { return device.is_cpu() || device.is_cuda(); }

void check_number(const Rule &rule, const c10::IValue &value) {
    if (value.isNone() && std::string_view(rule.name) == "present_element_type") {
        throw Failure("ERR there is no element type to convert to");
    }
    if (!value.isInt() || rule.holds(value.toInt())) return;
    throw Failure("ERR " + std::to_string(value.toInt()) + " is not " + rule.words);
}

void check_device(const c10::IValue &value) {
    if (!value.isDevice() || is_usable(value.toDevice())) return;
    throw Failure("ERR tensors cannot be on the device " + value.toDevice().str());
}

void check_safe(const c10::IValue &value) {
    if (value.isBool() && value.toBool()) throw Failure("ERR an operator's checks cannot be switched off");
}

// Gives on what it is given, once checked. Pure, so that libtorch may remove it with what needs it.
template <typename Check>
torch::jit::Operator check_operator(const std::string &name, const std::string &type, Check check) {
    auto schema = "redisai::checked_" + name + "(" + type + "? value) -> " + type + "?";
    auto pass = [check](Stack &stack) { check(stack.back()); };
    return torch::jit::Operator(
        schema, torch::jit::Operation(pass), c10::AliasAnalysisKind::PURE_FUNCTION);
}

std::vector<std::optional<torch::jit::Operator>> checking_operators() {
    std::vector<std::optional<torch::jit::Operator>> made;
    made.push_back(check_operator("device", "Device", check_device));
    made.push_back(check_operator("safety", "bool", check_safe));
    for (const auto &rule : rules) {
        made.push_back(check_operator(
            rule.name, "int", [&rule](const c10::IValue &value) { check_number(rule, value); }));
    }
    return made;
}

const torch::jit::RegisterOperators checks(checking_operators());

const Rule *rule_named(std::string_view name) {
    for (const auto &rule : rules) {
        if (rule.name == name) return &rule;
    }
    return nullptr;
}

// Null if the number is no more than that.
const Rule *rule_for(std::string_view kind, const std::string &name, const c10::Type &type) {
    bool is_type = type.kind() == c10::TypeKind::ScalarTypeType || name.find("dtype") != std::string::npos;
    bool may_be_quantized = kind.rfind("quantize", 0) == 0;
    if (is_type) return rule_named(may_be_quantized ? "any_element_type" : "element_type");
    if (type.kind() == c10::TypeKind::LayoutType) return rule_named("layout");
    if (type.kind() == c10::TypeKind::MemoryFormatType) return rule_named("memory_format");
    if (name == "interpolation_mode") return rule_named("interpolation");
    if (name == "padding_mode") return rule_named("padding");
    if (name == "reduction") return rule_named("reduction");
    if (name != "mode") return nullptr;
    if (kind == "_pad_enum") return rule_named("circular_padding");
    return rule_named(kind == "hash_tensor" ? "hash" : "bag");
}

c10::TypePtr bare(const c10::TypePtr &type) {
    auto optional = type->cast<c10::OptionalType>();
    return optional ? optional->getElementType() : type;
}

void insert_check(Graph &graph, Node *node, size_t index, const std::string &name) {
    auto symbol = c10::Symbol::fromQualString("redisai::checked_" + name);
    auto value = node->input(index);
    auto check = graph.create(symbol, {value});
    check->output()->setType(value->type());
    check->insertBefore(node);
    node->replaceInput(index, check->output());
}

template <typename Check>
void check_or_insert(Graph &graph, Node *node, size_t index, const std::string &name, Check check) {
    if (auto constant = torch::jit::toIValue(node->input(index))) return check(*constant);
    insert_check(graph, node, index, name);
}

}  // namespace

at::ScalarType element_type_of(int64_t number) {
    check_number(*rule_named("element_type"), number);
    return at::ScalarType(number);
}

void check_arguments(Graph &graph, Node *node) {
    auto schema = node->maybeSchema();
    if (!schema) return;
    std::string_view kind = node->kind().toUnqualString();
    size_t count = std::min(schema->arguments().size(), node->inputs().size());
    for (size_t index = 0; index < count; ++index) {
        const auto &argument = schema->arguments()[index];
        auto type = bare(argument.real_type());
        if (type->kind() == c10::TypeKind::DeviceObjType) {
            check_or_insert(graph, node, index, "device", check_device);
        } else if (type->kind() == c10::TypeKind::BoolType && argument.name() == "unsafe") {
            check_or_insert(graph, node, index, "safety", check_safe);
        } else if (bare(argument.type())->kind() == c10::TypeKind::IntType) {
            auto rule = rule_for(kind, argument.name(), *type);
            // Here alone libtorch takes for granted that there is one.
            if (schema->overload_name() == "prim_dtype") rule = rule_named("present_element_type");
            if (!rule) continue;
            auto check = [rule](const c10::IValue &value) { check_number(*rule, value); };
            check_or_insert(graph, node, index, rule->name, check);
        }
    }
}

}  // namespace bridge
