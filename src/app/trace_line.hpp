// A traced message as a line on the control socket.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "centrala/trace/captured.hpp"

namespace centrala::app {

struct TracedMessage {
    std::string bytes;
    trace::Captured captured;   ///< its bytes are those above, wherever this moves: use message()
    std::uint64_t dropped = 0;  ///< messages before this one that the reader was too slow for

    [[nodiscard]] trace::Captured message() const;
};

/// {"at_us":…,"sent":…,"transport":"udp","local":"192.0.2.1:5060","remote":"…","dropped":0,"message":"<base64>"}
[[nodiscard]] std::string trace_line(const trace::Captured& captured, std::uint64_t dropped);
/// nullopt: no such line.
[[nodiscard]] std::optional<TracedMessage> read_trace_line(std::string_view line);

}  // namespace centrala::app
