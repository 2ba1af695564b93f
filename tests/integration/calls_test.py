"""Calls over UDP from a trunk to a registered agent, and what the log tells of them."""
import os
import struct
import time

from case import IntegrationTest, scenarios
from processes import PortRange, wait_until
from rawcase import RawCalls


class Calls(IntegrationTest):
    def test_a_call_is_queued_offered_answered_and_ended_by_the_caller(self):
        self.start_server()
        phone = self.agent("ann", scenarios.agent_is_hung_up_on())
        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        connected = self.log.wait("contact.connected", agent="ann")
        contact = connected["contact"]
        calls = self.server.ask("calls")
        self.assertEqual([c["state"] for c in calls], ["talking"])
        caller.cue(self.log.wait("contact.arrived")["call_id"])
        caller.succeeds()
        phone.succeeds()
        self.log.wait("contact.ended", contact=contact, cause="caller_hangup")
        self.assertEqual(self.log.handoffs(contact), [("caller", "entry:sales"), ("entry:sales", "queue:sales"),
                                                      ("queue:sales", "agent:ann"), ("agent:ann", "ended")])
        arrived = self.log.find("contact.arrived")[0]
        self.assertEqual((arrived["dialled"], arrived["caller"], arrived["caller_name"]), ("100", "+4930123456", "Carla Caller"))

    def test_a_trunk_with_a_password_is_asked_for_it(self):
        def change(config):
            config["trunks"]["loopback"]["digest"] = {"user": "provider", "password": "a-long-secret"}
        self.start_server(change)
        caller = self.caller(scenarios.caller_with_password("provider", "a-long-secret", 300))
        caller.succeeds()
        self.assertEqual(len(caller.received("SIP/2.0 401")), 1)
        self.log.wait("contact.abandoned")
        self.caller(scenarios.scenario(*scenarios.caller_with_password_steps("provider", "a-guess"), scenarios.recv(401),
                                       scenarios.refused_ack(2))).succeeds()
        self.log.wait("security.auth_failed", user="provider")
        self.assertEqual(len(self.log.find("contact.arrived")), 1)

    def test_sixty_callers_are_served_by_three_agents_first_come_first_served(self):
        agents = ("ann", "ben", "cleo")
        rtp = PortRange()  # four ports a call
        self.addCleanup(rtp.release)

        def change(config):
            config["media"]["ports"] = f"{rtp.base}-{rtp.base + rtp.SIZE - 1}"
            config["agents"] = {name: dict(config["agents"]["ann"]) for name in agents}
        self.start_server(change)
        for name in agents:
            self.agent(name, scenarios.agent_is_hung_up_on(), calls=60)
        callers = self.caller(scenarios.caller_hangs_up_after(700), calls=60, rate=20)
        callers.succeeds(30)
        self.log.wait("contact.ended", 5, count=60)
        connected = self.log.find("contact.connected")
        arrived = [r["contact"] for r in self.log.find("contact.arrived")]
        self.assertEqual(len(arrived), 60)
        self.assertEqual([r["contact"] for r in connected], [c for c in arrived if c in {r["contact"] for r in connected}],
                         "in the order of arrival")
        shares = {name: sum(r["agent"] == name for r in connected) for name in agents}
        self.assertGreater(min(shares.values()), len(connected) // 5, f"nobody is left out: {shares}")
        self.assertEqual(self.server.ask("status")["media"]["sessions"], 0)
        self.assertEqual({a["state"] for a in self.server.ask("agents")}, {"ready"})


class Bridge(RawCalls):
    def test_the_caller_hears_the_agent_from_the_answer_on(self):
        """Within one packet's interval: of what the agent's phone sends after its 200, every 20 ms, at most one packet is lost. The
        quickest of five calls counts, for the machine may be busy."""
        self.serve()
        lost = []
        for _ in range(5):
            outer = self.caller.invites()
            outer.established()
            invite, inner = self.ann_is_rung()
            self.caller.hears()
            self.caller.rtp_heard.clear()
            self.ann.send(inner.answer(invite, 200, "OK", self.ann.sdp()))
            begin = time.monotonic()
            for number in range(10):
                self.ann.says(number, invite.body, packets=1)
                time.sleep(max(0.0, begin + 0.02 * (number + 1) - time.monotonic()))  # the pace of G.711 in RFC 3551 §4.2
            heard = wait_until(lambda: [n for n in self.caller.hears() if n < 10], 5, "the agent is heard")
            lost.append(min(heard))
            self.ann.expect("ACK ")
            self.caller.send(outer.request("BYE"))
            outer.expect(200, "BYE")
            self.is_hung_up_on(self.ann, inner)
            self.log.wait("contact.ended", count=len(lost))
        print(f"packets lost after the answer, by call: {lost}")
        self.assertLessEqual(min(lost), 1, lost)


class Sounds(IntegrationTest):
    def test_a_call_lives_without_a_sound_that_can_not_be_played(self):
        """Which is seen when it is loaded only: the one sample isn't whole."""
        head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 37, b"WAVE", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16, b"data", 1)
        with open(os.path.join(self.folder, "broken.wav"), "wb") as file:
            file.write(head + b"x")
        self.start_server(lambda config: config["queues"]["sales"].update(greeting="broken.wav", music="broken.wav"))
        missing = self.log.wait("media.sound_missing")
        self.assertIn("broken.wav", missing["path"])
        phone = self.agent("ann", scenarios.agent_is_hung_up_on())
        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        self.log.wait("contact.connected", agent="ann")
        caller.cue(self.log.wait("contact.arrived")["call_id"])
        caller.succeeds()
        phone.succeeds()
        self.log.wait("contact.ended", cause="caller_hangup")


if __name__ == "__main__":
    import unittest
    unittest.main()
