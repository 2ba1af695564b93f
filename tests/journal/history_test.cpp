// What is read of callers and agents from a log, without the configuration that it was written under.
#include "centrala/journal/history.hpp"

#include <gmock/gmock.h>

#include "centrala/journal/journal.hpp"
#include "journal/random_events.hpp"
#include "journal/support.hpp"

namespace centrala::journal {
namespace {

using namespace routing;
using Ending = Visit::Ending;

constexpr Timestamp kStart{1'700'000'000s};

History history_of(const std::string& log) {
    const test::Directory folder;
    test::write(folder.file("log"), log);
    auto history = read_history({folder.file("log")});
    if (!history) ADD_FAILURE() << history.error().message;
    return history ? std::move(*history) : History{};
}

/// A core of the small centre and the log that it writes.
class Desk {
public:
    Desk() : plan_(test::plan()), core_(plan_) {}

    void at(Duration since, const Input& input) {
        for (const Event& e : core_.step(input, kStart + since).events) format(log_, ++seq_, e, *plan_);
    }
    void log_in(Duration since, AgentId agent) {
        at(since, input::DeviceChanges{agent, Device::registered});
        at(since, input::AgentLogsIn{agent});
        at(since, input::AgentGoesReady{agent});
    }
    [[nodiscard]] const std::string& log() const { return log_; }
    [[nodiscard]] const AgentRecord& state(AgentId agent) const { return core_.state().agents[index(agent)]; }
    [[nodiscard]] std::optional<OfferId> offer_to(AgentId agent) const {
        const OfferRecord* offer = core_.state().offer_to(agent);
        return offer ? std::optional(offer->id) : std::nullopt;
    }
    [[nodiscard]] History read(const std::string& more = {}) const { return history_of(log_ + more); }

private:
    std::shared_ptr<Plan> plan_;
    Core core_;
    std::string log_;
    std::uint64_t seq_ = 0;
};

input::ContactArrives call(std::uint16_t entry_point) {
    input::ContactArrives c;
    c.entry_point = EntryPointId{entry_point};
    return c;
}

constexpr AgentId kAnn{0}, kBob{1};
constexpr ContactId kFirst{1}, kSecond{2};

TEST(History, TellsHowLongCallersWaitedAndTalkedAndAgentsWrappedUp) {
    Desk centre;
    centre.log_in(0s, kAnn);
    centre.at(10s, call(0));
    centre.at(13s, input::OfferAccepted{OfferId{1}});
    centre.at(20s, call(0));
    centre.at(73s, input::ConversationEnds{kFirst, EndCause::caller_hangup});
    centre.at(75s, input::AgentEndsWrapUp{kAnn});
    centre.at(76s, input::OfferAccepted{OfferId{2}});
    centre.at(80s, input::ConversationEnds{kSecond, EndCause::agent_hangup});
    centre.at(90s, input::TimePasses{});  // orders has five seconds of wrap-up
    const History h = centre.read();
    ASSERT_EQ(h.visits.size(), 2U);
    EXPECT_EQ(h.begin, kStart);
    EXPECT_EQ(h.names.entry_points[index(*h.visits[0].entry_point)].name, "main");
    EXPECT_EQ(h.names.queues[index(*h.visits[0].queue)].name, "orders");
    EXPECT_EQ(h.visits[0].came, kStart + 10s);
    EXPECT_EQ(h.visits[0].ending, Ending::answered);
    EXPECT_EQ(h.visits[0].waited, 3s);
    EXPECT_EQ(h.visits[0].talked, 60s);
    EXPECT_EQ(h.visits[0].wrapped, 2s);
    EXPECT_EQ(h.visits[1].waited, 56s);
    EXPECT_EQ(h.visits[1].talked, 4s);
    EXPECT_EQ(h.visits[1].wrapped, std::nullopt) << "its time ran out";
    ASSERT_EQ(h.agents.size(), 1U);
    EXPECT_EQ(h.agents[0].rang, (std::vector<Duration>{3s, 1s}));
    EXPECT_EQ(h.agents[0].busy, 60s + 2s + 4s + 5s);
    EXPECT_EQ(h.agents[0].free, 13s + 1s);
}

TEST(History, TellsHowCallsEndedThatNobodyAnswered) {
    Desk centre;
    centre.at(0s, call(1));
    centre.at(7s, input::CallerLeaves{kFirst, EndCause::caller_hangup});
    centre.at(8s, call(0));
    centre.at(9s, call(1));
    centre.at(20s, input::CallerLeaves{ContactId{3}, EndCause::caller_failed});
    auto draining = call(0);
    draining.refused = Refusal::draining;
    centre.at(30s, draining);
    for (int i = 0; i < 5; ++i) centre.at(31s, call(1));  // four may wait
    centre.at(40s, input::TimePasses{});
    const History h = centre.read();
    ASSERT_EQ(h.visits.size(), 8U) << "not the one that was refused because the server was about to stop";
    EXPECT_EQ(h.visits[0].ending, Ending::abandoned);
    EXPECT_EQ(h.visits[0].waited, 7s);
    EXPECT_EQ(h.visits[1].ending, Ending::cut_off) << "the log ends";
    EXPECT_EQ(h.visits[2].ending, Ending::cut_off);
    EXPECT_EQ(h.visits[2].waited, 11s);
    EXPECT_EQ(h.visits[7].ending, Ending::refused);
    EXPECT_EQ(h.visits[7].talked, std::nullopt);
}

TEST(History, ACallThatIsTransferredToAQueueIsAVisitOfItsOwn) {
    Desk centre;
    centre.log_in(0s, kAnn);
    centre.at(0s, call(0));
    centre.at(0s, input::OfferAccepted{OfferId{1}});
    centre.at(30s, input::TransferToQueue{kFirst, QueueId{1}});
    centre.at(50s, input::CallerLeaves{kFirst, EndCause::caller_hangup});
    const History h = centre.read();
    ASSERT_EQ(h.visits.size(), 2U);
    EXPECT_EQ(h.visits[0].talked, 30s);
    EXPECT_EQ(h.visits[1].entry_point, std::nullopt);
    EXPECT_EQ(h.names.queues[index(*h.visits[1].queue)].name, "hilfe:größe");
    EXPECT_EQ(h.visits[1].came, kStart + 30s);
    EXPECT_EQ(h.visits[1].ending, Ending::abandoned);
    EXPECT_EQ(h.visits[1].waited, 20s);
}

TEST(History, TellsHowAgentsTookOffersAndWhenTheyCameBackAfterMissingSome) {
    Desk centre;
    centre.log_in(0s, kAnn);
    centre.at(10s, call(0));
    centre.at(12s, input::OfferFailed{OfferId{1}, Outcome::rejected, 603});
    Duration t = 12s;
    while (centre.state(kAnn).facts.intent == Intent::ready && t < 10min) {  // until it has missed too many
        centre.at(t += 1s, input::TimePasses{});
        if (const auto offer = centre.offer_to(kAnn)) centre.at(t, input::OfferRings{*offer});
    }
    ASSERT_LT(t, 10min);
    centre.at(t + 100s, input::AgentGoesReady{kAnn});
    centre.at(t + 103s, input::OfferAccepted{*centre.offer_to(kAnn)});
    centre.at(t + 110s, input::ConversationEnds{kFirst, EndCause::caller_hangup});
    const History h = centre.read();
    ASSERT_EQ(h.agents.size(), 1U);
    EXPECT_EQ(h.agents[0].rejected, 1U);
    EXPECT_GT(h.agents[0].missed, 0U);
    EXPECT_EQ(h.agents[0].rang, std::vector<Duration>{3s});
    ASSERT_EQ(h.agents[0].back_after.size(), 1U);
    EXPECT_NEAR(static_cast<double>(h.agents[0].back_after[0].count()), 100e6, 1e6);
    EXPECT_TRUE(h.agents[0].away.empty()) << "the rule made it not ready";
}

TEST(History, TellsTheWrapUpOfEachOfSeveralChats) {
    constexpr AgentId kZoe{2};
    Desk centre;
    centre.log_in(0s, kZoe);  // has two at once
    for (const std::uint64_t n : {1, 2}) {
        centre.at(10s, call(4));
        centre.at(10s, input::OfferAccepted{OfferId{n}});
    }
    centre.at(20s, input::AgentDisposes{kZoe, "done", Actor::agent, kFirst});
    centre.at(20s, input::AgentDisposes{kZoe, "done", Actor::agent, kSecond});
    centre.at(30s, input::ConversationEnds{kFirst, EndCause::caller_hangup});
    centre.at(33s, input::ConversationEnds{kSecond, EndCause::caller_hangup});
    centre.at(34s, input::AgentEndsWrapUp{kZoe, Actor::agent, kSecond});
    centre.at(37s, input::AgentEndsWrapUp{kZoe, Actor::agent, kFirst});
    const History h = centre.read();
    ASSERT_EQ(h.visits.size(), 2U);
    EXPECT_EQ(h.visits[0].talked, Duration(20s));
    EXPECT_EQ(h.visits[0].wrapped, Duration(7s));
    EXPECT_EQ(h.visits[1].talked, Duration(23s));
    EXPECT_EQ(h.visits[1].wrapped, Duration(1s));
}

TEST(History, WhoIsHandedACallIsAwayUntilItIsOver) {
    for (const bool attended : {false, true}) {
        Desk centre;
        centre.log_in(0s, kAnn);
        centre.log_in(0s, kBob);
        centre.at(0s, call(0));
        const OfferId first = *centre.offer_to(kAnn);
        centre.at(0s, input::OfferAccepted{first});
        if (attended)
            centre.at(30s, input::TransferJoins{kFirst, kBob});
        else
            centre.at(30s, input::TransferToAgent{kFirst, kBob});
        if (!attended) centre.at(30s, input::OfferAccepted{*centre.offer_to(kBob)});
        centre.at(90s, input::ConversationEnds{kFirst, EndCause::caller_hangup});
        centre.at(10min, input::TimePasses{});
        const History h = centre.read();
        ASSERT_EQ(h.agents.size(), 2U);
        EXPECT_EQ(h.visits[0].talked, 30s);
        EXPECT_TRUE(h.agents[0].away.empty());
        ASSERT_EQ(h.agents[1].away.size(), 1U) << "attended " << attended;
        EXPECT_EQ(h.agents[1].away[0].from, kStart + 30s);
        EXPECT_GE(h.agents[1].away[0].to, kStart + 90s) << "and its wrap-up, if any";
    }
}

/// The last line of that kind of the log, as a snapshot that a rotation writes.
std::string as_snapshot(const std::string& log, const std::string& with) {
    const std::size_t at = log.rfind(with);
    const std::size_t begin = log.rfind('\n', at) + 1;
    std::string line = log.substr(begin, log.find('\n', at) + 1 - begin);
    const std::string changed = "agent.state_changed";
    return line.replace(line.find(changed), changed.size(), "agent.snapshot");
}

TEST(History, WhoTalksWhenTheLogBeginsIsAwayUntilThatIsOverButNotWhenItIsRotatedMeanwhile) {
    Desk centre;
    centre.log_in(0s, kAnn);
    centre.at(10s, call(0));
    centre.at(10s, input::OfferAccepted{OfferId{1}});
    const std::string until_now = centre.log();
    const std::string snapshot = as_snapshot(until_now, R"("to":"talking")");
    centre.at(60s, input::ConversationEnds{kFirst, EndCause::caller_hangup});
    centre.at(5min, input::TimePasses{});
    const std::string rest = centre.log().substr(until_now.size());
    const History rotated = history_of(until_now + snapshot + rest);
    ASSERT_EQ(rotated.agents.size(), 1U);
    EXPECT_TRUE(rotated.agents[0].away.empty());
    const std::string wrapping = R"("to":"wrap_up")";
    const std::size_t then = rest.find('\n', rest.find(wrapping)) + 1;
    const History in_wrap_up =
        history_of(until_now + rest.substr(0, then) + as_snapshot(rest, wrapping) + rest.substr(then));
    EXPECT_TRUE(in_wrap_up.agents[0].away.empty());
    const History begun = history_of(snapshot + rest);
    ASSERT_EQ(begun.agents[0].away.size(), 1U);
    EXPECT_EQ(begun.agents[0].away[0].from, kStart + 10s);
    EXPECT_GE(begun.agents[0].away[0].to, kStart + 60s);
}

TEST(History, TellsWhatSkillsSupervisorsGaveAndTook) {
    Desk centre;
    centre.log_in(0s, kAnn);
    centre.at(60s, input::AgentSkillSet{kAnn, SkillId{1}, 4});
    centre.at(90s, input::AgentSkillSet{kAnn, SkillId{1}, 0});
    const History h = centre.read();
    ASSERT_EQ(h.agents[0].skills_set.size(), 2U);
    EXPECT_EQ(h.agents[0].skills_set[0].at, kStart + 60s);
    EXPECT_EQ(h.agents[0].skills_set[0].level, 4);
    EXPECT_EQ(h.agents[0].skills_set[1].level, 0);
    EXPECT_EQ(h.names.skills[index(h.agents[0].skills_set[1].skill)].name, test::plan()->skills[1].name);
}

TEST(History, KnowsWhoCallsUnlessTheyHideIt) {
    Desk centre;
    centre.log_in(0s, kAnn);
    const auto caller = [](bool withheld, bool internal) {
        auto c = call(0);
        c.caller = "+4930123";
        c.withheld = withheld;
        c.internal = internal;
        return c;
    };
    centre.at(0s, caller(false, false));
    centre.at(0s, input::OfferAccepted{OfferId{1}});
    centre.at(1s, caller(true, false));
    centre.at(2s, caller(false, true));
    centre.at(30s, input::TransferToQueue{kFirst, QueueId{1}});
    const History h = centre.read();
    ASSERT_EQ(h.visits.size(), 4U);
    EXPECT_EQ(h.visits[0].caller, "+4930123");
    EXPECT_EQ(h.visits[1].caller, "");
    EXPECT_TRUE(h.visits[2].internal);
    EXPECT_EQ(h.visits[3].caller, "+4930123") << "the transferred one is still the same";
}

TEST(History, KnowsWhatAnotherSystemAdvised) {
    Desk centre;
    auto c = call(0);
    c.advice = {7, QueueId{1}, Wanted{kBob, 30s}};
    centre.at(0s, c);
    centre.at(1s, input::CallerLeaves{kFirst, EndCause::caller_hangup});
    const History h = centre.read();
    ASSERT_EQ(h.visits.size(), 1U);
    EXPECT_EQ(h.visits[0].advice.priority, 7);
    EXPECT_EQ(h.names.queues[index(*h.visits[0].advice.queue)].name, "hilfe:größe");
    EXPECT_EQ(h.names.agents[index(h.visits[0].advice.wanted->agent)].name, "bob");
    EXPECT_EQ(h.visits[0].advice.wanted->patience, 30s);
}

TEST(History, WhoIsRescuedHasTalkedWithBothAgentsAndWaitedOnce) {
    Desk centre;
    centre.log_in(0s, kAnn);
    centre.at(0s, call(0));
    centre.at(0s, input::OfferAccepted{OfferId{1}});
    centre.log_in(1s, kBob);
    centre.at(30s, input::AgentLegLost{kFirst});
    centre.at(40s, input::OfferAccepted{OfferId{2}});
    centre.at(55s, input::ConversationEnds{kFirst, EndCause::caller_hangup});
    const History h = centre.read();
    ASSERT_EQ(h.visits.size(), 1U);
    EXPECT_EQ(h.visits[0].waited, 0s);
    EXPECT_EQ(h.visits[0].talked, 45s);
}

/// Ann, from 5 s on: talks, says at 20 s that she goes, may from 60 s on, and is back at 100 s.
void goes_away_from_a_call(Desk& centre, const char* reason) {
    centre.log_in(5s, kAnn);
    centre.at(10s, call(2));
    centre.at(10s, input::OfferAccepted{OfferId{1}});
    centre.at(20s, input::AgentGoesNotReady{kAnn, reason});
    centre.at(60s, input::ConversationEnds{kFirst, EndCause::caller_hangup});
    centre.at(100s, input::AgentGoesReady{kAnn});
}

TEST(History, AgentsAreAwayFromWhenTheyAskForIt) {
    Desk centre;
    goes_away_from_a_call(centre, "training");
    centre.at(200s, input::AgentLogsOut{kAnn});
    const History h = centre.read();
    ASSERT_EQ(h.agents.size(), 1U);
    ASSERT_EQ(h.agents[0].logged_in.size(), 1U);
    EXPECT_EQ(h.agents[0].logged_in[0].from, kStart + 5s);
    EXPECT_EQ(h.agents[0].logged_in[0].to, kStart + 200s);
    ASSERT_EQ(h.agents[0].away.size(), 1U) << "what takes no time doesn't count";
    EXPECT_EQ(h.agents[0].away[0].from, kStart + 20s);
    EXPECT_EQ(h.agents[0].away[0].to, kStart + 100s);
}

TEST(History, WhoAsksForABreakIsAwayFromWhenItIsDue) {
    Desk centre;
    goes_away_from_a_call(centre, "lunch");
    const History h = centre.read();
    ASSERT_EQ(h.agents.size(), 1U);
    ASSERT_EQ(h.agents[0].away.size(), 1U);
    EXPECT_EQ(h.agents[0].away[0].from, kStart + 40s);
}

TEST(History, IsThatOfOneLogWhereverItWasCut) {
    Desk centre;
    centre.log_in(0s, kAnn);
    centre.at(10s, call(0));
    centre.at(13s, input::OfferAccepted{OfferId{1}});
    const std::size_t cut = centre.log().size();
    centre.at(50s, input::ConversationEnds{kFirst, EndCause::caller_hangup});
    const test::Directory folder;
    test::pack(folder.file("log.1.gz"), {centre.log().substr(0, cut)});
    test::write(folder.file("log"), centre.log().substr(cut));
    const auto history = read_history({folder.file("log"), folder.file("log.1.gz")});
    ASSERT_TRUE(history) << history.error().message;
    ASSERT_EQ(history->visits.size(), 1U);
    EXPECT_EQ(history->visits[0].ending, Ending::answered);
    EXPECT_EQ(history->visits[0].talked, 37s);
    EXPECT_EQ(history->begin, kStart);
    EXPECT_EQ(history->end, kStart + 50s);
}

TEST(History, DamagedLinesArePassedOverAndOtherFilesRefused) {
    Desk centre;
    centre.at(0s, call(1));
    EXPECT_EQ(centre.read("{\"seq\":2,\"ts\":\nnot json\n").skipped, 2U);
    const test::Directory folder;
    test::write(folder.file("csv"), "time,call\n1,2\n");
    EXPECT_FALSE(read_history({folder.file("csv")}));
    EXPECT_FALSE(read_history({"/nowhere/events.ndjson"}));
}

}  // namespace
}  // namespace centrala::journal
