// Offers and answers within a session (RFC 3264 §8): lines keep their places, numbers their meaning.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "sdp/support.hpp"

namespace centrala::sdp {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// The peer offers, we answer, and remember.
Answer take_offer(Local& local, std::string_view tail) {
    const auto offer = parsed(with_head(tail));
    auto reply = answer_again(offer, local);
    EXPECT_TRUE(reply.ok()) << tail;
    if (!reply.ok()) return {};
    keep_to(local, offer, reply->stream, reply->audio);
    return std::move(*reply);
}

std::vector<std::string> lines_of(const std::string& sdp) {
    std::vector<std::string> lines;
    for (const Media& m : parsed(sdp).media)
        lines.push_back(m.type + " " + std::to_string(m.port) + " " + m.protocol + " " + m.raw_formats[0]);
    return lines;
}

TEST(SdpSession, OurOfferKeepsEveryLineInItsPlace) {
    Local local = local_side();
    take_offer(local,
               "m=video 4 RTP/AVP 31\r\nm=audio 6 RTP/AVP 0\r\nm=application 8 TCP/BFCP *\r\nm=audio 10 RTP/AVP 8\r\n");
    const std::string offer = write_offer(local);
    EXPECT_THAT(lines_of(offer), ::testing::ElementsAre("video 0 RTP/AVP 31", "audio 30000 RTP/AVP 8",
                                                        "application 0 TCP/BFCP *", "audio 0 RTP/AVP 8"));
    const auto reply =
        parsed(with_head("m=video 0 RTP/AVP 31\r\nm=audio 16 RTP/AVP 8\r\nm=application 0 TCP/BFCP *\r\n"
                         "m=audio 0 RTP/AVP 8\r\n"));
    const auto audio = accept(reply, local);
    ASSERT_TRUE(audio.ok());
    EXPECT_EQ(audio->remote.port, 16);
    EXPECT_FALSE(accept(parsed(with_head("m=video 0 RTP/AVP 31\r\n")), local).ok()) << "our line is missing";
}

TEST(SdpSession, LinesThatThePeerForgetsAreNotForgotten) {
    Local local = local_side();
    take_offer(local, "m=audio 6 RTP/AVP 0\r\nm=video 4 RTP/AVP 31\r\n");
    take_offer(local, "m=audio 6 RTP/AVP 0\r\n");
    EXPECT_EQ(lines_of(write_offer(local)).size(), 2u);
}

TEST(SdpSession, ALineThatIsAddedStaysInOurOffers) {
    Local local = local_side();
    take_offer(local, "m=audio 6 RTP/AVP 0\r\n");
    const auto reply = take_offer(local, "m=audio 6 RTP/AVP 0\r\nm=video 4 RTP/AVP 31 32\r\n");
    EXPECT_THAT(reply.sdp, HasSubstr("m=video 0 RTP/AVP 31 32\r\n"));
    EXPECT_THAT(lines_of(write_offer(local)), ::testing::ElementsAre("audio 30000 RTP/AVP 8", "video 0 RTP/AVP 31"));
}

TEST(SdpSession, AStreamThatIsSwitchedOffComesBackInItsPlace) {
    Local local = local_side();
    take_offer(local, "m=video 4 RTP/AVP 31\r\nm=audio 6 RTP/AVP 0\r\n");
    const auto off = take_offer(local, "m=video 0 RTP/AVP 31\r\nm=audio 0 RTP/AVP 0\r\n");
    EXPECT_TRUE(off.audio.held);
    EXPECT_EQ(off.audio.direction, Direction::inactive);
    EXPECT_EQ(off.audio.remote.port, 0);
    EXPECT_THAT(lines_of(off.sdp), ::testing::ElementsAre("video 0 RTP/AVP 31", "audio 0 RTP/AVP 0"));
    EXPECT_THAT(lines_of(write_offer(local)), ::testing::ElementsAre("video 0 RTP/AVP 31", "audio 30000 RTP/AVP 8"));
    const auto on = take_offer(local, "m=video 0 RTP/AVP 31\r\nm=audio 6 RTP/AVP 0\r\n");
    EXPECT_FALSE(on.audio.held);
    EXPECT_EQ(on.audio.remote.port, 6);
}

TEST(SdpSession, AFirstOfferMustHaveAudio) {
    EXPECT_FALSE(answer(parsed(with_head("m=audio 0 RTP/AVP 0\r\n")), local_side()).ok());
    EXPECT_FALSE(answer(parsed(with_head("")), local_side()).ok()) << "RFC 4317 §5.1: no media, for a queue no call";
}

TEST(SdpSession, NumbersOfEventsKeepTheirMeaning) {
    Local local = local_side();
    take_offer(local,
               "m=audio 6 RTP/AVP 0 101 96\r\na=rtpmap:101 opus/48000/2\r\na=rtpmap:96 telephone-event/8000\r\n");
    EXPECT_THAT(write_offer(local), HasSubstr("m=audio 30000 RTP/AVP 8 0 96\r\n"));
    EXPECT_THAT(write_offer(local), Not(HasSubstr("a=rtpmap:101")));
}

TEST(SdpSession, AnAnswerWithAnotherNumberForEventsDoesntChangeOurs) {
    Local local = local_side();
    const auto reply = parsed(with_head("m=audio 6 RTP/AVP 0 100\r\na=rtpmap:100 telephone-event/8000\r\n"));
    const auto audio = accept(reply, local);
    ASSERT_TRUE(audio.ok());
    EXPECT_EQ(audio->telephone_event, 100);
    EXPECT_EQ(audio->telephone_event_in, 101);
    keep_to(local, reply, 0, *audio);
    EXPECT_EQ(local.telephone_event, 101);
}

TEST(SdpSession, AvpfStaysAvpf) {
    Local local = local_side();
    const auto reply = take_offer(local, "m=audio 6 RTP/AVPF 0\r\na=rtcp-fb:* nack\r\n");
    EXPECT_THAT(reply.sdp, HasSubstr("m=audio 30000 RTP/AVPF 0\r\n"));
    EXPECT_THAT(write_offer(local), HasSubstr("m=audio 30000 RTP/AVPF "));
}

TEST(SdpSession, EncryptedProfilesAreRefused) {
    for (const char* profile : {"RTP/SAVP", "RTP/SAVPF", "UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF"})
        EXPECT_FALSE(answer(parsed(with_head("m=audio 6 " + std::string(profile) + " 0\r\n")), local_side()).ok())
            << profile;
    // Offered besides plain RTP they are refused alone.
    const auto both = answer(parsed(with_head("m=audio 6 RTP/SAVP 0\r\nm=audio 8 RTP/AVP 0\r\n")), local_side());
    ASSERT_TRUE(both.ok());
    EXPECT_THAT(lines_of(both->sdp), ::testing::ElementsAre("audio 0 RTP/SAVP 0", "audio 30000 RTP/AVP 0"));
}

TEST(SdpSession, WhatIsOfferedBesidesIsLeftOutOfTheAnswer) {
    const auto reply =
        answer(parsed(with_head("a=group:BUNDLE 0\r\na=ice-ufrag:x\r\nm=audio 6 RTP/AVP 0\r\n"
                                "a=rtcp:53020\r\na=rtcp-mux\r\na=candidate:1 1 UDP 1 192.0.2.1 6 typ host\r\n"
                                "a=fingerprint:sha-256 AA\r\na=setup:actpass\r\na=mid:0\r\na=maxptime:60\r\n"
                                "a=ptime:30\r\n")),
               local_side());
    ASSERT_TRUE(reply.ok());
    EXPECT_EQ(reply->audio.remote_rtcp.port, 53020) << "RFC 3605; without mux in the answer (RFC 5761 §5.1.1)";
    EXPECT_EQ(reply->audio.ptime_ms, 30);
    for (const char* absent : {"rtcp-mux", "candidate", "fingerprint", "setup", "group", "ice-", "mid"})
        EXPECT_THAT(reply->sdp, Not(HasSubstr(absent)));
}

TEST(SdpSession, AHostileLineIsRememberedInShort) {
    Local local = local_side();
    const std::string word(20'000, 'x');
    take_offer(local, "m=audio 6 RTP/AVP 0\r\nm=" + word + " 4 " + word + " " + word + "\r\n");
    EXPECT_LT(write_offer(local).size(), 1'000u);
    EXPECT_EQ(lines_of(write_offer(local)).size(), 2u);
}

/// One m= line of a peer that may offer anything.
std::string random_line(std::uint64_t dice) {
    static const char* const kTypes[] = {"audio", "audio", "audio", "video", "application", "message"};
    static const char* const kProtocols[] = {"RTP/AVP", "RTP/AVP", "RTP/AVPF", "RTP/SAVP", "TCP/MSRP"};
    static const char* const kFormats[] = {"0", "8", "0 8 101", "18", "101 8", "96 97", "3 0"};
    static const char* const kTails[] = {"",
                                         "a=sendonly\r\n",
                                         "a=inactive\r\n",
                                         "a=rtpmap:101 telephone-event/8000\r\n",
                                         "c=IN IP4 0.0.0.0\r\n",
                                         "a=recvonly\r\n"};
    const auto pick = [&](const auto& list) {
        const auto size = static_cast<std::uint64_t>(std::size(list));
        const auto* const word = list[dice % size];
        dice /= size;
        return std::string(word);
    };
    const std::string type = pick(kTypes), protocol = pick(kProtocols), formats = pick(kFormats), tail = pick(kTails);
    const std::string port = dice % 4 == 0 ? "0" : std::to_string(2 + 2 * (dice % 30'000));
    return "m=" + type + " " + port + " " + protocol + " " + formats + "\r\n" + tail;
}

TEST(SdpSessionProperty, LinesNeverVanishOrMoveWhateverThePeerOffers) {
    EXPECT_TRUE(rc::check([] {
        Local local = local_side();
        std::size_t most = 1;
        const auto offers = *rc::gen::resize(6, rc::gen::arbitrary<std::vector<std::vector<std::uint64_t>>>());
        for (const auto& dice : offers) {
            std::string text = with_head("");
            for (const auto one : dice) text += random_line(one);
            const auto offer = parse(text);
            RC_ASSERT(offer.ok());
            const auto reply = answer_again(*offer, local);
            if (!reply.ok()) continue;
            const auto ours = parse(reply->sdp);
            RC_ASSERT(ours.ok());
            RC_ASSERT(ours->media.size() == offer->media.size());
            for (std::size_t i = 0; i < ours->media.size(); ++i) {
                RC_ASSERT(ours->media[i].type == offer->media[i].type);
                RC_ASSERT(ours->media[i].protocol == offer->media[i].protocol);
                RC_ASSERT(offer->media[i].port != 0 || ours->media[i].port == 0);
            }
            keep_to(local, *offer, reply->stream, reply->audio);
            most = std::max(most, offer->media.size());
            const auto next = parse(write_offer(local));
            RC_ASSERT(next.ok());
            RC_ASSERT(next->media.size() == most);
            RC_ASSERT(local.audio_at < next->media.size());
            RC_ASSERT(next->media[local.audio_at].type == "audio");
            RC_ASSERT(next->media[local.audio_at].port == local.port);
        }
    }));
}

TEST(SdpSessionProperty, WhatWeOfferWeAnswerAndWhatWeAnswerWeAccept) {
    EXPECT_TRUE(rc::check([] {
        Local ours = local_side(), theirs = local_side(40'000);
        const auto dice = *rc::gen::arbitrary<std::vector<std::uint64_t>>();
        std::string text = with_head("");
        for (const auto one : dice) text += random_line(one);
        if (const auto before = parse(text); before.ok())
            if (const auto reply = answer(*before, ours); reply.ok())
                keep_to(ours, *before, reply->stream, reply->audio);
        const auto direction =
            *rc::gen::element(Direction::sendrecv, Direction::sendonly, Direction::recvonly, Direction::inactive);
        const auto offer = parse(write_offer(ours, direction));
        RC_ASSERT(offer.ok());
        const auto reply = answer(*offer, theirs);
        RC_ASSERT(reply.ok());
        RC_ASSERT(reply->audio.direction == reverse(direction));
        const auto description = parse(reply->sdp);
        RC_ASSERT(description.ok());
        const auto audio = accept(*description, ours, direction);
        RC_ASSERT(audio.ok());
        RC_ASSERT(audio->direction == direction);
        RC_ASSERT(audio->remote.port == theirs.port);
        RC_ASSERT(audio->codec == reply->audio.codec);
        RC_ASSERT(audio->telephone_event == reply->audio.telephone_event);
    }));
}

}  // namespace
}  // namespace centrala::sdp
