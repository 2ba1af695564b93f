"""Linphone as an agent's phone and as a caller: it registers, is heard and hears, holds, declines, hangs up."""
import os
import shutil
import unittest

import sound
from case import IntegrationTest, scenarios
from certificates import Authority
from linphone import Linphone
from processes import wait_until

CALLER_TONE, AGENT_TONE, BEN_TONE = 440, 1000, 1700


@unittest.skipUnless(shutil.which("linphonec"), "linphonec isn't installed")
class Linphones(IntegrationTest):
    def setUp(self):
        super().setUp()
        for name, frequency in (("caller", CALLER_TONE), ("agent", AGENT_TONE)):
            sound.write_tone(os.path.join(self.folder, name + ".wav"), frequency, 40)

    def phone(self, user, source, **options):
        return self.started(Linphone(self.folder, self.server, user, os.path.join(self.folder, source), **options))

    def agent_phone(self, transport="udp", **options):
        """Ann's, registered with digest and logged in."""
        phone = self.phone("ann", "agent.wav", transport=transport, **options)
        registered = self.log.wait("registrar.registered", agent="ann")
        self.assertEqual(registered["transport"], transport)
        self.assertIn("Linphonec", registered["user_agent"])
        self.login("ann")
        return phone

    def calling_phone(self, number="100", transport="udp"):
        caller = self.phone("carla", "caller.wav", password=None, transport=transport)
        caller.dial(number)
        return caller

    def answers(self, phone):
        self.log.wait("offer.ringing", agent="ann")
        phone.command("answer")
        return self.log.wait("contact.connected", agent="ann")["contact"]

    def hear_each_other(self, agent, caller, milliseconds=600):
        """From now on, for so long."""
        for phone, tone in ((agent, CALLER_TONE), (caller, AGENT_TONE)):
            before = phone.heard_ms(tone)
            wait_until(lambda: phone.heard_ms(tone) > before + milliseconds, 8, lambda: f"{tone} Hz\n{phone.report()}", poll=0.1)

    def test_it_registers_over_udp_answers_holds_resumes_and_hangs_up(self):
        self.start_server()
        agent = self.agent_phone()
        caller = self.calling_phone()
        contact = self.answers(agent)
        self.hear_each_other(agent, caller)
        agent.command("pause")
        agent.says("is now paused")
        self.log.wait("contact.held", contact=contact, by="agent")
        self.assertIn("a=sendonly", agent.log())
        self.assertIn("a=recvonly", agent.log(), "the answer to sendonly (RFC 3264 §6.1)")
        agent.command("resume 1")
        agent.says("Media streams established", count=2)
        self.log.wait("contact.resumed", contact=contact, by="agent")
        self.hear_each_other(agent, caller)
        agent.command("terminate")
        self.log.wait("contact.ended", contact=contact, cause="agent_hangup")
        caller.says(" ended (")
        self.log.wait("agent.state_changed", agent="ann", to="ready", count=2)

    def test_over_tcp_the_caller_holds_resumes_and_hangs_up(self):
        self.start_server()
        agent = self.agent_phone("tcp")
        caller = self.calling_phone(transport="tcp")
        contact = self.answers(agent)
        self.hear_each_other(agent, caller)
        caller.command("pause")
        caller.says("is now paused")
        self.log.wait("contact.held", contact=contact, by="caller")
        caller.command("resume 1")
        caller.says("Media streams established", count=2)
        self.log.wait("contact.resumed", contact=contact, by="caller")
        self.hear_each_other(agent, caller)
        caller.command("terminate")
        self.log.wait("contact.ended", contact=contact, cause="caller_hangup")
        agent.says(" ended (")
        self.assertEqual(self.server.ask("status")["sockets"]["tcp_connected"], 0, "the server had to connect by itself")

    def serve_tls(self):
        authority = Authority(self.folder)
        own = authority.sign("server", "localhost")
        self.start_server(lambda config: config.update(tls=own), transports=("udp", "tls"))
        return authority

    def test_over_tls_it_trusts_the_servers_certificate_and_is_called_on_its_connection(self):
        authority = self.serve_tls()
        agent = self.agent_phone("tls", root_ca=authority.certificate)
        caller = self.calling_phone()
        contact = self.answers(agent)
        self.hear_each_other(agent, caller)
        agent.command("terminate")
        self.log.wait("contact.ended", contact=contact, cause="agent_hangup")

    def test_over_tls_it_doesnt_talk_to_a_server_whose_certificate_it_cant_trust(self):
        self.serve_tls()
        stranger = os.path.join(self.folder, "stranger")
        os.mkdir(stranger)
        self.phone("ann", "agent.wav", transport="tls", root_ca=Authority(stranger).certificate)
        self.log.wait("security.tls_failed")
        self.assertEqual(self.log.find("registrar.registered"), [])

    def test_a_call_that_it_declines_goes_to_the_next_agent(self):
        self.start_server()
        agent = self.agent_phone()
        second = self.agent("ben", scenarios.agent_is_hung_up_on())
        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        self.log.wait("offer.ringing", agent="ann")
        agent.command("terminate")
        self.assertEqual(self.log.wait("offer.ended", agent="ann")["outcome"], "rejected")
        self.log.wait("contact.connected", agent="ben")
        caller.cue(self.log.wait("contact.arrived")["call_id"])
        caller.succeeds()
        second.succeeds()

    def test_a_caller_who_gives_up_stops_its_ringing_and_it_unregisters_as_it_quits(self):
        self.start_server()
        agent = self.agent_phone()
        caller = self.calling_phone()
        self.log.wait("offer.ringing", agent="ann")
        caller.command("terminate")
        self.log.wait("contact.abandoned")
        agent.says("ended (")
        agent.command("quit")
        self.log.wait("registrar.unregistered", agent="ann")
        self.assertEqual(agent.process.wait(10), 0)

    # ---- transfers

    def serve_a_colleague(self):
        """Ben, another Linphone, alone serves the queue behind 101."""
        sound.write_tone(os.path.join(self.folder, "ben.wav"), BEN_TONE, 40)

        def change(config):
            config["skills"].append("support")
            config["queues"]["support"] = {"requires": {"support": 1}}
            config["entry_points"]["support"] = {"numbers": ["101"], "queue": "support"}
            config["agents"]["ben"]["skills"] = {"support": 5}
        self.start_server(change)
        self.agent = self.agent_phone()
        self.ben = self.phone("ben", "ben.wav")
        self.log.wait("registrar.registered", agent="ben")
        self.login("ben")
        self.calls = self.calling_phone()
        contact = self.answers(self.agent)
        self.hear_each_other(self.agent, self.calls)
        return contact

    def ben_takes_over(self, contact):
        for phone, tone in ((self.ben, CALLER_TONE), (self.calls, BEN_TONE)):
            before = phone.heard_ms(tone)
            wait_until(lambda: phone.heard_ms(tone) > before + 400, 8, lambda: f"{tone} Hz\n{phone.report()}", poll=0.1)
        self.calls.command("terminate")
        self.log.wait("contact.ended", contact=contact, agent="ben", cause="caller_hangup")
        self.log.wait("agent.state_changed", agent="ann", to="ready", count=2)

    def test_it_transfers_a_caller_to_a_queue(self):
        contact = self.serve_a_colleague()
        self.agent.command(f"transfer sip:101@{self.agent.target}")
        self.log.wait("contact.transferred", contact=contact, kind="blind", target="queue")
        self.log.wait("offer.ringing", agent="ben")
        self.ben.command("answer")
        self.log.wait("contact.connected", contact=contact, agent="ben")
        self.ben_takes_over(contact)

    def test_it_consults_a_colleague_and_connects_the_caller(self):
        contact = self.serve_a_colleague()
        self.agent.command("pause")
        self.agent.says("is now paused")
        self.agent.command(f"call sip:ben@{self.agent.target}")
        self.log.wait("contact.held", by="agent")
        self.ben.says("Receiving new incoming call")
        self.ben.command("answer")
        self.agent.says("connected.", count=2)
        self.agent.command("transfer 1 --to-call 2")
        self.log.wait("contact.transferred", contact=contact, kind="attended", to="agent:ben")
        self.ben_takes_over(contact)
