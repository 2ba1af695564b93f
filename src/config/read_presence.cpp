// Section presence: who may watch for how long, what is shown, and what a not-ready reason looks like (RFC 4480).
#include <algorithm>
#include <array>

#include "draft.hpp"

namespace centrala::config {
namespace {

/// The activities of RPID that a reason to be not ready may stand for.
constexpr std::array<std::string_view, 6> kActivities{"away", "busy", "meal", "meeting", "travel", "vacation"};

void read_activities(Draft& draft, const std::optional<Item>& item) {
    const auto& reasons = draft.plan.reasons;
    auto& activities = draft.config.presence.activities;
    activities.assign(reasons.size(), "");
    Section s(draft.context, item, "presence.activities");
    for (const std::string_view activity : kActivities) {
        const auto list = s.take(activity);
        if (!list) continue;
        for (const Item& one : draft.context.list(*list, "not-ready reasons")) {
            const auto found = one.is_scalar() ? std::find(reasons.begin(), reasons.end(), one.text()) : reasons.end();
            if (found == reasons.end()) {
                draft.context.mismatch(one, "one of not_ready_reasons");
                continue;
            }
            std::string& word = activities[static_cast<std::size_t>(found - reasons.begin())];
            if (!word.empty()) draft.context.problem(one, in_quotes(one.text()) + " is " + word + " already");
            word = activity;
        }
    }
    s.finish();
}

}  // namespace

void read_presence(Draft& draft, Section& root) {
    Section s(draft.context, root.take("presence"), "presence");
    Presence& p = draft.config.presence;
    s.boolean("enabled", p.enabled);
    read_lifetimes(draft.context, s, "presence", p.expires_min, p.expires_default, p.expires_max);
    // RFC 6665 §4.2.1.1: an hour may never be refused as too brief.
    if (p.expires_min > 1h)
        draft.context.problem(s.line_of("expires_min"), "presence.expires_min",
                              "expected at most 1h, got " + format_duration(p.expires_min));
    s.integer("subscriptions_max", p.subscriptions_max, 0, 1'000'000);
    s.integer("subscriptions_per_agent", p.subscriptions_per_agent, 1, 10'000);
    s.integer("requests_per_second", p.requests_per_second, 0, 1'000'000);
    s.boolean("show_callers", p.show_callers);
    s.boolean("phones_set_state", p.phones_set_state);
    read_activities(draft, s.take("activities"));
    s.finish();
}

}  // namespace centrala::config
