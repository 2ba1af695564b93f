"""RFC 5359's services, as far as a contact centre meets them: hold, consultation, transfer. The number of a test is that of its section."""
import os
import re
import wave
from urllib.parse import quote

from processes import wait_until
from rawcase import RawCalls
from rawsip import RawPhone

CALLER, AGENT, BEHIND = 0x42, 0x41, 0x43


def a_law(level):
    import warnings
    warnings.simplefilter("ignore", DeprecationWarning)
    import audioop
    return audioop.lin2alaw(level.to_bytes(2, "little", signed=True), 2)[0]


def write_level(path, level):
    """A WAV file that is one sample over and over, so that its A-law is one byte over and over."""
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(level.to_bytes(2, "little", signed=True) * 8000 * 20)
    return a_law(level)


class Services(RawCalls):
    def setUp(self):
        super().setUp()
        self.music = write_level(os.path.join(self.folder, "hold.wav"), 9000)
        self.assertNotIn(self.music, (CALLER, AGENT, BEHIND))

    def offers(self, phone, leg, sdp):
        """A re-INVITE to its end: the answer's SDP."""
        phone.send(leg.request("INVITE", sdp))
        accepted = leg.expect(200, "INVITE", cseq=leg.cseq)
        phone.send(leg.ack(accepted))
        return accepted.body

    def heard(self, phone, byte):
        wait_until(lambda: byte in phone.hears(), 5, lambda: f"{byte:#x} at {phone.name}; {phone.hears()}")

    def hears_more(self, phone, packets=4):
        before = phone.rtp_count
        wait_until(lambda: phone.hears() and phone.rtp_count >= before + packets, 5, lambda: f"sound at {phone.name}")

    def can_talk(self, outer, inner, caller=CALLER, agent=AGENT):
        self.caller.says(caller, outer.peer_sdp)
        self.heard(self.ann, caller)
        self.ann.says(agent, inner.peer_sdp)
        self.heard(self.caller, agent)

    def dialects(self, phone):
        """(offer, direction of the answer): RFC 3264 §8.4, as RFC 2543 had it, and the stream switched off (§8.2)."""
        old = phone.sdp(version=12).replace("c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0")
        off = re.sub(r"m=audio \d+", "m=audio 0", phone.sdp(version=13))
        return ((phone.sdp(version=10, direction="sendonly"), "recvonly"), (phone.sdp(version=11, direction="inactive"), "inactive"),
                (old, None), (off, None))

    def test_2_1_and_2_3_the_agent_holds_in_every_dialect_and_the_caller_hears_music(self):
        self.serve(hold_music="hold.wav")
        outer, inner = self.talking()
        self.can_talk(outer, inner)
        for number, (offer, direction) in enumerate(self.dialects(self.ann), 1):
            self.caller.rtp_heard.clear()
            answer = self.offers(self.ann, inner, offer)
            if direction:
                self.assertIn("a=" + direction, answer)
            self.log.wait("contact.held", by="agent", agent="ann", count=number)
            self.heard(self.caller, self.music)
            self.caller.says(BEHIND, outer.peer_sdp)  # nobody may hear it
            self.hears_more(self.caller)  # the server reads before it plays on
            answer = self.offers(self.ann, inner, self.ann.sdp(version=20 + number))
            self.assertIn("a=sendrecv", answer)
            self.log.wait("contact.resumed", by="agent", agent="ann", count=number)
            self.can_talk(outer, inner, 0x50 + number, 0x60 + number)
            self.assertNotIn(BEHIND, self.ann.hears())
        self.assertEqual([m for m in self.caller.unasked() if m.startswith("INVITE")], [], "the caller's session stays as it was")
        self.caller.send(outer.request("BYE"))
        outer.expect(200, "BYE")
        self.is_hung_up_on(self.ann, inner)
        ended = self.ends("caller_hangup")
        self.assertGreater(ended["held_ms"], 0)

    def test_2_1_the_caller_holds_in_every_dialect(self):
        self.serve()
        outer, inner = self.talking()
        self.can_talk(outer, inner)
        for number, (offer, direction) in enumerate(self.dialects(self.caller), 1):
            answer = self.offers(self.caller, outer, offer)
            if direction:
                self.assertIn("a=" + direction, answer)
            self.log.wait("contact.held", by="caller", agent="ann", count=number)
            if direction == "recvonly":
                self.ann.says(BEHIND, inner.peer_sdp)  # nobody may hear it
                self.caller.says(0x70, outer.peer_sdp)
                self.heard(self.ann, 0x70)  # what was sent before has been read, too
            self.offers(self.caller, outer, self.caller.sdp(version=20 + number))
            self.log.wait("contact.resumed", by="caller", agent="ann", count=number)
            self.can_talk(outer, inner, 0x50 + number, 0x60 + number)
            self.assertNotIn(BEHIND, self.caller.hears())
        self.ann.send(inner.request("BYE"))
        inner.expect(200, "BYE")
        self.is_hung_up_on(self.caller, outer)
        self.ends("agent_hangup")

    # ---- with a third party

    def serve_a_colleague(self):
        """Ben, who alone serves the queue behind 101."""
        self.ben = self.started(RawPhone("ben"))

        def change(config):
            config["skills"].append("support")
            config["queues"]["support"] = {"requires": {"support": 1}}
            config["entry_points"]["support"] = {"numbers": ["101"], "queue": "support"}
            config["agents"]["ben"].update(contact=self.ben.uri, always_logged_in=True, skills={"support": 5})
        self.serve(change, hold_music="hold.wav")
        self.ben.talks_to(self.server)

    def ben_answers(self):
        invite, leg = self.ben.is_invited()
        self.ben.send(leg.answer(invite, 180, "Ringing"), leg.answer(invite, 200, "OK", self.ben.sdp()))
        self.ben.expect("ACK ")
        leg.peer_sdp = invite.body
        return leg

    def refers(self, leg, refer_to, meanwhile=lambda: None):
        """Ann's REFER to its last NOTIFY: what that says."""
        self.ann.send(leg.request("REFER", headers=[("Refer-To", refer_to), ("Referred-By", "<sip:ann@centrala.local>")]))
        leg.expect(202, "REFER")
        meanwhile()
        while True:
            notify = self.ann.expect("NOTIFY ", call_id=leg.call_id)
            self.assertTrue(notify["Event"].startswith("refer"), notify)
            self.assertTrue(notify["Content-Type"].startswith("message/sipfrag"), notify)
            self.ann.send(leg.answer(notify, 200, "OK"))
            if notify["Subscription-State"].startswith("terminated"):
                return notify.body.strip()

    def caller_and_ben_talk(self, outer, at_ben):
        self.caller.says(0x71, outer.peer_sdp)
        self.heard(self.ben, 0x71)
        self.ben.says(0x72, at_ben.peer_sdp)
        self.heard(self.caller, 0x72)
        self.assertNotIn(0x71, self.ann.hears())

    def consults(self, inner):
        """Ann has put the caller on hold and talks to ben: the legs of that call at ann's and at ben's."""
        self.offers(self.ann, inner, self.ann.sdp(version=10, direction="sendonly"))
        self.log.wait("contact.held", by="agent")
        here = self.ann.invites("ben")
        there = self.ben_answers()
        here.peer_sdp = here.established().body
        self.ben.says(0x73, there.peer_sdp)
        self.heard(self.ann, 0x73)
        return here, there

    def ends_with_ben(self, outer, at_ben, contact):
        self.caller.send(outer.request("BYE"))
        outer.expect(200, "BYE")
        self.is_hung_up_on(self.ben, at_ben)
        self.log.wait("contact.ended", contact=contact, agent="ben", cause="caller_hangup")
        for phone in (self.caller, self.ann, self.ben):
            self.silent(phone)

    def test_2_2_a_consultation_on_hold_then_back_to_the_caller(self):
        self.serve_a_colleague()
        outer, inner = self.talking()
        here, there = self.consults(inner)
        self.ann.send(here.request("BYE"))
        here.expect(200, "BYE")
        self.is_hung_up_on(self.ben, there)
        self.offers(self.ann, inner, self.ann.sdp(version=11))
        self.log.wait("contact.resumed", by="agent")
        self.can_talk(outer, inner)
        self.caller.send(outer.request("BYE"))
        outer.expect(200, "BYE")
        self.is_hung_up_on(self.ann, inner)
        self.ends("caller_hangup")

    def test_2_4_an_unattended_transfer_to_a_queue(self):
        self.serve_a_colleague()
        outer, inner = self.talking()
        self.assertEqual(self.refers(inner, "<sip:101@127.0.0.1>"), "SIP/2.0 200 OK")
        self.is_hung_up_on(self.ann, inner)
        at_ben = self.ben_answers()
        self.caller_and_ben_talk(outer, at_ben)
        contact = self.log.wait("contact.transferred", kind="blind", target="queue", to="queue:support")["contact"]
        self.ends_with_ben(outer, at_ben, contact)
        self.assertEqual([to for _, to in self.log.handoffs(contact)],
                         ["entry:sales", "queue:sales", "agent:ann", "queue:support", "agent:ben", "ended"])

    def test_2_4_an_unattended_transfer_to_a_colleague(self):
        self.serve_a_colleague()
        outer, inner = self.talking()
        ben = []
        self.assertEqual(self.refers(inner, "<sip:ben@127.0.0.1>", lambda: ben.append(self.ben_answers())), "SIP/2.0 200 OK")
        self.is_hung_up_on(self.ann, inner)
        at_ben = ben[0]
        self.caller_and_ben_talk(outer, at_ben)
        self.ends_with_ben(outer, at_ben, self.log.wait("contact.transferred", kind="blind", target="agent")["contact"])

    def test_2_5_an_attended_transfer(self):
        self.serve_a_colleague()
        outer, inner = self.talking()
        here, there = self.consults(inner)
        tag = re.compile(";tag=([^;>]+)")
        replaces = f"{here.call_id};to-tag={tag.search(here.remote).group(1)};from-tag={tag.search(here.local).group(1)}"
        self.assertEqual(self.refers(inner, f"<sip:ben@127.0.0.1?Replaces={quote(replaces, safe='')}>"), "SIP/2.0 200 OK")
        self.is_hung_up_on(self.ann, inner)
        self.is_hung_up_on(self.ann, here)
        self.caller_and_ben_talk(outer, there)
        self.ends_with_ben(outer, there, self.log.wait("contact.transferred", kind="attended", target="agent", to="agent:ben")["contact"])
