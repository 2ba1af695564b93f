#include "centrala/simulator/study.hpp"

#include <algorithm>

#include "replications.hpp"
#include "run.hpp"

namespace centrala::simulator {
namespace {

double value(const Outcome& outcome, Figure figure, Subject subject) {
    if (subject.part != Subject::kAll) return outcome.parts[subject.part][static_cast<std::size_t>(figure)];
    const Figures& figures = subject.call_class == Subject::kAll ? outcome.all : outcome.classes[subject.call_class];
    return figures[static_cast<std::size_t>(figure)];
}

}  // namespace

Outcomes simulate(const config::Scenario& scenario, unsigned threads) {
    Outcomes outcomes(scenario.replications);
    for_each_replication(scenario.replications, threads, [&](std::uint32_t r) { outcomes[r] = run(scenario, r); });
    return outcomes;
}

void watch(const config::Scenario& scenario, std::uint32_t replication, const Watcher& watcher) {
    run(scenario, replication, watcher);
}

Estimate estimate(const Outcomes& outcomes, Figure figure, Subject subject, double confidence) {
    std::vector<double> values;
    for (const Outcome& o : outcomes) values.push_back(value(o, figure, subject));
    return estimate(values, confidence);
}

Estimate difference(const Outcomes& outcomes, const Outcomes& reference, Figure figure, Subject subject,
                    double confidence) {
    std::vector<double> values;
    for (std::size_t r = 0; r < std::min(outcomes.size(), reference.size()); ++r)
        values.push_back(value(outcomes[r], figure, subject) - value(reference[r], figure, subject));
    return estimate(values, confidence);
}

}  // namespace centrala::simulator
