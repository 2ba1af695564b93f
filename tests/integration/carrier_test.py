"""Kamailio as a carrier that wants its customers to register and to sign their calls; beyond it is a phone that does what tests say."""
import shutil
import unittest

import kamailio
from processes import PortRange, wait_until
from rawcase import RawCalls
from rawsip import RawPhone

ACCOUNT = "495550100"


@unittest.skipUnless(shutil.which("kamailio"), "no Kamailio here")
class Carrier(RawCalls):
    def setUp(self):
        super().setUp()
        self.reserved = PortRange()
        self.addCleanup(self.reserved.release)
        self.world = self.started(RawPhone("+4930123456"))
        self.carrier = self.started(kamailio.carrier(self.folder, self.reserved, self.world.port))
        self.world.talks_to(self.carrier)

    def trunk(self, password=kamailio.PASSWORD):
        registrar = f"sip:127.0.0.1:{self.carrier.port()};transport=udp"
        return {"gateways": [registrar], "trust_gateways": True, "credentials": {"user": ACCOUNT, "password": password},
                "register": {"registrar": registrar, "aor": f"sip:{ACCOUNT}@{kamailio.REALM}", "expires": "30s", "retry": "1s"},
                "inbound": [{"match": "49", "add": "+"}]}

    def serve_customer(self, *more, **trunk):
        def change(config):
            config["trunks"] = {"carrier": self.trunk(**trunk)}
            for one in more:
                one(config)
        self.serve(change)

    def test_it_registers_is_called_through_the_carrier_and_hangs_up(self):
        self.serve_customer()
        self.log.wait("trunk.registered", trunk="carrier")
        outer = self.world.invites(ACCOUNT)
        outer.peer_sdp = outer.established().body
        inner = self.ann_answers()
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
        outer = self.world.invites(ACCOUNT)
        outer.established()
        inner = self.ann_answers()
        self.world.send(outer.request("BYE"))
        outer.expect(200, "BYE")
        self.is_hung_up_on(self.ann, inner)
        self.ends("caller_hangup")

    def test_a_wrong_password_registers_nothing_and_is_told(self):
        self.serve_customer(password="a-guess")
        self.log.wait("trunk.registration_failed", trunk="carrier")
        self.assertEqual(self.log.find("trunk.registered"), [])
