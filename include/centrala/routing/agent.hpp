// An agent as independent facts; the state people see is derived from them by one function.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

/// The facts, as far as an event must carry them to restore an agent.
struct AgentFacts {
    Session session = Session::logged_out;
    Intent intent = Intent::not_ready;
    std::string
        reason;  ///< of not_ready: "sys.login", "sys.no_answer", "sys.device", "sys.rest", or one of Plan::reasons
    std::optional<PendingIntent> pending;  ///< takes effect when the agent becomes idle
    Device device = Device::unregistered;
    Work work = Work::idle;
    OtherUse other_use = OtherUse::none;
    std::uint32_t misses = 0;       ///< offers missed or rejected in a row
    std::optional<BreakWish> asks;  ///< only of who is ready or in a pause (sys.rest); never with `pending`
    bool operator==(const AgentFacts&) const = default;
};

/// Ranking, highest first: logged_out, talking, wrap_up, reserved, unreachable, busy, not_ready, ready.
[[nodiscard]] AgentState displayed(const AgentFacts& facts);
/// May be offered a call now.
[[nodiscard]] bool available(const AgentFacts& facts);
/// Takes calls, now or after the present one: displayed as ready, reserved, talking or in wrap-up.
[[nodiscard]] bool at_work(const AgentFacts& facts);
/// Is available or will be, as things stand, when what it does, calls of its own included, is over.
[[nodiscard]] bool stays_ready(const AgentFacts& facts);

}  // namespace centrala::routing
