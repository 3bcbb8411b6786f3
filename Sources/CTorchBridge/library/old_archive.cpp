// Makes modules of archives older than PyTorch 1.4, which describe them in JSON. libtorch's own reader of
// these is left out of its packages, its importer of their source code is not.
#include "old_archive.h"

#include <torch/csrc/jit/frontend/script_type_parser.h>

#include <algorithm>
#include <cctype>

namespace bridge {

namespace {

constexpr size_t deepest_module = 100;

struct NamedType {
    const char *name;
    at::ScalarType type;
};

constexpr NamedType named_types[] = {
    {"FLOAT", at::kFloat}, {"DOUBLE", at::kDouble}, {"FLOAT16", at::kHalf}, {"INT8", at::kChar},
    {"INT16", at::kShort}, {"INT32", at::kInt},     {"INT64", at::kLong},   {"UINT8", at::kByte},
    {"BYTE", at::kByte},   {"BOOL", at::kBool},
};

at::ScalarType old_type(const std::string &name) {
    for (const auto &named : named_types) {
        if (name == named.name) return named.type;
    }
    throw Failure("ERR the archive has tensors of an unknown type");
}

std::vector<int64_t> numbers(const Json &list) {
    std::vector<int64_t> values;
    for (const auto &value : list.list()) values.push_back(value.number(0));
    return values;
}

at::Tensor old_tensor(const Json &description, const OldRecords &records) {
    auto type = old_type(description["dataType"].text());
    auto sizes = numbers(description["dims"]), strides = numbers(description["strides"]);
    if (sizes.size() != strides.size()) throw Failure("ERR a tensor of the model has an impossible shape");
    if (description["isQuantized"].is_true()) throw Failure("ERR the archive has quantised tensors");
    size_t byte_count = 0;
    auto data = records.data(description["data"]["key"].text(), byte_count);
    // Whether shape and strides lie within the data is looked at with all other values.
    auto tensor = at::empty({0}, at::TensorOptions().dtype(type));
    c10::Storage storage(
        c10::Storage::use_byte_size_t(), byte_count, std::move(data), nullptr, /*resizable=*/false);
    tensor.unsafeGetTensorImpl()->set_storage_keep_dtype(std::move(storage));
    tensor.unsafeGetTensorImpl()->set_sizes_and_strides(
        sizes, strides, description["offset"].number(0));
    return tensor;
}

class OldModule {
public:
    OldModule(
        const OldRecords &records, const std::vector<at::Tensor> &tensors,
        torch::jit::SourceImporter &importer, std::shared_ptr<torch::jit::CompilationUnit> unit)
        : records_(records), tensors_(tensors), importer_(importer), unit_(std::move(unit)) {}

    torch::jit::Module make(const Json &description) {
        if (path_.size() > deepest_module) throw Failure("ERR modules of the model are nested too deeply");
        path_.push_back(identifier(description["name"].text()));
        torch::jit::Module module(c10::QualifiedName(path_), unit_);
        for (const auto &part : description["submodules"].list()) {
            module.register_module(part["name"].text(), make(part));
        }
        add_tensors(module, description["parameters"]);
        add_attributes(module, description["attributes"]);
        const auto &code = description["torchscriptArena"]["key"].text();
        if (!code.empty()) importer_.LEGACY_import_methods(module, records_.source(code));
        if (description["getStateAttributeId"].number(-1) >= 0) {
            throw Failure("ERR the archive is older than PyTorch 1.4 and restores a state; save it anew");
        }
        path_.pop_back();
        return module;
    }

private:
    // Numbers are names of modules in lists.
    static std::string identifier(const std::string &name) {
        std::string made;
        for (char letter : name) {
            made.push_back(std::isalnum(static_cast<unsigned char>(letter)) ? letter : '_');
        }
        return made.empty() || std::isdigit(static_cast<unsigned char>(made[0])) ? "_" + made : made;
    }

    void add_tensors(torch::jit::Module &module, const Json &list) {
        for (const auto &parameter : list.list()) {
            auto number = size_t(parameter["tensorId"].number(0));
            if (number >= tensors_.size()) throw Failure("ERR the archive lacks a tensor of the model");
            module.register_parameter(
                parameter["name"].text(), tensors_[number], parameter["isBuffer"].is_true());
        }
    }

    void add_attributes(torch::jit::Module &module, const Json &list) {
        for (const auto &attribute : list.list()) {
            const auto &name = attribute["name"].text();
            if (module.hasattr(name)) continue;
            auto number = attribute["id"].number(0);
            auto value = number < 0 ? c10::IValue() : records_.attribute(size_t(number));
            auto type = types_.parseType(attribute["type"].text());
            if (!value.isNone() && !value.type()->isSubtypeOf(*type)) {
                throw Failure("ERR the archive has an attribute of another type than it says");
            }
            module.register_attribute(name, type, value);
        }
    }

    const OldRecords &records_;
    const std::vector<at::Tensor> &tensors_;
    torch::jit::SourceImporter &importer_;
    std::shared_ptr<torch::jit::CompilationUnit> unit_;
    torch::jit::ScriptTypeParser types_;
    std::vector<std::string> path_;
};

}  // namespace

std::vector<at::Tensor> old_tensors(const Json &description, const OldRecords &records) {
    std::vector<at::Tensor> tensors;
    for (const auto &tensor : description["tensors"].list()) tensors.push_back(old_tensor(tensor, records));
    return tensors;
}

torch::jit::Module old_module(
    const Json &description, const OldRecords &records, const std::vector<at::Tensor> &tensors,
    torch::jit::SourceImporter &importer, const std::shared_ptr<torch::jit::CompilationUnit> &unit) {
    return OldModule(records, tensors, importer, unit).make(description["mainModule"]);
}

}  // namespace bridge
