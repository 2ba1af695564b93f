"""What every integration test has: a folder, a server, SIPp as callers and agents, and a log that must be sound at the end."""
import shutil
import tempfile
import unittest

import scenarios
from processes import wait_until
from server import Server
from sipp import Sipp


class IntegrationTest(unittest.TestCase):
    ends_every_call = False  #: what a call has taken is given back by the end of each test

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="centrala-test-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.sipps = []
        self.programs = []  # others that were started: with report() and close()
        self.server = None

    def start_server(self, change=None, **options):
        self.server = Server(self.folder, change, **options)
        self.addCleanup(self.server.close)
        self.log = self.server.log
        self.server.start()
        return self.server

    def tearDown(self):
        failed = self.failed()
        for program in self.sipps + self.programs:
            if failed:
                print(program.report())
            program.close()
        if not self.server or not self.server.process:
            return
        if self.server.process.running():
            if self.ends_every_call and not failed:
                wait_until(lambda: not self.left_over(), 5, self.left_over)
            code = self.server.stop()
            if not failed:
                self.assertEqual(code, 0, self.server.stderr())
        if failed:
            print("---- event log\n" + self.log.tail(60) + "\n---- stderr\n" + self.server.stderr()[-6000:])
        else:
            self.check_log()

    def left_over(self):
        """What calls have left behind; transactions and dialogs live for another 64 T1 (RFC 3261 §17)."""
        status = self.server.ask("status")
        counts = {"calls": len(self.server.ask("calls")), "media": status["media"]["sessions"]}
        return {what: count for what, count in counts.items() if count}

    def started(self, program):
        """Has it ended with the test, and reported on if that fails."""
        self.programs.append(program)
        return program

    def failed(self):
        result = self._outcome.result
        return any(case is self for case, _ in result.failures + result.errors)

    def check_log(self):
        problems = self.log.problems()
        self.assertEqual(problems, [], "\n".join(map(str, problems[:10])))
        self.assertNotIn("runtime error", self.server.stderr())
        self.assertNotIn("AddressSanitizer", self.server.stderr())

    # ---- SIPp

    def sipp(self, scenario, port=None, transport="udp", server=None, **options):
        """A SIPp that runs one call of this scenario against the server, or what stands before it."""
        sipp = Sipp(self.folder, len(self.sipps), scenario, server or self.server, port=port, transport=transport, **options)
        self.sipps.append(sipp)
        return sipp

    def register(self, name, port, transport="udp", **options):
        self.sipp(scenarios.register(name, **options), port=port, transport=transport).succeeds()
        return self.log.wait("registrar.registered", agent=name)

    def login(self, name):
        code, _, err = self.server.command("login", name)
        self.assertEqual(code, 0, err)
        return self.log.wait("agent.state_changed", agent=name, to="ready")

    def agent(self, name, scenario, **options):
        """Registers a SIPp agent, logs it in and starts the scenario on the registered port."""
        port = self.server.ports.take(2)
        self.register(name, port)
        phone = self.sipp(scenario, port=port, **options)
        phone.listens()
        self.login(name)
        return phone

    def caller(self, scenario, number="100", **options):
        return self.sipp(scenario, number=number, **options)

    def contact(self, number=1):
        """The id of the n-th contact that arrived."""
        return self.log.wait("contact.arrived", count=number)["contact"]


__all__ = ["IntegrationTest", "scenarios"]
