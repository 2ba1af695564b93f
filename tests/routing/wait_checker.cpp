#include "routing/wait_checker.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "routing/model.hpp"
#include "routing/state_checks.hpp"

namespace centrala::routing::testing {
namespace {

double seconds(Duration d) {
    return static_cast<double>(d.count()) * 1e-6;
}

/// Between two calls leaving the line: what agents' time a call costs there, after eight guesses, over the agents.
double gap(const QueueRecord& q, double agents) {
    const double guess = q.waits.handling_of > 0 ? std::max(seconds(q.waits.handling), 1e-3) : 180;
    const double served = static_cast<double>(q.waits.served) / WaitModel::kOne;
    return (static_cast<double>(q.waits.agent_time) * 1e-6 + 8 * guess) / (served + 8) / agents;
}

struct LineWait {
    double seconds = 0;
    double rounding = 0;  ///< how far off whole numbers may be: terms may be much larger than what is left of them
};

/// The wait in line of `comer`, who may stand there already, in floating point and call by call.
LineWait line_wait(const State& s, const Plan& plan, QueueId id, const ContactRecord& comer) {
    double agents = 0, everybody = 0, ahead = 0, all = 0;
    for (std::size_t a = 0; a < s.agents.size(); ++a) {
        everybody += works(s.agents[a].facts);
        agents += works(s.agents[a].facts) && skilled(s, plan, static_cast<AgentId>(a), id);
    }
    for (const ContactRecord& c : s.contacts) {
        const bool here = c.queue == id;
        if (c.phase != ContactPhase::waiting || (here && !comes_before(c, comer))) continue;
        ++all;
        ahead += here;
    }
    const WaitModel& m = s.queues[index(id)].waits;
    const double between = gap(s.queues[index(id)], agents);
    const double gone = static_cast<double>(m.gone) / WaitModel::kOne;
    const double rate = gone / (static_cast<double>(m.wait_time) * 1e-6 + 600);
    double line = 0;
    for (double i = 0; i <= ahead; ++i) line += between / (1 + i * between * rate);
    const double guess = m.handling_of > 0 ? std::max(seconds(m.handling), 1e-3) : 180;
    const double signs[] = {std::min(line, 86400.0), between, std::min(guess * (all + 1) / everybody, 86400.0)};
    double wait = signs[0], size = signs[0];
    for (std::size_t i = 0; i < 3; ++i) {
        const double term = signs[i] * static_cast<double>(m.weights[i]) / WaitModel::kWeightOne;
        wait += term;
        size += std::abs(term);
    }
    return {std::clamp(wait, 0.0, 86400.0), 1e-3 + 1e-3 * size};
}

}  // namespace

std::string WaitChecker::event(const Event& e, const State& shadow) {
    count(e);
    return estimate(e, shadow);
}

std::string WaitChecker::state(const State& s) const {
    const std::string wrong = errors(s);
    return wrong.empty() ? service(s) : wrong;
}

/// Estimates are what the learned sums make them; errors are counted call by call.
std::string WaitChecker::estimate(const Event& e, const State& shadow) {
    if (const auto* x = std::get_if<event::ContactEnqueued>(&e.body)) {
        double workers = 0;
        for (std::size_t a = 0; a < shadow.agents.size(); ++a)
            workers += works(shadow.agents[a].facts) && skilled(shadow, plan_, static_cast<AgentId>(a), x->queue);
        if (x->estimate.has_value() != (workers > 0 && !x->wanted))
            return "an estimate without agents at work, or the reverse";
        if (!x->estimate) return {};
        ContactRecord comer;
        comer.id = x->contact;
        comer.queue = x->queue;
        comer.priority = x->priority;
        comer.enqueued = e.at;
        bool somebody = false;
        for (std::size_t a = 0; a < shadow.agents.size(); ++a)
            somebody |= may_take(shadow, plan_, static_cast<AgentId>(a), comer, e.at);
        if (x->estimate->p80.has_value() == somebody) return "in line although an agent is free, or the reverse";
        const WaitModel& m = shadow.queues[index(x->queue)].waits;
        const LineWait line = somebody ? LineWait{0, 1e-3} : line_wait(shadow, plan_, x->queue, comer);
        const double expected = std::min(line.seconds + seconds(m.ringing), 86400.0);
        if (std::abs(seconds(x->estimate->expected) - expected) > line.rounding)
            return "expects " + std::to_string(seconds(x->estimate->expected)) + " s, not " + std::to_string(expected);
        if (somebody) return {};
        const double spread = static_cast<double>(m.spread) / WaitModel::kSpreadOne;
        const auto p80 = [&](double in_line) {
            const double more = spread * std::sqrt(in_line * gap(shadow.queues[index(x->queue)], workers));
            return std::clamp(in_line + seconds(m.ringing) + more, 0.0, 86400.0);
        };
        const double bounds[] = {p80(std::max(line.seconds - line.rounding, 0.0)), p80(line.seconds + line.rounding)};
        const double told = seconds(*x->estimate->p80);
        if (told < std::min(bounds[0], bounds[1]) - 1e-3 * (1 + bounds[0]) ||
            told > std::max(bounds[0], bounds[1]) + 1e-3 * (1 + bounds[1]))
            return "p80 is wrong";
        told_[x->contact] = {seconds(x->estimate->expected), seconds(*x->estimate->p80)};
    } else if (const auto* x = std::get_if<event::ContactConnected>(&e.body)) {
        const auto told = told_.find(x->contact);
        if (x->expected_wait.has_value() != (told != told_.end())) return "forgot what it had expected";
        if (told == told_.end()) return {};
        const double error = std::clamp(told->second.expected - seconds(x->waited), -86400.0, 86400.0);
        Wrong& w = wrong_[x->queue];
        ++w.calls;
        w.sum += error;
        w.absolute += std::abs(error);
        w.squares += error * error;
        w.covered += seconds(x->waited) <= told->second.p80 + 1e-7;
        told_.erase(told);
    } else if (const auto* x = std::get_if<event::ContactOverflowed>(&e.body)) {
        told_.erase(x->contact);
        const Duration limit = plan_.queues[index(x->from)].overflow_when.expected_wait;
        if (x->cause != OverflowCause::expected_wait) return {};
        const double line = line_wait(shadow, plan_, x->from, *shadow.find(x->contact)).seconds;
        if (limit == 0s || line + seconds(shadow.queues[index(x->from)].waits.ringing) < 0.999 * seconds(limit))
            return "sent on although it would not wait long";
    } else if (const auto* x = std::get_if<event::ContactAbandoned>(&e.body)) {
        told_.erase(x->contact);
    } else if (const auto* x = std::get_if<event::ContactEnded>(&e.body)) {
        told_.erase(x->contact);
    }
    return {};
}

void WaitChecker::count(const Event& e) {
    const auto ended = [&](QueueId queue, ServiceCounts counts) { ended_.push_back({e.at, queue, counts}); };
    if (const auto* x = std::get_if<event::ContactConnected>(&e.body)) {
        const bool met = x->waited <= plan_.queues[index(x->queue)].service_level;
        ended(x->queue, met ? ServiceCounts{1, 1, 0, 0} : ServiceCounts{0, 1, 0, 0});
    } else if (const auto* x = std::get_if<event::ContactAbandoned>(&e.body)) {
        ended(x->queue, {0, 0, 1, 0});
    } else if (const auto* x = std::get_if<event::ContactOverflowed>(&e.body)) {
        ended(x->from, {0, 0, 0, 1});
    } else if (const auto* x = std::get_if<event::ContactEnded>(&e.body)) {
        if (!x->agent && x->outside.empty() && x->queue) ended(*x->queue, {0, 0, 0, 1});
    }
}

/// Windows count what a look at every wait that ever ended counts.
std::string WaitChecker::service(const State& s) const {
    using std::chrono::floor;
    const auto minute = [](Timestamp at) { return floor<std::chrono::minutes>(at); };
    if (const std::pair now(ended_.size(), Timestamp(minute(s.clock))); std::exchange(counted_, now) == now) return {};
    for (std::size_t q = 0; q < s.queues.size(); ++q) {
        ServiceCounts today, last[3];
        constexpr int kLengths[] = {1, 5, 60};
        const Timestamp midnight = floor<std::chrono::days>(s.clock);
        for (const Ended& one : ended_) {
            if (index(one.queue) != q) continue;
            if (one.at >= midnight) today += one.counts;
            for (std::size_t i = 0; i < 3; ++i)
                if (minute(one.at) + std::chrono::minutes(kLengths[i]) > minute(s.clock)) last[i] += one.counts;
        }
        const ServiceWindows& windows = s.queues[q].service;
        if (windows.since(midnight) != today) return "today's calls are miscounted";
        for (std::size_t i = 0; i < 3; ++i)
            if (windows.last(kLengths[i], s.clock) != last[i]) return "the calls of the last minutes are miscounted";
    }
    return {};
}

std::string WaitChecker::errors(const State& s) const {
    std::size_t waiting = 0;
    for (std::size_t q = 0; q < s.queues.size(); ++q) {
        const QueueRecord& record = s.queues[q];
        waiting += record.waiting();
        if (record.waits.since.has_value() == (record.waiting() == record.kept.size()))
            return "a backlog without contacts, or the reverse";
        const WaitErrors& errors = record.waits.errors;
        const auto found = wrong_.find(static_cast<QueueId>(q));
        const Wrong w = found == wrong_.end() ? Wrong{} : found->second;
        const auto off = [&](double value, double sum) {  // a unit of rounding with each call
            return w.calls <= WaitErrors::kOf &&
                   std::abs(value * w.calls - sum) > 2e-3 * (w.calls * w.calls + std::abs(sum));
        };
        if (static_cast<double>(errors.calls) != w.calls || off(seconds(errors.bias), w.sum) ||
            off(seconds(errors.absolute), w.absolute) || off(static_cast<double>(errors.square) * 1e-6, w.squares) ||
            off(static_cast<double>(errors.covered) / WaitErrors::kAll, w.covered))
            return "the errors of estimates aren't those of the calls";
    }
    for (const auto& [id, told] : told_) {
        const ContactRecord* c = s.find(id);
        if (!c || !c->foreseen) return name(id) + " forgot what it was told";
        const Duration limit = plan_.queues[index(c->queue)].overflow_when.expected_wait;
        if (limit > 0s && !told.admitted && told.expected > seconds(limit) && can_overflow(plan_, *c))
            return name(id) + " was to wait elsewhere";
    }
    return waiting == s.waiting ? "" : "the contacts in line are miscounted";
}

}  // namespace centrala::routing::testing
