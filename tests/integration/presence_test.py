"""Lamps and presence on phones: baresip as it is, and a subscriber that shows each document to a strict reader of XML."""
import hashlib
import os
import re
import shutil
import unittest
import xml.etree.ElementTree as ElementTree

import sound
from case import IntegrationTest, scenarios
from processes import wait_until
from rawsip import Leg, RawPhone, unique
from softphone import MODULES, Softphone

DIALOG = "{urn:ietf:params:xml:ns:dialog-info}"
PIDF = "{urn:ietf:params:xml:ns:pidf}"
PERSON = "{urn:ietf:params:xml:ns:pidf:data-model}person"
RPID = "{urn:ietf:params:xml:ns:pidf:rpid}"


def lamp(body):
    """The state that a dialog-info document shows; it must be built as the schema of RFC 4235 §4.4 asks."""
    root = ElementTree.fromstring(body)
    assert root.tag == DIALOG + "dialog-info" and root.get("state") == "full" and root.get("entity").startswith("sip:"), body
    assert int(root.get("version")) >= 0, body
    dialogs = list(root)
    assert [d.tag for d in dialogs] == [DIALOG + "dialog"] and dialogs[0].get("id"), body
    assert dialogs[0].get("direction") in (None, "initiator", "recipient"), body
    assert [e.tag for e in dialogs[0]][0] == DIALOG + "state", body
    return dialogs[0][0].text


def presence(body):
    """(basic, activities) of a PIDF document, which must keep the order of elements of RFC 3863 §4.4."""
    root = ElementTree.fromstring(body)
    assert root.tag == PIDF + "presence" and root.get("entity").startswith("sip:"), body
    order = [PIDF + "tuple", PIDF + "note", PERSON]
    places = [order.index(child.tag) for child in root]
    assert places == sorted(places), body
    tuples = root.findall(PIDF + "tuple")
    assert len(tuples) == 1 and tuples[0].get("id") and tuples[0][0].tag == PIDF + "status", body
    activities = root.find(f"{PERSON}/{RPID}activities")
    return tuples[0].findtext(f"{PIDF}status/{PIDF}basic"), [a.tag.replace(RPID, "") for a in ([] if activities is None else activities)]


class Subscriber(RawPhone):
    """Subscribes with digest, and answers NOTIFYs as they are asked for."""

    def subscribes(self, to, event, password="secret", expires=600):
        uri = f"sip:{to}@127.0.0.1:{self.server[1]}"
        leg = Leg(self, unique("sub"), f"<sip:{self.name}@centrala.local>;tag={unique('t')}", f"<{uri}>", uri)
        headers = [("Event", event), ("Expires", expires)]
        self.send(leg.request("SUBSCRIBE", headers=headers))
        challenge = leg.expect(401, "SUBSCRIBE")["WWW-Authenticate"]
        realm, nonce = (re.search(rf'{word}="([^"]+)"', challenge).group(1) for word in ("realm", "nonce"))

        def md5(*parts):
            return hashlib.md5(":".join(parts).encode()).hexdigest()
        response = md5(md5(self.name, realm, password), nonce, "00000001", "c", "auth", md5("SUBSCRIBE", uri))
        headers.append(("Authorization", f'Digest username="{self.name}", realm="{realm}", nonce="{nonce}", uri="{uri}", '
                        f'response="{response}", algorithm=MD5, cnonce="c", qop=auth, nc=00000001'))
        self.send(leg.request("SUBSCRIBE", headers=headers))
        return leg

    def is_told(self, leg):
        """The next NOTIFY's body, answered."""
        notify = self.expect("NOTIFY ")
        self.send(leg.answer(notify, 200, "OK"))
        return notify


class Presence(IntegrationTest):
    def serve(self):
        self.start_server(lambda config: config.update(presence={"activities": {"meal": ["lunch"]}}))

    def subscriber(self, name):
        return self.started(Subscriber(name).talks_to(self.server))

    def test_a_lamp_follows_a_call(self):
        self.serve()
        ann = self.agent("ann", scenarios.agent_is_hung_up_on())
        ben = self.subscriber("ben")
        leg = ben.subscribes("ann", "dialog")
        self.assertRegex(leg.expect(200, "SUBSCRIBE")["Expires"], "600")
        first = ben.is_told(leg)
        self.assertRegex(first["Subscription-State"], r"active;expires=\d+")
        self.assertEqual(lamp(first.body), "terminated")
        caller = self.caller(scenarios.caller_hangs_up_on_cue())
        shown = []
        while "confirmed" not in shown:
            shown.append(lamp(ben.is_told(leg).body))
        self.assertIn(shown, (["early", "confirmed"], ["confirmed"]))  # quick changes are told together
        caller.cue(self.log.wait("contact.arrived")["call_id"])
        caller.succeeds()
        ann.succeeds()
        self.assertEqual(lamp(ben.is_told(leg).body), "terminated")
        self.assertEqual(self.server.ask("status")["subscriptions"], 1)
        self.server.terminate()
        self.assertEqual(ben.is_told(leg)["Subscription-State"], "terminated;reason=deactivated")

    def test_presence_shows_what_an_agent_does(self):
        self.serve()
        self.register("ann", self.server.ports.take(2))
        ben = self.subscriber("ben")
        leg = ben.subscribes("ann", "presence")
        leg.expect(200, "SUBSCRIBE")
        self.assertEqual(presence(ben.is_told(leg).body), ("closed", []))
        self.login("ann")
        self.assertEqual(presence(ben.is_told(leg).body), ("open", []))
        self.server.command("not-ready", "ann", "--reason", "lunch")
        self.assertEqual(presence(ben.is_told(leg).body), ("open", ["meal"]))
        self.server.command("not-ready", "ann", "--reason", "break")
        self.assertEqual(presence(ben.is_told(leg).body), ("open", ["away"]))

    def test_a_stranger_learns_nothing(self):
        self.serve()
        mallory = self.subscriber("mallory")
        for target in ("ann", "nobody"):
            leg = mallory.subscribes(target, "dialog", "guess")
            leg.expect(401, "SUBSCRIBE", cseq=2)
        self.log.wait("security.refused", user="mallory", method="SUBSCRIBE")
        self.assertEqual(mallory.unasked(), [])
        self.assertEqual(self.server.ask("status")["subscriptions"], 0)


@unittest.skipUnless(shutil.which("baresip") and os.path.exists(os.path.join(MODULES, "presence.so")), "baresip isn't installed")
class BaresipPresence(IntegrationTest):
    def phone(self, modules=(), **options):
        source = os.path.join(self.folder, "silence.wav")
        sound.write_tone(source, 440, 1)
        return self.started(Softphone(self.folder, self.server, "ben", source, password="secret", record=False,
                                      modules=("contact", "presence", *modules), **options))

    def shows(self, phone, pattern, seconds=15):
        wait_until(lambda: re.search(pattern, phone.process.output()), seconds, lambda: f"{pattern}\n{phone.report()}")

    def test_baresip_watches_a_colleague(self):
        self.start_server()
        phone = self.phone(watches=("ann",))
        self.log.wait("registrar.registered", agent="ben")
        self.shows(phone, "<basic>closed</basic>")  # it tells of changes only, and takes a colleague for offline at first
        self.register("ann", self.server.ports.take(2))
        self.login("ann")
        self.shows(phone, r"<sip:ann@\S+> changed status from \S*Offline\S* to \S*Online")

    def test_baresip_hears_that_no_messages_wait(self):
        """Its mwi module (1.0.0) frees the list entry that it stands on when a registration takes more than 10 ms, and may then
        go round in circles, subscribing for ever and deaf to everything: another try."""
        self.start_server()
        for last in [False] * 9 + [True]:
            phone = self.phone(modules=("mwi",), account=";mwi=yes")
            try:
                return self.shows(phone, r"MWI for sip:ben@\S+ -----\s+Messages-Waiting: no", seconds=5)
            except AssertionError:
                if last:
                    raise
            phone.close()
            os.unlink(phone.process.output_path)  # the next one's goes to the same file

    def test_baresip_publishes_that_its_agent_is_away_and_back(self):
        self.start_server()
        phone = self.phone(account=";pubint=60")
        self.log.wait("registrar.registered", agent="ben")
        self.login("ben")
        phone.command("presence_offline")
        self.log.wait("agent.state_changed", agent="ben", to="not_ready", actor="agent")
        phone.command("presence_online")
        self.log.wait("agent.state_changed", agent="ben", cause="ready", actor="agent")


if __name__ == "__main__":
    unittest.main()
