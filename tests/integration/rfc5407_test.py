"""RFC 5407, section 3: requests and answers that cross on the wire. The number of a test is that of its figure.

Where the figure's Alice is the server, Bob is the agent's phone, else Alice is the caller. A message that "crosses" is one that is
sent although a newer one has arrived: on the wire the same.
"""
from processes import wait_until
from rawcase import RawCalls


class RaceConditions(RawCalls):
    # ---- 3.1: in the Moratorium state

    def test_3_1_1_an_invite_that_comes_again_after_its_200_is_no_new_call(self):
        self.serve()
        leg = self.caller.invites()
        first = leg.expect(200, "INVITE")
        self.caller.send(leg.invite, leg.invite)
        self.caller.send(leg.ack(first))
        self.caller.send(leg.request("BYE"))
        leg.expect(200, "BYE")
        self.abandons()
        self.silent(self.caller)

    def test_3_1_2_a_cancel_that_crosses_the_200_is_answered_and_changes_nothing(self):
        self.serve()
        leg = self.caller.invites()
        self.caller.send(leg.cancel())
        accepted = leg.expect(200, "INVITE")
        leg.expect(200, "CANCEL")
        self.caller.send(leg.ack(accepted))
        invite, inner = self.ann_is_rung()
        self.assertEqual([c["state"] for c in self.server.ask("calls")], ["ringing"])
        self.caller.send(leg.request("BYE"))
        leg.expect(200, "BYE")
        self.abandons()
        self.ann.send(inner.answer(self.ann.expect("CANCEL "), 200, "OK"), inner.answer(invite, 487, "Request Terminated"))
        self.ann.expect("ACK ")
        self.silent(self.caller)

    def test_3_1_2_our_cancel_crosses_the_phones_200_which_is_acknowledged_and_ended(self):
        self.serve()
        outer = self.caller.invites()
        outer.established()
        invite, inner = self.ann_is_rung()
        self.caller.send(outer.request("BYE"))
        cancel = self.ann.expect("CANCEL ")
        self.ann.send(inner.answer(invite, 200, "OK", self.ann.sdp()), inner.answer(cancel, 200, "OK"))
        self.assertEqual(self.ann.expect("ACK ").cseq, invite.cseq)
        self.is_hung_up_on(self.ann, inner)
        self.abandons()
        outer.expect(200, "BYE")
        self.silent(self.ann)

    def test_3_1_3_a_bye_to_the_early_dialog_that_crosses_the_200_ends_the_call(self):
        self.serve(early_media=True)
        leg = self.caller.invites()
        leg.expect(183, "INVITE")
        inner = self.ann_answers()
        accepted = leg.expect(200, "INVITE")  # crosses: the BYE below was sent without knowing of it
        self.caller.send(leg.request("BYE"))
        leg.expect(200, "BYE")
        self.caller.send(leg.ack(accepted))
        self.is_hung_up_on(self.ann, inner)
        self.ends("caller_hangup")
        self.silent(self.caller)

    def test_3_1_4_a_reinvite_that_overtakes_the_ack_is_answered(self):
        self.serve()
        leg = self.caller.invites()
        accepted = leg.expect(200, "INVITE")
        lost_ack = leg.ack(accepted)
        leg.expect(200, "INVITE", cseq=1)  # repeated: F5
        self.caller.send(leg.request("INVITE", self.caller.sdp(version=2)))
        again = leg.expect(200, "INVITE", cseq=2)
        self.caller.send(lost_ack, leg.ack(again))
        inner = self.ann_answers()
        self.caller.send(leg.request("BYE"))
        leg.expect(200, "BYE")
        self.is_hung_up_on(self.ann, inner)
        self.ends("caller_hangup")
        self.silent(self.caller)

    def test_3_1_5_a_reinvite_that_overtakes_the_answer_in_the_ack_is_refused_with_491(self):
        self.serve()
        leg = self.caller.invites(sdp="")
        offered = leg.expect(200, "INVITE")
        self.assertIn("m=audio", offered.body)
        lost_ack = leg.ack(offered, self.caller.sdp())
        self.caller.send(leg.request("INVITE", self.caller.sdp(version=2)))
        refused = leg.expect(491, "INVITE", cseq=2)
        self.caller.send(lost_ack, leg.ack(refused))
        self.caller.send(leg.request("INVITE", self.caller.sdp(version=2)))
        self.caller.send(leg.ack(leg.expect(200, "INVITE", cseq=3)))
        inner = self.ann_answers()
        self.caller.send(leg.request("BYE"))
        leg.expect(200, "BYE")
        self.is_hung_up_on(self.ann, inner)
        self.ends("caller_hangup")

    def test_3_1_6_a_bye_that_overtakes_the_ack_ends_the_call_and_the_ack_doesnt_revive_it(self):
        self.serve()
        leg = self.caller.invites()
        accepted = leg.expect(200, "INVITE")
        lost_ack = leg.ack(accepted)
        leg.expect(200, "INVITE")  # repeated: F5
        self.caller.send(leg.request("BYE"), lost_ack)
        leg.expect(200, "BYE")
        self.abandons()
        self.silent(self.caller)
        self.assertEqual(self.server.ask("calls"), [])

    def test_3_1_6_a_200_that_comes_again_is_acknowledged_again_also_after_our_bye(self):
        self.serve()
        outer = self.caller.invites()
        outer.established()
        invite, inner = self.ann_is_rung()
        accepted = inner.answer(invite, 200, "OK", self.ann.sdp())
        self.ann.send(accepted)
        ack = self.ann.expect("ACK ")
        self.ann.send(accepted)
        self.assertEqual(self.ann.expect("ACK ").raw, ack.raw)
        self.caller.send(outer.request("BYE"))
        bye = self.ann.expect("BYE ")
        self.ann.send(accepted)
        self.assertEqual(self.ann.expect("ACK ").raw, ack.raw)
        self.ann.send(inner.answer(bye, 200, "OK"))
        self.ends("caller_hangup")
        self.silent(self.ann)

    # ---- 3.2: in the Mortal state

    def test_3_2_1_byes_that_cross_are_both_answered(self):
        self.serve()
        outer, inner = self.talking()
        self.caller.send(outer.request("BYE"))
        outer.expect(200, "BYE")
        bye = self.ann.expect("BYE ")
        self.ann.send(inner.request("BYE"), inner.answer(bye, 200, "OK"))
        inner.expect(200, "BYE")
        self.ends("caller_hangup")
        self.silent(self.ann)

    def test_3_2_2_a_reinvite_that_crosses_our_bye_is_refused_with_481(self):
        self.serve()
        outer, inner = self.talking()
        self.caller.send(outer.request("BYE"))
        outer.expect(200, "BYE")
        bye = self.ann.expect("BYE ")
        self.ann.send(inner.request("INVITE", self.ann.sdp(version=2, direction="sendonly")), inner.answer(bye, 200, "OK"))
        self.ann.send(inner.ack(inner.expect(481, "INVITE")))
        self.ends("caller_hangup")
        self.silent(self.ann)

    def test_3_2_3_a_bye_right_behind_a_reinvite_ends_the_call_and_both_are_answered(self):
        self.serve()
        outer, inner = self.talking()
        self.caller.send(outer.request("INVITE", self.caller.sdp(version=2)), outer.request("BYE"))
        accepted = outer.expect(200, "INVITE", cseq=2)
        outer.expect(200, "BYE", cseq=3)
        self.caller.send(outer.ack(accepted))
        self.is_hung_up_on(self.ann, inner)
        self.ends("caller_hangup")
        self.silent(self.caller)

    def test_3_2_4_a_bye_of_the_phone_crosses_our_ack(self):
        self.serve()
        outer = self.caller.invites()
        outer.established()
        invite, inner = self.ann_is_rung()
        self.ann.send(inner.answer(invite, 200, "OK", self.ann.sdp()), inner.request("BYE"))
        self.ann.expect("ACK ")
        inner.expect(200, "BYE")
        self.is_hung_up_on(self.caller, outer)
        self.ends("agent_hangup")
        self.silent(self.ann)

    def test_3_2_4_our_bye_crosses_the_ack_which_brings_the_answer(self):
        """The server is Bob: a queue's longest wait is over before the caller's ACK is here."""
        self.serve(lambda config: config["agents"]["ann"].update(skills={}), max_wait="1s")
        leg = self.caller.invites(sdp="")
        offered = leg.expect(200, "INVITE")
        self.log.wait("contact.ended", cause="max_wait")
        ack = leg.ack(offered, self.caller.sdp())
        self.caller.send(ack)
        self.is_hung_up_on(self.caller, leg)
        self.caller.send(ack)
        self.silent(self.caller)
        self.assertEqual(self.server.ask("calls"), [])

    # ---- 3.3: others

    def crosses(self, phone, leg, method):
        """Our refresh, which comes 45 s after the session began, crosses an offer of the phone's; both come again, and succeed."""
        ours = phone.expect("INVITE ", seconds=60, call_id=leg.call_id)
        phone.send(leg.request(method, phone.sdp(version=2)), leg.answer(ours, 491, "Request Pending"))
        refused = leg.expect(491, method, cseq=leg.cseq)
        if method == "INVITE":
            phone.send(leg.ack(refused))
        phone.expect("ACK ", cseq=ours.cseq, call_id=leg.call_id)
        self.assertIn("Session-Expires", str(ours))
        again = wait_until(lambda: self.next_invite(phone, leg, ours.cseq), 10, lambda: f"the refresh again\n{phone.report()}")
        phone.send(leg.answer(again, 200, "OK", phone.sdp(), [("Require", "timer"), ("Session-Expires", "90;refresher=uac")]))
        phone.expect("ACK ", cseq=again.cseq, call_id=leg.call_id)
        phone.send(leg.request(method, phone.sdp(version=3)))
        accepted = leg.expect(200, method, cseq=leg.cseq)
        if method == "INVITE":
            phone.send(leg.ack(accepted))

    @staticmethod
    def next_invite(phone, leg, after):
        phone.poll()
        return next((m for m in phone.inbox if m.first.startswith("INVITE ") and m.call_id == leg.call_id and m.cseq > after), None)

    def test_3_3_1_and_3_3_2_our_refresh_crosses_a_reinvite_of_the_caller_and_an_update_of_the_phone(self):
        """A session lasts 90 s or longer (RFC 4028 §4), and is refreshed after half of that."""
        self.serve()
        outer = self.caller.invites(headers=[("Supported", "timer"), ("Session-Expires", "90;refresher=uas")])
        self.assertEqual(outer.established()["Session-Expires"], "90;refresher=uas")
        invite, inner = self.ann_is_rung()
        self.ann.send(inner.answer(invite, 200, "OK", self.ann.sdp(), [("Require", "timer"), ("Session-Expires", "90;refresher=uac")]))
        self.ann.expect("ACK ")
        self.crosses(self.caller, outer, "INVITE")
        self.crosses(self.ann, inner, "UPDATE")
        self.caller.send(outer.request("BYE"))
        outer.expect(200, "BYE")
        self.is_hung_up_on(self.ann, inner)
        self.ends("caller_hangup")

    def test_3_3_3_a_refer_that_crosses_our_bye_is_refused_with_481(self):
        self.serve()
        outer, inner = self.talking()
        self.caller.send(outer.request("BYE"))
        outer.expect(200, "BYE")
        bye = self.ann.expect("BYE ")
        self.ann.send(inner.request("REFER", headers=[("Refer-To", "<sip:100@127.0.0.1>")]), inner.answer(bye, 200, "OK"))
        inner.expect(481, "REFER")
        self.ends("caller_hangup")
        self.silent(self.ann)
