"""Who calls decides: lists of callers who are turned away or come sooner."""
import os
import signal
import unittest

from case import IntegrationTest, scenarios
from processes import wait_until

CALLER = "+4930123456"  #: of every SIPp caller, scenarios.py


class Callers(IntegrationTest):
    def lists(self, **lists):
        def change(config):
            config["callers"] = lists
            config["entry_points"]["sales"]["callers"] = list(lists)
        return change

    def test_a_blocked_caller_is_refused_until_the_file_says_otherwise(self):
        path = os.path.join(self.folder, "nuisance.txt")
        with open(path, "w", encoding="utf-8") as file:
            file.write("# those who only want to sell\n+49 30 123* # and all of their lines\n")
        self.start_server(self.lists(nuisance={"file": path, "refuse": 603}))
        self.caller(scenarios.caller_refused(603)).succeeds()
        self.assertEqual(self.log.wait("contact.arrived")["callers"], "nuisance")
        self.assertNotIn("queue", self.log.wait("contact.refused", cause="blocked", entry_point="sales"))

        with open(path, "w", encoding="utf-8") as file:
            file.write("not a number\n")
        self.reload(f"{path}:1: expected a number")
        self.caller(scenarios.caller_refused(603)).succeeds()

        with open(path, "w", encoding="utf-8") as file:
            file.write("+4940*\n")
        self.reload("list of callers nuisance is changed")
        phone = self.agent("ann", scenarios.agent_is_hung_up_on())
        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        self.log.wait("contact.connected", agent="ann")
        caller.cue(self.log.wait("contact.arrived", count=3)["call_id"])
        caller.succeeds()
        phone.succeeds()

    def reload(self, words):
        self.server.process.signal(signal.SIGHUP)
        wait_until(lambda: words in self.server.stderr(), 5, words)

    def test_a_caller_on_a_list_waits_in_its_queue_and_comes_sooner(self):
        def change(config):
            self.lists(gold={"numbers": [CALLER], "priority": 20, "queue": "gold"})(config)
            config["queues"]["gold"] = {"requires": {"sales": 1}, "priority": 3}
            config["entry_points"]["sales"]["priority"] = 1
        self.start_server(change)
        phone = self.agent("ann", scenarios.agent_is_hung_up_on())
        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        self.log.wait("contact.enqueued", queue="gold", priority=24)
        self.log.wait("contact.connected", agent="ann", queue="gold")
        caller.cue(self.log.wait("contact.arrived", callers="gold")["call_id"])
        caller.succeeds()
        phone.succeeds()

    def talk(self, phone, caller, number):
        self.log.wait("contact.connected", count=number)
        caller.cue(self.log.wait("contact.arrived", count=number)["call_id"])
        caller.succeeds()
        phone.succeeds()

    def rings_again(self, name, phone):
        """Another call for that agent: each SIPp scenario is for one."""
        return self.sipp(scenarios.agent_is_hung_up_on(), port=phone.port).listens()

    def test_a_caller_gets_whom_he_talked_to_before_and_waits_for_him(self):
        def change(config):
            config["queues"]["sales"].update({"strategy": "in_order", "wrap_up": "1h", "sticky": {"for": "1h", "patience": "30s"}})
        self.start_server(change)
        ben = self.agent("ben", scenarios.agent_is_hung_up_on())
        self.talk(ben, self.caller(scenarios.caller_hangs_up_on_cue()), 1)
        self.log.wait("agent.state_changed", agent="ben", to="wrap_up")
        ann = self.agent("ann", scenarios.agent_is_hung_up_on())

        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        waits = self.log.wait("contact.enqueued", count=2)
        self.assertEqual(waits["wanted_agent"], "ben")
        self.assertEqual([(c["state"], c["agent"]) for c in self.server.ask("calls")], [("waiting", "ben")])
        code, out, _ = self.server.command("why", waits["contact"])
        self.assertEqual(code, 0)
        self.assertIn("kept for ben for another", out)
        self.assertRegex(out, r"kept for ben +ann")
        ben = self.rings_again("ben", ben)
        self.server.command("ready", "ben")
        offer = self.log.wait("offer.made", contact=waits["contact"])
        self.assertEqual((offer["agent"], offer.get("wanted")), ("ben", True))
        self.talk(ben, caller, 2)

        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        waits = self.log.wait("contact.enqueued", count=3)
        self.assertEqual(waits["wanted_agent"], "ben")
        self.server.command("logout", "ben")
        self.log.wait("contact.released", agent="ben", cause="left", contact=waits["contact"])
        self.log.wait("contact.connected", agent="ann", contact=waits["contact"])
        self.talk(ann, caller, 3)


if __name__ == "__main__":
    unittest.main()
