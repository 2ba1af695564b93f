// Trunks as places that calls leave through: what reaches which field, and every mistake's wording.
#include "support.hpp"

namespace centrala::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kCarrier = R"(
trunks:
  carrier:
    sources: [203.0.113.0/28]
    trust_gateways: true
    gateways:
      - sip:sip.carrier.example
      - {uri: "sip:127.0.0.2:5080;transport=udp", priority: 20, weight: 3}
    credentials: {user: "4930123", password: long secret}
    register:
      registrar: sip:carrier.example
      expires: 10m
      retry: 10s
      retry_max: 5m
    health: {interval: 10s, timeout: 2s}
    codecs: [PCMU]
    calls_max: 30
    calls_per_second: 5
    domain: carrier.example
    from_number: "+4930123"
    identity: p_asserted_identity
    inbound:
      - {match: "00", strip: 2, add: "+"}
      - {match: "0XX$", strip: 1, of: dialled}
    outbound:
      - {match: "+", strip: 1, add: "00"}
outside:
  - {match: "0", strip: 1, trunks: [carrier]}
)";

TEST(Trunks, ReachTheirFields) {
    const Config c = loaded(kListen + kCarrier);
    ASSERT_EQ(c.trunks.size(), 1U);
    const Trunk& t = c.trunks[0];
    EXPECT_TRUE(t.trust_gateways);
    ASSERT_EQ(t.gateways.size(), 2U);
    EXPECT_EQ(t.gateways[0].uri, "sip:sip.carrier.example");
    EXPECT_EQ(t.gateways[0].priority, 10);
    EXPECT_EQ(t.gateways[1].priority, 20);
    EXPECT_EQ(t.gateways[1].weight, 3);
    ASSERT_TRUE(t.credentials && t.registration);
    EXPECT_EQ(t.credentials->password, "long secret");
    EXPECT_EQ(t.registration->aor, "sip:4930123@carrier.example");
    EXPECT_EQ(t.registration->contact_user, "4930123");
    EXPECT_EQ(t.registration->expires, 10min);
    EXPECT_EQ(t.registration->retry_max, 5min);
    EXPECT_EQ(t.health.interval, 10s);
    EXPECT_EQ(t.health.timeout, 2s);
    EXPECT_THAT(t.codecs, ElementsAre("PCMU"));
    EXPECT_EQ(t.calls_per_second, 5U);
    EXPECT_EQ(t.from_number, "+4930123");
    EXPECT_TRUE(t.asserted_identity);
    ASSERT_EQ(t.inbound.size(), 2U);
    EXPECT_EQ(t.inbound[1].of, NumberRule::Of::dialled);
    EXPECT_EQ(t.inbound[1].match, "0XX$");
    ASSERT_EQ(t.outbound.size(), 1U);
    EXPECT_EQ(t.outbound[0].add, "00");
    ASSERT_EQ(c.outside.size(), 1U);
    EXPECT_THAT(c.outside[0].trunks, ElementsAre(0U));
}

TEST(Trunks, ARegistrarIsTheGatewayOfATrunkThatNamesNone) {
    const Config c = loaded(
        "sip: {listen: [{udp: \"[::1]:5060\"}]}\n"
        "trunks: {t: {credentials: {user: u, password: p}, register: {registrar: "
        "\"sip:[::1]\"}, trust_gateways: true}}\n");
    ASSERT_EQ(c.trunks[0].gateways.size(), 1U);
    EXPECT_EQ(c.trunks[0].gateways[0].uri, "sip:[::1]");
    EXPECT_EQ(c.trunks[0].registration->aor, "sip:u@[::1]");
}

std::string with_keys(const std::string& keys) {
    return "trunks: {t: {sources: 192.0.2.1, " + keys + "}}\n";
}

struct TrunkMistake {
    std::string yaml, message;
};

TEST(Trunks, MistakesAreNamedWithLineAndKey) {
    const std::string server =
        "the SIP URI of a server without user, such as sip:sip.example.com or sip:192.0.2.7:5060;transport=tcp";
    const std::vector<TrunkMistake> mistakes{
        {with_keys("gateways: [\"sip:bob@a.example\"]"),
         "2: trunks.t.gateways[1]: expected " + server + ", got 'sip:bob@a.example'"},
        {with_keys("gateways: [\"sip:a.example;transport=ws\"]"),
         "2: trunks.t.gateways[1]: expected " + server + ", got 'sip:a.example;transport=ws'"},
        {with_keys("gateways: []"), "2: trunks.t.gateways: expected at least one gateway"},
        {with_keys("gateways: [{priority: 1}]"), "2: trunks.t.gateways[1]: expected uri: where this gateway is"},
        {with_keys("gateways: [{uri: \"sip:a.example\", weight: -1}]"),
         "2: trunks.t.gateways[1].weight: expected a whole number from 0 to 65535, got '-1'"},
        {with_keys("gateways: [\"sip:a.example\", \"sip:a.example\"]"),
         "2: trunks.t.gateways[2]: 'sip:a.example' is given twice"},
        {with_keys("gateways: [\"sip:127.0.0.1;transport=tcp\"]"),
         "2: trunks.t.gateways[1]: expected a listener for tcp over IPv4 among sip.listen, to reach it from"},
        {with_keys("gateways: [\"sip:[::1]\"]"),
         "2: trunks.t.gateways[1]: expected a listener for udp over IPv6 among sip.listen, to reach it from"},
        {with_keys("gateways: [\"sips:a.example\"]"),
         "2: trunks.t.gateways[1]: expected a listener for tls among sip.listen, to reach it from"},
        {with_keys("credentials: {user: u}"), "2: trunks.t.credentials: expected password: what the carrier asks for"},
        {with_keys("credentials: {user: 'a\"b', password: x}"),
         "2: trunks.t.credentials.user: expected a user name without quotes and backslashes, got 'a\"b'"},
        {with_keys("register: {aor: \"sip:a@b.example\"}"),
         "2: trunks.t.register: expected registrar: where to register"},
        {with_keys("register: {registrar: \"sip:b.example\"}"),
         "2: trunks.t.register: expected aor: what is registered, such as sip:4930123@carrier.example"},
        {with_keys("register: {registrar: \"sip:b.example\", aor: \"sip:b.example\"}"),
         "2: trunks.t.register.aor: expected what is registered, such as sip:4930123@carrier.example, got "
         "'sip:b.example'"},
        {with_keys("register: {registrar: \"sip:b.example\", aor: \"sip:a@b.example\", expires: 30s500ms}"),
         "2: trunks.t.register.expires: expected whole seconds, got '30s500ms'"},
        {with_keys("register: {registrar: \"sip:b.example\", aor: \"sip:a@b.example\", retry: 10m, retry_max: 5m}"),
         "2: trunks.t.register.retry_max: expected at least retry (10m), got 5m"},
        {with_keys("register: {registrar: \"sip:b.example\", aor: \"sip:a@b.example\", contact_user: \"a b\"}"),
         "2: trunks.t.register.contact_user: expected 1 to 64 characters that a SIP address may have before its @, "
         "got 'a b'"},
        {with_keys("codecs: [G729]"), "2: trunks.t.codecs[1]: expected PCMA or PCMU, got 'G729'"},
        {with_keys("identity: diversion"),
         "2: trunks.t.identity: expected one of from, p_asserted_identity, got 'diversion'"},
        {with_keys("inbound: [{strip: 1}]"),
         "2: trunks.t.inbound[1].strip: expected at most 0, the length of match, got 1"},
        {with_keys("inbound: [{match: \"0\", strip: 2}]"),
         "2: trunks.t.inbound[1].strip: expected at most 1, the length of match, got 2"},
        {with_keys("inbound: [{match: \"00$\", strip: 3}]"),
         "2: trunks.t.inbound[1].strip: expected at most 2, the length of match, got 3"},
        {with_keys("outbound: [{match: \"0.*\"}]"),
         "2: trunks.t.outbound[1].match: expected up to 32 of 0-9 + * # with X for any digit, and $ where the number "
         "must end, such as 00 or 0XX$, got '0.*'"},
        {with_keys("outbound: [{match: \"0\", add: \"tel\"}]"),
         "2: trunks.t.outbound[1].add: expected up to 32 of 0-9 + * #, got 'tel'"},
        {with_keys("outbound: [{match: \"0\", of: callers}]"),
         "2: trunks.t.outbound[1].of: expected one of both, dialled, caller, got 'callers'; did you mean caller?"},
        {with_keys("health: {interval: 2h}"),
         "2: trunks.t.health.interval: expected a duration from 0 to 1h, got '2h'"},
        {with_keys("calls_max: 1") + "outside: [{match: \"0\"}]\n",
         "3: outside[1]: expected trunks: which of them carry these calls, in order"},
        {with_keys("calls_max: 1") + "outside: [{match: \"0\", trunks: [t]}]\n",
         "3: outside[1].trunks[1]: expected a trunk with gateways"},
        {with_keys("gateways: [\"sip:a.example\"]") + "outside: [{match: \"0\", trunks: [tt]}]\n",
         "3: outside[1].trunks[1]: no trunk is named 'tt'; did you mean t?"},
    };
    for (const TrunkMistake& m : mistakes) {
        const auto found = problems(kListen + m.yaml);
        EXPECT_THAT(found, testing::Contains(m.message)) << m.yaml;
    }
    EXPECT_THAT(
        problems(kListen + with_keys("gateways: [\"sip:a.example\"]") + "outside: [{match: \"0\", trunks: [t]}]\n"),
        IsEmpty());
}

}  // namespace
}  // namespace centrala::config
