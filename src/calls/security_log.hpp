// security.* events, at most one a source, type and interval, and so many a second in all, so that no flood can fill
// the log.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "centrala/base/endpoint.hpp"
#include "centrala/journal/journal.hpp"
#include "centrala/sip/flow.hpp"
#include "rate_limiter.hpp"

namespace centrala::calls {

class SecurityLog {
public:
    /// Forged addresses make every packet a source of its own.
    static constexpr std::uint32_t kLinesPerSecond = 100;

    SecurityLog(journal::Sink& sink, Duration interval) : sink_(sink), interval_(interval) {}

    /// `user` and `method` come from the wire; the journal escapes them.
    void report(std::string_view type, const sip::Flow& from, std::string_view method, std::string_view user,
                std::string_view reason, Timestamp now);
    /// Events that no line tells of: past kLinesPerSecond.
    [[nodiscard]] std::uint64_t unlogged() const { return unlogged_; }

private:
    /// Windows remembered at once; beyond, those that are over are forgotten first.
    static constexpr std::size_t kWindowsMax = 10'000;
    struct Window {
        Timestamp opened;
        std::int64_t suppressed = 0;
    };
    using Key = std::pair<IpAddress, std::string>;
    void forget_old(Timestamp now);

    journal::Sink& sink_;
    Duration interval_;
    RateLimiter lines_{kLinesPerSecond};
    std::uint64_t unlogged_ = 0;
    std::map<Key, Window> windows_;  ///< by source and type
};

}  // namespace centrala::calls
