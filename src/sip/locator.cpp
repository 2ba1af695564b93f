// Locating SIP servers: RFC 3263 §4.1 (transport), §4.2 (address and port); the order of SRV targets: RFC 2782.
#include "centrala/sip/locator.hpp"

#include <algorithm>
#include <utility>

#include "centrala/sip/message.hpp"

namespace centrala::sip {
namespace {

constexpr std::size_t kQuestionsMax = 64;  // of one lookup: what a hostile zone may make us ask
constexpr std::size_t kServicesMax = 16;   // SRV records of one answer, the most preferred ones
constexpr std::size_t kPointersMax = 4;    // NAPTR records that are followed
constexpr std::size_t kAddressesMax = 8;   // of one host and family
constexpr std::size_t kCacheMax = 2'000;
constexpr std::size_t kLookupsMax = 10'000;
constexpr Duration kTtlMin = 5s, kTtlMax = 24h;
constexpr Duration kNothingTtl = 30s;  // RFC 2308 would have the SOA's; the resolver doesn't hand it out
constexpr Duration kFailedTtl = 5s;

std::string canonical(std::string_view name) {
    if (name.ends_with('.')) name.remove_suffix(1);
    std::string out(name);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

Duration ttl_of(const DnsAnswer& answer) {
    switch (answer.status) {
        case DnsAnswer::Status::found: return std::clamp(answer.ttl, kTtlMin, kTtlMax);
        case DnsAnswer::Status::nothing: return kNothingTtl;
        case DnsAnswer::Status::failed: break;
    }
    return kFailedTtl;
}

/// RFC 3263 §4.1; what only a client can open (WebSocket) isn't looked for.
std::optional<Transport> transport_of_service(std::string_view service) {
    if (iequals(service, "SIP+D2U")) return Transport::udp;
    if (iequals(service, "SIP+D2T")) return Transport::tcp;
    if (iequals(service, "SIPS+D2T")) return Transport::tls;
    return std::nullopt;
}

std::string service_name(Transport transport, const std::string& host) {
    return (transport == Transport::udp   ? "_sip._udp."
            : transport == Transport::tcp ? "_sip._tcp."
                                          : "_sips._tcp.") +
           host;
}

}  // namespace

std::vector<Target> Located::targets(RandomSource& random) const {
    std::vector<const Place*> left;
    for (const Place& place : places_) left.push_back(&place);
    std::vector<Target> order;
    while (!left.empty() && order.size() < kTargetsMax) {
        const auto rank = [](const Place* p) { return std::pair(p->group, p->priority); };
        const auto best =
            rank(*std::min_element(left.begin(), left.end(), [&](auto* a, auto* b) { return rank(a) < rank(b); }));
        std::uint64_t total = 0;
        for (const Place* place : left)
            if (rank(place) == best) total += place->weight;
        std::uint64_t draw = random.below(total + 1);
        const auto chosen = std::find_if(left.begin(), left.end(), [&](const Place* place) {
            if (rank(place) != best) return false;
            if (place->weight >= draw) return true;
            draw -= place->weight;
            return false;
        });
        for (const Target& target : (*chosen)->targets)
            if (order.size() < kTargetsMax && std::find(order.begin(), order.end(), target) == order.end())
                order.push_back(target);
        left.erase(chosen);
    }
    return order;
}

std::vector<IpAddress> Located::addresses() const {
    std::vector<IpAddress> all;
    for (const Place& place : places_)
        for (const Target& target : place.targets) all.push_back(target.remote.address);
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

/// Walks the RFC's steps over what has been answered so far. Where an answer is missing the question is noted and the
/// walk goes on, so that all that can be asked at once is.
class Locator::Search {
public:
    Search(const std::vector<Reach>& reach, const Wanted& wanted, const std::map<DnsQuestion, DnsAnswer>& answers)
        : reach_(reach), wanted_(wanted), answers_(answers) {}

    void run() {
        if (wanted_.address) {
            if (wanted_.transport && reaches(*wanted_.transport, wanted_.address->is_v4()))
                located.places_.push_back(
                    {0, 0, 0, {{*wanted_.transport, {*wanted_.address, port(*wanted_.transport)}}}});
            located.ttl_ = kTtlMax;
        } else if (wanted_.transport && wanted_.port != 0) {
            add_host(0, {0, 0, wanted_.port, wanted_.host}, *wanted_.transport);
        } else if (wanted_.transport) {
            if (!add_services(service_name(*wanted_.transport, wanted_.host), *wanted_.transport) && missing.empty())
                add_host(0, {0, 0, port(*wanted_.transport), wanted_.host}, *wanted_.transport);
        } else if (!add_pointers() && missing.empty()) {
            bool any = false;
            for (const Transport transport : transports())
                any = add_services(service_name(transport, wanted_.host), transport) || any;
            const Transport plain = wanted_.secure ? Transport::tls : Transport::udp;
            if (!any && missing.empty()) add_host(0, {0, 0, port(plain), wanted_.host}, plain);
        }
        if (located.ttl_ == Duration{}) located.ttl_ = ttl_;
    }

    std::vector<DnsQuestion> missing;
    Located located;

private:
    [[nodiscard]] bool reaches(Transport transport, bool v4) const {
        return std::find(reach_.begin(), reach_.end(), Reach{transport, v4}) != reach_.end();
    }
    [[nodiscard]] std::uint16_t port(Transport transport) const {
        return wanted_.port != 0 ? wanted_.port : default_port(transport);
    }
    /// Those that the URI allows and that we have, in our order.
    [[nodiscard]] std::vector<Transport> transports() const {
        std::vector<Transport> result;
        for (const Reach& reach : reach_)
            if (!is_websocket(reach.transport) && (!wanted_.secure || is_secure(reach.transport)) &&
                std::find(result.begin(), result.end(), reach.transport) == result.end())
                result.push_back(reach.transport);
        return result;
    }
    const DnsAnswer* answer(DnsType type, std::string_view name) {
        DnsQuestion question{type, canonical(name)};
        const auto found = answers_.find(question);
        if (found == answers_.end()) {
            if (std::find(missing.begin(), missing.end(), question) == missing.end())
                missing.push_back(std::move(question));
            return nullptr;
        }
        ttl_ = std::min(ttl_, ttl_of(found->second));
        return found->second.status == DnsAnswer::Status::found ? &found->second : nullptr;
    }
    /// False if no NAPTR record is of use.
    bool add_pointers() {
        const DnsAnswer* found = answer(DnsType::naptr, wanted_.host);
        if (!found) return false;
        auto records = found->pointers;
        const auto usable = transports();
        std::erase_if(records, [&](const NaptrRecord& r) {
            const auto transport = transport_of_service(r.service);
            return !iequals(r.flags, "s") || !r.regexp.empty() || r.replacement.empty() || !transport ||
                   std::find(usable.begin(), usable.end(), *transport) == usable.end();
        });
        if (records.empty()) return false;
        std::stable_sort(records.begin(), records.end(), [](const NaptrRecord& a, const NaptrRecord& b) {
            return std::pair(a.order, a.preference) < std::pair(b.order, b.preference);
        });
        if (records.size() > kPointersMax) records.resize(kPointersMax);
        for (const NaptrRecord& r : records) add_services(r.replacement, *transport_of_service(r.service));
        return true;
    }
    /// False if there are no SRV records. Each answer is a group of its own.
    bool add_services(std::string_view name, Transport transport) {
        const DnsAnswer* found = answer(DnsType::srv, name);
        if (!found || found->services.empty()) return false;
        auto records = found->services;
        std::stable_sort(records.begin(), records.end(),
                         [](const SrvRecord& a, const SrvRecord& b) { return a.priority < b.priority; });
        if (records.size() > kServicesMax) records.resize(kServicesMax);
        const std::size_t group = ++groups_;
        for (const SrvRecord& r : records)
            if (!r.target.empty() && r.target != "." && r.port != 0) add_host(group, r, transport);
        return true;  // "." alone is an answer, too: not there (RFC 2782)
    }
    void add_host(std::size_t group, const SrvRecord& record, Transport transport) {
        Located::Place place{group, record.priority, record.weight, {}};
        if (const auto address = IpAddress::parse(record.target)) return;  // RFC 2782: must be a name
        for (const Reach& reach : reach_) {
            if (reach.transport != transport) continue;
            const DnsAnswer* found = answer(reach.v4 ? DnsType::a : DnsType::aaaa, record.target);
            if (!found) continue;
            std::size_t taken = 0;
            for (const IpAddress& address : found->addresses)
                if (address.is_v4() == reach.v4 && !address.is_unspecified() && taken++ < kAddressesMax)
                    place.targets.push_back(
                        {transport, {address, record.port}, is_secure(transport) ? wanted_.host : std::string()});
        }
        if (!place.targets.empty()) located.places_.push_back(std::move(place));
    }

    const std::vector<Reach>& reach_;
    const Wanted& wanted_;
    const std::map<DnsQuestion, DnsAnswer>& answers_;
    Duration ttl_ = kTtlMax;
    std::size_t groups_ = 0;
};

Locator::Locator(std::vector<Reach> reach) : reach_(std::move(reach)) {
    std::vector<Reach> once;
    for (const Reach& r : reach_)
        if (std::find(once.begin(), once.end(), r) == once.end()) once.push_back(r);
    reach_ = std::move(once);
}

Locator::LookupId Locator::locate(const Uri& uri, Timestamp now) {
    const auto id = static_cast<LookupId>(++next_id_);
    const auto transport = transport_of(uri);
    if (!transport || is_websocket(*transport) || lookups_.size() >= kLookupsMax) {
        results_.push_back({id, {}});
        results_.back().where.ttl_ = kFailedTtl;
        return id;
    }
    Wanted wanted;
    wanted.host = canonical(uri.host);
    wanted.address = IpAddress::parse(uri.host);
    wanted.port = uri.port;
    wanted.secure = is_secure(*transport);
    // An address, a port or a transport parameter settles the transport (§4.1).
    if (wanted.address || uri.port != 0 || uri.parameter("transport")) wanted.transport = transport;
    lookups_[id].wanted = std::move(wanted);
    go_on(id, now);
    return id;
}

void Locator::go_on(LookupId id, Timestamp now) {
    for (;;) {
        const auto found = lookups_.find(id);
        if (found == lookups_.end()) return;
        Lookup& lookup = found->second;
        Search search(reach_, lookup.wanted, lookup.answers);
        search.run();
        if (search.missing.empty()) {
            results_.push_back({id, std::move(search.located)});
            lookups_.erase(found);
            return;
        }
        for (const DnsQuestion& question : search.missing) ask(id, lookup, question, now);
        if (lookup.open > 0) return;  // else the cache knew everything: on with it
    }
}

void Locator::ask(LookupId id, Lookup& lookup, const DnsQuestion& question, Timestamp now) {
    if (const auto known = cache_.find(question); known != cache_.end() && known->second.until > now) {
        DnsAnswer answer = known->second.answer;
        answer.ttl = std::chrono::ceil<std::chrono::seconds>(known->second.until - now);
        lookup.answers.emplace(question, std::move(answer));
        return;
    }
    if (lookup.asked >= kQuestionsMax || question.name.empty() || question.name.size() > 253) {
        lookup.answers.emplace(question, DnsAnswer{});
        return;
    }
    const auto [flying, fresh] = in_flight_.emplace(question, DnsQueryId{});
    if (fresh) {
        flying->second = static_cast<DnsQueryId>(++next_id_);
        pending_[flying->second].question = question;
        queries_.push_back({flying->second, question});
    }
    auto& waiting = pending_[flying->second].waiting;
    if (std::find(waiting.begin(), waiting.end(), id) != waiting.end()) return;
    waiting.push_back(id);
    ++lookup.asked;
    ++lookup.open;
}

void Locator::resolved(DnsQueryId id, DnsAnswer answer, Timestamp now) {
    const auto found = pending_.find(id);
    if (found == pending_.end()) return;
    const Pending pending = std::move(found->second);
    pending_.erase(found);
    in_flight_.erase(pending.question);
    remember(pending.question, answer, now);
    for (const LookupId waiting : pending.waiting) {
        const auto lookup = lookups_.find(waiting);
        if (lookup == lookups_.end()) continue;
        lookup->second.answers.insert_or_assign(pending.question, answer);
        --lookup->second.open;
        go_on(waiting, now);
    }
}

void Locator::remember(const DnsQuestion& question, const DnsAnswer& answer, Timestamp now) {
    if (cache_.size() >= kCacheMax) std::erase_if(cache_, [&](const auto& entry) { return entry.second.until <= now; });
    // More names in a few seconds than anybody configures: begin anew rather than grow or sort.
    if (cache_.size() >= kCacheMax) cache_.clear();
    cache_.insert_or_assign(question, Cached{answer, now + ttl_of(answer)});
}

std::optional<Locator::Result> Locator::take_result() {
    if (results_.empty()) return std::nullopt;
    Result result = std::move(results_.front());
    results_.erase(results_.begin());
    return result;
}

std::vector<DnsQuery> Locator::take_queries() {
    return std::exchange(queries_, {});
}

}  // namespace centrala::sip
