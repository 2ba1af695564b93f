// Calls that agents placed, handed on by one of the two, blind and attended: each target, each ending at each moment.
#include "with_carrier.hpp"

namespace centrala::calls {
namespace {

using routing::AgentState;
using ::testing::HasSubstr;

class DirectTransfer : public WithCarrier {
protected:
    void open(bool allowed = true) {
        WithCarrier::open({.agents = 3}, allowed);
        for (auto& phone : phones) put_to_work(*phone);
    }
    /// a1 has called a2, and they talk.
    void colleagues_talk(bool allowed = true) {
        open(allowed);
        phones[0]->place_call("a2");
        world->run_for(100ms);
        phones[1]->answer();
        world->run_for(100ms);
        ASSERT_TRUE(together(*phones[0], *phones[1]));
    }
    /// a1 has called a customer, and they talk.
    void customer_talks() {
        open();
        phones[0]->place_call("0301234");
        world->run_for(100ms);
        carrier->answer();
        world->run_for(100ms);
        ASSERT_TRUE(together(*phones[0], *carrier));
    }
    /// The agent who placed the call hands on; the other one by refer().
    void caller_refers(const std::string& to) {
        phones[0]->refer(to, {}, true);
        world->run_for(100ms);
    }
    void answer(Softphone& phone) {
        ASSERT_TRUE(phone.session);
        phone.answer();
        world->run_for(100ms);
    }
    void refuse(Softphone& phone, int status) {
        ASSERT_TRUE(phone.session);
        phone.refuse(status);
        world->run_for(100ms);
    }
    [[nodiscard]] bool together(const Peer& a, const Peer& b) const { return world->media.bridged(a.rtp(), b.rtp()); }
};

TEST_F(DirectTransfer, ToAColleagueWhoIsRungAsForTheOneHandedOn) {
    colleagues_talk();
    caller_refers("<sip:a3@10.0.0.1>");
    EXPECT_EQ(phones[0]->refer_status, 202);
    EXPECT_THAT(phones[0]->notified, ElementsAre("SIP/2.0 100 Trying"));
    EXPECT_EQ(sound(*phones[1]), "music.wav for ever");
    EXPECT_EQ(phones[2]->last_offer_from, "a2");
    answer(*phones[2]);
    EXPECT_EQ(phones[0]->notified.back(), "SIP/2.0 200 OK");
    EXPECT_FALSE(phones[0]->own_call);
    EXPECT_TRUE(together(*phones[1], *phones[2]));
    EXPECT_NE(state_of("a1"), AgentState::busy);
    EXPECT_EQ(state_of("a2"), AgentState::busy);
    EXPECT_EQ(state_of("a3"), AgentState::busy);
    EXPECT_THAT(world->log.lines, HasSubstr("\"agent\":\"a1\",\"to\":\"a3\",\"kind\":\"agent\",\"for\":\"a2\""));
    phones[2]->hang_up();
    world->run_for(100ms);
    EXPECT_FALSE(phones[1]->session);
    EXPECT_EQ(state_of("a2"), AgentState::ready);
    expect_nothing_left_outside();
}

TEST_F(DirectTransfer, WhoWasCalledMayHandOnToo) {
    colleagues_talk();
    phones[1]->refer("<sip:a3@10.0.0.1>");
    world->run_for(100ms);
    EXPECT_EQ(phones[2]->last_offer_from, "a1");
    answer(*phones[2]);
    EXPECT_EQ(phones[1]->notified.back(), "SIP/2.0 200 OK");
    EXPECT_FALSE(phones[1]->session);
    EXPECT_TRUE(together(*phones[0], *phones[2]));
    phones[0]->hang_up_own_call();
    world->run_for(100ms);
    EXPECT_FALSE(phones[2]->session);
    expect_nothing_left_outside();
}

TEST_F(DirectTransfer, WhereNobodyAnswersTheTwoAreTogetherAgain) {
    colleagues_talk();
    for (const int status : {486, 603, 480}) {
        caller_refers("<sip:a3@10.0.0.1>");
        refuse(*phones[2], status);
        EXPECT_THAT(phones[0]->notified.back(), HasSubstr(std::to_string(status)));
        EXPECT_TRUE(together(*phones[0], *phones[1]));
    }
    caller_refers("<sip:a3@10.0.0.1>");
    phones[2]->ring();
    world->run_for(91s);
    EXPECT_EQ(phones[0]->notified.back(), "SIP/2.0 480 Temporarily Unavailable");
    EXPECT_FALSE(phones[2]->session);
    EXPECT_TRUE(together(*phones[0], *phones[1]));
    phones[0]->hang_up_own_call();
    expect_nothing_left_outside();
}

TEST_F(DirectTransfer, WhoHandedOnMayHangUpBeforeItIsAnswered) {
    colleagues_talk();
    caller_refers("<sip:a3@10.0.0.1>");
    phones[0]->hang_up_own_call();
    world->run_for(100ms);
    EXPECT_EQ(state_of("a1"), AgentState::ready);
    EXPECT_EQ(sound(*phones[1]), "music.wav for ever");
    answer(*phones[2]);
    EXPECT_TRUE(together(*phones[1], *phones[2]));
    phones[1]->hang_up();
    expect_nothing_left_outside();
}

TEST_F(DirectTransfer, WhereNobodyAnswersAndNobodyIsLeftTheCallEnds) {
    colleagues_talk();
    caller_refers("<sip:a3@10.0.0.1>");
    phones[0]->hang_up_own_call();
    world->run_for(100ms);
    refuse(*phones[2], 486);
    EXPECT_FALSE(phones[1]->session);
    expect_nothing_left_outside();
}

TEST_F(DirectTransfer, WhoIsHandedOnMayHangUpMeanwhile) {
    colleagues_talk();
    caller_refers("<sip:a3@10.0.0.1>");
    phones[1]->hang_up();
    world->run_for(100ms);
    EXPECT_EQ(phones[0]->notified.back(), "SIP/2.0 487 Request Terminated");
    EXPECT_FALSE(phones[0]->own_call);
    EXPECT_FALSE(phones[2]->session);
    expect_nothing_left_outside();
}

TEST_F(DirectTransfer, ASecondWishMeanwhileIsRefused) {
    colleagues_talk();
    caller_refers("<sip:a3@10.0.0.1>");
    caller_refers("<sip:200@10.0.0.1>");
    EXPECT_EQ(phones[0]->notified.back(), "SIP/2.0 491 Request Pending");
    answer(*phones[2]);
    EXPECT_TRUE(together(*phones[1], *phones[2]));
    phones[1]->hang_up();
    expect_nothing_left_outside();
}

TEST_F(DirectTransfer, WhatCannotBeLeavesTheCallAsItIs) {
    colleagues_talk(false);
    caller_refers("<sip:a1@10.0.0.1>");
    EXPECT_EQ(phones[0]->notified.back(), "SIP/2.0 486 Busy Here") << "itself";
    caller_refers("<sip:a2@10.0.0.1>");
    EXPECT_EQ(phones[0]->notified.back(), "SIP/2.0 486 Busy Here") << "whom it talks to";
    caller_refers("<sip:0301234@10.0.0.1>");
    EXPECT_EQ(phones[0]->refer_status, 403);
    EXPECT_TRUE(noted("security.transfer_refused"));
    caller_refers("<sip:nobody@10.0.0.1>");
    EXPECT_EQ(phones[0]->notified.back(), "SIP/2.0 404 Not Found");
    EXPECT_TRUE(together(*phones[0], *phones[1]));
    phones[0]->hang_up_own_call();
    expect_nothing_left_outside();
}

TEST_F(DirectTransfer, ToANumberOutside) {
    colleagues_talk();
    caller_refers("<sip:0301234@10.0.0.1>");
    EXPECT_EQ(carrier->last_offer_from, "a2");
    answer(*carrier);
    EXPECT_TRUE(together(*phones[1], *carrier));
    carrier->hang_up();
    world->run_for(100ms);
    EXPECT_FALSE(phones[1]->session);
    expect_nothing_left_outside();
}

TEST_F(DirectTransfer, ACustomerCalledOutsideToAColleague) {
    customer_talks();
    caller_refers("<sip:a2@10.0.0.1>");
    EXPECT_EQ(phones[1]->last_offer_from, "301234");
    EXPECT_EQ(sound(*carrier), "music.wav for ever");
    answer(*phones[1]);
    EXPECT_TRUE(together(*carrier, *phones[1]));
    EXPECT_EQ(state_of("a1"), AgentState::ready);
    hold(*phones[1], *phones[1]->session);
    EXPECT_EQ(sound(*carrier), "music.wav for ever");
    carrier->hang_up();
    world->run_for(100ms);
    EXPECT_FALSE(phones[1]->session);
    expect_nothing_left_outside();
}

TEST_F(DirectTransfer, OnlyAgentsKeysHandOnAndAMistakeLeavesTheCallAsItIs) {
    customer_talks();
    press(*phones[0], "*2a#");
    press(*phones[0], "*2300#");
    EXPECT_TRUE(together(*phones[0], *carrier)) << "no tone is configured";
    EXPECT_TRUE(noted("transfer.asked"));
    press(*carrier, "*2100#");
    EXPECT_TRUE(world->core.state().contacts.empty()) << "only agents' keys count";
    press(*phones[0], "*2100#");
    EXPECT_FALSE(phones[0]->own_call);
    ASSERT_EQ(world->core.state().contacts.size(), 1u);
    carrier->hang_up();
    expect_nothing_left_outside();
}

TEST_F(DirectTransfer, AMistakeByKeysIsHeardAsATone) {
    auto config = small_centre({.agents = 2});
    config.feature_codes.error_sound = "error.wav";
    build(std::move(config));
    for (const char* name : {"a1", "a2"}) put_to_work(add_phone(name));
    phones[0]->place_call("a2");
    world->run_for(100ms);
    answer(*phones[1]);
    press(*phones[1], "*2999#");
    EXPECT_EQ(sound(*phones[1]), "error.wav");
    EXPECT_EQ(sound(*phones[0]), "music.wav for ever");
    world->media.tell({media::Event::Kind::play_finished, world->media.id_towards(phones[1]->rtp())});
    world->server.media_events(world->now);
    EXPECT_TRUE(together(*phones[0], *phones[1]));
    phones[0]->hang_up_own_call();
    expect_nothing_left();
}

TEST_F(DirectTransfer, ToAQueueTheCustomerBecomesItsCaller) {
    customer_talks();
    caller_refers("<sip:200@10.0.0.1>");
    EXPECT_THAT(phones[0]->notified, ElementsAre("SIP/2.0 200 OK"));
    EXPECT_FALSE(phones[0]->own_call);
    EXPECT_EQ(last<routing::event::ContactArrived>().caller, "301234");
    EXPECT_EQ(last<routing::event::ContactArrived>().source, "carrier");
    EXPECT_THAT(world->log.lines, HasSubstr("\"cause\":\"transferred\",\"contact\":\"c1\""));
    ASSERT_TRUE(phones[1]->session);
    EXPECT_EQ(phones[1]->last_offer_queue, "support");
    answer(*phones[1]);
    EXPECT_TRUE(together(*carrier, *phones[1]));
    carrier->hang_up();
    world->run_for(100ms);
    EXPECT_EQ(last<routing::event::ContactEnded>().cause, routing::EndCause::caller_hangup);
    expect_nothing_left_outside();
}

TEST_F(DirectTransfer, AnAgentHandedOnToAQueueIsBusyUntilItsCallEnds) {
    colleagues_talk();
    caller_refers("<sip:100@10.0.0.1>");
    EXPECT_EQ(state_of("a2"), AgentState::busy);
    answer(*phones[2]);
    EXPECT_TRUE(together(*phones[1], *phones[2]));
    phones[2]->hang_up();
    world->run_for(100ms);
    EXPECT_EQ(state_of("a2"), AgentState::ready);
    expect_nothing_left_outside();
}

TEST_F(DirectTransfer, AQueueThatTakesNobodyLeavesTheCallAsItIs) {
    customer_talks();
    world->server.drain(world->now);
    caller_refers("<sip:200@10.0.0.1>");
    EXPECT_EQ(phones[0]->notified.back(), "SIP/2.0 503 Service Unavailable");
    EXPECT_TRUE(together(*phones[0], *carrier));
    phones[0]->hang_up_own_call();
    expect_nothing_left_outside();
}

TEST_F(DirectTransfer, AfterAConsultationOnAnotherLineTheFarEndsAreTogether) {
    for (const bool over_own : {false, true}) {
        colleagues_talk();  // a2 has it in `session`
        phones[1]->place_call("0301234");
        world->run_for(100ms);
        answer(*carrier);
        if (over_own)
            phones[1]->refer("<sip:a1@10.0.0.1?Replaces=" + escaped(phones[1]->session_replaces) + ">", {}, true);
        else
            phones[1]->refer("<sip:0301234@10.0.0.1?Replaces=" + escaped(phones[1]->own_call_replaces) + ">");
        world->run_for(100ms);
        EXPECT_THAT(phones[1]->notified, ElementsAre("SIP/2.0 200 OK"));
        EXPECT_FALSE(phones[1]->session);
        EXPECT_FALSE(phones[1]->own_call);
        EXPECT_TRUE(together(*phones[0], *carrier));
        EXPECT_EQ(state_of("a2"), AgentState::ready);
        phones[0]->hang_up_own_call();
        world->run_for(100ms);
        expect_nothing_left_outside();
        phones.clear();
        carrier.reset();
    }
}

TEST_F(DirectTransfer, TheFarEndTakesTheAgentsPlaceInItsCallToAQueue) {
    for (const bool talking : {false, true}) {
        colleagues_talk();
        phones[1]->place_call("200");
        command(routing::input::AgentSkillSet{static_cast<routing::AgentId>(2), static_cast<routing::SkillId>(1), 5});
        world->run_for(100ms);
        if (talking) answer(*phones[2]);
        phones[1]->refer("<sip:200@10.0.0.1?Replaces=" + escaped(phones[1]->own_call_replaces) + ">");
        world->run_for(100ms);
        EXPECT_THAT(phones[1]->notified, ElementsAre("SIP/2.0 200 OK"));
        EXPECT_FALSE(phones[1]->session);
        EXPECT_FALSE(phones[1]->own_call);
        if (!talking) answer(*phones[2]);
        EXPECT_TRUE(together(*phones[0], *phones[2]));
        EXPECT_EQ(state_of("a1"), AgentState::busy);
        EXPECT_EQ(state_of("a2"), AgentState::ready);
        phones[0]->hang_up_own_call();
        world->run_for(100ms);
        EXPECT_EQ(last<routing::event::ContactEnded>().cause, routing::EndCause::caller_hangup);
        expect_nothing_left_outside();
        phones.clear();
        carrier.reset();
    }
}

}  // namespace
}  // namespace centrala::calls
