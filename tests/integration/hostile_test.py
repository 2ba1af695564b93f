"""What nobody should send, sent: the server lives, answers, and has not grown."""
import base64
import glob
import os
import random
import shutil
import socket
import ssl
import struct
import subprocess
import time

import processes
from case import IntegrationTest, scenarios
from certificates import Authority
from processes import wait_until

SHARED = os.environ.get("CENTRALA_SHARED_DIR", "")


def options(port, call_id):
    return (f"OPTIONS sip:centrala.local SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{call_id};rport\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:x@127.0.0.1>;tag={call_id}\r\nTo: <sip:centrala.local>\r\nCall-ID: {call_id}\r\n"
            f"CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n").encode()


class Hostile(IntegrationTest):
    def answers(self, name):
        """An OPTIONS is answered, by the same process as ever."""
        self.assertTrue(self.server.process.running(), self.server.stderr())
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            probe.settimeout(0.5)
            call_id = f"probe{name}"
            for _ in range(10):
                probe.sendto(options(probe.getsockname()[1], call_id), ("127.0.0.1", self.server.port()))
                try:
                    while True:
                        data = probe.recv(65536)
                        if call_id.encode() in data:
                            self.assertTrue(data.startswith(b"SIP/2.0 200"), data)
                            return
                except socket.timeout:
                    continue
        self.fail(f"no answer to OPTIONS after {name}")

    def resident_kib(self):
        with open(f"/proc/{self.server.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))

    def connect(self, transport="tcp"):
        connection = socket.create_connection(("127.0.0.1", self.server.port(transport)), 5)
        if transport in ("tls", "wss"):
            connection = ssl.create_default_context(cafile=self.authority.certificate).wrap_socket(connection, server_hostname="localhost")
        if transport in ("ws", "wss"):
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                               b"Sec-WebSocket-Protocol: sip\r\nSec-WebSocket-Key: " + base64.b64encode(b"0123456789abcdef") + b"\r\n\r\n")
            answer = connection.recv(2000)
            assert answer.startswith(b"HTTP/1.1 101"), answer
        return connection

    def corpus(self):
        files = sorted(glob.glob(SHARED + "/corpus/sip/rfc4475/*.dat") + glob.glob(SHARED + "/corpus/sip/rfc5118/wire*/*"))
        if not files:
            self.skipTest("the torture messages aren't here")
        messages = []
        for path in files:
            with open(path, "rb") as file:
                messages.append(file.read())
        return messages

    def test_torture_messages_and_garbage_over_udp(self):
        messages = self.corpus()
        self.start_server()
        dice = random.Random(20240317)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.bind(("127.0.0.1", 0))
            to = ("127.0.0.1", self.server.port())
            for message in messages:
                out.sendto(message[:65000], to)
            self.answers("torture")
            for round_ in range(3000):
                message = bytearray(dice.choice(messages)[:65000])
                for _ in range(dice.randrange(1, 20)):
                    message[dice.randrange(len(message))] = dice.randrange(256)
                out.sendto(bytes(message), to)
                out.sendto(dice.randbytes(dice.randrange(0, 1500)), to)
                if round_ % 500 == 0:
                    self.answers(f"garbage{round_}")
        self.answers("garbage")

    def test_torture_messages_and_garbage_over_tcp(self):
        messages = self.corpus()
        self.start_server()
        dice = random.Random(20240318)
        for message in messages + [dice.randbytes(5000) for _ in range(50)]:
            with self.connect() as connection:
                try:
                    connection.sendall(message)
                except OSError:
                    pass  # closed at the first impossible byte
        self.answers("torture")

    def send_all_by(self, transport, messages):
        """Each over a connection of its own; a WebSocket's in one frame."""
        for message in messages:
            if transport in ("ws", "wss"):
                long = len(message) > 65535
                head = struct.pack(">BBQ" if long else ">BBH", 0x82, 0x80 | (127 if long else 126), len(message))
                message = head + bytes(4) + message  # masked by zeros
            with self.connect(transport) as connection:
                try:
                    connection.sendall(message)
                    connection.settimeout(0.02)
                    connection.recv(100)  # read at least as far as that there is something to say
                except OSError:
                    pass

    def torture(self, transport):
        if not shutil.which("openssl"):
            self.skipTest("openssl isn't installed")
        messages = self.corpus()
        self.authority = Authority(self.folder)
        keys = self.authority.sign("server", "centrala.test")

        def change(config):
            config["tls"] = keys
        self.start_server(change, transports=("udp", transport))
        dice = random.Random(20240319)
        self.send_all_by(transport, messages + [dice.randbytes(5000) for _ in range(50)])
        self.answers("torture")
        sockets = self.server.ask("status")["sockets"]
        self.assertEqual((sockets["tls_failed"], sockets["websockets_refused"]), (0, 0), "they got past the handshakes")

    def test_torture_messages_and_garbage_over_tls(self):
        self.torture("tls")

    def test_torture_messages_and_garbage_over_websocket(self):
        self.torture("ws")

    def test_torture_messages_and_garbage_over_secure_websocket(self):
        self.torture("wss")

    def test_a_message_that_drips_in_is_given_up(self):
        self.start_server(lambda config: config.update(limits={"tcp_message_timeout": "1s"}))
        connection = self.connect()
        self.addCleanup(connection.close)
        connection.settimeout(0.05)
        begun = time.monotonic()

        def closed():
            try:
                connection.sendall(b"O")
                return connection.recv(100) == b""
            except socket.timeout:
                return False
            except OSError:
                return True
        wait_until(closed, 4, "the connection closed", poll=0.05)
        self.assertGreater(time.monotonic() - begun, 0.8)
        self.answers("drip")

    def test_a_header_without_end_is_cut_off(self):
        self.start_server()
        before = self.resident_kib()
        sent = 0
        with self.connect() as connection:
            try:
                connection.sendall(b"OPTIONS sip:x SIP/2.0\r\nSubject: ")
                while sent < 64 << 20:
                    sent += connection.send(b"a" * 65536)
            except OSError:
                pass
        self.assertLess(sent, 16 << 20)
        self.assertLess(self.resident_kib() - before, 8 << 10)
        self.answers("header")

    def test_connections_past_the_limit_are_closed_and_the_server_serves_on(self):
        if not processes.process_limits_allow(4096):
            self.skipTest("too few file descriptors for this test")
        self.start_server(lambda config: config.update(limits={"tcp_connections_max": 1000}))
        before = self.resident_kib()
        connections = []
        try:
            for _ in range(3000):
                connections.append(self.connect())
                if len(connections) % 10 == 0:
                    connections[-1].sendall(b"INVITE sip:")  # half a message
            status = wait_until(lambda: (s := self.server.ask("status")["sockets"])["tcp_refused"] >= 2000 and s, 10, "2000 refused")
            self.assertEqual(status["tcp_open"], 1000)
            self.log.wait("security.flood", reason="connections")
            self.assertEqual(len(self.log.find("security.flood")), 1)
            self.assertLess(self.resident_kib() - before, 64 << 10)
            self.answers("connections")
        finally:
            for connection in connections:
                connection.close()
        wait_until(lambda: self.server.ask("status")["sockets"]["tcp_open"] == 0, 10, "all are closed")
        with self.connect():
            pass

    def small_disk(self, size):
        """A folder on a file system of its own, for the event log, and a function that fills it up with `ballast`."""
        if os.geteuid() != 0 or not shutil.which("mount"):
            self.skipTest("only root may mount a small disk")
        disk = os.path.join(self.folder, "disk")
        os.mkdir(disk)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk], capture_output=True, text=True, check=False)
        if mounted.returncode != 0:
            self.skipTest("no mount here: " + mounted.stderr.strip())
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=False)
        return disk

    def fill(self, disk):
        ballast = os.path.join(disk, "ballast")
        with open(ballast, "wb", buffering=0) as file:
            try:
                while file.write(b"x" * 4096):
                    pass
            except OSError:
                pass
        return ballast

    def test_a_full_disk_stops_no_call_and_loses_no_line_that_memory_can_hold(self):
        disk = self.small_disk("256k")
        self.start_server(lambda config: config["log"].update(events=os.path.join(disk, "events.ndjson"), sync_interval="100ms"))
        phone = self.agent("ann", scenarios.agent_is_hung_up_on())
        ballast = self.fill(disk)
        for _ in range(3):  # fills what is left of the log's last page
            self.caller(scenarios.caller_refused(404), number="999", calls=30, rate=300).succeeds()
        self.assertTrue(self.server.ask("status")["journal"]["failing"])
        self.assertIn("event log:", self.server.stderr())
        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        caller.got("SIP/2.0 200")
        phone.got("ACK ")
        self.assertEqual([c["state"] for c in self.server.ask("calls")], ["talking"])
        os.remove(ballast)
        arrived = self.log.wait("contact.arrived", dialled="100")
        caller.cue(arrived["call_id"])
        caller.succeeds()
        phone.succeeds()
        self.log.wait("contact.ended", contact=arrived["contact"])
        self.assertFalse(self.server.ask("status")["journal"]["failing"])
        self.assertEqual(len(self.log.find("contact.arrived")), 91)

    def test_what_memory_cannot_hold_while_the_disk_is_full_is_named_in_the_log(self):
        disk = self.small_disk("64m")

        def change(config):
            config["log"].update(events=os.path.join(disk, "events.ndjson"), level="info")
            config["limits"] = {"invites_per_second": 0}
        self.start_server(change)
        ballast = self.fill(disk)
        # More than 1 KiB of log a call; 16 MiB are held.
        wordy = scenarios.caller_refused(404).replace("Carla Caller", "C" * 256).replace("+4930123456", "4" * 120)
        self.caller(wordy, number="9" * 120, calls=18000, rate=4000, trace=False,
                    arguments=["-cid_str", "x" * 240 + "-%u-%p@%s", "-l", "10000"]).succeeds(25)
        status = self.server.ask("status")
        self.assertGreater(status["journal"]["lost"], 0, status)
        os.remove(ballast)
        lost = self.log.wait("log.lost", 10)
        self.assertEqual(self.server.ask("status")["journal"]["lost"], lost["count"])
        self.caller(scenarios.caller_refused(404), number="998").succeeds()
        self.log.wait("contact.arrived", dialled="998")
