// Scripts: sources with functions, of which some are entry points.
#include "scripts.h"

#include <torch/csrc/jit/frontend/resolver.h>
#include <torch/csrc/jit/frontend/sugared_value.h>

#include <set>

namespace bridge {

namespace {

using torch::jit::BuiltinModule;
using torch::jit::GraphFunction;
using torch::jit::SourceRange;
using torch::jit::SugaredValue;

// `torch.ops`: has every namespace of operators.
struct OperatorNamespaces : SugaredValue {
    std::string kind() const override { return "ops"; }
    std::shared_ptr<SugaredValue> attr(
        const SourceRange &, GraphFunction &, const std::string &name) override {
        return std::make_shared<BuiltinModule>(name);
    }
};

// The types of elements, which the compiler knows as numbers only.
std::optional<at::ScalarType> element_type(const std::string &name) {
    static const std::map<std::string, at::ScalarType> types = {
        {"float", at::kFloat},      {"float32", at::kFloat}, {"double", at::kDouble},
        {"float64", at::kDouble},   {"half", at::kHalf},     {"float16", at::kHalf},
        {"bfloat16", at::kBFloat16}, {"bool", at::kBool},    {"int8", at::kChar},
        {"short", at::kShort},      {"int16", at::kShort},   {"int", at::kInt},
        {"int32", at::kInt},        {"long", at::kLong},     {"int64", at::kLong},
        {"uint8", at::kByte},
    };
    auto place = types.find(name);
    return place == types.end() ? std::nullopt : std::optional(place->second);
}

struct TorchNamespace : BuiltinModule {
    TorchNamespace() : BuiltinModule("aten") {}
    std::shared_ptr<SugaredValue> attr(
        const SourceRange &range, GraphFunction &function, const std::string &name) override {
        if (name == "ops") return std::make_shared<OperatorNamespaces>();
        if (auto type = element_type(name)) {
            auto value = function.graph()->insertConstant(int64_t(*type), range);
            return std::make_shared<torch::jit::SimpleValue>(value);
        }
        return BuiltinModule::attr(range, function, name);
    }
};

std::string in_lower_case(std::string text) {
    for (auto &byte : text) byte = char(tolower(static_cast<unsigned char>(byte)));
    return text;
}

// The names that a script has beside its own and Python's.
struct ScriptResolver : torch::jit::NativeResolver {
    std::shared_ptr<SugaredValue> resolveValue(
        const std::string &name, GraphFunction &function, const SourceRange &range) override {
        auto lower = in_lower_case(name);
        if (lower == "torch") return std::make_shared<TorchNamespace>();
        if (lower == "redis") return std::make_shared<BuiltinModule>("redis");
        if (lower == "redisai") return std::make_shared<BuiltinModule>("redisAI");
        if (is_exception(name)) return std::make_shared<torch::jit::ExceptionValue>(name);
        return NativeResolver::resolveValue(name, function, range);
    }

private:
    // What scripts may raise; the compiler itself knows `assert` only.
    static bool is_exception(const std::string &name) {
        static const std::set<std::string> names = {
            "ArithmeticError", "Exception", "IndexError", "KeyError", "NotImplementedError", "RuntimeError",
            "TypeError", "ValueError",
        };
        return names.count(name) > 0;
    }
};

bool is_tensor(const c10::TypePtr &type) { return type->kind() == c10::TypeKind::TensorType; }

bool is_list(const c10::TypePtr &type, c10::TypeKind kind) {
    auto list = type->cast<c10::ListType>();
    return list && list->getElementType()->kind() == kind;
}

std::unique_ptr<torch_script> compile(const std::string &source, const torch_load_options &options) {
    auto device = device_of(options);
    check_nesting(source);
    auto unit = std::make_shared<torch::jit::CompilationUnit>();
    unit->define(std::nullopt, source, std::make_shared<ScriptResolver>(), nullptr);
    auto functions = unit->get_functions();
    // First all, since each becomes part of those that call it.
    for (auto function : functions) {
        auto &graph = *torch::jit::toGraphFunction(*function).graph();
        if (options.allows_all_operators == 0) check_operators(graph);
        make_ready(graph);
    }
    auto script = std::make_unique<torch_script>(torch_script{unit, device, {}, {}});
    check_size(functions);
    for (auto function : functions) {
        const auto &name = function->name();
        script->names.push_back(name);
        Program program(torch::jit::toGraphFunction(*function).graph(), name);
        script->functions.insert({name, {function, std::move(program)}});
    }
    return script;
}

// All tensors, keys and args, as an entry point takes them.
std::vector<c10::IValue> lists_for(const torch_call &call, const std::vector<at::Tensor> &tensors) {
    auto strings = [](const torch_text *texts, size_t count) {
        c10::List<std::string> list;
        list.reserve(count);
        for (size_t index = 0; index < count; ++index) list.push_back(string_of(texts[index]));
        return list;
    };
    return {
        c10::List<at::Tensor>(at::TensorList(tensors)), strings(call.keys, call.key_count),
        strings(call.args, call.arg_count)};
}

// One tensor for each parameter, and for a list all that are left.
std::vector<c10::IValue> parameters_for(
    const torch::jit::Function &function, const std::vector<at::Tensor> &tensors) {
    const auto &name = function.name();
    const auto &arguments = function.getSchema().arguments();
    if (arguments.size() > tensors.size()) {
        throw Failure("Wrong number of inputs provided to function: " + name);
    }
    std::vector<c10::IValue> stack;
    size_t next = 0;
    for (const auto &argument : arguments) {
        if (is_list(argument.type(), c10::TypeKind::TensorType)) {
            stack.emplace_back(c10::List<at::Tensor>(at::TensorList(tensors).slice(next)));
            next = tensors.size();
        } else if (is_tensor(argument.type()) && next < tensors.size()) {
            stack.emplace_back(tensors[next++]);
        } else if (is_tensor(argument.type())) {
            throw Failure("Wrong number of inputs provided to function: " + name);
        } else {
            throw Failure("Unsupported input type in function definition: " + name);
        }
    }
    return stack;
}

}  // namespace

torch_failure *script_compile(torch_text source, const torch_load_options *options, torch_script **script) {
    return guarded([&] {
        std::unique_ptr<torch_script> made;
        // The compiler wants the last line to end.
        on_large_stack([&] { made = compile(string_of(source) + "\n", *options); });
        *script = made.release();
    });
}

torch_failure *script_check_entry_point(const torch_script *script, torch_text function) {
    return guarded([&] {
        auto name = string_of(function);
        auto place = script->functions.find(name);
        if (place == script->functions.end()) {
            throw Failure("Function " + name + " does not exist in the given script.");
        }
        const auto &arguments = place->second.function->getSchema().arguments();
        if (arguments.size() != 3) {
            throw Failure(
                "Wrong number of inputs in function " + name + ". Expected 3 but was " +
                std::to_string(arguments.size()));
        }
        bool fits = is_list(arguments[0].type(), c10::TypeKind::TensorType) &&
            is_list(arguments[1].type(), c10::TypeKind::StringType) &&
            is_list(arguments[2].type(), c10::TypeKind::StringType);
        if (fits) return;
        throw Failure(
            "Wrong inputs type in function " + name + ". Expected signature similar to: def " + name +
            "(tensors: List[Tensor], keys: List[str], args: List[str])");
    });
}

torch_failure *script_run(
    torch_script *script, const torch_call *call, torch_run *run, torch_outputs **outputs) {
    return guarded([&] {
        c10::InferenceMode inference;
        auto name = string_of(call->function);
        auto place = script->functions.find(name);
        if (place == script->functions.end()) throw Failure("Function does not exist: " + name);
        const auto &[function, program] = place->second;
        std::vector<at::Tensor> tensors;
        tensors.reserve(call->input_count);
        for (size_t index = 0; index < call->input_count; ++index) {
            tensors.push_back(tensor_of(call->inputs[index], false, script->device));
        }
        bool is_entry_point = call->is_entry_point != 0;
        auto stack = is_entry_point ? lists_for(*call, tensors) : parameters_for(*function, tensors);
        tensors.clear();
        auto value = program.run(std::move(stack), std::make_shared<RunContext>(run, call->host));
        *outputs = call->output_count == 0
            ? new torch_outputs()
            : outputs_of(value, size_t(call->output_count), name).release();
    });
}

}  // namespace bridge
