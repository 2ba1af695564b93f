// What must hold after every step and at rest, each rule a small function that knows nothing of the code under test but
// what it shows: state, log, counters. Routing's own rules are those of routing/checkers.hpp: who holds whom, whose
// turn it is, deadlines, times, the fold.
#pragma once

#include <string>
#include <vector>

#include "routing/checkers.hpp"
#include "sim/world.hpp"

namespace centrala::sim {

// check_legs.cpp: calls and their legs agree with routing. Each says what is wrong, or nothing.
[[nodiscard]] std::string calls_are_those_of_routing(const World& world);
[[nodiscard]] std::string holds_are_those_of_routing(const World& world);
[[nodiscard]] std::string each_leg_has_its_media(const World& world);
[[nodiscard]] std::string trunks_count_their_calls(const World& world);

// check_rest.cpp: what may be left when nothing is under way.
[[nodiscard]] std::string nothing_is_left_in_the_server(const World& world);
[[nodiscard]] std::string nobody_is_left_on_the_line(const World& world);
/// While calls go on: each leg has its peer and each peer its leg. Only if no message is under way or awaited.
[[nodiscard]] std::string legs_and_peers_agree(const World& world);

/// Collects what is wrong; empty means fine.
class Checkers {
public:
    explicit Checkers(World& world) : world_(world), routing_(world.config.plan) {}

    void after_step();
    /// The configuration changes just now.
    void replanned();
    /// When all is calm: nothing is left over.
    void at_rest();
    /// What needs a moment without any message under way; true if this is one.
    bool between_calls();

    std::vector<std::string> wrong;

private:
    void say(const std::string& what);

    World& world_;
    routing::testing::Checker routing_;
    std::size_t read_ = 0;
    Timestamp clock_{};
};

}  // namespace centrala::sim
