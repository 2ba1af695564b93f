// Tables for `centrala status`, `agents`, `queues`, `skills`, `calls`, `entry-points`, `trunks` and `bans`.
#include "app/views.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <ctime>

#include <nlohmann/json.hpp>

namespace centrala::app {
namespace {

std::string word(const Reply& from, const char* key) {
    const auto it = from.find(key);
    return it != from.end() && it->is_string() ? printable(it->get_ref<const std::string&>()) : std::string();
}
double number(const Reply& from, const char* key) {
    const auto it = from.find(key);
    return it != from.end() && it->is_number() ? it->get<double>() : 0;
}
std::string count(const Reply& from, const char* key) {
    return std::to_string(static_cast<std::int64_t>(number(from, key)));
}
std::string duration(const Reply& from, const char* key) {
    return human_duration(number(from, key));
}
std::string duration_or_dash(const Reply& from, const char* key) {
    return number(from, key) > 0 ? duration(from, key) : "-";
}
std::string dash(std::string text) {
    return text.empty() ? "-" : text;
}

const Reply& part(const Reply& from, const char* key) {
    static const Reply kNothing = Reply::object();
    const auto it = from.find(key);
    return it != from.end() && it->is_structured() ? *it : kNothing;
}

Colour state_colour(const std::string& state) {
    if (state == "ready") return Colour::green;
    if (state == "talking") return Colour::cyan;
    if (state == "reserved" || state == "wrap_up" || state == "offered" || state == "ringing") return Colour::yellow;
    if (state == "unreachable") return Colour::red;
    if (state == "logged_out") return Colour::dim;
    return Colour::none;
}

std::string one_decimal(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", value);
    return text;
}

std::string percent(double share, double of) {
    return of > 0 ? std::to_string(static_cast<int>(100 * share / of + 0.5)) + " %" : "-";
}

/// Service level in one window of `service`.
std::string level(const Reply& row, const char* window) {
    const Reply& counts = part(part(row, "service"), window);
    return percent(number(counts, "answered_within"), number(counts, "offered"));
}

/// Local time, so many milliseconds from now: "Mon 2026-11-30 08:00".
std::string time_in(double ms) {
    const std::time_t at = std::time(nullptr) + std::llround(ms / 1'000);
    std::tm local{};
    ::localtime_r(&at, &local);
    std::array<char, 32> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%a %Y-%m-%d %H:%M", &local)};
}

std::string until(const Reply& entry_point) {
    const auto it = entry_point.find("changes_in_ms");
    return it != entry_point.end() && it->is_number() ? time_in(it->get<double>()) : std::string();
}

Colour door_colour(const std::string& state) {
    if (state == "open") return Colour::green;
    return state == "closing" ? Colour::yellow : Colour::red;
}

}  // namespace

std::string status_text(const Reply& r, const Style& style) {
    std::string out;
    const auto line = [&](const char* name, const std::string& text) {
        out.append(style.paint(Colour::bold, pad(name, 14))).append(text).push_back('\n');
    };
    const Reply &calls = part(r, "calls"), &waiting = part(r, "waiting"), &agents = part(r, "agents"),
                &sip = part(r, "sip"), &sockets = part(r, "sockets"), &journal = part(r, "journal"),
                &rates = part(r, "rates");
    const bool draining = word(r, "state") == "draining";
    line("Centrala", word(r, "version") + ", " +
                         style.paint(draining ? Colour::yellow : Colour::green, word(r, "state")) + " for " +
                         duration(r, "uptime_ms") + " (process " + count(r, "pid") + ")");
    line("Calls", count(calls, "waiting") + " waiting, " + count(calls, "offered") + " ringing, " +
                      count(calls, "talking") + " talking; " + count(calls, "admitted") + " taken, " +
                      count(calls, "refused") + " refused since the start, " + count(rates, "calls_last_minute") +
                      " in the last minute");
    line("Longest wait", number(waiting, "calls") > 0 ? duration(waiting, "longest_ms") : "-");
    std::string states;
    for (const auto& [state, n] : agents.items()) {
        if (state == "total" || !n.is_number() || n.get<double>() == 0) continue;
        states.append(states.empty() ? ": " : ", ")
            .append(n.dump() + " " + style.paint(state_colour(state), spaced(state)));
    }
    line("Agents", count(agents, "total") + states);
    const Reply& doors = part(r, "entry_points");
    std::string open = count(doors, "open") + " open";
    if (number(doors, "closing") > 0) open += ", " + style.paint(Colour::yellow, count(doors, "closing") + " closing");
    if (number(doors, "closed") > 0) open += ", " + style.paint(Colour::red, count(doors, "closed") + " closed");
    if (number(doors, "by_command") > 0) open += " (" + count(doors, "by_command") + " by command)";
    line("Entry points", open);
    line("Phones", count(r, "registrations") + " registered");
    if (const Reply& trunks = part(r, "trunks"); number(trunks, "gateways") > 0 || number(trunks, "registering") > 0) {
        std::string text = count(trunks, "gateways") + " gateways";
        if (number(trunks, "gateways_down") > 0)
            text += ", " + style.paint(Colour::red, count(trunks, "gateways_down") + " down");
        if (number(trunks, "registering") > 0)
            text += "; " + count(trunks, "registered") + " of " + count(trunks, "registering") + " registered";
        line("Trunks", text + "; calls: " + count(trunks, "calls_in") + " in, " + count(trunks, "calls_out") + " out");
    }
    if (const Reply& lookup = part(r, "caller_lookup"); !lookup.empty()) {
        const std::string state = word(lookup, "state");
        std::string text = style.paint(state == "answering" ? Colour::green : Colour::red, spaced(state));
        if (state == "suspended") text += ", next trial in " + duration(lookup, "trial_in_ms");
        line("Caller lookup", text + ": " + count(lookup, "under_way") + " under way, " + count(lookup, "asked") +
                                  " asked, " + count(lookup, "failed") + " failed, " + count(lookup, "unasked") +
                                  " not asked since the start");
    }
    line("Media", count(part(r, "media"), "sessions") + " RTP sessions");
    line("SIP", one_decimal(number(rates, "messages_per_second")) + " messages/s, " +
                    count(sip, "client_transactions") + " + " + count(sip, "server_transactions") + " transactions, " +
                    count(sip, "retransmitted") + " retransmitted, " + count(sip, "dropped") + " malformed, " +
                    count(sip, "strangers") + " from strangers, " + count(sip, "floods") + " past a rate limit");
    line("Sockets", count(sockets, "tcp_open") + " connections (" + count(sockets, "tcp_refused") + " refused, " +
                        count(sockets, "tcp_broken") + " broken off, " + count(sockets, "tls_failed") +
                        " TLS handshakes failed), " + count(sockets, "send_dropped") + " messages not sent, " +
                        count(sockets, "oversized") + " too long");
    if (number(part(r, "security"), "bans") > 0)
        line("Banned", style.paint(Colour::yellow, count(part(r, "security"), "bans") + " addresses") +
                           " (centrala bans lists them)");
    const bool failing = journal.value("failing", false);
    line("Event log",
         word(journal, "path") + ": " + count(journal, "lines") + " lines, " +
             (failing ? style.paint(Colour::red, "FAILING") : style.paint(Colour::green, "healthy")) +
             (number(journal, "lost") > 0 ? ", " + style.paint(Colour::red, count(journal, "lost") + " lines lost")
                                          : ""));
    return out;
}

std::string agents_text(const Reply& reply, const Style& style) {
    Table table({{"AGENT"},
                 {"STATE"},
                 {"FOR", true},
                 {"CALL"},
                 {"PHONE"},
                 {"HANDLED", true},
                 {"MISSED", true},
                 {"BUSY", true},
                 {"WHY"},
                 {"SKILLS"},
                 {"NAME"}});
    for (const Reply& a : part(reply, "agents")) {
        const std::string state = word(a, "state");
        std::string skills;
        for (const auto& [name, level] : part(a, "skills").items())
            skills.append(skills.empty() ? "" : " ").append(printable(name) + ":" + level.dump());
        std::string why = word(a, "reason");
        const bool overdue = a.value("overdue", false);
        if (overdue) why += ", too long";
        if (a.value("owes_disposition", false)) why += why.empty() ? "no disposition yet" : ", no disposition yet";
        if (const std::string pending = word(a, "pending"); !pending.empty())
            why += (why.empty() ? "then " : ", then ") + spaced(pending);
        if (const std::string wish = word(a, "asks_for"); !wish.empty())
            why += (why.empty() ? "" : ", ") + ("asked for " + wish + " " + duration(a, "asked_ms") + " ago");
        table.add({word(a, "agent"),
                   {spaced(state), state_colour(state)},
                   state == "logged_out" ? "-" : duration(a, "since_ms"),
                   dash(word(a, "contact")),
                   word(a, "device"),
                   count(a, "handled"),
                   count(a, "missed"),
                   std::to_string(static_cast<int>(number(a, "occupancy_percent") + 0.5)) + " %",
                   {dash(why), overdue ? Colour::red : Colour::none},
                   dash(skills),
                   word(a, "name")});
    }
    return table.render(style);
}

std::string skills_text(const Reply& reply, const Style& style) {
    const Reply& list = part(reply, "skills");
    if (list.empty()) return "No skills.\n";
    Table table({{"SKILL"},
                 {"FREE", true},
                 {"AT WORK", true},
                 {"AGENTS", true},
                 {"WAITING", true},
                 {"LONGEST", true},
                 {"15 MIN", true},
                 {"TODAY", true},
                 {"QUEUES"}});
    for (const Reply& s : list) {
        std::string queues;
        for (const Reply& q : part(s, "queues"))
            if (q.is_string()) queues += (queues.empty() ? "" : " ") + printable(q.get_ref<const std::string&>());
        const bool nobody = number(s, "waiting") > 0 && number(s, "agents_at_work") == 0;
        table.add({word(s, "skill"),
                   {count(s, "agents_available"), number(s, "agents_available") > 0 ? Colour::green : Colour::none},
                   {count(s, "agents_at_work"), nobody ? Colour::red : Colour::none},
                   count(s, "agents_logged_in"),
                   {count(s, "waiting"), number(s, "waiting") > 0 ? Colour::yellow : Colour::none},
                   duration_or_dash(s, "longest_ms"),
                   level(s, "last_15_min"),
                   level(s, "today"),
                   dash(queues)});
    }
    return table.render(style);
}

std::string queues_text(const Reply& reply, const Style& style) {
    Table table({{"QUEUE"},
                 {"WAITING", true},
                 {"RINGING", true},
                 {"LONGEST", true},
                 {"EXPECTED", true},
                 {"FREE", true},
                 {"AGENTS", true},
                 {"15 MIN", true},
                 {"TODAY", true},
                 {"ENTERED", true},
                 {"ANSWERED", true},
                 {"ABANDONED", true},
                 {"REFUSED", true},
                 {"AVG WAIT", true}});
    for (const Reply& q : part(reply, "queues")) {
        const bool nobody = number(q, "waiting") > 0 && number(q, "agents_logged_in") == 0;
        table.add({word(q, "queue"),
                   {count(q, "waiting"), number(q, "waiting") > 0 ? Colour::yellow : Colour::none},
                   count(q, "ringing"),
                   duration_or_dash(q, "longest_ms"),
                   q.contains("expected_wait_ms") && q["expected_wait_ms"].is_number() ? duration(q, "expected_wait_ms")
                                                                                       : "-",
                   {count(q, "agents_available"), number(q, "agents_available") > 0 ? Colour::green : Colour::none},
                   {count(q, "agents_logged_in"), nobody ? Colour::red : Colour::none},
                   level(q, "last_15_min"),
                   level(q, "today"),
                   count(q, "entered"),
                   count(q, "answered"),
                   count(q, "abandoned"),
                   count(q, "refused"),
                   duration_or_dash(q, "average_wait_ms")});
    }
    return table.render(style);
}

std::string entry_points_text(const Reply& reply, const Style& style) {
    const Reply& list = part(reply, "entry_points");
    if (list.empty()) return "No entry points.\n";
    Table table(
        {{"ENTRY POINT"}, {"STATE"}, {"BY"}, {"UNTIL"}, {"HOURS"}, {"QUEUE"}, {"WHEN CLOSED"}, {"NUMBERS"}, {"WHY"}});
    for (const Reply& e : list) {
        std::string numbers;
        for (const Reply& n : part(e, "numbers"))
            if (n.is_string()) numbers += (numbers.empty() ? "" : " ") + printable(n.get_ref<const std::string&>());
        const std::string state = word(e, "state");
        table.add({word(e, "entry_point"),
                   {state, door_colour(state)},
                   word(e, "cause"),
                   dash(until(e)),
                   dash(word(e, "hours")),
                   word(e, "queue"),
                   dash(word(e, "closed_queue")),
                   numbers,
                   dash(word(e, "reason"))});
    }
    return table.render(style);
}

std::string door_text(const Reply& e) {
    const std::string cause = word(e, "cause"), when = until(e), why = word(e, "reason");
    return word(e, "entry_point") + " is " + word(e, "state") + " by " + (cause == "hours" ? "its hours" : cause) +
           (when.empty() ? "" : " until " + when) + (why.empty() ? "" : ": " + why);
}

std::string trunks_text(const Reply& reply, const Style& style) {
    const Reply& list = part(reply, "trunks");
    if (list.empty()) return "No trunks.\n";
    Table table({{"TRUNK"}, {"IN", true}, {"OUT", true}, {"REGISTRATION"}, {"GATEWAY"}, {"STATE"}, {"ADDRESSES"}});
    for (const Reply& t : list) {
        const std::string state = word(t, "registration");
        std::string registration = dash(state);
        if (state == "registered") registration += " for " + duration(t, "registered_ms");
        if (state == "failed")
            registration +=
                number(t, "registration_sip_code") > 0 ? ", SIP " + count(t, "registration_sip_code") : ", no answer";
        const Colour colour = state == "registered" ? Colour::green : state == "failed" ? Colour::red : Colour::none;
        const auto add = [&](bool first, const std::string& gateway, const std::string& up, const std::string& where) {
            const Colour up_colour = up == "up" ? Colour::green : up == "down" ? Colour::red : Colour::none;
            table.add({first ? word(t, "trunk") : "",
                       first ? count(t, "calls_in") : "",
                       first ? count(t, "calls_out") : "",
                       {first ? registration : "", first ? colour : Colour::none},
                       dash(gateway),
                       {dash(up), up_colour},
                       dash(where)});
        };
        bool first = true;
        for (const Reply& g : part(t, "gateways")) {
            std::string addresses;
            for (const Reply& a : part(g, "addresses"))
                if (a.is_string())
                    addresses += (addresses.empty() ? "" : " ") + printable(a.get_ref<const std::string&>());
            add(first, word(g, "gateway"), word(g, "state"), addresses);
            first = false;
        }
        if (first) add(true, {}, {}, {});
    }
    return table.render(style);
}

std::string bans_text(const Reply& reply, const Style& style) {
    const Reply& list = part(reply, "bans");
    if (list.empty()) return "No bans.\n";
    Table table({{"ADDRESS"}, {"REASON"}, {"BANNED", true}, {"LEFT", true}});
    for (const Reply& b : list)
        table.add({word(b, "source"), word(b, "reason"), duration(b, "banned_ms"), duration(b, "left_ms")});
    return table.render(style);
}

std::string calls_text(const Reply& reply, const Style& style) {
    const Reply& list = part(reply, "calls");
    if (list.empty()) return "No calls.\n";
    Table table({{"CALL"},
                 {"STATE"},
                 {"AGE", true},
                 {"TALKING", true},
                 {"CALLER"},
                 {"DIALLED"},
                 {"QUEUE"},
                 {"POSITION", true},
                 {"EXPECTED", true},
                 {"AGENT"},
                 {"NAME"}});
    for (const Reply& c : list) {
        const std::string state = word(c, "state");
        table.add({word(c, "contact"),
                   {state, state_colour(state)},
                   duration(c, "age_ms"),
                   duration_or_dash(c, "talking_ms"),
                   dash(word(c, "caller")),
                   dash(word(c, "dialled")),
                   dash(word(c, "queue")),
                   number(c, "position") > 0 ? count(c, "position") : "-",
                   duration_or_dash(c, "expected_wait_ms"),
                   dash(word(c, "agent")),
                   word(c, "caller_name")});
    }
    return table.render(style);
}

}  // namespace centrala::app
