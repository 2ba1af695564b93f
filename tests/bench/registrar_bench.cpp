// What an agent's phone costs that refreshes its registration: parsed, authenticated, bound and answered by the whole
// of calls::Server, with the timers that it leaves behind; and what a registration takes of memory.
#include <ctime>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <benchmark/benchmark.h>
#include <malloc.h>

#include "centrala/base/random.hpp"
#include "centrala/calls/server.hpp"
#include "centrala/config/load.hpp"
#include "centrala/sip/digest.hpp"
#include "sim/fake_media.hpp"

namespace {

using namespace centrala;

constexpr Duration kRefreshEach = 300s;
constexpr std::size_t kBatch = 1'000;  // requests written ahead, so that writing them isn't timed

config::Config make_config(std::size_t agents, bool sha256) {
    std::string yaml = "sip: {listen: [udp: 10.255.0.1:5060]}\nregistration: {nonce_lifetime: 24h, algorithms: [" +
                       std::string(sha256 ? "SHA-256" : "MD5") +
                       "]}\nskills: [talk]\nqueues: {work: {requires: {talk: 1}}}\n"
                       "limits: {registers_per_second: 0}\n"
                       "entry_points: {main: {numbers: [100], queue: work}}\nlog: {events: x}\nagents:\n";
    for (std::size_t i = 0; i < agents; ++i)
        yaml += "  a" + std::to_string(i) + ": {password: secret-of-a" + std::to_string(i) + ", skills: {talk: 5}}\n";
    return std::get<config::Config>(config::load_text(yaml, "bench.yaml"));
}

struct Discard : journal::Sink {
    void append(const routing::Event&) override {}
    void append(Timestamp, std::string_view, std::initializer_list<journal::Field>) override {}
};

double cpu_seconds() {
    timespec t{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

class Phones {
public:
    Phones(std::size_t count, bool sha256)
        : config_(make_config(count, sha256)), core_(config_.plan), server_(config_, core_, sink_, media_, *random_) {
        server_.start({}, {}, now);
        receive(0, text(0, {}, 0));  // the challenge that all of them answer
        const std::string reply(server_.outbox()[0].bytes);
        server_.outbox().clear();
        const std::size_t at = reply.find("WWW-Authenticate: ") + 18;
        challenge_ = *sip::read_challenge(std::string_view(reply).substr(at, reply.find("\r\n", at) - at));
        const std::size_t before = ::mallinfo2().uordblks;
        for (std::size_t i = 0; i < count; ++i) {
            answer(i);
            receive(i, text_);
            if (server_.outbox().size() != 1 || server_.outbox()[0].bytes.substr(0, 11) != "SIP/2.0 200") failed = true;
            server_.outbox().clear();
        }
        settle();
        bytes_each = static_cast<double>(::mallinfo2().uordblks - before) / static_cast<double>(count);
    }

    /// The next kBatch of them; the CPU time that the server took.
    double refresh() {
        std::vector<std::string> requests;
        std::vector<std::size_t> whose;
        for (std::size_t i = 0; i < kBatch; ++i, next_ = (next_ + 1) % config_.agents.size()) {
            answer(next_);
            requests.push_back(text_);
            whose.push_back(next_);
        }
        const double start = cpu_seconds();
        for (std::size_t i = 0; i < kBatch; ++i) {
            now += kRefreshEach / config_.agents.size();
            receive(whose[i], requests[i]);
            if (const auto due = server_.deadline(); due && *due <= now) server_.advance(now);
            server_.outbox().clear();
        }
        return cpu_seconds() - start;
    }

    bool failed = false;
    double bytes_each = 0;
    Timestamp now{Duration(1'700'000'000'000'000)};

private:
    /// Until the transactions are over.
    void settle() {
        now += 40s;
        while (server_.deadline() && *server_.deadline() <= now) server_.advance(now);
        server_.outbox().clear();
    }
    static std::string name(std::size_t i) { return "a" + std::to_string(i); }
    static Endpoint address(std::size_t i) {
        return {IpAddress::v4({10, static_cast<std::uint8_t>(i >> 16), static_cast<std::uint8_t>(i >> 8),
                               static_cast<std::uint8_t>(i)}),
                5060};
    }
    std::string text(std::size_t i, std::string_view authorization, std::uint32_t cseq) {
        const std::string remote = address(i).to_string();
        std::string out = "REGISTER sip:centrala SIP/2.0\r\nVia: SIP/2.0/UDP " + remote + ";rport;branch=z9hG4bK" +
                          std::to_string(++branch_) + "\r\nFrom: <sip:" + name(i) +
                          "@centrala>;tag=1\r\nTo: <sip:" + name(i) + "@centrala>\r\nCall-ID: 3848276298220188511@" +
                          remote + "\r\nCSeq: " + std::to_string(cseq) + " REGISTER\r\nContact: <sip:" + name(i) + "@" +
                          remote + ">;expires=600\r\nMax-Forwards: 70\r\nUser-Agent: SomePhone 1.2.3\r\n";
        if (!authorization.empty()) out.append("Authorization: ").append(authorization).append("\r\n");
        return out + "Content-Length: 0\r\n\r\n";
    }
    void answer(std::size_t i) {
        ++count_;  // of the nonce, which all use in turn
        text_ = text(i,
                     sip::answer_challenge(challenge_, {name(i), "secret-of-" + name(i)}, "REGISTER", "sip:centrala",
                                           count_, "0a4f113b"),
                     count_);
    }
    void receive(std::size_t i, std::string bytes) {
        server_.receive(bytes, {sip::Transport::udp, {IpAddress::v4({10, 255, 0, 1}), 5060}, address(i), 0}, now);
    }

    std::unique_ptr<RandomSource> random_ = make_seeded_random(1);
    config::Config config_;
    routing::Core core_;
    Discard sink_;
    sim::FakeMedia media_;
    calls::Server server_;
    sip::DigestChallenge challenge_;
    std::string text_;
    std::uint64_t branch_ = 0;
    std::uint32_t count_ = 0;
    std::size_t next_ = 0;
};

/// range(0) phones, each of which refreshes every five minutes; an iteration is a thousand refreshes.
void Refresh(benchmark::State& state, bool sha256) {
    Phones phones(static_cast<std::size_t>(state.range(0)), sha256);
    double seconds = 0;
    for (auto _ : state) {
        const double took = phones.refresh();
        state.SetIterationTime(took);
        seconds += took;
    }
    if (phones.failed) return state.SkipWithError("not registered");
    const double each = seconds / static_cast<double>(state.iterations() * kBatch);
    state.counters["us_each"] = each * 1e6;
    state.counters["per_s"] = 1 / each;
    state.counters["bytes_each"] = phones.bytes_each;
}
BENCHMARK_CAPTURE(Refresh, md5, false)->Arg(1'000)->Arg(100'000)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Refresh, sha256, true)->Arg(1'000)->Arg(100'000)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
