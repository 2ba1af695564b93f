// Strategies: which of the agents who may take a contact gets it. One row of a table each, in strategies.cpp.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "centrala/routing/state.hpp"

namespace centrala::routing {

/// The lists of a Bench that a strategy looks at.
enum class Listing : std::uint8_t { groups, in_turn, share, calls };

/// An offer in the making: for whom, and who may not have it.
struct Opening {
    const State& state;
    const Plan& plan;
    const ContactRecord& contact;
    Timestamp now;

    [[nodiscard]] const Bench& bench() const { return state.index.bench(contact.queue); }
    [[nodiscard]] bool refused_by(AgentId agent) const;
    /// Not kept back for others (reservation.hpp).
    [[nodiscard]] bool free(const Group& group) const;
    [[nodiscard]] bool open_to(AgentId agent) const;
};

struct Policy {
    std::string_view word;
    Listing listing;
    /// Eligibility::rank of an agent who may serve the queue; null: 0 for all.
    std::uint32_t (*rank)(const Plan& plan, QueueId queue, AgentId agent, std::span<const SkillLevel> skills,
                          std::size_t queues_served);
    /// Nobody, if all who are available refused it or are kept back.
    std::optional<AgentId> (*pick)(const Opening& opening);
};

[[nodiscard]] const Policy& policy_of(Strategy strategy);

}  // namespace centrala::routing
