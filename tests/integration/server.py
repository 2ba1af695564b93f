"""The daemon under test, with a configuration, folder and ports of its own."""
import json
import os
import re
import signal
import subprocess
import time

from eventlog import EventLog
from processes import PortRange, Process, wait_until

BINARY = os.environ.get("CENTRALA", "centrala")
REALM = "centrala"


def agent(skills=None, **more):
    return {"password": "secret", "skills": {"sales": 5} if skills is None else skills, **more}


def basic_config(folder, ports, listen):
    """One queue `sales` behind 100, two agents; durations short enough for tests."""
    return {
        "sip": {"domain": "centrala.local", "listen": listen},
        "media": {"ports": f"{ports}-{ports + 23}", "sounds": folder, "rtp_timeout": "60s"},
        "registration": {"realm": REALM},
        "trunks": {"loopback": {"sources": ["127.0.0.0/8", "::1"]}},
        "skills": ["sales"],
        "queue_defaults": {"ring_timeout": "15s", "wrap_up": "0", "refusal_memory": "1s", "misses_max": 0},
        "queues": {"sales": {"requires": {"sales": 1}}},
        "entry_points": {"sales": {"numbers": ["100", "+495550100"], "queue": "sales"}},
        "agents": {"ann": agent(), "ben": agent()},
        "not_ready_reasons": ["break", "lunch"],
        "dispositions": ["resolved", "call back"],
        "routing": {"ready_on_login": True},
        "log": {"events": os.path.join(folder, "events.ndjson"), "level": "debug"},
        "control": {"socket": os.path.join(folder, "control.sock")},
        "state_dir": folder,
        "drain_limit": "10s",
    }


class Server:
    def __init__(self, folder, change=None, address="127.0.0.1", transports=("udp", "tcp")):
        self.folder = folder
        self.address = address
        self.ports = PortRange()
        host = f"[{address}]" if ":" in address else address
        self.config = basic_config(folder, self.ports.take(24), [{t: f"{host}:0"} for t in transports])
        if change:
            change(self.config)
        self.log = EventLog(self.config["log"]["events"])
        self.bound = {}
        self.process = None
        self.stderr_path = os.path.join(folder, "server.stderr")

    @property
    def config_path(self):
        return os.path.join(self.folder, "centrala.yaml")

    def port(self, transport="udp"):
        return self.bound[transport]

    def write_config(self):
        with open(self.config_path, "w", encoding="utf-8") as file:
            json.dump(self.config, file, indent=1)  # YAML is a superset

    def start(self):
        self.write_config()
        self.stderr_from = len(self.stderr())
        self.process = Process([BINARY, "serve", "-c", self.config_path], self.stderr_path, cwd=self.folder)

        def places():
            assert self.process.running(), f"the server ended: {self.stderr()}"
            found = re.search(r"  SIP +(.*)\n", self.stderr()[self.stderr_from:])
            return found and re.findall(r"(udp|tcp|tls|ws|wss) (\S+):(\d+)", found.group(1))
        self.bound = {t: int(port) for t, _, port in wait_until(places, 10, lambda: f"the server's greeting: {self.stderr()}")}
        wait_until(lambda: os.path.exists(self.config["control"]["socket"]), 5, "control socket")
        return self

    def keep_ports(self):
        """From the next start on the ports are those of now, as a real server's are."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        self.config["sip"]["listen"] = [{t: f"{host}:{p}"} for t, p in self.bound.items()]

    def stderr(self):
        if not os.path.exists(self.stderr_path):
            return ""
        with open(self.stderr_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def terminate(self, seconds=15):
        self.process.signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def stop(self, seconds=10):
        """Ends it without waiting for calls: a signal that arrives while draining means now. Equal pending signals are one."""
        end = time.monotonic() + seconds
        while self.process.running() and time.monotonic() < end:
            if "info: stopped" not in self.stderr()[self.stderr_from:]:  # past that nobody handles signals any more
                self.process.signal(signal.SIGTERM)
            try:
                self.process.process.wait(0.2)
            except subprocess.TimeoutExpired:
                pass
        return self.process.wait(0.1)

    def kill(self):
        self.process.kill()

    def command(self, *arguments, seconds=10):
        """A subcommand against this server: (exit code, stdout, stderr)."""
        done = subprocess.run([BINARY, *arguments, "-c", self.config_path], capture_output=True, text=True, timeout=seconds,
                              cwd=self.folder, check=False)
        return done.returncode, done.stdout, done.stderr

    def ask(self, *arguments):
        """A subcommand's JSON."""
        code, out, err = self.command(*arguments, "--json")
        assert code == 0, f"centrala {arguments}: {code} {out} {err}"
        return json.loads(out)

    def close(self):
        if self.process:
            self.process.kill()
        self.ports.release()
