"""baresip as a softphone: configured in a folder of its own, told what to do over its JSON control connection."""
import glob
import json
import os
import socket

import sound
from processes import Process, wait_until

MODULES = next((p for p in ("/usr/lib/baresip/modules", "/usr/local/lib/baresip/modules") if os.path.isdir(p)), "")

CONFIG = """poll_method epoll
sip_listen 127.0.0.1:0
net_interface 127.0.0.1
call_max_calls 4
audio_player aubridge,nowhere
audio_source aufile,{source}
audio_alert aubridge,nowhere
audio_level no
ausrc_format s16
auplay_format s16
auenc_format s16
audec_format s16
rtp_ports {rtp}-{rtp_end}
jitter_buffer_delay 1-4
module_path {modules}
module g711.so
{recorder}{more}module aufile.so
module aubridge.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
snd_path {folder}
menu_bell no
ringback_disabled yes
"""


class Softphone:
    """Registers as `user` if it has a password; plays `source` into every call and, as a rule, records what it hears."""

    def __init__(self, folder, server, user, source, password=None, auto_answer=True, record=True, transport="udp", modules=(),
                 watches=(), account="", authority=None):
        """`watches`: users whose presence it subscribes to; `account`: further parameters of it, with their semicolons."""
        self.folder = os.path.join(folder, f"baresip-{user.strip('+')}")
        self.server = server
        self.target = f"127.0.0.1:{server.port(transport)}" + ("" if transport == "udp" else f";transport={transport}")
        os.makedirs(self.folder, exist_ok=True)
        control = server.ports.take(2)
        rtp = server.ports.take(6)
        with open(os.path.join(self.folder, "config"), "w", encoding="ascii") as file:
            file.write(CONFIG.format(source=source, rtp=rtp, rtp_end=rtp + 5, modules=MODULES, control=control, folder=self.folder,
                                     recorder="module sndfile.so\n" if record else "",
                                     more="".join(f"module_app {m}.so\n" for m in modules)))
            if authority:  # of the server's certificate; baresip wants one of its own, too
                own = authority.sign(user, user)
                with open(os.path.join(self.folder, "own.pem"), "w", encoding="ascii") as pem:
                    for part in own.values():
                        with open(part, encoding="ascii") as source_file:
                            pem.write(source_file.read())
                file.write(f"sip_certificate {pem.name}\nsip_cafile {authority.certificate}\n")
        with open(os.path.join(self.folder, "contacts"), "w", encoding="ascii") as file:
            for watched in watches:
                file.write(f'"{watched}" <sip:{watched}@{self.target}>;presence=p2p\n')
        registers = f";auth_user={user};auth_pass={password};regint=60" if password else ";regint=0"
        with open(os.path.join(self.folder, "accounts"), "w", encoding="ascii") as file:
            file.write(f"<sip:{user}@{self.target}>{registers};answermode={'auto' if auto_answer else 'manual'};"
                       f"audio_codecs=pcma/8000/1{account}\n")
        self.process = Process(["baresip", "-f", self.folder, "-v", "-s"], os.path.join(self.folder, "screen"), cwd=self.folder)
        self.events = []
        self._buffer = b""
        self._connection = wait_until(lambda: self._connect(control), 10, lambda: f"baresip's control port\n{self.report()}")

    def _connect(self, port):
        assert self.process.running(), self.report()
        try:
            connection = socket.create_connection(("127.0.0.1", port), 1)
        except OSError:
            return None
        connection.setblocking(False)
        return connection

    def command(self, name, params=""):
        text = json.dumps({"command": name, "params": params, "token": name})
        self._connection.sendall(f"{len(text)}:{text},".encode())

    def dial(self, number):
        self.command("dial", f"sip:{number}@{self.target}")

    def hang_up(self):
        self.command("hangup")

    def poll(self):
        try:
            while chunk := self._connection.recv(65536):
                self._buffer += chunk
        except BlockingIOError:
            pass
        while b":" in self._buffer:  # netstrings
            length, rest = self._buffer.split(b":", 1)
            if len(rest) <= int(length):
                break
            self.events.append(json.loads(rest[:int(length)]))
            self._buffer = rest[int(length) + 1:]
        return self.events

    def count(self, type_):
        return sum(e.get("type") == type_ for e in self.poll())

    def wait(self, type_, count=1, seconds=10):
        wait_until(lambda: self.count(type_) >= count, seconds, lambda: f"{count} x {type_} at baresip: {self.events}\n{self.report()}")

    def recordings(self):
        """What was heard, a file a call, oldest first."""
        return sorted(glob.glob(os.path.join(self.folder, "dump-*-dec.wav")))

    def heard_ms(self, tone):
        """How long that tone has been heard."""
        return sum(sound.total(sound.heard(sound.read(path), tone)) for path in self.recordings())

    def forget_recordings(self):
        """They are named by the second: the next call's might have the same name."""
        for path in glob.glob(os.path.join(self.folder, "dump-*.wav")):
            os.rename(path, path + ".old")

    def close(self):
        self._connection.close()
        self.process.kill()

    def report(self):
        return f"---- {self.folder}\n{self.process.output()[-9000:]}"
