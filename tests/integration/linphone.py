"""Linphone's console phone (linphonec), which knows no sound card here: it plays a file and records another."""
import os
import subprocess

import sound
from processes import Process, wait_until

CONFIG = """[sip]
sip_port={udp}
sip_tcp_port={tcp}
sip_tls_port={tls}
bind_address=127.0.0.1
guess_hostname=0
contact=sip:{user}@127.0.0.1
default_proxy=0
register_only_when_network_is_up=0
inc_timeout=60
root_ca={root_ca}
verify_server_certs=1
verify_server_cn=1

[net]
dns_srv_enabled=0

[misc]
uuid=00000000-0000-4000-8000-{number:012}

[rtp]
audio_rtp_port={rtp}

[video]
enabled=0

"""

ACCOUNT = """[auth_info_0]
username={user}
passwd={password}
realm={realm}

[proxy_0]
reg_proxy=<sip:{target}>
reg_identity=sip:{user}@127.0.0.1
reg_expires=60
reg_sendregister=1
publish=0
"""


class Linphone:
    """Registers as `user` if it has a password; plays `source` into its calls and records what it hears into one file."""

    def __init__(self, folder, server, user, source, password="secret", realm="centrala", transport="udp", root_ca=""):
        self.folder = os.path.join(folder, f"linphone-{user}")
        self.server = server
        host = "localhost" if transport == "tls" else "127.0.0.1"  # it compares names, no addresses, with the certificate's
        self.target = f"{host}:{server.port(transport)}" + ("" if transport == "udp" else f";transport={transport}")
        os.makedirs(self._path(".local/share/linphone"))
        sip, rtp = server.ports.take(2), server.ports.take(2)
        ports = {name: sip if name == transport else 0 for name in ("udp", "tcp", "tls")}
        with open(self._path("linphonerc"), "w", encoding="ascii") as file:
            file.write(CONFIG.format(user=user, rtp=rtp, number=sip, root_ca=root_ca, **ports))
            if password:
                file.write(ACCOUNT.format(user=user, password=password, realm=realm, target=self.target))
        environment = {"HOME": self.folder, "PATH": os.environ["PATH"], "LC_ALL": "C"}
        self.process = Process(["linphonec", "-S", "-c", self._path("linphonerc"), "-d", "6", "-l", self._path("log")],
                               self._path("screen"), cwd=self.folder, env=environment, stdin=subprocess.PIPE)
        for command in ("soundcard use files", f"play {source}", f"record {self.recording}"):
            self.command(command)

    def _path(self, name):
        return os.path.join(self.folder, name)

    @property
    def recording(self):
        return self._path("heard.wav")

    def command(self, text):
        self.process.process.stdin.write(text.encode() + b"\n")
        self.process.process.stdin.flush()

    def dial(self, number):
        self.command(f"call sip:{number}@{self.target}")

    def says(self, text, count=1, seconds=10):
        """Waits until its screen shows this so often."""
        wait_until(lambda: self.process.output().count(text) >= count, seconds, lambda: f"{count} x {text!r}\n{self.report()}")

    def heard_ms(self, tone):
        """How long that tone has been heard."""
        if not os.path.exists(self.recording):
            return 0
        return sound.total(sound.heard(sound.read(self.recording), tone))

    def log(self):
        try:
            with open(self._path("log"), encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def close(self):
        self.process.kill()
        self.process.process.stdin.close()

    def report(self):
        return f"---- {self.folder}\n{self.process.output()[-4000:]}\n{self.log()[-9000:]}"
