#include "run.hpp"

#include <algorithm>
#include <queue>
#include <vector>

#include "arrivals.hpp"
#include "centrala/routing/core.hpp"
#include "draws.hpp"
#include "sample.hpp"
#include "tally.hpp"

namespace centrala::simulator {
namespace {

using namespace routing;

/// So long after the horizon whoever still waits is given up: an agent who never answers would go on for ever.
constexpr Duration kFollowed = 7 * 24h;

struct Moment {
    enum class Kind : std::uint8_t {
        shift_begins,
        shift_ends,
        break_begins,
        break_ends,
        back,
        skill_changes,
        arrival,
        listed_arrival,
        patience_over,
        answer,
        reject,
        talk_over,
        wrap_up_over
    };
    Timestamp at;
    std::uint64_t order = 0;  ///< what was planned first comes first
    Kind kind{};
    std::uint32_t what = 0;    ///< agent, class, index in the list or slot
    std::uint64_t serial = 0;  ///< of the slot, the offer, the agent's contact or its time away: another one by then
                               ///< means it is over; the change of skill's number

    bool operator<(const Moment& other) const {  // priority_queue has the greatest on top
        return at != other.at ? at > other.at : order > other.order;
    }
};

/// A call in the system.
struct Call {
    std::uint64_t serial = 0;  ///< 0: the slot is free
    ContactId contact{};
    std::uint32_t call_class = 0, number = 0, part = 0;
    std::uint32_t attempts = 0;
    bool counts = false;
    bool talking = false;
    Timestamp arrived{};
    double work = 0;     ///< seconds, before the agent's factor
    double wrap_up = 0;  ///< seconds
};

class Run {
public:
    Run(const config::Scenario& scenario, std::uint32_t replication, const Watcher& watcher)
        : scenario_(scenario),
          watcher_(watcher),
          core_(scenario.plan),
          common_(scenario.seed, replication, ""),
          now_(scenario.beginning),
          warm_(scenario.beginning + scenario.warm_up),
          end_(scenario.beginning + scenario.horizon),
          tallies_(scenario.classes.size()),
          parts_(kParts),
          occupancy_(scenario.agents.size(), warm_, end_),
          since_(scenario.agents.size(), scenario.beginning),
          times_away_(scenario.agents.size(), 0),
          best_level_(scenario.plan->queues.size(), 0) {
        const double common_factor = day_factor(scenario.day_factor_cv, common_);
        draws_.reserve(scenario.classes.size());
        for (const config::CallClass& c : scenario.classes) draws_.emplace_back(scenario.seed, replication, c.name);
        for (std::size_t i = 0; i < draws_.size(); ++i) {
            const config::CallClass& c = scenario.classes[i];
            arrivals_.emplace_back(c, draws_[i], common_factor * day_factor(c.day_factor_cv, draws_[i]),
                                   scenario.horizon);
            calls_made_.push_back(0);
        }
        for (const config::CallClass& c : scenario.classes) {
            service_.emplace_back(c.service);
            patience_.emplace_back(c.patience);
            wrap_up_.emplace_back(c.wrap_up);
        }
        for (const config::SimulatedAgent& a : scenario.agents) {
            ring_times_.emplace_back(a.ring_time);
            back_after_.emplace_back(a.back_after);
        }
        for (std::size_t q = 0; q < best_level_.size(); ++q)
            for (std::size_t a = 0; a < scenario.plan->agents.size(); ++a)
                best_level_[q] =
                    std::max(best_level_[q], level_for(*scenario.plan, static_cast<QueueId>(q), 0,
                                                       static_cast<AgentId>(a), scenario.plan->agents[a].skills)
                                                 .value_or(0));
    }

    Outcome go() {
        plan_shifts();
        if (scenario_.calls)
            plan_listed_arrival(0);
        else
            for (std::uint32_t c = 0; c < arrivals_.size(); ++c) plan_arrival(c);
        for (;;) {
            const auto due = core_.deadline();
            if (moments_.empty() && !due) break;
            const bool due_first = due && (moments_.empty() || *due <= moments_.top().at);
            if ((due_first ? *due : moments_.top().at) > end_ + kFollowed) break;
            if (due_first) {
                tell(input::TimePasses{}, *due);
                continue;
            }
            const Moment moment = moments_.top();
            moments_.pop();
            now_ = moment.at;
            happens(moment);
        }
        for (std::size_t a = 0; a < since_.size(); ++a) account(a, displayed(core_.state().agents[a].facts), end_);
        return outcome(tallies_, parts_, occupancy_);
    }

private:
    void plan(Timestamp at, Moment::Kind kind, std::uint32_t what, std::uint64_t serial = 0) {
        moments_.push({at, ++planned_, kind, what, serial});
    }

    [[nodiscard]] Timestamp at(Duration since_beginning) const { return scenario_.beginning + since_beginning; }

    void plan_shifts() {
        for (std::uint32_t a = 0; a < scenario_.agents.size(); ++a) {
            for (const config::Shift& s : scenario_.agents[a].shifts) {
                plan(at(s.from), Moment::Kind::shift_begins, a);
                plan(at(s.to), Moment::Kind::shift_ends, a);
            }
            for (const config::Shift& s : scenario_.agents[a].breaks) {
                plan(at(s.from), Moment::Kind::break_begins, a);
                plan(at(s.to), Moment::Kind::break_ends, a);
            }
            const auto& changes = scenario_.agents[a].skill_changes;
            for (std::size_t i = 0; i < changes.size(); ++i) plan(at(changes[i].at), Moment::Kind::skill_changes, a, i);
        }
    }

    void plan_arrival(std::uint32_t call_class) {
        if (const auto arrival = arrivals_[call_class].next(calls_made_[call_class]))
            plan(at(*arrival), Moment::Kind::arrival, call_class);
    }

    void plan_listed_arrival(std::uint32_t i) {
        if (i < scenario_.calls->size()) plan(at((*scenario_.calls)[i].arrival), Moment::Kind::listed_arrival, i);
    }

    void happens(const Moment& moment) {
        switch (moment.kind) {
            case Moment::Kind::shift_begins: {
                const auto agent = static_cast<AgentId>(moment.what);
                ++times_away_[moment.what];
                tell(input::DeviceChanges{agent, Device::registered}, now_);
                tell(input::AgentLogsIn{agent}, now_);
                tell(input::AgentGoesReady{agent}, now_);
                break;
            }
            case Moment::Kind::shift_ends: tell(input::AgentLogsOut{static_cast<AgentId>(moment.what)}, now_); break;
            case Moment::Kind::break_begins:
                ++times_away_[moment.what];
                tell(input::AgentGoesNotReady{static_cast<AgentId>(moment.what), ""}, now_);
                break;
            case Moment::Kind::break_ends: tell(input::AgentGoesReady{static_cast<AgentId>(moment.what)}, now_); break;
            case Moment::Kind::back:
                if (times_away_[moment.what] == moment.serial)
                    tell(input::AgentGoesReady{static_cast<AgentId>(moment.what)}, now_);
                break;
            case Moment::Kind::skill_changes: {
                const config::SkillChange& change = scenario_.agents[moment.what].skill_changes[moment.serial];
                tell(input::AgentSkillSet{static_cast<AgentId>(moment.what), change.skill, change.level}, now_);
                break;
            }
            case Moment::Kind::arrival: arrives(moment.what); break;
            case Moment::Kind::listed_arrival: listed_arrives(moment.what); break;
            case Moment::Kind::patience_over:
                if (const Call& call = slots_[moment.what]; call.serial == moment.serial && !call.talking)
                    tell(input::CallerLeaves{call.contact}, now_);
                break;
            case Moment::Kind::answer: tell(input::OfferAccepted{static_cast<OfferId>(moment.serial)}, now_); break;
            case Moment::Kind::reject: tell(rejection(static_cast<OfferId>(moment.serial)), now_); break;
            case Moment::Kind::talk_over:
                if (const Call& call = slots_[moment.what]; call.serial == moment.serial) {
                    disposes(call);
                    tell(input::ConversationEnds{call.contact, EndCause::caller_hangup}, now_);
                }
                break;
            case Moment::Kind::wrap_up_over:
                if (const Task* task = core_.state().agents[moment.what].facts.task(ContactId{moment.serial});
                    task && task->work == Work::wrapping)
                    tell(input::AgentEndsWrapUp{static_cast<AgentId>(moment.what), Actor::agent, task->contact}, now_);
                break;
        }
    }

    /// Simulated agents say how a call ended, where they must, before it ends.
    void disposes(const Call& call) {
        const ContactRecord& contact = *core_.state().find(call.contact);
        if (core_.plan().queues[index(contact.queue)].disposition_within == Duration::zero() || !contact.agent) return;
        const auto& codes = core_.plan().dispositions;
        tell(input::AgentDisposes{*contact.agent, codes.empty() ? "done" : codes.front(), Actor::agent, call.contact},
             now_);
    }

    void arrives(std::uint32_t call_class) {
        const std::uint32_t number = calls_made_[call_class]++;
        plan_arrival(call_class);
        input::ContactArrives arrival;
        arrival.caller = caller(call_class, number);
        enters(std::move(arrival), call_class, number, work(call_class, number),
               patience_[call_class].seconds(draws_[call_class].uniform(number, Purpose::patience)),
               wrap_up(call_class, number));
    }
    void listed_arrives(std::uint32_t i) {
        const config::ListedCall& call = (*scenario_.calls)[i];
        plan_listed_arrival(i + 1);
        const std::uint32_t c = call.call_class, number = call.row - 1;
        double patience = call.patience < 0 ? kForEverSeconds : call.patience;
        if (call.patience_at_least)
            patience = patience_[c].seconds_beyond(patience, draws_[c].uniform(number, Purpose::patience));
        input::ContactArrives arrival;
        arrival.caller = call.caller;
        arrival.callers = call.list;
        arrival.internal = call.internal;
        arrival.advice = call.advice;
        enters(std::move(arrival), c, number, call.work < 0 ? work(c, number) : call.work, patience,
               call.wrap_up < 0 ? wrap_up(c, number) : call.wrap_up);
    }
    /// One of its class; "" where everybody calls once.
    [[nodiscard]] std::string caller(std::uint32_t call_class, std::uint32_t number) const {
        const config::CallClass& c = scenario_.classes[call_class];
        if (c.callers == 0) return {};
        const double u = draws_[call_class].uniform(number, Purpose::caller);
        return c.name + "." + std::to_string(1 + static_cast<std::uint32_t>(u * c.callers));
    }
    [[nodiscard]] double work(std::uint32_t call_class, std::uint32_t number) const {
        return service_[call_class].seconds(draws_[call_class].uniform(number, Purpose::work));
    }
    [[nodiscard]] double wrap_up(std::uint32_t call_class, std::uint32_t number) const {
        return wrap_up_[call_class].seconds(draws_[call_class].uniform(number, Purpose::wrap_up));
    }

    /// `number` counts from 0.
    void enters(input::ContactArrives&& arrival, std::uint32_t call_class, std::uint32_t number, double work,
                double patience_seconds, double wrap_up) {
        const bool counts = now_ >= warm_ && now_ < end_;
        const auto part = static_cast<std::uint32_t>(
            counts ? (now_ - warm_).count() / ((end_ - warm_).count() / static_cast<std::int64_t>(kParts) + 1) : 0);
        Call fresh{0, {}, call_class, number, part, 0, counts, false, now_, work, wrap_up};
        count(fresh, [](ClassTally& t) { t.offered(); });
        if (watcher_.arrival) watcher_.arrival(call_class, now_ - scenario_.beginning);
        if (scenario_.trunk_lines && in_system_ >= *scenario_.trunk_lines) {
            count(fresh, [](ClassTally& t) { t.blocked(); });
            return;
        }
        fresh.serial = ++serial_;
        fresh.contact = static_cast<ContactId>(core_.state().next_contact);
        const std::uint32_t slot = take_slot();
        slots_[slot] = fresh;
        slot_of_.resize(index(fresh.contact), 0);
        slot_of_[index(fresh.contact) - 1] = slot;
        ++in_system_;
        arrival.entry_point = static_cast<EntryPointId>(call_class);
        tell(arrival, now_);
        if (slots_[slot].serial != fresh.serial || slots_[slot].talking) return;
        const Duration patience = to_duration(patience_seconds);
        if (patience < kForEver) plan(now_ + patience, Moment::Kind::patience_over, slot, fresh.serial);
    }

    /// In its class and in its part of the time, if it counts.
    template <class Counted>
    void count(const Call& call, const Counted& counted) {
        if (!call.counts) return;
        counted(tallies_[call.call_class]);
        counted(parts_[call.part]);
    }

    static Input rejection(OfferId offer) { return input::OfferFailed{offer, routing::Outcome::rejected, 603}; }

    /// One input, what it brings about, and what phones say to that at once.
    void tell(const Input& in, Timestamp at) {
        now_ = at;
        see(core_.step(in, at));
        while (!at_once_.empty()) {
            const Input next = std::move(at_once_.front());
            at_once_.erase(at_once_.begin());
            see(core_.step(next, now_));
        }
    }

    void see(const Core::Step& step) {
        for (const Event& e : step.events) {
            if (watcher_.event) watcher_.event(e);
            if (const auto* changed = std::get_if<event::AgentChanged>(&e.body))
                see(*changed, e.at);
            else if (const auto* offer = std::get_if<event::OfferMade>(&e.body))
                see(*offer);
            else if (const auto* connected = std::get_if<event::ContactConnected>(&e.body))
                see(*connected);
            else if (const auto* abandoned = std::get_if<event::ContactAbandoned>(&e.body))
                see(*abandoned, e.at);
            else if (const auto* ended = std::get_if<event::ContactEnded>(&e.body))
                see(*ended);
            else if (const auto* refused = std::get_if<event::ContactRefused>(&e.body))
                turned_away(refused->contact);
        }
    }

    void see(const event::OfferMade& e) {
        Call& call = call_of(e.contact);
        const Draws& draws = draws_[call.call_class];
        const std::uint32_t attempt = call.attempts++;
        const config::SimulatedAgent& agent = scenario_.agents[index(e.agent)];
        const double fate = agent.misses + agent.rejects > 0 ? draws.uniform(call.number, Purpose::answer, attempt) : 1;
        if (fate < agent.misses)
            return at_once_.push_back(input::OfferRings{e.offer});  // until the core has had enough
        const bool rejects = fate < agent.misses + agent.rejects;
        const double u = draws.uniform(call.number, Purpose::ring, attempt);
        const Duration rings = to_duration(ring_times_[index(e.agent)].seconds(u));
        if (rings == Duration::zero())
            return at_once_.push_back(rejects ? rejection(e.offer) : Input(input::OfferAccepted{e.offer}));
        at_once_.push_back(input::OfferRings{e.offer});
        plan(now_ + rings, rejects ? Moment::Kind::reject : Moment::Kind::answer, 0,
             static_cast<std::uint64_t>(e.offer));
    }

    void see(const event::ContactConnected& e) {
        Call& call = call_of(e.contact);
        call.talking = true;
        const Duration wait = now_ - call.arrived;
        const auto level = level_for(core_.plan(), e.queue, 0, e.agent, core_.state().agents[index(e.agent)].skills);
        const bool first_preference = level == best_level_[index(e.queue)];
        const Duration target = scenario_.classes[call.call_class].target;
        count(call, [&](ClassTally& t) { t.answered(wait, target, first_preference); });
        if (watcher_.service_start)
            watcher_.service_start({now_ - scenario_.beginning, call.number + 1, call.call_class, e.agent, wait});
        const auto& factors = scenario_.agents[index(e.agent)].service_factors;
        const double factor = factors.empty() ? 1 : factors[index(e.queue)];
        plan(now_ + to_duration(call.work * factor), Moment::Kind::talk_over, slot_of(e.contact), call.serial);
    }

    void see(const event::ContactEnded& e) {
        if (!e.agent) return turned_away(e.contact);  // max_wait
        const Duration wrap_up = to_duration(call_of(e.contact).wrap_up);
        if (wrap_up < kForEver)
            plan(now_ + wrap_up, Moment::Kind::wrap_up_over, static_cast<std::uint32_t>(index(*e.agent)),
                 index(e.contact));
        free(e.contact);
    }

    void see(const event::AgentChanged& e, Timestamp at) {
        if (e.from == e.to) return;
        const std::size_t agent = index(e.agent);
        if (e.to == AgentState::not_ready && e.facts.reason == kNoAnswerReason) goes_away(agent);
        account(agent, e.from, at);
        since_[agent] = at;
    }

    /// Until its time to come back is over, or the shift or a break says otherwise.
    void goes_away(std::size_t agent) {
        const std::uint32_t time = ++times_away_[agent];
        const auto who = static_cast<std::uint32_t>(agent);
        const Duration away = to_duration(back_after_[agent].seconds(common_.uniform(who, Purpose::back, time)));
        if (away < kForEver) plan(now_ + away, Moment::Kind::back, who, time);
    }

    void account(std::size_t agent, AgentState state, Timestamp until) {
        const bool busy = state == AgentState::talking || state == AgentState::wrap_up;
        if (busy || state == AgentState::ready || state == AgentState::reserved)
            occupancy_.worked(agent, since_[agent], until, busy);
    }

    void see(const event::ContactAbandoned& e, Timestamp at) {
        const Call& call = call_of(e.contact);
        count(call, [&](ClassTally& t) { t.abandoned(at - call.arrived); });
        free(e.contact);
    }
    void turned_away(ContactId contact) {
        count(call_of(contact), [](ClassTally& t) { t.refused(); });
        free(contact);
    }

    [[nodiscard]] std::uint32_t slot_of(ContactId contact) const { return slot_of_[index(contact) - 1]; }
    Call& call_of(ContactId contact) { return slots_[slot_of(contact)]; }

    std::uint32_t take_slot() {
        if (free_slots_.empty()) {
            slots_.emplace_back();
            return static_cast<std::uint32_t>(slots_.size() - 1);
        }
        const std::uint32_t slot = free_slots_.back();
        free_slots_.pop_back();
        return slot;
    }
    void free(ContactId contact) {
        call_of(contact).serial = 0;
        free_slots_.push_back(slot_of(contact));
        --in_system_;
    }

    const config::Scenario& scenario_;
    const Watcher& watcher_;
    Core core_;
    Draws common_;  ///< what concerns no class
    std::vector<Draws> draws_;
    std::vector<Arrivals> arrivals_;
    std::vector<Sampler> service_, patience_, wrap_up_;  ///< by class
    std::vector<Sampler> ring_times_, back_after_;       ///< by agent
    std::vector<std::uint32_t> calls_made_;              ///< by class
    Timestamp now_, warm_, end_;
    std::priority_queue<Moment> moments_;
    std::uint64_t planned_ = 0, serial_ = 0;
    std::vector<Call> slots_;
    std::vector<std::uint32_t> free_slots_;
    std::vector<std::uint32_t> slot_of_;  ///< by ContactId - 1
    std::uint32_t in_system_ = 0;
    std::vector<Input> at_once_;               ///< what phones say to offers that were just made
    std::vector<ClassTally> tallies_, parts_;  ///< by class; by part of the time that counts
    OccupancyTally occupancy_;
    std::vector<Timestamp> since_;           ///< by agent: when its state began
    std::vector<std::uint32_t> times_away_;  ///< by agent: how often it went, or came for its shift
    std::vector<std::uint32_t> best_level_;  ///< by queue: the highest of any agent
};

}  // namespace

Outcome run(const config::Scenario& scenario, std::uint32_t replication, const Watcher& watcher) {
    return Run(scenario, replication, watcher).go();
}

}  // namespace centrala::simulator
