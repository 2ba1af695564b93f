#!/usr/bin/env python3
"""What 100,000 registered agents cost the daemon: memory, the flood in which they come, the refreshes, the state file.

This script is the phones. Run it by tests/bench/own-network. See scripts/bench.
"""
import argparse
import hashlib
import json
import os
import re
import select
import socket
import sys
import time

from call_cost import HOST, Bench, raise_descriptor_limit, resident_bytes, threads

WINDOW = 64  # requests on their way at once


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


class Phones:
    """All of them behind one socket, with one Call-ID each."""

    def __init__(self, count, server_port):
        self.count, self.server = count, (HOST, server_port)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.socket.bind((HOST, 0))
        self.port = self.socket.getsockname()[1]
        self.nonce, self.uses, self.realm, self.cseq, self.branch = None, 0, None, 0, 0
        self.ha1 = {}

    def request(self, i):
        self.cseq += 1
        authorization = ""
        if self.nonce:
            self.uses += 1
            name, uri = f"a{i}", f"sip:{HOST}"
            if i not in self.ha1:
                self.ha1[i] = md5(f"{name}:{self.realm}:secret-of-{name}")
            nc = f"{self.uses:08x}"
            answer = md5(f"{self.ha1[i]}:{self.nonce}:{nc}:0a4f113b:auth:{md5('REGISTER:' + uri)}")
            authorization = (f'Authorization: Digest username="{name}", realm="{self.realm}", nonce="{self.nonce}", uri="{uri}", response="{answer}", '
                             f'algorithm=MD5, cnonce="0a4f113b", qop=auth, nc={nc}\r\n')
        return (f"REGISTER sip:{HOST} SIP/2.0\r\nVia: SIP/2.0/UDP {HOST}:{self.port};rport;branch=z9hG4bK-{i}-{self.cseq}\r\n"
                f"From: <sip:a{i}@{HOST}>;tag=1\r\nTo: <sip:a{i}@{HOST}>\r\nCall-ID: 3848276298220188511-{i}@{HOST}\r\nCSeq: {self.cseq} REGISTER\r\n"
                f"Contact: <sip:a{i}@{HOST}:{self.port}>;expires=600\r\nMax-Forwards: 70\r\nUser-Agent: SomePhone 1.2.3\r\n{authorization}"
                "Content-Length: 0\r\n\r\n").encode()

    def authenticate(self):
        self.socket.sendto(self.request(0), self.server)
        self.socket.settimeout(5)
        challenge = self.socket.recv(65536).decode()
        self.socket.settimeout(None)
        self.nonce, self.realm = re.search(r'nonce="([^"]+)"', challenge).group(1), re.search(r'realm="([^"]+)"', challenge).group(1)
        self.uses = 0

    def register(self, which, per_second=None):
        """The seconds from each REGISTER to its answer. What is lost is repeated after half a second, as by RFC 3261 §17.1.2.2."""
        took, pending, which = [], {}, list(which)
        begun, sent = time.perf_counter(), 0
        while sent < len(which) or pending:
            now = time.perf_counter()
            while sent < len(which) and len(pending) < WINDOW and (per_second is None or sent < (now - begun) * per_second):
                i = which[sent]
                message = self.request(i)
                pending[i] = [time.perf_counter(), message, now]
                self.socket.sendto(message, self.server)
                sent += 1
            readable = select.select([self.socket], [], [], 0.001 if per_second else 0.05)[0]
            try:
                while readable:
                    answer = self.socket.recv(65536, socket.MSG_DONTWAIT)
                    if not answer.startswith(b"SIP/2.0 200"):
                        sys.exit("a phone was answered " + answer.split(b"\r\n")[0].decode())
                    i = int(re.search(rb"To: <sip:a(\d+)@", answer).group(1))
                    if i in pending:
                        took.append(time.perf_counter() - pending.pop(i)[0])
            except BlockingIOError:
                pass
            for waits in pending.values():
                if now - waits[2] > 0.5:
                    waits[2] = now
                    self.socket.sendto(waits[1], self.server)
        return sorted(took)


def configure(path, agents):
    """The agents register instead of being at a fixed address."""
    with open(path) as f:
        text = f.read()
    text = text[:text.index("agents:\n")] + "registration: {nonce_lifetime: 24h, algorithms: [MD5]}\nagents:\n"
    text += "".join(f"  a{i}: {{password: secret-of-a{i}, skills: {{work: 5}}}}\n" for i in range(agents))
    with open(path, "w") as f:
        f.write(text)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--server", default="build/release/centrala")
    p.add_argument("--agents", type=int, default=100000)
    p.add_argument("--seconds", type=int, default=30)
    p.add_argument("--refresh-every", type=int, default=300, help="seconds, each phone")
    p.add_argument("--json", action="store_true")
    args = p.parse_args()
    agents, args.agents, args.waiting, args.threads, args.perf = args.agents, 0, 0, 1, None
    raise_descriptor_limit()
    bench = Bench(args)
    configure(bench.config, agents)
    try:
        begun = time.monotonic()
        bench.start(agent=False)
        pid = bench.server.pid
        with open(f"/proc/{pid}/comm") as f:
            signalling = f.read().strip()
        result = {"agents": agents, "start_s": round(time.monotonic() - begun, 1), "bytes_per_configured_agent": round(bench.idle_resident / agents)}
        phones = Phones(agents, bench.sip_port)
        phones.authenticate()
        cpu, begun = threads(pid), time.monotonic()
        phones.register(range(agents))
        after = threads(pid)
        result["registered_in_s"] = round(time.monotonic() - begun, 1)
        result["us_per_first_register"] = round((after[signalling] - cpu[signalling]) / agents, 1)
        time.sleep(2)  # until the last copies for the state file are written: they are no memory of registrations
        result["bytes_per_registration"] = round((resident_bytes(pid) - bench.idle_resident) / agents)
        rate = agents / args.refresh_every
        cpu, begun = threads(pid), time.monotonic()
        took = phones.register((i % agents for i in range(int(rate * args.seconds))), rate)
        wall, after = time.monotonic() - begun, threads(pid)
        result.update({
            "refreshes_per_s": round(len(took) / wall), "cores_signalling": round((after[signalling] - cpu[signalling]) / 1e6 / wall, 4),
            "us_per_refresh": round((after[signalling] - cpu[signalling]) / len(took), 1),
            "cores_all_threads": round(sum(after[t] - cpu.get(t, 0) for t in after) / 1e6 / wall, 4),
            "answer_ms_median": round(took[len(took) // 2] * 1e3, 2), "answer_ms_p99": round(took[len(took) * 99 // 100] * 1e3, 2),
            "answer_ms_max": round(took[-1] * 1e3, 2),
        })
        path = os.path.join(bench.folder, "registrations.json")
        with open(path) as f:
            result["in_the_state_file"] = len(json.load(f)["bindings"])
        result["state_file_mb"] = round(os.path.getsize(path) / 1e6, 1)
        result["state_file_age_s"] = round(time.time() - os.path.getmtime(path), 1)
        print(json.dumps(result) if args.json else "\n".join(f"{k:28} {v}" for k, v in result.items()))
    finally:
        bench.stop()


if __name__ == "__main__":
    main()
