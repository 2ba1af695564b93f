// Words for what moves a call: arrivals, queues, offers, endings; and for entry points and what callers hear.
#include <cstdio>

#include "app/event_words.hpp"

namespace centrala::app {
namespace {

Words arrived(const Record& r) {
    std::string who = r.text("caller_name");
    who = who.empty() ? r.text("caller") : who + " <" + r.text("caller") + ">";
    return {r.text("caller") + " → " + r.text("dialled"), "arrived",
            Clauses()
                .add(who)
                .add("from", r.text("source"))
                .add(r.flag("withheld") ? "withheld" : "")
                .add("on the list", r.text("callers"))
                .add("advised priority", r.text("advised_priority"))
                .add("advised queue", r.text("advised_queue"))
                .add("advised agent", r.text("advised_agent"))
                .add("diverted from", r.text("diverted_from"))
                .add(r.text("diversion_reason"))
                .take(),
            Colour::bold};
}

Words looked_up(const Record& r) {
    const std::string result = r.text("result");
    const bool answered = result == "found" || result == "unknown";
    return {r.text("caller") + " → " + r.text("entry_point"), "looked up",
            Clauses().add(spaced(result)).add(r.text("error")).add("after", r.duration("took_ms")).take(),
            answered ? Colour::dim : Colour::yellow};
}

Words lookups(const Record& r) {
    if (r.text("type") == "lookup.resumed") return {"caller lookup", "resumed", {}, Colour::green};
    return {"caller lookup", "suspended",
            Clauses()
                .add(count(r.number("failures"), "failure", "failures in a row"))
                .add(r.text("error"))
                .add("for", r.duration("rest_ms"))
                .take(),
            Colour::red};
}

Words refused(const Record& r) {
    return {arrow(r), "refused", Clauses().add(spaced(r.text("cause"))).add("queue", r.text("queue")).take(),
            Colour::red};
}

Words enqueued(const Record& r) {
    Clauses c;
    c.add("position", r.text("position"));
    if (r.number("priority") != 0) c.add("priority", r.text("priority"));
    c.add("for", r.text("wanted_agent"));
    return {arrow(r), "waiting", c.take(), Colour::none};
}

Words announced(const Record& r) {
    Clauses c;
    c.add("position", r.text("position"));
    if (r.has("wait_minutes")) c.add("at most", count(r.number("wait_minutes"), "minute", "minutes"));
    return {r.text("queue"), "announced", c.take(), Colour::dim};
}

/// In packets of those that should have come.
std::string lost(double lost, double received) {
    char share[16];
    std::snprintf(share, sizeof share, "%.1f %%", lost + received > 0 ? 100 * lost / (lost + received) : 0.0);
    return share;
}

Words media_ended(const Record& r) {
    const double came = r.number("packets_received"), missing = r.number("packets_lost");
    const auto ms = [&](const char* key) { return human_duration(r.number(key) / 1'000); };
    Clauses c;
    c.add(count(came, "packet", "packets")).add("lost", lost(missing, came)).add("jitter", ms("jitter_us"));
    if (r.has("peer_packets_lost"))
        c.add("lost on the way there", lost(r.number("peer_packets_lost"), r.number("packets_sent")));
    if (r.has("round_trip_us")) c.add("round trip", ms("round_trip_us"));
    return {r.text("leg"), "sound", c.take(), 100 * missing > came ? Colour::yellow : Colour::dim};
}

Words overflowed(const Record& r) {
    Clauses c;
    c.add("waited", r.duration("waited_ms"));
    if (r.text("cause") != "max_wait") c.add(spaced(r.text("cause")));
    return {arrow(r), "overflowed", c.take(), Colour::yellow};
}

Words relaxed(const Record& r) {
    Clauses c;
    c.add("step", r.text("step")).add("waited", r.duration("waited_ms"));
    if (r.number("priority") != 0) c.add("priority", r.text("priority"));
    return {r.text("queue"), "relaxed", c.take(), Colour::none};
}

Words released(const Record& r) {
    std::string cause = r.text("cause");
    if (cause == "patience") cause = "waited long enough";
    return {r.text("queue"), "released",
            Clauses().add("no longer for", r.text("agent")).add(cause).add("waited", r.duration("waited_ms")).take(),
            Colour::yellow};
}

Words connected(const Record& r) {
    return {arrow(r), "connected",
            Clauses().add("waited", r.duration("waited_ms")).add("rang", r.duration("rang_ms")).take(), Colour::green};
}

Words rescued(const Record& r) {
    return {arrow(r), "rescued", "the agent's phone was lost after " + r.duration("talked_ms"), Colour::yellow};
}

Words transferred(const Record& r) {
    Clauses c;
    c.add(r.text("kind")).add("for", r.text("target") == "agent" ? r.text("target_agent") : std::string());
    c.add("in place of", r.text("merged")).add("talked", r.duration("talked_ms"));
    return {arrow(r), "transferred", c.take(), Colour::green};
}

Words returned(const Record& r) {
    return {arrow(r), "returned", Clauses().add(spaced(r.text("cause"))).add("SIP", r.text("sip_code")).take(),
            Colour::yellow};
}

Words held(const Record& r) {
    return {r.text("agent"), "on hold", "by the " + r.text("by"), Colour::yellow};
}

Words resumed(const Record& r) {
    return {r.text("agent"), "resumed",
            Clauses().add("by the " + r.text("by")).add("on hold for", r.duration("held_ms")).take(), Colour::green};
}

Words abandoned(const Record& r) {
    Clauses c;
    c.add("waited", r.duration("waited_ms"));
    if (r.has("while_ringing")) c.add("while a phone rang");
    c.add(r.text("reason"));
    return {r.holder("from") + " → gone", "abandoned", c.take(), Colour::red};
}

Words ended(const Record& r) {
    Clauses c;
    c.add(spaced(r.text("cause"))).add("waited", r.duration("waited_ms"));
    if (r.number("talked_ms") > 0) c.add("talked", r.duration("talked_ms"));
    if (r.number("held_ms") > 0) c.add("on hold", r.duration("held_ms"));
    return {arrow(r), "ended", c.add("lasted", r.duration("lasted_ms")).add(r.text("reason")).take(), Colour::none};
}

Words dispositioned(const Record& r) {
    return {r.text("agent"), "disposition", r.text("code"), Colour::none};
}

Words offer_made(const Record& r) {
    Clauses c;
    c.add(r.flag("direct")   ? "transferred to this agent"
          : r.flag("wanted") ? "kept for this agent"
                             : spaced(r.text("strategy")))
        .add("idle", r.duration("idle_ms"));
    if (r.number("level") > 0) c.add("level", r.text("level"));
    c.add(count(r.number("candidates"), "candidate", "candidates")).add("waited", r.duration("waited_ms"));
    if (r.number("attempt") > 1) c.add("attempt", r.text("attempt"));
    if (r.number("beside") > 0) c.add("beside " + count(r.number("beside"), "other", "others"));
    if (r.has("next")) c.add("next", r.text("next"));
    if (r.has("kept_for"))
        c.add(r.text("passed_over") + " is kept for " + r.text("kept_for"));
    else if (r.has("passed_over"))
        c.add(r.text("passed_over") + " refused it lately");
    return {r.text("queue") + " ⇢ " + r.text("agent"), "offered", c.take(), Colour::cyan};
}

Words offer_ringing(const Record& r) {
    return {r.text("agent"), "ringing", {}, Colour::dim};
}

Words offer_ended(const Record& r) {
    const std::string outcome = r.text("outcome");
    const bool missed =
        outcome == "no_answer" || outcome == "rejected" || outcome == "unreachable" || outcome == "busy";
    Clauses c;
    if (r.has("sip_code")) c.add("SIP", r.text("sip_code"));
    c.add("rang", r.duration("rang_ms"));
    if (r.number("misses") > 0) c.add(count(r.number("misses"), "miss in a row", "misses in a row"));
    return {r.text("queue") + " ⇢ " + r.text("agent"), spaced(outcome), c.take(),
            missed ? Colour::yellow : Colour::cyan};
}

Words entry_point_changed(const Record& r) {
    const std::string to = r.text("to");
    const auto now = seconds_of(r.text("ts")), until = seconds_of(r.text("until"));
    Clauses c;
    c.add(r.text("cause")).add(r.text("reason"));
    if (now && until) c.add("for", human_duration(static_cast<double>(*until - *now) * 1'000));
    if (r.text("actor") == "supervisor") c.add("by supervisor");
    const Colour colour = to == "open" ? Colour::green : to == "closing" ? Colour::yellow : Colour::red;
    return {r.text("entry_point"), to, c.take(), colour};
}

}  // namespace

const Vocabulary& words_for_contacts() {
    static const Vocabulary kWords = {
        {"contact.arrived", arrived},       {"contact.refused", refused},
        {"caller.looked_up", looked_up},    {"lookup.suspended", lookups},
        {"lookup.resumed", lookups},        {"contact.enqueued", enqueued},
        {"media.announced", announced},     {"media.ended", media_ended},
        {"contact.overflowed", overflowed}, {"contact.relaxed", relaxed},
        {"contact.released", released},     {"contact.connected", connected},
        {"contact.rescued", rescued},       {"contact.transferred", transferred},
        {"contact.returned", returned},     {"contact.held", held},
        {"contact.resumed", resumed},       {"contact.abandoned", abandoned},
        {"contact.ended", ended},           {"contact.dispositioned", dispositioned},
        {"offer.made", offer_made},         {"offer.ringing", offer_ringing},
        {"offer.ended", offer_ended},       {"entry_point.state_changed", entry_point_changed},
    };
    return kWords;
}

}  // namespace centrala::app
