// Loads and runs packages of AOTInductor.
//
// Their library has to be a file to be opened. libtorch's own loader would unpack it below /tmp, and leave it
// there if it fails; it also takes a folder, so the package is unpacked here, into one that is removed.
#include "packages.h"

#include <ATen/DynamicLibrary.h>
#include <torch/csrc/inductor/aoti_package/model_package_loader.h>

#include <dlfcn.h>

#include <algorithm>
#include <thread>

#include "folder.h"

namespace bridge {

namespace {

using torch::inductor::AOTIModelContainerRunner;
using torch::inductor::AOTIModelPackageLoader;

const std::string packages_prefix = "data/aotinductor/";
// The name that a model has unless its maker says otherwise.
const std::string model_name = "model";
const std::string model_prefix = packages_prefix + model_name + "/";
// Instances of a model, which share its weights. Each has one run at a time; others wait.
constexpr size_t most_instances = 64;

bool begins_with(const std::string &text, const std::string &prefix) { return text.rfind(prefix, 0) == 0; }

bool ends_with(const std::string &text, const std::string &ending) {
    return text.size() >= ending.size() &&
        text.compare(text.size() - ending.size(), ending.size(), ending) == 0;
}

// The library asks for libtorch.so by name, which is only the sum of others. With it open, the name is known.
void open_libtorch() {
    if (dlopen("libtorch.so", RTLD_NOW | RTLD_LOCAL)) return;
    auto reason = dlerror();
    throw Failure(std::string("ERR libtorch.so cannot be opened: ") + (reason ? reason : "unknown"));
}

#if defined(__x86_64__)
bool has_avx2() { return __builtin_cpu_supports("avx2") != 0; }
bool has_avx512() { return __builtin_cpu_supports("avx512f") != 0; }
#else
bool has_avx2() { return false; }
bool has_avx512() { return false; }
#endif

// What the package says of itself: a flat object of texts.
class Metadata {
public:
    explicit Metadata(std::string text) : text_(std::move(text)) {}

    // Empty if it is not there.
    std::string value(const std::string &key) const {
        auto place = text_.find("\"" + key + "\"");
        if (place == std::string::npos) return "";
        place = text_.find(':', place);
        auto begin = place == std::string::npos ? place : text_.find('"', place);
        auto end = begin == std::string::npos ? begin : text_.find('"', begin + 1);
        return end == std::string::npos ? "" : text_.substr(begin + 1, end - begin - 1);
    }

    // Else the processor would come upon instructions that it does not have, which ends the process.
    void check_processor() const {
        auto instructions = value("AOTI_CPU_ISA");
        bool needs_more = (instructions.find("AVX512") != std::string::npos && !has_avx512()) ||
            (instructions.find("AVX2") != std::string::npos && !has_avx2());
        if (needs_more) throw Failure("ERR the package is compiled for a processor with " + instructions);
    }

    void check_device(at::Device device) const {
        auto compiled = value("AOTI_DEVICE_KEY");
        auto wanted = device.type() == at::kCPU ? "cpu" : "cuda";
        if (!compiled.empty() && compiled != wanted) {
            throw Failure("ERR the package is compiled for the device " + compiled);
        }
    }

private:
    std::string text_;
};

// What a runner keeps to itself and can be asked of its library.
struct Container : AOTIModelContainerRunner {
    template <typename... Arguments>
    static void ask(const AOTIModelContainerRunner &runner, const char *name, Arguments... arguments) {
        using Function = AOTIRuntimeError (*)(AOTInductorModelContainerHandle, Arguments...);
        auto function = reinterpret_cast<Function>((runner.*(&Container::model_so_))->sym(name));
        if (function(runner.*(&Container::container_handle_), arguments...) == AOTI_RUNTIME_SUCCESS) return;
        throw Failure(std::string("ERR the package's library fails at ") + name);
    }
};

class PackageModel : public torch_model {
public:
    PackageModel(ArchiveReader &archive, const torch_load_options &options) : device_(device_of(options)) {
        folder_.emplace("redisai-torch");
        auto metadata = unpack(archive);
        metadata.check_processor();
        metadata.check_device(device_);
        open_libtorch();
        if (!folder_->may_hold_code()) {
            throw Failure(
                "ERR the code of a package may not run from below " + folder_->parent() +
                ": set TMPDIR to a folder from which the server may run code");
        }
        size_t instances = std::clamp<size_t>(std::thread::hardware_concurrency(), 1, most_instances);
        loader_.emplace(
            folder_->path(), model_name, /*run_single_threaded=*/false, instances,
            device_.type() == at::kCPU ? c10::DeviceIndex(-1) : device_.index());
        read_signature(*loader_->get_runner());
        // The library stays mapped. Code for a GPU is read from further files at the first run.
        if (device_.type() == at::kCPU) folder_.reset();
    }

    std::unique_ptr<torch_outputs> run(
        const torch_view *inputs, size_t count, const torch_run &run) override {
        if (count != input_names.size()) throw Failure("the model has another number of inputs");
        if (run.is_stopped->load()) throw Failure(TORCH_STOPPED, "the run was stopped");
        std::vector<at::Tensor> tensors;
        tensors.reserve(count);
        // Nobody knows whether native code writes to its inputs.
        for (size_t index = 0; index < count; ++index) {
            tensors.push_back(tensor_of(inputs[index], true, device_));
        }
        auto made = loader_->boxed_run(std::move(tensors));
        if (made.size() != output_count) throw Failure("the model returned another number of outputs");
        auto outputs = std::make_unique<torch_outputs>();
        outputs->tensors.reserve(made.size());
        for (const auto &tensor : made) outputs->tensors.push_back(presentable(tensor));
        return outputs;
    }

private:
    // Writes the model's files, and returns what they say of it.
    Metadata unpack(ArchiveReader &archive) {
        std::string metadata;
        bool has_library = false;
        for (const auto &name : archive.getAllRecords()) {
            if (!begins_with(name, "data/")) continue;
            auto [data, size] = archive.getRecord(name);
            folder_->write(name, data.get(), size);
            byte_count += size;
            if (!begins_with(name, model_prefix)) continue;
            has_library = has_library || ends_with(name, ".so");
            if (ends_with(name, "wrapper_metadata.json")) {
                metadata.assign(static_cast<const char *>(data.get()), size);
            }
        }
        // Without one, libtorch would call a compiler.
        if (!has_library) {
            throw Failure("ERR the package has no library of a model named '" + model_name + "'");
        }
        return Metadata(std::move(metadata));
    }

    void read_signature(const AOTIModelContainerRunner &runner) {
        size_t input_count = 0;
        Container::ask(runner, "AOTInductorModelContainerGetNumInputs", &input_count);
        Container::ask(runner, "AOTInductorModelContainerGetNumOutputs", &output_count);
        for (size_t index = 0; index < input_count; ++index) {
            const char *name = nullptr;
            Container::ask(runner, "AOTInductorModelContainerGetInputName", index, &name);
            input_names.push_back(name ? name : "");
        }
    }

    at::Device device_;
    // Declared before the loader, so that it is removed after the library is closed.
    std::optional<PrivateFolder> folder_;
    std::optional<AOTIModelPackageLoader> loader_;
};

}  // namespace

bool is_package(ArchiveReader &archive) {
    auto names = archive.getAllRecords();
    for (const auto &name : names) {
        if (begins_with(name, packages_prefix)) return true;
    }
    if (!archive.hasRecord("archive_format") || archive.hasRecord("data.pkl")) return false;
    throw Failure("ERR the archive is an exported program; compile it to a package of AOTInductor");
}

std::unique_ptr<torch_model> load_package(ArchiveReader &archive, const torch_load_options &options) {
    if (options.allows_native_code == 0) {
        throw Failure(
            "ERR the model is native code (an AOTInductor package) and is not allowed; "
            "the setting TORCH_ALLOW_NATIVE_CODE allows it");
    }
    return std::make_unique<PackageModel>(archive, options);
}

}  // namespace bridge
