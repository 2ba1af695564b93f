// Keeps the configuration's hosts resolved; RFC 3263 itself is sip::Locator's.
#include "next_hops.hpp"

#include <algorithm>

#include "centrala/sip/uri.hpp"

namespace centrala::calls {
namespace {

constexpr Duration kAskAgain = 10s;  // after a failure
constexpr Duration kRestMax = 1h;
constexpr std::size_t kRestingMax = 1'000;

std::vector<sip::Reach> reach_of(const config::Sip& sip) {
    std::vector<sip::Reach> reach;
    for (const auto& listener : sip.listeners) reach.push_back({listener.transport, listener.address.address.is_v4()});
    return reach;
}

}  // namespace

std::string server_uri(const sip::Uri& uri) {
    const bool v6 = uri.host.find(':') != std::string_view::npos;
    std::string out(uri.scheme);
    out.append(v6 ? ":[" : ":").append(uri.host).append(v6 ? "]" : "");
    if (uri.port != 0) out.append(":").append(std::to_string(uri.port));
    if (const auto transport = uri.parameter("transport")) out.append(";transport=").append(*transport);
    return out;
}

NextHops::NextHops(const config::Sip& sip, RandomSource& random)
    : sip_(sip), random_(random), locator_(reach_of(sip)) {}

HopId NextHops::watch(std::string_view uri, Timestamp now) {
    if (const auto known = find(uri)) return *known;
    const auto id = static_cast<HopId>(hops_.size());
    hops_.push_back({std::string(uri), {}, {}, {}, false});
    by_uri_.emplace(uri, id);
    look_up(id, now);
    return id;
}

void NextHops::learn(const sip::Uri& uri, Timestamp now) {
    const std::string server = server_uri(uri);
    if (IpAddress::parse(uri.host) || find(server) || learnt_ >= kLearntMax) return;
    ++learnt_;
    watch(server, now);
}

std::optional<HopId> NextHops::find(std::string_view uri) const {
    const auto found = by_uri_.find(std::string(uri));
    return found == by_uri_.end() ? std::nullopt : std::optional(found->second);
}

bool NextHops::look_up(HopId hop, Timestamp now) {
    const auto uri = sip::parse_uri(hops_[static_cast<std::size_t>(hop)].uri);
    if (!uri) return false;
    lookups_.emplace(locator_.locate(*uri, now), hop);
    return take_results(now);
}

bool NextHops::take_results(Timestamp now) {
    bool any = false;
    while (auto result = locator_.take_result()) {
        const auto lookup = lookups_.find(result->id);
        if (lookup == lookups_.end()) continue;
        const HopId id = lookup->second;
        lookups_.erase(lookup);
        Hop& hop = hops_[static_cast<std::size_t>(id)];
        const Duration ttl = result->where.ttl();
        const bool found = !result->where.empty();
        hop.asked = true;
        any = true;
        if (found) hop.found_at = now;
        if (found || now - hop.found_at >= kStaleMax) {
            hop.where = std::move(result->where);
            hop.addresses = hop.where.addresses();
        }
        const auto uri = sip::parse_uri(hop.uri);
        if (uri && !IpAddress::parse(uri->host)) timers_.schedule(now + (found ? ttl : kAskAgain), id);
    }
    return any;
}

std::vector<sip::Flow> NextHops::flows(HopId hop) const {
    std::vector<sip::Flow> flows;
    for (const auto& target : hops_[static_cast<std::size_t>(hop)].where.targets(random_))
        if (const auto way = flow(target)) flows.push_back(*way);
    return flows;
}

const std::vector<IpAddress>& NextHops::addresses(HopId hop) const {
    return hops_[static_cast<std::size_t>(hop)].addresses;
}

std::optional<sip::Flow> NextHops::flow(const sip::Target& target) const {
    for (const auto& listener : sip_.listeners)
        if (listener.transport == target.transport &&
            listener.address.address.is_v4() == target.remote.address.is_v4()) {
            sip::Flow flow;
            flow.transport = target.transport;
            flow.remote = target.remote;
            flow.domain = target.domain;
            flow.local = {listener.advertised.value_or(listener.address.address), listener.address.port};
            return flow;
        }
    return std::nullopt;
}

void NextHops::rest(const sip::Flow& where, Duration how_long, Timestamp now) {
    std::erase_if(resting_, [&](const auto& one) { return one.second <= now; });
    if (resting_.size() < kRestingMax)
        resting_.insert_or_assign({where.transport, where.remote, where.domain}, now + std::min(how_long, kRestMax));
}

bool NextHops::rests(const sip::Flow& where, Timestamp now) const {
    const auto found = resting_.find({where.transport, where.remote, where.domain});
    return found != resting_.end() && found->second > now;
}

bool NextHops::resolved(sip::DnsQueryId id, sip::DnsAnswer answer, Timestamp now) {
    locator_.resolved(id, std::move(answer), now);
    return take_results(now);
}

bool NextHops::advance(Timestamp now) {
    bool any = false;
    while (const auto due = timers_.pop_due(now)) any = look_up(due->second, now) || any;
    return any;
}

}  // namespace centrala::calls
