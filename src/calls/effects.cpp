// Routing's inputs go in, its events are journalled and then acted on: the bridge between decisions and SIP.
#include <algorithm>
#include <concepts>
#include <string>

#include "centrala/base/scoped.hpp"
#include "centrala/sip/retry_after.hpp"
#include "reason.hpp"
#include "server_impl.hpp"

namespace centrala::calls {
namespace {

template <class Body>
concept OfAContact = std::same_as<decltype(Body::contact), routing::ContactId>;

}  // namespace

/// Inputs found while acting on events wait until that is done; one with an errand can't, and is rejected.
routing::Rejection Server::Impl::feed(const routing::Input& input, Timestamp now, Errand* errand) {
    if (feeding_) {
        if (errand) return routing::Rejection::no_contact;
        inputs_.push_back(input);
        return routing::Rejection::none;
    }
    const Scoped feeding(feeding_, true);
    const auto step = core_.step(input, now);
    const auto rejection = step.rejection;
    {
        const Scoped running(errand_, errand);
        perform(step.events, now);
    }
    while (!inputs_.empty()) {
        const routing::Input next = std::move(inputs_.front());
        inputs_.pop_front();
        perform(core_.step(next, now).events, now);
    }
    if (fault_) std::rethrow_exception(std::exchange(fault_, nullptr));
    return rejection;
}

void Server::Impl::perform(std::span<const routing::Event> events, Timestamp now) {
    for (const auto& event : events) sink_.append(event);
    for (const auto& event : events) std::visit([&](const auto& body) { try_to_act(body, now); }, event.body);
    for (const auto& event : events) show(event);
}

/// An exception may be one call's end, not the end of what was decided with it for others: it goes on when all is done.
/// The contact ends, for it would wait for legs that may not be there.
template <class Body>
void Server::Impl::try_to_act(const Body& body, Timestamp now) {
    try {
        act(body, now);
        if constexpr (OfAContact<Body>)
            if (Call* call = find_call(body.contact)) touch(*call);
    } catch (...) {
        if (!fault_) fault_ = std::current_exception();
        if constexpr (OfAContact<Body>)
            inputs_.push_back(routing::input::CallerLeaves{body.contact, routing::EndCause::caller_failed});
    }
}

void Server::Impl::act(const routing::event::ContactArrived&, Timestamp) {}

void Server::Impl::act(const routing::event::ContactRefused& event, Timestamp now) {
    Arrival* arrival = errand_ ? errand_->arrival : nullptr;
    if (!arrival) return;
    ++stats_.calls_refused;
    const auto* entry =
        arrival->dialled.entry_point ? &config_.entry_points[index(*arrival->dialled.entry_point)] : nullptr;
    int status = 480;
    std::string_view lines;
    switch (event.cause) {
        case routing::Refusal::unknown_number: status = 404; break;
        case routing::Refusal::closed: status = entry ? entry->closed_status : 480; break;
        case routing::Refusal::queue_full:
        case routing::Refusal::no_agent: status = entry ? entry->full_status : 486; break;
        case routing::Refusal::draining:
            status = 503;
            lines = "Retry-After: 30\r\n";
            break;
        case routing::Refusal::limit:
            status = 503;
            lines = sip::kRetryAfter;
            break;
        case routing::Refusal::not_acceptable: status = 488; break;
        case routing::Refusal::caller_gone: status = 487; break;  // which nobody hears: the session is over
        case routing::Refusal::blocked: status = config_.caller_lists[index(*arrival->callers)].refuse; break;
    }
    if (arrival->handed_on) {
        arrival->refused = status;
    } else {
        close_media(arrival->leg.media);
        ua_.refuse(arrival->sip, status, lines, now);
    }
    errand_->arrival = nullptr;
}

void Server::Impl::act(const routing::event::ContactEnqueued& event, Timestamp now) {
    Arrival* arrival = errand_ ? errand_->arrival : nullptr;
    if (!arrival) return;
    ++stats_.calls_admitted;
    Call& call = calls_[event.contact];
    call.contact = event.contact;
    call.queue = event.queue;
    call.caller = std::move(arrival->leg);
    call.caller_number = std::move(arrival->caller_number);
    call.caller_name = std::move(arrival->caller_name);
    call.withheld = arrival->withheld;
    call.dialled = std::move(arrival->dialled.number);
    call.trunk = arrival->trunk;
    call.calling_agent = arrival->calling_agent;
    errand_->arrival = nullptr;
    sessions_[call.caller.sip] = CallerRef{call.contact};
    media_sessions_[call.caller.media.session] = call.caller.sip;
    if (call.trunk) {
        trunks_.call_began(*call.trunk, TrunkCall::in);
        follow_route(call.caller.sip, now);
    }
    pick_up(call, now);
    entertain(call, true, now);
}

void Server::Impl::act(const routing::event::ContactOverflowed& event, Timestamp now) {
    Call* call = find_call(event.contact);
    if (!call) return;
    call->queue = event.to;
    if (!call->caller.answered && !config_.queues[index(call->queue)].early_media) answer_caller(*call, now);
    entertain(*call, false, now);
}

void Server::Impl::act(const routing::event::OfferMade& event, Timestamp now) {
    Call* call = find_call(event.contact);
    if (!call) return;
    call->phase = CallPhase::offering;
    Offer& offer = call->offers.emplace_back();
    offer.id = event.offer;
    offer.agent = event.agent;
    // A turn that comes late finds offers which were made and are over: their ends follow.
    if (core_.state().find(event.offer)) ring_next_bindings(*call, offer, now);
}

void Server::Impl::act(const routing::event::OfferEnded& event, Timestamp now) {
    if (event.outcome == routing::Outcome::accepted) return;  // ContactConnected follows
    Call* call = find_call(event.contact);
    if (!call) return;
    const auto offer =
        std::find_if(call->offers.begin(), call->offers.end(), [&](const Offer& one) { return one.id == event.offer; });
    if (offer == call->offers.end()) return;
    const bool elsewhere = event.outcome == routing::Outcome::rescinded &&
                           std::any_of(call->offers.begin(), call->offers.end(), [&](const Offer& one) {
                               return one.id != event.offer && one.answered != sip::SessionId{};
                           });
    stop_ringing(offer->legs, elsewhere ? kCompletedElsewhere : std::string_view(), now);
    call->offers.erase(offer);
    if (!call->offers.empty()) return;
    call->phase = CallPhase::waiting;
    tell_referrer_of(*call, event.outcome, now);
}

void Server::Impl::act(const routing::event::ContactConnected& event, Timestamp now) {
    Call* call = find_call(event.contact);
    if (!call || call->offers.empty()) return;
    for (Offer& offer : call->offers) {
        for (AgentLeg& leg : offer.legs)
            if (leg.sip == offer.answered) {
                forget_ringing(leg);
                call->agent = leg;
            }
        std::erase_if(offer.legs, [&](const AgentLeg& leg) { return leg.sip == offer.answered; });
        stop_ringing(offer.legs, kCompletedElsewhere, now);
    }
    tell_referrer(*call, 200, now);
    call->offers.clear();
    call->phase = CallPhase::talking;
    call->talking_to = event.agent;
    if (!call->agent) return;
    set_hearing(*call, Hearing::each_other);
    answer_caller(*call, now);
    review_hold(*call, now);
}

void Server::Impl::act(const routing::event::ContactRescued& event, Timestamp now) {
    Call* call = find_call(event.contact);
    if (!call) return;
    forget_keys(call->keys);
    if (const auto consultation = std::exchange(call->consultation, {}))
        end_direct(*consultation, "caller_gone", 487, now);
    if (call->agent) {
        tell_media(call->contact, "agent", call->agent->media, now);
        drop_leg(*call->agent, now);
        call->agent.reset();
    }
    call->phase = CallPhase::waiting;
    call->queue = event.queue;
    entertain(*call, false, now);
}

void Server::Impl::act(const routing::event::ContactAbandoned& event, Timestamp now) {
    if (Call* call = find_call(event.contact)) drop_call(*call, {}, now);
}

void Server::Impl::act(const routing::event::ContactEnded& event, Timestamp now) {
    Call* call = find_call(event.contact);
    if (!call) return;
    if (errand_ && errand_->merging == event.contact && call->agent) {  // its agent is for the caller it was about
        errand_->leg = std::move(call->agent);
        call->agent.reset();
    }
    drop_call(*call, reason_line(event.cause), now);
}

void Server::Impl::act(const routing::event::AgentChanged& event, Timestamp now) {
    TimerId& timer = probe_timers_[index(event.agent)];
    const bool doubtful =
        event.facts.device == routing::Device::suspect || event.facts.device == routing::Device::unreachable;
    if (!doubtful)
        timers_.cancel(timer);
    else if (timer == TimerId::none)
        schedule_probe(event.agent, now);
}

}  // namespace centrala::calls
