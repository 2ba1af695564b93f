// Files by POSIX: O_APPEND so that the log only ever grows, flock so that two servers never write one log.
#include "journal/file.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace centrala::journal {
namespace {

constexpr mode_t kMode = 0640;

Error failure(const std::string& path, int code) {
    return {path + ": " + std::strerror(code)};
}

/// A new name is on disk only when its directory is.
void sync_directory(const std::string& path) {
    auto parent = std::filesystem::path(path).parent_path();
    if (parent.empty()) parent = ".";
    const int fd = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    ::fsync(fd);
    ::close(fd);
}

}  // namespace

Result<std::unique_ptr<DiskFile>> DiskFile::open(const std::string& path) {
    bool created = true;
    constexpr int kFlags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOCTTY;
    int fd = ::open(path.c_str(), kFlags | O_CREAT | O_EXCL, kMode);
    if (fd < 0 && errno == EEXIST) {
        created = false;
        fd = ::open(path.c_str(), kFlags, kMode);
    }
    if (fd < 0) return failure(path, errno);
    struct stat about {};
    ::fstat(fd, &about);
    const bool regular = S_ISREG(about.st_mode);
    std::unique_ptr<DiskFile> file(new DiskFile(fd, created, regular));
    if (regular && ::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) return Error{path + ": another process writes this log"};
        return failure(path, errno);
    }
    if (created) sync_directory(path);
    return file;
}

DiskFile::~DiskFile() {
    ::close(fd_);
}

std::int64_t DiskFile::write(std::string_view bytes) {
    for (;;) {
        const auto taken = ::write(fd_, bytes.data(), bytes.size());
        if (taken >= 0) return taken;
        if (errno != EINTR) return -errno;
    }
}

int DiskFile::cut_tail(std::uint64_t bytes) {
    if (!regular_) return -EINVAL;
    const std::uint64_t now = size();
    if (bytes > now) return -EINVAL;
    return ::ftruncate(fd_, static_cast<off_t>(now - bytes)) == 0 ? 0 : -errno;
}

int DiskFile::sync() {
    if (!regular_) return 0;
    return ::fdatasync(fd_) == 0 ? 0 : -errno;
}

std::uint64_t DiskFile::size() const {
    struct stat about {};
    return ::fstat(fd_, &about) == 0 ? static_cast<std::uint64_t>(about.st_size) : 0;
}

bool DiskFile::ends_in_newline() const {
    const auto end = static_cast<off_t>(size());
    char last = '\n';
    return end == 0 || ::pread(fd_, &last, 1, end - 1) != 1 || last == '\n';
}

bool DiskFile::is_at(const std::string& path) const {
    struct stat ours {
    }, theirs{};
    return ::fstat(fd_, &ours) == 0 && ::stat(path.c_str(), &theirs) == 0 && ours.st_dev == theirs.st_dev &&
           ours.st_ino == theirs.st_ino;
}

}  // namespace centrala::journal
