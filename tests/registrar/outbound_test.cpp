// Path (RFC 3327), Service-Route (RFC 3608) and outbound with its several flows (RFC 5626).
#include <gmock/gmock.h>

#include "register_message.hpp"

namespace centrala::registrar {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr auto kOutbound = "Supported: path, outbound\r\n";

std::string flow_contact(int reg_id, const std::string& uri = "<sip:ann@192.0.2.20:5060>") {
    return contact(uri + ";+sip.instance=\"<urn:uuid:1>\";reg-id=" + std::to_string(reg_id));
}

Outcome through_edge(Registrar& r, const Register& request, const sip::Flow& flow = udp_flow("192.0.2.9:5060")) {
    std::string text = request.text();
    sip::Message message;
    EXPECT_EQ(sip::parse(text, message).verdict, sip::Verdict::complete) << text;
    return r.process("ann", message, flow, at(0s), true);
}

TEST(Path, OfAnEdgeProxyIsKeptAndRepeated) {
    Registrar r({});
    const Outcome o = through_edge(
        r, {.headers = contact("<sip:ann@10.0.0.7>") + "Path: <sip:edge.example;lr>\r\nPath: <sip:192.0.2.9;lr;ob>\r\n",
            .vias = 2});
    EXPECT_EQ(o.status, 200);
    EXPECT_THAT(o.header_lines, HasSubstr("Path: <sip:edge.example;lr>\r\nPath: <sip:192.0.2.9;lr;ob>\r\n"));
    ASSERT_THAT(r.bindings("ann"), SizeIs(1));
    EXPECT_THAT(r.bindings("ann")[0].path, ElementsAre("<sip:edge.example;lr>", "<sip:192.0.2.9;lr;ob>"));
}

TEST(Path, OfAnybodyElseIsIgnored) {
    Registrar r({});
    const Outcome o = process(r, {contact("<sip:ann@192.0.2.20>") + "Path: <sip:thief.example;lr>\r\n"});
    EXPECT_EQ(o.status, 200);
    EXPECT_THAT(o.header_lines, Not(HasSubstr("Path")));
    EXPECT_THAT(r.bindings("ann")[0].path, IsEmpty());
}

TEST(Path, ThatIsMalformedOrTooLongIsRefused) {
    std::string many;
    for (int i = 0; i < 9; ++i) many += "Path: <sip:p" + std::to_string(i) + ".example;lr>\r\n";
    for (const std::string& path : {std::string("Path: <sip:broken\r\n"), std::string("Path: <tel:+49>\r\n"), many,
                                    "Path: <sip:" + std::string(5'000, 'a') + ".example;lr>\r\n"}) {
        Registrar r({});
        EXPECT_EQ(through_edge(r, {.headers = contact("<sip:ann@10.0.0.7>") + path, .vias = 2}).status, 400) << path;
        EXPECT_THAT(r.bindings("ann"), IsEmpty());
    }
}

TEST(Path, IsFollowedByAConnectionsEnd) {
    Registrar r({});
    through_edge(r, {.headers = contact("<sip:ann@10.0.0.7>") + "Path: <sip:192.0.2.9;lr>\r\n", .vias = 2},
                 tcp_flow(7, "192.0.2.9:5060"));
    EXPECT_THAT(r.connection_closed(7), IsEmpty()) << "the proxy can be connected to again";
    ASSERT_THAT(r.bindings("ann"), SizeIs(1));
    EXPECT_EQ(r.bindings("ann")[0].flow.connection, 0u);
    process(r, {.headers = contact("<sip:ann@192.0.2.30>"), .call_id = "boot-2"}, 0s, tcp_flow(8));
    EXPECT_THAT(r.connection_closed(8), IsEmpty());
    EXPECT_THAT(r.bindings("ann"), SizeIs(1)) << "the phone that came by itself is gone";
}

TEST(ServiceRoute, IsToldInEvery200) {
    Policy policy;
    policy.service_route = {"<sip:edge.example;lr>"};
    Registrar r(policy);
    for (const std::string& headers : {contact("<sip:ann@192.0.2.20>"), std::string()})
        EXPECT_THAT(process(r, {headers}).header_lines, HasSubstr("Service-Route: <sip:edge.example;lr>\r\n"));
}

TEST(Outbound, EachFlowOfAnInstanceIsABindingOfItsOwn) {
    Registrar r({});
    Outcome o = process(r, {.headers = flow_contact(1) + kOutbound, .call_id = "one"}, 0s, tcp_flow(1));
    EXPECT_THAT(o.header_lines, HasSubstr("Require: outbound\r\n"));
    o = process(r, {.headers = flow_contact(2) + kOutbound, .call_id = "two"}, 0s, tcp_flow(2, "192.0.2.20:40002"));
    EXPECT_THAT(contacts_of(o), ElementsAre(HasSubstr(";reg-id=2"), HasSubstr(";reg-id=1")));
    // The same flow anew, over a new connection and with another URI: it replaces the old.
    o = process(r, {.headers = flow_contact(1, "<sip:x@192.0.2.20:9>") + kOutbound, .call_id = "three"}, 0s,
                tcp_flow(3, "192.0.2.20:40003"));
    EXPECT_THAT(contacts_of(o), ElementsAre(HasSubstr("<sip:x@192.0.2.20:9>"), HasSubstr(";reg-id=2")));
    EXPECT_THAT(r.connection_closed(2), IsEmpty());
    EXPECT_THAT(r.bindings("ann"), SizeIs(1));
    EXPECT_THAT(r.connection_closed(3), ElementsAre("ann"));
}

TEST(Outbound, AFlowIsUnregisteredByItself) {
    Registrar r({});
    process(r, {.headers = flow_contact(1) + kOutbound, .call_id = "one"}, 0s, tcp_flow(1));
    process(r, {.headers = flow_contact(2) + kOutbound, .call_id = "two"}, 0s, tcp_flow(2, "192.0.2.20:40002"));
    process(r, {.headers = flow_contact(2) + kOutbound + "Expires: 0\r\n", .call_id = "two", .cseq = 2}, 0s,
            tcp_flow(2, "192.0.2.20:40002"));
    ASSERT_THAT(r.bindings("ann"), SizeIs(1));
    EXPECT_EQ(r.bindings("ann")[0].reg_id, 1u);
}

TEST(Outbound, NeedsAFirstHopThatSupportsIt) {
    Registrar r({});
    const Register behind{.headers = flow_contact(1) + kOutbound, .vias = 2};
    EXPECT_EQ(process(r, behind).status, 439);
    EXPECT_EQ(through_edge(r, behind).status, 439);
    EXPECT_EQ(through_edge(r, {.headers = behind.headers + "Path: <sip:192.0.2.9;lr>\r\n", .vias = 2}).status, 439);
    const Outcome o = through_edge(r, {.headers = behind.headers + "Path: <sip:192.0.2.9;lr;ob>\r\n", .vias = 2});
    EXPECT_EQ(o.status, 200);
    EXPECT_THAT(o.header_lines, HasSubstr("Require: outbound\r\n"));
    EXPECT_THAT(o.header_lines, Not(HasSubstr("Flow-Timer"))) << "that is between the phone and the proxy";
    EXPECT_EQ(r.bindings("ann")[0].reg_id, 1u);
}

TEST(Outbound, IsIgnoredWhereThePhoneDoesntInsist) {
    Registrar r({});
    const Outcome o = process(r, {.headers = flow_contact(1), .vias = 2});
    EXPECT_EQ(o.status, 200);
    EXPECT_EQ(r.bindings("ann")[0].reg_id, 0u);
    EXPECT_THAT(o.header_lines, Not(HasSubstr("Require")));
}

TEST(Outbound, NeedsAnInstanceAndANumber) {
    for (const char* parameters :
         {";reg-id=1", ";+sip.instance=\"<urn:uuid:1>\";reg-id=0", ";+sip.instance=\"<urn:uuid:1>\";reg-id=x",
          ";+sip.instance=\"<urn:uuid:1>\";reg-id=4294967296"}) {
        Registrar r({});
        const Outcome o = process(r, {contact(std::string("<sip:ann@192.0.2.20>") + parameters) + kOutbound});
        EXPECT_EQ(o.status, 200) << parameters;
        EXPECT_EQ(r.bindings("ann")[0].reg_id, 0u) << parameters;
    }
}

TEST(Outbound, ARequestIsAboutOneFlow) {
    Registrar r({});
    EXPECT_EQ(process(r, {flow_contact(1) + flow_contact(2) + kOutbound}).status, 400);
    EXPECT_THAT(r.bindings("ann"), IsEmpty());
}

TEST(Outbound, TellsTheFlowTimerOverConnections) {
    Policy policy;
    policy.flow_timer = 120s;
    Registrar r(policy);
    EXPECT_THAT(process(r, {flow_contact(1) + kOutbound}, 0s, tcp_flow(1)).header_lines,
                HasSubstr("Flow-Timer: 120\r\n"));
    EXPECT_THAT(process(r, {.headers = flow_contact(1) + kOutbound, .cseq = 2}).header_lines,
                Not(HasSubstr("Flow-Timer")));
}

}  // namespace
}  // namespace centrala::registrar
