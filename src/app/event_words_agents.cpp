// Words for agents: their states and skills, the calls they place, the transfers they ask for.
#include "app/event_words.hpp"

namespace centrala::app {
namespace {

constexpr double kForEver = 10.0 * 365 * 86'400'000;  // "logged out since 1970" tells nobody anything

Words agent_changed(const Record& r) {
    const std::string from = spaced(r.text("from")), to = spaced(r.text("to"));
    Clauses c;
    if (from == to) c.add("still " + to);
    c.add(spaced(r.text("cause"))).add("reason", r.text("reason"));
    if (r.has("pending_intent"))
        c.add("then", r.flag("pending_logout")
                          ? "logged out"
                          : spaced(r.text("pending_intent")) +
                                (r.has("pending_reason") ? " (" + r.text("pending_reason") + ")" : ""));
    if (r.has("beside")) c.add(count(r.size("beside") + 1.0, "chat", "chats") + " in hand");
    if (r.has("asked_at")) c.add("asks for", r.text("asked_reason"));
    if (const std::string actor = r.text("actor"); actor == "supervisor") c.add("by supervisor");
    if (from != to && r.number("lasted_ms") < kForEver) c.add(from + " for " + r.duration("lasted_ms"));
    return {r.text("agent"), from == to ? "·" : to, c.take(), Colour::blue};
}

Words skill_changed(const Record& r) {
    const bool removed = r.number("to_level") == 0;
    return {r.text("agent"), "skill",
            r.text("skill") + " " + r.text("from_level") + " → " + (removed ? "none" : r.text("to_level")),
            Colour::blue};
}

Words call(const Record& r, std::string what, Clauses&& c) {
    if (r.text("kind") == "outside") c.add("outside").add("through", r.text("trunk"));
    const std::string handed_on = r.text("for");
    if (!handed_on.empty()) c.add("handed on by", r.text("agent"));
    return {(handed_on.empty() ? r.text("agent") : handed_on) + " → " + r.text("to"), std::move(what), c.take(),
            Colour::cyan};
}

Words call_placed(const Record& r) {
    return call(r, "calls", Clauses());
}

Words call_answered(const Record& r) {
    return call(r, "talks to", Clauses());
}

Words call_restored(const Record& r) {
    return call(r, "talks on with", Clauses());
}

/// Who holds and who is held; a contact's own id stands in the line already.
Words call_hold(const Record& r, std::string what) {
    Clauses c;
    c.add("by the " + r.text("by"));
    if (r.number("held_ms") > 0) c.add("on hold for", r.duration("held_ms"));
    if (r.text("agent").empty()) return {"caller → " + r.text("to"), std::move(what), c.take(), Colour::cyan};
    return call(r, std::move(what), std::move(c));
}

Words call_held(const Record& r) {
    return call_hold(r, "on hold");
}

Words call_resumed(const Record& r) {
    return call_hold(r, "talk again");
}

Words call_ended(const Record& r) {
    Clauses c;
    c.add(spaced(r.text("cause")));
    if (r.number("talked_ms") > 0) c.add("talked", r.duration("talked_ms"));
    return call(r, "call over", std::move(c));
}

Words transfer_asked(const Record& r) {
    const bool done = r.number("status") == 200;
    return {r.text("agent") + " ⇢ " + (r.text("to").empty() ? std::string("?") : r.text("to")), r.text("how"),
            done ? std::string() : "refused, SIP " + r.text("status"), done ? Colour::dim : Colour::yellow};
}

}  // namespace

const Vocabulary& words_for_agents() {
    static const Vocabulary kWords = {
        {"call.placed", call_placed},           {"call.answered", call_answered},
        {"call.restored", call_restored},       {"call.held", call_held},
        {"call.resumed", call_resumed},         {"call.ended", call_ended},
        {"transfer.asked", transfer_asked},     {"agent.state_changed", agent_changed},
        {"agent.skill_changed", skill_changed},
    };
    return kWords;
}

}  // namespace centrala::app
