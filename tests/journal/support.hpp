// Files of their own, and the time and names that the journal's tests speak of.
#pragma once

#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>
#include <zlib.h>

#include "centrala/base/time.hpp"
#include "centrala/routing/ids.hpp"

namespace centrala::journal::test {

using routing::AgentId;
using routing::ContactId;
using routing::OfferId;
using routing::QueueId;

/// A directory of its own, gone afterwards.
class Directory {
public:
    Directory() {
        std::string form = std::filesystem::temp_directory_path() / "centrala-journal-XXXXXX";
        path_ = ::mkdtemp(form.data());
    }
    ~Directory() { std::filesystem::remove_all(path_); }
    [[nodiscard]] std::string file(const std::string& name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

inline std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}
inline void write(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}
/// As gzip would; several texts become several members of one file.
inline void pack(const std::string& path, std::initializer_list<std::string_view> texts) {
    std::filesystem::remove(path);
    for (const std::string_view text : texts) {
        const gzFile file = ::gzopen(path.c_str(), "ab");
        ::gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
        ::gzclose(file);
    }
}
inline std::vector<std::string> lines(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

inline constexpr Timestamp kStart{Duration{1'700'000'000'123'456}};

}  // namespace centrala::journal::test
