// Agents are logged out as their shift ends by its schedule. When to begin, and whether to stay on, is theirs.
#include "server_impl.hpp"

namespace centrala::calls {
namespace {

/// The first end of a shift after that time; nullopt: none within years.
std::optional<Timestamp> end_after(const schedule::Hours& hours, Timestamp time) {
    const auto verdict = hours.at(time);
    return verdict.open || !verdict.until ? verdict.until : hours.at(*verdict.until).until;
}

}  // namespace

/// Whose shift ended while nobody was there to end it, or another was in the configuration, is logged out now.
void Server::Impl::open_shifts(Timestamp now) {
    for (const auto& agent : config_.agents) {
        timers_.cancel(shift_timers_[index(agent.id)]);
        if (!agent.shift) continue;
        const auto& record = core_.state().agents[index(agent.id)];
        if (record.facts.session == routing::Session::logged_in) {
            const auto end = end_after(hours_[*agent.shift], record.session_since);
            if (end && *end <= now) feed(routing::input::AgentLogsOut{agent.id, routing::Actor::system, true}, now);
        }
        watch_shift(agent.id, now);
    }
}

void Server::Impl::watch_shift(routing::AgentId agent, Timestamp now) {
    const auto verdict = hours_[*config_.agents[index(agent)].shift].at(now);
    shift_timers_[index(agent)] =
        verdict.until ? timers_.schedule(*verdict.until, ShiftTimer{agent, verdict.open}) : TimerId::none;
}

void Server::Impl::fire(const ShiftTimer& timer, Timestamp now) {
    if (timer.ends) feed(routing::input::AgentLogsOut{timer.agent, routing::Actor::system, true}, now);
    watch_shift(timer.agent, now);
}

}  // namespace centrala::calls
