"""The demonstration shows what it promises, and leaves nothing running."""
import glob
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import processes
from eventlog import EventLog
from server import BINARY

DEMO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../scripts/demo")


@unittest.skipUnless(shutil.which("baresip") and os.path.exists("/usr/share/asterisk/sounds/en_US_f_Allison"), "no softphone or no speech here")
class Demonstration(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="centrala-demo-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.ports = processes.PortRange()
        self.addCleanup(self.ports.release)

    def left_running(self):
        """Programs that name the folder in their command line."""
        found = []
        for path in glob.glob("/proc/[0-9]*/cmdline"):
            try:
                with open(path, "rb") as file:
                    if self.folder.encode() in file.read():
                        found.append(path)
            except OSError:
                pass
        return found

    def test_calls_of_every_queue_are_answered_and_end_within_half_a_minute(self):
        demo = processes.Process([sys.executable, "-B", DEMO, "--seconds", "26", "--port", self.ports.take(2), "--folder", self.folder],
                                 self.folder + ".out", env={**os.environ, "CENTRALA": BINARY})
        self.addCleanup(os.remove, self.folder + ".out")
        self.addCleanup(demo.kill)
        self.assertEqual(demo.wait(50), 0, demo.output())
        log = EventLog(os.path.join(self.folder, "events.ndjson"))
        self.assertEqual(log.problems(), [])
        connected = {r["contact"]: r["queue"] for r in log.find("contact.connected")}
        self.assertEqual(set(connected.values()), {"information", "orders", "complaints", "technical"}, demo.output())
        ended = {r["cause"] for r in log.find("contact.ended") if r["contact"] in connected}
        self.assertIn("caller_hangup", ended)
        self.assertEqual(log.poll()[-1]["type"], "server.stopped")
        self.assertIn("connected", demo.output(), "the log runs by")
        self.assertEqual(self.left_running(), [])

    def test_ctrl_c_stops_all_that_it_started(self):
        demo = processes.Process([sys.executable, "-B", DEMO, "--port", self.ports.take(2), "--folder", self.folder],
                                 self.folder + ".out", env={**os.environ, "CENTRALA": BINARY})
        self.addCleanup(os.remove, self.folder + ".out")
        self.addCleanup(demo.kill)
        processes.wait_until(lambda: " offered " in demo.output(), 15, demo.output, poll=0.1)
        demo.signal(subprocess.signal.SIGINT)
        self.assertEqual(demo.wait(15), 0, demo.output())
        self.assertIn("What happened", demo.output())
        self.assertEqual(self.left_running(), [])
