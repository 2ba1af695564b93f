// What each source address has on its account: how fast it asks, what it did wrong, and whether it is banned for it.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "centrala/base/endpoint.hpp"
#include "centrala/base/time.hpp"
#include "rate_limiter.hpp"

namespace centrala::calls {

enum class Offence : std::uint8_t {
    stranger,               ///< asked for something that only those we know get
    failed_authentication,  ///< a wrong name or password
    unanswered_challenge,   ///< one 401 after the other, and never a proof
    malformed,              ///< what isn't SIP
    failed_handshake,       ///< no certificate, a wrong origin, no TLS at all …
    scanner                 ///< a tool that looks for victims: banned at once
};
[[nodiscard]] std::string_view to_string(Offence offence);  ///< "failed_authentication"

class SourceGuard {
public:
    struct Policy {
        std::uint32_t requests_per_second = 0;  ///< of one source; 0: no limit
        std::uint32_t ban_after = 0;            ///< so many offences within `ban_within`; 0: nobody is banned
        Duration ban_within = 1min;
        Duration ban_time = 10min;
    };
    /// Sources that are told apart at once; past it those are forgotten that have been quiet for longest.
    static constexpr std::size_t kSourcesMax = 20'000;
    /// Past it nobody is banned until a ban has ended: forged addresses shall not make room for the attacker's.
    static constexpr std::size_t kBansMax = 10'000;
    /// Who proves nothing for so long, while it asks for more than kChallengesMax challenges, doesn't mean to.
    static constexpr Duration kAnswerTime = 5s;
    static constexpr std::uint32_t kChallengesMax = 5;

    struct Ban {
        Endpoint source;  ///< the port is that of the last offence
        Offence why{};
        Timestamp since{}, until{};
    };

    explicit SourceGuard(Policy policy) : policy_(policy) {}

    /// Counts a request; false: the source asks too often.
    bool take(const IpAddress& source, Timestamp now);
    /// The ban that this offence brought, if it was one too many.
    const Ban* offend(const Endpoint& source, Offence offence, Timestamp now);
    /// A request without credentials was challenged. True: that has gone on for too long, an offence.
    bool challenged(const IpAddress& source, Timestamp now);
    /// Somebody there knows a password.
    void proved(const IpAddress& source);

    [[nodiscard]] bool is_banned(const IpAddress& source) const { return bans_.contains(source); }
    [[nodiscard]] std::vector<Ban> bans() const;  ///< the one that ends first comes first
    [[nodiscard]] std::size_t ban_count() const { return bans_.size(); }
    std::optional<Ban> lift(const IpAddress& source);
    [[nodiscard]] std::optional<Timestamp> deadline() const;
    /// Lifts the bans whose time is over.
    std::vector<Ban> expire(Timestamp now);

private:
    struct Source {
        explicit Source(std::uint32_t per_second) : rate(per_second) {}
        RateLimiter rate;
        std::uint32_t offences = 0, challenges = 0;
        Timestamp first_offence{}, first_challenge{};
        std::list<IpAddress>::iterator place;
    };
    Source& source(const IpAddress& address);

    Policy policy_;
    std::unordered_map<IpAddress, Source, EndpointHash> sources_;
    std::list<IpAddress> by_use_;  ///< the latest first
    std::unordered_map<IpAddress, Ban, EndpointHash> bans_;
    std::set<std::pair<Timestamp, IpAddress>> by_end_;
};

}  // namespace centrala::calls
