"""Another system is asked about callers before they are queued: by HTTP, from a server that others wrote."""
import os
import unittest

from case import IntegrationTest, scenarios
from certificates import Authority
from crm import Crm
from processes import wait_until

CALLER = "+4930123456"  #: of every SIPp caller, scenarios.py
VIP = "+4930777"


def from_vip(scenario):
    return scenario.replace(CALLER, VIP)


class CallerLookup(IntegrationTest):
    def crm(self, **options):
        crm = Crm(**options)
        self.addCleanup(crm.close)
        return crm

    def serve(self, crm, change=None, **lookup):
        def with_lookup(config):
            config["caller_lookup"] = {"url": crm.url, "timeout": "5s", **lookup}
            if change:
                change(config)
        return self.start_server(with_lookup)

    def talks(self, phone, caller, contact):
        self.log.wait("contact.connected", contact=contact["contact"])
        caller.cue(contact["call_id"])
        caller.succeeds()
        phone.succeeds()

    def test_a_vip_is_served_before_who_came_sooner(self):
        crm = self.crm()
        crm.answers[VIP] = {"priority": 50, "name": "Vera Important"}
        self.serve(crm)
        common = self.caller(scenarios.caller_hangs_up_on_cue())
        first = self.log.wait("contact.enqueued", priority=0)
        vip = self.caller(from_vip(scenarios.caller_hangs_up_on_cue()))
        self.log.wait("contact.enqueued", priority=50, position=1)
        arrived = self.log.wait("contact.arrived", caller=VIP)
        self.assertEqual((arrived["caller_name"], arrived["advised_priority"]), ("Vera Important", 50))
        results = [self.log.wait("caller.looked_up", caller=caller)["result"] for caller in (CALLER, VIP)]
        self.assertEqual(results, ["unknown", "found"])
        self.assertEqual([q for q, _ in crm.asked], [{"caller": c, "dialled": "100", "entry_point": "sales"} for c in (CALLER, VIP)])

        phone = self.agent("ann", scenarios.agent_is_hung_up_on())
        self.assertEqual(self.log.wait("offer.made")["contact"], arrived["contact"])
        self.assertIn("Vera Important", phone.got("INVITE")[0])
        self.talks(phone, vip, arrived)
        again = self.sipp(scenarios.agent_is_hung_up_on(), port=phone.port).listens()
        self.talks(again, common, self.log.wait("contact.arrived", contact=first["contact"]))

    def test_the_agent_who_cares_for_the_caller_is_rung(self):
        crm = self.crm()
        crm.answers[VIP] = {"agent": "ben", "patience": 20}
        self.serve(crm, lambda config: config["queues"]["sales"].update(strategy="in_order"))
        self.agent("ann", scenarios.agent_is_hung_up_on())
        ben = self.agent("ben", scenarios.agent_is_hung_up_on())
        caller = self.caller(from_vip(scenarios.caller_hangs_up_on_cue()))
        offer = self.log.wait("offer.made")
        self.assertEqual((offer["agent"], offer.get("wanted")), ("ben", True))
        self.talks(ben, caller, self.log.wait("contact.arrived", advised_agent="ben"))
        code, out, _ = self.server.command("why", offer["contact"])
        self.assertEqual((code, "kept for ben" in out), (0, True), out)

    def test_who_is_on_a_list_by_the_answer_is_treated_so(self):
        crm = self.crm()
        crm.answers[VIP] = {"list": "nuisance"}
        self.serve(crm, lambda config: config.update(callers={"nuisance": {"numbers": ["1"], "refuse": 603}}))
        self.caller(from_vip(scenarios.caller_refused(603))).succeeds()
        self.log.wait("contact.refused", cause="blocked")

    def test_a_call_waits_no_longer_than_the_timeout_for_a_system_that_hangs(self):
        crm = self.crm()
        crm.hangs.set()
        self.serve(crm, timeout="300ms")
        phone = self.agent("ann", scenarios.agent_is_hung_up_on())
        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        looked_up = self.log.wait("caller.looked_up", result="timeout")
        self.assertGreaterEqual(looked_up["took_ms"], 300)
        self.talks(phone, caller, self.log.wait("contact.arrived"))

    def test_who_hangs_up_while_the_system_hangs_is_gone(self):
        crm = self.crm()
        crm.hangs.set()
        self.serve(crm, timeout="10s")
        steps = [scenarios.invite(), scenarios.recv(100), scenarios.cue(), scenarios.cancel(3), scenarios.recv(200),
                 scenarios.recv(487), scenarios.refused_ack()]
        caller = self.caller(scenarios.scenario(*steps))
        invite = caller.got("SIP/2.0 100")[0]
        caller.cue(next(line.split(": ")[1] for line in invite.splitlines() if line.startswith("Call-ID")))
        caller.succeeds()
        self.log.wait("contact.refused", cause="caller_gone")
        self.assertEqual(self.server.ask("status")["caller_lookup"]["under_way"], 1)

    def test_a_system_that_is_down_is_left_alone_for_a_while_and_asked_again_when_it_is_back(self):
        crm = self.crm()
        crm.close()
        self.serve(crm, failures_max=2, rest="4s")
        refused = scenarios.caller_refused(480)

        def calls(result, count=1):
            self.caller(refused).succeeds()
            return self.log.wait("caller.looked_up", result=result, count=count)
        self.server.command("close", "sales")
        self.assertIn("connect", calls("error")["error"].lower())
        calls("error", 2)
        self.log.wait("lookup.suspended", failures=2)
        self.assertEqual(calls("suspended")["took_ms"], 0)
        status = self.server.ask("status")["caller_lookup"]
        self.assertEqual((status["state"], status["asked"], status["failed"], status["unasked"]), ("suspended", 2, 2, 1))
        self.assertIn("suspended, next trial in", self.server.command("status")[1])
        back = self.crm(port=crm.port)
        wait_until(lambda: self.server.ask("status")["caller_lookup"]["trial_in_ms"] == 0, 8, "the time of the next trial")
        calls("unknown")
        self.log.wait("lookup.resumed")
        self.assertEqual(len(back.asked), 1)
        self.assertEqual(self.server.ask("status")["caller_lookup"]["state"], "answering")

    def test_over_tls_the_system_must_prove_itself_and_gets_the_token(self):
        authority = Authority(self.folder)
        signed = authority.sign("crm", "localhost")
        crm = self.crm(certificate=(signed["certificate"], signed["private_key"]))
        crm.answers[CALLER] = {"priority": 9}
        token = os.path.join(self.folder, "token")
        with open(token, "w", encoding="ascii") as file:
            file.write("s3cr3t\n")
        self.serve(crm, lambda config: config.update(tls={"server_ca": authority.certificate}), token_file=token)
        self.server.command("close", "sales")
        self.caller(scenarios.caller_refused(480)).succeeds()
        self.assertEqual(self.log.wait("contact.arrived")["advised_priority"], 9)
        self.assertEqual(crm.asked[0][1]["Authorization"], "Bearer s3cr3t")
        with open(token, "w", encoding="ascii") as file:
            file.write("n3w\n")
        self.assertEqual(self.server.ask("reload")["changes"], ["caller_lookup is changed"])
        self.caller(scenarios.caller_refused(480)).succeeds()
        self.log.wait("contact.arrived", count=2)
        self.assertEqual(crm.asked[1][1]["Authorization"], "Bearer n3w")

    def test_over_tls_a_system_that_proves_nothing_is_told_nothing(self):
        signed = Authority(self.folder).sign("crm", "localhost")
        crm = self.crm(certificate=(signed["certificate"], signed["private_key"]))
        elsewhere = os.path.join(self.folder, "elsewhere")
        os.mkdir(elsewhere)
        trusted = Authority(elsewhere).certificate
        self.serve(crm, lambda config: config.update(tls={"server_ca": trusted}))
        self.server.command("close", "sales")
        self.caller(scenarios.caller_refused(480)).succeeds()
        self.assertIn("certificate", self.log.wait("caller.looked_up", result="error")["error"])
        self.assertEqual(crm.asked, [])


if __name__ == "__main__":
    unittest.main()
