// URIs: grammar, escapes, comparison.
#include "centrala/sip/uri.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace centrala::sip {
namespace {

TEST(Uri, IsTakenApart) {
    const auto u = parse_uri("sip:alice:pass@[2001:db8::1]:5070;transport=TCP;lr?Subject=hi&Priority=urgent");
    ASSERT_TRUE(u);
    EXPECT_EQ(u->scheme, "sip");
    EXPECT_EQ(u->user, "alice");
    EXPECT_EQ(u->password, "pass");
    EXPECT_EQ(u->host, "2001:db8::1");
    EXPECT_EQ(u->port, 5070);
    EXPECT_EQ(u->parameters, "transport=TCP;lr");
    EXPECT_EQ(u->headers, "Subject=hi&Priority=urgent");
    EXPECT_EQ(u->parameter("TRANSPORT"), "TCP");
    EXPECT_EQ(u->parameter("lr"), "");
    EXPECT_FALSE(u->parameter("maddr"));
    EXPECT_TRUE(u->is_sip());
}

TEST(Uri, AcceptsTheExamplesOfRfc3261) {
    for (const char* text :
         {"sip:alice@atlanta.com", "sip:alice:secretword@atlanta.com;transport=tcp",
          "sips:alice@atlanta.com?subject=project%20x&priority=urgent",
          "sip:+1-212-555-1212:1234@gateway.com;user=phone", "sips:1212@gateway.com", "sip:alice@192.0.2.4",
          "sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com", "sip:alice;day=tuesday@atlanta.com", "SIP:a",
          "sip:a_b.c-d:65535", "sip:*21#@acd.example", "sip:100@[::ffff:192.0.2.1]", "sip:u@[2001:db8:::192.0.2.1]"})
        EXPECT_TRUE(parse_uri(text)) << text;
}

TEST(Uri, RefusesWhatTheGrammarDoes) {
    for (const char* text : {"",
                             "sip",
                             "sip:",
                             ":a",
                             "1sip:a",
                             "sip:@a",
                             "sip:a@",
                             "sip:a@b@c",
                             "sip:a:",
                             "sip:a:0",
                             "sip:a:65536",
                             "sip:a:5060x",
                             "sip:a b@c",
                             "sip:a@b c",
                             " sip:a",
                             "sip:a ",
                             "<sip:a>",
                             "sip:a@2001:db8::1",
                             "sip:a@[2001:db8::1",
                             "sip:a@[1.2.3.4]",
                             "sip:a@[fe80::1%25eth0]",
                             "sip:a@[::1]x",
                             "sip:a;",
                             "sip:a;;lr",
                             "sip:a;=b",
                             "sip:a?",
                             "sip:a@b;x=\"y\"",
                             "sip:%zz@b",
                             "sip:a%4@b",
                             "sip:a\xc3\xa4@b",
                             "sip:a@.b",
                             "sip:a@-b",
                             "sip:a@b,c",
                             "sip:a@b;x@y",
                             "tel:",
                             "urn: x",
                             "isbn:<1>"})
        EXPECT_FALSE(parse_uri(text)) << text;
    EXPECT_FALSE(parse_uri(std::string_view("sip:a\0b@c", 9)));
}

TEST(Uri, LimitsTheNumberOfParameters) {
    std::string text = "sip:a", headers = "sip:a?x=y";
    for (int i = 0; i < 64; ++i) text += ";p" + std::to_string(i), headers += "&x=y";
    EXPECT_TRUE(parse_uri(text));
    EXPECT_FALSE(parse_uri(text + ";one=more"));
    EXPECT_FALSE(parse_uri(headers));
}

TEST(Uri, TakesOtherSchemesAsTheyAre) {
    const auto tel = parse_uri("tel:+1-201-555-0123;phone-context=example.com");
    ASSERT_TRUE(tel);
    EXPECT_EQ(tel->user, "+1-201-555-0123");
    EXPECT_EQ(tel->parameter("phone-context"), "example.com");
    EXPECT_EQ(tel->host, "");
    const auto other = parse_uri("soap.beep://192.0.2.103:3002");
    ASSERT_TRUE(other);
    EXPECT_EQ(other->scheme, "soap.beep");
    EXPECT_FALSE(other->is_sip());
    EXPECT_EQ(other->user, "");
}

TEST(Uri, UndoesEscapesOnceOnly) {
    EXPECT_EQ(unescape("%41%2541"), "A%41");
    EXPECT_EQ(unescape("a%"), "a%");
    EXPECT_EQ(unescape("%4x%zz%"), "%4x%zz%");
    EXPECT_EQ(unescape("%00").size(), 1U);
    EXPECT_EQ(escape_user("a b@c%d"), "a%20b%40c%25d");
    EXPECT_EQ(escape_user("*21#"), "*21%23");
}

TEST(Uri, EscapingIsUndoneByUnescaping) {
    EXPECT_TRUE(rc::check([](const std::string& text) {
        RC_ASSERT(unescape(escape_user(text)) == text);
        RC_PRE(!text.empty());
        const std::string whole = "sip:" + escape_user(text) + "@host";
        const auto u = parse_uri(whole);
        RC_ASSERT(u.has_value());
        RC_ASSERT(unescape(u->user) == text);
    }));
}

bool same(std::string_view a, std::string_view b) {
    const auto left = parse_uri(a), right = parse_uri(b);
    EXPECT_TRUE(left) << a;
    EXPECT_TRUE(right) << b;
    const bool result = equivalent(*left, *right);
    EXPECT_EQ(result, equivalent(*right, *left)) << a << " " << b;
    return result;
}

TEST(UriComparison, FollowsTheExamplesOfRfc3261) {  // §19.1.4
    EXPECT_TRUE(same("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtlanTa.CoM;Transport=tcp"));
    EXPECT_TRUE(same("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"));
    EXPECT_TRUE(same("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5"));
    EXPECT_TRUE(same("sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
                     "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"));
    EXPECT_TRUE(same("sip:alice@atlanta.com?subject=project%20x&priority=urgent",
                     "sip:alice@atlanta.com?priority=urgent&subject=project%20x"));
    EXPECT_FALSE(same("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"));
    EXPECT_FALSE(same("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"));
    EXPECT_FALSE(same("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"));
    EXPECT_FALSE(same("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"));
    EXPECT_FALSE(same("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"));
    EXPECT_FALSE(same("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"));
    EXPECT_FALSE(same("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"));
}

TEST(UriComparison, TellsReservedCharactersFromTheirEscapes) {
    EXPECT_FALSE(same("sip:a%3bb@c", "sip:a;b@c"));
    EXPECT_TRUE(same("sip:a%3bb@c", "sip:a%3Bb@c"));
    EXPECT_FALSE(same("sip:a@c", "sips:a@c"));
    EXPECT_FALSE(same("sip:a@c", "sip:c"));
    EXPECT_FALSE(same("sip:a:x@c", "sip:a@c"));
}

TEST(UriComparison, KnowsSpellingsOfOneAddress) {
    EXPECT_TRUE(same("sip:a@[2001:DB8:0:0::1]", "sip:a@[2001:db8::1]"));
    EXPECT_FALSE(same("sip:a@[2001:db8::2]", "sip:a@[2001:db8::1]"));
}

TEST(Uri, SaysWhichTransportItAsksFor) {
    const auto transport = [](std::string_view text) { return transport_of(*parse_uri(text)); };
    EXPECT_EQ(transport("sip:ann@192.0.2.1"), Transport::udp);
    EXPECT_EQ(transport("sip:ann@192.0.2.1;transport=TCP"), Transport::tcp);
    EXPECT_EQ(transport("sip:ann@192.0.2.1;transport=tls"), Transport::tls);
    EXPECT_EQ(transport("sip:ann@df7jal23ls0d.invalid;transport=ws"), Transport::ws);
    EXPECT_EQ(transport("sips:ann@192.0.2.1"), Transport::tls) << "RFC 3261 §26.2.2";
    EXPECT_EQ(transport("sips:ann@192.0.2.1;transport=tcp"), Transport::tls);
    EXPECT_EQ(transport("sips:ann@192.0.2.1;transport=ws"), Transport::wss) << "RFC 7118 §5.1";
    EXPECT_EQ(transport("sips:ann@192.0.2.1;transport=udp"), std::nullopt) << "UDP can't be made secure";
    EXPECT_EQ(transport("sip:ann@192.0.2.1;transport=sctp"), std::nullopt);
    EXPECT_EQ(transport("tel:+4312345"), std::nullopt);
}

}  // namespace
}  // namespace centrala::sip
