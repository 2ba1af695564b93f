"""The configuration changes while callers wait and agents talk."""
import os

import sound
from case import IntegrationTest, scenarios
from server import agent


class Reload(IntegrationTest):
    ends_every_call = True

    def reload(self):
        self.server.write_config()
        return self.server.ask("reload")

    def test_a_caller_who_waits_is_rung_at_an_agent_who_is_added(self):
        self.start_server()
        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        contact = self.log.wait("contact.enqueued")["contact"]
        agents = self.server.config["agents"]
        self.server.config["agents"] = {"zoe": agent(), **agents}
        told = self.reload()
        self.assertEqual(told["changes"], ["agent zoe is added"])
        self.assertEqual(told["at_next_start"], [])
        self.log.wait("config.reloaded", changes=1, changed="agent zoe is added")
        self.assertEqual(self.log.wait("contact.snapshot")["contact"], contact)
        phone = self.agent("zoe", scenarios.agent_is_hung_up_on())
        self.log.wait("contact.connected", contact=contact, agent="zoe")
        caller.cue(self.log.wait("contact.arrived")["call_id"])
        caller.succeeds()
        phone.succeeds()

    def test_a_caller_who_waits_is_told_the_place_once_the_queue_announces_it(self):
        sound.write_tone(os.path.join(self.folder, "said.wav"), 700, 0.2)
        os.mkdir(os.path.join(self.folder, "numbers"))
        for number in (*range(1, 20), *range(20, 100, 10)):
            sound.write_tone(os.path.join(self.folder, "numbers", f"{number}.wav"), 900, 0.2)
        said = ["said.wav", "number"]

        def with_sounds(config):
            config["media"]["announcements"] = {"next": said, "position": said, "expected_wait": said, "one_minute": said,
                                                "numbers": "numbers"}
        self.start_server(with_sounds)
        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        contact = self.log.wait("contact.enqueued")["contact"]
        self.server.config["queues"]["sales"]["announce"] = {"after": "1s"}
        told = self.reload()
        self.assertEqual((told["changes"], told["at_next_start"]), (["queue sales is changed"], []))
        self.assertEqual(self.log.wait("media.announced", contact=contact)["position"], 1)
        caller.cue(self.log.wait("contact.arrived")["call_id"])
        caller.succeeds()

    def test_a_conversation_outlives_its_queue_and_its_agent(self):
        self.start_server()
        phone = self.agent("ann", scenarios.agent_is_hung_up_on())
        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        self.log.wait("contact.connected", agent="ann")
        config = self.server.config
        config["queues"] = {"service": {"requires": {"sales": 1}}}
        config["entry_points"] = {"service": {"numbers": ["200"], "queue": "service"}}
        del config["agents"]["ann"]
        self.assertEqual(self.reload()["changes"], ["queue sales is removed", "queue service is added", "agent ann is removed",
                                                    "entry point sales is removed", "entry point service is added"])
        self.caller(scenarios.caller_refused(404)).succeeds()
        self.assertEqual([(a["agent"], a["state"]) for a in self.server.ask("agents")], [("ann", "talking"), ("ben", "logged_out")])
        caller.cue(self.log.wait("contact.arrived")["call_id"])
        caller.succeeds()
        phone.succeeds()
        self.log.wait("agent.state_changed", agent="ann", to="logged_out")
        self.assertEqual([a["agent"] for a in self.server.ask("agents")], ["ben"])
        self.assertEqual([q["queue"] for q in self.server.ask("queues")], ["service"])
        self.assertEqual(self.server.command("login", "ann")[0], 69)

    def test_a_file_with_a_mistake_changes_nothing(self):
        self.start_server()
        self.server.config["queues"]["sales"]["prioriti"] = 3
        self.server.write_config()
        code, out, err = self.server.command("reload", "--socket", self.server.config["control"]["socket"])
        self.assertEqual((code, out), (78, ""))
        self.assertIn("queues.sales.prioriti: unknown key", err)
        self.log.wait("config.refused", problems=1)
        self.assertEqual(self.log.find("config.reloaded"), [])
        del self.server.config["queues"]["sales"]["prioriti"]
        self.assertEqual(self.reload()["changes"], [])

    def test_what_counts_at_the_next_start_is_told(self):
        self.start_server()
        self.server.config["media"]["rtp_timeout"] = "50s"
        self.assertEqual(self.reload()["at_next_start"], ["media"])
        self.assertEqual(self.server.command("reload")[1], "nothing that can change has changed\ncounts at the next start: media\n")

    def test_a_restart_after_it_knows_what_was_before(self):
        self.start_server()
        self.server.keep_ports()
        phone = self.agent("ann", scenarios.agent_is_hung_up_on())
        self.server.config["agents"]["ann"]["skills"] = {"sales": 7}
        self.assertEqual(self.reload()["changes"], ["agent ann is changed"])
        self.assertEqual(self.server.terminate(), 0)
        self.server.start()
        self.assertEqual([(a["agent"], a["state"], a["skills"]) for a in self.server.ask("agents")][0], ("ann", "ready", {"sales": 7}))
        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        self.log.wait("contact.connected", agent="ann")
        caller.cue(self.log.wait("contact.arrived")["call_id"])
        caller.succeeds()
        phone.succeeds()
