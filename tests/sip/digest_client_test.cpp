// Digest, the client's side: published vectors answered, which challenge is taken, and when to give up
// (RFC 3261 §22.2, RFC 7616 §3.9, RFC 8760 §2).
#include <gtest/gtest.h>

#include "centrala/sip/digest.hpp"
#include "sip/digest_vectors.hpp"

namespace centrala::sip {
namespace {

using material::digest_vectors;
using material::text_or_empty;
using nlohmann::json;

std::string value_of(const std::string& answer, const std::string& name) {
    const std::size_t at = answer.find(name + "=");
    if (at == std::string::npos) return {};
    const std::string rest = answer.substr(at + name.size() + 1);
    if (rest.front() == '"') return rest.substr(1, rest.find('"', 1) - 1);
    return rest.substr(0, rest.find_first_of(",\r"));
}

TEST(DigestAnswer, PublishedChallengesAreAnsweredAsPublished) {
    const auto all = digest_vectors();
    if (all.empty()) GTEST_SKIP() << "no corpus";
    int answered = 0;
    for (const json& v : all) {
        const std::string algorithm = text_or_empty(v, "algorithm"), qop = text_or_empty(v, "qop");
        std::string value =
            "Digest realm=\"" + text_or_empty(v, "realm") + "\", nonce=\"" + text_or_empty(v, "nonce") + "\"";
        if (!algorithm.empty()) value += ", algorithm=" + algorithm;
        if (!qop.empty()) value += ", qop=\"" + qop + "\"";
        const auto challenge = read_challenge(value);
        const bool known = algorithm.empty() || algorithm == "MD5" || algorithm == "SHA-256" ||
                           algorithm == "MD5-sess" || algorithm == "SHA-256-sess";
        EXPECT_EQ(challenge.has_value(), known && qop != "auth-int") << v["id"];
        if (!challenge) continue;
        const std::string nc = text_or_empty(v, "nc");
        if (nc.size() > 8) continue;  // a client that counted wrongly
        const auto count = nc.empty() ? 1u : static_cast<std::uint32_t>(std::stoul(nc, nullptr, 16));
        const std::string answer =
            answer_challenge(*challenge, {text_or_empty(v, "username"), text_or_empty(v, "password")},
                             text_or_empty(v, "method"), text_or_empty(v, "uri"), count, text_or_empty(v, "cnonce"));
        EXPECT_EQ(value_of(answer, "response"), v["response"]) << v["id"] << " " << answer;
        EXPECT_EQ(value_of(answer, "nc"), qop.empty() ? "" : nc) << v["id"];
        ++answered;
    }
    EXPECT_GE(answered, 12);
}

TEST(DigestAnswer, HasAllThatTheChallengeAsksFor) {
    const auto challenge = read_challenge(
        "Digest realm=\"a \\\"b\\\"\", nonce=\"n1\", opaque=\"o1\", algorithm=SHA-256, qop=\"auth-int, auth\", "
        "domain=\"x\"");
    ASSERT_TRUE(challenge);
    const std::string answer = answer_challenge(*challenge, {"an\"n", "pw"}, "INVITE", "sip:b@h", 255, "c0");
    EXPECT_TRUE(
        answer.starts_with("Digest username=\"an\\\"n\", realm=\"a \\\"b\\\"\", nonce=\"n1\", uri=\"sip:b@h\""));
    EXPECT_NE(answer.find(", algorithm=SHA-256, cnonce=\"c0\", qop=auth, nc=000000ff, opaque=\"o1\""),
              std::string::npos)
        << answer;
}

TEST(DigestAnswer, WhatCannotBeAnsweredIsNot) {
    for (const char* value : {"Basic realm=\"a\"", "Digest", "Digest realm=\"a\"", "Digest nonce=\"n\"",
                              "Digest realm=a b, nonce=\"n\"", "Digest realm=\"a\", nonce=\"n\", algorithm=SHA-512-256",
                              "Digest realm=\"a\", nonce=\"n\", qop=\"auth-int\"", "Digest realm=\"a\", nonce=\"n"})
        EXPECT_FALSE(read_challenge(value)) << value;
}

struct ClientTest : ::testing::Test {
    std::string lines(const char* method = "INVITE") {
        std::string out;
        client.append_lines(out, method, "sip:b@h", *random);
        return out;
    }
    bool challenged(const std::string& headers, int status = 401) {
        text = "SIP/2.0 " + std::to_string(status) +
               " X\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\nFrom: <sip:a@h>;tag=1\r\n"
               "To: <sip:b@h>;tag=2\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n" +
               headers + "Content-Length: 0\r\n\r\n";
        EXPECT_EQ(parse(text, message).verdict, Verdict::complete);
        return client.challenged(message);
    }
    static std::string www(const std::string& rest) { return "WWW-Authenticate: Digest " + rest + "\r\n"; }
    std::unique_ptr<RandomSource> random = make_seeded_random(9);
    DigestClient client{{"ann", "secret"}};
    std::string text;
    Message message;
};
using DigestClientTest = ClientTest;

TEST_F(DigestClientTest, SaysNothingUnasked) {
    EXPECT_EQ(lines(), "");
}

TEST_F(DigestClientTest, TakesTheStrongestOfARealm) {
    ASSERT_TRUE(challenged(www("realm=\"r\", nonce=\"m\", algorithm=MD5, qop=\"auth\"") +
                           www("realm=\"r\", nonce=\"s\", algorithm=SHA-256, qop=\"auth\"") +
                           www("realm=\"r\", nonce=\"x\", algorithm=SHA-512-256, qop=\"auth\"")));
    const std::string answer = lines();
    EXPECT_EQ(value_of(answer, "nonce"), "s");
    EXPECT_EQ(answer.find("Authorization", 5), std::string::npos);
}

TEST_F(DigestClientTest, AnswersProxyAndServerBoth) {
    ASSERT_TRUE(challenged("Proxy-Authenticate: Digest realm=\"p\", nonce=\"1\"\r\n", 407));
    ASSERT_TRUE(challenged(www("realm=\"s\", nonce=\"2\", qop=\"auth\"")));
    const std::string answer = lines();
    EXPECT_NE(answer.find("Proxy-Authorization: Digest username=\"ann\", realm=\"p\""), std::string::npos);
    EXPECT_NE(answer.find("\r\nAuthorization: Digest username=\"ann\", realm=\"s\""), std::string::npos);
}

TEST_F(DigestClientTest, CountsEachUseOfANonce) {
    ASSERT_TRUE(challenged(www("realm=\"r\", nonce=\"n\", qop=\"auth\"")));
    EXPECT_EQ(value_of(lines(), "nc"), "00000001");
    EXPECT_EQ(value_of(lines("BYE"), "nc"), "00000002");
    client.accepted();
    ASSERT_TRUE(challenged(www("realm=\"r\", nonce=\"n2\", qop=\"auth\", stale=true")));
    EXPECT_EQ(value_of(lines(), "nc"), "00000001");
}

TEST_F(DigestClientTest, GivesUpWhenRefused) {
    ASSERT_TRUE(challenged(www("realm=\"r\", nonce=\"n\"")));
    (void)lines();
    EXPECT_FALSE(challenged(www("realm=\"r\", nonce=\"n2\"")));
}

TEST_F(DigestClientTest, ANewNonceAfterASuccessIsNoRefusalOnce) {
    ASSERT_TRUE(challenged(www("realm=\"r\", nonce=\"n\"")));
    (void)lines();
    client.accepted();
    EXPECT_TRUE(challenged(www("realm=\"r\", nonce=\"n2\"")));
    (void)lines();
    EXPECT_FALSE(challenged(www("realm=\"r\", nonce=\"n3\"")));
}

TEST_F(DigestClientTest, StaleForEverIsARefusal) {
    ASSERT_TRUE(challenged(www("realm=\"r\", nonce=\"n\"")));
    int times = 0;
    while (times < 10 && challenged(www("realm=\"r\", nonce=\"n\", stale=TRUE"))) ++times;
    EXPECT_EQ(times, 3);
}

TEST_F(DigestClientTest, AnswersWhatTheServerSideAccepts) {
    DigestAuthenticator server("r", 300s, 4, *random);
    DigestSecret secret{"ann", "secret", {}, {}};
    const Timestamp now{Duration(1'700'000'000'000'000)};
    ASSERT_TRUE(challenged(server.challenge(false, false, now)));
    std::string request =
        "INVITE sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\nFrom: <sip:a@h>;tag=1\r\n"
        "To: <sip:b@h>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n" +
        lines() + "Content-Length: 0\r\n\r\n";
    ASSERT_EQ(parse(request, message).verdict, Verdict::complete);
    const auto verdict = server.verify(
        message, false, [&](std::string_view) { return &secret; }, now);
    EXPECT_EQ(verdict.kind, DigestVerdict::Kind::accepted);
}

}  // namespace
}  // namespace centrala::sip
