// Taking our own requests apart: only what MessageWriter wrote is read here, so there are no folds (RFC 3261 §7.3).
#include "sip/sent_request.hpp"

namespace centrala::sip {

SentRequest take_apart(std::string_view text) {
    SentRequest out;
    const std::size_t space = text.find(' '), line_end = text.find("\r\n"), head_end = text.find("\r\n\r\n");
    if (head_end == std::string_view::npos) return out;
    out.method = parse_method(text.substr(0, space));
    out.uri = text.substr(space + 1, text.rfind(' ', line_end) - space - 1);
    out.body = text.substr(head_end + 4);
    each_line(text.substr(line_end + 2, head_end - line_end), [&](HeaderId id, std::string_view line) {
        if (id == HeaderId::via || id == HeaderId::content_length) return;
        if (id == HeaderId::content_type)
            out.content_type = line.substr(line.find(": ") + 2, line.size() - line.find(": ") - 4);
        else
            out.lines.append(line);
    });
    return out;
}

void remove_lines(std::string& lines, HeaderId id) {
    std::string kept;
    kept.reserve(lines.size());
    each_line(lines, [&](HeaderId found, std::string_view line) {
        if (found != id) kept.append(line);
    });
    lines.swap(kept);
}

bool has_line(std::string_view lines, HeaderId id) {
    bool found = false;
    each_line(lines, [&](HeaderId other, std::string_view) { found = found || other == id; });
    return found;
}

std::string lines_of(std::string_view lines, HeaderId id) {
    std::string out;
    each_line(lines, [&](HeaderId found, std::string_view line) {
        if (found == id) out.append(line);
    });
    return out;
}

}  // namespace centrala::sip
