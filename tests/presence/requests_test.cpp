// Documents that phones send, friendly and hostile.
#include "centrala/presence/requests.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace centrala::presence {
namespace {

using ::testing::ElementsAre;

std::string pidf_of(const std::string& basic, const std::string& activities = {}) {
    return "<?xml version='1.0' encoding='UTF-8'?><presence xmlns='urn:ietf:params:xml:ns:pidf' "
           "xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model' xmlns:r='urn:ietf:params:xml:ns:pidf:rpid' "
           "entity='sip:ann@c'><tuple id='t'><status>" +
           (basic.empty() ? "" : "<basic> " + basic + "\n</basic>") +
           "</status></tuple><dm:person id='p'><r:activities>" + activities + "</r:activities></dm:person></presence>";
}

TEST(Pidf, OpenAndClosedAreRead) {
    EXPECT_EQ(read_pidf(pidf_of("open"))->open, true);
    EXPECT_EQ(read_pidf(pidf_of("closed"))->open, false);
    EXPECT_EQ(read_pidf(pidf_of(""))->open, std::nullopt);
    EXPECT_EQ(read_pidf(pidf_of("ajar"))->open, std::nullopt);
}

TEST(Pidf, ActivitiesThatExistAreReadAndOthersPassedOver) {
    const auto state = read_pidf(pidf_of("open", "<r:meal/><r:juggling/><r:away/><other>x</other>"));
    ASSERT_TRUE(state.ok());
    EXPECT_THAT(state->activities, ElementsAre(Activity::meal, Activity::away));
    EXPECT_FALSE(state->do_not_disturb);
    EXPECT_TRUE(read_pidf(pidf_of("open", "<x:dnd xmlns:x='urn:cisco:params:xml:ns:pidf:rpid'/>"))->do_not_disturb);
}

TEST(Pidf, TheFirstTupleCounts) {
    const auto state = read_pidf(
        "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='x'><tuple id='a'><status><basic>closed</basic></status>"
        "</tuple><tuple id='b'><status><basic>open</basic></status></tuple></presence>");
    ASSERT_TRUE(state.ok());
    EXPECT_EQ(state->open, false);
}

TEST(Pidf, WhatIsNoPidfIsRefused) {
    for (const char* text :
         {"", "<", "<a/>", "<presence/>", "not xml", "<presence xmlns='urn:ietf:params:xml:ns:pidf'>",
          "<presence xmlns='urn:ietf:params:xml:ns:pidf'/><presence/>"})
        EXPECT_FALSE(read_pidf(text).ok()) << text;
}

TEST(Pidf, EntitiesAndDocumentTypesAreRefusedUnread) {
    const std::string laughs =
        "<!DOCTYPE lolz [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>"
        "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='&b;'/>";
    EXPECT_EQ(read_pidf(laughs).error().message, "a document type isn't allowed");
    EXPECT_FALSE(
        read_pidf("<!DOCTYPE p SYSTEM 'file:///etc/passwd'><presence xmlns='urn:ietf:params:xml:ns:pidf'/>").ok());
    EXPECT_FALSE(read_pidf("<presence xmlns='urn:ietf:params:xml:ns:pidf'>&unknown;</presence>").ok());
}

TEST(Pidf, DepthElementsNamesAndSizeAreBounded) {
    const auto wrapped = [](const std::string& inner) {
        return "<presence xmlns='urn:ietf:params:xml:ns:pidf'>" + inner + "</presence>";
    };
    std::string deep, many;
    for (int i = 0; i < 20; ++i) deep += "<a>";
    for (int i = 0; i < 20; ++i) deep += "</a>";
    for (int i = 0; i < 600; ++i) many += "<a/>";
    EXPECT_EQ(read_pidf(wrapped(deep)).error().message, "too deep");
    EXPECT_EQ(read_pidf(wrapped(many)).error().message, "too many elements");
    EXPECT_EQ(read_pidf(wrapped("<" + std::string(300, 'n') + "/>")).error().message, "a name is too long");
    EXPECT_EQ(read_pidf(wrapped(std::string(20'000, ' '))).error().message, "too large");
}

TEST(FeatureRequests, DoNotDisturbIsRead) {
    const auto request = [](const std::string& on) {
        return read_feature_request(
            "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\r\n<SetDoNotDisturb "
            "xmlns=\"http://www.ecma-international.org/standards/ecma-323/csta/ed3\">\r\n  <device>ann</device>\r\n"
            "  <doNotDisturbOn>" +
            on + "</doNotDisturbOn>\r\n</SetDoNotDisturb>\r\n");
    };
    EXPECT_TRUE(std::get<SetDoNotDisturb>(*request("true")).on);
    EXPECT_FALSE(std::get<SetDoNotDisturb>(*request("false")).on);
    EXPECT_TRUE(std::get<SetDoNotDisturb>(*request("1")).on);
    EXPECT_FALSE(request("maybe").ok());
    EXPECT_FALSE(request("").ok());
}

TEST(FeatureRequests, TheAgentsStateIsReadWithItsReason) {
    const auto request = [](const std::string& state, const std::string& reason) {
        return read_feature_request(
            "<SetAgentState xmlns=\"http://www.ecma-international.org/standards/ecma-323/csta/ed3\"><device></device>"
            "<requestedAgentState>" +
            state + "</requestedAgentState><extensions><privateData><private " +
            "xmlns:pri=\"http://schema.broadsoft.com/CSTAPrivateData\"><pri:AgentNotReadyReasonValue>" + reason +
            "</pri:AgentNotReadyReasonValue></private></privateData></extensions><agentID/></SetAgentState>");
    };
    const auto asked = request("notReady", "2");
    ASSERT_TRUE(asked.ok());
    EXPECT_EQ(std::get<SetAgentState>(*asked).state, RequestedState::not_ready);
    EXPECT_EQ(std::get<SetAgentState>(*asked).reason, 2u);
    EXPECT_EQ(std::get<SetAgentState>(*request("ready", "")).reason, 0u);
    EXPECT_EQ(std::get<SetAgentState>(*request("loggedOff", "")).state, RequestedState::logged_off);
    EXPECT_FALSE(request("asleep", "").ok());
    EXPECT_FALSE(request("notReady", "99999999999").ok());
    EXPECT_FALSE(request("notReady", "-1").ok());
    EXPECT_FALSE(request("notReady", "1x").ok());
}

TEST(FeatureRequests, OthersAreRefused) {
    EXPECT_FALSE(read_feature_request("<SetForwarding/>").ok());
    EXPECT_FALSE(read_feature_request("").ok());
}

RC_GTEST_PROP(Pidf, AnyBytesAreReadOrRefused, (const std::string& text)) {
    (void)read_pidf(text);
    (void)read_feature_request(text);
}

/// Valid documents with a few bytes changed: where a parser's edges are.
RC_GTEST_PROP(Pidf, DamagedDocumentsAreReadOrRefused, ()) {
    std::string text = pidf_of("open", "<r:meal/><r:away/>");
    for (int n = *rc::gen::inRange(1, 8); n > 0; --n)
        text[static_cast<std::size_t>(*rc::gen::inRange<int>(0, static_cast<int>(text.size())))] =
            *rc::gen::arbitrary<char>();
    const auto state = read_pidf(text);
    if (state.ok()) RC_ASSERT(state->activities.size() <= 2u);
}

}  // namespace
}  // namespace centrala::presence
