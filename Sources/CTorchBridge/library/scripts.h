// Scripts, as the table of the bridge offers them.
#pragma once

#include <map>

#include "bridge.h"

namespace bridge {

// A function of a script.
struct ScriptFunction {
    torch::jit::Function *function;
    Program program;
};

}  // namespace bridge

struct torch_script {
    std::shared_ptr<torch::jit::CompilationUnit> unit;
    at::Device device;
    std::vector<std::string> names;
    std::map<std::string, bridge::ScriptFunction> functions;
};

namespace bridge {

torch_failure *script_compile(torch_text source, const torch_load_options *options, torch_script **script);
torch_failure *script_check_entry_point(const torch_script *script, torch_text function);
torch_failure *script_run(
    torch_script *script, const torch_call *call, torch_run *run, torch_outputs **outputs);

}  // namespace bridge
