"""ECS02, ECS03, GCS02, GCS03 as a supplier sends them, and what a device has to answer.

What a device answers is written out octet by octet from the reference, not taken from a codec.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rig import Rig

from gbcs_device import payment_mode as device
from gbcs_hil.gbcs.message import Message
from gbcs_hil.gbcs.payment_mode import Prepayment, esme_payment_mode, gsme_payment_mode
from gbcs_hil.gbcs.security_credentials import CANCEL
from gbcs_hil.smki.parties import SUPPLIER_A
from head_end import EUI, NOW, signing

CREDIT, PREPAYMENT = device.CREDIT, device.PREPAYMENT
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
THRESHOLD = -12345
ACCOUNT = bytes.fromhex("006F 0001130000FF")
EXTENDED_DATA = bytes.fromhex("2328 00005E2C8016")


@dataclass(frozen=True)
class Kind:
    """One of the four use cases.

    Attributes:
        device_type: who takes it.
        code: its message code.
        prepayment: what it sets, or None for credit.
        payment: the device's mode, threshold and configuration afterwards.
        results: how many results an ESME's response has.
        activated: what the alerts at the date are of: class, instance and attribute of an
            ESME, cluster and command of a GSME.
    """

    device_type: str
    code: int
    prepayment: Prepayment | None
    payment: tuple[int, int, int]
    results: int
    activated: tuple[bytes, ...]

    def message(self, counter: int, execution: datetime | None = None, **changes: Any) -> Message:
        """Return the command without protection; `changes` are of the arguments."""
        arguments = {"prepayment": self.prepayment, "execution": execution, **changes}
        if self.device_type == "gsme":
            arguments.setdefault("issued", NOW)
            return gsme_payment_mode(SUPPLIER_A.eui, EUI, counter, **arguments)
        return esme_payment_mode(SUPPLIER_A.eui, EUI, counter, **arguments)

    def command(
        self, rig: Rig, counter: int, execution: datetime | None = None, **changes: Any
    ) -> bytes:
        """Return the command signed by Supplier A, with the broker's MAC."""
        message = self.message(counter, execution, **changes)
        return rig.head_end.protect(message, signing(SUPPLIER_A))

    def with_payload(self, rig: Rig, counter: int, payload: bytes) -> bytes:
        """Return the command, in order but for its payload."""
        return rig.head_end.command(self.code, counter, payload)

    def response(self, counter: int) -> bytes:
        """Return the payload that the device has to answer."""
        if self.device_type == "gsme":
            return bytes.fromhex("0109 01 01 0705 0010 19 00 02 01 02000000 40420F00 400D0300")
        count = bytes([self.results])
        results = count + bytes(self.results) + count + bytes.fromhex("0200") * self.results
        return b"\xda\x20" + (counter & 0xFFFFFF).to_bytes(3) + b"\0\0" + results

    def alerts(self, counter: int, execution: datetime, own: int) -> list[tuple[int, bytes]]:
        """Return message code and payload of the alerts at the date.

        Args:
            counter: the command's.
            execution: the command's.
            own: the counter of the first alert.
        """
        command = self.code.to_bytes(2) + counter.to_bytes(8)
        if self.device_type == "gsme":
            seconds = int((execution - EPOCH).total_seconds())
            detail = command + self.activated[0]
            return [(0x00CD, bytes.fromhex("0109018F66") + seconds.to_bytes(4) + b"\x0e" + detail)]
        moment = execution.timetuple()
        date = moment.tm_year.to_bytes(2) + bytes([moment.tm_mon, moment.tm_mday, 0xFF])
        date += bytes([moment.tm_hour, moment.tm_min, moment.tm_sec]) + bytes.fromhex("008000FF")
        payloads = []
        for number, attribute in enumerate(self.activated):
            invoke = b"\x20" + (own + number & 0xFFFFFF).to_bytes(3)
            head = b"\x0f" + invoke + bytes.fromhex("00 0203 12 8F66 090C") + date
            payloads.append((0x00CC, head + b"\x09\x13" + command + attribute))
        return payloads

    def accept(self, rig: Rig, counter: int, execution: datetime | None = None) -> None:
        """Deliver the command; it has to be answered as the reference says."""
        command = self.command(rig, counter, execution)
        answer = rig.head_end.response(command, rig.accept(command), rig.now)
        assert answer.payload == self.response(counter)

    def cancel(self, rig: Rig, counter: int) -> None:
        """Deliver the cancellation of such a command."""
        self.accept(rig, counter, CANCEL)


_MODE_2 = (ACCOUNT + b"\x0d",)
_MODE_3 = (EXTENDED_DATA + b"\x06", ACCOUNT + b"\x0d")
_CHANGE = (bytes.fromhex("0705 01 06"),)
_UNUSED = Prepayment(THRESHOLD)
ECS02 = Kind("esme", 0x001A, None, (CREDIT, 0, 2), 3, _MODE_2)
ECS03 = Kind("esme", 0x001B, _UNUSED, (PREPAYMENT, THRESHOLD, 12), 5, _MODE_3)
GCS02 = Kind("gsme", 0x006C, None, (CREDIT, 0, 0x0C94), 0, _CHANGE)
GCS03 = Kind("gsme", 0x006D, _UNUSED, (PREPAYMENT, THRESHOLD, 0x0897), 0, _CHANGE)

KINDS = {"ECS02": ECS02, "ECS03": ECS03, "GCS02": GCS02, "GCS03": GCS03}
OTHERS = {"ECS02": ECS03, "ECS03": ECS02, "GCS02": GCS03, "GCS03": GCS02}
"""The use case that sets the other mode of the same device."""


def payment(rig: Rig) -> tuple[int, int, int]:
    """Return a device's payment mode, threshold and configuration, from its medium."""
    held = rig.state.payment
    return held.mode, held.threshold, held.configuration
