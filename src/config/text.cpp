// The small grammars of the configuration file and the wording of its messages; docs/configuration.md describes them.
#include "text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <numeric>

#include "centrala/base/ascii.hpp"
#include "centrala/base/endpoint.hpp"

namespace centrala::config {
namespace {

struct Unit {
    std::string_view name;
    std::int64_t microseconds;
};
constexpr std::array<Unit, 5> kUnits{
    {{"d", 86'400'000'000}, {"h", 3'600'000'000}, {"m", 60'000'000}, {"s", 1'000'000}, {"ms", 1'000}}};
constexpr std::size_t kPathMax = 4'096;
constexpr std::int64_t kDurationMax = 3'650LL * 86'400'000'000;

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Takes digits off the front; nullopt if none or too large.
std::optional<std::int64_t> take_number(std::string_view& text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || !is_digit(text.front())) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

/// Damerau-Levenshtein, restricted: insertions, deletions, substitutions and swapped neighbours.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), current(b.size() + 1);
    std::iota(last.begin(), last.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        current[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            current[j] = std::min({last[j] + 1, current[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                current[j] = std::min(current[j], before[j - 2] + 1);
        }
        before.swap(last);
        last.swap(current);
    }
    return last[b.size()];
}

/// The length of the UTF-8 character at the front; 0 if it is none (RFC 3629 §4).
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        const bool in_range = (first != 0xE0 || byte(1) >= 0xA0) && (first != 0xED || byte(1) < 0xA0);
        return in_range && tail(1) && tail(2) ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const bool in_range = (first != 0xF0 || byte(1) >= 0x90) && (first != 0xF4 || byte(1) < 0x90);
        return in_range && tail(1) && tail(2) && tail(3) ? 4 : 0;
    }
    return 0;
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
    if (text == "0") return Duration{0};
    std::int64_t total = 0;
    auto unit = kUnits.begin();
    if (text.empty()) return std::nullopt;
    while (!text.empty()) {
        const auto number = take_number(text);
        if (!number) return std::nullopt;
        const auto letters =
            static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_letter) - text.begin());
        // Each unit once, from the largest down: "1h30m", not "30m1h".
        unit = std::find_if(unit, kUnits.end(), [&](const Unit& u) { return u.name == text.substr(0, letters); });
        if (unit == kUnits.end() || *number > kDurationMax / unit->microseconds) return std::nullopt;
        total += *number * unit->microseconds;
        if (total > kDurationMax) return std::nullopt;
        text.remove_prefix(letters);
        ++unit;
    }
    return Duration{total};
}

std::string format_duration(Duration duration) {
    std::int64_t rest = duration.count();
    std::string out;
    for (const Unit& unit : kUnits) {
        if (rest < unit.microseconds) continue;
        out.append(std::to_string(rest / unit.microseconds)).append(unit.name);
        rest %= unit.microseconds;
    }
    return out.empty() ? "0" : out;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
    if (text.empty()) return std::nullopt;
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    const std::int64_t factor = text.empty()    ? 1
                                : text == "KiB" ? 1'024
                                : text == "MiB" ? 1'048'576
                                : text == "GiB" ? 1'073'741'824
                                                : 0;
    if (factor == 0 || *number > (std::int64_t{1} << 60) / factor) return std::nullopt;
    return static_cast<std::uint64_t>(*number * factor);
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<double> parse_number(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
    return value;
}

std::string format_number(double number) {
    std::array<char, 32> text{};
    const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), number);
    return {text.data(), error == std::errc{} ? end : text.data()};
}

std::optional<bool> parse_boolean(std::string_view text) {
    if (text == "true" || text == "yes" || text == "on") return true;
    if (text == "false" || text == "no" || text == "off") return false;
    return std::nullopt;
}

bool is_name(std::string_view text) {
    const auto allowed = [](char c) {
        return is_digit(c) || is_letter(c) || c == '_' || c == '.' || c == '+' || c == '-';
    };
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), allowed);
}

bool is_plain_text(std::string_view text, std::size_t bytes_max) {
    if (text.size() > bytes_max) return false;
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        const auto first = static_cast<unsigned char>(text.front());
        const bool c1_control = length == 2 && first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
        if (length == 0 || first < 0x20 || first == 0x7F || c1_control) return false;
        text.remove_prefix(length);
    }
    return true;
}

bool is_path(std::string_view text) {
    return !text.empty() && is_plain_text(text, kPathMax);
}

bool is_path_or_none(std::string_view text) {
    return text.empty() || is_path(text);
}

std::string resolved(std::string_view path, const std::string& folder) {
    return (std::filesystem::path(folder) / path).lexically_normal().string();
}

bool is_hex(std::string_view text, std::size_t digits) {
    const auto hex = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); };
    return text.size() == digits && std::all_of(text.begin(), text.end(), hex);
}

bool is_host(std::string_view text) {
    if (IpAddress::parse(text)) return true;
    if (text.empty() || text.size() > 253) return false;
    for (;;) {
        const std::size_t dot = text.find('.');
        const std::string_view label = text.substr(0, dot);
        const auto allowed = [](char c) { return is_digit(c) || is_letter(c) || c == '-'; };
        if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
        if (!std::all_of(label.begin(), label.end(), allowed)) return false;
        // A last label of digits only would be a broken IPv4 address (RFC 3261 §25.1: toplabel).
        if (dot == std::string_view::npos) return !std::all_of(label.begin(), label.end(), is_digit);
        text.remove_prefix(dot + 1);
    }
}

std::string shown(std::string_view text) {
    constexpr std::size_t kShown = 60;
    std::string out;
    while (!text.empty() && out.size() < kShown) {
        const std::size_t length = utf8_length(text);
        const bool plain = length > 0 && is_plain_text(text.substr(0, length), length);
        out.append(plain ? text.substr(0, length) : std::string_view("?"));
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return text.empty() ? out : out + "…";
}

std::string in_quotes(std::string_view text) {
    return text.empty() ? "an empty text" : "'" + shown(text) + "'";
}

std::string did_you_mean(std::string_view text, std::span<const std::string_view> candidates) {
    if (text.size() > 64) return {};
    std::string_view best;
    // A third of the letters may be wrong: more would be guessing.
    std::size_t best_distance = std::max<std::size_t>(1, text.size() / 3) + 1;
    for (std::string_view candidate : candidates) {
        if (candidate.size() > 64) continue;
        const std::size_t distance = edit_distance(text, candidate);
        if (distance < best_distance) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best.empty() ? std::string{} : "; did you mean " + std::string(best) + "?";
}

std::string join(std::span<const std::string_view> words) {
    std::string out;
    for (std::string_view word : words) out.append(out.empty() ? "" : ", ").append(word);
    return out;
}

}  // namespace centrala::config
