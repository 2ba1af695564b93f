// What `tail -F` does, for lines.
#include "app/log_follower.hpp"

#include <algorithm>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace centrala::app {
namespace {

constexpr std::size_t kChunk = 65'536;
constexpr std::size_t kLineMax = 1'048'576;

/// Where the last `lines` complete lines begin.
off_t tail_position(int fd, off_t size, std::size_t lines) {
    if (lines == 0) return size;
    std::string chunk(kChunk, '\0');
    std::size_t seen = 0;
    for (off_t end = size; end > 0;) {
        const auto want = static_cast<std::size_t>(std::min<off_t>(end, kChunk));
        const off_t begin = end - static_cast<off_t>(want);
        if (::pread(fd, chunk.data(), want, begin) != static_cast<ssize_t>(want)) return size;
        for (std::size_t i = want; i-- > 0;) {
            const off_t at = begin + static_cast<off_t>(i);
            if (chunk[i] != '\n' || at == size - 1) continue;
            if (++seen == lines) return at + 1;
        }
        end = begin;
    }
    return 0;
}

}  // namespace

LogFollower::~LogFollower() {
    close();
}

bool LogFollower::open() {
    fd_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    return fd_ >= 0;
}

void LogFollower::close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    partial_.clear();
}

bool LogFollower::start(std::size_t lines) {
    if (!open()) return false;
    const off_t size = ::lseek(fd_, 0, SEEK_END);
    if (size > 0) ::lseek(fd_, tail_position(fd_, size, lines), SEEK_SET);
    read_to_end();
    return true;
}

void LogFollower::poll() {
    if (fd_ < 0 && !open()) return;
    struct stat mine {};
    if (::fstat(fd_, &mine) == 0 && mine.st_size < ::lseek(fd_, 0, SEEK_CUR)) {  // cut in place (copytruncate)
        ::lseek(fd_, 0, SEEK_SET);
        partial_.clear();
    }
    const bool moved = replaced();  // asked before reading: what is written in between belongs to the old file
    read_to_end();
    if (!moved) return;
    close();
    if (open()) read_to_end();
}

bool LogFollower::replaced() const {
    struct stat mine {
    }, named{};
    return ::fstat(fd_, &mine) == 0 && ::stat(path_.c_str(), &named) == 0 &&
           (mine.st_ino != named.st_ino || mine.st_dev != named.st_dev);
}

void LogFollower::read_to_end() {
    char chunk[kChunk];
    for (;;) {
        const ssize_t n = ::read(fd_, chunk, sizeof chunk);
        if (n <= 0) return;
        std::string_view rest(chunk, static_cast<std::size_t>(n));
        for (std::size_t end; (end = rest.find('\n')) != std::string_view::npos; rest.remove_prefix(end + 1)) {
            if (partial_.empty()) {
                on_line_(rest.substr(0, end));
                continue;
            }
            partial_.append(rest.substr(0, end));
            on_line_(partial_);
            partial_.clear();
        }
        if (partial_.size() + rest.size() <= kLineMax) partial_.append(rest);
    }
}

}  // namespace centrala::app
