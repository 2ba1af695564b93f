"""What a restart, a kill and a rotation leave: bindings, agents' states, one unbroken log."""
import os
import signal

from case import IntegrationTest, scenarios
from processes import wait_until


class Restarts(IntegrationTest):
    def test_after_sigterm_calls_go_on_new_ones_are_turned_away_and_the_server_ends_with_the_last(self):
        self.start_server()
        phone = self.agent("ann", scenarios.agent_is_hung_up_on())
        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        self.log.wait("contact.connected", agent="ann")
        self.server.process.signal(signal.SIGTERM)
        self.log.wait("server.draining", reason="SIGTERM")
        self.caller(scenarios.caller_refused(503)).succeeds()
        self.log.wait("contact.refused", cause="draining")
        self.assertTrue(self.server.process.running())
        caller.cue(self.log.wait("contact.arrived")["call_id"])
        caller.succeeds()
        phone.succeeds()
        self.assertEqual(self.server.process.wait(5), 0)
        self.assertEqual(self.log.poll()[-1]["type"], "server.stopped")

    def test_drain_limit_ends_the_calls_that_are_left(self):
        self.start_server(lambda config: config.update(drain_limit="1s"))
        phone = self.agent("ann", scenarios.agent_is_hung_up_on())
        caller = self.caller(scenarios.caller_is_hung_up_on())
        contact = self.log.wait("contact.connected", agent="ann")["contact"]
        self.assertEqual(self.server.terminate(6), 0)
        caller.succeeds()
        phone.succeeds()
        self.log.wait("contact.ended", contact=contact, cause="shutdown")

    def test_bindings_and_agents_states_survive_a_restart(self):
        self.start_server()
        self.server.keep_ports()
        phone = self.agent("ann", scenarios.agent_is_hung_up_on())
        self.register("ben", self.server.ports.take(2))
        self.login("ben")
        self.assertEqual(self.server.command("not-ready", "ben", "--reason", "lunch")[0], 0)
        self.assertEqual(self.server.terminate(), 0)
        self.server.start()
        states = {a["agent"]: (a["state"], a["reason"]) for a in self.server.ask("agents")}
        self.assertEqual(states, {"ann": ("ready", ""), "ben": ("not_ready", "lunch")})
        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        self.log.wait("contact.connected", agent="ann")
        caller.cue(self.log.wait("contact.arrived")["call_id"])
        caller.succeeds()
        phone.succeeds()
        self.assertEqual(len(self.log.find("registrar.registered", agent="ann")), 1)

    def registrations_are_saved(self):
        try:
            with open(os.path.join(self.folder, "registrations.json"), encoding="utf-8") as file:
                return "ann" in file.read()
        except FileNotFoundError:
            return False

    def kill_and_start(self, *gone):
        """Once it is known where ann's phone is; meanwhile these SIPps are gone."""
        wait_until(self.registrations_are_saved, 5, "the registrations on disk; they are written once a second")
        self.server.kill()
        for sipp in gone:
            sipp.kill()
        self.server.start()

    def test_after_kill_9_who_talks_and_who_waits_goes_on(self):
        self.start_server()
        self.server.keep_ports()
        phone = self.agent("ann", scenarios.agent_outlives_a_restart())
        first = self.caller(scenarios.caller_outlives_a_restart())
        talking = self.log.wait("contact.connected", agent="ann")["contact"]
        second = self.caller(scenarios.caller_outlives_a_restart())
        waiting = self.log.wait("contact.enqueued", count=2)["contact"]
        self.kill_and_start()
        self.log.wait("leg.restored", contact=talking, leg="agent")
        self.log.wait("leg.restored", contact=waiting, leg="caller")
        self.assertEqual([(c["contact"], c["state"]) for c in self.server.ask("calls")], [(talking, "talking"), (waiting, "waiting")])
        other_phone = self.agent("ben", scenarios.agent_is_hung_up_on())
        self.log.wait("contact.connected", contact=waiting, agent="ben")
        calls = {c["contact"]: c["call_id"] for c in self.log.find("contact.arrived")}
        for caller, contact, its_phone in ((first, talking, phone), (second, waiting, other_phone)):
            caller.cue(calls[contact])
            caller.succeeds()
            its_phone.succeeds()
            self.log.wait("contact.ended", contact=contact, cause="caller_hangup")
        self.assertEqual(self.log.find("contact.ended", cause="restart"), [])

    def test_after_sigusr2_the_next_start_goes_on_with_the_calls(self):
        self.start_server()
        self.server.keep_ports()
        phone = self.agent("ann", scenarios.agent_outlives_a_restart())
        caller = self.caller(scenarios.caller_outlives_a_restart())
        contact = self.log.wait("contact.connected", agent="ann")["contact"]
        self.server.process.signal(signal.SIGUSR2)
        self.assertEqual(self.server.process.wait(5), 0)
        self.log.wait("server.stopped", reason="SIGUSR2", calls_left=1)
        self.server.start()
        self.log.wait("leg.restored", contact=contact, leg="agent")
        caller.cue(self.log.wait("contact.arrived")["call_id"])
        caller.succeeds()
        phone.succeeds()
        self.log.wait("contact.ended", contact=contact, cause="caller_hangup")

    def test_after_kill_9_a_caller_who_has_no_answer_yet_keeps_its_place(self):
        self.start_server(lambda config: config["queue_defaults"].update(early_media=True))
        self.server.keep_ports()
        caller = self.caller(scenarios.caller_in_early_media_outlives_a_restart())
        contact = self.log.wait("contact.enqueued")["contact"]
        caller.got("SIP/2.0 183")
        self.server.kill()
        self.server.start()
        phone = self.agent("ann", scenarios.agent_is_hung_up_on())
        self.log.wait("contact.connected", contact=contact, agent="ann")
        caller.cue(self.log.wait("contact.arrived")["call_id"])
        caller.succeeds()
        phone.succeeds()

    def test_after_kill_9_calls_of_who_is_gone_are_accounted_for_and_service_goes_on(self):
        self.start_server()
        self.server.keep_ports()
        port = self.server.ports.take(2)
        self.register("ann", port)
        first_phone = self.sipp(scenarios.agent_is_hung_up_on(), port=port).listens()
        self.login("ann")
        first = self.caller(scenarios.caller_is_hung_up_on())
        talking = self.log.wait("contact.connected", agent="ann")["contact"]
        waiting_caller = self.caller(scenarios.caller_is_hung_up_on())
        waiting = self.log.wait("contact.enqueued", count=2)["contact"]
        self.kill_and_start(first_phone, first, waiting_caller)
        self.log.wait("contact.ended", contact=talking, cause="caller_failed")
        self.log.wait("contact.ended", contact=waiting, cause="caller_failed")
        self.register("ann", port)
        second_phone = self.sipp(scenarios.agent_is_hung_up_on(), port=port).listens()
        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        third = self.log.wait("contact.arrived", count=3)
        self.assertNotIn(third["contact"], (talking, waiting))
        self.log.wait("contact.connected", agent="ann", contact=third["contact"])
        caller.cue(third["call_id"])
        caller.succeeds()
        second_phone.succeeds()

    def test_a_rotated_log_goes_on_in_a_new_file_that_stands_by_itself(self):
        self.start_server()
        phone = self.agent("ann", scenarios.agent_is_hung_up_on())
        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        contact = self.log.wait("contact.connected", agent="ann")["contact"]
        rotated = os.path.join(self.folder, "events.1.ndjson")
        self.log.rotate(rotated, lambda: self.server.process.signal(signal.SIGUSR1))
        with open(self.log.path, encoding="utf-8") as file:
            self.assertIn('"log.opened"', file.readline())
        self.assertEqual(self.log.wait("agent.snapshot", agent="ann", work="connected")["contact"], contact)
        self.log.wait("contact.snapshot", contact=contact, phase="talking")
        caller.cue(self.log.find("contact.arrived")[0]["call_id"])
        caller.succeeds()
        phone.succeeds()
        self.log.wait("contact.ended", contact=contact)
        # Only the new file is there at the next start, and it's enough.
        self.server.keep_ports()
        self.server.terminate()
        self.server.start()
        self.assertEqual({a["agent"]: a["state"] for a in self.server.ask("agents")}["ann"], "ready")

    def test_a_second_server_on_the_same_state_is_refused(self):
        self.start_server()
        code, _, err = self.server.command("serve")
        self.assertEqual(code, 75, err)
