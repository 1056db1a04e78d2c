"""Open serial ports; the one module that imports pyserial."""

import errno
import select
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

import serial
from serial.tools import list_ports

from gbcs_hil.errors import BadInput, LinkError, LinkTimeout, PortLost

BAUD_RATE = 115200
_WRITE_SECONDS = 2.0
_READ_OCTETS = 4096
_POLL_SECONDS = 0.02
_LONGEST_WAIT_SECONDS = 3600.0
"""Longer is several waits: `select` takes no number of seconds that is too large."""

_BUSY = "another program has it open; end that program (a terminal, mpremote, a test)"
_NO_HOST = "that host does not answer; see that it is on, and the address right"
_ADVICE: dict[object, str] = {
    errno.ENOENT: "there is no such port; plug the board in, "
    "or see `python -m serial.tools.list_ports -v` for the ports there are",
    errno.EAGAIN: _BUSY,
    errno.EBUSY: _BUSY,
    errno.EACCES: "permission denied; join the group that owns it (often dialout)",
    errno.ECONNREFUSED: "nothing listens there; start the serial server, or correct the address",
    errno.EHOSTUNREACH: _NO_HOST,
    errno.ENETUNREACH: _NO_HOST,
    errno.ETIMEDOUT: _NO_HOST,
    "timed out": _NO_HOST,
    socket.EAI_NONAME: "there is no host of that name; correct the address",
    socket.EAI_AGAIN: "the name of the host cannot be looked up; see to the network",
    errno.ENOTTY: "it is not a serial port",
    errno.EISDIR: "it is not a serial port",
}


class Stream(Protocol):
    """A byte stream to one device."""

    @property
    def name(self) -> str:
        """The port, as the user knows it."""

    def read(self, timeout: float) -> bytes:
        """Return what arrives, at least one octet, or nothing after `timeout` seconds or less.

        Raises:
            PortLost: the port went away.
        """

    def write(self, data: bytes) -> None:
        """Send all of `data`.

        Raises:
            PortLost: the port went away.
            LinkTimeout: the device takes nothing.
        """

    def close(self) -> None:
        """Close the port; closing twice is fine."""


class SerialStream:
    """A port that pyserial has open."""

    def __init__(self, port: serial.SerialBase, name: str) -> None:
        self._port = port
        self._name = name
        self._descriptor = port.fileno()
        self._socket = getattr(port, "_socket", None)
        if self._socket is not None:
            # Two short frames in a row: the second would wait until the peer confirms the first.
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def name(self) -> str:
        """The port, as the user knows it."""
        return self._name

    def read(self, timeout: float) -> bytes:
        """Return what arrives; see `Stream.read`."""
        try:
            # pyserial waits for a whole buffer or not at all, so the wait is here.
            wait = min(max(timeout, 0.0), _LONGEST_WAIT_SECONDS)
            ready, _, _ = select.select([self._descriptor], [], [], wait)
            return self._port.read(_READ_OCTETS) if ready else b""
        except (OSError, ValueError) as error:
            raise self._lost(error) from error

    def write(self, data: bytes) -> None:
        """Send all of `data`; see `Stream.write`."""
        try:
            self._port.write(data)
        except serial.SerialTimeoutException as error:
            raise LinkTimeout(
                f"{self._name}: the device took nothing for {_WRITE_SECONDS:g} s; "
                "reset it, or cut its power"
            ) from error
        except (OSError, ValueError) as error:
            raise self._lost(error) from error

    def close(self) -> None:
        """Close the port; closing twice is fine."""
        self._port.close()
        if self._socket is not None:
            # Which pyserial does not if the peer was first to end the connection.
            self._socket.close()

    def _lost(self, error: Exception) -> PortLost:
        if not self._port.is_open:
            return PortLost(f"{self._name}: the port was closed; open it again")
        return PortLost(
            f"{self._name}: the port went away ({error}); the board lost power, was unplugged "
            "or is restarting: open the port again once it is back"
        )


class PolledStream(SerialStream):
    """A port without a descriptor to wait on: pyserial's RFC 2217 client has its own thread."""

    def __init__(self, port: serial.SerialBase, name: str) -> None:
        self._port = port
        self._name = name
        self._socket = None
        # It cannot be waited on, and each change of its timeout goes out on the wire.
        self._port.timeout = _POLL_SECONDS

    def read(self, timeout: float) -> bytes:
        """Return what arrives; see `Stream.read`."""
        end = time.monotonic() + timeout
        try:
            while True:
                if first := self._port.read(1):
                    waiting: int = self._port.in_waiting  # type: ignore[attr-defined]
                    return bytes(first) + bytes(self._port.read(waiting))
                if time.monotonic() >= end:
                    return b""
        except (OSError, ValueError) as error:
            raise self._lost(error) from error


@dataclass(frozen=True)
class UsbDevice:
    """A serial port on USB.

    Attributes:
        device: its path at present.
        serial_number: what names the board whatever path it gets; None if it has none.
        description: what it says of itself.
        vendor, product: what it is, by USB's numbers.
    """

    device: str
    serial_number: str | None
    description: str
    vendor: int = 0
    product: int = 0


def usb_devices() -> list[UsbDevice]:
    """Return the serial ports on USB, by path."""
    return [
        UsbDevice(info.device, info.serial_number, info.description or "", info.vid, info.pid or 0)
        for info in sorted(list_ports.comports(), key=lambda info: info.device)
        if info.vid is not None
    ]


def usb_path(serial_number: str) -> str:
    """Return the present path of the USB port with a serial number.

    Raises:
        LinkError: there is none, or more than one.
    """
    devices = usb_devices()
    paths = _with(serial_number, devices)
    if len(paths) == 1:
        return paths[0]
    if paths:
        raise LinkError(
            f"{' and '.join(paths)} have the same serial number {serial_number}; "
            "name the port by /dev/serial/by-path/... instead"
        )
    there = ", ".join(f"usb:{found.serial_number}" for found in devices) or "none"
    raise LinkError(
        f"no USB port has the serial number {serial_number}; there is: {there}. "
        "Plug the board in, or correct the rig file (gbcs-hil rig list)"
    )


def usb_serial_number(path: str) -> str | None:
    """Return the serial number of the USB port at a path, or None if it does not name it."""
    devices = usb_devices()
    for found in devices:
        if found.device == path and found.serial_number:
            return found.serial_number if len(_with(found.serial_number, devices)) == 1 else None
    return None


def _with(serial_number: str, devices: Sequence[UsbDevice]) -> list[str]:
    """Return the paths of the ports with a serial number.

    MicroPython has written a Pico's in capitals and in small letters, as its releases went.
    """
    wanted = serial_number.casefold()
    return [found.device for found in devices if (found.serial_number or "").casefold() == wanted]


def open_port(spec: str, *, baud_rate: int = BAUD_RATE, name: str | None = None) -> Stream:
    """Open a port for this process alone.

    Args:
        spec: a device path (`/dev/...`, a pseudo-terminal too), `socket://host:port` or
            `rfc2217://host:port`.
        baud_rate: bits a second, for real serial lines.
        name: what messages call the open port, if not `spec`.

    Raises:
        BadInput: `spec` is none of these.
        LinkError: the port is missing, in use or not ours to open.
    """
    if not _is_port(spec):
        raise BadInput(
            f"port {spec!r}: give a device path (/dev/...), socket://host:port or "
            "rfc2217://host:port"
        )
    try:
        port = serial.serial_for_url(
            spec,
            baudrate=baud_rate,
            timeout=0,
            write_timeout=_WRITE_SECONDS,
            exclusive=True,
        )
    except (OSError, ValueError) as error:
        raise LinkError(f"cannot open {spec}: {_advice(error)}") from error
    remote = spec.startswith("rfc2217:")
    return (PolledStream if remote else SerialStream)(port, name or spec)


def _advice(error: Exception) -> str:
    # pyserial keeps the system's error number of some failures, and only the cause of others.
    for cause in (error, error.__context__):
        if cause is not None and cause.args and cause.args[0] in _ADVICE:
            return _ADVICE[cause.args[0]]
    return str(error)


def _is_port(spec: str) -> bool:
    if spec.startswith("/"):
        return True
    try:
        parts = urlsplit(spec)
        return parts.scheme in ("socket", "rfc2217") and bool(parts.hostname and parts.port)
    except ValueError:
        return False
