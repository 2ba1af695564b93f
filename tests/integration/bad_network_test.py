"""Calls over a network that loses every third datagram, doubles every one, or swaps neighbours: they go on as if it were a good one."""
from case import IntegrationTest, scenarios
from relay import Relay


def through(relay, scenario):
    """The scenario of a phone behind that relay: it is reached there, and asks for answers to where it sends from (RFC 3581)."""
    return (scenario.replace("branch=[branch]", "branch=[branch];rport").replace("branch=[branch-4]", "branch=[branch-4];rport")
            .replace("@[local_ip]:[local_port];transport", f"@{relay.contact};transport").replace('retrans="500"', 'retrans="100"'))


class BadNetwork(IntegrationTest):
    def relay(self, pattern):
        return self.started(Relay(self.server, pattern))

    def a_call_goes_well(self, pattern):
        self.start_server(lambda config: config["sip"].update(t1="100ms", t2="400ms"))  # as SIPp's, and so that it doesn't take minutes
        phones, callers = self.relay(pattern), self.relay(pattern)
        port = self.server.ports.take(2)
        self.sipp(through(phones, scenarios.register("ann")), port=port, server=phones).succeeds()
        self.log.wait("registrar.registered", agent="ann")
        self.login("ann")
        phone = self.sipp(through(phones, scenarios.agent_is_hung_up_on()), port=port, server=phones)
        phone.listens()
        caller = self.sipp(through(callers, scenarios.caller_hangs_up_on_cue()), server=callers)
        contact = self.log.wait("contact.connected", agent="ann", seconds=20)["contact"]
        caller.got("SIP/2.0 200")
        phone.got("ACK")
        caller.cue(self.log.find("contact.arrived")[0]["call_id"])
        caller.succeeds(20)
        phone.succeeds(20)
        self.log.wait("contact.ended", contact=contact, cause="caller_hangup")
        self.assertEqual(len(self.log.find("contact.arrived")), 1)
        self.assertEqual(len(self.log.find("offer.made")), 1)
        self.assertEqual(self.log.handoffs(contact), [("caller", "entry:sales"), ("entry:sales", "queue:sales"),
                                                      ("queue:sales", "agent:ann"), ("agent:ann", "ended")])
        return phones, callers

    def test_every_datagram_comes_twice(self):
        for relay in self.a_call_goes_well("2"):
            self.assertGreater(relay.counts["in"], 3)

    def test_the_first_of_every_two_datagrams_is_lost(self):
        for relay in self.a_call_goes_well("x."):
            self.assertGreater(sum(what == "x" for _, what, _ in relay.trace), 3)

    def test_datagrams_are_lost_doubled_and_swapped(self):
        self.a_call_goes_well(".x2s.")
