// Reads TorchScript archives: a zip file with source code and with pickled values, of which one is the model.
//
// libtorch's own loader runs `__setstate__` methods while it reads, believes what an archive says of sizes
// and knows no bounds. This one uses its parts, and looks first.
#include <torch/csrc/jit/frontend/source_range.h>
#include <torch/csrc/jit/serialization/import_source.h>
#include <torch/csrc/jit/serialization/unpickler.h>

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <unordered_set>

#include "bridge.h"
#include "old_archive.h"
#include "pickles.h"
#include "packing.h"
#include "records.h"

namespace bridge {

namespace {

// Loops in all `__setstate__` methods together.
constexpr int64_t loading_steps = 1000000;
// Containers within containers.
constexpr size_t deepest_value = 1000;

// The bytes of one tensor's data, as the archive has them; a storage may claim to have more.
struct Record {
    at::DataPtr content;
    size_t byte_count;
};

void release_record(void *record) { delete static_cast<Record *>(record); }

at::DataPtr as_storage(at::DataPtr content, size_t byte_count) {
    auto address = content.get();
    auto record = std::make_unique<Record>(Record{std::move(content), byte_count});
    return at::DataPtr(address, record.release(), release_record, at::Device(at::kCPU));
}

// Looks at everything that was read: tensors must lie within the record that they were read from, and
// containers must not be nested so deeply that freeing them, which is recursive, runs out of stack.
class ValueCheck {
public:
    explicit ValueCheck(bool allows_sparse) : allows_sparse_(allows_sparse) {}

    void check(const c10::IValue &root) {
        enter(root);
        while (!path_.empty()) {
            auto &step = path_.back();
            if (step.next < step.parts.size()) {
                auto part = step.parts[step.next++];
                enter(part);
                continue;
            }
            depths_[step.identity] = step.depth;
            if (step.depth > deepest_value) throw Failure("ERR values of the model are nested too deeply");
            size_t depth = step.depth;
            path_.pop_back();
            if (!path_.empty()) path_.back().depth = std::max(path_.back().depth, depth + 1);
        }
    }

private:
    struct Step {
        const void *identity;
        std::vector<c10::IValue> parts;
        size_t next = 0;
        size_t depth = 1;
    };

    void enter(const c10::IValue &value) {
        if (value.isTensor()) return check_tensor(value.toTensor());
        auto parts = parts_of(value);
        if (!parts) return;
        auto identity = static_cast<const void *>(value.internalToPointer());
        auto place = depths_.find(identity);
        if (place != depths_.end()) {
            if (!path_.empty()) path_.back().depth = std::max(path_.back().depth, place->second + 1);
            return;
        }
        // One that is under way contains itself, which is never freed.
        depths_[identity] = 0;
        path_.push_back({identity, std::move(*parts)});
    }

    static std::optional<std::vector<c10::IValue>> parts_of(const c10::IValue &value) {
        if (value.isList()) return value.toListRef().vec();
        if (value.isTuple()) return value.toTupleRef().elements().vec();
        if (value.isObject()) return value.toObjectRef().slots();
        if (!value.isGenericDict()) return std::nullopt;
        std::vector<c10::IValue> parts;
        for (const auto &entry : value.toGenericDict()) {
            parts.push_back(entry.key());
            parts.push_back(entry.value());
        }
        return parts;
    }

    void check_tensor(const at::Tensor &tensor) {
        if (!tensor.defined()) return;
        if (tensor.is_sparse() && allows_sparse_) {
            check_tensor(tensor._indices());
            check_tensor(tensor._values());
            at::_validate_sparse_coo_tensor_args(tensor._indices(), tensor._values(), tensor.sizes());
            return;
        }
        if (tensor.layout() != at::kStrided) throw Failure("ERR a tensor of the model is not dense");
        auto available = tensor.storage().nbytes();
        const auto &data = tensor.storage().data_ptr();
        if (data.get_deleter() == release_record) {
            available = std::min(available, static_cast<const Record *>(data.get_context())->byte_count);
        }
        if (needed(tensor) > available) throw Failure("ERR a tensor of the model is larger than its data");
    }

    // Bytes up to the end of the last element.
    static size_t needed(const at::Tensor &tensor) {
        size_t last = 0;
        bool overflows = tensor.storage_offset() < 0;
        for (int64_t axis = 0; axis < tensor.dim(); ++axis) {
            int64_t size = tensor.size(axis), stride = tensor.stride(axis);
            if (size == 0) return 0;
            size_t span = 0;
            overflows = overflows || size < 0 || stride < 0 ||
                __builtin_mul_overflow(size_t(size - 1), size_t(stride), &span) ||
                __builtin_add_overflow(last, span, &last);
        }
        size_t bytes = 0;
        overflows = overflows || __builtin_add_overflow(last, size_t(tensor.storage_offset()) + 1, &last) ||
            __builtin_mul_overflow(last, size_t(tensor.itemsize()), &bytes);
        if (overflows) throw Failure("ERR a tensor of the model has an impossible shape");
        return bytes;
    }

    bool allows_sparse_;
    std::unordered_map<const void *, size_t> depths_;
    std::vector<Step> path_;
};

class Archive {
public:
    Archive(ArchiveReader &reader, bool allows_all_operators)
        : reader_(&reader), allows_all_(allows_all_operators),
          unit_(std::make_shared<torch::jit::CompilationUnit>()),
          importer_(
              unit_, &constants_, [this](const std::string &name) { return source(name); },
              reader_->version()),
          context_(std::make_shared<RunContext>(nullptr, nullptr)) {
        context_->steps = loading_steps;
    }

    torch::jit::Module read() {
        if (reader_->hasRecord("model.json")) return read_old();
        auto constants = read_pickle("constants");
        for (const auto &constant : constants.toTupleRef().elements()) constants_.push_back(constant);
        auto object = read_pickle("data");
        if (!object.isObject()) throw Failure("ERR the archive has no module");
        check_new_functions();
        return torch::jit::Module(object.toObject());
    }

private:
    // An archive older than PyTorch 1.4.
    torch::jit::Module read_old() {
        auto [data, size] = reader_->getRecord("model.json");
        auto description = Json::parse({static_cast<const char *>(data.get()), size});
        OldRecords records;
        records.data = [this](const std::string &name, size_t &byte_count) {
            auto [content, count] = reader_->getRecord(name);
            byte_count = count;
            return as_storage(std::move(content), count);
        };
        records.source = [this](const std::string &name) { return source_at(name); };
        std::optional<c10::IValue> attributes;
        records.attribute = [&](size_t number) {
            if (!attributes) attributes = read_pickle("attributes");
            return parts_of_sequence(*attributes).at(number);
        };
        auto tensors = old_tensors(description, records);
        for (const auto &tensor : tensors) {
            ValueCheck(allows_all_).check(tensor);
            constants_.push_back(tensor);
        }
        auto module = old_module(description, records, tensors, importer_, unit_);
        ValueCheck(allows_all_).check(module._ivalue());
        check_new_functions();
        return module;
    }

    static std::vector<c10::IValue> parts_of_sequence(const c10::IValue &value) {
        if (value.isTuple()) return value.toTupleRef().elements().vec();
        return value.toListRef().vec();
    }

    std::shared_ptr<torch::jit::Source> source(const std::string &qualifier) {
        std::string path = "code/" + qualifier + ".py";
        std::replace(path.begin() + 5, path.end() - 3, '.', '/');
        return reader_->hasRecord(path) ? source_at(path) : nullptr;
    }

    std::shared_ptr<torch::jit::Source> source_at(const std::string &path) {
        auto [data, size] = reader_->getRecord(path);
        std::string text(static_cast<const char *>(data.get()), size);
        check_nesting(text);
        return std::make_shared<torch::jit::Source>(text, path, 1);
    }

    c10::IValue read_pickle(const std::string &name) {
        auto [data, size] = reader_->getRecord(name + ".pkl");
        size_t place = 0;
        auto bytes = static_cast<const char *>(data.get());
        auto total = size;
        check_pickle(bytes, total);
        auto read_bytes = [&place, bytes, total](char *buffer, size_t count) {
            count = std::min(count, total - place);
            memcpy(buffer, bytes + place, count);
            place += count;
            return count;
        };
        auto read_record = [this, &name](const std::string &record) {
            auto [content, byte_count] = reader_->getRecord(name + "/" + record);
            return as_storage(std::move(content), byte_count);
        };
        torch::jit::Unpickler unpickler(
            read_bytes, [this](const c10::QualifiedName &type) { return resolve(type); },
            [this](const c10::StrongTypePtr &type, c10::IValue value) {
                return make_object(type, std::move(value));
            },
            read_record, at::Device(at::kCPU));
        unpickler.set_version(reader_->version());
        auto value = unpickler.parse_ivalue();
        ValueCheck(allows_all_).check(value);
        return value;
    }

    c10::StrongTypePtr resolve(const c10::QualifiedName &name) {
        if (!allows_all_) check_class(name.qualifiedName());
        auto type = importer_.loadType(name);
        if (!type) throw Failure("ERR the archive does not define " + name.qualifiedName());
        return c10::StrongTypePtr(unit_, std::move(type));
    }

    c10::intrusive_ptr<c10::ivalue::Object> make_object(const c10::StrongTypePtr &type, c10::IValue value) {
        auto declared = type.type_->expect<c10::ClassType>();
        auto object = c10::ivalue::Object::create(type, declared->numAttributes());
        if (auto method = declared->findMethod("__setstate__")) {
            set_state(object, *method, std::move(value));
            return object;
        }
        auto attributes = std::move(value).toGenericDict();
        for (size_t index = 0; index < declared->numAttributes(); ++index) {
            object->setSlot(index, attributes.at(declared->getAttributeName(index)));
        }
        return object;
    }

    // The one thing that runs before the model does.
    void set_state(
        const c10::intrusive_ptr<c10::ivalue::Object> &object, torch::jit::Function &method,
        c10::IValue value) {
        ValueCheck(allows_all_).check(value);
        check_new_functions();
        auto graph = torch::jit::tryToGraphFunction(method);
        if (!graph) {
            if (!allows_all_) check_packed_state(object->name(), value);
            method({object, std::move(value)});
            return;
        }
        check_size({&method});
        try {
            Program(graph->graph(), "__setstate__").run({object, std::move(value)}, context_);
        } catch (const Failure &failure) {
            if (failure.kind != TORCH_STOPPED) throw;
            throw Failure("ERR the model takes too many steps to load");
        }
        context_->has_ended = false;
    }

    // Also makes them heed their run.
    void check_new_functions() {
        for (auto function : unit_->get_functions()) {
            if (!seen_.insert(function).second) continue;
            auto graph = torch::jit::tryToGraphFunction(*function);
            if (!graph) continue;
            graph->ensure_defined();
            if (!allows_all_) check_operators(*graph->graph());
            make_ready(*graph->graph());
        }
    }

    ArchiveReader *reader_;
    bool allows_all_;
    std::shared_ptr<torch::jit::CompilationUnit> unit_;
    std::vector<c10::IValue> constants_;
    torch::jit::SourceImporter importer_;
    std::shared_ptr<RunContext> context_;
    std::unordered_set<torch::jit::Function *> seen_;
};

}  // namespace

torch::jit::Module read_archive(ArchiveReader &reader, bool allows_all_operators) {
    return Archive(reader, allows_all_operators).read();
}

}  // namespace bridge
