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

/// The least that loads, on one line, so that what a test adds begins on line 2.
inline const std::string kListen = "sip: {listen: [{udp: 127.0.0.1:5060}]}\n";

/// A folder of its own with a file that begins like a WAV file and one that doesn't.
class SoundFolder {
public:
    SoundFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "centrala-config-XXXXXX").string();
        if (!mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
        path_ = name;
        std::ofstream(path_ / "good.wav", std::ios::binary) << std::string("RIFF\x24\0\0\0WAVEfmt ", 16);
        std::ofstream(path_ / "bad.wav", std::ios::binary) << "ID3 is no WAV file";
        std::ofstream(path_ / "short.wav", std::ios::binary) << "RIFF";
    }
    SoundFolder(const SoundFolder&) = delete;
    SoundFolder& operator=(const SoundFolder&) = delete;
    ~SoundFolder() { std::filesystem::remove_all(path_); }
    [[nodiscard]] std::string path(const std::string& file = {}) const {
        return file.empty() ? path_.string() : (path_ / file).string();
    }

private:
    std::filesystem::path path_;
};

}  // namespace centrala::config
