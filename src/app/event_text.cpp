// Words for each record of the event log (docs/events.md): when, which call, from whom to whom, what, and why.
#include "app/event_text.hpp"

#include <array>
#include <cstdio>
#include <map>

#include <nlohmann/json.hpp>
#include <time.h>

namespace centrala::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kForEver = 10.0 * 365 * 86'400'000;  // "logged out since 1970" tells nobody anything

/// A record's fields, each with a harmless answer when it is missing or of another type.
class Record {
public:
    explicit Record(const Json& json) : json_(json) {}
    [[nodiscard]] bool has(const char* key) const { return json_.contains(key); }
    [[nodiscard]] std::string text(const char* key) const {
        const auto it = json_.find(key);
        if (it == json_.end()) return {};
        return printable(it->is_string() ? it->get_ref<const std::string&>()
                                         : it->dump(-1, ' ', false, Json::error_handler_t::replace));
    }
    [[nodiscard]] double number(const char* key) const {
        const auto it = json_.find(key);
        return it != json_.end() && it->is_number() ? it->get<double>() : 0;
    }
    [[nodiscard]] bool flag(const char* key) const {
        const auto it = json_.find(key);
        return it != json_.end() && it->is_boolean() && it->get<bool>();
    }
    [[nodiscard]] std::string duration(const char* key) const { return human_duration(number(key)); }
    /// "queue:orders" is "orders" to a person.
    [[nodiscard]] std::string holder(const char* key) const {
        const std::string s = text(key);
        const std::size_t colon = s.find(':');
        return colon == std::string::npos ? s : s.substr(colon + 1);
    }
    [[nodiscard]] const Json& json() const { return json_; }

private:
    const Json& json_;
};

/// Clauses with commas between them.
class Clauses {
public:
    Clauses& add(std::string_view clause) {
        if (clause.empty()) return *this;
        if (!text_.empty()) text_.append(", ");
        text_.append(clause);
        return *this;
    }
    Clauses& add(std::string_view word, const std::string& value) {
        return value.empty() ? *this : add(std::string(word) + " " + value);
    }
    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    std::string text_;
};

struct Words {
    std::string whom, what, why;
    Colour colour = Colour::none;
};

/// Of a time as the log writes it.
std::optional<time_t> seconds_of(const std::string& ts) {
    tm parts{};
    if (!::strptime(ts.c_str(), "%Y-%m-%dT%H:%M:%S", &parts)) return std::nullopt;
    return ::timegm(&parts);
}

std::string arrow(const Record& r) {
    return r.holder("from") + " → " + r.holder("to");
}

std::string count(double n, const char* one, const char* many) {
    return std::to_string(static_cast<long long>(n)) + " " + (n == 1 ? one : many);
}

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

/// Families without words of their own: the type and what stands in the record.
Words other(const Record& r, const std::string& type) {
    Clauses c;
    for (const auto& [key, value] : r.json().items()) {
        if (key == "seq" || key == "ts" || key == "type" || key == "v" || key == "agent" || key == "contact") continue;
        if (value.is_structured()) continue;
        c.add(printable(key) + "=" + r.text(key.c_str()));
    }
    const Colour colour = type.starts_with("security.")                             ? Colour::yellow
                          : type == "log.lost" || type == "media.sound_missing"     ? Colour::red
                          : type.starts_with("server.") || type.starts_with("log.") ? Colour::magenta
                                                                                    : Colour::dim;
    return {r.text("agent"), type, c.take(), colour};
}

Words words_for(const Record& r, const std::string& type) {
    static const std::map<std::string_view, Words (*)(const Record&)> kWords = {
        {"contact.arrived", arrived},
        {"contact.refused", refused},
        {"caller.looked_up", looked_up},
        {"lookup.suspended", lookups},
        {"lookup.resumed", lookups},
        {"contact.enqueued", enqueued},
        {"media.announced", announced},
        {"media.ended", media_ended},
        {"contact.overflowed", overflowed},
        {"contact.relaxed", relaxed},
        {"contact.released", released},
        {"contact.connected", connected},
        {"contact.rescued", rescued},
        {"contact.transferred", transferred},
        {"contact.returned", returned},
        {"contact.held", held},
        {"contact.resumed", resumed},
        {"contact.abandoned", abandoned},
        {"contact.ended", ended},
        {"contact.dispositioned", dispositioned},
        {"offer.made", offer_made},
        {"offer.ringing", offer_ringing},
        {"offer.ended", offer_ended},
        {"call.placed", call_placed},
        {"call.answered", call_answered},
        {"call.restored", call_restored},
        {"call.held", call_held},
        {"call.resumed", call_resumed},
        {"call.ended", call_ended},
        {"transfer.asked", transfer_asked},
        {"agent.state_changed", agent_changed},
        {"agent.skill_changed", skill_changed},
        {"entry_point.state_changed", entry_point_changed},
        {"trunk.registered", trunk_registered},
        {"trunk.registration_failed", trunk_registration_failed},
        {"trunk.unregistered", trunk_unregistered},
        {"trunk.gateway_up", trunk_gateway},
        {"trunk.gateway_down", trunk_gateway},
        {"trunk.limited", trunk_limited},
    };
    const auto it = kWords.find(type);
    return it != kWords.end() ? it->second(r) : other(r, type);
}

}  // namespace

std::string clock_time(const std::string& ts, bool utc) {
    if (ts.size() < 23 || ts[10] != 'T') return pad(ts, 12);
    const std::string millis = ts.substr(19, 4);
    if (utc) return ts.substr(11, 8) + millis;
    const auto seconds = seconds_of(ts);
    if (!seconds) return ts.substr(11, 8) + millis;
    tm local{};
    ::localtime_r(&*seconds, &local);
    std::array<char, 16> text{};
    const std::size_t length = std::strftime(text.data(), text.size(), "%H:%M:%S", &local);
    return std::string(text.data(), length) + millis;
}

std::string event_text(std::string_view line, const Style& style, bool utc) {
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object() || !json.contains("type")) return printable(line);
    const Record r(json);
    const std::string type = r.text("type");
    if (type.ends_with(".snapshot")) return {};
    const Words w = words_for(r, type);
    std::string out = style.paint(Colour::dim, clock_time(r.text("ts"), utc));
    out.append("  ").append(pad(r.text("contact"), 6)).append(" ").append(pad(w.whom, 26)).append(" ");
    out.append(style.paint(w.colour, w.why.empty() ? w.what : pad(w.what, 12)));
    if (!w.why.empty()) out.append(" ").append(w.why);
    return out;
}

}  // namespace centrala::app
