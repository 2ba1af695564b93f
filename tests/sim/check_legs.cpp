// Calls, legs, sound and trunks against what routing says.
#include <map>

#include "sim/checkers.hpp"

namespace centrala::sim {

std::string calls_are_those_of_routing(const World& world) {
    const auto& contacts = world.core.state().contacts;
    const auto calls = world.server.calls(world.now);
    if (calls.size() != contacts.size())
        return std::to_string(calls.size()) + " calls but " + std::to_string(contacts.size()) + " contacts";
    for (const auto& call : calls) {
        const auto* contact = world.core.state().find(call.contact);
        if (!contact) return "call " + call.call_id + " is of no contact";
        using routing::ContactPhase;
        const char* expected = contact->phase == ContactPhase::talking   ? "talking"
                               : contact->phase == ContactPhase::outside ? "outside"
                               : contact->phase == ContactPhase::offered ? "ringing"
                                                                         : "waiting";
        const bool may_be_held = contact->phase == ContactPhase::talking || contact->phase == ContactPhase::outside;
        if (call.state != expected && !(may_be_held && call.state == "on hold"))
            return "call " + call.call_id + " is " + call.state + ", not " + expected;
        std::string with;
        if (const auto one = contact->phase == ContactPhase::waiting ? contact->wanted : contact->agent)
            with = world.core.plan().agents[index(*one)].name;
        for (const auto offer : contact->offers)
            with += (with.empty() ? "" : ", ") +
                    world.core.plan().agents[index(world.core.state().find(offer)->agent)].name;
        if (!call.agent.empty() && !with.starts_with(call.agent.substr(0, call.agent.find(" +"))))
            return "call " + call.call_id + " is with " + call.agent + ", not " + with;
    }
    return {};
}

/// Of those who talk to an agent. Routing is told when the agent's tones and consultations are over.
std::string holds_are_those_of_routing(const World& world) {
    for (const auto& call : world.server.calls(world.now)) {
        const auto* contact = world.core.state().find(call.contact);
        if (!contact || contact->phase != routing::ContactPhase::talking) continue;
        if (contact->held_by_agent.has_value() != (call.state == "on hold"))
            return "call " + call.call_id + " is " + call.state + ", routing says otherwise";
    }
    return {};
}

std::string each_leg_has_its_media(const World& world) {
    const auto stats = world.server.stats();
    if (stats.legs != stats.media_sessions)
        return std::to_string(stats.legs) + " legs but " + std::to_string(stats.media_sessions) + " media sessions";
    if (world.media.misuse != 0) return "a media session was used after its end";
    return {};
}

std::string trunks_count_their_calls(const World& world) {
    std::map<std::string, std::size_t> in;
    for (const auto& contact : world.core.state().contacts) ++in[contact.source];
    const auto lookup = world.server.lookup(world.now);
    std::size_t asked_about = lookup ? lookup->waiting : 0;  // who isn't a contact yet
    for (const auto& trunk : world.server.trunks(world.now)) {
        const std::size_t more = std::min(asked_about, trunk.calls_in - std::min(trunk.calls_in, in[trunk.name]));
        asked_about -= more;
        if (trunk.calls_in != in[trunk.name] + more)
            return trunk.name + " has " + std::to_string(trunk.calls_in) + " calls in, not " +
                   std::to_string(in[trunk.name]);
        if (trunk.calls_out > world.server.stats().legs) return trunk.name + " has more calls out than there are legs";
    }
    return asked_about == 0 ? "" : std::to_string(asked_about) + " callers who are asked about count on no trunk";
}

}  // namespace centrala::sim
