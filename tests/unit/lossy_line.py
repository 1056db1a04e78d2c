"""A line between the host's link and the device's, in memory, with faults on it and no waiting."""

from collections.abc import Callable, Iterable
from typing import Any

from gbcs_device.link import Link as DeviceLink

Handler = Callable[[dict[str, Any]], dict[str, Any]]

FAULTS = ("lose", "repeat", "damage", "cut", "hold", "noise", "text", "break-in", "echo")


class LossyLine:
    """A host's stream with a device behind it; time passes only while the host waits.

    Each line, either way, uses up one of the faults; a line that finds none left, or None,
    passes. The order of lines is kept but for "hold", which lets three others pass first.
    """

    name = "lossy"

    def __init__(self, handler: Handler, faults: Iterable[str | None] = (), boot_id: int = 7):
        self.now = 0.0
        self.wire = b""
        self._handler = handler
        self._faults = iter(faults)
        self._inbox: list[bytes] = []
        self._held: list[tuple[str, bytes, int]] = []
        self._boot(boot_id)

    def clock(self) -> float:
        return self.now

    def restart(self) -> None:
        """Cut the power: the device forgets all, what is on the line stays there."""
        self._boot(self.device.boot_id + 1)

    def read(self, timeout: float) -> bytes:
        if self._inbox:
            return self._inbox.pop(0)
        self.now += timeout
        return b""

    def write(self, data: bytes) -> None:
        for line in data.splitlines(keepends=True):
            self._pass("device", line)

    def close(self) -> None:
        pass

    def _boot(self, boot_id: int) -> None:
        self.device = DeviceLink(None, self, None, boot_id)
        self.device._out = _FromDevice(self)

    def from_device(self, line: bytes) -> None:
        self._pass("host", line)

    def _pass(self, to: str, line: bytes) -> None:
        fault = next(self._faults, None)
        if fault == "restart":
            self.restart()
        if fault == "hold":
            self._held.append((to, line, 3))
            return
        if fault == "echo" and to == "device":
            self._arrive("host", line)
        self._arrive(to, _spoilt(fault, line))
        held, self._held = self._held, []
        for late_to, late, count in held:
            if count:
                self._held.append((late_to, late, count - 1))
            else:
                self._arrive(late_to, late)

    def _arrive(self, to: str, octets: bytes) -> None:
        if to == "host":
            self._inbox.append(octets)
            return
        self.wire += octets
        for at in range(0, len(octets), 100):
            self.device.feed(octets[at : at + 100], self._handler)


class _FromDevice:
    def __init__(self, line: LossyLine) -> None:
        self._line = line

    def write(self, octets: bytes) -> None:
        self._line.from_device(octets)


def _spoilt(fault: str | None, line: bytes) -> bytes:
    middle = len(line) // 2
    return {
        "lose": b"",
        "repeat": line + line,
        "damage": line[:middle] + bytes([line[middle] ^ 1]) + line[middle + 1 :],
        "cut": line[:middle],
        "noise": b"\x00\xff\x1e\x1e\n\x03" + line,
        "text": b"text without an end" + line,
        "break-in": line[:middle] + b"a log line\n" + line[middle:],
    }.get(fault or "", line)
