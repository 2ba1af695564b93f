// The ACD core: decide events from inputs, change state by applying events, say when to be woken.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "centrala/base/time.hpp"
#include "centrala/routing/event.hpp"
#include "centrala/routing/input.hpp"
#include "centrala/routing/plan.hpp"
#include "centrala/routing/state.hpp"

namespace centrala::routing {

/// Why an input had no effect; for the person who caused it (feature code, command).
enum class Rejection : std::uint8_t {
    none,
    not_logged_in,
    already_logged_in,
    already_so,
    no_device,
    on_a_call,
    not_wrapping,
    unknown_reason,
    unknown_code,
    no_contact,
    unknown_id,
    queue_closed,
    queue_full,
    no_agent,
    undisposed,     ///< must say first how the call ended
    other_channel,  ///< calls don't become chats, nor chats calls
};
[[nodiscard]] std::string_view to_string(Rejection rejection);

/// What matching carries along; says nothing that State doesn't.
struct MatchScratch {
    std::vector<ContactId> contacts;  ///< to be matched in this turn
    std::vector<AgentId> agents;
    std::vector<QueueId> queues;
    std::set<QueueId> held;   ///< whose contacts wait although agents who serve it are available, kept back for others
    std::set<QueueId> stuck;  ///< whose contacts wait where nobody is left, because it is full where they would go
};

/// Pure but for its own state; single-threaded. Copyable: a what-if is a copy.
///
/// Idle clock: begins at login, at going ready, when a conversation with its wrap-up ends, when the agent's leg is
/// lost, and after rejected and no_answer. It goes on over busy, unreachable, caller_gone and rescinded, a lost phone
/// and calls of one's own. Not ready and logout: at once when idle; when reserved the offer is rescinded first; in a
/// call or wrap-up they are pending until both are over. Ready in wrap-up ends it; in a call it takes back what was
/// pending. For a break of Plan::breaks an agent asks instead, and is offered calls until there is no break_obstacle()
/// or Breaks::within has passed; ready takes that back, too. Phone lost (unregistered): a ringing offer runs to its own
/// end; after Plan::probe_interval ready becomes not ready (sys.device), pending if in a call; never for
/// Agent::always_logged_in. Floors, so that nothing rings without pause: ring_timeout, refusal_memory, busy_memory,
/// probe_interval count as 1 s at least. max_wait passing while a phone rings takes effect when that offer fails; a
/// rescued contact's max_wait begins anew. Overflow takes the first queue of the chain that is open, has room and
/// hasn't held the contact yet; if none: ended, max_wait. Cost of a step: O(log) of agents, groups, waiting contacts
/// and deadlines for each queue that the agents concerned serve, now and then some more for making room in the order of
/// those (Ordered); and O(1) for each queue that idle agents serve who ask for a break. Of these only few are left
/// ungranted (grant_breaks()).
class Core {
public:
    explicit Core(std::shared_ptr<const Plan> plan);

    struct Step {
        std::span<const Event> events;  ///< valid until the next call
        Rejection rejection = Rejection::none;
    };
    /// Expires what is due at its own time, then decides the input at `now`; every event is applied already.
    Step step(const Input& input, Timestamp now);
    [[nodiscard]] std::optional<Timestamp> deadline() const;

    [[nodiscard]] const State& state() const { return state_; }
    [[nodiscard]] const Plan& plan() const { return *plan_; }

    /// The configuration has changed. Each id of the old plan means the same in the new one, which may have more (see
    /// Plan). Everybody stays where they are, by the new plan's steps, priorities and longest waits as if it had held
    /// since they came; agents whose skills it says differently have those. No events say so: a journal needs a
    /// snapshot now, and then step() a PlanChanged.
    void replan(std::shared_ptr<const Plan> plan);

    /// Folding a journal: applies one stored event; one whose ids the plan doesn't have is passed over. After the last,
    /// call recovered().
    void restore(const Event& event);
    /// For a log that doesn't begin at the beginning: ids to be given next are at least these.
    void restore_ids(std::uint64_t next_contact, std::uint64_t next_offer);
    /// Folding a journal: all of the state at once, from a snapshot in it.
    void restore_state(State state) { state_ = std::move(state); }
    /// Of the contacts that were alive when the log stopped those in `kept`, which is in order, stay as they are: where
    /// they waited, talked or were handed to; the others are ended (cause restart). Offers are rescinded, the work of
    /// agents is idle again unless they talk to one that is kept or wrap one up, devices are unregistered until the
    /// registrar speaks; agents always logged in are logged in.
    Step recovered(Timestamp now, std::span<const ContactId> kept = {});

private:
    std::shared_ptr<const Plan> plan_;
    State state_;
    std::vector<Event> events_;
    MatchScratch scratch_;
};

}  // namespace centrala::routing
