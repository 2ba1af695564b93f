"""SIPp scenarios, put together from steps. What they send is what phones and trunks send; nothing is shared with the server."""

_HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE scenario SYSTEM "sipp.dtd">\n'

SDP = """v=0
o=- 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8 0 101
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=sendrecv
"""


def scenario(*steps):
    return _HEADER + '<scenario name="test">\n' + "\n".join(steps) + "\n</scenario>\n"


def send(text, retrans=500, **attributes):
    head, separator, body = text.strip("\n").partition("\n\n")
    lines = head.split("\n") + (["Content-Type: application/sdp", "Content-Length: [len]"] if separator else ["Content-Length: 0"])
    more = "".join(f' {k}="{v}"' for k, v in attributes.items())
    repeated = f' retrans="{retrans}"' if retrans else ""
    return f"<send{repeated}{more}><![CDATA[\n\n" + "\n".join(lines) + "\n\n" + body.rstrip("\n") + ("\n" if body else "") + "\n]]></send>"


def recv(what, optional=False, actions="", **attributes):
    """A response by its number or a request by its method."""
    kind = "response" if isinstance(what, int) else "request"
    more = "".join(f' {k}="{v}"' for k, v in attributes.items())
    opt = ' optional="true"' if optional else ""
    if actions:
        return f'<recv {kind}="{what}"{opt}{more}><action>{actions}</action></recv>'
    return f'<recv {kind}="{what}"{opt}{more}/>'


def pause(milliseconds):
    return f'<pause milliseconds="{milliseconds}"/>'


def cue():
    """Waits for Sipp.cue()."""
    return recv("INFO")


# ---- phones registering


def _register(name, branch_more, expires, contact):
    return f"""
REGISTER sip:[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
Max-Forwards: 70
From: <sip:{name}@centrala.local>;tag=[pid]r[call_number]
To: <sip:{name}@centrala.local>
Call-ID: [call_id]
CSeq: [cseq] REGISTER
{contact}
Expires: {expires}
{branch_more}User-Agent: SIPp
""".replace("\n\n", "\n")


def register_steps(name, password="secret", expires=300, contact=None):
    """`contact`: its whole line; "" only asks (RFC 3261 §10.2.3)."""
    if contact is None:
        contact = f"Contact: <sip:{name}@[local_ip]:[local_port];transport=[transport]>"
    signed = f"[authentication username={name} password={password}]\n"
    return [send(_register(name, "", expires, contact)), recv(401, auth="true"), send(_register(name, signed, expires, contact)), recv(200)]


def register(name, **options):
    return scenario(*register_steps(name, **options))


# ---- callers

_INVITE = """
INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
Max-Forwards: 70
From: "Carla Caller" <sip:+4930123456@[local_ip]:[local_port]>;tag=[pid]c[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:carla@[local_ip]:[local_port];transport=[transport]>
Allow: INVITE, ACK, CANCEL, BYE, OPTIONS
"""


def invite(headers="", sdp=SDP):
    """`headers`: further lines. Without SDP the offer is the server's."""
    return send(_INVITE + headers + ("\n" + sdp if sdp else ""))


_IN_DIALOG = """
{method} [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
Max-Forwards: 70
From: "Carla Caller" <sip:+4930123456@[local_ip]:[local_port]>;tag=[pid]c[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: {cseq} {method}
Contact: <sip:carla@[local_ip]:[local_port];transport=[transport]>
"""


def ack(sdp=""):
    return send(_IN_DIALOG.format(method="ACK", cseq=1) + ("\n" + sdp if sdp else ""), retrans=None)


def bye():
    return send(_IN_DIALOG.format(method="BYE", cseq=2))


def refused_ack(cseq=1):
    """The ACK of a failure belongs to the INVITE's transaction (RFC 3261 §17.1.1.3)."""
    return send("""
ACK sip:[service]@[remote_ip]:[remote_port] SIP/2.0
[last_Via:]
Max-Forwards: 70
From: "Carla Caller" <sip:+4930123456@[local_ip]:[local_port]>;tag=[pid]c[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: {cseq} ACK
""".format(cseq=cseq), retrans=None)


def cancel(steps_since_invite):
    """Has the INVITE's branch (RFC 3261 §9.1)."""
    return send(f"""
CANCEL sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch-{steps_since_invite}]
Max-Forwards: 70
From: "Carla Caller" <sip:+4930123456@[local_ip]:[local_port]>;tag=[pid]c[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 CANCEL
""")


def answer():
    """The same as any answer to the last request."""
    return send("""
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
""", retrans=None)


def caller_answered():
    return [invite(), recv(100, optional=True), recv(180, optional=True), recv(183, optional=True), recv(200, rrs="true"), ack()]


def caller_hangs_up_on_cue():
    return scenario(*caller_answered(), cue(), bye(), recv(200))


def caller_hangs_up_after(milliseconds):
    return scenario(*caller_answered(), pause(milliseconds), bye(), recv(200))


def caller_with_password_steps(user, password):
    """The INVITE again with credentials, as a transaction of its own (RFC 3261 §22.2)."""
    again = _INVITE.replace("CSeq: 1", "CSeq: 2") + f"[authentication username={user} password={password}]\n"
    return [invite(), recv(100, optional=True), recv(401, auth="true"), refused_ack(), send(again + "\n" + SDP), recv(100, optional=True)]


def caller_with_password(user, password, milliseconds):
    return scenario(*caller_with_password_steps(user, password), recv(180, optional=True), recv(200, rrs="true"),
                    send(_IN_DIALOG.format(method="ACK", cseq=2), retrans=None), pause(milliseconds),
                    send(_IN_DIALOG.format(method="BYE", cseq=3)), recv(200))


def caller_is_hung_up_on():
    return scenario(*caller_answered(), recv("BYE"), answer())


def agrees_again():
    """A re-INVITE is taken."""
    return [recv("INVITE"), respond(200, "OK", sdp=True, tag=None), recv("ACK")]


def caller_outlives_a_restart():
    return scenario(*caller_answered(), *agrees_again(), cue(), bye(), recv(200))


def caller_in_early_media_outlives_a_restart():
    """The new process answers as another fork (RFC 3261 §12.1.2)."""
    return scenario(invite(), recv(100, optional=True), recv(183), recv(100, optional=True), recv(183), recv(200, rrs="true"), ack(),
                    cue(), bye(), recv(200))


def caller_refused(status):
    return scenario(invite(), recv(100, optional=True), recv(status), refused_ack())


def caller_cancels_on_cue():
    """Waits in early media (183)."""
    return scenario(invite(), recv(100, optional=True), recv(183), cue(), cancel(4), recv(200), recv(487), refused_ack())


# ---- agents' phones


def respond(status, reason, sdp=False, retrans=500, tag="[pid]a[call_number]"):
    """`tag`: none if the request has one."""
    text = f"""
SIP/2.0 {status} {reason}
[last_Via:]
[last_From:]
[last_To:]{";tag=" + tag if tag else ""}
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:phone@[local_ip]:[local_port];transport=[transport]>
"""
    return send(text + ("\n" + SDP if sdp else ""), retrans=retrans)


def ringing():
    return respond(180, "Ringing", retrans=None)


def agent_answers(*then):
    return [recv("INVITE"), ringing(), respond(200, "OK", sdp=True), recv("ACK"), *then]


def agent_outlives_a_restart():
    return scenario(*agent_answers(*agrees_again(), recv("BYE"), answer()))


def agent_is_hung_up_on():
    return scenario(*agent_answers(recv("BYE"), answer()))


# A cue is the last message received; what answers the INVITE after it needs the INVITE's headers, kept in variables.


def _saving_invite():
    keep = "".join(f'<ereg regexp=".*" search_in="hdr" header="{header}:" assign_to="{name}"/>'
                   for header, name in (("Via", "via"), ("From", "from"), ("To", "to"), ("CSeq", "cseq")))
    return recv("INVITE", actions=keep)


def _kept(status, reason, sdp=False, retrans=500):
    text = f"""
SIP/2.0 {status} {reason}
Via: [$via]
From: [$from]
To: [$to];tag=[pid]a[call_number]
Call-ID: [call_id]
CSeq: [$cseq]
Contact: <sip:phone@[local_ip]:[local_port];transport=[transport]>
"""
    return send(text + ("\n" + SDP if sdp else ""), retrans=retrans)


def agent_rings_until_cue(*then):
    """Rings; after the cue answers and goes on with `then`."""
    return scenario(_saving_invite(), _kept(180, "Ringing", retrans=None), cue(), _kept(200, "OK", sdp=True), recv("ACK"), *then)


def agent_rings_until_cancelled():
    return scenario(_saving_invite(), _kept(180, "Ringing", retrans=None), recv("CANCEL"), answer(),
                    _kept(487, "Request Terminated"), recv("ACK"))


def agent_refuses(status, reason, ring_first=True):
    return scenario(recv("INVITE"), *([ringing()] if ring_first else []), respond(status, reason), recv("ACK"))


def agent_hangs_up_on_cue():
    """The BYE takes the dialog's other half: From and To of the INVITE change places."""
    keep = "".join(f'<ereg regexp=".*" search_in="hdr" header="{header}:" assign_to="{name}"/>'
                   for header, name in (("From", "from"), ("To", "to")))
    keep += '<ereg regexp="sip:[^&gt;]*" search_in="hdr" header="Contact:" assign_to="target"/>'
    return scenario(recv("INVITE", actions=keep), ringing(), respond(200, "OK", sdp=True), recv("ACK"), cue(), send("""
BYE [$target] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
Max-Forwards: 70
From: [$to];tag=[pid]a[call_number]
To: [$from]
Call-ID: [call_id]
CSeq: 1 BYE
"""), recv(200))
