// What a line costs to write and to read back, and a turn to commit.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <benchmark/benchmark.h>
#include <unistd.h>

#include "centrala/journal/journal.hpp"

namespace {

using namespace centrala;
namespace event = routing::event;

std::shared_ptr<routing::Plan> plan() {
    auto p = std::make_shared<routing::Plan>();
    p->skills = {{"english"}};
    routing::Queue queue;
    queue.name = "orders";
    p->queues = {queue};
    routing::Agent agent;
    agent.name = "ann";
    p->agents = {agent};
    p->entry_points = {{"sales", routing::QueueId{0}, false}};
    return p;
}

constexpr Timestamp kNow{Duration{1'700'000'000'123'456}};
constexpr routing::ContactId kContact{123456};
constexpr routing::OfferId kOffer{234567};

routing::Event arrived() {
    return {kNow, event::ContactArrived{kContact, routing::EntryPointId{0}, "+31201234567", "+31612345678",
                                        "J. de Vries", "trunk-1", "a84b4c76e66710@pc33.example.com"}};
}
routing::Event made() {
    return {kNow, event::OfferMade{kOffer, kContact, routing::QueueId{0}, routing::AgentId{0},
                                   routing::Strategy::longest_idle, 7, 61234567us, 5, 12345678us, 1, kNow + 20s}};
}
routing::Event changed() {
    routing::AgentFacts facts;
    facts.session = routing::Session::logged_in;
    facts.intent = routing::Intent::ready;
    facts.device = routing::Device::registered;
    facts.tasks = {{kContact, routing::Channel::voice, routing::Work::reserved}};
    return {kNow, event::AgentChanged{routing::AgentId{0},
                                      routing::AgentState::ready,
                                      routing::AgentState::reserved,
                                      facts,
                                      routing::Actor::system,
                                      "offer.made",
                                      61234567us,
                                      kNow,
                                      {},
                                      {},
                                      {}}};
}

void format_line(benchmark::State& state, const routing::Event& event) {
    const auto p = plan();
    std::string out;
    std::uint64_t seq = 1'000'000;
    for (auto _ : state) {
        out.clear();
        journal::format(out, ++seq, event, *p);
        benchmark::DoNotOptimize(out.data());
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * out.size()));
}
BENCHMARK_CAPTURE(format_line, contact_arrived, arrived());
BENCHMARK_CAPTURE(format_line, offer_made, made());
BENCHMARK_CAPTURE(format_line, agent_state_changed, changed());

class Directory {
public:
    Directory() {
        std::string form = std::filesystem::temp_directory_path() / "centrala-bench-XXXXXX";
        path_ = ::mkdtemp(form.data());
    }
    ~Directory() { std::filesystem::remove_all(path_); }
    [[nodiscard]] std::string file() const { return path_ / "log"; }

private:
    std::filesystem::path path_;
};

void commit_turn(benchmark::State& state) {
    const Directory directory;
    routing::Core core(plan());
    auto journal = journal::Journal::open({directory.file(), 16 << 20, 0s, 1s, {}}, core, kNow);
    const auto event = made();
    const auto lines = state.range(0);
    for (auto _ : state) {
        for (auto i = 0; i < lines; ++i) (*journal)->append(event);
        (*journal)->commit(kNow);
    }
    state.SetItemsProcessed(state.iterations() * lines);
}
BENCHMARK(commit_turn)->Arg(1)->Arg(10)->Iterations(20'000);

/// A restart: lines a second.
void fold_log(benchmark::State& state) {
    const Directory directory;
    const auto p = plan();
    {
        std::string text;
        std::uint64_t seq = 0;
        for (int i = 0; i < 5'000; ++i) {
            for (const auto& event : {arrived(), made(), changed()}) journal::format(text, ++seq, event, *p);
        }
        std::ofstream(directory.file()) << text;
    }
    for (auto _ : state) {
        routing::Core core(p);
        benchmark::DoNotOptimize(journal::fold(directory.file(), core).ok());
    }
    state.SetItemsProcessed(state.iterations() * 15'000);
}
BENCHMARK(fold_log)->Unit(benchmark::kMillisecond);

}  // namespace
