"""RFC 5359's services, as far as a contact centre meets them. The number of a test is that of its section."""
import os
import wave

from processes import wait_until
from rawcase import RawCalls

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
        """(offer, direction of the answer): RFC 3264 §8.4, and as RFC 2543 had it."""
        old = phone.sdp(version=12).replace("c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0")
        return ((phone.sdp(version=10, direction="sendonly"), "recvonly"), (phone.sdp(version=11, direction="inactive"), "inactive"),
                (old, None))

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
