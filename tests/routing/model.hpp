// The reference model of routing: what the facts say about who may have which contact, and which offer is next. Written
// without a look at the core, which must come to the same by its indexes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "centrala/routing/state.hpp"

namespace centrala::routing::testing {

// As errors call them.
std::string name(ContactId id);
std::string name(AgentId id);

bool skilled(const State& state, const Plan& plan, AgentId agent, QueueId queue, std::size_t step = 0);
/// Of levels in what the queue requires, or one of those that its calls wait in as well.
unsigned level_sum(const State& state, const Plan& plan, AgentId agent, QueueId queue, std::size_t step);
/// Above the queue's priority.
int raised(const Plan& plan, const ContactRecord& contact);
/// Of a queue's contacts, by priority and then age.
bool comes_before(const ContactRecord& one, const ContactRecord& other);
/// Has little enough in hand for one more contact that comes like this.
bool has_space(const State& state, const Plan& plan, AgentId agent, Channel channel);
/// Could be offered one more contact that comes like this.
bool open_to(const State& state, const Plan& plan, AgentId agent, Channel channel);
/// Takes calls, at once or one after the other.
bool works(const AgentFacts& facts);
/// Will take calls when what it does is over, as far as anybody can tell.
bool stays(const AgentFacts& facts);
/// Agents who could take a call of this queue now.
std::uint32_t idle_for(const State& state, const Plan& plan, QueueId queue, std::size_t step = 0);
/// May have a contact that wants it.
bool may_serve(const State& state, const Plan& plan, AgentId agent, const ContactRecord& contact);
bool has_refused(const ContactRecord& contact, AgentId agent, Timestamp at);
/// May be offered this contact.
bool may_take(const State& state, const Plan& plan, AgentId agent, const ContactRecord& contact, Timestamp at);

/// It rings already, and may ring at whoever is left when nobody waits.
bool rings_at_more(const State& state, const Plan& plan, const ContactRecord& contact, Timestamp at);

struct Prediction {
    ContactId contact{};
    AgentId agent{};
    std::uint32_t candidates = 0;
    std::optional<AgentId> next{};                   ///< the strategy's second choice
    std::optional<event::PassedOver> passed_over{};  ///< who would have been the first but for what is in the way
};
/// The next offer; none: nobody waits whom anybody may take.
std::optional<Prediction> predict(const State& state, const Plan& plan, Timestamp at);
/// Who is granted a break next, after all offers; none: nobody who asks for one may have it.
std::optional<AgentId> predict_break(const State& state, const Plan& plan);

}  // namespace centrala::routing::testing
