// The turn of calls::Server: bytes, time and media events come in, are dispatched, and leave as messages and facts.
#include "centrala/calls/server.hpp"

#include <algorithm>

#include "centrala/sip/content.hpp"
#include "offer_outcome.hpp"
#include "reason.hpp"
#include "server_impl.hpp"

namespace centrala::calls {
namespace {

sip::UserAgentOptions ua_options(const config::Config& config) {
    sip::UserAgentOptions options;
    options.product = "Centrala";
    options.contact_user = "acd";
    options.timers = {config.sip.t1, config.sip.t2, config.sip.t4};
    // A call has two legs, and a leg that has ended lingers for a transaction's lifetime.
    options.sessions = config.sip.calls_max * 4;
    for (const auto& listener : config.sip.listeners)
        if (listener.transport == sip::Transport::tcp)
            options.locals.push_back({sip::Transport::tcp,
                                      {listener.advertised.value_or(listener.address.address), listener.address.port},
                                      {},
                                      0});
    return options;
}

std::vector<std::string> bracketed(const std::vector<std::string>& uris) {
    std::vector<std::string> values;
    for (const std::string& uri : uris) values.push_back("<" + uri + ">");
    return values;
}

registrar::Policy registrar_policy(const config::Registration& registration) {
    return {registration.expires_default,
            registration.expires_min,
            registration.expires_max,
            registration.contacts_max,
            bracketed(registration.service_route),
            registration.flow_timer};
}

presence::Policy presence_policy(const config::Presence& presence) {
    return {{presence.expires_min, presence.expires_max, presence.expires_default},
            presence.subscriptions_max,
            presence.subscriptions_per_agent};
}

/// Nonces in use at once: each phone uses one or two.
constexpr std::size_t kNoncesPerAgent = 4;
constexpr std::size_t kNoncesMin = 1'000;

}  // namespace

/// Its questions about the way are answered by those who know it.
sip::UserAgentOptions Server::Impl::user_agent_options() {
    auto options = ua_options(config_);
    options.locate = [this](const sip::Uri& uri) { return flow_to(uri); };
    options.told_to_wait = [this](const sip::Flow& flow, Duration wait, Timestamp now) { hops_.rest(flow, wait, now); };
    return options;
}

Server::Impl::Impl(const config::Config& config, routing::Core& core, journal::Sink& sink, media::Engine& media,
                   RandomSource& random)
    : config_(config),
      core_(core),
      sink_(sink),
      media_(media),
      random_(random),
      ua_(user_agent_options(), random, outbox_),
      registrar_(registrar_policy(config.registration)),
      digest_(config.registration.realm, config.registration.nonce_lifetime,
              kNoncesMin + kNoncesPerAgent * config.agents.size(), random),
      dial_plan_(config),
      caller_lists_(config),
      hops_(config.sip, random),
      lookups_(config.caller_lookup ? std::optional<Lookups>(*config.caller_lookup) : std::nullopt),
      trunks_(config, hops_, sink, random),
      hours_(config.schedules.begin(), config.schedules.end()),
      security_(sink, config.sip.security_event_interval),
      guard_({config.sip.source_requests_per_second, config.security.ban_after, config.security.ban_within,
              config.security.ban_time}),
      invite_rate_(config.sip.invites_per_second),
      register_rate_(config.sip.registers_per_second),
      stranger_register_rate_(config.sip.registers_per_second),
      presence_rate_(config.presence.requests_per_second),
      other_rate_(config.sip.other_requests_per_second),
      stranger_rate_(config.sip.strangers_per_second),
      notifier_(presence_policy(config.presence), random),
      publications_(presence_policy(config.presence).expires, random) {
    make_room();
    digest_.offer(config.registration.sha256, config.registration.md5);
    ua_.set_gate(*this);
}

void Server::Impl::start(std::vector<std::pair<std::string, registrar::Binding>> bindings, std::vector<KeptCall> kept,
                         Timestamp now) {
    sounds_.load(config_, media_, sink_, now);
    open_trunks(now);
    const auto contacts = take_up(kept, now);
    perform(core_.recovered(now, contacts).events, now);
    for (const routing::ContactId contact : contacts) go_on(contact, now);
    go_on_direct(now);
    fire(AgreeTimer{}, now);
    open_doors(now);
    open_shifts(now);
    for (auto& [aor, binding] : bindings)
        if (dial_plan_.agent(aor)) {
            learn_path(binding, now);
            registrar_.restore(std::move(aor), std::move(binding), now);
        }
    review_phones(now);
    receive_again(now);
}

void Server::Impl::receive(std::span<char> bytes, const sip::Flow& from, Timestamp now) {
    dispatch(ua_.receive(bytes, from, now), now);
}

void Server::Impl::dispatch(sip::UaEvent event, Timestamp now) {
    std::visit(
        [&](const auto& e) {
            on(e, now);
            if constexpr (requires { e.session; }) touch(e.session);
        },
        event);
}

void Server::Impl::advance(Timestamp now) {
    for (;;) {
        auto event = ua_.advance(now);
        if (std::holds_alternative<std::monostate>(event)) break;
        dispatch(std::move(event), now);
    }
    if (const auto due = registrar_.deadline(); due && *due <= now)
        agents_unregistered(registrar_.expire(now), "expired", now);
    if (hops_.advance(now)) hops_changed(now);
    end_due_lookups(now);
    for (const auto& ban : guard_.expire(now)) note_unbanned(ban, "expired", now);
    while (auto due = timers_.pop_due(now)) std::visit([&](const auto& timer) { fire(timer, now); }, due->second);
    if (const auto due = core_.deadline(); due && *due <= now) feed(routing::input::TimePasses{}, now);
    send_notifies(now);
}

std::optional<Timestamp> Server::Impl::deadline() {
    std::optional<Timestamp> earliest;
    for (const auto& candidate :
         {ua_.deadline(), core_.deadline(), registrar_.deadline(), hops_.deadline(), timers_.next(),
          notifier_.deadline(), guard_.deadline(), lookups_ ? lookups_->deadline() : std::nullopt})
        if (candidate && (!earliest || *candidate < *earliest)) earliest = candidate;
    return earliest;
}

void Server::Impl::on(const sip::ua::Cancelled& event, Timestamp now) {
    const auto found = sessions_.find(event.session);
    if (found == sessions_.end()) return;
    if (const auto* caller = std::get_if<CallerRef>(&found->second))
        caller_is_gone(caller->contact, routing::EndCause::caller_hangup, reason_of(event.cancel), now);
    else if (std::holds_alternative<FeatureRef>(found->second))
        finish_feature_call(event.session, false, now);
    else if (const auto* direct = std::get_if<DirectRef>(&found->second))
        direct_leg_ended(*direct, true, now);
    else if (const auto* asked = std::get_if<LookupRef>(&found->second))
        go_on(asked->question, {"caller_gone"}, nullptr, routing::Refusal::caller_gone, now);
}

void Server::Impl::on(const sip::ua::Confirmed& event, Timestamp now) {
    LegMedia* media = media_of(event.session);
    if (!media || media->agreed) return;
    // Without an answer to our offer there is no session (RFC 3261 §13.2.2.4).
    if (!take_answer(*media, sip::sdp_of(*event.ack))) {
        ua_.hang_up(event.session, "Reason: SIP;cause=488;text=\"Unusable answer\"\r\n", now);
        return leg_is_over(event.session, false, {}, now);
    }
    review_hold(event.session, now);
}

void Server::Impl::on(const sip::ua::Progress& event, Timestamp now) {
    const auto found = sessions_.find(event.session);
    if (found == sessions_.end()) return;
    // Its time may be over in this very moment, and the session forgotten with that.
    if (const auto* agent = std::get_if<AgentRef>(&found->second))
        agent_rings(agent->contact, event.session, now);
    else if (const auto* direct = std::get_if<DirectRef>(&found->second))
        direct_rings(direct->call, event, now);
}

void Server::Impl::on(const sip::ua::Accepted& event, Timestamp now) {
    learn_next_hop(event.session, now);
    const auto found = sessions_.find(event.session);
    if (found == sessions_.end()) return;
    if (const auto* agent = std::get_if<AgentRef>(&found->second)) {
        agent_answers(agent->contact, event, now);
    } else if (const auto* direct = std::get_if<DirectRef>(&found->second)) {
        direct_answered(direct->call, event, now);
    } else if (const auto* outside = std::get_if<OutsideRef>(&found->second)) {
        if (Call* call = find_call(outside->contact)) outside_answered(*call, event, now);
    }
}

void Server::Impl::on(const sip::ua::Refused& event, Timestamp now) {
    const auto found = sessions_.find(event.session);
    if (found == sessions_.end()) return;
    if (const auto* agent = std::get_if<AgentRef>(&found->second))
        agent_refuses(agent->contact, event.session, event.status, now);
    else if (const auto* direct = std::get_if<DirectRef>(&found->second))
        direct_refused(direct->call, event.session, event.status, now);
    else if (const auto* outside = std::get_if<OutsideRef>(&found->second))
        if (Call* call = find_call(outside->contact))
            outside_failed(*call, outcome_of(event.status, {}), event.status, now);
}

void Server::Impl::on(const sip::ua::Ended& event, Timestamp now) {
    leg_is_over(event.session, event.why == sip::ua::Ended::Why::bye, reason_of(event.bye), now);
}

/// Whosever leg it was: its session is gone, by the peer's BYE or because it failed.
void Server::Impl::leg_is_over(sip::SessionId session, bool by_peer, const std::string& reason, Timestamp now) {
    const auto found = sessions_.find(session);
    if (found == sessions_.end()) return;
    const SessionRef ref = found->second;
    if (const auto* caller = std::get_if<CallerRef>(&ref)) {
        caller_is_gone(caller->contact, by_peer ? routing::EndCause::caller_hangup : routing::EndCause::caller_failed,
                       reason, now);
    } else if (const auto* agent = std::get_if<AgentRef>(&ref)) {
        sessions_.erase(session);
        Call* call = find_call(agent->contact);
        if (!call || !call->agent || call->agent->sip != session) return;
        // Hanging up in a consultation completes it: the caller isn't to pay for a missed key.
        if (by_peer && call->consultation && complete_consultation(*call, now) == 200) return;
        if (by_peer)
            feed(routing::input::ConversationEnds{agent->contact, routing::EndCause::agent_hangup, reason}, now);
        else
            feed(routing::input::AgentLegLost{call->contact}, now);
    } else if (const auto* outside = std::get_if<OutsideRef>(&ref)) {
        if (by_peer)
            feed(routing::input::ConversationEnds{outside->contact, routing::EndCause::callee_hangup}, now);
        else if (Call* call = find_call(outside->contact))
            outside_failed(*call, routing::Outcome::unreachable, 0, now);
    } else if (const auto* direct = std::get_if<DirectRef>(&ref)) {
        direct_leg_ended(*direct, by_peer, now);
    } else if (std::holds_alternative<DepartingRef>(ref)) {
        finish_departing(session, now);
    } else if (const auto* asked = std::get_if<LookupRef>(&ref)) {
        go_on(asked->question, {"caller_gone"}, nullptr, routing::Refusal::caller_gone, now);
    } else {
        finish_feature_call(session, false, now);
    }
}

void Server::Impl::on(const sip::ua::Reoffered& event, Timestamp now) {
    LegMedia* media = media_of(event.session);
    if (!media) return ua_.refuse_reoffer(event.session, 488, now);
    reoffer(*media, event.session, *event.request, now);
    review_hold(event.session, now);
}

/// The peer of a call that has outlived a process has said where its media go from now on, or that it can't.
void Server::Impl::on(const sip::ua::Reanswered& event, Timestamp now) {
    LegMedia* media = event.refresh ? nullptr : media_of(event.session);
    if (!media) return;
    const bool accepted = event.response && event.status < 300;
    if (accepted ? take_answer(*media, sip::sdp_of(*event.response)) : media->agreed)
        return review_hold(event.session, now);
    ua_.hang_up(event.session, "Reason: SIP;cause=488;text=\"Unusable answer\"\r\n", now);
    leg_is_over(event.session, false, {}, now);
}

void Server::Impl::on(const sip::ua::Answered& event, Timestamp now) {
    if (notifier_.answered(event.tx, event.response, now)) return;
    if (trunk_answered(event, now)) return;
    const auto found = probes_.find(event.tx);
    if (found == probes_.end()) return;
    Probe asked = std::move(found->second);
    probes_.erase(found);
    probe_answered(std::move(asked), event.response && is_there(event.response->status()), now);
}

Server::Server(const config::Config& config, routing::Core& core, journal::Sink& sink, media::Engine& media,
               RandomSource& random)
    : impl_(std::make_unique<Impl>(config, core, sink, media, random)) {}
Server::~Server() = default;

void Server::start(std::vector<std::pair<std::string, registrar::Binding>> bindings, std::vector<KeptCall> kept,
                   Timestamp now) {
    impl_->start(std::move(bindings), std::move(kept), now);
}
void Server::save_calls(const std::function<void(KeptId, std::string_view)>& keep) {
    impl_->save_calls(keep);
}
void Server::receive(std::span<char> bytes, const sip::Flow& from, Timestamp now) {
    impl_->receive(bytes, from, now);
}
void Server::advance(Timestamp now) {
    impl_->advance(now);
}
void Server::media_events(Timestamp now) {
    impl_->media_events(now);
}

void Server::transport_failed(sip::Transport transport, const Endpoint& remote, std::uint64_t connection,
                              Timestamp now) {
    impl_->ua_.transport_failed(transport, remote, connection, now);
    if (connection != 0) {
        impl_->agents_unregistered(impl_->registrar_.connection_closed(connection), "connection_closed", now);
        impl_->ringing_phones_lost(connection, now);
        impl_->notifier_.connection_closed(connection);
        impl_->registrations_lost(transport, remote, now);
    }
    impl_->advance(now);
}

std::optional<Timestamp> Server::deadline() {
    return impl_->deadline();
}
sip::Outbox& Server::outbox() {
    return impl_->outbox_;
}
std::vector<sip::DnsQuery> Server::take_queries() {
    return impl_->hops_.take_queries();
}
void Server::resolved(sip::DnsQueryId id, sip::DnsAnswer answer, Timestamp now) {
    if (impl_->hops_.resolved(id, std::move(answer), now)) impl_->hops_changed(now);
}
std::vector<LookupQuery> Server::take_lookups() {
    return std::exchange(impl_->lookup_queries_, {});
}
void Server::looked_up(LookupId id, const LookupReply& reply, Timestamp now) {
    impl_->looked_up(id, reply, now);
}
void Server::reload(std::span<const routing::AgentId> added, Timestamp now) {
    impl_->reload(added, now);
}

routing::Rejection Server::command(const routing::Input& input, Timestamp now) {
    return impl_->feed(input, now);
}
void Server::drain(Timestamp now) {
    impl_->draining_ = true;
    impl_->refuse_asked_about(now);
}

void Server::shut_down(Timestamp now) {
    drain(now);
    std::vector<routing::ContactId> contacts;
    for (const auto& [contact, call] : impl_->calls_) contacts.push_back(contact);
    std::sort(contacts.begin(), contacts.end());
    for (const auto contact : contacts) impl_->caller_is_gone(contact, routing::EndCause::shutdown, {}, now);
    std::vector<sip::SessionId> features;
    for (const auto& [key, feature] : impl_->features_) features.push_back(key);
    std::sort(features.begin(), features.end());
    for (const auto key : features) impl_->finish_feature_call(key, true, now);
    std::vector<DirectId> directs;
    for (const auto& [id, direct] : impl_->directs_) directs.push_back(id);
    std::sort(directs.begin(), directs.end());
    for (const auto id : directs) impl_->end_direct(id, "shutdown", 503, now);
    impl_->notifier_.shut_down(now);
    impl_->send_notifies(now);
    impl_->end_registrations(now);
}

bool Server::uses(const sip::Flow& connection) const {
    return impl_->ua_.uses(connection.connection) || impl_->notifier_.uses(connection.connection) ||
           impl_->registered_over(connection);
}
bool Server::idle() const {
    return impl_->calls_.empty() && impl_->asked_about_.empty() && impl_->features_.empty() &&
           impl_->directs_.empty() && impl_->departing_.empty() && impl_->ua_.sessions() == 0 &&
           !impl_->registrations_ending();
}
const registrar::Registrar& Server::registrar() const {
    return impl_->registrar_;
}
std::vector<std::string> Server::take_changed_bindings() {
    return impl_->registrar_.take_changed();
}
const routing::Core& Server::core() const {
    return impl_->core_;
}

std::vector<CallView> Server::calls(Timestamp now) const {
    std::vector<CallView> views;
    views.reserve(impl_->calls_.size());
    const auto& plan = impl_->core_.plan();
    const auto& contacts = impl_->core_.state().contacts;
    for (const auto& [id, call] : impl_->calls_) {
        CallView view;
        view.contact = id;
        view.call_id = std::string(impl_->ua_.call_id(call.caller.sip));
        view.state = call.phase == CallPhase::waiting    ? "waiting"
                     : call.phase == CallPhase::offering ? "ringing"
                     : call.phase == CallPhase::outside  ? "outside"
                                                         : "talking";
        if (impl_->is_held(call)) view.state = "on hold";
        view.caller = call.withheld ? "withheld" : call.caller_number;
        if (!call.withheld) view.caller_name = call.caller_name;
        view.dialled = call.dialled;
        view.queue = plan.queues[index(call.queue)].name;
        if (call.phase == CallPhase::talking) view.agent = plan.agents[index(call.talking_to)].name;
        if (call.phase == CallPhase::offering) view.agent = impl_->ringing_at(call);
        if (const auto* contact = contacts.find(id)) {
            view.age = now - contact->arrived;
            if (const auto wanted = contact->wanted; wanted && call.phase == CallPhase::waiting)
                view.agent = plan.agents[index(*wanted)].name;
            if (call.phase == CallPhase::talking || call.phase == CallPhase::outside)
                view.talking = now - contact->talking_since;
        }
        views.push_back(std::move(view));
    }
    std::sort(views.begin(), views.end(), [](const CallView& a, const CallView& b) { return a.contact < b.contact; });
    return views;
}

/// The session that began the call which this one is a leg of; 0: none did.
sip::SessionId Server::Impl::origin_of(sip::SessionId session, const SessionRef& ref) const {
    std::optional<routing::ContactId> contact;
    if (const auto* caller = std::get_if<CallerRef>(&ref)) contact = caller->contact;
    if (const auto* agent = std::get_if<AgentRef>(&ref)) contact = agent->contact;
    if (const auto* outside = std::get_if<OutsideRef>(&ref)) contact = outside->contact;
    if (std::holds_alternative<DepartingRef>(ref))
        if (const auto departing = departing_.find(session); departing != departing_.end())
            contact = departing->second.contact;
    if (const auto* direct = std::get_if<DirectRef>(&ref)) {
        const auto call = directs_.find(direct->call);
        if (call == directs_.end()) return {};
        if (!call->second.is_consultation()) return call->second.caller.sip;
        contact = call->second.consults_for;
    }
    const auto call = contact ? calls_.find(*contact) : calls_.end();
    return call == calls_.end() ? sip::SessionId{} : call->second.caller.sip;
}

std::string Server::caller_call_id(routing::ContactId contact) const {
    const auto call = impl_->calls_.find(contact);
    return call == impl_->calls_.end() ? std::string() : std::string(impl_->ua_.call_id(call->second.caller.sip));
}

std::string Server::caller_call_id(std::string_view leg) const {
    for (const auto& [session, ref] : impl_->sessions_)
        if (impl_->ua_.call_id(session) == leg) return std::string(impl_->ua_.call_id(impl_->origin_of(session, ref)));
    return {};
}

std::vector<std::string> Server::call_ids(routing::ContactId contact) const {
    std::vector<std::string> ids;
    const auto call = impl_->calls_.find(contact);
    if (call == impl_->calls_.end()) return ids;
    for (const auto& [session, ref] : impl_->sessions_)
        if (impl_->origin_of(session, ref) == call->second.caller.sip) ids.emplace_back(impl_->ua_.call_id(session));
    std::sort(ids.begin(), ids.end());
    return ids;
}

std::optional<LookupView> Server::lookup(Timestamp now) const {
    if (!impl_->lookups_) return std::nullopt;
    LookupView view = impl_->lookups_->view(now);
    view.waiting = impl_->asked_about_.size();
    return view;
}

ServerStats Server::stats() const {
    ServerStats stats = impl_->stats_;
    stats.legs = impl_->sessions_.size();
    stats.media_sessions = impl_->media_.sessions();
    stats.sip_sessions = impl_->ua_.sessions();
    stats.bindings = impl_->registrar_.size();
    stats.subscriptions = impl_->notifier_.size();
    stats.bans = impl_->guard_.ban_count();
    stats.security_unlogged = impl_->security_.unlogged();
    stats.sip = impl_->ua_.stats();
    return stats;
}

}  // namespace centrala::calls
