// Files of a private folder.
#include "folder.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

namespace bridge {

namespace {

[[noreturn]] void fail(const std::string &what) {
    throw Failure("ERR " + what + " (see TMPDIR): " + std::generic_category().message(errno));
}

// Whether every step of a path leads further down.
bool leads_down(const std::string &name) {
    if (name.empty() || name.find('\0') != std::string::npos) return false;
    for (size_t begin = 0; begin <= name.size();) {
        auto end = std::min(name.find('/', begin), name.size());
        auto part = name.substr(begin, end - begin);
        if (part.empty() || part == "." || part == "..") return false;
        begin = end + 1;
    }
    return true;
}

bool write_all(int file, const char *content, size_t byte_count) {
    while (byte_count > 0) {
        auto written = ::write(file, content, byte_count);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        content += written;
        byte_count -= size_t(written);
    }
    return true;
}

}  // namespace

PrivateFolder::PrivateFolder(const std::string &prefix) {
    auto parent = getenv("TMPDIR");
    path_ = std::string(parent && *parent ? parent : "/tmp") + "/" + prefix + "-XXXXXX";
    if (!mkdtemp(path_.data())) fail("a folder for the model could not be made");
}

PrivateFolder::~PrivateFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string PrivateFolder::parent() const { return std::filesystem::path(path_).parent_path(); }

bool PrivateFolder::may_hold_code() const {
    struct statvfs system;
    return statvfs(path_.c_str(), &system) != 0 || (system.f_flag & ST_NOEXEC) == 0;
}

void PrivateFolder::write(const std::string &name, const void *content, size_t byte_count) {
    if (!leads_down(name)) throw Failure("ERR the package has a file with a path that is not allowed");
    std::filesystem::path place = std::filesystem::path(path_) / name;
    std::error_code failure;
    std::filesystem::create_directories(place.parent_path(), failure);
    errno = failure.value();
    int file = failure ? -1 : open(place.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) fail("a file of the model could not be made");
    bool is_written = write_all(file, static_cast<const char *>(content), byte_count);
    int reason = errno;
    close(file);
    errno = reason;
    if (!is_written) fail("a file of the model could not be written");
}

}  // namespace bridge
