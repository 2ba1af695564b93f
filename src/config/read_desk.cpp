// Sections feature_codes, not_ready_reasons, not_ready_limits, breaks, dispositions, log, control, and the rules over
// several sections.
#include <algorithm>
#include <array>

#include "draft.hpp"

namespace centrala::config {
namespace {

struct Code {
    std::string_view key;
    const std::string* code;
    bool takes_digits;
};

std::array<Code, 7> all_codes(const FeatureCodes& codes) {
    return {{{"login", &codes.login, false},
             {"logout", &codes.logout, false},
             {"ready", &codes.ready, false},
             {"not_ready", &codes.not_ready, true},
             {"end_wrap_up", &codes.end_wrap_up, false},
             {"extend_wrap_up", &codes.extend_wrap_up, false},
             {"disposition", &codes.disposition, true}}};
}

bool is_code(std::string_view text) {
    return text.size() <= 16 && text.find_first_not_of("0123456789*#") == std::string_view::npos;
}

/// Whether somebody who dials `number` could mean `code`, or its argument.
bool clashes(const Code& code, std::string_view number) {
    if (code.code->empty() || number.empty()) return false;
    if (!code.takes_digits) return number == *code.code;
    return number.starts_with(*code.code) &&
           number.find_first_not_of("0123456789", code.code->size()) == std::string_view::npos;
}

/// Codes in a call clash if one begins with the other: the shorter would win before the longer is dialled.
void read_in_call_codes(Draft& draft, Section& feature_codes) {
    Context& context = draft.context;
    Section s(context, feature_codes.take("in_call"), "feature_codes.in_call");
    FeatureCodes& codes = draft.config.feature_codes;
    const std::array<std::pair<std::string_view, std::string*>, 4> keys{{{"transfer", &codes.transfer},
                                                                         {"consult", &codes.consult},
                                                                         {"complete", &codes.complete},
                                                                         {"back", &codes.back}}};
    std::array<int, 4> lines{};
    for (std::size_t i = 0; i < keys.size(); ++i) {
        lines[i] = s.line();
        const auto item = s.take(keys[i].first);
        if (!item) continue;
        lines[i] = item->node->line;
        context.read_text(*item, *keys[i].second, "* and up to 7 of 0-9 *, or \"\" for none", [](std::string_view t) {
            return t.empty() || (t.size() <= 8 && t.front() == '*' && t.size() > 1 &&
                                 t.find_first_not_of("0123456789*") == std::string_view::npos);
        });
    }
    s.duration("digit_timeout", codes.digit_timeout, 500ms, 30s);
    s.finish();
    for (std::size_t i = 0; i < keys.size(); ++i)
        for (std::size_t j = 0; j < keys.size(); ++j) {
            const std::string &one = *keys[i].second, &other = *keys[j].second;
            if (i == j || one.empty() || !other.starts_with(one) || (one == other && i > j)) continue;
            context.problem(s.has(keys[j].first) ? lines[j] : lines[i],
                            "feature_codes.in_call." + std::string(keys[j].first),
                            in_quotes(other) + " clashes with " + std::string(keys[i].first) + " (" + one + ")");
        }
}

void read_feature_codes(Draft& draft, Section& root) {
    Context& context = draft.context;
    Section s(context, root.take("feature_codes"), "feature_codes");
    FeatureCodes& codes = draft.config.feature_codes;
    const std::array<std::pair<std::string_view, std::string*>, 7> keys{{{"login", &codes.login},
                                                                         {"logout", &codes.logout},
                                                                         {"ready", &codes.ready},
                                                                         {"not_ready", &codes.not_ready},
                                                                         {"end_wrap_up", &codes.end_wrap_up},
                                                                         {"extend_wrap_up", &codes.extend_wrap_up},
                                                                         {"disposition", &codes.disposition}}};
    std::array<int, 7> lines{};
    for (std::size_t i = 0; i < keys.size(); ++i) {
        lines[i] = s.line();
        const auto item = s.take(keys[i].first);
        if (!item) continue;
        lines[i] = item->node->line;
        context.read_text(*item, *keys[i].second, "up to 16 of 0-9 * #, or \"\" for none", is_code);
    }
    s.duration("extend_wrap_up_by", codes.extend_wrap_up_by, 1s, 24h);
    read_in_call_codes(draft, s);
    const std::string& folder = draft.config.media.sounds;
    s.sound("done_sound", codes.done_sound, folder);
    s.sound("error_sound", codes.error_sound, folder);
    s.sound("login_sound", codes.login_sound, folder);
    s.sound("logout_sound", codes.logout_sound, folder);
    s.sound("asked_sound", codes.asked_sound, folder);
    s.finish();

    const auto list = all_codes(codes);
    for (std::size_t i = 0; i < list.size(); ++i)
        for (std::size_t j = 0; j < list.size(); ++j) {
            if (i == j || !clashes(list[i], *list[j].code)) continue;
            if (*list[i].code == *list[j].code && i > j) continue;  // the same code: said once
            const std::string_view why = list[i].takes_digits ? ", which takes digits after it" : "";
            context.problem(s.has(list[j].key) ? lines[j] : lines[i], "feature_codes." + std::string(list[j].key),
                            in_quotes(*list[j].code) + " clashes with " + std::string(list[i].key) + " (" +
                                *list[i].code + ")" + std::string(why));
        }
}

constexpr std::string_view kWord = "1 to 64 characters without control characters";
bool is_word(std::string_view text) {
    return !text.empty() && is_plain_text(text, 64);
}

void read_names(Context& context, const std::optional<Item>& item, std::string_view what,
                std::vector<std::string>& into) {
    if (!item) return;
    for (const Item& one : context.list(*item, what)) {
        std::string text;
        if (!context.read_text(one, text, kWord, is_word)) continue;
        if (std::find(into.begin(), into.end(), text) != into.end())
            context.problem(one, in_quotes(text) + " is given twice");
        else
            into.push_back(std::move(text));
    }
    if (into.size() > 1'000) context.problem(*item, "expected at most 1000, got " + std::to_string(into.size()));
}

/// How long each reason is meant to last.
void read_reason_limits(Draft& draft, Section& root) {
    const auto item = root.take("not_ready_limits");
    if (!item) return;
    const auto& reasons = draft.plan.reasons;
    draft.plan.reason_limits.assign(reasons.size(), 0s);
    for (const auto& [name, value] : draft.context.entries(*item, "limit", kWord, is_word)) {
        const auto reason = std::find(reasons.begin(), reasons.end(), name);
        if (reason == reasons.end())
            draft.context.problem(value, "expected one of not_ready_reasons as its name, got " + in_quotes(name));
        else
            draft.context.read(value, draft.plan.reason_limits[static_cast<std::size_t>(reason - reasons.begin())], 1s,
                               24h);
    }
}

/// Which breaks are asked for rather than taken.
void read_breaks(Draft& draft, Section& root) {
    const auto item = root.take("breaks");
    Section s(draft.context, item, "breaks");
    routing::Breaks& breaks = draft.plan.breaks;
    const auto list = s.take("reasons");
    read_names(draft.context, list, "reasons", breaks.reasons);
    const auto& known = draft.plan.reasons;
    for (const std::string& reason : breaks.reasons)
        if (std::find(known.begin(), known.end(), reason) == known.end())
            draft.context.problem(*list, "expected some of not_ready_reasons, got " + in_quotes(reason));
    s.duration("within", breaks.within, 1s, 24h);
    s.integer("keep", breaks.keep, 0, 1'000);
    s.finish();
    if (item && !list) draft.context.problem(*item, "expected reasons: which breaks are asked for rather than taken");
}

}  // namespace

void read_desk(Draft& draft, Section& root) {
    Context& context = draft.context;
    read_feature_codes(draft, root);
    read_names(context, root.take("not_ready_reasons"), "reasons", draft.plan.reasons);
    read_reason_limits(draft, root);
    read_breaks(draft, root);
    read_names(context, root.take("dispositions"), "dispositions", draft.plan.dispositions);
}

void read_process(Draft& draft, Section& root) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kLevels{{{"trace", "trace"},
                                                                                           {"debug", "debug"},
                                                                                           {"info", "info"},
                                                                                           {"warn", "warn"},
                                                                                           {"error", "error"},
                                                                                           {"critical", "critical"},
                                                                                           {"off", "off"}}};
    Context& context = draft.context;
    Section log(context, root.take("log"), "log");
    log.text("events", draft.config.log.events, "the path of a file", is_path);
    std::string_view level = draft.config.log.level;
    log.word<std::string_view>("level", level, kLevels);
    draft.config.log.level = std::string(level);
    log.duration("sync_interval", draft.config.log.sync_interval, 0s, 1h);
    log.finish();

    Section control(context, root.take("control"), "control");
    // sun_path holds 108 bytes with the final NUL (unix(7)).
    control.text("socket", draft.config.control.socket, "the path of a socket, at most 107 characters",
                 [](std::string_view t) { return is_path(t) && t.size() <= 107; });
    if (const auto mode = control.take("mode")) {
        const bool octal = mode->is_scalar() && mode->text().size() >= 3 && mode->text().size() <= 4 &&
                           mode->text().find_first_not_of("01234567") == std::string::npos;
        const auto value = octal ? static_cast<std::uint32_t>(std::stoul(mode->text(), nullptr, 8)) : 0x1000U;
        if (value > 0777)
            context.mismatch(*mode, "permissions in octal from 000 to 777, such as 0660");
        else
            draft.config.control.mode = value;
    }
    control.finish();
    root.text("state_dir", draft.config.state_dir, "the path of a folder", is_path);
    root.duration("drain_limit", draft.config.drain_limit, 0s, 24h);
}

void check_whole(Draft& draft) {
    Context& context = draft.context;
    // The order of problems must not be that of a hash table, hence the detour over a map.
    const std::map<std::string_view, const Place*> numbers = [&] {
        std::map<std::string_view, const Place*> sorted;
        for (const auto& [number, place] : draft.numbers) sorted.emplace(number, &place);
        return sorted;
    }();
    for (const auto& [number, place] : numbers)
        for (const Code& code : all_codes(draft.config.feature_codes))
            if (clashes(code, number))
                context.problem(place->line, place->path,
                                "number " + std::string(number) + " clashes with feature_codes." +
                                    std::string(code.key) + " (" + *code.code + ")");

    // Safe by default: nobody may go public with passwords that everybody knows.
    const auto& listeners = draft.config.sip.listeners;
    const auto open = std::find_if(listeners.begin(), listeners.end(),
                                   [](const Listener& l) { return !l.address.address.is_loopback(); });
    if (open == listeners.end()) return;
    for (const Place& place : draft.sample_passwords)
        context.problem(place.line, place.path,
                        "is the sample password; choose another before listening on " + open->address.to_string());
}

}  // namespace centrala::config
