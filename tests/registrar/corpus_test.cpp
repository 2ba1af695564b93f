// REGISTERs from the RFCs themselves: the flows of RFC 3665 §2, RFC 3261 §24.1 and the torture messages of RFC 4475.
#include <gmock/gmock.h>

#include "register_message.hpp"

namespace centrala::registrar {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class Corpus : public testing::Test {
protected:
    void SetUp() override {
        if (read_shared("corpus/sip/rfc4475/cparam01.dat").empty()) GTEST_SKIP() << "no RFC corpus beside the project";
    }
    Outcome feed(const std::string& path, Duration when = 0s) {
        return process_text(r, read_shared("corpus/sip/" + path), udp_flow(), at(when), "bob");
    }
    Registrar r{{.expires_default = 3600s}};
};

TEST_F(Corpus, Rfc3665RegistrationFetchAndCancellation) {
    const Outcome registered = feed("callflows/rfc3665/2.1-03-F3-REGISTER.sip");
    EXPECT_EQ(registered.status, 200);
    EXPECT_EQ(registered.change, Outcome::Change::registered);
    EXPECT_THAT(contacts_of(registered), ElementsAre("<sips:bob@client.biloxi.example.com>;expires=3600"));
    // §2.2 adds a mailto: URI. We have no way to ring one, so the update fails as a whole and the phone stays.
    EXPECT_EQ(feed("callflows/rfc3665/2.2-01-F1-REGISTER.sip", 1s).status, 400);
    EXPECT_THAT(contacts_of(feed("callflows/rfc3665/2.3-01-F1-REGISTER.sip", 60s)),
                ElementsAre("<sips:bob@client.biloxi.example.com>;expires=3540"));
    // The example's cancellation has the Call-ID of the registration and a lower CSeq: to be taken literally it comes
    // too late and must fail (§10.3 step 6). With the next CSeq it removes all.
    EXPECT_EQ(feed("callflows/rfc3665/2.4-01-F1-REGISTER.sip", 90s).status, 500);
    std::string next = read_shared("corpus/sip/callflows/rfc3665/2.4-01-F1-REGISTER.sip");
    next.replace(next.find("CSeq: 1"), 7, "CSeq: 9");
    const Outcome cancelled = process_text(r, next, udp_flow(), at(90s), "bob");
    EXPECT_EQ(cancelled.status, 200);
    EXPECT_EQ(cancelled.change, Outcome::Change::unregistered);
    EXPECT_THAT(contacts_of(cancelled), IsEmpty());
}

TEST_F(Corpus, Rfc3261Registration) {
    const Outcome o = feed("callflows/rfc3261/24.1-01-F1-REGISTER.sip");
    EXPECT_EQ(o.status, 200);
    EXPECT_THAT(contacts_of(o), ElementsAre("<sip:bob@192.0.2.4>;expires=3600"));
}

TEST_F(Corpus, AContactParameterDoesNotBecomeAUriParameter) {  // RFC 4475 §3.3.12
    EXPECT_THAT(contacts_of(feed("rfc4475/cparam01.dat")),
                ElementsAre("<sip:+19725552222@gw1.example.net>;expires=3600"));
}

TEST_F(Corpus, AUriParameterStaysOne) {  // RFC 4475 §3.3.13
    EXPECT_THAT(contacts_of(feed("rfc4475/cparam02.dat")),
                ElementsAre("<sip:+19725552222@gw1.example.net;unknownparam>;expires=3600"));
}

TEST_F(Corpus, AnEscapedHeaderStaysInTheUri) {  // RFC 4475 §3.3.14
    EXPECT_THAT(contacts_of(feed("rfc4475/regescrt.dat")),
                ElementsAre("<sip:user@example.com?Route=%3Csip:sip.example.com%3E>;expires=3600"));
}

TEST_F(Corpus, EscapedNulsMakeTwoContacts) {  // RFC 4475 §3.1.1.4
    EXPECT_THAT(contacts_of(feed("rfc4475/escnull.dat")),
                UnorderedElementsAre("<sip:%00@host5.example.com>;expires=3600",
                                     "<sip:%00%00@host5.example.com>;expires=3600"));
}

TEST_F(Corpus, ABareUriWithAQuestionMarkIsRefused) {  // RFC 4475 §3.1.2.13
    EXPECT_EQ(feed("rfc4475/regbadct.dat").status, 400);
}

TEST_F(Corpus, AnUnknownSchemeIsRefused) {  // RFC 4475 §3.3.4
    EXPECT_EQ(feed("rfc4475/unksm2.dat").status, 400);
}

TEST_F(Corpus, WhatFollowsTheBodyIsIgnored) {  // RFC 4475 §3.1.1.8
    EXPECT_THAT(contacts_of(feed("rfc4475/dblreq.dat")), ElementsAre("<sip:j.user@host.example.com>;expires=3600"));
}

TEST_F(Corpus, Ipv6ContactsAreKeptAsWritten) {  // RFC 5118 §4.1
    EXPECT_THAT(contacts_of(feed("rfc5118/wire/ipv6-good.dat")),
                ElementsAre("<sip:caller@[2001:db8::1]>;expires=3600"));
}

}  // namespace
}  // namespace centrala::registrar
