// Line reader for recovery: logs are gigabytes, lines at most 16 KiB, so memory is one buffer.
#include "journal/lines.hpp"

#include <cerrno>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace centrala::journal {
namespace {

constexpr std::size_t kBuffer = 256 * 1024;
constexpr std::size_t kLongest = 64 * 1024;
constexpr std::size_t kStart = 64;

class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    [[nodiscard]] int get() const { return fd_; }

private:
    int fd_;
};

/// The line that is being put together from chunks.
class Partial {
public:
    void add(std::string_view chunk) {
        bytes_ += chunk.size();
        if (text_.size() < kLongest + 1) text_.append(chunk.substr(0, kLongest + 1 - text_.size()));
    }
    [[nodiscard]] std::string_view line() const { return text_.size() > kLongest ? std::string_view{} : text_; }
    void clear() {
        text_.clear();
        bytes_ = 0;
    }
    [[nodiscard]] Tail tail() const { return {bytes_, text_.substr(0, kStart)}; }

private:
    std::string text_;
    std::uint64_t bytes_ = 0;
};

}  // namespace

Result<Tail> for_each_line(const std::string& path, const std::function<bool(std::string_view)>& on_line) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) return Error{path + ": " + std::strerror(errno)};
    std::vector<char> buffer(kBuffer);
    Partial partial;
    for (;;) {
        const auto got = ::read(file.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return Error{path + ": " + std::strerror(errno)};
        if (got == 0) return partial.tail();
        std::string_view rest(buffer.data(), static_cast<std::size_t>(got));
        for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
            partial.add(rest.substr(0, end));
            rest.remove_prefix(end + 1);
            if (!on_line(partial.line())) return Tail{};
            partial.clear();
        }
        partial.add(rest);
    }
}

}  // namespace centrala::journal
