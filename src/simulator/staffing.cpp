// From Erlang's guess up until the goals are met, then down as far as they still are. Each trial simulates the same
// callers, so that one more or one less is all that differs.
#include "centrala/simulator/staffing.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <set>

#include "centrala/routing/index.hpp"
#include "erlang.hpp"
#include "real.hpp"
#include "replications.hpp"
#include "run.hpp"
#include "sample.hpp"

namespace centrala::simulator {
namespace {

constexpr std::size_t kIntervalsMax = 400;
constexpr std::uint32_t kAgentsOfAKindMax = 20'000;

using Headcounts = std::vector<Headcount>;  ///< by interval

struct Interval {
    Duration from{}, to{};
};

/// From where calls count to the horizon, cut where the rate of a class may change. What comes before is staffed like
/// the first.
std::vector<Interval> intervals_of(const config::Scenario& scenario) {
    std::set<Duration> cuts{scenario.warm_up};
    for (const config::CallClass& c : scenario.classes) {
        if (c.calls_per_hour.size() < 2 && !scenario.calls) continue;
        for (Duration at = c.interval; at < scenario.horizon && cuts.size() <= kIntervalsMax; at += c.interval)
            if (at > scenario.warm_up) cuts.insert(at);
    }
    std::vector<Interval> intervals;
    for (const Duration cut : cuts) {
        if (!intervals.empty()) intervals.back().to = cut;
        intervals.push_back({cut, scenario.horizon});
    }
    return intervals;
}

/// Calls a second of a class in an interval.
double rate(const config::Scenario& scenario, std::size_t call_class, const Interval& interval) {
    if (scenario.calls) {
        const auto came = std::count_if(scenario.calls->begin(), scenario.calls->end(), [&](const auto& call) {
            return call.call_class == call_class && call.arrival >= interval.from && call.arrival < interval.to;
        });
        return static_cast<double>(came) / to_seconds(interval.to - interval.from);
    }
    const config::CallClass& c = scenario.classes[call_class];
    if (c.calls_per_hour.empty()) return 0;
    return c.calls_per_hour[static_cast<std::size_t>(interval.from / c.interval) % c.calls_per_hour.size()] / 3600;
}

/// Of talking and wrap-up, before anybody's factor.
double mean_handling(const config::Scenario& scenario, const config::CallClass& c) {
    constexpr int kSamples = 2'000;
    const Sampler service(c.service), wrap_up(c.wrap_up);
    const double wrap_up_max = to_seconds(scenario.plan->queues[routing::index(c.queue)].wrap_up);
    double sum = 0;
    for (int i = 0; i < kSamples; ++i) {
        const double u = (i + 0.5) / kSamples;
        sum += service.seconds(u) + std::min(wrap_up.seconds(u), wrap_up_max);
    }
    return sum / kSamples;
}

/// Who may take what, at once or after some relaxation.
class Fitness {
public:
    explicit Fitness(const config::Scenario& scenario) {
        routing::Plan one_of_each = *scenario.plan;
        one_of_each.agents.clear();
        for (const config::AgentKind& kind : scenario.kinds) one_of_each.agents.push_back(kind.agent);
        for (std::size_t k = 0; k < scenario.kinds.size(); ++k) {
            std::vector<bool>& row = fits_.emplace_back();
            for (const config::CallClass& c : scenario.classes) {
                bool fits = false;
                for (std::size_t step = 0; step < one_of_each.queues[routing::index(c.queue)].steps(); ++step)
                    fits |= routing::level_for(one_of_each, c.queue, step, static_cast<routing::AgentId>(k),
                                               scenario.kinds[k].agent.skills)
                                .has_value();
                row.push_back(fits);
            }
        }
    }
    [[nodiscard]] bool operator()(std::size_t kind, std::size_t call_class) const { return fits_[kind][call_class]; }
    [[nodiscard]] std::size_t kinds() const { return fits_.size(); }
    [[nodiscard]] auto breadth(std::size_t kind) const {
        return std::count(fits_[kind].begin(), fits_[kind].end(), true);
    }
    /// The narrowest kind that takes it.
    [[nodiscard]] std::optional<std::size_t> specialist(std::size_t call_class) const {
        std::optional<std::size_t> best;
        for (std::size_t k = 0; k < fits_.size(); ++k)
            if (fits_[k][call_class] && (!best || breadth(k) < breadth(*best))) best = k;
        return best;
    }

private:
    std::vector<std::vector<bool>> fits_;  ///< by kind and class
};

/// What Erlang's formulas say if each class had its specialists, those of one kind pooled.
class Guess {
public:
    Guess(const config::Scenario& scenario, const Fitness& fits) : scenario_(scenario), specialists_(fits.kinds()) {
        for (std::size_t c = 0; c < scenario.classes.size(); ++c) {
            const config::CallClass& call_class = scenario.classes[c];
            handling_.push_back(mean_handling(scenario, call_class));
            willingness_.emplace_back(call_class.patience, to_seconds(call_class.target));
            if (const auto kind = fits.specialist(c)) specialists_[*kind].push_back(c);
        }
    }
    [[nodiscard]] Headcount of(const Interval& interval) const {
        Headcount guess;
        for (std::size_t kind = 0; kind < specialists_.size(); ++kind) {
            const std::uint32_t chats = std::max(scenario_.kinds[kind].agent.chats, 1U);
            guess.push_back(at_once(kind, routing::Channel::voice, interval) +
                            (at_once(kind, routing::Channel::chat, interval) + chats - 1) / chats);
        }
        return guess;
    }

private:
    /// How many must be able to be talked to at once.
    [[nodiscard]] std::uint32_t at_once(std::size_t kind, routing::Channel channel, const Interval& interval) const {
        double calls = 0, work = 0, heaviest = -1;
        std::size_t typical = 0;
        for (const std::size_t c : specialists_[kind]) {
            if (scenario_.plan->queues[routing::index(scenario_.classes[c].queue)].channel != channel) continue;
            const double r = rate(scenario_, c, interval), load = r * handling_[c];
            calls += r;
            work += load;
            if (load > heaviest) typical = c;
            heaviest = std::max(heaviest, load);
        }
        if (calls <= 0) return 0;
        const config::CallClass& c = scenario_.classes[typical];
        return least_agents(calls, work / calls, willingness_[typical], to_seconds(c.target), c.goal,
                            kAgentsOfAKindMax);
    }

    const config::Scenario& scenario_;
    std::vector<std::vector<std::size_t>> specialists_;  ///< by kind: classes
    std::vector<double> handling_;                       ///< by class
    std::vector<Willingness> willingness_;
};

/// Calls that came and that were answered in time, of one class in one interval, replication by replication.
struct Cell {
    std::vector<double> came, in_time;

    /// Of all that came in all replications: a quotient of sums, with the interval of its linearisation.
    [[nodiscard]] Estimate share() const {
        constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
        const double all = std::accumulate(came.begin(), came.end(), 0.0);
        if (all <= 0) return {kNone, kNone};
        const double share = std::accumulate(in_time.begin(), in_time.end(), 0.0) / all;
        std::vector<double> residuals;
        const double mean = all / static_cast<double>(came.size());
        for (std::size_t r = 0; r < came.size(); ++r) residuals.push_back((in_time[r] - share * came[r]) / mean);
        return {share, estimate(residuals).half_width};
    }
};

/// By interval and class.
using Cells = std::vector<std::vector<Cell>>;

class Trials {
public:
    Trials(const config::Scenario& scenario, std::vector<Interval> intervals, const StaffingOptions& options)
        : scenario_(scenario), intervals_(std::move(intervals)), options_(options) {}

    [[nodiscard]] bool exhausted() const { return done_ >= options_.simulations_max; }
    [[nodiscard]] std::size_t done() const { return done_; }

    Cells simulate(const Headcounts& heads) {
        ++done_;
        const config::Scenario staffed = with(heads);
        const std::vector<double> none(scenario_.replications, 0);
        Cells cells(intervals_.size(), std::vector<Cell>(scenario_.classes.size(), {none, none}));
        for_each_replication(scenario_.replications, options_.threads, [&](std::uint32_t r) {
            Watcher watcher;
            watcher.arrival = [&](std::size_t call_class, Duration at) {
                if (Cell* cell = find(cells, call_class, at)) ++cell->came[r];
            };
            watcher.service_start = [&](const ServiceStart& start) {
                if (start.wait > scenario_.classes[start.call_class].target) return;
                if (Cell* cell = find(cells, start.call_class, start.at - start.wait)) ++cell->in_time[r];
            };
            run(staffed, r, watcher);
        });
        return cells;
    }

private:
    Cell* find(Cells& cells, std::size_t call_class, Duration came) const {
        const auto after = std::upper_bound(intervals_.begin(), intervals_.end(), came,
                                            [](Duration at, const Interval& i) { return at < i.from; });
        if (after == intervals_.begin()) return nullptr;  // warm-up
        return &cells[static_cast<std::size_t>(after - intervals_.begin()) - 1][call_class];
    }

    /// So many of each kind in each interval; the last stay until all calls are over.
    [[nodiscard]] config::Scenario with(const Headcounts& heads) const {
        config::Scenario staffed = scenario_;
        auto plan = std::make_shared<routing::Plan>(*scenario_.plan);
        plan->agents.clear();
        staffed.agents.clear();
        for (std::size_t k = 0; k < scenario_.kinds.size(); ++k) {
            std::uint32_t most = 0;
            for (const Headcount& h : heads) most = std::max(most, h[k]);
            for (std::uint32_t n = 0; n < most; ++n) {
                config::SimulatedAgent agent = scenario_.kinds[k].simulated;
                agent.shifts = shifts(heads, k, n);
                staffed.agents.push_back(std::move(agent));
                plan->agents.push_back(scenario_.kinds[k].agent);
                plan->agents.back().name.append(".").append(std::to_string(n + 1));
            }
        }
        staffed.plan = std::move(plan);
        return staffed;
    }
    /// Of the one who works where more than `n` do.
    [[nodiscard]] std::vector<config::Shift> shifts(const Headcounts& heads, std::size_t kind, std::uint32_t n) const {
        std::vector<config::Shift> result;
        for (std::size_t i = 0; i < heads.size(); ++i) {
            if (heads[i][kind] <= n) continue;
            const Duration from = i == 0 ? Duration{} : intervals_[i].from;
            const Duration to = i + 1 == heads.size() ? config::kAlwaysThere.to : intervals_[i].to;
            if (!result.empty() && result.back().to == from)
                result.back().to = to;
            else
                result.push_back({from, to});
        }
        return result;
    }

    const config::Scenario& scenario_;
    std::vector<Interval> intervals_;
    StaffingOptions options_;
    std::size_t done_ = 0;
};

class Search {
public:
    Search(const config::Scenario& scenario, const Fitness& fits, Trials& trials, Headcounts heads)
        : scenario_(scenario), fits_(fits), trials_(trials), heads_(std::move(heads)) {}

    /// False: the goals can't be met, or not within the simulations allowed.
    bool raise() {
        for (;;) {
            cells_ = trials_.simulate(heads_);
            std::vector<std::size_t> missed;
            for (std::size_t i = 0; i < heads_.size(); ++i)
                if (!met(cells_, i)) missed.push_back(i);
            if (missed.empty()) return true;
            if (trials_.exhausted()) return false;
            for (const std::size_t i : missed)
                if (const auto worst = worst_miss(i); !add(i, worst->first, worst->second)) return false;
        }
    }

    /// Takes away and replaces as long as all goals stay met. False: stopped before the end.
    bool lower() {
        while (sweep()) {}
        return !trials_.exhausted();
    }

    [[nodiscard]] const Headcounts& heads() const { return heads_; }
    [[nodiscard]] const Cells& cells() const { return cells_; }

private:
    /// How far below its goal; 0 where it is met.
    [[nodiscard]] double miss(const Cells& cells, std::size_t interval, std::size_t call_class) const {
        const Estimate share = cells[interval][call_class].share();
        return std::isnan(share.mean) ? 0 : std::max(0.0, scenario_.classes[call_class].goal - share.mean);
    }
    [[nodiscard]] bool met(const Cells& cells, std::size_t interval) const {
        for (std::size_t c = 0; c < scenario_.classes.size(); ++c)
            if (miss(cells, interval, c) > 0) return false;
        return true;
    }
    [[nodiscard]] std::optional<std::pair<std::size_t, double>> worst_miss(std::size_t interval) const {
        std::optional<std::pair<std::size_t, double>> worst;
        for (std::size_t c = 0; c < scenario_.classes.size(); ++c)
            if (const double m = miss(cells_, interval, c); m > 0 && (!worst || m > worst->second)) worst = {c, m};
        return worst;
    }

    /// Of the kind that helps most classes in need for its cost. More at once where much is missing.
    bool add(std::size_t interval, std::size_t call_class, double missing) {
        std::optional<std::size_t> best;
        double best_worth = 0;
        for (std::size_t k = 0; k < fits_.kinds(); ++k) {
            if (!fits_(k, call_class)) continue;
            double helped = 0;
            for (std::size_t c = 0; c < scenario_.classes.size(); ++c)
                if (fits_(k, c) && miss(cells_, interval, c) > 0) ++helped;
            const double worth = helped / scenario_.kinds[k].cost;
            if (!best || worth > best_worth) best = k;
            best_worth = std::max(worth, best_worth);
        }
        if (!best) return false;
        std::uint32_t& n = heads_[interval][*best];
        n += missing > 0.3 ? std::max(1U, n / 8) : 1;
        return n <= kAgentsOfAKindMax;
    }

    /// Dearest first.
    [[nodiscard]] std::vector<std::size_t> by_cost() const {
        std::vector<std::size_t> kinds(scenario_.kinds.size());
        std::iota(kinds.begin(), kinds.end(), 0U);
        std::stable_sort(kinds.begin(), kinds.end(), [&](std::size_t a, std::size_t b) {
            return scenario_.kinds[a].cost > scenario_.kinds[b].cost;
        });
        return kinds;
    }

    /// True: something changed, and there may be more.
    bool sweep() {
        bool changed = false;
        for (const std::size_t kind : by_cost()) changed |= spare(kind, std::nullopt);
        for (const std::size_t kind : by_cost())
            for (std::size_t other = 0; other < scenario_.kinds.size(); ++other)
                if (scenario_.kinds[other].cost < scenario_.kinds[kind].cost) changed |= spare(kind, other);
        return changed && !trials_.exhausted();
    }

    /// Takes agents of a kind away in every other interval at once, putting one of another kind in the place of each if
    /// told so, until nowhere one more can go. True: something changed.
    bool spare(std::size_t kind, std::optional<std::size_t> instead) {
        bool changed = false;
        std::vector<std::uint32_t> step;
        for (const Headcount& h : heads_) step.push_back(instead ? 1 : std::max(1U, h[kind] / 16));
        for (bool going = true; going;) {
            going = false;
            for (std::size_t parity = 0; parity < 2; ++parity) {
                Headcounts trial = heads_;
                std::set<std::size_t> tried;
                for (std::size_t i = parity; i < heads_.size(); i += 2) {
                    step[i] = std::min(step[i], heads_[i][kind]);
                    if (step[i] == 0) continue;
                    trial[i][kind] -= step[i];
                    if (instead) ++trial[i][*instead];
                    tried.insert(i);
                }
                const std::set<std::size_t> kept = keep_what_works(trial, tried);
                for (const std::size_t i : tried)
                    if (!kept.contains(i)) step[i] /= 2;
                changed |= !kept.empty();
                going |= !tried.empty();
                if (trials_.exhausted()) return changed;
            }
        }
        return changed;
    }

    /// Undoes a trial where it makes goals missed, there or in the interval that follows, and adopts the rest. What
    /// changes elsewhere is chance: raise() puts it right at the end. Which intervals it keeps.
    std::set<std::size_t> keep_what_works(Headcounts trial, std::set<std::size_t> tried) {
        while (!tried.empty() && !trials_.exhausted()) {
            Cells cells = trials_.simulate(trial);
            std::set<std::size_t> undone;
            for (const std::size_t i : tried)
                if (!met(cells, i) || (i + 1 < trial.size() && !met(cells, i + 1))) undone.insert(i);
            if (undone.empty()) {
                heads_ = std::move(trial);
                return tried;
            }
            for (const std::size_t i : undone) {
                trial[i] = heads_[i];
                tried.erase(i);
            }
        }
        return {};
    }

    const config::Scenario& scenario_;
    const Fitness& fits_;
    Trials& trials_;
    Headcounts heads_;
    Cells cells_;  ///< of heads_ when raise() ended
};

}  // namespace

Result<Staffing> staff(const config::Scenario& scenario, const StaffingOptions& options) {
    const Fitness fits(scenario);
    for (std::size_t c = 0; c < scenario.classes.size(); ++c)
        if (!fits.specialist(c)) return Error{"no agents may take the calls of class " + scenario.classes[c].name};
    const auto intervals = intervals_of(scenario);
    if (intervals.size() > kIntervalsMax)
        return Error{"expected at most " + std::to_string(kIntervalsMax) + " intervals of constant rates"};
    const Guess guess(scenario, fits);
    Staffing result;
    Headcounts heads;
    for (const Interval& i : intervals) {
        heads.push_back(guess.of(i));
        result.intervals.push_back({i.from, i.to, heads.back(), {}, {}});
    }
    Trials trials(scenario, intervals, options);
    Search search(scenario, fits, trials, std::move(heads));
    const auto take = [&] {
        for (std::size_t i = 0; i < intervals.size(); ++i) {
            result.intervals[i].agents = search.heads()[i];
            result.intervals[i].service_levels.clear();
            for (const Cell& cell : search.cells()[i]) result.intervals[i].service_levels.push_back(cell.share());
        }
    };
    result.met = search.raise();
    take();
    if (result.met) {
        const bool finished = search.lower();
        if (search.raise()) {  // else the first that meets the goals is the answer
            result.least = finished;
            take();
        }
    }
    result.simulations = trials.done();
    return result;
}

double cost(const Staffing& staffing, const config::Scenario& scenario) {
    double sum = 0;
    for (const StaffedInterval& i : staffing.intervals)
        for (std::size_t k = 0; k < scenario.kinds.size(); ++k)
            sum += i.agents[k] * scenario.kinds[k].cost * to_seconds(i.to - i.from) / 3600;
    return sum;
}

}  // namespace centrala::simulator
