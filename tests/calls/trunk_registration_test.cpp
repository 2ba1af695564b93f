// Registering with a carrier: challenge, refresh, interval too brief, failures and their pauses, the end.
#include "calls/trunk_registration.hpp"

#include <gtest/gtest.h>

namespace centrala::calls {
namespace {

using State = TrunkRegistration::State;
using Kind = TrunkRegistration::Change::Kind;

class TrunkRegistrationTest : public ::testing::Test {
protected:
    TrunkRegistrationTest() {
        trunk.registration.emplace();
        trunk.registration->registrar = "sip:carrier.example";
        trunk.registration->aor = "sip:4930123@carrier.example";
        trunk.registration->contact_user = "4930123";
        trunk.registration->expires = 600s;
        trunk.credentials = {"4930123", "secret"};
        via.local = *Endpoint::parse("192.0.2.1:5060");
        via.remote = *Endpoint::parse("203.0.113.1:5060");
        machine.emplace(trunk, *random);
    }
    /// The next request; the clock goes on to when it is due.
    sip::Message& next() {
        const auto deadline = machine->deadline();
        EXPECT_TRUE(deadline) << "nothing is due";
        if (deadline) now = std::max(now, *deadline);
        const auto request = machine->due(via, now);
        EXPECT_TRUE(request);
        text = "REGISTER " + request->uri + " SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa\r\n" +
               request->header_lines + "Content-Length: 0\r\n\r\n";
        EXPECT_EQ(sip::parse(text, message).verdict, sip::Verdict::complete);
        return message;
    }
    TrunkRegistration::Change answer(int status, const std::string& lines = {}, bool another = false) {
        std::string bytes = "SIP/2.0 " + std::to_string(status) +
                            " x\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa\r\nFrom: <sip:a@b>;tag=1\r\n"
                            "To: <sip:a@b>;tag=2\r\nCall-ID: x\r\nCSeq: 1 REGISTER\r\n" +
                            lines + "Content-Length: 0\r\n\r\n";
        sip::Message response;
        EXPECT_EQ(sip::parse(bytes, response).verdict, sip::Verdict::complete);
        return machine->answered(&response, another, now);
    }
    static std::string granted(int seconds) {
        return "Contact: <sip:4930123@192.0.2.1:5060>;expires=" + std::to_string(seconds) + "\r\n";
    }
    static std::string challenge(const std::string& nonce, const std::string& more = {}) {
        return "WWW-Authenticate: Digest realm=\"carrier\", nonce=\"" + nonce + "\", qop=\"auth\"" + more + "\r\n";
    }
    std::string header(std::string_view name) { return std::string(message.find(name).value_or("")); }

    config::Trunk trunk;
    std::unique_ptr<RandomSource> random = make_seeded_random(1);
    std::optional<TrunkRegistration> machine;
    sip::Flow via;
    Timestamp now{Duration(1'700'000'000'000'000)};
    std::string text;
    sip::Message message;
};

TEST_F(TrunkRegistrationTest, AsksAtOnceForTheAddressOfRecordAtOurContact) {
    EXPECT_EQ(machine->state(), State::trying);
    next();
    EXPECT_EQ(message.request_uri_text(), "sip:carrier.example");
    EXPECT_EQ(message.to().uri_text, "sip:4930123@carrier.example");
    EXPECT_EQ(header("Contact"), "<sip:4930123@192.0.2.1:5060>;expires=600");
    EXPECT_EQ(header("Expires"), "600");
    EXPECT_FALSE(machine->due(via, now)) << "one request at a time (RFC 3261 §10.2)";
}

TEST_F(TrunkRegistrationTest, AnswersTheChallengeAndIsRefreshedInTimeWithTheSameCallIdAndAHigherCSeq) {
    next();
    const std::string call_id(message.call_id());
    EXPECT_EQ(answer(401, challenge("n1")).kind, Kind::none);
    next();
    EXPECT_NE(header("Authorization").find("nonce=\"n1\""), std::string::npos);
    EXPECT_EQ(message.cseq().number, 2u);
    const Timestamp asked = now;
    const auto change = answer(200, granted(300));
    EXPECT_EQ(change.kind, Kind::registered);
    EXPECT_EQ(change.time, 300s) << "the registrar's word counts";
    EXPECT_EQ(machine->state(), State::registered);
    next();
    EXPECT_GE(now - asked, 225s);
    EXPECT_LE(now - asked, 258s);
    EXPECT_EQ(std::string(message.call_id()), call_id);
    EXPECT_NE(header("Authorization").find("nc=00000002"), std::string::npos) << "no second challenge needed";
    EXPECT_EQ(answer(200, granted(300)).kind, Kind::none) << "a refresh is no news";
    EXPECT_EQ(machine->state(), State::registered);
}

TEST_F(TrunkRegistrationTest, IsMadeAgainWhenItsConnectionIsLostButOnceInEachRetryTimeAtMost) {
    trunk.registration->retry = 30s;
    next();
    answer(200, granted(600));
    now += 100s;
    machine->connection_lost(now);
    EXPECT_EQ(machine->deadline(), now);
    EXPECT_EQ(machine->state(), State::registered) << "for all we know";
    next();
    EXPECT_EQ(answer(200, granted(600)).kind, Kind::none);
    machine->connection_lost(now + 1s);  // it closes after each answer
    EXPECT_EQ(machine->deadline(), now + 30s);
}

TEST_F(TrunkRegistrationTest, ALostConnectionNeitherShortensThePauseAfterAFailureNorUndoesTheEnd) {
    next();
    answer(200, granted(600));
    next();
    const auto failure = answer(500);
    ASSERT_EQ(failure.kind, Kind::failed);
    machine->connection_lost(now + 1s);
    EXPECT_EQ(machine->deadline(), now + failure.time);
    machine->end(now);
    next();
    answer(200);
    machine->connection_lost(now);
    EXPECT_FALSE(machine->deadline());
}

TEST_F(TrunkRegistrationTest, AProxyMayChallengeBesidesTheRegistrarAndANonceMayGoStale) {
    next();
    EXPECT_EQ(answer(407, "Proxy-Authenticate: Digest realm=\"edge\", nonce=\"p\", qop=\"auth\"\r\n").kind, Kind::none);
    next();
    EXPECT_FALSE(header("Proxy-Authorization").empty());
    EXPECT_EQ(answer(401, challenge("n1")).kind, Kind::none);
    next();
    EXPECT_FALSE(header("Proxy-Authorization").empty());
    EXPECT_FALSE(header("Authorization").empty());
    EXPECT_EQ(answer(200, granted(600)).kind, Kind::registered);
    next();
    EXPECT_EQ(answer(401, challenge("n2", ", stale=true")).kind, Kind::none);
    next();
    EXPECT_NE(header("Authorization").find("nonce=\"n2\""), std::string::npos);
    EXPECT_EQ(answer(200, granted(600)).kind, Kind::none);
}

TEST_F(TrunkRegistrationTest, AWrongPasswordIsSaidAndTriedAgainOnlyAfterAPause) {
    next();
    EXPECT_EQ(answer(401, challenge("n1")).kind, Kind::none);
    next();
    const auto change = answer(401, challenge("n2"));
    EXPECT_EQ(change.kind, Kind::failed);
    EXPECT_EQ(change.cause, "wrong_credentials");
    EXPECT_EQ(change.status, 401);
    EXPECT_GE(change.time, 15s);
    EXPECT_EQ(machine->state(), State::failed);
}

TEST_F(TrunkRegistrationTest, WithoutCredentialsAChallengeIsAFailure) {
    trunk.credentials.reset();
    machine.emplace(trunk, *random);
    next();
    EXPECT_EQ(answer(401, challenge("n1")).cause, "no_credentials");
}

TEST_F(TrunkRegistrationTest, AnEndlessSupplyOfNoncesDoesNotKeepUsBusy) {
    next();
    int attempts = 0;
    while (answer(401, challenge("n" + std::to_string(attempts), ", stale=true")).kind == Kind::none) {
        ASSERT_LT(++attempts, 10);
        next();
    }
    EXPECT_EQ(machine->state(), State::failed);
}

TEST_F(TrunkRegistrationTest, AnIntervalTooBriefIsRaisedToWhatTheRegistrarWants) {
    next();
    EXPECT_EQ(answer(423, "Min-Expires: 1800\r\n").kind, Kind::none);
    next();
    EXPECT_EQ(header("Expires"), "1800");
    EXPECT_EQ(answer(423, "Min-Expires: 1800\r\n").kind, Kind::failed) << "it asked for just that";
}

TEST_F(TrunkRegistrationTest, PausesDoubleUpToTheLongestWithChanceUpToHalf) {
    Duration most = 30s;
    for (int i = 0; i < 10; ++i) {
        next();
        const auto change = machine->answered(nullptr, false, now);
        ASSERT_EQ(change.kind, Kind::failed);
        EXPECT_EQ(change.cause, "no_answer");
        EXPECT_GE(change.time, most / 2);
        EXPECT_LE(change.time, most);
        most = std::min<Duration>(most * 2, 30min);
    }
    next();
    EXPECT_EQ(answer(200, granted(600)).kind, Kind::registered);
    next();
    EXPECT_LE(machine->answered(nullptr, false, now).time, 30s) << "a success forgets the failures";
}

TEST_F(TrunkRegistrationTest, RetryAfterIsHonouredWithinReason) {
    next();
    EXPECT_GE(answer(503, "Retry-After: 120\r\n").time, 120s);
    next();
    EXPECT_LE(answer(503, "Retry-After: 4000000000\r\n").time, 1h);
}

TEST_F(TrunkRegistrationTest, TheNextTargetIsTriedAtOnceWhenOneDoesNotAnswer) {
    next();
    EXPECT_EQ(machine->answered(nullptr, true, now).kind, Kind::none);
    EXPECT_EQ(machine->deadline(), now);
    next();
    EXPECT_EQ(answer(503, {}, true).kind, Kind::none);
    next();
    EXPECT_EQ(answer(403, {}, true).kind, Kind::failed) << "403 would be the same elsewhere";
}

TEST_F(TrunkRegistrationTest, WhatIsNotRefreshedInTimeExpires) {
    next();
    ASSERT_EQ(answer(200, granted(60) + "Service-Route: <sip:edge.example;lr>\r\n").kind, Kind::registered);
    EXPECT_EQ(machine->service_route(), (std::vector<std::string>{"<sip:edge.example;lr>"}));
    const Timestamp until = now + 60s;
    next();
    EXPECT_EQ(machine->answered(nullptr, false, now).kind, Kind::failed);
    EXPECT_EQ(machine->state(), State::registered) << "it still holds";
    EXPECT_EQ(machine->expire(until - 1ms).kind, Kind::none);
    const auto change = machine->expire(until);
    EXPECT_EQ(change.kind, Kind::unregistered);
    EXPECT_EQ(change.cause, "expired");
    EXPECT_TRUE(machine->service_route().empty());
    EXPECT_EQ(machine->state(), State::failed);
}

TEST_F(TrunkRegistrationTest, A200ThatGrantsNothingIsAFailure) {
    next();
    EXPECT_EQ(answer(200, granted(0)).cause, "no_binding");
    next();
    EXPECT_EQ(answer(200, "Contact: <sip:4930123@198.51.100.7:1024>;expires=60\r\nExpires: 90\r\n").time, 90s)
        << "our Contact as somebody's NAT shows it";
    machine->expire(now + 1h);
    next();
    EXPECT_EQ(answer(200, granted(-5)).kind, Kind::registered) << "a broken number counts as none";
}

TEST_F(TrunkRegistrationTest, AtTheEndTheBindingIsRemoved) {
    next();
    answer(401, challenge("n1"));
    next();
    answer(200, granted(600));
    machine->end(now);
    EXPECT_EQ(machine->state(), State::ending);
    next();
    EXPECT_EQ(header("Contact"), "<sip:4930123@192.0.2.1:5060>;expires=0");
    EXPECT_EQ(header("Expires"), "0");
    EXPECT_EQ(answer(401, challenge("n2", ", stale=true")).kind, Kind::none);
    next();
    const auto change = answer(200);
    EXPECT_EQ(change.kind, Kind::unregistered);
    EXPECT_EQ(change.cause, "shutdown");
    EXPECT_EQ(machine->state(), State::unregistered);
    EXPECT_FALSE(machine->deadline());
}

TEST_F(TrunkRegistrationTest, WithoutABindingThereIsNothingToRemove) {
    next();
    machine->answered(nullptr, false, now);
    machine->end(now);
    EXPECT_EQ(machine->state(), State::unregistered);
    EXPECT_FALSE(machine->deadline());
}

}  // namespace
}  // namespace centrala::calls
