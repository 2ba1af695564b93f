// A session of the engine and the phone at its other end, on real sockets over the loopback.
#pragma once

#include <vector>

#include <gtest/gtest.h>

#include "media/support.hpp"

namespace centrala::media::test {

struct Leg {
    Engine& engine;
    Peer peer, rtcp;
    SessionId id{};
    Endpoint ours;
    std::uint16_t sequence = 100;
    std::uint32_t timestamp = 5000;

    explicit Leg(Engine& e, const IpAddress& address = loopback()) : engine(e), peer(address), rtcp(address) {
        auto opened = engine.open(address);
        EXPECT_TRUE(opened.ok());
        id = opened->session;
        ours = opened->rtp;
    }
    sdp::Audio audio(sdp::Codec codec = sdp::Codec::pcmu) const {
        sdp::Audio a;
        a.remote = peer.endpoint();
        a.remote_rtcp = rtcp.endpoint();
        a.codec = codec;
        a.payload_type = codec == sdp::Codec::pcmu ? 0 : 8;
        a.telephone_event = 101;
        return a;
    }
    void connect(sdp::Codec codec = sdp::Codec::pcmu) { engine.connect(id, audio(codec)); }
    void speak(std::uint8_t payload_type, std::uint8_t value, std::uint32_t ssrc = 7) {
        peer.send_rtp(ours, {false, payload_type, ++sequence, timestamp += 160, ssrc},
                      std::vector<std::uint8_t>(160, value));
    }
    void event_packet(std::uint8_t payload_type, std::uint8_t event, bool end, std::uint16_t duration) {
        peer.send_rtp(ours, {false, payload_type, ++sequence, timestamp, 7},
                      {event, static_cast<std::uint8_t>(end ? 0x8a : 0x0a), static_cast<std::uint8_t>(duration >> 8),
                       static_cast<std::uint8_t>(duration)});
    }
};

inline std::vector<Event> wait_events(Engine& engine, std::size_t count) {
    std::vector<Event> events;
    eventually([&] {
        engine.take_events(events);
        return events.size() >= count;
    });
    return events;
}

}  // namespace centrala::media::test
