// A user agent with one call on it, from either side.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "script.hpp"

namespace centrala::sip::script {

struct UaTest : testing::Test {
    explicit UaTest(UserAgentOptions options = ua_options()) : s(std::move(options)) {}

    UaScript s;
    SessionId session{};
    std::string to_tag;  ///< ours, when we are the callee
    int n = 0;

    void invited(Text t = {}) {
        const Told told = s.receive(request(t));
        ASSERT_EQ(told.what, "invited");
        session = told.session;
        ASSERT_EQ(s.sent(), Words{"100"});
    }
    /// As callee: 200 sent, and acknowledged if `confirmed`.
    void answered(bool confirmed = true, Text t = {}) {
        invited(t);
        s.machine().accept(session, "v=0\r\n", s.now());
        to_tag = tag_of(field(s.last("200"), "To"));
        if (confirmed) {
            ASSERT_EQ(s.receive(ack(s.last("200"))).what, "confirmed");
        }
        s.sent();
    }
    static std::string ack(const std::string& ok, int cseq = 1, Text t = {}) {
        t.method = "ACK";
        t.branch = "z9hG4bKack" + std::to_string(cseq);
        t.cseq = cseq;
        t.to_tag = tag_of(field(ok, "To"));
        return request(t);
    }
    /// A request of the caller in the dialog that answered() made.
    std::string within(std::string method, std::uint32_t cseq, std::string body = {}, Text t = {}) const {
        t.branch = "z9hG4bKw" + std::to_string(cseq) + method;
        t.method = std::move(method);
        t.cseq = static_cast<std::int64_t>(cseq);
        t.to_tag = to_tag;
        t.body = std::move(body);
        return request(t);
    }

    /// As caller.
    void call(std::vector<std::string> route = {}) {
        Invitation in = invitation();
        in.route_set = route;
        invite(in);
    }
    void invite(const Invitation& in) {
        const auto id = s.machine().invite(in, udp_flow(), s.now());
        ASSERT_TRUE(id);
        session = *id;
        s.collect();
    }
    static Invitation invitation() {
        Invitation in;
        in.request_uri = "sip:bob@198.51.100.7:5070";
        in.from = "\"Ann\" <sip:ann@example.org>";
        in.to = "<sip:bob@example.com>";
        in.header_lines = "X-Queue: sales\r\n";
        in.sdp = "v=0\r\n";
        return in;
    }
    std::string connected() {
        call();
        const std::string ok =
            reply(s.last("INVITE"), 200, "bob", "Contact: <sip:bob@198.51.100.7:5070>\r\n", "v=1\r\n");
        EXPECT_EQ(s.receive(ok).what, "accepted");
        return ok;
    }
    /// A request of "bob", the callee of call().
    std::string from_callee(std::string method, std::int64_t cseq, std::string body = {}) {
        const std::string invite = s.last("INVITE");
        std::string r =
            method + " sip:acd@192.0.2.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7:5070;rport;branch=z9hG4bKb" +
            std::to_string(++n) + "\r\nMax-Forwards: 70\r\nFrom: " + field(invite, "To") +
            ";tag=bob\r\nTo: " + field(invite, "From") + "\r\nCall-ID: " + field(invite, "Call-ID") +
            "\r\nCSeq: " + std::to_string(cseq) + " " + method + "\r\nContact: <sip:bob@198.51.100.7:5070>\r\n";
        if (!body.empty()) r += "Content-Type: application/sdp\r\n";
        return r + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }

    /// Sends a request outside dialogs; the status it got, 0 if it reached the user.
    int outside(std::string method, Text t = {}) {
        t.branch = "z9hG4bKout" + std::to_string(++n);
        t.call_id = "out" + std::to_string(n);
        t.method = std::move(method);
        s.sent();
        if (!s.receive(request(t)).what.empty()) return 0;
        return std::stoi(s.last().start());
    }

    void expect_nothing_left() {
        s.wait(0s);
        EXPECT_EQ(s.machine().sessions(), 0u);
        EXPECT_EQ(s.machine().lingering(), 0u);
        EXPECT_EQ(s.machine().stats().client, 0u);
        EXPECT_EQ(s.machine().stats().server, 0u);
        EXPECT_FALSE(s.machine().deadline());
    }
};

}  // namespace centrala::sip::script
