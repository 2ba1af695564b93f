// What the engine tells of itself: keys and silence.
#include <set>

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include "media/engine_leg.hpp"

namespace centrala::media {
namespace {

using namespace test;
using std::chrono::milliseconds;

TEST(EngineEvents, ReportAKeyOnceAndPassItOnWithTheOthersNumber) {
    const Fd wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));  // outlives the engine
    auto o = options();
    o.wake_fd = wake.get();
    const auto engine = make_engine(o);
    Leg a(*engine), b(*engine);
    a.connect();
    auto other = b.audio();
    other.telephone_event = 96;
    engine->connect(b.id, other);
    engine->bridge(a.id, b.id);
    ASSERT_TRUE(eventually([&] {
        a.speak(0, 0x10);
        return b.peer.receive(milliseconds(20)).has_value();
    }));
    a.timestamp += 160;
    for (std::uint16_t i = 1; i <= 4; ++i) a.event_packet(101, 11, i > 1, static_cast<std::uint16_t>(160 * i));
    pollfd p{wake.get(), POLLIN, 0};
    EXPECT_EQ(::poll(&p, 1, 5000), 1) << "the signalling thread is woken";
    const auto events = wait_events(*engine, 1);
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].kind, Event::Kind::digit);
    EXPECT_EQ(events[0].digit, '#');
    EXPECT_EQ(events[0].session, a.id);
    int passed_on = 0;
    std::set<std::uint32_t> stamps;
    while (passed_on < 4) {
        auto d = b.peer.receive(milliseconds(1000));
        ASSERT_TRUE(d);
        const auto packet = d->rtp();
        if (packet->header.payload_type != 96) continue;
        ++passed_on;
        stamps.insert(packet->header.timestamp);
        EXPECT_EQ(packet->payload[0], 11);
    }
    EXPECT_EQ(stamps.size(), 1u) << "one press keeps one timestamp";
}

TEST(EngineEvents, ReportSilenceOnceAndOnlyWhenRtpIsDue) {
    auto o = options();
    o.rtp_timeout = 100ms;
    const auto engine = make_engine(o);
    Leg mute(*engine), held(*engine), unanswered(*engine);
    mute.connect();
    auto on_hold = held.audio();
    on_hold.direction = sdp::Direction::recvonly;
    on_hold.held = true;
    engine->connect(held.id, on_hold);
    std::vector<Event> events = wait_events(*engine, 1);
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].kind, Event::Kind::timeout);
    EXPECT_EQ(events[0].session, mute.id);
    for (std::size_t more = 2; more < 5; ++more) {  // others fall silent after it: the first would be told of before
        Leg next(*engine);
        next.connect();
        auto told = wait_events(*engine, 1);
        ASSERT_EQ(told.size(), 1u);
        EXPECT_EQ(told[0].session, next.id);
        engine->close(next.id);
    }
}

}  // namespace
}  // namespace centrala::media
