// PUBLISH by entity tag (RFC 3903 §6).
#include "centrala/presence/publications.hpp"

#include "presence/messages.hpp"

namespace centrala::presence {
namespace {

using ::testing::HasSubstr;

class PublicationsTest : public ::testing::Test {
protected:
    PublishAnswer publish(const std::string& headers, const std::string& body = "<presence/>", Duration when = 0s,
                          std::uint32_t publisher = 1) {
        Request request;
        request.method = "PUBLISH";
        request.headers = headers;
        request.body = body;
        if (!body.empty()) request.content_type = type;
        return publications.publish(request.parsed()->message, PublisherId{publisher}, at(when));
    }
    static std::string etag(const PublishAnswer& answer) {
        const auto begin = answer.header_lines.find("SIP-ETag: ");
        if (begin == std::string::npos) return {};
        return answer.header_lines.substr(begin + 10, answer.header_lines.find('\r', begin) - begin - 10);
    }
    static std::string matching(const PublishAnswer& answer) {
        return "Event: presence\r\nSIP-If-Match: " + etag(answer) + "\r\n";
    }
    std::unique_ptr<RandomSource> random = make_seeded_random(1);
    Publications publications{{60s, 3600s, 1800s}, *random};
    std::string type = "application/pidf+xml";
};

TEST_F(PublicationsTest, AnInitialPublicationGetsATagAndALife) {
    const auto answer = publish("Event: presence\r\nExpires: 600\r\n");
    EXPECT_EQ(answer.status, 200);
    EXPECT_TRUE(answer.fresh);
    EXPECT_THAT(answer.header_lines, HasSubstr("Expires: 600\r\n"));
    EXPECT_FALSE(etag(answer).empty());
    EXPECT_EQ(publications.size(), 1u);
}

TEST_F(PublicationsTest, ARefreshSaysNothingNewButGetsANewTag) {
    const auto first = publish("Event: presence\r\n");
    const auto second = publish(matching(first), "", 10s);
    EXPECT_EQ(second.status, 200);
    EXPECT_FALSE(second.fresh);
    EXPECT_NE(etag(second), etag(first));
    EXPECT_EQ(publish(matching(first), "", 20s).status, 412) << "the old tag is void";
    EXPECT_EQ(publications.size(), 1u);
}

TEST_F(PublicationsTest, AModificationIsRead) {
    const auto first = publish("Event: presence\r\n");
    EXPECT_TRUE(publish(matching(first), "<presence/>", 10s).fresh);
    EXPECT_EQ(publications.size(), 1u);
}

TEST_F(PublicationsTest, ARemovedOrExpiredPublicationIsGone) {
    const auto first = publish("Event: presence\r\n");
    const auto removed = publish(matching(first) + "Expires: 0\r\n", "", 1s);
    EXPECT_EQ(removed.status, 200);
    EXPECT_THAT(removed.header_lines, HasSubstr("Expires: 0\r\n"));
    EXPECT_EQ(publications.size(), 0u);
    const auto second = publish("Event: presence\r\nExpires: 60\r\n", "<presence/>", 2s);
    EXPECT_EQ(publish(matching(second), "", 62s).status, 412);
}

TEST_F(PublicationsTest, ATagOfSomebodyElseIsUnknown) {
    const auto first = publish("Event: presence\r\n");
    EXPECT_EQ(publish(matching(first), "", 0s, 2).status, 412);
}

TEST_F(PublicationsTest, MistakesAreNamed) {
    EXPECT_EQ(publish("Event: dialog\r\n").status, 489);
    EXPECT_EQ(publish("").status, 489);
    EXPECT_EQ(publish("Event: presence\r\nExpires: 5\r\n").status, 423);
    EXPECT_THAT(publish("Event: presence\r\nExpires: 5\r\n").header_lines, HasSubstr("Min-Expires: 60"));
    EXPECT_EQ(publish("Event: presence\r\n", "").status, 400);
    EXPECT_EQ(publish("Event: presence\r\nSIP-If-Match: nonsense\r\n").status, 412);
    type = "text/plain";
    const auto other = publish("Event: presence\r\n");
    EXPECT_EQ(other.status, 415);
    EXPECT_THAT(other.header_lines, HasSubstr("Accept: application/pidf+xml"));
    EXPECT_EQ(publications.size(), 0u);
}

TEST_F(PublicationsTest, OnePublisherHoldsFewTags) {
    std::vector<PublishAnswer> answers;
    for (std::size_t i = 0; i < 20; ++i) answers.push_back(publish("Event: presence\r\n"));
    EXPECT_EQ(publications.size(), Publications::kPerPublisherMax);
    EXPECT_EQ(publish(matching(answers.front()), "", 1s).status, 412);
    EXPECT_EQ(publish(matching(answers.back()), "", 1s).status, 200);
}

}  // namespace
}  // namespace centrala::presence
