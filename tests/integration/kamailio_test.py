"""Kamailio between the server and everybody else: callers come over two proxies, agents' phones are behind another."""
import os
import shutil
import unittest

import kamailio
import sound
from case import IntegrationTest
from processes import wait_until
from softphone import MODULES, Softphone

CALLER_TONE, AGENT_TONE = 440, 1000


@unittest.skipUnless(shutil.which("kamailio") and shutil.which("baresip") and MODULES, "no Kamailio or no baresip here")
class EdgeProxy(IntegrationTest):
    def setUp(self):
        super().setUp()
        for name, frequency in (("caller", CALLER_TONE), ("agent", AGENT_TONE)):
            sound.write_tone(os.path.join(self.folder, name + ".wav"), frequency, 40)

    def proxy(self, name, inside=None, stream=None):
        return self.started(kamailio.edge(self.folder, self.server, inside, name=name, stream=stream))

    def phone(self, where, user, source, **options):
        return self.started(Softphone(self.folder, where, user, os.path.join(self.folder, source), **options))

    def serve(self, stream=None):
        """Ann's phone behind one proxy, the caller's behind two, both talking; those next to the server talk `stream` to it."""
        self.start_server(lambda config: config["registration"].update(edge_proxies=["127.0.0.0/8"]))
        self.agents_edge = self.proxy("agents", stream=stream)
        self.carrier = self.proxy("carrier", stream=stream)
        self.far = self.proxy("far", inside=self.carrier)
        self.agent = self.phone(self.agents_edge, "ann", "agent.wav", password="secret")
        self.log.wait("registrar.registered", agent="ann")
        self.login("ann")
        self.caller = self.phone(self.far, "+4930123456", "caller.wav")

    def connected(self):
        self.caller.dial("100")
        contact = self.log.wait("contact.connected", agent="ann")["contact"]
        self.agent.wait("CALL_ESTABLISHED")
        self.hears(self.agent, CALLER_TONE)
        self.hears(self.caller, AGENT_TONE)
        return contact

    def hears(self, phone, tone):
        """From now on."""
        before = phone.heard_ms(tone)
        wait_until(lambda: phone.heard_ms(tone) > before + 400, 8, lambda: f"{tone} Hz\n{phone.report()}", poll=0.1)

    def test_the_agent_behind_a_proxy_holds_resumes_and_hangs_up_on_a_caller_behind_two(self):
        self.serve()
        contact = self.connected()
        self.agent.command("hold")
        self.log.wait("contact.held", contact=contact, by="agent")
        self.agent.command("resume")
        self.log.wait("contact.resumed", contact=contact, by="agent")
        self.hears(self.caller, AGENT_TONE)  # baresip's recorder stands still after a hold: not the agent
        self.agent.hang_up()
        self.log.wait("contact.ended", contact=contact, cause="agent_hangup")
        self.caller.wait("CALL_CLOSED")

    def test_a_caller_behind_two_proxies_hangs_up_on_the_agent_behind_another(self):
        self.serve()
        contact = self.connected()
        self.caller.hang_up()
        self.log.wait("contact.ended", contact=contact, cause="caller_hangup")
        self.agent.wait("CALL_CLOSED")
        routes = [f"Route: <sip:127.0.0.1:{proxy.port()};lr=on" for proxy in (self.far, self.carrier)]
        bye = self.caller.process.output().split("BYE sip:")[1]
        self.assertTrue(0 < bye.find(routes[0]) < bye.find(routes[1]), bye[:1000])

    def test_an_edge_that_talks_tcp_to_the_server_is_called_back_over_its_own_connection(self):
        self.serve("tcp")
        self.assertEqual(self.log.find("registrar.registered")[0]["transport"], "tcp")
        contact = self.connected()
        self.agent.command("hold")
        self.log.wait("contact.held", contact=contact, by="agent")
        self.agent.command("resume")
        self.log.wait("contact.resumed", contact=contact, by="agent")
        self.caller.hang_up()
        self.log.wait("contact.ended", contact=contact, cause="caller_hangup")
        self.agent.wait("CALL_CLOSED")
        self.assertEqual(self.server.ask("status")["sockets"]["tcp_connected"], 0)
