"""Programs under test: started so that none outlives the test, waited for with deadlines, ended by their own pid."""
import ctypes
import os
import signal
import socket
import subprocess
import time

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _become_ours(farewell):
    os.setsid()  # Ctrl-C is for us; we end the others in order
    _libc.prctl(PR_SET_PDEATHSIG, farewell)


def wait_until(condition, seconds, what, poll=0.01):
    """The condition's first true value; AssertionError naming `what` (text or function) when the time is over."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= end:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(poll)


class Process:
    """A program whose output goes to a file, or where ours goes. One with processes of its own needs a farewell that it hears."""

    def __init__(self, arguments, output=None, cwd=None, env=None, stdin=subprocess.DEVNULL, farewell=signal.SIGKILL):
        self.output_path = output
        self.farewell = farewell
        self.arguments = [str(a) for a in arguments]
        out = open(output, "ab") if output else None
        try:
            self.process = subprocess.Popen(self.arguments, stdin=stdin, stdout=out, stderr=subprocess.STDOUT, cwd=cwd,
                                            env=env, preexec_fn=lambda: _become_ours(farewell))
        finally:
            if out:
                out.close()

    @property
    def pid(self):
        return self.process.pid

    def output(self):
        with open(self.output_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def running(self):
        return self.process.poll() is None

    def signal(self, number):
        if self.running():
            self.process.send_signal(number)

    def wait(self, seconds):
        """The exit code."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.arguments[0]} still runs after {seconds} s\n{self.output()[-4000:]}") from None

    def kill(self):
        self.signal(self.farewell)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(self.pid, signal.SIGKILL)
            self.process.wait()


def is_port_free(kind, address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


class PortRange:
    """128 ports that no other test of this machine uses meanwhile: the range is locked by a file, not by luck."""

    SIZE = 128
    FIRST, LAST = 10000, 20000  # below the shipped RTP range, and what Linux hands out for port 0
    _taken = 0

    def __init__(self):
        import fcntl
        count = (self.LAST - self.FIRST) // self.SIZE
        for i in range(count):
            slot = (os.getpid() * 7 + PortRange._taken + i) % count
            lock = open(f"/tmp/centrala-test-ports-{slot}.lock", "w")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.close()
                continue
            base = self.FIRST + slot * self.SIZE
            if all(is_port_free(socket.SOCK_DGRAM, "0.0.0.0", base + p) for p in range(self.SIZE)):
                PortRange._taken += i + 1
                self.lock, self.base, self.used = lock, base, 0
                return
            lock.close()
        raise AssertionError("no free port range")

    def take(self, count):
        """The first of `count` ports, even."""
        first = self.base + self.used
        self.used += count + count % 2
        assert self.used <= self.SIZE, "test needs more ports than it has"
        return first

    def release(self):
        self.lock.close()


def process_limits_allow(soft_files):
    import resource
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < soft_files:
        return False
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, soft_files), hard))
    return True
