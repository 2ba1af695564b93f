"""A trunk over TLS and TCP, to Kamailio as the carrier: named, so that its certificate must be for the name."""
import shutil
import unittest

import kamailio
from carrier import CarrierCase
from certificates import Authority
from processes import wait_until


class CarrierStreams(CarrierCase):
    def serve_over(self, stream, names="DNS:localhost"):
        """The carrier's certificate is for `names`; it is found as localhost."""
        self.stream, certificate = stream, None
        self.authority = Authority(self.folder)
        if stream == "tls":
            if not kamailio.has_tls() or not shutil.which("openssl"):
                self.skipTest("no kamailio-tls-modules or no openssl here")
            certificate = self.authority.sign("carrier", "carrier", names=names)
        self.open_carrier(stream=stream, certificate=certificate)
        self.serve_calling_customer(self.speak, health={"interval": "0"})

    def speak(self, config):
        config["sip"]["listen"].append({self.stream: "127.0.0.1:0"})
        if self.stream == "tls":
            config["tls"] = {**self.authority.sign("server", "centrala.test"), "server_ca": self.authority.certificate}

    def registrar(self):
        scheme = "sips:{}" if self.stream == "tls" else "sip:{};transport=tcp"
        return scheme.format(f"localhost:{self.carrier.port(self.stream)}")

    def calls_go_both_ways(self):
        self.log.wait("trunk.registered", trunk="carrier")
        outer, inner = self.is_called_by_the_world()
        self.log.wait("contact.arrived", source="carrier")
        self.ann.send(inner.request("BYE"))
        inner.expect(200, "BYE")
        self.is_hung_up_on(self.world, outer)
        self.ends("agent_hangup")
        here, there = self.ann_calls_the_world()
        self.ann_hangs_up(here, there)
        self.log.wait("call.ended", agent="ann")

    def test_a_carrier_found_by_name_is_registered_with_and_calls_go_both_ways_over_tls(self):
        self.serve_over("tls")
        self.calls_go_both_ways()
        self.assertEqual(self.log.find("security.tls_failed"), [])

    def test_a_carrier_is_registered_with_and_calls_go_both_ways_over_tcp(self):
        self.serve_over("tcp")
        self.calls_go_both_ways()

    def test_a_carrier_whose_certificate_is_for_another_name_is_not_believed(self):
        self.serve_over("tls", names="IP:127.0.0.1,DNS:other.example")
        self.log.wait("trunk.registration_failed", trunk="carrier")
        self.log.wait("security.tls_failed", reason="certificate: hostname mismatch")
        self.assertEqual(self.log.find("trunk.registered"), [])

    def test_a_registration_is_made_again_when_its_connection_dies(self):
        self.serve_over("tcp")
        self.log.wait("trunk.registered", trunk="carrier")
        port = self.carrier.port()
        self.carrier.close()
        self.open_carrier(stream="tcp", port=port)  # it has forgotten its customers
        wait_until(lambda: self.world_gets_through(), 10, "a call gets in again")

    def world_gets_through(self):
        leg = self.world.invites("495550100")
        final = leg.phone.expect("SIP/2.0 ", "INVITE", call_id=leg.call_id)
        while final.first.startswith("SIP/2.0 1"):
            final = leg.phone.expect("SIP/2.0 ", "INVITE", call_id=leg.call_id)
        self.world.send(leg.ack(final))
        return final.first.startswith("SIP/2.0 200")


if __name__ == "__main__":
    unittest.main()
