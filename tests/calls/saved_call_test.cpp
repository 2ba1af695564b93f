// What is kept of calls as text, and texts that are none of it.
#include "calls/saved_call.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace centrala::calls {
namespace {

sip::SessionState session(const std::string& name) {
    sip::SessionState s;
    s.dialog.call_id = name + "@10.0.0.1";
    s.dialog.local_tag = "0123456789abcdef0123456789abcdef";
    s.dialog.remote_tag = name;
    s.dialog.local_party = "\"Ann\" <sip:ann@example.org>;tag=0123456789abcdef0123456789abcdef";
    s.dialog.remote_party = "<sip:" + name + "@example.com>;tag=" + name;
    s.dialog.remote_target = "sip:" + name + "@[2001:db8::1]:5071;transport=tcp";
    s.dialog.route_set = {"<sip:p1.example.com;lr>", "<sip:p2.example.com;lr>"};
    s.dialog.local_cseq = 4'000'000'000;
    s.flow = {sip::Transport::tls, *Endpoint::parse("192.0.2.1:5061"), *Endpoint::parse("[2001:db8::1]:5071"), 0,
              "example.com"};
    s.follows_route = true;
    s.began = true;
    return s;
}

SavedLeg leg(const std::string& name) {
    SavedLeg leg{session(name), {}};
    leg.sdp.port = 20'004;
    leg.sdp.session_id = 1ULL << 40;
    leg.sdp.session_version = 3;
    leg.sdp.codecs = {sdp::Codec::pcmu};
    leg.sdp.telephone_event = 96;
    leg.sdp.protocol = "RTP/AVPF";
    leg.sdp.audio_at = 1;
    leg.sdp.others = {"video 0 RTP/AVP 31"};
    return leg;
}

SavedContact contact() {
    sip::SessionState rings = session("rings");
    rings.branch = "z9hG4bK0123456789abcdef0123456789abcdef";
    return {"call@trunk", leg("caller"), SavedParty{leg("agent"), "ann", {}, "ann"}, {rings, session("bob")}};
}

template <class Call>
std::string text_of(const Call& call) {
    std::string text;
    encode(call, text);
    return text;
}

TEST(SavedCall, IsReadAsItWasWritten) {
    const SavedContact queued = contact();
    EXPECT_EQ(decode(text_of(queued)), SavedCall(queued));
    const SavedDirectCall direct{"ann",
                                 Timestamp(Duration(1'700'000'000'000'000)),
                                 SavedParty{leg("ann"), "ann", {}, "ann"},
                                 SavedParty{leg("out"), {}, "carrier", "0301234"},
                                 {session("x")}};
    EXPECT_EQ(decode(text_of(direct)), SavedCall(direct));
    SavedOther other{session("other")};
    other.session.invite = "INVITE sip:100@10.0.0.1 SIP/2.0\r\n\r\n";
    EXPECT_EQ(decode(text_of(other)), SavedCall(other));
}

TEST(SavedCall, IsShorterThanASlot) {
    EXPECT_LT(text_of(contact()).size(), 4'000u);
}

TEST(SavedCall, CutAnywhereIsNone) {
    const std::string text = text_of(contact());
    for (std::size_t n = 0; n < text.size(); ++n) ASSERT_FALSE(decode(text.substr(0, n))) << n;
    EXPECT_FALSE(decode(text + "x"));
}

TEST(SavedCall, OfAnotherVersionIsNone) {
    std::string text = text_of(contact());
    text[0] = 9;
    EXPECT_FALSE(decode(text));
}

TEST(SavedCall, WhateverIsReadIsBounded) {
    rc::check("any bytes, and any change of a byte", [] {
        std::string text = text_of(contact());
        const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
        text[at] = static_cast<char>(*rc::gen::inRange(0, 256));
        if (const auto call = decode(text)) RC_ASSERT(text_of(std::get<SavedContact>(*call)).size() <= text.size());
        const auto bytes = *rc::gen::arbitrary<std::string>();
        (void)decode(bytes);
    });
}

}  // namespace
}  // namespace centrala::calls
