// Calls through trunks: which trunk and gateway carry a call to the outside, and the trunks' limits.
#include <algorithm>
#include <utility>

#include "centrala/sip/message.hpp"
#include "number_rules.hpp"
#include "trunk.hpp"

namespace centrala::calls {
namespace {

constexpr std::size_t kFlowsMax = 16;

/// The From of who can't be named (RFC 3261 §8.1.1.3), or doesn't want to be (RFC 3323 §4.1.1.3).
constexpr std::string_view kAnonymousFrom = "\"Anonymous\" <sip:anonymous@anonymous.invalid>";

std::string host_of(const sip::Uri& uri) {
    std::string host(uri.host);
    return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

/// Indexes of `gateways` by priority, among equals drawn by weight without putting back (RFC 2782).
std::vector<std::size_t> drawn(const std::vector<config::Gateway>& gateways, RandomSource& random) {
    std::vector<std::size_t> left(gateways.size()), order;
    for (std::size_t i = 0; i < left.size(); ++i) left[i] = i;
    while (!left.empty()) {
        std::uint16_t best = 0xffff;
        for (const auto i : left) best = std::min(best, gateways[i].priority);
        std::uint64_t total = 0;
        for (const auto i : left)
            if (gateways[i].priority == best) total += gateways[i].weight;
        std::uint64_t draw = random.below(total + 1);
        const auto chosen = std::find_if(left.begin(), left.end(), [&](std::size_t i) {
            if (gateways[i].priority != best) return false;
            if (gateways[i].weight >= draw) return true;
            draw -= gateways[i].weight;
            return false;
        });
        order.push_back(*chosen);
        left.erase(chosen);
    }
    return order;
}

}  // namespace

Trunks::Trunks(const config::Config& config, NextHops& hops, journal::Sink& sink, RandomSource& random)
    : config_(config), hops_(hops), sink_(sink), random_(random) {
    states_.reserve(config.trunks.size());
    for (const auto& trunk : config.trunks) states_.emplace_back(trunk, random);
}

void Trunks::open(Timestamp now) {
    for (std::size_t i = 0; i < states_.size(); ++i) {
        for (std::size_t g = 0; g < states_[i].gateways.size(); ++g)
            states_[i].gateways[g].hop = hops_.watch(config_.trunks[i].gateways[g].uri, now);
        if (states_[i].registrar)
            states_[i].registrar->hop = hops_.watch(config_.trunks[i].registration->registrar, now);
    }
}

std::optional<OutboundRoute> Trunks::route_out(std::string_view number, std::optional<std::string> caller,
                                               std::optional<std::size_t> trunk, Timestamp now) {
    OutboundRoute wanted;
    wanted.caller = std::move(caller);
    if (trunk) {
        wanted.outside = number;
        wanted.trunks_left = {*trunk};
    } else {
        auto outside = outside_number(config_.outside, number);
        if (!outside) return std::nullopt;
        wanted.outside = std::move(outside->number);
        wanted.trunks_left.assign(outside->trunks.begin(), outside->trunks.end());
    }
    if (wanted.outside.empty()) return std::nullopt;
    return route_out_next(wanted, now);
}

std::optional<OutboundRoute> Trunks::route_out_next(const OutboundRoute& before, Timestamp now) {
    for (std::size_t i = 0; i < before.trunks_left.size(); ++i) {
        const std::size_t trunk = before.trunks_left[i];
        auto route = route_through(trunk, before.outside, before.caller, now);
        if (!route || over_limit(trunk, TrunkCall::out, now)) continue;
        route->outside = before.outside;
        route->caller = before.caller;
        route->trunks_left.assign(before.trunks_left.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                  before.trunks_left.end());
        return route;
    }
    return std::nullopt;
}

std::optional<OutboundRoute> Trunks::route_through(std::size_t index, std::string_view number,
                                                   const std::optional<std::string>& caller, Timestamp now) {
    const config::Trunk& trunk = config_.trunks[index];
    OutboundRoute route;
    route.trunk = index;
    std::optional<sip::Uri> gateway;
    const auto awake = [&](std::vector<sip::Flow> flows) {
        std::erase_if(flows, [&](const sip::Flow& flow) { return hops_.rests(flow, now); });
        return flows;
    };
    for (const std::size_t g : drawn(trunk.gateways, random_)) {
        const GatewayState& state = states_[index].gateways[g];
        if (!state.health.up()) continue;
        const auto flows = awake(hops_.flows(state.hop));
        if (!gateway && !flows.empty()) gateway = sip::parse_uri(trunk.gateways[g].uri);
        for (const auto& flow : flows)
            if (route.flows.size() < kFlowsMax &&
                std::find(route.flows.begin(), route.flows.end(), flow) == route.flows.end())
                route.flows.push_back(flow);
    }
    // The registrar's wish comes before ours (RFC 3608 §5): then its first route is where the request goes.
    if (const auto& registrar = states_[index].registrar; registrar && !registrar->machine.service_route().empty()) {
        if (!gateway) gateway = sip::parse_uri(trunk.registration->registrar);
        route.route_set = registrar->machine.service_route();
        route.flows = awake(service_flows(*registrar));
    }
    if (!gateway || route.flows.empty()) return std::nullopt;
    route.number = apply_rules(trunk.outbound, config::NumberRule::Of::dialled, number);
    if (route.number.empty()) return std::nullopt;
    route.credentials = trunk.credentials ? &*trunk.credentials : nullptr;
    std::string at = trunk.domain;
    if (at.empty()) at = host_of(*gateway) + (gateway->port != 0 ? ":" + std::to_string(gateway->port) : "");
    route.request_uri = std::string(gateway->scheme) + ":" + sip::escape_user(route.number) + "@" + at;
    route.to = "<" + route.request_uri + ">";
    identify(trunk, caller, route);
    return route;
}

std::vector<sip::Flow> Trunks::service_flows(const RegistrarState& registrar) const {
    auto flows = registrar.service_hop ? hops_.flows(*registrar.service_hop) : std::vector<sip::Flow>();
    if (flows.empty() && registrar.over) flows = {*registrar.over};
    return flows;
}

/// Who calls, in the words that the carrier wants.
void Trunks::identify(const config::Trunk& trunk, const std::optional<std::string>& caller,
                      OutboundRoute& route) const {
    const auto aor = trunk.registration ? sip::parse_uri(trunk.registration->aor) : std::nullopt;
    const std::string host = !trunk.domain.empty() ? trunk.domain : aor ? host_of(*aor) : config_.sip.domain;
    const std::string account = aor                 ? sip::unescape(aor->user)
                                : trunk.credentials ? trunk.credentials->user
                                                    : std::string();
    std::string shown = trunk.from_number;
    const bool withheld = shown.empty() && !caller;
    if (shown.empty() && caller) shown = apply_rules(trunk.outbound, config::NumberRule::Of::caller, *caller);
    if (shown.empty()) shown = account;
    const auto address = [&](const std::string& user) { return "<sip:" + sip::escape_user(user) + "@" + host + ">"; };
    if (shown.empty() || withheld)
        route.from = kAnonymousFrom;
    else
        route.from = address(trunk.asserted_identity && !account.empty() ? account : shown);
    if (trunk.asserted_identity && !shown.empty())
        sip::MessageWriter(route.header_lines).header("P-Asserted-Identity", address(shown));  // RFC 3325 §9.1
    if (withheld) sip::MessageWriter(route.header_lines).header("Privacy", "id");              // RFC 3325 §9.3
}

bool Trunks::over_limit(std::size_t index, TrunkCall direction, Timestamp now) {
    const config::Trunk& trunk = config_.trunks[index];
    TrunkState& state = states_[index];
    std::string_view limit;
    if (trunk.calls_max != 0 && state.calls_in + state.calls_out >= trunk.calls_max)
        limit = "calls_max";
    else if (!state.rate.take(now))
        limit = "calls_per_second";
    if (limit.empty()) return false;
    if (state.limited_at != Timestamp{} && now - state.limited_at < config_.sip.security_event_interval) {
        ++state.limited_since;
        return true;
    }
    sink_.append(now, "trunk.limited",
                 {{"trunk", trunk.name},
                  {"direction", direction == TrunkCall::in ? std::string_view("in") : std::string_view("out")},
                  {"limit", limit},
                  {"calls", static_cast<std::int64_t>(state.calls_in + state.calls_out)},
                  {"suppressed", std::exchange(state.limited_since, 0)}});
    state.limited_at = now;
    return true;
}

void Trunks::call_began(std::size_t trunk, TrunkCall direction) {
    ++(direction == TrunkCall::in ? states_[trunk].calls_in : states_[trunk].calls_out);
}

void Trunks::call_ended(std::size_t trunk, TrunkCall direction) {
    --(direction == TrunkCall::in ? states_[trunk].calls_in : states_[trunk].calls_out);
}

}  // namespace centrala::calls
