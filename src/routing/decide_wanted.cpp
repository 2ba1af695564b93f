// Calls that are kept for one agent: who is wanted, and when waiting for them is in vain.
#include <algorithm>

#include "decide.hpp"

namespace centrala::routing {

/// Whom a call that enters that queue is kept for: of those who could be wanted, the first who is at work and may take
/// it.
std::optional<Wanted> Decider::wanted_by_caller(const ContactRecord& contact, QueueId target, bool open) const {
    const auto at_hand = [&](const Wanted& w, bool skilled) {
        const AgentFacts& facts = record(w.agent).facts;
        return stays_ready(facts) && (w.patience > Duration::zero() || available(w.agent, queue(target).channel)) &&
               (!skilled || s_.index.serves(w.agent, target));
    };
    const auto& dialled = plan_.entry_points[index(*contact.entry_point)].wanted;
    if (open && dialled && at_hand(*dialled, false)) return dialled;
    const auto manager = contact.callers ? plan_.caller_lists[index(*contact.callers)].wanted : std::nullopt;
    for (const auto& carer : {contact.advice.wanted, manager})
        if (carer && at_hand(*carer, true)) return carer;
    const auto& sticky = queue(target).sticky;
    if (!sticky || contact.internal || contact.withheld) return std::nullopt;
    const LastTalk* last = s_.last_agents.find(contact.caller);
    if (!last || at_ - last->ended >= sticky->memory) return std::nullopt;
    const Wanted before{last->agent, sticky->patience};
    return at_hand(before, true) ? std::optional(before) : std::nullopt;
}

/// Why it is kept for that agent no longer; nullopt: it is.
std::optional<ReleaseCause> Decider::in_vain(const ContactRecord& contact) const {
    const AgentId agent = *contact.wanted;
    if (!stays_ready(record(agent).facts)) return ReleaseCause::left;
    if (!may_be_given(s_, plan_, contact, agent)) return ReleaseCause::unskilled;
    if (contact.refused_by(agent)) return ReleaseCause::refused;
    // Who is available is about to be offered it.
    const bool over = at_ >= *contact.wanted_until && !available(agent, channel_of(contact));
    return over ? std::optional(ReleaseCause::patience) : std::nullopt;
}

/// True: it was kept in vain, and is anybody's now.
bool Decider::release_if_in_vain(ContactId id) {
    const ContactRecord& c = *s_.find(id);
    const auto cause = c.wanted ? in_vain(c) : std::nullopt;
    if (!cause) return false;
    emit(event::ContactReleased{id, c.queue, *c.wanted, *cause, waited(c, at_)});
    return true;
}

/// What happened to these agents may have ended the wait of calls that are kept for them.
void Decider::release_of_doubtful() {
    while (!doubtful_.empty()) {
        const AgentId agent = doubtful_.back();
        doubtful_.pop_back();
        const std::set<ContactId> kept = record(agent).wanted_by;
        for (const ContactId id : kept)
            if (release_if_in_vain(id)) settle(id);
    }
}

}  // namespace centrala::routing
