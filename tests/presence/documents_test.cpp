// Documents for phones, read back by the reader that reads theirs.
#include "centrala/presence/documents.hpp"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "presence/xml_reader.hpp"

namespace centrala::presence {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Path → text, "presence/tuple/status/basic" → "open"; fails the test if it isn't XML.
std::map<std::string, std::string> elements(const std::string& document) {
    std::map<std::string, std::string> found;
    const auto failed = read_xml(document, [&](std::span<const XmlName> path, std::string_view text) {
        std::string name;
        for (const auto& part : path) name += (name.empty() ? "" : "/") + part.local;
        found[name] = text;
    });
    EXPECT_FALSE(failed) << failed->message << "\n" << document;
    return found;
}

TEST(Documents, ALampIsOneDialogInEachOfItsStates) {
    Lamp lamp;
    EXPECT_EQ(elements(dialog_info("sip:ann@c", 0, lamp)).at("dialog-info/dialog/state"), "terminated");
    lamp.state = Lamp::State::early;
    lamp.direction = Lamp::Direction::recipient;
    const std::string early = dialog_info("sip:ann@c", 3, lamp);
    EXPECT_EQ(elements(early).at("dialog-info/dialog/state"), "early");
    EXPECT_THAT(early, HasSubstr("version=\"3\" state=\"full\" entity=\"sip:ann@c\""));
    EXPECT_THAT(early, HasSubstr("direction=\"recipient\""));
    EXPECT_THAT(early, Not(HasSubstr("remote")));
    lamp.state = Lamp::State::confirmed;
    lamp.direction = Lamp::Direction::initiator;
    lamp.remote_uri = "sip:+4930123@c";
    lamp.remote_name = "A \"B\" <C> & D";
    const std::string confirmed = dialog_info("sip:ann@c", 4, lamp);
    EXPECT_EQ(elements(confirmed).at("dialog-info/dialog/state"), "confirmed");
    EXPECT_EQ(elements(confirmed).at("dialog-info/dialog/remote/identity"), "sip:+4930123@c");
    EXPECT_THAT(confirmed, HasSubstr("display=\"A &quot;B&quot; &lt;C&gt; &amp; D\""));
}

TEST(Documents, PresenceSaysOpenOrClosedAndWhatSomebodyDoes) {
    const auto open = elements(pidf("sip:ann@c", {true, Activity::on_the_phone, "talking"}));
    EXPECT_EQ(open.at("presence/tuple/status/basic"), "open");
    EXPECT_EQ(open.at("presence/note"), "talking");
    EXPECT_TRUE(open.contains("presence/person/activities/on-the-phone"));
    const auto closed = elements(pidf("sip:ann@c", {}));
    EXPECT_EQ(closed.at("presence/tuple/status/basic"), "closed");
    EXPECT_FALSE(closed.contains("presence/person"));
}

TEST(Documents, EveryActivityHasItsWord) {
    for (int i = 1; i <= static_cast<int>(Activity::working); ++i)
        EXPECT_EQ(parse_activity(to_string(static_cast<Activity>(i))), static_cast<Activity>(i));
    EXPECT_EQ(parse_activity(""), std::nullopt);
    EXPECT_EQ(parse_activity("On-The-Phone"), std::nullopt);
}

TEST(Documents, WithoutMailboxNothingWaits) {
    EXPECT_EQ(no_messages("sip:ann@c"),
              "Messages-Waiting: no\r\nMessage-Account: sip:ann@c\r\nVoice-Message: 0/0 (0/0)\r\n");
}

TEST(Documents, FeatureKeysShowDoNotDisturbAndTheAgentsState) {
    EXPECT_EQ(elements(do_not_disturb_event("ann", true)).at("DoNotDisturbEvent/doNotDisturbOn"), "true");
    EXPECT_EQ(elements(do_not_disturb_event("ann", false)).at("DoNotDisturbEvent/device"), "ann");
    EXPECT_TRUE(elements(agent_event("ann", AgentKey::ready, 0)).contains("AgentReadyEvent"));
    EXPECT_TRUE(elements(agent_event("ann", AgentKey::logged_off, 0)).contains("AgentLoggedOffEvent"));
    EXPECT_TRUE(elements(agent_event("ann", AgentKey::working_after_call, 0)).contains("AgentWorkingAfterCallEvent"));
    EXPECT_EQ(elements(agent_event("ann", AgentKey::not_ready, 2))
                  .at("AgentNotReadyEvent/extensions/privateData/private/AgentNotReadyReasonValue"),
              "2");
}

TEST(Documents, WhatXmlCantHoldIsReplaced) {
    const auto escaped = [](std::string_view text) {
        std::string out;
        append_xml(out, text);
        return out;
    };
    constexpr std::string_view kReplacement = "\xef\xbf\xbd";
    EXPECT_EQ(escaped("J\xc3\xbcrgen \xf0\x9f\x98\x80"), "J\xc3\xbcrgen \xf0\x9f\x98\x80");
    EXPECT_EQ(escaped(std::string_view("\0", 1)), kReplacement);
    EXPECT_EQ(escaped("\x1b"), kReplacement);
    EXPECT_EQ(escaped("\xc3"), kReplacement);                                               // cut off
    EXPECT_EQ(escaped("\xc0\x80"), std::string(kReplacement) + std::string(kReplacement));  // overlong
    EXPECT_EQ(escaped("\xef\xbf\xbf"), kReplacement);                                       // U+FFFF
    EXPECT_EQ(escaped("'"), "&apos;");
}

RC_GTEST_PROP(Documents, AnyNameGivesAReadableDocument, (const std::string& name)) {
    Lamp lamp;
    lamp.remote_uri = name;
    lamp.remote_name = name;
    const auto failed = read_xml(dialog_info(name, 1, lamp), [](std::span<const XmlName>, std::string_view) {});
    RC_ASSERT(!failed);
}

}  // namespace
}  // namespace centrala::presence
