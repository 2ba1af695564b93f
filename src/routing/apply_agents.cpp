#include "apply_agents.hpp"

#include <algorithm>

#include "centrala/routing/breaks.hpp"

namespace centrala::routing {
namespace {

class AgentApplier {
public:
    AgentApplier(State& state, const Plan& plan, Timestamp at) : s_(state), plan_(plan), at_(at) {}

    void change(const event::AgentChanged& e) {
        AgentRecord& a = agent(e.agent);
        const AgentState from = displayed(a.facts);
        const AgentState to = displayed(e.facts);
        const bool was_in = a.facts.session == Session::logged_in;
        const bool is_in = e.facts.session == Session::logged_in;
        if (from != to) {
            if (from != AgentState::logged_out) a.time_in[static_cast<std::size_t>(from)] += at_ - a.state_since;
            a.state_since = at_;
        }
        if (is_in && !was_in) {
            a.time_in = {};
            a.session_calls = 0;
            a.session_since = at_;
        }
        if (was_in != is_in) {
            s_.index.set_unavailable(e.agent);
            s_.index.set_logged_in(e.agent, is_in);
        }
        note_work(a, plan_.agents[index(e.agent)].rest, e.facts);
        note_wish(e.agent, a.facts, e.facts);
        note_wrap_ups(e.agent, a.facts.tasks, e.facts.tasks);
        for (const Task& task : e.facts.tasks) {
            if (!talks(task)) break;  // nor do those that come after it
            if (const Task* was = a.facts.task(task.contact); !was || !talks(*was)) a.last_contact = task.contact;
        }
        a.facts = e.facts;
        a.idle_since = e.idle_since.value_or(a.idle_since);
        set_timer(a.busy_until, e.busy_until, DeadlineKind::busy_memory, e.agent);
        set_timer(a.device_until, e.device_until, DeadlineKind::device, e.agent);
        set_timer(a.not_ready_until, e.not_ready_until, DeadlineKind::not_ready, e.agent);
        list(e.agent);
    }

    void change_skill(const event::AgentSkillChanged& e) {
        AgentRecord& a = agent(e.agent);
        std::erase_if(a.skills, [&](const SkillLevel& x) { return x.skill == e.skill; });
        if (e.to > 0) {
            const auto at = std::lower_bound(a.skills.begin(), a.skills.end(), e.skill,
                                             [](const SkillLevel& x, SkillId id) { return x.skill < id; });
            a.skills.insert(at, {e.skill, e.to});
        }
        s_.index.set_unavailable(e.agent);
        work(e.agent, false);
        s_.index.set_skills(plan_, e.agent, a.skills, a.facts.session == Session::logged_in);
        list(e.agent);
    }

private:
    AgentRecord& agent(AgentId id) { return s_.agents[index(id)]; }

    /// Keeps the index in step with the facts: listed exactly when available, under its idle clock.
    void list(AgentId id) {
        const AgentRecord& a = agent(id);
        work(id, at_work(a.facts));
        const bool willing = is_willing(a.facts);
        for (const Channel channel : kEveryChannel) {
            if (channel == Channel::chat && s_.index.chats(id) == 0) continue;
            const auto& listed = s_.index.listed(id, channel);
            const bool should = willing && has_room(a.facts, channel, s_.index.chats(id));
            if (!should && !listed) continue;
            const IdleKey key = s_.index.idle_key(id, channel, a.idle_since, a.facts.tasks.size());
            if (should && listed == key) continue;
            if (listed) s_.index.set_unavailable(channel, id);
            if (should) s_.index.set_available(channel, key, occupancy_ppm(a, at_), a.session_calls);
        }
    }

    void work(AgentId id, bool at_work) {
        if (s_.index.at_work(id) == at_work) return;
        for (const Eligibility& e : s_.index.serves(id))
            if (e.step == 0) s_.queues[index(e.queue)].waits.backlog_lasts(at_, s_.index.bench(e.queue).at_work);
        s_.index.set_at_work(id, at_work);
    }

    /// A conversation begins, or one and its wrap-up are over.
    void note_work(AgentRecord& a, const Rest& rest, const AgentFacts& after) const {
        const auto works = [](const AgentFacts& f) {
            return std::ranges::count_if(f.tasks, [](const Task& t) { return t.work != Work::reserved; });
        };
        const auto did = works(a.facts), does = works(after);
        if (does < did) {
            a.worked_until = at_;
            if (does == 0 && after.reason == kRestReason) a.run.clear();
        }
        if (does <= did || rest.calls == 0) return;
        if (did == 0 && (!a.worked_until || at_ - *a.worked_until >= rest.pause)) a.run.clear();
        std::erase_if(a.run, [&](Timestamp t) { return t <= at_ - rest.within; });
        if (a.run.size() >= rest.calls) a.run.erase(a.run.begin());  // of more than so many nobody asks
        a.run.push_back(at_);
    }

    static bool talks(const Task& task) { return task.work == Work::connected || task.work == Work::held; }

    void note_wrap_ups(AgentId id, const Tasks& before, const Tasks& after) {
        for (const Task& task : before)
            if (task.wrap_until) s_.deadlines.take(wrap_up_deadline(id, task));
        for (const Task& task : after)
            if (task.wrap_until) s_.deadlines.put(wrap_up_deadline(id, task));
    }

    /// Who asks for a break stands in line for it while idle, and gets it in the end.
    void note_wish(AgentId id, const AgentFacts& before, const AgentFacts& after) {
        if (const auto key = break_key(id, before)) s_.asking.erase(*key);
        if (const auto key = break_key(id, after)) s_.asking.insert(*key);
        if (before.asks) s_.deadlines.take(break_deadline(plan_, id, *before.asks));
        if (after.asks) s_.deadlines.put(break_deadline(plan_, id, *after.asks));
    }

    void set_timer(std::optional<Timestamp>& timer, std::optional<Timestamp> to, DeadlineKind kind, AgentId id) {
        if (timer == to) return;
        if (timer) s_.deadlines.take(Deadline{*timer, kind, index(id), {}});
        if (to) s_.deadlines.put(Deadline{*to, kind, index(id), {}});
        timer = to;
    }

    State& s_;
    const Plan& plan_;
    Timestamp at_;
};

}  // namespace

void apply_agent_changed(State& state, const Plan& plan, const event::AgentChanged& event, Timestamp at) {
    AgentApplier(state, plan, at).change(event);
}

void apply_skill_changed(State& state, const Plan& plan, const event::AgentSkillChanged& event, Timestamp at) {
    AgentApplier(state, plan, at).change_skill(event);
}

}  // namespace centrala::routing
