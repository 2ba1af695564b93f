// Strategies: which of the agents who may take a contact gets it. One row of a table each, in strategies.cpp.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "centrala/routing/state.hpp"

namespace centrala::routing {

/// An offer in the making: for whom, and who may not have it.
class Opening {
public:
    enum class Heed : std::uint8_t { obstacles, nothing };
    Opening(const State& state, const Plan& plan, const ContactRecord& contact, Timestamp now,
            Heed heed = Heed::obstacles)
        : state(state), plan(plan), contact(contact), now(now), heed_(heed) {}

    const State& state;
    const Plan& plan;
    const ContactRecord& contact;
    const Timestamp now;

    [[nodiscard]] Channel channel() const { return plan.queues[index(contact.queue)].channel; }
    [[nodiscard]] const BenchLists& lists() const { return state.index.lists(contact.queue, contact.step); }
    [[nodiscard]] bool refused_by(AgentId agent) const;
    /// Not kept back for others (reservation.hpp).
    [[nodiscard]] bool free(const Serves& serves) const;
    [[nodiscard]] bool open_to(AgentId agent) const;
    /// Somebody who was looked at had refused it or is kept back.
    [[nodiscard]] bool somebody_barred() const { return somebody_barred_; }

private:
    Heed heed_;
    mutable bool somebody_barred_ = false;
};

/// The first two in a strategy's order; of these `second` only if there is a first.
struct Shortlist {
    std::optional<AgentId> first, second;
};

struct Policy {
    std::string_view word;
    Listing listing;
    /// Of an agent who may take the queue's calls at that step; null: 0 for all.
    std::uint32_t (*rank)(const Plan& plan, const Eligibility& at, AgentId agent, std::span<const SkillLevel> skills,
                          std::size_t queues_served);
    /// Nobody, if all who are available refused it or are kept back.
    Shortlist (*pick)(const Opening& opening);
};

[[nodiscard]] const Policy& policy_of(Strategy strategy);
/// Eligibility::rank: the skills that the queue prefers, then its strategy's. 0 if that looks at no groups.
[[nodiscard]] std::uint64_t rank_of(const Plan& plan, const Eligibility& at, AgentId agent,
                                    std::span<const SkillLevel> skills, std::size_t queues_served);

// What strategies measure.
/// Levels in the skills that the queue prefers, times their weights.
[[nodiscard]] std::uint32_t liking(const Queue& queue, std::span<const SkillLevel> skills);
/// Permille.
[[nodiscard]] std::uint32_t pace_of(const Plan& plan, QueueId queue, AgentId agent);
[[nodiscard]] std::uint32_t weight_of(const Plan& plan, QueueId queue, AgentId agent);
/// What the group's other queues would miss if one of its available agents took the contact.
[[nodiscard]] std::uint64_t missed_elsewhere(const Opening& opening, const Group& group, bool engaged);

}  // namespace centrala::routing
