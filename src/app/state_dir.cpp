// flock(2) on a file of the state folder: released by the kernel whatever becomes of the process.
#include "app/state_dir.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace centrala::app {
namespace {

Result<bool> make_folder(const std::filesystem::path& dir) {
    std::error_code error;
    if (dir.empty() || std::filesystem::is_directory(dir, error)) return true;
    const bool made = std::filesystem::create_directories(dir, error);
    if (error) return Error{dir.string() + ": " + error.message()};
    if (made) std::filesystem::permissions(dir, std::filesystem::perms(0750), error);
    return true;
}

}  // namespace

Result<StateLock, StateLock::Refusal> StateLock::acquire(const std::string& dir) {
    if (const auto made = make_folder(dir); !made) return Refusal{Failure::cannot_create, made.error().message};
    const std::string path = dir + "/lock";
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0) return Refusal{Failure::cannot_create, path + ": " + std::strerror(errno)};
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        const bool taken = errno == EWOULDBLOCK;
        std::string owner(16, '\0');
        const ssize_t n = ::pread(fd, owner.data(), owner.size(), 0);
        owner.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
        while (!owner.empty() && (owner.back() < '0' || owner.back() > '9')) owner.pop_back();
        const std::string message =
            taken ? "another server is at work in '" + dir + "'" + (owner.empty() ? "" : " (process " + owner + ")")
                  : path + ": " + std::strerror(errno);
        ::close(fd);
        return Refusal{taken ? Failure::taken : Failure::cannot_create, message};
    }
    // The process id is for people who wonder; the lock is what counts, so a failure to write it doesn't matter.
    const std::string pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(fd, 0) == 0 && ::pwrite(fd, pid.data(), pid.size(), 0) < 0) errno = 0;
    return StateLock(fd);
}

StateLock::StateLock(StateLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

StateLock::~StateLock() {
    if (fd_ >= 0) ::close(fd_);
}

Result<bool> make_parent_folder(const std::string& path) {
    return make_folder(std::filesystem::path(path).parent_path());
}

}  // namespace centrala::app
