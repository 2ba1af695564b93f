// Slow and plain on purpose: no index, every agent against every call.
#include "routing/model.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <tuple>

namespace centrala::routing::testing {
namespace {

bool meets(const State& state, const Plan& plan, AgentId agent, const Requirement& required, QueueId queue) {
    const Agent& who = plan.agents[index(agent)];
    if (plan.queues[index(queue)].channel == Channel::chat && who.chats == 0) return false;
    if (!who.queues.empty() && std::count(who.queues.begin(), who.queues.end(), queue) == 0) return false;
    if (!required.groups.empty() && std::count(required.groups.begin(), required.groups.end(), who.group) == 0)
        return false;
    for (const SkillLevel& need : required.skills) {
        bool has = false;
        for (const SkillLevel& s : state.agents[index(agent)].skills)
            has |= s.skill == need.skill && s.level >= need.level;
        if (!has) return false;
    }
    return true;
}

unsigned level_in(const State& state, AgentId agent, const Requirement& required) {
    unsigned sum = 0;
    for (const SkillLevel& need : required.skills)
        for (const SkillLevel& s : state.agents[index(agent)].skills)
            if (s.skill == need.skill) sum += s.level;
    return sum;
}

}  // namespace

std::string name(ContactId id) {
    return "contact " + std::to_string(index(id));
}

std::string name(AgentId id) {
    return "agent " + std::to_string(index(id));
}

bool skilled(const State& state, const Plan& plan, AgentId agent, QueueId queue, std::size_t step) {
    const Requirement& required = plan.queues[index(queue)].required_at(step);
    bool may = meets(state, plan, agent, required, queue);
    for (const QueueId other : required.also)
        may |= meets(state, plan, agent, plan.queues[index(other)].required, other);
    return may;
}

unsigned level_sum(const State& state, const Plan& plan, AgentId agent, QueueId queue, std::size_t step) {
    const Requirement& required = plan.queues[index(queue)].required_at(step);
    unsigned best = 0;
    if (meets(state, plan, agent, required, queue)) best = level_in(state, agent, required);
    for (const QueueId other : required.also)
        if (const Requirement& theirs = plan.queues[index(other)].required; meets(state, plan, agent, theirs, other))
            best = std::max(best, level_in(state, agent, theirs));
    return best;
}

int raised(const Plan& plan, const ContactRecord& contact) {
    return (contact.entry_point ? plan.entry_points[index(*contact.entry_point)].priority : 0) +
           (contact.callers ? plan.caller_lists[index(*contact.callers)].priority : 0) + contact.advice.priority;
}

bool comes_before(const ContactRecord& a, const ContactRecord& b) {
    return std::tuple(-a.priority, a.enqueued, a.id) < std::tuple(-b.priority, b.enqueued, b.id);
}

bool has_space(const State& state, const Plan& plan, AgentId agent, Channel channel) {
    const AgentFacts& f = state.agents[index(agent)].facts;
    bool calls = false, rings = false;
    for (const Task& task : f.tasks) calls |= task.channel == Channel::voice, rings |= task.work == Work::reserved;
    if (channel == Channel::voice) return f.tasks.empty();
    return !calls && !rings && f.tasks.size() < plan.agents[index(agent)].chats;
}

bool open_to(const State& state, const Plan& plan, AgentId agent, Channel channel) {
    const AgentFacts& f = state.agents[index(agent)].facts;
    return has_space(state, plan, agent, channel) && f.session == Session::logged_in && f.intent == Intent::ready &&
           !f.pending && f.device == Device::registered && f.other_use == OtherUse::none;
}

bool works(const AgentFacts& f) {
    return f.session == Session::logged_in &&
           (!f.tasks.empty() ||
            (f.intent == Intent::ready && f.device == Device::registered && f.other_use == OtherUse::none));
}

std::uint32_t idle_for(const State& state, const Plan& plan, QueueId queue, std::size_t step) {
    std::uint32_t count = 0;
    for (std::size_t a = 0; a < state.agents.size(); ++a)
        count += open_to(state, plan, static_cast<AgentId>(a), plan.queues[index(queue)].channel) &&
                 skilled(state, plan, static_cast<AgentId>(a), queue, step);
    return count;
}

bool stays(const AgentFacts& f) {
    const bool wants = f.pending ? f.pending->intent == Intent::ready && !f.pending->logout : f.intent == Intent::ready;
    return f.session == Session::logged_in && f.device == Device::registered && wants;
}

bool may_serve(const State& state, const Plan& plan, AgentId agent, const ContactRecord& contact) {
    const auto& own = contact.entry_point ? plan.entry_points[index(*contact.entry_point)].wanted : std::nullopt;
    return (own && own->agent == agent) || skilled(state, plan, agent, contact.queue, contact.step);
}

bool has_refused(const ContactRecord& contact, AgentId agent, Timestamp at) {
    return std::any_of(contact.refusals.begin(), contact.refusals.end(),
                       [&](const RefusalMemory& r) { return r.agent == agent && r.until > at; });
}

namespace {

/// How much a queue likes the agent beyond what it asks for.
std::int64_t liking(const State& state, const Queue& queue, AgentId agent) {
    std::int64_t sum = 0;
    for (const Preference& p : queue.preferred)
        for (const SkillLevel& s : state.agents[index(agent)].skills)
            if (s.skill == p.skill) sum += p.weight * s.level;
    return sum;
}

std::optional<QueueId> kept_for(const State& state, const Plan& plan, AgentId agent, const ContactRecord& contact,
                                Timestamp at) {
    const Duration target = plan.queues[index(contact.queue)].service_level;
    if (!plan.reserve_scarce || at >= contact.enqueued + (target - target / 10)) return std::nullopt;
    for (std::size_t q = 0; q < plan.queues.size(); ++q) {
        const auto other = static_cast<QueueId>(q);
        if (plan.queues[q].channel != plan.queues[index(contact.queue)].channel) continue;
        if (other != contact.queue && skilled(state, plan, agent, other) &&
            idle_for(state, plan, other) <= state.queues[q].reservation.agents())
            return other;
    }
    return std::nullopt;
}

/// What the agent's other queues have to do for each who could do it.
std::uint64_t missed_elsewhere(const State& state, const Plan& plan, AgentId agent, QueueId but) {
    std::uint64_t sum = 0;
    for (std::size_t q = 0; q < plan.queues.size(); ++q) {
        const auto other = static_cast<QueueId>(q);
        // Who has chats in hand is lost to the calls already.
        const bool lost = plan.queues[q].channel != plan.queues[index(but)].channel &&
                          !state.agents[index(agent)].facts.tasks.empty();
        if (other != but && !lost && skilled(state, plan, agent, other))
            sum += state.queues[q].demand.load() / idle_for(state, plan, other);
    }
    return sum;
}

std::uint32_t weight(const Plan& plan, AgentId agent, QueueId queue) {
    std::uint32_t weight = plan.agents[index(agent)].weight;
    for (const Weight& w : plan.agents[index(agent)].weights)
        if (w.queue == queue) weight = w.weight;
    return weight;
}

/// SplitMix64's next number.
std::uint64_t scattered(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

/// An exponential number with the weight as its rate, in floating point: no two of a test are so close that it and the
/// core's integers order them differently.
std::uint64_t draw(ContactId contact, AgentId agent, std::uint32_t weight) {
    const auto uniform = static_cast<long double>(scattered(scattered(index(contact)) ^ index(agent)));
    return static_cast<std::uint64_t>(std::ldexp((64 - std::log2(uniform)) / weight, 50));
}

std::int64_t pace(const Plan& plan, AgentId agent, QueueId queue) {
    for (const Pace& p : plan.agents[index(agent)].paces)
        if (p.queue == queue) return p.permille;
    return 1000;
}

/// What a queue asks for, by arrivals and `each`, in Demand's unit.
unsigned __int128 asked(const State& state, std::size_t queue, Duration each) {
    return static_cast<unsigned __int128>(state.queues[queue].demand.arrivals) * static_cast<unsigned>(each / 1ms) >>
           22;
}

/// How many more wait in its queue than would by the queue's share, in millionths (of two).
std::int64_t beyond_its_share(const State& state, const Plan& plan, QueueId queue) {
    unsigned __int128 all = 0;
    std::int64_t here = 0, everywhere = 0;
    for (std::size_t q = 0; q < plan.queues.size(); ++q) all += asked(state, q, plan.queues[q].service_level);
    for (const ContactRecord& c : state.contacts) {
        everywhere += c.phase == ContactPhase::waiting;
        here += c.phase == ContactPhase::waiting && c.queue == queue;
    }
    const auto own = asked(state, index(queue), plan.queues[index(queue)].service_level);
    if (all == 0) return here << 20;
    return (here << 20) - static_cast<std::int64_t>((static_cast<unsigned __int128>(everywhere) << 20) * own / all);
}

/// By waiting on, for each ms that it takes an agent.
std::int64_t cost(const State& state, const Plan& plan, const ContactRecord& c, Timestamp at) {
    const Queue& queue = plan.queues[index(c.queue)];
    const Demand& demand = state.queues[index(c.queue)].demand;
    const std::int64_t takes = demand.seen > 0 ? std::max<std::int64_t>(demand.handling / 1ms, 1) : 180'000;
    const __int128 waited = std::clamp<Duration>(at - c.enqueued, 0s, 24h).count();
    return static_cast<std::int64_t>((waited * queue.delay_cost << 20) / (queue.service_level / 1ms) / takes);
}

/// Smaller is served first.
std::tuple<std::int64_t, std::int64_t, Timestamp, ContactId> turn(const State& state, const Plan& plan,
                                                                  const ContactRecord& c, Timestamp at) {
    const Duration target = plan.queues[index(c.queue)].service_level;
    switch (plan.call_order) {
        case CallOrder::longest_wait: break;
        case CallOrder::ageing: return {0, 0, c.enqueued - c.priority * plan.ageing, c.id};
        case CallOrder::most_overdue: return {-c.priority, 0, c.enqueued + target, c.id};
        case CallOrder::rescuable_first:
        case CallOrder::rescuable_heads:
            if (at - c.enqueued <= target) return {-c.priority, 1, c.enqueued + target, c.id};
            return {-c.priority, at - c.enqueued >= 4 * target ? 0 : 2, c.enqueued, c.id};
        case CallOrder::queue_ratio: return {-c.priority, -beyond_its_share(state, plan, c.queue), c.enqueued, c.id};
        case CallOrder::generalised_c_mu: return {-c.priority, -cost(state, plan, c, at), c.enqueued, c.id};
    }
    return {-c.priority, 0, c.enqueued, c.id};
}

/// What a queue at a step sees of the agent: two agents who look alike to all queues are of one kind.
std::vector<std::int64_t> looks(const State& state, const Plan& plan, AgentId agent) {
    std::vector<std::int64_t> all;
    std::int64_t served = 0;
    for (std::size_t q = 0; q < plan.queues.size(); ++q) served += skilled(state, plan, agent, static_cast<QueueId>(q));
    for (std::size_t q = 0; q < plan.queues.size(); ++q)
        for (std::size_t step = 0; step < plan.queues[q].steps(); ++step) {
            const auto id = static_cast<QueueId>(q);
            const Queue& queue = plan.queues[q];
            if (!skilled(state, plan, agent, id, step)) {
                all.push_back(-1);
                continue;
            }
            all.push_back(heeds_preferences(queue.strategy) ? liking(state, queue, agent) : 0);
            all.push_back(queue.strategy == Strategy::most_skilled     ? level_sum(state, plan, agent, id, step)
                          : queue.strategy == Strategy::coverage       ? pace(plan, agent, id)
                          : queue.strategy == Strategy::least_flexible ? served
                                                                       : 0);
        }
    return all;
}

/// How many more agents of this one's kind idle than would by their part of those at work.
std::int64_t idle_beyond_their_share(const State& state, const Plan& plan, AgentId agent, Channel channel) {
    const auto kind = looks(state, plan, agent);
    std::int64_t idle = 0, at_work = 0, all_idle = 0, all_at_work = 0;
    for (std::size_t i = 0; i < state.agents.size(); ++i) {
        const bool alike = looks(state, plan, static_cast<AgentId>(i)) == kind;
        const bool idles = open_to(state, plan, static_cast<AgentId>(i), channel), does = works(state.agents[i].facts);
        idle += alike && idles, at_work += alike && does;
        all_idle += idles, all_at_work += does;
    }
    return idle * all_at_work - at_work * all_idle;
}

/// By the queue's strategy, the first to be chosen first.
std::vector<AgentId> ranked(const State& state, const Plan& plan, const ContactRecord& contact,
                            std::vector<AgentId> agents, Timestamp at) {
    const auto& q = plan.queues[index(contact.queue)];
    // How many chats it has in hand; whom calls could need as well comes after those whom they can't have anyway.
    const auto load = [&](AgentId a) {
        const std::size_t tasks = state.agents[index(a)].facts.tasks.size();
        bool calls = false;
        for (std::size_t other = 0; other < plan.queues.size(); ++other)
            for (std::size_t step = 0; step < plan.queues[other].steps(); ++step)
                calls |= plan.queues[other].channel == Channel::voice &&
                         skilled(state, plan, a, static_cast<QueueId>(other), step);
        return q.channel == Channel::chat && calls && tasks == 0 ? std::size_t{100} : tasks;
    };
    const auto idle = [&](AgentId a) { return std::pair(load(a), state.agents[index(a)].idle_since); };
    const auto served = [&](AgentId a) {
        std::int64_t count = 0;
        for (std::size_t i = 0; i < plan.queues.size(); ++i) count += skilled(state, plan, a, static_cast<QueueId>(i));
        return count;
    };
    const auto disliked = [&](AgentId a) { return -liking(state, q, a); };
    const auto turn = [&](AgentId a) {  // how many come before it in the plan's order
        const auto key = [&](std::size_t i) { return std::pair(plan.agents[i].place, i); };
        std::int64_t before = 0;
        for (std::size_t i = 0; i < plan.agents.size(); ++i) before += key(i) < key(index(a));
        return before;
    };
    using Idle = std::pair<std::size_t, Timestamp>;
    const auto rank = [&](AgentId a) -> std::tuple<std::int64_t, std::int64_t, std::uint64_t, Idle, AgentId> {
        switch (q.strategy) {
            case Strategy::longest_idle: return {disliked(a), 0, 0, idle(a), a};
            case Strategy::most_skilled:
                return {disliked(a), -std::int64_t{level_sum(state, plan, a, contact.queue, contact.step)}, 0, idle(a),
                        a};
            case Strategy::least_occupied: return {0, occupancy_ppm(state.agents[index(a)], at), 0, idle(a), a};
            case Strategy::coverage:
                return {disliked(a), pace(plan, a, contact.queue), missed_elsewhere(state, plan, a, contact.queue),
                        idle(a), a};
            case Strategy::least_flexible: return {disliked(a), served(a), 0, idle(a), a};
            case Strategy::fewest_calls: return {0, state.agents[index(a)].session_calls, 0, idle(a), a};
            case Strategy::in_order: return {0, turn(a), 0, Idle{}, a};
            case Strategy::idleness_ratio:
                return {disliked(a), -idle_beyond_their_share(state, plan, a, q.channel), 0, idle(a), a};
            case Strategy::weighted_random:
                return {0, 0, draw(contact.id, a, weight(plan, a, contact.queue)), Idle{}, a};
            case Strategy::round_robin: break;
        }
        const auto last = state.queues[index(contact.queue)].last_offered;
        const auto n = static_cast<std::int64_t>(plan.agents.size());
        const auto start = last ? turn(*last) + 1 : 0;
        return {0, (turn(a) - start + n) % n, 0, Idle{}, a};
    };
    std::sort(agents.begin(), agents.end(), [&](AgentId a, AgentId b) { return rank(a) < rank(b); });
    return agents;
}

/// Who would come first if refusals and reservations didn't count, and what is in the way.
std::optional<event::PassedOver> passed_over(const State& state, const Plan& plan, const ContactRecord& contact,
                                             Timestamp at) {
    std::vector<AgentId> all;
    for (std::size_t a = 0; a < state.agents.size(); ++a)
        if (const auto agent = static_cast<AgentId>(a);
            open_to(state, plan, agent, plan.queues[index(contact.queue)].channel) &&
            skilled(state, plan, agent, contact.queue, contact.step))
            all.push_back(agent);
    const AgentId best = ranked(state, plan, contact, all, at).front();
    if (has_refused(contact, best, at)) return event::PassedOver{best};
    if (const auto queue = kept_for(state, plan, best, contact, at)) return event::PassedOver{best, queue};
    return std::nullopt;
}

/// Nobody waits for this agent or one who may do the same, and enough others stay in each queue that has them.
bool can_be_spared(const State& state, const Plan& plan, AgentId agent) {
    const AgentFacts& facts = state.agents[index(agent)].facts;
    for (const Task& task : facts.tasks)
        if (task.channel == Channel::voice || task.work == Work::reserved) return false;
    for (const ContactRecord& c : state.contacts) {
        const bool for_it = c.wanted ? c.wanted == agent : skilled(state, plan, agent, c.queue, c.step);
        if (c.phase == ContactPhase::waiting && for_it) return false;
    }
    for (std::size_t q = 0; q < plan.queues.size(); ++q) {
        const auto queue = static_cast<QueueId>(q);
        std::uint32_t logged_in = 0, stay = 0;
        for (std::size_t i = 0; i < state.agents.size(); ++i) {
            const auto one = static_cast<AgentId>(i);
            if (!skilled(state, plan, one, queue)) continue;
            logged_in += state.agents[i].facts.session == Session::logged_in;
            stay += one != agent && open_to(state, plan, one, plan.queues[q].channel);
        }
        if (skilled(state, plan, agent, queue) && logged_in > plan.breaks.keep && stay < plan.breaks.keep) return false;
    }
    return true;
}

}  // namespace

bool may_take(const State& state, const Plan& plan, AgentId agent, const ContactRecord& contact, Timestamp at) {
    if (!open_to(state, plan, agent, plan.queues[index(contact.queue)].channel) || has_refused(contact, agent, at))
        return false;
    if (contact.wanted) return contact.wanted == agent && may_serve(state, plan, agent, contact);
    return skilled(state, plan, agent, contact.queue, contact.step) && !kept_for(state, plan, agent, contact, at);
}

bool rings_at_more(const State& state, const Plan& plan, const ContactRecord& contact, Timestamp at) {
    if (contact.phase != ContactPhase::offered || contact.wanted) return false;
    for (const OfferId id : contact.offers)
        if (state.find(id)->direct) return false;
    const bool due = (contact.leave_at && *contact.leave_at <= at) || (contact.relax_at && *contact.relax_at <= at);
    return !due && contact.offers.size() < plan.queues[index(contact.queue)].ring_at_once;
}

std::optional<AgentId> predict_break(const State& state, const Plan& plan) {
    std::optional<AgentId> first;
    for (std::size_t a = 0; a < state.agents.size(); ++a) {
        const auto agent = static_cast<AgentId>(a);
        const auto& asks = state.agents[a].facts.asks;
        if (!asks || (first && state.agents[index(*first)].facts.asks->asked_at <= asks->asked_at)) continue;
        if (can_be_spared(state, plan, agent)) first = agent;
    }
    return first;
}

std::optional<Prediction> predict(const State& state, const Plan& plan, Timestamp at) {
    std::map<const ContactRecord*, std::vector<AgentId>> takeable;
    const auto look = [&](auto which) {
        for (const ContactRecord& c : state.contacts)
            for (std::size_t a = 0; a < state.agents.size() && which(c); ++a)
                if (const auto agent = static_cast<AgentId>(a); may_take(state, plan, agent, c, at))
                    takeable[&c].push_back(agent);
    };
    look([](const ContactRecord& c) { return c.phase == ContactPhase::waiting; });
    if (takeable.empty()) look([&](const ContactRecord& c) { return rings_at_more(state, plan, c, at); });
    const ContactRecord* next = nullptr;
    for (const auto& [c, agents] : takeable) {
        const bool behind = std::any_of(takeable.begin(), takeable.end(), [&, one = c](const auto& other) {
            return other.first->queue == one->queue && comes_before(*other.first, *one);
        });
        if (plan.call_order == CallOrder::rescuable_heads && behind) continue;
        if (!next || turn(state, plan, *c, at) < turn(state, plan, *next, at)) next = c;
    }
    if (!next) return std::nullopt;
    if (next->wanted) return Prediction{next->id, *next->wanted, 1, {}, {}};
    std::uint32_t candidates = idle_for(state, plan, next->queue, next->step);
    for (const RefusalMemory& r : next->refusals)
        candidates -= r.until > at && open_to(state, plan, r.agent, plan.queues[index(next->queue)].channel) &&
                      skilled(state, plan, r.agent, next->queue, next->step);
    const std::vector<AgentId> order = ranked(state, plan, *next, takeable[next], at);
    Prediction prediction{next->id, order.front(), candidates};
    if (order.size() > 1) prediction.next = order[1];
    prediction.passed_over = passed_over(state, plan, *next, at);
    return prediction;
}

}  // namespace centrala::routing::testing
