// Appends JSON (RFC 8259) by hand: a line costs a few hundred nanoseconds and allocates nothing once the buffer has
// grown.
#include "journal/line.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace centrala::journal {
namespace {

constexpr std::string_view kEllipsis = "\u2026";
constexpr std::string_view kReplacement = "\uFFFD";
constexpr std::string_view kTruncated = ",\"truncated\":true";
constexpr std::size_t kTail = kTruncated.size() + 2;  // and "}\n"
constexpr std::size_t kNumberMax = 32;
constexpr std::size_t kTimeSize = 27;
constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kFirst = -62'135'596'800 * kSecond;     // 0001-01-01
constexpr std::int64_t kLast = 253'402'300'800 * kSecond - 1;  // 9999-12-31

template <class Integer>
void append_number(std::string& out, Integer value) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
}

void put_digits(char* at, int width, std::int64_t value) {
    for (int i = width - 1; i >= 0; --i, value /= 10) at[i] = static_cast<char>('0' + value % 10);
}

constexpr auto kPlain = [] {
    std::array<bool, 256> plain{};
    for (int c = 0x20; c < 0x7f; ++c) plain[static_cast<std::size_t>(c)] = c != '"' && c != '\\';
    return plain;
}();

bool is_plain(char c) {
    return kPlain[static_cast<unsigned char>(c)];
}

/// Length of the well-formed sequence that `text` begins with (RFC 3629 §4); 0: there is none.
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const auto within = [&](std::size_t i, unsigned low, unsigned high) { return byte(i) >= low && byte(i) <= high; };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first < 0xc2) return 0;
    if (first < 0xe0) return within(1, 0x80, 0xbf) ? 2 : 0;
    if (first < 0xf0) {
        const unsigned low = first == 0xe0 ? 0xa0 : 0x80;
        const unsigned high = first == 0xed ? 0x9f : 0xbf;
        return within(1, low, high) && within(2, 0x80, 0xbf) ? 3 : 0;
    }
    if (first > 0xf4) return 0;
    const unsigned low = first == 0xf0 ? 0x90 : 0x80;
    const unsigned high = first == 0xf4 ? 0x8f : 0xbf;
    return within(1, low, high) && within(2, 0x80, 0xbf) && within(3, 0x80, 0xbf) ? 4 : 0;
}

/// What stands in the log for the character that `text` begins with; `length` of it are used up.
std::string_view escape(std::string_view text, std::size_t length, std::array<char, 6>& buffer) {
    const auto c = static_cast<unsigned char>(text[0]);
    unsigned control = c;
    if (length == 0) return kReplacement;
    if (length == 2 && c == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0) {
        control = static_cast<unsigned char>(text[1]);  // C1: terminals obey these too
    } else if (length > 1) {
        return text.substr(0, length);
    }
    switch (control) {
        case '"': return "\\\"";
        case '\\': return "\\\\";
        case '\n': return "\\n";
        case '\r': return "\\r";
        case '\t': return "\\t";
        default: break;
    }
    constexpr char kHex[] = "0123456789abcdef";
    buffer = {'\\', 'u', '0', '0', kHex[control >> 4U], kHex[control & 15U]};
    return {buffer.data(), buffer.size()};
}

}  // namespace

void append_time(std::string& out, Timestamp at) {
    const std::int64_t us = std::clamp(static_cast<std::int64_t>(at.time_since_epoch().count()), kFirst, kLast);
    std::int64_t seconds = us / kSecond;
    std::int64_t fraction = us % kSecond;
    if (fraction < 0) {
        fraction += kSecond;
        --seconds;
    }
    const auto days = std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds{std::chrono::seconds{seconds}});
    const std::chrono::year_month_day date{days};
    const std::int64_t of_day = seconds - std::chrono::sys_seconds{days}.time_since_epoch().count();
    char text[] = "0000-00-00T00:00:00.000000Z";
    put_digits(text, 4, static_cast<int>(date.year()));
    put_digits(text + 5, 2, static_cast<unsigned>(date.month()));
    put_digits(text + 8, 2, static_cast<unsigned>(date.day()));
    put_digits(text + 11, 2, of_day / 3600);
    put_digits(text + 14, 2, of_day / 60 % 60);
    put_digits(text + 17, 2, of_day % 60);
    put_digits(text + 20, 6, fraction);
    out.append(text, kTimeSize);
}

std::optional<Timestamp> read_time(std::string_view text) {
    constexpr std::string_view kForm = "0000-00-00T00:00:00.000000Z";
    if (text.size() != kForm.size()) return std::nullopt;
    for (std::size_t i = 0; i < kForm.size(); ++i) {
        const bool digit = text[i] >= '0' && text[i] <= '9';
        if (kForm[i] == '0' ? !digit : text[i] != kForm[i]) return std::nullopt;
    }
    const auto number = [&](std::size_t at, std::size_t width) {
        int value = 0;
        for (const char c : text.substr(at, width)) value = value * 10 + (c - '0');
        return value;
    };
    using namespace std::chrono;
    const year_month_day date{year{number(0, 4)}, month{static_cast<unsigned>(number(5, 2))},
                              day{static_cast<unsigned>(number(8, 2))}};
    if (!date.ok() || number(11, 2) > 23 || number(14, 2) > 59 || number(17, 2) > 59) return std::nullopt;
    const auto whole = sys_days{date} + hours{number(11, 2)} + minutes{number(14, 2)} + seconds{number(17, 2)};
    return Timestamp{duration_cast<Duration>(whole.time_since_epoch()) + Duration{number(20, 6)}};
}

void append_millis(std::string& out, Duration value) {
    const std::int64_t us = value.count();
    const std::uint64_t size = us < 0 ? 0 - static_cast<std::uint64_t>(us) : static_cast<std::uint64_t>(us);
    if (us < 0) out.push_back('-');
    append_number(out, size / 1000);
    const auto rest = static_cast<std::int64_t>(size % 1000);
    if (rest == 0) return;
    char decimals[] = ".000";
    put_digits(decimals + 1, 3, rest);
    std::size_t length = 4;
    while (decimals[length - 1] == '0') --length;
    out.append(decimals, length);
}

bool append_escaped(std::string& out, std::string_view text, std::size_t room) {
    // Where to cut is known only when it turns out not to fit: the last place that leaves room for the ellipsis.
    const std::size_t limit = out.size() + room;
    const std::size_t cut_limit = limit - std::min(room, kEllipsis.size());
    std::size_t cut_at = out.size();
    std::array<char, 6> buffer;
    while (!text.empty()) {
        const auto stop = std::find_if_not(text.begin(), text.end(), is_plain);
        const auto run = static_cast<std::size_t>(stop - text.begin());
        if (run > 0) {
            if (out.size() <= cut_limit) cut_at = std::min(out.size() + run, cut_limit);
            const std::size_t taken = std::min(run, limit - out.size());
            out.append(text.substr(0, taken));
            text.remove_prefix(taken);
            if (taken < run) break;
            continue;
        }
        const std::size_t length = utf8_length(text);
        const std::string_view escaped = escape(text, length, buffer);
        if (out.size() + escaped.size() > limit) break;
        out.append(escaped);
        if (out.size() <= cut_limit) cut_at = out.size();
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    if (text.empty()) return true;
    out.resize(cut_at);
    if (room >= kEllipsis.size()) out.append(kEllipsis);
    return false;
}

Line::Line(std::string& out, std::uint64_t seq, Timestamp at, std::string_view type) : out_(out), start_(out.size()) {
    out_.append("{\"seq\":");
    append_number(out_, seq);
    out_.append(",\"ts\":\"");
    append_time(out_, at);
    out_.append("\",\"type\":\"");
    append_escaped(out_, type, 64);
    out_.append("\",\"v\":");
    append_number(out_, kSchemaVersion);
}

std::size_t Line::room() const {
    const std::size_t used = out_.size() - start_ + kTail;
    return used < kLineMax ? kLineMax - used : 0;
}

bool Line::begin(std::string_view key, std::size_t size) {
    if (key.size() + 4 + size > room()) {
        cut_ = true;
        return false;
    }
    out_.append(",\"").append(key).append("\":");
    return true;
}

Line& Line::text(std::string_view key, std::string_view prefix, std::string_view value) {
    if (!begin(key, prefix.size() + kEllipsis.size() + 2)) return *this;
    out_.push_back('"');
    out_.append(prefix);
    if (!append_escaped(out_, value, std::min(kTextMax, room() - 1))) cut_ = true;
    out_.push_back('"');
    return *this;
}

Line& Line::integer(std::string_view key, std::int64_t value) {
    if (begin(key, kNumberMax)) append_number(out_, value);
    return *this;
}

Line& Line::boolean(std::string_view key, bool value) {
    if (begin(key, kNumberMax)) out_.append(value ? "true" : "false");
    return *this;
}

Line& Line::millis(std::string_view key, Duration value) {
    if (begin(key, kNumberMax)) append_millis(out_, value);
    return *this;
}

Line& Line::nested(std::string_view key, std::string_view json) {
    if (begin(key, json.size())) out_.append(json);
    return *this;
}

Line& Line::time(std::string_view key, Timestamp value) {
    if (!begin(key, kTimeSize + 2)) return *this;
    out_.push_back('"');
    append_time(out_, value);
    out_.push_back('"');
    return *this;
}

Line& Line::id(std::string_view key, char letter, std::uint64_t value) {
    if (!begin(key, kNumberMax)) return *this;
    out_.push_back('"');
    out_.push_back(letter);
    append_number(out_, value);
    out_.push_back('"');
    return *this;
}

void Line::end() {
    if (cut_) out_.append(kTruncated);
    out_.append("}\n");
}

}  // namespace centrala::journal
