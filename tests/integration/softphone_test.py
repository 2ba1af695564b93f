"""An ordinary softphone (baresip) as the agent and another as the caller: registering, feature codes, and who hears what."""
import os
import shutil
import unittest

import sound
from case import IntegrationTest
from processes import wait_until
from softphone import MODULES, Softphone

CALLER_TONE, AGENT_TONE, MUSIC, GREETING, DONE, LOGIN, ERROR, ASKED = 440, 1000, 1700, 700, 2200, 2600, 3100, 3500
TONES = {"music": MUSIC, "greeting": GREETING, "done": DONE, "login": LOGIN, "error": ERROR, "asked": ASKED}


@unittest.skipUnless(shutil.which("baresip") and MODULES, "baresip isn't installed")
class Softphones(IntegrationTest):
    def setUp(self):
        super().setUp()
        for name, frequency in TONES.items():
            sound.write_tone(os.path.join(self.folder, name + ".wav"), frequency, 20 if name == "music" else 0.6)
        sound.write_tone(os.path.join(self.folder, "caller.wav"), CALLER_TONE, 40)
        sound.write_tone(os.path.join(self.folder, "agent.wav"), AGENT_TONE, 40)

    def serve(self, breaks=None, announcements=None, **queue_defaults):
        def change(config):
            config["routing"]["ready_on_login"] = False
            config["media"]["music"] = "music.wav"
            config["queue_defaults"].update(greeting="greeting.wav", wrap_up="1m", **queue_defaults)
            config["feature_codes"] = {kind + "_sound": kind + ".wav" for kind in ("done", "error", "login", "asked")}
            if breaks:
                config["breaks"] = breaks
            if announcements:
                config["media"]["announcements"] = announcements
        self.start_server(change)

    def phone(self, user, source, **options):
        return self.started(Softphone(self.folder, self.server, user, os.path.join(self.folder, source), **options))

    def agent_phone(self, **options):
        phone = self.phone("ann", "agent.wav", password="secret", **options)
        self.log.wait("registrar.registered", agent="ann")
        return phone

    def dial_code(self, phone, code, tone):
        """Dials, and hears the answer out: the server hangs up by itself."""
        before = phone.count("CALL_CLOSED")
        phone.forget_recordings()
        phone.dial(code)
        phone.wait("CALL_CLOSED", before + 1)
        new = wait_until(phone.recordings, 3, lambda: "a recording\n" + phone.report())
        spans = sound.heard(sound.read(new[-1]), tone)
        self.assertGreater(sound.total(spans), 400, f"{code}: of {tone} Hz {spans} was heard in {new}")

    def test_an_agent_works_by_feature_codes_and_hears_them_confirmed(self):
        self.serve()
        phone = self.agent_phone()
        self.dial_code(phone, "*11", LOGIN)
        self.log.wait("agent.state_changed", agent="ann", cause="login", actor="agent", session="logged_in")
        self.log.wait("agent.state_changed", agent="ann", to="not_ready")  # the code's own call is over
        self.dial_code(phone, "*13", DONE)
        self.log.wait("agent.state_changed", agent="ann", cause="ready", intent="ready")
        self.log.wait("agent.state_changed", agent="ann", to="ready")
        self.dial_code(phone, "*142", DONE)
        self.log.wait("agent.state_changed", agent="ann", cause="not_ready", reason="lunch")
        self.dial_code(phone, "*15", ERROR)  # there is no wrap-up to end
        self.dial_code(phone, "*12", DONE)
        self.log.wait("agent.state_changed", agent="ann", to="logged_out")
        self.assertEqual([f["code"] for f in self.log.find("feature.used")], ["*11", "*13", "*142", "*15", "*12"])

    def test_after_kill_9_each_side_hears_the_other_again(self):
        self.serve()
        self.server.keep_ports()
        agent = self.agent_phone()
        self.server.command("login", "ann")
        self.server.command("ready", "ann")
        caller = self.phone("+4930123456", "caller.wav")
        caller.dial("100")
        contact = self.log.wait("contact.connected", agent="ann")["contact"]

        def each_has_heard(more_than):
            for phone, tone in ((caller, AGENT_TONE), (agent, CALLER_TONE)):
                wait_until(lambda: phone.recordings() and phone.heard_ms(tone) > more_than[phone], 10,
                           lambda: f"{tone} Hz for more than {more_than[phone]} ms\n{phone.report()}", poll=0.2)
        each_has_heard({caller: 600, agent: 600})
        self.server.kill()
        self.server.start()
        self.log.wait("leg.restored", contact=contact, leg="agent")
        each_has_heard({caller: caller.heard_ms(AGENT_TONE) + 1500, agent: agent.heard_ms(CALLER_TONE) + 1500})
        self.assertEqual((caller.count("CALL_CLOSED"), agent.count("CALL_CLOSED")), (0, 0))
        caller.hang_up()
        self.log.wait("contact.ended", contact=contact, cause="caller_hangup", agent="ann")
        agent.wait("CALL_CLOSED")

    def test_greeting_then_music_then_each_side_hears_the_other(self):
        self.serve()
        agent = self.agent_phone()
        self.dial_code(agent, "*11", LOGIN)
        self.log.wait("agent.state_changed", agent="ann", to="not_ready")
        agent.forget_recordings()
        caller = self.phone("+4930123456", "caller.wav")
        caller.dial("100")
        caller.wait("CALL_ESTABLISHED")
        wait_until(lambda: caller.recordings() and sound.total(sound.heard(sound.read(caller.recordings()[0]), MUSIC)) > 600, 6,
                   lambda: f"music at the caller's\n{caller.report()}", poll=0.2)
        self.server.command("ready", "ann")
        self.log.wait("contact.connected", agent="ann")
        heard_by_agent = wait_until(agent.recordings, 3, "the agent's recording")[0]
        for path, tone in ((caller.recordings()[0], AGENT_TONE), (heard_by_agent, CALLER_TONE)):
            wait_until(lambda: sound.total(sound.heard(sound.read(path), tone)) > 1000, 6,
                       lambda: f"{tone} Hz in {path}", poll=0.2)
        caller.hang_up()
        self.log.wait("contact.ended", cause="caller_hangup", agent="ann")
        agent.wait("CALL_CLOSED", 2)
        for leg in ("caller", "agent"):
            media = self.log.wait("media.ended", leg=leg)
            self.assertGreater(media["packets_received"], 40, "a second of talking, 20 ms each")
            self.assertLess(media["packets_lost"], media["packets_received"] / 20, "over loopback")

        samples = sound.read(caller.recordings()[0])
        greeting, music, talk = (sound.heard(samples, f) for f in (GREETING, MUSIC, AGENT_TONE))
        self.assertGreater(sound.total(greeting), 400, greeting)
        self.assertLessEqual(greeting[-1][1], music[0][0] + 40, "the music comes after the greeting")
        self.assertLessEqual(music[-1][1], talk[0][0] + 40, "the music ends before the agent is heard")
        self.assertEqual(sound.heard(samples, CALLER_TONE), [], "nobody hears an echo of oneself")
        by_agent = sound.read(heard_by_agent)
        self.assertEqual(sound.heard(by_agent, MUSIC) + sound.heard(by_agent, GREETING), [], "agents don't hear the queue's sounds")
        gap = sound.onset(samples, AGENT_TONE) - sound.onset(samples, MUSIC, rising=False)
        print(f"gap between the last of the music and the first of the agent, as recorded by the caller: {gap:.0f} ms")
        self.assertLess(gap, 500)

    def test_who_waits_is_told_the_place_and_how_long_it_will_take_and_hears_music_again(self):
        said = {"next": 500, "number": 1200, "minutes": 2900}
        for name, frequency in said.items():
            sound.write_tone(os.path.join(self.folder, name + ".wav"), frequency, 0.5)
        os.mkdir(os.path.join(self.folder, "numbers"))
        for number in (*range(1, 20), *range(20, 100, 10)):
            shutil.copy(os.path.join(self.folder, "number.wav"), os.path.join(self.folder, "numbers", f"{number}.wav"))
        self.serve(announcements={"next": ["next.wav"], "position": ["number"], "expected_wait": ["number", "minutes.wav"],
                                  "one_minute": ["number"], "numbers": "numbers"}, announce={"after": "2s"})
        self.agent_phone()
        self.server.command("login", "ann")
        self.server.command("ready", "ann")
        self.phone("+4930123455", "caller.wav").dial("100")
        self.log.wait("contact.connected", agent="ann")
        caller = self.phone("+4930123456", "caller.wav")
        caller.dial("100")
        told = self.log.wait("media.announced", queue="sales")
        self.assertEqual(told["position"], 1)
        self.assertIn(told["wait_minutes"], (*range(2, 21), 30, 40, 50, 60), "one sound says it")
        wait_until(lambda: caller.heard_ms(said["minutes"]) > 400, 6, lambda: f"the wait\n{caller.report()}", poll=0.2)
        heard_then = caller.heard_ms(MUSIC)
        wait_until(lambda: caller.heard_ms(MUSIC) > heard_then + 500, 6, lambda: f"music again\n{caller.report()}", poll=0.2)
        caller.hang_up()
        self.log.wait("contact.abandoned", contact=told["contact"])
        samples = sound.read(caller.recordings()[0])
        begins = [sound.onset(samples, tone) for tone in (GREETING, MUSIC, said["next"], said["number"], said["minutes"])]
        self.assertEqual(begins, sorted(begins), "greeting, music, place, number, minutes")

    def test_a_call_rings_at_both_phones_and_is_theirs_who_picks_up(self):
        self.serve(ring_at_once=2)
        ann, ben = (self.phone(name, "agent.wav", password="secret", auto_answer=False) for name in ("ann", "ben"))
        for name in ("ann", "ben"):
            self.log.wait("registrar.registered", agent=name)
            self.server.command("login", name)
            self.server.command("ready", name)
        caller = self.phone("+4930123456", "caller.wav")
        caller.dial("100")
        for phone in (ann, ben):
            phone.wait("CALL_INCOMING")
        self.log.wait("offer.ringing", count=2)
        self.assertIn("ann, ben", self.server.command("calls")[1])
        ben.command("accept")
        self.log.wait("contact.connected", agent="ben")
        ann.wait("CALL_CLOSED")
        self.assertEqual([(e["agent"], e["outcome"]) for e in self.log.find("offer.ended")], [("ann", "rescinded"), ("ben", "accepted")])
        wait_until(lambda: caller.heard_ms(AGENT_TONE) > 600, 6, lambda: f"the agent at the caller's\n{caller.report()}", poll=0.2)
        self.assertIn("ready", self.server.command("agents")[1])
        caller.hang_up()
        self.log.wait("contact.ended", agent="ben")
        ben.wait("CALL_CLOSED")

    def test_over_tcp_an_agent_says_how_the_call_ended_and_is_ready_for_the_next(self):
        self.serve(disposition_within="5m")
        agent = self.agent_phone(transport="tcp")
        self.dial_code(agent, "*11", LOGIN)
        self.dial_code(agent, "*13", DONE)
        self.log.wait("agent.state_changed", agent="ann", to="ready")
        caller = self.phone("+4930123456", "caller.wav", transport="tcp")
        caller.dial("100")
        contact = self.log.wait("contact.connected", agent="ann")["contact"]
        agent.wait("CALL_ESTABLISHED", 3)
        caller.hang_up()
        self.log.wait("agent.state_changed", agent="ann", to="wrap_up")
        agent.wait("CALL_CLOSED", 3)
        self.dial_code(agent, "*15", ERROR)  # that must be said first
        self.assertIn("no disposition yet", self.server.command("agents")[1])
        self.dial_code(agent, "*162", DONE)
        self.assertNotIn("no disposition yet", self.server.command("agents")[1])
        self.assertEqual(self.log.wait("contact.dispositioned", contact=contact)["code"], "call back")
        self.dial_code(agent, "*15", DONE)
        self.log.wait("agent.state_changed", agent="ann", to="ready", count=2)
        self.assertEqual(self.log.find("registrar.registered", agent="ann")[0]["transport"], "tcp")

    def test_an_agent_asks_for_lunch_while_a_caller_waits_and_gets_it_when_nobody_does(self):
        self.serve(breaks={"reasons": ["lunch"]})
        agent = self.agent_phone()
        self.server.command("login", "ann")
        self.server.command("ready", "ann")
        callers = [self.phone(number, "caller.wav", record=False) for number in ("+4930123456", "+4930123457")]
        for number, caller in enumerate(callers, 1):
            caller.dial("100")
            self.log.wait("contact.enqueued", contact=f"c{number}")
            self.log.wait("contact.connected", contact="c1")
        callers[0].hang_up()
        self.log.wait("agent.state_changed", agent="ann", to="wrap_up")
        agent.wait("CALL_CLOSED", 1)
        self.dial_code(agent, "*142", ASKED)
        self.log.wait("agent.state_changed", agent="ann", cause="break.asked", asked_reason="lunch")
        self.assertIn("asked for lunch", self.server.command("agents")[1])
        self.assertIn("asked for lunch", self.server.command("why", "ann")[1])
        self.server.command("end-wrap-up", "ann")
        self.log.wait("contact.connected", contact="c2", agent="ann")
        self.assertEqual(self.log.find("agent.state_changed", cause="break.granted"), [])
        callers[1].hang_up()
        self.log.wait("agent.state_changed", agent="ann", to="wrap_up", count=2)
        self.server.command("end-wrap-up", "ann")
        self.log.wait("agent.state_changed", agent="ann", cause="break.granted", reason="lunch")

    def test_while_the_agent_holds_the_caller_hears_nothing_of_the_agent(self):
        self.serve()
        agent = self.agent_phone()
        self.dial_code(agent, "*11", LOGIN)
        self.server.command("ready", "ann")
        caller = self.phone("+4930123456", "caller.wav")
        caller.dial("100")
        self.log.wait("contact.connected", agent="ann")
        wait_until(lambda: caller.heard_ms(AGENT_TONE) > 500, 6, "the agent is heard", poll=0.2)
        agent.command("hold")
        wait_until(lambda: "a=sendonly" in agent.process.output(), 3, agent.report)
        heard = [0]

        def stands_still():
            heard.append(caller.heard_ms(AGENT_TONE))
            return heard[-1] == heard[-2] and heard[-1]

        quiet = wait_until(stands_still, 6, "silence while on hold", poll=0.6)
        agent.command("resume")
        wait_until(lambda: caller.heard_ms(AGENT_TONE) > quiet + 500, 6, "the agent is heard again", poll=0.2)
        caller.hang_up()
        self.log.wait("contact.ended", cause="caller_hangup", agent="ann")


if __name__ == "__main__":
    unittest.main()
