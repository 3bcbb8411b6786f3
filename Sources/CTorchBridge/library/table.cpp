// The table of functions, and the one name that the library exports.
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/util/Logging.h>
#include <torch/csrc/jit/runtime/print_handler.h>
#include <torch/version.h>

#include "bridge.h"
#include "host.h"
#include "memory.h"
#include "models.h"
#include "replaced.h"
#include "scripts.h"

namespace bridge {

namespace {

// Above everything that libtorch writes to standard error: warnings, which code of a client can cause.
constexpr int silent = 3;

void set_threads(const torch_options &options) {
    try {
        if (options.inter_operator_threads > 0) at::set_num_interop_threads(options.inter_operator_threads);
    } catch (const std::exception &) {
        throw Failure("Cannot set number of inter-op threads after parallel work has started");
    }
    try {
        if (options.intra_operator_threads > 0) at::set_num_threads(options.intra_operator_threads);
    } catch (const std::exception &) {
        throw Failure("Cannot set number of intra-op threads after parallel work has started");
    }
}

// oneDNN compiles its kernels when they are first needed, in memory that it makes writable and then code.
// FBGEMM, for quantized weights, does it by mapping a file in memory twice, which such hosts allow.
void do_without_new_code() {
    at::globalContext().setUserEnabledMkldnn(false);
    at::globalContext().setQEngine(at::QEngine::FBGEMM);
}

torch_failure *start(const torch_options *options) {
    return guarded([&] {
        FLAGS_caffe2_log_level = silent;
        torch::jit::setPrintHandler([](const std::string &) {});
        replace_operators();
        clear_new_memory();
        set_threads(*options);
        if (options->is_without_new_code) do_without_new_code();
    });
}

// Runs what cannot fail but for memory, of which there is nothing to say.
template <typename Body> void leave(torch_answer *answer, Body body) {
    auto failure = guarded(body);
    if (!failure) return;
    answer->error = "out of memory";
    delete failure;
}

const torch_bridge table = {
    .version = TORCH_BRIDGE_VERSION,
    .libtorch_version = [] { return TORCH_VERSION; },
    .start = start,
    .failure_kind = [](const torch_failure *failure) { return failure->kind; },
    .failure_text = [](const torch_failure *failure) { return text_of(failure->text); },
    .failure_release = [](torch_failure *failure) { delete failure; },
    .run_create = []() -> torch_run * {
        torch_run *run = nullptr;
        delete guarded([&] { run = new torch_run(); });
        return run;
    },
    .run_stop = [](torch_run *run) { run->is_stopped->store(true); },
    .run_reset = [](torch_run *run) { run->is_stopped->store(false); },
    .run_release = [](torch_run *run) { delete run; },
    .model_load = model_load,
    .model_release = [](torch_model *model) { delete model; },
    .model_input_count = [](const torch_model *model) { return model->input_names.size(); },
    .model_input_name =
        [](const torch_model *model, size_t index) { return text_of(model->input_names[index]); },
    .model_output_count = [](const torch_model *model) { return model->output_count; },
    .model_byte_count = [](const torch_model *model) { return model->byte_count; },
    .model_may_overlap = [](const torch_model *model) { return int32_t(model->may_overlap); },
    .model_has_bounded_work = [](const torch_model *model) { return int32_t(model->has_bounded_work); },
    .model_run = model_run,
    .outputs_count = [](const torch_outputs *outputs) { return outputs->tensors.size(); },
    .outputs_view =
        [](const torch_outputs *outputs, size_t index) { return view_of(outputs->tensors[index]); },
    .outputs_release = [](torch_outputs *outputs) { delete outputs; },
    .script_compile = script_compile,
    .script_release = [](torch_script *script) { delete script; },
    .script_function_count = [](const torch_script *script) { return script->names.size(); },
    .script_function_name =
        [](const torch_script *script, size_t index) { return text_of(script->names[index]); },
    .script_check_entry_point = script_check_entry_point,
    .script_run = script_run,
    .answer_none = [](torch_answer *answer) { leave(answer, [=] { give(*answer, c10::IValue()); }); },
    .answer_text =
        [](torch_answer *answer, torch_text text) { leave(answer, [=] { give(*answer, string_of(text)); }); },
    .answer_integer =
        [](torch_answer *answer, int64_t value) { leave(answer, [=] { give(*answer, value); }); },
    .answer_number =
        [](torch_answer *answer, double value) { leave(answer, [=] { give(*answer, value); }); },
    .answer_list =
        [](torch_answer *answer, size_t count) { leave(answer, [=] { give_list(*answer, count); }); },
    .answer_tensor =
        [](torch_answer *answer, torch_view tensor) {
            leave(answer, [=] { give(*answer, tensor_of(tensor, true, at::kCPU)); });
        },
    .answer_error =
        [](torch_answer *answer, torch_text text) {
            leave(answer, [=] { answer->error = string_of(text); });
        },
};

}  // namespace

}  // namespace bridge

extern "C" __attribute__((visibility("default"))) const torch_bridge *redisai_torch_bridge(uint32_t version) {
    return version == TORCH_BRIDGE_VERSION ? &bridge::table : nullptr;
}
