// What offers and answers cost; a call needs about two of each.
#include <benchmark/benchmark.h>

#include "centrala/sdp/sdp.hpp"

namespace {

using namespace centrala;

constexpr std::string_view kOffer =
    "v=0\r\no=- 3724394400 3724394405 IN IP4 198.51.100.1\r\ns=call\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\n"
    "m=audio 49170 RTP/AVP 9 8 0 18 101\r\na=rtpmap:9 G722/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
    "a=rtpmap:18 G729/8000\r\na=fmtp:18 annexb=no\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
    "a=ptime:20\r\na=sendrecv\r\n";

sdp::Local local() {
    sdp::Local l;
    l.address = *IpAddress::parse("192.0.2.10");
    l.port = 30000;
    l.session_id = 3724394400;
    l.session_version = 1;
    return l;
}

void ParseOffer(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(sdp::parse(kOffer));
}
BENCHMARK(ParseOffer);

void ParseAndAnswerOffer(benchmark::State& state) {
    const auto l = local();
    for (auto _ : state) {
        const auto offer = sdp::parse(kOffer);
        benchmark::DoNotOptimize(sdp::answer(*offer, l));
    }
}
BENCHMARK(ParseAndAnswerOffer);

void WriteOffer(benchmark::State& state) {
    const auto l = local();
    for (auto _ : state) benchmark::DoNotOptimize(sdp::write_offer(l));
}
BENCHMARK(WriteOffer);

}  // namespace
