// Section schedules: the opening hours that entry points name.
#include <algorithm>
#include <array>
#include <charconv>

#include "draft.hpp"

namespace centrala::config {
namespace {

using schedule::Holiday;
using schedule::Span;
using std::chrono::minutes;
using std::chrono::year_month_day;

constexpr std::array<std::string_view, 7> kWeekdays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr std::size_t kHolidaysMax = 500;
constexpr std::size_t kSpansMax = 24;
constexpr minutes kDay{24 * 60};
/// Of days that come every year: a leap year, so that 29 February is one.
constexpr std::chrono::year kAnyYear{2000};

constexpr std::string_view kSpanWords =
    "closed, or spans such as 08:00-18:00, 22:00-06:00 (past midnight) and 00:00-24:00";

/// So many digits and nothing else.
std::optional<unsigned> number(std::string_view text, std::size_t digits) {
    unsigned value = 0;
    if (text.size() != digits || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

/// "08:30", and "24:00".
std::optional<minutes> parse_clock(std::string_view text) {
    if (text.size() != 5 || text[2] != ':') return std::nullopt;
    const auto hours = number(text.substr(0, 2), 2), past = number(text.substr(3), 2);
    if (!hours || !past || *past > 59) return std::nullopt;
    const minutes time = std::chrono::hours(*hours) + minutes(*past);
    return time <= kDay ? std::optional(time) : std::nullopt;
}

/// "08:00-18:00"; one that doesn't end later than it begins ends on the next day.
std::optional<Span> parse_span(std::string_view text) {
    const auto dash = text.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto from = parse_clock(text.substr(0, dash)), to = parse_clock(text.substr(dash + 1));
    if (!from || !to || *from == *to || *from == kDay) return std::nullopt;
    return Span{*from, *to < *from ? *to + kDay : *to};
}

/// "2026-12-24", or "12-24" for every year.
std::optional<year_month_day> parse_date(std::string_view text, bool& yearly) {
    yearly = text.size() == 5;
    std::chrono::year year = kAnyYear;
    if (!yearly) {
        const auto given = number(text.substr(0, 4), 4);
        if (!given || text.size() != 10 || text[4] != '-') return std::nullopt;
        year = std::chrono::year(static_cast<int>(*given));
        text.remove_prefix(5);
    }
    if (text.size() != 5 || text[2] != '-') return std::nullopt;
    const auto month = number(text.substr(0, 2), 2), day = number(text.substr(3), 2);
    if (!month || !day) return std::nullopt;
    const year_month_day date = year / std::chrono::month(*month) / std::chrono::day(*day);
    return date.ok() ? std::optional(date) : std::nullopt;
}

/// A date, or two with ".." between them.
std::optional<Holiday> parse_days(std::string_view text) {
    const auto dots = text.find("..");
    Holiday holiday;
    bool last_yearly = false;
    const auto first = parse_date(text.substr(0, dots), holiday.yearly);
    const auto last = dots == std::string_view::npos ? first : parse_date(text.substr(dots + 2), last_yearly);
    if (dots == std::string_view::npos) last_yearly = holiday.yearly;
    if (!first || !last || holiday.yearly != last_yearly) return std::nullopt;
    if (!holiday.yearly && *last < *first) return std::nullopt;
    holiday.first = *first;
    holiday.last = *last;
    return holiday;
}

std::string two_digits(minutes::rep n) {
    return (n < 10 ? "0" : "") + std::to_string(n);
}
std::string clock(minutes time) {
    const auto of_day = time > kDay ? time - kDay : time;
    return two_digits(of_day.count() / 60) + ":" + two_digits(of_day.count() % 60);
}
std::string words(const Span& span) {
    return clock(span.from) + "-" + clock(span.to);
}

void read_spans(Context& context, const Item& item, std::vector<Span>& into) {
    if (item.is_scalar() && item.text() == "closed") return;
    if (item.is_nothing()) return context.mismatch(item, kSpanWords);
    for (const Item& one : context.list(item, "spans")) {
        const auto span = one.is_scalar() ? parse_span(one.text()) : std::nullopt;
        if (span)
            into.push_back(*span);
        else
            context.mismatch(one, kSpanWords);
    }
    if (into.size() > kSpansMax)
        context.problem(item, "expected at most 24 spans a day, got " + std::to_string(into.size()));
    std::sort(into.begin(), into.end());
    for (std::size_t i = 1; i < into.size(); ++i)
        if (into[i].from < into[i - 1].to)
            context.warning(item, words(into[i - 1]) + " and " + words(into[i]) + " overlap");
}

/// "mon", "mon-fri", "sat-mon": the first and how many, Monday being 0.
std::optional<std::pair<std::size_t, std::size_t>> parse_weekdays(std::string_view text) {
    const auto find = [](std::string_view name) -> std::optional<std::size_t> {
        const auto at = std::find(kWeekdays.begin(), kWeekdays.end(), name);
        return at == kWeekdays.end() ? std::nullopt : std::optional<std::size_t>(at - kWeekdays.begin());
    };
    const auto dash = text.find('-');
    const auto first = find(text.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : find(text.substr(dash + 1));
    if (!first || !last) return std::nullopt;
    return std::pair(*first, (*last + 7 - *first) % 7 + 1);
}

void read_week(Context& context, const Item& item, schedule::Schedule& into) {
    std::array<std::optional<Item>, 7> given;
    for (const auto& [days, value] : context.entries(item, "spans")) {
        const auto range = parse_weekdays(days);
        if (!range) {
            context.problem(value, "expected a day such as mon, or days such as mon-fri, got " + in_quotes(days));
            continue;
        }
        std::vector<Span> spans;
        read_spans(context, value, spans);
        for (std::size_t i = 0; i < range->second; ++i) {
            const std::size_t day = (range->first + i) % 7;
            if (given[day])
                context.problem(value, std::string(kWeekdays[day]) + " is given twice; the first is on line " +
                                           std::to_string(given[day]->node->line));
            given[day] = value;
            into.week[day] = spans;
        }
    }
    for (std::size_t day = 0; day < 7; ++day) {
        const auto &today = into.week[day], &tomorrow = into.week[(day + 1) % 7];
        if (!today.empty() && !tomorrow.empty() && tomorrow.front().from < today.back().to - kDay)
            context.warning(*given[day],
                            words(today.back()) + " and the next day's " + words(tomorrow.front()) + " overlap");
    }
}

void read_holidays(Context& context, const Item& item, std::vector<Holiday>& into) {
    for (const auto& [days, value] : context.entries(item, "spans")) {
        auto holiday = parse_days(days);
        if (!holiday) {
            context.problem(value,
                            "expected a date such as 2026-12-24, 12-24 (every year) or 2026-12-24..2027-01-01, got " +
                                in_quotes(days));
            continue;
        }
        read_spans(context, value, holiday->hours);
        into.push_back(std::move(*holiday));
    }
    if (into.size() > kHolidaysMax)
        context.problem(item, "expected at most 500 holidays, got " + std::to_string(into.size()));
}

/// "; did you mean Europe/Warsaw?" for Warsaw, europe/warsaw, Europe/Warsow.
std::string near_zone(std::string_view text) {
    const auto all = schedule::zones();
    if (all.empty()) return "; the system has no tz database";
    const auto lower = [](std::string_view mixed) {
        std::string low(mixed);
        for (char& c : low)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        return low;
    };
    const std::string wanted = lower(text);
    for (const std::string& zone : all)
        if (const std::string low = lower(zone); low == wanted || low.ends_with("/" + wanted))
            return "; did you mean " + zone + "?";
    return did_you_mean(text, std::vector<std::string_view>(all.begin(), all.end()));
}

void read_schedule(Draft& draft, std::string_view name, const Item& item) {
    Context& context = draft.context;
    Section s(context, item, "schedules.<name>");
    schedule::Schedule into;
    into.name = name;
    into.zone = "UTC";
    into.line = item.node->line;
    if (const auto zone = s.take("time_zone")) {
        if (zone->is_scalar() && schedule::is_zone(zone->text()))
            into.zone = zone->text();
        else if (zone->is_scalar())
            context.problem(*zone, "expected a time zone such as Europe/Warsaw, got " + in_quotes(zone->text()) +
                                       near_zone(zone->text()));
        else
            context.mismatch(*zone, "a time zone such as Europe/Warsaw");
    } else {
        context.problem(item, "expected time_zone: whose clocks the hours are meant by, such as Europe/Warsaw");
    }
    if (const auto hours = s.take("hours")) read_week(context, *hours, into);
    if (const auto holidays = s.take("holidays")) read_holidays(context, *holidays, into.holidays);
    s.finish();
    draft.config.schedules.push_back(std::move(into));
}

/// Whether some opening lasts longer than `last_call`. What touches midnight may go on there, and is taken to.
bool lets_in(const schedule::Schedule& hours, Duration last_call) {
    const auto long_enough = [&](const std::vector<schedule::Span>& day) {
        std::chrono::minutes from{-1}, to{-1};
        for (const schedule::Span& span : day) {
            if (span.from > to) from = span.from;
            to = std::max(to, span.to);
            if (from == 0min || to >= 24h || to - from > last_call) return true;
        }
        return false;
    };
    return std::any_of(hours.week.begin(), hours.week.end(), long_enough) ||
           std::any_of(hours.holidays.begin(), hours.holidays.end(),
                       [&](const schedule::Holiday& h) { return long_enough(h.hours); });
}

}  // namespace

void read_schedules(Draft& draft, Section& root) {
    const auto item = root.take("schedules");
    if (!item) return;
    for (const auto& [name, value] : draft.context.entries(*item, "schedule")) {
        draft.schedules.emplace(name, draft.schedule_names.size());
        draft.schedule_names.push_back(name);
        read_schedule(draft, name, value);
    }
}

void read_opening(Draft& draft, Section& s, const Item& item, EntryPoint& entry, routing::EntryPoint& planned) {
    Context& context = draft.context;
    static constexpr std::array<std::pair<std::string_view, bool>, 2> kAtClosing{{{"serve", false}, {"end", true}}};
    const int line = s.line_of("hours");
    const bool given = s.has("hours");
    if (const auto hours = s.take("hours"))
        if (std::string name; context.read_text(*hours, name, "the name of a schedule", is_name))
            entry.hours = resolve(context, *hours, name, "schedule", draft.schedules, draft.schedule_names);
    s.duration("last_call", entry.last_call, 0s, 4h);
    s.word<bool>("at_closing", entry.ends_waiting, kAtClosing);
    if (const auto queue = s.take("closed_queue")) planned.closed_queue = read_queue_name(draft, *queue);
    for (const std::string_view key : {"last_call", "at_closing"})
        if (s.has(key) && !given) context.problem(item, "expected hours with " + std::string(key));
    if (!entry.hours) return;
    const schedule::Schedule& hours = draft.config.schedules[*entry.hours];
    std::string words;
    if (!schedule::ever_opens(hours))
        words = "schedule " + hours.name + " never opens";
    else if (!lets_in(hours, entry.last_call))
        words = "schedule " + hours.name + " is never open for longer than last_call";
    else
        return;
    if (planned.closed_queue)
        context.warning(line, item.path + ".hours", words);
    else
        context.problem(line, item.path + ".hours", words + ": nobody who calls here could ever be answered");
}

}  // namespace centrala::config
