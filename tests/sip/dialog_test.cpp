// Dialog state (RFC 3261 §12): how it begins, CSeq order, target refresh, loose and strict routes.
#include "centrala/sip/dialog.hpp"

#include "script.hpp"

namespace centrala::sip {
namespace {

using namespace script;

struct DialogTest : testing::Test {
    std::string text;
    Message message;
    const Message& parsed(std::string t) {
        text = std::move(t);
        EXPECT_EQ(parse(text, message).verdict, Verdict::complete);
        return message;
    }
};

TEST_F(DialogTest, OfTheCalleeComesFromTheInvite) {
    Text t;
    t.cseq = 314159;
    t.lines = "Record-Route: <sip:p2;lr>, <sip:p1;lr>\r\nRecord-Route: <sip:p0;lr>\r\n";
    const Dialog d = uas_dialog(parsed(request(t)), "ours");
    EXPECT_EQ(d.call_id, "call-1");
    EXPECT_EQ(d.local_tag, "ours");
    EXPECT_EQ(d.remote_tag, "alice");
    EXPECT_EQ(d.local_party, "<sip:1000@example.com>;tag=ours");
    EXPECT_EQ(d.remote_party, "<sip:alice@example.org>;tag=alice");
    EXPECT_EQ(d.remote_target, "sip:alice@198.51.100.7:5070");
    EXPECT_EQ(d.route_set, (std::vector<std::string>{"<sip:p2;lr>", "<sip:p1;lr>", "<sip:p0;lr>"}));
    EXPECT_EQ(d.remote_cseq, 314159u);
    EXPECT_EQ(d.local_cseq, 0u);
}

TEST_F(DialogTest, WithoutContactTheFromUriIsTheTarget) {
    Text t;
    t.contact.clear();
    EXPECT_EQ(uas_dialog(parsed(request(t)), "ours").remote_target, "sip:alice@example.org");
}

TEST_F(DialogTest, CSeqMayJumpForwardButNotBack) {
    Dialog d = uas_dialog(parsed(request(Text{})), "ours");
    const auto order = [&](std::int64_t n) {
        Text t;
        t.method = "INFO";
        t.cseq = n;
        return in_order(d, parsed(request(t)));
    };
    EXPECT_TRUE(order(2));
    EXPECT_TRUE(order(900));
    EXPECT_FALSE(order(899));
    EXPECT_EQ(d.remote_cseq, 900u);
}

TEST_F(DialogTest, OurFirstRequestHearsAnyNumber) {
    Dialog d;
    Text t;
    t.cseq = 0;
    EXPECT_TRUE(in_order(d, parsed(request(t))));
    EXPECT_EQ(d.remote_cseq, 0u);
}

TEST_F(DialogTest, ContactRefreshesTheTargetAndAStarDoesNot) {
    Dialog d;
    d.remote_target = "sip:old@h";
    Text t;
    t.contact = "\"A, B\" <sip:new@h;transport=tcp>;q=0.5";
    refresh_target(d, parsed(request(t)));
    EXPECT_EQ(d.remote_target, "sip:new@h;transport=tcp");
    t.contact.clear();
    refresh_target(d, parsed(request(t)));
    EXPECT_EQ(d.remote_target, "sip:new@h;transport=tcp");
}

TEST_F(DialogTest, RoutesLooseAndStrict) {
    Dialog d;
    d.remote_target = "sip:target@h";
    std::string lines;
    EXPECT_EQ(append_route(d, lines), "sip:target@h");
    EXPECT_EQ(lines, "");
    d.route_set = {"<sip:a;lr>", "<sip:b>"};
    EXPECT_EQ(append_route(d, lines), "sip:target@h");
    EXPECT_EQ(lines, "Route: <sip:a;lr>\r\nRoute: <sip:b>\r\n");
    lines.clear();
    d.route_set = {"<sip:a>", "<sip:b;lr>"};
    EXPECT_EQ(append_route(d, lines), "sip:a");
    EXPECT_EQ(lines, "Route: <sip:b;lr>\r\nRoute: <sip:target@h>\r\n");
}

}  // namespace
}  // namespace centrala::sip
