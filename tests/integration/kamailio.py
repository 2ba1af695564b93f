"""Kamailio as an edge proxy, which puts itself into the way of everything (Record-Route, Path), and as a carrier."""
import glob
import os
import signal
import socket

from processes import Process, wait_until

REALM, PASSWORD = "carrier.example", "a-long-secret"

COMMON = """#!KAMAILIO
debug=2
log_stderror=yes
log_name="kamailio"
children=2
auto_aliases=no
dns=no
rev_dns=no
use_dns_cache=off
pv_buffer_size=8192
shm_mem_size=32
server_header="Server: Kamailio"
listen=udp:127.0.0.1:{port}
{stream}
loadmodule "pv.so"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "rr.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
modparam("rr", "enable_full_lr", 1)
"""

# The other transport that one may speak besides UDP.
STREAMS = {
    None: "disable_tcp=yes",
    "tcp": "listen=tcp:127.0.0.1:{port}",
    "tls": """listen=tls:127.0.0.1:{port}
enable_tls=yes
loadmodule "tls.so"
modparam("tls", "certificate", "{certificate}")
modparam("tls", "private_key", "{private_key}")
modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "verify_certificate", 0)""",
}

# What every request goes through first.
DOORSTEP = """
request_route {{
    if (!mf_process_maxfwd_header("10")) {{
        sl_send_reply("483", "Too Many Hops");
        exit;
    }}
    if (is_method("CANCEL")) {{
        if (t_check_trans()) t_relay();
        exit;
    }}
    if (has_totag()) {{
        if (loose_route() || (is_method("ACK") && t_check_trans())) t_relay();
        else if (!is_method("ACK")) sl_send_reply("404", "Not Here");
        exit;
    }}
    t_check_trans();
    if (is_method("OPTIONS") && uri == myself) {{
        sl_send_reply("200", "OK");
        exit;
    }}
"""

EDGE = COMMON + """
loadmodule "path.so"
modparam("path", "use_received", 1)
modparam("path", "enable_r2", 1)
""" + DOORSTEP + """
    if (is_method("REGISTER")) {{
        add_path_received();
        $du = "{inside}";
        t_relay();
        exit;
    }}
    record_route();
    if (!loose_route() && $sp != {inside_port}) $du = "{inside}";
    t_relay();
}}
"""

CARRIER = COMMON + """
loadmodule "auth.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
modparam("registrar", "max_expires", 60)
""" + DOORSTEP + """
    if (is_method("REGISTER")) {{
        if (!pv_www_authenticate("{realm}", "{password}", "0")) {{
            www_challenge("{realm}", "1");
            exit;
        }}
        save("location");
        exit;
    }}
    record_route();
    if ($sp == {outside_port}) {{
        if (!lookup("location")) {{
            sl_send_reply("480", "Temporarily Unavailable");
            exit;
        }}
    }} else {{
        if (!pv_proxy_authenticate("{realm}", "{password}", "0")) {{
            proxy_challenge("{realm}", "1");
            exit;
        }}
        consume_credentials();
        $du = "sip:127.0.0.1:{outside_port}";
    }}
    t_relay();
}}
"""


def edge(folder, server, inside=None, name="edge", stream=None):
    """In front of `inside`, which is the server or another edge, and which it talks to over `stream` or UDP."""
    port = (inside or server).port(stream or "udp")
    return Kamailio(folder, server.ports, name, EDGE, stream=stream, inside_port=port,
                    inside=f"sip:127.0.0.1:{port};transport={stream or 'udp'}")


def carrier(folder, ports, outside_port, name="carrier", **how):
    """Has customers, who must register, and the rest of the world at `outside_port`."""
    return Kamailio(folder, ports, name, CARRIER, outside_port=outside_port, realm=REALM, password=PASSWORD, **how)


def has_tls():
    return bool(glob.glob("/usr/lib/*/kamailio/modules/tls.so"))


class Kamailio:
    """Softphone, Linphone and Sipp take it for the server that they talk to."""

    def __init__(self, folder, ports, name, template, port=None, stream=None, certificate=None, **settings):
        """`stream`: tcp or tls, spoken besides UDP; `certificate`: what Authority.sign() made, for tls."""
        self.name, self.address, self.ports = name, "127.0.0.1", ports
        self._port = port or ports.take(2)
        stream = STREAMS[stream].format(port=self.port(stream), **(certificate or {}))
        self.folder = os.path.join(folder, "kamailio-" + name)
        os.makedirs(self.folder, exist_ok=True)
        config = os.path.join(self.folder, "kamailio.cfg")
        with open(config, "w", encoding="ascii") as file:
            file.write(template.format(port=self._port, stream=stream, **settings))
        self.process = Process(["kamailio", "-f", config, "-DD", "-E", "-m", "32", "-M", "4", "-Y", self.folder, "-w", self.folder,
                                "-P", os.path.join(self.folder, "pid")],
                               os.path.join(self.folder, "screen"), cwd=self.folder, farewell=signal.SIGTERM)
        wait_until(self._answers, 10, lambda: f"{name} answers\n{self.report()}")

    def _answers(self):
        assert self.process.running(), self.report()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            probe.settimeout(0.2)
            here = "%s:%d" % probe.getsockname()
            try:
                probe.connect(("127.0.0.1", self._port))
                probe.send(f"OPTIONS sip:127.0.0.1:{self._port} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bKup\r\n"
                           f"Max-Forwards: 70\r\nFrom: <sip:test@{here}>;tag=t\r\nTo: <sip:127.0.0.1>\r\nCall-ID: up{here}\r\n"
                           f"CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n".encode())
                return probe.recv(2000).startswith(b"SIP/2.0 200")
            except OSError:
                return False

    def port(self, transport="udp"):
        return self._port + (1 if transport == "tls" else 0)

    def close(self):
        self.process.kill()

    def report(self):
        return f"---- {self.folder}\n{self.process.output()[-6000:]}"
