// The parser: what is complete, refused, dropped; limits; helpers; and that writing and parsing undo each other.
#include "centrala/sip/message.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "centrala/sip/retry_after.hpp"

namespace centrala::sip {
namespace {

using namespace std::chrono_literals;

struct Parts {
    std::string line = "INVITE sip:100@acd.example SIP/2.0";
    std::string via = "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa";
    std::string from = "From: \"Ann\" <sip:ann@b.example>;tag=f";
    std::string to = "To: <sip:100@acd.example>";
    std::string call_id = "Call-ID: c@b";
    std::string cseq = "CSeq: 1 INVITE";
    std::string extra;
    std::string body;

    [[nodiscard]] std::string text() const {
        std::string out = line + "\r\n";
        for (const std::string* h : {&via, &from, &to, &call_id, &cseq, &extra})
            if (!h->empty()) out += *h + "\r\n";
        return out + "\r\n" + body;
    }
};

struct Outcome {
    std::string bytes;
    Message message;
    Parsed parsed;
};
/// The bytes stand in a block of exactly their size, so that the sanitizer sees a read past the end.
struct Read : Outcome {
    explicit Read(std::string_view text, const ParseLimits& limits = {}) : exact(text.begin(), text.end()) {
        exact.shrink_to_fit();
        parsed = parse(exact, message, limits);
    }
    explicit Read(const Parts& parts) : Read(parts.text()) {}
    [[nodiscard]] std::string said() const {
        switch (parsed.verdict) {
            case Verdict::complete: return "complete";
            case Verdict::refused: return std::to_string(parsed.status);
            case Verdict::dropped: return "dropped";
            case Verdict::keepalive: return "keepalive";
        }
        return "?";
    }
    std::vector<char> exact;
};

TEST(RetryAfter, IsReadWhateverFollowsIt) {
    const auto wait = [](std::string_view value) {
        Parts p;
        p.extra = "Retry-After: " + std::string(value);
        const Read r(p);
        return retry_after(r.message);
    };
    EXPECT_EQ(wait("120"), 120s);
    EXPECT_EQ(wait("18000 (I'm in a meeting; later)"), 18'000s);  // RFC 3261 §20.33
    EXPECT_EQ(wait("120;duration=3600"), 120s);
    EXPECT_EQ(wait("4294967295"), 4'294'967'295s);
    EXPECT_EQ(wait("4294967296"), std::nullopt);
    EXPECT_EQ(wait("soon"), std::nullopt);
    EXPECT_EQ(wait("-1"), std::nullopt);
    EXPECT_EQ(wait("(120)"), std::nullopt);
}

TEST(Parser, ReadsARequest) {
    Parts p;
    p.extra =
        "Content-Type: application/sdp ; charset=utf-8\r\nSupported: timer\r\nk: 100rel,\r\n replaces\r\nExpires: 180";
    p.body = "v=0\r\n";
    const Read r(p);
    const Message& m = r.message;
    ASSERT_EQ(r.said(), "complete") << r.parsed.why;
    EXPECT_TRUE(m.is_request());
    EXPECT_EQ(m.method(), Method::invite);
    EXPECT_EQ(m.request_uri().user, "100");
    EXPECT_EQ(m.via_value(), "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa");
    EXPECT_TRUE(m.via().has_magic_cookie());
    EXPECT_EQ(m.from().tag(), "f");
    EXPECT_EQ(m.from().display_text(), "Ann");
    EXPECT_EQ(m.to().tag(), "");
    EXPECT_EQ(m.call_id(), "c@b");
    EXPECT_EQ(m.cseq().number, 1U);
    EXPECT_EQ(m.content_type(), "application/sdp");
    EXPECT_TRUE(m.lists(HeaderId::supported, "TIMER"));
    EXPECT_TRUE(m.lists(HeaderId::supported, "replaces"));
    EXPECT_FALSE(m.lists(HeaderId::supported, "rep"));
    EXPECT_EQ(m.number(HeaderId::expires), 180U);
    EXPECT_EQ(m.number(HeaderId::max_forwards), std::nullopt);
    EXPECT_EQ(m.body(), "v=0\r\n") << "without Content-Length the datagram's end is the body's";
}

TEST(Parser, ReadsAResponse) {
    Parts p;
    p.line = "SIP/2.0 183 Session Progress";
    const Read r(p);
    ASSERT_EQ(r.said(), "complete");
    EXPECT_FALSE(r.message.is_request());
    EXPECT_EQ(r.message.status(), 183);
    EXPECT_EQ(r.message.reason(), "Session Progress");
    p.line = "sip/2.0 200";
    EXPECT_EQ(Read(p).said(), "complete") << "the SP before an empty phrase is often forgotten";
}

TEST(Parser, DropsWhatIsNoResponse) {
    for (const char* line :
         {"SIP/2.0 99 x", "SIP/2.0 700 x", "SIP/2.0 20 OK", "SIP/2.0 2000 OK", "SIP/2.0  200 OK", "SIP/3.0 200 OK",
          "SIP/2.0 2x0 OK", "SIP/2.0", "SIP/2.0 ", "SIP/2.0 200\tOK", "SIP/2.0 200 O\rK"}) {
        Parts p;
        p.line = line;
        EXPECT_EQ(Read(p).said(), "dropped") << line;
    }
    Parts bad;
    bad.line = "SIP/2.0 200 OK";
    bad.cseq = "CSeq: x INVITE";
    EXPECT_EQ(Read(bad).said(), "dropped");
}

TEST(Parser, DropsWhatIsNotSip) {
    for (const char* text :
         {"", "x", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "INVITE sip:a\r\n\r\n", "\x16\x03\x01", "OPTIONS", "\r\n x"})
        EXPECT_EQ(Read(text).said(), "dropped") << text;
    EXPECT_EQ(Read("\r\n\r\n").said(), "keepalive");
    EXPECT_EQ(Read("\r\n").said(), "keepalive");
}

TEST(Parser, SkipsLineEndsBeforeTheMessage) {
    EXPECT_EQ(Read("\r\n\r\n" + Parts().text()).said(), "complete");
}

TEST(Parser, RefusesMalformedRequestLines) {
    const auto said = [](const char* line) {
        Parts p;
        p.line = line;
        return Read(p).said();
    };
    for (const char* line :
         {"INVITE  sip:a SIP/2.0", "INVITE sip:a  SIP/2.0", "INVITE sip:a SIP/2.0 ", "INVITE <sip:a> SIP/2.0",
          "INVITE sip:a b SIP/2.0", "INVITE SIP/2.0", "INV@ITE sip:a SIP/2.0", "INVITE sip:a?x=y SIP/2.0",
          "INVITE sip: SIP/2.0", "INVITE sip:a SIP/2.x", "INVITE sip:a SIP/2", " INVITE sip:a SIP/2.0"})
        EXPECT_EQ(said(line), "400") << line;
    EXPECT_EQ(said("INVITE sip:a SIP/3.0"), "505");
    EXPECT_EQ(said("INVITE sip:a SIP/2.1"), "505");
    EXPECT_EQ(said("INVITE sip:a sip/2.0"), "complete");
    EXPECT_EQ(said("INVITE urn:service:sos SIP/2.0"), "complete");
    EXPECT_EQ(said("invite sip:a SIP/2.0"), "400") << "methods have a case, so CSeq doesn't match";
}

TEST(Parser, RefusesWithoutAnyMandatoryHeader) {
    for (std::string Parts::*field : {&Parts::from, &Parts::to, &Parts::call_id, &Parts::cseq}) {
        Parts p;
        p.*field = "";
        EXPECT_EQ(Read(p).said(), "400");
        EXPECT_EQ(Read(p).parsed.why.substr(0, 8), "Missing ");
        Parts twice;
        twice.extra = twice.*field;
        EXPECT_EQ(Read(twice).said(), "400");
        EXPECT_EQ(Read(twice).parsed.why, "Repeated Header Field");
    }
    Parts p;
    p.via = "";
    EXPECT_EQ(Read(p).said(), "dropped") << "nowhere to answer to";
}

TEST(Parser, RefusesBadMandatoryValues) {
    const auto with = [](std::string Parts::*field, const char* value) {
        Parts p;
        p.*field = value;
        return Read(p).said();
    };
    for (const char* v :
         {"Via: SIP/2.0/UDP a;branch=", "Via: SIP/2.0/UDP a;;x", "Via: SIP/1.0/UDP a", "Via: SIP/2.0/UDP a;x=\"y"})
        EXPECT_EQ(with(&Parts::via, v), "400") << v;
    for (const char* v : {"Via:", "Via: SIP/2.0/UDP", "Via: SIP/2.0 a", "Via: HTTP/2.0/UDP a", "Via: SIP/2.0/UDP [::1",
                          "Via: ;x", "Via: SIP/2.0/UDP a b;branch=x"})
        EXPECT_EQ(with(&Parts::via, v), "dropped") << v;
    for (const char* v : {"From:", "From: ann", "From: <sip:a", "From: sip:a>", "From: \"x <sip:a>",
                          "From: a, b <sip:a>", "From: < sip:a>", "From: <sip:a> x", "From: <sip:a>;",
                          "From: <sip:a>;tag=", "From: sip:a?x=y", "From: <>", "From: \"x\" sip:a"})
        EXPECT_EQ(with(&Parts::from, v), "400") << v;
    for (const char* v : {"CSeq: 4294967296 INVITE", "CSeq: -1 INVITE", "CSeq: INVITE", "CSeq: 1", "CSeq: 1INVITE",
                          "CSeq: 1 INVITE x", "CSeq: 1 BYE", "CSeq:"})
        EXPECT_EQ(with(&Parts::cseq, v), "400") << v;
    EXPECT_EQ(with(&Parts::cseq, "CSeq: 4294967295 INVITE"), "complete");
    for (const char* v : {"Call-ID:", "Call-ID: a b", "Call-ID: \xff"}) EXPECT_EQ(with(&Parts::call_id, v), "400") << v;
}

TEST(Parser, AcceptsWhatTheWildSends) {
    const auto with = [](std::string Parts::*field, const char* value) {
        Parts p;
        p.*field = value;
        return Read(p).said();
    };
    EXPECT_EQ(with(&Parts::from, "f:J\xc3\xbcrgen <sip:a>;tag=x"), "complete") << "UTF-8 without quotes";
    EXPECT_EQ(with(&Parts::from, "From: Ann<sip:a>;tag=a=b/c@d"), "complete");
    EXPECT_EQ(with(&Parts::from, "From: sip:a"), "complete") << "RFC 2543 had no tags";
    EXPECT_EQ(with(&Parts::via, "v: SIP / 2.0 / UDP \t a : 5060 ; rport ;branch = z9hG4bKx , SIP/2.0/TCP b"),
              "complete");
    EXPECT_EQ(with(&Parts::extra, "Subject:"), "complete");
    std::string text = Parts().text();
    std::erase(text, '\r');
    EXPECT_EQ(Read(text).said(), "complete") << "LF alone";
}

TEST(Parser, NeverAnswersAnAck) {
    Parts p;
    p.line = "ACK sip:a SIP/2.0";
    p.cseq = "CSeq: 1 ACK";
    EXPECT_EQ(Read(p).said(), "complete");
    p.to = "";
    EXPECT_EQ(Read(p).said(), "dropped");
    Parts version;
    version.line = "ACK sip:a SIP/9.0";
    EXPECT_EQ(Read(version).said(), "dropped");
    Parts mismatch;
    mismatch.cseq = "CSeq: 1 ACK";
    EXPECT_EQ(Read(mismatch).said(), "dropped");
}

TEST(Parser, ARefusedRequestShowsItsHeaders) {
    Parts p;
    p.line = "INVITE <sip:x> SIP/2.0";
    p.from = "From: nonsense";
    const Read r(p);
    ASSERT_EQ(r.said(), "400");
    EXPECT_EQ(r.parsed.why, "Bad Request-URI") << "the first fault is named";
    EXPECT_EQ(r.message.via().branch, "z9hG4bKa");
    EXPECT_EQ(r.message.find(HeaderId::from), "nonsense");
    EXPECT_EQ(r.message.to().uri.user, "100");
    EXPECT_EQ(r.message.call_id(), "c@b");
    EXPECT_EQ(r.message.cseq().method, Method::invite);
}

TEST(Parser, RefusesBrokenHeaderLines) {
    for (const char* line : {"No colon", ": no name", "Na me: x", "Bad\x01: x", "X: a\rb", "X\r: y"}) {
        Parts p;
        p.extra = line;
        EXPECT_EQ(Read(p).said(), "400") << line;
    }
    Parts folded_start;
    folded_start.line += "\r\n folded";
    EXPECT_EQ(Read(folded_start).said(), "400");
    std::string open = Parts().text();
    EXPECT_EQ(Read(std::string_view(open).substr(0, open.size() - 2)).said(), "400") << "no blank line";
    EXPECT_EQ(Read(std::string_view(open).substr(0, open.size() - 5)).said(), "400");
}

TEST(Parser, AppliesContentLength) {
    const auto with = [](const char* length, std::string_view body) {
        Parts p;
        p.extra = length;
        p.body = body;
        return Read(p);
    };
    EXPECT_EQ(with("Content-Length: 3", "abcdef").message.body(), "abc");
    EXPECT_EQ(with("l:0", "abc").message.body(), "");
    EXPECT_EQ(with("Content-Length: 4", "abc").said(), "400");
    for (const char* bad : {"Content-Length: -1", "Content-Length: x", "Content-Length:", "Content-Length: 1 2",
                            "Content-Length: 18446744073709551617", "l: 1\r\nContent-Length: 1"})
        EXPECT_EQ(with(bad, "abc").said(), "400") << bad;
}

TEST(Parser, UnfoldsInPlace) {
    Parts p;
    p.extra = "Subject: one\r\n two\r\n\t \r\n\tthree  ";
    const Read r(p);
    ASSERT_EQ(r.said(), "complete");
    EXPECT_EQ(r.message.find(HeaderId::subject)->find_first_of("\r\n"), std::string_view::npos);
    EXPECT_EQ(r.message.find(HeaderId::subject)->substr(0, 3), "one");
    EXPECT_EQ(r.message.find(HeaderId::subject)->substr(r.message.find(HeaderId::subject)->size() - 5), "three");
}

TEST(Parser, EnforcesItsLimits) {
    Parts p;
    p.extra = "X: y";
    const std::string text = p.text();
    EXPECT_EQ(Read(text, {.headers = 6}).said(), "complete");
    EXPECT_EQ(Read(text, {.headers = 5}).said(), "400");
    EXPECT_EQ(Read(text, {.message_bytes = text.size()}).said(), "complete");
    EXPECT_EQ(Read(text, {.message_bytes = text.size() - 1}).said(), "513");
    EXPECT_EQ(Read(text, {.header_bytes = 20}).said(), "dropped") << "not even a Via";
    p.extra = "X: " + std::string(100, 'y');
    EXPECT_EQ(Read(p.text(), {.header_bytes = 50}).said(), "400");
}

TEST(Parser, LeavesNothingOfTheMessageBefore) {
    Message m;
    std::string first = Parts().text(), second = "SIP/2.0 200\r\n\r\n";
    EXPECT_EQ(parse(first, m).verdict, Verdict::complete);
    EXPECT_EQ(parse(second, m).verdict, Verdict::dropped);
    EXPECT_TRUE(m.headers().empty());
    EXPECT_EQ(m.call_id(), "");
    EXPECT_EQ(m.from().uri.host, "");
    EXPECT_EQ(m.via().host, "");
    EXPECT_EQ(m.method(), Method::unknown);
}

TEST(HeaderNames, AreFoundInAnyCaseAndCompact) {
    for (int i = 0; i < static_cast<int>(HeaderId::other); ++i) {
        const auto id = static_cast<HeaderId>(i);
        std::string name(to_string(id));
        EXPECT_EQ(parse_header_id(name), id) << name;
        for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        EXPECT_EQ(parse_header_id(name), id) << name;
        EXPECT_EQ(parse_header_id(name + "x"), HeaderId::other);
        name.back() = '\r';
        EXPECT_EQ(parse_header_id(name), HeaderId::other);
    }
    const std::pair<char, HeaderId> compact[] = {
        {'i', HeaderId::call_id}, {'M', HeaderId::contact}, {'l', HeaderId::content_length},  {'f', HeaderId::from},
        {'T', HeaderId::to},      {'v', HeaderId::via},     {'x', HeaderId::session_expires}, {'r', HeaderId::refer_to},
        {'z', HeaderId::other}};
    for (const auto& [letter, id] : compact) EXPECT_EQ(parse_header_id(std::string(1, letter)), id);
    EXPECT_EQ(parse_header_id(""), HeaderId::other);
    EXPECT_EQ(to_string(HeaderId::other), "");
}

TEST(Methods, HaveACase) {
    for (int i = 0; i < static_cast<int>(Method::unknown); ++i)
        EXPECT_EQ(parse_method(to_string(static_cast<Method>(i))), static_cast<Method>(i));
    EXPECT_EQ(parse_method("invite"), Method::unknown);
    EXPECT_EQ(parse_method(""), Method::unknown);
}

TEST(NameAddr, ReadsItsForms) {
    const auto a = parse_name_addr("\"A \\\"quoted\\\" <name>\" <sip:u@h;up=1>;tag=t;q=0.5;x=\"a;b\"");
    ASSERT_TRUE(a);
    EXPECT_EQ(a->display_text(), "A \"quoted\" <name>");
    EXPECT_EQ(a->uri.parameters, "up=1");
    EXPECT_EQ(a->tag(), "t");
    EXPECT_EQ(a->parameter("X"), "a;b");
    EXPECT_FALSE(a->parameter("up"));
    const auto bare = parse_name_addr("sip:u@h;tag=t");
    ASSERT_TRUE(bare);
    EXPECT_EQ(bare->uri.parameters, "");
    EXPECT_EQ(bare->tag(), "t");
    EXPECT_FALSE(parse_name_addr("*"));
    EXPECT_FALSE(parse_name_addr("sip:a,sip:b"));
}

TEST(Lists, RespectQuotesAndBrackets) {
    std::string_view list = " a , \"b,\\\"c\" <sip:d,e>;x ,, \"open, f";
    std::vector<std::string> items;
    while (const auto item = next_item(list)) items.emplace_back(*item);
    EXPECT_EQ(items, (std::vector<std::string>{"a", "\"b,\\\"c\" <sip:d,e>;x", "", "\"open, f"}));
    std::string_view none;
    EXPECT_FALSE(next_item(none));
}

TEST(Parameters, AreFoundByName) {
    constexpr std::string_view list = "a=b; C = \"d;\\\"e=f\" ;g;a=second;h=";
    EXPECT_EQ(find_parameter(list, "A"), "b");
    EXPECT_EQ(find_parameter(list, "c"), "d;\\\"e=f");
    EXPECT_EQ(find_parameter(list, "g"), "");
    EXPECT_EQ(find_parameter(list, "h"), "");
    EXPECT_FALSE(find_parameter(list, "e"));
    EXPECT_FALSE(find_parameter(list, ""));
    EXPECT_FALSE(find_parameter("a=\"open", "a"));
}

rc::Gen<std::string> token() {
    return rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::elementOf(std::string("abcXYZ019-.!%*_+`'~"))));
}

TEST(RoundTrip, WhatIsWrittenIsReadTheSame) {
    EXPECT_TRUE(rc::check([] {
        const std::string method = *token(), user = *token(), call_id = *token(), tag = *token(), branch = *token(),
                          body = *rc::gen::arbitrary<std::string>();
        const auto number = *rc::gen::arbitrary<std::uint32_t>();
        const auto subject = *rc::gen::arbitrary<std::string>();
        std::string uri = "sip:" + escape_user(user) + "@[2001:db8::1]:5070;lr", bytes;
        MessageWriter w(bytes);
        w.request_line(method, uri)
            .header("v", "SIP/2.0/TCP h;branch=z9hG4bK", branch)
            .header("From", '<', uri, ">;tag=", tag)
            .header("t", uri)
            .header("Call-ID", call_id)
            .header("CSeq", number, ' ', method)
            .header("Subject", subject)
            .header("X-Last", 1)
            .body("text/plain", body);
        Message m;
        const Parsed p = parse(bytes, m);
        RC_ASSERT(p.verdict == Verdict::complete);
        RC_ASSERT(m.method_name() == method);
        RC_ASSERT(m.request_uri_text() == uri);
        RC_ASSERT(unescape(m.request_uri().user) == user);
        RC_ASSERT(m.via().branch == "z9hG4bK" + branch);
        RC_ASSERT(m.from().tag() == tag);
        RC_ASSERT(m.call_id() == call_id);
        RC_ASSERT(m.cseq().number == number);
        RC_ASSERT(m.find("x-last") == "1");
        RC_ASSERT(m.headers().size() == 9U);  // no more than written, whatever stood in the values
        RC_ASSERT(m.body() == body);
        RC_ASSERT(frame(bytes).length == bytes.size());
    }));
}

TEST(RoundTrip, AnyDamageIsSurvived) {
    const std::string good = Parts().text();
    EXPECT_TRUE(rc::check([&good](const std::vector<std::pair<std::uint16_t, char>>& changes, std::uint16_t cut) {
        std::string bytes = good.substr(0, cut % (good.size() + 1));
        for (const auto& [where, what] : changes)
            if (!bytes.empty()) bytes[where % bytes.size()] = what;
        const Read r(bytes);
        if (r.parsed.verdict == Verdict::refused) RC_ASSERT(!r.message.via().host.empty());
        if (r.parsed.verdict == Verdict::complete)
            RC_ASSERT(!r.message.call_id().empty() && r.message.cseq().method_name == r.message.method_name());
    }));
}

}  // namespace
}  // namespace centrala::sip
