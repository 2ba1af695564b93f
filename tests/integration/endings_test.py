"""Each way for a call to end that a trunk or a phone can bring about, over UDP, as SIPp plays it."""
from case import IntegrationTest, scenarios
from processes import wait_until


def with_queue(**settings):
    def change(config):
        config["queues"]["sales"].update(settings)
    return change


class Endings(IntegrationTest):
    ends_every_call = True

    def outcome(self, agent, seconds=10):
        return self.log.wait("offer.ended", seconds, agent=agent)

    def ends(self, contact, cause):
        return self.log.wait("contact.ended", contact=contact, cause=cause)

    # ---- the caller goes

    def test_a_caller_who_waits_in_early_media_cancels(self):
        self.start_server(with_queue(early_media=True))
        caller = self.caller(scenarios.caller_cancels_on_cue())
        enqueued = self.log.wait("contact.enqueued")
        caller.got("SIP/2.0 183")
        caller.cue(self.log.wait("contact.arrived")["call_id"])
        caller.succeeds()
        self.log.wait("contact.abandoned", contact=enqueued["contact"])
        self.assertEqual(self.log.handoffs(enqueued["contact"])[-1], ("queue:sales", "ended"))

    def test_a_caller_hangs_up_in_the_queue(self):
        self.start_server()
        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        caller.got("SIP/2.0 200")
        caller.cue(self.log.wait("contact.arrived")["call_id"])
        caller.succeeds()
        abandoned = self.log.wait("contact.abandoned")
        self.assertNotIn("while_ringing", abandoned)
        self.assertEqual(self.server.ask("calls"), [])

    def test_a_caller_hangs_up_while_the_phone_rings_and_the_phone_is_cancelled(self):
        self.start_server()
        phone = self.agent("ann", scenarios.agent_rings_until_cancelled())
        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        ringing = self.log.wait("offer.ringing", agent="ann")
        caller.got("SIP/2.0 200")
        caller.cue(self.log.wait("contact.arrived")["call_id"])
        caller.succeeds()
        phone.succeeds()
        self.assertEqual(self.outcome("ann")["outcome"], "caller_gone")
        self.assertEqual(self.log.wait("contact.abandoned")["while_ringing"], ringing["offer"])
        self.log.wait("agent.state_changed", agent="ann", to="ready", count=2)

    # ---- the agent doesn't take the call, another one does

    def refused_by_ann_taken_by_ben(self, ann, outcome, **expected):
        self.start_server(with_queue(ring_timeout="2s"))
        first = self.agent("ann", ann)
        second = self.agent("ben", scenarios.agent_is_hung_up_on())
        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        connected = self.log.wait("contact.connected", agent="ben")
        caller.cue(self.log.wait("contact.arrived")["call_id"])
        caller.succeeds()
        second.succeeds()
        first.succeeds()
        ended = self.outcome("ann")
        self.assertEqual(ended["outcome"], outcome)
        for key, value in expected.items():
            self.assertEqual(ended.get(key), value, ended)
        self.ends(connected["contact"], "caller_hangup")
        self.assertEqual([o["attempt"] for o in self.log.find("offer.made")], [1, 2])
        return ended

    def test_busy_after_ringing_is_a_person_who_declines_and_goes_to_the_next_agent(self):
        self.refused_by_ann_taken_by_ben(scenarios.agent_refuses(486, "Busy Here"), "rejected", sip_code=486)

    def test_busy_at_once_goes_to_the_next_agent(self):
        self.refused_by_ann_taken_by_ben(scenarios.agent_refuses(486, "Busy Here", ring_first=False), "busy", sip_code=486)

    def test_a_decline_goes_to_the_next_agent(self):
        self.refused_by_ann_taken_by_ben(scenarios.agent_refuses(603, "Decline"), "rejected", sip_code=603)

    def test_a_phone_that_is_not_answered_is_cancelled_and_the_next_agent_gets_the_call(self):
        ended = self.refused_by_ann_taken_by_ben(scenarios.agent_rings_until_cancelled(), "no_answer")
        self.assertGreaterEqual(ended["rang_ms"], 1500)
        self.assertLess(ended["rang_ms"], 4000)

    def test_a_phone_whose_port_is_closed_is_given_up_at_once(self):
        """The kernel's ICMP tells; nobody waits for 64*T1."""
        self.start_server()
        self.register("ann", self.server.ports.take(2))  # SIPp has gone after this
        self.login("ann")
        second = self.agent("ben", scenarios.agent_is_hung_up_on())
        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        self.log.wait("contact.connected", 3, agent="ben")
        ended = self.outcome("ann")
        self.assertEqual(ended["outcome"], "unreachable")
        self.log.wait("agent.state_changed", agent="ann", to="unreachable")
        caller.cue(self.log.wait("contact.arrived")["call_id"])
        caller.succeeds()
        second.succeeds()

    # ---- the agent goes

    def test_the_agent_hangs_up(self):
        self.start_server()
        phone = self.agent("ann", scenarios.agent_hangs_up_on_cue())
        caller = self.caller(scenarios.caller_is_hung_up_on())
        connected = self.log.wait("contact.connected")
        phone.cue(self.log.wait("leg.invited")["call_id"])
        phone.succeeds()
        caller.succeeds()
        ended = self.ends(connected["contact"], "agent_hangup")
        self.assertGreater(ended["talked_ms"], 0)

    def test_a_call_without_any_sound_is_ended(self):
        def change(config):
            config["media"]["rtp_timeout"] = "2s"
        self.start_server(change)
        phone = self.agent("ann", scenarios.agent_is_hung_up_on())
        caller = self.caller(scenarios.caller_is_hung_up_on())
        contact = self.log.wait("contact.connected")["contact"]
        phone.succeeds()
        caller.succeeds()
        self.ends(contact, "media_timeout")

    # ---- the queue's rules

    def test_a_call_overflows_to_the_queue_that_has_an_agent(self):
        def change(config):
            config["skills"].append("rescue")
            config["queues"]["sales"].update(max_wait="1s", overflow="rescue")
            config["queues"]["rescue"] = {"requires": {"rescue": 1}}
            config["agents"]["ann"]["skills"] = {"rescue": 5}
        self.start_server(change)
        phone = self.agent("ann", scenarios.agent_is_hung_up_on())
        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        contact = self.log.wait("contact.connected", agent="ann", queue="rescue")["contact"]
        caller.cue(self.log.wait("contact.arrived")["call_id"])
        caller.succeeds()
        phone.succeeds()
        self.assertEqual(self.log.handoffs(contact)[1:4], [("entry:sales", "queue:sales"), ("queue:sales", "queue:rescue"),
                                                           ("queue:rescue", "agent:ann")])
        self.assertGreaterEqual(self.log.find("contact.overflowed")[0]["waited_ms"], 1000)

    def test_a_call_that_has_waited_too_long_is_ended_where_there_is_no_overflow(self):
        self.start_server(with_queue(max_wait="1s"))
        self.caller(scenarios.caller_is_hung_up_on()).succeeds()
        self.ends(self.contact(), "max_wait")

    def test_the_call_after_the_last_place_in_the_queue_hears_busy(self):
        self.start_server(with_queue(capacity=1))
        waiting = self.caller(scenarios.caller_hangs_up_on_cue())
        self.log.wait("contact.enqueued")
        waiting.got("SIP/2.0 200")
        self.caller(scenarios.caller_refused(486)).succeeds()
        self.log.wait("contact.refused", cause="queue_full")
        waiting.cue(self.log.find("contact.arrived")[0]["call_id"])
        waiting.succeeds()

    def test_a_closed_queue_refuses_with_its_entry_points_status(self):
        def change(config):
            config["queues"]["sales"]["closed"] = True
            config["entry_points"]["sales"]["closed_status"] = 603
        self.start_server(change)
        self.caller(scenarios.caller_refused(603)).succeeds()
        self.log.wait("contact.refused", cause="closed")

    # ---- who isn't served

    def test_an_unknown_number_is_not_found(self):
        self.start_server()
        self.caller(scenarios.caller_refused(404), number="999").succeeds()
        self.log.wait("contact.refused", cause="unknown_number")

    def test_a_stranger_is_forbidden_and_noted(self):
        self.start_server(lambda config: config["trunks"].pop("loopback"))
        self.caller(scenarios.caller_refused(403)).succeeds()
        refused = self.log.wait("security.refused")
        self.assertIn("127.0.0.1", refused["source"])
        self.assertEqual(self.log.find("contact.arrived"), [])

    def test_strangers_hear_nothing_where_that_is_configured(self):
        def change(config):
            config["trunks"].pop("loopback")
            config["sip"]["strangers_get_answer"] = False
        self.start_server(change)
        caller = self.caller(scenarios.caller_refused(403))
        # SIPp repeats what isn't answered: by the third time an answer to the first would be here.
        wait_until(lambda: self.server.ask("status")["sip"]["gate_dropped"] >= 3, 10, "the INVITE comes a third time")
        self.assertEqual(caller.received("SIP/2.0"), [])
        self.assertEqual(len(self.log.find("security.refused")), 1)
        self.assertEqual(self.server.ask("status")["sip"]["sent"], 0)

    def test_a_wrong_password_registers_nothing(self):
        self.start_server()
        steps = scenarios.register_steps("ann", password="wrong")[:-1] + [scenarios.recv(401)]
        self.sipp(scenarios.scenario(*steps)).succeeds()
        self.log.wait("security.auth_failed", user="ann")
        self.assertEqual(self.log.find("registrar.registered"), [])

    def test_the_call_after_the_last_that_the_server_takes_is_told_to_come_again(self):
        self.start_server(lambda config: config.update(limits={"calls_max": 1}))
        first = self.caller(scenarios.caller_hangs_up_on_cue())
        first.got("SIP/2.0 200")
        second = self.caller(scenarios.caller_refused(503))
        second.succeeds()
        self.assertIn("Retry-After: ", second.received("SIP/2.0 503")[0])
        first.cue(self.log.find("contact.arrived")[0]["call_id"])
        first.succeeds()
        self.caller(scenarios.caller_hangs_up_after(100)).succeeds()

    def test_a_flood_is_turned_away_with_a_time_to_come_again(self):
        self.start_server(lambda config: config.update(limits={"invites_per_second": 5}))
        flood = self.caller(scenarios.scenario(
            scenarios.invite(), scenarios.recv(100, optional=True), scenarios.recv(503, optional=True, next=1),
            scenarios.recv(200, rrs="true"), scenarios.ack(), scenarios.bye(), scenarios.recv(200, next=2),
            '<label id="1"/>', scenarios.refused_ack(), '<label id="2"/>'), calls=60, rate=300)
        flood.succeeds()
        refusals = flood.received("SIP/2.0 503")
        self.assertGreater(len(refusals), 30)
        self.assertTrue(all("Retry-After: " in r for r in refusals), refusals[0])
        self.assertLess(len(self.log.find("contact.arrived")), 30)
        self.log.wait("security.flood")
