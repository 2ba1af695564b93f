#!/usr/bin/env python3
"""How soon callers who wait hear music again after kill -9: the log is read back, the calls are taken up, each is asked by re-INVITE
where its sound goes, and answers. Run it by tests/bench/own-network: music is counted at its sink. See scripts/bench.
"""
import argparse
import json
import os
import signal
import time

from call_cost import Bench, HERE, cpu_seconds, raise_descriptor_limit
from waiting_callers import sunk


def music(calls, seconds=0.1):
    """Share of what is due that comes."""
    before, t0 = sunk(), time.monotonic()
    time.sleep(seconds)  # the interval that is measured
    return (sunk() - before) / (calls * 50 * (time.monotonic() - t0))


def until_music(calls, since, share=0.95, give_up=120):
    while music(calls) < share:
        if time.monotonic() - since > give_up:
            raise SystemExit("no music again")
    return time.monotonic() - since


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--server", default="build/release/centrala")
    p.add_argument("--waiting", type=int, default=1000)
    p.add_argument("--agents", type=int, default=10)
    p.add_argument("--threads", type=int, default=1, help="media.threads")
    p.add_argument("--json", action="store_true")
    args = p.parse_args()
    args.perf = None
    raise_descriptor_limit()
    bench = Bench(args)
    try:
        bench.start(agent=False)
        bench.wait_calls(os.path.join(HERE, "outliving.xml"))
        until_music(bench.waiting, time.monotonic())
        log = os.path.join(bench.folder, "events.ndjson")
        size = os.path.getsize(log)
        killed = time.monotonic()
        bench.server.send_signal(signal.SIGKILL)
        bench.server.wait()
        bench.serve()
        bench.wait_ready(size)
        ready = time.monotonic() - killed
        again = until_music(bench.waiting, killed)
        cpu = cpu_seconds(bench.server.pid)
        with open(log, "rb") as f:
            f.seek(size)
            text = f.read()
        result = {"waiting": bench.waiting, "restored": text.count(b'"leg.restored"'), "lost": text.count(b'"contact.ended"'),
                  "log_bytes_read_back": size, "calls_file_bytes": os.path.getsize(os.path.join(bench.folder, "calls")),
                  "ready_s": round(ready, 2), "music_again_s": round(again, 2), "cpu_s_by_then": round(cpu, 2)}
        print(json.dumps(result) if args.json else "\n".join(f"{k:24} {v}" for k, v in result.items()))
    finally:
        bench.stop()


if __name__ == "__main__":
    main()
