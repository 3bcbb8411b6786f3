// Models: archives with a module that has a method `forward`.
#include "models.h"

#include <chrono>
#include <unordered_set>

#include "packages.h"
#include "records.h"
#include "sharing.h"

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

// A run that shares no work, and tells how long it takes, whatever way it ends.
class RunAlone {
public:
    RunAlone(Sharing &sharing, size_t input_bytes)
        : sharing_(sharing), input_bytes_(input_bytes), began_(Clock::now()) {}

    ~RunAlone() {
        auto time = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - began_);
        sharing_.ran_alone(input_bytes_, time.count());
    }

private:
    using Clock = std::chrono::steady_clock;

    OneThread thread_;
    Sharing &sharing_;
    size_t input_bytes_;
    Clock::time_point began_;
};

// A module that the interpreter runs.
class ScriptModel : public torch_model {
public:
    ScriptModel(ArchiveReader &archive, const torch_load_options &options) : device_(device_of(options)) {
        auto module = read_archive(archive, options.allows_all_operators != 0);
        auto forward = forward_of(module);
        check_size({&forward.function()});
        const auto &schema = forward.function().getSchema();
        output_count = output_count_of(schema);
        module.eval();
        if (device_.type() != at::kCPU) module.to(device_);
        byte_count = byte_count_of(module);
        module_ = optimized(module, device_);
        program_.emplace(forward_of(module_).graph(), method_name);
        may_overlap = !program_->keeps_state;
        has_bounded_work = program_->has_bounded_work;
        sharing_.emplace(byte_count);
        schema_.emplace(without_self(schema));
        for (const auto &argument : schema_->arguments()) {
            input_names.push_back(argument.name());
            if (argument.type()->kind() != c10::TypeKind::TensorType) takes_tensors_only_ = false;
        }
    }

    std::unique_ptr<torch_outputs> run(
        const torch_view *inputs, size_t count, const torch_run &run) override {
        // Of others nobody can foretell how long they take.
        if (!has_bounded_work) return run_now(inputs, count, run);
        size_t byte_count = 0;
        for (size_t index = 0; index < count; ++index) byte_count += inputs[index].byte_count;
        if (sharing_->is_worth(byte_count)) return run_now(inputs, count, run);
        RunAlone alone(*sharing_, byte_count);
        return run_now(inputs, count, run);
    }

private:
    std::unique_ptr<torch_outputs> run_now(const torch_view *inputs, size_t count, const torch_run &run) {
        std::vector<c10::IValue> stack;
        stack.reserve(std::max(count + 1, usual_stack));
        for (size_t index = 0; index < count; ++index) {
            stack.emplace_back(tensor_of(inputs[index], false, device_));
        }
        if (count != input_names.size() || !takes_tensors_only_) {
            const auto &parameters = schema_->arguments();
            for (size_t index = 0; index < std::min(count, parameters.size()); ++index) {
                stack[index] = argument_of(stack[index].toTensor(), parameters[index].type());
            }
            schema_->checkAndNormalizeInputs(stack);
        }
        stack.insert(stack.begin(), module_._ivalue());
        auto value = program_->run(std::move(stack), std::make_shared<RunContext>(&run, nullptr));
        return outputs_of(value, output_count, method_name);
    }

    at::Device device_;
    // What is left of it after freezing; `forward` takes it first.
    Module module_;
    std::optional<Program> program_;
    // Of `forward`, without the module.
    std::optional<c10::FunctionSchema> schema_;
    bool takes_tensors_only_ = true;
    std::optional<Sharing> sharing_;
};

std::unique_ptr<torch_model> make_model(torch_text bytes, const torch_load_options &options) {
    at::NoGradGuard no_gradients;
    auto archive = open_archive(bytes);
    if (is_package(*archive)) return load_package(*archive, options);
    return std::make_unique<ScriptModel>(*archive, options);
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
        *outputs = model->run(inputs, count, *run).release();
    });
}

}  // namespace bridge
