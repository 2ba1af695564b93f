// Decision by decision against a simulator of another make: a loop over calls in order of arrival, which for one queue,
// first come first served to the longest idle, needs no events.
#include <algorithm>
#include <cmath>
#include <random>

#include "support.hpp"

namespace centrala::simulator {
namespace {

constexpr std::size_t kAgents = 7;

/// Two agents take half as long again.
double factor(std::size_t agent) {
    return agent >= 5 ? 1.5 : 1;
}

std::vector<ServiceStart> expected(const std::vector<config::ListedCall>& calls) {
    std::vector<ServiceStart> starts;
    std::vector<Duration> free_since(kAgents, Duration::zero());
    for (const config::ListedCall& call : calls) {
        // Whoever is first free takes the call: the longest idle, or the next to become so. Ties: the lower number.
        const auto agent =
            static_cast<std::size_t>(std::min_element(free_since.begin(), free_since.end()) - free_since.begin());
        const Duration at = std::max(call.arrival, free_since[agent]);
        const Duration wait = at - call.arrival;
        if (call.patience >= 0 && wait > Duration(static_cast<std::int64_t>(call.patience * 1e6 + 0.5))) continue;
        starts.push_back({at, call.row, 0, static_cast<routing::AgentId>(agent), wait});
        free_since[agent] = at + Duration(static_cast<std::int64_t>(call.work * factor(agent) * 1e6 + 0.5));
    }
    return starts;
}

TEST(Decisions, AreThoseOfASimulatorOfAnotherMake) {
    auto s = scenario(
        "horizon: 50h\nreplications: 1\nrouting: {profile: plain}\nskills: [a]\n"
        "queues: {a: {requires: {a: 1}, wrap_up: 0s, capacity: 1000000}}\n"
        "agents: {quick: {count: 5, skills: [a]}, slow: {count: 2, skills: [a], service_factor: 1.5}}\n"
        "classes: {A: {queue: a, service: 1s}}\n");
    std::mt19937_64 dice(7);
    const auto exponential = [&](double mean) {
        return -mean * std::log((static_cast<double>(dice() >> 11) + 0.5) * 0x1p-53);
    };
    std::vector<config::ListedCall> calls;
    double at = 0;
    for (std::uint32_t row = 1; at < 49 * 3600; ++row) {
        at += exponential(30);
        calls.push_back({Duration(static_cast<std::int64_t>(at * 1e6)), 0, row, exponential(200),
                         dice() % 4 == 0 ? -1 : exponential(120)});
    }
    s.calls = std::make_shared<const std::vector<config::ListedCall>>(calls);
    const auto actual = service_starts(s), wanted = expected(calls);
    ASSERT_EQ(actual.size(), wanted.size());
    ASSERT_LT(wanted.size(), calls.size()) << "some hang up";
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        ASSERT_EQ(actual[i].at, wanted[i].at) << "start " << i;
        ASSERT_EQ(actual[i].call, wanted[i].call) << "start " << i;
        ASSERT_EQ(actual[i].agent, wanted[i].agent) << "start " << i;
        ASSERT_EQ(actual[i].wait, wanted[i].wait) << "start " << i;
    }
}

}  // namespace
}  // namespace centrala::simulator
