#!/usr/bin/env python3
"""What callers cost who merely wait to music: CPU, packets that should have been sent and weren't, memory.

Run it by tests/bench/own-network: the callers' phones are behind its sink, so what is measured is the sending side. See
scripts/bench.
"""
import argparse
import json
import os
import subprocess
import time

from call_cost import Bench, cpu_seconds, raise_descriptor_limit, resident_bytes, threads


def sunk():
    """Packets that the sink was given."""
    with open("/proc/net/dev") as f:
        return next(int(line.split()[4]) for line in f if line.split()[0] == "sink:")


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--server", default="build/release/centrala")
    p.add_argument("--waiting", type=int, default=10000)
    p.add_argument("--threads", type=int, default=2, help="media.threads")
    p.add_argument("--seconds", type=int, default=20)
    p.add_argument("--realtime", action="store_true", help="give the server's threads SCHED_RR meanwhile, where the machine isn't calm (root)")
    p.add_argument("--json", action="store_true")
    args = p.parse_args()
    args.agents, args.perf = 10, None
    raise_descriptor_limit()
    bench = Bench(args)
    try:
        bench.start(agent=False)
        bench.wait_calls()
        time.sleep(3)  # the flood of INVITEs is over
        pid = bench.server.pid
        if args.realtime:
            subprocess.run(["chrt", "--all-tasks", "--rr", "--pid", "1", str(pid)], check=True)
            time.sleep(1)
        cpu, packets, by_thread, wall = cpu_seconds(pid), sunk(), threads(pid), time.monotonic()
        time.sleep(args.seconds)
        cpu, packets, wall = cpu_seconds(pid) - cpu, sunk() - packets, time.monotonic() - wall
        after = threads(pid)
        due = bench.waiting * 50 * wall
        result = {
            "waiting": bench.waiting, "media_threads": args.threads, "seconds": round(wall, 1),
            "packets_per_s": round(packets / wall), "sent_of_due": round(packets / due, 4),
            "cores": round(cpu / wall, 3), "us_per_packet": round(cpu * 1e6 / packets, 2),
            "cores_by_thread": {name: round((after[name] - by_thread.get(name, 0)) / 1e6 / wall, 3) for name in after},
            "bytes_per_waiting_call": round(bench.per_waiting), "resident_mb": round(resident_bytes(pid) / 1e6), "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
        }
        print(json.dumps(result) if args.json else "\n".join(f"{k:24} {v}" for k, v in result.items()))
    finally:
        bench.stop()


if __name__ == "__main__":
    main()
