"""TLS with programs of others: baresip as the agent's phone, openssl as the client that shows what it is received with."""
import os
import shutil
import signal
import subprocess
import unittest

import sound
from case import IntegrationTest, scenarios
from certificates import Authority
from processes import PortRange, Process, wait_until
from softphone import MODULES, Softphone


class SslServer:
    """openssl at [::1], which prints what it is told."""

    def __init__(self, folder, port, keys):
        self.process = Process(["openssl", "s_server", "-6", "-accept", f"[::1]:{port}", "-cert", keys["certificate"], "-key",
                                keys["private_key"], "-quiet"], os.path.join(folder, "s_server.out"), stdin=subprocess.PIPE)
        wait_until(lambda: f"{port:04X} " in open("/proc/net/tcp6", encoding="ascii").read(), 10, "openssl listens")

    def close(self):
        self.process.kill()

    def report(self):
        return "---- openssl s_server\n" + self.process.output()[-6000:]


@unittest.skipUnless(shutil.which("openssl"), "openssl isn't installed")
class Tls(IntegrationTest):
    def setUp(self):
        super().setUp()
        self.authority = Authority(self.folder)

    def serve(self, address="127.0.0.1", **tls):
        ours = self.authority.sign("server", "centrala.test", names="IP:127.0.0.1,IP:::1,DNS:localhost")

        def change(config):
            config["tls"] = {**ours, **tls}
        self.start_server(change, transports=("udp", "tls"), address=address)

    def s_client(self, *arguments, host="127.0.0.1"):
        """What openssl says of a connection that it closes again, and whether it liked it."""
        done = subprocess.run(["openssl", "s_client", "-connect", f"{host}:{self.server.port('tls')}", "-CAfile",
                               self.authority.certificate, "-verify_return_error", *arguments],
                              input="OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n"
                                    "From: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:127.0.0.1>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n"
                                    "Content-Length: 0\r\n\r\n",
                              capture_output=True, text=True, timeout=20, check=False)
        return done.stdout + done.stderr

    @unittest.skipUnless(shutil.which("baresip") and MODULES, "baresip isn't installed")
    def test_a_phone_takes_calls_on_the_tls_connection_it_registered_on(self):
        sound.write_tone(os.path.join(self.folder, "agent.wav"), 1000, 40)
        sound.write_tone(os.path.join(self.folder, "caller.wav"), 440, 40)
        self.serve()
        agent = self.started(Softphone(self.folder, self.server, "ann", os.path.join(self.folder, "agent.wav"), password="secret",
                                       transport="tls", authority=self.authority))
        registered = self.log.wait("registrar.registered", agent="ann")
        self.assertEqual(registered["transport"], "tls")
        self.login("ann")
        caller = self.started(Softphone(self.folder, self.server, "+4930123456", os.path.join(self.folder, "caller.wav")))
        caller.dial("100")
        self.log.wait("contact.connected", agent="ann")
        wait_until(lambda: agent.heard_ms(440) > 500 and caller.heard_ms(1000) > 500, 8, "each hears the other", poll=0.2)
        agent.hang_up()
        self.log.wait("contact.ended", cause="agent_hangup", agent="ann")
        sockets = self.server.ask("status")["sockets"]
        self.assertEqual((sockets["tls_handshakes"], sockets["tcp_connected"]), (1, 0), "all went over the phone's own connection")

    def test_openssl_gets_an_answer_by_tls_1_2_and_1_3(self):
        self.serve()
        for version in ("1_2", "1_3"):
            said = self.s_client(f"-tls{version}", "-ign_eof", "-no_ign_eof")
            self.assertIn("Verify return code: 0 (ok)", said)
            self.assertIn(f"TLSv{version.replace('_', '.')}", said)
        self.assertIn("alert", self.s_client("-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"))
        self.log.wait("security.tls_failed", reason="unsupported protocol")

    def test_openssl_is_content_with_the_certificate_over_ipv6(self):
        self.serve(address="::1")
        self.assertIn("Verify return code: 0 (ok)", self.s_client("-verify_ip", "::1", host="[::1]"))

    def test_a_phone_at_an_ipv6_address_is_called_over_tls(self):
        """By a server that has to open the connection, and to check the certificate against the address."""
        port = PortRange()
        self.addCleanup(port.release)
        at = port.take(2)
        theirs = self.authority.sign("phone", "phone", names="IP:::1")
        phone = self.started(SslServer(self.folder, at, theirs))

        def change(config):
            config["sip"]["listen"] = [{"udp": "127.0.0.1:0"}, {"tls": "[::1]:0"}]
            config["tls"] = {**self.authority.sign("server", "centrala.test"), "server_ca": self.authority.certificate}
            config["agents"]["ann"].update(contact=f"sips:ann@[::1]:{at}", always_logged_in=True)
        self.start_server(change)
        self.caller(scenarios.caller_hangs_up_on_cue())
        wait_until(lambda: "INVITE sips:ann@[::1]" in phone.process.output(), 10, phone.report)
        self.assertIn("Via: SIP/2.0/TLS [::1]:", phone.process.output())

    def test_a_client_without_a_good_certificate_is_turned_away_and_logged(self):
        def change(config):
            config["sip"]["security_event_interval"] = "0"
            config["tls"] = {**self.authority.sign("server", "centrala.test"), "client_ca": self.authority.certificate,
                             "verify_client": "require"}
        self.start_server(change, transports=("udp", "tls"))
        for file, days, reason in ((None, 0, "no certificate was shown"), ("old", -1, "certificate: certificate has expired")):
            arguments = []
            if file:
                phone = self.authority.sign(file, file, days)
                arguments = ["-cert", phone["certificate"], "-key", phone["private_key"]]
            self.s_client(*arguments)
            self.log.wait("security.tls_failed", transport="tls", reason=reason)
        phone = self.authority.sign("phone", "phone")
        self.assertIn("Verify return code: 0 (ok)", self.s_client("-cert", phone["certificate"], "-key", phone["private_key"]))
        self.assertEqual(self.server.ask("status")["sockets"]["tls_failed"], 2)

    def test_sighup_renews_the_certificate_and_keeps_the_old_one_if_the_new_is_bad(self):
        self.serve()
        self.assertIn("CN = centrala.test", self.s_client())
        self.authority.sign("server", "renewed.test")
        self.server.process.signal(signal.SIGHUP)
        wait_until(lambda: "the certificate is loaded anew" in self.server.stderr(), 5, "a reload")
        self.assertIn("CN = renewed.test", self.s_client())
        with open(self.authority.path("server.key"), "w", encoding="ascii") as file:
            file.write("no key\n")
        self.server.process.signal(signal.SIGHUP)
        wait_until(lambda: "stays in use" in self.server.stderr(), 5, "a refused reload")
        self.assertIn("CN = renewed.test", self.s_client())

    def test_check_looks_into_the_certificates(self):
        self.serve()
        self.assertEqual(self.server.command("check")[0], 0)
        self.authority.sign("server", "centrala.test", -1)
        code, _, err = self.server.command("check")
        self.assertEqual(code, 0, err)
        self.assertRegex(err, "warning: certificate .*server.pem has expired")
        shutil.copy(self.authority.sign("other", "other")["private_key"], self.authority.path("server.key"))
        code, _, err = self.server.command("check")
        self.assertEqual(code, 78)
        self.assertRegex(err, r"sip.listen\[2\]: expected a usable certificate: private key .* is not that of certificate")
