// Session descriptions: reading (RFC 8866), offering and answering (RFC 3264).
#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "sdp/support.hpp"

namespace centrala::sdp {
namespace {

Answer answered(std::string_view offer, Direction ours = Direction::sendrecv) {
    auto a = answer(parsed(offer), local_side(), ours);
    EXPECT_TRUE(a.ok()) << (a.ok() ? "" : a.error().message);
    return a.ok() ? std::move(*a) : Answer{};
}

bool listens(Direction d) {
    return d == Direction::sendrecv || d == Direction::recvonly;
}
bool speaks(Direction d) {
    return d == Direction::sendrecv || d == Direction::sendonly;
}

/// RFC 3264 §6: what any answer owes to its offer.
void expect_valid_answer(const Description& offer, const Answer& ours) {
    const auto ans = parsed(ours.sdp);
    ASSERT_EQ(ans.media.size(), offer.media.size());
    EXPECT_EQ(ans.timing, offer.timing);
    std::size_t accepted = 0;
    for (std::size_t i = 0; i < ans.media.size(); ++i) {
        const Media &o = offer.media[i], &a = ans.media[i];
        EXPECT_EQ(a.type, o.type);
        EXPECT_EQ(a.protocol, o.protocol);
        for (const auto& f : a.raw_formats)
            EXPECT_NE(std::find(o.raw_formats.begin(), o.raw_formats.end(), f), o.raw_formats.end()) << f;
        EXPECT_TRUE(o.port != 0 || a.port == 0);
        if (a.port == 0) continue;
        ++accepted;
        EXPECT_TRUE(!speaks(a.direction) || listens(o.direction));
        EXPECT_TRUE(!listens(a.direction) || speaks(o.direction));
        for (const Format& f : a.formats) {
            const auto same = std::find_if(o.formats.begin(), o.formats.end(),
                                           [&](const Format& g) { return g.payload_type == f.payload_type; });
            ASSERT_NE(same, o.formats.end());
            EXPECT_EQ(f.encoding, same->encoding);
            EXPECT_EQ(f.clock_rate, same->clock_rate);
        }
    }
    EXPECT_EQ(accepted, 1u);
}

bool offers_g711(const Description& d) {
    for (const Media& m : d.media) {
        if (m.type != "audio" || m.port == 0 || m.protocol != "RTP/AVP") continue;
        for (const Format& f : m.formats)
            if (f.encoding == "PCMU" || f.encoding == "PCMA") return true;
    }
    return false;
}

TEST(SdpCorpus, EveryOfferOfTheRfcsIsReadAndAnsweredOrRefused) {
    const auto rows = read_tsv(corpus() / "pairs.tsv");
    if (rows.empty()) GTEST_SKIP() << "no corpus at " << corpus();
    int pairs = 0, answers = 0, accepted = 0;
    for (const auto& row : rows) {
        SCOPED_TRACE(row.at("offer"));
        const auto offer = parsed(read_file(corpus() / row.at("offer")));
        const auto theirs = parsed(read_file(corpus() / row.at("answer")));
        EXPECT_EQ(offer.media.size(), theirs.media.size());
        const auto ours = answer(offer, local_side());
        EXPECT_EQ(ours.ok(), offers_g711(offer));
        if (ours.ok()) {
            expect_valid_answer(offer, *ours);
            ++answers;
        }
        if (accept(theirs, local_side()).ok()) ++accepted;
        ++pairs;
    }
    EXPECT_GE(pairs, 31);
    EXPECT_GE(answers, 12);
    EXPECT_GE(accepted, 5);
}

TEST(SdpCorpus, EveryFileIsRead) {
    if (!std::filesystem::exists(corpus())) GTEST_SKIP() << "no corpus at " << corpus();
    int files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus())) {
        if (entry.path().extension() != ".sdp") continue;
        SCOPED_TRACE(entry.path());
        parsed(read_file(entry.path()));
        ++files;
    }
    EXPECT_GE(files, 60);
}

TEST(SdpParse, ReadsTheExampleOfRfc8866) {
    const auto d = parsed(
        "v=0\r\no=jdoe 3724394400 3724394405 IN IP4 198.51.100.1\r\ns=Call to John Smith\r\ni=SDP Offer #1\r\n"
        "u=http://www.jdoe.example.com/home.html\r\ne=Jane Doe <jane@jdoe.example.com>\r\np=+1 617 555-6011\r\n"
        "c=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 49170 RTP/AVP 0\r\nm=audio 49180 RTP/AVP 0\r\n"
        "m=video 51372 RTP/AVP 99\r\nc=IN IP6 2001:db8::2\r\na=rtpmap:99 h263-1998/90000\r\n");
    EXPECT_EQ(d.origin_user, "jdoe");
    EXPECT_EQ(d.session_id, 3724394400u);
    EXPECT_EQ(d.session_version, 3724394405u);
    EXPECT_EQ(d.connection, "198.51.100.1");
    ASSERT_EQ(d.media.size(), 3u);
    EXPECT_EQ(d.media[0].formats[0].encoding, "PCMU");
    EXPECT_EQ(d.media[1].port, 49180);
    EXPECT_EQ(d.media[2].connection, "2001:db8::2");
    EXPECT_EQ(d.media[2].formats[0].encoding, "H263-1998");
    EXPECT_EQ(d.media[2].formats[0].clock_rate, 90000u);
}

TEST(SdpParse, TakesTheSessionsDirectionUnlessTheStreamHasItsOwn) {
    const auto d = parsed(with_head("a=inactive\r\nm=audio 4 RTP/AVP 0\r\na=sendrecv\r\nm=audio 6 RTP/AVP 0\r\n"));
    EXPECT_EQ(d.direction, Direction::inactive);
    EXPECT_EQ(d.media[0].direction, Direction::sendrecv);
    EXPECT_EQ(d.media[1].direction, Direction::inactive);
}

TEST(SdpParse, ReadsTheAttributesOfAStream) {
    const auto d = parsed(
        with_head("m=audio 4000/2 RTP/AVP 8 101 96\r\na=rtcp:53020 IN IP4 126.16.64.4\r\na=ptime:30\r\na=rtcp-mux\r\n"
                  "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=rtpmap:96 opus/48000/2\r\n"));
    const Media& m = d.media[0];
    EXPECT_EQ(m.port, 4000);
    EXPECT_EQ(m.rtcp_port, 53020);
    EXPECT_EQ(m.ptime_ms, 30u);
    EXPECT_TRUE(m.rtcp_mux);
    EXPECT_EQ(m.formats[1].encoding, "TELEPHONE-EVENT");
    EXPECT_EQ(m.formats[1].fmtp, "0-15");
    EXPECT_EQ(m.formats[2].encoding, "OPUS/2");
    EXPECT_EQ(m.formats[2].clock_rate, 48000u);
}

TEST(SdpParse, ToleratesWhatPhonesGetWrong) {
    EXPECT_EQ(parsed("v=0\no=- 1 1 IN IP4 h\ns=\nc=IN IP4 192.0.2.1\nm=audio 4 RTP/AVP 0\n\n").media.size(), 1u);
    EXPECT_EQ(parsed("v=0\r\no=- 99999999999999999999999 1 IN IP4 h\r\nm=audio 4 RTP/AVP 0 \r\n").session_id,
              std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(parsed(with_head("x=what\r\nm=audio 4 RTP/AVP 0 x 300 8\r\na=rtpmap:0\r\na=rtpmap:8 PCMA/lots\r\n"))
                  .media[0]
                  .formats.size(),
              2u);
}

struct BadCase {
    const char* why;
    std::string text;
    std::string_view message;
};

TEST(SdpParse, NamesTheLineThatIsWrong) {
    const BadCase cases[] = {
        {"empty", "", "line 0: no v= line"},
        {"not first", "o=- 1 1 IN IP4 h\r\n", "line 1: v=0 expected first"},
        {"version 1", "v=1\r\n", "line 1: v=0 expected first"},
        {"no origin", "v=0\r\ns=-\r\n", "line 2: no o= line"},
        {"origin without numbers", "v=0\r\no=- a b IN IP4 h\r\n", "line 2: o= wants"},
        {"no equals", "v=0\r\nhello\r\n", "line 2: not of the form"},
        {"port too high", with_head("m=audio 65536 RTP/AVP 0\r\n"), "line 6: m= wants a type and a port"},
        {"port negative", with_head("m=audio -1 RTP/AVP 0\r\n"), "line 6: m= wants"},
        {"no formats", with_head("m=audio 1 RTP/AVP\r\n"), "line 6: m= wants a protocol and a format"},
        {"bad net type", with_head("", "c=ATM IP4 1.2.3.4\r\n"), "line 4: c= wants"},
        {"no address", with_head("", "c=IN IP4\r\n"), "line 4: c= wants"},
        {"bad time", "v=0\r\no=- 1 1 IN IP4 h\r\nt=now\r\n", "line 3: t= wants"},
        {"return inside", "v=0\r\no=- 1 1 IN IP4 h\r\na=x\ry\r\n", "line 3: control character"},
        {"nul inside", std::string("v=0\r\no=- 1 1 IN IP4 h\r\na=x\0y\r\n", 31), "line 3: control character"},
    };
    for (const auto& c : cases) {
        const auto d = parse(c.text);
        ASSERT_FALSE(d.ok()) << c.why;
        EXPECT_NE(d.error().message.find(c.message), std::string::npos) << c.why << ": " << d.error().message;
    }
}

TEST(SdpParse, IsBounded) {
    std::string media;
    for (int i = 0; i < 32; ++i) media += "m=audio 4 RTP/AVP 0\r\n";
    EXPECT_TRUE(parse(with_head(media)).ok());
    EXPECT_FALSE(parse(with_head(media + "m=audio 4 RTP/AVP 0\r\n")).ok());
    std::string formats = "m=audio 4 RTP/AVP";
    for (int i = 0; i < 64; ++i) formats += " " + std::to_string(i);
    EXPECT_TRUE(parse(with_head(formats + "\r\n")).ok());
    EXPECT_FALSE(parse(with_head(formats + " 64\r\n")).ok());
    EXPECT_TRUE(parse(with_head("a=" + std::string(60'000, 'x') + "\r\n")).ok());
    EXPECT_FALSE(parse(with_head("a=" + std::string(65'536, 'x') + "\r\n")).ok());
}

TEST(SdpAnswer, TakesTheFirstCommonCodecInTheOfferersOrder) {
    const auto a = answered(with_head("m=audio 4000 RTP/AVP 9 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"));
    EXPECT_EQ(a.audio.codec, Codec::pcmu);
    EXPECT_EQ(a.audio.payload_type, 0);
    EXPECT_EQ(a.audio.telephone_event, 101);
    EXPECT_EQ(a.audio.remote, Endpoint::parse("203.0.113.5:4000"));
    EXPECT_EQ(a.audio.remote_rtcp, Endpoint::parse("203.0.113.5:4001"));
    EXPECT_EQ(a.sdp,
              "v=0\r\no=- 5 6 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n"
              "m=audio 30000 RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
              "a=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n");
}

TEST(SdpAnswer, UsesTheOfferersDynamicNumbers) {
    const auto a =
        answered(with_head("m=audio 4000 RTP/AVPF 107 96\r\na=rtpmap:107 pcma/8000/1\r\n"
                           "a=rtpmap:96 Telephone-Event/8000\r\n"));
    EXPECT_EQ(a.audio.codec, Codec::pcma);
    EXPECT_EQ(a.audio.payload_type, 107);
    EXPECT_EQ(a.audio.telephone_event, 96);
    EXPECT_NE(a.sdp.find("m=audio 30000 RTP/AVPF 107 96\r\n"), std::string::npos);
}

TEST(SdpAnswer, RefusesTheOtherStreamsAsTheyWereWritten) {
    const auto offer = with_head(
        "m=audio 4000 RTP/SAVP 0\r\nm=audio 4002 RTP/AVP 8\r\nm=audio 4004 RTP/AVP 8\r\n"
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nm=audio 0 RTP/AVP 0\r\n");
    const auto a = answered(offer);
    expect_valid_answer(parsed(offer), a);
    EXPECT_NE(a.sdp.find("m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n"), std::string::npos);
    EXPECT_EQ(a.audio.remote.port, 4002);
}

TEST(SdpAnswer, RefusesWhatItCannotCarry) {
    for (const char* tail :
         {"m=video 4 RTP/AVP 31\r\n", "m=audio 0 RTP/AVP 0\r\n", "m=audio 4 RTP/SAVP 0\r\n", "m=audio 4 RTP/AVP 18\r\n",
          "m=audio 4 udp 0\r\n", "", "m=audio 4 RTP/AVP 0\r\na=rtpmap:0 PCMU/16000\r\n",
          "m=audio 4 RTP/AVP 97\r\na=rtpmap:97 PCMU/8000/2\r\n"})
        EXPECT_FALSE(answer(parsed(with_head(tail)), local_side()).ok()) << tail;
    EXPECT_FALSE(answer(parsed(with_head("m=audio 4 RTP/AVP 0\r\n", "")), local_side()).ok()) << "no c=";
}

TEST(SdpAnswer, AnswersIPv6AndNamesThatItCannotResolve) {
    auto local = local_side();
    local.address = *IpAddress::parse("2001:db8::10");
    const auto v6 = answer(parsed(with_head("m=audio 4 RTP/AVP 0\r\nc=IN IP6 2001:db8::5\r\n")), local);
    ASSERT_TRUE(v6.ok());
    EXPECT_NE(v6->sdp.find("c=IN IP6 2001:db8::10\r\n"), std::string::npos);
    EXPECT_EQ(v6->audio.remote, Endpoint::parse("[2001:db8::5]:4"));
    const auto name = answered(with_head("m=audio 4 RTP/AVP 0\r\n", "c=IN IP4 host.example.com\r\n"));
    EXPECT_EQ(name.audio.remote.port, 0);
    EXPECT_FALSE(name.audio.held);
    EXPECT_EQ(name.audio.direction, Direction::sendrecv);
}

struct HoldCase {
    const char* tail;
    const char* connection;
    Direction ours;
    bool held;
};

TEST(SdpAnswer, TellsHoldInAllItsForms) {
    const HoldCase cases[] = {
        {"a=sendrecv\r\n", "c=IN IP4 203.0.113.5\r\n", Direction::sendrecv, false},
        {"a=sendonly\r\n", "c=IN IP4 203.0.113.5\r\n", Direction::recvonly, true},
        {"a=recvonly\r\n", "c=IN IP4 203.0.113.5\r\n", Direction::sendonly, false},
        {"a=inactive\r\n", "c=IN IP4 203.0.113.5\r\n", Direction::inactive, true},
        {"", "c=IN IP4 0.0.0.0\r\n", Direction::recvonly, true},
        {"a=inactive\r\n", "c=IN IP4 0.0.0.0\r\n", Direction::inactive, true},
        {"", "c=IN IP6 ::\r\n", Direction::recvonly, true},
    };
    for (const auto& c : cases) {
        const auto a = answered(with_head("m=audio 4 RTP/AVP 0\r\n" + std::string(c.tail), c.connection));
        EXPECT_EQ(a.audio.direction, c.ours) << c.tail << c.connection;
        EXPECT_EQ(a.audio.held, c.held) << c.tail << c.connection;
        EXPECT_NE(a.sdp.find("a=" + std::string(to_string(c.ours)) + "\r\n"), std::string::npos);
    }
}

TEST(SdpAnswer, NeverGoesBeyondOurOwnWish) {
    const auto a = answered(with_head("m=audio 4 RTP/AVP 0\r\n"), Direction::sendonly);
    EXPECT_EQ(a.audio.direction, Direction::sendonly);
    EXPECT_FALSE(a.audio.held);
    EXPECT_EQ(answered(with_head("m=audio 4 RTP/AVP 0\r\na=sendonly\r\n"), Direction::sendonly).audio.direction,
              Direction::inactive);
}

TEST(SdpOffer, IsWrittenInOurOrderOfPreference) {
    EXPECT_EQ(write_offer(local_side(), Direction::sendonly),
              "v=0\r\no=- 5 6 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n"
              "m=audio 30000 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
              "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendonly\r\n");
}

TEST(SdpAccept, ReadsTheAnswerToOurOffer) {
    const auto a = accept(parsed(with_head("m=audio 4000 RTP/AVP 0 96\r\na=rtpmap:96 telephone-event/8000\r\n"
                                           "a=rtcp:4100\r\na=ptime:40\r\n")),
                          local_side());
    ASSERT_TRUE(a.ok());
    EXPECT_EQ(a->codec, Codec::pcmu);
    EXPECT_EQ(a->telephone_event, 96) << "the number that the peer wants to get";
    EXPECT_EQ(a->telephone_event_in, 101) << "the number that it sends with";
    EXPECT_EQ(a->remote_rtcp.port, 4100);
    EXPECT_EQ(a->ptime_ms, 40);
}

TEST(SdpAccept, KnowsWhoHoldsWhom) {
    const auto hold = parsed(with_head("m=audio 4 RTP/AVP 0\r\na=inactive\r\n"));
    EXPECT_TRUE(accept(hold, local_side())->held);
    const auto listens_only = parsed(with_head("m=audio 4 RTP/AVP 0\r\na=recvonly\r\n"));
    const auto we_hold = accept(listens_only, local_side(), Direction::sendonly);
    EXPECT_FALSE(we_hold->held);
    EXPECT_EQ(we_hold->direction, Direction::sendonly);
    EXPECT_FALSE(accept(hold, local_side(), Direction::inactive)->held) << "our own hold, mirrored";
}

TEST(SdpAccept, RefusesAnswersThatAreNone) {
    for (const char* tail : {"", "m=audio 0 RTP/AVP 0\r\n", "m=video 4 RTP/AVP 0\r\n", "m=audio 4 RTP/AVP 18\r\n"})
        EXPECT_FALSE(accept(parsed(with_head(tail)), local_side()).ok()) << tail;
    auto only_pcma = local_side();
    only_pcma.codecs = {Codec::pcma};
    EXPECT_FALSE(accept(parsed(with_head("m=audio 4 RTP/AVP 0\r\n")), only_pcma).ok());
}

TEST(SdpDirection, ReversesTwiceToItself) {
    for (const auto d : {Direction::sendrecv, Direction::sendonly, Direction::recvonly, Direction::inactive})
        EXPECT_EQ(reverse(reverse(d)), d);
    EXPECT_EQ(reverse(Direction::sendonly), Direction::recvonly);
}

Local arbitrary_local() {
    Local l;
    if (*rc::gen::arbitrary<bool>()) {
        l.address = IpAddress::v4({192, 0, 2, *rc::gen::inRange<std::uint8_t>(1, 255)});
    } else {
        auto bytes = std::array<std::uint8_t, 16>{0x20, 1, 0xd, 0xb8};
        for (std::size_t i = 4; i < 16; ++i) bytes[i] = *rc::gen::arbitrary<std::uint8_t>();
        l.address = IpAddress::v6(bytes);
    }
    l.port = *rc::gen::inRange<std::uint16_t>(1, 65535);
    l.session_id = *rc::gen::arbitrary<std::uint64_t>();
    l.session_version = *rc::gen::arbitrary<std::uint64_t>();
    l.codecs =
        *rc::gen::element(std::vector<Codec>{Codec::pcmu}, std::vector<Codec>{Codec::pcma},
                          std::vector<Codec>{Codec::pcmu, Codec::pcma}, std::vector<Codec>{Codec::pcma, Codec::pcmu});
    return l;
}

TEST(SdpProperty, BothSidesOfAnExchangeAgree) {
    EXPECT_TRUE(rc::check([] {
        const Local caller = arbitrary_local(), callee = arbitrary_local();
        const auto wish =
            *rc::gen::element(Direction::sendrecv, Direction::sendonly, Direction::recvonly, Direction::inactive);
        const auto offer = parse(write_offer(caller, wish));
        RC_ASSERT(offer.ok());
        RC_ASSERT(offer->session_id == caller.session_id);
        RC_ASSERT(offer->session_version == caller.session_version);
        RC_ASSERT(offer->media[0].direction == wish);
        const auto ours = answer(*offer, callee);
        const bool common = std::find_first_of(caller.codecs.begin(), caller.codecs.end(), callee.codecs.begin(),
                                               callee.codecs.end()) != caller.codecs.end();
        RC_ASSERT(ours.ok() == common);
        if (!common) return;
        const auto back = parse(ours->sdp);
        RC_ASSERT(back.ok());
        const auto theirs = accept(*back, caller, wish);
        RC_ASSERT(theirs.ok());
        RC_ASSERT(theirs->codec == ours->audio.codec);
        RC_ASSERT(theirs->payload_type == ours->audio.payload_type);
        RC_ASSERT(theirs->telephone_event == ours->audio.telephone_event);
        RC_ASSERT(theirs->direction == reverse(ours->audio.direction));
        RC_ASSERT((theirs->remote == Endpoint{callee.address, callee.port}));
        RC_ASSERT((ours->audio.remote == Endpoint{caller.address, caller.port}));
    }));
}

TEST(SdpProperty, NoBytesBringItDownAndWhatItAnswersCanBeRead) {
    EXPECT_TRUE(rc::check([] {
        const auto lines = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
            "v=0", "o=- 1 1 IN IP4 h", "s=", "c=IN IP4 192.0.2.7", "c=IN IP6 ::1", "t=1 2", "m=audio 9 RTP/AVP 0 8 101",
            "m=video 1 RTP/AVP 31", "m=image 3 udptl t38", "a=rtpmap:101 telephone-event/8000", "a=rtpmap:0 x",
            "a=sendonly", "a=inactive", "a=ptime:", "a=ptime:999999999999", "a=rtcp:0", "a=fmtp:8", "b=AS:64", "z", "=",
            ""));
        std::string text = "v=0\r\no=- 1 1 IN IP4 h\r\n";
        for (const auto& l : lines) text += l + "\r\n";
        const auto d = parse(text);
        if (!d.ok()) return;
        const auto a = answer(*d, local_side());
        if (!a.ok()) return;
        const auto again = parse(a->sdp);
        RC_ASSERT(again.ok());
        RC_ASSERT(again->media.size() == d->media.size());
    }));
}

}  // namespace
}  // namespace centrala::sdp
