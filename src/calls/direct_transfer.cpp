// Calls that agents placed, handed on by one of the two: to a colleague, to a number outside, to a queue (where the one
// handed on becomes a contact), or to whom the agent has called on another line.
#include "server_impl.hpp"

namespace centrala::calls {

/// There, unannounced. 200: done, or under way; else why not, and the call is as it was. `refer`: whose sender is told
/// how it goes; null: asked for by keys.
int Server::Impl::hand_on(DirectCall& call, bool by_caller, const Destination& to, Refer* refer, Timestamp now) {
    if (!call.answered || call.is_consultation()) return 481;
    if (call.handing_on || call.handed_on_from) return 491;
    switch (to.kind) {
        case Destination::Kind::queue: return hand_on_to_queue(call, by_caller, to, refer, now);
        case Destination::Kind::agent:
            if (is_occupied(to.agent)) return 486;
            break;
        case Destination::Kind::outside:
            if (!outside_number_of(to.number)) return 404;
            break;
        case Destination::Kind::nowhere: return 404;
    }
    DirectCall onward;
    onward.by = by_caller ? *call.calling : *call.callee;
    onward.handed_on_from = call.id;
    onward.handed_on = by_caller                ? call.to
                       : call.handed_on.empty() ? core_.plan().agents[index(call.by)].name
                                                : call.handed_on;
    if (to.kind == Destination::Kind::agent) onward.callee = to.agent;
    onward.to = name_of(to);
    if (refer) notify(*refer, 100, now);
    call.handing_on =
        HandingOn{static_cast<DirectId>(last_direct_ + 1), !by_caller, refer ? std::optional(*refer) : std::nullopt};
    loop(by_caller ? call.answered->media : call.caller.media, sounds_.music);
    media_.silence((by_caller ? call.caller.media : call.answered->media).session);
    (void)start_direct(std::move(onward), now);  // if it fails, onward_failed() has been told
    return 200;
}

/// The one handed on becomes a contact; refused by the queue, it talks on.
int Server::Impl::hand_on_to_queue(DirectCall& call, bool by_caller, const Destination& to, Refer* refer,
                                   Timestamp now) {
    if (!to.entry_point) return 404;  // no number leads there: nobody calls it
    Party party = take_party(call, !by_caller);
    Arrival arrival;
    arrival.handed_on = true;
    arrival.sip = arrival.leg.sip = party.leg.sip;
    arrival.leg.media = party.leg.media;
    arrival.leg.answered = true;
    arrival.dialled = {to.number, to.entry_point};
    auto [name, number] = shown(party.name);
    arrival.caller_number = std::move(number);
    if (party.agent) arrival.caller_name = std::move(name);
    arrival.call_id = std::string(ua_.call_id(party.leg.sip));
    arrival.source = party.trunk ? config_.trunks[*party.trunk].name : party.name;
    arrival.trunk = party.trunk;
    arrival.calling_agent = party.agent;
    const auto put_back = [&] { by_caller ? put_callee(call, std::move(party)) : put_caller(call, std::move(party)); };
    try {
        arrive(arrival, draining_ ? std::optional(routing::Refusal::draining) : std::nullopt, now);
    } catch (...) {
        if (!std::holds_alternative<CallerRef>(sessions_.at(party.leg.sip))) put_back();
        throw;
    }
    if (arrival.refused != 0) {
        put_back();
        return arrival.refused;
    }
    // The trunk's line counts as a call from there now.
    if (party.trunk) trunks_.call_ended(*party.trunk, TrunkCall::out);
    const std::string contact = journal::to_text(std::get<CallerRef>(sessions_.at(party.leg.sip)).contact);
    if (refer) notify(*refer, 200, now);
    end_direct(call.id, "transferred", 487, now, contact);
    return 200;
}

/// The far end of the one takes the agent's place in the other.
int Server::Impl::join_calls(routing::AgentId agent, DirectRef one, DirectRef other, Refer& refer, Timestamp now) {
    DirectCall *left = find_direct(one.call), *kept = find_direct(other.call);
    if (!left || !kept || left == kept || !left->answered || !kept->answered) return 481;
    if (left->is_consultation() || kept->is_consultation()) return 603;
    if (left->handing_on || kept->handing_on) return 491;
    Destination to;
    const bool to_agent = (other.is_caller ? kept->callee : kept->calling).has_value();
    to.kind = to_agent ? Destination::Kind::agent : Destination::Kind::outside;
    to.number = other.is_caller ? kept->to : kept->handed_on;
    if (!may_transfer(agent, to)) return 403;
    Party far = take_party(*left, !one.is_caller);
    notify(refer, 200, now);
    drop_party(*kept, other.is_caller, now);
    other.is_caller ? put_caller(*kept, std::move(far)) : put_callee(*kept, std::move(far));
    bridge_direct(*kept, now);
    end_direct(one.call, "transferred", 487, now);
    return 200;
}

/// The far end of the agent's call takes its place as the caller of a queue, wherever that has got.
int Server::Impl::join_queue_call(routing::AgentId agent, DirectRef one, Call& queued, Refer& refer, Timestamp now) {
    DirectCall* left = find_direct(one.call);
    if (!left || !left->answered || queued.calling_agent != agent || !queued.caller.answered) return 481;
    if (left->is_consultation()) return 603;
    if (left->handing_on) return 491;
    if (!group_of(agent).transfer_queues) return 403;
    Party far = take_party(*left, !one.is_caller);
    notify(refer, 200, now);
    AgentLeg before;
    before.sip = queued.caller.sip;
    before.media = queued.caller.media;
    tell_media(queued.contact, "caller", before.media, now);
    drop_leg(before, now);
    queued.caller = {};
    queued.caller.sip = far.leg.sip;
    queued.caller.media = far.leg.media;
    queued.caller.answered = true;
    sessions_[far.leg.sip] = CallerRef{queued.contact};
    auto [name, number] = shown(far.name);
    queued.caller_number = std::move(number);
    queued.caller_name = far.agent ? std::move(name) : std::string();
    queued.calling_agent = far.agent;
    queued.trunk = far.trunk;
    if (far.trunk) {
        trunks_.call_ended(*far.trunk, TrunkCall::out);
        trunks_.call_began(*far.trunk, TrunkCall::in);
    }
    count_other_use(agent, -1, now);
    entertain(queued, false, now);
    if (queued.agent)
        hear(queued, now);
    else
        review_hold(queued, now);
    end_direct(one.call, "transferred", 487, now, journal::to_text(queued.contact));
    return 200;
}

/// Somebody answered for who was handed on: those two talk, and who handed on is done.
void Server::Impl::take_handed_on(DirectCall& onward, Timestamp now) {
    DirectCall& before = *find_direct(*std::exchange(onward.handed_on_from, {}));
    auto handing_on = *std::exchange(before.handing_on, {});
    put_caller(onward, take_party(before, handing_on.caller));
    if (handing_on.refer) notify(*handing_on.refer, 200, now);
    end_direct(before.id, "transferred", 487, now);
}

/// Nobody did: the two are together again, if who handed on is still there.
void Server::Impl::onward_failed(DirectCall& call, std::string_view cause, int status, Timestamp now) {
    auto handing_on = *std::exchange(call.handing_on, {});
    const bool by_caller = !handing_on.caller;
    if (by_caller ? call.caller.sip == sip::SessionId{} : !call.answered) return end_direct(call.id, cause, 480, now);
    if (handing_on.refer) {
        notify(*handing_on.refer, status, now);
        bridge_direct(call, now);
    } else {
        prompt_error(call, by_caller, now);
    }
}

/// Off the call, wherever it goes: it is hung up on nobody yet, and counts as before.
Party Server::Impl::take_party(DirectCall& call, bool the_caller) {
    touch(call);
    Party party;
    forget_keys(the_caller ? call.caller_keys : call.callee_keys);
    if (the_caller) {
        party.leg.sip = call.caller.sip;
        party.leg.media = call.caller.media;
        call.caller = {};
        party.agent = std::exchange(call.calling, {});
        party.name = call.handed_on.empty() ? core_.plan().agents[index(call.by)].name : call.handed_on;
        party.trunk = std::exchange(call.caller_trunk, {});
    } else {
        party.leg = std::move(*call.answered);
        call.answered.reset();
        if (std::exchange(call.callee_counted, false)) party.agent = call.callee;
        party.name = call.to;
        party.trunk = std::exchange(call.trunk, {});
    }
    return party;
}

void Server::Impl::put_caller(DirectCall& call, Party&& party) {
    touch(call);
    sessions_[party.leg.sip] = DirectRef{call.id, true};
    call.caller.sip = party.leg.sip;
    call.caller.media = party.leg.media;
    call.caller.answered = true;
    call.calling = party.agent;
    call.handed_on = party.agent == call.by ? std::string() : std::move(party.name);
    call.caller_trunk = party.trunk;
}

void Server::Impl::put_callee(DirectCall& call, Party&& party) {
    touch(call);
    sessions_[party.leg.sip] = DirectRef{call.id, false};
    call.answered = std::move(party.leg);
    call.callee = party.agent;
    call.callee_counted = party.agent.has_value();
    call.to = std::move(party.name);
    call.trunk = party.trunk;
}

void Server::Impl::drop_party(DirectCall& call, bool the_caller, Timestamp now) {
    Party gone = take_party(call, the_caller);
    drop_leg(gone.leg, now);
    if (gone.agent) count_other_use(*gone.agent, -1, now);
    if (gone.trunk) trunks_.call_ended(*gone.trunk, TrunkCall::out);
}

/// A tone for one of the two, that it didn't work; then they are together again.
void Server::Impl::prompt_error(DirectCall& call, bool the_caller, Timestamp now) {
    if (sounds_.error == media::SoundId::none) return bridge_direct(call, now);
    const media::PlayItem item{sounds_.error, false};
    loop(the_caller ? call.answered->media : call.caller.media, sounds_.music);
    media_.play((the_caller ? call.caller.media : call.answered->media).session, std::span(&item, 1));
    call.prompting = true;
}

}  // namespace centrala::calls
