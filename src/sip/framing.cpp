// Where messages on a stream begin and end (RFC 3261 §18.3): only Content-Length can tell, so it must be there, once.
#include <cstring>

#include "centrala/sip/message.hpp"
#include "sip/chars.hpp"

namespace centrala::sip {

using namespace chars;

namespace {

constexpr Framed kBroken{Framed::Status::broken, 0, 0};

/// A line's end: past its LF; npos if it isn't there yet.
std::size_t line_end(std::string_view text, std::size_t from) {
    const std::size_t lf = text.find('\n', from);
    return lf == npos ? npos : lf + 1;
}

std::string_view without_line_end(std::string_view line) {
    if (!line.empty() && line.back() == '\n') line.remove_suffix(1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return line;
}

/// Whether a peer speaks SIP at all is seen in its first line: HTTP, TLS and noise are let go at once.
bool is_start_line(std::string_view line) {
    if (line.size() >= 4 && iequals(line.substr(0, 4), "SIP/")) return true;
    line = trim(line);
    const std::size_t last = line.rfind(' ');
    return last != npos && line.size() - last > 5 && iequals(line.substr(last + 1, 4), "SIP/");
}

/// The value of a Content-Length line (its folds included); nullopt for any other header.
std::optional<std::string_view> content_length_value(std::string_view line) {
    std::size_t i = 0;
    while (i < line.size() && is(line[i], kToken)) ++i;
    const std::string_view name = line.substr(0, i);
    if (parse_header_id(name) != HeaderId::content_length) return std::nullopt;
    while (i < line.size() && is_space(line[i])) ++i;
    if (i == line.size() || line[i] != ':') return std::nullopt;
    std::string_view value = line.substr(i + 1);
    const auto blank = [](char c) { return is_space(c) || c == '\r' || c == '\n'; };
    while (!value.empty() && blank(value.front())) value.remove_prefix(1);
    while (!value.empty() && blank(value.back())) value.remove_suffix(1);
    return value;
}

Framed frame_message(std::string_view text, std::size_t skip, const ParseLimits& limits) {
    const Framed more = text.size() > limits.message_bytes ? kBroken : Framed{Framed::Status::need_more, 0, 0};
    std::size_t at = line_end(text, 0);
    if (at == npos) return text.size() > limits.header_bytes ? kBroken : more;
    if (!is_start_line(without_line_end(text.substr(0, at)))) return kBroken;
    std::optional<std::uint64_t> length;
    for (;;) {
        const std::size_t begin = at;
        at = line_end(text, begin);
        if (at == npos) return text.size() - begin > limits.header_bytes ? kBroken : more;
        if (without_line_end(text.substr(begin, at - begin)).empty()) break;
        while (at < text.size() && is_space(text[at])) {
            at = line_end(text, at);
            if (at == npos) return text.size() - begin > limits.header_bytes ? kBroken : more;
        }
        if (at - begin > limits.header_bytes) return kBroken;
        if (at == text.size()) return more;  // a fold may yet follow
        if (const auto value = content_length_value(text.substr(begin, at - begin))) {
            std::uint64_t number = 0;
            if (length || !read_decimal(*value, limits.message_bytes, number)) return kBroken;
            length = number;
        }
    }
    if (!length || at + *length > limits.message_bytes) return kBroken;
    if (text.size() - at < *length) return {Framed::Status::need_more, 0, 0};
    return {Framed::Status::message, skip, at + static_cast<std::size_t>(*length)};
}

}  // namespace

Framed frame(std::string_view stream, const ParseLimits& limits) {
    // Two line ends are a ping, which wants an answer (RFC 5626 §4.4.1); one is an idle CR LF (RFC 3261 §7.5).
    if (stream.substr(0, 4) == "\r\n\r\n") return {Framed::Status::keepalive, 4, 0};
    std::size_t skip = 0;
    while (skip < stream.size() && (stream[skip] == '\r' || stream[skip] == '\n')) ++skip;
    if (skip == stream.size()) {
        if (skip < 4) return {};
        return {Framed::Status::keepalive, skip, 0};
    }
    return frame_message(stream.substr(skip), skip, limits);
}

}  // namespace centrala::sip
