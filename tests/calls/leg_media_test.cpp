// What the log says of a leg's sound when the leg is over.
#include "fixture.hpp"

namespace centrala::calls {
namespace {

class LegMediaTest : public CallTest {
protected:
    LegMediaTest() {
        build();
        for (auto& phone : phones) put_to_work(*phone);
    }
    void talk() {
        call("100");
        phones[0]->answer();
        world->run_for(50ms);
        ASSERT_TRUE(world->media.bridged(callers[0]->rtp(), phones[0]->rtp()));
    }
    [[nodiscard]] std::vector<nlohmann::json> ended() const { return records("media.ended"); }
    [[nodiscard]] std::string legs() const {
        std::string all;
        for (const auto& record : ended())
            all += record["contact"].get<std::string>() + " " + record["leg"].get<std::string>() + "; ";
        return all;
    }
};

TEST_F(LegMediaTest, EachLegOfACallLeavesItsRecordWhenTheCallIsOver) {
    talk();
    world->media.measured.packets_received = 500;
    world->media.measured.packets_sent = 510;
    world->media.measured.packets_lost = 3;
    world->media.measured.jitter_us = 1'250;
    EXPECT_EQ(legs(), "");
    callers[0]->hang_up();
    world->run_for(50ms);
    EXPECT_EQ(legs(), "c1 caller; c1 agent; ");
    const auto record = ended().at(0);
    EXPECT_EQ(record["packets_received"], 500);
    EXPECT_EQ(record["packets_sent"], 510);
    EXPECT_EQ(record["packets_lost"], 3);
    EXPECT_EQ(record["jitter_us"], 1'250);
    for (const char* unknown : {"peer_packets_lost", "peer_jitter_us", "round_trip_us", "ignored", "send_errors"})
        EXPECT_FALSE(record.contains(unknown)) << unknown;
    expect_nothing_left();
}

TEST_F(LegMediaTest, WhatThePeerReportedIsInItWithItsZeros) {
    talk();
    world->media.measured.peer_jitter_us = 800;
    world->media.measured.ignored = 2;
    callers[0]->hang_up();
    world->run_for(50ms);
    const auto record = ended().at(0);
    EXPECT_EQ(record["peer_packets_lost"], 0);
    EXPECT_EQ(record["peer_jitter_us"], 800);
    EXPECT_EQ(record["ignored"], 2);
    EXPECT_FALSE(record.contains("round_trip_us"));
}

TEST_F(LegMediaTest, APhoneThatOnlyRangHasNone) {
    call("100");
    world->run_for(1s);
    callers[0]->hang_up();
    world->run_for(50ms);
    EXPECT_EQ(legs(), "c1 caller; ");
}

TEST_F(LegMediaTest, OfAnAgentWhoseLegBreaksWhenItDoes) {
    talk();
    phones[0]->vanished = true;
    world->media.tell({media::Event::Kind::timeout, world->media.id_towards(phones[0]->rtp()), 0});
    world->server.media_events(world->now);
    world->run_for(50ms);
    EXPECT_EQ(legs(), "c1 agent; ");
    callers[0]->hang_up();
    world->run_for(1min);
    EXPECT_EQ(legs(), "c1 agent; c1 caller; ");
}

TEST_F(LegMediaTest, OfAnAgentWhoHandsTheCallOnWhenItIsHandedOn) {
    talk();
    press(*phones[0], "*2200#");
    world->run_for(4s);
    EXPECT_EQ(last<routing::event::ContactTransferred>().kind, routing::TransferKind::blind);
    EXPECT_EQ(legs(), "c1 agent; ");
}

}  // namespace
}  // namespace centrala::calls
