"""JsSIP as a softphone over WebSocket, in Node.js (jssip/phone.mjs)."""
import json
import os
import shutil
import subprocess

from processes import Process, wait_until

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "jssip")


def is_installed():
    """scripts/install-npm brings the modules."""
    return bool(shutil.which("node")) and os.path.isdir(os.path.join(FOLDER, "node_modules", "jssip"))


class JsSipPhone:
    """Registers as `user` if it has a password."""

    def __init__(self, folder, server, user, password=None, transport="ws", environment=None):
        self.user = user
        self.output = os.path.join(folder, f"jssip-{user}")
        arguments = ["node", os.path.join(FOLDER, "phone.mjs"), f"{transport}://127.0.0.1:{server.port(transport)}", user]
        self.process = Process(arguments + ([password] if password else []), self.output, cwd=folder, stdin=subprocess.PIPE,
                               env={"HOME": folder, "PATH": os.environ["PATH"], "DEBUG": "JsSIP:Transport*", **(environment or {})})

    def command(self, text):
        self.process.process.stdin.write(text.encode() + b"\n")
        self.process.process.stdin.flush()

    def events(self, name):
        """What it has told of that, oldest first."""
        lines = [line for line in self.process.output().splitlines() if line.startswith('{"event"')]
        return [event for event in map(json.loads, lines) if event["event"] == name]

    def wait(self, name, count=1, seconds=10):
        """The count-th event of that name."""
        def found():
            events = self.events(name)
            return events[count - 1] if len(events) >= count else None
        return wait_until(found, seconds, lambda: f"{count} x {name} at JsSIP\n{self.report()}")

    def close(self):
        self.process.kill()
        self.process.process.stdin.close()

    def report(self):
        return f"---- JsSIP {self.user}\n{self.process.output()[-12000:]}"
