// One leg's reports and time-outs: RTCP sending rules of RFC 3550 §6.2–§6.4 for two participants.
#include <algorithm>
#include <chrono>

#include "media/session.hpp"

namespace centrala::media {
namespace {

constexpr std::uint64_t kNtpToUnix = 2'208'988'800;

/// Reports carry the time of day; nothing is decided by it.
std::uint64_t ntp_now() {
    const auto us = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
            .count());
    return (us / 1'000'000 + kNtpToUnix) << 32 | ((us % 1'000'000) << 32) / 1'000'000;
}

/// 5 s, randomised by half, over e − 3/2 (RFC 3550 §6.3.1).
Duration report_interval(RandomSource& random) {
    return Duration(static_cast<std::int64_t>((2'500'000 + random.below(5'000'000)) * 100'000 / 121'828));
}

std::uint32_t to_dlsr(Duration d) {
    return static_cast<std::uint32_t>(d.count() * 65536 / 1'000'000);
}

}  // namespace

void Session::schedule_house(Timestamp now) {
    house_at_ = report_at_;
    if (expects_rtp() && !timed_out_) house_at_ = std::min(house_at_, std::max(heard_at_ + rtp_timeout_, now));
}

void Session::keep_house(Timestamp now, RandomSource& random, EventSink& events) {
    if (expects_rtp() && !timed_out_ && now - heard_at_ >= rtp_timeout_) {
        timed_out_ = true;
        events.push({Event::Kind::timeout, id_});
    }
    if (now >= report_at_) {
        send_report(now, false);
        report_at_ = now + report_interval(random);
    }
    schedule_house(now);
}

void Session::send_report(Timestamp now, bool bye) {
    if (!audio_ || (audio_->held && audio_->remote.port == 0)) return;  // 0.0.0.0: no RTCP either (RFC 3264 §8.4)
    Endpoint to = audio_->remote_rtcp;
    const auto& latched = latch_.latched();
    if (latched && latched->address != to.address && latched->port != 65535)
        to = {latched->address, static_cast<std::uint16_t>(latched->port + 1)};
    if (rtcp_from_ && (!latched || latched->address == rtcp_from_->address)) to = *rtcp_from_;
    if (to.port == 0 || to.address.is_v4() != port_.rtp.address.is_v4()) return;

    RtcpReport report;
    report.ssrc = out_.ssrc();
    report.bye = bye;
    if (sent_packets_ != reported_packets_)
        report.sender = SenderInfo{ntp_now(), out_.timestamp_at(now), sent_packets_, sent_octets_};
    reported_packets_ = sent_packets_;
    report.block = in_.report();
    if (report.block && last_sr_ != 0) {
        report.block->last_sr = last_sr_;
        report.block->delay_since_last_sr = to_dlsr(now - last_sr_at_);
    }
    RtcpBuffer buffer;
    const std::size_t size = write_rtcp(report, cname_, buffer);
    const SocketAddress address = to_socket_address(to);
    Result<Fd, BindError> brief{Fd()};  // a socket for this one report
    if (!port_.rtcp_fd) brief = port_.bind_rtcp();
    const int fd = port_.rtcp_fd ? port_.rtcp_fd.get() : brief ? brief->get() : -1;
    if (::sendto(fd, buffer.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&address.storage), address.size) < 0)
        return bump(stats_.send_errors);
    reported_ = true;
}

void Session::receive_rtcp(std::span<const std::uint8_t> datagram, const Endpoint& from, Timestamp now) {
    // Only from where the peer's RTP comes from, or is said to come from.
    const Endpoint& expected = latch_.destination();
    if (!audio_ || expected.port == 0 || from.address != expected.address) return bump(stats_.ignored);
    const auto report = parse_rtcp(datagram, out_.ssrc());
    if (!report) return bump(stats_.ignored);
    rtcp_from_ = from;
    if (report->sender) {
        last_sr_ = static_cast<std::uint32_t>(report->sender->ntp >> 16);
        last_sr_at_ = now;
    }
    if (!report->block) return;
    const ReportBlock& b = *report->block;
    stats_.peer_packets_lost.store(static_cast<std::uint64_t>(std::max(0, b.cumulative_lost)),
                                   std::memory_order_relaxed);
    stats_.peer_jitter_us.store(static_cast<std::uint32_t>(std::min<std::uint64_t>(b.jitter * 125ull, UINT32_MAX)),
                                std::memory_order_relaxed);
    if (b.last_sr == 0) return;
    const auto round_trip = static_cast<std::uint32_t>(ntp_now() >> 16) - b.last_sr - b.delay_since_last_sr;
    if (round_trip < 65536 * 60)  // a minute; anything else is a lie or a step of the clock
        stats_.round_trip_us.store(static_cast<std::uint32_t>(round_trip * 1'000'000ull / 65536),
                                   std::memory_order_relaxed);
}

}  // namespace centrala::media
