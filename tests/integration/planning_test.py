"""centrala simulate and replay as programs: logs played again, those of simulated days and those of the server."""
import json
import os
import subprocess

from case import IntegrationTest, scenarios
from server import BINARY

CENTRE = """
skills: [a]
queue_defaults: {wrap_up: 10s, service_level: 20s}
queues: {a: {requires: {a: 1}}}
agents: {ann: {skills: [a], password: secret-1}, ben: {skills: [a], password: secret-2}%s}
"""
DAY = CENTRE + """
horizon: 4h
replications: 1
classes: {sales: {queue: a, arrivals: {per_hour: 30}, service: {exponential: 150s}, patience: {exponential: 60s}}}
"""
SERVER = CENTRE + """
sip: {listen: [{udp: "127.0.0.1:0"}]}
entry_points: {sales: {numbers: ["100"], queue: a}}
"""


class Planning(IntegrationTest):
    def run_centrala(self, *arguments):
        done = subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=60, cwd=self.folder, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def test_a_simulated_days_log_replayed_under_the_same_configuration_is_that_day(self):
        self.write("day.yaml", DAY % "")
        self.write("was.yaml", SERVER % "")
        self.write("new.yaml", SERVER % ", cem: {skills: [a], password: secret-3}")
        simulated = json.loads(self.run_centrala("simulate", "day.yaml", "--log", "day.ndjson", "--json"))
        replay = json.loads(self.run_centrala("replay", "day.ndjson", "--was", "was.yaml", "-c", "new.yaml", "--json"))
        log, was, new = replay["alternatives"]
        self.assertEqual([log["name"], was["name"], new["name"]], ["log", "was", "new"])
        for figure in ("offered", "service_level", "abandonment", "wait_answered", "wait_p95"):
            told = log["classes"]["sales"][figure]["mean"]
            self.assertAlmostEqual(told, simulated["alternatives"][0]["all"][figure]["mean"], 9)
            self.assertAlmostEqual(told, was["classes"]["sales"][figure]["mean"], 9)
        self.assertEqual(replay["log"]["agents_not_in_log"], 1)
        self.assertGreater(new["difference"]["service_level"]["mean"], 0, "three agents rather than two")
        text = self.run_centrala("replay", "day.ndjson", "-c", "new.yaml")
        self.assertIn("minus log", text)
        self.assertIn("agents whom the log doesn't have, taken to be there as long as anybody was: 1", text)

    def test_the_servers_log_is_replayed_under_its_configuration(self):
        self.start_server()
        self.agent("ann", scenarios.agent_is_hung_up_on(), calls=4)
        self.caller(scenarios.caller_hangs_up_after(500), calls=4, rate=20).succeeds()
        self.log.wait("contact.ended", count=4)
        replay = self.server.ask("replay", self.log.path, "--reps", "3")
        log, new = replay["alternatives"]
        self.assertEqual(replay["log"], {"calls_left_out": 0, "agents_left_out": 0, "agents_not_in_log": 0, "lines_skipped": 0})
        self.assertEqual(log["classes"]["sales"]["offered"]["mean"], 4)
        for figure in ("offered", "service_level", "abandonment"):
            self.assertEqual(new["all"][figure]["mean"], log["all"][figure]["mean"], figure)

    def test_staff_finds_how_many_agents_reach_the_goal(self):
        self.write("day.yaml", DAY % "")
        staffing = json.loads(self.run_centrala("staff", "day.yaml", "--reps", "10", "--json"))
        self.assertTrue(staffing["met"] and staffing["least"])
        agents = sum(staffing["intervals"][0]["agents"].values())
        self.assertGreaterEqual(staffing["intervals"][0]["service_levels"]["sales"]["mean"], 0.8)
        self.write("fewer.yaml", DAY.replace("ann: {", f"ann: {{count: {agents - 1}, ").replace("ben: {", "ben: {count: 0, ") % "")
        fewer = json.loads(self.run_centrala("simulate", "fewer.yaml", "--reps", "10", "--json"))
        self.assertLess(fewer["alternatives"][0]["all"]["service_level"]["mean"], 0.8)
        self.assertIn("nobody could be spared", self.run_centrala("staff", "day.yaml", "--reps", "10"))

    def test_what_is_no_event_log_is_refused(self):
        self.write("new.yaml", SERVER % "")
        for log, words in (("new.yaml", "is not an event log"), ("nowhere", "No such file")):
            done = subprocess.run([BINARY, "replay", log, "-c", "new.yaml"], capture_output=True, text=True, timeout=60,
                                  cwd=self.folder, check=False)
            self.assertEqual(done.returncode, 66)
            self.assertIn(words, done.stderr)
