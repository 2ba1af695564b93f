"""An authority and what it signs, made at run time by openssl."""
import os
import subprocess


def _openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=20)


class Authority:
    def __init__(self, folder):
        self.folder = folder
        self.certificate, self._key = self.path("ca.pem"), self.path("ca.key")
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                 "-subj", "/CN=Test authority", "-keyout", self._key, "-out", self.certificate)

    def path(self, name):
        return os.path.join(self.folder, name)

    def sign(self, file, name, days=30, names="IP:127.0.0.1,DNS:localhost"):
        """<file>.pem and <file>.key for `names`; a negative number of days: expired."""
        request, extensions, old = self.path("request"), self.path("extensions"), os.path.exists(self.path(f"{file}.pem"))
        new = ".new" if old else ""  # a certificate in use is replaced at once, as certbot does it
        with open(extensions, "w", encoding="ascii") as out:
            out.write(f"subjectAltName={names}\n")
        _openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                 "-keyout", self.path(f"{file}.key{new}"), "-out", request)
        _openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key, "-CAcreateserial",
                 "-days", str(days), "-extfile", extensions, "-out", self.path(f"{file}.pem{new}"))
        for suffix in ("pem", "key") if old else ():
            os.replace(self.path(f"{file}.{suffix}.new"), self.path(f"{file}.{suffix}"))
        return {"certificate": self.path(f"{file}.pem"), "private_key": self.path(f"{file}.key")}
