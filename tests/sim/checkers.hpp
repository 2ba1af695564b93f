// What must hold after every step, each rule a small function that knows nothing of the code under test but its state
// and log.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "sim/world.hpp"

namespace centrala::sim {

/// Collects what is wrong; empty means fine.
class Checkers {
public:
    explicit Checkers(World& world) : world_(world) {}

    void after_step();
    /// When all is calm: nothing is left over.
    void at_rest();

    std::vector<std::string> wrong;

private:
    void read_new_events();
    void one_holder_each();
    void capacity_of_agents();
    void nobody_waits_while_an_agent_may_take_it();
    void every_leg_has_its_media();
    void everything_ends_by_itself();
    void say(std::string what);

    World& world_;
    std::size_t read_ = 0;
    std::map<routing::ContactId, std::string> holder_;
    std::map<routing::OfferId, int> outcomes_;
    std::map<routing::AgentId, Timestamp> since_;
};

}  // namespace centrala::sim
