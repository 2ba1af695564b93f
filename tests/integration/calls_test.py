"""Calls over UDP from a trunk to a registered agent, and what the log tells of them."""
from case import IntegrationTest, scenarios


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


if __name__ == "__main__":
    import unittest
    unittest.main()
