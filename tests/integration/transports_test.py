"""TCP and IPv6: the same calls on other ways."""
from case import IntegrationTest, scenarios


class Transports(IntegrationTest):
    def tcp_phone(self, name, answering):
        """Registers over a connection and takes calls on that very connection; nobody listens at its port."""
        port = self.server.ports.take(2)
        phone = self.sipp(scenarios.scenario(*scenarios.register_steps(name), scenarios.pause(60000)), port=port, transport="tcp",
                          out_of_call=answering)
        registered = self.log.wait("registrar.registered", agent=name)
        self.assertEqual(registered["transport"], "tcp")
        self.login(name)
        return phone

    def test_a_phone_is_called_on_the_tcp_connection_it_registered_on(self):
        self.start_server()
        phone = self.tcp_phone("ann", scenarios.agent_is_hung_up_on())
        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        contact = self.log.wait("contact.connected", agent="ann")["contact"]
        phone.got("ACK ")
        caller.cue(self.log.wait("contact.arrived")["call_id"])
        caller.succeeds()
        phone.got("BYE ")
        self.log.wait("contact.ended", contact=contact, cause="caller_hangup")
        self.assertEqual(self.server.ask("status")["sockets"]["tcp_connected"], 0, "the server had to connect by itself")

    def test_a_caller_may_come_over_tcp(self):
        self.start_server()
        phone = self.agent("ann", scenarios.agent_is_hung_up_on())
        self.caller(scenarios.caller_hangs_up_after(300), transport="tcp").succeeds()
        phone.succeeds()
        self.log.wait("contact.ended", cause="caller_hangup", agent="ann")

    def test_a_tcp_phone_that_dies_in_mid_ring_loses_the_call_to_the_next_agent(self):
        self.start_server()
        dying = self.tcp_phone("ann", scenarios.agent_rings_until_cancelled())
        second = self.agent("ben", scenarios.agent_is_hung_up_on())
        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        self.log.wait("offer.ringing", agent="ann")
        dying.kill()
        ended = self.log.wait("offer.ended", 3, agent="ann")
        self.assertEqual(ended["outcome"], "unreachable")
        self.log.wait("contact.connected", agent="ben")
        caller.cue(self.log.wait("contact.arrived")["call_id"])
        caller.succeeds()
        second.succeeds()

    def test_caller_and_agent_over_ipv6(self):
        self.start_server(address="::1")
        phone = self.agent("ann", scenarios.agent_is_hung_up_on())
        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        self.log.wait("contact.connected", agent="ann")
        self.assertIn("c=IN IP6 ::1", phone.received("INVITE")[0])
        caller.cue(self.log.wait("contact.arrived")["call_id"])
        caller.succeeds()
        phone.succeeds()
        self.log.wait("contact.ended", cause="caller_hangup")

    def test_an_ipv4_caller_reaches_an_ipv6_phone(self):
        """The server stands between them, with addresses of both families in their sessions."""
        def change(config):
            config["sip"]["listen"] = [{"udp": "127.0.0.1:0"}, {"tcp": "[::1]:0"}]
        self.start_server(change)
        port = self.server.ports.take(2)
        phone = self.sipp(scenarios.scenario(*scenarios.register_steps("ann"), scenarios.pause(60000)), port=port, transport="tcp",
                          address="::1", remote="::1", out_of_call=scenarios.agent_is_hung_up_on())
        self.log.wait("registrar.registered", agent="ann")
        self.login("ann")
        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        self.log.wait("contact.connected", agent="ann")
        self.assertIn("c=IN IP6 ::1", phone.got("INVITE")[0])
        self.assertIn("c=IN IP4 127.0.0.1", caller.got("SIP/2.0 200")[0])
        caller.cue(self.log.wait("contact.arrived")["call_id"])
        caller.succeeds()
        phone.got("BYE ")
