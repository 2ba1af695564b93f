// Agents are logged out as their shift ends by its schedule. When to begin, and whether to stay on, is theirs.
#include "server_impl.hpp"

namespace centrala::calls {

void Server::Impl::watch_shift(routing::AgentId agent, Timestamp now) {
    const auto& shift = config_.agents[index(agent)].shift;
    if (!shift) return;
    const auto verdict = hours_[*shift].at(now);
    if (verdict.until) timers_.schedule(*verdict.until, ShiftTimer{agent, verdict.open});
}

void Server::Impl::fire(const ShiftTimer& timer, Timestamp now) {
    if (timer.ends) feed(routing::input::AgentLogsOut{timer.agent, routing::Actor::system, true}, now);
    watch_shift(timer.agent, now);
}

}  // namespace centrala::calls
