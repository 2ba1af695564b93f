"""A caller and an agent's phone that do exactly what the test says, with the server between them."""
from case import IntegrationTest
from processes import wait_until
from rawsip import RawPhone


class RawCalls(IntegrationTest):
    def serve(self, change=None, **queue):
        self.caller = self.started(RawPhone())
        self.ann = self.started(RawPhone("ann"))

        def all_changes(config):
            del config["agents"]["ann"]["password"]  # a fixed phone is trusted by its address
            config["agents"]["ann"].update(contact=self.ann.uri, always_logged_in=True)
            config["queues"]["sales"].update(queue)
            if change:
                change(config)
        self.start_server(all_changes)
        self.caller.talks_to(self.server)
        self.ann.talks_to(self.server)

    def ann_is_rung(self):
        invite, leg = self.ann.is_invited()
        self.ann.send(leg.answer(invite, 180, "Ringing"))
        self.log.wait("offer.ringing", agent="ann")
        return invite, leg

    def ann_answers(self):
        invite, leg = self.ann_is_rung()
        self.ann.send(leg.answer(invite, 200, "OK", self.ann.sdp()))
        self.ann.expect("ACK ")
        leg.peer_sdp = invite.body
        return leg

    def talking(self):
        """The two legs, as the caller and the agent see them."""
        outer = self.caller.invites()
        outer.peer_sdp = outer.established().body
        return outer, self.ann_answers()

    def ends(self, cause):
        ended = self.log.wait("contact.ended", cause=cause)
        wait_until(lambda: self.server.ask("status")["media"]["sessions"] == 0, 5, "no media is left over")
        self.assertEqual(len(self.log.find("contact.arrived")), 1)
        return ended

    def abandons(self):
        self.log.wait("contact.abandoned")
        self.assertEqual(len(self.log.find("contact.arrived")), 1)

    def is_hung_up_on(self, phone, leg):
        bye = phone.expect("BYE ", call_id=leg.call_id)
        phone.send(leg.answer(bye, 200, "OK"))

    def silent(self, phone):
        self.assertEqual(phone.unasked(), [])
