// RFC 4475 and RFC 5118 end to end: each message as one datagram to a user agent gets the answer of the manifest's
// `expect_udp` (alternatives set apart by '|'; "process": anything but 400 and silence; "drop": no answer).
#include "script.hpp"
#include "sip/corpus.hpp"

namespace centrala::sip {
namespace {

using namespace script;

struct Case {
    std::string path;
    std::string expect;
};
std::ostream& operator<<(std::ostream& out, const Case& c) {
    return out << c.path << ": " << c.expect;
}
std::string name_of(const ::testing::TestParamInfo<Case>& info) {
    return testing::identifier(info.param.path);
}

std::vector<Case> cases() {
    std::vector<Case> out;
    // The first variant that exists: with Content-Length put right where it was wrong.
    const auto take = [&](const std::string& folder, std::initializer_list<const char*> variants) {
        for (const auto& row : testing::read_tsv(testing::corpus() / folder / "manifest.tsv"))
            for (const char* variant : variants) {
                const std::string path = folder + "/" + variant + row.at("file");
                if (!std::filesystem::exists(testing::corpus() / path)) continue;
                out.push_back({path, row.at("expect_udp")});
                break;
            }
    };
    take("rfc4475", {""});
    take("rfc5118", {"wire-cl/", "wire/"});
    return out;
}

bool allows(const std::string& expect, const std::string& got) {
    std::size_t from = 0;
    while (from <= expect.size()) {
        const std::size_t bar = std::min(expect.find('|', from), expect.size());
        const std::string word = expect.substr(from, bar - from);
        if (word == got || (word == "process" && got != "400" && got != "drop")) return true;
        from = bar + 1;
    }
    return false;
}

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

class TortureUserAgent : public ::testing::TestWithParam<Case> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(TortureUserAgent);

TEST_P(TortureUserAgent, GivesTheAnswerOfTheManifest) {
    const std::string bytes = testing::read_file(testing::corpus() / GetParam().path);
    ASSERT_FALSE(bytes.empty());
    const std::string got = play(bytes);
    EXPECT_TRUE(allows(GetParam().expect, got)) << "got " << got << ", manifest: " << GetParam().expect;
}
INSTANTIATE_TEST_SUITE_P(Corpus, TortureUserAgent, ::testing::ValuesIn(cases()), name_of);

TEST(TortureUserAgentCorpus, IsThere) {
    if (cases().empty()) GTEST_SKIP() << "no corpus at " << testing::corpus();
    EXPECT_GE(cases().size(), 60u);
}

}  // namespace
}  // namespace centrala::sip
