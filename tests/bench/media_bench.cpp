// What a packet costs the media threads, on real sockets over the loopback: processor time of the process without the
// measuring thread, over packets. The loopback's receiving half is paid by the sender, so a network card costs less.
#include <cmath>
#include <ctime>
#include <deque>
#include <filesystem>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <benchmark/benchmark.h>
#include <netinet/in.h>
#include <sndfile.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "centrala/media/engine.hpp"

namespace {

using namespace centrala;

double seconds(clockid_t clock) {
    timespec t{};
    ::clock_gettime(clock, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

/// Processor time of all threads but this one.
double others_cpu() {
    return seconds(CLOCK_PROCESS_CPUTIME_ID) - seconds(CLOCK_THREAD_CPUTIME_ID);
}

std::string write_music() {
    const auto path =
        (std::filesystem::temp_directory_path() / ("bench-" + std::to_string(::getpid()) + ".wav")).string();
    SF_INFO info{};
    info.samplerate = 8000;
    info.channels = 1;
    info.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
    SNDFILE* file = sf_open(path.c_str(), SFM_WRITE, &info);
    std::vector<short> samples(8000 * 30);
    for (std::size_t i = 0; i < samples.size(); ++i)
        samples[i] = static_cast<short>(9000 * std::sin(0.3 * static_cast<double>(i)));
    sf_write_short(file, samples.data(), static_cast<sf_count_t>(samples.size()));
    sf_close(file);
    return path;
}

struct Sink {
    int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    Endpoint endpoint;
    Sink() {
        sockaddr_in a{};
        a.sin_family = AF_INET;
        a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof a;
        ::bind(fd, reinterpret_cast<sockaddr*>(&a), size);
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&a), &size);
        endpoint = {IpAddress::v4({127, 0, 0, 1}), ntohs(a.sin_port)};
    }
    ~Sink() { ::close(fd); }
};

sdp::Audio audio_to(const Endpoint& remote, sdp::Codec codec) {
    sdp::Audio a;
    a.remote = remote;
    a.codec = codec;
    a.payload_type = codec == sdp::Codec::pcmu ? 0 : 8;
    return a;
}

media::EngineOptions engine_options() {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    media::EngineOptions o;
    o.port_min = 10'000;
    o.port_max = 59'999;
    o.rtp_timeout = 0s;
    return o;
}

std::uint64_t total_sent(media::Engine& engine, const std::vector<media::SessionId>& sessions) {
    std::uint64_t sum = 0;
    for (const auto id : sessions) sum += engine.stats(id).packets_sent;
    return sum;
}

/// range(0) listeners of one tune; an iteration is a second.
void Music(benchmark::State& state) {
    Sink sink;
    const auto engine = media::make_engine(engine_options());
    const auto path = write_music();
    const auto music = engine->load(path);
    std::filesystem::remove(path);
    std::vector<media::SessionId> sessions;
    for (int i = 0; i < state.range(0); ++i) {
        const auto opened = engine->open(IpAddress::v4({127, 0, 0, 1}));
        if (!opened.ok()) return state.SkipWithError(opened.error().message.c_str());
        engine->connect(opened->session, audio_to(sink.endpoint, i % 2 ? sdp::Codec::pcmu : sdp::Codec::pcma));
        engine->play(opened->session, std::vector<media::PlayItem>{{*music, true}});
        sessions.push_back(opened->session);
    }
    std::this_thread::sleep_for(500ms);  // the pace is even after the burst of openings
    const double cpu = others_cpu(), wall = seconds(CLOCK_MONOTONIC);
    const std::uint64_t sent = total_sent(*engine, sessions);
    for (auto _ : state) std::this_thread::sleep_for(1s);
    const auto packets = static_cast<double>(total_sent(*engine, sessions) - sent);
    const double took = seconds(CLOCK_MONOTONIC) - wall;
    state.counters["us_cpu_per_packet"] = (others_cpu() - cpu) * 1e6 / packets;
    state.counters["cores"] = (others_cpu() - cpu) / took;
    state.counters["packets_per_s"] = packets / took;
}
BENCHMARK(Music)->Arg(100)->Arg(1000)->Arg(5000)->Arg(9000)->Iterations(3)->Unit(benchmark::kMillisecond);

/// range(0) bridges with both sides talking, PCMU to PCMA; an iteration is a second.
void Relay(benchmark::State& state) {
    Sink peer;
    const auto engine = media::make_engine(engine_options());
    std::vector<media::SessionId> sessions;
    std::vector<sockaddr_in> ports;
    for (int i = 0; i < 2 * state.range(0); ++i) {
        const auto opened = engine->open(IpAddress::v4({127, 0, 0, 1}));
        if (!opened.ok()) return state.SkipWithError(opened.error().message.c_str());
        engine->connect(opened->session, audio_to(peer.endpoint, i % 2 ? sdp::Codec::pcmu : sdp::Codec::pcma));
        sessions.push_back(opened->session);
        sockaddr_in a{};
        a.sin_family = AF_INET;
        a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        a.sin_port = htons(opened->rtp.port);
        ports.push_back(a);
        if (i % 2) engine->bridge(sessions[sessions.size() - 2], sessions.back());
    }
    std::this_thread::sleep_for(500ms);  // ports are opened ahead again, at nobody's cost
    std::uint8_t packet[172] = {0x80};
    const double cpu = others_cpu(), wall = seconds(CLOCK_MONOTONIC);
    std::uint64_t made = 0;
    for (auto _ : state) {
        auto next = std::chrono::steady_clock::now();
        for (std::uint16_t tick = 0; tick < 200; ++tick) {  // a quarter of the legs every 5 ms
            for (std::size_t i = tick % 4; i < ports.size(); i += 4, ++made) {
                const auto sequence = static_cast<std::uint16_t>(made / ports.size());
                packet[1] = i % 2 ? 0 : 8;
                packet[2] = static_cast<std::uint8_t>(sequence >> 8);
                packet[3] = static_cast<std::uint8_t>(sequence);
                packet[11] = 1;
                ::sendto(peer.fd, packet, sizeof packet, 0, reinterpret_cast<const sockaddr*>(&ports[i]),
                         sizeof ports[i]);
            }
            std::this_thread::sleep_until(next += 5ms);
        }
    }
    const auto relayed = static_cast<double>(total_sent(*engine, sessions));
    state.counters["us_cpu_per_packet"] = (others_cpu() - cpu) * 1e6 / relayed;
    state.counters["cores"] = (others_cpu() - cpu) / (seconds(CLOCK_MONOTONIC) - wall);
    state.counters["relayed_share"] = relayed / static_cast<double>(made);
}
BENCHMARK(Relay)->Arg(10)->Arg(100)->Arg(1000)->Iterations(3)->Unit(benchmark::kMillisecond);

/// What the signalling thread pays for a call's media: two sessions, music, bridge, close.
void SignallingSideOfACall(benchmark::State& state) {
    const auto engine = media::make_engine(engine_options());
    const auto path = write_music();
    const auto music = engine->load(path);
    std::filesystem::remove(path);
    const auto local = IpAddress::v4({127, 0, 0, 1});
    const double cpu = others_cpu();
    for (auto _ : state) {
        const auto a = engine->open(local), b = engine->open(local);
        if (!a.ok() || !b.ok()) return state.SkipWithError("no port");
        engine->connect(a->session, audio_to({local, 9}, sdp::Codec::pcma));
        engine->play(a->session, std::vector<media::PlayItem>{{*music, true}});
        engine->connect(b->session, audio_to({local, 9}, sdp::Codec::pcma));
        engine->bridge(a->session, b->session);
        engine->close(a->session);
        engine->close(b->session);
        state.PauseTiming();
        std::this_thread::sleep_for(2ms);  // between calls, not as a burst: the threads wake for each
        state.ResumeTiming();
    }
    state.counters["us_cpu_on_media_threads"] = (others_cpu() - cpu) * 1e6 / static_cast<double>(state.iterations());
}
BENCHMARK(SignallingSideOfACall)->Iterations(1000)->Unit(benchmark::kMicrosecond);

/// range(0) calls a second as a server under load sees them: a call opens, hears music, is bridged after 100 ms and
/// closed after another 100. Nobody talks and the music is held back (`inactive`), so that no packet's cost is counted.
void CallsInAStream(benchmark::State& state) {
    const auto engine = media::make_engine(engine_options());
    const auto path = write_music();
    const auto music = engine->load(path);
    std::filesystem::remove(path);
    const auto local = IpAddress::v4({127, 0, 0, 1});
    auto audio = audio_to({local, 9}, sdp::Codec::pcma);
    audio.direction = sdp::Direction::inactive;
    audio.held = true;
    const std::vector<media::PlayItem> programme{{*music, true}};
    using Call = std::pair<media::SessionId, media::SessionId>;
    std::deque<Call> waiting, talking;
    std::vector<media::Event> events;
    bool failed = false;
    const auto life = static_cast<std::size_t>(state.range(0) / 10);
    auto one_call = [&] {
        const auto a = engine->open(local);
        if (!a.ok()) return void(failed = true);
        engine->connect(a->session, audio);
        engine->play(a->session, programme);
        if (waiting.size() == life) {
            const auto caller = waiting.front().first;
            waiting.pop_front();
            const auto b = engine->open(local);
            if (!b.ok()) return void(failed = true);
            engine->connect(b->session, audio);
            engine->bridge(caller, b->session);
            talking.emplace_back(caller, b->session);
        }
        waiting.emplace_back(a->session, a->session);
        if (talking.size() == life) {
            engine->close(talking.front().first);
            engine->close(talking.front().second);
            talking.pop_front();
        }
        engine->take_events(events);
        events.clear();
    };
    double own = 0, others = 0;
    std::size_t calls = 0;
    auto run = [&](double for_seconds) {
        const double cpu = others_cpu();
        auto next = std::chrono::steady_clock::now();
        const auto gap = std::chrono::nanoseconds(1'000'000'000 / state.range(0));
        own = 0, calls = 0;
        for (const double end = seconds(CLOCK_MONOTONIC) + for_seconds; seconds(CLOCK_MONOTONIC) < end; ++calls) {
            const double before = seconds(CLOCK_THREAD_CPUTIME_ID);
            one_call();
            own += seconds(CLOCK_THREAD_CPUTIME_ID) - before;
            std::this_thread::sleep_until(next += gap);
        }
        others = others_cpu() - cpu;
    };
    run(2);  // the reserve of ports grows to what is needed
    for (auto _ : state) run(3);
    if (failed) return state.SkipWithError("no port");
    state.counters["us_cpu_signalling"] = own * 1e6 / static_cast<double>(calls);
    state.counters["us_cpu_media"] = others * 1e6 / static_cast<double>(calls);
}
BENCHMARK(CallsInAStream)->Arg(100)->Arg(1000)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
