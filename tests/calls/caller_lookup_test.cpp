// Callers whom another system is asked about: answers in time, late and none, and every way in which a call that waits
// for one can end.
#include "fixture.hpp"

namespace centrala::calls {
namespace {

using routing::event::ContactArrived;
using routing::event::ContactEnqueued;
using routing::event::ContactRefused;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr routing::QueueId kSales{0}, kSupport{1};

class CallerLookupTest : public CallTest {
protected:
    /// Asked about are callers of 100 and 200, at most 3 at once; the lists are gold and nuisance.
    void open() {
        open([](config::Config&) {});
    }
    template <class Alter>
    void open(const Alter& alter) {
        build(centre(alter));
        world->on_lookup = [this](const LookupQuery& query) {
            asked.push_back(query);
            if (!answer) return;
            world->after(delay,
                         [this, query, reply = *answer] { world->server.looked_up(query.id, reply, world->now); });
        };
    }
    template <class Alter>
    static config::Config centre(const Alter& alter) {
        config::Config config = small_centre({});
        auto plan = std::make_shared<routing::Plan>(*config.plan);
        plan->caller_lists = {{"gold", false, 5, std::nullopt}, {"nuisance", true, 0, std::nullopt}};
        config.plan = plan;
        config.caller_lists.resize(2);
        config.caller_lists[0] = {routing::CallerListId{0}, {}, "", {}, 603};
        config.caller_lists[1] = {routing::CallerListId{1}, {}, "", {}, 607};
        config::CallerLookup lookup;
        lookup.url = "http://crm/{entry_point}/{dialled}/{caller}";
        lookup.failures_max = 2;
        lookup.at_once_max = 3;
        config.caller_lookup = lookup;
        alter(config);
        return config;
    }
    void answers(const std::string& body, Duration after = 10ms) {
        answer = LookupReply{200, body, {}};
        delay = after;
    }
    void answers(int status) { answer = LookupReply{status, "", {}}; }
    [[nodiscard]] int noted(const std::string& type) const {
        return static_cast<int>(std::count(world->log.notes.begin(), world->log.notes.end(), type));
    }
    void expect_logged(const std::string& text) { EXPECT_THAT(world->log.lines, HasSubstr(text)); }
    [[nodiscard]] LookupView view() const { return *world->server.lookup(world->now); }

    std::vector<LookupQuery> asked;
    std::optional<LookupReply> answer;  ///< none: it hangs
    Duration delay = 10ms;
};

TEST_F(CallerLookupTest, WhatIsKnownDecidesWhereTheCallWaits) {
    open();
    answers(R"({"priority": 7, "queue": "support", "list": "gold", "name": "J. de Vries"})");
    Caller& caller = call("100");
    ASSERT_EQ(asked.size(), 1u);
    EXPECT_EQ(asked[0].url, "http://crm/sales/100/44701");
    EXPECT_TRUE(caller.answered);
    const auto arrived = only<ContactArrived>();
    EXPECT_EQ(arrived.advice, (routing::Advice{7, kSupport}));
    EXPECT_EQ(arrived.callers, routing::CallerListId{0});
    EXPECT_EQ(arrived.caller_name, "J. de Vries");
    EXPECT_EQ(only<ContactEnqueued>().queue, kSupport);
    EXPECT_EQ(only<ContactEnqueued>().priority, 12);
    expect_logged(R"("caller":"44701","entry_point":"sales","result":"found","took_ms":10)");
    caller.hang_up();
    expect_nothing_left();
}

TEST_F(CallerLookupTest, TheCallWaitsForTheAgentWhoCaresForTheCaller) {
    open();
    phones.clear();
    Softphone& first = add_phone("a1");
    Softphone& carer = add_phone("a2");
    put_to_work(first);
    put_to_work(carer);
    answers(R"({"agent": "a2", "patience": 30})");
    call("100");
    EXPECT_EQ(carer.offers, 1);
    EXPECT_EQ(first.offers, 0);
}

TEST_F(CallerLookupTest, ACallGoesOnWhenTheAnswerTakesTooLong) {
    open();
    Caller& caller = call("100");
    world->run_for(700ms);
    EXPECT_FALSE(caller.answered);
    EXPECT_TRUE(world->log.all<ContactArrived>().empty());
    EXPECT_EQ(world->server.stats().media_sessions, 1u);
    world->run_for(100ms);
    EXPECT_TRUE(caller.answered);
    EXPECT_EQ(only<ContactEnqueued>().queue, kSales);
    expect_logged(R"("result":"timeout","took_ms":800)");
    world->server.looked_up(asked[0].id, {200, R"({"priority": 7})", {}}, world->now);
    EXPECT_EQ(noted("caller.looked_up"), 1) << "a late answer is ignored";
    caller.hang_up();
    expect_nothing_left();
}

TEST_F(CallerLookupTest, AnUnknownCallerIsNoFailure) {
    open();
    for (const int status : {404, 204, 404, 204}) {
        answers(status);
        EXPECT_TRUE(call("100").answered) << status;
    }
    answers("{}");
    EXPECT_TRUE(call("100").answered);
    EXPECT_EQ(asked.size(), 5u);
    EXPECT_EQ(view().state, LookupView::State::answering);
    EXPECT_THAT(world->log.lines, Not(HasSubstr(R"("result":"found")")));
}

TEST_F(CallerLookupTest, FailuresInARowSuspendTheQuestionsAndCallsGoOnAtOnce) {
    open();
    answers(500);
    EXPECT_TRUE(call("100").answered);
    answers("no JSON");
    EXPECT_TRUE(call("100").answered);
    EXPECT_EQ(noted("lookup.suspended"), 1);
    expect_logged(R"("result":"error","error":"HTTP 500")");
    expect_logged(R"("failures":2,"error":"not a JSON object","rest_ms":30000)");
    answers(R"({"priority": 7})", 100ms);
    EXPECT_TRUE(call("100").answered) << "without any delay";
    EXPECT_EQ(asked.size(), 2u);
    expect_logged(R"("result":"suspended")");
    world->run_for(30s);
    EXPECT_FALSE(call("100").answered) << "asked about for trial";
    EXPECT_TRUE(call("100").answered);
    world->run_for(100ms);
    EXPECT_TRUE(callers[3]->answered);
    EXPECT_EQ(noted("lookup.resumed"), 1);
    EXPECT_EQ(view().state, LookupView::State::answering);
    EXPECT_EQ(asked.size(), 3u);
}

TEST_F(CallerLookupTest, WithoutAnAnswerTheReasonIsTold) {
    open();
    answer = LookupReply{0, "", "Connection refused"};
    EXPECT_TRUE(call("100").answered);
    expect_logged(R"("result":"error","error":"Connection refused")");
}

TEST_F(CallerLookupTest, ACallerWhomTheAnswerPutsOnABlockedListIsTurnedAway) {
    open();
    answers(R"({"list": "nuisance"})");
    EXPECT_EQ(call("100").refused, 607);
    EXPECT_EQ(only<ContactRefused>().cause, routing::Refusal::blocked);
    expect_nothing_left();
}

TEST_F(CallerLookupTest, WhoHangsUpMeanwhileIsRefusedAsGone) {
    open();
    Caller& caller = call("100");
    caller.hang_up();
    world->run_for(50ms);
    EXPECT_EQ(world->wire["server 487 INVITE"], 1);
    EXPECT_EQ(only<ContactRefused>().cause, routing::Refusal::caller_gone);
    expect_logged(R"("result":"caller_gone","took_ms":50)");
    EXPECT_EQ(view().under_way, 1u) << "the question goes on";
    world->server.looked_up(asked[0].id, {200, "{}", {}}, world->now);
    EXPECT_EQ(view().under_way, 0u);
    EXPECT_EQ(noted("caller.looked_up"), 1);
    expect_nothing_left();
}

TEST_F(CallerLookupTest, DrainingRefusesWhoWaitsForAnAnswer) {
    open();
    Caller& caller = call("100");
    EXPECT_FALSE(world->server.idle());
    world->server.drain(world->now);
    world->flush();
    EXPECT_TRUE(world->log.all<ContactEnqueued>().empty());
    world->run_for(50ms);
    EXPECT_EQ(caller.refused, 503);
    EXPECT_EQ(only<ContactRefused>().cause, routing::Refusal::draining);
    world->server.looked_up(asked[0].id, {200, "{}", {}}, world->now);
    expect_nothing_left();
}

TEST_F(CallerLookupTest, ShuttingDownRefusesWhoWaitsForAnAnswer) {
    open();
    Caller& caller = call("100");
    world->server.shut_down(world->now);
    world->flush();
    world->run_for(50ms);
    EXPECT_EQ(caller.refused, 503);
    expect_nothing_left();
}

TEST_F(CallerLookupTest, WhoWaitsForAnAnswerCountsAsACall) {
    open([](config::Config& config) { config.sip.calls_max = 2; });
    call("100");
    call("100");
    EXPECT_EQ(call("100").refused, 503);
    EXPECT_EQ(only<ContactRefused>().cause, routing::Refusal::limit);
    EXPECT_EQ(asked.size(), 2u);
    world->run_for(1s);
    EXPECT_TRUE(callers[0]->answered && callers[1]->answered);
    EXPECT_EQ(call("100").refused, 503);
}

TEST_F(CallerLookupTest, WhoWaitsForAnAnswerIsOnTheTrunk) {
    open([](config::Config& config) { config.trunks[0].calls_max = 1; });
    call("100");
    EXPECT_EQ(world->server.trunks(world->now).at(0).calls_in, 1u);
    EXPECT_EQ(call("100").refused, 503);
    callers[0]->hang_up();
    world->run_for(50ms);
    EXPECT_EQ(world->server.trunks(world->now).at(0).calls_in, 0u);
    call("100");
    world->run_for(1s);
    EXPECT_TRUE(callers[2]->answered);
    EXPECT_EQ(world->server.trunks(world->now).at(0).calls_in, 1u);
    callers[2]->hang_up();
    expect_nothing_left();
    EXPECT_EQ(world->server.trunks(world->now).at(0).calls_in, 0u);
}

TEST_F(CallerLookupTest, WhoWaitsForAnAnswerTakesPorts) {
    open([](config::Config& config) { config.media.port_min = 20'000, config.media.port_max = 20'005; });
    call("100");
    EXPECT_EQ(call("100").refused, 503);
    EXPECT_EQ(noted("media.ports_exhausted"), 1);
}

TEST_F(CallerLookupTest, AFloodOfCallsIsAskedAboutAFewAtATime) {
    open();
    for (int i = 0; i < 20; ++i) {
        callers.push_back(std::make_unique<Caller>(*world, caller_address(i + 1), "4470" + std::to_string(i)));
        callers.back()->dial("100");
    }
    world->run_for(50ms);
    EXPECT_EQ(asked.size(), 3u);
    EXPECT_EQ(world->log.all<ContactEnqueued>().size(), 17u);
    expect_logged(R"("result":"at_once_max")");
    EXPECT_EQ(view().unasked, 17u);
    for (const auto& caller : callers) caller->hang_up();
    world->run_for(50ms);
    call("100");
    EXPECT_EQ(asked.size(), 3u) << "who hung up doesn't make room for more questions";
    callers.back()->hang_up();
    expect_nothing_left();
}

TEST_F(CallerLookupTest, NobodyIsAskedAboutWhoNeednt) {
    open([](config::Config& config) {
        config.entry_points[1].lookup = false;
        config.caller_lists[1].numbers = {"44702"};
        config.entry_points[0].callers = {routing::CallerListId{1}};
    });
    EXPECT_TRUE(call("200").answered) << "the entry point says no";
    EXPECT_EQ(call("100").refused, 607) << "blocked anyway";
    EXPECT_EQ(call("999").refused, 404) << "nowhere";
    callers.push_back(std::make_unique<Caller>(*world, caller_address(4), "44704"));
    callers.back()->lines = "Privacy: id\r\n";
    callers.back()->dial("100");
    world->run_for(50ms);
    EXPECT_TRUE(callers.back()->answered) << "withheld";
    callers.push_back(std::make_unique<Caller>(*world, caller_address(5), "bob"));
    callers.back()->dial("100");
    world->run_for(50ms);
    EXPECT_TRUE(callers.back()->answered) << "no number";
    Softphone& phone = add_phone("a1");
    put_to_work(phone);
    phone.place_call("100");
    world->run_for(50ms);
    EXPECT_TRUE(phone.own_call) << "an agent";
    EXPECT_TRUE(asked.empty());
    EXPECT_EQ(noted("caller.looked_up"), 0);
}

TEST_F(CallerLookupTest, WhatIsWrongInAnswersIsSaidOnceInAWhile) {
    open();
    answers(R"({"queue": "vipp", "agent": "nobody", "priority": 3})");
    EXPECT_TRUE(call("100").answered);
    EXPECT_EQ(only<ContactEnqueued>().priority, 3) << "the rest holds";
    EXPECT_EQ(noted("lookup.ignored"), 1);
    expect_logged(R"("key":"queue","value":"\"vipp\"","suppressed":0)");
    call("100");
    EXPECT_EQ(noted("lookup.ignored"), 1);
    world->run_for(world->config.sip.security_event_interval);
    call("100");
    EXPECT_EQ(noted("lookup.ignored"), 2);
    expect_logged(R"("suppressed":3)");
}

TEST_F(CallerLookupTest, WhoIsToBeAskedMayChange) {
    open();
    Caller& caller = call("100");
    ASSERT_EQ(asked.size(), 1u);
    world->reload(centre([](config::Config& config) { config.caller_lookup->url = "http://other/{caller}"; }));
    EXPECT_FALSE(caller.answered) << "the old question still counts";
    call("200");
    EXPECT_THAT(asked.back().url, HasSubstr("http://other/"));
    world->reload(centre([](config::Config& config) { config.caller_lookup.reset(); }));
    world->run_for(50ms);
    EXPECT_TRUE(caller.answered) << "nobody is waited for any more";
    EXPECT_FALSE(world->server.lookup(world->now));
    EXPECT_TRUE(call("100").answered);
    EXPECT_EQ(asked.size(), 2u);
    world->reload(centre([](config::Config&) {}));
    call("100");
    EXPECT_EQ(asked.size(), 3u);
}

TEST_F(CallerLookupTest, AFaultLeavesNobodyBehind) {
    open();
    Caller& caller = call("100");
    world->media.breaks = true;
    EXPECT_THROW(world->server.looked_up(asked[0].id, {200, "{}", {}}, world->now), std::runtime_error);
    world->flush();
    world->run_for(50ms);
    EXPECT_TRUE(caller.refused != 0 || caller.ended);
    expect_nothing_left();
    EXPECT_EQ(world->server.trunks(world->now).at(0).calls_in, 0u);
}

}  // namespace
}  // namespace centrala::calls
