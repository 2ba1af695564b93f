// The registrar's rules, step by step (RFC 3261 §10.3), and what this product adds to them.
#include <gmock/gmock.h>

#include "register_message.hpp"

namespace centrala::registrar {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using Change = Outcome::Change;

constexpr auto kPhone = "<sip:ann@192.0.2.20:5060>";
constexpr auto kSoftphone = "<sip:ann@192.0.2.30:40001;transport=tcp>";

TEST(Registrar, RegistersAContactAndListsIt) {
    Registrar r({});
    const Outcome o = process(r, {contact(kPhone)});
    EXPECT_EQ(o.status, 200);
    EXPECT_EQ(o.change, Change::registered);
    EXPECT_THAT(contacts_of(o), ElementsAre("<sip:ann@192.0.2.20:5060>;expires=300"));
    ASSERT_EQ(r.bindings("ann").size(), 1U);
    const Binding& b = r.bindings("ann")[0];
    EXPECT_EQ(b.contact, "sip:ann@192.0.2.20:5060");
    EXPECT_EQ(b.call_id, "boot-1");
    EXPECT_EQ(b.cseq, 1U);
    EXPECT_EQ(b.q, 1000);
    EXPECT_EQ(b.expires, at(300s));
    EXPECT_EQ(b.flow, udp_flow());
    EXPECT_EQ(r.size(), 1U);
    EXPECT_THAT(r.bindings("ben"), IsEmpty());
}

TEST(Registrar, KnowsTheAddressesThatPhonesRegisteredFrom) {
    Registrar r({});
    const IpAddress from = udp_flow().remote.address;
    EXPECT_FALSE(r.has_binding_from(from));
    process(r, {contact(kPhone)});
    process(r, {.headers = contact(kSoftphone), .cseq = 2});
    EXPECT_TRUE(r.has_binding_from(from));
    EXPECT_FALSE(r.has_binding_from(*IpAddress::parse("203.0.113.9")));
    process(r, {.headers = contact(kPhone) + "Expires: 0\r\n", .cseq = 3});
    EXPECT_TRUE(r.has_binding_from(from)) << "the softphone";
    r.expire(at(1h));
    EXPECT_FALSE(r.has_binding_from(from));
}

TEST(Registrar, AnswersWithTheDate) {
    Registrar r({});
    EXPECT_THAT(process(r, {}).header_lines, HasSubstr("Date: Fri, 15 Jan 2027 08:00:00 GMT\r\n"));
    EXPECT_THAT(process(r, {.headers = {}, .cseq = 2}, 29 * 24h + 3661s + 999ms).header_lines,
                HasSubstr("Date: Sat, 13 Feb 2027 09:01:01 GMT\r\n"));
}

TEST(Registrar, FetchListsBindingsWithWhatIsLeftAndChangesNothing) {
    Registrar r({});
    process(r, {contact(kPhone) + "Expires: 100\r\n"});
    EXPECT_THAT(r.take_changed(), ElementsAre("ann"));
    const Outcome o = process(r, {.headers = {}, .cseq = 2}, 40s);
    EXPECT_EQ(o.change, Change::none);
    EXPECT_THAT(contacts_of(o), ElementsAre("<sip:ann@192.0.2.20:5060>;expires=60"));
    EXPECT_THAT(r.take_changed(), IsEmpty());
    EXPECT_EQ(r.bindings("ann")[0].cseq, 1U);
}

TEST(Registrar, NeverSaysZeroOfALivingBinding) {
    Registrar r({});
    process(r, {contact(kPhone) + "Expires: 30\r\n"});
    EXPECT_THAT(contacts_of(process(r, {}, 29s + 999ms)), ElementsAre(HasSubstr(";expires=1")));
}

TEST(Registrar, ParameterBeatsHeaderBeatsDefault) {
    Registrar r({});
    const Outcome o = process(r, {contact("<sip:a@192.0.2.1>;expires=60, <sip:b@192.0.2.1>") + "Expires: 90\r\n"});
    EXPECT_THAT(contacts_of(o), ElementsAre("<sip:b@192.0.2.1>;expires=90", "<sip:a@192.0.2.1>;expires=60"));
    EXPECT_THAT(contacts_of(process(r, {contact("<sip:c@192.0.2.1>")}, 0s, udp_flow(), "ben")),
                ElementsAre("<sip:c@192.0.2.1>;expires=300"));
}

struct ExpiresCase {
    const char* asked;
    const char* granted;
};
TEST(Registrar, ClampsAndRepairsIntervals) {
    for (const auto& [asked, granted] : std::initializer_list<ExpiresCase>{{"30", "30"},
                                                                           {"3599", "3599"},
                                                                           {"3601", "3600"},
                                                                           {"4294967295", "3600"},
                                                                           {"99999999999999999999999999", "3600"},
                                                                           {"soon", "3600"},
                                                                           {"-5", "3600"},
                                                                           {"1.5", "3600"}}) {
        Registrar r({});
        EXPECT_THAT(contacts_of(process(r, {contact(kPhone) + "Expires: " + asked + "\r\n"})),
                    ElementsAre(std::string(kPhone) + ";expires=" + granted))
            << asked;
    }
}

TEST(Registrar, RefusesBriefIntervalsWithTheMinimum) {
    Registrar r({});
    const Outcome o = process(r, {contact(kPhone) + "Expires: 29\r\n"});
    EXPECT_EQ(o.status, 423);
    EXPECT_EQ(o.header_lines, "Min-Expires: 30\r\n");
    EXPECT_EQ(r.size(), 0U);
    EXPECT_EQ(process(r, {contact("<sip:a@192.0.2.1>;expires=1")}).status, 423);
}

TEST(Registrar, GrantsAnHourEvenBelowTheMinimum) {  // §10.3 step 7: 423 only below one hour
    Registrar r({.expires_default = 7200s, .expires_min = 7200s, .expires_max = 86400s});
    EXPECT_EQ(process(r, {contact(kPhone) + "Expires: 3599\r\n"}).status, 423);
    EXPECT_EQ(process(r, {contact(kPhone) + "Expires: 3600\r\n"}).status, 200);
}

TEST(Registrar, RefreshesWithAHigherCSeq) {
    Registrar r({});
    process(r, {contact(kPhone)});
    const Outcome o = process(r, {.headers = contact(kPhone), .cseq = 2}, 100s);
    EXPECT_EQ(o.change, Change::refreshed);
    ASSERT_EQ(r.size(), 1U);
    EXPECT_EQ(r.bindings("ann")[0].expires, at(400s));
    EXPECT_EQ(r.bindings("ann")[0].cseq, 2U);
}

TEST(Registrar, FailsAnOutOfOrderRequestOfTheSameBoot) {
    Registrar r({});
    process(r, {.headers = contact(kPhone), .cseq = 5});
    EXPECT_THAT(r.take_changed(), ElementsAre("ann"));
    for (const std::uint32_t cseq : {4U, 5U}) {
        EXPECT_EQ(process(r, {.headers = contact(kPhone), .cseq = cseq}, 10s).status, 500);
        EXPECT_EQ(process(r, {.headers = contact(std::string(kPhone) + ";expires=0"), .cseq = cseq}, 10s).status, 500);
        EXPECT_EQ(process(r, {.headers = "Contact: *\r\nExpires: 0\r\n", .cseq = cseq}, 10s).status, 500);
    }
    EXPECT_THAT(r.take_changed(), IsEmpty());
    EXPECT_EQ(r.bindings("ann")[0].expires, at(300s));
}

TEST(Registrar, AnotherCallIdNeedsNoHigherCSeq) {  // the phone was restarted
    Registrar r({});
    process(r, {.headers = contact(kPhone), .cseq = 500});
    EXPECT_EQ(process(r, {.headers = contact(kPhone), .call_id = "boot-2", .cseq = 1}, 10s).status, 200);
    ASSERT_EQ(r.size(), 1U);
    EXPECT_EQ(r.bindings("ann")[0].call_id, "boot-2");
}

TEST(Registrar, RemovesOneContactOrAll) {
    Registrar r({});
    process(r, {contact("<sip:a@192.0.2.1>, <sip:b@192.0.2.1>")});
    const Outcome one = process(r, {.headers = contact("<sip:a@192.0.2.1>;expires=0"), .cseq = 2});
    EXPECT_EQ(one.change, Change::refreshed);
    EXPECT_THAT(contacts_of(one), ElementsAre("<sip:b@192.0.2.1>;expires=300"));
    const Outcome all = process(r, {.headers = "Contact: *\r\nExpires: 0\r\n", .call_id = "another", .cseq = 1});
    EXPECT_EQ(all.status, 200);
    EXPECT_EQ(all.change, Change::unregistered);
    EXPECT_THAT(contacts_of(all), IsEmpty());
    EXPECT_EQ(r.size(), 0U);
    EXPECT_FALSE(r.deadline());
    EXPECT_EQ(process(r, {.headers = "Contact: *\r\nExpires: 0\r\n", .cseq = 9}).change, Change::none);
}

TEST(Registrar, RemovingAStrangeContactIsNoMistake) {
    Registrar r({});
    process(r, {contact(kPhone)});
    const Outcome o = process(r, {.headers = contact("<sip:x@192.0.2.99>;expires=0"), .cseq = 2});
    EXPECT_EQ(o.status, 200);
    EXPECT_THAT(contacts_of(o), ElementsAre(std::string(kPhone) + ";expires=300"));
}

TEST(Registrar, StarStandsAloneAndWithExpiresZero) {
    Registrar r({});
    process(r, {contact(kPhone)});
    for (const char* headers :
         {"Contact: *\r\n", "Contact: *\r\nExpires: 60\r\n", "Contact: *, <sip:a@192.0.2.1>\r\nExpires: 0\r\n",
          "Contact: <sip:a@192.0.2.1>\r\nContact: *\r\nExpires: 0\r\n", "Contact: *\r\nContact: *\r\nExpires: 0\r\n",
          "Contact: *;expires=0\r\n", "Contact: *\r\nExpires: zero\r\n"}) {
        EXPECT_EQ(process(r, {.headers = headers, .cseq = 2}).status, 400) << headers;
    }
    EXPECT_EQ(r.size(), 1U);
}

TEST(Registrar, CommitsAllOrNothing) {
    Registrar r({});
    process(r, {contact("<sip:a@192.0.2.1>")});
    const auto before = r.all();
    const std::string good = "<sip:b@192.0.2.1>", with_good = good + ", ";
    EXPECT_EQ(process(r, {.headers = contact(with_good + "<sip:c@192.0.2.1>;expires=5"), .cseq = 2}).status, 423);
    EXPECT_EQ(process(r, {.headers = contact(with_good + "<tel:+49555>"), .cseq = 2}).status, 400);
    EXPECT_EQ(process(r, {.headers = contact(with_good + "<sip:a@192.0.2.1>;expires=0"), .cseq = 1}).status, 500);
    EXPECT_EQ(r.all(), before);
}

TEST(Registrar, TakesOnlySipAndSips) {
    Registrar r({});
    for (const char* uri : {"<mailto:ann@example.com>", "<tel:+49555>", "<http://example.com>", "<name:John_Smith>"})
        EXPECT_EQ(process(r, {contact(uri)}).status, 400) << uri;
    EXPECT_EQ(process(r, {contact("<sips:ann@192.0.2.1>")}).status, 200);
}

TEST(Registrar, LimitsContactsOfAnAgent) {
    Registrar r({.contacts_max = 2});
    EXPECT_EQ(process(r, {contact("<sip:a@192.0.2.1>, <sip:b@192.0.2.1>")}).status, 200);
    EXPECT_EQ(process(r, {.headers = contact("<sip:c@192.0.2.1>"), .cseq = 2}).status, 403);
    EXPECT_EQ(process(r, {.headers = contact("<sip:c@192.0.2.1>, <sip:a@192.0.2.1>;expires=0"), .cseq = 3}).status,
              200);
    EXPECT_EQ(r.size(), 2U);
    std::string many = contact("<sip:a@192.0.2.1>;expires=0");
    for (int i = 0; i < 100; ++i) many += contact("<sip:n" + std::to_string(i) + "@192.0.2.1>");
    EXPECT_EQ(process(r, {.headers = many, .cseq = 4}).status, 403);
}

TEST(Registrar, RefusesOversizedUris) {
    Registrar r({});
    EXPECT_EQ(process(r, {contact("<sip:" + std::string(1'020, 'a') + "@192.0.2.1>")}).status, 400);
    EXPECT_EQ(process(r, {contact("<sip:" + std::string(1'000, 'a') + "@192.0.2.1>")}).status, 200);
    EXPECT_EQ(
        process(r, {.headers = contact(kPhone), .call_id = std::string(1'025, 'c')}, 0s, udp_flow(), "ben").status,
        400);
}

TEST(Registrar, SortsByQThenLatest) {
    Registrar r({});
    process(
        r,
        {contact("<sip:low@192.0.2.1>;q=0.1, <sip:a@192.0.2.1>;q=0.5, <sip:b@192.0.2.1>;q=0.5, <sip:top@192.0.2.1>")});
    process(r, {.headers = contact("<sip:a@192.0.2.1>;q=0.5"), .cseq = 2});
    EXPECT_THAT(contacts_of(process(r, {})),
                ElementsAre("<sip:top@192.0.2.1>;expires=300", "<sip:a@192.0.2.1>;expires=300;q=0.5",
                            "<sip:b@192.0.2.1>;expires=300;q=0.5", "<sip:low@192.0.2.1>;expires=300;q=0.1"));
}

TEST(Registrar, ReadsQInThousandths) {
    const std::initializer_list<std::pair<const char*, int>> cases{
        {"0", 0},        {"0.0", 0},    {"0.5", 500}, {"0.123", 123}, {"0.1239", 123}, {".7", 700}, {"1", 1000},
        {"1.000", 1000}, {"1.5", 1000}, {"27", 1000}, {"x", 1000},    {"-0.5", 1000},  {"0.05", 50}};
    for (const auto& [text, q] : cases) {
        Registrar r({});
        const Outcome o = process(r, {contact(std::string(kPhone) + ";q=" + text)});
        ASSERT_EQ(r.size(), 1U) << text << " " << o.status;
        EXPECT_EQ(r.bindings("ann")[0].q, q) << text;
    }
    Registrar r({});
    EXPECT_THAT(contacts_of(process(r, {contact(std::string(kPhone) + ";q=0.050")})),
                ElementsAre(std::string(kPhone) + ";expires=300;q=0.05"));
    EXPECT_THAT(contacts_of(process(r, {contact(std::string(kPhone) + ";q=0")}, 0s, udp_flow(), "ben")),
                ElementsAre(std::string(kPhone) + ";expires=300;q=0"));
}

TEST(Registrar, ComparesContactsAsUris) {  // RFC 3261 §19.1.4
    const std::initializer_list<std::tuple<const char*, const char*, std::size_t>> cases{
        {"<sip:%61nn@Atlanta.COM;transport=TCP>", "<sip:ann@atlanta.com;Transport=tcp>", 1},
        {"<sip:ann@h.example>", "<sip:ann@h.example;newparam=5>", 1},
        {"<sip:ann@h.example>", "<sip:ANN@h.example>", 2},
        {"<sip:ann@h.example>", "<sip:ann@h.example:5060>", 2},
        {"<sip:ann@h.example>", "<sips:ann@h.example>", 2},
        {"<sip:ann@h.example>", "<sip:ann@h.example?Subject=x>", 2},
        {"<sip:ann@h.example>", "<sip:h.example>", 2}};
    for (const auto& [first, second, count] : cases) {
        Registrar r({});
        process(r, {contact(first)});
        process(r, {.headers = contact(second), .cseq = 2});
        EXPECT_EQ(r.size(), count) << first << " " << second;
    }
}

TEST(Registrar, TheLaterOfTwoEqualContactsInOneRequestCounts) {
    Registrar r({});
    EXPECT_THAT(contacts_of(process(r, {contact("<sip:a@192.0.2.1>;expires=60, <sip:a@192.0.2.1>;expires=90")})),
                ElementsAre("<sip:a@192.0.2.1>;expires=90"));
}

TEST(Registrar, AnInstanceReplacesItsFormerContact) {
    Registrar r({});
    const std::string instance = ";+sip.instance=\"<urn:uuid:0000-1>\"";
    process(r, {contact("<sip:ann@192.0.2.20:5060>" + instance)});
    const Outcome o = process(r, {.headers = contact("<sip:ann@198.51.100.7:6000>" + instance), .call_id = "boot-2"},
                              10s, udp_flow("198.51.100.7:6000"));
    EXPECT_THAT(contacts_of(o),
                ElementsAre("<sip:ann@198.51.100.7:6000>;expires=300;+sip.instance=\"<urn:uuid:0000-1>\""));
    // A late request of the first boot is another Call-ID's and can't be told from a third boot; of the same it can.
    EXPECT_EQ(process(r, {.headers = contact("<sip:ann@203.0.113.1>" + instance), .call_id = "boot-2"}, 11s).status,
              500);
    EXPECT_EQ(r.size(), 1U);
}

TEST(Registrar, APhoneThatRestartedReplacesWhatItLeftBehindOnItsFlow) {
    Registrar r({});
    process(r, {contact("<sip:ann-0x1@192.0.2.20:5060>")});
    process(r, {.headers = contact("<sip:ann-0x2@192.0.2.20:5060>"), .call_id = "boot-2"}, 10s);
    EXPECT_THAT(contacts_of(process(r, {}, 10s)), ElementsAre("<sip:ann-0x2@192.0.2.20:5060>;expires=300"));
}

TEST(Registrar, KeepsContactsOfOneBootOfOtherFlowsAndBehindProxies) {
    Registrar r({});
    process(r, {contact("<sip:a@192.0.2.20>")});
    process(r, {.headers = contact("<sip:b@192.0.2.20>"), .cseq = 2});  // same boot
    process(r, {.headers = contact("<sip:c@192.0.2.30>"), .call_id = "other"}, 0s,
            udp_flow("192.0.2.30:5060"));  // other flow
    process(r, {.headers = contact("<sip:d@192.0.2.40>"), .call_id = "proxied", .vias = 2}, 0s,
            udp_flow());  // through a proxy
    EXPECT_EQ(r.size(), 4U);
    process(r, {.headers = contact("<sip:zz@192.0.2.20>;expires=0"), .call_id = "removal"});  // removes nothing else
    EXPECT_EQ(r.size(), 4U);
}

TEST(Registrar, ExpiresBindingsAtTheirTime) {
    Registrar r({});
    process(r, {contact("<sip:a@192.0.2.1>;expires=60, <sip:b@192.0.2.1>;expires=120")});
    process(r, {contact("<sip:c@192.0.2.1>;expires=90")}, 0s, udp_flow(), "ben");
    EXPECT_EQ(r.deadline(), at(60s));
    EXPECT_THAT(r.expire(at(60s) - 1us), IsEmpty());
    EXPECT_EQ(r.size(), 3U);
    EXPECT_THAT(r.expire(at(60s)), IsEmpty());  // ann has another
    EXPECT_EQ(r.size(), 2U);
    EXPECT_EQ(r.deadline(), at(90s));
    EXPECT_THAT(r.expire(at(1h)), ElementsAre("ben", "ann"));
    EXPECT_EQ(r.size(), 0U);
    EXPECT_FALSE(r.deadline());
    EXPECT_THAT(r.expire(at(2h)), IsEmpty());
}

TEST(Registrar, ALossIsReportedOnceWhoeverNoticesIt) {
    Registrar r({});
    process(r, {contact(kPhone) + "Expires: 60\r\n"});
    // Expired, but nobody called expire() yet: a fetch doesn't show it and doesn't swallow the report.
    EXPECT_THAT(contacts_of(process(r, {}, 61s)), IsEmpty());
    EXPECT_THAT(r.expire(at(61s)), ElementsAre("ann"));
    process(r, {contact(kPhone) + "Expires: 60\r\n"}, 100s);
    EXPECT_EQ(process(r, {.headers = "Contact: *\r\nExpires: 0\r\n", .cseq = 1}, 200s).change, Change::unregistered);
    EXPECT_THAT(r.expire(at(200s)), IsEmpty());
}

TEST(Registrar, AnExpiredBindingDoesNotJudgeTheCSeq) {
    Registrar r({});
    process(r, {.headers = contact(kPhone) + "Expires: 60\r\n", .cseq = 7});
    EXPECT_EQ(process(r, {.headers = contact(kPhone), .cseq = 1}, 61s).status, 200);
}

TEST(Registrar, AClosedConnectionTakesItsBindingsAlong) {
    Registrar r({});
    process(r, {contact(kSoftphone)}, 0s, tcp_flow(7));
    process(r, {.headers = contact(kPhone), .call_id = "desk"}, 0s, udp_flow());
    process(r, {contact("<sip:ben@192.0.2.31;transport=tcp>")}, 0s, tcp_flow(7), "ben");
    process(r, {contact("<sip:eva@192.0.2.32;transport=tcp>")}, 0s, tcp_flow(8), "eva");
    EXPECT_THAT(r.connection_closed(7), ElementsAre("ben"));  // ann still has the desk phone
    EXPECT_THAT(contacts_of(process(r, {})), ElementsAre(std::string(kPhone) + ";expires=300"));
    EXPECT_THAT(r.connection_closed(7), IsEmpty());
    EXPECT_THAT(r.connection_closed(0), IsEmpty());
    EXPECT_EQ(r.size(), 2U);
}

TEST(Registrar, ARefreshOverANewConnectionOutlivesTheOldOne) {
    Registrar r({});
    process(r, {contact(kSoftphone)}, 0s, tcp_flow(7));
    process(r, {.headers = contact(kSoftphone), .cseq = 2}, 5s, tcp_flow(9, "192.0.2.20:40002"));
    EXPECT_THAT(r.connection_closed(7), IsEmpty());
    EXPECT_EQ(r.size(), 1U);
    EXPECT_FALSE(r.reachable_over(7));
    EXPECT_TRUE(r.reachable_over(9));
    EXPECT_THAT(r.connection_closed(9), ElementsAre("ann"));
    EXPECT_FALSE(r.reachable_over(9));
}

TEST(Registrar, RestoresWhatItWrote) {
    Registrar before({}), after({});
    process(before, {contact("<sip:a@192.0.2.1>;q=0.2, <sip:b@192.0.2.1>;q=0.8") + "User-Agent: Phone 1.0\r\n"});
    process(before, {contact("<sip:c@192.0.2.1>")}, 0s, udp_flow(), "ben");
    for (auto& [aor, binding] : before.all()) after.restore(aor, binding, at(10s));
    EXPECT_EQ(after.all(), before.all());
    EXPECT_EQ(after.deadline(), at(300s));
    // The CSeq survives, too: a late request is still late.
    EXPECT_EQ(process(after, {contact("<sip:a@192.0.2.1>")}, 20s).status, 500);
}

TEST(Registrar, RestoresNothingThatItWouldNotHold) {
    Registrar r({.contacts_max = 1});
    Binding b{.contact = "sip:ann@192.0.2.1",
              .call_id = "x",
              .cseq = 1,
              .q = 1000,
              .expires = at(60s),
              .flow = tcp_flow(7),
              .user_agent = {},
              .instance = {},
              .path = {}};
    r.restore("ann", b, at(60s));  // expired
    EXPECT_EQ(r.size(), 0U);
    b.contact = "nonsense";
    r.restore("ann", b, at(0s));
    EXPECT_EQ(r.size(), 0U);
    b.contact = "sip:ann@192.0.2.1";
    b.expires = at(1000h);
    b.q = 9999;
    r.restore("ann", b, at(0s));
    ASSERT_EQ(r.size(), 1U);
    EXPECT_EQ(r.bindings("ann")[0].expires, at(3600s));
    EXPECT_EQ(r.bindings("ann")[0].q, 1000);
    EXPECT_EQ(r.bindings("ann")[0].flow.connection, 0U);  // connections don't survive a restart
    r.restore("ann", b, at(0s));                          // one too many
    EXPECT_EQ(r.size(), 1U);
}

TEST(Registrar, TellsWhoseBindingsChangedEachOnce) {
    Registrar r({});
    process(r, {});
    EXPECT_THAT(r.take_changed(), IsEmpty());
    process(r, {contact(kPhone)});
    process(r, {.headers = contact(kPhone), .cseq = 2}, 10s);
    process(r, {contact(kPhone)}, 0s, udp_flow(), "ben");
    EXPECT_THAT(r.take_changed(), UnorderedElementsAre("ann", "ben"));
    process(r, {.headers = contact("<sip:nobody@192.0.2.1>;expires=0"), .cseq = 3}, 10s);
    EXPECT_THAT(r.take_changed(), IsEmpty());
    r.expire(at(1h));
    EXPECT_THAT(r.take_changed(), UnorderedElementsAre("ann", "ben"));
}

TEST(Registrar, KeepsUserAgentsPrintableAndShort) {
    Registrar r({});
    process(r, {contact(kPhone) + "User-Agent: Phone \xff\x01" + std::string(500, 'x') + "\r\n"});
    const std::string& agent = r.bindings("ann")[0].user_agent;
    EXPECT_EQ(agent.substr(0, 9), "Phone ??x");
    EXPECT_EQ(agent.size(), 128U);
}

TEST(Registrar, EchoesNoInstanceThatWouldBreakTheHeader) {
    Registrar r({});
    const Outcome o = process(r, {contact("<sip:a@192.0.2.1>;+sip.instance=\"<a\\\" b>\"")});
    EXPECT_EQ(o.status, 200);
    EXPECT_EQ(r.bindings("ann")[0].instance, "");
    EXPECT_THAT(contacts_of(o), ElementsAre("<sip:a@192.0.2.1>;expires=300"));
}

}  // namespace
}  // namespace centrala::registrar
