"""A user agent of a few lines that does what a test says down to the single datagram, for messages that cross, come twice or never.

It answers nothing by itself. What it has received stays in its inbox until the test asks for it.
"""
import itertools
import re
import socket
import struct

from processes import wait_until

SDP = """v=0
o=- 1 {version} IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio {port} RTP/AVP 8 0
a={direction}
"""

_numbers = itertools.count(1)


def unique(what):
    return f"{what}{next(_numbers)}raw"


class Message:
    def __init__(self, raw):
        self.raw = raw
        head, _, self.body = raw.decode("utf-8", errors="replace").partition("\r\n\r\n")
        self.first, *lines = head.split("\r\n")
        self.headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines]

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def __getitem__(self, name):
        values = self.all(name)
        assert values, f"no {name} in\n{self}"
        return values[0]

    @property
    def method(self):
        """Of the request, or of the request that the response answers."""
        return self["CSeq"].split()[1]

    @property
    def cseq(self):
        return int(self["CSeq"].split()[0])

    @property
    def call_id(self):
        return self["Call-ID"]

    @property
    def branch(self):
        return re.search(r"branch=([^;,]+)", self["Via"]).group(1)

    def tag(self, header):
        found = re.search(r";tag=([^;>]+)", self[header])
        return found and found.group(1)

    def target(self):
        """The URI in Contact."""
        return re.search(r"<([^>]+)>", self["Contact"]).group(1)

    def __str__(self):
        return self.raw.decode("utf-8", errors="replace")


def write(first, headers, body="", content_type="application/sdp"):
    lines = [first] + [f"{name}: {value}" for name, value in headers]
    body = body.replace("\r\n", "\n").replace("\n", "\r\n")
    if body:
        lines.append(f"Content-Type: {content_type}")
    lines.append(f"Content-Length: {len(body.encode())}")
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def _udp_socket():
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind(("127.0.0.1", 0))
    opened.setblocking(False)
    return opened, opened.getsockname()[1]


class RawPhone:
    def __init__(self, name="+4930123456"):
        self.name = name
        self.socket, self.port = _udp_socket()
        self.rtp, self.rtp_port = _udp_socket()
        self.rtp_sequence = 0
        self.rtp_heard = set()
        self.rtp_count = 0
        self.uri = f"sip:{name}@127.0.0.1:{self.port}"
        self.server = None
        self.trace = []
        self.inbox = []
        self.taken = []

    def talks_to(self, server):
        self.server = ("127.0.0.1", server.port())
        return self

    def sdp(self, version=1, direction="sendrecv"):
        return SDP.format(port=self.rtp_port, version=version, direction=direction)

    # ---- datagrams

    def send(self, *datagrams):
        """Each in a datagram, one directly after the other."""
        for datagram in datagrams:
            self.trace.append((">", datagram))
            self.socket.sendto(datagram, self.server)

    def poll(self):
        try:
            while True:
                raw = self.socket.recv(65536)
                self.trace.append(("<", raw))
                self.inbox.append(Message(raw))
        except BlockingIOError:
            pass

    def expect(self, start, method=None, seconds=10, **wanted):
        """Takes the first message of the inbox that begins so (and answers that method, has that cseq, call_id or branch), waiting."""
        def found():
            self.poll()
            for message in self.inbox:
                if (message.first.startswith(start) and method in (None, message.method)
                        and all(getattr(message, k) == v for k, v in wanted.items())):
                    self.inbox.remove(message)
                    self.taken.append(message.raw)
                    return message
            return None
        return wait_until(found, seconds, lambda: f"{start} ({method} {wanted}) at {self.name}\n{self.report()}")

    def settled(self):
        """All that the server had sent up to now has been received: it answers in order."""
        call_id = unique("probe")
        self.send(write("OPTIONS sip:probe@127.0.0.1 SIP/2.0", [
            ("Via", f"SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{unique('b')}"), ("Max-Forwards", 70),
            ("From", f"<{self.uri}>;tag={unique('t')}"), ("To", "<sip:probe@127.0.0.1>"), ("Call-ID", call_id), ("CSeq", "1 OPTIONS")]))
        self.expect("SIP/2.0 ", "OPTIONS")

    def unasked(self):
        """What has come up to now and no test took, as text; without provisional responses and copies of what was taken."""
        self.settled()
        return [str(m) for m in self.inbox if m.raw not in self.taken and not m.first.startswith("SIP/2.0 1")]

    # ---- RTP: sound is a byte that repeats

    def says(self, byte, sdp, packets=3):
        """To where that SDP asks for it."""
        port = int(re.search(r"m=audio (\d+)", sdp).group(1))
        for _ in range(packets):
            self.rtp_sequence += 1
            header = struct.pack(">BBHII", 0x80, 8, self.rtp_sequence, 160 * self.rtp_sequence, self.port)
            self.rtp.sendto(header + bytes([byte]) * 160, ("127.0.0.1", port))

    def hears(self):
        """The bytes that have come so far."""
        try:
            while True:
                packet = self.rtp.recv(2000)
                if packet[1] & 0x7F == 8 and len(packet) > 12:
                    self.rtp_heard.add(packet[12])
                    self.rtp_count += 1
        except BlockingIOError:
            pass
        return self.rtp_heard

    # ---- dialogs

    def invites(self, number="100", sdp=None, headers=()):
        """A leg whose INVITE is sent."""
        leg = Leg(self, unique("call"), f"<{self.uri}>;tag={unique('t')}", f"<sip:{number}@127.0.0.1:{self.server[1]}>",
                  f"sip:{number}@127.0.0.1:{self.server[1]}")
        leg.invite = leg.request("INVITE", self.sdp() if sdp is None else sdp, headers)
        self.send(leg.invite)
        return leg

    def is_invited(self, **options):
        """(the INVITE, its leg as the callee's)."""
        invite = self.expect("INVITE ", **options)
        leg = Leg(self, invite.call_id, f"{invite['To']};tag={unique('t')}", invite["From"], invite.target())
        leg.routes = invite.all("Record-Route")
        return invite, leg

    def close(self):
        self.socket.close()
        self.rtp.close()

    def report(self):
        return f"---- {self.name}\n" + "\n".join(f"{way} {raw.decode('utf-8', errors='replace')}" for way, raw in self.trace)[-9000:]


class Leg:
    """One dialog. Its functions make messages; the phone sends them."""

    def __init__(self, phone, call_id, local, remote, target):
        self.phone, self.call_id, self.local, self.remote, self.target = phone, call_id, local, remote, target
        self.cseq = 0
        self.routes = []

    def request(self, method, body="", headers=(), cseq=None, branch=None, content_type="application/sdp"):
        if cseq is None:
            self.cseq += 1
            cseq = self.cseq
        contact = [("Contact", f"<{self.phone.uri}>")] if method in ("INVITE", "UPDATE", "REFER", "SUBSCRIBE") else []
        return write(f"{method} {self.target} SIP/2.0", [
            ("Via", f"SIP/2.0/UDP 127.0.0.1:{self.phone.port};branch={branch or 'z9hG4bK' + unique('b')}"), ("Max-Forwards", 70),
            *(("Route", route) for route in self.routes), ("From", self.local), ("To", self.remote), ("Call-ID", self.call_id),
            ("CSeq", f"{cseq} {method}"), *contact, *headers], body, content_type)

    def answer(self, request, status, reason="", body="", headers=()):
        to = self.local if ";tag=" not in request["To"] else request["To"]
        return write(f"SIP/2.0 {status} {reason}", [
            *(("Via", via) for via in request.all("Via")), *(("Record-Route", r) for r in request.all("Record-Route")),
            ("From", request["From"]), ("To", to), ("Call-ID", self.call_id), ("CSeq", request["CSeq"]),
            ("Contact", f"<{self.phone.uri}>"), *headers], body)

    # ---- the caller's side

    def expect(self, status, method, **wanted):
        """A response of this dialog; what it says of the peer is learnt."""
        response = self.phone.expect(f"SIP/2.0 {status}", method, call_id=self.call_id, **wanted)
        if method == "INVITE" and response.tag("To") and ";tag=" not in self.remote:
            self.remote = response["To"]
        if response.all("Contact"):
            self.target = response.target()
        if method == "INVITE" and response.all("Record-Route"):
            self.routes = response.all("Record-Route")[::-1]
        return response

    def ack(self, response, body=""):
        """Of a 2xx it is a request of its own; of a failure it belongs to the INVITE (RFC 3261 §13.2.2.4, §17.1.1.3)."""
        success = response.first.startswith("SIP/2.0 2")
        saved, target = self.remote, self.target
        self.remote = response["To"]
        message = self.request("ACK", body, cseq=response.cseq, branch=None if success else response.branch)
        self.remote, self.target = saved, target
        return message

    def cancel(self):
        invite = Message(self.invite)
        return write(f"CANCEL {invite.first.split()[1]} SIP/2.0", [
            ("Via", invite["Via"]), ("Max-Forwards", 70), ("From", invite["From"]), ("To", invite["To"]), ("Call-ID", self.call_id),
            ("CSeq", f"{invite.cseq} CANCEL")])

    def established(self):
        """Waits for the 2xx to the INVITE and acknowledges it."""
        response = self.expect(200, "INVITE")
        self.phone.send(self.ack(response))
        return response
