// What is neither INVITE, REGISTER nor presence: OPTIONS, INFO, and the codes by which the rest is refused.
#include "fixture.hpp"

namespace centrala::calls {
namespace {

using ::testing::HasSubstr;

/// Asks, and notes the answer.
class Asker : public Caller {
public:
    using Caller::Caller;
    void on(const sip::UaEvent& event) override {
        const auto* answer = std::get_if<sip::ua::Answered>(&event);
        if (!answer || !answer->response) return Caller::on(event);
        status = answer->response->status();
        lines.clear();
        for (const sip::Header& header : answer->response->headers())
            lines.append(header.name).append(": ").append(header.value).append("\n");
    }
    void ask(sip::Method method) {
        std::string request;
        sip::MessageWriter(request)
            .header("Max-Forwards", 70)
            .header("From", "<sip:", name, "@carrier.example>;tag=1")
            .header("To", "<sip:10.0.0.1>")
            .header("Call-ID", random->token(8))
            .header("CSeq", "1 ", sip::to_string(method));
        status = 0;
        (void)ua.send_request({method, "sip:10.0.0.1", request, {}, {}}, to_server(), world.now);
        await();
    }
    void ask_within(sip::Method method, const std::string& more = {}, const std::string& type = {},
                    const std::string& body = {}) {
        status = 0;
        ASSERT_TRUE(ua.send_within(*session, method, more, type, body, world.now));
        await();
    }
    int status = 0;
    std::string lines;

private:
    void await() {
        world.flush(*this);
        world.run_for(100ms);
    }
};

class RequestsTest : public CallTest {
protected:
    Asker& asker(const Endpoint& at = caller_address(1)) {
        callers.push_back(std::make_unique<Asker>(*world, at, "4470"));
        return static_cast<Asker&>(*callers.back());
    }
    Asker& talking_asker() {
        Asker& asks = asker();
        asks.dial("100");
        world->run_for(50ms);
        EXPECT_TRUE(asks.answered);
        return asks;
    }
};

TEST_F(RequestsTest, WithinACallWhatBelongsElsewhereIsNotAllowed) {
    build();
    Asker& asks = talking_asker();
    for (const auto method : {sip::Method::message, sip::Method::publish}) {
        asks.ask_within(method);
        EXPECT_EQ(asks.status, 405) << sip::to_string(method);
        EXPECT_THAT(asks.lines, HasSubstr("Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, PRACK, REFER\n"));
    }
    EXPECT_TRUE(asks.session) << "the call goes on";
}

TEST_F(RequestsTest, OutsideACallMessageIsNotAllowed) {
    build();
    Asker& asks = asker();
    asks.ask(sip::Method::message);
    EXPECT_EQ(asks.status, 405);
    EXPECT_THAT(asks.lines, HasSubstr("Allow: INVITE"));
}

TEST_F(RequestsTest, ACallCannotBeSubscribedToAndHasSubscribedToNothing) {
    build();
    Asker& asks = talking_asker();
    asks.ask_within(sip::Method::subscribe, "Event: dialog\r\n");
    EXPECT_EQ(asks.status, 489);
    EXPECT_THAT(asks.lines, HasSubstr("Allow-Events: "));
    asks.ask_within(sip::Method::notify, "Event: refer\r\nSubscription-State: active\r\n");
    EXPECT_TRUE(asks.ended) << "481: for the asker's user agent the end of the dialog (RFC 5057 §5.1)";
}

TEST_F(RequestsTest, OptionsTellWhatCanBeDoneHere) {
    build();
    Asker& asks = asker();
    asks.ask(sip::Method::options);
    EXPECT_EQ(asks.status, 200);
    for (const char* line :
         {"Allow: INVITE, ", "Supported: replaces, timer, 100rel\n", "Accept: application/sdp, multipart/mixed\n",
          "Accept-Encoding: identity\n", "Accept-Language: en\n"})
        EXPECT_THAT(asks.lines, HasSubstr(line));
}

TEST_F(RequestsTest, OptionsAreAnsweredAsAnInviteWouldBe) {
    auto config = small_centre({});
    config.sip.calls_max = 1;
    build(std::move(config));
    Asker& asks = asker(caller_address(9));
    talking_asker();
    asks.ask(sip::Method::options);
    EXPECT_EQ(asks.status, 503) << "full";
    EXPECT_THAT(asks.lines, HasSubstr("Retry-After: 5\n"));
    callers.back()->hang_up();
    world->run_for(1s);
    asks.ask(sip::Method::options);
    EXPECT_EQ(asks.status, 200);
    world->server.drain(world->now);
    asks.ask(sip::Method::options);
    EXPECT_EQ(asks.status, 503) << "no new calls";
}

TEST_F(RequestsTest, AnEdgeProxyMayAskWhetherWeLiveAndNothingElse) {
    for (const bool silent : {false, true}) {
        auto config = small_centre({});
        config.registration.edge_proxies = {*Subnet::parse("10.3.0.0/16")};
        config.sip.strangers_get_answer = !silent;
        config.sip.security_event_interval = 0s;
        callers.clear();
        build(std::move(config));
        Asker& edge = asker(*Endpoint::parse("10.3.0.1:5060"));
        edge.ask(sip::Method::options);
        EXPECT_EQ(edge.status, 200);
        EXPECT_EQ(world->server.stats().strangers, 0u);
        edge.ask(sip::Method::message);
        EXPECT_EQ(edge.status, 403) << "it is no stranger: silence isn't for it";
        Asker& stranger = asker(*Endpoint::parse("198.51.100.1:5060"));
        stranger.ask(sip::Method::options);
        EXPECT_EQ(stranger.status, silent ? 0 : 403);
    }
}

TEST_F(RequestsTest, InfoOfNoUseIsRefusedByItsKind) {
    build();
    Asker& asks = talking_asker();
    asks.ask_within(sip::Method::info, {}, "application/dtmf-relay", "Signal=5\r\nDuration=160\r\n");
    EXPECT_EQ(asks.status, 200) << "a caller's key: understood, though it leads nowhere";
    asks.ask_within(sip::Method::info);
    EXPECT_EQ(asks.status, 200);
    asks.ask_within(sip::Method::info, {}, "application/dtmf-relay", "Signal=twelve");
    EXPECT_EQ(asks.status, 400);
    asks.ask_within(sip::Method::info, {}, "application/media_control+xml", "<media_control/>");
    EXPECT_EQ(asks.status, 415);
    EXPECT_THAT(asks.lines, HasSubstr("Accept: application/dtmf-relay, application/dtmf\n"));
    asks.ask_within(sip::Method::info, "Info-Package: conference\r\n", "text/plain", "x");
    EXPECT_EQ(asks.status, 469);
    EXPECT_THAT(asks.lines, HasSubstr("Recv-Info: nil\n"));
}

}  // namespace
}  // namespace centrala::calls
