// The few system calls of the journal, so that tests can make each of them fail.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "centrala/base/result.hpp"

namespace centrala::journal {

class File {
public:
    virtual ~File() = default;
    /// As write(2): bytes taken, or -errno. May be short.
    virtual std::int64_t write(std::string_view bytes) = 0;
    /// Cuts `bytes` off the end; 0 or -errno.
    virtual int cut_tail(std::uint64_t bytes) = 0;
    /// As fdatasync(2); 0 or -errno. Called from a thread of its own while write() may be running.
    virtual int sync() = 0;
};

/// A file on disk, opened for appending (mode 0640), locked against a second writer.
class DiskFile : public File {
public:
    static Result<std::unique_ptr<DiskFile>> open(const std::string& path);
    ~DiskFile() override;
    DiskFile(const DiskFile&) = delete;
    DiskFile& operator=(const DiskFile&) = delete;

    std::int64_t write(std::string_view bytes) override;
    int cut_tail(std::uint64_t bytes) override;
    int sync() override;

    [[nodiscard]] int descriptor() const { return fd_; }
    [[nodiscard]] bool created() const { return created_; }
    /// Not a pipe or device: can be folded, and has a tail to cut.
    [[nodiscard]] bool regular() const { return regular_; }
    [[nodiscard]] std::uint64_t size() const;
    /// False: somebody's torn line is at the end.
    [[nodiscard]] bool ends_in_newline() const;
    /// True if `path` still leads to this very file.
    [[nodiscard]] bool is_at(const std::string& path) const;

private:
    DiskFile(int fd, bool created, bool regular) : fd_(fd), created_(created), regular_(regular) {}

    int fd_;
    bool created_, regular_;
};

}  // namespace centrala::journal
