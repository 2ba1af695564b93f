// RFC 4475 and RFC 5118 end to end: each message as one datagram to a user agent gets the answer of the manifest's
// `expect_udp`.
#include "script.hpp"
#include "sip/torture.hpp"

namespace centrala::sip {
namespace {

using namespace script;

using torture::Datagram;

/// A user like the server: refuses calls, answers the rest, and a registrar that wants SIP addresses.
std::string play(std::string bytes) {
    UaScript s(ua_options());
    Flow flow = udp_flow();
    Timestamp now = s.now();
    const auto event = s.machine().receive(std::span(bytes.data(), bytes.size()), flow, now);
    if (const auto* invited = std::get_if<ua::Invited>(&event)) s.machine().refuse(invited->session, 486, {}, now);
    if (const auto* r = std::get_if<ua::Requested>(&event)) {
        const bool bad = r->request->method() == Method::register_ && !r->request->to().uri.is_sip();
        s.machine().respond(r->tx, {bad ? 400 : 200, {}, {}, {}, {}, {}}, now);
    }
    Words sent = s.sent();
    if (!sent.empty() && sent.front() == "100") sent.erase(sent.begin());
    EXPECT_LE(sent.size(), 1u);
    s.wait(200s);
    EXPECT_EQ(s.machine().sessions(), 0u);
    EXPECT_EQ(s.machine().stats().server, 0u);
    for (const Sent& m : s.all()) {
        Message parsed;
        std::string copy = m.bytes;
        // What was copied from a malformed request may be malformed, but it must still frame and route.
        EXPECT_EQ(frame(copy).status, Framed::Status::message);
        if (m.start() != "400") {
            EXPECT_NE(parse(copy, parsed).verdict, Verdict::refused);
        }
        EXPECT_EQ(m.flow.remote.address, kPeer.address);
    }
    return sent.empty() ? "drop" : sent.front();
}

class TortureUserAgent : public ::testing::TestWithParam<Datagram> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(TortureUserAgent);

TEST_P(TortureUserAgent, GivesTheAnswerOfTheManifest) {
    const std::string bytes = material::read_file(material::corpus() / GetParam().path);
    ASSERT_FALSE(bytes.empty());
    const std::string got = play(bytes);
    EXPECT_TRUE(torture::allows(GetParam().expect, got)) << "got " << got << ", manifest: " << GetParam().expect;
}
INSTANTIATE_TEST_SUITE_P(Corpus, TortureUserAgent, ::testing::ValuesIn(torture::datagrams()),
                         torture::name_of_datagram);

TEST(TortureUserAgentCorpus, IsThere) {
    if (torture::datagrams().empty()) GTEST_SKIP() << "no corpus at " << material::corpus();
    EXPECT_GE(torture::datagrams().size(), 60u);
}

}  // namespace
}  // namespace centrala::sip
