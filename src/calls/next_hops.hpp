// The hosts that the configuration names, found before they are needed and kept found (RFC 3263).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "centrala/base/random.hpp"
#include "centrala/base/timer_queue.hpp"
#include "centrala/config/config.hpp"
#include "centrala/sip/flow.hpp"
#include "centrala/sip/locator.hpp"

namespace centrala::calls {

/// Only what says where a URI leads: scheme, host, port and transport.
[[nodiscard]] std::string server_uri(const sip::Uri& uri);

/// A URI that is watched.
enum class HopId : std::uint32_t {};

/// Calls never wait for DNS: what is watched is looked up at once and again whenever its records expire. While DNS
/// doesn't answer the last result goes on serving, for kStaleMax at most.
class NextHops {
public:
    static constexpr Duration kStaleMax = 1h;
    static constexpr std::size_t kLearntMax = 64;

    NextHops(const config::Sip& sip, RandomSource& random);

    /// The same id for the same URI. A numeric host leads somewhere at once.
    HopId watch(std::string_view uri, Timestamp now);
    /// Watches a host that a peer named, kLearntMax of those at most: further ones stay unknown.
    void learn(const sip::Uri& uri, Timestamp now);
    /// That URI's, if it is watched.
    [[nodiscard]] std::optional<HopId> find(std::string_view uri) const;

    /// Where to send, in the order in which to try, drawn anew each time (RFC 2782); empty: nowhere now.
    [[nodiscard]] std::vector<sip::Flow> flows(HopId hop) const;
    /// Whether the first answer is still to come.
    [[nodiscard]] bool pending(HopId hop) const { return !hops_[static_cast<std::size_t>(hop)].asked; }
    /// All addresses it has now.
    [[nodiscard]] const std::vector<IpAddress>& addresses(HopId hop) const;
    /// The way to an address, from the first listener that can send there.
    [[nodiscard]] std::optional<sip::Flow> flow(const sip::Target& target) const;

    /// It asked not to be sent anything for so long (RFC 3261 §21.5.4), an hour at most.
    void rest(const sip::Flow& where, Duration how_long, Timestamp now);
    [[nodiscard]] bool rests(const sip::Flow& where, Timestamp now) const;

    [[nodiscard]] std::vector<sip::DnsQuery> take_queries() { return locator_.take_queries(); }
    /// True if there was a result: some hop may lead elsewhere, or be known not to.
    bool resolved(sip::DnsQueryId id, sip::DnsAnswer answer, Timestamp now);
    /// Asks again for what is due. True likewise.
    bool advance(Timestamp now);
    [[nodiscard]] std::optional<Timestamp> deadline() const { return timers_.next(); }

private:
    struct Hop {
        std::string uri;
        sip::Located where;
        std::vector<IpAddress> addresses;
        Timestamp found_at{};
        bool asked = false;  ///< there has been a result, be it a failure
    };
    bool look_up(HopId hop, Timestamp now);
    bool take_results(Timestamp now);

    const config::Sip& sip_;
    RandomSource& random_;
    sip::Locator locator_;
    std::vector<Hop> hops_;
    std::unordered_map<std::string, HopId> by_uri_;
    std::unordered_map<sip::Locator::LookupId, HopId> lookups_;
    TimerQueue<HopId> timers_;
    std::size_t learnt_ = 0;
    std::map<sip::Target, Timestamp> resting_;  ///< until when
};

}  // namespace centrala::calls
