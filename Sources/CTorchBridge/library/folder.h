// A folder that nobody but the server's user can open, and that goes away.
#pragma once

#include "bridge.h"

namespace bridge {

class PrivateFolder {
public:
    // Makes one below TMPDIR, or /tmp.
    explicit PrivateFolder(const std::string &prefix);
    ~PrivateFolder();
    PrivateFolder(const PrivateFolder &) = delete;
    PrivateFolder &operator=(const PrivateFolder &) = delete;

    const std::string &path() const { return path_; }
    // The folder in which it lies.
    std::string parent() const;
    // Whether code in its files may run: its file system may be mounted noexec.
    bool may_hold_code() const;
    // Writes a new file by its path within the folder, which must not lead out of it.
    void write(const std::string &name, const void *content, size_t byte_count);

private:
    std::string path_;
};

}  // namespace bridge
