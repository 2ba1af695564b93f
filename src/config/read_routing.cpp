// Section routing: how calls and agents are matched, over all queues.
#include <array>

#include "draft.hpp"

namespace centrala::config {
namespace {

using routing::CallOrder;
using routing::Strategy;

struct Profile {
    CallOrder call_order;
    Strategy strategy;
    bool reserve_scarce;
};
constexpr std::array<std::pair<std::string_view, Profile>, 3> kProfiles{
    {{"fairness", {CallOrder::rescuable_first, Strategy::coverage, true}},
     {"throughput", {CallOrder::rescuable_first, Strategy::coverage, false}},
     {"plain", {CallOrder::longest_wait, Strategy::longest_idle, false}}}};

}  // namespace

void read_routing(Draft& draft, Section& root) {
    routing::Plan& plan = draft.plan;
    Section s(draft.context, root.take("routing"), "routing");
    Profile profile = kProfiles[0].second;
    s.word<Profile>("profile", profile, kProfiles);
    plan.call_order = profile.call_order;
    plan.reserve_scarce = profile.reserve_scarce;
    draft.default_strategy = profile.strategy;
    s.word<CallOrder>("call_order", plan.call_order, words_of<CallOrder, routing::kCallOrders>());
    s.boolean("reserve_scarce", plan.reserve_scarce);
    s.duration("ageing", plan.ageing, 0s, 1h);
    s.integer("callers_remembered", plan.callers_remembered, 1, 100'000);
    s.boolean("ready_on_login", plan.ready_on_login);
    s.duration("probe_interval", plan.probe_interval, 1s, 1h);
    s.duration("busy_memory", plan.busy_memory, 0s, 1h);
    s.finish();
}

}  // namespace centrala::config
