// Matching: the next contact in the order of calls that somebody available may take, and the agent its queue's
// strategy picks.
#include <algorithm>

#include "call_order.hpp"
#include "check.hpp"
#include "decide.hpp"
#include "prefetch.hpp"
#include "reservation.hpp"
#include "strategies.hpp"

namespace centrala::routing {

/// The head of the queues this agent serves. What it may not have again yet is stepped over: at most as many as it
/// refused lately.
std::optional<CallRank> Decider::next_contact_for(AgentId agent, const Ranking& ranking) {
    std::optional<CallRank> best;
    const auto& refusing = record(agent).refusing;
    const Serves& serves = s_.index.serves(agent);
    for (const Eligibility& e : serves) {
        if (!available(agent, e.channel)) continue;
        const auto first = first_in_line(ranking, e.queue, line(e.queue, e.step), [&](const WaitKey& key) {
            if (std::find(refusing.begin(), refusing.end(), key.contact) != refusing.end()) return false;
            if (!kept_for(s_, plan_, serves, e.queue, key.enqueued, at_)) return true;
            held_.insert(e.queue);
            return false;
        });
        if (first && (!best || *first < *best)) best = first;
    }
    for (const ContactId id : record(agent).wanted_by) {
        const ContactRecord& c = *s_.find(id);
        if (!available(agent, channel_of(c))) continue;
        const CallRank rank = ranking(c.queue, wait_key(c));
        if (!best || rank < *best) best = rank;
    }
    return best;
}

std::optional<Decider::Choice> Decider::choose_agent(const ContactRecord& contact) {
    if (contact.wanted) return anybody_for(contact) ? std::optional(Choice{*contact.wanted, 1}) : std::nullopt;
    const Bench& bench = s_.index.bench(contact.queue, contact.step);
    if (bench.available == 0) return std::nullopt;
    const Opening opening(s_, plan_, contact, at_);
    // Whoever becomes available where calls wait is as a rule the only one, whatever the strategy.
    if (const auto only = s_.index.only_available(contact.queue, contact.step); only && opening.open_to(*only))
        return Choice{*only, 1};
    const Shortlist picked = policy_of(queue(contact.queue).strategy).pick(opening);
    if (!picked.first) {
        if (plan_.reserve_scarce) held_.insert(contact.queue);
        return std::nullopt;
    }
    std::uint32_t candidates = bench.available;
    for (const RefusalMemory& r : contact.refusals)
        if (available(r.agent, channel_of(contact)) && s_.index.serves(r.agent, contact.queue, contact.step))
            --candidates;
    return Choice{*picked.first, candidates, picked.second, opening.somebody_barred()};
}

/// Whom the strategy would choose if refusals and reservations didn't count, and which of these is in the way.
std::optional<event::PassedOver> Decider::passed_over(const ContactRecord& contact) const {
    const Opening opening(s_, plan_, contact, at_, Opening::Heed::nothing);
    const AgentId first = *policy_of(queue(contact.queue).strategy).pick(opening).first;
    if (contact.refused_by(first)) return event::PassedOver{first};
    const auto keeper = kept_for(s_, plan_, s_.index.serves(first), contact.queue, contact.enqueued, at_);
    return keeper ? std::optional(event::PassedOver{first, keeper}) : std::nullopt;
}

/// Agents are kept back from these queues' contacts, unless something has changed since.
void Decider::reopen_held(const Ranking& ranking) {
    for (auto it = held_.begin(); it != held_.end();) {
        bool held = false;
        for (std::size_t step = 0; step < queue(*it).steps(); ++step) {
            if (s_.index.bench(*it, step).available == 0) continue;
            const auto first = first_in_line(ranking, *it, line(*it, step), [](const WaitKey&) { return true; });
            if (!first) continue;
            open_contacts_.push_back(first->key.contact);
            held = true;
        }
        it = held ? std::next(it) : held_.erase(it);
    }
}

/// Somebody available neither refused it nor is kept back from it.
bool Decider::takeable(const ContactRecord& contact) {
    if (s_.index.bench(contact.queue, contact.step).available == 0) return false;
    if (contact.refusals.empty() && !plan_.reserve_scarce) return true;
    return choose_agent(contact).has_value();
}

/// Somebody is available who may take it, unless they refused it or are kept back.
bool Decider::anybody_for(const ContactRecord& contact) const {
    return contact.wanted ? available(*contact.wanted, channel_of(contact))
                          : s_.index.bench(contact.queue, contact.step).available > 0;
}

/// Of the contacts and agents opened in this turn, those that can't make a pair any more are let go.
void Decider::close_spent() {
    std::erase_if(open_contacts_, [&](ContactId id) {
        const ContactRecord* c = s_.find(id);
        return !c || c->phase != ContactPhase::waiting || !anybody_for(*c);
    });
    std::erase_if(open_agents_, [&](AgentId id) { return !s_.index.listed(id); });
}

/// The next of all contacts that are open themselves or for an open agent.
std::optional<CallRank> Decider::next_of_contacts(const Ranking& ranking) {
    std::optional<CallRank> next;
    for (const ContactId id : open_contacts_) {
        const ContactRecord& c = *s_.find(id);
        if (const CallRank rank = ranking(c.queue, wait_key(c)); !next || rank < *next) next = rank;
    }
    std::erase_if(open_agents_, [&](AgentId id) {
        const auto rank = next_contact_for(id, ranking);
        if (rank && (!next || *rank < *next)) next = rank;
        return !rank;
    });
    return next;
}

/// The next of the first takeable contacts of the queues that these are about.
std::optional<CallRank> Decider::next_of_heads(const Ranking& ranking) {
    open_queues_.clear();
    std::vector<const ContactRecord*> kept;  // whose agents are available
    for (const ContactId id : open_contacts_) {
        const ContactRecord& c = *s_.find(id);
        open_queues_.push_back(c.queue);
        if (c.wanted) kept.push_back(&c);
    }
    for (const AgentId id : open_agents_) {
        for (const Eligibility& e : s_.index.serves(id))
            if (!line(e.queue, e.step).empty()) open_queues_.push_back(e.queue);
        for (const ContactId wanting : record(id).wanted_by) {
            const ContactRecord& c = *s_.find(wanting);
            if (!anybody_for(c)) continue;
            kept.push_back(&c);
            open_queues_.push_back(c.queue);
        }
    }
    std::sort(open_queues_.begin(), open_queues_.end());
    open_queues_.erase(std::unique(open_queues_.begin(), open_queues_.end()), open_queues_.end());
    std::optional<CallRank> next;
    for (const QueueId id : open_queues_) {
        std::optional<CallRank> head;  // of all the queue's lines: the oldest of the highest priority
        for (std::size_t step = 0; step < queue(id).steps(); ++step) {
            const auto rank = first_in_line(ranking, id, line(id, step),
                                            [&](const WaitKey& key) { return takeable(*s_.find(key.contact)); });
            if (rank && (!head || rank->key < head->key)) head = rank;
        }
        for (const ContactRecord* c : kept)
            if (c->queue == id && (!head || wait_key(*c) < head->key)) head = ranking(id, wait_key(*c));
        if (head && (!next || *head < *next)) next = head;
    }
    return next;
}

/// The next that rings already and may ring at somebody else as well; not one whose next step or end of waiting is due,
/// which comes when it rings nowhere.
std::optional<CallRank> Decider::next_to_join(const Ranking& ranking) {
    const bool heads = plan_.call_order == CallOrder::rescuable_heads;
    const auto due = [&](const std::optional<Timestamp>& t) { return t && *t <= at_; };
    const auto may = [&](const WaitKey& key) {
        const ContactRecord& c = *s_.find(key.contact);
        return !due(c.leave_at) && !due(c.relax_at) && takeable(c);
    };
    std::optional<CallRank> next;
    for (std::size_t q = 0; q < s_.queues.size(); ++q) {
        const auto id = static_cast<QueueId>(q);
        std::optional<CallRank> head;
        for (std::size_t step = 0; step < queue(id).steps(); ++step) {
            const auto& line = s_.queues[q].joinable[step];
            if (line.empty() || s_.index.bench(id, step).available == 0) continue;
            const auto rank = first_in_line(ranking, id, line, may);
            if (rank && (!head || (heads ? rank->key < head->key : *rank < *head))) head = rank;
        }
        if (head && (!next || *head < *next)) next = head;
    }
    return next;
}

void Decider::prefetch_agent(AgentId agent) const {
    prefetch(&s_.index.member(agent));
    prefetch(&record(agent));
    prefetch(&plan_.agents[index(agent)]);
}

void Decider::prefetch_next(AgentId agent) const {
    prefetch(record(agent).skills.data());
    constexpr int kLines = 4;           // of waiting contacts: more at once than memory answers together helps nobody
    constexpr std::size_t kHead = 128;  // bytes of a contact: what ranking and choosing look at
    int left = kLines;
    for (const Eligibility& e : s_.index.serves(agent)) {
        const auto& waiting = line(e.queue, e.step);
        if (waiting.empty()) continue;
        prefetch<kHead>(s_.find(waiting.begin()->contact));
        if (--left == 0) return;
    }
}

void Decider::match() {
    release_of_doubtful();
    leave_deserted();
    const Ranking ranking(s_, plan_, at_);
    reopen_held(ranking);
    match_waiting(ranking);
    // Whoever is left when nobody waits whom they may take.
    while (s_.joinable > 0) {
        const auto next = next_to_join(ranking);
        if (!next) break;
        const ContactRecord& contact = *s_.find(next->key.contact);
        make_offer(contact, *choose_agent(contact), false);
    }
}

/// Before this turn nobody available could take anybody waiting. So only the contacts and agents opened in this turn
/// can make a pair, and the pairs are made in the order of calls.
void Decider::match_waiting(const Ranking& ranking) {
    for (;;) {
        close_spent();
        if (open_contacts_.empty() && open_agents_.empty()) return;
        const bool heads = plan_.call_order == CallOrder::rescuable_heads;
        const auto next = heads ? next_of_heads(ranking) : next_of_contacts(ranking);
        if (!next) break;
        const ContactRecord& contact = *s_.find(next->key.contact);
        prefetch(&contact);
        const QueueId from = contact.queue;
        if (const auto choice = choose_agent(contact)) {
            make_offer(contact, *choice, false);
            if (held_.contains(from)) reopen_held(ranking);
        } else {
            std::erase(open_contacts_, next->key.contact);  // everybody available refused it or is kept back
        }
    }
    open_contacts_.clear();
    open_agents_.clear();
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
    e.level = level_for(plan_, contact.queue, contact.step, choice.agent, a.skills).value_or(0);
    e.waited = waited(contact, at_);
    e.attempt = contact.attempts + 1;
    e.ring_until = at_ + std::max(q.ring_timeout, kRingMin);
    e.direct = direct;
    e.wanted = contact.wanted.has_value();
    e.beside = static_cast<std::uint32_t>(contact.offers.size());
    e.next = choice.next;
    if (choice.somebody_barred) e.passed_over = passed_over(contact);
    check(direct ? routing::has_room(a.facts, q.channel, s_.index.chats(choice.agent))
                 : available(choice.agent, q.channel));
    Change c = change(choice.agent);
    // It may still wrap up the chat which it handed on: that goes on.
    c.facts.tasks.erase_if([&](const Task& task) { return task.contact == contact.id; });
    c.facts.tasks.push_back({contact.id, q.channel});
    emit(std::move(e));
    emit(std::move(c), "offer.made", Actor::system);
}

}  // namespace centrala::routing
