"""What Devices answer to ECS02, ECS03, GCS02 and GCS03 (SRV 1.6)."""

import struct
from dataclasses import dataclass
from typing import Self

from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs.cursor import Cursor
from gbcs_hil.gbcs.dlms_names import DATA_ACCESS_RESULTS, MEANINGS, TARGETS
from gbcs_hil.gbcs.gbz_names import STATUSES

_SET = b"\x02"
_SUCCESS = 0
_ZCL_HEAD = bytes.fromhex("010901 01 0705")
_TERMS = struct.Struct("<BIII")
_TERMS_FRAME = bytes.fromhex("190002")
_DEFAULT_FRAME, _DEFAULT_LENGTH = bytes.fromhex("08000B06"), 5


@dataclass(frozen=True, slots=True)
class EsmePaymentResponse:
    """The payload of an ECS02 or ECS03 response: a DLMS access response.

    Attributes:
        invoke_id: the low 24 bits of the command's Originator Counter.
        results: for each attribute of the command in its order; 0 is success.
    """

    invoke_id: int
    results: tuple[int, ...]

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Read a response's payload.

        Raises:
            GbcsError: it is none.
        """
        cursor = Cursor(payload, 0, len(payload))
        cursor.expect(b"\xda\x20", "access response")
        invoke_id = cursor.number(3, "invoke id")
        cursor.expect(b"\x00\x00", "date-time and list of requests")
        count = cursor.length("list of data")
        cursor.expect(bytes(count), "list of null data")
        results = []
        for _ in range(cursor.length("list of results")):
            cursor.expect(_SET, "request")
            results.append(cursor.number(1, "result"))
        cursor.finish("the access response")
        return cls(invoke_id, tuple(results))

    def encode(self) -> bytes:
        """Return the payload's octets."""
        count = bytes([len(self.results)])
        results = b"".join(_SET + bytes([result]) for result in self.results)
        head = b"\xda\x20" + self.invoke_id.to_bytes(3, "big") + b"\x00\x00"
        return head + count + bytes(len(self.results)) + count + results

    def failures(self, message_code: int) -> tuple[str, ...]:
        """Return, in words, which attributes of a use case could not be set, and why."""
        targets = TARGETS.get(message_code, ())
        names = [MEANINGS[target].name for target in targets]
        return tuple(
            f"{names[at] if at < len(names) else f'attribute {at + 1}'} "
            f"{DATA_ACCESS_RESULTS.get(result, 'unknown')} ({result})"
            for at, result in enumerate(self.results)
            if result != _SUCCESS
        )


@dataclass(frozen=True, slots=True)
class CreditTerms:
    """The payload of a GCS02 or GCS03 response: a Change Payment Mode Response.

    Attributes:
        friendly_credit: 0 to 255.
        calendar: the friendly credit calendar's id.
        emergency_limit: emergency credit limit.
        emergency_threshold: emergency credit threshold.
    """

    friendly_credit: int
    calendar: int
    emergency_limit: int
    emergency_threshold: int

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Read a response's payload.

        Raises:
            GbcsError: it is none.
        """
        cursor = Cursor(payload, 0, len(payload))
        length = len(_TERMS_FRAME) + _TERMS.size
        cursor.expect(_ZCL_HEAD + length.to_bytes(2, "big"), "GBZ component")
        cursor.expect(_TERMS_FRAME, "Change Payment Mode Response")
        terms = cursor.take(_TERMS.size, "terms")
        cursor.finish("the response")
        return cls(*_TERMS.unpack(terms))

    def encode(self) -> bytes:
        """Return the payload's octets."""
        frame = _TERMS_FRAME + _TERMS.pack(*self.terms)
        return _ZCL_HEAD + len(frame).to_bytes(2, "big") + frame

    @property
    def terms(self) -> tuple[int, int, int, int]:
        """The four numbers, in the order of the response."""
        return (
            self.friendly_credit,
            self.calendar,
            self.emergency_limit,
            self.emergency_threshold,
        )


@dataclass(frozen=True, slots=True)
class DefaultResponse:
    """The payload of a GSME that could not do it: a ZCL Default Response.

    Attributes:
        status: why.
    """

    status: int

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Read a response's payload.

        Raises:
            GbcsError: it is none.
        """
        cursor = Cursor(payload, 0, len(payload))
        cursor.expect(_ZCL_HEAD + _DEFAULT_LENGTH.to_bytes(2, "big"), "GBZ component")
        cursor.take(2, "ZCL frame control and sequence number")
        cursor.expect(_DEFAULT_FRAME[2:], "Default Response to Change Payment Mode")
        status = cursor.number(1, "status")
        cursor.finish("the response")
        return cls(status)

    def encode(self) -> bytes:
        """Return the payload's octets."""
        frame = _DEFAULT_FRAME + bytes([self.status])
        return _ZCL_HEAD + len(frame).to_bytes(2, "big") + frame

    @property
    def failure(self) -> str | None:
        """Why the payment mode could not be changed, in words; None if it could."""
        if self.status == _SUCCESS:
            return None
        return f"{STATUSES.get(self.status, 'failure')} (0x{self.status:02X})"


def gsme_response(payload: bytes) -> CreditTerms | DefaultResponse:
    """Read the payload of a GCS02 or GCS03 response.

    Raises:
        GbcsError: it is none.
    """
    try:
        return CreditTerms.decode(payload)
    except GbcsError:
        return DefaultResponse.decode(payload)
