// Writing messages (RFC 3261 §7): nothing that came from outside can end a line.
#include <charconv>
#include <cstring>

#include "centrala/sip/message.hpp"

namespace centrala::sip {

void MessageWriter::piece(std::string_view text) {
    if (text.empty()) return;
    const std::size_t begin = out_.size();
    out_.append(text);
    for (const char evil : {'\r', '\n'}) {
        char* p = out_.data() + begin;
        char* const end = out_.data() + out_.size();
        while ((p = static_cast<char*>(std::memchr(p, evil, static_cast<std::size_t>(end - p))))) {
            *p = ' ';
            if (++p == end) break;
        }
    }
}

void MessageWriter::integer(std::int64_t number) {
    char text[24];
    out_.append(text, std::to_chars(text, text + sizeof text, number).ptr);
}

MessageWriter& MessageWriter::request_line(std::string_view method, std::string_view uri) {
    piece(method);
    out_.push_back(' ');
    piece(uri);
    out_.append(" SIP/2.0\r\n");
    return *this;
}

MessageWriter& MessageWriter::status_line(int status, std::string_view reason) {
    out_.append("SIP/2.0 ");
    integer(status);
    out_.push_back(' ');  // stands even before an empty phrase (§25.1)
    piece(reason.empty() ? reason_phrase(status) : reason);
    out_.append("\r\n");
    return *this;
}

void MessageWriter::body(std::string_view content_type, std::string_view body) {
    if (!content_type.empty()) header("Content-Type", content_type);
    out_.append("Content-Length: ");
    integer(static_cast<std::int64_t>(body.size()));
    out_.append("\r\n\r\n").append(body);
}

}  // namespace centrala::sip
