"""GCS02 and GCS03: set a GSME's payment mode to credit or prepayment (SRV 1.6).

The payload is one ZigBee Change Payment Mode command in GBZ's envelope; numbers little-endian:

    0109 01  01 0705 0015  01 00 06  provider[4] event[4] implementation-time[4]
    control-configuration[2] cut-off[4]
"""

from struct import pack, unpack_from

from gbcs_device._compat import const
from gbcs_device.clock import from_seconds
from gbcs_device.payment_mode import CREDIT, PREPAYMENT, PaymentMode
from gbcs_device.rejection import malformed
from gbcs_device.use_case import CANCELLED, Scheduled

_GCS02 = const(0x006C)
_GCS03 = const(0x006D)
_ALERT_CODE = const(0x00CD)
_ACTIONED = b"\x8f\x66"

_HEAD = bytes.fromhex("0109010107050015010006")
_RESPONSE_HEAD = bytes.fromhex("0109010107050010190002")
_LENGTH = const(29)
_NEVER = const(0xFFFFFFFF)
_NO_CUT_OFF = const(0xFFFFFFFF)
# The bit of the control configuration that enables prepayment (ZigBee SE 1.4, D.7.2.2.1.1);
# the reference vectors set it in every GCS03 and in no GCS02.
_PREPAYMENT_ENABLED = const(0x0002)

_MODES = {_GCS02: CREDIT, _GCS03: PREPAYMENT}


class GsmePaymentMode(Scheduled):
    """A GCS02 or GCS03 command."""

    def __init__(self, message, identity) -> None:
        super().__init__(message, identity)
        start, stop = message.payload
        if stop - start != _LENGTH:
            raise malformed("no single Change Payment Mode command")
        payload = bytes(message.octets[start:stop])
        if payload[: len(_HEAD)] != _HEAD:
            raise malformed("no single Change Payment Mode command")
        self._seconds, self._configuration, self._cut_off = unpack_from("<IHI", payload, 19)
        self._mode = _MODES[message.code]
        prepayment = bool(self._configuration & _PREPAYMENT_ENABLED)
        if prepayment != (self._mode == PREPAYMENT):
            raise malformed("the message code says another payment mode than the payload")
        if self._mode == CREDIT and self._cut_off != _NO_CUT_OFF:
            raise malformed("a cut-off value in credit mode")
        if self._seconds == _NEVER:
            self.execution = CANCELLED
        elif self._seconds:
            self.execution = from_seconds(self._seconds)

    def response(self, done: bool) -> bytes:
        """Return the Change Payment Mode Response: friendly credit, calendar, limits."""
        return _RESPONSE_HEAD + pack("<BIII", *self.identity.credit_terms)

    def carry_out(self, state, now: str) -> None:
        """Set the payment mode."""
        threshold = 0
        if self._mode == PREPAYMENT:
            threshold = self._cut_off
            if threshold & 0x80000000:
                threshold -= 0x100000000
        state.payment = PaymentMode(self._mode, threshold, self._configuration)

    def alerts(self, state, now: str) -> list:
        """Return the alert's code and payload maker; a GBZ alert does not show its counter."""
        payload = b"".join(
            (
                b"\x01\x09\x01",
                _ACTIONED,
                self._seconds.to_bytes(4, "big"),
                b"\x0e",
                self.message.code.to_bytes(2, "big"),
                self.message.counter.to_bytes(8, "big"),
                b"\x07\x05\x01\x06",
            )
        )
        return [(_ALERT_CODE, lambda counter: payload)]


USE_CASES = {_GCS02: GsmePaymentMode, _GCS03: GsmePaymentMode}
