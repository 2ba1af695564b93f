// What happens to offers: each ends once, and what that does to the agent and to the contact.
#include "decide.hpp"

namespace centrala::routing {

Rejection Decider::on(const input::OfferRings& in) {
    const OfferRecord* o = s_.find(in.offer);
    if (!o) return Rejection::unknown_id;
    if (o->ringing) return Rejection::already_so;
    emit(event::OfferRinging{o->id, o->contact, o->agent});
    return Rejection::none;
}

Rejection Decider::on(const input::OfferAccepted& in) {
    const OfferRecord* live = s_.find(in.offer);
    if (!live) return Rejection::unknown_id;
    const OfferRecord o = *live;
    const Few<OfferId> all = s_.find(o.contact)->offers;
    for (const OfferId other : all)
        if (other != o.id) rescind(*s_.find(other));
    const Duration rang = at_ - o.made;
    emit(event::OfferEnded{o.id, o.contact, o.queue, o.agent, Outcome::accepted, 0, rang, 0, std::nullopt});
    const ContactRecord& c = *s_.find(o.contact);
    event::ContactConnected connected{o.contact, o.queue, o.agent, o.id, waited(c, at_), rang};
    if (c.foreseen) connected.expected_wait = c.foreseen->estimate.expected;
    emit(std::move(connected));
    Change a = change(o.agent);
    a.facts.task(o.contact)->work = Work::connected;
    a.facts.misses = 0;
    emit(std::move(a), "offer.accepted", Actor::agent);
    return Rejection::none;
}

Rejection Decider::on(const input::OfferFailed& in) {
    const OfferRecord* o = s_.find(in.offer);
    if (!o) return Rejection::unknown_id;
    switch (in.outcome) {
        case Outcome::rejected:
        case Outcome::busy:
        case Outcome::no_answer:
        case Outcome::unreachable: offer_ended(*o, in.outcome, in.sip_code); return Rejection::none;
        case Outcome::rescinded: {
            const ContactId contact = o->contact;
            rescind(*o);
            returned(contact);
            return Rejection::none;
        }
        case Outcome::accepted:
        case Outcome::caller_gone: break;  // these have inputs of their own
    }
    return Rejection::already_so;
}

/// The agent's side failed. rejected and no_answer are the person's doing: counted, remembered, the idle clock begins
/// anew. busy and unreachable are the phone's: it rests, nobody is blamed.
void Decider::offer_ended(const OfferRecord& offer, Outcome outcome, int sip_code) {
    const OfferRecord o = offer;
    const Queue& q = queue(o.queue);
    const bool by_person = outcome == Outcome::rejected || outcome == Outcome::no_answer;
    Change a = change(o.agent);
    let_go(a, o.contact);
    if (by_person) {
        ++a.facts.misses;
        a.idle_since = at_;
    }
    std::optional<Timestamp> not_again;
    if (by_person) not_again = at_ + std::max(q.refusal_memory, kRestMin);
    emit(event::OfferEnded{o.id, o.contact, o.queue, o.agent, outcome, sip_code, at_ - o.made, a.facts.misses,
                           not_again});

    std::string_view cause;
    Actor actor = Actor::system;
    switch (outcome) {
        case Outcome::rejected:
            cause = "offer.rejected";
            actor = Actor::agent;
            break;
        case Outcome::no_answer: cause = "offer.no_answer"; break;
        case Outcome::busy:
            cause = "offer.busy";
            if (a.facts.other_use == OtherUse::none) {
                a.facts.other_use = OtherUse::non_acd_call;
                a.busy_until = at_ + std::max(plan_.busy_memory, kRestMin);
            }
            break;
        default:
            cause = "offer.unreachable";
            if (a.facts.device == Device::registered) {
                a.facts.device = Device::suspect;
                a.device_until = rested();
            }
    }
    const bool too_often = by_person && q.misses_max > 0 && a.facts.misses >= q.misses_max;
    if (too_often && a.facts.session == Session::logged_in && a.facts.intent == Intent::ready) {
        set_not_ready(a, kNoAnswerReason);
        a.facts.misses = 0;  // it starts with a clean slate when it comes back
    }
    emit(std::move(a), cause, actor);
    returned(o.contact);
}

/// Nobody's fault: the agent is as before, its idle clock included.
void Decider::rescind(const OfferRecord& offer) {
    const OfferRecord o = offer;
    offer_withdrawn(o, Outcome::rescinded);
    Change a = change(o.agent);
    let_go(a, o.contact);
    emit(std::move(a), "offer.rescinded", Actor::system);
}

void Decider::offer_withdrawn(const OfferRecord& o, Outcome outcome) {
    emit(event::OfferEnded{o.id, o.contact, o.queue, o.agent, outcome, 0, at_ - o.made, record(o.agent).facts.misses,
                           std::nullopt});
}

/// Back in its old place, unless it rings elsewhere, too. What came due while the phone rang is due now, and matching
/// would come too early.
void Decider::returned(ContactId id) {
    const ContactRecord& c = *s_.find(id);
    if (c.phase == ContactPhase::offered) return;
    release_if_in_vain(id);
    while (c.relax_at && *c.relax_at <= at_) relax(c);
    if (c.leave_at && *c.leave_at <= at_)
        wait_is_over(c);
    else if (c.wanted || !deserted(c.queue) || !overflow(c, OverflowCause::no_agent))
        open_contacts_.push_back(id);
}

}  // namespace centrala::routing
