#include "sim/checkers.hpp"

namespace centrala::sim {

void Checkers::say(const std::string& what) {
    if (!what.empty() && wrong.size() < 20) wrong.push_back("step " + std::to_string(world_.steps) + ": " + what);
}

void Checkers::after_step() {
    const auto& events = world_.log.events;
    const routing::State& state = world_.core.state();
    if (read_ < events.size() || clock_ != state.clock) {  // else routing is as it was
        say(routing_.events(std::span(events).subspan(read_)));
        say(routing_.state(state));
        say(routing_.fold(state));
        read_ = events.size();
        clock_ = state.clock;
        say(calls_are_those_of_routing(world_));
    }
    say(each_leg_has_its_media(world_));
    say(trunks_count_their_calls(world_));
}

void Checkers::replanned() {
    say(routing_.replanned(world_.core.state(), *world_.config.plan));
}

void Checkers::at_rest() {
    after_step();
    say(nothing_is_left_in_the_server(world_));
    say(nobody_is_left_on_the_line(world_));
}

bool Checkers::between_calls() {
    if (!world_.quiet()) return false;
    say(legs_and_peers_agree(world_));
    say(holds_are_those_of_routing(world_));
    return true;
}

}  // namespace centrala::sim
