// Trunks' gateways and registrars: found by DNS, asked by OPTIONS whether they live, registered with (RFC 3261 §10.2).
#include <algorithm>

#include "server_impl.hpp"

namespace centrala::calls {
namespace {

constexpr Duration kLookAgain = 2s;          // after a check that spoke against what was held before
constexpr std::size_t kServiceHopsMax = 16;  // hosts that a registrar may make us look up

std::string_view word(TrunkRegistration::State state) {
    switch (state) {
        case TrunkRegistration::State::trying: return "trying";
        case TrunkRegistration::State::registered: return "registered";
        case TrunkRegistration::State::failed: return "failed";
        case TrunkRegistration::State::ending: return "ending";
        case TrunkRegistration::State::unregistered: break;
    }
    return "unregistered";
}

}  // namespace

void Server::Impl::open_trunks(Timestamp now) {
    trunks_.open(now);
    watch_fixed_phones(now);
    for (std::size_t i = 0; i < trunks_.size(); ++i) {
        if (config_.trunks[i].health.interval > Duration{})
            for (std::size_t g = 0; g < trunks_[i].gateways.size(); ++g)
                trunks_[i].gateways[g].timer = timers_.schedule(now, GatewayTimer{i, g});
        if (trunks_[i].registrar) trunks_[i].registrar->timer = timers_.schedule(now, RegistrationTimer{i});
    }
    hops_changed(now);
}

void Server::Impl::watch_fixed_phones(Timestamp now) {
    for (const auto& agent : config_.agents)
        if (const auto uri = agent.contact ? sip::parse_uri(*agent.contact) : std::nullopt;
            uri && !IpAddress::parse(uri->host))
            hops_.watch(server_uri(*uri), now);
}

void Server::Impl::hops_changed(Timestamp now) {
    gateways_.clear();
    fixed_phones_.clear();
    for (const auto& agent : config_.agents) {
        const auto uri = agent.contact ? sip::parse_uri(*agent.contact) : std::nullopt;
        if (const auto flow = uri ? flow_to(*uri) : std::nullopt) fixed_phones_.insert(flow->remote.address);
    }
    for (std::size_t i = 0; i < trunks_.size(); ++i) {
        TrunkState& trunk = trunks_[i];
        std::vector<IpAddress> addresses;
        const auto add = [&](HopId hop) {
            const auto& more = hops_.addresses(hop);
            addresses.insert(addresses.end(), more.begin(), more.end());
        };
        for (const auto& gateway : trunk.gateways) add(gateway.hop);
        if (trunk.registrar) add(trunk.registrar->hop);
        gateways_.insert(addresses.begin(), addresses.end());
        if (config_.trunks[i].trust_gateways) dial_plan_.trust(i, std::move(addresses));
        // What was only waiting to learn where to go.
        if (trunk.registrar && trunk.registrar->timer == TimerId::none) drive_registration(i, now);
    }
}

// ---- OPTIONS

void Server::Impl::fire(const GatewayTimer& timer, Timestamp now) {
    GatewayState& gateway = trunks_[timer.trunk].gateways[timer.gateway];
    gateway.timer = TimerId::none;
    if (!gateway.probe) return check_gateway(timer.trunk, timer.gateway, now);
    trunk_requests_.erase(*gateway.probe);  // its answer, should it still come, is too late
    gateway_answered(timer.trunk, timer.gateway, nullptr, now);
}

void Server::Impl::check_gateway(std::size_t trunk, std::size_t index, Timestamp now) {
    GatewayState& gateway = trunks_[trunk].gateways[index];
    gateway.untried = hops_.flows(gateway.hop);
    if (!gateway.untried.empty()) return ask_gateway(trunk, index, now);
    if (!hops_.pending(gateway.hop)) return gateway_checked(trunk, index, false, "not_found", now);
    gateway.timer = timers_.schedule(now + kLookAgain, GatewayTimer{trunk, index});
}

void Server::Impl::ask_gateway(std::size_t trunk, std::size_t index, Timestamp now) {
    GatewayState& gateway = trunks_[trunk].gateways[index];
    const std::string& uri = config_.trunks[trunk].gateways[index].uri;
    std::string lines;
    sip::MessageWriter(lines)
        .header("Max-Forwards", 70)
        .header("From", "<sip:acd@", config_.sip.domain, ">;tag=", random_.token(8))
        .header("To", "<", uri, ">")
        .header("Call-ID", random_.token(16))
        .header("CSeq", "1 OPTIONS")
        .header("Accept", "application/sdp");
    gateway.probe = ua_.send_request({sip::Method::options, uri, lines, {}, {}}, gateway.untried.front(), now);
    if (gateway.probe) trunk_requests_[*gateway.probe] = {trunk, index};
    const Duration wait = gateway.probe ? config_.trunks[trunk].health.timeout : kLookAgain;
    gateway.timer = timers_.schedule(now + wait, GatewayTimer{trunk, index});
}

void Server::Impl::gateway_answered(std::size_t trunk, std::size_t index, const sip::Message* response, Timestamp now) {
    GatewayState& gateway = trunks_[trunk].gateways[index];
    timers_.cancel(gateway.timer);
    gateway.probe.reset();
    const bool alive = response && response->status() != 503;
    if (!alive && gateway.untried.size() > 1) {  // a host with several addresses lives if one of them does
        gateway.untried.erase(gateway.untried.begin());
        return ask_gateway(trunk, index, now);
    }
    gateway_checked(trunk, index, alive, alive ? "answered" : response ? "unavailable" : "no_answer", now);
}

void Server::Impl::gateway_checked(std::size_t trunk, std::size_t index, bool alive, std::string_view cause,
                                   Timestamp now) {
    GatewayState& gateway = trunks_[trunk].gateways[index];
    gateway.untried.clear();
    const config::Trunk& config = config_.trunks[trunk];
    const auto change = gateway.health.observed(alive);
    if (change != GatewayHealth::Change::none)
        sink_.append(now, change == GatewayHealth::Change::up ? "trunk.gateway_up" : "trunk.gateway_down",
                     {{"trunk", config.name}, {"gateway", config.gateways[index].uri}, {"cause", cause}});
    const Duration wait =
        gateway.health.doubtful() ? std::min(kLookAgain, config.health.interval) : config.health.interval;
    gateway.timer = timers_.schedule(now + wait, GatewayTimer{trunk, index});
}

// ---- REGISTER

void Server::Impl::fire(const RegistrationTimer& timer, Timestamp now) {
    trunks_[timer.trunk].registrar->timer = TimerId::none;
    drive_registration(timer.trunk, now);
}

/// Sends what is due and sets the timer for what will be.
void Server::Impl::drive_registration(std::size_t trunk, Timestamp now) {
    RegistrarState& registrar = *trunks_[trunk].registrar;
    timers_.cancel(registrar.timer);
    note_registration(trunk, registrar.machine.expire(now), now);
    auto deadline = registrar.machine.deadline();
    if (!registrar.request && deadline && *deadline <= now) {
        if (registrar.untried.empty()) {
            registrar.untried = hops_.flows(registrar.hop);
            // Where it worked before it is most likely to work again.
            const auto last = registrar.over
                                  ? std::find(registrar.untried.begin(), registrar.untried.end(), *registrar.over)
                                  : registrar.untried.end();
            if (last != registrar.untried.end()) std::rotate(registrar.untried.begin(), last, last + 1);
        }
        if (!registrar.untried.empty()) {
            if (const auto request = registrar.machine.due(registrar.untried.front(), now)) {
                registrar.request =
                    ua_.send_request({sip::Method::register_, request->uri, request->header_lines, {}, {}},
                                     registrar.untried.front(), now);
                if (!registrar.request) return registrar_answered(trunk, nullptr, now);
                trunk_requests_[*registrar.request] = {trunk, std::nullopt};
            }
        } else if (hops_.pending(registrar.hop)) {
            return;  // hops_changed() comes back
        } else {
            note_registration(trunk, registrar.machine.unreachable(now), now);
        }
        deadline = registrar.machine.deadline();
    }
    if (deadline) registrar.timer = timers_.schedule(std::max(*deadline, now), RegistrationTimer{trunk});
}

void Server::Impl::registrar_answered(std::size_t trunk, const sip::Message* response, Timestamp now) {
    RegistrarState& registrar = *trunks_[trunk].registrar;
    registrar.request.reset();
    const int status = response ? response->status() : 0;
    const sip::Flow over = registrar.untried.empty() ? sip::Flow{} : registrar.untried.front();
    const auto change = registrar.machine.answered(response, registrar.untried.size() > 1, now);
    const bool again = registrar.machine.deadline() == std::optional(now);  // a challenge, 423, or the next target
    if (status / 100 == 2) {
        registrar.over = over;
        registrar.service_hop.reset();
        const auto& route = registrar.machine.service_route();
        const auto first = route.empty() ? std::nullopt : sip::parse_name_addr(route.front());
        if (first) {
            const std::string uri = server_uri(first->uri);
            registrar.service_hop = hops_.find(uri);
            if (!registrar.service_hop && registrar.service_hops++ < kServiceHopsMax)
                registrar.service_hop = hops_.watch(uri, now);
        }
    }
    if (!again)
        registrar.untried.clear();
    else if (status == 0 || status == 503)
        registrar.untried.erase(registrar.untried.begin());
    note_registration(trunk, change, now);
    drive_registration(trunk, now);
}

void Server::Impl::note_registration(std::size_t trunk, const TrunkRegistration::Change& change, Timestamp now) {
    using Kind = TrunkRegistration::Change::Kind;
    const config::Trunk& config = config_.trunks[trunk];
    const std::string_view registrar = config.registration->registrar;
    if (change.kind == Kind::registered)
        sink_.append(now, "trunk.registered",
                     {{"trunk", config.name},
                      {"registrar", registrar},
                      {"target", trunks_[trunk].registrar->over->remote.to_string()},
                      {"expires_s", to_ms(change.time) / 1'000}});
    if (change.kind == Kind::failed)
        sink_.append(now, "trunk.registration_failed",
                     {{"trunk", config.name},
                      {"registrar", registrar},
                      {"cause", change.cause},
                      {"sip_code", static_cast<std::int64_t>(change.status)},
                      {"retry_ms", to_ms(change.time)}});
    if (change.kind == Kind::unregistered)
        sink_.append(now, "trunk.unregistered", {{"trunk", config.name}, {"cause", change.cause}});
}

void Server::Impl::end_registrations(Timestamp now) {
    for (std::size_t i = 0; i < trunks_.size(); ++i) {
        if (!trunks_[i].registrar) continue;
        RegistrarState& registrar = *trunks_[i].registrar;
        if (registrar.request) trunk_requests_.erase(*registrar.request);
        registrar.request.reset();
        registrar.untried.clear();
        registrar.machine.end(now);
        drive_registration(i, now);
    }
}

bool Server::Impl::registrations_ending() const {
    for (std::size_t i = 0; i < trunks_.size(); ++i)
        if (trunks_[i].registrar && trunks_[i].registrar->machine.state() == TrunkRegistration::State::ending)
            return true;
    return false;
}

// ---- calls

/// A trunk's calls go on where its Route and Contact lead: behind a balancer that is not where the INVITE came from.
void Server::Impl::follow_route(sip::SessionId session, Timestamp now) {
    ua_.follow_route(session);
    learn_next_hop(session, now);
}

/// Looked up by the time that something is to be sent there.
void Server::Impl::learn_next_hop(sip::SessionId session, Timestamp now) {
    if (const auto uri = sip::parse_uri(ua_.next_hop(session))) hops_.learn(*uri, now);
}

// ---- the connections that registrations went over

bool Server::Impl::registered_over(const sip::Flow& connection) const {
    for (std::size_t i = 0; i < trunks_.size(); ++i) {
        const auto& registrar = trunks_[i].registrar;
        if (registrar && registrar->over && registrar->over->transport == connection.transport &&
            registrar->over->remote == connection.remote && registrar->over->domain == connection.domain)
            return true;
    }
    return false;
}

/// A connection is gone. The carrier may send calls only over the one that we registered by (RFC 5626 §4.4).
void Server::Impl::registrations_lost(sip::Transport transport, const Endpoint& remote, Timestamp now) {
    for (std::size_t i = 0; i < trunks_.size(); ++i) {
        auto& registrar = trunks_[i].registrar;
        if (!registrar || !registrar->over || registrar->over->transport != transport ||
            registrar->over->remote != remote)
            continue;
        registrar->machine.connection_lost(now);
        drive_registration(i, now);
    }
}

bool Server::Impl::trunk_answered(const sip::ua::Answered& event, Timestamp now) {
    const auto found = trunk_requests_.find(event.tx);
    if (found == trunk_requests_.end()) return false;
    const TrunkRequest request = found->second;
    trunk_requests_.erase(found);
    if (request.gateway)
        gateway_answered(request.trunk, *request.gateway, event.response, now);
    else
        registrar_answered(request.trunk, event.response, now);
    return true;
}

std::vector<TrunkView> Server::trunks(Timestamp now) const {
    std::vector<TrunkView> views;
    for (std::size_t i = 0; i < impl_->trunks_.size(); ++i) {
        const config::Trunk& config = impl_->config_.trunks[i];
        const TrunkState& state = impl_->trunks_[i];
        TrunkView view;
        view.name = config.name;
        view.calls_in = state.calls_in;
        view.calls_out = state.calls_out;
        if (state.registrar) {
            view.registration = word(state.registrar->machine.state());
            view.registration_status = state.registrar->machine.last_status();
            if (const auto until = state.registrar->machine.registered_until(); until && *until > now)
                view.registered_for = *until - now;
        }
        for (std::size_t g = 0; g < state.gateways.size(); ++g) {
            GatewayView gateway{
                config.gateways[g].uri, state.gateways[g].health.up(), config.health.interval > Duration{}, {}};
            for (const auto& address : impl_->hops_.addresses(state.gateways[g].hop))
                gateway.addresses.push_back(address.to_string());
            view.gateways.push_back(std::move(gateway));
        }
        views.push_back(std::move(view));
    }
    return views;
}

}  // namespace centrala::calls
