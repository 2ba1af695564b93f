// The agent's facts and how they change: sessions, intents, wrap-up, phones, skills.
#include "scenario.hpp"

namespace centrala::routing::testing {
namespace {

TEST(Agents, LogInNotReadyAndGoReady) {
    Scenario s;
    s.at(0s, phone(ann, Device::registered)).expect("ann logged_out>logged_out device.registered");
    s.at(1s, logs_in(ann)).expect("ann logged_out>not_ready(sys.login) login");
    s.at(2s, logs_in(ann)).rejected(Rejection::already_logged_in);
    s.at(3s, goes_ready(ann)).expect("ann not_ready>ready ready");
    s.at(4s, goes_ready(ann)).rejected(Rejection::already_so);
    s.at(5s, goes_not_ready(ann, "lunch")).expect("ann ready>not_ready(lunch) not_ready");
    s.at(6s, goes_not_ready(ann, "lunch")).rejected(Rejection::already_so);
    s.at(7s, goes_not_ready(ann)).expect("ann not_ready>not_ready not_ready");
    s.at(8s, logs_out(ann)).expect("ann not_ready>logged_out logout");
    s.at(9s, logs_out(ann)).rejected(Rejection::not_logged_in);
}

TEST(Agents, AreReadyAtLoginIfThePlanSaysSo) {
    Plan p = shop();
    p.ready_on_login = true;
    Scenario s(p);
    s.at(0s, phone(ann, Device::registered)).expect("ann logged_out>logged_out device.registered");
    s.at(1s, logs_in(ann)).expect("ann logged_out>ready login");
}

TEST(Agents, AreToldWhyNot) {
    Scenario s;
    s.at(0s, goes_ready(ann)).rejected(Rejection::not_logged_in);
    s.at(0s, goes_not_ready(ann)).rejected(Rejection::not_logged_in);
    s.at(0s, ends_wrap_up(ann)).rejected(Rejection::not_logged_in);
    s.at(0s, disposes(ann, "sold")).rejected(Rejection::not_logged_in);
    s.at(1s, logs_in(ann)).expect("ann logged_out>unreachable login");
    s.at(2s, goes_ready(ann)).rejected(Rejection::no_device);
    s.at(3s, goes_not_ready(ann, "beach")).rejected(Rejection::unknown_reason);
    s.at(4s, ends_wrap_up(ann)).rejected(Rejection::not_wrapping);
    s.at(5s, disposes(ann, "sold")).rejected(Rejection::no_contact);
    s.at(6s, logs_in(AgentId{99})).rejected(Rejection::unknown_id);
    s.at(6s, learns(ann, 9, 1)).rejected(Rejection::unknown_id);
    s.at(6s, learns(ann, 0, 11)).rejected(Rejection::unknown_id);
    s.at(6s, learns(ann, 0, 5)).rejected(Rejection::already_so);
    s.at(7s, accepts(1)).rejected(Rejection::unknown_id);
    s.at(7s, fails(1, Outcome::busy)).rejected(Rejection::unknown_id);
    s.at(7s, hangs_up(1)).rejected(Rejection::no_contact);
    s.at(7s, ends(1)).rejected(Rejection::no_contact);
    s.at(7s, loses_leg(1)).rejected(Rejection::no_contact);
}

/// ann talks to c1 since 1 s.
struct Talking : Scenario {
    explicit Talking(Plan p = shop()) : Scenario(std::move(p)) {
        staff({ann});
        at(0s, calls(sales))
            .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to ann", "ann ready>reserved offer.made");
        at(1s, accepts(1)).expect("o1 accepted", "c1 talks to ann after 1s", "ann reserved>talking offer.accepted");
    }
};

TEST(WrapUp, EndsByItself) {
    Talking s;
    s.at(10s, ends(1)).expect("c1 ended agent_hangup", "ann talking>wrap_up conversation.ended");
    EXPECT_EQ(s.core().deadline(), Scenario::kStart + 40s);
    s.at(45s, time_passes()).expect("@40s ann wrap_up>ready wrap_up.expired");
    EXPECT_EQ(s.agent(ann).idle_since, Scenario::kStart + 40s);
    EXPECT_EQ(s.agent(ann).handled, 1u);
}

TEST(WrapUp, IsEndedByTheAgent) {
    Talking s;
    s.at(10s, ends(1)).expect("c1 ended agent_hangup", "ann talking>wrap_up conversation.ended");
    s.at(15s, ends_wrap_up(ann)).expect("ann wrap_up>ready wrap_up.ended");
    s.at(60s, time_passes());
}

TEST(WrapUp, IsEndedByGoingReadyWhichTakesBackWhatWasPending) {
    Talking s;
    s.at(10s, ends(1)).expect("c1 ended agent_hangup", "ann talking>wrap_up conversation.ended");
    s.at(11s, goes_not_ready(ann, "lunch")).expect("ann wrap_up>wrap_up pending.set");
    s.at(12s, goes_ready(ann)).expect("ann wrap_up>wrap_up pending.cleared", "ann wrap_up>ready wrap_up.ended");
}

TEST(WrapUp, IsTheAgentsOwnIfItHasOne) {
    Plan p = shop();
    p.agents[0].wrap_up = 0s;
    Talking s(p);
    s.at(10s, ends(1, EndCause::caller_hangup))
        .expect("c1 ended caller_hangup", "ann talking>ready conversation.ended");
}

TEST(WrapUp, EndsBeforeTheCallThatComesAtTheSameMoment) {
    Talking s;
    s.at(10s, ends(1)).expect("c1 ended agent_hangup", "ann talking>wrap_up conversation.ended");
    s.at(40s, calls(sales))
        .expect("ann wrap_up>ready wrap_up.expired", "c2 arrives at sales", "c2 waits in sales #1", "o2: c2 to ann",
                "ann ready>reserved offer.made");
}

TEST(PendingIntent, TakesEffectAfterTheCallAndItsWrapUp) {
    Talking s;
    s.at(5s, goes_not_ready(ann, "lunch")).expect("ann talking>talking pending.set");
    s.at(5s, goes_not_ready(ann, "lunch")).rejected(Rejection::already_so);
    s.at(10s, ends(1)).expect("c1 ended agent_hangup", "ann talking>wrap_up conversation.ended");
    s.at(40s, calls(sales))
        .expect("ann wrap_up>not_ready(lunch) wrap_up.expired", "c2 arrives at sales", "c2 waits in sales #1");
}

TEST(PendingIntent, TakesEffectAtOnceWithoutWrapUp) {
    Plan p = shop();
    p.queues[0].wrap_up = 0s;
    Talking s(p);
    s.at(5s, goes_not_ready(ann, "lunch")).expect("ann talking>talking pending.set");
    s.at(10s, ends(1)).expect("c1 ended agent_hangup", "ann talking>not_ready(lunch) conversation.ended");
}

TEST(PendingIntent, MayBeReplacedAndTakenBack) {
    Talking s;
    s.at(5s, goes_ready(ann)).rejected(Rejection::already_so);
    s.at(5s, goes_not_ready(ann, "lunch")).expect("ann talking>talking pending.set");
    s.at(6s, goes_not_ready(ann)).expect("ann talking>talking pending.set");
    s.at(7s, logs_out(ann)).expect("ann talking>talking pending.set");
    s.at(7s, logs_out(ann)).rejected(Rejection::already_so);
    s.at(8s, logs_in(ann)).expect("ann talking>talking pending.cleared");
    s.at(9s, goes_not_ready(ann)).expect("ann talking>talking pending.set");
    s.at(9s, goes_ready(ann)).expect("ann talking>talking pending.cleared");
    s.at(10s, ends(1)).expect("c1 ended agent_hangup", "ann talking>wrap_up conversation.ended");
    s.at(11s, ends_wrap_up(ann)).expect("ann wrap_up>ready wrap_up.ended");
}

TEST(PendingIntent, LogsOutAfterTheCall) {
    Talking s;
    s.at(5s, logs_out(ann)).expect("ann talking>talking pending.set");
    s.at(10s, ends(1)).expect("c1 ended agent_hangup", "ann talking>wrap_up conversation.ended");
    s.at(20s, ends_wrap_up(ann)).expect("ann wrap_up>logged_out wrap_up.ended");
    EXPECT_EQ(s.agent(ann).facts.pending, std::nullopt);
}

TEST(Dispositions, AreAboutTheCallInHandOrTheLastOne) {
    Plan p = shop();
    p.dispositions = {"sold"};
    p.agents[0].wrap_up = 0s;
    Talking s(p);
    s.at(5s, disposes(ann, "sold")).expect("c1 is sold says ann");
    s.at(6s, disposes(ann, "stolen")).rejected(Rejection::unknown_code);
    s.at(7s, disposes(ann, "")).rejected(Rejection::unknown_code);
    s.at(10s, ends(1)).expect("c1 ended agent_hangup", "ann talking>ready conversation.ended");
    s.at(11s, disposes(ann, "sold")).expect("c1 is sold says ann");
    s.at(12s, calls(sales))
        .expect("c2 arrives at sales", "c2 waits in sales #1", "o2: c2 to ann", "ann ready>reserved offer.made");
    s.at(13s, disposes(ann, "sold")).expect("c1 is sold says ann");
}

TEST(Dispositions, MayBeAnyShortCodeWithoutAList) {
    Talking s;
    s.at(5s, disposes(ann, "whatever")).expect("c1 is whatever says ann");
    s.at(5s, disposes(ann, std::string(65, 'x'))).rejected(Rejection::unknown_code);
}

TEST(Phones, ThatAreNotThereGetNoCalls) {
    Scenario s;
    s.staff({ann});
    s.at(1s, phone(ann, Device::unregistered)).expect("ann ready>unreachable device.unregistered");
    s.at(2s, calls(sales)).expect("c1 arrives at sales", "c1 waits in sales #1");
    s.at(3s, phone(ann, Device::registered))
        .expect("ann unreachable>ready device.registered", "o1: c1 to ann", "ann ready>reserved offer.made");
}

TEST(Phones, ThatStayAwayMakeTheirAgentNotReady) {
    Scenario s;
    s.staff({ann});
    s.at(1s, phone(ann, Device::unregistered)).expect("ann ready>unreachable device.unregistered");
    s.at(31s, time_passes()).expect("ann unreachable>unreachable device.expired");
    s.at(40s, phone(ann, Device::registered)).expect("ann unreachable>not_ready(sys.device) device.registered");
}

TEST(Phones, OfFixedContactsMayStayAwayForEver) {
    Plan p = shop();
    p.agents[0].always_logged_in = true;
    Scenario s(p);
    s.recovered(0s).expect("ann logged_out>unreachable login");
    s.at(1s, phone(ann, Device::registered)).expect("ann unreachable>ready device.registered");
    s.at(2s, phone(ann, Device::unregistered)).expect("ann ready>unreachable device.unregistered");
    s.at(3600s, phone(ann, Device::registered)).expect("ann unreachable>ready device.registered");
}

TEST(Phones, LostDuringACallLeaveTheCallAlone) {
    Talking s;
    s.at(5s, phone(ann, Device::unregistered)).expect("ann talking>talking device.unregistered");
    s.at(35s, time_passes()).expect("ann talking>talking device.expired");
    EXPECT_EQ(s.agent(ann).facts.pending, (PendingIntent{Intent::not_ready, "sys.device", false}));
    s.at(40s, ends(1)).expect("c1 ended agent_hangup", "ann talking>wrap_up conversation.ended");
    s.at(41s, phone(ann, Device::registered)).expect("ann wrap_up>wrap_up device.registered");
    s.at(42s, ends_wrap_up(ann)).expect("ann wrap_up>not_ready(sys.device) wrap_up.ended");
}

TEST(Phones, LostWhileRingingLetTheOfferRunToItsEnd) {
    Scenario s;
    s.staff({ann});
    s.at(0s, calls(sales))
        .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to ann", "ann ready>reserved offer.made");
    s.at(1s, rings(1)).expect("o1 rings");
    s.at(5s, phone(ann, Device::unregistered)).expect("ann reserved>reserved device.unregistered");
    s.at(20s, time_passes()).expect("o1 no_answer", "ann reserved>unreachable offer.no_answer");
}

TEST(Phones, ThatAreSuspectRestUntilAProbeSucceedsOrTimeIsOver) {
    Scenario s;
    s.staff({ann, bob});
    s.at(1s, phone(ann, Device::suspect)).expect("ann ready>unreachable device.suspect");
    s.at(1s, phone(ann, Device::suspect)).rejected(Rejection::already_so);
    s.at(2s, phone(bob, Device::unreachable)).expect("bob ready>unreachable device.unreachable");
    s.at(3s, phone(ann, Device::registered)).expect("ann unreachable>ready device.registered");
    s.at(50s, time_passes()).expect("@32s bob unreachable>ready device.rested");
    EXPECT_LT(s.agent(ann).idle_since, Scenario::kStart) << "the idle clock goes on";
}

TEST(OwnCalls, KeepTheAgentBusy) {
    Scenario s;
    s.staff({ann});
    s.at(1s, own_call(ann, OtherUse::non_acd_call)).expect("ann ready>busy other_use.began");
    s.at(1s, own_call(ann, OtherUse::non_acd_call)).rejected(Rejection::already_so);
    s.at(2s, calls(sales)).expect("c1 arrives at sales", "c1 waits in sales #1");
    s.at(9s, own_call(ann, OtherUse::none))
        .expect("ann busy>ready other_use.ended", "o1: c1 to ann", "ann ready>reserved offer.made");
}

TEST(Skills, ChangeWhoMayTakeWhatAtOnce) {
    Scenario s;
    s.staff({cid});
    s.at(1s, calls(sales)).expect("c1 arrives at sales", "c1 waits in sales #1");
    s.at(2s, learns(cid, 0, 3)).expect("cid selling 0>3", "o1: c1 to cid", "cid ready>reserved offer.made");
    EXPECT_EQ(s.last<event::OfferMade>().level, 3u);
    s.at(3s, fails(1, Outcome::unreachable)).expect("o1 unreachable", "cid reserved>unreachable offer.unreachable");
    s.at(4s, learns(cid, 0, 0)).expect("cid selling 3>0");
    s.at(5s, phone(cid, Device::registered)).expect("cid unreachable>ready device.registered");
}

TEST(Times, AddUpToTheMicrosecond) {
    Talking s;
    s.at(10s + 1us, ends(1)).expect("c1 ended agent_hangup", "ann talking>wrap_up conversation.ended");
    s.at(12s, ends_wrap_up(ann)).expect("ann wrap_up>ready wrap_up.ended");
    s.at(20s, goes_not_ready(ann)).expect("ann ready>not_ready not_ready");
    s.at(30s, time_passes());
    const AgentRecord& a = s.agent(ann);
    const Timestamp now = Scenario::kStart + 30s;
    EXPECT_EQ(time_in(a, AgentState::reserved, now), 1s);
    EXPECT_EQ(time_in(a, AgentState::talking, now), 9s + 1us);
    EXPECT_EQ(time_in(a, AgentState::wrap_up, now), 2s - 1us);
    EXPECT_EQ(time_in(a, AgentState::ready, now), 8s + 1us);
    EXPECT_EQ(time_in(a, AgentState::not_ready, now), 10s);
    EXPECT_EQ(logged_in_for(a, now), 30s + 1us);
    EXPECT_EQ(occupancy_ppm(a, now), 11'000'000'000'000 / 20'000'001);
}

TEST(DisplayedState, RanksWorkBeforePhoneBeforeIntent) {
    AgentFacts f;
    f.device = Device::registered;
    f.tasks = {{contact(1), Channel::voice, Work::connected}};
    EXPECT_EQ(displayed(f), AgentState::logged_out);
    f.session = Session::logged_in;
    EXPECT_EQ(displayed(f), AgentState::talking);
    f.tasks = {{contact(1), Channel::voice, Work::held}};
    EXPECT_EQ(displayed(f), AgentState::talking);
    f.tasks = {{contact(1), Channel::voice, Work::wrapping}};
    f.device = Device::suspect;
    EXPECT_EQ(displayed(f), AgentState::wrap_up);
    f.tasks = {{contact(1), Channel::voice, Work::reserved}};
    EXPECT_EQ(displayed(f), AgentState::reserved);
    f.tasks.clear();
    f.other_use = OtherUse::non_acd_call;
    EXPECT_EQ(displayed(f), AgentState::unreachable);
    f.device = Device::registered;
    EXPECT_EQ(displayed(f), AgentState::busy);
    f.other_use = OtherUse::none;
    EXPECT_EQ(displayed(f), AgentState::not_ready);
    EXPECT_FALSE(is_willing(f));
    f.intent = Intent::ready;
    EXPECT_EQ(displayed(f), AgentState::ready);
    EXPECT_TRUE(is_willing(f));
    f.pending = PendingIntent{};
    EXPECT_FALSE(is_willing(f));
}

}  // namespace
}  // namespace centrala::routing::testing
