// What a routing decision costs as agents, waiting calls and skill groups grow. Times are of Core::step alone: every
// event of the step is decided, applied and indexed in it.
#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

#include "centrala/routing/core.hpp"

namespace {

using namespace centrala;
using namespace centrala::routing;

constexpr std::size_t kSkillsEach = 3;

using Clock = std::chrono::steady_clock;

/// What reading the clock twice takes, in seconds: what is timed doesn't include it.
double clock_cost() {
    std::vector<double> samples(10'001);
    for (double& sample : samples) {
        const auto begin = Clock::now();
        sample = std::chrono::duration<double>(Clock::now() - begin).count();
    }
    std::sort(samples.begin(), samples.end());
    return samples[samples.size() / 2];
}

struct Size {
    explicit Size(const benchmark::State& state)
        : agents(static_cast<std::size_t>(state.range(0))),
          waiting(static_cast<std::size_t>(state.range(1))),
          groups(static_cast<std::size_t>(state.range(2))),
          strategy(static_cast<Strategy>(state.range(3))),
          skills(static_cast<std::size_t>(state.range(4))) {}
    std::size_t agents, waiting, groups;
    Strategy strategy;
    std::size_t skills;
};

/// A queue for each skill; agents have three of the skills, drawn so that there are about `groups` different sets.
std::shared_ptr<const Plan> make_plan(const Size& size) {
    auto plan = std::make_shared<Plan>();
    plan->skills.resize(size.skills);
    plan->ready_on_login = true;
    for (std::size_t q = 0; q < size.skills; ++q) {
        Queue queue;
        queue.required.skills = {{static_cast<SkillId>(q), 1}};
        queue.strategy = size.strategy;
        queue.capacity = 1'000'000;
        queue.wrap_up = 0s;
        queue.max_wait = 1h;
        plan->queues.push_back(queue);
        plan->entry_points.push_back({"", static_cast<QueueId>(q), false});
    }
    std::mt19937_64 dice(1);
    std::vector<std::vector<SkillLevel>> profiles(size.groups);
    for (auto& profile : profiles)
        while (profile.size() < kSkillsEach)
            profile.push_back({static_cast<SkillId>(dice() % size.skills), static_cast<std::uint8_t>(1 + dice() % 10)});
    plan->agents.resize(size.agents);
    for (std::size_t a = 0; a < size.agents; ++a) {
        plan->agents[a].skills = profiles[a % size.groups];
        // Every queue must have somebody: the first agents are the queues' own.
        if (a < size.skills) plan->agents[a].skills.push_back({static_cast<SkillId>(a), 5});
    }
    return plan;
}

class Centre {
public:
    explicit Centre(const Size& size) : plan_(make_plan(size)), core_(plan_) {
        for (std::size_t a = 0; a < size.agents; ++a) {
            step(input::DeviceChanges{static_cast<AgentId>(a), Device::registered});
            step(input::AgentLogsIn{static_cast<AgentId>(a)});
        }
    }
    Core::Step step(const Input& in) {
        now_ += 50us;
        const auto done = core_.step(in, now_);
        for (const Event& e : done.events)
            if (const auto* x = std::get_if<event::OfferMade>(&e.body)) offers_.push_back(*x);
        return done;
    }
    /// The step's own time in seconds.
    double timed(const Input& in) {
        now_ += 50us;
        const auto begin = Clock::now();
        const auto done = core_.step(in, now_);
        const auto end = Clock::now();
        for (const Event& e : done.events)
            if (const auto* x = std::get_if<event::OfferMade>(&e.body)) offers_.push_back(*x);
        return std::max(0.0, std::chrono::duration<double>(end - begin).count() - clock_cost_);
    }
    Input arrival() { return arrival(static_cast<QueueId>(dice_() % plan_->queues.size())); }
    static Input arrival(QueueId queue) {
        return input::ContactArrives{
            static_cast<EntryPointId>(index(queue)), "4930100", "491701234567", "", "trunk", ""};
    }
    void fill(std::size_t waiting) {
        std::size_t in_line = 0;
        while (in_line < waiting) {
            step(arrival());
            while (!offers_.empty()) talk();
            in_line = 0;
            for (const QueueRecord& q : core_.state().queues) in_line += q.line();
        }
    }
    /// Answers the offer; the queue that it came from.
    QueueId talk() {
        const event::OfferMade offer = offers_.front();
        offers_.pop_front();
        step(input::OfferAccepted{offer.offer});
        talking_.push_back(offer.contact);
        return offer.queue;
    }
    Input next_hang_up() {
        const ContactId contact = talking_.front();
        talking_.pop_front();
        return input::ConversationEnds{contact, EndCause::caller_hangup};
    }
    [[nodiscard]] bool ringing() const { return !offers_.empty(); }
    [[nodiscard]] std::size_t groups() const { return core_.state().index.groups(); }

private:
    std::shared_ptr<const Plan> plan_;
    Core core_;
    Timestamp now_{1'000'000s};
    double clock_cost_ = clock_cost();
    std::mt19937_64 dice_{2};
    std::deque<event::OfferMade> offers_;
    std::deque<ContactId> talking_;
};

void sizes(benchmark::internal::Benchmark* b) {
    b->ArgNames({"agents", "waiting", "groups", "strategy", "skills"});
    for (const long waiting : {0L, 1'000L, 100'000L})
        for (const long agents : {10L, 100L, 1'000L, 10'000L, 100'000L})
            if (agents < 100'000 || waiting != 1'000)  // so many agents leave hardly anybody to wait
                b->Args({agents, waiting, std::min(agents, 50L), 0, 20});
    for (const long waiting : {0L, 100'000L}) {
        for (const long strategy : {0L, 1L, 2L, 3L}) b->Args({10'000, waiting, 5'000, strategy, 20});
        b->Args({10'000, waiting, 5'000, 0, 200});
    }
}

/// An agent becomes free while calls wait, or (nobody waiting) a call arrives while agents idle: one offer. The median
/// is the figure to look at on a machine that does other things too. So many that all who waited at first have been
/// served early on: the state that fill() makes, in one go, isn't like that of a centre at work.
void decision(benchmark::State& state) {
    const Size size(state);
    const std::size_t waiting = size.waiting;
    Centre centre(size);
    centre.fill(waiting);
    std::vector<double> samples;
    samples.reserve(static_cast<std::size_t>(state.max_iterations));
    for (auto _ : state) {
        samples.push_back(centre.timed(waiting == 0 ? centre.arrival(static_cast<QueueId>(samples.size() % 10))
                                                    : centre.next_hang_up()));
        state.SetIterationTime(samples.back());
        if (!centre.ringing()) return state.SkipWithError("no offer was made");
        const QueueId queue = centre.talk();
        if (waiting == 0)
            centre.step(centre.next_hang_up());
        else
            centre.step(centre.arrival(queue));
    }
    std::sort(samples.begin(), samples.end());
    state.counters["p50_ns"] = samples[samples.size() / 2] * 1e9;
    state.counters["p99_ns"] = samples[samples.size() * 99 / 100] * 1e9;
    state.counters["groups"] = static_cast<double>(centre.groups());
}
BENCHMARK(decision)->Apply(sizes)->UseManualTime()->Iterations(300'000);

/// A whole queued call: one hangs up and its agent is offered the next, who is answered; another arrives. Three steps,
/// ten events.
void queued_call(benchmark::State& state) {
    const Size size(state);
    const std::size_t waiting = size.waiting;
    Centre centre(size);
    centre.fill(waiting);
    std::size_t calls = 0;
    for (auto _ : state) {
        if (waiting == 0) {
            centre.step(centre.arrival(static_cast<QueueId>(calls++ % 10)));
            centre.talk();
            centre.step(centre.next_hang_up());
        } else {
            centre.step(centre.next_hang_up());
            if (!centre.ringing()) return state.SkipWithError("no offer was made");
            centre.step(centre.arrival(centre.talk()));
        }
    }
}
BENCHMARK(queued_call)->Apply(sizes)->Iterations(50'000);

}  // namespace
