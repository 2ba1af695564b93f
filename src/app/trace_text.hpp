// A traced message for people.
#pragma once

#include <string>

#include "app/terminal.hpp"
#include "centrala/trace/captured.hpp"

namespace centrala::app {

/// "20:13:20.123  ◀ udp 192.0.2.7:5060       INVITE sip:100@192.0.2.1 SIP/2.0                   call-id": ◀ came in, ▶
/// went out. `full`: the whole message below it, control characters made visible.
[[nodiscard]] std::string trace_text(const trace::Captured& captured, const Style& style, bool full);

}  // namespace centrala::app
