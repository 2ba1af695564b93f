// A request of ours, taken apart to be sent once more with some of it changed.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "centrala/sip/message.hpp"

namespace centrala::sip {

struct SentRequest {
    Method method = Method::unknown;
    std::string uri, lines, content_type, body;  ///< lines without Via, Content-Type and Content-Length
};

/// `text` is as the transaction layer wrote it.
[[nodiscard]] SentRequest take_apart(std::string_view text);

/// Calls f(id, line with CR LF) for each line.
template <class F>
void each_line(std::string_view lines, F&& f) {
    while (!lines.empty()) {
        const std::size_t end = lines.find("\r\n");
        const std::string_view line = lines.substr(0, end == std::string_view::npos ? end : end + 2);
        f(parse_header_id(line.substr(0, std::min(line.find(':'), line.size()))), line);
        lines.remove_prefix(line.size());
    }
}

/// Removes each line of that header; lines end in CR LF.
void remove_lines(std::string& lines, HeaderId id);
[[nodiscard]] bool has_line(std::string_view lines, HeaderId id);
/// The whole lines of that header, one after the other.
[[nodiscard]] std::string lines_of(std::string_view lines, HeaderId id);

}  // namespace centrala::sip
