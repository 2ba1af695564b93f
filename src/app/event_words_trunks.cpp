// Words for trunks: registrations, gateways, limits.
#include "app/event_words.hpp"

namespace centrala::app {
namespace {

Words trunk_registered(const Record& r) {
    Clauses c;
    c.add("with", r.text("registrar")).add("at", r.text("target"));
    return {r.text("trunk"), "registered", c.add("for", r.text("expires_s") + " s").take(), Colour::green};
}

Words trunk_registration_failed(const Record& r) {
    Clauses c;
    c.add(spaced(r.text("cause")));
    if (r.number("sip_code") > 0) c.add("SIP", r.text("sip_code"));
    return {r.text("trunk"), "not registered", c.add("again in", r.duration("retry_ms")).take(), Colour::red};
}

Words trunk_unregistered(const Record& r) {
    const bool lost = r.text("cause") == "expired";
    return {r.text("trunk"), "unregistered", spaced(r.text("cause")), lost ? Colour::red : Colour::none};
}

Words trunk_gateway(const Record& r) {
    const bool up = r.text("type") == "trunk.gateway_up";
    return {r.text("trunk") + " " + r.text("gateway"), up ? "up" : "down", spaced(r.text("cause")),
            up ? Colour::green : Colour::red};
}

Words trunk_limited(const Record& r) {
    const bool in = r.text("direction") == "in";
    Clauses c;
    c.add(spaced(r.text("limit"))).add(count(r.number("calls"), "call is up", "calls are up"));
    if (r.number("suppressed") > 0) c.add(r.text("suppressed") + " more before");
    return {in ? r.text("trunk") + " → ·" : "· → " + r.text("trunk"), "limited", c.take(), Colour::yellow};
}

}  // namespace

const Vocabulary& words_for_trunks() {
    static const Vocabulary kWords = {
        {"trunk.registered", trunk_registered},     {"trunk.registration_failed", trunk_registration_failed},
        {"trunk.unregistered", trunk_unregistered}, {"trunk.gateway_up", trunk_gateway},
        {"trunk.gateway_down", trunk_gateway},      {"trunk.limited", trunk_limited},
    };
    return kWords;
}

}  // namespace centrala::app
