// A scenario for the simulator: who calls when and for how long, who works when, and the queues of the server's
// configuration. docs/simulation.md describes the language.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "centrala/base/time.hpp"
#include "centrala/config/load.hpp"
#include "centrala/routing/advice.hpp"
#include "centrala/routing/plan.hpp"

namespace centrala::config {

/// How long something takes, as a random variable. Parameters are seconds where they are times.
struct Distribution {
    enum class Kind : std::uint8_t {
        infinite,           ///< for ever
        constant,           ///< `a`
        exponential,        ///< mean `a`
        lognormal,          ///< its logarithm has mean `a` and standard deviation `b`
        lognormal_of_mean,  ///< mean `a`, coefficient of variation `b`
        weibull,            ///< survival exp(-(t/a)^b)
        weibull_of_mean,    ///< mean `a`, shape `b`
        empirical,          ///< each of `values` equally likely
        hazard,             ///< ends at `rates[i]` a second in the time before `values[i]`; the last rate for ever
    } kind = Kind::constant;
    double a = 0, b = 0;
    std::vector<double> values, rates;
};

struct CallClass {
    std::string name;
    routing::QueueId queue{};
    std::vector<double> calls_per_hour;  ///< one for each interval; begins anew after the last. Empty: no calls of its
                                         ///< own, only those of a list
    Duration interval = 1h;
    double day_factor_cv = 0;  ///< of the random factor, with mean 1, on all rates of one replication
    Distribution service, patience{Distribution::Kind::infinite, 0, 0, {}, {}};
    Distribution wrap_up{Distribution::Kind::infinite, 0, 0, {}, {}};  ///< after so long the agent ends it, unless the
                                                                       ///< plan's wrap-up is over before
    std::uint32_t callers = 0;  ///< so many people, one of whom calls each time, at random; 0: everybody calls once
    Duration target{};          ///< answered within this time counts for the service level
    double goal = 0.8;          ///< the service level that staffing aims at
};

struct Shift {
    Duration from{}, to{};  ///< since the scenario's beginning
};

/// By a supervisor, since the scenario's beginning.
struct SkillChange {
    Duration at{};
    routing::SkillId skill{};
    std::uint8_t level = 0;  ///< 0: the agent has it no longer
};

/// What routing's plan doesn't say about an agent.
struct SimulatedAgent {
    std::vector<Shift> shifts;            ///< in order; empty: never there
    std::vector<Shift> breaks;            ///< in order: not ready, if logged in
    std::vector<double> service_factors;  ///< by QueueId: the agent's time for the same work; empty: 1
    Distribution ring_time;               ///< from the offer until the agent answers, or rejects it
    double misses = 0, rejects = 0;       ///< shares of the offers, together at most 1; all others are answered
    Distribution back_after{Distribution::Kind::infinite, 0, 0, {}, {}};  ///< not ready for missing or rejecting: until
                                                                          ///< it asks for calls again
    std::vector<SkillChange> skill_changes;                               ///< in order
};

/// An entry under `agents`: as many alike as its count says.
struct AgentKind {
    routing::Agent agent;
    SimulatedAgent simulated;
    double cost = 1;  ///< of an hour, next to other kinds
};

/// A call of a list, instead of one that is made up.
struct ListedCall {
    Duration arrival{};              ///< since the scenario's beginning
    std::uint32_t call_class = 0;    ///< index in Scenario::classes
    std::uint32_t row = 0;           ///< in the list, from 1
    double work = 0;                 ///< seconds; negative: not known, drawn as its class says
    double patience = 0;             ///< seconds; negative: infinite
    bool patience_at_least = false;  ///< patience isn't known but for that: what is beyond is drawn as the class says,
                                     ///< whose patience then is infinite or a hazard
    double wrap_up = -1;             ///< as CallClass::wrap_up, seconds; negative: drawn as its class says
    std::string caller{};            ///< number; "": nobody who is known
    std::optional<routing::CallerListId> list{};  ///< that has the number
    bool internal = false;                        ///< an agent calls
    routing::Advice advice{};                     ///< of another system that was asked about the caller
};

/// One set of settings to be simulated. Entry point i of the plan is that of class i.
struct Scenario {
    std::string name;  ///< of the alternative; "" if there is only one
    std::shared_ptr<const routing::Plan> plan;
    std::vector<CallClass> classes;
    std::vector<SimulatedAgent> agents;        ///< same order as plan->agents
    std::vector<AgentKind> kinds;              ///< that they are of; a kind's agent has the kind's name
    std::optional<std::uint32_t> trunk_lines;  ///< calls waiting and talking at once; past it callers are blocked
    double day_factor_cv = 0;                  ///< as a class's, but one factor for all classes
    Timestamp beginning{std::chrono::seconds(1'704'067'200)};  ///< 0 of all times: 2024-01-01, a Monday
    Duration horizon = 24h, warm_up = 0s;  ///< calls come from 0 to horizon; those before warm_up don't count
    std::uint32_t replications = 10;
    std::uint64_t seed = 1;
    std::string calls_file;                                ///< where `calls` come from; "": they are made up
    std::shared_ptr<const std::vector<ListedCall>> calls;  ///< by arrival; instead of all that the classes would make
};

/// Bounds, so that no file can keep the machine busy for ever.
inline constexpr double kCallsPerReplicationMax = 20e6;
inline constexpr std::uint32_t kReplicationsMax = 10'000;
inline constexpr std::size_t kListBytesMax = 1'073'741'824;
inline constexpr Duration kHorizonMax = 366 * 24h;
/// The shift of who is always there.
inline constexpr Shift kAlwaysThere{0s, 2 * kHorizonMax};

/// The alternatives under `compare`, in order, the first being what the others are compared with; or the scenario
/// alone.
std::variant<std::vector<Scenario>, std::vector<Problem>> load_scenario(const std::string& path);
std::variant<std::vector<Scenario>, std::vector<Problem>> load_scenario_text(const std::string& yaml,
                                                                             const std::string& name);
/// CSV under the heading arrival_s,class,work_s,patience_s, in any order; patience -1: infinite. By arrival.
std::variant<std::vector<ListedCall>, std::vector<Problem>> load_calls_text(std::string_view csv,
                                                                            const std::string& name,
                                                                            const Scenario& scenario);
/// Gives such a file to all of these scenarios, or says what is wrong with it.
std::vector<Problem> load_calls(const std::string& path, std::span<Scenario> scenarios);

}  // namespace centrala::config
