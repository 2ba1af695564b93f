// Which trunk and gateway carry a call to the outside, with which names, and when none does.
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "calls/trunk.hpp"
#include "sim/small_centre.hpp"
#include "sim/world.hpp"

namespace centrala::calls {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

constexpr Timestamp kNow{Duration(1'700'000'000'000'000)};

sip::Flow flow_to(int host) {
    sip::Flow flow;
    flow.local = sim::World::kServer;
    flow.remote = {IpAddress::v4({192, 0, 2, static_cast<std::uint8_t>(host)}), 5060};
    return flow;
}

class TrunkRoutesTest : public ::testing::Test {
protected:
    TrunkRoutesTest() {
        config.trunks.clear();
        add("first", {{"sip:192.0.2.1", 10, 10}});
        add("second", {{"sip:192.0.2.2", 10, 10}});
        config.outside = {{"0900", 0, "", {}}, {"0", 1, "", {0, 1}}};
    }
    void add(const std::string& name, std::vector<config::Gateway> gateways) {
        config::Trunk trunk;
        trunk.name = name;
        trunk.gateways = std::move(gateways);
        config.trunks.push_back(std::move(trunk));
    }
    Trunks& open() {
        hops.emplace(config.sip, *random);
        trunks.emplace(config, *hops, log, *random);
        trunks->open(kNow);
        return *trunks;
    }
    void take_down(std::size_t gateway) {
        auto& health = (*trunks)[0].gateways[gateway].health;
        for (int i = 0; i < GatewayHealth::kInARow; ++i) health.observed(false);
    }

    config::Config config = sim::small_centre({});
    std::unique_ptr<RandomSource> random = make_seeded_random(7);
    sim::Recorder log{config.plan};
    std::optional<NextHops> hops;
    std::optional<Trunks> trunks;
};

TEST_F(TrunkRoutesTest, TakesTheFirstTrunkOfTheRuleThatMatches) {
    const auto route = open().route_out("0030123", "201", {}, kNow);
    ASSERT_TRUE(route);
    EXPECT_EQ(route->trunk, 0u);
    EXPECT_EQ(route->number, "030123");
    EXPECT_EQ(route->request_uri, "sip:030123@192.0.2.1");
    EXPECT_EQ(route->to, "<sip:030123@192.0.2.1>");
    EXPECT_EQ(route->from, "<sip:201@acd.example>");
    EXPECT_EQ(route->header_lines, "");
    EXPECT_THAT(route->flows, ElementsAre(flow_to(1)));
    EXPECT_EQ(route->credentials, nullptr);
}

TEST_F(TrunkRoutesTest, AGatewayThatAskedForRestIsLeftAloneForSoLong) {
    config.trunks[0].gateways = {{"sip:192.0.2.1", 10, 10}, {"sip:192.0.2.9", 20, 10}};
    open();
    hops->rest(flow_to(1), 30s, kNow);
    EXPECT_THAT(trunks->route_out("0030123", "", {}, kNow + 29s)->flows, ElementsAre(flow_to(9)));
    EXPECT_THAT(trunks->route_out("0030123", "", {}, kNow + 30s)->flows, ElementsAre(flow_to(1), flow_to(9)));
    hops->rest(flow_to(1), 24h * 365, kNow);
    hops->rest(flow_to(9), 30s, kNow);
    EXPECT_EQ(trunks->route_out("0030123", "", {}, kNow)->trunk, 1u) << "the next trunk's turn";
    EXPECT_EQ(trunks->route_out("0030123", "", {}, kNow + 1h)->flows.front(), flow_to(1)) << "an hour is the most";
}

TEST_F(TrunkRoutesTest, NobodyCallsWhereNoRuleLeads) {
    EXPECT_FALSE(open().route_out("0900123", "", {}, kNow));
    EXPECT_FALSE(trunks->route_out("201", "", {}, kNow));
    EXPECT_FALSE(trunks->route_out("0", "", {}, kNow)) << "nothing is left to dial";
}

TEST_F(TrunkRoutesTest, ATrunkThatIsNamedNeedsNoRule) {
    const auto route = open().route_out("201", "", 1, kNow);
    ASSERT_TRUE(route);
    EXPECT_EQ(route->request_uri, "sip:201@192.0.2.2");
    EXPECT_FALSE(trunks->route_out_next(*route, kNow));
}

TEST_F(TrunkRoutesTest, AfterAFailureTheNextTrunkHasItsTurnWithItsOwnRules) {
    config.trunks[0].outbound = {{config::NumberRule::Of::dialled, "0", 1, "+49"}};
    config.trunks[1].outbound = {{config::NumberRule::Of::both, "", 0, "9"}};
    const auto route = open().route_out("0030123", "201", {}, kNow);
    EXPECT_EQ(route->request_uri, "sip:+4930123@192.0.2.1");
    const auto next = trunks->route_out_next(*route, kNow);
    ASSERT_TRUE(next);
    EXPECT_EQ(next->request_uri, "sip:9030123@192.0.2.2");
    EXPECT_EQ(next->from, "<sip:9201@acd.example>");
    EXPECT_FALSE(trunks->route_out_next(*next, kNow));
}

TEST_F(TrunkRoutesTest, GatewaysThatAreDownOrNotFoundAreLeftOut) {
    config.trunks[0].gateways = {{"sip:192.0.2.1", 10, 10}, {"sip:nowhere.example", 20, 10}, {"sip:192.0.2.3", 30, 10}};
    auto route = open().route_out("01", "", 0, kNow);
    EXPECT_THAT(route->flows, ElementsAre(flow_to(1), flow_to(3)));
    take_down(0);
    route = trunks->route_out("01", "", 0, kNow);
    EXPECT_THAT(route->flows, ElementsAre(flow_to(3)));
    EXPECT_EQ(route->request_uri, "sip:01@192.0.2.3");
    take_down(2);
    EXPECT_FALSE(trunks->route_out("01", "", 0, kNow));
    EXPECT_EQ(trunks->route_out("00301", "", {}, kNow)->trunk, 1u);
}

TEST_F(TrunkRoutesTest, WeightsShareTheCallsOfOnePriority) {
    config.trunks[0].gateways = {{"sip:192.0.2.1", 10, 10}, {"sip:192.0.2.2", 10, 30}, {"sip:192.0.2.3", 20, 99}};
    open();
    std::map<std::uint8_t, int> first;
    for (int i = 0; i < 4000; ++i) {
        const auto route = trunks->route_out("01", "", 0, kNow);
        ++first[route->flows[0].remote.address.bytes()[3]];
        ASSERT_EQ(route->flows.size(), 3u);
        ASSERT_EQ(route->flows[2], flow_to(3)) << "a higher number comes last";
    }
    EXPECT_NEAR(first[1], 1000, 150);
    EXPECT_NEAR(first[2], 3000, 150);
}

TEST_F(TrunkRoutesTest, WhoCallsIsNamedAsTheTrunkWants) {
    config::Trunk& trunk = config.trunks[0];
    trunk.credentials = {"account", "secret"};
    EXPECT_EQ(open().route_out("01", "", 0, kNow)->from, "<sip:account@acd.example>");
    EXPECT_EQ(trunks->route_out("01", "", 0, kNow)->credentials, &*trunk.credentials);
    trunk.from_number = "+4930123";
    trunk.registration.emplace();
    trunk.registration->registrar = "sip:192.0.2.1";
    trunk.registration->aor = "sip:line7@carrier.example";
    EXPECT_EQ(open().route_out("01", "201", 0, kNow)->from, "<sip:+4930123@carrier.example>");
    trunk.asserted_identity = true;
    auto route = trunks->route_out("01", "201", 0, kNow);
    EXPECT_EQ(route->from, "<sip:line7@carrier.example>");
    EXPECT_EQ(route->header_lines, "P-Asserted-Identity: <sip:+4930123@carrier.example>\r\n");
    trunk.domain = "ims.example";
    route = trunks->route_out("*1#", "201", 0, kNow);
    EXPECT_EQ(route->request_uri, "sip:*1%23@ims.example");
    EXPECT_EQ(route->from, "<sip:line7@ims.example>");
    EXPECT_EQ(trunks->route_out("01", "", 1, kNow)->from, "\"Anonymous\" <sip:anonymous@anonymous.invalid>");
}

TEST_F(TrunkRoutesTest, ACallPastALimitGoesToTheNextTrunkAndTheLogSaysSo) {
    config.trunks[0].calls_max = 2;
    open();
    trunks->call_began(0, TrunkCall::in);
    EXPECT_EQ(trunks->route_out("01", "", {}, kNow)->trunk, 0u);
    trunks->call_began(0, TrunkCall::out);
    EXPECT_EQ(trunks->route_out("01", "", {}, kNow)->trunk, 1u);
    EXPECT_EQ(trunks->route_out("01", "", {}, kNow)->trunk, 1u);
    EXPECT_THAT(log.notes, ElementsAre("trunk.limited"));
    trunks->call_ended(0, TrunkCall::in);
    EXPECT_EQ(trunks->route_out("01", "", {}, kNow)->trunk, 0u);
}

TEST_F(TrunkRoutesTest, CallsPerSecondAreCountedBothWaysTogether) {
    config.trunks[0].calls_per_second = 2;
    open();
    EXPECT_FALSE(trunks->over_limit(0, TrunkCall::in, kNow));
    EXPECT_EQ(trunks->route_out("01", "", {}, kNow)->trunk, 0u);
    EXPECT_EQ(trunks->route_out("01", "", {}, kNow)->trunk, 1u);
    EXPECT_EQ(trunks->route_out("01", "", {}, kNow + 500ms)->trunk, 0u);
}

}  // namespace
}  // namespace centrala::calls
