// A request of ours, taken apart to be sent once more with some of it changed.
#pragma once

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

/// Removes each line of that header; lines end in CR LF.
void remove_lines(std::string& lines, HeaderId id);
[[nodiscard]] bool has_line(std::string_view lines, HeaderId id);
/// The whole lines of that header, one after the other.
[[nodiscard]] std::string lines_of(std::string_view lines, HeaderId id);

}  // namespace centrala::sip
