// Diversion (RFC 5806) and History-Info (RFC 7044): whom the call was for, and why it came here.
#include "calls/diversion.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "calls/dial_plan.hpp"
#include "sim/small_centre.hpp"
#include "sim/world.hpp"

namespace centrala::calls {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct DivertedInvite {
    explicit DivertedInvite(const std::string& lines, const std::string& uri = "sip:100@x")
        : text("INVITE " + uri +
               " SIP/2.0\r\nVia: SIP/2.0/UDP 10.1.0.1;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:900@b>\r\n"
               "Call-ID: 1\r\nCSeq: 1 INVITE\r\n" +
               lines + "Content-Length: 0\r\n\r\n") {
        EXPECT_EQ(sip::parse(text, message).verdict, sip::Verdict::complete) << text;
    }
    std::string text;
    sip::Message message;
};

struct Case {
    const char* lines;
    const char* number;
    const char* reason;
};

TEST(Diversion, SaysWhoSentTheCallOnLastAndWhy) {
    const Case cases[] = {
        {"Diversion: <sip:+49301@c>;reason=unconditional;privacy=full\r\n", "+49301", "unconditional"},
        {"Diversion: \"Bob\" <tel:+49-30-2>;reason=\"no-answer\"\r\nDiversion: <sip:3@c>\r\n", "+49302", "no-answer"},
        {"Diversion: <sip:4@c>\r\n", "4", ""},
        {"Diversion: <sip:5@c>;reason=busy\r\nHistory-Info: <sip:6@c>;index=1, <sip:7@c;cause=302>;index=1.1\r\n", "5",
         "busy"},
        // RFC 7044 with the causes of RFC 4458 on the new target.
        {"History-Info: <sip:bob@c>;index=1, <sip:desk@c;cause=408>;index=1.1;mp=1\r\n", "bob", "no-answer"},
        // The Reason of the one who was tried first is written into its URI.
        {"History-Info: <sip:bob@c?Reason=SIP%3Bcause%3D486%3Btext%3D%22Busy%22>;index=1.1,"
         " <sip:bob@c>;index=1, <sip:desk@c>;index=1.2;mp=1.1\r\n",
         "bob", "user-busy"},
        // Out of order, in several fields, with more than nine branches.
        {"History-Info: <sip:last@c;cause=302>;index=1.10\r\nHistory-Info: <sip:first@c>;index=1\r\n"
         "History-Info: <sip:second@c;cause=486>;index=1.9\r\n",
         "second", "unconditional"},
        {"History-Info: <sip:bob@c>;index=1, <sip:desk@c;cause=999>;index=1.1\r\n", "bob", "999"},
    };
    for (const Case& c : cases) {
        SCOPED_TRACE(c.lines);
        const auto diversion = last_diversion(DivertedInvite(c.lines).message);
        ASSERT_TRUE(diversion);
        EXPECT_EQ(diversion->number, c.number);
        EXPECT_EQ(diversion->reason, c.reason);
    }
}

TEST(Diversion, IsNoneWhereTheCallWentStraight) {
    for (const char* lines :
         {"", "Diversion: <sip:broken\r\n", "History-Info: <sip:100@x>;index=1\r\n",
          // To where the same user is registered: no diversion.
          "History-Info: <sip:bob@c>;index=1, <sip:bob@192.0.2.4>;index=1.1;rc=1\r\n", "History-Info: <sip:bob\r\n"})
        EXPECT_FALSE(last_diversion(DivertedInvite(lines).message)) << lines;
}

TEST(Diversion, GivesTheNumbersThatBroughtTheCallHereFirst) {
    EXPECT_THAT(
        numbers_of(DivertedInvite("Diversion: <sip:1@c>, <sip:2@c>\r\nDiversion: <sip:3@c>\r\n").message, "diversion"),
        ElementsAre("1", "2", "3"));
    EXPECT_THAT(
        numbers_of(
            DivertedInvite("History-Info: <sip:1@c>;index=1, <sip:3@c>;index=1.10, <sip:2@c>;index=1.2\r\n").message,
            "History-Info"),
        ElementsAre("3", "2", "1"));
    EXPECT_THAT(numbers_of(DivertedInvite("").message, "To"), ElementsAre("900"));
    EXPECT_THAT(numbers_of(DivertedInvite("X-Did: <sip:+4930@c>\r\n").message, "x-did"), ElementsAre("+4930"));
    EXPECT_THAT(numbers_of(DivertedInvite("").message, "Diversion"), IsEmpty());
}

TEST(Diversion, FindsTheDialledNumberAmongSeveral) {
    auto config = sim::small_centre({.agents = 1});
    config.trunks[0].dialled_number_headers = {"Diversion", "History-Info"};
    const DialPlan plan(config);
    const auto dialled = [&](const std::string& lines) {
        return plan.dialled(DivertedInvite(lines, "sip:account@x").message, &config.trunks[0]).number;
    };
    EXPECT_EQ(dialled("Diversion: <sip:777@c>, <sip:200@c>, <sip:100@c>\r\n"), "200");
    EXPECT_EQ(dialled("History-Info: <sip:100@c>;index=1, <sip:200@c>;index=1.1, <sip:account@x>;index=1.1.1\r\n"),
              "200");
    EXPECT_EQ(dialled("Diversion: <sip:777@c>\r\nHistory-Info: <sip:100@c>;index=1\r\n"), "100");
    EXPECT_EQ(dialled(""), "account");
}

}  // namespace
}  // namespace centrala::calls
