// The configuration changes while calls go on: what was derived from it is derived anew, what has happened stays.
#include "server_impl.hpp"

namespace centrala::calls {

void Server::Impl::reload(std::span<const routing::AgentId> added, Timestamp now) {
    make_room();
    dial_plan_.rebuild();
    caller_lists_ = config::CallerLists(config_);
    hours_ = std::vector<schedule::Hours>(config_.schedules.begin(), config_.schedules.end());
    sounds_.load(config_, media_, sink_, now);
    watch_fixed_phones(now);
    hops_changed(now);
    feed(routing::input::PlanChanged{{added.begin(), added.end()}}, now);
    open_doors(now);
    open_shifts(now);
    review_phones(now);
    reload_lookup(now);
    plan_announcements(now);
}

/// By id, for all that the configuration has. None of them is ever taken away.
void Server::Impl::make_room() {
    const std::size_t agents = config_.agents.size();
    probe_timers_.resize(agents, TimerId::none);
    shift_timers_.resize(agents, TimerId::none);
    other_calls_.resize(agents, 0);
    door_timers_.resize(config_.entry_points.size(), TimerId::none);
    lamps_.resize(2 * std::max(agents, config_.queues.size()), presence::Lamp::State::dark);
}

/// A phone with a fixed contact is there by being configured, any other by being registered.
void Server::Impl::review_phones(Timestamp now) {
    using routing::Device;
    for (const auto& agent : config_.agents) {
        const bool there = agent.contact || !registrar_.bindings(core_.plan().agents[index(agent.id)].name).empty();
        const Device known = core_.state().agents[index(agent.id)].facts.device;
        if (there != (known == Device::unregistered)) continue;
        feed(routing::input::DeviceChanges{agent.id, there ? Device::registered : Device::unregistered}, now);
    }
}

}  // namespace centrala::calls
