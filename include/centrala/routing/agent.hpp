// An agent as independent facts; the state people see is derived from them by one function.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "centrala/base/few.hpp"
#include "centrala/base/time.hpp"
#include "centrala/routing/ids.hpp"
#include "centrala/routing/plan.hpp"

namespace centrala::routing {

enum class Session : std::uint8_t { logged_out, logged_in };
enum class Intent : std::uint8_t { not_ready, ready };
enum class Device : std::uint8_t { unregistered, registered, suspect, unreachable };
enum class Work : std::uint8_t { idle, reserved, connected, held, wrapping };
enum class OtherUse : std::uint8_t { none, non_acd_call };

/// What supervisors see, derived by displayed().
enum class AgentState : std::uint8_t { logged_out, unreachable, talking, wrap_up, reserved, busy, not_ready, ready };

[[nodiscard]] std::string_view to_string(Session);
[[nodiscard]] std::string_view to_string(Intent);
[[nodiscard]] std::string_view to_string(Device);
[[nodiscard]] std::string_view to_string(Work);
[[nodiscard]] std::string_view to_string(OtherUse);
[[nodiscard]] std::string_view to_string(AgentState);

struct PendingIntent {
    Intent intent = Intent::not_ready;
    std::string reason;
    bool logout = false;  ///< log out after the call (and its wrap-up)
    bool operator==(const PendingIntent&) const = default;
};

/// A break that is asked for rather than taken (Plan's Breaks). The agent works on until it is granted.
struct BreakWish {
    std::string reason;  ///< of not ready, then
    Timestamp asked_at{};
    bool operator==(const BreakWish&) const = default;
};

/// A contact in an agent's hands.
struct Task {
    ContactId contact{};
    Channel channel = Channel::voice;
    Work work = Work::reserved;                ///< never idle
    bool disposed = false;                     ///< the agent has said how it ended
    std::optional<Timestamp> wrap_until{};     ///< wrapping, and then always: when it ends by itself
    std::optional<Timestamp> dispose_until{};  ///< wrapping: until then it doesn't unless `disposed`; none: needn't be

    [[nodiscard]] bool owes_disposition() const { return dispose_until && !disposed; }
    bool operator==(const Task&) const = default;
};

using Tasks = Few<Task>;

/// Talked to, then wrapped up, then reserved.
[[nodiscard]] int place_in_hand(const Task& task);
/// All that an agent has in hand, in the order of AgentFacts::tasks: a call alone, or chats, of which one at most is
/// reserved, none of them twice.
[[nodiscard]] bool can_be_in_hand(const Tasks& tasks);

/// The facts, as far as an event must carry them to restore an agent.
struct AgentFacts {
    Session session = Session::logged_out;
    Intent intent = Intent::not_ready;
    Device device = Device::unregistered;
    OtherUse other_use = OtherUse::none;
    std::uint32_t misses = 0;  ///< offers missed or rejected in a row
    /// In order of place_in_hand(), then as they were taken; see can_be_in_hand().
    Tasks tasks;
    std::string
        reason;  ///< of not_ready: "sys.login", "sys.no_answer", "sys.device", "sys.rest", or one of Plan::reasons
    std::optional<PendingIntent>
        pending;                    ///< takes effect when the agent becomes idle; until then it gets nothing more
    std::optional<BreakWish> asks;  ///< only of who is ready or in a pause (sys.rest); never with `pending`

    /// The foremost of its tasks; idle: it has none.
    [[nodiscard]] Work work() const { return tasks.empty() ? Work::idle : tasks.front().work; }
    /// nullptr: not in its hands.
    [[nodiscard]] const Task* task(ContactId contact) const;
    [[nodiscard]] Task* task(ContactId contact);
    bool operator==(const AgentFacts&) const = default;
};

/// Ranking, highest first: logged_out, talking, wrap_up, reserved, unreachable, busy, not_ready, ready.
[[nodiscard]] AgentState displayed(const AgentFacts& facts);
/// As displayed() where nothing is in its hands.
[[nodiscard]] AgentState displayed_if_idle(const AgentFacts& facts);
/// Logged in, with a phone, and wants contacts: may be offered what it has room for.
[[nodiscard]] bool is_willing(const AgentFacts& facts);
/// What it has in hand leaves room for one more contact that comes like this. `chats`: Agent::chats.
[[nodiscard]] bool has_room(const AgentFacts& facts, Channel channel, std::uint32_t chats);
/// Takes calls, now or after the present one: displayed as ready, reserved, talking or in wrap-up.
[[nodiscard]] bool at_work(const AgentFacts& facts);
/// Is available or will be, as things stand, when what it does, calls of its own included, is over.
[[nodiscard]] bool stays_ready(const AgentFacts& facts);

}  // namespace centrala::routing
