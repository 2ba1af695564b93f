#include "replan.hpp"

#include <algorithm>

#include "centrala/routing/derive.hpp"
#include "decide.hpp"

namespace centrala::routing {
namespace {

/// When it came to its queue, as far as can be told; else since when it has waited anywhere.
Timestamp came_at(const ContactRecord& contact, const Queue& queue) {
    if (contact.relax_at && contact.step < queue.relaxations.size())
        return *contact.relax_at - queue.relaxations[contact.step].after;
    if (contact.leave_at) return *contact.leave_at - queue.max_wait;
    return contact.waiting_since;
}

/// Its place in the steps and times of its queue as it is now.
void follow_queue(ContactRecord& contact, const Queue& was, const Queue& is, Timestamp now) {
    const Timestamp came = came_at(contact, was);
    if (was.max_wait != is.max_wait)
        contact.leave_at = is.max_wait > 0s ? std::optional(came + is.max_wait) : std::nullopt;
    if (was.relaxations == is.relaxations) return;
    contact.step = 0;
    contact.relax_at.reset();
    for (const Relaxation& relaxation : is.relaxations) {
        if (came + relaxation.after > now) {
            contact.relax_at = came + relaxation.after;
            break;
        }
        ++contact.step;
    }
}

}  // namespace

State replanned(State state, const Plan& from, const Plan& to) {
    const ListedShares shares = listed_shares(state);
    state.agents.resize(to.agents.size());
    state.doors.resize(to.entry_points.size());
    state.queues.resize(to.queues.size());
    for (std::size_t a = 0; a < to.agents.size(); ++a) {
        auto planned = planned_skills(to.agents[a]);
        // What a supervisor changed since stays as long as the configuration says the same as before.
        if (a >= from.agents.size() || planned_skills(from.agents[a]) != planned)
            state.agents[a].skills = std::move(planned);
        auto& run = state.agents[a].run;  // no more of it is kept than Rest asks for
        run.erase(run.begin(),
                  run.end() - static_cast<std::ptrdiff_t>(std::min<std::size_t>(run.size(), to.agents[a].rest.calls)));
    }
    for (ContactRecord& contact : state.contacts) {
        if (contact.phase != ContactPhase::waiting && contact.phase != ContactPhase::offered) continue;
        const Queue& queue = to.queues[index(contact.queue)];
        follow_queue(contact, from.queues[index(contact.queue)], queue, state.clock);
        contact.priority =
            raise_of(contact, to) + (contact.step == 0 ? queue.priority : queue.relaxations[contact.step - 1].priority);
    }
    derive(state, to, shares);
    return state;
}

Rejection Decider::on(const input::PlanChanged& in) {
    for (const AgentId id : in.added) {
        if (!known(id) || !plan_.agents[index(id)].always_logged_in) continue;
        if (record(id).facts.session == Session::logged_in) continue;
        Change c = change(id);
        log_in_ready(c);
        emit(std::move(c), "login", Actor::system);
    }
    for (std::size_t a = 0; a < plan_.agents.size(); ++a) {
        const auto id = static_cast<AgentId>(a);
        if (plan_.agents[a].retired) on(input::AgentLogsOut{id, Actor::supervisor});
        // Every pair that can be made now has one of these in it.
        if (s_.index.listed(id)) open_agents_.push_back(id);
        if (!record(id).wanted_by.empty()) doubtful_.push_back(id);
    }
    agents_left_ = true;
    return Rejection::none;
}

}  // namespace centrala::routing
