"""The daemon and a carrier, played by SIPp, that demands registration with digest and then calls."""
import unittest

from case import IntegrationTest
from server import Server

ANSWER = """  <send><![CDATA[
    SIP/2.0 {status}
    [last_Via:]
    [last_From:]
    [last_To:];tag=[pid]r[call_number]
    [last_Call-ID:]
    [last_CSeq:]
    {header}
    Content-Length: 0

  ]]></send>
"""
CHALLENGE = ANSWER.format(
    status="401 Unauthorized",
    header='WWW-Authenticate: Digest realm="carrier.example", nonce="abc123", qop="auth", algorithm=MD5')
BOUND = ANSWER.format(status="200 OK", header="Contact:[$2]")
RECEIVE = """  <recv request="REGISTER">
    <action>
      <verifyauth assign_to="1" username="4930123" password="long secret"/>
      <ereg regexp=".*" search_in="hdr" header="Contact:" assign_to="2"/>
    </action>
  </recv>
  <nop test="1" next="{label}"/>
""" + ANSWER.format(status="403 Forbidden", header="Warning: 399 carrier wrong") + """  <label id="{label}"/>
"""
# A challenge, the binding, and its removal when the server ends.
REGISTRAR = ('<?xml version="1.0" encoding="ISO-8859-1" ?>\n<scenario name="registrar">\n  <recv request="REGISTER"/>\n' + CHALLENGE
             + RECEIVE.format(label=1) + BOUND + RECEIVE.format(label=2) + BOUND + "</scenario>\n")


class TrunksTest(IntegrationTest):
    def test_registers_with_a_carrier_that_demands_digest_and_unregisters_at_the_end(self):
        self.server = Server(self.folder)
        self.addCleanup(self.server.close)
        port = self.server.ports.take(2)
        self.server.config["trunks"]["carrier"] = {
            "register": {"registrar": f"sip:127.0.0.1:{port}", "aor": "sip:4930123@carrier.example", "expires": "10m",
                         "retry": "1s", "retry_max": "2s"},
            "credentials": {"user": "4930123", "password": "long secret"},
            "health": {"interval": 0},
        }
        self.server.start()
        self.log = self.server.log
        registrar = self.sipp(REGISTRAR, port=port)
        event = self.log.wait("trunk.registered", trunk="carrier")
        self.assertEqual(event["expires_s"], 600)
        self.assertEqual(event["target"], f"127.0.0.1:{port}")
        carrier = [t for t in self.server.ask("trunks") if t["trunk"] == "carrier"][0]
        self.assertEqual(carrier["registration"], "registered")
        self.assertEqual(carrier["gateways"][0]["addresses"], ["127.0.0.1"])
        self.assertEqual(self.server.ask("status")["trunks"]["registered"], 1)
        self.assertEqual(self.server.stop(), 0)
        registrar.succeeds()
        self.assertIn("Expires: 0\r\n", registrar.trace().replace("\n", "\r\n").replace("\r\r", "\r"))
        self.log.wait("trunk.unregistered", trunk="carrier", cause="shutdown")


if __name__ == "__main__":
    unittest.main()
