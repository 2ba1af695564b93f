// Scenarios in virtual time: every event of every turn is expected by its line, and one that wasn't expected fails.
// Each turn is checked by all of checkers.hpp, and every scenario ends by folding its own events.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "checkers.hpp"

namespace centrala::routing::testing {

/// A shop: queues sales (skill selling) and support (skill fixing), entry points of the same names; ann sells (level
/// 5), bob sells (3) and fixes (8), cid fixes (4).
inline Plan shop() {
    Plan p;
    p.skills = {{"selling"}, {"fixing"}};
    const SkillId selling{0}, fixing{1};
    Queue sales;
    sales.name = "sales";
    sales.required.skills = {{selling, 1}};
    Queue support;
    support.name = "support";
    support.required.skills = {{fixing, 1}};
    p.queues = {sales, support};
    p.entry_points = {{"sales", QueueId{0}, false}, {"support", QueueId{1}, false}};
    Agent ann, bob, cid;
    ann.name = "ann";
    ann.skills = {{selling, 5}};
    bob.name = "bob";
    bob.skills = {{selling, 3}, {fixing, 8}};
    cid.name = "cid";
    cid.skills = {{fixing, 4}};
    p.agents = {ann, bob, cid};
    p.reasons = {"lunch"};
    return p;
}

inline constexpr AgentId ann{0}, bob{1}, cid{2};
inline constexpr QueueId sales{0}, support{1};

inline ContactId contact(std::uint64_t n) {
    return static_cast<ContactId>(n);
}
inline OfferId offer(std::uint64_t n) {
    return static_cast<OfferId>(n);
}

// Inputs in few words.
inline Input calls(QueueId queue) {
    return input::ContactArrives{static_cast<EntryPointId>(index(queue)), "100", "4711", "Caller", "trunk", "id@host"};
}
inline Input hangs_up(std::uint64_t n) {
    return input::CallerLeaves{contact(n), EndCause::caller_hangup};
}
inline Input ends(std::uint64_t n, EndCause cause = EndCause::agent_hangup) {
    return input::ConversationEnds{contact(n), cause};
}
inline Input loses_leg(std::uint64_t n) {
    return input::AgentLegLost{contact(n)};
}
inline Input to_queue(std::uint64_t n, QueueId q) {
    return input::TransferToQueue{contact(n), q};
}
inline Input to_agent(std::uint64_t n, AgentId a) {
    return input::TransferToAgent{contact(n), a};
}
inline Input to_outside(std::uint64_t n, std::string number, TransferKind kind = TransferKind::blind) {
    return input::TransferOutside{contact(n), std::move(number), kind};
}
inline Input joins(std::uint64_t n, AgentId a) {
    return input::TransferJoins{contact(n), a};
}
inline Input merges(std::uint64_t n, std::uint64_t consultation) {
    return input::TransferMerges{contact(n), contact(consultation)};
}
inline Input outside_fails(std::uint64_t n, Outcome why, int code = 0) {
    return input::OutsideFails{contact(n), why, code};
}
inline Input rings(std::uint64_t n) {
    return input::OfferRings{offer(n)};
}
inline Input accepts(std::uint64_t n) {
    return input::OfferAccepted{offer(n)};
}
inline Input fails(std::uint64_t n, Outcome outcome, int code = 0) {
    return input::OfferFailed{offer(n), outcome, code};
}
inline Input logs_in(AgentId a) {
    return input::AgentLogsIn{a};
}
inline Input logs_out(AgentId a) {
    return input::AgentLogsOut{a};
}
inline Input goes_ready(AgentId a) {
    return input::AgentGoesReady{a};
}
inline Input goes_not_ready(AgentId a, std::string why = "") {
    return input::AgentGoesNotReady{a, std::move(why)};
}
inline Input ends_wrap_up(AgentId a) {
    return input::AgentEndsWrapUp{a};
}
inline Input disposes(AgentId a, std::string code) {
    return input::AgentDisposes{a, std::move(code)};
}
inline Input learns(AgentId a, unsigned skill, unsigned level) {
    return input::AgentSkillSet{a, static_cast<SkillId>(skill), static_cast<std::uint8_t>(level)};
}
inline Input phone(AgentId a, Device device) {
    return input::DeviceChanges{a, device};
}
inline Input own_call(AgentId a, OtherUse use) {
    return input::OtherUseChanges{a, use};
}
inline Input door(QueueId of, Door how, bool ends_waiting = false) {
    return input::EntryPointSet{static_cast<EntryPointId>(index(of)), std::move(how), ends_waiting, Actor::system};
}
inline Input time_passes() {
    return input::TimePasses{};
}

/// One event as one line; see the tests for what they look like.
class Describer {
public:
    Describer(const Plan& plan, Timestamp start, Timestamp now) : plan_(plan), start_(start), now_(now) {}

    std::string line(const Event& e) const {
        const std::string what = std::visit(*this, e.body);
        return e.at == now_ ? what : "@" + seconds(e.at - start_) + " " + what;
    }
    std::string operator()(const event::ContactArrived& e) const {
        return c(e.contact) + " arrives at " +
               (e.entry_point ? plan_.entry_points[index(*e.entry_point)].name : "nowhere");
    }
    std::string operator()(const event::ContactRefused& e) const {
        return c(e.contact) + " refused " + s(to_string(e.cause));
    }
    std::string operator()(const event::ContactEnqueued& e) const {
        return c(e.contact) + " waits in " + q(e.queue) + " #" + std::to_string(e.position) +
               (e.wanted ? " for " + a(*e.wanted) + " until " + seconds(*e.wanted_until - start_) : "");
    }
    std::string operator()(const event::ContactOverflowed& e) const {
        return c(e.contact) + " overflows " + q(e.from) + ">" + q(e.to) + " after " + seconds(e.waited) +
               (e.cause == OverflowCause::max_wait ? "" : " because of " + s(to_string(e.cause)));
    }
    std::string operator()(const event::ContactRelaxed& e) const {
        return c(e.contact) + " is relaxed to step " + std::to_string(e.step) + " after " + seconds(e.waited);
    }
    std::string operator()(const event::ContactReleased& e) const {
        return c(e.contact) + " no longer waits for " + a(e.agent) + " " + s(to_string(e.cause));
    }
    std::string operator()(const event::ContactConnected& e) const {
        return c(e.contact) + " talks to " + a(e.agent) + " after " + seconds(e.waited);
    }
    std::string operator()(const event::ContactRescued& e) const { return c(e.contact) + " rescued to " + q(e.queue); }
    std::string operator()(const event::ContactTransferred& e) const {
        return c(e.contact) + " goes from " + a(e.agent) + " to " +
               (e.target == TransferTarget::queue     ? q(e.queue)
                : e.target == TransferTarget::outside ? e.number
                                                      : a(*e.target_agent)) +
               " " + s(to_string(e.kind));
    }
    std::string operator()(const event::ContactReturned& e) const {
        return c(e.contact) + " returns from " + e.number + " to " + q(e.queue) + " " + s(to_string(e.cause));
    }
    std::string operator()(const event::ContactHeld& e) const {
        return c(e.contact) + " held by " + s(to_string(e.by));
    }
    std::string operator()(const event::ContactResumed& e) const {
        return c(e.contact) + " resumed by " + s(to_string(e.by)) + " after " + seconds(e.held);
    }
    std::string operator()(const event::ContactAbandoned& e) const {
        return c(e.contact) + " abandons " + q(e.queue) + " after " + seconds(e.waited);
    }
    std::string operator()(const event::ContactEnded& e) const {
        return c(e.contact) + " ended " + s(to_string(e.cause));
    }
    std::string operator()(const event::ContactDispositioned& e) const {
        return c(e.contact) + " is " + e.code + " says " + a(e.agent);
    }
    std::string operator()(const event::OfferMade& e) const {
        return o(e.offer) + ": " + c(e.contact) + " to " + a(e.agent);
    }
    std::string operator()(const event::OfferRinging& e) const { return o(e.offer) + " rings"; }
    std::string operator()(const event::OfferEnded& e) const { return o(e.offer) + " " + s(to_string(e.outcome)); }
    std::string operator()(const event::AgentChanged& e) const {
        std::string to = s(to_string(e.to));
        if (e.to == AgentState::not_ready && !e.facts.reason.empty()) to += "(" + e.facts.reason + ")";
        return a(e.agent) + " " + s(to_string(e.from)) + ">" + to + " " + s(e.cause);
    }
    std::string operator()(const event::AgentSkillChanged& e) const {
        return a(e.agent) + " " + plan_.skills[index(e.skill)].name + " " + std::to_string(e.from) + ">" +
               std::to_string(e.to);
    }

    std::string operator()(const event::EntryPointChanged& e) const {
        return plan_.entry_points[index(e.entry_point)].name + " " + s(to_string(e.from)) + ">" +
               s(to_string(e.door.state)) + " " + s(to_string(e.door.cause));
    }

private:
    static std::string s(std::string_view text) { return std::string(text); }
    static std::string c(ContactId id) { return "c" + std::to_string(index(id)); }
    static std::string o(OfferId id) { return "o" + std::to_string(index(id)); }
    std::string a(AgentId id) const { return plan_.agents[index(id)].name; }
    std::string q(QueueId id) const { return plan_.queues[index(id)].name; }
    static std::string seconds(Duration d) {
        std::string text = std::to_string(d / 1s) + "s";
        if (d % 1s != 0us) text += std::to_string((d % 1s) / 1us) + "us";
        return text;
    }
    const Plan& plan_;
    Timestamp start_, now_;
};

class Scenario {
public:
    explicit Scenario(Plan plan = shop())
        : plan_(std::make_shared<Plan>(std::move(plan))), core_(plan_), checker_(plan_) {}
    Scenario(const Scenario&) = delete;
    ~Scenario() { EXPECT_EQ(checker_.fold(core_.state()), "") << "at the end of the scenario"; }

    /// What a turn brought; what isn't expected of it is an error.
    class Turn {
    public:
        Turn(std::vector<std::string> lines, Rejection rejection, std::string where)
            : lines_(std::move(lines)), rejection_(rejection), where_(std::move(where)) {}
        Turn(const Turn&) = delete;
        ~Turn() {
            EXPECT_EQ(lines_, expected_) << where_;
            EXPECT_EQ(to_string(rejection_), to_string(expected_rejection_)) << where_;
        }
        template <class... Lines>
        Turn& expect(const Lines&... lines) {
            expected_ = {lines...};
            return *this;
        }
        Turn& rejected(Rejection why) {
            expected_rejection_ = why;
            return *this;
        }

    private:
        std::vector<std::string> lines_, expected_;
        Rejection rejection_, expected_rejection_ = Rejection::none;
        std::string where_;
    };

    Turn at(Duration when, const Input& in) {
        const Timestamp now = kStart + when;
        const auto step = core_.step(in, now);
        return turn(step, now, "at " + std::to_string(when / 1ms) + " ms");
    }
    /// On the way to what the test is about.
    void happens(Duration when, const Input& in) { keep(core_.step(in, kStart + when).events); }
    Turn recovered(Duration when) { return turn(core_.recovered(kStart + when), kStart + when, "recovered"); }

    /// They register, log in and go ready, one after another in the microseconds before `when`; whom it makes idle
    /// longest is first.
    void staff(std::initializer_list<AgentId> agents, Duration when = 0s) {
        Duration t = when - Duration(static_cast<std::int64_t>(agents.size()));
        for (const AgentId a : agents) {
            for (const Input& in : {phone(a, Device::registered), logs_in(a), goes_ready(a)}) happens(t, in);
            t += 1us;
        }
    }

    [[nodiscard]] const Core& core() const { return core_; }
    [[nodiscard]] const State& state() const { return core_.state(); }
    [[nodiscard]] const AgentRecord& agent(AgentId id) const { return state().agents[index(id)]; }
    [[nodiscard]] const QueueRecord& queue(QueueId id) const { return state().queues[index(id)]; }
    [[nodiscard]] const std::vector<Event>& log() const { return log_; }
    [[nodiscard]] const std::shared_ptr<const Plan>& plan() const { return plan_; }
    /// The newest event of a type.
    template <class T>
    [[nodiscard]] const T& last() const {
        for (auto it = log_.rbegin(); it != log_.rend(); ++it)
            if (const T* e = std::get_if<T>(&it->body)) return *e;
        static const T none{};
        ADD_FAILURE() << "no such event";
        return none;
    }

    static constexpr Timestamp kStart{1'000'000s};

private:
    void keep(std::span<const Event> events) {
        EXPECT_EQ(checker_.events(events), "");
        EXPECT_EQ(checker_.state(core_.state()), "");
        log_.insert(log_.end(), events.begin(), events.end());
    }
    Turn turn(const Core::Step& step, Timestamp now, std::string where) {
        keep(step.events);
        std::vector<std::string> lines;
        const Describer describe(*plan_, kStart, now);
        for (const Event& e : step.events) lines.push_back(describe.line(e));
        return Turn(std::move(lines), step.rejection, std::move(where));
    }
    std::shared_ptr<const Plan> plan_;
    Core core_;
    Checker checker_;
    std::vector<Event> log_;
};

}  // namespace centrala::routing::testing
