// Digest: published vectors, and the server's judgement of credentials, nonces and counts.
#include "centrala/sip/digest.hpp"

#include <gtest/gtest.h>

#include "sip/digest_vectors.hpp"

namespace centrala::sip {
namespace {

using material::digest_vectors;
using material::text_or_empty;
using nlohmann::json;

std::optional<DigestAlgorithm> supported(const std::string& name) {
    if (name.empty() || name == "MD5") return DigestAlgorithm::md5;
    if (name == "SHA-256") return DigestAlgorithm::sha256;
    return std::nullopt;
}

/// Those of the algorithms and the quality of protection that are offered.
std::vector<json> offered() {
    auto all = digest_vectors();
    std::erase_if(all, [](const json& v) {
        return !supported(text_or_empty(v, "algorithm")) || text_or_empty(v, "qop") == "auth-int";
    });
    return all;
}

class DigestVector : public ::testing::TestWithParam<json> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(DigestVector);

TEST_P(DigestVector, IsComputedAsPublished) {
    const json& v = GetParam();
    const auto algorithm = supported(text_or_empty(v, "algorithm"));
    const std::string ha1 =
        digest_ha1(*algorithm, text_or_empty(v, "username"), text_or_empty(v, "realm"), text_or_empty(v, "password"));
    EXPECT_EQ(ha1, v["ha1"]);
    EXPECT_EQ(
        digest_response(*algorithm, ha1, text_or_empty(v, "method"), text_or_empty(v, "uri"), text_or_empty(v, "nonce"),
                        text_or_empty(v, "nc"), text_or_empty(v, "cnonce"), text_or_empty(v, "qop")),
        v["response"]);
}
INSTANTIATE_TEST_SUITE_P(Published, DigestVector, ::testing::ValuesIn(offered()), [](const auto& info) {
    return material::identifier(info.param["id"].template get<std::string>());
});

TEST(DigestVectors, AreThereForWhatIsOffered) {
    const auto all = digest_vectors();
    if (all.empty()) GTEST_SKIP() << "no corpus";
    EXPECT_EQ(all.size(), 29U);
    EXPECT_EQ(offered().size(), 15U);
}

constexpr Timestamp at(Duration since) {
    return Timestamp(Duration(1'700'000'000'000'000) + since);
}

/// A phone and a server, both real; the fields of the phone's Authorization can be spoiled one by one.
class Authenticator : public ::testing::Test {
protected:
    struct Phone {
        std::string user = "ann", password = "secret", realm = "acd.example", uri = "sip:acd.example", nonce,
                    nc = "00000001", cnonce = "c0ffee", qop = "auth", algorithm = "SHA-256", method = "REGISTER", extra,
                    response;
    };

    std::string fresh_nonce(Timestamp now) {
        const std::string lines = server_.challenge(false, false, now);
        const std::size_t from = lines.find("nonce=\"") + 7;
        return lines.substr(from, lines.find('"', from) - from);
    }
    static std::string authorization(const Phone& p) {
        const auto algorithm = p.algorithm == "SHA-256" ? DigestAlgorithm::sha256 : DigestAlgorithm::md5;
        const std::string response =
            !p.response.empty() ? p.response
                                : digest_response(algorithm, digest_ha1(algorithm, p.user, p.realm, p.password),
                                                  p.method, p.uri, p.nonce, p.nc, p.cnonce, p.qop);
        std::string out = "Digest username=\"" + p.user + "\", realm=\"" + p.realm + "\", nonce=\"" + p.nonce +
                          "\", uri=\"" + p.uri + "\", response=\"" + response + "\"";
        if (!p.algorithm.empty()) out += ", algorithm=" + p.algorithm;
        if (!p.qop.empty()) out += ", qop=" + p.qop + ", nc=" + p.nc + ", cnonce=\"" + p.cnonce + "\"";
        return out + p.extra;
    }
    DigestVerdict send(const std::string& credentials, Timestamp now, bool proxy = false) {
        std::string bytes;
        MessageWriter w(bytes);
        w.request_line("REGISTER", "sip:acd.example")
            .header("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx")
            .header("From", "<sip:ann@acd.example>;tag=1")
            .header("To", "<sip:ann@acd.example>")
            .header("Call-ID", "c")
            .header("CSeq", "1 REGISTER");
        if (!credentials.empty()) w.header(proxy ? "Proxy-Authorization" : "Authorization", credentials);
        w.end();
        EXPECT_EQ(parse(bytes, message_).verdict, Verdict::complete);
        return server_.verify(
            message_, proxy, [this](std::string_view user) { return user == secret_.user ? &secret_ : nullptr; }, now);
    }
    DigestVerdict::Kind kind(const Phone& p, Timestamp now) { return send(authorization(p), now).kind; }

    using Kind = DigestVerdict::Kind;
    std::unique_ptr<RandomSource> random_ = make_seeded_random(3);
    DigestAuthenticator server_{"acd.example", 300s, 4, *random_};
    DigestSecret secret_{"ann", "secret", "", ""};
    Message message_;
};

TEST_F(Authenticator, OffersSha256FirstThenMd5) {
    const std::string lines = server_.challenge(false, false, at(0s));
    const std::size_t sha = lines.find("algorithm=SHA-256"), md5 = lines.find("algorithm=MD5");
    ASSERT_NE(sha, std::string::npos);
    ASSERT_NE(md5, std::string::npos);
    EXPECT_LT(sha, md5);
    EXPECT_EQ(lines.find("WWW-Authenticate: Digest realm=\"acd.example\""), 0U);
    EXPECT_EQ(lines.find("stale"), std::string::npos);
    EXPECT_EQ(lines.substr(lines.size() - 2), "\r\n");
    EXPECT_NE(server_.challenge(true, true, at(0s)).find("Proxy-Authenticate: Digest"), std::string::npos);
    EXPECT_NE(server_.challenge(true, true, at(0s)).find("stale=true"), std::string::npos);
    EXPECT_NE(fresh_nonce(at(0s)), fresh_nonce(at(0s))) << "even in one microsecond";
    server_.offer(false, true);
    EXPECT_EQ(server_.challenge(false, false, at(0s)).find("SHA-256"), std::string::npos);
}

TEST_F(Authenticator, AcceptsRightCredentials) {
    for (const char* algorithm : {"SHA-256", "MD5", ""}) {
        Phone p;
        p.nonce = fresh_nonce(at(0s));
        p.algorithm = algorithm;
        const auto v = send(authorization(p), at(1s));
        EXPECT_EQ(v.kind, Kind::accepted) << algorithm;
        EXPECT_EQ(v.user, "ann");
    }
    Phone p;
    p.nonce = fresh_nonce(at(0s));
    EXPECT_EQ(send(authorization(p), at(1s), true).kind, Kind::accepted);
}

TEST_F(Authenticator, AcceptsStoredHashes) {
    secret_ = {"ann", "", digest_ha1(DigestAlgorithm::md5, "ann", "acd.example", "secret"), ""};
    Phone p;
    p.nonce = fresh_nonce(at(0s));
    EXPECT_EQ(kind(p, at(1s)), Kind::wrong) << "no hash for SHA-256";
    p.algorithm = "MD5";
    EXPECT_EQ(kind(p, at(1s)), Kind::accepted);
    secret_ = {"ann", "", "", ""};
    p.nc = "00000002";
    EXPECT_EQ(kind(p, at(1s)), Kind::wrong) << "nothing stored, nothing right";
}

TEST_F(Authenticator, AsksAgainWithoutCredentialsForItsRealm) {
    EXPECT_EQ(send("", at(0s)).kind, Kind::no_credentials);
    EXPECT_EQ(send("NoOneKnowsThisScheme opaque-data=here", at(0s)).kind, Kind::no_credentials);
    Phone p;
    p.nonce = fresh_nonce(at(0s));
    p.realm = "elsewhere.example";
    EXPECT_EQ(kind(p, at(0s)), Kind::no_credentials);
}

TEST_F(Authenticator, RefusesWhatIsWrong) {
    Phone good;
    good.nonce = fresh_nonce(at(0s));
    const auto spoiled = [&](auto&& change) {
        Phone p = good;
        change(p);
        return kind(p, at(1s));
    };
    EXPECT_EQ(spoiled([](Phone& p) { p.password = "guess"; }), Kind::wrong);
    EXPECT_EQ(spoiled([](Phone& p) { p.user = "bob"; }), Kind::wrong);
    EXPECT_EQ(spoiled([](Phone& p) { p.user = ""; }), Kind::wrong);
    EXPECT_EQ(spoiled([](Phone& p) { p.method = "INVITE"; }), Kind::wrong);
    EXPECT_EQ(spoiled([](Phone& p) { p.uri = "sip:other.example"; }), Kind::wrong);
    EXPECT_EQ(spoiled([](Phone& p) { p.uri = "nonsense"; }), Kind::wrong);
    EXPECT_EQ(spoiled([](Phone& p) { p.nc = "00000000"; }), Kind::wrong);
    EXPECT_EQ(spoiled([](Phone& p) { p.nc = "1"; }), Kind::wrong);
    EXPECT_EQ(spoiled([](Phone& p) { p.nc = "0000000g"; }), Kind::wrong);
    EXPECT_EQ(spoiled([](Phone& p) { p.cnonce = ""; }), Kind::wrong);
    EXPECT_EQ(spoiled([](Phone& p) { p.qop = ""; }), Kind::wrong) << "RFC 2069's form can be replayed";
    EXPECT_EQ(spoiled([](Phone& p) { p.qop = "auth-int"; }), Kind::wrong);
    EXPECT_EQ(spoiled([](Phone& p) { p.algorithm = "MD5-sess"; }), Kind::wrong);
    EXPECT_EQ(spoiled([](Phone& p) { p.algorithm = "SHA-512-256"; }), Kind::wrong);
    EXPECT_EQ(spoiled([](Phone& p) { p.response = "0"; }), Kind::wrong);
    EXPECT_EQ(spoiled([](Phone& p) { p.extra = ", realm=\"acd.example\""; }), Kind::wrong) << "twice";
    EXPECT_EQ(spoiled([](Phone& p) { p.extra = ", opaque=\"unterminated"; }), Kind::wrong);
    EXPECT_EQ(spoiled([](Phone& p) { p.extra = ", word"; }), Kind::wrong);
    EXPECT_EQ(spoiled([](Phone&) {}), Kind::accepted) << "none of those spent the nonce";
    server_.offer(false, true);
    EXPECT_EQ(spoiled([](Phone& p) { p.nc = "00000002"; }), Kind::wrong) << "not offered";
}

TEST_F(Authenticator, ForgivesWhatProxiesDoToTheTarget) {
    Phone p;
    p.nonce = fresh_nonce(at(0s));
    p.uri = "sip:ACD.example:5060;transport=udp";
    EXPECT_EQ(kind(p, at(1s)), Kind::accepted);
    p.uri = "sip:x@acd.example";  // forwarded: another user (RFC 3261 §22.4)
    p.nc = "00000002";
    EXPECT_EQ(kind(p, at(1s)), Kind::accepted);
    p.uri = "sip:x@elsewhere.example";
    p.nc = "00000003";
    EXPECT_EQ(kind(p, at(1s)), Kind::wrong);
}

TEST_F(Authenticator, CallsAReplayedCountStale) {
    Phone p;
    p.nonce = fresh_nonce(at(0s));
    EXPECT_EQ(kind(p, at(1s)), Kind::accepted);
    EXPECT_EQ(kind(p, at(2s)), Kind::stale);
    p.nc = "00000003";
    EXPECT_EQ(kind(p, at(3s)), Kind::accepted);
    p.nc = "00000002";
    EXPECT_EQ(kind(p, at(3s)), Kind::accepted) << "overtaken on the way, but new";
    EXPECT_EQ(kind(p, at(3s)), Kind::stale);
    p.nc = "00000103";
    EXPECT_EQ(kind(p, at(3s)), Kind::accepted);
    p.nc = "00000004";
    EXPECT_EQ(kind(p, at(3s)), Kind::stale) << "too far behind to be remembered";
}

TEST_F(Authenticator, CallsAnOldOrForeignNonceStaleOnlyToWhoKnowsThePassword) {
    Phone p;
    p.nonce = fresh_nonce(at(0s));
    EXPECT_EQ(kind(p, at(301s)), Kind::stale);
    p.nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093";
    EXPECT_EQ(kind(p, at(0s)), Kind::stale);
    p.password = "guess";
    EXPECT_EQ(kind(p, at(0s)), Kind::wrong);
    DigestAuthenticator other("acd.example", 300s, 4, *random_);
    const std::string lines = other.challenge(false, false, at(0s));
    Phone foreign;
    foreign.nonce = lines.substr(lines.find("nonce=\"") + 7, 64);
    EXPECT_EQ(kind(foreign, at(0s)), Kind::stale);
    Phone forged;
    forged.nonce = fresh_nonce(at(0s));
    forged.nonce[3] = forged.nonce[3] == 'f' ? '0' : 'f';  // another time under the same MAC
    EXPECT_EQ(kind(forged, at(0s)), Kind::stale);
}

TEST_F(Authenticator, RemembersABoundedNumberOfNoncesAndReplaysNone) {
    std::vector<Phone> phones(10);
    for (std::size_t i = 0; i < phones.size(); ++i) {
        phones[i].nonce = fresh_nonce(at(Duration(static_cast<std::int64_t>(i))));
        EXPECT_EQ(kind(phones[i], at(1s)), Kind::accepted);
        EXPECT_LE(server_.nonces(), 4U);
    }
    for (const Phone& p : phones) EXPECT_EQ(kind(p, at(2s)), Kind::stale) << "each was used with this nc";
    Phone late;
    late.nonce = fresh_nonce(at(1000s));
    EXPECT_EQ(kind(late, at(1000s)), Kind::accepted);
    EXPECT_EQ(server_.nonces(), 1U) << "the expired ones are gone";
}

TEST_F(Authenticator, ChallengesCostNoMemory) {
    for (int i = 0; i < 10'000; ++i) (void)fresh_nonce(at(Duration(i)));
    EXPECT_EQ(server_.nonces(), 0U);
}

TEST(DigestChallenge, QuotesTheRealm) {
    const auto random = make_seeded_random(1);
    DigestAuthenticator server("a\"b\\c\r\nEvil: x", 300s, 4, *random);
    const std::string lines = server.challenge(false, false, at(0s));
    EXPECT_NE(lines.find("realm=\"a\\\"b\\\\c  Evil: x\""), std::string::npos);
}

}  // namespace
}  // namespace centrala::sip
