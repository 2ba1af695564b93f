// Line reader for recovery: logs are gigabytes, lines at most 16 KiB, so memory is one buffer.
#include "journal/lines.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include <zlib.h>

namespace centrala::journal {
namespace {

constexpr std::size_t kBuffer = 256 * 1024;
constexpr unsigned kPacked = 64 * 1024;
constexpr std::size_t kStart = 64;

/// A file, plain or packed by gzip: zlib tells by its first bytes and hands over plain ones as they are.
class Input {
public:
    explicit Input(const std::string& path) : file_(::gzopen(path.c_str(), "rbe")) {
        if (file_) ::gzbuffer(file_.get(), kPacked);
    }
    [[nodiscard]] bool is_open() const { return file_ != nullptr; }
    /// 0 at the end.
    Result<std::size_t> read(char* into, std::size_t room) {
        const int got = ::gzread(file_.get(), into, static_cast<unsigned>(room));
        if (got > 0) return static_cast<std::size_t>(got);
        int code = Z_OK;
        const char* const why = ::gzerror(file_.get(), &code);  // with the path
        if (got == 0 && code != Z_BUF_ERROR) return std::size_t{0};
        return Error{why};
    }
    [[nodiscard]] bool packed() const { return ::gzdirect(file_.get()) == 0; }

private:
    struct Close {
        void operator()(gzFile file) const { ::gzclose_r(file); }
    };
    std::unique_ptr<gzFile_s, Close> file_;
};

/// The line that is being put together from chunks.
class Partial {
public:
    void add(std::string_view chunk) {
        bytes_ += chunk.size();
        if (text_.size() < kLongestLine + 1) text_.append(chunk.substr(0, kLongestLine + 1 - text_.size()));
    }
    [[nodiscard]] std::string_view line() const { return text_.size() > kLongestLine ? std::string_view{} : text_; }
    void clear() {
        text_.clear();
        bytes_ = 0;
    }
    [[nodiscard]] Tail tail(bool packed) const { return {bytes_, text_.substr(0, kStart), packed}; }

private:
    std::string text_;
    std::uint64_t bytes_ = 0;
};

}  // namespace

Result<Tail> for_each_line(const std::string& path, const std::function<bool(std::string_view)>& on_line,
                           std::uint64_t at_most) {
    Input file(path);
    if (!file.is_open()) return Error{path + ": " + std::strerror(errno)};
    std::vector<char> buffer(static_cast<std::size_t>(std::min<std::uint64_t>(kBuffer, at_most)));
    Partial partial;
    while (at_most > 0) {
        const auto got =
            file.read(buffer.data(), static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), at_most)));
        if (!got) return got.error();
        if (*got == 0) break;
        at_most -= *got;
        std::string_view rest(buffer.data(), *got);
        for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
            partial.add(rest.substr(0, end));
            rest.remove_prefix(end + 1);
            if (!on_line(partial.line())) return Tail{};
            partial.clear();
        }
        partial.add(rest);
    }
    return partial.tail(file.packed());
}

}  // namespace centrala::journal
