// Who calls (RFC 3325, RFC 3323), and what of it the agent and the log get to know.
#include "calls/identity.hpp"

#include "fixture.hpp"

namespace centrala::calls {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Case {
    const char* what;
    const char* from;
    const char* lines;
    const char* number;
    const char* name;
    bool asserted, withheld;
};

constexpr const char* kFrom = "\"Jo\" <sip:555@carrier.example>";
constexpr const char* kAnonymous = "\"Anonymous\" <sip:anonymous@anonymous.invalid>";

Identity identity_of(const std::string& from, const std::string& lines, bool trusted) {
    std::string text = "INVITE sip:100@x SIP/2.0\r\nVia: SIP/2.0/UDP 10.1.0.1;branch=z9hG4bK1\r\nFrom: " + from +
                       ";tag=1\r\nTo: <sip:100@x>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n" + lines +
                       "Content-Length: 0\r\n\r\n";
    sip::Message message;
    EXPECT_EQ(sip::parse(text, message).verdict, sip::Verdict::complete) << text;
    return caller_identity(message, trusted);
}

TEST(CallerIdentity, OfATrustedPeer) {
    const Case cases[] = {
        {"From alone", kFrom, "", "555", "Jo", false, false},
        {"asserted", kFrom, "P-Asserted-Identity: \"Real\" <sip:+4930@c>\r\n", "+4930", "Real", true, false},
        {"a name of From's own", kFrom, "P-Asserted-Identity: <sip:+4930@c>\r\n", "+4930", "Jo", true, false},
        {"sip and tel", kFrom, "P-Asserted-Identity: \"R\" <sip:ann@c>, <tel:+49-30-1>\r\n", "+49301", "R", true,
         false},
        {"in two fields", kFrom, "P-Asserted-Identity: tel:+491\r\nP-Asserted-Identity: \"R\" <sip:ann@c>\r\n", "+491",
         "R", true, false},
        {"more than two", kFrom, "P-Asserted-Identity: <sip:1@c>, <sip:2@c>, <tel:3>\r\n", "1", "Jo", true, false},
        {"malformed", kFrom, "P-Asserted-Identity: <sip:1\r\n", "555", "Jo", false, false},
        {"private", kFrom, "P-Asserted-Identity: <sip:1@c>\r\nPrivacy: id\r\n", "1", "Jo", true, true},
        {"private by the user", kFrom, "Privacy: user;critical\r\n", "555", "Jo", false, true},
        {"private headers", kFrom, "Privacy: Header\r\n", "555", "Jo", false, true},
        {"private history only", kFrom, "Privacy: history\r\n", "555", "Jo", false, false},
        {"expressly open", kFrom, "Privacy: none\r\n", "555", "Jo", false, false},
        {"anonymous", kAnonymous, "", "", "", false, true},
        {"anonymous of a carrier's own", "<sip:Anonymous@carrier.example>", "", "", "", false, true},
        {"anonymous but asserted", kAnonymous, "P-Asserted-Identity: <tel:+491>\r\nPrivacy: id\r\n", "+491", "", true,
         true},
        {"remote party", kFrom, "Remote-Party-ID: \"R\" <sip:77@c>;party=calling;screen=yes\r\n", "77", "R", true,
         false},
        {"private remote party", kFrom, "Remote-Party-ID: <sip:77@c>;privacy=full\r\n", "77", "Jo", true, true},
        {"open remote party", kFrom, "Remote-Party-ID: <sip:77@c>;privacy=off\r\n", "77", "Jo", true, false},
        {"about the called party", kFrom, "Remote-Party-ID: <sip:77@c>;party=called\r\n", "555", "Jo", false, false},
        {"asserted before remote party", kFrom, "Remote-Party-ID: <sip:77@c>\r\nP-Asserted-Identity: <sip:1@c>\r\n",
         "1", "Jo", true, false},
    };
    for (const Case& c : cases) {
        SCOPED_TRACE(c.what);
        const Identity got = identity_of(c.from, c.lines, true);
        EXPECT_EQ(got.number, c.number);
        EXPECT_EQ(got.name, c.name);
        EXPECT_EQ(got.asserted, c.asserted);
        EXPECT_EQ(got.withheld, c.withheld);
    }
}

TEST(CallerIdentity, OfAnybodyElseIsWhatFromSays) {
    const auto got =
        identity_of(kFrom, "P-Asserted-Identity: <sip:1@c>\r\nRemote-Party-ID: <sip:2@c>\r\nPrivacy: id\r\n", false);
    EXPECT_EQ(got.number, "555");
    EXPECT_EQ(got.name, "Jo");
    EXPECT_FALSE(got.asserted);
    EXPECT_TRUE(got.withheld) << "to be shown less is anybody's right";
}

class IdentityTest : public CallTest {
protected:
    Softphone& offered(const std::string& lines, config::Config config = small_centre({.agents = 1})) {
        build(std::move(config));
        Softphone& phone = add_phone("a1");
        put_to_work(phone);
        callers.push_back(std::make_unique<Caller>(*world, caller_address(1), "44701"));
        callers.back()->lines = lines;
        callers.back()->dial("100");
        world->run_for(50ms);
        EXPECT_EQ(phone.offers, 1);
        return phone;
    }
    void TearDown() override {
        if (!callers.empty() && callers[0]->session) callers[0]->hang_up();
        expect_nothing_left();
        CallTest::TearDown();
    }
};

TEST_F(IdentityTest, TheAgentsPhoneShowsWhoATrunkSaysCalls) {
    const Softphone& phone = offered("P-Asserted-Identity: \"Jane\" <tel:+4930123>\r\n");
    EXPECT_EQ(phone.last_offer_from, "+4930123");
    EXPECT_EQ(phone.last_offer_name, "Sales: Jane");
    EXPECT_THAT(phone.last_offer, Not(HasSubstr("P-Asserted-Identity"))) << "unless the configuration wants it";
    EXPECT_EQ(last<routing::event::ContactArrived>().caller, "+4930123");
    EXPECT_FALSE(last<routing::event::ContactArrived>().withheld);
}

TEST_F(IdentityTest, ATrunkThatIsntTrustedIsntBelieved) {
    auto config = small_centre({.agents = 1});
    config.trunks[0].trust_identity = false;
    EXPECT_EQ(offered("P-Asserted-Identity: <tel:+4930123>\r\n", std::move(config)).last_offer_from, "44701");
}

TEST_F(IdentityTest, AWithheldCallerIsAnonymousToTheAgentAndKnownToTheLog) {
    auto config = small_centre({.agents = 1});
    config.sip.assert_identity = true;
    const Softphone& phone =
        offered("P-Asserted-Identity: \"Jane\" <tel:+4930123>\r\nPrivacy: id\r\n", std::move(config));
    EXPECT_EQ(phone.last_offer_from, "anonymous");
    EXPECT_EQ(phone.last_offer_name, "Sales: Anonymous");
    EXPECT_THAT(phone.last_offer, HasSubstr("Privacy: id\n"));
    EXPECT_THAT(phone.last_offer, Not(HasSubstr("+4930123")));
    EXPECT_THAT(phone.last_offer, Not(HasSubstr("Jane")));
    EXPECT_EQ(last<routing::event::ContactArrived>().caller, "+4930123");
    EXPECT_TRUE(last<routing::event::ContactArrived>().withheld);
    const auto calls = world->server.calls(world->now);
    ASSERT_EQ(calls.size(), 1u);
    EXPECT_EQ(calls[0].caller, "withheld");
    EXPECT_EQ(calls[0].caller_name, "");
}

TEST_F(IdentityTest, TheNumberIsAssertedToPhonesIfConfigured) {
    auto config = small_centre({.agents = 1});
    config.sip.assert_identity = true;
    EXPECT_THAT(offered("", std::move(config)).last_offer, HasSubstr("P-Asserted-Identity: <sip:44701@acd.example>\n"));
}

TEST_F(IdentityTest, TheLogNamesWhoDivertedTheCall) {
    offered("Diversion: <sip:+49301@c>;reason=no-answer;counter=1, <sip:+49302@c>;reason=user-busy\r\n");
    EXPECT_EQ(last<routing::event::ContactArrived>().diverted_from, "+49301");
    EXPECT_EQ(last<routing::event::ContactArrived>().diversion_reason, "no-answer");
}

TEST_F(IdentityTest, TheLogNamesTheReasonThatTheCallersSideGave) {
    Softphone& phone = offered("");
    phone.answer();
    world->run_for(50ms);
    callers[0]->ua.hang_up(*callers[0]->session, "Reason: Q.850;cause=31;text=\"Normal, unspecified\"\r\n", world->now);
    callers[0]->session.reset();
    world->flush(*callers[0]);
    world->run_for(50ms);
    EXPECT_EQ(only<routing::event::ContactEnded>().reason, "Q.850;cause=31;text=\"Normal, unspecified\"");
}

}  // namespace
}  // namespace centrala::calls
