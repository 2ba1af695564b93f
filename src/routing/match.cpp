// Matching: the next contact in the one total order that somebody available may take, and the agent its queue's
// strategy picks.
#include <algorithm>

#include "check.hpp"
#include "decide.hpp"

namespace centrala::routing {
namespace {

/// least_occupied looks at so many with the lowest share when they became available, and as many of the longest idle.
/// A share falls while its agent idles, so the lowest is among the first unless it idled long, and then among the
/// second.
constexpr int kSharesExamined = 16;

bool refuses(const ContactRecord& contact, AgentId agent) {
    return std::any_of(contact.refusals.begin(), contact.refusals.end(),
                       [&](const auto& r) { return r.agent == agent; });
}

std::optional<AgentId> by_group(const Index& index, const Bench& bench, const ContactRecord& contact) {
    std::optional<GroupHead> best;
    for (const GroupHead& head : bench.heads) {
        if (best && *best < head) break;  // whoever is in this group or a later one ranks behind
        for (const IdleKey& key : index.group(head.group).idle) {
            if (refuses(contact, key.agent)) continue;
            const GroupHead candidate{head.unskilled, key, head.group};
            if (!best || candidate < *best) best = candidate;
            break;
        }
    }
    return best ? std::optional(best->first.agent) : std::nullopt;
}

std::optional<AgentId> in_turn(const Bench& bench, const ContactRecord& contact, std::optional<AgentId> last) {
    const auto start = last ? bench.in_turn.upper_bound(*last) : bench.in_turn.begin();
    for (auto it = start; it != bench.in_turn.end(); ++it)
        if (!refuses(contact, *it)) return *it;
    for (auto it = bench.in_turn.begin(); it != start; ++it)
        if (!refuses(contact, *it)) return *it;
    return std::nullopt;
}

std::optional<AgentId> least_occupied(const State& state, const Bench& bench, const ContactRecord& contact,
                                      Timestamp now) {
    std::optional<std::pair<std::uint32_t, IdleKey>> best;
    const auto examine = [&](const IdleKey& key) {
        const auto candidate = std::pair(occupancy_ppm(state.agents[index(key.agent)], now), key);
        if (!best || candidate < *best) best = candidate;
    };
    int left = kSharesExamined;
    for (auto it = bench.by_share.begin(); it != bench.by_share.end() && left > 0; ++it)
        if (!refuses(contact, it->second.agent)) examine(it->second), --left;
    left = kSharesExamined;
    for (auto it = bench.by_idle.begin(); it != bench.by_idle.end() && left > 0; ++it)
        if (!refuses(contact, it->agent)) examine(*it), --left;
    return best ? std::optional(best->second.agent) : std::nullopt;
}

}  // namespace

/// The head of the queues this agent serves. What it may not have again yet is stepped over: at most as many as it
/// refused lately.
std::optional<WaitKey> Decider::next_contact_for(AgentId agent) const {
    std::optional<WaitKey> best;
    const auto& refusing = record(agent).refusing;
    for (const Eligibility& e : s_.index.group_of(agent).serves) {
        for (const WaitKey& key : s_.queues[index(e.queue)].waiting) {
            if (best && *best < key) break;
            if (std::find(refusing.begin(), refusing.end(), key.contact) != refusing.end()) continue;
            best = key;
            break;
        }
    }
    return best;
}

std::optional<Decider::Choice> Decider::choose_agent(const ContactRecord& contact) const {
    const Bench& bench = s_.index.bench(contact.queue);
    if (bench.available == 0) return std::nullopt;
    std::optional<AgentId> agent;
    switch (queue(contact.queue).strategy) {
        case Strategy::longest_idle:
        case Strategy::most_skilled: agent = by_group(s_.index, bench, contact); break;
        case Strategy::round_robin:
            agent = in_turn(bench, contact, s_.queues[index(contact.queue)].last_offered);
            break;
        case Strategy::least_occupied: agent = least_occupied(s_, bench, contact, at_); break;
    }
    if (!agent) return std::nullopt;
    std::uint32_t candidates = bench.available;
    for (const RefusalMemory& r : contact.refusals)
        if (s_.index.available_since(r.agent) && s_.index.serves(r.agent, contact.queue)) --candidates;
    return Choice{*agent, candidates};
}

/// Before this turn nobody available could take anybody waiting. So only the contacts and agents opened in this turn
/// can make a pair, and the pairs are made in the contacts' total order.
void Decider::match() {
    while (!open_contacts_.empty() || !open_agents_.empty()) {
        std::optional<WaitKey> next;
        for (std::size_t i = open_contacts_.size(); i-- > 0;) {
            const ContactRecord* c = s_.find(open_contacts_[i]);
            if (!c || c->phase != ContactPhase::waiting || s_.index.bench(c->queue).available == 0) {
                open_contacts_.erase(open_contacts_.begin() + static_cast<std::ptrdiff_t>(i));
                continue;
            }
            if (const WaitKey key = wait_key(*c); !next || key < *next) next = key;
        }
        for (std::size_t i = open_agents_.size(); i-- > 0;) {
            const AgentId agent = open_agents_[i];
            const auto key = available(record(agent).facts) ? next_contact_for(agent) : std::nullopt;
            if (!key)
                open_agents_.erase(open_agents_.begin() + static_cast<std::ptrdiff_t>(i));
            else if (!next || *key < *next)
                next = key;
        }
        if (!next) return;
        const ContactRecord& contact = *s_.find(next->contact);
        if (const auto choice = choose_agent(contact))
            make_offer(contact, *choice, false);
        else
            std::erase(open_contacts_, next->contact);  // everybody available refused it
    }
}

void Decider::make_offer(const ContactRecord& contact, const Choice& choice, bool direct) {
    const AgentRecord& a = record(choice.agent);
    const Queue& q = queue(contact.queue);
    event::OfferMade e;
    e.offer = static_cast<OfferId>(s_.next_offer);
    e.contact = contact.id;
    e.queue = contact.queue;
    e.agent = choice.agent;
    e.strategy = q.strategy;
    e.candidates = choice.candidates;
    e.idle = at_ - a.idle_since;
    e.level = level_for(q, a.skills).value_or(0);
    e.waited = waited(contact, at_);
    e.attempt = contact.attempts + 1;
    e.ring_until = at_ + std::max(q.ring_timeout, kRingMin);
    e.direct = direct;
    check(direct ? a.facts.work == Work::idle : available(a.facts));
    Change c = change(choice.agent);
    c.facts.work = Work::reserved;
    c.contact = contact.id;
    emit(EventBody(std::move(e)));
    emit(std::move(c), "offer.made", Actor::system);
}

}  // namespace centrala::routing
