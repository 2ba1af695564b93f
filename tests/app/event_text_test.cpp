// Each type of record as people read it; the lines come from the journal's own writer.
#include "app/event_text.hpp"

#include <cstdlib>

#include <gmock/gmock.h>
#include <time.h>

#include "centrala/journal/journal.hpp"

namespace centrala::app {
namespace {

namespace event = routing::event;
using namespace routing;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;

constexpr Timestamp kAt{Duration(1'700'000'000'123'456)};  // 2023-11-14T22:13:20.123456Z
constexpr ContactId kCall{17};
constexpr OfferId kOffer{23};
constexpr AgentId kAnn{0};
constexpr QueueId kOrders{0}, kBackup{1};
constexpr EntryPointId kMain{0};

Plan plan() {
    Plan p;
    p.skills = {{"german"}};
    p.queues.resize(2);
    p.queues[0].name = "orders";
    p.queues[1].name = "backup";
    p.agents.resize(1);
    p.agents[0].name = "ann";
    p.entry_points.resize(1);
    p.entry_points[0].name = "main";
    return p;
}

std::string shown(EventBody body, const Style& style = {}) {
    std::string line;
    journal::format(line, 1, {kAt, std::move(body)}, plan());
    line.pop_back();
    return event_text(line, style, true);
}

/// Everything after the time and the call.
std::string words(EventBody body) {
    return shown(std::move(body)).substr(21);
}

/// Columns as they stand: who (26), what (12), why.
std::string row(const std::string& who, const std::string& what, const std::string& why) {
    return pad(who, 26) + " " + (why.empty() ? what : pad(what, 12) + " " + why);
}

TEST(EventText, BeginsWithTimeAndCall) {
    EXPECT_EQ(shown(event::ContactOverflowed{.contact = kCall, .from = kOrders, .to = kBackup, .waited = 12'300ms}),
              "22:13:20.123  c17    orders → backup            overflowed   waited 12.3 s");
    EXPECT_EQ(shown(event::ContactOverflowed{
                  .contact = kCall, .from = kOrders, .to = kBackup, .cause = routing::OverflowCause::no_agent}),
              "22:13:20.123  c17    orders → backup            overflowed   waited 0 ms, no agent");
    EXPECT_EQ(shown(event::ContactRelaxed{.contact = kCall, .queue = kOrders, .step = 2, .waited = 60s, .priority = 5}),
              "22:13:20.123  c17    orders                     relaxed      step 2, waited 1:00, priority 5");
    EXPECT_EQ(
        shown(event::ContactReleased{.contact = kCall, .queue = kOrders, .agent = kAnn, .waited = 60s}),
        "22:13:20.123  c17    orders                     released     no longer for ann, waited long enough, waited "
        "1:00");
}

TEST(EventText, TellsACallsWay) {
    event::ContactArrived arrived{.contact = kCall,
                                  .entry_point = kMain,
                                  .dialled = "101",
                                  .caller = "0301234",
                                  .caller_name = "Zoë",
                                  .source = "carrier",
                                  .call_id = "x"};
    EXPECT_EQ(words(arrived), row("0301234 → 101", "arrived", "Zoë <0301234>, from carrier"));
    event::ContactEnqueued enqueued{};
    enqueued.contact = kCall;
    enqueued.position = 3;
    EXPECT_EQ(words(enqueued), row("main → orders", "waiting", "position 3"));
    enqueued.priority = 10;
    EXPECT_THAT(words(enqueued), EndsWith("position 3, priority 10"));
    EXPECT_EQ(
        words(event::ContactConnected{
            .contact = kCall, .queue = kOrders, .agent = kAnn, .offer = kOffer, .waited = 12'300ms, .rang = 3'100ms}),
        row("orders → ann", "connected", "waited 12.3 s, rang 3.1 s"));
    EXPECT_EQ(words(event::ContactRescued{.contact = kCall, .agent = kAnn, .queue = kOrders, .talked = 61s}),
              row("ann → orders", "rescued", "the agent's phone was lost after 1:01"));
    event::ContactTransferred transferred;
    transferred.contact = kCall;
    transferred.target = TransferTarget::agent;
    transferred.target_agent = kAnn;
    transferred.talked = 5s;
    EXPECT_EQ(words(transferred), row("ann → orders", "transferred", "blind, for ann, talked 5.0 s"));
    event::ContactReturned returned;
    returned.contact = kCall;
    returned.number = "+49301";
    returned.cause = Outcome::no_answer;
    EXPECT_EQ(words(returned), row("+49301 → orders", "returned", "no answer"));
    EXPECT_EQ(words(event::ContactAbandoned{.contact = kCall, .queue = kOrders, .waited = 9s, .while_ringing = kOffer}),
              row("orders → gone", "abandoned", "waited 9.0 s, while a phone rang"));
    EXPECT_EQ(words(event::ContactEnded{.contact = kCall,
                                        .queue = kOrders,
                                        .agent = kAnn,
                                        .cause = EndCause::agent_hangup,
                                        .waited = 2s,
                                        .talked = 65s,
                                        .lasted = 67s}),
              row("ann → ended", "ended", "agent hangup, waited 2.0 s, talked 1:05, lasted 1:07"));
    EXPECT_EQ(words(event::ContactDispositioned{kCall, kAnn, "resolved"}), row("ann", "disposition", "resolved"));
}

TEST(EventText, TellsOfCallsThatAgentsPlace) {
    const auto told = [](const std::string& rest) {
        return event_text(R"({"seq":1,"ts":"2023-11-14T22:13:20.123456Z","v":1,"type":)" + rest, {}, true);
    };
    EXPECT_THAT(told(R"("call.placed","agent":"ann","to":"0301","kind":"outside","trunk":"carrier"})"),
                HasSubstr("ann → 0301"));
    EXPECT_THAT(told(R"("call.placed","agent":"ann","to":"0301","kind":"outside","trunk":"carrier"})"),
                EndsWith("outside, through carrier"));
    EXPECT_THAT(told(R"("call.answered","agent":"ann","to":"bob","kind":"agent","for":"0301"})"),
                AllOf(HasSubstr("0301 → bob"), EndsWith("handed on by ann")));
    EXPECT_THAT(told(R"("call.held","agent":"ann","to":"bob","kind":"agent","by":"callee"})"),
                EndsWith("by the callee"));
    EXPECT_THAT(told(R"("call.resumed","contact":"c1","to":"0301","kind":"outside","held_ms":3000,"by":"caller"})"),
                HasSubstr("by the caller, on hold for"));
    EXPECT_THAT(told(R"("call.answered","agent":"ann","to":"bob","kind":"agent"})"), EndsWith("talks to"));
    EXPECT_THAT(
        told(R"("call.ended","agent":"ann","to":"bob","kind":"agent","talked_ms":5000,"cause":"callee_hangup"})"),
        EndsWith("callee hangup, talked 5.0 s"));
    EXPECT_THAT(told(R"("transfer.asked","agent":"ann","to":"0900","how":"refer","status":403})"),
                EndsWith("refused, SIP 403"));
}

TEST(EventText, TellsHowWellALegWasHeard) {
    const auto told = [](const std::string& rest) {
        return event_text(
            R"({"seq":1,"ts":"2023-11-14T22:13:20.123456Z","v":1,"type":"media.ended","contact":"c7",)" + rest, {},
            true);
    };
    EXPECT_THAT(
        told(R"("leg":"caller","packets_received":975,"packets_sent":1000,"packets_lost":25,"jitter_us":4200})"),
        EndsWith("975 packets, lost 2.5 %, jitter 4 ms"));
    EXPECT_THAT(told(R"("leg":"agent","packets_received":1,"packets_sent":99,"packets_lost":0,"jitter_us":0,)"
                     R"("peer_packets_lost":1,"round_trip_us":31000})"),
                EndsWith("1 packet, lost 0.0 %, jitter 0 ms, lost on the way there 1.0 %, round trip 31 ms"));
    EXPECT_THAT(told(R"("leg":"agent","packets_received":0,"packets_sent":0,"packets_lost":0,"jitter_us":0})"),
                EndsWith("0 packets, lost 0.0 %, jitter 0 ms"));
}

TEST(EventText, TellsWhatCallersWereTold) {
    const auto told = [](const std::string& rest) {
        return event_text(R"({"seq":1,"ts":"2023-11-14T22:13:20.123456Z","v":1,"type":"media.announced",)" + rest, {},
                          true);
    };
    EXPECT_THAT(told(R"("contact":"c7","queue":"sales","position":3,"wait_minutes":4})"),
                EndsWith("position 3, at most 4 minutes"));
    EXPECT_THAT(told(R"("contact":"c7","queue":"sales","wait_minutes":1})"), EndsWith("at most 1 minute"));
    EXPECT_THAT(told(R"("contact":"c7","queue":"sales","position":1})"), EndsWith("position 1"));
}

TEST(EventText, TellsWhatAnotherSystemKnowsOfACaller) {
    const auto told = [](const std::string& rest) {
        return event_text(R"({"seq":1,"ts":"2023-11-14T22:13:20.123456Z","v":1,"type":)" + rest, {}, true).substr(21);
    };
    const std::string call = R"("caller.looked_up","call_id":"x","caller":"0301","entry_point":"main",)";
    EXPECT_EQ(told(call + R"("result":"found","took_ms":23})"), row("0301 → main", "looked up", "found, after 23 ms"));
    EXPECT_EQ(told(call + R"("result":"error","error":"HTTP 500","took_ms":5})"),
              row("0301 → main", "looked up", "error, HTTP 500, after 5 ms"));
    EXPECT_EQ(told(R"("lookup.suspended","failures":5,"error":"timeout","rest_ms":30000})"),
              row("caller lookup", "suspended", "5 failures in a row, timeout, for 30.0 s"));
    EXPECT_EQ(told(R"("lookup.resumed"})"), row("caller lookup", "resumed", ""));
    event::ContactArrived arrived{};
    arrived.contact = kCall;
    arrived.advice = {20, kBackup, routing::Wanted{kAnn}};
    EXPECT_THAT(words(arrived), EndsWith("advised priority 20, advised queue backup, advised agent ann"));
}

TEST(EventText, TellsWhyACallWasRefused) {
    event::ContactRefused refused{};
    refused.contact = kCall;
    refused.cause = Refusal::queue_full;
    refused.queue = kOrders;
    EXPECT_THAT(words(refused), EndsWith("queue full, queue orders"));
    EXPECT_THAT(words(refused), HasSubstr("refused"));
}

TEST(EventText, TellsOffers) {
    event::OfferMade made{};
    made.offer = kOffer;
    made.contact = kCall;
    made.candidates = 1;
    made.idle = 125s;
    made.waited = 40ms;
    EXPECT_EQ(words(made), row("orders ⇢ ann", "offered", "longest idle, idle 2:05, 1 candidate, waited 40 ms"));
    made.candidates = 4;
    made.attempt = 2;
    made.level = 9;
    EXPECT_THAT(words(made), EndsWith("idle 2:05, level 9, 4 candidates, waited 40 ms, attempt 2"));
    made.next = kAnn;
    EXPECT_THAT(words(made), EndsWith("attempt 2, next ann"));
    made.passed_over = event::PassedOver{kAnn};
    EXPECT_THAT(words(made), EndsWith("next ann, ann refused it lately"));
    made.passed_over->kept_for = kBackup;
    EXPECT_THAT(words(made), EndsWith("next ann, ann is kept for backup"));
    EXPECT_EQ(words(event::OfferRinging{kOffer, kCall, kAnn}), row("ann", "ringing", ""));
    event::OfferEnded ended{};
    ended.contact = kCall;
    ended.outcome = Outcome::accepted;
    ended.sip_code = 200;
    ended.rang = 3'100ms;
    EXPECT_EQ(words(ended), row("orders ⇢ ann", "accepted", "SIP 200, rang 3.1 s"));
    ended.outcome = Outcome::no_answer;
    ended.sip_code = 0;
    ended.misses = 2;
    EXPECT_EQ(words(ended), row("orders ⇢ ann", "no answer", "rang 3.1 s, 2 misses in a row"));
}

TEST(EventText, TellsAgents) {
    event::AgentChanged changed{};
    changed.from = AgentState::ready;
    changed.to = AgentState::not_ready;
    changed.facts.reason = "lunch";
    changed.actor = Actor::supervisor;
    changed.cause = "not_ready";
    changed.lasted = 90s;
    EXPECT_EQ(words(changed), row("ann", "not ready", "not ready, reason lunch, by supervisor, ready for 1:30"));
    changed.to = AgentState::ready;
    changed.facts.reason.clear();
    changed.facts.pending = PendingIntent{Intent::not_ready, "lunch", false};
    EXPECT_EQ(words(changed), row("ann", "·", "still ready, not ready, then not ready (lunch), by supervisor"));
    changed.facts.pending.reset();
    changed.facts.asks = BreakWish{"lunch", kAt};
    changed.actor = Actor::agent;
    changed.cause = "break.asked";
    EXPECT_EQ(words(changed), row("ann", "·", "still ready, break.asked, asks for lunch"));
    event::AgentChanged chats{};
    chats.from = chats.to = AgentState::talking;
    chats.cause = "offer.made";
    chats.facts.tasks = {{ContactId{1}, Channel::chat, Work::connected}, {ContactId{2}, Channel::chat, Work::reserved}};
    EXPECT_EQ(words(chats), row("ann", "·", "still talking, offer.made, 2 chats in hand"));
    EXPECT_EQ(words(event::AgentSkillChanged{
                  .agent = kAnn, .skill = SkillId{0}, .from = 3, .to = 5, .actor = Actor::supervisor}),
              row("ann", "skill", "german 3 → 5"));
    EXPECT_THAT(words(event::AgentSkillChanged{
                    .agent = kAnn, .skill = SkillId{0}, .from = 3, .to = 0, .actor = Actor::supervisor}),
                EndsWith("german 3 → none"));
}

TEST(EventText, ShowsEntryPointsOpeningAndClosing) {
    const Door door{DoorState::closed, DoorCause::command, "fire alarm", kAt + 2h};
    EXPECT_EQ(words(event::EntryPointChanged{
                  .entry_point = kMain, .from = DoorState::open, .door = door, .actor = Actor::supervisor}),
              row("main", "closed", "command, fire alarm, for 2:00:00, by supervisor"));
    EXPECT_EQ(words(event::EntryPointChanged{.entry_point = kMain, .from = DoorState::closed, .door = {}, .actor = {}}),
              row("main", "open", "hours"));
}

TEST(EventText, ShowsOtherFamiliesWithTheirFields) {
    std::string line;
    journal::format(line, 9, kAt, "security.refused",
                    {{"source", std::string_view("192.0.2.1:5060")}, {"count", std::int64_t{3}}, {"seen", true}});
    EXPECT_EQ(event_text(line, {}, true),
              "22:13:20.123         " + row("", "security.refused", "source=192.0.2.1:5060, count=3, seen=true"));
}

TEST(EventText, LeavesOutSnapshots) {
    EXPECT_EQ(event_text(R"({"seq":1,"ts":"2023-11-14T22:13:20.123456Z","type":"agent.snapshot","v":1,"agent":"ann"})",
                         {}, true),
              "");
}

TEST(EventText, ShowsTheLocalTimeUnlessAskedForUtc) {
    ::setenv("TZ", "XXX-2", 1);
    ::tzset();
    const std::string line = R"({"seq":1,"ts":"2023-11-14T22:13:20.123456Z","type":"server.stopped","v":1})";
    EXPECT_EQ(event_text(line, {}, false).substr(0, 12), "00:13:20.123");
    EXPECT_EQ(event_text(line, {}, true).substr(0, 12), "22:13:20.123");
    ::unsetenv("TZ");
    ::tzset();
}

TEST(EventText, LetsNoCallerWriteToTheTerminal) {
    event::ContactArrived arrived{};
    arrived.contact = kCall;
    arrived.caller_name = "\x1b]0;owned\x07\r\nforged line";
    arrived.caller =
        "\xC2\x9B"
        "31m";
    const std::string text = shown(arrived);
    for (const char c : text) EXPECT_GE(static_cast<unsigned char>(c), 0x20);
    EXPECT_EQ(text.find("\xC2\x9B"), std::string::npos);
}

TEST(EventText, SurvivesWhatIsNoRecord) {
    EXPECT_EQ(event_text("not json", {}, true), "not json");
    EXPECT_EQ(event_text("", {}, true), "");
    EXPECT_EQ(event_text("[1,2]", {}, true), "[1,2]");
    EXPECT_EQ(event_text("{\"type\":", {}, true), "{\"type\":");
    EXPECT_THAT(event_text(R"({"type":"contact.connected","ts":5,"waited_ms":"x","from":[1],"contact":{}})", {}, true),
                HasSubstr("connected"));
    EXPECT_THAT(event_text(R"({"type":7})", {}, true), HasSubstr("7"));
}

TEST(EventText, ColoursOnlyWhenAsked) {
    const event::ContactAbandoned gone{.contact = kCall, .queue = kOrders, .waited = 1s, .while_ringing = {}};
    EXPECT_EQ(shown(gone).find('\x1b'), std::string::npos);
    EXPECT_THAT(shown(gone, {.colours = true, .width = 0}), HasSubstr("\x1b[31mabandoned"));
}

}  // namespace
}  // namespace centrala::app
