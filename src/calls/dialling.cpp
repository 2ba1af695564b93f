// What a number that an agent dials or transfers to leads to, and whether the agent's group may go there.
#include <algorithm>

#include "server_impl.hpp"

namespace centrala::calls {
namespace {

bool begins_with_one_of(std::string_view number, const std::vector<std::string>& prefixes) {
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [&](const auto& prefix) { return number.starts_with(prefix); });
}

}  // namespace

const config::AgentGroup& Server::Impl::group_of(routing::AgentId agent) const {
    return config_.agent_groups[config_.agents[index(agent)].group];
}

bool Server::Impl::may_call(routing::AgentId agent, const Destination& to) const {
    const config::AgentGroup& group = group_of(agent);
    switch (to.kind) {
        case Destination::Kind::agent: return group.call_agents;
        case Destination::Kind::queue: return true;
        case Destination::Kind::outside: return group.call_outside && is_allowed_outside(group, to.number);
        case Destination::Kind::nowhere: break;
    }
    return false;
}

bool Server::Impl::may_transfer(routing::AgentId agent, const Destination& to) const {
    const config::AgentGroup& group = group_of(agent);
    switch (to.kind) {
        case Destination::Kind::agent: return group.transfer_agents;
        case Destination::Kind::queue: return group.transfer_queues;
        case Destination::Kind::outside: return group.transfer_outside && is_allowed_outside(group, to.number);
        case Destination::Kind::nowhere: break;
    }
    return false;
}

/// What counts is the number that a trunk would be asked for, however it was dialled.
bool Server::Impl::is_allowed_outside(const config::AgentGroup& group, std::string_view dialled) const {
    const auto outside = outside_number_of(dialled);
    if (!outside) return false;
    const std::string_view number = *outside;
    if (begins_with_one_of(number, group.outside_denied)) return false;
    return group.outside_allowed.empty() || begins_with_one_of(number, group.outside_allowed);
}

}  // namespace centrala::calls
