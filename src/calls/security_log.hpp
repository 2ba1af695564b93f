// security.* events, at most one a source and interval, so that a flood can't fill the log.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "centrala/base/endpoint.hpp"
#include "centrala/journal/journal.hpp"
#include "centrala/sip/flow.hpp"

namespace centrala::calls {

class SecurityLog {
public:
    SecurityLog(journal::Sink& sink, Duration interval) : sink_(sink), interval_(interval) {}

    /// `user` and `method` come from the wire; the journal escapes them.
    void report(std::string_view type, const sip::Flow& from, std::string_view method, std::string_view user,
                std::string_view reason, Timestamp now);

private:
    /// Sources remembered at once; beyond, the oldest windows are forgotten first.
    static constexpr std::size_t kSourcesMax = 10'000;
    struct Window {
        Timestamp opened;
        std::int64_t suppressed = 0;
    };
    void forget_old(Timestamp now);

    journal::Sink& sink_;
    Duration interval_;
    std::unordered_map<IpAddress, Window, EndpointHash> windows_;
};

}  // namespace centrala::calls
