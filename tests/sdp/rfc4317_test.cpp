// The examples of RFC 4317 from Bob's side, as sequences within one session. Where the RFC's Bob takes video, a second
// stream or iLBC, we take one audio stream with G.711 and refuse the rest.
#include <map>
#include <set>
#include <vector>

#include <gmock/gmock.h>

#include "sdp/support.hpp"

namespace centrala::sdp {
namespace {

struct Exchange {
    std::string section, number, offer, answer;
    bool by_alice = true;  ///< the offer
};

std::vector<Exchange> exchanges() {
    std::vector<Exchange> all;
    for (const auto& row : read_tsv(corpus() / "pairs.tsv"))
        if (row.at("rfc") == "4317")
            all.push_back({row.at("section"), row.at("exchange"), read_file(corpus() / row.at("offer")),
                           read_file(corpus() / row.at("answer")), row.at("offerer") == "alice"});
    return all;
}

/// We don't speak iLBC: with a codec that we do the rest of those examples can be played.
std::string with_g711(std::string sdp) {
    for (std::size_t at = sdp.find("iLBC/8000"); at != std::string::npos; at = sdp.find("iLBC/8000"))
        sdp.replace(at, 4, "PCMA");
    return sdp;
}

/// "audio 30000 0 sendrecv | video 0 31"
std::string summary_of(const std::string& sdp) {
    std::string lines;
    for (const Media& m : parsed(sdp).media) {
        lines.append(lines.empty() ? "" : " | ").append(m.type).append(" ").append(std::to_string(m.port));
        for (const auto& format : m.raw_formats) lines.append(" ").append(format);
        if (m.port != 0) lines.append(" ").append(to_string(m.direction));
    }
    return lines;
}

class Bob {
public:
    std::string answers(const std::string& text) {
        const auto offer = parsed(text);
        const auto reply = in_session_ ? answer_again(offer, local_) : answer(offer, local_);
        if (!reply.ok()) return "488";
        keep_to(local_, offer, reply->stream, reply->audio);
        in_session_ = true;
        return summary_of(reply->sdp) + (reply->audio.held ? ", held" : "");
    }
    /// As the RFC's Bob holds or doesn't; Alice's answer must be one to ours, too.
    std::string offers(const std::string& rfcs_offer, const std::string& rfcs_answer) {
        const auto theirs = parsed(rfcs_offer), reply = parsed(rfcs_answer);
        const Direction direction = theirs.media.at(local_.audio_at).direction;
        const auto audio = accept(reply, local_, direction);
        EXPECT_TRUE(audio.ok());
        return "offer: " + summary_of(write_offer(local_, direction));
    }

private:
    Local local_ = local_side();
    bool in_session_ = false;
};

/// By section and exchange.
const std::map<std::string, std::string> kOutcomes{
    {"2.1/1", "audio 30000 0 sendrecv | video 0 31 32"},
    {"2.2/1", "audio 30000 0 sendrecv | video 0 31 32"},
    {"2.2/2", "audio 30000 0 sendrecv | video 0 31"},
    {"2.3/1", "audio 30000 0 sendrecv | video 0 31 32"},
    {"2.4/1", "audio 30000 0 sendrecv | audio 0 98"},
    {"2.5/1", "audio 30000 97 sendrecv | video 0 31"},
    {"2.5/2", "offer: audio 30000 8 0 101 sendrecv | video 0 31"},
    {"2.6/1", "audio 30000 0 sendrecv | audio 0 97 101"},
    {"2.7/1", "audio 30000 99 sendrecv | video 0 31"},
    {"2.7/2", "audio 30000 99 sendrecv | video 0 31 32"},
    {"2.8/1", "audio 30000 0 sendrecv | video 0 31 32"},
    {"3.1/1", "audio 30000 0 sendrecv"},
    {"3.1/2", "offer: audio 30000 8 0 101 sendrecv"},
    {"3.2/1", "audio 30000 0 sendrecv | audio 0 98"},
    {"3.2/2", "offer: audio 30000 8 0 101 sendonly | audio 0 98"},
    {"4.1/1", "audio 30000 0 sendrecv"},
    {"4.1/2", "offer: audio 30000 8 0 101 sendrecv"},  // ours has no second stream to add
    {"4.2/1", "audio 30000 0 sendrecv"},
    {"4.2/2", "audio 30000 0 sendrecv | video 0 31"},
    {"4.3/1", "audio 30000 97 sendrecv | video 0 31"},
    {"4.3/2", "offer: audio 30000 8 0 101 sendrecv | video 0 31"},
    {"5.1/1", "488"},  // a call without sound is none for a queue
    {"5.1/2", "audio 30000 97 sendrecv"},
    {"5.2/1", "audio 30000 97 recvonly, held"},  // c=0.0.0.0
    {"5.2/2", "audio 30000 97 sendrecv"},
    {"5.3/1", "audio 30000 97 sendrecv"},
    {"5.3/2", "offer: audio 30000 8 0 101 sendrecv"},
};

TEST(SdpRfc4317, EachSequenceOfOffersEndsAsExpected) {
    const auto all = exchanges();
    if (all.empty()) GTEST_SKIP() << "no corpus at " << corpus();
    std::map<std::string, std::string> outcomes;
    std::map<std::string, Bob> sessions;
    for (const Exchange& e : all) {
        SCOPED_TRACE(e.section + "/" + e.number);
        Bob& bob = sessions[e.section];
        outcomes[e.section + "/" + e.number] =
            e.by_alice ? bob.answers(with_g711(e.offer)) : bob.offers(with_g711(e.offer), with_g711(e.answer));
    }
    EXPECT_EQ(outcomes, kOutcomes);
}

TEST(SdpRfc4317, WhereAliceSpeaksOnlyIlbcTheCallIsRefused) {
    const auto all = exchanges();
    if (all.empty()) GTEST_SKIP() << "no corpus at " << corpus();
    std::set<std::string> refused;
    for (const Exchange& e : all)
        if (e.number == "1" && Bob().answers(e.offer) == "488") refused.insert(e.section);
    EXPECT_THAT(refused, ::testing::ElementsAre("2.5", "2.7", "4.3", "5.1", "5.2", "5.3"));
}

}  // namespace
}  // namespace centrala::sdp
