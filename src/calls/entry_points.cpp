// Entry points open and close by their hours, which are known here; whether they are open is routing's to know.
#include "server_impl.hpp"

namespace centrala::calls {

/// By its hours. One that has none is always open.
routing::Door Server::Impl::door_by_hours(const config::EntryPoint& entry, Timestamp now) const {
    routing::Door door;
    if (!entry.hours) return door;
    const auto verdict = hours_[*entry.hours].at(now);
    door.cause = verdict.holiday ? routing::DoorCause::holiday : routing::DoorCause::hours;
    door.until = verdict.until;
    if (!verdict.open) {
        door.state = routing::DoorState::closed;
    } else if (verdict.until && entry.last_call > 0s) {
        const Timestamp last_call = *verdict.until - entry.last_call;
        if (now < last_call)
            door.until = last_call;
        else
            door.state = routing::DoorState::closing;
    }
    return door;
}

/// What a command did to it is over.
routing::Rejection Server::Impl::follow_hours(const config::EntryPoint& entry, routing::Actor actor, Timestamp now) {
    routing::Door door = door_by_hours(entry, now);
    const bool closes = door.state == routing::DoorState::closed &&
                        core_.state().doors[index(entry.id)].state != routing::DoorState::closed;
    return feed(routing::input::EntryPointSet{entry.id, std::move(door), closes && entry.ends_waiting, actor}, now);
}

/// After a restart or a reload: doors are as they were, but hours may have passed, or be others. What was commanded
/// holds.
void Server::Impl::open_doors(Timestamp now) {
    for (const auto& entry : config_.entry_points) {
        const routing::Door& door = core_.state().doors[index(entry.id)];
        if (core_.plan().entry_points[index(entry.id)].retired) {
            timers_.cancel(door_timers_[index(entry.id)]);
            continue;
        }
        const bool lasts = !door.until || *door.until > now;
        watch_door(entry.id);
        if (door.cause == routing::DoorCause::command && lasts) continue;
        const routing::Door by_hours = door_by_hours(entry, now);
        if (door.state != by_hours.state || door.until != by_hours.until)
            follow_hours(entry, routing::Actor::system, now);
    }
}

void Server::Impl::watch_door(routing::EntryPointId id) {
    TimerId& timer = door_timers_[index(id)];
    timers_.cancel(timer);
    const auto until = core_.state().doors[index(id)].until;
    timer = until ? timers_.schedule(*until, DoorTimer{index(id)}) : TimerId::none;
}

void Server::Impl::fire(const DoorTimer& timer, Timestamp now) {
    follow_hours(config_.entry_points[timer.entry_point], routing::Actor::system, now);
}

void Server::Impl::act(const routing::event::EntryPointChanged& event, Timestamp) {
    watch_door(event.entry_point);
}

routing::Rejection Server::follow_hours(routing::EntryPointId id, Timestamp now) {
    if (index(id) >= impl_->config_.entry_points.size()) return routing::Rejection::unknown_id;
    if (impl_->core_.state().doors[index(id)].cause != routing::DoorCause::command)
        return routing::Rejection::already_so;
    return impl_->follow_hours(impl_->config_.entry_points[index(id)], routing::Actor::supervisor, now);
}

}  // namespace centrala::calls
