// One line of the event log, for people.
#pragma once

#include <string>
#include <string_view>

#include "app/terminal.hpp"

namespace centrala::app {

/// "09:12:33.481  c17    orders → ann              connected    waited 12.3 s, rang 3.1 s", without a line end.
/// Times are shown in the local zone, or as logged if `utc`. What isn't a record of the log comes back as it is
/// (printable). Snapshots, which restore a state and tell nothing new, are "".
[[nodiscard]] std::string event_text(std::string_view line, const Style& style, bool utc);

/// "2026-11-23T09:12:33.481022Z" to "09:12:33.481" in the local zone, or as it is if `utc`.
[[nodiscard]] std::string clock_time(const std::string& ts, bool utc);

}  // namespace centrala::app
