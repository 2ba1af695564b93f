// Tracing inside the daemon: who gets which message, masked or not, and what it looks like on the control socket.
#include <gmock/gmock.h>

#include "app/trace_line.hpp"
#include "app/trace_text.hpp"
#include "app/tracer.hpp"

namespace centrala::app::test {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kRegister =
    "REGISTER sip:acd SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n"
    "From: <sip:ann@acd>;tag=r\r\nTo: <sip:ann@acd>\r\nCall-ID: reg-1\r\nCSeq: 1 REGISTER\r\n"
    "Authorization: Digest username=\"ann\", response=\"deadbeef\"\r\nContent-Length: 0\r\n\r\n";

trace::Captured captured(std::string_view bytes, bool sent = false) {
    trace::Captured c;
    c.at = Timestamp(Duration(1'700'000'000'123'456));
    c.sent = sent;
    c.flow = {sip::Transport::wss, *Endpoint::parse("10.0.0.1:443"), *Endpoint::parse("[2001:db8::7]:40000"), 3};
    c.bytes = bytes;
    return c;
}

struct FakeClient : ControlClient {
    void subscribe() override { subscribed = true; }
    bool push(std::string_view line) override {
        if (lines.size() >= room) return false;
        lines.emplace_back(line);
        return true;
    }
    bool gone() const override { return left; }
    std::vector<std::string> lines;
    std::size_t room = 100;
    bool subscribed = false, left = false;
};

Tracer make_tracer() {
    return Tracer({[](std::string_view) { return std::vector<std::string>(); },
                   [](std::string_view, std::string_view) { return std::string(); }});
}

TEST(TraceLine, CarriesAMessageWhateverItsBytes) {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
    for (const std::size_t cut : {0U, 1U, 2U, 3U, 256U}) {
        const auto c = captured(std::string_view(bytes).substr(0, cut), true);
        const auto read = read_trace_line(trace_line(c, 7));
        ASSERT_TRUE(read);
        EXPECT_EQ(read->message().bytes, bytes.substr(0, cut));
        EXPECT_EQ(read->message().at, c.at);
        EXPECT_TRUE(read->message().sent);
        EXPECT_EQ(read->message().flow.transport, sip::Transport::wss);
        EXPECT_EQ(read->message().flow.local, c.flow.local);
        EXPECT_EQ(read->message().flow.remote, c.flow.remote);
        EXPECT_EQ(read->dropped, 7U);
    }
}

TEST(TraceLine, RefusesWhatIsNone) {
    for (const char* line : {"", "[]", "{}", R"({"local":"1.2.3.4:5","remote":"1.2.3.4:5","message":"a"})",
                             R"({"local":"1.2.3.4:5","remote":"1.2.3.4","message":"aaaa"})",
                             R"({"local":1,"remote":"1.2.3.4:5","message":"aaaa"})"})
        EXPECT_FALSE(read_trace_line(line)) << line;
}

TEST(Tracer, IsIdleUntilSomebodyWatchesAndAgainWhenTheyHaveLeft) {
    Tracer tracer = make_tracer();
    EXPECT_FALSE(tracer.active());
    const auto client = std::make_shared<FakeClient>();
    ASSERT_TRUE(tracer.begin({}, false, *client));
    EXPECT_TRUE(client->subscribed);
    EXPECT_TRUE(tracer.active());
    tracer.see(captured(kRegister));
    EXPECT_EQ(client->lines.size(), 1U);
    client->left = true;
    tracer.see(captured(kRegister));
    EXPECT_FALSE(tracer.active());
    EXPECT_EQ(client->lines.size(), 1U);
}

TEST(Tracer, MasksSecretsUnlessTheWatcherAskedForThem) {
    Tracer tracer = make_tracer();
    const auto careful = std::make_shared<FakeClient>(), curious = std::make_shared<FakeClient>();
    ASSERT_TRUE(tracer.begin({}, false, *careful));
    ASSERT_TRUE(tracer.begin({}, true, *curious));
    tracer.see(captured(kRegister));
    EXPECT_THAT(read_trace_line(careful->lines.at(0))->bytes, HasSubstr("response=\"xxxxxxxx\""));
    EXPECT_EQ(read_trace_line(curious->lines.at(0))->bytes, kRegister);
}

TEST(Tracer, CountsWhatASlowWatcherMissesAndTellsIt) {
    Tracer tracer = make_tracer();
    const auto client = std::make_shared<FakeClient>();
    client->room = 2;
    ASSERT_TRUE(tracer.begin({}, false, *client));
    for (int i = 0; i < 5; ++i) tracer.see(captured(kRegister));
    client->room = 4;
    tracer.see(captured(kRegister));
    tracer.see(captured(kRegister));
    ASSERT_EQ(client->lines.size(), 4U);
    EXPECT_EQ(read_trace_line(client->lines[2])->dropped, 3U);
    EXPECT_EQ(read_trace_line(client->lines[3])->dropped, 0U);
}

TEST(Tracer, TakesOnlySoManyWatchers) {
    Tracer tracer = make_tracer();
    std::vector<std::shared_ptr<FakeClient>> clients;
    for (std::size_t i = 0; i <= Tracer::kWatchersMax; ++i) {
        clients.push_back(std::make_shared<FakeClient>());
        EXPECT_EQ(tracer.begin({}, false, *clients.back()), i < Tracer::kWatchersMax);
    }
    clients.front()->left = true;
    EXPECT_TRUE(tracer.begin({}, false, *clients.back()));
}

TEST(TraceText, SaysOnOneLineWhoSaidWhat) {
    const std::string line = trace_text(captured(kRegister), {}, false);
    EXPECT_THAT(line, HasSubstr("◀ wss [2001:db8::7]:40000"));
    EXPECT_THAT(line, HasSubstr("REGISTER sip:acd SIP/2.0"));
    EXPECT_THAT(line, HasSubstr("reg-1"));
    EXPECT_THAT(line, Not(HasSubstr("\n")));
    EXPECT_THAT(trace_text(captured(kRegister, true), {}, false), HasSubstr("▶ wss"));
}

TEST(TraceText, ShowsAllOfAMessageAndNothingThatATerminalWouldObey) {
    const std::string text = trace_text(captured("HELLO\r\nX: \x1b[2J\r\n\r\nbody"), {}, true);
    EXPECT_THAT(text, HasSubstr("\n    HELLO\n"));
    EXPECT_THAT(text, HasSubstr("\n    body\n"));
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace centrala::app::test
