"""SIPp runs: one scenario, one call, one port; told by cues when to go on, so that no test sleeps and hopes."""
import os
import signal
import socket

from processes import Process, wait_until

SUCCEEDED = 0


def _bound(port, tcp):
    """Whether somebody has the port, without trying to take it."""
    want = f":{port:04X}"
    for path in (("/proc/net/tcp", "/proc/net/tcp6") if tcp else ("/proc/net/udp", "/proc/net/udp6")):
        with open(path, encoding="ascii") as file:
            next(file)
            for line in file:
                if line.split()[1].endswith(want):
                    return True
    return False


class Sipp:
    def __init__(self, folder, index, scenario, server, port=None, transport="udp", number="100", calls=1, rate=10, media_port=None,
                 trace=True, arguments=(), address=None, remote=None, out_of_call=None):
        self.address = address or server.address
        self.transport = transport
        self.port = port or server.ports.take(2)
        self.media_port = media_port or server.ports.take(4)  # it takes media_port + 2, too
        base = os.path.join(folder, f"sipp-{index}")
        self.messages, self.errors, self.scenario = base + ".messages", base + ".errors", base + ".xml"
        with open(self.scenario, "w", encoding="utf-8") as file:
            file.write(scenario)
        remote = remote or server.address
        remote = f"[{remote}]" if ":" in remote else remote
        command = ["sipp", f"{remote}:{server.port(transport)}", "-sf", self.scenario, "-i", self.address, "-p", self.port,
                   "-mp", self.media_port, "-s", number, "-m", calls, "-r", rate, "-t", {"udp": "u1", "tcp": "t1"}[transport],
                   "-nostdin", "-timeout", "30s", "-timeout_error", *arguments]
        if trace:
            command += ["-trace_msg", "-message_file", self.messages, "-trace_err", "-error_file", self.errors]
        if out_of_call:
            path = base + "-ooc.xml"
            with open(path, "w", encoding="utf-8") as file:
                file.write(out_of_call)
            command += ["-oocsf", path]
        self.process = Process(command, base + ".screen", cwd=folder)

    def listens(self):
        wait_until(lambda: _bound(self.port, self.transport == "tcp") or not self.process.running(), 5, "SIPp listens")
        return self

    def succeeds(self, seconds=15):
        code = self.process.wait(seconds)
        assert code == SUCCEEDED, f"SIPp ended with {code}\n{self.report()}"
        return self

    def trace(self):
        """All SIP messages, as SIPp logged them."""
        try:
            with open(self.messages, encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def got(self, start, seconds=10):
        """Waits until a message that SIPp received begins so."""
        return wait_until(lambda: self.received(start), seconds, lambda: f"SIPp gets {start}\n{self.report()}")

    def received(self, start):
        """The received messages that begin so."""
        blocks = self.trace().split("message received")[1:]
        texts = [b.split("\n\n", 1)[-1].split("\n-----------------------------------------------", 1)[0].lstrip() for b in blocks]
        return [t for t in texts if t.startswith(start)]

    def cue(self, call_id):
        """Lets the scenario pass its next scenarios.cue(): an INFO that only the test sends."""
        info = (f"INFO sip:cue@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-cue\r\nFrom: <sip:test@test>;tag=t\r\n"
                f"To: <sip:cue@test>;tag=c\r\nCall-ID: {call_id}\r\nCSeq: 9999 INFO\r\nContent-Length: 0\r\n\r\n")
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as out:
            out.sendto(info.encode(), (self.address, self.port))

    def kill(self):
        self.process.kill()

    def close(self):
        self.process.signal(signal.SIGKILL)
        self.process.kill()

    def report(self):
        errors = ""
        if os.path.exists(self.errors):
            with open(self.errors, encoding="utf-8", errors="replace") as file:
                errors = file.read()
        return f"---- {self.scenario}: {' '.join(self.process.arguments)}\n{errors[-2000:]}\n{self.trace()[-9000:]}"
