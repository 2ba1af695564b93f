"""A UDP relay that loses, doubles or swaps datagrams by a fixed pattern: a bad network that is the same every time."""
import select
import socket
import threading

_SIZE = 65536


class Relay:
    """Stands between the server and one phone; the phone takes it for the server, and the server for the phone.

    `pattern` has a letter for each datagram of a direction, over and over: `.` passes, `x` is lost, `2` comes twice, `s` comes after
    its successor.
    """

    def __init__(self, server, pattern):
        self.address, self.ports = server.address, server.ports
        self.pattern = pattern
        self.inner, self.outer = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        for side in (self.inner, self.outer):
            side.bind((self.address, 0))
        self.server = (self.address, server.port())
        self.phone = None
        self.counts = {"in": 0, "out": 0}
        self.late = {}
        self.trace = []
        self._wake, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def port(self, _transport="udp"):
        """Where the phone sends to."""
        return self.outer.getsockname()[1]

    @property
    def contact(self):
        """Where the server reaches the phone."""
        return "%s:%d" % self.inner.getsockname()

    def _run(self):
        while True:
            ready, _, _ = select.select([self.inner, self.outer, self._woken], [], [])
            if self._woken in ready:
                return
            if self.outer in ready:
                data, self.phone = self.outer.recvfrom(_SIZE)
                self._pass("in", data, self.inner, self.server)
            if self.inner in ready:
                data = self.inner.recv(_SIZE)
                if self.phone:
                    self._pass("out", data, self.outer, self.phone)

    def _pass(self, direction, data, through, to):
        what = self.pattern[self.counts[direction] % len(self.pattern)]
        self.counts[direction] += 1
        self.trace.append((direction, what, data.split(b"\r\n", 1)[0].decode("utf-8", errors="replace")))
        if what == "s":
            self.late[direction] = data
            return
        for _ in range({".": 1, "x": 0, "2": 2}[what]):
            through.sendto(data, to)
        if direction in self.late and what != "x":
            through.sendto(self.late.pop(direction), to)

    def close(self):
        self._wake.send(b"x")
        self._thread.join()
        for one in (self.inner, self.outer, self._wake, self._woken):
            one.close()

    def report(self):
        return f"---- relay {self.pattern}\n" + "\n".join(" ".join(line) for line in self.trace)
