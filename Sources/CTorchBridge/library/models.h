// Models, as the table of the bridge offers them.
#pragma once

#include "bridge.h"

// A model that is ready to run.
struct torch_model {
    virtual ~torch_model() = default;
    virtual std::unique_ptr<torch_outputs> run(
        const torch_view *inputs, size_t input_count, const torch_run &run) = 0;

    std::vector<std::string> input_names;
    size_t output_count = 0;
    size_t byte_count = 0;
    bool may_overlap = true;
    // Whether the shapes of its inputs say how long a run takes.
    bool has_bounded_work = false;
};

namespace bridge {

torch_failure *model_load(torch_text archive, const torch_load_options *options, torch_model **model);
torch_failure *model_run(
    torch_model *model, const torch_view *inputs, size_t count, torch_run *run, torch_outputs **outputs);

}  // namespace bridge
