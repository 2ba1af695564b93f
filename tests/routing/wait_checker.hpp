// Estimates of waits and the service level, counted call by call from the events.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "centrala/routing/state.hpp"

namespace centrala::routing::testing {

/// Every function returns what is wrong, or nothing.
class WaitChecker {
public:
    explicit WaitChecker(const Plan& plan) : plan_(plan) {}

    /// `shadow`: before the event.
    std::string event(const Event& event, const State& shadow);
    std::string state(const State& state) const;
    /// From here on. Who waits already stays, whatever the new plan asks of who comes.
    void replanned() {
        for (auto& [id, told] : told_) told.admitted = true;
    }

private:
    std::string estimate(const Event& event, const State& shadow);
    void count(const Event& event);
    std::string errors(const State& state) const;
    std::string service(const State& state) const;

    const Plan& plan_;
    /// What contacts in line were told, in seconds; and of each queue, by how much that was wrong.
    struct Told {
        double expected = 0, p80 = 0;
        bool admitted = false;  ///< under an earlier plan
    };
    struct Wrong {
        double calls = 0, sum = 0, absolute = 0, squares = 0, covered = 0;
    };
    std::map<ContactId, Told> told_;
    std::map<QueueId, Wrong> wrong_;
    /// Every wait that ended.
    struct Ended {
        Timestamp at;
        QueueId queue{};
        ServiceCounts counts;
    };
    std::vector<Ended> ended_;
    mutable std::pair<std::size_t, Timestamp> counted_;  ///< how many of them service() has counted, in which minute
};

}  // namespace centrala::routing::testing
