// Reads Contact and Expires of a REGISTER and writes their counterparts of the answer (RFC 3261 §10.2, §20.10, §20.17).
#include "request.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <limits>

#include "centrala/base/ascii.hpp"

namespace centrala::registrar {
namespace {

constexpr std::size_t kUriBytesMax = 1'024;  // what is stored of a contact stays small, whatever was sent
constexpr std::size_t kInstanceBytesMax = 256;
constexpr std::size_t kPathMax = 8;                // proxies between a phone and us
constexpr std::uint32_t kMalformedExpires = 3600;  // RFC 3261 §10.2

/// An instance is echoed between quotes, so it must not contain what would end them.
std::string_view usable_instance(std::string_view text) {
    const bool plain =
        std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '\\'; });
    return plain && text.size() <= kInstanceBytesMax ? text : std::string_view{};
}

/// RFC 5626 §4.2: 1 to 2^31-1; 0: it isn't one.
std::uint32_t parse_reg_id(std::string_view text) {
    std::uint32_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    return failed == std::errc{} && end == text.data() + text.size() && value < 0x80000000U ? value : 0;
}

std::optional<AskedContact> read_contact(std::string_view value) {
    const auto parsed = sip::parse_name_addr(value);
    // Only sip and sips: a phone behind any other scheme is nothing that we could call.
    if (!parsed || !parsed->uri.is_sip()) return std::nullopt;
    if (parsed->uri_text.size() > kUriBytesMax || parsed->uri.host.empty()) return std::nullopt;
    AskedContact contact;
    contact.uri_text = parsed->uri_text;
    contact.uri = parsed->uri;
    if (const auto expires = parsed->parameter("expires")) contact.expires = parse_delta_seconds(*expires);
    if (const auto q = parsed->parameter("q")) contact.q = parse_q(*q);
    if (const auto instance = parsed->parameter("+sip.instance")) contact.instance = usable_instance(*instance);
    if (const auto reg_id = parsed->parameter("reg-id"); reg_id && !contact.instance.empty())
        contact.reg_id = parse_reg_id(*reg_id);
    return contact;
}

void append_two_digits(std::string& out, unsigned value) {
    out.push_back(static_cast<char>('0' + value / 10 % 10));
    out.push_back(static_cast<char>('0' + value % 10));
}

}  // namespace

std::uint32_t parse_delta_seconds(std::string_view text) {
    if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return kMalformedExpires;
    constexpr std::uint64_t kMax = std::numeric_limits<std::uint32_t>::max();
    std::uint64_t value = 0;
    for (char c : text) value = std::min(value * 10 + static_cast<std::uint64_t>(c - '0'), kMax);
    return static_cast<std::uint32_t>(value);
}

std::uint16_t parse_q(std::string_view text) {
    const std::size_t dot = std::min(text.find('.'), text.size());
    const std::string_view whole = text.substr(0, dot);
    const std::string_view fraction = dot < text.size() ? text.substr(dot + 1) : std::string_view{};
    const bool numeric =
        std::all_of(whole.begin(), whole.end(), is_digit) && std::all_of(fraction.begin(), fraction.end(), is_digit);
    if (!numeric || whole.size() + fraction.size() == 0) return 1000;
    if (whole.find_first_not_of('0') != std::string_view::npos) return 1000;  // 1 and everything above it
    std::uint16_t thousandths = 0;
    for (std::size_t i = 0; i < 3; ++i)
        thousandths = static_cast<std::uint16_t>(thousandths * 10 + (i < fraction.size() ? fraction[i] - '0' : 0));
    return thousandths;
}

void append_q(std::string& out, std::uint16_t q) {
    if (q >= 1000) return;
    out.append(";q=0.");
    out.push_back(static_cast<char>('0' + q / 100));
    append_two_digits(out, q % 100U);
    while (out.back() == '0') out.pop_back();
    if (out.back() == '.') out.pop_back();
}

void append_date(std::string& out, Timestamp now) {
    static constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
    const auto days = std::chrono::floor<std::chrono::days>(seconds);
    const std::chrono::sys_days day{days};
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss time{seconds - days};
    out.append("Date: ").append(kDays[std::chrono::weekday{day}.c_encoding()]).append(", ");
    append_two_digits(out, static_cast<unsigned>(date.day()));
    out.append(" ").append(kMonths[(static_cast<unsigned>(date.month()) + 11) % 12]).append(" ");
    out.append(std::to_string(static_cast<int>(date.year()))).append(" ");
    append_two_digits(out, static_cast<unsigned>(time.hours().count()));
    out.append(":");
    append_two_digits(out, static_cast<unsigned>(time.minutes().count()));
    out.append(":");
    append_two_digits(out, static_cast<unsigned>(time.seconds().count()));
    out.append(" GMT\r\n");
}

std::optional<Path> read_path(const sip::Message& request) {
    Path path;
    bool malformed = false;
    request.each(sip::HeaderId::path, [&](std::string_view value) {
        const auto hop = malformed ? std::nullopt : sip::parse_name_addr(value);
        if (!hop || !hop->uri.is_sip() || hop->uri_text.size() > kUriBytesMax || path.values.size() == kPathMax) {
            malformed = true;
            return;
        }
        path.outbound = path.outbound || hop->uri.parameter("ob").has_value();
        path.values.push_back("<" + std::string(hop->uri_text) + ">");
    });
    if (malformed) return std::nullopt;
    return path;
}

std::optional<Asked> read_request(const sip::Message& request, std::size_t contacts_max) {
    Asked asked;
    asked.present = request.find(sip::HeaderId::contact).has_value();
    if (const auto expires = request.find(sip::HeaderId::expires)) asked.expires = parse_delta_seconds(*expires);
    bool malformed = false;
    request.each(sip::HeaderId::contact, [&](std::string_view value) {
        if (malformed || asked.too_many) return;
        if (value == "*") {
            malformed = asked.star;
            asked.star = true;
        } else if (asked.contacts.size() == contacts_max) {
            asked.too_many = true;
        } else if (auto contact = read_contact(value)) {
            asked.contacts.push_back(*contact);
        } else {
            malformed = true;
        }
    });
    if (malformed || (asked.present && !asked.star && asked.contacts.empty())) return std::nullopt;
    return asked;
}

}  // namespace centrala::registrar
