// Models: archives with a module that has a method `forward`.
#include "models.h"

#include <unordered_set>

namespace bridge {

namespace {

using torch::jit::Module;

const char *const method_name = "forward";
// Values that the interpreter has at once in a small model; it makes room for more.
constexpr size_t usual_stack = 8;

// Of all tensors that the module has, each memory once.
size_t byte_count_of(const Module &module) {
    std::unordered_set<const void *> seen;
    size_t count = 0;
    for (const auto &value : module.attributes(true)) {
        if (!value.isTensor() || !value.toTensor().defined() || !value.toTensor().has_storage()) continue;
        const auto &storage = value.toTensor().storage();
        if (seen.insert(storage.data()).second) count += storage.nbytes();
    }
    return count;
}

// Weights become constants and operators are joined; as it was, where libtorch cannot do that.
Module optimized(const Module &module, at::Device device) {
    if (!module.hasattr("training")) return module;
    try {
        auto frozen = torch::jit::freeze(module);
        return device.type() == at::kCPU ? torch::jit::optimize_for_inference(frozen) : frozen;
    } catch (const std::exception &) {
        return module;
    }
}

size_t output_count_of(const c10::FunctionSchema &schema) {
    const std::string prefix = "Erorr while trying to retrive model outputs number: ";
    if (schema.returns().size() != 1) throw Failure(prefix + "Expected one return value");
    const auto &type = schema.returns()[0].type();
    if (auto tuple = type->cast<c10::TupleType>()) return tuple->elements().size();
    if (type->kind() == c10::TypeKind::ListType) {
        throw Failure(
            prefix + "The length of a " + type->repr_str() + " is not known before a run; return a tuple");
    }
    return 1;
}

// What a parameter is given: a tensor, or the number that it holds where the parameter is one. What does not
// fit stays a tensor, and libtorch says so.
c10::IValue argument_of(at::Tensor tensor, const c10::TypePtr &type) {
    if (tensor.numel() == 1) {
        auto is_integral = at::isIntegralType(tensor.scalar_type(), /*includeBool=*/false);
        auto is_floating = at::isFloatingType(tensor.scalar_type());
        if (type->kind() == c10::TypeKind::IntType && is_integral) return tensor.item<int64_t>();
        if (type->kind() == c10::TypeKind::FloatType && is_floating) return tensor.item<double>();
        if (type->kind() == c10::TypeKind::BoolType && tensor.scalar_type() == at::kBool) {
            return tensor.item<bool>();
        }
    }
    return tensor;
}

torch::jit::Method forward_of(const Module &module) {
    if (auto method = module.find_method(method_name)) return *method;
    throw Failure("Erorr while trying to retrive model inputs number: Method 'forward' is not defined.");
}

c10::FunctionSchema without_self(const c10::FunctionSchema &schema) {
    auto arguments = schema.arguments();
    if (!arguments.empty()) arguments.erase(arguments.begin());
    return schema.cloneWithArguments(std::move(arguments));
}

std::unique_ptr<torch_model> make_model(torch_text archive, const torch_load_options &options) {
    at::NoGradGuard no_gradients;
    auto device = device_of(options);
    auto module = read_archive(archive, options.allows_all_operators != 0);
    auto forward = forward_of(module);
    check_size({&forward.function()});
    const auto &schema = forward.function().getSchema();
    auto output_count = output_count_of(schema);
    module.eval();
    if (device.type() != at::kCPU) module.to(device);
    auto byte_count = byte_count_of(module);
    auto ready = optimized(module, device);
    Program program(forward_of(ready).graph(), method_name);
    auto model = std::make_unique<torch_model>(torch_model{
        std::move(ready), std::move(program), without_self(schema), device,
        {}, output_count, byte_count, true});
    for (const auto &argument : model->schema.arguments()) {
        model->input_names.push_back(argument.name());
        if (argument.type()->kind() != c10::TypeKind::TensorType) model->takes_tensors_only = false;
    }
    return model;
}

}  // namespace

torch_failure *model_load(torch_text archive, const torch_load_options *options, torch_model **model) {
    return guarded([&] {
        std::unique_ptr<torch_model> made;
        on_large_stack([&] { made = make_model(archive, *options); });
        *model = made.release();
    });
}

torch_failure *model_run(
    torch_model *model, const torch_view *inputs, size_t count, torch_run *run, torch_outputs **outputs) {
    return guarded([&] {
        c10::InferenceMode inference;
        std::vector<c10::IValue> stack;
        stack.reserve(std::max(count + 1, usual_stack));
        for (size_t index = 0; index < count; ++index) {
            stack.emplace_back(tensor_of(inputs[index], model->program.writes_inputs, model->device));
        }
        if (count != model->input_names.size() || !model->takes_tensors_only) {
            const auto &parameters = model->schema.arguments();
            for (size_t index = 0; index < std::min(count, parameters.size()); ++index) {
                stack[index] = argument_of(stack[index].toTensor(), parameters[index].type());
            }
            model->schema.checkAndNormalizeInputs(stack);
        }
        stack.insert(stack.begin(), model->module._ivalue());
        auto value = model->program.run(std::move(stack), std::make_shared<RunContext>(run, nullptr));
        *outputs = outputs_of(value, model->output_count, method_name).release();
    });
}

}  // namespace bridge
