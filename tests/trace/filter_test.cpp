// Which messages belong to a trace.
#include "centrala/trace/filter.hpp"

#include <map>

#include <gtest/gtest.h>

namespace centrala::trace {
namespace {

std::string message(const std::string& start, const std::string& from, const std::string& to,
                    const std::string& call_id, const std::string& cseq, const std::string& more = {}) {
    return start + "\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1\r\nMax-Forwards: 70\r\nFrom: " + from +
           "\r\nTo: " + to + "\r\nCall-ID: " + call_id + "\r\nCSeq: " + cseq + "\r\n" + more +
           "Content-Length: 0\r\n\r\n";
}
const std::string kFrom = "<sip:4711@carrier>;tag=a", kTo = "<sip:100@acd>", kToTag = "<sip:100@acd>;tag=b";
const std::string kInvite = message("INVITE sip:100@acd SIP/2.0", kFrom, kTo, "call-1", "1 INVITE");
const std::string kRinging = message("SIP/2.0 180 Ringing", kFrom, kToTag, "call-1", "1 INVITE");
const std::string kBye = message("BYE sip:acd SIP/2.0", kFrom, kToTag, "call-1", "2 BYE");
const std::string kToAgent = message("INVITE sip:ann@192.0.2.9 SIP/2.0", "<sip:4711@acd>;tag=c", "<sip:ann@acd>",
                                     "leg-1", "1 INVITE", "X-Centrala-Contact: c1\r\nX-Centrala-Dialled: 100\r\n");
const std::string kToOutside =
    message("INVITE sip:0301@carrier SIP/2.0", "<sip:99@acd>;tag=o", "<sip:0301@carrier>", "out-1", "1 INVITE");
const std::string kAgentAnswers =
    message("SIP/2.0 200 OK", "<sip:4711@acd>;tag=c", "<sip:ann@acd>;tag=d", "leg-1", "1 INVITE");
const std::string kOther =
    message("INVITE sip:200@acd SIP/2.0", "<sip:4712@carrier>;tag=a", "<sip:200@acd>", "call-2", "1 INVITE");
const std::string kOtherToAgent = message("INVITE sip:ben@192.0.2.8 SIP/2.0", "<sip:4712@acd>;tag=c", "<sip:ben@acd>",
                                          "leg-2", "1 INVITE", "X-Centrala-Contact: c2\r\n");
const std::string kRegister =
    message("REGISTER sip:acd SIP/2.0", "<sip:ann@acd>;tag=r", "<sip:ann@acd>", "reg-1", "1 REGISTER");
const std::string kRegistered =
    message("SIP/2.0 200 OK", "<sip:ann@acd>;tag=r", "<sip:ann@acd>;tag=s", "reg-1", "1 REGISTER");

Wanted call(const char* call, std::vector<std::string> call_ids = {}) {
    Wanted wanted;
    wanted.call = call;
    wanted.call_ids = std::move(call_ids);
    return wanted;
}

struct Under {
    explicit Under(Wanted wanted)
        : filter(std::move(wanted), [](std::string_view contact, std::string_view call_id) {
              return std::string(contact == "c1" || call_id == "out-1" ? "call-1" : contact == "c2" ? "call-2" : "");
          }) {}
    bool sees(const std::string& bytes, const char* remote = "192.0.2.1") {
        Captured captured;
        captured.sent = bytes == kToAgent || bytes == kOtherToAgent || bytes == kToOutside;
        captured.flow.remote = {*IpAddress::parse(remote), 5060};
        captured.bytes = bytes;
        return filter.matches(captured, read_headline(bytes));
    }
    Filter filter;
};

TEST(Filter, LetsEverythingThroughThatNothingIsAskedOf) {
    Under all({});
    EXPECT_TRUE(all.sees(kInvite));
    EXPECT_TRUE(all.sees("not SIP at all"));
}

TEST(Filter, FollowsACallFromItsInviteOnWhenTheNumberWasKnownBefore) {
    for (const char* number : {"4711", "100"}) {
        Under f(call(number));
        EXPECT_FALSE(f.sees(kRegister));
        EXPECT_FALSE(f.sees(kOther));
        EXPECT_TRUE(f.sees(kInvite)) << number;
        EXPECT_TRUE(f.sees(kRinging));
        EXPECT_TRUE(f.sees(kToAgent));
        EXPECT_TRUE(f.sees(kAgentAnswers));
        EXPECT_TRUE(f.sees(kToOutside)) << "which tells the carrier of no contact";
        EXPECT_TRUE(f.sees(kBye));
        EXPECT_FALSE(f.sees(kOtherToAgent));
    }
}

TEST(Filter, ShowsBothLegsOfARunningCallByItsContactOrCallId) {
    Under by_contact(call("c1", {"call-1", "leg-1"}));
    EXPECT_TRUE(by_contact.sees(kBye));
    EXPECT_TRUE(by_contact.sees(kAgentAnswers));
    EXPECT_FALSE(by_contact.sees(kOtherToAgent));
    Under by_call_id(call("call-1"));
    EXPECT_TRUE(by_call_id.sees(kToAgent));
    EXPECT_TRUE(by_call_id.sees(kAgentAnswers));
    EXPECT_TRUE(by_call_id.sees(kBye));
}

TEST(Filter, BeginsNoCallInTheMiddle) {
    Under f(call("4711"));
    EXPECT_FALSE(f.sees(kRinging)) << "its INVITE came before the trace";
}

TEST(Filter, ShowsWhatAnAgentsPhoneSaysAndHears) {
    Wanted wanted;
    wanted.agent = "ann";
    Under f(wanted);
    EXPECT_TRUE(f.sees(kRegister));
    EXPECT_TRUE(f.sees(kRegistered));
    EXPECT_TRUE(f.sees(kToAgent));
    EXPECT_TRUE(f.sees(kAgentAnswers));
    EXPECT_FALSE(f.sees(kInvite));
    EXPECT_FALSE(f.sees(kOtherToAgent));
}

TEST(Filter, ShowsOnePeerOrANet) {
    Wanted wanted;
    wanted.peer = Subnet::parse("192.0.2.0/30");
    Under f(wanted);
    EXPECT_TRUE(f.sees(kInvite, "192.0.2.1"));
    EXPECT_FALSE(f.sees(kInvite, "192.0.2.9"));
    EXPECT_TRUE(f.sees("garbage", "192.0.2.2"));
}

TEST(Filter, ForgetsTheOldestCallsRatherThanGrow) {
    Under f(call("4711"));
    for (std::size_t i = 0; i <= Filter::kFollowedMax; ++i) {
        const std::string id = "n" + std::to_string(i);
        ASSERT_TRUE(f.sees(message("INVITE sip:100@acd SIP/2.0", kFrom, kTo, id, "1 INVITE")));
    }
    EXPECT_FALSE(f.sees(message("BYE sip:acd SIP/2.0", kFrom, kToTag, "n0", "2 BYE")));
    EXPECT_TRUE(f.sees(message("BYE sip:acd SIP/2.0", kFrom, kToTag, "n1", "2 BYE")));
}

TEST(ReadHeadline, ShowsTheFirstLineEvenOfGarbageWithoutControlCharacters) {
    EXPECT_EQ(read_headline("\r\nhello\x1b[31m there\nmore").first_line, "hello.[31m there");
    EXPECT_EQ(read_headline("").first_line, "");
    EXPECT_EQ(read_headline(kBye).method, "BYE");
}

}  // namespace
}  // namespace centrala::trace
