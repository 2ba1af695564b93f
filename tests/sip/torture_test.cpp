// RFC 4475 and RFC 5118 against the parser. Verdicts that need an application (404, 415, 416, 420, 481, 501 …) are
// no business of the parser: for it such a message is complete, and the user agent's own torture test has the rest.
#include "sip/torture.hpp"

#include <gtest/gtest.h>

namespace centrala::sip {
namespace {

using namespace torture;

class Torture : public ::testing::TestWithParam<Case> {
protected:
    void SetUp() override { bytes_ = material::read_file(material::corpus() / GetParam().path); }
    Parsed parse_it() { return parse(bytes_, message_); }
    std::string bytes_;
    Message message_;
};
class Rfc4475 : public Torture {};
class Rfc5118 : public Torture {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Rfc4475);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Rfc5118);

TEST_P(Rfc4475, GetsTheVerdictOfTheManifest) {
    ASSERT_FALSE(bytes_.empty());
    const Parsed p = parse_it();
    EXPECT_TRUE(allowed(GetParam().row).count(said(p))) << said(p) << " " << p.why;
    if (p.verdict == Verdict::refused) {
        EXPECT_FALSE(message_.via().host.empty()) << "an answer must find its way";
    }
}
INSTANTIATE_TEST_SUITE_P(Archive, Rfc4475, ::testing::ValuesIn(cases("rfc4475", {""})), name_of);

TEST_P(Rfc5118, GetsTheVerdictOfTheManifest) {
    const Parsed p = parse_it();
    // The RFC's own Content-Length of this one is too large for its body, in CR LF form (see wire-cl).
    const bool short_body = GetParam().path == "rfc5118/wire/ipv6-in-sdp.dat";
    EXPECT_TRUE(short_body ? said(p) == "400" : allowed(GetParam().row).count(said(p)) == 1) << said(p) << " " << p.why;
}
INSTANTIATE_TEST_SUITE_P(Wire, Rfc5118, ::testing::ValuesIn(cases("rfc5118", {"wire/", "wire-cl/"})), name_of);

/// Loads one file for the tests below, which look at what was read; false if the corpus is missing.
struct Loaded {
    explicit Loaded(const std::string& path) : bytes(material::read_file(material::corpus() / path)) {
        if (!bytes.empty()) result = parse(bytes, message);
    }
    std::string bytes;
    Message message;
    Parsed result;
};
#define LOAD_OR_SKIP(variable, path) \
    Loaded variable(path);           \
    if (variable.bytes.empty()) GTEST_SKIP() << "no corpus"

TEST(TortureCorpus, HasAllItsMessages) {
    if (!std::filesystem::exists(material::corpus())) GTEST_SKIP() << "no corpus";
    EXPECT_EQ(cases("rfc4475", {""}).size(), 49U);
    EXPECT_EQ(cases("rfc5118", {"wire/"}).size(), 12U);
    EXPECT_EQ(cases("rfc5118", {"wire-cl/"}).size(), 3U);
}

TEST(Torture, ShortTortuousInviteIsReadInFull) {
    LOAD_OR_SKIP(l, "rfc4475/wsinv.dat");
    const Message& m = l.message;
    ASSERT_EQ(l.result.verdict, Verdict::complete) << l.result.why;
    EXPECT_EQ(m.method(), Method::invite);
    EXPECT_EQ(m.request_uri().host, "chair-dnrc.example.com");
    EXPECT_TRUE(m.request_uri().parameter("UnknownParam").has_value());
    EXPECT_EQ(m.to().tag(), "1918181833n");
    EXPECT_EQ(m.from().tag(), "98asjd8");
    EXPECT_EQ(m.from().display_text(), "J Rosenberg \\\"");
    EXPECT_EQ(m.number(HeaderId::max_forwards), 68U);
    EXPECT_EQ(m.cseq().number, 9U);
    EXPECT_EQ(m.via().transport, "UDP");
    EXPECT_EQ(m.via().host, "192.0.2.2");
    EXPECT_EQ(m.via().branch, "390skdjuw");
    EXPECT_FALSE(m.via().has_magic_cookie());
    EXPECT_EQ(m.find("newFANGLEDheader"), "newfangled value   continued newfangled value");
    EXPECT_EQ(m.find(HeaderId::subject), "");
    int vias = 0;
    m.each(HeaderId::via, [&](std::string_view) { ++vias; });
    EXPECT_EQ(vias, 3);
    const auto contact = parse_name_addr(*m.find(HeaderId::contact));
    ASSERT_TRUE(contact);
    EXPECT_EQ(contact->display_text(), "Quoted string \"\"");
    EXPECT_EQ(contact->parameter("newparam"), "newvalue");
    EXPECT_EQ(contact->parameter("q"), "0.33");
    EXPECT_EQ(m.body().size(), 150U);
}

TEST(Torture, WideRangeOfCharactersIsKept) {
    LOAD_OR_SKIP(l, "rfc4475/intmeth.dat");
    EXPECT_EQ(l.message.method(), Method::unknown);
    EXPECT_EQ(l.message.method_name(), "!interesting-Method0123456789_*+`.%indeed'~");
    EXPECT_EQ(l.message.request_uri().user, "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*");
    EXPECT_EQ(l.message.request_uri().password, "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)");
    EXPECT_EQ(l.message.request_uri().host, "example.com");
    EXPECT_EQ(l.message.to().display_text(), std::string("BEL:\x07 NUL:\0 DEL:\x7f", 17));
}

TEST(Torture, EscapedNulDoesNotCutTheUser) {
    LOAD_OR_SKIP(l, "rfc4475/escnull.dat");
    EXPECT_EQ(unescape(l.message.to().uri.user), std::string("null-\0-null", 11));
    std::vector<std::string> contacts;
    l.message.each(HeaderId::contact,
                   [&](std::string_view c) { contacts.push_back(unescape(parse_name_addr(c)->uri.user)); });
    EXPECT_EQ(contacts, (std::vector<std::string>{std::string(1, '\0'), std::string(2, '\0')}));
}

TEST(Torture, PercentInNamesIsNoEscape) {
    LOAD_OR_SKIP(l, "rfc4475/esc02.dat");
    EXPECT_EQ(l.message.method(), Method::unknown);
    int contacts = 0;
    l.message.each(HeaderId::contact, [&](std::string_view) { ++contacts; });
    EXPECT_EQ(contacts, 2);
}

TEST(Torture, TrailingOctetsOfADatagramAreIgnored) {
    LOAD_OR_SKIP(l, "rfc4475/dblreq.dat");
    EXPECT_EQ(l.message.method(), Method::register_);
    EXPECT_EQ(l.message.body(), "");
    const Framed first = frame(l.bytes);
    ASSERT_EQ(first.status, Framed::Status::message);
    // On a stream the rest is a second request, after the line ends between the two.
    const Framed second = frame(std::string_view(l.bytes).substr(first.skip + first.length));
    ASSERT_EQ(second.status, Framed::Status::message);
    EXPECT_EQ(second.skip, 2U);
}

TEST(Torture, SemicolonsBelongToTheUserPart) {
    LOAD_OR_SKIP(l, "rfc4475/semiuri.dat");
    EXPECT_EQ(unescape(l.message.request_uri().user), "user;par=u@example.net");
    EXPECT_EQ(l.message.request_uri().parameters, "");
}

TEST(Torture, BinaryBodyIsNotTouched) {
    LOAD_OR_SKIP(l, "rfc4475/mpart01.dat");
    const std::string raw = material::read_file(material::corpus() / "rfc4475/mpart01.dat");
    EXPECT_EQ(l.message.body(), std::string_view(raw).substr(raw.size() - 553));
    EXPECT_EQ(l.message.content_type(), "multipart/mixed");
    EXPECT_EQ(l.message.via().parameter("rport"), "");
}

TEST(Torture, AddressWithoutBracketsHasHeaderParametersOnly) {
    LOAD_OR_SKIP(l, "rfc4475/cparam01.dat");
    const auto contact = parse_name_addr(*l.message.find(HeaderId::contact));
    ASSERT_TRUE(contact);
    EXPECT_EQ(contact->uri.parameters, "");
    EXPECT_TRUE(contact->parameter("unknownparam").has_value());
    LOAD_OR_SKIP(other, "rfc4475/cparam02.dat");
    EXPECT_EQ(parse_name_addr(*other.message.find(HeaderId::contact))->uri.parameters, "unknownparam");
    LOAD_OR_SKIP(bad, "rfc4475/regbadct.dat");
    EXPECT_FALSE(parse_name_addr(*bad.message.find(HeaderId::contact))) << "a question mark needs < >";
}

TEST(Torture, StreamsWithoutFramingAreBroken) {
    for (const char* file : {"ncl.dat", "mcl01.dat", "inv2543.dat"}) {
        const std::string bytes = material::read_file(material::corpus() / "rfc4475" / file);
        if (bytes.empty()) GTEST_SKIP() << "no corpus";
        EXPECT_EQ(frame(bytes).status, Framed::Status::broken) << file;
    }
    const std::string waits = material::read_file(material::corpus() / "rfc4475" / "clerr.dat");
    EXPECT_EQ(frame(waits).status, Framed::Status::need_more);
}

TEST(Torture, RefusedRequestShowsWhatCanBeRead) {
    LOAD_OR_SKIP(l, "rfc4475/badinv01.dat");
    EXPECT_EQ(l.result.verdict, Verdict::refused);
    EXPECT_EQ(l.message.via().host, "192.0.2.15");
    EXPECT_EQ(l.message.from().tag(), "134161461246");
    EXPECT_EQ(l.message.call_id(), "badinv01.0ha0isndaksdjasdf3234nas");
    EXPECT_EQ(l.message.cseq().number, 8U);
    LOAD_OR_SKIP(v, "rfc4475/badvers.dat");
    EXPECT_EQ(v.message.via().host, "c.example.com");
    EXPECT_EQ(v.message.cseq().method_name, "OPTIONS");
}

TEST(Torture, Ipv6PortsAreToldFromAddresses) {
    LOAD_OR_SKIP(a, "rfc5118/wire/port-ambiguous.dat");
    EXPECT_EQ(a.message.request_uri().host, "2001:db8::10:5070");
    EXPECT_EQ(a.message.request_uri().port, 0);
    LOAD_OR_SKIP(b, "rfc5118/wire/port-unambiguous.dat");
    EXPECT_EQ(b.message.request_uri().host, "2001:db8::10");
    EXPECT_EQ(b.message.request_uri().port, 5070);
    LOAD_OR_SKIP(c, "rfc5118/wire/via-received-param-with-delim.dat");
    EXPECT_EQ(c.message.via().parameter("received"), "[2001:db8::9:255]");
}

}  // namespace
}  // namespace centrala::sip
