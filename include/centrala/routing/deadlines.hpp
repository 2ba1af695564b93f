// What time will bring: each deadline of an agent, an offer or a contact, and which comes next.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "centrala/base/ordered.hpp"
#include "centrala/base/time.hpp"
#include "centrala/routing/ids.hpp"

namespace centrala::routing {

/// In this order when due at the same moment: what frees somebody comes before what ends a wait. refusal_memory is
/// first because it isn't an event: whatever happens at a moment happens to a state that has forgotten all refusals due
/// by then. release isn't one either: from then on no agent is kept back from a waiting contact. Whose break is overdue
/// gets no other call in that moment.
enum class DeadlineKind : std::uint8_t {
    refusal_memory,
    break_overdue,
    wrap_up,
    busy_memory,
    device,
    not_ready,
    ring_timeout,
    release,
    wanted,
    relax,
    max_wait
};

struct Deadline {
    Timestamp at{};
    DeadlineKind kind{};
    std::uint64_t id = 0;  ///< break_overdue, busy_memory, device, not_ready: agent; refusal_memory, wrap_up, release,
                           ///< wanted, relax, max_wait: contact; ring_timeout: offer
    AgentId agent{};       ///< refusal_memory, wrap_up only
    auto operator<=>(const Deadline&) const = default;
};

/// A value. Deadlines of contacts in a queue's hands are kept by queue: there they come and go in the order in which
/// contacts do, while in one list of all each would have to be looked for. As Ordered where it is moved from.
class Deadlines {
public:
    explicit Deadlines(std::size_t queues = 0);

    /// `queue`: in whose hands the contact is that it is about; none: it is about anything else.
    void put(const Deadline& deadline, std::optional<QueueId> queue = {});
    /// If it is there; `queue` as it was put.
    void take(const Deadline& deadline, std::optional<QueueId> queue = {});

    [[nodiscard]] bool empty() const { return lists_[winners_[1].list].empty(); }
    /// There is one.
    [[nodiscard]] const Deadline& first() const { return *lists_[winners_[1].list].begin(); }
    /// All until then, in order.
    [[nodiscard]] std::vector<Deadline> due(Timestamp now) const;

    bool operator==(const Deadlines& other) const { return lists_ == other.lists_; }

private:
    struct Winner {
        Timestamp at = Timestamp::max();  ///< of the list's first; max: it may be empty
        std::uint32_t list = 0;
    };
    static std::size_t list_of(std::optional<QueueId> queue) { return queue ? 1 + index(*queue) : 0; }
    /// The first of that list is another now.
    void play(std::size_t list);
    [[nodiscard]] bool comes_before(const Winner& one, const Winner& other) const;
    /// All until then of the lists below a place in the tree.
    void add_due(std::size_t place, Timestamp now, std::vector<Deadline>& all) const;

    /// Of anything else, then by QueueId, then empty ones up to a power of two.
    std::vector<Ordered<Deadline>> lists_;
    /// A tree of matches, as in a tournament: at place i the list whose first comes before those of all lists below it,
    /// which are those of places 2i and 2i+1. The lists themselves are at the last places, the winner is at 1.
    std::vector<Winner> winners_;
};

}  // namespace centrala::routing
