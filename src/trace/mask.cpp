// Masking by overwriting: digest responses (RFC 7616 §3.4), SRTP keys (RFC 4568 §6.1), words and digits in bodies.
#include "centrala/trace/mask.hpp"

#include <algorithm>
#include <span>
#include <string_view>

#include "centrala/sip/message.hpp"

namespace centrala::trace {
namespace {

constexpr char kMask = 'x';

/// The line's end without its line end; `next` is where the following line begins.
std::size_t end_of_line(std::string_view text, std::size_t from, std::size_t& next) {
    const std::size_t lf = text.find('\n', from);
    next = lf == std::string_view::npos ? text.size() : lf + 1;
    std::size_t end = lf == std::string_view::npos ? text.size() : lf;
    if (end > from && text[end - 1] == '\r') --end;
    return end;
}

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// Everything but spaces and line ends.
void overwrite(std::span<char> text) {
    for (char& c : text)
        if (!is_space(c)) c = kMask;
}

/// In name=value or name="value", wherever it stands in the list; a quoted value keeps its quotes.
void overwrite_parameter(std::span<char> list, std::string_view name) {
    const std::string_view text(list.data(), list.size());
    std::size_t at = 0;
    bool quoted = false, begins = true;  // a parameter begins after the scheme, a comma or white space
    while (at < text.size()) {
        const char c = text[at];
        if (quoted) {
            if (c == '\\') ++at;
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (begins && sip::iequals(text.substr(at, name.size()), name)) {
            std::size_t value = at + name.size();
            while (value < text.size() && is_space(text[value])) ++value;
            if (value < text.size() && text[value] == '=') {
                ++value;
                while (value < text.size() && is_space(text[value])) ++value;
                const bool has_quotes = value < text.size() && text[value] == '"';
                if (has_quotes) ++value;
                std::size_t end = value;
                while (end < text.size() && (has_quotes ? text[end] != '"' : text[end] != ',')) ++end;
                overwrite(list.subspan(value, end - value));
                at = end;
                quoted = false;
                if (has_quotes && at < text.size()) ++at;
                begins = false;
                continue;
            }
        }
        begins = !quoted && (is_space(c) || c == ',');
        ++at;
    }
}

void mask_credentials(std::span<char> value) {
    const std::string_view text(value.data(), value.size());
    const std::size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
    const std::size_t end = std::min(text.find_first_of(" \t\r\n", begin), text.size());
    const auto rest = value.subspan(end);
    if (!sip::iequals(text.substr(begin, end - begin), "Digest")) return overwrite(rest);
    overwrite_parameter(rest, "response");
    overwrite_parameter(rest, "cnonce");
}

bool is_secret_header(std::string_view name) {
    while (!name.empty() && is_space(name.back())) name.remove_suffix(1);
    return sip::iequals(name, "Authorization") || sip::iequals(name, "Proxy-Authorization");
}

/// a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:KEY|lifetime|MKI
void mask_keys(std::span<char> body) {
    const std::string_view text(body.data(), body.size());
    for (std::size_t line = 0, next = 0; line < text.size(); line = next) {
        const std::size_t end = end_of_line(text, line, next);
        if (!sip::iequals(text.substr(line, 9), "a=crypto:")) continue;
        constexpr std::string_view kInline = "inline:";
        for (std::size_t key = text.find(kInline, line); key < end; key = text.find(kInline, key)) {
            key += kInline.size();
            std::size_t stop = key;
            while (stop < end && text[stop] != '|' && text[stop] != ' ' && text[stop] != ';') ++stop;
            overwrite(body.subspan(key, stop - key));
        }
    }
}

/// CSeq's method of a request: the start line's.
bool has_private_body(std::string_view message) {
    return message.starts_with("MESSAGE ") || message.starts_with("INFO ");
}

}  // namespace

void mask_secrets(std::string& message) {
    const std::string_view text = message;
    const std::span<char> bytes(message);
    std::size_t line = std::min(text.find_first_not_of("\r\n"), text.size()), next = line;
    const bool private_body = has_private_body(text.substr(line));
    end_of_line(text, line, next);
    for (line = next; line < text.size(); line = next) {
        std::size_t end = end_of_line(text, line, next);
        if (end == line) break;
        while (next < text.size() && (text[next] == ' ' || text[next] == '\t')) end = end_of_line(text, next, next);
        const std::size_t colon = text.find(':', line);
        if (colon < end && is_secret_header(text.substr(line, colon - line)))
            mask_credentials(bytes.subspan(colon + 1, end - colon - 1));
    }
    const auto body = bytes.subspan(std::min(next, bytes.size()));
    if (private_body) return overwrite(body);
    mask_keys(body);
}

}  // namespace centrala::trace
