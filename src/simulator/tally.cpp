#include "tally.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sample.hpp"

namespace centrala::simulator {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double ratio(double part, double whole) {
    return whole > 0 ? part / whole : kNone;
}

double& at(Figures& figures, Figure figure) {
    return figures[static_cast<std::size_t>(figure)];
}

/// The area under the product-limit curve. Where the longest wait is a hang-up, it ends there.
double virtual_wait(double at_once, const std::vector<Duration>& sorted_answered, const std::vector<Duration>& gone) {
    double left = at_once + static_cast<double>(sorted_answered.size() + gone.size());
    if (left == 0) return kNone;
    double still = 1 - at_once / left;
    left -= at_once;
    double area = 0, since = 0;
    auto censored = gone.begin();
    for (const Duration wait : sorted_answered) {
        for (; censored != gone.end() && *censored < wait; ++censored) --left;
        area += still * (to_seconds(wait) - since);
        since = to_seconds(wait);
        still *= 1 - 1 / left;
        --left;
    }
    return censored == gone.end() ? area : area + still * (to_seconds(gone.back()) - since);
}

/// Sums must not depend on the order in which the calls came.
std::vector<Duration> sorted(std::vector<Duration> durations) {
    std::sort(durations.begin(), durations.end());
    return durations;
}

}  // namespace

void ClassTally::answered(Duration wait, Duration target, bool first_preference) {
    if (wait <= target) ++within_;
    if (first_preference) ++first_;
    if (wait == Duration::zero())
        ++at_once_;
    else
        waited_.push_back(wait);
}

void ClassTally::abandoned(Duration wait) {
    gone_.push_back(wait);
}

void ClassTally::add(const ClassTally& other) {
    offered_ += other.offered_;
    within_ += other.within_;
    blocked_ += other.blocked_;
    refused_ += other.refused_;
    first_ += other.first_;
    at_once_ += other.at_once_;
    waited_.insert(waited_.end(), other.waited_.begin(), other.waited_.end());
    gone_.insert(gone_.end(), other.gone_.begin(), other.gone_.end());
}

Figures ClassTally::figures() const {
    Figures f;
    f.fill(kNone);
    const std::vector<Duration> waits = sorted(waited_), gone = sorted(gone_);
    double sum = 0, squares = 0, sum_gone = 0;
    for (const Duration w : waits) {
        sum += to_seconds(w);
        squares += to_seconds(w) * to_seconds(w);
    }
    for (const Duration w : gone) sum_gone += to_seconds(w);
    const auto offered = static_cast<double>(offered_);
    const std::uint64_t answered = at_once_ + waits.size();
    const auto n = static_cast<double>(answered);
    at(f, Figure::offered) = offered;
    at(f, Figure::service_level) = ratio(static_cast<double>(within_), offered);
    at(f, Figure::abandonment) = ratio(static_cast<double>(gone_.size()), offered);
    at(f, Figure::blocking) = ratio(static_cast<double>(blocked_), offered);
    at(f, Figure::refused) = ratio(static_cast<double>(refused_), offered);
    at(f, Figure::wait_answered) = ratio(sum, n);
    at(f, Figure::wait_offered) = ratio(sum + sum_gone, n + static_cast<double>(gone_.size()));
    at(f, Figure::wait_virtual) = virtual_wait(static_cast<double>(at_once_), waits, gone);
    if (answered > 0) {
        const std::uint64_t rank = (answered * 95 + 99) / 100;  // from 1
        at(f, Figure::wait_p95) = rank <= at_once_ ? 0 : to_seconds(waits[rank - at_once_ - 1]);
    }
    at(f, Figure::wait_squared) = ratio(squares, n);
    at(f, Figure::first_preference) = ratio(static_cast<double>(first_), n);
    return f;
}

OccupancyTally::OccupancyTally(std::size_t agents, Timestamp from, Timestamp to)
    : agents_(agents), from_(from), to_(to) {}

void OccupancyTally::worked(std::size_t agent, Timestamp since, Timestamp until, bool busy) {
    const Duration d = std::min(until, to_) - std::max(since, from_);
    if (d <= Duration::zero()) return;
    (busy ? agents_[agent].busy : agents_[agent].ready) += d;
}

void OccupancyTally::write(Figures& figures) const {
    std::vector<double> shares;
    for (const Times& t : agents_)
        if (const Duration all = t.busy + t.ready; all > Duration::zero())
            shares.push_back(to_seconds(t.busy) / to_seconds(all));
    if (shares.empty()) return;
    const auto n = static_cast<double>(shares.size());
    double sum = 0, squares = 0;
    for (const double s : shares) sum += s;
    const double mean = sum / n;
    for (const double s : shares) squares += (s - mean) * (s - mean);
    at(figures, Figure::occupancy) = mean;
    at(figures, Figure::occupancy_sd) = std::sqrt(squares / n);
    at(figures, Figure::occupancy_least) = *std::min_element(shares.begin(), shares.end());
    at(figures, Figure::occupancy_most) = *std::max_element(shares.begin(), shares.end());
}

Outcome outcome(const std::vector<ClassTally>& classes, const std::vector<ClassTally>& parts,
                const OccupancyTally& occupancy) {
    Outcome result;
    ClassTally all;
    double worst = kNone;
    for (const ClassTally& p : parts) {
        all.add(p);
        result.parts.push_back(p.figures());
    }
    for (const ClassTally& c : classes) {
        result.classes.push_back(c.figures());
        const double level = at(result.classes.back(), Figure::service_level);
        if (!(worst <= level)) worst = std::isnan(level) ? worst : level;
    }
    result.all = all.figures();
    at(result.all, Figure::worst_class) = worst;
    occupancy.write(result.all);
    return result;
}

}  // namespace centrala::simulator
