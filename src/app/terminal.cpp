// Colours, columns and durations for people.
#include "app/terminal.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <sys/ioctl.h>
#include <unistd.h>

namespace centrala::app {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD", kEllipsis = "…";

bool continues(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

const char* code(Colour colour) {
    switch (colour) {
        case Colour::none: return "";
        case Colour::dim: return "\x1b[2m";
        case Colour::bold: return "\x1b[1m";
        case Colour::red: return "\x1b[31m";
        case Colour::green: return "\x1b[32m";
        case Colour::yellow: return "\x1b[33m";
        case Colour::blue: return "\x1b[34m";
        case Colour::magenta: return "\x1b[35m";
        case Colour::cyan: return "\x1b[36m";
    }
    return "";
}

/// The length of the well-formed code point at the start, or 0; its value.
std::size_t decode(std::string_view s, std::uint32_t& value) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(s[i])); };
    const std::uint32_t first = byte(0);
    const std::size_t length = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : first >> 3 == 30 ? 4 : 0;
    if (length == 0 || length > s.size()) return 0;
    value = length == 1 ? first : first & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if (!continues(s[i])) return 0;
        value = value << 6 | (byte(i) & 0x3F);
    }
    constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    return value < kLeast[length] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000) ? 0 : length;
}

/// C0, DEL, C1, and the bidirectional controls that could make a line read as another.
bool is_dangerous(std::uint32_t c) {
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

}  // namespace

Style Style::of(int fd) {
    if (::isatty(fd) == 0) return {};
    Style style;
    const char* const no_colour = std::getenv("NO_COLOR");
    const char* const terminal = std::getenv("TERM");
    style.colours = !(no_colour && *no_colour) && !(terminal && std::strcmp(terminal, "dumb") == 0);
    winsize size{};
    if (::ioctl(fd, TIOCGWINSZ, &size) == 0) style.width = size.ws_col;
    return style;
}

std::string Style::paint(Colour colour, std::string_view text) const {
    if (!colours || colour == Colour::none) return std::string(text);
    return std::string(code(colour)).append(text).append("\x1b[0m");
}

std::string printable(std::string_view s) {
    std::string out;
    out.reserve(s.size());
    while (!s.empty()) {
        std::uint32_t value = 0;
        const std::size_t length = decode(s, value);
        if (length == 0 || is_dangerous(value))
            out.append(kReplacement);
        else
            out.append(s.substr(0, length));
        s.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return out;
}

std::string spaced(std::string word) {
    std::replace(word.begin(), word.end(), '_', ' ');
    return word;
}

std::size_t columns(std::string_view s) {
    return static_cast<std::size_t>(std::count_if(s.begin(), s.end(), [](char c) { return !continues(c); }));
}

std::string fit(std::string_view s, std::size_t width) {
    if (columns(s) <= width) return std::string(s);
    if (width == 0) return {};
    std::size_t at = 0, seen = 0;
    for (; at < s.size(); ++at)
        if (!continues(s[at]) && ++seen == width) break;
    return std::string(s.substr(0, at)).append(kEllipsis);
}

std::string pad(std::string_view s, std::size_t width, bool right) {
    const std::size_t have = columns(s);
    const std::string filling(width > have ? width - have : 0, ' ');
    return right ? filling + std::string(s) : std::string(s) + filling;
}

std::string Table::render(const Style& style) const {
    std::vector<std::size_t> widths;
    for (const Column& c : columns_) widths.push_back(columns(c.heading));
    for (const auto& row : rows_)
        for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i)
            widths[i] = std::max(widths[i], columns(row[i].text));
    constexpr std::size_t kGap = 2, kLeast = 4;
    if (style.width > 0) {  // cut from the right: what a row is about stands on the left
        std::size_t total = kGap * (widths.empty() ? 0 : widths.size() - 1);
        for (const std::size_t w : widths) total += w;
        for (std::size_t i = widths.size(); i-- > 0 && total > style.width;) {
            const std::size_t cut = std::min(total - style.width, widths[i] > kLeast ? widths[i] - kLeast : 0);
            widths[i] -= cut;
            total -= cut;
        }
    }
    std::string out;
    const auto put = [&](std::size_t i, std::string_view text, Colour colour, bool last) {
        const std::string cell = fit(text, widths[i]);
        const std::size_t filling = widths[i] - std::min(widths[i], columns(cell));
        if (columns_[i].right) out.append(filling, ' ');
        out.append(style.paint(colour, cell));
        if (last) return;
        if (!columns_[i].right) out.append(filling, ' ');
        out.append(kGap, ' ');
    };
    for (std::size_t i = 0; i < columns_.size(); ++i)
        put(i, columns_[i].heading, Colour::bold, i + 1 == columns_.size());
    out.push_back('\n');
    for (const auto& row : rows_) {
        for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i)
            put(i, row[i].text, row[i].colour, i + 1 == row.size());
        out.push_back('\n');
    }
    return out;
}

std::string human_duration(double ms) {
    char text[48];
    if (!(ms > 0)) ms = 0;
    if (ms < 999.5) {
        std::snprintf(text, sizeof text, "%.0f ms", ms);
    } else if (ms < 59'950) {
        std::snprintf(text, sizeof text, "%.1f s", ms / 1'000);
    } else {
        const auto s = static_cast<long long>(std::min(std::llround(ms / 1'000), 86'400LL * 365'000));
        const long long days = s / 86'400, hours = s / 3'600 % 24, minutes = s / 60 % 60, seconds = s % 60;
        if (days > 0)
            std::snprintf(text, sizeof text, "%lld d %02lld:%02lld", days, hours, minutes);
        else if (hours > 0)
            std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", hours, minutes, seconds);
        else
            std::snprintf(text, sizeof text, "%lld:%02lld", minutes, seconds);
    }
    return text;
}

}  // namespace centrala::app
