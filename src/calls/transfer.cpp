// Transfers: what an agent asks for goes to routing; what routing says becomes legs let go, taken over and rung.
#include "server_impl.hpp"

namespace centrala::calls {
namespace {

/// What a transferor's phone is told of routing's refusal.
int status_of(routing::Rejection rejection) {
    using routing::Rejection;
    switch (rejection) {
        case Rejection::none: return 200;
        case Rejection::queue_full:
        case Rejection::on_a_call:
        case Rejection::already_so: return 486;
        case Rejection::unknown_id: return 404;
        case Rejection::no_contact: return 481;
        default: return 480;
    }
}

int status_of(routing::Outcome outcome) {
    switch (outcome) {
        case routing::Outcome::accepted: return 200;
        case routing::Outcome::rejected: return 603;
        case routing::Outcome::busy: return 486;
        case routing::Outcome::caller_gone: return 487;
        default: return 480;
    }
}

}  // namespace

/// There, unannounced. 200: done, or under way; else why not, and the call is as it was.
int Server::Impl::transfer_blind(Call& call, const Destination& to, Refer* refer, Timestamp now) {
    Errand errand;
    errand.refer = refer;
    switch (to.kind) {
        case Destination::Kind::agent:
            return status_of(feed(routing::input::TransferToAgent{call.contact, to.agent}, now, &errand));
        case Destination::Kind::queue:
            if (to.closed) return 480;
            return status_of(feed(routing::input::TransferToQueue{call.contact, to.queue}, now, &errand));
        case Destination::Kind::outside:
            if (!outside_number_of(to.number)) return 404;
            return status_of(feed(routing::input::TransferOutside{call.contact, to.number}, now, &errand));
        case Destination::Kind::nowhere: break;
    }
    return 404;
}

/// To whom the agent has called, or is calling, on a line of its own. The consultation's legs become the call's.
int Server::Impl::transfer_attended(Call& call, DirectId consultation, Refer* refer, Timestamp now) {
    DirectCall* consulted = find_direct(consultation);
    if (!consulted || consulted->by != call.talking_to || !consulted->handed_on.empty()) return 481;
    if (consulted->handing_on || consulted->handed_on_from) return 491;
    Errand errand;
    errand.refer = refer;
    if (consulted->callee && !consulted->answered) {  // it rings yet: let it ring for the caller
        const routing::AgentId target = *consulted->callee;
        end_direct(consultation, "transferred", 487, now);
        return status_of(feed(routing::input::TransferToAgent{call.contact, target}, now, &errand));
    }
    if (!consulted->answered && consulted->ringing.empty()) return 481;
    const bool answered = consulted->answered.has_value();
    errand.leg = answered ? std::move(*consulted->answered) : std::move(consulted->ringing.front());
    consulted->answered.reset();
    if (!answered) consulted->ringing.erase(consulted->ringing.begin());
    errand.answered = answered;
    errand.trunk = consulted->trunk;
    const routing::Input input = consulted->callee
                                     ? routing::Input(routing::input::TransferJoins{call.contact, *consulted->callee})
                                     : routing::Input(routing::input::TransferOutside{call.contact, consulted->to,
                                                                                      routing::TransferKind::attended});
    const auto rejection = feed(input, now, &errand);
    if (errand.leg) {  // refused: it goes back where it was
        if (answered)
            consulted->answered = std::move(errand.leg);
        else
            consulted->ringing.push_back(std::move(*errand.leg));
        return status_of(rejection);
    }
    if (DirectCall* left = find_direct(consultation)) {
        left->trunk.reset();  // the trunk's line goes on, for the caller
        end_direct(consultation, "transferred", 487, now);
    }
    return 200;
}

/// To where the agent's own call to a queue has got.
int Server::Impl::transfer_merged(Call& call, routing::ContactId consultation, Refer& refer, Timestamp now) {
    const Call* other = find_call(consultation);
    if (!other || other->calling_agent != call.talking_to) return 481;
    Errand errand;
    errand.refer = &refer;
    errand.merging = consultation;
    return status_of(feed(routing::input::TransferMerges{call.contact, consultation}, now, &errand));
}

void Server::Impl::act(const routing::event::ContactTransferred& event, Timestamp now) {
    Call* call = find_call(event.contact);
    if (!call) return;
    const bool waits = event.kind == routing::TransferKind::blind && event.target != routing::TransferTarget::queue;
    let_transferor_go(*call, waits, now);
    call->queue = event.queue;
    if (event.to_queue()) {
        call->phase = CallPhase::waiting;
        entertain(*call, false, now);
    } else if (event.target == routing::TransferTarget::agent) {
        call->phase = CallPhase::talking;
        call->talking_to = *event.target_agent;
        call->agent = take_handover(AgentRef{call->contact});
        hear(*call, now);
    } else {
        call->phase = CallPhase::outside;
        call->outside.emplace();
        call->outside->number = event.number;
        begin_outside(*call, now);
    }
}

/// The transferor's leg: ended at once, or when its REFER's outcome is known.
void Server::Impl::let_transferor_go(Call& call, bool waits, Timestamp now) {
    if (!call.agent) return;
    AgentLeg leg = std::move(*call.agent);
    call.agent.reset();
    tell_media(call.contact, "agent", leg.media, now);
    forget_keys(call.keys);
    call.prompting = false;
    Refer* refer = errand_ ? errand_->refer : nullptr;
    if (refer && refer->session != leg.sip) refer = nullptr;  // it came over the agent's other leg
    if (!refer || !waits) {
        if (refer) notify(*refer, 200, now);
        return drop_leg(leg, now);
    }
    notify(*refer, 100, now);
    media_.silence(leg.media.session);
    sessions_[leg.sip] = DepartingRef{};
    call.referrer = leg.sip;
    departing_[leg.sip] = {std::move(leg), call.talking_to, call.contact, *refer};
    count_other_use(call.talking_to, +1, now);
}

/// How it went, and with that the transferor's leg is over.
void Server::Impl::tell_referrer(Call& call, int status, Timestamp now) {
    if (call.referrer == sip::SessionId{}) return;
    const auto found = departing_.find(call.referrer);
    call.referrer = {};
    if (found == departing_.end()) return;
    notify(found->second.refer, status, now);
    finish_departing(found->first, now);
}

void Server::Impl::finish_departing(sip::SessionId session, Timestamp now) {
    const auto found = departing_.find(session);
    if (found == departing_.end()) return;
    Departing departing = std::move(found->second);
    departing_.erase(found);
    if (Call* call = find_call(departing.contact); call && call->referrer == session) call->referrer = {};
    drop_leg(departing.leg, now);
    count_other_use(departing.agent, -1, now);
}

void Server::Impl::tell_referrer_of(Call& call, routing::Outcome outcome, Timestamp now) {
    tell_referrer(call, status_of(outcome), now);
}

std::optional<AgentLeg> Server::Impl::take_handover(SessionRef owner) {
    std::optional<AgentLeg> leg = errand_ ? std::exchange(errand_->leg, {}) : std::nullopt;
    if (leg) sessions_[leg->sip] = owner;
    return leg;
}

}  // namespace centrala::calls
