// Reason (RFC 3326) with the causes of Q.850 that gateways pass on to telephone networks.
#include "reason.hpp"

namespace centrala::calls {

std::string_view reason_line(routing::EndCause cause) {
    switch (cause) {
        case routing::EndCause::caller_hangup:
        case routing::EndCause::agent_hangup:
        case routing::EndCause::callee_hangup: return "Reason: Q.850;cause=16;text=\"Normal call clearing\"\r\n";
        case routing::EndCause::max_wait: return "Reason: Q.850;cause=19;text=\"No agent answered in time\"\r\n";
        case routing::EndCause::media_timeout: return "Reason: Q.850;cause=41;text=\"No RTP came\"\r\n";
        case routing::EndCause::caller_failed: return "Reason: Q.850;cause=27;text=\"The other side failed\"\r\n";
        case routing::EndCause::shutdown: return "Reason: Q.850;cause=41;text=\"The server stops\"\r\n";
        case routing::EndCause::closed: return "Reason: Q.850;cause=31;text=\"Closed\"\r\n";
        case routing::EndCause::refused: return "Reason: Q.850;cause=21;text=\"Refused\"\r\n";
        case routing::EndCause::restart: return "Reason: Q.850;cause=41;text=\"The server died\"\r\n";
        case routing::EndCause::merged: break;  // nobody is left to be told
    }
    return {};
}

std::string reason_of(const sip::Message* request) {
    constexpr std::size_t kMost = 128;
    const auto value = request ? request->find(sip::HeaderId::reason) : std::nullopt;
    return std::string(value.value_or("").substr(0, kMost));
}

}  // namespace centrala::calls
