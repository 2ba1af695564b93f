// A digest of the state: FNV-1a with a final mix over every fact, the same on every machine. Not a defence against
// forgery.
#include <string_view>
#include <type_traits>

#include "centrala/routing/state.hpp"

namespace centrala::routing {
namespace {

class Hasher {
public:
    void add(std::uint64_t v) {
        for (int shift = 0; shift < 64; shift += 8) byte(static_cast<std::uint8_t>(v >> shift));
    }
    void add(std::string_view text) {
        add(text.size());
        for (const char c : text) byte(static_cast<std::uint8_t>(c));
    }
    void add(Timestamp t) { add(static_cast<std::uint64_t>(t.time_since_epoch().count())); }
    void add(Duration d) { add(static_cast<std::uint64_t>(d.count())); }
    template <class T>
    requires std::is_enum_v<T> || std::is_same_v<T, bool> || std::is_same_v<T, int> ||
        std::is_same_v<T, std::uint8_t> || std::is_same_v<T, std::int64_t>
    void add(T v) { add(static_cast<std::uint64_t>(v)); }
    template <class T>
    void add(const std::optional<T>& v) {
        add(std::uint64_t{v.has_value()});
        if (v) add(*v);
    }
    template <class... Ts>
    requires(sizeof...(Ts) > 1) void add(const Ts&... values) { (add(values), ...); }
    [[nodiscard]] std::uint64_t value() const {
        std::uint64_t h = hash_ ^ (hash_ >> 33);
        h *= 0xff51afd7ed558ccdULL;
        return h ^ (h >> 33);
    }

private:
    void byte(std::uint8_t b) { hash_ = (hash_ ^ b) * 0x100000001b3ULL; }
    std::uint64_t hash_ = 0xcbf29ce484222325ULL;
};

void add(Hasher& h, const AgentRecord& a) {
    const AgentFacts& f = a.facts;
    h.add(f.session, f.intent, std::string_view(f.reason), f.device, f.other_use, std::uint64_t{f.misses});
    h.add(f.pending.has_value());
    if (f.pending) h.add(f.pending->intent, std::string_view(f.pending->reason), f.pending->logout);
    h.add(f.asks.has_value());
    if (f.asks) h.add(std::string_view(f.asks->reason), f.asks->asked_at);
    h.add(std::uint64_t{f.tasks.size()});
    for (const Task& t : f.tasks) h.add(t.contact, t.channel, t.work, t.wrap_until, t.dispose_until, t.disposed);
    h.add(std::uint64_t{a.skills.size()});
    for (const SkillLevel& s : a.skills) h.add(s.skill, s.level);
    h.add(a.state_since, a.session_since, a.idle_since, a.last_contact);
    h.add(a.busy_until, a.device_until, a.not_ready_until, a.worked_until, std::uint64_t{a.run.size()});
    for (const Timestamp t : a.run) h.add(t);
    h.add(std::uint64_t{a.refusing.size()});
    for (const ContactId c : a.refusing) h.add(c);
    h.add(std::uint64_t{a.wanted_by.size()});
    for (const ContactId c : a.wanted_by) h.add(c);
    for (const Duration d : a.time_in) h.add(d);
    h.add(a.offered, a.accepted, a.rejected, a.no_answer, a.busy, a.unreachable, a.withdrawn, a.handled);
    h.add(std::uint64_t{a.session_calls});
}

void add(Hasher& h, const WaitModel& m) {
    h.add(m.since, m.served, m.agent_time, m.gone, m.wait_time, m.handling, m.ringing);
    h.add(std::uint64_t{m.handling_of}, std::uint64_t{m.ringing_of});
    for (const std::int64_t v : m.squares) h.add(v);
    for (const std::int64_t v : m.products) h.add(v);
    for (const std::int64_t v : m.weights) h.add(v);
    h.add(m.spread, m.errors.calls, m.errors.bias, m.errors.absolute, m.errors.square, m.errors.covered);
}

void add(Hasher& h, const ServiceWindows& w) {
    const auto ring = [&](const auto& r) {
        h.add(r.latest);
        for (const ServiceCounts& c : r.spans)
            for (const std::uint32_t n : {c.within, c.answered, c.abandoned, c.sent_away}) h.add(std::uint64_t{n});
    };
    ring(w.minutes);
    ring(w.quarters);
}

void add(Hasher& h, const QueueRecord& q) {
    const auto line = [&h](const Ordered<WaitKey>& keys) {
        h.add(std::uint64_t{keys.size()});
        for (const WaitKey& k : keys) h.add(k.unimportance, k.enqueued, k.contact);
    };
    for (const auto& keys : q.lines) line(keys);
    line(q.kept);
    line(q.ringing);
    for (const auto& keys : q.joinable) line(keys);
    h.add(q.last_offered, q.entered, q.overflowed_in, q.transferred_in, q.rescued, q.answered, q.answered_within);
    h.add(q.abandoned, q.overflowed_out, q.ended, q.refused, q.wait_total);
    h.add(q.demand.arrivals, q.demand.handling, std::uint64_t{q.demand.seen});
    h.add(q.reservation.level, q.reservation.lent);
    add(h, q.waits);
    add(h, q.service);
}

void add(Hasher& h, const ContactRecord& c) {
    h.add(c.id, c.phase, c.entry_point, c.queue);
    for (const auto* text : {&c.dialled, &c.caller, &c.caller_name, &c.source, &c.call_id, &c.outside, &c.diverted_from,
                             &c.diversion_reason})
        h.add(std::string_view(*text));
    h.add(c.callers, c.internal, c.wanted, c.wanted_until);
    h.add(c.advice.priority, c.advice.queue, c.advice.wanted.has_value());
    if (c.advice.wanted) h.add(c.advice.wanted->agent, c.advice.wanted->patience);
    h.add(c.withheld, c.held_by_agent, c.held_by_caller, c.held_since, c.held_before);
    h.add(c.priority, c.arrived, c.enqueued, c.waiting_since, c.waited_before, c.talking_since, c.leave_at);
    h.add(c.relax_at);
    h.add(std::uint64_t{c.step}, std::uint64_t{c.attempts});
    h.add(std::uint64_t{c.refusals.size()});
    for (const RefusalMemory& r : c.refusals) h.add(r.agent, r.until);
    h.add(std::uint64_t{c.been_in.size()});
    for (const QueueId q : c.been_in) h.add(q);
    h.add(std::uint64_t{c.offers.size()});
    for (const OfferId o : c.offers) h.add(o);
    h.add(c.agent, c.foreseen.has_value());
    if (c.foreseen) {
        h.add(c.foreseen->estimate.expected, c.foreseen->estimate.p80);
        h.add(c.foreseen->signs.gap, c.foreseen->signs.line, c.foreseen->signs.all);
    }
}

void add(Hasher& h, const OfferRecord& o) {
    h.add(o.id, o.contact, o.queue, o.agent, o.made, o.ring_until, o.ringing, o.direct);
}

}  // namespace

std::uint64_t digest(const State& s) {
    Hasher h;
    h.add(s.clock, s.next_contact, s.next_offer, s.refused_unqueued, s.demand_clock.epoch);
    h.add(s.attained, std::uint64_t{s.waiting});
    for (const AgentRecord& a : s.agents) add(h, a);
    for (const QueueRecord& q : s.queues) add(h, q);
    for (const Door& d : s.doors) h.add(d.state, d.cause, std::string_view(d.reason), d.until);
    h.add(std::uint64_t{s.last_agents.by_age().size()});
    for (const auto& [ended, caller] : s.last_agents.by_age())
        h.add(ended, std::string_view(caller), s.last_agents.find(caller)->agent);
    h.add(std::uint64_t{s.contacts.size()}, std::uint64_t{s.offers.size()});
    for (const ContactRecord& c : s.contacts) add(h, c);
    for (const OfferRecord& o : s.offers) add(h, o);
    h.add(std::uint64_t{s.asking.size()});
    for (const BreakKey& k : s.asking) h.add(k.asked_at, k.agent);
    const auto deadlines = s.deadlines.due(Timestamp::max());
    h.add(std::uint64_t{deadlines.size()});
    for (const Deadline& d : deadlines) h.add(d.at, d.kind, d.id, d.agent);
    return h.value();
}

}  // namespace centrala::routing
