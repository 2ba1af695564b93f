// RFC 3263 over a zone in a map: which transport, which port, in which order, and what broken zones do.
#include "centrala/sip/locator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace centrala::sip {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using Status = DnsAnswer::Status;

class LocatorTest : public ::testing::Test {
protected:
    void address(const std::string& host, const std::string& ip, int ttl = 300) {
        const auto parsed = *IpAddress::parse(ip);
        auto& answer = zone[{parsed.is_v4() ? DnsType::a : DnsType::aaaa, host}];
        answer.status = Status::found;
        answer.ttl = std::chrono::seconds(ttl);
        answer.addresses.push_back(parsed);
    }
    void srv(const std::string& name, int priority, int weight, int port, const std::string& target) {
        auto& answer = zone[{DnsType::srv, name}];
        answer.status = Status::found;
        answer.ttl = 300s;
        answer.services.push_back({static_cast<std::uint16_t>(priority), static_cast<std::uint16_t>(weight),
                                   static_cast<std::uint16_t>(port), target});
    }
    void naptr(const std::string& name, int order, int preference, const std::string& service,
               const std::string& replacement, const std::string& flags = "s") {
        auto& answer = zone[{DnsType::naptr, name}];
        answer.status = Status::found;
        answer.ttl = 300s;
        answer.pointers.push_back({static_cast<std::uint16_t>(order), static_cast<std::uint16_t>(preference), flags,
                                   service, "", replacement});
    }
    Located locate(const std::string& uri) {
        locator.locate(*parse_uri(uri), now);
        for (;;) {
            if (auto result = locator.take_result()) return std::move(result->where);
            const auto queries = locator.take_queries();
            if (queries.empty()) {
                ADD_FAILURE() << "neither a result nor a question";
                return {};
            }
            for (const auto& query : queries) {
                ++asked;
                const auto known = zone.find(query.question);
                DnsAnswer nothing;
                nothing.status = Status::nothing;
                locator.resolved(query.id, known == zone.end() ? nothing : known->second, now);
            }
        }
    }
    std::vector<std::string> targets(const std::string& uri) {
        std::vector<std::string> texts;
        for (const auto& t : locate(uri).targets(*random))
            texts.push_back(std::string(param_name(t.transport)) + " " + t.remote.to_string());
        return texts;
    }

    std::map<DnsQuestion, DnsAnswer> zone;
    Locator locator{{{Transport::udp, true}, {Transport::tcp, true}, {Transport::udp, false}, {Transport::tls, true}}};
    std::unique_ptr<RandomSource> random = make_seeded_random(3);
    Timestamp now{Duration(1'700'000'000'000'000)};
    int asked = 0;
};

TEST_F(LocatorTest, NumericHostsNeedNoDns) {
    EXPECT_THAT(targets("sip:192.0.2.1"), ElementsAre("udp 192.0.2.1:5060"));
    EXPECT_THAT(targets("sip:192.0.2.1:5080;transport=tcp"), ElementsAre("tcp 192.0.2.1:5080"));
    EXPECT_THAT(targets("sips:192.0.2.1"), ElementsAre("tls 192.0.2.1:5061"));
    EXPECT_THAT(targets("sip:[2001:db8::1]"), ElementsAre("udp [2001:db8::1]:5060"));
    EXPECT_THAT(targets("sip:[2001:db8::1];transport=tcp"), IsEmpty()) << "nobody listens for TCP over IPv6";
    EXPECT_THAT(targets("sip:192.0.2.1;transport=ws"), IsEmpty());
    EXPECT_EQ(asked, 0);
}

TEST_F(LocatorTest, NaptrChoosesTheTransportThenSrvTheHosts) {  // RFC 3263 §4.1's example
    naptr("example.com", 50, 50, "SIPS+D2T", "_sips._tcp.example.com");
    naptr("example.com", 90, 50, "SIP+D2T", "_sip._tcp.example.com");
    naptr("example.com", 100, 50, "SIP+D2U", "_sip._udp.example.com");
    srv("_sip._tcp.example.com", 0, 1, 5060, "server1.example.com");
    srv("_sip._tcp.example.com", 1, 2, 5060, "server2.example.com");
    srv("_sip._udp.example.com", 0, 0, 5070, "server1.example.com");
    srv("_sips._tcp.example.com", 0, 0, 5061, "server1.example.com");
    address("server1.example.com", "192.0.2.1");
    address("server2.example.com", "192.0.2.2");
    EXPECT_THAT(targets("sip:bob@example.com"),
                ElementsAre("tls 192.0.2.1:5061", "tcp 192.0.2.1:5060", "tcp 192.0.2.2:5060", "udp 192.0.2.1:5070"));
    EXPECT_THAT(targets("sips:bob@example.com"), ElementsAre("tls 192.0.2.1:5061")) << "sips takes nothing less";
}

TEST_F(LocatorTest, ATlsTargetSaysWhichDomainWasAskedForWhateverSrvMadeOfIt) {  // RFC 5922 §4
    naptr("example.com", 50, 50, "SIPS+D2T", "_sips._tcp.example.com");
    naptr("example.com", 90, 50, "SIP+D2T", "_sip._tcp.example.com");
    srv("_sips._tcp.example.com", 0, 0, 5061, "server1.hoster.net");
    srv("_sip._tcp.example.com", 0, 0, 5060, "server1.hoster.net");
    address("server1.hoster.net", "192.0.2.1");
    const auto found = locate("sip:bob@Example.com").targets(*random);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].domain, "example.com");
    EXPECT_EQ(found[1].domain, "") << "nothing to check over TCP";
    EXPECT_EQ(locate("sips:192.0.2.1").targets(*random).at(0).domain, "") << "the certificate must be for the address";
}

TEST_F(LocatorTest, NaptrOfOtherKindsIsPassedOver) {
    naptr("example.com", 10, 10, "E2U+sip", "_x.example.com");
    naptr("example.com", 20, 10, "SIP+D2W", "_sip._ws.example.com");
    naptr("example.com", 30, 10, "SIP+D2U", "other.example.com", "a");
    srv("_sip._udp.example.com", 0, 0, 5060, "s.example.com");
    address("s.example.com", "192.0.2.9");
    EXPECT_THAT(targets("sip:example.com"), ElementsAre("udp 192.0.2.9:5060")) << "as if there were none: SRV";
}

TEST_F(LocatorTest, WithoutNaptrTheTransportsThatHaveSrvAreTakenInOurOrder) {
    srv("_sip._tcp.example.com", 0, 0, 5062, "s.example.com");
    srv("_sips._tcp.example.com", 0, 0, 5061, "s.example.com");
    address("s.example.com", "192.0.2.9");
    EXPECT_THAT(targets("sip:Example.COM."), ElementsAre("tcp 192.0.2.9:5062", "tls 192.0.2.9:5061"));
}

TEST_F(LocatorTest, WithoutAnyRecordsOfSipTheHostItselfIsAskedByUdpOrTls) {
    address("pbx.example.com", "192.0.2.9");
    address("pbx.example.com", "2001:db8::9");
    EXPECT_THAT(targets("sip:pbx.example.com"), ElementsAre("udp 192.0.2.9:5060", "udp [2001:db8::9]:5060"));
    EXPECT_THAT(targets("sips:pbx.example.com"), ElementsAre("tls 192.0.2.9:5061"));
}

TEST_F(LocatorTest, APortSkipsSrvAndATransportSkipsNaptr) {
    naptr("example.com", 10, 10, "SIP+D2U", "_sip._udp.example.com");
    srv("_sip._udp.example.com", 0, 0, 5099, "s.example.com");
    srv("_sip._tcp.example.com", 0, 0, 5098, "s.example.com");
    address("s.example.com", "192.0.2.9");
    address("example.com", "192.0.2.1");
    EXPECT_THAT(targets("sip:example.com:5080"), ElementsAre("udp 192.0.2.1:5080"));
    EXPECT_THAT(targets("sip:example.com:5080;transport=tcp"), ElementsAre("tcp 192.0.2.1:5080"));
    EXPECT_THAT(targets("sip:example.com;transport=tcp"), ElementsAre("tcp 192.0.2.9:5098"));
}

TEST_F(LocatorTest, SrvSharesCallsByWeightWithinAPriority) {
    srv("_sip._udp.example.com", 10, 10, 5060, "one.example.com");
    srv("_sip._udp.example.com", 10, 30, 5060, "two.example.com");
    srv("_sip._udp.example.com", 20, 99, 5060, "spare.example.com");
    address("one.example.com", "192.0.2.1");
    address("two.example.com", "192.0.2.2");
    address("spare.example.com", "192.0.2.3");
    const Located where = locate("sip:example.com;transport=udp");
    int two = 0;
    for (int i = 0; i < 4000; ++i) {
        const auto order = where.targets(*random);
        ASSERT_EQ(order.size(), 3u);
        two += order[0].remote.address == *IpAddress::parse("192.0.2.2");
        ASSERT_EQ(order[2].remote.address, *IpAddress::parse("192.0.2.3"));
    }
    EXPECT_NEAR(two, 3000, 150);
}

TEST_F(LocatorTest, ATargetOfADotMeansThatTheServiceIsNotThere) {
    srv("_sip._udp.example.com", 0, 0, 0, ".");
    address("example.com", "192.0.2.1");
    EXPECT_THAT(targets("sip:example.com;transport=udp"), IsEmpty());
}

TEST_F(LocatorTest, AHugeZoneGivesNoMoreThanSixteenTargetsAndBoundedQuestions) {
    for (int i = 0; i < 500; ++i) {
        const std::string host = "h" + std::to_string(i) + ".example.com";
        srv("_sip._udp.example.com", i, 0, 5060, host);
        for (int a = 0; a < 20; ++a) address(host, "192.0.2." + std::to_string(a + 1));
    }
    EXPECT_EQ(targets("sip:example.com;transport=udp").size(), 8u) << "eight addresses a host, none twice";
    EXPECT_LE(asked, 64);
    for (int i = 0; i < 100; ++i) address("wide.example.com", "198.51.100." + std::to_string(i));
    EXPECT_LE(targets("sip:wide.example.com:5060").size(), Located::kTargetsMax);
}

TEST_F(LocatorTest, SrvThatNamesItselfOrAnAddressLeadsNowhere) {
    srv("_sip._udp.example.com", 0, 0, 5060, "_sip._udp.example.com");
    srv("_sip._udp.example.com", 0, 0, 5060, "192.0.2.1");
    srv("_sip._udp.example.com", 0, 0, 5060, std::string(300, 'x'));
    EXPECT_THAT(targets("sip:example.com;transport=udp"), IsEmpty());
    EXPECT_LE(asked, 10);
}

TEST_F(LocatorTest, AnswersAreKeptForTheirTimeAndNoLonger) {
    address("pbx.example.com", "192.0.2.9", 60);
    EXPECT_EQ(locate("sip:pbx.example.com:5060").ttl(), 30s) << "that there is no IPv6 address is kept for less";
    const int first = asked;
    now += 20s;
    EXPECT_THAT(targets("sip:pbx.example.com:5060"), ElementsAre("udp 192.0.2.9:5060"));
    EXPECT_EQ(asked, first);
    zone.clear();
    address("pbx.example.com", "192.0.2.10");
    now += 41s;
    EXPECT_THAT(targets("sip:pbx.example.com:5060"), ElementsAre("udp 192.0.2.10:5060"));
}

TEST_F(LocatorTest, TheSameQuestionIsAskedOnceHoweverManyWait) {
    for (int i = 0; i < 50; ++i) locator.locate(*parse_uri("sip:pbx.example.com:5060"), now);
    const auto queries = locator.take_queries();
    ASSERT_EQ(queries.size(), 2u);
    DnsAnswer answer;
    answer.status = Status::found;
    answer.addresses = {*IpAddress::parse("192.0.2.9")};
    answer.ttl = 60s;
    locator.resolved(queries[0].id, answer, now);
    locator.resolved(queries[0].id, answer, now);  // twice: the second is nobody's
    EXPECT_FALSE(locator.take_result());
    locator.resolved(queries[1].id, {}, now);
    int results = 0;
    while (const auto result = locator.take_result()) ++results;
    EXPECT_EQ(results, 50);
    EXPECT_EQ(locator.pending(), 0u);
}

TEST_F(LocatorTest, TheCacheStaysBounded) {
    for (int i = 0; i < 5000; ++i) locate("sip:h" + std::to_string(i) + ".example.com:5060");
    EXPECT_LE(locator.cached(), 2000u);
}

}  // namespace
}  // namespace centrala::sip
