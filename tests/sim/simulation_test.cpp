// The whole stack below the sockets under random callers, agents and networks. A failing seed prints itself; run it
// alone with CENTRALA_SEED=n, and CENTRALA_TRACE=1 to see all messages; CENTRALA_SEEDS=n runs more of them.
#include "sim/simulation.hpp"

#include <cstdlib>
#include <iostream>

#include <gtest/gtest.h>

namespace centrala::sim {
namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
    const char* text = std::getenv(variable);
    return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// What must have happened in a hundred seeds, or else they prove nothing about it.
constexpr const char* kKinds[] = {
    // the facts
    "offer accepted", "offer rejected", "offer busy", "offer no_answer", "offer unreachable", "offer caller_gone",
    "offer rescinded", "ended caller_hangup", "ended agent_hangup", "ended callee_hangup", "ended max_wait",
    "ended media_timeout", "ended caller_failed", "ended shutdown", "ended closed", "entry point closed by command",
    "entry point open by hours", "entry point closing by hours", "entry point closed by hours",
    "refused unknown_number", "refused queue_full", "refused closed", "refused no_agent", "contact.abandoned",
    "contact.rescued", "contact.overflowed", "contact.returned", "held by agent", "held by caller",
    "transferred to queue blind", "transferred to agent blind", "transferred to outside blind",
    "transferred to agent attended", "feature.used", "call.placed", "call.answered", "call.ended", "transfer.asked",
    "registrar.unregistered", "trunk.registered", "trunk.gateway_down", "refused caller_gone", "caller.looked_up",
    "lookup.suspended", "lookup.resumed", "lookup.ignored", "config.reloaded", "leg.restored", "call.restored",
    "media.announced", "ended restart", "killed while a contact is waiting", "killed while a contact is offered",
    "killed while a contact is talking", "killed while a contact is outside",
    // on the wire
    "server again PRACK", "peer again PRACK", "server again UPDATE", "peer again UPDATE", "server again INVITE",
    "peer again INVITE", "server 491 INVITE", "peer 491 INVITE", "server 481 BYE", "server 200 SUBSCRIBE",
    "server again NOTIFY", "server REGISTER", "server OPTIONS",
    // what peers did
    "connection reset", "connection half-closed", "late re-offer", "re-offer", "calm between calls",
    "calm with calls going on"};

TEST(Simulation, InvariantsHoldForManySeeds) {
    const std::uint64_t only = number_from("CENTRALA_SEED", 0);
    const std::uint64_t first = only ? only : 1;
    const std::uint64_t count = only ? 1 : number_from("CENTRALA_SEEDS", 100);
    std::map<std::string, int> seen;
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        Simulation simulation(seed);
        if (std::getenv("CENTRALA_TRACE")) simulation.trace(std::cout);
        simulation.run();
        simulation.count(seen);
        std::string wrong = seed % 10 == 1 ? simulation.undocumented() : std::string();
        for (const auto& what : simulation.checkers.wrong) wrong += "\n  " + what;
        ASSERT_TRUE(wrong.empty()) << "CENTRALA_SEED=" << seed << " (" << simulation.options.to_string() << ")"
                                   << wrong;
    }
    if (std::getenv("CENTRALA_VERBOSE"))
        for (const auto& [what, n] : seen) std::cout << what << ": " << n << "\n";
    if (count < 100) return;
    for (const char* what : kKinds) EXPECT_GT(seen[what], 0) << "never happened: " << what;
}

}  // namespace
}  // namespace centrala::sim
