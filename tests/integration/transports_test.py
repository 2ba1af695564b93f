"""TCP and IPv6: the same calls on other ways."""
import select
import socket
import struct
import threading

from case import IntegrationTest, scenarios
from processes import PortRange


class Wire:
    """Carries one TCP connection to the server, until it is reset."""

    def __init__(self, server):
        self.address, self.ports = server.address, server.ports
        self.listener = socket.create_server((server.address, 0))
        self.server = socket.socket()
        self.to_server = (server.address, server.port("tcp"))
        self.cut, self.ended = threading.Event(), threading.Event()
        threading.Thread(target=self._carry, daemon=True).start()

    def port(self, _transport):
        return self.listener.getsockname()[1]

    def _carry(self):
        phone, _ = self.listener.accept()
        self.server.connect(self.to_server)
        other = {phone: self.server, self.server: phone}
        while not self.cut.is_set():
            for side in select.select(list(other), [], [], 0.02)[0]:
                data = side.recv(65536)
                if not data:
                    self.cut.set()
                other[side].sendall(data)
        self.server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close() sends RST, not FIN
        self.server.close()
        phone.close()
        self.ended.set()

    def reset(self):
        self.cut.set()
        self.ended.wait(5)

    def close(self):
        self.listener.close()
        self.cut.set()

    def report(self):
        return "---- wire, " + ("reset" if self.ended.is_set() else "whole")


class Transports(IntegrationTest):
    ends_every_call = True

    def tcp_phone(self, name, answering, **options):
        """Registers over a connection and takes calls on that very connection; nobody listens at its port."""
        port = self.server.ports.take(2)
        phone = self.sipp(scenarios.scenario(*scenarios.register_steps(name), scenarios.pause(60000)), port=port, transport="tcp",
                          out_of_call=answering, **options)
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
        """Its machine is switched off, say, and what stands before it answers with a reset (RFC 9293 §3.5)."""
        self.start_server()
        wire = self.started(Wire(self.server))
        self.tcp_phone("ann", scenarios.agent_rings_until_cancelled(), server=wire)
        second = self.agent("ben", scenarios.agent_is_hung_up_on())
        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        self.log.wait("offer.ringing", agent="ann")
        wire.reset()
        ended = self.log.wait("offer.ended", 5, agent="ann")
        self.assertEqual(ended["outcome"], "unreachable")
        self.log.wait("contact.connected", agent="ben")
        caller.cue(self.log.wait("contact.arrived")["call_id"])
        caller.succeeds()
        second.succeeds()

    def fixed_phone(self, uri, listen, **options):
        """Ann's phone doesn't register (SIPp can't sign for an IPv6 address: it leaves out the brackets)."""
        ports = PortRange()
        self.addCleanup(ports.release)
        port = ports.take(2)

        def change(config):
            config["sip"]["listen"] = listen
            config["agents"]["ann"].update(contact=uri.format(port=port), always_logged_in=True)
        self.start_server(change, **options)
        return port

    def talk(self, phone, caller):
        self.log.wait("contact.connected", agent="ann")
        caller.cue(self.log.wait("contact.arrived")["call_id"])
        caller.succeeds()
        phone.succeeds()
        self.log.wait("contact.ended", cause="caller_hangup")

    def test_caller_and_agent_over_ipv6(self):
        port = self.fixed_phone("sip:ann@[::1]:{port}", [{"udp": "[::1]:0"}], address="::1")
        phone = self.sipp(scenarios.agent_is_hung_up_on(), port=port).listens()
        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        self.assertIn("c=IN IP6 ::1", phone.got("INVITE")[0])
        self.assertIn("c=IN IP6 ::1", caller.got("SIP/2.0 200")[0])
        self.talk(phone, caller)

    def test_an_ipv4_caller_over_udp_reaches_an_ipv6_phone_over_tcp(self):
        """The server stands between them, with an address of the right family in each session."""
        port = self.fixed_phone("sip:ann@[::1]:{port};transport=tcp", [{"udp": "127.0.0.1:0"}, {"tcp": "[::1]:0"}])
        phone = self.sipp(scenarios.agent_is_hung_up_on(), port=port, transport="tcp", address="::1", remote="::1").listens()
        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        self.assertIn("c=IN IP6 ::1", phone.got("INVITE")[0])
        self.assertIn("c=IN IP4 127.0.0.1", caller.got("SIP/2.0 200")[0])
        self.talk(phone, caller)
