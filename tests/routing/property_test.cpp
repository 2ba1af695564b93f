// Random plans and random inputs: every invariant after every step, every offer predicted by the reference model.
// A failure prints what rapidcheck needs to run it again (RC_PARAMS="reproduce=…"). CENTRALA_PROPERTY_SEEDS=1000 takes
// three million steps in a few minutes.
#include <cstdlib>
#include <random>
#include <tuple>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "checkers.hpp"
#include "routing/state_checks.hpp"

namespace centrala::routing::testing {
namespace {

/// A stream of small numbers from a seed; the same on any machine.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : engine_(seed) {}
    std::uint64_t below(std::uint64_t n) { return engine_() % n; }
    bool one_in(std::uint64_t n) { return below(n) == 0; }
    template <class T>
    T of(std::initializer_list<T> values) {
        return values.begin()[below(values.size())];
    }

private:
    std::mt19937_64 engine_;
};

/// `chats`: every other queue is of chats.
std::shared_ptr<const Plan> random_plan(std::uint64_t seed, bool chats) {
    Dice d(seed);
    auto plan = std::make_shared<Plan>();
    plan->skills.resize(1 + d.below(4));
    plan->reasons = {"lunch", "training"};
    plan->reason_limits = {d.of<Duration>({0s, 5s})};
    if (d.one_in(2)) plan->breaks = {{"lunch"}, d.of<Duration>({1s, 5s, 60s}), static_cast<std::uint32_t>(d.below(3))};
    if (d.one_in(2)) plan->dispositions = {"sold"};
    plan->probe_interval = d.of<Duration>({0s, 3s, 30s});
    plan->busy_memory = d.of<Duration>({0s, 2s, 20s});
    plan->ready_on_login = d.one_in(2);
    plan->call_order = static_cast<CallOrder>(d.below(kCallOrders));
    plan->reserve_scarce = d.one_in(2);
    const auto skills = [&](std::uint64_t max) {
        std::vector<SkillLevel> list;
        for (std::uint64_t i = d.below(max + 1); i > 0; --i)
            list.push_back(
                {static_cast<SkillId>(d.below(plan->skills.size())), static_cast<std::uint8_t>(1 + d.below(5))});
        return list;
    };
    const std::uint64_t queues = 1 + d.below(chats ? 7 : 5);
    const auto channel_of = [&](std::uint64_t q) { return chats && q % 2 == 1 ? Channel::chat : Channel::voice; };
    // Where contacts of a queue may go on to, or whose agents it may borrow.
    const auto other_queue = [&](std::uint64_t q) {
        std::uint64_t other = d.below(queues);
        while (channel_of(other) != channel_of(q)) other = d.below(queues);
        return static_cast<QueueId>(other);
    };
    for (std::uint64_t q = 0; q < queues; ++q) {
        Queue queue;
        queue.channel = channel_of(q);
        queue.required.skills = skills(2);
        queue.priority = static_cast<int>(d.below(3)) - 1;
        queue.capacity = d.of<std::size_t>({1, 4, kNeverFull});
        queue.max_wait = d.of<Duration>({0s, 3s, 20s, 60s});
        if (d.one_in(2)) queue.overflow = other_queue(q);
        queue.overflow_when = {d.one_in(3) ? d.below(3) : 0, d.one_in(3), d.of<Duration>({0s, 0s, 5s, 4min})};
        if (d.one_in(3)) queue.required.groups = {static_cast<AgentGroupId>(d.below(2))};
        if (d.one_in(4)) queue.required.also = {other_queue(q)};
        if (d.one_in(3)) queue.preferred = {{static_cast<SkillId>(d.below(plan->skills.size())), 2}};
        Duration after{};
        while (d.one_in(2)) {
            after += d.of<Duration>({1s, 2s, 15s});
            queue.relaxations.push_back({after, {skills(1), {}, {}}, static_cast<int>(d.below(4)) - 1});
            if (d.one_in(3)) queue.relaxations.back().required.also = {other_queue(q)};
            if (d.one_in(3)) queue.relaxations.back().required.groups = {static_cast<AgentGroupId>(d.below(2))};
        }
        queue.strategy = static_cast<Strategy>(d.below(kStrategies));
        queue.service_level = d.of<Duration>({1s, 5s, 20s});
        queue.ring_timeout = d.of<Duration>({0s, 2s, 15s});
        queue.delay_cost = d.of<std::uint32_t>({1, 1, 3, 1000});
        queue.ring_at_once = d.of<std::uint32_t>({1, 1, 2, 3, 10});
        queue.wrap_up = d.of<Duration>({0s, 2s, 30s});
        queue.disposition_within = d.of<Duration>({0s, 0s, 1s, 10s});
        queue.refusal_memory = d.of<Duration>({0s, 2s, 30s});
        if (d.one_in(2)) queue.sticky = {d.of<Duration>({2s, 60s, 1h}), d.of<Duration>({0s, 2s, 30s})};
        queue.misses_max = static_cast<std::uint32_t>(d.below(4));
        queue.closed = d.one_in(10);
        queue.refuse_without_agents = d.one_in(4);
        plan->queues.push_back(queue);
        EntryPoint entry{"", static_cast<QueueId>(q), d.one_in(12), std::nullopt};
        if (d.one_in(4)) entry.closed_queue = other_queue(q);
        if (d.one_in(4)) entry.priority = static_cast<int>(d.below(5)) - 2;
        plan->entry_points.push_back(entry);
    }
    for (std::uint64_t lists = d.below(4); lists > 0; --lists) {
        CallerList list{"", d.one_in(4), static_cast<int>(d.below(5)) - 1, std::nullopt};
        if (!chats && d.one_in(2)) list.queue = static_cast<QueueId>(d.below(queues));
        plan->caller_lists.push_back(list);
    }
    plan->agents.resize(1 + d.below(9));
    plan->callers_remembered = d.of<std::size_t>({0, 1, 2, 100});
    const auto wanted = [&]() -> std::optional<Wanted> {
        if (!d.one_in(4)) return std::nullopt;
        return Wanted{static_cast<AgentId>(d.below(plan->agents.size())), d.of<Duration>({0s, 2s, 30s})};
    };
    for (EntryPoint& entry : plan->entry_points) entry.wanted = wanted();
    for (CallerList& list : plan->caller_lists) list.wanted = wanted();
    for (Agent& a : plan->agents) {
        a.skills = skills(4);
        if (d.one_in(4)) a.wrap_up = d.of<Duration>({0s, 5s});
        if (d.one_in(4)) a.paces = {{static_cast<QueueId>(d.below(queues)), 1500}};
        a.weight = static_cast<std::uint32_t>(1 + d.below(4));
        if (d.one_in(4)) a.weights = {{static_cast<QueueId>(d.below(queues)), 7}};
        a.always_logged_in = d.one_in(4);
        if (chats) a.chats = static_cast<std::uint32_t>(d.below(4));
        a.place = static_cast<std::uint32_t>(d.below(5));
        a.group = static_cast<AgentGroupId>(d.below(2));
        if (d.one_in(6)) a.queues = {static_cast<QueueId>(d.below(queues))};
        if (d.one_in(3))
            a.rest = {static_cast<std::uint32_t>(1 + d.below(3)), d.of<Duration>({10s, 1h}), d.of<Duration>({1s, 20s})};
    }
    return plan;
}

/// Another plan, in which what the running one has keeps its id, and what there is less of is retired.
std::shared_ptr<const Plan> succeeding(const Plan& running, std::uint64_t seed, bool chats) {
    auto plan = std::make_shared<Plan>(*random_plan(seed, chats));
    const auto fill = [](auto& list, const auto& from) {
        for (std::size_t i = list.size(); i < from.size(); ++i) {
            list.push_back(from[i]);
            if constexpr (requires { list[i].retired; }) list[i].retired = true;
            if constexpr (requires { list[i].closed; }) list[i].closed = true;
        }
    };
    fill(plan->skills, running.skills);
    fill(plan->queues, running.queues);
    fill(plan->entry_points, running.entry_points);
    fill(plan->caller_lists, running.caller_lists);
    fill(plan->agents, running.agents);
    for (Agent& agent : plan->agents) agent.always_logged_in &= !agent.retired;
    return plan;
}

/// An input that mostly makes sense in this state, and sometimes doesn't.
Input random_input(Dice& d, const State& s, const Plan& plan) {
    const auto agent = static_cast<AgentId>(d.below(plan.agents.size() + (d.one_in(50) ? 3 : 0)));
    const auto& contacts = s.contacts;
    const auto any = [&] {
        return std::next(contacts.begin(), static_cast<std::ptrdiff_t>(d.below(contacts.size())))->id;
    };
    const auto contact = contacts.empty() || d.one_in(50) ? static_cast<ContactId>(d.below(s.next_contact + 3)) : any();
    auto offer = static_cast<OfferId>(d.below(s.next_offer + 2));
    if (!s.offers.empty() && !d.one_in(20)) {
        const ContactRecord* ringing = nullptr;
        for (const ContactRecord& c : contacts)
            if (!c.offers.empty() && (!ringing || d.one_in(2))) ringing = &c;
        offer = ringing->offers[d.below(ringing->offers.size())];
    }
    const auto actor = d.of({Actor::agent, Actor::supervisor});
    const auto cause =
        d.of({EndCause::caller_hangup, EndCause::agent_hangup, EndCause::media_timeout, EndCause::shutdown});
    const auto other = contacts.empty() ? contact : any();
    switch (d.below(25)) {
        case 0:
        case 1:
        case 2:
        case 3:
        case 4: {
            const auto entry = static_cast<EntryPointId>(d.below(plan.entry_points.size() + d.one_in(30)));
            input::ContactArrives in{
                d.one_in(30) ? std::nullopt : std::optional(entry),         "1", "2", "3", "4", "5",
                d.one_in(60) ? std::optional(Refusal::limit) : std::nullopt};
            if (d.one_in(2))
                in.callers = static_cast<CallerListId>(d.below(plan.caller_lists.size() + 1 + d.one_in(30)));
            if (d.one_in(3)) {
                in.advice.priority = static_cast<int>(d.below(5)) - 2;
                if (d.one_in(2)) in.advice.queue = static_cast<QueueId>(d.below(plan.queues.size() + d.one_in(30)));
                if (d.one_in(2))
                    in.advice.wanted = Wanted{static_cast<AgentId>(d.below(plan.agents.size() + d.one_in(30))),
                                              Duration(1s) * static_cast<int>(d.below(40))};
            }
            in.caller = d.of<const char*>({"", "2", "3", "4", "5"});
            in.withheld = d.one_in(20);
            in.internal = d.one_in(20);
            return in;
        }
        case 5: return input::CallerLeaves{contact, cause};
        case 6:
        case 7: return input::ConversationEnds{contact, cause};
        case 8:
            if (d.one_in(2)) return input::AgentLegLost{contact};
            return input::OfferRings{offer};
        case 9:
        case 10:
        case 11: return input::OfferAccepted{offer};
        case 12: return input::OfferFailed{offer, static_cast<Outcome>(d.below(7)), 486};
        case 13:
            if (d.one_in(4)) return input::AgentLogsOut{agent, actor, d.one_in(3)};
            return input::AgentLogsIn{agent, actor};
        case 14:
        case 15: return input::AgentGoesReady{agent, actor};
        case 16:
            if (d.one_in(3))
                return input::AgentGoesNotReady{agent, d.of<const char*>({"", "lunch", "training", "beach"}), actor};
            if (d.one_in(3)) return input::AgentExtendsWrapUp{agent, d.of<Duration>({0s, 3s, 48h}), actor};
            return input::AgentEndsWrapUp{agent, actor, d.one_in(3) ? std::optional(contact) : std::nullopt};
        case 17:
            if (d.one_in(2))
                return input::AgentDisposes{agent, d.of<const char*>({"sold", "lost", ""}), actor,
                                            d.one_in(3) ? std::optional(contact) : std::nullopt};
            return input::AgentSkillSet{agent, static_cast<SkillId>(d.below(plan.skills.size() + d.one_in(20))),
                                        static_cast<std::uint8_t>(d.below(d.one_in(20) ? 12 : 6)), actor};
        case 18: return input::DeviceChanges{agent, d.one_in(3) ? static_cast<Device>(d.below(4)) : Device::registered};
        case 23: {
            const auto by = d.of({Actor::agent, Actor::caller});
            auto about = contact;
            for (const ContactRecord& c : contacts)
                if (c.phase == ContactPhase::talking && (about == contact || d.one_in(2))) about = c.id;
            if (d.one_in(2)) return input::ContactHolds{about, by};
            return input::ContactResumes{about, by};
        }
        case 19:
            if (d.one_in(3)) return input::OtherUseChanges{agent, static_cast<OtherUse>(d.below(2))};
            if (d.one_in(3)) {
                const auto entry = static_cast<EntryPointId>(d.below(plan.entry_points.size() + d.one_in(20)));
                const auto state = d.one_in(2) ? DoorState::open : static_cast<DoorState>(d.below(3));
                const Door door{state, static_cast<DoorCause>(d.below(3)), d.one_in(2) ? "" : "fire",
                                d.one_in(2) ? std::nullopt : std::optional(s.clock + 60s)};
                return input::EntryPointSet{entry, door, state == DoorState::closed && d.one_in(2), Actor::system};
            }
            break;
        case 20:
            if (d.one_in(2)) return input::TransferToAgent{contact, agent, actor};
            return input::TransferToQueue{contact, static_cast<QueueId>(d.below(plan.queues.size() + d.one_in(30))),
                                          actor};
        case 21:
            if (d.one_in(2)) return input::TransferJoins{contact, agent, actor};
            return input::TransferMerges{contact, other, actor};
        case 24: return input::AgentGoesNotReady{agent, "lunch", d.one_in(8) ? Actor::supervisor : Actor::agent};
        case 22:
            if (d.one_in(2))
                return input::TransferOutside{contact, d.one_in(20) ? "" : "+49123",
                                              static_cast<TransferKind>(d.below(2)), actor};
            return input::OutsideFails{contact, d.of({Outcome::busy, Outcome::unreachable, Outcome::no_answer}), 486};
    }
    return input::TimePasses{};
}

struct Totals {
    std::uint64_t steps = 0, offers = 0, connected = 0, overflowed[4] = {}, relaxed = 0, rescued = 0, direct = 0,
                  merged = 0, returned = 0, resumed = 0, doors = 0, sent_away = 0, blocked = 0, kept = 0,
                  offered_to_wanted = 0, released[4] = {}, transferred[2][3] = {}, outcomes[7] = {}, asked = 0,
                  granted_at_once = 0, granted_later = 0, overdue_idle = 0, overdue_at_work = 0, taken_back = 0,
                  replanned = 0, kept_over_restart = 0, many_in_hand = 0;

    void count_breaks(std::span<const Event> events) {
        bool asks = false;
        for (const Event& e : events) {
            const auto* x = std::get_if<event::AgentChanged>(&e.body);
            if (!x) continue;
            const bool idle = x->facts.tasks.empty();
            asks |= x->cause == "break.asked";
            asked += x->cause == "break.asked";
            if (x->cause == "break.granted") ++(asks ? granted_at_once : granted_later);
            if (x->cause == "break.overdue") ++(idle ? overdue_idle : overdue_at_work);
            taken_back += x->cause == "pending.cleared" && idle;
        }
    }
};

std::string run(std::uint64_t plan_seed, std::uint64_t input_seed, std::size_t steps, Totals* totals = nullptr) {
    const bool chats = plan_seed % 2 == 1;
    auto plan = random_plan(plan_seed, chats);
    Dice d(input_seed);
    Core core(plan);
    Checker checker(plan);
    Timestamp now{1'000'000s};
    const auto turn = [&](const Core::Step& step) {
        std::string error = checker.events(step.events);
        if (error.empty()) error = checker.state(core.state());
        if (!totals) return error;
        ++totals->steps;
        totals->count_breaks(step.events);
        for (const Event& e : step.events) {
            if (const auto* x = std::get_if<event::AgentChanged>(&e.body))
                totals->many_in_hand += x->facts.tasks.size() > 1;
            totals->offers += std::holds_alternative<event::OfferMade>(e.body);
            totals->connected += std::holds_alternative<event::ContactConnected>(e.body);
            totals->relaxed += std::holds_alternative<event::ContactRelaxed>(e.body);
            if (const auto* x = std::get_if<event::ContactOverflowed>(&e.body))
                ++totals->overflowed[static_cast<int>(x->cause)];
            totals->resumed += std::holds_alternative<event::ContactResumed>(e.body);
            totals->rescued += std::holds_alternative<event::ContactRescued>(e.body);
            totals->returned += std::holds_alternative<event::ContactReturned>(e.body);
            totals->doors += std::holds_alternative<event::EntryPointChanged>(e.body);
            if (const auto* x = std::get_if<event::ContactRefused>(&e.body))
                totals->blocked += x->cause == Refusal::blocked;
            if (const auto* x = std::get_if<event::ContactEnded>(&e.body))
                totals->sent_away += x->cause == EndCause::closed;
            if (const auto* x = std::get_if<event::OfferMade>(&e.body)) {
                totals->direct += x->direct;
                totals->offered_to_wanted += x->wanted;
            }
            if (const auto* x = std::get_if<event::ContactEnqueued>(&e.body)) totals->kept += x->wanted.has_value();
            if (const auto* x = std::get_if<event::ContactReleased>(&e.body))
                ++totals->released[static_cast<int>(x->cause)];
            if (const auto* x = std::get_if<event::ContactTransferred>(&e.body)) {
                ++totals->transferred[static_cast<int>(x->kind)][static_cast<int>(x->target)];
                totals->merged += x->merged.has_value();
            }
            if (const auto* x = std::get_if<event::OfferEnded>(&e.body))
                ++totals->outcomes[static_cast<int>(x->outcome)];
        }
        return error;
    };
    std::string error = turn(core.recovered(now));
    for (std::size_t i = 0; i < steps && error.empty(); ++i) {
        now += d.of<Duration>({0us, 0us, 1us, 1ms, 300ms, 1s, 4s});
        if (d.one_in(40)) now += 60s;
        if (d.one_in(30) && core.deadline() && *core.deadline() > now) now = *core.deadline();
        if (d.one_in(700)) {
            input::PlanChanged changed;
            const std::size_t agents = plan->agents.size();
            plan = succeeding(*plan, d.below(1'000'000), chats);
            for (std::size_t a = agents; a < plan->agents.size(); ++a) changed.added.push_back(static_cast<AgentId>(a));
            core.replan(plan);
            error = checker.replanned(core.state(), *plan);
            if (error.empty()) error = turn(core.step(changed, now));
            if (totals) ++totals->replanned;
        } else if (d.one_in(400)) {
            std::vector<ContactId> kept;
            for (const ContactRecord& contact : core.state().contacts)
                if (!d.one_in(3)) kept.push_back(contact.id);
            error = turn(core.recovered(now, kept));
            if (totals) totals->kept_over_restart += kept.size();
        } else {
            error = turn(core.step(random_input(d, core.state(), *plan), now));
        }
        if (error.empty() && (i % 64 == 0 || i + 1 == steps)) error = checker.fold(core.state());
        if (!error.empty()) error = "step " + std::to_string(i) + ": " + error;
    }
    return error;
}

TEST(RoutingProperty, HoldsEveryInvariantAndOffersAsTheModelPredicts) {
    EXPECT_TRUE(rc::check("invariants after every step", [] {
        const auto plan = *rc::gen::arbitrary<std::uint64_t>();
        const auto inputs = *rc::gen::arbitrary<std::uint64_t>();
        // Shrinking the number of steps finds the shortest beginning that fails.
        const auto steps = *rc::gen::inRange<std::size_t>(1, 600);
        const std::string error = run(plan, inputs, steps);
        if (!error.empty()) RC_FAIL(error);
    }));
}

TEST(RoutingProperty, LongRunsReachEveryKindOfEnd) {
    Totals totals;
    const char* const more = std::getenv("CENTRALA_PROPERTY_SEEDS");
    const std::uint64_t seeds = more ? std::max(50ULL, std::strtoull(more, nullptr, 10)) : 50;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed)
        ASSERT_EQ(run(seed, seed * 7919, 3'000, &totals), "") << "seed " << seed;
    EXPECT_GT(totals.offers, 1'000u);
    EXPECT_GT(totals.connected, 500u);
    for (const std::uint64_t overflowed : totals.overflowed) EXPECT_GT(overflowed, 20u);
    EXPECT_GT(totals.relaxed, 100u);
    EXPECT_GT(totals.rescued, 20u);
    EXPECT_GT(totals.direct, 10u);
    EXPECT_GT(totals.merged, 20u);
    EXPECT_GT(totals.returned, 5u);
    for (const auto& by_target : totals.transferred)
        for (const std::uint64_t count : by_target) EXPECT_GT(count, 10u);
    EXPECT_GT(totals.resumed, 10u);
    EXPECT_GT(totals.doors, 100u);
    EXPECT_GT(totals.sent_away, 10u);
    EXPECT_GT(totals.blocked, 50u);
    EXPECT_GT(totals.kept, 200u);
    EXPECT_GT(totals.offered_to_wanted, 100u);
    for (const std::uint64_t released : totals.released) EXPECT_GT(released, 0u);
    for (const std::uint64_t count : totals.outcomes) EXPECT_GT(count, 20u);
    EXPECT_GT(totals.many_in_hand, 200u);
    EXPECT_GT(totals.asked, 500u);
    EXPECT_GT(totals.replanned, 100u);
    EXPECT_GT(totals.kept_over_restart, 100u);
    for (const std::uint64_t breaks :
         {totals.granted_at_once, totals.granted_later, totals.overdue_idle, totals.overdue_at_work, totals.taken_back})
        EXPECT_GT(breaks, 10u);
}

TEST(RoutingProperty, SameInputsGiveTheSameEventsAndDigests) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        const auto plan = random_plan(seed, seed % 2 == 1);
        Dice d(seed);
        Core one(plan), other(plan);
        Timestamp now{1s};
        for (int i = 0; i < 500; ++i) {
            now += Duration(d.below(2'000'000));
            const Input in = random_input(d, one.state(), *plan);
            const auto a = one.step(in, now);
            const auto b = other.step(in, now);
            ASSERT_EQ(a.events.size(), b.events.size());
            ASSERT_EQ(digest(one.state()), digest(other.state()));
        }
        ASSERT_TRUE(one.state() == other.state());
    }
}

}  // namespace
}  // namespace centrala::routing::testing
