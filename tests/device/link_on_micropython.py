"""Run on MicroPython: echo requests of SIZE octets while only FREE octets of heap are free."""

import gc
import sys

import gbcs_link
from gbcs_device import cbor
from gbcs_device.link import Link

BOOT_ID = 7


class Host:
    """A host that is both streams of the link: sends one request and collects the reply."""

    def __init__(self, size):
        self._request = cbor.dumps({"op": "echo", "data": bytes(size)})
        self._of = -(-len(self._request) // 128)
        self._lines = self._say()
        self.reply = bytearray(6144)
        self.size = 0

    def readline(self, limit):
        return next(self._lines, b"")

    def write(self, octets):
        if octets[:1] != b"\x1e":
            return
        for _, payload in gbcs_link.LineReader().feed(octets):
            frame = cbor.loads(payload)
            if frame[0] == gbcs_link.REPLY:
                start = frame[3] * 128
                self.size = start + len(frame[5])
                self.reply[start : self.size] = frame[5]

    def _say(self):
        yield gbcs_link.encode(cbor.dumps([gbcs_link.OPEN, 0, 1]))
        for n in range(self._of):
            chunk = self._request[n * 128 : n * 128 + 128]
            frame = [gbcs_link.REQUEST, BOOT_ID, 2, n, self._of, chunk]
            yield gbcs_link.encode(cbor.dumps(frame))
        for n in range(1, self._of):
            yield gbcs_link.encode(cbor.dumps([gbcs_link.WANT, BOOT_ID, 2, n]))


def echo(request):
    return {"ok": {"data": request["data"]}}


size, free = int(sys.argv[1]), int(sys.argv[2])
host = Host(size)
link = Link(host, host, None, BOOT_ID)
ballast = []
gc.collect()
while gc.mem_free() > free:
    ballast.append(bytearray(256))
    gc.collect()
link.serve(echo)
del ballast
gc.collect()
print(len(cbor.loads(host.reply[: host.size])["ok"]["data"]))  # noqa: T201 - the test reads it.
