// An offer on the agent's phones: ring, answer, refuse, be unreachable; and the probing of phones that were.
#include <algorithm>

#include "offer_outcome.hpp"
#include "server_impl.hpp"

namespace centrala::calls {
namespace {

/// A phone that failed may just have restarted: look soon for the first time.
constexpr Duration kFirstProbe = 2s;
constexpr std::size_t kRingingNamed = 3;  ///< of those at whom a call rings

/// The From of who doesn't say who it is (RFC 3323 §4.1.1.3).
constexpr std::string_view kAnonymousUri = "sip:anonymous@anonymous.invalid";

/// One flow of each outbound phone is enough, the others wait for it to fail.
bool is_tried(const Offer& offer, const std::string& instance, std::uint32_t reg_id) {
    return reg_id != 0 && std::any_of(offer.tried.begin(), offer.tried.end(),
                                      [&](const auto& flow) { return flow.first == instance; });
}

}  // namespace

std::string quoted(std::string_view prefix, std::string_view name) {
    std::string out = "\"";
    for (const std::string_view part : {prefix, name})
        for (const char c : part) {
            if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) continue;
            if (c == '"' || c == '\\') out += '\\';
            out += c;
        }
    return out += '"';
}

// A phone that our CANCEL doesn't reach stops by itself (RFC 3261 §13.3.1); a second later, so that where it does reach
// the phone, it is what ends the ringing.
std::int64_t phone_rings_at_most(Duration ours) {
    return (std::chrono::ceil<std::chrono::seconds>(ours) + 1s).count();
}

std::vector<sip::Flow> Server::Impl::flows_to(const sip::Uri& uri) const {
    const auto transport = sip::transport_of(uri);
    if (!transport || sip::is_websocket(*transport)) return {};
    if (const auto address = IpAddress::parse(uri.host)) {
        const auto flow =
            hops_.flow({*transport, {*address, uri.port != 0 ? uri.port : sip::default_port(*transport)}});
        return flow ? std::vector{*flow} : std::vector<sip::Flow>();
    }
    const auto hop = hops_.find(server_uri(uri));
    return hop ? hops_.flows(*hop) : std::vector<sip::Flow>();
}

std::optional<sip::Flow> Server::Impl::flow_to(const sip::Uri& uri) const {
    const auto flows = flows_to(uri);
    return flows.empty() ? std::nullopt : std::optional(flows.front());
}

Offer* Server::Impl::offer_over(Call& call, sip::SessionId session) {
    const auto has = [&](const Offer& offer) {
        return std::any_of(offer.legs.begin(), offer.legs.end(), [&](auto& leg) { return leg.sip == session; });
    };
    const auto found = std::find_if(call.offers.begin(), call.offers.end(), has);
    return found == call.offers.end() ? nullptr : &*found;
}

std::string Server::Impl::ringing_at(const Call& call) const {
    std::string names;
    for (std::size_t i = 0; i < std::min(call.offers.size(), kRingingNamed); ++i) {
        if (i > 0) names += ", ";
        names += core_.plan().agents[index(call.offers[i].agent)].name;
    }
    if (call.offers.size() > kRingingNamed) names += " +" + std::to_string(call.offers.size() - kRingingNamed);
    return names;
}

void Server::Impl::ring_next_bindings(Call& call, Offer& offer, Timestamp now) {
    const config::Agent& agent = config_.agents[index(offer.agent)];
    if (agent.contact) {
        const auto phone = fixed_phone(*agent.contact);
        if (offer.last_q > 0 && phone) {
            offer.last_q = 0;
            if (invite_phone(call, offer, *phone, now)) return;
        }
    } else {
        // Parallel among equals, then the next lower q (RFC 3261 §16.6).
        const auto bindings = registrar_.bindings(core_.plan().agents[index(offer.agent)].name);
        while (offer.legs.empty()) {
            int q = -1;
            for (const auto& binding : bindings)
                if (binding.q < offer.last_q) q = std::max<int>(q, binding.q);
            if (q < 0) break;
            offer.last_q = q;
            for (const auto& binding : bindings)
                if (binding.q == q && !is_tried(offer, binding.instance, binding.reg_id))
                    invite_phone(call, offer, target_of(binding), now);
        }
        if (!offer.legs.empty()) return;
    }
    feed(routing::input::OfferFailed{offer.id, offer.worst.value_or(routing::Outcome::unreachable), offer.worst_status},
         now);
}

std::optional<PhoneTarget> Server::Impl::fixed_phone(const std::string& contact) const {
    const auto uri = sip::parse_uri(contact);
    auto flows = uri ? flows_to(*uri) : std::vector<sip::Flow>();
    if (flows.empty()) return std::nullopt;
    PhoneTarget target;
    target.uri = contact;
    target.flow = flows.front();
    target.alternatives.assign(flows.begin() + 1, flows.end());
    return target;
}

PhoneTarget Server::Impl::target_of(const registrar::Binding& binding) const {
    PhoneTarget target{binding.contact, binding.flow, {}, binding.path, {}, binding.reg_id};
    if (binding.reg_id != 0) target.instance = binding.instance;
    if (binding.path.empty()) return target;
    // To the proxy that Path names; over the connection that it keeps to us, if that is the one.
    const auto hop = sip::parse_name_addr(binding.path.front());
    const auto flows = hop ? flows_to(hop->uri) : std::vector<sip::Flow>();
    const bool connected = std::any_of(flows.begin(), flows.end(), [&](const sip::Flow& flow) {
        return flow.remote.address == binding.flow.remote.address && flow.transport == binding.flow.transport &&
               binding.flow.connection != 0;
    });
    if (flows.empty() || connected) return target;
    target.flow = flows.front();
    target.alternatives.assign(flows.begin() + 1, flows.end());
    return target;
}

/// RFC 5626 §7: one flow of a phone after the other, never two at once. Only if nobody was alerted over the first.
bool Server::Impl::try_other_flow(Call& call, Offer& offer, const AgentLeg& failed, Timestamp now) {
    if (failed.instance.empty() || failed.rang) return false;
    for (const auto& binding : registrar_.bindings(core_.plan().agents[index(offer.agent)].name)) {
        if (binding.reg_id == 0 || binding.instance != failed.instance) continue;
        const auto& tried = offer.tried;
        if (std::find(tried.begin(), tried.end(), std::pair(binding.instance, binding.reg_id)) != tried.end()) continue;
        return invite_phone(call, offer, target_of(binding), now);
    }
    return false;
}

bool Server::Impl::invite_phone(const Call& call, Offer& offer, const PhoneTarget& target, Timestamp now) {
    const sip::Flow& flow = target.flow;
    if (!target.instance.empty()) offer.tried.emplace_back(target.instance, target.reg_id);
    AgentLeg leg;
    if (!open_media(leg.media, flow.local.address)) {
        ports_exhausted(now);
        return false;
    }
    const auto& queue = core_.plan().queues[index(call.queue)];
    const std::string& agent = core_.plan().agents[index(offer.agent)].name;
    const std::string contact = journal::to_text(call.contact);
    const std::string& prefix = config_.queues[index(call.queue)].caller_prefix;
    const bool known = !call.withheld && !call.caller_number.empty();
    const std::string uri =
        known ? "sip:" + sip::escape_user(call.caller_number) + "@" + config_.sip.domain : std::string(kAnonymousUri);
    const std::string from =
        quoted(prefix, call.withheld              ? std::string_view("Anonymous")
                       : call.caller_name.empty() ? std::string_view(known ? call.caller_number : "Anonymous")
                                                  : std::string_view(call.caller_name)) +
        " <" + uri + ">";
    const std::string to = "<sip:" + sip::escape_user(agent) + "@" + config_.sip.domain + ">";
    std::string lines;
    sip::MessageWriter(lines)
        .header("Expires", phone_rings_at_most(core_.state().find(offer.id)->ring_until - now))
        .header("X-Centrala-Contact", contact)
        .header("X-Centrala-Queue", queue.name)
        .header("X-Centrala-Dialled", call.dialled);
    if (config_.sip.assert_identity && known) sip::MessageWriter(lines).header("P-Asserted-Identity", "<", uri, ">");
    if (call.withheld) sip::MessageWriter(lines).header("Privacy", "id");
    const std::string offer_sdp = sdp::write_offer(leg.media.local);
    const auto session =
        ua_.invite({target.uri, from, to, lines, offer_sdp, target.route, nullptr, target.alternatives}, flow, now);
    if (!session) {
        close_media(leg.media);
        return false;
    }
    leg.sip = *session;
    leg.connection = flow.connection;
    leg.instance = target.instance;
    if (leg.connection != 0) ringing_over_.emplace(leg.connection, leg.sip);
    sessions_[leg.sip] = AgentRef{call.contact};
    media_sessions_[leg.media.session] = leg.sip;
    sink_.append(now, "leg.invited",
                 {{"contact", contact},
                  {"offer", journal::to_text(offer.id)},
                  {"agent", agent},
                  {"call_id", ua_.call_id(leg.sip)},
                  {"target", target.uri}});
    offer.legs.push_back(leg);
    return true;
}

void Server::Impl::agent_rings(routing::ContactId contact, sip::SessionId session, Timestamp now) {
    Call* call = find_call(contact);
    Offer* offer = call ? offer_over(*call, session) : nullptr;
    if (!offer) return;
    for (AgentLeg& leg : offer->legs)
        if (leg.sip == session) leg.rang = true;
    if (std::exchange(offer->rang, true)) return;
    feed(routing::input::OfferRings{offer->id}, now);
}

void Server::Impl::agent_answers(routing::ContactId contact, const sip::ua::Accepted& event, Timestamp now) {
    Call* call = find_call(contact);
    Offer* offer = call ? offer_over(*call, event.session) : nullptr;
    if (!offer) {
        sessions_.erase(event.session);
        return ua_.hang_up(event.session, {}, now);
    }
    const auto leg =
        std::find_if(offer->legs.begin(), offer->legs.end(), [&](const AgentLeg& l) { return l.sip == event.session; });
    if (!take_answer(leg->media, event.sdp)) {
        // It picked up and we can't talk to it: the phone's fault, not the person's.
        ua_.hang_up(event.session, "Reason: SIP;cause=488;text=\"Unusable answer\"\r\n", now);
        return leg_failed(*call, event.session, routing::Outcome::unreachable, 488, now);
    }
    offer->answered = event.session;
    feed(routing::input::OfferAccepted{offer->id}, now);
    // A deadline may have gone first: then the offer has ended, and with it this leg.
}

void Server::Impl::agent_refuses(routing::ContactId contact, sip::SessionId session, int status, Timestamp now) {
    Call* call = find_call(contact);
    const Offer* offer = call ? offer_over(*call, session) : nullptr;
    if (!offer) {
        sessions_.erase(session);
        return;
    }
    PhoneFacts phone;
    for (const AgentLeg& leg : offer->legs)
        if (leg.sip == session) phone.rang = leg.rang;
    phone.in_other_use = other_calls_[index(offer->agent)] != 0;
    leg_failed(*call, session, outcome_of(status, phone), status, now);
}

void Server::Impl::leg_failed(Call& call, sip::SessionId session, routing::Outcome outcome, int status, Timestamp now) {
    sessions_.erase(session);
    Offer& offer = *offer_over(call, session);
    AgentLeg failed;
    for (AgentLeg& leg : offer.legs)
        if (leg.sip == session) {
            forget_ringing(leg);
            close_media(leg.media);
            failed = leg;
        }
    std::erase_if(offer.legs, [&](const AgentLeg& leg) { return leg.sip == session; });
    if (outcome == routing::Outcome::unreachable && status < 600 && try_other_flow(call, offer, failed, now)) return;
    const auto before = offer.worst;
    offer.worst = before ? worse(*before, outcome) : outcome;
    if (!before || *offer.worst != *before) offer.worst_status = status;
    if (status >= 600) {
        // A global failure speaks for all of the agent's phones (RFC 3261 §21.6).
        stop_ringing(offer.legs, {}, now);
        feed(routing::input::OfferFailed{offer.id, *offer.worst, offer.worst_status}, now);
    } else if (offer.legs.empty()) {
        ring_next_bindings(call, offer, now);
    }
}

/// Nothing will answer on a connection that is gone, and behind a NAT there is no other way to the phone: the caller
/// needn't wait for the ring timeout.
void Server::Impl::ringing_phones_lost(std::uint64_t connection, Timestamp now) {
    std::vector<sip::SessionId> lost;
    const auto [first, last] = ringing_over_.equal_range(connection);
    for (auto i = first; i != last; ++i) lost.push_back(i->second);
    std::sort(lost.begin(), lost.end());
    for (const auto session : lost) {
        const auto ref = sessions_.find(session);  // one that has been stopped meanwhile is no longer there
        if (ref == sessions_.end()) continue;
        ua_.hang_up(session, {}, now);
        if (const auto* direct = std::get_if<DirectRef>(&ref->second)) {
            direct_refused(direct->call, session, 0, now);
        } else if (const auto* agent = std::get_if<AgentRef>(&ref->second)) {
            if (Call* call = find_call(agent->contact); call && offer_over(*call, session))
                leg_failed(*call, session, routing::Outcome::unreachable, 0, now);
        }
    }
}

void Server::Impl::forget_ringing(const AgentLeg& leg) {
    if (leg.connection == 0) return;
    const auto [first, last] = ringing_over_.equal_range(leg.connection);
    for (auto i = first; i != last; ++i)
        if (i->second == leg.sip) {
            ringing_over_.erase(i);
            return;
        }
}

void Server::Impl::stop_ringing(std::vector<AgentLeg>& legs, std::string_view reason_header, Timestamp now) {
    for (AgentLeg& leg : legs) {
        forget_ringing(leg);
        sessions_.erase(leg.sip);
        ua_.hang_up(leg.sip, reason_header, now);
        close_media(leg.media);
    }
    legs.clear();
}

void Server::Impl::schedule_probe(routing::AgentId agent, Timestamp now) {
    const bool known_dead = core_.state().agents[index(agent)].facts.device == routing::Device::unreachable;
    probe_timers_[index(agent)] = timers_.schedule(
        now + (known_dead ? config_.sip.options_interval : std::min(kFirstProbe, config_.sip.options_interval)),
        ProbeTimer{agent});
}

void Server::Impl::fire(const ProbeTimer& timer, Timestamp now) {
    probe_timers_[index(timer.agent)] = TimerId::none;
    const config::Agent& agent = config_.agents[index(timer.agent)];
    std::optional<PhoneTarget> phone;
    if (agent.contact)
        phone = fixed_phone(*agent.contact);
    else if (const auto bindings = registrar_.bindings(core_.plan().agents[index(timer.agent)].name); !bindings.empty())
        phone = target_of(bindings.front());
    if (phone) probe({timer.agent, std::move(*phone)}, now);
}

void Server::Impl::probe(Probe probe, Timestamp now) {
    std::string lines;
    for (const std::string& hop : probe.phone.route) sip::MessageWriter(lines).header("Route", hop);
    sip::MessageWriter(lines)
        .header("Max-Forwards", 70)
        .header("From", "<sip:acd@", config_.sip.domain, ">;tag=", random_.token(8))
        .header("To", "<", probe.phone.uri, ">")
        .header("Call-ID", random_.token(16))
        .header("CSeq", "1 OPTIONS")
        .header("Accept", "application/sdp");
    const auto tx = ua_.send_request({sip::Method::options, probe.phone.uri, lines, {}, {}}, probe.phone.flow, now);
    if (tx)
        probes_.emplace(*tx, std::move(probe));
    else
        schedule_probe(probe.agent, now);
}

void Server::Impl::probe_answered(Probe asked, bool alive, Timestamp now) {
    const routing::AgentId agent = asked.agent;
    const auto device = core_.state().agents[index(agent)].facts.device;
    if (device != routing::Device::suspect && device != routing::Device::unreachable) return;
    auto& others = asked.phone.alternatives;
    if (alive) {
        feed(routing::input::DeviceChanges{agent, routing::Device::registered}, now);
    } else if (!others.empty()) {  // a host with several addresses lives if one of them does
        asked.phone.flow = others.front();
        others.erase(others.begin());
        probe(std::move(asked), now);
    } else if (device == routing::Device::suspect) {
        feed(routing::input::DeviceChanges{agent, routing::Device::unreachable}, now);
    } else if (probe_timers_[index(agent)] == TimerId::none) {
        schedule_probe(agent, now);
    }
}

}  // namespace centrala::calls
