#!/usr/bin/env python3
"""How long calls wait while a changed configuration is taken over: the longest time without an answer to OPTIONS, sent every 2 ms.

Run it by tests/bench/own-network. See scripts/bench.
"""
import argparse
import json
import os
import select
import socket
import threading
import time

from call_cost import HOST, Bench, threads

PERIOD = 0.002


class Pings(threading.Thread):
    """Asks all the time, and notes when answers come."""

    def __init__(self, server_port):
        super().__init__(daemon=True)
        self.server, self.answers, self.over = (HOST, server_port), [], False
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((HOST, 0))
        self.port = self.socket.getsockname()[1]

    def run(self):
        due, n = time.perf_counter(), 0
        while not self.over:
            now = time.perf_counter()
            if now >= due:
                n, due = n + 1, now + PERIOD
                self.socket.sendto((f"OPTIONS sip:{HOST} SIP/2.0\r\nVia: SIP/2.0/UDP {HOST}:{self.port};rport;branch=z9hG4bK-{n}\r\nFrom: <sip:x@{HOST}>;tag=1\r\n"
                                    f"To: <sip:{HOST}>\r\nCall-ID: {n}@{HOST}\r\nCSeq: {n} OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n").encode(), self.server)
            if select.select([self.socket], [], [], max(0, due - time.perf_counter()))[0]:
                self.socket.recv(65536)
                self.answers.append(time.perf_counter())

    def longest_gap(self, begin, end):
        times = [begin] + [t for t in self.answers if begin < t < end] + [end]
        return max(b - a for a, b in zip(times, times[1:]))


def configuration(template, agents, queues, changed):
    """Agents with ten skills each, and queues that ask for one; `changed`: an agent more, a queue with a priority."""
    frame = template[:template.index("skills: [")] + template[template.index("limits: "):template.index("agents:\n")]
    text = frame + f"skills: [{', '.join(f's{i}' for i in range(queues))}]\nqueues:\n"
    text += "".join(f"  q{i}: {{requires: {{s{i}: 3}}, priority: {1 if changed and i == 0 else 0}}}\n" for i in range(queues))
    text += "entry_points: {q0: {numbers: [\"100\"], queue: q0}}\nagents:\n"
    for i in range(agents + changed):
        text += f"  a{i}: {{password: secret-of-a{i}, skills: {{{', '.join(f's{(i + k) % queues}: {1 + (i + k) % 9}' for k in range(10))}}}}}\n"
    return text


def reload(path):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(120)
        s.connect(path)
        s.sendall(b'{"cmd":"reload"}\n')
        lines = s.makefile()
        assert json.loads(lines.readline())["ok"]
        return json.loads(lines.readline())


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--server", default="build/release/centrala")
    p.add_argument("--agents", type=int, default=1000)
    p.add_argument("--queues", type=int, default=50)
    p.add_argument("--json", action="store_true")
    args = p.parse_args()
    agents, args.agents, args.waiting, args.threads, args.perf = args.agents, 0, 0, 1, None
    bench = Bench(args)
    with open(bench.config) as f:
        template = f.read()

    def write(changed):
        with open(bench.config, "w") as f:
            f.write(configuration(template, agents, args.queues, changed))
    write(False)
    try:
        bench.start(agent=False)
        with open(f"/proc/{bench.server.pid}/comm") as f:
            signalling = f.read().strip()
        pings = Pings(bench.sip_port)
        pings.start()
        time.sleep(3)  # the interval that is measured
        quiet = pings.longest_gap(time.perf_counter() - 2, time.perf_counter())
        write(True)
        cpu, begun = threads(bench.server.pid), time.perf_counter()
        outcome = reload(os.path.join(bench.folder, "control.sock"))
        ended, after = time.perf_counter(), threads(bench.server.pid)
        time.sleep(0.2)  # until the next answer is there
        assert len(outcome.get("changes", [])) == 2, str(outcome)[:500]
        result = {"agents": agents, "queues": args.queues, "reload_s": round(ended - begun, 3),
                  "signalling_cpu_ms": round((after[signalling] - cpu[signalling]) / 1e3, 1),
                  "longest_wait_ms": round(pings.longest_gap(begun, ended + 0.1) * 1e3, 1), "longest_wait_before_ms": round(quiet * 1e3, 1)}
        pings.over = True
        print(json.dumps(result) if args.json else "\n".join(f"{k:24} {v}" for k, v in result.items()))
    finally:
        bench.stop()


if __name__ == "__main__":
    main()
