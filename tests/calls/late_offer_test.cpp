// INVITEs without SDP: we offer in the 200, the answer comes in the ACK, or doesn't (RFC 3261 §13.2.2.4).
#include "fixture.hpp"

namespace centrala::calls {
namespace {

/// Invites without an offer and answers ours as it is told to.
class LateCaller : public Caller {
public:
    using Caller::Caller;
    void invite(const std::string& number) {
        const std::string uri = "sip:" + number + "@10.0.0.1";
        session =
            ua.invite({uri, "<sip:" + name + "@carrier.example>", "<" + uri + ">", {}, {}, {}}, to_server(), world.now);
        world.flush(*this);
        world.run_for(100ms);
    }
    bool answers = true;
    std::string unusable;

protected:
    std::string answer_to(std::string_view offer) override { return answers ? Caller::answer_to(offer) : unusable; }
};

/// In a call it asks us for an offer.
class LatePhone : public Softphone {
public:
    using Softphone::Softphone;
    void asks() {
        ASSERT_TRUE(ua.reoffer(*session, {}, world.now));
        world.flush(*this);
        world.run_for(1s);
    }
    bool answers = true, was_offered = false;

protected:
    std::string answer_to(std::string_view offer) override {
        was_offered = true;
        return answers ? Softphone::answer_to(offer) : std::string();
    }
};

class LateOfferTest : public CallTest {
protected:
    LateCaller& late_caller(const Endpoint& at = caller_address(1), const std::string& name = "4470") {
        callers.push_back(std::make_unique<LateCaller>(*world, at, name));
        return static_cast<LateCaller&>(*callers.back());
    }
    /// Calls from a fixed contact; its colleague a2 is at work.
    LateCaller& late_agent() {
        auto config = small_centre({});
        config.agents[0].contact = "sip:a1@10.2.0.9";
        config.agents[0].secret = {};
        build(std::move(config));
        put_to_work(add_phone("a2"));
        return late_caller(phone_address(9), "a1");
    }
    LatePhone& talking_phone() {
        build(small_centre({.agents = 1}));
        phones.push_back(std::make_unique<LatePhone>(*world, phone_address(1), "a1", "secret-a1"));
        put_to_work(*phones[0]);
        call("100");
        phones[0]->answer();
        world->run_for(100ms);
        return static_cast<LatePhone&>(*phones[0]);
    }
};

TEST_F(LateOfferTest, TheAnswerInTheAckMakesTheCall) {
    build();
    put_to_work(*phones[0]);
    LateCaller& caller = late_caller();
    caller.invite("100");
    phones[0]->answer();
    world->run_for(100ms);
    EXPECT_TRUE(world->media.bridged(caller.rtp(), phones[0]->rtp()));
    caller.hang_up();
    expect_nothing_left();
}

TEST_F(LateOfferTest, WithoutAUsableAnswerACallerIsHungUpOnAtOnce) {
    for (const std::string unusable : {"", "not SDP at all", "v=0\r\no=- 1 1 IN IP4 10.1.0.1\r\ns=-\r\nt=0 0\r\n"}) {
        callers.clear();
        build({.agents = 0});
        LateCaller& caller = late_caller();
        caller.answers = false;
        caller.unusable = unusable;
        caller.invite("100");
        EXPECT_TRUE(caller.answered);
        EXPECT_TRUE(caller.ended) << unusable;
        EXPECT_EQ(only<routing::event::ContactEnded>().cause, routing::EndCause::caller_failed);
        expect_nothing_left();
    }
}

TEST_F(LateOfferTest, AnAgentsOwnCallMayComeWithoutOne) {
    LateCaller& agent = late_agent();
    Softphone& colleague = *phones.back();
    agent.invite("a2");
    EXPECT_FALSE(agent.answered) << "while the colleague's phone rings";
    colleague.answer();
    world->run_for(100ms);
    EXPECT_TRUE(agent.answered);
    EXPECT_TRUE(world->media.bridged(agent.rtp(), colleague.rtp()));
    agent.hang_up();
    expect_nothing_left();
}

TEST_F(LateOfferTest, AnAgentsOwnCallWithoutAUsableAnswerIsOver) {
    LateCaller& agent = late_agent();
    Softphone& colleague = *phones.back();
    agent.answers = false;
    agent.invite("a2");
    colleague.answer();
    world->run_for(100ms);
    EXPECT_TRUE(agent.ended);
    EXPECT_FALSE(colleague.session) << "its other leg is hung up as well";
    expect_nothing_left();
}

TEST_F(LateOfferTest, AnAgentsReinviteMayComeWithoutOne) {
    LatePhone& phone = talking_phone();
    phone.asks();
    EXPECT_TRUE(phone.was_offered);
    EXPECT_TRUE(world->media.bridged(callers[0]->rtp(), phone.rtp()));
    callers[0]->hang_up();
    expect_nothing_left();
}

TEST_F(LateOfferTest, AReinviteWithoutAUsableAnswerLosesTheAgentAndKeepsTheCaller) {
    LatePhone& phone = talking_phone();
    phone.answers = false;
    phone.asks();
    EXPECT_TRUE(phone.was_offered);
    EXPECT_FALSE(phone.session) << "it is hung up on";
    EXPECT_TRUE(callers[0]->session);
    EXPECT_EQ(only<routing::event::ContactRescued>().contact, routing::ContactId{1});
    callers[0]->hang_up();
    expect_nothing_left();
}

}  // namespace
}  // namespace centrala::calls
