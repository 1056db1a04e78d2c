"""The alerts 0x00CC (DLMS) and 0x00CD (GBZ): a command whose date has come was executed.

    DLMS  0F 20 own-counter[3] 00  0203  12 alert-code[2]  090C time[12]  0913 command[19]
    GBZ   0109 01  alert-code[2]  time[4]  0E command[14]

The command is named by message code and Originator Counter, and behind them by what of it was
activated: a DLMS attribute (9 octets), or a ZigBee cluster and command (4 octets).
"""

from dataclasses import dataclass, replace
from typing import Self

from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs.cursor import Cursor

_DLMS_TAG = 0x0F
_DLMS_DETAIL, _DLMS_ATTRIBUTE = b"\x09\x13", 9
_GBZ_HEAD = b"\x01\x09\x01"
_GBZ_DETAIL, _GBZ_COMMAND = b"\x0e", 4


@dataclass(frozen=True, slots=True)
class FutureDatedAlert:
    """The payload of an alert 0x00CC or 0x00CD.

    Attributes:
        alert_code: 0x8F66, or 0x8F67 if the command failed.
        time: as it stands there: 12 octets in a DLMS alert, 4 octets in a GBZ alert.
        message_code: of the command.
        counter: the command's Originator Counter.
        activated: the attribute, or the cluster and command.
        own_counter: the low 24 bits of the Device's own counter; None in a GBZ alert.
    """

    alert_code: int
    time: bytes
    message_code: int
    counter: int
    activated: bytes
    own_counter: int | None = None

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Read an alert's payload.

        Raises:
            GbcsError: it is none.
        """
        cursor = Cursor(payload, 0, len(payload))
        own = None
        if payload[:1] == bytes([_DLMS_TAG]):
            cursor.expect(b"\x0f\x20", "data notification")
            own = cursor.number(3, "own counter")
            cursor.expect(b"\x00\x02\x03\x12", "alert of three members")
            code = cursor.number(2, "alert code")
            cursor.expect(b"\x09\x0c", "time stamp")
            time = cursor.take(12, "time stamp")
            cursor.expect(_DLMS_DETAIL, "command")
            detail = _DLMS_ATTRIBUTE
        else:
            cursor.expect(_GBZ_HEAD, "GBZ alert")
            code = cursor.number(2, "alert code")
            time = cursor.take(4, "time stamp")
            cursor.expect(_GBZ_DETAIL, "command")
            detail = _GBZ_COMMAND
        message_code = cursor.number(2, "Message Code")
        counter = cursor.number(8, "Originator Counter")
        activated = cursor.take(detail, "what was activated")
        cursor.finish("the alert")
        return cls(code, time, message_code, counter, activated, own)

    def encode(self) -> bytes:
        """Return the payload's octets.

        Raises:
            GbcsError: its parts are neither those of a DLMS nor of a GBZ alert.
        """
        code = self.alert_code.to_bytes(2, "big")
        command = self.message_code.to_bytes(2, "big") + self.counter.to_bytes(8, "big")
        lengths = (len(self.time), len(self.activated))
        if self.own_counter is None and lengths == (4, _GBZ_COMMAND):
            return _GBZ_HEAD + code + self.time + _GBZ_DETAIL + command + self.activated
        if self.own_counter is None or lengths != (12, _DLMS_ATTRIBUTE):
            raise GbcsError("an alert is either all DLMS or all GBZ")
        head = b"\x0f\x20" + self.own_counter.to_bytes(3, "big") + b"\x00\x02\x03\x12"
        return head + code + b"\x09\x0c" + self.time + _DLMS_DETAIL + command + self.activated

    def at(self, time: bytes) -> Self:
        """Return the alert with another time stamp."""
        return replace(self, time=time)

    def under(self, own_counter: int) -> Self:
        """Return the alert under another counter of the Device's, which only DLMS shows."""
        if self.own_counter is None:
            return self
        return replace(self, own_counter=own_counter & 0xFFFFFF)
