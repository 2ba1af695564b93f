"""SIP traces of the real server, read by programs of others: tshark reads the pcap, sngrep decodes HEPv3."""
import os
import shutil
import socket
import stat
import subprocess

from case import IntegrationTest, scenarios
from processes import Process, wait_until
from server import BINARY


class Trace(IntegrationTest):
    def need(self, *programs):
        for program in programs:
            if not shutil.which(program):
                self.skipTest(program + " isn't here")

    def trace(self, *arguments, output="trace.out"):
        """`centrala trace`, already listening when this returns."""
        path = os.path.join(self.folder, output)
        process = Process([BINARY, "trace", "-c", self.server.config_path, *arguments], path, cwd=self.folder)
        self.addCleanup(process.kill)
        before = self.watchers
        self.watchers += 1
        wait_until(lambda: self.server.ask("status")["traces"] == before + 1, 10, "the trace has begun")
        return process

    def setUp(self):
        super().setUp()
        self.watchers = 0

    def dissect(self, pcap, *fields, checked=True):
        """What tshark finds of these fields in each packet that it takes for SIP; and nothing may be malformed."""
        command = ["tshark", "-n", "-r", pcap, "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE",
                   "-o", "tcp.check_checksum:TRUE"]
        bad = subprocess.run([*command, "-Y", "_ws.malformed || !sip" + " || ip.checksum.status == 0 || udp.checksum.status == 0" * checked],
                             capture_output=True, text=True, check=True, timeout=60)
        self.assertEqual(bad.stdout, "")
        done = subprocess.run([*command, "-Y", "sip", "-T", "fields", *(a for f in fields for a in ("-e", f))],
                              capture_output=True, text=True, check=True, timeout=60)
        return [line.split("\t") for line in done.stdout.splitlines()]

    def call(self):
        phone = self.agent("ann", scenarios.agent_is_hung_up_on())
        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        caller.got("SIP/2.0 200")
        phone.got("ACK ")
        arrived = self.log.wait("contact.arrived", dialled="100")
        caller.cue(arrived["call_id"])
        caller.succeeds()
        phone.succeeds()
        self.log.wait("contact.ended", contact=arrived["contact"])
        return arrived["call_id"]

    def test_a_call_by_its_number_is_recorded_with_both_legs_for_wireshark(self):
        self.need("tshark")
        self.start_server()
        pcap = os.path.join(self.folder, "call.pcap")
        trace = self.trace("--call", "100", "--pcap", pcap)
        caller_leg = self.call()
        agent_leg = self.log.wait("leg.invited")["call_id"]

        def recorded():
            return [row for row in self.dissect(pcap, "sip.Method", "sip.Status-Code", "sip.Call-ID", "sip.CSeq.method")]
        def complete():
            rows = recorded()
            return [leg for leg in (caller_leg, agent_leg)
                    if [r for r in rows if r[2] == leg and r[1] == "200" and r[3] == "BYE"]] == [caller_leg, agent_leg] and rows
        rows = wait_until(complete, 20, recorded, poll=0.1)
        self.assertEqual({row[2] for row in rows}, {caller_leg, agent_leg}, "REGISTER and others aren't of the call")
        for leg in (caller_leg, agent_leg):
            methods = [row[0] or row[1] for row in rows if row[2] == leg]
            self.assertEqual(methods[0], "INVITE")
            self.assertIn("ACK", methods)
        self.assertEqual(stat.S_IMODE(os.stat(pcap).st_mode), 0o600)
        trace.kill()
        wait_until(lambda: self.server.ask("status")["traces"] == 0, 10, "the server has noticed")

    def test_sngrep_reads_the_file_too(self):
        self.need("sngrep", "tshark")
        self.start_server()
        pcap, copy = os.path.join(self.folder, "all.pcap"), os.path.join(self.folder, "copy.pcap")
        self.trace("--pcap", pcap, "--max", "4")
        self.register("ann", self.server.ports.take(2))
        wait_until(lambda: len(self.dissect(pcap, "sip.Call-ID")) == 4, 20, "four messages", poll=0.1)
        subprocess.run(["sngrep", "-N", "-q", "-I", pcap, "-O", copy], stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
                       env={**os.environ, "TERM": "xterm"}, check=False)
        self.assertEqual(len(self.dissect(copy, "sip.Call-ID")), 4)

    def test_secrets_are_masked_unless_asked_for(self):
        self.need("tshark")
        self.start_server()
        careful, curious = os.path.join(self.folder, "masked.pcap"), os.path.join(self.folder, "secret.pcap")
        self.trace("--pcap", careful, output="careful.out")
        self.trace("--pcap", curious, "--secrets", output="curious.out")
        self.register("ann", self.server.ports.take(2))

        def responses(pcap):
            return [row[0] for row in self.dissect(pcap, "sip.auth.digest.response") if row[0]]
        found = wait_until(lambda: responses(careful) and responses(curious) and (responses(careful), responses(curious)), 20,
                           "an answer to the challenge", poll=0.1)
        self.assertRegex(found[0][0].strip('"'), "^x{32}$")
        self.assertRegex(found[1][0].strip('"'), "^[0-9a-f]{32}$")

    def test_one_line_a_message_or_all_of_it(self):
        self.start_server()
        self.trace("--agent", "ann", "--max", "4", output="lines.out")
        self.trace("--agent", "ann", "--full", "--max", "4", output="full.out")
        self.trace("--agent", "ben", "--for", "20s", output="ben.out")
        self.register("ann", self.server.ports.take(2))

        def text(name):
            with open(os.path.join(self.folder, name), encoding="utf-8") as file:
                return file.read()
        wait_until(lambda: text("lines.out").count("\n") == 4, 10, lambda: text("lines.out"))
        self.assertRegex(text("lines.out"), r"◀ udp 127\.0\.0\.1:\d+ +REGISTER sip:")
        self.assertRegex(text("lines.out"), r"▶ udp 127\.0\.0\.1:\d+ +SIP/2\.0 401 Unauthorized \(REGISTER\)")
        wait_until(lambda: "SIP/2.0 200" in text("full.out"), 10, lambda: text("full.out"))
        self.assertIn("    WWW-Authenticate: Digest realm=", text("full.out"))
        self.assertEqual(text("ben.out"), "")

    def test_a_homer_collector_gets_what_the_configuration_sends_it(self):
        self.need("sngrep", "tshark")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        copy = os.path.join(self.folder, "hep.pcap")
        decoder = Process(["sngrep", "-N", "-q", "-L", f"udp:127.0.0.1:{port}", "-O", copy],
                          os.path.join(self.folder, "sngrep.out"), env={**os.environ, "TERM": "xterm"})
        self.addCleanup(decoder.kill)

        def listens():
            with open("/proc/net/udp", encoding="ascii") as file:
                return f":{port:04X} " in file.read()
        wait_until(listens, 10, "sngrep listens")
        self.start_server(lambda config: config.update(trace={"hep": {"collector": f"127.0.0.1:{port}", "id": 77}}))
        self.register("ann", self.server.ports.take(2))

        def decoded():
            return os.path.exists(copy) and os.path.getsize(copy) > 24 and self.dissect(copy, "sip.Method", "udp.srcport", "sip.Call-ID",
                                                                                          checked=False)  # sngrep makes none
        def answered():
            decoder.signal(2) if not decoded() else None
            return decoded()
        wait_until(lambda: self.log.find("registrar.registered"), 10, "registered")
        rows = wait_until(answered, 20, "what sngrep decoded", poll=0.2)
        self.assertIn("REGISTER", [row[0] for row in rows])
        self.assertIn(str(self.server.port()), [row[1] for row in rows])
