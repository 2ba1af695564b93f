// Where a SIP URI leads (RFC 3263): NAPTR, then SRV, then A and AAAA. Sans-I/O: questions out, answers in.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "centrala/base/random.hpp"
#include "centrala/base/time.hpp"
#include "centrala/sip/flow.hpp"
#include "centrala/sip/uri.hpp"

namespace centrala::sip {

enum class DnsType : std::uint8_t { a, aaaa, srv, naptr };

/// `name` in lower case without a final dot.
struct DnsQuestion {
    DnsType type = DnsType::a;
    std::string name;
    auto operator<=>(const DnsQuestion&) const = default;
};
struct SrvRecord {  ///< RFC 2782
    std::uint16_t priority = 0, weight = 0, port = 0;
    std::string target;  ///< "" or ".": the service is decidedly not there
};
struct NaptrRecord {  ///< RFC 3403
    std::uint16_t order = 0, preference = 0;
    std::string flags, service, regexp, replacement;
};
struct DnsAnswer {
    enum class Status : std::uint8_t {
        found,
        nothing,  ///< no such name, or it has no such records
        failed,   ///< no answer, a broken one, or the server couldn't
    } status = Status::failed;
    Duration ttl{};  ///< the least of the records'
    std::vector<IpAddress> addresses;
    std::vector<SrvRecord> services;
    std::vector<NaptrRecord> pointers;
};
enum class DnsQueryId : std::uint64_t {};
struct DnsQuery {
    DnsQueryId id{};
    DnsQuestion question;
};

struct Target {
    Transport transport = Transport::udp;
    Endpoint remote;
    std::string domain{};  ///< as in Flow
    auto operator<=>(const Target&) const = default;
};

/// A place that we can send from, hence that we can reach.
struct Reach {
    Transport transport = Transport::udp;
    bool v4 = true;
    auto operator<=>(const Reach&) const = default;
};

/// What a URI led to.
class Located {
public:
    static constexpr std::size_t kTargetsMax = 16;

    /// In the order in which they are to be tried: drawn anew each time, for SRV weights are shares of the calls
    /// (RFC 2782). At most kTargetsMax, none twice; empty if there are none.
    [[nodiscard]] std::vector<Target> targets(RandomSource& random) const;
    [[nodiscard]] bool empty() const { return places_.empty(); }
    /// Of all targets, sorted.
    [[nodiscard]] std::vector<IpAddress> addresses() const;
    /// How long this holds, at least a few seconds.
    [[nodiscard]] Duration ttl() const { return ttl_; }

private:
    friend class Locator;
    struct Place {
        std::size_t group = 0;  ///< lower first: which NAPTR or SRV set it stands in
        std::uint16_t priority = 0, weight = 0;
        std::vector<Target> targets;
    };
    std::vector<Place> places_;
    Duration ttl_{};
};

class Locator {
public:
    enum class LookupId : std::uint64_t {};
    struct Result {
        LookupId id{};
        Located where;
    };

    /// `reach`: transports and families in order of preference.
    explicit Locator(std::vector<Reach> reach);

    /// The result comes from take_result(): at once when nothing must be asked.
    LookupId locate(const Uri& uri, Timestamp now);
    [[nodiscard]] std::optional<Result> take_result();

    /// To be asked now. Each must be answered once, be it with `failed`.
    [[nodiscard]] std::vector<DnsQuery> take_queries();
    void resolved(DnsQueryId id, DnsAnswer answer, Timestamp now);

    [[nodiscard]] std::size_t cached() const { return cache_.size(); }
    [[nodiscard]] std::size_t pending() const { return lookups_.size(); }

private:
    struct Wanted {
        std::string host;
        std::optional<IpAddress> address;
        std::uint16_t port = 0;
        std::optional<Transport> transport;  ///< what the URI itself settles
        bool secure = false;
    };
    struct Lookup {
        Wanted wanted;
        std::map<DnsQuestion, DnsAnswer> answers;
        std::size_t asked = 0, open = 0;
    };
    struct Cached {
        DnsAnswer answer;
        Timestamp until;
    };
    struct Pending {
        DnsQuestion question;
        std::vector<LookupId> waiting;
    };
    class Search;  // one evaluation of what is known; lists what isn't

    void go_on(LookupId id, Timestamp now);
    void ask(LookupId id, Lookup& lookup, const DnsQuestion& question, Timestamp now);
    void remember(const DnsQuestion& question, const DnsAnswer& answer, Timestamp now);

    std::vector<Reach> reach_;
    std::map<LookupId, Lookup> lookups_;
    std::map<DnsQueryId, Pending> pending_;
    std::map<DnsQuestion, DnsQueryId> in_flight_;
    std::map<DnsQuestion, Cached> cache_;
    std::vector<DnsQuery> queries_;
    std::vector<Result> results_;
    std::uint64_t next_id_ = 0;
};

}  // namespace centrala::sip
