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
[[nodiscard]] Plan shop();

inline constexpr AgentId ann{0}, bob{1}, cid{2};
inline constexpr QueueId sales{0}, support{1};
inline constexpr SkillId selling{0}, fixing{1};

inline ContactId contact(std::uint64_t n) {
    return static_cast<ContactId>(n);
}
inline OfferId offer(std::uint64_t n) {
    return static_cast<OfferId>(n);
}

// Inputs in few words.
[[nodiscard]] Input calls(QueueId queue);
[[nodiscard]] Input hangs_up(std::uint64_t n);
[[nodiscard]] Input ends(std::uint64_t n, EndCause cause = EndCause::agent_hangup);
[[nodiscard]] Input loses_leg(std::uint64_t n);
[[nodiscard]] Input to_queue(std::uint64_t n, QueueId q);
[[nodiscard]] Input to_agent(std::uint64_t n, AgentId a);
[[nodiscard]] Input to_outside(std::uint64_t n, std::string number, TransferKind kind = TransferKind::blind);
[[nodiscard]] Input joins(std::uint64_t n, AgentId a);
[[nodiscard]] Input merges(std::uint64_t n, std::uint64_t consultation);
[[nodiscard]] Input outside_fails(std::uint64_t n, Outcome why, int code = 0);
[[nodiscard]] Input rings(std::uint64_t n);
[[nodiscard]] Input accepts(std::uint64_t n);
[[nodiscard]] Input fails(std::uint64_t n, Outcome outcome, int code = 0);
[[nodiscard]] Input logs_in(AgentId a);
[[nodiscard]] Input logs_out(AgentId a);
[[nodiscard]] Input goes_ready(AgentId a);
[[nodiscard]] Input goes_not_ready(AgentId a, std::string why = "");
[[nodiscard]] Input ends_wrap_up(AgentId a);
[[nodiscard]] Input disposes(AgentId a, std::string code);
[[nodiscard]] Input learns(AgentId a, unsigned skill, unsigned level);
[[nodiscard]] Input phone(AgentId a, Device device);
[[nodiscard]] Input own_call(AgentId a, OtherUse use);
[[nodiscard]] Input door(QueueId of, Door how, bool ends_waiting = false);
[[nodiscard]] Input time_passes();

class Scenario {
public:
    explicit Scenario(Plan plan = shop());
    Scenario(const Scenario&) = delete;
    ~Scenario();

    /// What a turn brought; what isn't expected of it is an error.
    class Turn {
    public:
        Turn(std::vector<std::string> lines, Rejection rejection, std::string where)
            : lines_(std::move(lines)), rejection_(rejection), where_(std::move(where)) {}
        Turn(const Turn&) = delete;
        ~Turn();
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

    Turn at(Duration when, const Input& in);
    /// On the way to what the test is about.
    void happens(Duration when, const Input& in);
    /// Those contacts were kept over it.
    Turn recovered(Duration when, std::initializer_list<std::uint64_t> kept = {});
    /// The configuration changes.
    Turn replanned(Duration when, Plan plan, std::vector<AgentId> added = {});

    /// They register, log in and go ready, one after another in the microseconds before `when`; whom it makes idle
    /// longest is first.
    void staff(std::initializer_list<AgentId> agents, Duration when = 0s);

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
    void keep(std::span<const Event> events);
    Turn turn(const Core::Step& step, Timestamp now, std::string where);
    std::shared_ptr<const Plan> plan_;
    Core core_;
    Checker checker_;
    std::vector<Event> log_;
};

}  // namespace centrala::routing::testing
