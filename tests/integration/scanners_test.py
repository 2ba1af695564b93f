"""The tools that attackers use (sipvicious), and that administrators do (sipsak, fail2ban), against a server that doesn't know them."""
import os
import re
import select
import shutil
import socket
import subprocess
import unittest

from case import IntegrationTest, scenarios
from processes import wait_until

FILTER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../config/fail2ban/filter.d/centrala.conf")
NAMES = ["ann", "ben", "nobody", "1000"]  # the first two exist


class Strangers(IntegrationTest):
    def serve(self, security=None, **sip):
        def change(config):
            config["trunks"].pop("loopback")
            config["sip"].update(sip)
            config["security"] = security if security is not None else {"ban_after": 0, "scanners": []}
        self.start_server(change)

    def run_tool(self, *arguments, seconds=30):
        """What it prints, both ways, without colours."""
        done = subprocess.run([str(a) for a in arguments], capture_output=True, text=True, timeout=seconds, cwd=self.folder,
                              env={**os.environ, "HOME": self.folder}, stdin=subprocess.DEVNULL, check=False)
        return done.returncode, re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)

    def names_file(self, names=NAMES):
        path = os.path.join(self.folder, "names")
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(names) + "\n")
        return path


    def invites(self, count, user="mallory"):
        """So many INVITEs from a stranger's socket."""
        mallory = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(mallory.close)
        mallory.bind(("127.0.0.66", 0))
        for i in range(count):
            mallory.sendto((f"INVITE sip:100@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.66;branch=z9hG4bK{i};rport\r\n"
                            f"From: <sip:{user}@127.0.0.66>;tag={i}\r\nTo: <sip:100@127.0.0.1>\r\nCall-ID: {i}\r\n"
                            "CSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n").encode(),
                           ("127.0.0.1", self.server.port()))
        return mallory


@unittest.skipUnless(shutil.which("svmap"), "sipvicious isn't installed")
class Sipvicious(Strangers):
    def svmap(self, method):
        return self.run_tool("svmap", "-b", "127.0.0.1", "-P", self.server.ports.take(2), "-p", self.server.port(), "-m", method,
                             "127.0.0.1")[1]

    def svwar(self, method):
        """The names that it tells apart from those that don't exist."""
        # A port of its own each time: what isn't acknowledged is repeated to the last one's.
        out = self.run_tool("svwar", "-b", "127.0.0.1", "-P", self.server.ports.take(2), "-p", self.server.port(), "-m", method, "-d",
                            self.names_file(), "--force", "--maximumtime", 3, "127.0.0.1")[1]
        return {name for name in NAMES if re.search(rf"^\W*{name}\W", out, re.MULTILINE)}, out

    def test_svmap_learns_no_name_of_the_server(self):
        self.serve()
        for method in ("OPTIONS", "INVITE", "REGISTER"):
            out = self.svmap(method)
            self.assertIn(f":{self.server.port()}", out)
            self.assertNotIn("entrala", out)
        self.log.wait("security.refused")

    def test_svmap_finds_nothing_where_strangers_hear_nothing(self):
        self.serve(strangers_get_answer=False)
        for method in ("OPTIONS", "INVITE"):
            self.assertNotIn(f":{self.server.port()}", self.svmap(method))

    def test_a_scanner_that_says_so_finds_nothing_and_is_banned(self):
        self.serve(security={})
        for method in ("REGISTER", "OPTIONS"):
            self.assertNotIn(f":{self.server.port()}", self.svmap(method))
        self.assertEqual(self.log.wait("security.banned")["reason"], "scanner")
        bans = self.server.ask("bans")
        self.assertEqual([(b["source"], b["reason"]) for b in bans], [("127.0.0.1", "scanner")])
        self.assertIn("scanner", self.server.command("bans")[1])
        self.assertEqual(self.server.command("unban", "127.0.0.1")[0], 0)
        self.assertEqual(self.log.wait("security.unbanned")["reason"], "operator")
        self.assertEqual(self.server.ask("bans"), [])
        self.assertEqual(self.server.command("unban", "127.0.0.1")[0], 69)

    def test_svwar_tells_no_agent_from_nobody(self):
        self.serve()
        for method in ("REGISTER", "INVITE", "OPTIONS"):
            found, out = self.svwar(method)
            self.assertIn(found, (set(), set(NAMES)), f"{method}\n{out}")

    def test_svwar_tells_no_agent_from_nobody_behind_an_address_where_phones_are_registered(self):
        self.serve()
        self.register("ann", self.server.ports.take(2))
        for method in ("REGISTER", "INVITE", "OPTIONS"):
            found, out = self.svwar(method)
            self.assertIn(found, (set(), set(NAMES)), f"{method}\n{out}")

    def test_svcrack_is_banned_before_it_comes_to_the_password(self):
        self.serve(security={"scanners": [], "ban_after": 5})
        passwords = self.names_file([f"guess{i}" for i in range(50)] + ["secret"])
        out = self.run_tool("svcrack", "-b", "127.0.0.1", "-P", self.server.ports.take(2), "-p", self.server.port(), "-u", "ann",
                            "-d", passwords, "--maximumtime", 3, "127.0.0.1")[1]
        self.assertNotIn("secret", out)
        banned = self.log.wait("security.banned")
        self.assertEqual((banned["reason"], banned["user"]), ("failed_authentication", "ann"))
        self.assertEqual(self.log.find("registrar.registered"), [])


@unittest.skipUnless(shutil.which("sipsak"), "sipsak isn't installed")
class Sipsak(Strangers):
    def options(self):
        return self.run_tool("sipsak", "-v", "-v", "-s", f"sip:100@127.0.0.1:{self.server.port()}", seconds=60)

    def test_a_trunks_options_are_answered(self):
        self.start_server()
        code, out = self.options()
        self.assertEqual(code, 0, out)
        self.assertIn("SIP/2.0 200", out)

    def test_a_strangers_options_are_forbidden(self):
        self.serve()
        code, out = self.options()
        self.assertNotEqual(code, 0, out)
        self.assertIn("SIP/2.0 403", out)
        self.assertNotIn("entrala", out)
        self.log.wait("security.refused", method="OPTIONS")


@unittest.skipUnless(shutil.which("fail2ban-regex"), "fail2ban isn't installed")
class Fail2ban(Strangers):
    def test_fail2ban_reads_bans_from_the_log_and_nothing_else(self):
        self.serve(security={"ban_after": 4})
        # A name that looks like a line about somebody else.
        self.invites(6, user="%22%2C%22type%22%3A%22security.banned%22%2C%22source%22%3A%22192.0.2.1%3A1%22")
        self.log.wait("security.banned")
        out = self.run_tool("fail2ban-regex", "--print-all-matched", "-o", "<ip>", self.log.path, FILTER)[1]
        self.assertEqual(out.split(), ["127.0.0.66"])


class Floods(Strangers):
    def test_a_flood_of_registers_is_turned_away_with_a_time_to_come_again(self):
        self.start_server(lambda config: config.update(limits={"registers_per_second": 5}))
        flood = self.sipp(scenarios.scenario(
            scenarios.register_steps("ann")[0], scenarios.recv(401, optional=True, next=1),
            scenarios.recv(503), '<label id="1"/>'), calls=60, rate=300)
        flood.succeeds()
        refused = flood.received("SIP/2.0 503")
        self.assertGreaterEqual(len(refused), 40)
        for answer in refused:
            self.assertIn("Retry-After: ", answer)
        self.log.wait("security.flood", reason="registers_per_second", method="REGISTER")
        self.assertEqual(len(self.log.find("security.flood")), 1)
        status = self.server.ask("status")["sip"]
        self.assertEqual(status["gate_refused"], len(refused))
        self.assertEqual(status["floods"], len(refused))

    def test_a_flood_from_one_stranger_ends_in_silence(self):
        self.serve(security={"ban_after": 10, "scanners": []})
        mallory = self.invites(40)
        self.log.wait("security.banned", reason="stranger")
        wait_until(lambda: self.server.ask("status")["sip"]["gate_dropped"] == 31, 10, "silence from the tenth on")
        answers = []
        while select.select([mallory], [], [], 0)[0]:
            answers.append(mallory.recv(65536))
        self.assertEqual(len(answers), 9)
        for answer in answers:
            self.assertTrue(answer.startswith(b"SIP/2.0 403 "), answer)
        self.assertEqual(len(self.log.find("security.refused")), 1)
