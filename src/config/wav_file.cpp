// The chunks of a RIFF file: what the samples are, and that there are some.
#include "wav_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace centrala::config {
namespace {

constexpr int kChunksMax = 64;
constexpr std::uint64_t kSecondsMax = 30 * 60;
constexpr std::uint16_t kExtensible = 0xfffe;  // the format follows as the first two bytes of a GUID

std::uint16_t read_u16(const char* at) {
    const auto* byte = reinterpret_cast<const unsigned char*>(at);
    return static_cast<std::uint16_t>(byte[0] | byte[1] << 8);
}
std::uint32_t read_u32(const char* at) {
    return read_u16(at) | static_cast<std::uint32_t>(read_u16(at + 2)) << 16;
}

/// PCM, floating point, A-law or µ-law.
bool is_playable(std::uint16_t format, std::uint16_t bits) {
    switch (format) {
        case 1: return bits == 8 || bits == 16 || bits == 24 || bits == 32;
        case 3: return bits == 32;
        case 6:
        case 7: return bits == 8;
        default: return false;
    }
}

/// Of a "fmt " chunk's beginning.
std::string_view check_format(std::string_view chunk) {
    if (chunk.size() < 16) return "no WAV file's format";
    std::uint16_t format = read_u16(chunk.data());
    if (format == kExtensible && chunk.size() >= 26) format = read_u16(chunk.data() + 24);
    const std::uint16_t channels = read_u16(chunk.data() + 2);
    const std::uint32_t rate = read_u32(chunk.data() + 4);
    if (!is_playable(format, read_u16(chunk.data() + 14))) return "not PCM";
    if (channels != 1 && channels != 2) return "neither mono nor stereo";
    if (rate < 1'000 || rate > 192'000) return "sample rate outside 1 to 192 kHz";
    return {};
}

std::string_view check_data(std::istream& file, std::uint32_t size, std::uint32_t bytes_per_second, Duration& length) {
    const auto begin = file.tellg();
    file.seekg(0, std::ios::end);
    const auto bytes = std::min<std::uint64_t>(static_cast<std::uint64_t>(file.tellg() - begin), size);
    if (bytes == 0) return "holds no sound";
    if (bytes / bytes_per_second > kSecondsMax) return "longer than 30 minutes";
    length = static_cast<std::int64_t>(bytes) * Duration(1s) / bytes_per_second;
    return {};
}

std::string_view check_chunks(std::istream& file, Duration& length) {
    std::uint32_t bytes_per_second = 0;  // not yet known
    std::array<char, 8> head{};
    for (int i = 0; i < kChunksMax && file.read(head.data(), head.size()); ++i) {
        const std::string_view name(head.data(), 4);
        const std::uint32_t size = read_u32(head.data() + 4);
        const auto next = file.tellg() + static_cast<std::streamoff>(size) + static_cast<std::streamoff>(size % 2);
        if (name == "data" && bytes_per_second != 0) return check_data(file, size, bytes_per_second, length);
        if (name == "fmt ") {
            std::array<char, 26> begin{};
            file.read(begin.data(), std::min<std::streamsize>(begin.size(), size));
            const std::string_view wrong =
                check_format(std::string_view(begin.data(), static_cast<std::size_t>(file.gcount())));
            if (!wrong.empty()) return wrong;
            bytes_per_second =
                read_u32(begin.data() + 4) * read_u16(begin.data() + 2) * read_u16(begin.data() + 14) / 8;
        }
        file.clear();
        file.seekg(next);
    }
    return bytes_per_second != 0 ? "holds no sound" : "no WAV file's format";
}

}  // namespace

WavFile look_at_wav(const std::string& path) {
    const auto wrong = [&](const std::string& how) { return WavFile{how + ": " + path}; };
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) return wrong("no such file");
    if (!std::filesystem::is_regular_file(status)) return wrong("not a file");
    std::ifstream file(path, std::ios::binary);
    if (!file) return wrong("can't be read (" + std::string(std::strerror(errno)) + ")");
    std::array<char, 12> head{};
    file.read(head.data(), head.size());
    const std::string_view text(head.data(), head.size());
    if (file.gcount() != 12 || text.substr(0, 4) != "RIFF" || text.substr(8) != "WAVE") return wrong("not a WAV file");
    WavFile found;
    const std::string_view amiss = check_chunks(file, found.length);
    return amiss.empty() ? found : wrong(std::string(amiss));
}

}  // namespace centrala::config
