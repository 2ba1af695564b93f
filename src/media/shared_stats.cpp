// A session's counters on their way from its media thread to the signalling thread.
#include "media/shared_stats.hpp"

namespace centrala::media {

void SharedStats::begin(SessionId session) {
    constexpr auto order = std::memory_order_relaxed;
    for (auto* counter : {&packets_received, &packets_sent, &bytes_received, &bytes_sent, &packets_lost, &ignored,
                          &send_errors, &peer_packets_lost})
        counter->store(0, order);
    for (auto* value : {&jitter_us, &peer_jitter_us, &round_trip_us}) value->store(0, order);
    session_.store(session, std::memory_order_release);
}

SessionStats SharedStats::snapshot(SessionId session) const {
    SessionStats s;
    if (session_.load(std::memory_order_acquire) != session) return s;
    constexpr auto order = std::memory_order_relaxed;
    s.packets_received = packets_received.load(order);
    s.packets_sent = packets_sent.load(order);
    s.bytes_received = bytes_received.load(order);
    s.bytes_sent = bytes_sent.load(order);
    s.packets_lost = packets_lost.load(order);
    s.jitter_us = jitter_us.load(order);
    s.ignored = ignored.load(order);
    s.send_errors = send_errors.load(order);
    s.peer_packets_lost = peer_packets_lost.load(order);
    s.peer_jitter_us = peer_jitter_us.load(order);
    s.round_trip_us = round_trip_us.load(order);
    return s;
}

}  // namespace centrala::media
