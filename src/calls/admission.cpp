// Who may call: a configured trunk, or an agent who proves to be one. Strangers got no further than the gate.
#include "server_impl.hpp"

namespace centrala::calls {

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

/// The agent whom the request claims to come from, if it proves it. Nobody (`claimed` is null) is challenged like
/// somebody.
const config::Agent* Server::Impl::authenticate_agent(const sip::Message& request, const sip::Flow& flow,
                                                      const config::Agent* claimed, Timestamp now,
                                                      std::string& challenge) {
    // Behind an edge proxy an address is everybody's, and trusted for nobody.
    if (claimed && !is_edge_proxy(flow.remote.address) &&
        dial_plan_.trusted_phone(core_.plan().agents[index(claimed->id)].name, flow.remote.address))
        return claimed;
    const bool proved = authenticate(request, flow, claimed ? &claimed->secret : nullptr, now, challenge);
    return proved ? claimed : nullptr;
}

/// By digest. `secret` is null if there is no such user. False: `challenge` is to be the answer.
bool Server::Impl::authenticate(const sip::Message& request, const sip::Flow& flow, const sip::DigestSecret* secret,
                                Timestamp now, std::string& challenge) {
    const auto verdict = digest_.verify(
        request, false,
        [&](std::string_view user) { return secret && !user.empty() && user == secret->user ? secret : nullptr; }, now);
    note_proof(verdict, request, flow, secret != nullptr, now);
    if (verdict.kind == sip::DigestVerdict::Kind::accepted) return true;
    challenge = digest_.challenge(false, verdict.kind == sip::DigestVerdict::Kind::stale, now);
    return false;
}

void Server::Impl::on(const sip::ua::Invited& event, Timestamp now) {
    const config::Trunk* trunk = dial_plan_.trunk(event.flow.remote.address);
    const config::Agent* claimed = dial_plan_.agent(sip::unescape(event.invite->from().uri.user));
    const std::string number = number_of(event.invite->request_uri());
    std::string challenge;
    // An agent's name in From makes a trunk's call an agent's only if it comes from that agent's phone, or asks for
    // something that only agents may do: a trunk may carry any From.
    if (!trunk || (claimed && (is_feature_code(number) || calling_agent(*event.invite, event.flow)))) {
        const config::Agent* agent = authenticate_agent(*event.invite, event.flow, claimed, now, challenge);
        if (!agent) return ua_.refuse(event.session, 401, challenge, now);
        if (event.invite->find(sip::HeaderId::replaces)) return replace_dialog(event, agent, now);
        if (is_feature_code(number)) return run_feature_code(event, *agent, number, now);
        if (place_call(event, *agent, number, now)) return;
        return admit(event, nullptr, agent, now);
    }
    if (trunk->digest && !authenticate(*event.invite, event.flow, &*trunk->digest, now, challenge))
        return ua_.refuse(event.session, 401, challenge, now);
    if (event.invite->find(sip::HeaderId::replaces)) return replace_dialog(event, nullptr, now);
    admit(event, trunk, nullptr, now);
}

}  // namespace centrala::calls
