// Lamps, presence and feature keys of phones, by SUBSCRIBE, NOTIFY and PUBLISH through the whole stack.
#include "fixture.hpp"
#include "sim/watching_phone.hpp"

namespace centrala::calls {
namespace {

using routing::AgentState;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class PresenceTest : public CallTest {
protected:
    /// Agents a1 and a2 at work, and a1's colleague w on the watch, whose phone isn't registered.
    void open(config::Config config) {
        build(std::move(config));
        for (const char* name : {"a1", "a2"}) put_to_work(add_phone(name));
        watcher = std::make_unique<WatchingPhone>(*world, phone_address(99), "a3", "secret-a3");
    }
    void open() { open(small_centre({.agents = 3, .wrap_up = 5s})); }

    void watch(const std::string& target, const std::string& event, int expires = 600) {
        watcher->subscribe({target, event, expires});
        world->run_for(500ms);
    }
    /// Lamps show callers; a1's is watched, which answers at once.
    void watch_showing_callers() {
        auto config = small_centre({.agents = 3});
        config.presence.show_callers = true;
        open(std::move(config));
        command(routing::input::AgentGoesNotReady{static_cast<routing::AgentId>(1), {}});
        watch("a1", "dialog");
        phones[0]->on_offer = [&] { phones[0]->answer(); };
    }
    std::string last_body() const { return watcher->told.empty() ? "" : watcher->told.back().body; }
    std::string last_state() const { return watcher->told.empty() ? "" : watcher->told.back().state; }
    std::size_t security_events(const std::string& type) const {
        return static_cast<std::size_t>(std::count(world->log.notes.begin(), world->log.notes.end(), type));
    }
    std::unique_ptr<WatchingPhone> watcher;
};

TEST_F(PresenceTest, ALampGoesOnShowingTheSameAgentWhenOthersComeInTheConfiguration) {
    open();
    command(routing::input::AgentGoesNotReady{static_cast<routing::AgentId>(1), {}});
    watch("a1", "dialog");
    auto config = small_centre({.agents = 3, .wrap_up = 5s});
    auto plan = std::make_shared<routing::Plan>(*config.plan);
    routing::Agent first = plan->agents[2];
    first.name = "a0";
    plan->agents.insert(plan->agents.begin(), first);
    config.plan = plan;
    config.agents.insert(config.agents.begin(), config.agents[2]);
    for (std::size_t i = 0; i < config.agents.size(); ++i) config.agents[i].id = static_cast<routing::AgentId>(i);
    world->reload(config);
    phones[0]->on_offer = [&] { phones[0]->ring(); };
    call("100");
    world->run_for(2s);
    EXPECT_THAT(last_body(), AllOf(HasSubstr("sip:a1@acd.example"), HasSubstr("<state>early</state>")));
}

TEST_F(PresenceTest, ALampShowsACallGoingBy) {
    open();
    command(routing::input::AgentGoesNotReady{static_cast<routing::AgentId>(1), {}});
    watch("a1", "dialog");
    ASSERT_EQ(watcher->status, 200);
    ASSERT_EQ(watcher->told.size(), 1u);
    EXPECT_EQ(watcher->told[0].event, "dialog");
    EXPECT_THAT(watcher->told[0].state, HasSubstr("active;expires="));
    EXPECT_THAT(last_body(), AllOf(HasSubstr("version=\"0\""), HasSubstr("entity=\"sip:a1@acd.example\""),
                                   HasSubstr("<state>terminated</state>")));
    world->run_for(2s);

    Softphone& phone = *phones[0];
    phone.on_offer = [&] { phone.ring(); };
    call("100");
    world->run_for(2s);
    EXPECT_THAT(last_body(), AllOf(HasSubstr("<state>early</state>"), HasSubstr("direction=\"recipient\""),
                                   Not(HasSubstr("identity"))));
    phone.answer();
    world->run_for(2s);
    EXPECT_THAT(last_body(), AllOf(HasSubstr("<state>confirmed</state>"), HasSubstr("version=\"2\"")));
    callers[0]->hang_up();
    world->run_for(2s);
    EXPECT_THAT(last_body(), HasSubstr("<state>terminated</state>"));
    EXPECT_EQ(watcher->told.size(), 4u) << "the end of wrap-up changes no lamp";
    world->run_for(10s);
    EXPECT_EQ(watcher->told.size(), 4u);
}

TEST_F(PresenceTest, WhoTalksToAnAgentIsShownOnlyWhereThatIsAllowed) {
    watch_showing_callers();
    Caller& caller = call("100");
    world->run_for(3s);
    EXPECT_THAT(last_body(), AllOf(HasSubstr("<state>confirmed</state>"),
                                   HasSubstr("<identity display=\"Caller " + caller.name + "\">sip:" + caller.name +
                                             "@acd.example</identity>")));
}

TEST_F(PresenceTest, AWithheldCallerIsShownToNobodyWhoWatches) {
    watch_showing_callers();
    callers.push_back(std::make_unique<Caller>(*world, caller_address(1), "44701"));
    callers.back()->lines = "Privacy: id\r\n";
    callers.back()->dial("100");
    world->run_for(3s);
    EXPECT_THAT(last_body(), AllOf(HasSubstr("<state>confirmed</state>"), Not(HasSubstr("44701"))));
}

TEST_F(PresenceTest, QuickChangesAreToldTogetherAndTheLastIsNotLost) {
    open();
    watch("a1", "presence");
    world->run_for(5s);
    const auto before = watcher->told.size();
    const auto agent = static_cast<routing::AgentId>(0);
    for (int i = 0; i < 20; ++i) {
        command(routing::input::AgentGoesNotReady{agent, "lunch"});
        world->run_for(10ms);
        command(routing::input::AgentGoesReady{agent});
        world->run_for(10ms);
    }
    command(routing::input::AgentGoesNotReady{agent, "lunch"});
    world->run_for(3s);
    EXPECT_LE(watcher->told.size() - before, 3u);
    EXPECT_THAT(last_body(), HasSubstr("<note>not ready</note>"));
}

TEST_F(PresenceTest, PresenceSaysWhatAnAgentDoes) {
    auto config = small_centre({.agents = 3});
    config.presence.activities = {"meal", ""};
    open(std::move(config));
    const auto agent = static_cast<routing::AgentId>(0);
    watch("a1", "presence");
    EXPECT_THAT(last_body(), AllOf(HasSubstr("<basic>open</basic>"), Not(HasSubstr("rpid:activities"))));
    const auto after = [&](const routing::Input& input) {
        EXPECT_EQ(command(input), routing::Rejection::none);
        world->run_for(2s);
        return last_body();
    };
    EXPECT_THAT(after(routing::input::AgentGoesNotReady{agent, "lunch"}), HasSubstr("<rpid:meal/>"));
    EXPECT_THAT(after(routing::input::AgentGoesNotReady{agent, "break"}), HasSubstr("<rpid:away/>"));
    EXPECT_THAT(after(routing::input::AgentLogsOut{agent}), HasSubstr("<basic>closed</basic>"));
    EXPECT_THAT(after(routing::input::AgentLogsIn{agent}), HasSubstr("<basic>open</basic>"));
}

TEST_F(PresenceTest, AQueuesLampIsLitWhileSomebodyWaits) {
    open();
    for (unsigned n : {0u, 1u}) command(routing::input::AgentGoesNotReady{static_cast<routing::AgentId>(n), {}});
    watch("100", "dialog");
    ASSERT_EQ(watcher->status, 200);
    EXPECT_THAT(last_body(), HasSubstr("<state>terminated</state>"));
    world->run_for(2s);
    call("100");
    call("100");
    world->run_for(2s);
    EXPECT_THAT(last_body(), HasSubstr("<state>confirmed</state>"));
    EXPECT_EQ(watcher->told.size(), 2u) << "the second caller changes nothing";
    callers[0]->hang_up();
    callers[1]->hang_up();
    world->run_for(2s);
    EXPECT_THAT(last_body(), HasSubstr("<state>terminated</state>"));
}

TEST_F(PresenceTest, AQueuesLampIsLitByACallerTransferredThere) {
    open();
    command(routing::input::AgentGoesNotReady{static_cast<routing::AgentId>(1), {}});
    watch("200", "dialog");
    phones[0]->on_offer = [&] { phones[0]->answer(); };
    Caller& caller = call("100");
    world->run_for(2s);
    phones[0]->refer("<sip:200@10.0.0.1>");
    world->run_for(2s);
    EXPECT_THAT(last_body(), HasSubstr("<state>confirmed</state>"));
    caller.hang_up();
    world->run_for(2s);
    EXPECT_THAT(last_body(), HasSubstr("<state>terminated</state>"));
}

TEST_F(PresenceTest, AgentsAreFoundByNameAndExtensionAndNobodyElseExists) {
    auto config = small_centre({.agents = 3});
    config.agents[0].extension = "201";
    open(std::move(config));
    for (const auto& [target, status] :
         {std::pair{"a1", 200}, {"201", 200}, {"sales", 200}, {"100", 200}, {"nobody", 404}, {"", 404}}) {
        watch(target, "dialog");
        EXPECT_EQ(watcher->status, status) << target;
    }
}

TEST_F(PresenceTest, StrangersLearnNothing) {
    open();
    WatchingPhone stranger(*world, phone_address(98), "mallory", "guess");
    WatchingPhone thief(*world, phone_address(97), "a2", "guess");
    for (const char* target : {"a1", "nobody"}) {
        stranger.subscribe({target, "dialog"});
        thief.subscribe({target, "dialog"});
        world->run_for(11s);  // security events of one source come at intervals
        EXPECT_EQ(stranger.status, 401);
        EXPECT_EQ(thief.status, 401);
    }
    stranger.publish({"a1", "", 600, {}, "application/pidf+xml", "<presence/>"});
    world->run_for(1s);
    EXPECT_EQ(stranger.status, 401);
    EXPECT_GE(security_events("security.refused"), 1u);
    EXPECT_GE(security_events("security.auth_failed"), 1u);
    EXPECT_EQ(world->server.stats().subscriptions, 0u);
    EXPECT_TRUE(stranger.told.empty());
}

TEST_F(PresenceTest, AnotherAgentCantGoOnWithASubscription) {
    open();
    watch("a1", "dialog");
    watcher->name = "a2";
    watcher->refresh({"a1", "dialog"});
    world->run_for(500ms);
    EXPECT_EQ(watcher->status, 401);
    EXPECT_EQ(world->server.stats().subscriptions, 1u);
}

TEST_F(PresenceTest, ASubscriptionEndsWhenItIsOver) {
    open();
    watch("a1", "dialog", 60);
    world->run_for(61s);
    EXPECT_EQ(last_state(), "terminated;reason=timeout");
    EXPECT_EQ(world->server.stats().subscriptions, 0u);
}

TEST_F(PresenceTest, ARefreshedSubscriptionLivesOn) {
    open();
    watch("a1", "dialog", 60);
    for (int i = 0; i < 5; ++i) {
        world->run_for(40s);
        watcher->refresh({"a1", "dialog", 60});
        world->run_for(500ms);
        EXPECT_EQ(watcher->status, 200);
    }
    EXPECT_EQ(watcher->told.size(), 6u);
    watcher->refresh({"a1", "dialog", 0});
    world->run_for(500ms);
    EXPECT_EQ(last_state(), "terminated;reason=timeout");
    EXPECT_EQ(world->server.stats().subscriptions, 0u);
    watcher->refresh({"a1", "dialog", 60});
    world->run_for(500ms);
    EXPECT_EQ(watcher->status, 481);
}

TEST_F(PresenceTest, APhoneThatIsGoneIsNotifiedNoMore) {
    open();
    watch("a1", "dialog");
    watcher->vanished = true;
    phones[0]->on_offer = [&] { phones[0]->answer(); };
    phones[1]->on_offer = [&] { phones[1]->answer(); };
    call("100");
    world->run_for(1s);
    callers[0]->hang_up();
    world->run_for(40s);
    EXPECT_EQ(world->server.stats().subscriptions, 0u);
    EXPECT_EQ(world->server.stats().sip.client, 0u) << "nothing is left to be repeated";
}

TEST_F(PresenceTest, AnAgentWhosePhoneIsNoLongerRegisteredIsToldToComeBack) {
    open();
    watcher->register_phone(60);
    world->run_for(100ms);
    watch("a1", "dialog");
    world->run_for(61s);
    EXPECT_EQ(last_state(), "terminated;reason=deactivated");
    EXPECT_EQ(world->server.stats().subscriptions, 0u);
}

TEST_F(PresenceTest, AtTheEndEverySubscriberIsTold) {
    open();
    watch("a1", "dialog");
    world->server.shut_down(world->now);
    world->flush();
    world->run_for(1s);
    EXPECT_EQ(last_state(), "terminated;reason=deactivated");
    EXPECT_EQ(world->server.stats().subscriptions, 0u);
}

TEST_F(PresenceTest, NobodyHasMessagesAndOnlyTheOwnerIsToldSo) {
    open();
    watch("a3", "message-summary");
    EXPECT_EQ(last_body(),
              "Messages-Waiting: no\r\nMessage-Account: sip:a3@acd.example\r\nVoice-Message: 0/0 (0/0)\r\n");
    watch("a1", "message-summary");
    EXPECT_EQ(watcher->status, 403);
    watch("a1", "as-feature-event");
    EXPECT_EQ(watcher->status, 403);
}

TEST_F(PresenceTest, TheLastStateComesThroughABadNetwork) {
    open();
    watch("a1", "presence");
    world->network.faults.drop_permille = 300;
    world->network.faults.duplicate_permille = 200;
    world->network.faults.delay_max = 300ms;
    const auto agent = static_cast<routing::AgentId>(0);
    for (int i = 0; i < 10; ++i) {
        command(routing::input::AgentGoesNotReady{agent, "lunch"});
        world->run_for(700ms);
        command(routing::input::AgentGoesReady{agent});
        world->run_for(900ms);
    }
    world->network.faults = {};
    world->run_for(10s);
    EXPECT_THAT(last_body(), HasSubstr("<note>ready</note>"));
}

TEST_F(PresenceTest, OneAgentsChangeCostsOnlyThatAgentsWatchers) {
    auto config = small_centre({.agents = 1'001});
    config.presence.subscriptions_per_agent = 2'000;
    config.presence.requests_per_second = 0;
    build(std::move(config));
    watcher = std::make_unique<WatchingPhone>(*world, phone_address(99), "a1001", "secret-a1001");
    for (int n = 1; n <= 1'000; ++n) {
        watcher->subscribe({"a" + std::to_string(n), "presence"});
        world->run_for(20ms);
    }
    world->run_for(2s);
    ASSERT_EQ(world->server.stats().subscriptions, 1'000u);
    ASSERT_EQ(watcher->told.size(), 1'000u);
    const auto sent = world->network.sent;
    command(routing::input::AgentLogsIn{static_cast<routing::AgentId>(500)});
    world->run_for(2s);
    EXPECT_EQ(watcher->told.size(), 1'001u);
    EXPECT_EQ(world->network.sent - sent, 2u) << "one NOTIFY and its 200";
}

// ---- what phones say ---------------------------------------------------------------------------------------------

class PhoneKeysTest : public PresenceTest {
protected:
    void SetUp() override {
        auto config = small_centre({.agents = 3});
        auto plan = std::make_shared<routing::Plan>(*config.plan);
        plan->breaks = {{"break"}, 15min, 1};
        config.plan = plan;
        config.presence.activities = {"meal", "away"};
        open(std::move(config));
        keys = std::make_unique<WatchingPhone>(*world, phone_address(96), "a1", "secret-a1");
    }
    void TearDown() override {
        keys.reset();
        PresenceTest::TearDown();
    }
    void press(const std::string& body) {
        keys->refresh({"a1", "as-feature-event", 600, {}, "application/x-as-feature-event+xml", body});
        world->run_for(3s);
    }
    void do_not_disturb(bool on) {
        press(
            "<SetDoNotDisturb xmlns='http://www.ecma-international.org/standards/ecma-323/csta/ed3'><device/>"
            "<doNotDisturbOn>" +
            std::string(on ? "true" : "false") + "</doNotDisturbOn></SetDoNotDisturb>");
    }
    void set_agent_state(const std::string& state, const std::string& reason = {}) {
        press(
            "<SetAgentState xmlns='http://www.ecma-international.org/standards/ecma-323/csta/ed3'><device/>"
            "<requestedAgentState>" +
            state + "</requestedAgentState>" +
            (reason.empty() ? ""
                            : "<extensions><privateData><private xmlns:p='http://schema.broadsoft.com/"
                              "CSTAPrivateData'><p:AgentNotReadyReasonValue>" +
                                  reason + "</p:AgentNotReadyReasonValue></private></privateData></extensions>") +
            "</SetAgentState>");
    }
    void publish(const std::string& basic, const std::string& activity, const std::string& headers = {},
                 const std::string& target = "a1") {
        keys->publish({target,
                       {},
                       600,
                       headers,
                       "application/pidf+xml",
                       "<presence xmlns='urn:ietf:params:xml:ns:pidf' xmlns:r='urn:ietf:params:xml:ns:pidf:rpid' "
                       "entity='sip:a1@acd.example'><tuple id='t'><status><basic>" +
                           basic + "</basic></status></tuple><r:activities>" + activity +
                           "</r:activities></presence>"});
        world->run_for(500ms);
    }
    std::string reason() const { return world->core.state().agents[0].facts.reason; }
    std::string last_key() const { return keys->told.back().body; }

    std::unique_ptr<WatchingPhone> keys;
};

TEST_F(PhoneKeysTest, DoNotDisturbIsNotReadyAndBack) {
    keys->subscribe({"a1", "as-feature-event"});
    world->run_for(1s);
    ASSERT_EQ(keys->told.size(), 2u);
    EXPECT_THAT(keys->told[0].body, HasSubstr("<doNotDisturbOn>false</doNotDisturbOn>"));
    EXPECT_THAT(keys->told[1].body, HasSubstr("<AgentReadyEvent"));
    do_not_disturb(true);
    EXPECT_EQ(state_of("a1"), AgentState::not_ready);
    EXPECT_EQ(last<routing::event::AgentChanged>().actor, routing::Actor::agent);
    EXPECT_THAT(keys->told[2].body, HasSubstr("<doNotDisturbOn>true</doNotDisturbOn>"));
    EXPECT_THAT(keys->told[3].body, HasSubstr("<AgentNotReadyEvent"));
    do_not_disturb(false);
    EXPECT_EQ(state_of("a1"), AgentState::ready);
}

TEST_F(PhoneKeysTest, AKeyShowsWhatWasChangedElsewhere) {
    keys->subscribe({"a1", "as-feature-event"});
    world->run_for(2s);
    command(routing::input::AgentGoesNotReady{static_cast<routing::AgentId>(0), "break"});
    world->run_for(2s);
    EXPECT_THAT(last_key(), AllOf(HasSubstr("<AgentNotReadyEvent"), HasSubstr("ReasonValue>2<")));
}

TEST_F(PhoneKeysTest, TheAgentsKeysLogInAndOutAndGiveReasons) {
    keys->subscribe({"a1", "as-feature-event"});
    world->run_for(1s);
    set_agent_state("notReady", "1");
    EXPECT_EQ(state_of("a1"), AgentState::not_ready);
    EXPECT_EQ(reason(), "lunch");
    set_agent_state("loggedOff");
    EXPECT_EQ(state_of("a1"), AgentState::logged_out);
    EXPECT_THAT(last_key(), HasSubstr("<AgentLoggedOffEvent"));
    set_agent_state("ready");
    EXPECT_EQ(state_of("a1"), AgentState::ready);
    EXPECT_THAT(last_key(), HasSubstr("<AgentReadyEvent"));
    set_agent_state("workingAfterCall");
    EXPECT_EQ(state_of("a1"), AgentState::ready) << "wrap-up follows a call, not a key";
}

TEST_F(PhoneKeysTest, AKeyAsksForABreakAndShowsReadyUntilItIsGranted) {
    const auto a2 = static_cast<routing::AgentId>(1);
    command(routing::input::AgentGoesNotReady{a2, "lunch"});
    keys->subscribe({"a1", "as-feature-event"});
    world->run_for(1s);
    set_agent_state("notReady", "2");
    EXPECT_EQ(world->core.state().agents[0].facts.asks->reason, "break");
    EXPECT_EQ(state_of("a1"), AgentState::ready);
    EXPECT_THAT(last_key(), HasSubstr("<AgentReadyEvent"));
    command(routing::input::AgentGoesReady{a2});
    world->run_for(2s);
    EXPECT_THAT(last_key(), AllOf(HasSubstr("<AgentNotReadyEvent"), HasSubstr("ReasonValue>2<")));
}

TEST_F(PhoneKeysTest, AKeyThatMakesNoSenseChangesNothing) {
    keys->subscribe({"a1", "as-feature-event"});
    world->run_for(1s);
    press("<SetDoNotDisturb>");
    EXPECT_EQ(keys->status, 400);
    keys->refresh({"a1", "as-feature-event", 600, {}, "text/plain", "dnd"});
    world->run_for(1s);
    EXPECT_EQ(keys->status, 415);
    EXPECT_EQ(state_of("a1"), AgentState::ready);
    EXPECT_EQ(world->server.stats().subscriptions, 1u);
}

TEST_F(PhoneKeysTest, APublishedStateBecomesTheAgents) {
    publish("closed", "");
    EXPECT_EQ(keys->status, 200);
    EXPECT_EQ(state_of("a1"), AgentState::not_ready);
    EXPECT_EQ(reason(), "");
    publish("open", "<r:meal/>", "SIP-If-Match: " + keys->etag + "\r\n");
    EXPECT_EQ(keys->status, 200);
    EXPECT_EQ(reason(), "lunch");
    EXPECT_EQ(last<routing::event::AgentChanged>().actor, routing::Actor::agent);
    publish("open", "", "SIP-If-Match: " + keys->etag + "\r\n");
    EXPECT_EQ(state_of("a1"), AgentState::ready);
    publish("open", "<r:on-the-phone/>", "SIP-If-Match: " + keys->etag + "\r\n");
    EXPECT_EQ(state_of("a1"), AgentState::ready) << "a call isn't an intention";
    publish("open", "", "SIP-If-Match: nonsense\r\n");
    EXPECT_EQ(keys->status, 412);
}

TEST_F(PhoneKeysTest, NobodyPublishesForOthersNorLogsInByIt) {
    publish("closed", "", {}, "a2");
    EXPECT_EQ(keys->status, 403);
    EXPECT_EQ(state_of("a2"), AgentState::ready);
    command(routing::input::AgentLogsOut{static_cast<routing::AgentId>(0)});
    publish("open", "");
    EXPECT_EQ(keys->status, 200);
    EXPECT_EQ(state_of("a1"), AgentState::logged_out);
}

TEST_F(PhoneKeysTest, WhatCantBeReadChangesNothing) {
    keys->publish({"a1", {}, 600, {}, "application/pidf+xml", "<presence>"});
    world->run_for(500ms);
    EXPECT_EQ(keys->status, 400);
    keys->publish({"a1", {}, 600, {}, "text/plain", "closed"});
    world->run_for(500ms);
    EXPECT_EQ(keys->status, 415);
    EXPECT_EQ(state_of("a1"), AgentState::ready);
}

TEST_F(PresenceTest, WherePhonesMayOnlyShowTheyChangeNothing) {
    auto config = small_centre({.agents = 3});
    config.presence.phones_set_state = false;
    open(std::move(config));
    WatchingPhone keys(*world, phone_address(96), "a1", "secret-a1");
    keys.publish({"a1", {}, 600, {}, "application/pidf+xml", "<presence/>"});
    world->run_for(500ms);
    EXPECT_EQ(keys.status, 403);
    keys.subscribe({"a1", "as-feature-event", 600, {}, "application/x-as-feature-event+xml", "<SetDoNotDisturb/>"});
    world->run_for(500ms);
    EXPECT_EQ(keys.status, 403);
    keys.subscribe({"a1", "as-feature-event"});
    world->run_for(500ms);
    EXPECT_EQ(keys.status, 200);
}

TEST_F(PresenceTest, SwitchedOffThereAreNoPackages) {
    auto config = small_centre({.agents = 3});
    config.presence.enabled = false;
    open(std::move(config));
    watcher->register_phone();
    world->run_for(100ms);
    watch("a1", "dialog");
    EXPECT_EQ(watcher->status, 489);
}

TEST_F(PresenceTest, AFloodIsRefusedBeforeItCostsMuch) {
    auto config = small_centre({.agents = 3});
    config.presence.requests_per_second = 2;
    open(std::move(config));
    watcher->register_phone();
    world->run_for(100ms);
    int refused = 0;
    for (int i = 0; i < 10; ++i) {
        watch("a1", "dialog");
        refused += watcher->status == 503;
    }
    EXPECT_GT(refused, 0);
    EXPECT_GE(security_events("security.flood"), 1u);
}

}  // namespace
}  // namespace centrala::calls
