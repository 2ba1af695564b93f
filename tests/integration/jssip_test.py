"""JsSIP over WebSocket as an agent's phone and as a caller. Its sound isn't tested: see jssip/phone.mjs."""
import unittest

from case import IntegrationTest, scenarios
from certificates import Authority
from jssip_phone import JsSipPhone, is_installed


@unittest.skipUnless(is_installed(), "JsSIP isn't installed: scripts/install-npm")
class BrowserPhone(IntegrationTest):
    def serve(self):
        self.start_server(transports=("udp", "tcp", "ws"))

    def agent_phone(self, transport="ws", **options):
        phone = self.started(JsSipPhone(self.folder, self.server, "ann", "secret", transport=transport, **options))
        self.assertIn("transport=ws", phone.wait("registered")["contact"])
        registered = self.log.wait("registrar.registered", agent="ann")
        self.assertEqual(registered["transport"], transport)
        self.login("ann")
        return phone

    def test_an_agent_registers_answers_holds_resumes_and_hangs_up(self):
        self.serve()
        agent = self.agent_phone()
        caller = self.caller(scenarios.caller_is_hung_up_on())
        self.assertEqual(agent.wait("invited")["from"], "+4930123456")
        self.log.wait("offer.ringing", agent="ann")
        agent.command("answer")
        agent.wait("confirmed")
        contact = self.log.wait("contact.connected", agent="ann")["contact"]
        agent.command("hold")
        agent.wait("held")
        self.log.wait("contact.held", contact=contact, by="agent")
        agent.command("resume")
        agent.wait("resumed")
        self.log.wait("contact.resumed", contact=contact, by="agent")
        answers = [event["sdp"] for event in agent.events("sdp") if (event["by"], event["type"]) == ("remote", "answer")]
        self.assertEqual([direction in answer for direction, answer in zip(("a=recvonly", "a=sendrecv"), answers)], [True, True], answers)
        agent.command("hang_up")
        caller.succeeds()
        self.log.wait("contact.ended", contact=contact, cause="agent_hangup")

    def test_an_agent_declines_is_hung_up_on_and_unregisters(self):
        self.serve()
        agent = self.agent_phone()
        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        agent.wait("invited")
        agent.command("reject")
        self.assertEqual(self.log.wait("offer.ended", agent="ann")["outcome"], "rejected")
        agent.wait("invited", count=2)  # once the refusal is forgotten
        agent.command("answer")
        self.log.wait("contact.connected", agent="ann")
        caller.cue(self.log.wait("contact.arrived")["call_id"])
        caller.succeeds()
        self.assertEqual(agent.wait("ended")["by"], "remote")
        agent.command("quit")
        self.log.wait("registrar.unregistered", agent="ann")

    def test_over_secure_websocket_an_agent_is_called_and_hangs_up(self):
        authority = Authority(self.folder)
        own = authority.sign("server", "localhost")
        self.start_server(lambda config: config.update(tls=own), transports=("udp", "wss"))
        agent = self.agent_phone("wss", environment={"NODE_EXTRA_CA_CERTS": authority.certificate})
        caller = self.caller(scenarios.caller_is_hung_up_on())
        agent.wait("invited")
        agent.command("answer")
        self.log.wait("contact.connected", agent="ann")
        agent.command("hang_up")
        caller.succeeds()
        self.log.wait("contact.ended", cause="agent_hangup")

    def test_a_caller_over_websocket_waits_is_answered_and_hangs_up(self):
        self.serve()
        phone = self.agent("ann", scenarios.agent_is_hung_up_on())
        caller = self.started(JsSipPhone(self.folder, self.server, "carla"))
        caller.wait("connected")
        caller.command("dial 100")
        caller.wait("confirmed")
        self.log.wait("contact.connected", agent="ann")
        caller.command("hang_up")
        phone.succeeds()
        self.assertEqual(caller.wait("ended")["by"], "local")
        self.log.wait("contact.ended", cause="caller_hangup")
