// Archives older than PyTorch 1.4.
#pragma once

#include <torch/csrc/jit/serialization/import_source.h>

#include <functional>

#include "bridge.h"
#include "json.h"

namespace bridge {

// What an old archive keeps beside its description.
struct OldRecords {
    // The data of a tensor by the name of its record.
    std::function<at::DataPtr(const std::string &name, size_t &byte_count)> data;
    // Source code by the name of its record.
    std::function<std::shared_ptr<torch::jit::Source>(const std::string &name)> source;
    // Values of attributes, which are numbered.
    std::function<c10::IValue(size_t number)> attribute;
};

// The tensors of the description, in their order: constants and parameters.
std::vector<at::Tensor> old_tensors(const Json &description, const OldRecords &records);

// Makes the module of the description; runs nothing of it.
torch::jit::Module old_module(
    const Json &description, const OldRecords &records, const std::vector<at::Tensor> &tensors,
    torch::jit::SourceImporter &importer, const std::shared_ptr<torch::jit::CompilationUnit> &unit);

}  // namespace bridge
