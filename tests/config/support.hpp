// Shared by the tests of the configuration: loading text and reading the table of docs/configuration.md.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "centrala/config/load.hpp"

namespace centrala::config {

inline std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// The messages for `yaml`, without "t.yaml:"; empty if it loads.
inline std::vector<std::string> problems(const std::string& yaml) {
    const auto result = load_text(yaml, "t.yaml");
    std::vector<std::string> messages;
    if (const auto* found = std::get_if<std::vector<Problem>>(&result)) {
        EXPECT_FALSE(found->empty());
        for (const Problem& p : *found) messages.push_back(p.to_string().substr(7));
    }
    return messages;
}

/// The configuration; a test failure with its problems if there is none.
inline Config loaded(const std::string& yaml) {
    auto result = load_text(yaml, "t.yaml");
    if (auto* config = std::get_if<Config>(&result)) return std::move(*config);
    for (const Problem& p : std::get<std::vector<Problem>>(result)) ADD_FAILURE() << p.to_string();
    return {};
}

/// The warnings for `yaml`, likewise.
inline std::vector<std::string> warnings(const std::string& yaml) {
    std::vector<std::string> found;
    for (const Problem& p : loaded(yaml).warnings) found.push_back(p.to_string().substr(7));
    return found;
}

/// The least that loads, on one line, so that what a test adds begins on line 2.
inline const std::string kListen = "sip: {listen: [{udp: 127.0.0.1:5060}]}\n";

/// A WAV file of 16-bit samples by default, with a chunk before them that nobody needs to know.
inline std::string wav(int format = 1, int channels = 1, int rate = 8'000, int bits = 16, std::size_t bytes = 320) {
    const auto number = [](std::size_t value, int size) {
        std::string out;
        for (; size > 0; --size, value >>= 8) out.push_back(static_cast<char>(value & 0xff));
        return out;
    };
    const int frame = channels * bits / 8;
    const std::string body = "WAVE" + ("LIST" + number(3, 4)) + std::string("abc\0", 4) + "fmt " + number(16, 4) +
                             number(format, 2) + number(channels, 2) + number(rate, 4) + number(rate * frame, 4) +
                             number(frame, 2) + number(bits, 2) + "data" + number(bytes, 4) + std::string(bytes, '\0');
    return "RIFF" + number(body.size(), 4) + body;
}

/// A folder of its own with a WAV file and some that are none.
class SoundFolder {
public:
    SoundFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "centrala-config-XXXXXX").string();
        if (!mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
        path_ = name;
        std::ofstream(path_ / "good.wav", std::ios::binary) << wav();
        std::ofstream(path_ / "bad.wav", std::ios::binary) << "ID3 is no WAV file";
        std::ofstream(path_ / "short.wav", std::ios::binary) << "RIFF";
    }
    SoundFolder(const SoundFolder&) = delete;
    SoundFolder& operator=(const SoundFolder&) = delete;
    ~SoundFolder() { std::filesystem::remove_all(path_); }
    /// What is announced to callers unless the configuration says otherwise.
    void add_announcements() const {
        const auto add = [&](const std::string& name) { std::filesystem::copy_file(path("good.wav"), path(name)); };
        for (const char* name :
             {"youarenext", "thereare", "callswaiting", "holdtime", "less-than", "minutes", "minute"})
            add("queue-" + std::string(name) + ".wav");
        std::filesystem::create_directory(path("digits"));
        for (int n = 1; n < 100; n += n < 20 ? 1 : 10) add("digits/" + std::to_string(n) + ".wav");
    }
    [[nodiscard]] std::string path(const std::string& file = {}) const {
        return file.empty() ? path_.string() : (path_ / file).string();
    }

private:
    std::filesystem::path path_;
};

}  // namespace centrala::config
