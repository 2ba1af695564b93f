"""Opening hours: who comes to a closed entry point, and what closing does to those who are there."""
import datetime
import os
import subprocess
import tempfile
import unittest

from case import IntegrationTest, scenarios
from server import BINARY

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def closed_now():
    """Open three days from now, wherever clocks are."""
    day = DAYS[(datetime.datetime.now(datetime.timezone.utc).weekday() + 3) % 7]
    return {"time_zone": "Asia/Kathmandu", "hours": {day: "09:00-17:00"}}


class OpeningHours(IntegrationTest):
    def test_callers_are_refused_while_it_is_closed_or_wait_elsewhere(self):
        def change(config):
            config["schedules"] = {"office": closed_now()}
            config["queues"]["night"] = {"requires": {"sales": 1}}
            config["entry_points"]["sales"]["hours"] = "office"
            config["entry_points"]["service"] = {"numbers": ["200"], "queue": "sales", "hours": "office", "closed_queue": "night"}

        self.start_server(change)
        door = self.log.wait("entry_point.state_changed", entry_point="sales", to="closed", cause="hours")
        self.assertIn("until", door)
        self.caller(scenarios.caller_refused(480)).succeeds()
        self.log.wait("contact.refused", cause="closed", entry_point="sales")
        phone = self.agent("ann", scenarios.agent_is_hung_up_on())
        caller = self.caller(scenarios.caller_hangs_up_on_cue(), number="200")
        self.log.wait("contact.connected", agent="ann", queue="night")
        caller.cue(self.log.wait("contact.arrived", count=2)["call_id"])
        caller.succeeds()
        phone.succeeds()

    def test_closing_by_command_lets_nobody_in_and_loses_nobody(self):
        self.start_server()
        ann = self.agent("ann", scenarios.agent_is_hung_up_on())
        talking = self.caller(scenarios.caller_hangs_up_on_cue())
        self.log.wait("contact.connected", agent="ann")
        waiting = self.caller(scenarios.caller_hangs_up_on_cue())
        contact = self.log.wait("contact.enqueued", count=2)["contact"]
        code, out, err = self.server.command("close", "sales", "--reason", "fire alarm")
        self.assertEqual((code, out, err), (0, "sales is closed by command: fire alarm\n", ""))
        self.log.wait("entry_point.state_changed", to="closed", cause="command", reason="fire alarm", actor="supervisor")
        self.caller(scenarios.caller_refused(480)).succeeds()
        self.assertEqual(self.server.ask("status")["entry_points"]["by_command"], 1)
        entry = self.server.ask("entry-points")[0]
        self.assertEqual((entry["state"], entry["cause"], entry["reason"]), ("closed", "command", "fire alarm"))
        ben = self.agent("ben", scenarios.agent_is_hung_up_on())
        self.log.wait("contact.connected", agent="ben", contact=contact)
        for caller, number in ((talking, 1), (waiting, 2)):
            caller.cue(self.log.wait("contact.arrived", count=number)["call_id"])
            caller.succeeds()
        ann.succeeds()
        ben.succeeds()

    def test_who_waits_is_sent_away_if_told_to(self):
        self.start_server()
        waiting = self.caller(scenarios.caller_is_hung_up_on())
        self.log.wait("contact.enqueued")
        self.assertEqual(self.server.command("close", "sales", "--end-waiting")[0], 0)
        waiting.succeeds()
        self.log.wait("contact.ended", cause="closed", **{"from": "queue:sales"})

    def test_a_command_outlives_a_restart_and_is_taken_back(self):
        self.start_server()
        self.server.keep_ports()
        self.assertEqual(self.server.command("close", "sales")[0], 0)
        self.assertEqual(self.server.terminate(), 0)
        self.server.start()
        self.caller(scenarios.caller_refused(480)).succeeds()
        code, out, _ = self.server.command("open", "sales")
        self.assertEqual((code, out), (0, "sales is open by its hours\n"))
        code, _, err = self.server.command("open", "sales")
        self.assertEqual(code, 69)
        self.assertIn("'sales' follows its hours already", err)
        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        self.log.wait("contact.enqueued")
        caller.got("SIP/2.0 200")
        caller.cue(self.log.wait("contact.arrived", count=2)["call_id"])
        caller.succeeds()


class Check(unittest.TestCase):
    CONFIG = """sip: {listen: [{udp: 127.0.0.1:0}]}
queues: {sales: {}}
schedules:
  office:
    time_zone: Europe/Warsaw
    hours: {mon-fri: [08:00-13:00, 12:00-18:00]}
  past: {time_zone: UTC, holidays: {2020-05-01: 08:00-12:00}}
entry_points:
  sales: {numbers: [100], queue: sales, hours: office}
  fair: {numbers: [200], queue: sales, hours: past}
agents: {ann: {password: x}}
"""

    def check(self, text):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "t.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            done = subprocess.run([BINARY, "check", "-c", path], capture_output=True, text=True, timeout=10, check=False)
            return done.returncode, done.stderr.replace(path + ":", "")

    def test_check_tells_what_can_never_be_answered_and_what_is_only_odd(self):
        code, err = self.check(self.CONFIG)
        self.assertEqual(code, 0)
        self.assertIn("warning: 6: schedules.office.hours.mon-fri: 08:00-13:00 and 12:00-18:00 overlap\n", err)
        self.assertIn("warning: 7: schedules.past: will not open any more\n", err)
        code, err = self.check(self.CONFIG.replace("[08:00-13:00, 12:00-18:00]", "closed"))
        self.assertEqual(code, 78)
        self.assertIn("9: entry_points.sales.hours: schedule office never opens: nobody who calls here could ever be "
                      "answered\n", err)
        code, err = self.check(self.CONFIG.replace("agents:", "# agents:"))
        self.assertEqual(code, 78)
        self.assertIn("2: queues.sales: there are no agents: its calls would wait for ever\n", err)
        code, err = self.check(self.CONFIG.replace("{sales: {}}", "{sales: {requires: [it]}}") + "skills: [it]\n")
        self.assertEqual(code, 0)
        self.assertIn("warning: 2: queues.sales.requires: no agent has skill it: its calls wait until somebody is given it "
                      "by 'centrala skill'\n", err)
        code, err = self.check(self.CONFIG.replace("Europe/Warsaw", "Warsaw"))
        self.assertEqual(code, 78)
        self.assertIn("5: schedules.office.time_zone: expected a time zone such as Europe/Warsaw, got 'Warsaw'; did you mean "
                      "Europe/Warsaw?\n", err)


if __name__ == "__main__":
    unittest.main()
