// What is known of a trunk while the server runs, and what a call to the outside through it needs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "centrala/base/random.hpp"
#include "centrala/base/timer_queue.hpp"
#include "centrala/config/config.hpp"
#include "centrala/journal/journal.hpp"
#include "centrala/sip/flow.hpp"
#include "centrala/sip/transaction.hpp"
#include "gateway_health.hpp"
#include "next_hops.hpp"
#include "rate_limiter.hpp"
#include "trunk_registration.hpp"

namespace centrala::calls {

/// Seen from us: `in` comes from the trunk, `out` goes to it.
enum class TrunkCall : std::uint8_t { in, out };

/// Of a trunk's gateways, in the configuration's order.
struct GatewayState {
    HopId hop{};
    GatewayHealth health;
    std::vector<sip::Flow> untried;  ///< of the check under way: the first is being asked
    std::optional<sip::ClientTx> probe;
    TimerId timer{};  ///< the next check, or the end of waiting for this one's answer
};

/// A trunk's registration and the way it takes.
struct RegistrarState {
    RegistrarState(const config::Trunk& trunk, RandomSource& random) : machine(trunk, random) {}

    TrunkRegistration machine;
    HopId hop{};
    std::vector<sip::Flow> untried;    ///< of this attempt: the first is being asked
    std::optional<sip::Flow> over;     ///< registered over
    std::optional<HopId> service_hop;  ///< the first of the Service-Route
    std::size_t service_hops = 0;      ///< ever watched
    std::optional<sip::ClientTx> request;
    TimerId timer{};
};

struct TrunkState {
    TrunkState(const config::Trunk& trunk, RandomSource& random)
        : rate(trunk.calls_per_second), gateways(trunk.gateways.size()) {
        if (trunk.registration) registrar.emplace(trunk, random);
    }

    std::size_t calls_in = 0, calls_out = 0;  ///< now
    RateLimiter rate;
    std::vector<GatewayState> gateways;
    std::optional<RegistrarState> registrar;
    Timestamp limited_at{};  ///< when the log was last told of a limit
    std::int64_t limited_since = 0;
};

/// Everything that an INVITE to an outside number needs.
struct OutboundRoute {
    std::size_t trunk = 0;  ///< index in the configuration
    std::string number;     ///< as the carrier is to see it
    std::string request_uri;
    std::string from, to;      ///< name-addr without tag
    std::string header_lines;  ///< complete lines: P-Asserted-Identity, Privacy; may be empty
    std::vector<std::string> route_set;
    std::vector<sip::Flow> flows;                   ///< never empty: the first and its alternatives, in order
    const sip::Credentials* credentials = nullptr;  ///< the configuration's; null: none

    // For another trunk's turn.
    std::string outside;                ///< before the trunk's own rules, as is the caller
    std::optional<std::string> caller;  ///< none: withheld
    std::vector<std::size_t> trunks_left;
};

/// Whether a refused call may do better on another trunk: what speaks of the way, not of the person who is called.
[[nodiscard]] constexpr bool is_trunk_failure(int status) {
    return status == 408 || status == 500 || status == 502 || status == 503 || status == 504;
}

/// All trunks: which of them carries a call to the outside, and whether one may take another call.
class Trunks {
public:
    Trunks(const config::Config& config, NextHops& hops, journal::Sink& sink, RandomSource& random);
    /// Begins to look for gateways and registrars.
    void open(Timestamp now);

    /// How to reach an outside number: by the rules of `outside`, or through that trunk alone. `caller` is whose number
    /// is shown where the trunk names none of its own; "" is unknown, none at all is withheld: not even the carrier
    /// learns it, and the called party no number of ours. nullopt: nobody may call there, or no trunk can now.
    /// Counts as one attempt against calls_per_second; the call itself counts between began() and ended().
    std::optional<OutboundRoute> route_out(std::string_view number, std::optional<std::string> caller,
                                           std::optional<std::size_t> trunk, Timestamp now);
    /// The next trunk's turn, after one failed as is_trunk_failure() says.
    std::optional<OutboundRoute> route_out_next(const OutboundRoute& before, Timestamp now);

    /// True, and trunk.limited is logged, if it may take no further call now. Else the attempt is counted.
    bool over_limit(std::size_t trunk, TrunkCall direction, Timestamp now);
    void call_began(std::size_t trunk, TrunkCall direction);
    void call_ended(std::size_t trunk, TrunkCall direction);

    [[nodiscard]] std::size_t size() const { return states_.size(); }
    [[nodiscard]] TrunkState& operator[](std::size_t trunk) { return states_[trunk]; }
    [[nodiscard]] const TrunkState& operator[](std::size_t trunk) const { return states_[trunk]; }

private:
    std::optional<OutboundRoute> route_through(std::size_t trunk, std::string_view number,
                                               const std::optional<std::string>& caller, Timestamp now);
    void identify(const config::Trunk& trunk, const std::optional<std::string>& caller, OutboundRoute& route) const;

    [[nodiscard]] std::vector<sip::Flow> service_flows(const RegistrarState& registrar) const;

    const config::Config& config_;
    NextHops& hops_;
    journal::Sink& sink_;
    RandomSource& random_;
    std::vector<TrunkState> states_;  ///< as config_.trunks
};

}  // namespace centrala::calls
