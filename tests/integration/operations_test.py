"""The subcommands against a living server, and mistakes in the configuration."""
import json
import os
import signal
import subprocess
import unittest

from case import IntegrationTest, scenarios
from processes import Process, wait_until
from server import BINARY


class Operations(IntegrationTest):
    def test_lists_show_the_calls_that_are_up(self):
        self.start_server()
        phone = self.agent("ann", scenarios.agent_is_hung_up_on())
        talking = self.caller(scenarios.caller_hangs_up_on_cue())
        self.log.wait("contact.connected", agent="ann")
        waiting = self.caller(scenarios.caller_hangs_up_on_cue())
        self.log.wait("contact.enqueued", count=2)
        waiting.got("SIP/2.0 200")
        status = self.server.ask("status")
        self.assertEqual((status["state"], status["calls"]["talking"], status["calls"]["waiting"]), ("serving", 1, 1))
        self.assertEqual(status["agents"]["talking"], 1)
        self.assertEqual(status["registrations"], 1)
        queue = self.server.ask("queues")[0]
        self.assertEqual((queue["queue"], queue["waiting"], queue["entered"], queue["answered"]), ("sales", 1, 2, 1))
        self.assertEqual(queue["service"]["today"]["service_level_percent"], 100)
        self.assertGreater(queue["expected_wait_ms"], 60_000)
        (skill,) = self.server.ask("skills")
        self.assertEqual((skill["skill"], skill["waiting"], skill["agents_at_work"], skill["agents_available"]), ("sales", 1, 1, 0))
        agents = {a["agent"]: a for a in self.server.ask("agents")}
        self.assertEqual((agents["ann"]["state"], agents["ben"]["state"]), ("talking", "logged_out"))
        calls = {c["state"]: c for c in self.server.ask("calls")}
        self.assertEqual((calls["talking"]["agent"], calls["waiting"]["caller"]), ("ann", "+4930123456"))
        self.assertEqual((calls["waiting"]["position"], calls["talking"]["position"]), (1, None))
        expected = self.log.wait("contact.enqueued", count=2)["expected_wait_ms"]
        self.assertEqual(calls["waiting"]["expected_wait_ms"], expected)
        for command in ("status", "agents", "queues", "skills", "calls"):
            code, out, _ = self.server.command(command)
            self.assertEqual(code, 0)
            self.assertGreater(len(out.splitlines()), 1, out)
        for sipp, number in ((waiting, 2), (talking, 1)):
            sipp.cue(self.log.wait("contact.arrived", count=number)["call_id"])
            sipp.succeeds()
        phone.succeeds()

    def test_supervisors_commands_change_agents_and_refusals_say_why(self):
        self.start_server()
        self.register("ann", self.server.ports.take(2))
        self.login("ann")
        self.assertEqual(self.server.command("not-ready", "ann", "--reason", "break")[0], 0)
        self.log.wait("agent.state_changed", agent="ann", to="not_ready", reason="break", actor="supervisor")
        self.assertEqual(self.server.command("skill", "ann", "sales", "9")[0], 0)
        self.log.wait("agent.skill_changed", agent="ann", to_level=9)
        code, _, err = self.server.command("ready", "ben")
        self.assertEqual(code, 69)
        self.assertIn("not logged in", err)
        self.assertEqual(self.server.command("logout", "ann")[0], 0)
        self.log.wait("agent.state_changed", agent="ann", to="logged_out")

    def test_tail_shows_a_call_as_it_happens(self):
        self.start_server()
        tail = Process([BINARY, "tail", "-c", self.server.config_path], os.path.join(self.folder, "tail.out"))
        self.addCleanup(tail.kill)
        json_tail = Process([BINARY, "tail", "--json", "-c", self.server.config_path], os.path.join(self.folder, "tail.json"))
        self.addCleanup(json_tail.kill)
        self.caller(scenarios.caller_refused(404), number="999").succeeds()
        wait_until(lambda: "999" in tail.output(), 5, tail.output)
        wait_until(lambda: '"contact.refused"' in json_tail.output(), 5, json_tail.output)
        for line in json_tail.output().splitlines():
            json.loads(line)

    def test_why_explains_an_offer_a_wait_and_an_idle_agent(self):
        self.start_server()
        phone = self.agent("ann", scenarios.agent_is_hung_up_on())
        talking = self.caller(scenarios.caller_hangs_up_on_cue())
        self.log.wait("contact.connected", agent="ann")
        waiting = self.caller(scenarios.caller_hangs_up_on_cue())
        waiting.got("SIP/2.0 200")
        self.log.wait("contact.enqueued", contact="c2")
        (offer,) = self.server.ask("why", "c1")
        self.assertEqual((offer["agent"], offer["available"]), ("ann", 1))
        self.assertEqual([c["agent"] for c in offer["candidates"]], ["ann"])
        self.assertEqual({b["agent"]: b["bar"] for b in offer["barred"]}["ben"], "logged_out")
        (wait,) = self.server.ask("why", "c2")
        self.assertEqual((wait["available"], wait["position"]), (0, 1))
        self.assertEqual({b["agent"]: b["bar"] for b in wait["barred"]}["ann"], "talking")
        about = self.server.ask("why", "ben")
        self.assertEqual((about["state"], about["queues"][0]["contact"]), ("logged_out", "c2"))
        code, out, _ = self.server.command("why", "c2")
        self.assertEqual(code, 0)
        self.assertRegex(out, "c2 waits in sales, place 1[^$]*nobody could take it[^$]*talking +ann")
        code, _, err = self.server.command("why", "c99")
        self.assertEqual(code, 66)
        self.assertIn("doesn't know c99", err)
        self.assertEqual(self.server.command("why", "nobody")[0], 64)
        for sipp, number in ((waiting, 2), (talking, 1)):
            sipp.cue(self.log.wait("contact.arrived", count=number)["call_id"])
            sipp.succeeds()
        phone.succeeds()

    def test_why_goes_back_through_files_that_logrotate_moved_and_packed(self):
        self.start_server()
        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        contact = self.log.wait("contact.enqueued")["contact"]
        rotated = self.log.path + "-20231115"
        self.log.rotate(rotated, lambda: self.server.process.signal(signal.SIGHUP))
        subprocess.run(["gzip", rotated], check=True)
        phone = self.agent("ann", scenarios.agent_is_hung_up_on())
        self.log.wait("contact.connected", agent="ann")
        code, out, err = self.server.command("why", contact)
        self.assertEqual((code, err), (0, ""))
        self.assertIn(f"{contact} offered to ann in sales", out)
        (wait,) = self.server.ask("why", contact, "--log", rotated + ".gz")
        self.assertNotIn("agent", wait)
        self.assertEqual(len(self.server.ask("why", contact, "--log", self.log.path, "--log", rotated + ".gz")), 1)
        os.remove(rotated + ".gz")
        code, out, err = self.server.command("why", contact)
        self.assertEqual(code, 0)
        self.assertIn(f"{contact} offered to ann in sales", out)
        self.assertIn(f"{contact} arrived before", err)
        caller.cue(self.log.find("contact.arrived")[0]["call_id"])
        caller.succeeds()
        phone.succeeds()

    def test_commands_without_a_server_say_so(self):
        self.start_server()
        self.server.terminate()
        code, out, err = self.server.command("status")
        self.assertEqual((code, out), (69, ""))
        self.assertIn("control.sock", err)


class Mistakes(unittest.TestCase):
    CONFIG = """sip:
  listen: [{udp: 127.0.0.1:0}]
queues:
  sales: {ring_timeout: soon, overflow: nowhere}
agents:
  ann: {pasword: x}
"""

    def test_every_mistake_in_a_configuration_is_named_at_once(self):
        import tempfile
        with tempfile.TemporaryDirectory(prefix="centrala-test-") as folder:
            path = os.path.join(folder, "bad.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(self.CONFIG)
            for command in (["check"], ["serve"]):
                done = subprocess.run([BINARY, *command, "-c", path], capture_output=True, text=True, timeout=10, check=False, cwd=folder)
                self.assertEqual(done.returncode, 78, done.stderr)
                for mistake in ("4: queues.sales.ring_timeout:", "queues.sales.overflow:", "6: agents.ann.pasword: unknown key; did you mean password?"):
                    self.assertIn(mistake, done.stderr)
            self.assertEqual(os.listdir(folder), ["bad.yaml"], "nothing was opened")

    def test_the_shipped_configuration_is_sound(self):
        shipped = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../config/centrala.yaml")
        done = subprocess.run([BINARY, "check", "-c", shipped], capture_output=True, text=True, timeout=10, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
