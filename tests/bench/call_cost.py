#!/usr/bin/env python3
"""What a complete queued call costs the server, beside what a bare UDP reflector spends on as many datagrams.

SIPp calls, SIPp answers; the server's CPU time is read from /proc. Run it by tests/bench/own-network, for the datagrams
are counted there and those who wait have their phones behind its sink. See scripts/bench.
"""
import argparse
import json
import os
import random
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
HOST = "10.77.0.1"  # own-network's
PHONES = "10.77.1.1"  # of those who wait: nobody is there


def free_port():
    """Below the server's RTP ports."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            try:
                s.bind((HOST, random.randrange(10000, 19990)))
                return s.getsockname()[1]
            except OSError:
                continue


def udp_datagrams():
    """Received by all sockets of this network namespace."""
    with open("/proc/net/snmp") as f:
        names, values = [line.split() for line in f if line.startswith("Udp:")]
    return int(values[names.index("InDatagrams")])


def wait_for(condition, what, seconds=60):
    """Polls; there is nothing to be told by."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            sys.exit("gave up waiting for " + what)
        time.sleep(0.02)


def bound(port):
    """Whether somebody has that UDP port."""
    with open("/proc/net/udp") as f:
        return any(line.split()[1].endswith(f":{port:04X}") for line in f.readlines()[1:])


def cpu_seconds(pid):
    """User and system time of all threads, from schedstat: nanoseconds rather than ticks."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{thread}/schedstat") as f:
                total += int(f.read().split()[0])
        except FileNotFoundError:
            pass
    return total / 1e9


def threads(pid):
    times = {}
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/comm") as f:
            name = f.read().strip()
        with open(f"/proc/{pid}/task/{thread}/schedstat") as f:
            times[name] = times.get(name, 0) + int(f.read().split()[0]) / 1e3
    return times


def resident_bytes(pid):
    with open(f"/proc/{pid}/status") as f:
        return int(re.search(r"VmRSS:\s+(\d+) kB", f.read()).group(1)) * 1024


def configuration(folder, sip_port, agent_port, agents, music, threads):
    lines = [
        "sip:", f"  listen: [udp: {HOST}:{sip_port}]",
        "media:", "  ports: 20000-59999", "  rtp_timeout: 0s", f"  music: {music}", f"  threads: {threads}",
        f"trunks: {{load: {{sources: [{HOST}]}}}}",
        "skills: [work, nobody]",
        "queues:",
        "  work: {requires: {work: 1}, wrap_up: 0s, capacity: 100000}",
        "  wait: {requires: {nobody: 10}, wrap_up: 0s, capacity: 100000}",
        "entry_points:",
        "  work: {numbers: [100], queue: work}",
        "  wait: {numbers: [200], queue: wait}",
        "limits: {calls_max: 50000, invites_per_second: 0, registers_per_second: 0}",
        f"log: {{events: {folder}/events.ndjson, level: warn}}",
        f"control: {{socket: {folder}/control.sock}}",
        f"state_dir: {folder}",
        "agents:",
    ]
    for i in range(agents):
        lines.append(f"  a{i}: {{contact: 'sip:a{i}@{HOST}:{agent_port}', always_logged_in: true, skills: {{work: {1 + i % 10}}}}}")
    path = os.path.join(folder, "bench.yaml")
    with open(path, "w") as f:
        f.write("\n".join(lines) + "\n")
    return path


def noise_wav(path):
    import wave
    with wave.open(path, "wb") as w:
        w.setnchannels(1)
        w.setsampwidth(2)
        w.setframerate(8000)
        noise = random.Random(1)
        w.writeframes(b"".join(noise.randrange(-3000, 3000).to_bytes(2, "little", signed=True) for _ in range(16000)))


def raise_descriptor_limit():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Bench:
    def __init__(self, args):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to stop"))  # so that nothing is left running
        self.args = args
        self.folder = tempfile.mkdtemp(prefix="centrala-bench-")
        self.children = []
        self.sip_port = free_port()
        self.agent_port = free_port()
        music = os.path.join(self.folder, "music.wav")
        noise_wav(music)
        self.config = configuration(self.folder, self.sip_port, self.agent_port, args.agents, music, args.threads)

    def spawn(self, command, **kwargs):
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=kwargs.pop("stderr", subprocess.DEVNULL), **kwargs)
        self.children.append(child)
        return child

    def sipp(self, *words):
        return ["sipp", f"{HOST}:{self.sip_port}", "-i", HOST, "-nostdin", *words]

    def serve(self):
        with open(os.path.join(self.folder, "stderr"), "w") as errors:
            self.server = self.spawn([self.args.server, "serve", "-c", self.config], stderr=errors)

    def wait_ready(self, after=0):
        """As the log says behind so many bytes of it."""
        log = os.path.join(self.folder, "events.ndjson")

        def said():
            if not os.path.exists(log):
                return False
            with open(log, "rb") as f:
                f.seek(after)
                return b'"server.ready"' in f.read()
        wait_for(said, "the server, which said: " + os.path.join(self.folder, "stderr"), 400)

    def start(self, agent=True):
        self.serve()
        self.wait_ready()
        self.idle_resident = resident_bytes(self.server.pid)
        if self.args.perf:
            self.spawn(["perf", "record", "-q", "-F", "2000", "-g", "-o", self.args.perf, "-p", str(self.server.pid)])
        if not agent:
            return
        self.spawn(["sipp", "-sn", "uas", "-i", HOST, "-p", str(self.agent_port), "-mp", "19990", "-rtp_echo", "-nostdin"])
        wait_for(lambda: bound(self.agent_port), "SIPp to listen")

    def wait_calls(self, scenario=os.path.join(HERE, "waiting.xml")):
        """Callers who wait: their INVITEs are answered, nobody takes them."""
        n = self.args.waiting
        if n == 0:
            return
        before = resident_bytes(self.server.pid)
        self.spawn(self.sipp("-sf", scenario, "-key", "phone", PHONES, "-s", "200", "-m", str(n), "-l", str(n), "-r", "400",
                             "-p", str(free_port())))
        wait_for(lambda: self.count()["waiting"] >= n, "the callers to wait", 30 + n / 100)
        self.waiting = self.count()["waiting"]
        self.per_waiting = (resident_bytes(self.server.pid) - before) / max(1, self.waiting)

    def count(self):
        out = subprocess.run([self.args.server, "-c", self.config, "status", "--json"], capture_output=True, text=True)
        try:
            return json.loads(out.stdout)["calls"]
        except (ValueError, KeyError):
            return {"waiting": 0}

    def measure(self):
        a = self.args
        log = os.path.join(self.folder, "events.ndjson")
        size_before = os.path.getsize(log)
        background = 0.0
        if a.waiting:
            t0 = cpu_seconds(self.server.pid)
            time.sleep(5)  # the interval that is measured
            background = (cpu_seconds(self.server.pid) - t0) / 5
        threads_before = threads(self.server.pid)
        t0, w0, d0 = cpu_seconds(self.server.pid), time.time(), udp_datagrams()
        with open(os.path.join(self.folder, "speech.ulaw"), "wb") as f:
            f.write(b"\x7f\xff" * 40000)
        scenario = ["-sf", os.path.join(HERE, "caller.xml")] if a.speak else ["-sn", "uac"]
        caller = self.spawn(self.sipp(*scenario, "-s", "100", "-m", str(a.calls), "-l", str(min(a.agents, 2000)), "-r", str(a.rate), "-d", str(a.talk_ms),
                                      "-p", str(free_port())), cwd=self.folder)
        caller.wait(timeout=60 + 3 * a.calls / a.rate)
        wall, self.datagrams = time.time() - w0, udp_datagrams() - d0
        cpu = cpu_seconds(self.server.pid) - t0 - background * wall
        threads_after = threads(self.server.pid)
        text = open(log, "rb").read()[size_before:]
        connected = text.count(b'"contact.connected"')
        self.outcomes = {}
        for kind in re.findall(rb'"type":"(contact\.[a-z]+|offer\.ended)"[^\n]*', text):
            self.outcomes[kind.decode()] = self.outcomes.get(kind.decode(), 0) + 1
        self.exit = caller.returncode
        return cpu, wall, connected, background, {k: threads_after[k] - threads_before.get(k, 0) for k in threads_after}

    def reflector(self, datagrams):
        """CPU of the bare reflector for as many datagrams received and sent, in the same minute on the same machine."""
        port = free_port()
        reflector = subprocess.Popen([self.args.reflector, str(port)], stdout=subprocess.PIPE, text=True)
        wait_for(lambda: bound(port), "the reflector")
        subprocess.run([self.args.load, str(port), str(datagrams), "500"], stdout=subprocess.DEVNULL, check=True)
        reflector.send_signal(signal.SIGINT)
        out = reflector.communicate(timeout=10)[0]
        return out

    def paced_reflector(self, per_second, seconds=4):
        """The same at the calls' own pace: what waking up for each datagram costs here when there are few."""
        port = free_port()
        reflector = subprocess.Popen([self.args.reflector, str(port)], stdout=subprocess.PIPE, text=True)
        wait_for(lambda: bound(port), "the reflector")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.setblocking(False)
            start, sent = time.perf_counter(), 0
            while sent < per_second * seconds:
                if (time.perf_counter() - start) * per_second >= sent:
                    s.sendto(b"x" * 500, ("127.0.0.1", port))
                    sent += 1
                else:
                    time.sleep(0.0002)
                try:
                    while True:
                        s.recv(2048)
                except BlockingIOError:
                    pass
        reflector.send_signal(signal.SIGINT)
        return float(re.search(r"cpu_us_per_datagram ([0-9.]+)", reflector.communicate(timeout=10)[0]).group(1))

    def stop(self):
        if self.args.perf:
            self.server.terminate()
            self.server.wait(timeout=120)
        for child in reversed(self.children):
            if child.poll() is None:
                child.kill()
                child.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--server", default="build/release/centrala")
    p.add_argument("--reflector", default="build/release/reflector")
    p.add_argument("--load", default="build/release/udp_load")
    p.add_argument("--agents", type=int, default=10)
    p.add_argument("--waiting", type=int, default=0)
    p.add_argument("--calls", type=int, default=4000)
    p.add_argument("--rate", type=int, default=400)
    p.add_argument("--talk-ms", type=int, default=100)
    p.add_argument("--speak", action="store_true", help="callers speak, agents' phones echo it")
    p.add_argument("--threads", type=int, default=1, help="media.threads")
    p.add_argument("--perf", metavar="FILE", help="record a profile of the server")
    p.add_argument("--json", action="store_true")
    args = p.parse_args()
    raise_descriptor_limit()
    bench = Bench(args)
    try:
        bench.start()
        bench.wait_calls()
        cpu, wall, connected, background, per_thread = bench.measure()
        reflected = bench.reflector(60000)
        us = float(re.search(r"cpu_us_per_datagram ([0-9.]+)", reflected).group(1))
        # INVITE, ACK, BYE of the caller and 180, 200, 200 of the phone come in; 100, 200, 200 and INVITE, ACK, BYE go out.
        # A packet of the caller's comes to the server, to SIPp, back to the server and to the caller: two are relayed.
        relayed = (bench.datagrams / max(1, connected) - 12) / 2
        datagrams = 6 + relayed
        paced = bench.paced_reflector(args.rate * datagrams)
        result = {
            "agents": args.agents, "waiting": getattr(bench, "waiting", 0), "calls": connected, "wall_s": round(wall, 2), "events": bench.outcomes, "packets_relayed_per_call": round(relayed, 1),
            "cpu_us_per_call": round(cpu * 1e6 / max(1, connected), 1),
            "us_by_thread": {k: round(v / max(1, connected), 1) for k, v in per_thread.items()},
            "reflector_us_per_datagram": us, "times_reflector": round(cpu * 1e6 / max(1, connected) / (us * datagrams), 2),
            "paced_reflector_us": paced, "times_paced_reflector": round(cpu * 1e6 / max(1, connected) / (paced * datagrams), 2),
            "background_cpu_share": round(background, 3),
            "bytes_per_waiting_call": round(getattr(bench, "per_waiting", 0)),
            "bytes_per_agent_idle": round(bench.idle_resident / max(1, args.agents)),
        }
        print(json.dumps(result) if args.json else "\n".join(f"{k:28} {v}" for k, v in result.items()))
    finally:
        bench.stop()


if __name__ == "__main__":
    main()
