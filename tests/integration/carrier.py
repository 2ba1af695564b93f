"""Kamailio as a carrier that wants its customers to register and to sign their calls; beyond it is a phone that does what tests say."""
import shutil
import unittest

import kamailio
from processes import PortRange, wait_until
from rawcase import RawCalls
from rawsip import RawPhone

ACCOUNT = "495550100"


@unittest.skipUnless(shutil.which("kamailio"), "no Kamailio here")
class CarrierCase(RawCalls):
    def setUp(self):
        super().setUp()
        self.reserved = PortRange()
        self.addCleanup(self.reserved.release)
        self.world = self.started(RawPhone("+4930123456"))

    def open_carrier(self, **how):
        self.carrier = self.started(kamailio.carrier(self.folder, self.reserved, self.world.port, **how))
        self.world.talks_to(self.carrier)

    def registrar(self):
        """As the configuration names it."""
        return f"sip:127.0.0.1:{self.carrier.port()};transport=udp"

    def trunk(self, password=kamailio.PASSWORD):
        return {"gateways": [self.registrar()], "trust_gateways": True, "credentials": {"user": ACCOUNT, "password": password},
                "register": {"registrar": self.registrar(), "aor": f"sip:{ACCOUNT}@{kamailio.REALM}", "expires": "30s", "retry": "1s"},
                "inbound": [{"match": "49", "add": "+"}]}

    def serve_customer(self, *more, **trunk):
        def change(config):
            config["trunks"] = {"carrier": self.trunk(**trunk)}
            for one in more:
                one(config)
        self.serve(change)

    def serve_calling_customer(self, *more, **trunk):
        def change(config):
            config["trunks"]["carrier"].update(trunk)
            config["outside"] = [{"match": "0", "trunks": ["carrier"]}]
            config["agent_groups"] = {"default": {"may": {"call_outside": True, "transfer_outside": True}}}
        self.serve_customer(change, *more)

    def is_called_by_the_world(self):
        """The caller's leg beyond the carrier, and Ann's."""
        outer = self.world.invites(ACCOUNT)
        outer.peer_sdp = outer.established().body
        return outer, self.ann_answers()

    def ann_calls_the_world(self):
        """Her leg and the world's, talking."""
        here = self.ann.invites("030999")
        invite, there = self.world.is_invited(seconds=20)
        self.assertIn(":030999@", invite.first)  # sips, if the trunk is
        self.world.send(there.answer(invite, 180, "Ringing"), there.answer(invite, 200, "OK", self.world.sdp()))
        self.world.expect("ACK ")
        answer = here.established().body
        self.world.says(0x51, invite.body)
        self.ann.says(0x52, answer)
        wait_until(lambda: 0x51 in self.ann.hears() and 0x52 in self.world.hears(), 5, "each hears the other")
        return here, there

    def ann_hangs_up(self, here, there):
        self.ann.send(here.request("BYE"))
        here.expect(200, "BYE")
        self.is_hung_up_on(self.world, there)
