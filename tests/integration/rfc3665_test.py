"""RFC 3665's flows, as SIPp plays the other side. The number of a test is that of its section.

Not here: 3.3, whose 407s a proxy asks and nobody asks of a server like this (a trunk's 401 is in calls_test), and 3.5, whose gateway
changes SDP on the way: that is every call, since the server stands between the two sides.
"""
import re
import socket

from case import IntegrationTest, scenarios
from processes import wait_until
from rawsip import RawPhone
from scenarios import (SDP, ack, agent_answers, answer, caller_hangs_up_on_cue, caller_is_hung_up_on, cue, invite, recv, register_steps,
                       scenario)


def contacts(response):
    return re.findall(r"^Contact: (.*?)\r?$", response, re.M)


class Flows(IntegrationTest):
    def registers(self, port=None, **options):
        """The contacts in the 200."""
        phone = self.sipp(scenario(*register_steps("ann", **options)), port=port or self.port)
        return contacts(phone.succeeds().received("SIP/2.0 200")[0])

    def serve_phone(self):
        self.start_server()
        self.port = self.server.ports.take(2)
        self.here = f"sip:ann@127.0.0.1:{self.port};transport=UDP"

    # ---- 2: registration

    def test_2_1_a_new_registration_is_challenged_then_accepted(self):
        self.serve_phone()
        registered = self.registers()
        self.assertEqual(len(registered), 1)
        self.assertIn(f"<{self.here}>", registered[0])
        self.assertIn("expires=300", registered[0])
        self.log.wait("registrar.registered", agent="ann")

    def test_2_2_a_second_contact_is_added_to_the_list(self):
        self.serve_phone()
        self.registers()
        both = self.registers(self.server.ports.take(2), contact="Contact: <sip:ann@127.0.0.1:9>;q=0.3")
        self.assertEqual(len(both), 2, both)
        self.assertTrue(any(self.here in c for c in both) and any("sip:ann@127.0.0.1:9" in c for c in both), both)

    def test_2_3_the_list_can_be_asked_for(self):
        self.serve_phone()
        first = self.registers()
        listed = self.registers(contact="")
        self.assertEqual([re.sub(";expires=.*", "", c) for c in listed], [re.sub(";expires=.*", "", c) for c in first])

    def test_2_4_a_star_takes_all_contacts_away(self):
        self.serve_phone()
        self.registers()
        self.registers(self.server.ports.take(2), contact="Contact: <sip:ann@127.0.0.1:9>")
        self.assertEqual(self.registers(contact="Contact: *", expires=0), [])
        self.log.wait("registrar.unregistered", agent="ann")
        self.assertEqual(self.registers(contact=""), [])

    def test_2_5_wrong_credentials_are_challenged_again(self):
        self.serve_phone()
        steps = register_steps("ann", password="guessed")[:-1]
        refused = self.sipp(scenario(*steps, recv(401))).succeeds()
        first, second = refused.received("SIP/2.0 401")
        self.assertIn("WWW-Authenticate: Digest", second)
        self.log.wait("security.auth_failed", user="ann")
        self.assertEqual(self.log.find("registrar.registered"), [])

    # ---- 3: sessions

    def test_3_1_a_session_is_established_and_ended_by_the_callee(self):
        self.start_server()
        phone = self.agent("ann", scenarios.agent_hangs_up_on_cue())
        caller = self.caller(caller_is_hung_up_on())
        self.log.wait("contact.connected", agent="ann")
        phone.cue(self.log.wait("leg.invited")["call_id"])
        phone.succeeds()
        caller.succeeds()
        self.log.wait("contact.ended", cause="agent_hangup")

    def test_3_2_requests_go_back_through_the_two_proxies_that_asked_to_stay(self):
        self.start_server()
        phone = self.agent("ann", scenarios.agent_hangs_up_on_cue())
        near, far = "<sip:near@[local_ip]:[local_port];lr>", "<sip:[local_ip]:9;lr;ftag=x>"
        caller = self.caller(scenario(invite(f"Record-Route: {near}, {far}\n"), recv(100, optional=True), recv(200, rrs="true"), ack(),
                                      recv("BYE"), answer()))
        self.log.wait("contact.connected", agent="ann")
        phone.cue(self.log.wait("leg.invited")["call_id"])
        phone.succeeds()
        caller.succeeds()
        here = f"127.0.0.1:{caller.port}"
        accepted, bye = caller.received("SIP/2.0 200")[0], caller.received("BYE")[0]
        route = f"<sip:near@{here};lr>, <sip:127.0.0.1:9;lr;ftag=x>"
        self.assertEqual(", ".join(re.findall(r"^Record-Route: (.*?)\r?$", accepted, re.M)), route)
        self.assertEqual(", ".join(re.findall(r"^Route: (.*?)\r?$", bye, re.M)), route)
        self.assertIn(f"BYE sip:carla@{here};transport=UDP SIP/2.0", bye, "the peer itself is in the Request-URI (RFC 3261 §12.2.1.1)")

    def test_3_6_the_offer_may_be_in_the_200_and_the_answer_in_the_ack(self):
        self.start_server()
        phone = self.agent("ann", scenarios.agent_is_hung_up_on())
        caller = self.caller(scenario(invite(sdp=""), recv(100, optional=True), recv(200, rrs="true"), ack(SDP), cue(), scenarios.bye(),
                                      recv(200)))
        self.log.wait("contact.connected", agent="ann")
        self.assertRegex(caller.received("SIP/2.0 200")[0], r"m=audio \d+ RTP/AVP 8 0 101")
        caller.cue(self.log.wait("contact.arrived")["call_id"])
        caller.succeeds()
        phone.succeeds()

    def test_3_6_a_phone_that_redirects_doesnt_take_the_call_elsewhere(self):
        """Whom a call goes to is routing's decision, not a phone's: the next agent gets it."""
        self.start_server()
        redirects = scenario(recv("INVITE"), scenarios.respond(302, "Moved Temporarily"), recv("ACK"))
        first = self.agent("ann", redirects)
        second = self.agent("ben", scenarios.agent_is_hung_up_on())
        caller = self.caller(caller_hangs_up_on_cue())
        self.log.wait("contact.connected", agent="ben")
        caller.cue(self.log.wait("contact.arrived")["call_id"])
        caller.succeeds()
        first.succeeds()
        second.succeeds()
        self.assertEqual(self.log.find("offer.ended", agent="ann")[0]["sip_code"], 302)

    def test_3_7_a_caller_who_changes_address_is_heard_and_reached_at_the_new_one(self):
        ann, old, new = (self.started(RawPhone(name)) for name in ("ann", "old", "new"))
        self.start_server(lambda config: config["agents"]["ann"].update(contact=ann.uri, always_logged_in=True))
        for phone in (ann, old, new):
            phone.talks_to(self.server)
        outer = old.invites()
        outer.established()
        invite, inner = ann.is_invited()
        ann.send(inner.answer(invite, 200, "OK", ann.sdp()))
        ann.expect("ACK ")

        ann.says(0x11, invite.body)
        wait_until(lambda: 0x11 in old.hears(), 5, "sound at the old address")
        outer.phone = new
        new.send(outer.request("INVITE", new.sdp(version=2)))
        moved = outer.expect(200, "INVITE")
        new.send(outer.ack(moved))
        ann.says(0x22, invite.body)
        wait_until(lambda: 0x22 in new.hears(), 5, "sound at the new address")
        new.says(0x33, moved.body)
        wait_until(lambda: 0x33 in ann.hears(), 5, "sound from the new address")
        self.assertNotIn(0x22, old.hears())

        ann.send(inner.request("BYE"))
        inner.expect(200, "BYE")
        bye = new.expect("BYE ")
        new.send(outer.answer(bye, 200, "OK"))
        self.assertEqual(old.unasked(), [])
        self.log.wait("contact.ended", cause="agent_hangup")

    def test_3_8_a_caller_gives_up_on_a_phone_that_only_rings(self):
        def change(config):
            config["queues"]["sales"]["early_media"] = True
        self.start_server(change)
        phone = self.agent("ann", scenarios.agent_rings_until_cancelled())
        caller = self.caller(scenarios.caller_cancels_on_cue())
        self.log.wait("offer.ringing", agent="ann")
        caller.got("SIP/2.0 183")
        caller.cue(self.log.wait("contact.arrived")["call_id"])
        caller.succeeds()
        phone.succeeds()
        self.log.wait("contact.abandoned")

    def unsuccessful(self, first, outcome, **code):
        """Ann's phone fails, ben's answers: ann has been idle for longer."""
        self.start_server(lambda config: config["queues"]["sales"].update(ring_timeout="1s"))
        first = self.agent("ann", first)
        second = self.agent("ben", scenario(*agent_answers(recv("BYE"), answer())))
        caller = self.caller(caller_hangs_up_on_cue())
        self.log.wait("contact.connected", agent="ben")
        ended = self.log.find("offer.ended", agent="ann")[0]
        self.assertEqual({"outcome": ended["outcome"], **{k: ended.get(k) for k in code}}, {"outcome": outcome, **code})
        caller.cue(self.log.wait("contact.arrived")["call_id"])
        caller.succeeds()
        for phone in (first, second):
            phone.succeeds()

    def test_3_8_a_phone_that_nobody_answers_is_cancelled(self):
        self.unsuccessful(scenarios.agent_rings_until_cancelled(), "no_answer")

    def test_3_9_a_busy_phone_passes_the_call_on(self):
        self.unsuccessful(scenarios.agent_refuses(486, "Busy Here", ring_first=False), "busy", sip_code=486)

    def test_3_10_a_phone_that_says_nothing_is_given_up_after_64_t1(self):
        """With T1 of 20 ms; a socket that nobody reads sends no ICMP, either."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
            mute.bind(("127.0.0.1", 0))

            def change(config):
                config["sip"].update(t1="20ms", t2="80ms")
                config["agents"]["ann"].update(contact="sip:ann@127.0.0.1:%d" % mute.getsockname()[1], always_logged_in=True)
            self.start_server(change)
            caller = self.caller(caller_hangs_up_on_cue())
            ended = self.log.wait("offer.ended", agent="ann")
            self.assertEqual(ended["outcome"], "unreachable")
            invite = mute.recv(65536)
            copies = 0
            mute.setblocking(False)
            try:
                while mute.recv(65536) == invite:
                    copies += 1
            except BlockingIOError:
                pass
            self.assertGreaterEqual(copies, 6, "sent again after T1, 2 T1, 4 T1 ... up to 64 T1 (RFC 3261 §17.1.1.2)")
            made = self.log.find("offer.made", agent="ann")[0]
            self.assertEqual(made["contact"], self.contact())
            caller.cue(self.log.wait("contact.arrived")["call_id"])
            caller.succeeds()
        self.log.wait("contact.abandoned")

    def test_3_11_a_phone_that_is_temporarily_unavailable_passes_the_call_on(self):
        self.unsuccessful(scenarios.agent_refuses(480, "Temporarily Unavailable"), "unreachable", sip_code=480)
