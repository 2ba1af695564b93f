// Numbers, trunks and agents found in the configuration.
#include "calls/dial_plan.hpp"

#include <gtest/gtest.h>

#include "sim/small_centre.hpp"
#include "sim/world.hpp"

namespace centrala::calls {
namespace {

config::Config centre() {
    auto config = sim::small_centre({.agents = 2});
    config.trunks[0].dialled_number_headers = {"P-Called-Party-ID", "To"};
    return config;
}

/// An INVITE for `uri` with further header lines, parsed.
struct Invite {
    explicit Invite(const std::string& uri, const std::string& lines = {})
        : text("INVITE " + uri +
               " SIP/2.0\r\nVia: SIP/2.0/UDP 10.1.0.1;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: "
               "<sip:200@b>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n" +
               lines + "Content-Length: 0\r\n\r\n") {
        EXPECT_EQ(sip::parse(text, message).verdict, sip::Verdict::complete);
    }
    std::string text;
    sip::Message message;
};

TEST(DialPlan, TakesTheRequestUrisUserFirst) {
    const auto config = centre();
    const DialPlan plan(config);
    const auto dialled = plan.dialled(Invite("sip:100@acd.example").message, &config.trunks[0]);
    EXPECT_EQ(dialled.number, "100");
    EXPECT_EQ(dialled.entry_point, static_cast<routing::EntryPointId>(0));
}

TEST(DialPlan, LooksIntoTheTrunksHeadersInTheirOrder) {
    const auto config = centre();
    const DialPlan plan(config);
    const auto by_to = plan.dialled(Invite("sip:trunk@acd.example").message, &config.trunks[0]);
    EXPECT_EQ(by_to.number, "200");
    const auto by_called =
        plan.dialled(Invite("sip:trunk@acd.example", "P-Called-Party-ID: <sip:100@x>\r\n").message, &config.trunks[0]);
    EXPECT_EQ(by_called.number, "100");
}

TEST(DialPlan, GivesAnUnknownNumberToTheWildcardOnlyIfThereIsOne) {
    auto config = centre();
    EXPECT_EQ(DialPlan(config).dialled(Invite("sip:999@acd.example").message, nullptr).entry_point, std::nullopt);
    config.entry_points[1].numbers.push_back("*");
    const DialPlan plan(config);
    const auto dialled = plan.dialled(Invite("sip:999@acd.example").message, nullptr);
    EXPECT_EQ(dialled.entry_point, static_cast<routing::EntryPointId>(1));
    EXPECT_EQ(dialled.number, "999");
}

TEST(DialPlan, ReadsNumbersAsPeopleWriteThem) {
    const auto number = [](std::string_view uri) { return number_of(*sip::parse_uri(uri)); };
    EXPECT_EQ(number("sip:+49-30.123(4)@x"), "+49301234");
    EXPECT_EQ(number("sip:%2A11@x"), "*11");
    EXPECT_EQ(number("sip:100;phone-context=x@y"), "100");
    EXPECT_EQ(number("tel:+4930123;ext=4"), "+4930123");
    EXPECT_EQ(number("sip:jean-luc@x"), "jean-luc");
    EXPECT_EQ(number("sip:" + std::string(500, '1') + "@x").size(), 128u);
}

TEST(DialPlan, KnowsTrunksByAddress) {
    const auto config = centre();
    const DialPlan plan(config);
    EXPECT_EQ(plan.trunk(*IpAddress::parse("10.1.2.3")), &config.trunks[0]);
    EXPECT_EQ(plan.trunk(*IpAddress::parse("10.2.2.3")), nullptr);
}

TEST(DialPlan, OfOverlappingBlocksTheMostSpecificSaysWhoseTrunkItIs) {
    auto config = centre();
    config.trunks.resize(3, config.trunks[0]);
    config.trunks[1].sources = {*Subnet::parse("10.1.2.0/24"), *Subnet::parse("10.0.0.0/8")};
    config.trunks[2].sources = {*Subnet::parse("10.1.2.3/32"), *Subnet::parse("10.1.0.0/16")};
    DialPlan plan(config);
    const auto trunk = [&](const char* source) { return plan.trunk(*IpAddress::parse(source)) - config.trunks.data(); };
    EXPECT_EQ(trunk("10.1.3.1"), 0) << "the first of equals";
    EXPECT_EQ(trunk("10.1.2.1"), 1);
    EXPECT_EQ(trunk("10.9.9.9"), 1);
    EXPECT_EQ(trunk("10.1.2.3"), 2);
    plan.trust(0, {*IpAddress::parse("10.1.2.1"), *IpAddress::parse("10.1.2.3")});
    EXPECT_EQ(trunk("10.1.2.1"), 0) << "a gateway's own address is more specific than a block";
    EXPECT_EQ(trunk("10.1.2.3"), 2);
}

TEST(DialPlan, TrustsAPhoneWithoutCredentialsAtItsFixedAddressOnly) {
    auto config = centre();
    config.agents[0].contact = "sip:a1@192.0.2.5:5062";
    config.agents[1].contact = "sip:a2@192.0.2.6";
    config.agents[0].secret = {};
    const DialPlan plan(config);
    EXPECT_EQ(plan.trusted_phone("a1", *IpAddress::parse("192.0.2.5")), &config.agents[0]);
    EXPECT_EQ(plan.trusted_phone("a1", *IpAddress::parse("192.0.2.6")), nullptr);
    EXPECT_EQ(plan.trusted_phone("a2", *IpAddress::parse("192.0.2.6")), nullptr);  // has a password to prove itself by
}

}  // namespace
}  // namespace centrala::calls
