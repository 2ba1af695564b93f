#include "scenario.hpp"

namespace centrala::routing::testing {

Plan shop() {
    Plan p;
    p.skills = {{"selling"}, {"fixing"}};
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

Input calls(QueueId queue) {
    return input::ContactArrives{static_cast<EntryPointId>(index(queue)), "100", "4711", "Caller", "trunk", "id@host"};
}
Input hangs_up(std::uint64_t n) {
    return input::CallerLeaves{contact(n), EndCause::caller_hangup};
}
Input ends(std::uint64_t n, EndCause cause) {
    return input::ConversationEnds{contact(n), cause};
}
Input loses_leg(std::uint64_t n) {
    return input::AgentLegLost{contact(n)};
}
Input to_queue(std::uint64_t n, QueueId q) {
    return input::TransferToQueue{contact(n), q};
}
Input to_agent(std::uint64_t n, AgentId a) {
    return input::TransferToAgent{contact(n), a};
}
Input to_outside(std::uint64_t n, std::string number, TransferKind kind) {
    return input::TransferOutside{contact(n), std::move(number), kind};
}
Input joins(std::uint64_t n, AgentId a) {
    return input::TransferJoins{contact(n), a};
}
Input merges(std::uint64_t n, std::uint64_t consultation) {
    return input::TransferMerges{contact(n), contact(consultation)};
}
Input outside_fails(std::uint64_t n, Outcome why, int code) {
    return input::OutsideFails{contact(n), why, code};
}
Input rings(std::uint64_t n) {
    return input::OfferRings{offer(n)};
}
Input accepts(std::uint64_t n) {
    return input::OfferAccepted{offer(n)};
}
Input fails(std::uint64_t n, Outcome outcome, int code) {
    return input::OfferFailed{offer(n), outcome, code};
}
Input logs_in(AgentId a) {
    return input::AgentLogsIn{a};
}
Input logs_out(AgentId a) {
    return input::AgentLogsOut{a};
}
Input goes_ready(AgentId a) {
    return input::AgentGoesReady{a};
}
Input goes_not_ready(AgentId a, std::string why) {
    return input::AgentGoesNotReady{a, std::move(why)};
}
Input ends_wrap_up(AgentId a) {
    return input::AgentEndsWrapUp{a};
}
Input disposes(AgentId a, std::string code) {
    return input::AgentDisposes{a, std::move(code)};
}
Input learns(AgentId a, unsigned skill, unsigned level) {
    return input::AgentSkillSet{a, static_cast<SkillId>(skill), static_cast<std::uint8_t>(level)};
}
Input phone(AgentId a, Device device) {
    return input::DeviceChanges{a, device};
}
Input own_call(AgentId a, OtherUse use) {
    return input::OtherUseChanges{a, use};
}
Input door(QueueId of, Door how, bool ends_waiting) {
    return input::EntryPointSet{static_cast<EntryPointId>(index(of)), std::move(how), ends_waiting, Actor::system};
}
Input time_passes() {
    return input::TimePasses{};
}

namespace {

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

}  // namespace

Scenario::Scenario(Plan plan) : plan_(std::make_shared<Plan>(std::move(plan))), core_(plan_), checker_(plan_) {}

Scenario::~Scenario() {
    EXPECT_EQ(checker_.fold(core_.state()), "") << "at the end of the scenario";
}

Scenario::Turn::~Turn() {
    EXPECT_EQ(lines_, expected_) << where_;
    EXPECT_EQ(to_string(rejection_), to_string(expected_rejection_)) << where_;
}

Scenario::Turn Scenario::at(Duration when, const Input& in) {
    const Timestamp now = kStart + when;
    const auto step = core_.step(in, now);
    return turn(step, now, "at " + std::to_string(when / 1ms) + " ms");
}

void Scenario::happens(Duration when, const Input& in) {
    keep(core_.step(in, kStart + when).events);
}

Scenario::Turn Scenario::recovered(Duration when, std::initializer_list<std::uint64_t> kept) {
    std::vector<ContactId> contacts;
    for (const std::uint64_t n : kept) contacts.push_back(contact(n));
    return turn(core_.recovered(kStart + when, contacts), kStart + when, "recovered");
}

Scenario::Turn Scenario::replanned(Duration when, Plan plan, std::vector<AgentId> added) {
    plan_ = std::make_shared<Plan>(std::move(plan));
    core_.replan(plan_);
    EXPECT_EQ(checker_.replanned(core_.state(), *plan_), "");
    return at(when, input::PlanChanged{std::move(added)});
}

void Scenario::staff(std::initializer_list<AgentId> agents, Duration when) {
    Duration t = when - Duration(static_cast<std::int64_t>(agents.size()));
    for (const AgentId a : agents) {
        for (const Input& in : {phone(a, Device::registered), logs_in(a), goes_ready(a)}) happens(t, in);
        t += 1us;
    }
}

void Scenario::keep(std::span<const Event> events) {
    EXPECT_EQ(checker_.events(events), "");
    EXPECT_EQ(checker_.state(core_.state()), "");
    log_.insert(log_.end(), events.begin(), events.end());
}

Scenario::Turn Scenario::turn(const Core::Step& step, Timestamp now, std::string where) {
    keep(step.events);
    std::vector<std::string> lines;
    const Describer describe(*plan_, kStart, now);
    for (const Event& e : step.events) lines.push_back(describe.line(e));
    return {std::move(lines), step.rejection, std::move(where)};
}

}  // namespace centrala::routing::testing
