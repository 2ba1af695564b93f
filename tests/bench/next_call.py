#!/usr/bin/env python3
"""How long from an agent's BYE to that agent's next INVITE, while callers wait. See scripts/bench."""
import argparse
import json
import re
import socket
import sys
import time

from call_cost import HOST, Bench, free_port, wait_for


def headers(message, name):
    return re.findall(rb"(?im)^%s\s*:\s*(.*?)\r$" % name, message)


def reply(request, status, tag, body=b""):
    lines = [b"SIP/2.0 " + status]
    for name in (b"Via", b"From", b"Call-ID", b"CSeq"):
        lines += [name + b": " + value for value in headers(request, name)]
    to = headers(request, b"To")[0]
    lines.append(b"To: " + to + (b"" if b"tag=" in to else b";tag=" + tag))
    lines.append(b"Contact: <sip:a0@%s:%d>" % (HOST.encode(), PORT))
    if body:
        lines.append(b"Content-Type: application/sdp")
    lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def bye(invite, tag, number):
    contact = headers(invite, b"Contact")[0]
    uri = re.search(rb"<([^>]+)>", contact).group(1)
    return b"\r\n".join([
        b"BYE " + uri + b" SIP/2.0", b"Via: SIP/2.0/UDP %s:%d;branch=z9hG4bK-bye-%d;rport" % (HOST.encode(), PORT, number), b"Max-Forwards: 70",
        b"From: " + headers(invite, b"To")[0] + b";tag=" + tag, b"To: " + headers(invite, b"From")[0], b"Call-ID: " + headers(invite, b"Call-ID")[0],
        b"CSeq: 1 BYE", b"Content-Length: 0", b"", b""])


def main():
    global PORT
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--server", default="build/release/centrala")
    p.add_argument("--callers", type=int, default=300)
    p.add_argument("--json", action="store_true")
    args = p.parse_args()
    args.agents, args.waiting, args.threads, args.perf = 1, 0, 1, None
    bench = Bench(args)
    phone = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    phone.bind((HOST, 0))
    PORT = phone.getsockname()[1]
    with open(bench.config) as f:
        text = f.read().replace(f":{bench.agent_port}'", f":{PORT}'")
    with open(bench.config, "w") as f:
        f.write(text)
    server = (HOST, bench.sip_port)
    sdp = b"v=0\r\no=- 1 1 IN IP4 10.77.0.1\r\ns=-\r\nc=IN IP4 10.77.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0 8\r\n"
    waits, freed, invite, tag, count = [], None, None, b"", 0
    try:
        bench.start(agent=False)
        bench.spawn(bench.sipp("-sn", "uac", "-s", "100", "-m", str(args.callers), "-l", str(args.callers), "-r", "500", "-d", "3600000", "-p", str(free_port())))
        phone.settimeout(10)
        while len(waits) < args.callers - 1:
            message = phone.recv(65536)
            now = time.perf_counter()
            if message.startswith(b"INVITE"):
                if freed is None and count:
                    continue  # a repetition
                if freed is not None:
                    waits.append((now - freed) * 1e3)
                    freed = None
                count += 1
                tag, invite = b"t%d" % count, message
                phone.sendto(reply(message, b"200 OK", tag, sdp), server)
            elif message.startswith(b"ACK"):
                if count == 1:
                    wait_for(lambda: bench.count()["waiting"] >= args.callers - 1, "the callers to wait")
                freed = time.perf_counter()
                phone.sendto(bye(invite, tag, count), server)
    except socket.timeout:
        print(f"no message for 10 s after {len(waits)} calls", file=sys.stderr)
    finally:
        bench.stop()
        phone.close()
    waits.sort()
    result = {"hand_overs": len(waits), "median_ms": round(waits[len(waits) // 2], 3), "p99_ms": round(waits[int(len(waits) * 0.99)], 3), "max_ms": round(waits[-1], 3)}
    print(json.dumps(result) if args.json else "\n".join(f"{k:12} {v}" for k, v in result.items()))


if __name__ == "__main__":
    main()
