"""Kamailio as a carrier that wants its customers to register and to sign their calls."""
import kamailio
from carrier import ACCOUNT, CarrierCase
from processes import wait_until
from rawsip import RawPhone


class Carrier(CarrierCase):
    def setUp(self):
        super().setUp()
        self.open_carrier()

    def test_it_registers_is_called_through_the_carrier_and_hangs_up(self):
        self.serve_customer()
        self.log.wait("trunk.registered", trunk="carrier")
        outer, inner = self.is_called_by_the_world()
        arrived = self.log.wait("contact.arrived", source="carrier")
        self.assertEqual((arrived["dialled"], arrived["caller"]), ("+" + ACCOUNT, "+4930123456"))
        self.world.says(0x42, outer.peer_sdp)
        wait_until(lambda: 0x42 in self.ann.hears(), 5, "the caller is heard")
        self.assertEqual(len(outer.routes), 1, "the carrier stays in the way")
        self.ann.send(inner.request("BYE"))
        inner.expect(200, "BYE")
        self.is_hung_up_on(self.world, outer)
        self.ends("agent_hangup")

    def test_a_caller_beyond_the_carrier_hangs_up(self):
        self.serve_customer()
        self.log.wait("trunk.registered", trunk="carrier")
        outer, inner = self.is_called_by_the_world()
        self.world.send(outer.request("BYE"))
        outer.expect(200, "BYE")
        self.is_hung_up_on(self.ann, inner)
        self.ends("caller_hangup")

    def test_a_wrong_password_registers_nothing_and_is_told(self):
        self.serve_customer(password="a-guess")
        self.log.wait("trunk.registration_failed", trunk="carrier")
        self.assertEqual(self.log.find("trunk.registered"), [])

    # ---- to the outside

    def test_an_agent_calls_out_through_the_carrier_which_wants_a_password(self):
        self.serve_calling_customer()
        here, there = self.ann_calls_the_world()
        self.assertEqual(len(there.routes), 1, "the carrier stays in the way")
        self.ann_hangs_up(here, there)
        self.log.wait("call.ended", agent="ann")

    def test_whom_an_agent_called_hangs_up(self):
        self.serve_calling_customer()
        here, there = self.ann_calls_the_world()
        self.world.send(there.request("BYE"))
        there.expect(200, "BYE")
        self.is_hung_up_on(self.ann, here)
        self.log.wait("call.ended", agent="ann")

    def two_gateways(self):
        """The second is the one that works through self.carrier; the first is another."""
        self.first = self.started(kamailio.carrier(self.folder, self.reserved, self.world.port, name="first"))
        return [{"uri": f"sip:127.0.0.1:{carrier.port()};transport=udp", "priority": priority}
                for carrier, priority in ((self.first, 10), (self.carrier, 20))]

    def test_rfc3665_3_4_a_call_goes_to_the_second_gateway_when_the_first_is_dead(self):
        self.serve_calling_customer(gateways=self.two_gateways(), health={"interval": "0"})
        here, there = self.ann_calls_the_world()
        self.assertIn(f":{self.first.port()};", there.routes[0])
        self.ann_hangs_up(here, there)
        self.first.close()
        here, there = self.ann_calls_the_world()
        self.assertIn(f":{self.carrier.port()};", there.routes[0])
        self.ann_hangs_up(here, there)

    def test_a_dead_gateway_is_noticed_left_out_and_taken_back(self):
        self.serve_calling_customer(gateways=self.two_gateways(), health={"interval": "1s", "timeout": "500ms"})
        self.first.close()
        self.log.wait("trunk.gateway_down", trunk="carrier")
        here, there = self.ann_calls_the_world()
        self.assertIn(f":{self.carrier.port()};", there.routes[0])
        self.ann_hangs_up(here, there)
        self.started(kamailio.carrier(self.folder, self.reserved, self.world.port, name="first", port=self.first.port()))
        self.log.wait("trunk.gateway_up", 15, trunk="carrier")
        here, there = self.ann_calls_the_world()
        self.assertIn(f":{self.first.port()};", there.routes[0])
        self.ann_hangs_up(here, there)

    def test_a_caller_is_transferred_to_a_number_outside(self):
        """In through the carrier, and out again."""
        self.serve_calling_customer()
        self.log.wait("trunk.registered", trunk="carrier")
        friend = self.started(RawPhone("friend")).talks_to(self.carrier)  # the caller has a phone of its own beyond the carrier
        outer, inner = self.is_called_by_the_world()
        self.ann.send(inner.request("REFER", headers=[("Refer-To", "<sip:030777@127.0.0.1>")]))
        inner.expect(202, "REFER")
        invite, there = self.world.is_invited()
        self.assertIn("sip:030777@", invite.first)
        self.world.send(there.answer(invite, 200, "OK", friend.sdp()))
        self.world.expect("ACK ")
        self.log.wait("contact.transferred", kind="blind", target="outside", number="030777")
        self.world.says(0x61, outer.peer_sdp)
        wait_until(lambda: 0x61 in friend.hears(), 5, "the caller at the number outside")
        friend.says(0x62, invite.body)
        wait_until(lambda: 0x62 in self.world.hears(), 5, "the number outside at the caller")
        self.world.send(outer.request("BYE"))
        outer.expect(200, "BYE", cseq=outer.cseq)
        self.is_hung_up_on(self.world, there)
        self.log.wait("contact.ended", cause="caller_hangup")
