// Nothing is left over: neither in the server nor on anybody's line.
#include "sim/checkers.hpp"
#include "sim/peer.hpp"

namespace centrala::sim {

std::string nothing_is_left_in_the_server(const World& world) {
    const auto stats = world.server.stats();
    const auto left = [](std::size_t n, const char* of) { return std::to_string(n) + " " + of + " are left"; };
    if (stats.legs != 0) return left(stats.legs, "legs");
    if (world.media.sessions() != 0) return left(world.media.sessions(), "ports");
    if (stats.sip_sessions != 0) return left(stats.sip_sessions, "dialogs");
    bool health = false;  // gateways are asked for ever
    for (const auto& trunk : world.config.trunks)
        health = health || (!trunk.gateways.empty() && trunk.health.interval != Duration::zero());
    if (!health && stats.sip.client != 0) return left(stats.sip.client, "client transactions");
    if (stats.sip.server != 0) return left(stats.sip.server, "server transactions");
    if (stats.subscriptions != 0) return left(stats.subscriptions, "subscriptions");
    if (stats.bindings != 0) return left(stats.bindings, "bindings");
    if (!world.core.state().contacts.empty()) return left(world.core.state().contacts.size(), "contacts");
    if (!world.core.state().offers.empty()) return left(world.core.state().offers.size(), "offers");
    if (!world.server.idle()) return "the server isn't idle";
    std::optional<Timestamp> door;  // entry points open and close for ever
    for (const routing::Door& d : world.core.state().doors)
        if (d.until && (!door || *d.until < *door)) door = d.until;
    if (!health && const_cast<World&>(world).server.deadline() != door) return "a timer is left";
    for (const auto& trunk : world.server.trunks(world.now))
        if (trunk.calls_in + trunk.calls_out != 0) return left(trunk.calls_in + trunk.calls_out, "calls of a trunk");
    return {};
}

std::string nobody_is_left_on_the_line(const World& world) {
    for (const auto& [address, peer] : world.peers())
        if (!peer->vanished && peer->ua.sessions() != 0) return peer->name + " is left ringing or talking to nobody";
    return {};
}

std::string legs_and_peers_agree(const World& world) {
    std::size_t sessions = 0;
    for (const auto& [address, peer] : world.peers())
        if (!peer->vanished) sessions += peer->ua.sessions();
    const std::size_t legs = world.server.stats().legs;
    if (legs != sessions)
        return "the server has " + std::to_string(legs) + " legs, its peers " + std::to_string(sessions);
    return {};
}

}  // namespace centrala::sim
