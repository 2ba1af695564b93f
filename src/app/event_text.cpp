// One line of the event log (docs/events.md) in words: when, which call, from whom to whom, what, and why.
#include "app/event_text.hpp"

#include <array>

#include <time.h>

#include "app/event_words.hpp"

namespace centrala::app {
namespace {

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
    for (const Vocabulary* words : {&words_for_contacts(), &words_for_agents(), &words_for_trunks()})
        if (const auto it = words->find(type); it != words->end()) return it->second(r);
    return other(r, type);
}

}  // namespace

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
    const auto json = Record::Json::parse(line, nullptr, false);
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
