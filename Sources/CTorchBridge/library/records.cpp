// Opens archives.
#include <caffe2/serialize/read_adapter_interface.h>

#include <algorithm>
#include <cstring>

#include "records.h"

namespace bridge {

namespace {

// Archives hold tensors as they are and compress only text, which shrinks well.
constexpr size_t largest_growth = 16;
constexpr size_t always_allowed = size_t(64) << 20;

class MemoryReader : public caffe2::serialize::ReadAdapterInterface {
public:
    explicit MemoryReader(torch_text bytes) : bytes_(bytes) {}

    size_t size() const override { return bytes_.byte_count; }

    size_t read(uint64_t place, void *buffer, size_t count, const char *) const override {
        if (place > bytes_.byte_count) return 0;
        count = std::min(count, bytes_.byte_count - size_t(place));
        if (count > 0) memcpy(buffer, bytes_.bytes + place, count);
        return count;
    }

private:
    torch_text bytes_;
};

// libtorch's words for bytes that are no archive differ with the bytes, and are meant for its authors.
std::unique_ptr<ArchiveReader> open(torch_text bytes) {
    try {
        return std::make_unique<ArchiveReader>(std::make_shared<MemoryReader>(bytes));
    } catch (const c10::Error &error) {
        std::string text = error.what_without_backtrace();
        if (text.find("internal miniz error") == std::string::npos) throw;
        throw Failure("PytorchStreamReader failed reading zip archive: failed finding central directory");
    }
}

void check_growth(ArchiveReader &reader, size_t size) {
    size_t total = 0;
    for (const auto &name : reader.getAllRecords()) {
        size_t record = reader.getRecordSize(name);
        bool is_too_large = __builtin_add_overflow(total, record, &total) ||
            total / largest_growth > size + always_allowed / largest_growth;
        if (is_too_large) throw Failure("ERR the archive grows beyond all measure when it is unpacked");
    }
}

}  // namespace

std::unique_ptr<ArchiveReader> open_archive(torch_text bytes) {
    auto reader = open(bytes);
    check_growth(*reader, bytes.byte_count);
    return reader;
}

}  // namespace bridge
