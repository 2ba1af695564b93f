// Multipart bodies: RFC 2046 §5.1.1 for the syntax, RFC 5621 §3 for what may be ignored. Lenient about bare LF.
#include "centrala/sip/content.hpp"

#include <optional>

#include "sip/chars.hpp"

namespace centrala::sip {
namespace {

constexpr std::size_t kPartsMax = 16;
constexpr std::size_t kBoundaryMax = 70;  // RFC 2046 §5.1.1

using Kind = SessionContent::Kind;
using chars::npos;

std::string_view without_parameters(std::string_view value) {
    return chars::trim(value.substr(0, value.find(';')));
}

/// The next line without its end; it is taken off the text.
std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

/// What may follow a boundary in its line: the end, white space, or the hyphens of the last one.
bool ends_there(std::string_view rest) {
    return rest.empty() || rest.starts_with("--") || std::string_view(" \t\r\n").find(rest.front()) != npos;
}

/// Where the next line that begins so begins; npos: nowhere.
std::size_t find_delimiter(std::string_view text, std::string_view delimiter) {
    for (std::size_t at = text.find(delimiter); at != npos; at = text.find(delimiter, at + 1))
        if ((at == 0 || text[at - 1] == '\n') && ends_there(text.substr(at + delimiter.size()))) return at;
    return npos;
}

struct Part {
    std::string_view type, disposition, encoding, content;
};

Part read_part(std::string_view text) {
    Part part;
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        if (line.empty()) break;
        const std::size_t colon = line.find(':');
        if (colon == npos) continue;
        const std::string_view name = chars::trim(line.substr(0, colon)), value = chars::trim(line.substr(colon + 1));
        if (iequals(name, "Content-Type")) part.type = value;
        if (iequals(name, "Content-Disposition")) part.disposition = value;
        if (iequals(name, "Content-Transfer-Encoding")) part.encoding = value;
    }
    part.content = text;
    return part;
}

bool is_plain(std::string_view encoding) {
    return encoding.empty() || iequals(encoding, "7bit") || iequals(encoding, "8bit") || iequals(encoding, "binary");
}

std::string_view parameters_of(std::string_view value) {
    const std::size_t semicolon = value.find(';');
    return semicolon == npos ? std::string_view() : value.substr(semicolon + 1);
}

SessionContent read_parts(std::string_view body, std::string_view boundary) {
    const std::string delimiter = "--" + std::string(boundary);
    std::optional<std::string_view> sdp;
    std::size_t at = find_delimiter(body, delimiter);
    if (at == npos) return {Kind::unreadable, {}};
    for (std::size_t parts = 0;; ++parts) {
        body.remove_prefix(at + delimiter.size());
        if (body.starts_with("--")) return {Kind::usable, sdp.value_or("")};
        take_line(body);  // white space may follow the boundary
        at = find_delimiter(body, delimiter);
        if (at == npos || parts == kPartsMax) return {Kind::unreadable, {}};
        std::string_view text = body.substr(0, at);  // the line's end before a delimiter belongs to that
        if (text.ends_with('\n')) text.remove_suffix(1);
        if (text.ends_with('\r')) text.remove_suffix(1);
        const Part part = read_part(text);
        if (iequals(without_parameters(part.type), "application/sdp") && is_plain(part.encoding)) {
            if (!sdp) sdp = part.content;
            continue;
        }
        const auto handling = find_parameter(parameters_of(part.disposition), "handling");
        if (handling && iequals(*handling, "required")) return {Kind::unsupported, {}};
    }
}

}  // namespace

SessionContent session_content(const Message& message) {
    const std::string_view body = message.body(), type = message.content_type();
    // Peers that forget to say what it is mean SDP.
    if (body.empty() || type.empty() || iequals(type, "application/sdp")) return {Kind::usable, body};
    if (type.size() < 10 || !iequals(type.substr(0, 10), "multipart/")) return {Kind::unsupported, {}};
    const auto boundary = find_parameter(parameters_of(message.find(HeaderId::content_type).value_or("")), "boundary");
    if (!boundary || boundary->empty() || boundary->size() > kBoundaryMax) return {Kind::unreadable, {}};
    return read_parts(body, *boundary);
}

std::string_view sdp_of(const Message& message) {
    return session_content(message).sdp;
}

}  // namespace centrala::sip
