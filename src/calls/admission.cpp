// Who may call: a configured trunk, or an agent who proves to be one. Everybody else is a stranger.
#include <algorithm>

#include "centrala/sip/retry_after.hpp"
#include "server_impl.hpp"

namespace centrala::calls {

bool Server::Impl::is_edge_proxy(const IpAddress& address) const {
    return std::any_of(config_.registration.edge_proxies.begin(), config_.registration.edge_proxies.end(),
                       [&](const Subnet& subnet) { return subnet.contains(address); });
}

/// Whose phone a request claims to come from, and may: many phones share an address behind a NAT or an edge proxy, so
/// it proves nothing by itself.
const config::Agent* Server::Impl::calling_agent(const sip::Message& request, const sip::Flow& flow) const {
    const std::string name = sip::unescape(request.from().uri.user);
    const config::Agent* agent = dial_plan_.agent(name);
    if (!agent) return nullptr;
    for (const auto& binding : registrar_.bindings(name))
        if (binding.flow.remote.address == flow.remote.address &&
            (binding.flow.remote.port == flow.remote.port ||
             (flow.connection != 0 && binding.flow.connection == flow.connection)))
            return agent;
    return is_edge_proxy(flow.remote.address) ? nullptr : dial_plan_.trusted_phone(name, flow.remote.address);
}

const config::Agent* Server::Impl::authenticate_agent(const sip::Message& request, const sip::Flow& flow,
                                                      const config::Agent& claimed, Timestamp now,
                                                      std::string& challenge) {
    const std::string& name = core_.plan().agents[index(claimed.id)].name;
    // Behind an edge proxy an address is everybody's, and trusted for nobody.
    if (!is_edge_proxy(flow.remote.address) && dial_plan_.trusted_phone(name, flow.remote.address)) return &claimed;
    const auto verdict = digest_.verify(
        request, false,
        [&](std::string_view user) { return user == claimed.secret.user && !user.empty() ? &claimed.secret : nullptr; },
        now);
    if (verdict.kind == sip::DigestVerdict::Kind::accepted) return &claimed;
    if (verdict.kind == sip::DigestVerdict::Kind::wrong)
        security_.report("security.auth_failed", flow, request.method_name(), verdict.user, "wrong_credentials", now);
    challenge = digest_.challenge(false, verdict.kind == sip::DigestVerdict::Kind::stale, now);
    return nullptr;
}

bool Server::Impl::authenticate_trunk(const config::Trunk& trunk, const sip::Message& request, const sip::Flow& flow,
                                      Timestamp now, std::string& challenge) {
    if (!trunk.digest) return true;
    const auto verdict = digest_.verify(
        request, false, [&](std::string_view user) { return user == trunk.digest->user ? &*trunk.digest : nullptr; },
        now);
    if (verdict.kind == sip::DigestVerdict::Kind::accepted) return true;
    if (verdict.kind == sip::DigestVerdict::Kind::wrong)
        security_.report("security.auth_failed", flow, request.method_name(), verdict.user, "wrong_credentials", now);
    challenge = digest_.challenge(false, verdict.kind == sip::DigestVerdict::Kind::stale, now);
    return false;
}

void Server::Impl::on(const sip::ua::Invited& event, Timestamp now) {
    if (!invite_rate_.take(now)) {
        ++stats_.floods;
        security_.report("security.flood", event.flow, "INVITE", event.invite->from().uri.user, "invites_per_second",
                         now);
        return ua_.refuse(event.session, 503, sip::kRetryAfter, now);
    }
    const config::Trunk* trunk = dial_plan_.trunk(event.flow.remote.address);
    const config::Agent* claimed = dial_plan_.agent(sip::unescape(event.invite->from().uri.user));
    const std::string number = number_of(event.invite->request_uri());
    std::string challenge;
    // An agent's name in From makes a trunk's call an agent's only if it comes from that agent's phone, or asks for
    // something that only agents may do: a trunk may carry any From.
    if (claimed && (!trunk || is_feature_code(number) || calling_agent(*event.invite, event.flow))) {
        const config::Agent* agent = authenticate_agent(*event.invite, event.flow, *claimed, now, challenge);
        if (!agent) return ua_.refuse(event.session, 401, challenge, now);
        if (event.invite->find(sip::HeaderId::replaces)) return replace_dialog(event, agent, now);
        if (is_feature_code(number)) return run_feature_code(event, *agent, number, now);
        if (place_call(event, *agent, number, now)) return;
        return admit(event, nullptr, agent, now);
    }
    if (!trunk) return refuse_stranger(event, now);
    if (!authenticate_trunk(*trunk, *event.invite, event.flow, now, challenge))
        return ua_.refuse(event.session, 401, challenge, now);
    if (event.invite->find(sip::HeaderId::replaces)) return replace_dialog(event, nullptr, now);
    admit(event, trunk, nullptr, now);
}

void Server::Impl::refuse_stranger(const sip::ua::Invited& event, Timestamp now) {
    ++stats_.strangers;
    security_.report("security.refused", event.flow, "INVITE", event.invite->from().uri.user, "stranger", now);
    ua_.refuse(event.session, 403, {}, now);
}

/// Silence must fall before the transaction layer says 100 Trying.
bool Server::Impl::is_silenced(std::span<char> bytes, const sip::Flow& from, Timestamp now) {
    if (dial_plan_.trunk(from.remote.address)) return false;
    const auto parsed = sip::parse(bytes, silenced_);
    if (parsed.verdict == sip::Verdict::refused) return true;
    if (parsed.verdict != sip::Verdict::complete || !silenced_.is_request()) return false;
    switch (silenced_.method()) {
        case sip::Method::register_:
        case sip::Method::ack:
        case sip::Method::cancel: return false;
        case sip::Method::options:  // an edge proxy asks whether we live
            if (is_edge_proxy(from.remote.address)) return false;
            break;
        default: break;
    }
    if (!silenced_.to().tag().empty()) return false;                               // in a dialog, or answered 481
    if (dial_plan_.agent(sip::unescape(silenced_.from().uri.user))) return false;  // will be challenged
    ++stats_.strangers;
    security_.report("security.refused", from, silenced_.method_name(), silenced_.from().uri.user, "stranger", now);
    return true;
}

}  // namespace centrala::calls
