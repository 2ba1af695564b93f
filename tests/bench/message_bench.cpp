// What one message costs: parsing an INVITE of some 500 octets in its buffer, and writing all of it again.
#include <cstring>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "centrala/base/random.hpp"
#include "centrala/base/timer_queue.hpp"
#include "centrala/sip/message.hpp"

namespace {

using namespace centrala;
using namespace centrala::sip;

constexpr std::string_view kInvite =
    "INVITE sip:2000@acd.example.com SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 192.0.2.17:5060;rport;branch=z9hG4bKPj3f2c91d0a8e7\r\n"
    "Max-Forwards: 70\r\n"
    "From: \"Ann Caller\" <sip:ann@example.net>;tag=9fxced76sl\r\n"
    "To: <sip:2000@acd.example.com>\r\n"
    "Contact: <sip:ann@192.0.2.17:5060;ob>\r\n"
    "Call-ID: 3848276298220188511@192.0.2.17\r\n"
    "CSeq: 21841 INVITE\r\n"
    "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE\r\n"
    "Supported: replaces, 100rel, timer\r\n"
    "User-Agent: Softphone 4.2\r\n"
    "Content-Type: application/sdp\r\n"
    "Content-Length: 20\r\n"
    "\r\n"
    "v=0\r\nm=audio 4 RTP/A";

void write_all(const Message& m, std::string& out) {
    MessageWriter w(out);
    w.request_line(m.method_name(), m.request_uri_text());
    for (const Header& h : m.headers())
        if (h.id != HeaderId::content_length && h.id != HeaderId::content_type) w.header(h.name, h.value);
    w.body("application/sdp", m.body());
}

void parse_invite(benchmark::State& state) {
    std::vector<char> buffer(kInvite.size());
    Message m;
    for (auto _ : state) {
        std::memcpy(buffer.data(), kInvite.data(), kInvite.size());
        const Parsed p = parse(buffer, m);
        if (p.verdict != Verdict::complete) state.SkipWithError("not parsed");
        benchmark::DoNotOptimize(m);
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * kInvite.size()));
}
BENCHMARK(parse_invite);

void parse_and_write_invite(benchmark::State& state) {
    std::vector<char> buffer(kInvite.size());
    Message m;
    std::string out;
    for (auto _ : state) {
        std::memcpy(buffer.data(), kInvite.data(), kInvite.size());
        const Parsed p = parse(buffer, m);
        if (p.verdict != Verdict::complete) state.SkipWithError("not parsed");
        out.clear();
        write_all(m, out);
        benchmark::DoNotOptimize(out.data());
    }
    if (out.size() != kInvite.size()) state.SkipWithError("not written whole");
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * kInvite.size()));
}
BENCHMARK(parse_and_write_invite);

void frame_invite(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(frame(kInvite));
}
BENCHMARK(frame_invite);

/// The life of a retransmission timer: set, nearly always cancelled, with as many others pending as the argument says.
void timer_set_and_cancel(benchmark::State& state) {
    TimerQueue<std::uint64_t> queue;
    const auto random = make_seeded_random(1);
    for (std::int64_t i = 0; i < state.range(0); ++i) queue.schedule(Timestamp(Duration(random->below(32'000'000))), 0);
    std::int64_t now = 0;
    for (auto _ : state) {
        TimerId id = queue.schedule(Timestamp(Duration(++now + 500'000)), 1);
        queue.cancel(id);
    }
}
BENCHMARK(timer_set_and_cancel)->Arg(100)->Arg(100'000);

}  // namespace
