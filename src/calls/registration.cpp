// REGISTER from agents' phones: authenticate, bind, tell routing (RFC 3261 §10.3).
#include "server_impl.hpp"

namespace centrala::calls {

void Server::Impl::register_phone(const sip::ua::Requested& event, Timestamp now) {
    const sip::Message& request = *event.request;
    const auto respond = [&](int status, std::string_view lines) {
        ua_.respond(event.tx, sip::plain_response(status, lines), now);
    };
    if (!request.to().uri.is_sip()) return respond(400, {});
    const std::string name = sip::unescape(request.to().uri.user);
    const config::Agent* agent = dial_plan_.agent(name);
    // Unknown names are challenged like known ones, so that nobody learns which exist.
    std::string challenge;
    if (!authenticate(request, event.flow, agent ? &agent->secret : nullptr, now, challenge))
        return respond(401, challenge);
    const auto outcome = registrar_.process(name, request, event.flow, now, is_edge_proxy(event.flow.remote.address));
    respond(outcome.status, outcome.header_lines);
    using Change = registrar::Outcome::Change;
    if (outcome.change == Change::unregistered) return agents_unregistered({name}, "unregistered", now);
    if (outcome.change == Change::none) return;
    for (const auto& binding : registrar_.bindings(name)) learn_path(binding, now);
    if (outcome.change == Change::registered) {
        const std::string source = event.flow.remote.to_string();
        const auto bindings = registrar_.bindings(name);
        sink_.append(
            now, "registrar.registered",
            {{"agent", name},
             {"contact_uri", bindings.empty() ? std::string_view() : std::string_view(bindings.front().contact)},
             {"source", source},
             {"transport", sip::transport_name(event.flow.transport)},
             {"user_agent", request.find(sip::HeaderId::user_agent).value_or("")}});
    }
    if (!returning_.empty()) phone_returned(agent->id, event.flow, now);
    // A refresh, too, proves that the phone lives.
    if (core_.state().agents[index(agent->id)].facts.device != routing::Device::registered)
        feed(routing::input::DeviceChanges{agent->id, routing::Device::registered}, now);
}

/// Where its proxy is, if Path gives that a name (RFC 3327 §5.3).
void Server::Impl::learn_path(const registrar::Binding& binding, Timestamp now) {
    const auto first = binding.path.empty() ? std::nullopt : sip::parse_name_addr(binding.path.front());
    if (first) hops_.learn(first->uri, now);
}

void Server::Impl::agents_unregistered(const std::vector<std::string>& names, std::string_view cause, Timestamp now) {
    for (const auto& name : names) {
        const config::Agent* agent = dial_plan_.agent(name);
        if (!agent) continue;
        sink_.append(now, "registrar.unregistered", {{"agent", name}, {"cause", cause}});
        notifier_.dismiss(presence::WatcherId{static_cast<std::uint32_t>(index(agent->id))}, now);
        if (!agent->contact) feed(routing::input::DeviceChanges{agent->id, routing::Device::unregistered}, now);
    }
}

}  // namespace centrala::calls
