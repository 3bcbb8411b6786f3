// Models, as the table of the bridge offers them.
#pragma once

#include "bridge.h"

struct torch_model {
    // What is left of it after freezing; `forward` takes it first.
    torch::jit::Module module;
    bridge::Program program;
    // Of `forward`, without the module.
    c10::FunctionSchema schema;
    at::Device device;
    std::vector<std::string> input_names;
    size_t output_count;
    size_t byte_count;
    bool takes_tensors_only;
};

namespace bridge {

torch_failure *model_load(torch_text archive, const torch_load_options *options, torch_model **model);
torch_failure *model_run(
    torch_model *model, const torch_view *inputs, size_t count, torch_run *run, torch_outputs **outputs);

}  // namespace bridge
